/* Made-up payments: honest ones, and hijacked accounts that pay large sums at night from a new
 * device until the balance is gone. */
#include <math.h>
#include <stdlib.h>

#include "nn/data/table.h"
#include "system/error.h"
#include "system/random.h"

static const char *const COLUMNS[] = {"amount",           "hour",          "account_age",
                                      "device_age",       "balance_share", "payments_today",
                                      "distance_to_home", "merchant_risk", "fraud"};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

static double normal(uint64_t seed, size_t row, unsigned k) {
    return gp_random_normal(seed, GP_STREAM_GENERATE, row, k);
}

gp_status gp_table_generate(size_t rows, uint64_t seed, gp_table **table, gp_error *error) {
    if (!table || rows == 0 || rows > SIZE_MAX / sizeof(double) / COLUMN_COUNT)
        return gp_fail(error, GP_ERROR_ARGUMENT, "generate: at least one row, please");
    gp_table *t = calloc(1, sizeof *t);
    int complete = t && (t->name = calloc(COLUMN_COUNT, sizeof *t->name)) &&
                   (t->cell = malloc(rows * COLUMN_COUNT * sizeof *t->cell));
    for (size_t k = 0; complete && k < COLUMN_COUNT; k++) {
        complete = (t->name[k] = gp_copy_string(COLUMNS[k])) != NULL;
        t->columns += complete;
    }
    if (!complete) {
        if (t)
            gp_table_destroy(t);
        return gp_fail(error, GP_ERROR_MEMORY, "generate: out of memory for %zu rows", rows);
    }
    t->rows = rows;
    for (size_t r = 0; r < rows; r++) {
        double *cell = t->cell + r * COLUMN_COUNT;
        int hijacked = r % 50 == 7; /* so that even a small table has some */
        cell[0] = exp(3 + (hijacked ? 1.5 : 0) + normal(seed, r, 0));
        cell[1] = fmod((hijacked ? 27 : 38) + 4 * normal(seed, r, 1), 24);
        cell[2] = exp(6 + normal(seed, r, 2));
        cell[3] = exp((hijacked ? 0.5 : 5) + normal(seed, r, 3));
        cell[4] = 1 / (1 + exp((hijacked ? -1 : 2.5) + normal(seed, r, 4)));
        cell[5] = floor(exp((hijacked ? 1.2 : 0.6) + 0.5 * normal(seed, r, 5)));
        cell[6] = exp((hijacked ? 4 : 1.5) + normal(seed, r, 6));
        cell[7] = 1 / (1 + exp((hijacked ? 0 : 2) + normal(seed, r, 7)));
        cell[8] = hijacked;
    }
    *table = t;
    return GP_OK;
}

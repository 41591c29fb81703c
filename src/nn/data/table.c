/* Tables of examples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/data/table.h"
#include "system/error.h"
#include "system/input.h"
#include "system/names.h"
#include "system/random.h"
#include "system/sizes.h"
#include "system/text.h"

/* A table being read. */
typedef struct gp_filling {
    gp_table *table;
    size_t capacity; /* of table->cell, in rows */
} gp_filling;

static gp_status take_names(void *user, size_t columns, const char *const *names,
                            unsigned char *wanted, gp_error *error) {
    gp_table *t = ((gp_filling *)user)->table;
    (void)wanted; /* all of them */
    t->name = calloc(columns + 1, sizeof *t->name);
    if (!t->name)
        return gp_fail(error, GP_ERROR_MEMORY, "out of memory");
    for (; t->columns < columns; t->columns++) {
        t->name[t->columns] = gp_copy_string(names[t->columns]);
        if (!t->name[t->columns])
            return gp_fail(error, GP_ERROR_MEMORY, "out of memory");
    }
    gp_names sorted;
    if (gp_names_sort(&sorted, names, columns) != 0)
        return gp_fail(error, GP_ERROR_MEMORY, "out of memory");
    const char *twice = NULL;
    for (size_t k = 1; k < columns && !twice; k++)
        if (strcmp(names[sorted.order[k - 1]], names[sorted.order[k]]) == 0)
            twice = names[sorted.order[k]];
    gp_names_clear(&sorted);
    return twice ? gp_fail(error, GP_ERROR_INPUT, "two columns have the name %.80s", twice) : GP_OK;
}

static gp_status take_row(void *user, size_t line, const double *cell, const char *wrong,
                          gp_error *error) {
    gp_filling *f = user;
    gp_table *t = f->table;
    (void)line;
    if (wrong)
        return gp_fail(error, GP_ERROR_INPUT, "%s", wrong);
    if (t->rows == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 256;
        size_t bytes = capacity * t->columns * sizeof(double);
        double *more = gp_input_fits(bytes) ? realloc(t->cell, bytes) : NULL;
        if (!more)
            return gp_fail(error, GP_ERROR_MEMORY, "out of memory");
        t->cell = more;
        f->capacity = capacity;
    }
    memcpy(t->cell + t->rows++ * t->columns, cell, t->columns * sizeof *cell);
    return GP_OK;
}

gp_status gp_table_read_csv(const char *path, gp_table **table, gp_error *error) {
    if (!path || !table)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_table_read_csv: NULL argument");
    gp_filling f = {.table = calloc(1, sizeof *f.table)};
    gp_rows rows = {&f, take_names, take_row};
    if (!f.table)
        return gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);
    gp_status status = gp_rows_read_csv(path, &rows, error);
    if (status == GP_OK && f.table->rows == 0)
        status = gp_fail(error, GP_ERROR_INPUT,
                         "%.200s: has no rows below its header: give a header line and a row for "
                         "each example",
                         path);
    if (status != GP_OK) {
        gp_table_destroy(f.table);
        return status;
    }
    *table = f.table;
    return GP_OK;
}

void gp_table_destroy(gp_table *t) {
    if (!t)
        return;
    for (size_t k = 0; k < t->columns; k++)
        free(t->name[k]);
    free(t->name);
    free(t->cell);
    free(t);
}

size_t gp_table_rows(const gp_table *t) {
    return t ? t->rows : 0;
}

size_t gp_table_columns(const gp_table *t) {
    return t ? t->columns : 0;
}

const char *gp_table_column_name(const gp_table *t, size_t column) {
    return t && column < t->columns ? t->name[column] : NULL;
}

size_t gp_table_find(const gp_table *t, const char *name) {
    size_t k = 0;
    while (k < t->columns && !gp_printable_is(t->name[k], name))
        k++;
    return k;
}

double gp_table_cell(const gp_table *t, size_t row, size_t column) {
    return t && row < t->rows && column < t->columns ? t->cell[row * t->columns + column] : NAN;
}

/* Row numbers in an order for learning: each class shuffled (Fisher & Yates), the rarer one then
 * dealt out evenly over the table, so that every batch sees its share. */
static size_t *deal(const gp_table *t, size_t label, uint64_t seed) {
    size_t *order = malloc(2 * t->rows * sizeof *order);
    if (!order)
        return NULL;
    size_t *pool = order + t->rows;
    size_t ones = 0, front = 0, back = t->rows;
    for (size_t r = 0; r < t->rows; r++)
        if (gp_table_cell(t, r, label) == 1) {
            pool[front++] = r;
            ones++;
        } else {
            pool[--back] = r;
        }
    const struct { size_t start, count; } classes[2] = {{0, ones}, {ones, t->rows - ones}};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = classes[k].count; i > 1; i--) {
            size_t j = gp_random_bits(seed, GP_STREAM_SHUFFLE, k, i) % i;
            size_t swap = pool[classes[k].start + i - 1];
            pool[classes[k].start + i - 1] = pool[classes[k].start + j];
            pool[classes[k].start + j] = swap;
        }
    size_t rare = ones * 2 <= t->rows ? 0 : 1, dealt = 0, common = 0;
    for (size_t r = 0; r < t->rows; r++) {
        /* the rare class has its turn each time (r + 1/2) rare / rows passes a half-integer */
        size_t due =
            (size_t)(((double)r + 1) * (double)classes[rare].count / (double)t->rows + 0.5);
        int rare_turn =
            dealt < classes[rare].count && (dealt < due || common == classes[1 - rare].count);
        order[r] = rare_turn ? pool[classes[rare].start + dealt++]
                             : pool[classes[1 - rare].start + common++];
    }
    return order;
}

gp_status gp_table_examples(const gp_table *t, const char *label, uint64_t seed, double **X,
                            double **labels, gp_error *error) {
    if (!t || !label || !X || !labels)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_table_examples: NULL argument");
    size_t at = gp_table_find(t, label);
    if (at == t->columns)
        return gp_fail(
            error, GP_ERROR_INPUT,
            "no column is called '%.80s': the label must be one of the columns %.60s to %.60s "
            "(%zu in all)",
            label, t->name[0], t->name[t->columns - 1], t->columns);
    if (t->columns == 1)
        return gp_fail(error, GP_ERROR_INPUT, "no column but the label '%.80s': there is no input",
                       label);
    for (size_t r = 0; r < t->rows; r++) {
        double y = gp_table_cell(t, r, at);
        if (y != 0 && y != 1)
            return gp_fail(error, GP_ERROR_INPUT,
                           "label column %.80s is %g in row %zu (not counting the header): labels "
                           "must be 0 or 1",
                           label, y, r + 1);
    }
    size_t inputs = t->columns - 1;
    double *x = malloc(t->rows * inputs * sizeof *x), *y = malloc(t->rows * sizeof *y);
    size_t *order = deal(t, at, seed);
    if (!x || !y || !order) {
        free(x);
        free(y);
        free(order);
        return gp_fail(error, GP_ERROR_MEMORY, "out of memory for %zu examples", t->rows);
    }
    for (size_t r = 0; r < t->rows; r++)
        y[r] = gp_table_cell(t, order[r], at);
    for (size_t k = 0, to = 0; k < t->columns; k++) {
        if (k == at)
            continue;
        double mean = 0, variance = 0, rows = (double)t->rows;
        for (size_t r = 0; r < t->rows; r++)
            mean += gp_table_cell(t, r, k) / rows;
        for (size_t r = 0; r < t->rows; r++) {
            double off = gp_table_cell(t, r, k) - mean;
            variance += off * off / rows;
        }
        /* A column that is constant but for rounding carries nothing. */
        int constant = !(sqrt(variance) > 1e-12 * fabs(mean)) || isinf(variance);
        for (size_t r = 0; r < t->rows; r++)
            x[r * inputs + to] =
                constant ? 0 : (gp_table_cell(t, order[r], k) - mean) / sqrt(variance);
        to++;
    }
    free(order);
    *X = x;
    *labels = y;
    return GP_OK;
}

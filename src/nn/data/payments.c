/* Made-up mobile payments, one after the other in time: accounts with habits of their own, and
 * hijackers who come with a device the account has never seen and pay until the balance is gone.
 * Honest people buy new phones and spend large sums too. Columns and rates are invented; no real
 * person's payments went into them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof/train.h"
#include "system/random.h"

enum { MOST_ACCOUNTS = 1 << 20, ROWS_PER_ACCOUNT = 40 };

static const char *const COLUMNS[] = {"time",
                                      "amount",
                                      "hour",
                                      "balance",
                                      "balance_share",
                                      "account_age_days",
                                      "device_age_days",
                                      "new_device",
                                      "merchant_risk",
                                      "merchant_known",
                                      "payments_today",
                                      "distance_km",
                                      "fraud"};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

typedef struct gp_account {
    float balance, typical, home_hour, device_since, since;
    unsigned char hijacked; /* payments that the hijacker still makes */
    unsigned char today;
    float day; /* that `today` counts */
} gp_account;

struct gp_payments {
    uint64_t seed, row, draws;
    size_t accounts;
    double time; /* seconds */
    double pace; /* seconds between payments */
    gp_account *account;
};

/* Numbers of the payment at hand, one after the other. */
static double uniform(gp_payments *p) {
    return gp_random_uniform(p->seed, GP_STREAM_GENERATE, p->row, p->draws++);
}

static double normal(gp_payments *p) {
    return gp_random_normal(p->seed, GP_STREAM_GENERATE, p->row, p->draws++);
}

size_t gp_payments_columns(void) {
    return COLUMN_COUNT;
}

const char *gp_payments_column_name(size_t column) {
    return column < COLUMN_COUNT ? COLUMNS[column] : NULL;
}

void gp_payments_destroy(gp_payments *p) {
    if (!p)
        return;
    free(p->account);
    free(p);
}

gp_status gp_payments_create(uint64_t rows, uint64_t seed, gp_payments **payments) {
    if (!payments || rows == 0)
        return GP_ERROR_ARGUMENT;
    gp_payments *p = calloc(1, sizeof *p);
    if (!p)
        return GP_ERROR_MEMORY;
    uint64_t accounts = rows / ROWS_PER_ACCOUNT + 10;
    p->accounts = accounts < MOST_ACCOUNTS ? (size_t)accounts : MOST_ACCOUNTS;
    p->seed = seed;
    p->pace = 30.0 * 86400 / (double)rows; /* a month */
    p->account = calloc(p->accounts, sizeof *p->account);
    if (!p->account) {
        gp_payments_destroy(p);
        return GP_ERROR_MEMORY;
    }
    for (size_t a = 0; a < p->accounts; a++) {
        gp_account *account = &p->account[a];
        p->row = a;
        p->draws = 1000; /* apart from those of payments */
        account->typical = (float)exp(2.8 + 0.8 * normal(p));
        account->balance = (float)(account->typical * exp(2.5 + normal(p)));
        account->home_hour = (float)(14 + 3 * normal(p));
        account->since = (float)-exp(5.5 + normal(p));
        account->device_since = (float)fmax(-exp(5 + normal(p)), account->since);
    }
    p->row = 0;
    *payments = p;
    return GP_OK;
}

void gp_payments_next(gp_payments *p, double *cell) {
    if (!p || !cell)
        return;
    p->draws = 0;
    p->time += -log(uniform(p)) * p->pace;
    double days = p->time / 86400;
    gp_account *a = &p->account[(size_t)(uniform(p) * (double)p->accounts)];
    if (a->hijacked == 0 && uniform(p) < 0.0006)
        a->hijacked = (unsigned char)(2 + (int)(3 * uniform(p)));
    int fraud = a->hijacked > 0;
    double age = days - a->device_since;
    int new_device = 0;
    if (fraud) { /* a device of the hijacker's, mostly; the owner's own where it was stolen */
        new_device = uniform(p) < 0.85;
        age = new_device ? 0.05 * -log(uniform(p)) : age;
    } else if (uniform(p) < 0.004) { /* a new phone */
        new_device = 1;
        a->device_since = (float)days;
        age = 0;
    }
    if (floor(days) != a->day) {
        a->day = (float)floor(days);
        a->today = 0;
        a->balance += (float)(a->typical * exp(0.5 * normal(p)) * (uniform(p) < 0.1 ? 20 : 0.5));
    }
    double share = fraud ? 1 / (1 + exp(-(0.6 + 1.2 * normal(p)))) : 0;
    double amount = fraud ? share * a->balance : a->typical * exp(0.9 * normal(p));
    amount = fmin(fmax(amount, 0.01), fmax(a->balance, 0.01));
    double hour =
        fmod((fraud && uniform(p) < 0.6 ? 3 : a->home_hour) + (fraud ? 3 : 4) * normal(p) + 48, 24);
    int known = uniform(p) < (fraud ? 0.1 : 0.8);
    double risk = 1 / (1 + exp(2.2 - (fraud ? 1.4 : 0) - (known ? 0 : 0.7) - normal(p)));
    a->today += a->today < 255;
    const double cells[COLUMN_COUNT] = {floor(p->time),
                                        amount,
                                        hour,
                                        a->balance,
                                        amount / fmax(a->balance, 0.01),
                                        days - a->since,
                                        age,
                                        new_device,
                                        risk,
                                        known,
                                        a->today,
                                        exp((fraud ? 3.5 : 1.2) + 1.3 * normal(p)),
                                        fraud};
    memcpy(cell, cells, sizeof cells);
    a->balance -= (float)amount;
    a->hijacked -= a->hijacked > 0;
    p->row++;
}

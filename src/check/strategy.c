/* See strategy.h. */
#include "check/strategy.h"

#include <math.h>

#include "system/clock.h"

/* auto: every entry up to this many whatever it costs, and as long as that fits into the budget up
 * to the most; so many evaluations an entry, as a rule. */
static const size_t FULL_ANYWAY = 256, FULL_AT_MOST = 1000000;
static const double EVALUATIONS_PER_ENTRY = 8, BUDGET_SECONDS = 60;
/* With a journal the same check must take the same course again: no times then. */
static const size_t FULL_WITH_JOURNAL = 20000;

/* Seconds that an evaluation for a single entry takes; 0: can't tell. */
static double measure_cost(const gp_check_state *c, uint64_t *evaluations) {
    enum { TRIES = 2, ENTRIES = 32 };
    const gp_function *f = c->function;
    gp_evaluator *e;
    double best = INFINITY, value, values[ENTRIES], number[ENTRIES];
    size_t entry[ENTRIES];
    if (gp_evaluator_create(f, c->options.seed, c->options.progress, 1, &e) != GP_OK)
        return 0;
    gp_outcome outcome = gp_evaluator_set_batch(e, 0);
    for (size_t k = 0; k < ENTRIES; k++) {
        entry[k] = k * (f->n / ENTRIES);
        number[k] = f->x[entry[k]];
    }
    for (int k = 0; k < TRIES && outcome == GP_EVALUATED; k++) {
        double start = gp_seconds_now();
        outcome = gp_evaluator_has_entries(e)
                      ? gp_evaluator_entries(e, ENTRIES, entry, number, values)
                      : gp_evaluator_value(e, &value);
        double took = gp_seconds_now() - start;
        best = fmin(best, gp_evaluator_has_entries(e) ? took / ENTRIES : took);
    }
    *evaluations = e->values;
    gp_evaluator_destroy(e);
    return isfinite(best) ? best : 0;
}

/* auto: every entry where the budget allows it, else random directions. */
gp_strategy gp_choose_strategy(const gp_check_state *c, uint64_t *evaluations_spent) {
    const gp_options *o = &c->options;
    size_t n = c->function->n;
    double evaluations = EVALUATIONS_PER_ENTRY * (double)n;
    double workers = o->jobs > 1 ? o->jobs : 1;
    if (o->self_test || !c->scalars)
        return c->project_maps ? GP_PROJECT : GP_FULL;
    if (o->budget_evaluations)
        return evaluations <= (double)o->budget_evaluations ? GP_FULL : GP_PROJECT;
    if (n <= FULL_ANYWAY)
        return GP_FULL;
    /* Measured in any case, so that a report counts the same evaluations whoever takes part. */
    double seconds =
        n <= FULL_AT_MOST ? measure_cost(c, evaluations_spent) * evaluations / workers : INFINITY;
    if (o->journal || o->team)
        return n <= FULL_WITH_JOURNAL ? GP_FULL : GP_PROJECT;
    return seconds <= (o->budget_seconds > 0 ? o->budget_seconds : BUDGET_SECONDS) ? GP_FULL
                                                                                   : GP_PROJECT;
}

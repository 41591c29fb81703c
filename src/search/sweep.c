/* See sweep.h. */
#include "search/sweep.h"

#include <math.h>
#include <string.h>

gp_outcome gp_sweep_judge(const gp_sweep *s, size_t entry, size_t block, double a,
                          gp_ladder *ladder, gp_line *line, gp_noise noise, gp_entry *result) {
    const gp_check_state *c = s->check;
    int readable =
        entry == SIZE_MAX || s->origin != GP_FROM_GIVEN_POINT || c->manner[entry] == GP_MANNER_SET;
    gp_outcome outcome =
        gp_judge_line(ladder, line, noise, &s->tolerance[block], a, readable, result);
    result->point = s->point;
    result->examples = c->examples;
    result->part = c->part;
    return outcome;
}

int gp_sweep_is_sound(const gp_sweep *s, double a, const gp_entry *e) {
    return gp_entry_is_sound(e) && e->status != GP_ENTRY_UNCHECKED && e->point == s->point &&
           e->examples == s->check->examples && e->part == s->check->part &&
           memcmp(&e->analytic, &a, sizeof a) == 0;
}

/* Fewer examples may have larger derivatives, beside which a mistake looks smaller than it is: what
 * they say of a - d is carried over to all examples, and must be within the tolerance there. */
static int carry_over(const gp_entry *whole, const gp_tolerance *t, gp_entry *result) {
    double off = result->analytic - result->numeric;
    gp_entry carried = *result;
    carried.analytic = whole->analytic;
    carried.numeric = carried.left = carried.right = whole->analytic - off;
    carried.floor = t->floor;
    if (result->status != GP_ENTRY_VERIFIED || !(gp_entry_resolution(&carried) <= t->rtol))
        return 0;
    *result = carried;
    return 1;
}

/* A gradient that isn't finite is held against a derivative that is there to be seen. */
static int is_telling(const gp_entry *result, const gp_tolerance *t) {
    return isfinite(result->analytic) ||
           result->bound <= gp_tau(t, result->numeric, result->numeric, result->bound);
}

/* Does a result say anything beside what the report has? */
static int counts(gp_origin origin, const gp_entry *before, const gp_tolerance *t,
                  gp_entry *result) {
    if (origin == GP_FROM_FEWER_EXAMPLES)
        return carry_over(before, t, result);
    return origin == GP_FROM_GIVEN_POINT || is_telling(result, t);
}

void gp_entry_known(const gp_entry *result, double *d, double *b) {
    double half = fabs(result->right - result->left) / 2;
    *d = half > 0 ? (result->left + result->right) / 2 : result->numeric;
    *b = isfinite(result->bound) ? half + result->bound : INFINITY;
}

static void witness_take(gp_witness *w, size_t entry, const gp_entry *result) {
    gp_entry_known(result, &w->d[entry], &w->b[entry]);
    w->wrong[entry] = result->status == GP_ENTRY_REFUTED;
}

/* Does a further point speak against an entry that the given one leaves silent, and not for sure?
 */
static int is_doubtful(const gp_sweep *s, const gp_entry *e, double rtol) {
    double size = fmax(fabs(e->analytic), fabs(e->numeric));
    return s->origin == GP_FROM_FURTHER_POINT && e->status == GP_ENTRY_UNRESOLVED &&
           fabs(e->analytic - e->numeric) > e->bound + rtol * size;
}

gp_outcome gp_sweep_put(const gp_sweep *s, size_t entry, size_t block, gp_entry *result) {
    gp_check_state *c = s->check;
    if (result->status == GP_ENTRY_UNCHECKED)
        return GP_EVALUATED;
    if (s->origin == GP_FROM_GIVEN_POINT)
        gp_entry_known(result, &c->numeric[entry], &c->bound[entry]);
    if (is_doubtful(s, result, c->tolerance[block].rtol))
        c->doubted[entry] = 1;
    if (s->origin == GP_FROM_WITNESS)
        witness_take(&c->witness[c->witnesses - 1], entry, result);
    if (counts(s->origin, gp_report_at(c->report, entry), &c->tolerance[block], result) &&
        gp_findings_put(c->report, s->origin, entry, result) != GP_OK)
        return gp_evaluator_no_memory(c->evaluator);
    return GP_EVALUATED;
}

/* See case.h. Notation: a the gradient under test, d the estimate, b its bound, all over the
 * entries of one block; tau as in verdict.h. A model m explains entry i if |a_i - m_i| <= tau_i +
 * (bound on m_i's error). */
#include "diagnose/case.h"

#include "diagnose/constants.h"

#include <math.h>

int gp_case_known(const gp_case *c, size_t i) {
    return gp_is_estimate(c->b[i]) && isfinite(c->a[i]);
}

int gp_case_zero(const gp_case *c, size_t i) {
    return fabs(c->d[i]) <= c->b[i] && fabs(c->a[i]) <= c->b[i];
}

double gp_case_rounding(const gp_case *c, size_t i) {
    return gp_dtype_epsilon(c->evidence->function->dtype) * (4 * fabs(c->a[i]) + c->typical);
}

double gp_case_allowance(const gp_case *c, size_t i, double m, double e) {
    return (c->sharp ? gp_case_rounding(c, i) : gp_tau(c->tolerance, c->a[i], m, e)) + e;
}

int gp_case_explains(const gp_case *c, size_t i, double m, double e) {
    return fabs(c->a[i] - m) <= gp_case_allowance(c, i, m, e);
}

int gp_case_is_off(const gp_case *c, size_t i) {
    return c->wrong[i] || (gp_case_known(c, i) && !gp_case_explains(c, i, c->d[i], c->b[i]));
}

int gp_case_speaks_for_itself(const gp_case *c, size_t i, double off) {
    return gp_case_known(c, i) && !gp_case_is_off(c, i) && fabs(off) > 2 * c->b[i];
}

int gp_case_differs(const gp_case *c, size_t i, double m, double e, double other) {
    return fabs(m - other) > 2 * (gp_case_allowance(c, i, m, e) + c->b[i]);
}

void gp_case_name_entry(const gp_case *c, size_t i, char *name, size_t size) {
    gp_function_entry_name(c->evidence->function, c->block->offset + i, name, size);
}

double gp_case_least_error(const gp_case *c) {
    double least = INFINITY;
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(c->a[i] - c->d[i]) - c->b[i]; /* at least */
        if (c->wrong[i] && gp_case_known(c, i) && off > 0)
            least = fmin(least, off / fmax(fabs(c->a[i]), fabs(c->d[i])));
    }
    return least;
}

int gp_case_hides(const gp_case *c, size_t i, double error) {
    if (c->kink && c->kink[i])
        return 0; /* any number between the two derivatives is accepted */
    if (gp_case_zero(c, i))
        return c->a[i] != 0; /* nothing if a is 0, and anything if not */
    double size = fmax(fabs(c->a[i]), fabs(c->d[i]));
    return fabs(c->a[i] - c->d[i]) + c->b[i] + gp_case_rounding(c, i) > HIDDEN_SHARE * error * size;
}

int gp_case_is_right(const gp_case *c, size_t i, double error) {
    return !c->wrong[i] && gp_case_known(c, i) && !gp_case_zero(c, i) &&
           !gp_case_hides(c, i, error);
}

int gp_case_is_stored(const gp_case *c) {
    return c->evidence->stored && c->evidence->stored[c->number];
}

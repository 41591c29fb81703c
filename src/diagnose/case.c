/* See case.h. Notation: a the gradient under test, d the estimate, b its bound, all over the
 * entries of one block; tau as in verdict.h. A model m explains entry i if |a_i - m_i| <= tau_i +
 * (bound on m_i's error). */
#include "diagnose/case.h"

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

int gp_case_differs(const gp_case *c, size_t i, double m, double e, double other) {
    return fabs(m - other) > 2 * (gp_case_allowance(c, i, m, e) + c->b[i]);
}

void gp_case_name_entry(const gp_case *c, size_t i, char *name, size_t size) {
    gp_function_entry_name(c->evidence->function, c->block->offset + i, name, size);
}

int gp_case_is_stored(const gp_case *c) {
    return c->evidence->stored && c->evidence->stored[c->number];
}

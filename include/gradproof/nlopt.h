/* gradproof: callbacks of NLopt (https://nlopt.readthedocs.io), as they are. One line before
 * nlopt_optimize:
 *
 *     if (gp_nlopt_check(opt, "cost", cost, &data, x, NULL, stderr) == GP_REFUTED) return 1;
 *
 * The dimension and the bounds are those of `opt`; x (n) is the point to check at, as a rule the
 * one the optimiser starts from. Constraints count from 0, as NLopt's do.
 */
#ifndef GRADPROOF_NLOPT_H
#define GRADPROOF_NLOPT_H

#include <nlopt.h>

#include <gradproof/adapter.h>

typedef struct gp_nlopt {
    nlopt_func f;
    nlopt_mfunc mf;
    void *data;
    unsigned m;
    double *scratch; /* m */
} gp_nlopt;

static inline int gp_nlopt_value(void *user, size_t n, const double *x, double *value) {
    const gp_nlopt *p = (const gp_nlopt *)user;
    *value = p->f((unsigned)n, x, NULL, p->data);
    return 0;
}

static inline int gp_nlopt_gradient(void *user, size_t n, const double *x, double *g) {
    const gp_nlopt *p = (const gp_nlopt *)user;
    (void)p->f((unsigned)n, x, g, p->data);
    return 0;
}

static inline int gp_nlopt_map(void *user, size_t n, const double *x, size_t m, double *y) {
    const gp_nlopt *p = (const gp_nlopt *)user;
    p->mf((unsigned)m, y, (unsigned)n, x, NULL, p->data);
    return 0;
}

static inline int gp_nlopt_jacobian(void *user, size_t n, const double *x, size_t count,
                                    double *J) {
    const gp_nlopt *p = (const gp_nlopt *)user;
    (void)count;
    p->mf(p->m, p->scratch, (unsigned)n, x, J, p->data);
    return 0;
}

/* The function over the optimiser's domain. */
static inline gp_function *gp_nlopt_create(nlopt_opt opt, const char *name, const double *x,
                                           gp_nlopt *p) {
    const size_t n = nlopt_get_dimension(opt);
    double *bounds = (double *)malloc((2 * n + 1) * sizeof *bounds);
    gp_function *function = bounds ? gp_adapter_create(name, n, x, p) : NULL;
    if (function && nlopt_get_lower_bounds(opt, bounds) == NLOPT_SUCCESS &&
        nlopt_get_upper_bounds(opt, bounds + n) == NLOPT_SUCCESS)
        (void)gp_function_set_bounds(function, bounds, bounds + n);
    free(bounds);
    return function;
}

/* An objective, or a constraint of one value: inequality or equality. `name` is what the report
 * calls it. */
static inline gp_verdict gp_nlopt_check(nlopt_opt opt, const char *name, nlopt_func f, void *data,
                                        const double *x, const gp_options *options, FILE *stream) {
    gp_nlopt p = {f, NULL, data, 0, NULL};
    gp_function *function = gp_nlopt_create(opt, name, x, &p);
    if (function) {
        (void)gp_function_set_value(function, gp_nlopt_value);
        (void)gp_function_set_gradient(function, gp_nlopt_gradient);
    }
    return gp_adapter_check(name, function, options, stream);
}

/* m constraints at once (nlopt_add_inequality_mconstraint, ..._equality_...): entry [j][i] of
 * "jacobian x" is dc_j/dx_i. */
static inline gp_verdict gp_nlopt_check_mconstraint(nlopt_opt opt, const char *name, unsigned m,
                                                    nlopt_mfunc c, void *data, const double *x,
                                                    const gp_options *options, FILE *stream) {
    gp_nlopt p = {NULL, c, data, m, (double *)malloc((m + 1) * sizeof(double))};
    gp_function *function = p.scratch ? gp_nlopt_create(opt, name, x, &p) : NULL;
    if (function) {
        (void)gp_function_set_map(function, m, gp_nlopt_map);
        (void)gp_function_set_jacobian(function, gp_nlopt_jacobian);
    }
    gp_verdict verdict = gp_adapter_check(name, function, options, stream);
    free(p.scratch);
    return verdict;
}

#endif

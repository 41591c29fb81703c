/* gradproof: callbacks of libLBFGS (http://www.chokkan.org/software/liblbfgs), as they are. One
 * line before lbfgs:
 *
 *     if (gp_lbfgs_check("cost", n, x, evaluate, instance, NULL, stderr) == GP_REFUTED) return 1;
 *
 * For a build of libLBFGS whose lbfgsfloatval_t is double, as it is by default.
 */
#ifndef GRADPROOF_LBFGS_H
#define GRADPROOF_LBFGS_H

#include <lbfgs.h>

#include <gradproof/adapter.h>

typedef struct gp_lbfgs {
    lbfgs_evaluate_t evaluate;
    void *instance;
} gp_lbfgs;

/* The callback is told no step: 0, as at an optimiser's first call. */
static inline int gp_lbfgs_value_gradient(void *user, size_t n, const double *x, double *value,
                                          double *g) {
    const gp_lbfgs *p = (const gp_lbfgs *)user;
    *value = p->evaluate(p->instance, x, g, (int)n, 0);
    return 0;
}

static inline gp_verdict gp_lbfgs_check(const char *name, int n, const lbfgsfloatval_t *x,
                                        lbfgs_evaluate_t evaluate, void *instance,
                                        const gp_options *options, FILE *stream) {
    gp_lbfgs p = {evaluate, instance};
    gp_function *function = gp_adapter_create(name, n > 0 ? (size_t)n : 0, x, &p);
    if (function)
        (void)gp_function_set_value_gradient(function, gp_lbfgs_value_gradient);
    return gp_adapter_check(name, function, options, stream);
}

#endif

/* gradproof: what the headers for optimisers have in common (nlopt.h, gsl.h, lbfgs.h, ipopt.h).
 * They are compiled in the user's program alone, and libgradproof knows nothing of those libraries.
 *
 * Each of their functions takes an optimiser's callback as it is, checks its derivatives at a
 * point, prints the report to `stream` (NULL: nowhere) and returns the verdict; GP_FAILED, and a
 * line in the stream, where no check was possible. `options` may be NULL.
 */
#ifndef GRADPROOF_ADAPTER_H
#define GRADPROOF_ADAPTER_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <gradproof.h>

/* A function in one block "x" of n entries; NULL without memory. Setters' errors come out of the
 * check. */
static inline gp_function *gp_adapter_create(const char *name, size_t n, const double *x,
                                             void *user) {
    gp_function *function = NULL;
    if (gp_function_create(name, GP_FLOAT64, user, &function) == GP_OK)
        (void)gp_function_add_block(function, "x", 0, 1, &n, x);
    return function;
}

/* The worse of two verdicts: failed, refuted, inconclusive, verified. */
static inline gp_verdict gp_adapter_worse(gp_verdict one, gp_verdict other) {
    static const gp_verdict ORDER[] = {GP_FAILED, GP_REFUTED, GP_INCONCLUSIVE};
    for (int k = 0; k < 3; k++)
        if (one == ORDER[k] || other == ORDER[k])
            return ORDER[k];
    return GP_VERIFIED;
}

/* Checks the function, which may be NULL, shows the report and destroys the function. */
static inline gp_verdict gp_adapter_check(const char *name, gp_function *function,
                                          const gp_options *options, FILE *stream) {
    gp_report *report = NULL;
    gp_error error = {"out of memory"};
    gp_verdict verdict = GP_FAILED;
    if (function && gp_check(function, options, &report, &error) == GP_OK) {
        verdict = gp_report_verdict(report);
        if (stream)
            (void)gp_report_print(report, stream, 0);
    } else if (stream) {
        fprintf(stream, "failed: %s: %s\n", name, error.message);
    }
    gp_report_destroy(report);
    gp_function_destroy(function);
    return verdict;
}

#endif

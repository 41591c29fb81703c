/* f(x) = sum_i sin(x_i) x_{i+1}, round a circle: a function whose second derivatives are known. */
#ifndef GP_SINE_CHAIN_H
#define GP_SINE_CHAIN_H

#include "testing.h"

static inline int sine_chain(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += sin(x[i]) * x[(i + 1) % n];
    return 0;
}

static inline int sine_chain_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = cos(x[i]) * x[(i + 1) % n] + sin(x[(i + n - 1) % n]);
    return 0;
}

#endif

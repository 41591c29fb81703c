/* Small functions whose checks leave every kind of record, for tests and fuzz targets. Nothing in
 * here may print or stop. */
#ifndef GP_FUZZ_FUNCTIONS_H
#define GP_FUZZ_FUNCTIONS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof.h"

enum { SMALL_N = 6, SMALL_M = 3 };

static int small_value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += sin(x[i]) * exp(0.1 * x[(i + 1) % n]) + fabs(x[i] - 0.2);
    return 0;
}

static int small_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = cos(x[i]) * exp(0.1 * x[(i + 1) % n]) + (x[i] > 0.2 ? 1 : -1) +
               0.1 * sin(x[(i + n - 1) % n]) * exp(0.1 * x[i]);
    g[1] *= 1.5; /* wrong */
    return 0;
}

static int small_map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++)
        y[j] = x[j] * exp(x[(j + 1) % n]);
    return 0;
}

static int small_vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < m; j++) {
        g[j] += u[j] * exp(x[(j + 1) % n]);
        g[(j + 1) % n] += u[j] * x[j] * exp(x[(j + 1) % n]);
    }
    return 0;
}

/* The derivatives along the pattern of small_rows and small_columns. */
static const size_t small_rows[] = {0, 0, 1, 1, 2, 2}, small_columns[] = {0, 1, 1, 2, 2, 3};

static int small_jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    (void)user;
    for (size_t k = 0; k < count; k++) {
        size_t j = small_rows[k];
        J[k] = exp(x[(j + 1) % n]) * (small_columns[k] == j ? 1 : x[j]);
    }
    return 0;
}

/* A short way to values, whose records hold many ladders each. */
static int small_entries(void *user, size_t n, const double *x, int same, size_t count,
                         const size_t *entry, const double *number, double *f) {
    double moved[SMALL_N];
    (void)same;
    for (size_t k = 0; k < count; k++) {
        memcpy(moved, x, n * sizeof *x);
        moved[entry[k]] = number[k];
        small_value(user, n, moved, &f[k]);
    }
    return 0;
}

typedef enum small_kind {
    SMALL_SCALAR,
    SMALL_DIRECTIONS, /* the same, for the strategy project */
    SMALL_MAP,        /* with a VJP and a sparse Jacobian */
    SMALL_ENTRIES,
    SMALL_KINDS
} small_kind;

/* NULL: out of memory. */
static inline gp_function *small_function(small_kind kind) {
    static const double x[SMALL_N] = {0.3, -0.7, 1.1, 0.9, -0.4, 0.1};
    gp_function *f = NULL;
    gp_status status = gp_function_create("small", GP_FLOAT64, NULL, &f);
    if (status == GP_OK)
        status = gp_function_add_block(f, "w", 0, 2, (size_t[]){2, 2}, x);
    if (status == GP_OK)
        status = gp_function_add_block(f, "b", 1, 1, (size_t[]){2}, x + 4);
    if (status == GP_OK && kind == SMALL_MAP) {
        status = gp_function_set_map(f, SMALL_M, small_map);
        if (status == GP_OK)
            status = gp_function_set_vjp(f, small_vjp);
        if (status == GP_OK)
            status = gp_function_set_jacobian(f, small_jacobian);
        if (status == GP_OK)
            status = gp_function_set_sparsity(f, sizeof small_rows / sizeof *small_rows, small_rows,
                                              small_columns);
    } else if (status == GP_OK) {
        status = gp_function_set_value(f, small_value);
        if (status == GP_OK)
            status = gp_function_set_gradient(f, small_gradient);
        if (status == GP_OK && kind == SMALL_ENTRIES)
            status = gp_function_set_entries(f, small_entries);
    }
    if (status == GP_OK)
        return f;
    gp_function_destroy(f);
    return NULL;
}

#endif

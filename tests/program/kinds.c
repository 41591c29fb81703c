/* A shared object with every kind of derivative that a claim can be of, for scripts/goldens and for tests of
 * the program. Its words say which: `gradient`, `vjp`, `jvp`, `jacobian`, `sparse`, `hessian`, `hvp`; `float32`
 * (first) for a float32 function.
 *
 *     f(x) = sum_i x_i sin(x_{i+1}) ,   F_j(x) = x_j sin(x_{j+1}) ,   i, j < n - 1 . */
#include <gradproof.h>
#include <math.h>
#include <string.h>

enum { N = 7, M = N - 1 };

#define REAL double
#define NAME(x) x##_f64
#include "kinds.h"
#undef REAL
#undef NAME
#define REAL float
#define NAME(x) x##_f32
#include "kinds.h"

static gp_status set_kind(gp_function *f, int narrow, const char *kind) {
    size_t row[2 * M], column[2 * M];
    for (size_t k = 0; k < 2 * M; k++) {
        row[k] = k / 2;
        column[k] = k / 2 + k % 2;
    }
    if (strcmp(kind, "sparse") == 0 && gp_function_set_sparsity(f, 2 * M, row, column) != GP_OK)
        return GP_ERROR_ARGUMENT;
    return narrow ? set_f32(f, kind) : set_f64(f, kind);
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double x[N];
    int narrow = argc > 0 && strcmp(argv[0], "float32") == 0;
    gp_status status = gp_function_set_dtype(function, narrow ? GP_FLOAT32 : GP_FLOAT64);
    for (int i = 0; i < N; i++)
        x[i] = 0.3 * i - 0.7;
    if (status == GP_OK)
        status = gp_function_add_block(function, "a", 0, 1, (size_t[]){3}, x);
    if (status == GP_OK)
        status = gp_function_add_block(function, "b", 0, 2, (size_t[]){2, 2}, x + 3);
    for (int k = narrow; k < argc && status == GP_OK; k++)
        status = set_kind(function, narrow, argv[k]);
    return status != GP_OK;
}

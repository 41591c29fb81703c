/* f = sum x^2 / 2 by OpenMP, whose threads stay from call to call. */
#include <gradproof.h>

enum { N = 40 };

static int value(void *user, size_t n, const double *x, double *f) {
    double sum = 0;
    (void)user;
#pragma omp parallel for reduction(+ : sum) num_threads(3)
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i] / 2;
    *f = sum;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
#pragma omp parallel for num_threads(3)
    for (size_t i = 0; i < n; i++)
        g[i] = x[i];
    return 0;
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double x[N];
    size_t shape[] = {N};
    (void)argc, (void)argv;
#pragma omp parallel for num_threads(3)
    for (size_t i = 0; i < N; i++)
        x[i] = 1 + (double)(i % 7);
    return gp_function_add_block(function, "x", 0, 1, shape, x) ||
           gp_function_set_value(function, value) || gp_function_set_gradient(function, gradient);
}

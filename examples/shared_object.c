/* A function in a shared object, for the program:
 *
 *     cc -shared -fPIC shared_object.c -o libmine.so
 *     gradproof check ./libmine.so -- 8
 *
 * f(w, b) = sum_i log(1 + exp(-y_i (w . x_i + b))), a logistic regression on a few made-up
 * examples; the argument is the number of inputs. */
#include <gradproof.h>
#include <math.h>
#include <stdlib.h>

enum { EXAMPLES = 32, MOST_INPUTS = 64 };

/* Input k of example i, and its label, +1 or -1. */
static double input(size_t i, size_t k) {
    return sin(1.7 * (double)i + 0.9 * (double)k);
}

static double label(size_t i) {
    return i % 3 ? 1 : -1;
}

static double margin(size_t n, const double *x, size_t i) {
    double z = x[n - 1]; /* the intercept b is the last parameter */
    for (size_t k = 0; k + 1 < n; k++)
        z += x[k] * input(i, k);
    return label(i) * z;
}

static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    *f = 0;
    for (size_t i = 0; i < EXAMPLES; i++)
        *f += log1p(exp(-margin(n, x, i)));
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t k = 0; k < n; k++)
        g[k] = 0;
    for (size_t i = 0; i < EXAMPLES; i++) {
        double slope = -label(i) / (1 + exp(margin(n, x, i)));
        for (size_t k = 0; k + 1 < n; k++)
            g[k] += slope * input(i, k);
        g[n - 1] += slope;
    }
    return 0;
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    size_t inputs = argc > 0 ? strtoul(argv[0], NULL, 10) : 4;
    double w[MOST_INPUTS], b = 0.1;
    if (inputs < 1 || inputs > MOST_INPUTS)
        return 1;
    for (size_t k = 0; k < inputs; k++)
        w[k] = 0.3 * cos((double)k);
    return gp_function_add_block(function, "w", 1, 1, &inputs, w) ||
           gp_function_add_block(function, "b", 1, 0, NULL, &b) ||
           gp_function_set_value(function, value) || gp_function_set_gradient(function, gradient);
}

/* A vector-valued function with a hand-written vector-Jacobian product, in a shared object:
 *
 *     cc -shared -fPIC map.c -o libmap.so
 *     gradproof check ./libmap.so
 *     gradproof check ./libmap.so --plant 'vjp W:entry=5,add=0.01'      a mistake, found at
 * [0][1][1]
 *
 * y = layernorm(W h), without gain or offset: the kind of kernel whose backward pass is easy to get
 * almost right. W (4, 4) row by row, h (4):
 *
 *     z = W h ,   y = (z - mean z) / s ,   s = sqrt(var z + eps) . */
#include <gradproof.h>
#include <math.h>
#include <string.h>

enum { D = 4 };

static double normalise(const double *x, double *y) {
    double mean = 0, variance = 0;
    for (size_t j = 0; j < D; j++) {
        y[j] = 0;
        for (size_t k = 0; k < D; k++)
            y[j] += x[j * D + k] * x[D * D + k];
        mean += y[j] / D;
    }
    for (size_t j = 0; j < D; j++)
        variance += (y[j] - mean) * (y[j] - mean) / D;
    double s = sqrt(variance + 1e-5);
    for (size_t j = 0; j < D; j++)
        y[j] = (y[j] - mean) / s;
    return s;
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user, (void)n, (void)m;
    normalise(x, y);
    return 0;
}

/* g = J' u: dz = (u - mean u - y mean(u y)) / s, then dW = dz h', dh = W' dz. */
static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    double y[D], mean = 0, along = 0;
    double s = normalise(x, y);
    (void)user, (void)m;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < D; j++) {
        mean += u[j] / D;
        along += u[j] * y[j] / D;
    }
    for (size_t j = 0; j < D; j++) {
        double dz = (u[j] - mean - y[j] * along) / s;
        for (size_t k = 0; k < D; k++) {
            g[j * D + k] = dz * x[D * D + k];
            g[D * D + k] += dz * x[j * D + k];
        }
    }
    return 0;
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double W[D * D], h[D];
    size_t shape[] = {D, D};
    (void)argv;
    if (argc > 0)
        return 1;
    for (size_t i = 0; i < D * D; i++)
        W[i] = sin(1.3 * (double)i + 1);
    for (size_t k = 0; k < D; k++)
        h[k] = cos((double)k);
    return gp_function_add_block(function, "W", 0, 2, shape, W) ||
           gp_function_add_block(function, "h", 0, 1, shape, h) ||
           gp_function_set_map(function, D, map) || gp_function_set_vjp(function, vjp);
}

/* The dense network's passes in float64 and float32; the mathematics is in dense_passes.h. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/limits.h"
#include "nn/network/loss.h"
#include "nn/network/network.h"
#include "system/vector.h"

#define REAL double
#define NAME(x) x##_f64
#define GEMM cblas_dgemm
#define INPUTS X64
#include "nn/network/dense_passes.h"
#undef REAL
#undef NAME
#undef GEMM
#undef INPUTS

#define REAL float
#define NAME(x) x##_f32
#define GEMM cblas_sgemm
#define INPUTS X32
#include "nn/network/dense_passes.h"

gp_status gp_network_cost(gp_network *net, double *cost, double *gradient) {
    if (!net || net->count == 0)
        return GP_ERROR_ARGUMENT;
    double value;
    if (net->options.dtype == GP_FLOAT64) {
        gp_dense_forward_f64(net, net->theta, &value);
        if (gradient)
            gp_dense_backward_f64(net, net->theta, gradient);
    } else {
        float *theta = malloc(2 * net->n * sizeof *theta);
        if (!theta)
            return GP_ERROR_MEMORY;
        float *g = theta + net->n;
        for (size_t i = 0; i < net->n; i++)
            theta[i] = (float)net->theta[i];
        gp_dense_forward_f32(net, theta, &value);
        if (gradient) {
            gp_dense_backward_f32(net, theta, g);
            for (size_t i = 0; i < net->n; i++)
                gradient[i] = g[i];
        }
        free(theta);
    }
    if (cost)
        *cost = value;
    return GP_OK;
}

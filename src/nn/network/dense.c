/* The dense network's passes in float64 and float32; the mathematics is in dense_passes.h. */
#include <cblas.h>
#include <string.h>

#include "nn/network/limits.h"
#include "nn/network/network.h"
#include "system/random.h"
#include "system/vector.h"

int gp_dropout_keeps(const gp_network *net, size_t layer, size_t row, size_t unit) {
    uint64_t part = net->mask_draw * net->options.layers + layer;
    return gp_random_uniform(net->mask_seed, GP_STREAM_DROPOUT, part,
                             (net->mask_row + row) * net->width[layer] + unit) >=
           net->options.dropout;
}

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

/* See softplus.h. */
#include "nn/network/softplus.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nn/network/softplus_avx2.h"
#include "system/vector.h"

double gp_softplus_sum(size_t m, const double *z, const double *labels) {
#ifdef GP_HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return gp_softplus_sum_avx2(m, z, labels);
#endif
    double sum = 0;
    for (size_t r = 0; r < m; r++) {
        double s = labels[r] != 0 ? -z[r] : z[r];
        sum += fmax(s, 0) + log1p(exp(-fabs(s)));
    }
    return sum;
}

/* e^d - 1 = d (1 + d (1/2 + d (1/6 + ...))): what is left out is below 1e-17 of it for |d| up to
 * NEAREST with 5 terms and up to GP_SOFTPLUS_NEAR with 11. */
static const double NEAREST = 1e-3;
static const double SERIES[] = {1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320,
                                1. / 5040,     1. / 720,     1. / 120,    1. / 24,
                                1. / 6,        1. / 2,       1.};
enum { TERMS = sizeof SERIES / sizeof *SERIES };

static double product_of(const gp_lanes *product) {
    double lane[GP_LANES];
    memcpy(lane, product, sizeof lane);
    return ((lane[0] * lane[1]) * (lane[2] * lane[3])) *
           ((lane[4] * lane[5]) * (lane[6] * lane[7]));
}

/* The product of 1 + q (e^d - 1), d = sign dz, over m, a multiple of GP_LANES; *largest |dz|. */
GP_VECTOR static double product_near(size_t m, const double *q, const double *sign,
                                     const double *dz, double *largest) {
    const double a = SERIES[TERMS - 5], b = SERIES[TERMS - 4], c = SERIES[TERMS - 3];
    gp_lanes product = {1, 1, 1, 1, 1, 1, 1, 1};
    gp_bits most = {0};
    for (size_t r = 0; r < m; r += GP_LANES) {
        gp_lanes d = *(const gp_lanes *)(sign + r) * *(const gp_lanes *)(dz + r);
        gp_bits size = (gp_bits)d & INT64_MAX; /* |d| as bits, which are in order as numbers are */
        gp_bits larger = size > most;
        most = (larger & size) | (~larger & most);
        gp_lanes series = 1 + d * (0.5 + d * (c + d * (b + d * a)));
        product *= 1 + *(const gp_lanes *)(q + r) * (d * series);
    }
    gp_lanes sizes = (gp_lanes)most;
    for (size_t k = 0; k < GP_LANES; k++)
        *largest = sizes[k] > *largest ? sizes[k] : *largest;
    return product_of(&product);
}

GP_VECTOR static double product_further(size_t m, const double *q, const double *sign,
                                        const double *dz) {
    gp_lanes product = {1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t r = 0; r < m; r += GP_LANES) {
        gp_lanes d = *(const gp_lanes *)(sign + r) * *(const gp_lanes *)(dz + r);
        gp_lanes series = d * 0;
        for (size_t t = 0; t < TERMS; t++)
            series = series * d + SERIES[t];
        product *= 1 + *(const gp_lanes *)(q + r) * (d * series);
    }
    return product_of(&product);
}

int gp_softplus_change(size_t m, const double *q, const double *sign, const double *dz,
                       double *change) {
    enum {
        CHUNK = 256
    }; /* so many factors from e^-0.1 to e^0.1 don't leave the range of a double */
    *change = 0;
    for (size_t at = 0; at + GP_LANES <= m; at += CHUNK) {
        size_t some = m - at < CHUNK ? (m - at) / GP_LANES * GP_LANES : CHUNK;
        double largest = 0;
        double product = product_near(some, q + at, sign + at, dz + at, &largest);
        if (!(largest < GP_SOFTPLUS_NEAR))
            return -1;
        if (largest > NEAREST)
            product = product_further(some, q + at, sign + at, dz + at);
        *change += log(product);
    }
    for (size_t r = m / GP_LANES * GP_LANES; r < m; r++)
        *change += log1p(q[r] * expm1(sign[r] * dz[r]));
    return isfinite(*change) ? 0 : -1;
}

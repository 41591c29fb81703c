/* Compiled for AVX2 and FMA, and called where they are. SLEEF's functions of four numbers, to 1
 * ulp. */
#include "nn/network/softplus_avx2.h"

#ifdef GP_HAS_AVX2
#include <immintrin.h>
#include <sleef.h>

double gp_softplus_sum_avx2(size_t m, const double *z, const double *labels) {
    const __m256d sign = _mm256_set1_pd(-0.0), zero = _mm256_setzero_pd();
    __m256d sum = zero;
    double lane[4];
    for (size_t r = 0; r + 4 <= m; r += 4) {
        __m256d hit = _mm256_cmp_pd(_mm256_loadu_pd(labels + r), zero, _CMP_NEQ_OQ);
        __m256d s = _mm256_xor_pd(_mm256_loadu_pd(z + r), _mm256_and_pd(hit, sign));
        __m256d rest = Sleef_log1pd4_u10avx2(Sleef_expd4_u10avx2(_mm256_or_pd(s, sign)));
        sum = _mm256_add_pd(sum, _mm256_add_pd(_mm256_max_pd(s, zero), rest));
    }
    _mm256_storeu_pd(lane, sum);
    return lane[0] + lane[1] + lane[2] + lane[3];
}
#endif

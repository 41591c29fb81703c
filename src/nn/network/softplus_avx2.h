/* gp_softplus_sum for processors that have AVX2 and FMA. */
#ifndef GP_SOFTPLUS_AVX2_H
#define GP_SOFTPLUS_AVX2_H

#include <stddef.h>

#ifdef GP_HAS_AVX2
double gp_softplus_sum_avx2(size_t m, const double *z, const double *labels);
#endif

#endif

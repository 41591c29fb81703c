/* The cross-entropy of many examples with hard labels, several at a time. */
#ifndef GP_SOFTPLUS_H
#define GP_SOFTPLUS_H

#include <stddef.h>

/* sum over r < m of log(1 + e^s), s = -z[r] where labels[r] isn't 0, else z[r], as max(s, 0) +
 * log(1 + e^-|s|). m is a multiple of 4. */
double gp_softplus_sum(size_t m, const double *z, const double *labels);

#ifdef GP_HAS_AVX2
/* The same, for processors that have AVX2 and FMA. */
double gp_softplus_sum_avx2(size_t m, const double *z, const double *labels);
#endif

#endif

/* The cross-entropy of many examples with hard labels, several at a time. */
#ifndef GP_SOFTPLUS_H
#define GP_SOFTPLUS_H

#include <stddef.h>

/* sum over r < m of log(1 + e^s), s = -z[r] where labels[r] isn't 0, else z[r], as max(s, 0) +
 * log(1 + e^-|s|). m is a multiple of 4. */
double gp_softplus_sum(size_t m, const double *z, const double *labels);

/* *change := the same sum's change when each s goes from where its derivative is q = 1 / (1 + e^-s)
 * to s + sign dz, sign being -1 or 1:
 *     log(1 + e^(s + d)) - log(1 + e^s) = log(1 + q (e^d - 1)),
 * so the sum is the logarithm of a product. -1 where a |dz| is too large for that; any m. */
#define GP_SOFTPLUS_NEAR 0.1
int gp_softplus_change(size_t m, const double *q, const double *sign, const double *dz,
                       double *change);

#endif

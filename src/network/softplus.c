/* See softplus.h. */
#include "network/softplus.h"

#include <math.h>

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

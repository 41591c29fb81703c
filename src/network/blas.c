/* See blas.h. */
#include "network/blas.h"

/* Of OpenBLAS; another BLAS doesn't have them. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

int gp_blas_set_threads(int threads) {
    if (!openblas_set_num_threads || !openblas_get_num_threads || threads < 1)
        return 0;
    int before = openblas_get_num_threads();
    openblas_set_num_threads(threads);
    return before;
}

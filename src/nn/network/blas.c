/* See blas.h. */
#include "nn/network/blas.h"

#include <cblas.h>
#include <stddef.h>
#include <sys/mman.h>

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

int gp_blas_has_room(unsigned callers) {
    /* OpenBLAS maps a buffer of 128 MB for each thread that is in it at a time, and keeps it; the
     * rest is for whoever takes memory between this look and its call. */
    static const size_t EACH = (size_t)160 << 20;
    static unsigned found; /* for so many callers, by this process: buffers are the process' too */
    unsigned before = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
    if (callers <= before || !openblas_get_num_threads)
        return 1;
    size_t bytes = (callers - before) * EACH;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return 0;
    (void)munmap(room, bytes);
    const double one = 1;
    double product;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, &one, 1, &one, 1, 0,
                &product, 1); /* takes the first of them */
    __atomic_store_n(&found, callers, __ATOMIC_RELEASE);
    return 1;
}

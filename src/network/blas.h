/* How many threads BLAS uses by itself. */
#ifndef GP_BLAS_H
#define GP_BLAS_H

/* From now on `threads`, where it can be told (OpenBLAS); returns how many it were, 0 where it
 * can't. With one thread sums are added up in the same order on every machine, and threads of ours
 * don't wait for each other there. */
int gp_blas_set_threads(int threads);

#endif

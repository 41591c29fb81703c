/* What BLAS takes: threads, and address space. */
#ifndef GP_BLAS_H
#define GP_BLAS_H

/* From now on `threads`, where it can be told (OpenBLAS); returns how many it were, 0 where it
 * can't. With one thread sums are added up in the same order on every machine, and threads of ours
 * don't wait for each other there. */
int gp_blas_set_threads(int threads);

/* Is there room for BLAS to be called from so many threads at a time? To be asked before the first
 * call: without room OpenBLAS tries again for ever. */
int gp_blas_has_room(unsigned callers);

#endif

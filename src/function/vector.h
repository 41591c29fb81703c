/* Loops over all of x, compiled for today's processors as well as for the oldest; the one that fits
 * is chosen when the library is loaded. Sums are told apart by lanes in the source, so that the
 * numbers are the same whichever it is. */
#ifndef GP_VECTOR_H
#define GP_VECTOR_H

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GP_VECTOR __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define GP_VECTOR
#endif

#endif

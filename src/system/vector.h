/* Loops over all of x, compiled for today's processors as well as for the oldest; the one that fits
 * is chosen when the library is loaded. Sums are told apart by lanes in the source, so that the
 * numbers are the same whichever it is. */
#ifndef GP_VECTOR_H
#define GP_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GP_VECTOR __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define GP_VECTOR
#endif

/* Eight numbers at a time, from any address that suits one; the compiler makes of them what the
 * processor has. */
enum { GP_LANES = 8 };
typedef double gp_lanes __attribute__((vector_size(8 * GP_LANES), aligned(8), may_alias));
typedef int64_t gp_bits __attribute__((vector_size(8 * GP_LANES), aligned(8), may_alias));
typedef uint64_t gp_words __attribute__((vector_size(8 * GP_LANES), aligned(8), may_alias));

/* The largest |v|; of a NaN, which counts as larger than all, the NaN. */
double gp_largest(const double *v, size_t n);

/* How many are not zero. */
size_t gp_count_nonzero(const double *v, size_t n);

/* The sum of (v / unit)^2. */
double gp_squares(const double *v, double unit, size_t n);

/* The root mean square, which neither overflows nor vanishes; 0 of no numbers. */
double gp_root_mean_square(const double *v, size_t n);

/* The sum of a_i b_i, in the order of i. */
double gp_dot(const double *a, const double *b, size_t n);

#endif

/* Guards against accidents in the user's code: red zones on either side of every array that it is
 * given, and poison in what it is to write. */
#ifndef GP_GUARDS_H
#define GP_GUARDS_H

#include <string.h>

#include "function/function.h"

/* Sizes of the guards.
 *
 *     GP_RED_ZONE      bytes on either side of an array, a multiple of GP_ALIGNMENT: as far as a
 *                      row or two of a matrix, which is what loops overshoot by
 *     GP_NEAR_ZONE     bytes of them that are compared after each call: all of them take
 *                      microseconds, as long as a small function does
 *     GP_MARGIN        numbers on either side of what callbacks return by pointer
 *     GP_MOST_RETURNED numbers that one call returns by pointer (values, changes) */
enum { GP_RED_ZONE = 1 << 16, GP_NEAR_ZONE = 256, GP_MARGIN = 32, GP_MOST_RETURNED = 1024 };

/* What an array holds before a call that is to write it: a quiet NaN that no computation makes by
 * itself, or a plain number. The two together tell "never written" from "added to what was there".
 */
typedef enum gp_poison { GP_POISON_NAN, GP_POISON_NUMBER } gp_poison;
#define GP_POISON_NUMBER_VALUE 0.78125 /* exact in either precision */

/* Stores v at entry i in a precision and returns what was stored. */
static inline double gp_store(gp_dtype dtype, void *array, size_t i, double v) {
    if (dtype == GP_FLOAT64) {
        ((double *)array)[i] = v;
        return v;
    }
    ((float *)array)[i] = (float)v;
    return (double)(float)v;
}

static inline double gp_load(gp_dtype dtype, const void *array, size_t i) {
    return dtype == GP_FLOAT64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

/* Storage for n entries between red zones, released with free(); NULL if there is no memory. */
void *gp_red_alloc(size_t n, gp_dtype dtype);
/* Storage for an entry each of x, of which only this rank's take memory: red on either side of
 * them. */
void *gp_red_alloc_x(const gp_function *function, gp_dtype dtype);
void gp_red_free_x(const gp_function *function, gp_dtype dtype, void *storage);

/* The array in the middle of its storage. */
static inline void *gp_red_array(void *storage) {
    return (char *)storage + GP_RED_ZONE;
}

/* The first byte of the `zone` bytes after an array of `bytes` that isn't red any more, or `zone`.
 */
size_t gp_stain_after(const void *array, size_t bytes, size_t zone);
/* Is one of the `zone` bytes before the array not red any more? */
int gp_is_stained_before(const void *array, size_t zone);

/* Quiet NaNs with a payload of our own. Arithmetic on them keeps the payload, so an entry that was
 * only added to still reads as poison; the plain number tells the two apart. */
#define GP_POISON_F64 0x7FF8C0FFEE15BAD1u
#define GP_POISON_F32 0x7FC0BAD1u

/* Is entry k still the NaN? */
static inline int gp_is_poison(gp_dtype dtype, const void *array, size_t k) {
    static const uint64_t WIDE = GP_POISON_F64;
    static const uint32_t NARROW = GP_POISON_F32;
    return dtype == GP_FLOAT64 ? memcmp((const double *)array + k, &WIDE, sizeof WIDE) == 0
                               : memcmp((const float *)array + k, &NARROW, sizeof NARROW) == 0;
}

/* Fills an array with the NaN. */
void gp_poison_fill(gp_dtype dtype, void *array, size_t count);
/* Is none of `count` doubles the NaN? */
int gp_is_free_of_poison(const double *array, size_t count);

/* GP_MARGIN numbers, filled and compared. */
void gp_margin_fill(double *margin);
int gp_margin_is_clean(const double *margin);

#endif

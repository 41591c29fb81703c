/* Sizes of numbers and tensors, and their limits. */
#ifndef GP_SIZES_H
#define GP_SIZES_H

#include "gradproof.h"

#define GP_MAX_DIMENSIONS 8
/* Of a function or a tensor: sizes of arrays with a few numbers an entry don't overflow. */
#define GP_MAX_ENTRIES (SIZE_MAX / 64)
enum { GP_MAX_JOBS = 1024 };

static inline size_t gp_dtype_size(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? sizeof(double) : sizeof(float);
}

/* The smallest normal number. */
static inline double gp_dtype_smallest(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? 0x1p-1022 : 0x1p-126;
}

/* Machine epsilon: the distance from 1 to the next larger number. */
static inline double gp_dtype_epsilon(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? 0x1p-52 : 0x1p-23;
}

/* Entries of a tensor; 0 where there are none or more than GP_MAX_ENTRIES. */
size_t gp_volume(size_t dimensions, const size_t *shape);
/* Is one of the extents 0? */
int gp_is_empty(size_t dimensions, const size_t *shape);

#endif

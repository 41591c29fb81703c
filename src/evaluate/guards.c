/* See guards.h. */
#include "evaluate/guards.h"

#include <stdlib.h>

#include "function/reserve.h"
#include "system/vector.h"

static const unsigned char RED = 0xA7;

void *gp_red_alloc(size_t n, gp_dtype dtype) {
    size_t bytes = n * gp_dtype_size(dtype);
    char *storage = gp_large_alloc(bytes + 2 * GP_RED_ZONE);
    if (storage) {
        memset(storage, RED, GP_RED_ZONE);
        memset(storage + GP_RED_ZONE + bytes, RED, GP_RED_ZONE);
    }
    return storage;
}

void *gp_red_alloc_x(const gp_function *f, gp_dtype dtype) {
    if (!f->team)
        return gp_red_alloc(f->n, dtype);
    size_t size = gp_dtype_size(dtype);
    char *storage = gp_reserve(f->n * size + 2 * GP_RED_ZONE);
    if (storage) {
        memset(storage + f->own * size, RED, GP_RED_ZONE);
        memset(storage + GP_RED_ZONE + f->own_end * size, RED, GP_RED_ZONE);
    }
    return storage;
}

void gp_red_free_x(const gp_function *f, gp_dtype dtype, void *storage) {
    size_t bytes = f->n * gp_dtype_size(dtype) + 2 * GP_RED_ZONE;
    if (f->team)
        gp_unreserve(storage, bytes);
    else if (storage && f->release)
        f->release(f->release_context, storage, bytes);
    else
        free(storage);
}

/* The first byte that isn't red, or `bytes`. */
static size_t first_stain(const char *zone, size_t bytes) {
    const unsigned char *byte = (const unsigned char *)zone;
    size_t i = 0;
    if (byte[0] == RED && memcmp(zone, zone + 1, bytes - 1) == 0)
        return bytes;
    while (byte[i] == RED)
        i++;
    return i;
}

size_t gp_stain_after(const void *array, size_t bytes, size_t zone) {
    return first_stain((const char *)array + bytes, zone);
}

int gp_is_stained_before(const void *array, size_t zone) {
    return first_stain((const char *)array - zone, zone) < zone;
}

GP_VECTOR void gp_poison_fill(gp_dtype dtype, void *array, size_t count) {
    static const uint64_t WIDE = GP_POISON_F64;
    static const uint32_t NARROW = GP_POISON_F32;
    for (size_t k = 0; k < count && dtype == GP_FLOAT64; k++)
        memcpy((double *)array + k, &WIDE, sizeof WIDE);
    for (size_t k = 0; k < count && dtype == GP_FLOAT32; k++)
        memcpy((float *)array + k, &NARROW, sizeof NARROW);
}

GP_VECTOR int gp_is_free_of_poison(const double *array, size_t count) {
    gp_bits poisoned = {0}, poison = {0};
    poison += (int64_t)GP_POISON_F64;
    size_t k = 0;
    int clean = 1;
    for (; k + GP_LANES <= count; k += GP_LANES)
        poisoned |= *(const gp_bits *)(array + k) == poison;
    for (; k < count; k++)
        clean &= !gp_is_poison(GP_FLOAT64, array, k);
    for (size_t lane = 0; lane < GP_LANES; lane++)
        clean &= poisoned[lane] == 0;
    return clean;
}

void gp_margin_fill(double *margin) {
    memset(margin, RED, GP_MARGIN * sizeof *margin);
}

int gp_margin_is_clean(const double *margin) {
    const unsigned char *byte = (const unsigned char *)margin;
    int clean = 1;
    for (size_t k = 0; k < GP_MARGIN * sizeof *margin; k++)
        clean &= byte[k] == RED;
    return clean;
}

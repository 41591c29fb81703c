/* FNV-1a (Fowler, Noll & Vo): tells byte strings apart, not forgers from honest people. */
#ifndef GP_CHECKSUM_H
#define GP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* What a sum starts with. */
#define GP_SUM_START 0xCBF29CE484222325u

/* The sum with `count` more bytes. */
uint64_t gp_sum_bytes(uint64_t sum, const void *bytes, size_t count);

#endif

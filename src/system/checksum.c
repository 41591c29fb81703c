/* See checksum.h. */
#include "system/checksum.h"

uint64_t gp_sum_bytes(uint64_t sum, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ byte[i]) * 0x100000001B3u;
    return sum;
}

/* See sums.h. */
#include "evaluate/sums.h"

#include <string.h>

GP_VECTOR static uint64_t sum_of_piece(const uint64_t *word, size_t words) {
    gp_words lane = {0};
    size_t i = 0;
    for (; i + GP_LANES <= words; i += GP_LANES)
        lane += *(const gp_words *)(word + i);
    for (; i < words; i++)
        lane[i % GP_LANES] += word[i];
    return gp_sum_of_lanes(&lane, words);
}

uint64_t gp_sum_of_array(const void *array, size_t bytes) {
    size_t words = bytes / 8;
    const uint64_t *word = array;
    uint64_t sum = 0;
    for (size_t at = 0; at < words; at += GP_PIECE) {
        size_t some = words - at < GP_PIECE ? words - at : GP_PIECE;
        sum = gp_sum_add(sum, sum_of_piece(word + at, some));
    }
    if (bytes % 8) { /* the last of an odd number of floats */
        uint32_t half;
        memcpy(&half, (const char *)array + 8 * words, sizeof half);
        sum = gp_sum_add(sum, half);
    }
    return sum;
}

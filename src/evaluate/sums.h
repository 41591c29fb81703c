/* A checksum of an array, piece by piece, quick enough to tell after each call of a large function
 * whether the call wrote to its input. Words may trade places within a piece's lane and nowhere
 * else. */
#ifndef GP_SUMS_H
#define GP_SUMS_H

#include "system/vector.h"

/* Words in a piece; the last one may have fewer. */
enum { GP_PIECE = 512 };

/* The sum of a piece of so many words, whose lanes were added up. */
static inline uint64_t gp_sum_of_lanes(const gp_words *lane, size_t words) {
    uint64_t sum = words;
    for (size_t k = 0; k < GP_LANES; k++)
        sum = 0x9E3779B97F4A7C15u * sum + (*lane)[k];
    return sum;
}

/* The sum with one more piece. */
static inline uint64_t gp_sum_add(uint64_t sum, uint64_t piece) {
    return (sum ^ (sum >> 29)) * 0xBF58476D1CE4E5B9u + piece;
}

/* The sum of all pieces of an array, a multiple of 4 bytes long. */
uint64_t gp_sum_of_array(const void *array, size_t bytes);

#endif

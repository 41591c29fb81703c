/* See random.h. */
#include "system/random.h"

#include <Random123/threefry.h>
#include <math.h>
#include <string.h>

#include "system/vector.h"

static threefry2x64_ctr_t draw(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    threefry2x64_key_t key = {{seed, (uint64_t)stream}};
    threefry2x64_ctr_t at = {{counter, part}};
    return threefry2x64(at, key);
}

/* 53 random bits, centred in their interval so that neither 0 nor 1 comes out. */
static double unit(uint64_t bits) {
    return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

uint64_t gp_random_bits(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    return draw(seed, stream, part, counter).v[0];
}

double gp_random_uniform(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    return unit(draw(seed, stream, part, counter).v[0]);
}

/* Threefry-2x64 of 13 rounds, the fewest without known statistical flaw (Salmon et al., table 2),
 * at GP_LANES counters from `first` on: what Random123 makes of them one by one, side by side. bits
 * gets two words for each. */
GP_VECTOR static void threefry_lanes(uint64_t seed, uint64_t stream, uint64_t part, uint64_t first,
                                     uint64_t *bits) {
    enum { ROUNDS = 13 };
    static const unsigned ROTATION[8] = {R_64x2_0_0, R_64x2_1_0, R_64x2_2_0, R_64x2_3_0,
                                         R_64x2_4_0, R_64x2_5_0, R_64x2_6_0, R_64x2_7_0};
    const uint64_t key[3] = {seed, stream, SKEIN_KS_PARITY64 ^ seed ^ stream};
    gp_words a = {0}, b = {0};
    for (size_t k = 0; k < GP_LANES; k++) {
        a[k] = first + k + key[0];
        b[k] = part + key[1];
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        a += b;
        b = ((b << ROTATION[round % 8]) | (b >> (64 - ROTATION[round % 8]))) ^ a;
        if (round % 4 == 3) {
            unsigned r = round / 4 + 1;
            a += key[r % 3];
            b += key[(r + 1) % 3] + r;
        }
    }
    for (size_t k = 0; k < GP_LANES; k++) {
        bits[2 * k] = a[k];
        bits[2 * k + 1] = b[k];
    }
}

GP_VECTOR static void centre(const uint16_t *bits, size_t count, double *u) {
    typedef uint16_t eight_short __attribute__((vector_size(16), aligned(2), may_alias));
    typedef int32_t eight_long __attribute__((vector_size(32)));
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        eight_long whole = __builtin_convertvector(*(const eight_short *)(bits + i), eight_long);
        *(gp_lanes *)(u + i) = __builtin_convertvector(whole, gp_lanes) * 0x1p-15 - (1 - 0x1p-16);
    }
    for (; i < count; i++)
        u[i] = (double)bits[i] * 0x1p-15 - (1 - 0x1p-16);
}

void gp_random_symmetric(uint64_t seed, gp_stream stream, uint64_t part, uint64_t first,
                         size_t count, double *u) {
    enum { SHORTS = 8, GROUPS = 8 * GP_LANES }; /* of a counter; counters at a time */
    uint64_t bits[2 * GROUPS];
    while (count > 0) {
        size_t skip = first % SHORTS, room = (size_t)SHORTS * GROUPS - skip;
        size_t some = count < room ? count : room;
        for (size_t g = 0; SHORTS * g < skip + some; g += GP_LANES)
            threefry_lanes(seed, (uint64_t)stream, part, first / SHORTS + g, bits + 2 * g);
        centre((const uint16_t *)(const void *)bits + skip, some, u);
        u += some;
        first += some;
        count -= some;
    }
}

double gp_random_normal(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    threefry2x64_ctr_t bits = draw(seed, stream, part, counter);
    return sqrt(-2 * log(unit(bits.v[0]))) * cos(6.283185307179586 * unit(bits.v[1]));
}

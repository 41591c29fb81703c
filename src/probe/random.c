/* See random.h. */
#include "probe/random.h"

#include <Random123/threefry.h>
#include <math.h>
#include <string.h>

#include "function/vector.h"

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

GP_VECTOR static void centre(const uint16_t *bits, size_t count, double *u) {
    for (size_t i = 0; i < count; i++)
        u[i] = (double)bits[i] * 0x1p-15 - (1 - 0x1p-16);
}

void gp_random_symmetric(uint64_t seed, gp_stream stream, uint64_t part, uint64_t first,
                         size_t count, double *u) {
    enum { LANES = 8, GROUPS = 64 };
    threefry2x64_key_t key = {{seed, (uint64_t)stream}};
    uint16_t bits[LANES * GROUPS];
    while (count > 0) {
        size_t skip = first % LANES, room = LANES * GROUPS - skip;
        size_t some = count < room ? count : room;
        for (size_t g = 0; g < (skip + some + LANES - 1) / LANES; g++) {
            threefry2x64_ctr_t at = {{first / LANES + g, part}};
            /* 13 rounds are the fewest without known statistical flaw (Salmon et al., table 2). */
            threefry2x64_ctr_t drawn = threefry2x64_R(13, at, key);
            memcpy(bits + LANES * g, drawn.v, sizeof drawn.v);
        }
        centre(bits + skip, some, u);
        u += some;
        first += some;
        count -= some;
    }
}

double gp_random_normal(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    threefry2x64_ctr_t bits = draw(seed, stream, part, counter);
    return sqrt(-2 * log(unit(bits.v[0]))) * cos(6.283185307179586 * unit(bits.v[1]));
}

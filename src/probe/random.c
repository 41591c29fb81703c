/* See random.h. */
#include "probe/random.h"

#include <Random123/threefry.h>
#include <math.h>

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

double gp_random_normal(uint64_t seed, gp_stream stream, uint64_t part, uint64_t counter) {
    threefry2x64_ctr_t bits = draw(seed, stream, part, counter);
    return sqrt(-2 * log(unit(bits.v[0]))) * cos(6.283185307179586 * unit(bits.v[1]));
}

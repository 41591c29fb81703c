/* See numpy_random.h. */
#include "nn/notebook/numpy_random.h"

#include <math.h>

enum { N = 624, M = 397 };

void gp_numpy_seed(gp_numpy_random *r, uint32_t seed) {
    r->state[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        r->state[i] = 1812433253u * (r->state[i - 1] ^ (r->state[i - 1] >> 30)) + i;
    r->position = N;
    r->has_spare = 0;
    r->spare = 0;
}

static void next_block(gp_numpy_random *r) {
    for (int i = 0; i < N; i++) {
        uint32_t y = (r->state[i] & 0x80000000u) | (r->state[(i + 1) % N] & 0x7fffffffu);
        r->state[i] = r->state[(i + M) % N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    r->position = 0;
}

uint32_t gp_numpy_bits(gp_numpy_random *r) {
    if (r->position == N)
        next_block(r);
    uint32_t y = r->state[r->position++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

/* Uniform in [0, 1) with 53 bits from two draws. */
static double uniform(gp_numpy_random *r) {
    double high = gp_numpy_bits(r) >> 5, low = gp_numpy_bits(r) >> 6;
    return (high * 67108864 + low) / 9007199254740992;
}

double gp_numpy_randn(gp_numpy_random *r) {
    if (r->has_spare) {
        r->has_spare = 0;
        return r->spare;
    }
    double x, y, square;
    do {
        x = 2 * uniform(r) - 1;
        y = 2 * uniform(r) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double factor = sqrt(-2 * log(square) / square);
    r->spare = factor * x;
    r->has_spare = 1;
    return factor * y;
}

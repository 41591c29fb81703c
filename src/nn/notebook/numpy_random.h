/* The random numbers of np.random.seed and np.random.randn, bit for bit: MT19937 (Matsumoto &
 * Nishimura 1998) and NumPy's legacy Gaussian, Marsaglia's polar method. For the notebook's test
 * case alone: gradproof's own random numbers are in system/random.h. */
#ifndef GP_NUMPY_RANDOM_H
#define GP_NUMPY_RANDOM_H

#include <stdint.h>

typedef struct gp_numpy_random {
    uint32_t state[624];
    int position;
    int has_spare;
    double spare;
} gp_numpy_random;

void gp_numpy_seed(gp_numpy_random *random, uint32_t seed);
/* The next 32 bits of the generator. */
uint32_t gp_numpy_bits(gp_numpy_random *random);
/* np.random.randn(), one number of it. */
double gp_numpy_randn(gp_numpy_random *random);

#endif

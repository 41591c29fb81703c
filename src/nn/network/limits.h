/* Bounds that let the passes use fixed arrays and BLAS's int. */
#ifndef GP_NETWORK_LIMITS_H
#define GP_NETWORK_LIMITS_H

enum { GP_MAX_OUTPUTS = 1024, GP_MAX_LAYERS = 64, GP_MAX_WIDTH = 1 << 20 };

#endif

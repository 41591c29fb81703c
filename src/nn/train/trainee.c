/* See trainee.h. */
#include "nn/train/trainee.h"

void gp_weights_of(const gp_trainee *t, const void *theta, double *to) {
    for (size_t i = 0; i < t->n; i++)
        to[i] = gp_is_wide(t) ? ((const double *)theta)[i] : (double)((const float *)theta)[i];
}

void gp_set_weights(const gp_trainee *t, void *theta, const double *from) {
    for (size_t i = 0; i < t->n; i++)
        if (gp_is_wide(t))
            ((double *)theta)[i] = from[i];
        else
            ((float *)theta)[i] = (float)from[i];
}

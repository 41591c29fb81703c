/* How noisy is the function? */
#ifndef GP_NOISE_H
#define GP_NOISE_H

#include "estimate/derivative.h"

/* Standard deviation of f's noise along a probe, from a difference table of GP_NOISE_POINTS values
 * at t = spacing, 2 spacing, ... (Hamming; More & Wild 2011); 0 if f is smooth to the last bit or
 * can't be evaluated. */
enum { GP_NOISE_POINTS = 9 };
gp_outcome gp_noise_at_steps(gp_line *line, double spacing, double *sigma);
/* The same at steps so small that no function bends between them. */
gp_outcome gp_noise_at_tiny_steps(gp_line *line, double *sigma);

/* Starts the ladders of these lines anew with their steps times `shift`; without rungs: couldn't.
 */
typedef gp_outcome (*gp_ladders_again)(void *context, const size_t *indices, size_t count,
                                       double shift, gp_ladder *ladders);

/* Standard deviations of the function's noise at a point. */
typedef struct gp_noise {
    double sigma; /* at the steps in use */
    double quiet; /* what rounding and tiny steps show: the noise itself, if the rest were kinks */
    double loud;  /* what the first looks show: noise, if bends and kinks had no part in it */
    int stairs;   /* what fades at smaller steps is stairs on some lines at least, rather than bends
                   */
} gp_noise;

/* A first look counts as rough, beyond what noise of this standard deviation explains, from so many
 * times that on. */
#define GP_ROUGH 8.0

/* The noise from all that is known at a point: the noise at tiny steps,
 * the rounding of the values themselves, which may be coarser than their type's (a float64 function
 * that computes in float32), and what the `count` new ladders show at the steps in use (median).
 * Where the ladders show much more than the rest, a few are started again at ever smaller steps:
 * noise stays as it is there, while bends, kinks and oscillations, which look like noise at one
 * step, fade away; unless `patient` is 0, when all is taken for noise. */
gp_outcome gp_noise_level(gp_dtype dtype, double tiny, const gp_ladder *ladders, size_t count,
                          int patient, gp_ladders_again again, void *context, gp_noise *noise);

#endif

/* Does a function change in stairs? A float64 function that keeps an intermediate in a shorter
 * format, or whose value has saturated, is constant, or has the slope of its other terms alone,
 * over treads that may be wider than the steps in use. Difference quotients within one tread are
 * smooth, agree with each other and say nothing of the derivative. */
#ifndef GP_STAIRS_H
#define GP_STAIRS_H

#include "probe/line.h"

/* What is known of the line where stairs are looked for. */
typedef struct gp_tread {
    double slope; /* at steps of `near` */
    double near;
    double far;   /* the steps at which treads show first, if they are that narrow */
    double quiet; /* standard deviation of the noise at steps up to `near` */
} gp_tread;

/* *sigma becomes the standard deviation of the rounding that stairs amount to, 0 where f has none:
 * where changes shrink with the interval as those of a continuous function do. Where the
 * value is 0 and doesn't move however far one looks, that of numbers of size 1. *evaluations is
 * added to. */
gp_outcome gp_find_stairs(gp_line *line, const gp_tread *tread, double *sigma,
                          unsigned *evaluations);

#endif

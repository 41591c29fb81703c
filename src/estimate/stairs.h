/* Does a function change in stairs? A float64 function that keeps an intermediate in a shorter
 * format, or whose value has saturated, is constant, or has the slope of its other terms alone,
 * over treads that may be wider than the steps in use. Difference quotients within one tread are
 * smooth, agree with each other and say nothing of the derivative. */
#ifndef GP_STAIRS_H
#define GP_STAIRS_H

#include "estimate/line.h"

/* Looks for jumps of f between the steps `near` and `far` on either side of 0, where f(0) is f0 and
 * f(t) - f0 - slope t is at most noise (standard deviation `quiet`) up to `near`. *sigma becomes
 * the standard deviation of the rounding that the stairs amount to, 0 where there are none: where
 * the residual shrinks with the interval as that of a continuous function does. Where the value is
 * 0 and hasn't moved at all, the search goes on far beyond `far`. *evaluations is added to. */
gp_outcome gp_find_stairs(gp_line *line, double slope, double near, double far, double quiet,
                          double *sigma, unsigned *evaluations);

#endif

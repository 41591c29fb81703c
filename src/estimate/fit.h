/* A derivative from many values at large steps, for functions whose noise leaves nothing to a few
 * values at small ones. docs/numerics.md has the mathematics. */
#ifndef GP_FIT_H
#define GP_FIT_H

#include "estimate/derivative.h"

/* Fits polynomials to f at points on both sides of 0, as far out as the line's length scale allows
 * and bends demand, with as many points as noise demands and `evaluations` allow. `ladder` is what
 * is known of the line so far. Adds to *spent; bound is infinite where nothing came of it, also
 * where it could be told beforehand that nothing would. */
gp_outcome gp_fit(gp_line *line, const gp_ladder *ladder, double sigma, gp_goal goal,
                  unsigned evaluations, gp_estimate *estimate, unsigned *spent);

/* About how many values a fit takes whose noise is to be `aim` at most, on a line of this length
 * scale. */
double gp_fit_cost(double sigma, double length, double aim);

#endif

/* Entries at one point. */
#ifndef GP_SURVEY_H
#define GP_SURVEY_H

#include "search/state.h"

/* Estimates and judges the listed entries (ascending) at the evaluator's point, where the value is
 * f0 and the gradient under test is `gradient`, and puts them into the report as of point `number`.
 * At the given point it sets the blocks' absolute tolerances. */
gp_outcome gp_survey(gp_check_state *check, gp_origin origin, size_t number, double f0,
                     const double *gradient, const size_t *entries, size_t count);

/* Numbers alone: d and b (n each) get estimates for the listed entries at the evaluator's point. */
gp_outcome gp_estimate_entries(gp_check_state *check, double f0, const size_t *entries,
                               size_t count, double *d, double *b);

/* The absolute tolerances of a block whose typical derivative is `scale` (docs/decisions/0004). */
void gp_tolerance_follow(gp_tolerance *tolerance, const gp_options *options, gp_dtype dtype,
                         double scale);

/* The function's noise at tiny steps along a random direction from the evaluator's point, where the
 * value is f0. */
gp_outcome gp_check_tiny_noise(gp_check_state *check, double f0, double *tiny);

/* How much f, f0 here, changes where all parameters move by about their lengths: the larger change
 * of the two sides of a random direction. */
gp_outcome gp_check_variation(gp_check_state *check, double f0, double *variation);

#endif

/* Guarded calls of the callbacks of maps: the map itself, and what is claimed about its derivative.
 */
#ifndef GP_CLAIMS_H
#define GP_CLAIMS_H

#include "evaluate/state.h"

/* y (m) := F(x), or the gradient under test for second derivatives (m = n). Outputs that aren't
 * finite are the caller's to see. */
gp_outcome gp_evaluator_map(gp_evaluator *evaluator, int second, double *y);

/* A claim at the evaluator's point: `in` is u (m), v (n) or NULL; out (count) what the callback
 * wrote, the poison where it didn't; written[k] tells, if not NULL. */
gp_outcome gp_evaluator_claim(gp_evaluator *evaluator, gp_claim claim, gp_poison poison,
                              const double *in, size_t count, double *out, unsigned char *written);

#endif

/* What all calls of the user's callbacks have in common: before one the random draw is held, after
 * it the guards are compared. Of evaluate/'s own use. */
#ifndef GP_CALL_H
#define GP_CALL_H

#include "evaluate/place.h"

/* Before and after a callback runs. */
void gp_call_begin(gp_evaluator *evaluator, gp_call_kind call);
void gp_call_end(gp_evaluator *evaluator);

/* What a callback's return value means. */
gp_outcome gp_call_meaning(gp_evaluator *evaluator, int returned);

/* x for the gradient and for maps: in the function's own precision, which is narrower than that of
 * x as probed where a float32 function has a float64 value. */
const void *gp_call_x(gp_evaluator *evaluator);

/* How many bytes of the red zones are compared after this call: all of them after each gradient,
 * after values number 1, 2, 4, ... (and as a run of tasks ends), and where x takes longer anyway.
 */
size_t gp_call_zone(gp_evaluator *evaluator, int gradient);
/* Compares the guards of x and g. `later`: whether x was written to may be found out later. */
gp_outcome gp_call_check(gp_evaluator *evaluator, const char *callback, int later, size_t zone);
/* Compares the red zones of an array with an entry for each of x, and the array with what it is
 * expected to be, if that isn't NULL. */
gp_outcome gp_call_check_array(gp_evaluator *evaluator, const char *callback, const char *name,
                               const void *storage, gp_dtype dtype, const void *expected,
                               size_t zone);
/* All of the red zones, which is too costly for every call. */
gp_outcome gp_evaluator_check_zones(gp_evaluator *evaluator);

/* Where a callback is to write `count` numbers: between margins, for it may write more than it was
 * asked for. gp_call_check_returned tells. */
double *gp_call_returned(gp_evaluator *evaluator, size_t count);
gp_outcome gp_call_check_returned(gp_evaluator *evaluator, const char *callback, size_t count);

#endif

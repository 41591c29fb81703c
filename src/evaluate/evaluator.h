/* Guarded evaluation of the function under test, all of it: state.h what an evaluator holds,
 * place.h where x is, calls.h and claims.h the callbacks. The guards are against accidents in the
 * user's code, not against malice: the arrays handed to it lie between red zones, the gradient is
 * poisoned before each call, and x is compared afterwards. */
#ifndef GP_EVALUATOR_H
#define GP_EVALUATOR_H

#include "evaluate/calls.h"
#include "evaluate/claims.h"
#include "evaluate/place.h"

/* in_place: for large functions, whose given point isn't copied; refused (x isn't kept in place)
 * where that doesn't do. */
gp_status gp_evaluator_create(const gp_function *function, uint64_t seed, gp_progress *progress,
                              int in_place, gp_evaluator **evaluator);
void gp_evaluator_destroy(gp_evaluator *evaluator);

/* Another one for the same function at the same point, to be used from another thread. */
gp_status gp_evaluator_clone(const gp_evaluator *evaluator, gp_progress *progress,
                             gp_evaluator **clone);

#endif

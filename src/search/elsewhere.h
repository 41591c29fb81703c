/* What random directions say at points other than the given one: elsewhere.c. */
#ifndef GP_ELSEWHERE_H
#define GP_ELSEWHERE_H

#include "search/state.h"

/* After gp_project at the given point: where that refutes nothing, directions at random points and
 * after some descent; else whether what is wrong was stored. Leaves the evaluator at the given
 * point. */
gp_outcome gp_project_elsewhere(gp_check_state *check);

#endif

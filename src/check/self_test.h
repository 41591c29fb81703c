/* A check turned on itself. */
#ifndef GP_SELF_TEST_H
#define GP_SELF_TEST_H

#include "search/state.h"

/* Plants mistakes into the verified blocks and sees whether they would be refuted. The evaluator
 * must be at the given point, and a survey of it done. */
gp_outcome gp_self_test(gp_check_state *check);

#endif

/* auto: which strategy a check takes. */
#ifndef GP_STRATEGY_H
#define GP_STRATEGY_H

#include "search/state.h"

/* Every entry where the budget allows it, else random directions. *evaluations: that it took
 * to measure what one costs. */
gp_strategy gp_choose_strategy(const gp_check_state *check, uint64_t *evaluations);

#endif

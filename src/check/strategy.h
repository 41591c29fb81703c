/* auto: which strategy a check takes. */
#ifndef GP_STRATEGY_H
#define GP_STRATEGY_H

#include "search/state.h"

/* Every entry where the budget allows it, else random directions. Counts the evaluations that it
 * takes to measure what one costs. */
gp_strategy gp_choose_strategy(gp_check_state *check);

#endif

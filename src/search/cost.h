/* What a check may cost. */
#ifndef GP_COST_H
#define GP_COST_H

#include "search/state.h"

/* Shortens a list of entries, evenly, to those that can be looked at once more within what a check
 * costs by default; with a budget, that is the limit instead. What is left out is counted for the
 * report. Returns how many are left. */
size_t gp_check_afford(gp_check_state *check, size_t *list, size_t count);

#endif

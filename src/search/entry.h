/* One entry by itself, at the given point. */
#ifndef GP_ENTRY_H
#define GP_ENTRY_H

#include "search/state.h"

/* Judges one entry at the given point afresh, as if the gradient under test were a there. */
gp_outcome gp_judge_again(gp_check_state *check, size_t entry, double a, gp_entry *result);

/* The same for an entry that a direction accuses: where two first looks at different steps both say
 * that it is wrong by many times what they leave open, that is enough. */
gp_outcome gp_judge_accused(gp_check_state *check, size_t entry, double a, gp_entry *result);

/* The noise along the line of an entry that is looked at by itself, from its first look. */
gp_noise gp_noise_along(const gp_check_state *check, const gp_ladder *ladder);

#endif

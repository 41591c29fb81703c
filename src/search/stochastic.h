/* Gradients that are right on average: is the mean of what the gradient callback returns the
 * derivative of the mean of the value? */
#ifndef GP_STOCHASTIC_H
#define GP_STOCHASTIC_H

#include "search/state.h"

/* In place of all comparisons at the given point and elsewhere: options.stochastic draws at most of
 * the function at the given point, with one seed a draw for its gradient and all of its values
 * where it has a seed callback. Puts means and their bounds into the report, and into the arrays
 * that the diagnosis reads. */
gp_outcome gp_check_stochastic(gp_check_state *check);

/* Names the bias of blocks that were looked at entry by entry: after every other cause. */
gp_status gp_name_bias(gp_check_state *check);

#endif

/* Derivatives of maps: Jacobians, VJPs, JVPs; and of gradients: Hessians and HVPs. Each given one
 * is a claim about the numbers dF_j/dx_i, and all are held against differences of F, column by
 * column. */
#ifndef GP_MAPS_H
#define GP_MAPS_H

#include "search/state.h"

/* Are derivatives of maps, by the strategy asked for, checked by random products rather than entry
 * by entry? auto: where the latter would cost too much, as of decision 0019. */
int gp_maps_project(const gp_function *function, const gp_options *options);

/* The function as its report shows it: its own blocks where it has a gradient to check, then for
 * each claim "jacobian W1" (outputs x shape of W1), ... A new function without callbacks, to be
 * destroyed unless it is the same: one without any claims is shown as it is.
 * project: its derivatives have no numbers in x. */
gp_status gp_maps_shown(const gp_function *function, int project, const gp_function **shown,
                        gp_error *error);

/* Checks every claim at the given point, and at another one what stays silent. Writes into the
 * report's entries from the first claim's block on, into tolerance, gradient, numeric, bound and
 * manner as well. */
gp_outcome gp_maps_check(gp_check_state *check);

#endif

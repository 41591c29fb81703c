/* How claims appear in reports, and whether they are too many to be looked at one by one. */
#ifndef GP_MAP_SHOWN_H
#define GP_MAP_SHOWN_H

#include "function/function.h"

/* Are derivatives of maps, by the strategy asked for, checked by random products rather than entry
 * by entry? auto: where the latter would cost too much, as of decision 0019. */
int gp_maps_project(const gp_function *function, const gp_options *options);

/* The function as its report shows it: its own blocks where it has a gradient to check, then for
 * each claim "jacobian W1" (outputs x shape of W1), ... A new function without callbacks, to be
 * destroyed unless it is the same: one without any claims is shown as it is.
 * project: its derivatives have no numbers in x. */
gp_status gp_maps_shown(const gp_function *function, int project, const gp_function **shown,
                        gp_error *error);

#endif

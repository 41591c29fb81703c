/* Derivatives of maps: Jacobians, VJPs, JVPs; and of gradients: Hessians and HVPs. */
#ifndef GP_MAPS_H
#define GP_MAPS_H

#include "search/state.h"

/* Checks every claim at the given point, and at another one what stays silent. Writes into the
 * report's entries from the first claim's block on, into tolerance, gradient, numeric, bound and
 * manner as well. */
gp_outcome gp_maps_check(gp_check_state *check);

#endif

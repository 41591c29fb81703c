/* Derivatives of large maps by random products. */
#ifndef GP_PROJECT_MAP_H
#define GP_PROJECT_MAP_H

#include "search/state.h"

/* Checks one claim at the given point; its blocks of the report begin with `block`. */
gp_outcome gp_products_check(gp_check_state *check, gp_claim claim, size_t block);

#endif

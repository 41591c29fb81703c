/* Derivatives of maps that stay the same at another point, where they shouldn't. */
#ifndef GP_MAP_STORED_H
#define GP_MAP_STORED_H

#include "search/map_set.h"

/* Claims that are the same at another point, where the derivative isn't, belong to a point that was
 * stored before: sets check->stored, and refutes what is wrong there. Where they differ that takes
 * two calls of each. */
gp_outcome gp_map_find_stored(gp_map_set *set);

#endif

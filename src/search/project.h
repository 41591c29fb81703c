/* Random directions: the strategy project. */
#ifndef GP_PROJECT_H
#define GP_PROJECT_H

#include "search/state.h"

/* Random directions at the given point and, where they disagree, the search for what is wrong. The
 * report must be sparse. */
gp_outcome gp_project(gp_check_state *check);

#endif

/* Judging the columns of a map: the tasks, and what they leave behind. */
#ifndef GP_MAP_COLUMNS_H
#define GP_MAP_COLUMNS_H

#include "search/map_set.h"

/* Judges all that is claimed along set->groups, into set->results and set->strays. */
gp_outcome gp_map_judge(gp_map_set *set);

#endif

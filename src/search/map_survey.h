/* A map and all that is claimed of it, at one point. */
#ifndef GP_MAP_SURVEY_H
#define GP_MAP_SURVEY_H

#include "search/map_set.h"

/* Judges all columns in set->groups at the evaluator's point, which is number set->sweep.point. The
 * given one's findings are the report's; another's count for what is unexercised so far. */
gp_outcome gp_map_survey(gp_map_set *set);

#endif

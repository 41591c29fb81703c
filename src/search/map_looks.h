/* First looks at a map: the noise of its outputs, the scales of its blocks; and what was evaluated
 * for them. */
#ifndef GP_MAP_LOOKS_H
#define GP_MAP_LOOKS_H

#include "evaluate/column.h"
#include "search/map_set.h"

/* The line of output j along a member of a column. */
gp_line gp_map_line(const gp_map_set *set, gp_column_output *of, gp_column *column, size_t member,
                    size_t j);

/* The column of a group, with what the first look has evaluated along it. */
gp_outcome gp_map_start_column(gp_map_set *set, gp_evaluator *evaluator, size_t group,
                               gp_column *column);

/* Sets the noise, and the blocks' tolerances. */
gp_outcome gp_map_first_look(gp_map_set *set);

#endif

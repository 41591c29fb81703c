/* A team's ranks make the same calls in the same order; here is what they tell each other. */
#ifndef GP_TEAM_H
#define GP_TEAM_H

#include "evaluate/workers.h"

/* Each rank has done the tasks i = rank mod ranks: afterwards every rank has all records, tallies
 * and losses, and the same outcome. */
gp_outcome gp_team_share(gp_executor *executor, gp_evaluator *evaluator, const gp_work *work,
                         gp_tally *tally, gp_outcome outcome);

/* numbers[k] := the sum, or the largest, over all ranks: the same bits on each. No team: as they
 * are. A gather that fails is a fault. */
gp_outcome gp_team_sum(const gp_team *team, gp_evaluator *evaluator, double *numbers, size_t count);
gp_outcome gp_team_largest(const gp_team *team, gp_evaluator *evaluator, double *numbers,
                           size_t count);

#endif

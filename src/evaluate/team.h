/* A team's ranks make the same calls in the same order; here is what they tell each other. */
#ifndef GP_TEAM_H
#define GP_TEAM_H

#include "function/fault.h"

/* all[r * bytes ...] := what rank r passed as `mine`. Failing is a fault. */
gp_outcome gp_team_gather(const gp_team *team, gp_fault *fault, const void *mine, size_t bytes,
                          void *all);

/* numbers[k] := the sum over all ranks, the same bits on each. No team: as they are. */
gp_outcome gp_team_sum(const gp_team *team, gp_fault *fault, double *numbers, size_t count);

/* The worst of all ranks' outcomes: a fault of one is a fault of all. */
gp_outcome gp_team_agree(const gp_team *team, gp_fault *fault, gp_outcome outcome);

#endif

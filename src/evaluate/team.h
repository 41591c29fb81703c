/* What a team's ranks tell each other. They make the same calls in the same order, and every
 * exchange begins with how it stands on each rank: one that has failed meets the others at whatever
 * they exchange next, so that nobody waits for a rank that doesn't come any more. */
#ifndef GP_TEAM_H
#define GP_TEAM_H

#include "function/fault.h"

/* A check's way to the other ranks, from its start to its end. */
typedef struct gp_link {
    const gp_team *team;
    void *many; /* room for what all ranks say, where they are too many for the stack; else NULL */
    int parted; /* a rank has failed and all know it: only the last exchange is left */
    int broken; /* the team can't exchange anything */
} gp_link;

/* No team, or a team of one: there is nothing to exchange, and gp_link_close does nothing. Without
 * memory (teams of more than 32 ranks) this rank can't tell the others that it has none. */
gp_status gp_link_open(gp_link *link, const gp_team *team);

/* all[r * bytes ...] := what rank r passed as `mine`, and the worst of all ranks' outcomes: a fault
 * of one is a fault of all, a point that is outside for one (GP_NOT_HERE) is so for all. */
gp_outcome gp_team_gather(gp_link *link, gp_fault *fault, gp_outcome outcome, const void *mine,
                          size_t bytes, void *all);

/* The same with nothing but the outcome. No team: as it is. */
gp_outcome gp_team_agree(gp_link *link, gp_fault *fault, gp_outcome outcome);

/* numbers[k] := the sum over all ranks, the same bits on each. No team: as they are. */
gp_outcome gp_team_sum(gp_link *link, gp_fault *fault, double *numbers, size_t count);

/* The last exchange: the status of the first rank that hasn't got GP_OK, with its line in error,
 * or GP_OK. error holds this rank's own line, if it has one. */
gp_status gp_link_close(gp_link *link, gp_status status, gp_error *error);

#endif

/* A program started by mpirun is one rank of many. */
#ifndef GP_CLI_TEAM_H
#define GP_CLI_TEAM_H

#include "cli/cli.h"

/* Joins the other ranks, if there are any: *team is 1 rank otherwise. Prints one line and returns
 * EXIT_FAULT where they can't be joined, else 0. */
int cli_join_team(gp_team *team);
void cli_leave_team(gp_team *team);

#endif

/* Teams made of MPI ranks, for gp_options.team and gp_function_set_team: link with
 * libgradproof_mpi. The library itself doesn't depend on MPI. */
#ifndef GRADPROOF_MPI_H
#define GRADPROOF_MPI_H

#include <gradproof.h>
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* *team := the ranks of `communicator`, of which a duplicate is made: collective, after MPI_Init.
 * Release it with gp_team_leave before MPI_Finalize. GP_ERROR_UNSUPPORTED: MPI said no. */
GP_API gp_status gp_team_from_mpi(MPI_Comm communicator, gp_team *team);
GP_API void gp_team_leave(gp_team *team);

/* For programs that know nothing of MPI but were started by mpirun: both initialize and finalize it
 * as well, over all ranks. */
GP_API gp_status gp_team_start(gp_team *team);
GP_API void gp_team_stop(gp_team *team);

#ifdef __cplusplus
}
#endif

#endif

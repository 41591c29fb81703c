/* See gradproof_mpi.h. */
#include <gradproof_mpi.h>
#include <limits.h>
#include <stdlib.h>

static int gather(void *context, const void *mine, size_t bytes, void *all) {
    MPI_Comm *communicator = context;
    if (bytes > INT_MAX)
        return -1;
    return MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, *communicator) ==
                   MPI_SUCCESS
               ? 0
               : -1;
}

gp_status gp_team_from_mpi(MPI_Comm communicator, gp_team *team) {
    MPI_Comm copy, *own;
    if (!team)
        return GP_ERROR_ARGUMENT;
    if (MPI_Comm_dup(communicator, &copy) != MPI_SUCCESS)
        return GP_ERROR_UNSUPPORTED;
    own = malloc(sizeof *own);
    int here = own != NULL, everywhere = 0; /* a rank without memory would be waited for */
    if (MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, copy) != MPI_SUCCESS ||
        !everywhere) {
        free(own);
        MPI_Comm_free(&copy);
        return GP_ERROR_MEMORY;
    }
    *own = copy;
    *team = (gp_team){.context = own, .gather = gather};
    MPI_Comm_rank(*own, &team->rank);
    MPI_Comm_size(*own, &team->ranks);
    return GP_OK;
}

void gp_team_leave(gp_team *team) {
    if (!team || !team->context)
        return;
    MPI_Comm_free((MPI_Comm *)team->context);
    free(team->context);
    team->context = NULL;
}

gp_status gp_team_start(gp_team *team) {
    if (!team)
        return GP_ERROR_ARGUMENT;
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
        return GP_ERROR_UNSUPPORTED;
    return gp_team_from_mpi(MPI_COMM_WORLD, team);
}

void gp_team_stop(gp_team *team) {
    gp_team_leave(team);
    MPI_Finalize();
}

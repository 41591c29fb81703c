/* See team.h. MPI comes with a library of its own, which is loaded only where there are ranks. */
#include "cli/team.h"

#include <dlfcn.h>
#include <stdlib.h>

static const char LIBRARY[] = "libgradproof_mpi.so.0";
static void *library;

/* How many ranks mpirun has started, by what it leaves in the environment. */
static int ranks_started(void) {
    static const char *const NAMES[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"};
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        const char *text = getenv(NAMES[k]);
        if (text)
            return (int)strtol(text, NULL, 10);
    }
    return 1;
}

int cli_join_team(gp_team *team) {
    *team = (gp_team){.ranks = 1};
    if (ranks_started() <= 1)
        return 0;
    library = dlopen(LIBRARY, RTLD_NOW);
    gp_status (*start)(gp_team *) = NULL;
    if (library)
        *(void **)&start = dlsym(library, "gp_team_start");
    if (!start) {
        fprintf(stderr,
                "gradproof: started as one of %d ranks, but %s can't be loaded: build it with MPI "
                "(libopenmpi-dev), or run without mpirun\n",
                ranks_started(), LIBRARY);
        return EXIT_FAULT;
    }
    if (start(team) != GP_OK) {
        fprintf(stderr, "gradproof: MPI can't be started\n");
        return EXIT_FAULT;
    }
    return 0;
}

void cli_leave_team(gp_team *team) {
    void (*stop)(gp_team *) = NULL;
    if (library)
        *(void **)&stop = dlsym(library, "gp_team_stop");
    if (stop)
        stop(team);
}

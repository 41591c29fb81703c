/* A check that goes on where an earlier run of the same one ended. */
#ifndef GP_RESUME_H
#define GP_RESUME_H

#include "check/run.h"

/* Opens the journal that the options name, if they do, once value and gradient at the given point
 * are known: it must have been made for them. */
gp_outcome gp_open_journal(gp_check_run *run);

#endif

/* The course of a check, from the first evaluation to the last. */
#ifndef GP_COURSE_H
#define GP_COURSE_H

#include "check/run.h"

/* Fills the report; GP_FAULT where the function or the machine ended it. */
gp_outcome gp_check_course(gp_check_run *run);

#endif

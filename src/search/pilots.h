/* First steps that suit a large block. */
#ifndef GP_PILOTS_H
#define GP_PILOTS_H

#include "search/looks.h"

/* Sets check->pilot, the first steps that suit each large block. tiny: the noise at tiny steps.
 * What a pilot is lost to, the entries' own looks will say. */
gp_outcome gp_find_first_steps(gp_survey_task *task, double tiny);

#endif

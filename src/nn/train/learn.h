/* An epoch: its batches, by one thread or by several. */
#ifndef GP_LEARN_H
#define GP_LEARN_H

#include "nn/train/trainee.h"

/* What each of options->jobs threads works with; gp_shares_free undoes it. GP_ERROR_MEMORY. */
gp_status gp_shares_make(gp_trainee *trainee);
void gp_shares_free(gp_trainee *trainee);

/* One pass over the training rows; *loss is the mean cost of its batches. */
gp_status gp_learn(gp_trainee *trainee, double *loss);

#endif

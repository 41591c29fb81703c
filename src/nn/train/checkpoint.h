/* Where training stands, in a file. */
#ifndef GP_CHECKPOINT_H
#define GP_CHECKPOINT_H

#include "nn/train/trainee.h"

/* Where training stands, in the file options->checkpoint. Reading gives GP_OK with the trainee as
 * an earlier run has left it, or as it was where there is no file; GP_ERROR_INPUT and the trainee
 * as it was if the file is of another training, or says what no training could have left. */
gp_status gp_checkpoint_write(const gp_trainee *trainee, gp_error *error);
gp_status gp_checkpoint_read(gp_trainee *trainee, gp_error *error);

#endif

/* From a table to standardised rows for training and for validation. */
#ifndef GP_TRAIN_ROWS_H
#define GP_TRAIN_ROWS_H

#include "nn/train/split.h"
#include "nn/train/standardise.h"

/* Makes the trainee's model, with the names of its inputs, and its rows, of a table. GP_ERROR_INPUT
 * where the table has no such columns, labels or rows. */
gp_status gp_prepare_rows(gp_trainee *trainee, const gp_table *table, gp_error *error);

#endif

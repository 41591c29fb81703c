/* Inputs with mean 0 and deviation 1. */
#ifndef GP_STANDARDISE_H
#define GP_STANDARDISE_H

#include "nn/train/trainee.h"

/* The trainee's rows, the first t->rows of the order for training and the rest held back; mean and
 * deviation of the model are over the training rows alone, and all rows are standardised by them.
 */
gp_status gp_standardise(gp_trainee *trainee, const gp_table *table, const size_t *order,
                         gp_error *error);

#endif

/* The gradient, checked while a network learns. */
#ifndef GP_TRAIN_CHECKS_H
#define GP_TRAIN_CHECKS_H

#include "nn/train/trainee.h"

/* Plants options->plant into a function. */
gp_status gp_plant_all(const gp_trainee *trainee, gp_function *function, gp_error *error);

/* Checks the gradient at these weights: the same code on characteristic rows, the mask held, a
 * float32 gradient against a float64 value. The report is added to trainee->checks; one that is
 * refuted or failed becomes trainee->refuted. */
gp_status gp_check_at(gp_trainee *trainee, const char *when, const void *theta, gp_error *error);

#endif

/* Losses, from logits: a table with a row each. Each is one example's; the cost is their mean. What
 * isn't in the table has the value NaN and takes no labels. */
#ifndef GP_LOSS_H
#define GP_LOSS_H

#include "gradproof/network.h"

/* Loss of one example from its `outputs` logits, and (if dz is not NULL) its derivative. */
double gp_loss_value(const gp_network_options *options, size_t outputs, const double *logits,
                     const double *labels, double *dz);
/* Its change where the logits change by dz, to the rounding of the change; NaN where there is no
 * such formula: GP_NOTEBOOK_CROSS_ENTROPY knows its value alone. */
int gp_loss_has_change(gp_loss loss);
double gp_loss_change(const gp_network_options *options, size_t outputs, const double *logits,
                      const double *labels, const double *dz);

/* Labels that an example has, and whether a number can be one. */
size_t gp_loss_labels(gp_loss loss, size_t outputs);
int gp_loss_fits(gp_loss loss, double label, size_t outputs);

#endif

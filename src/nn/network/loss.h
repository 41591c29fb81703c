/* Losses, from logits. Each is one example's; the cost is their mean. */
#ifndef GP_LOSS_H
#define GP_LOSS_H

#include "gradproof/network.h"

/* Loss of one example from its `outputs` logits, and (if dz is not NULL) its derivative. */
double gp_loss_value(const gp_network_options *options, size_t outputs, const double *logits,
                     const double *labels, double *dz);
/* Its change where the logits change by dz, to the rounding of the change; not for
 * GP_NOTEBOOK_CROSS_ENTROPY, which knows its value alone. */
double gp_loss_change(const gp_network_options *options, size_t outputs, const double *logits,
                      const double *labels, const double *dz);

#endif

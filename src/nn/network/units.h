/* Units of a network: activations and their derivatives, a table with a row each, one real number
 * at a time. What isn't in the table is NaN everywhere. */
#ifndef GP_UNITS_H
#define GP_UNITS_H

#include "gradproof/network.h"

/* 1 / (1 + e^-z), without overflow on either side. */
double gp_sigmoid(double z);
/* max(0, z) */
double gp_relu(double z);

double gp_activate(gp_activation unit, double z);
/* d activate / dz; of the ReLU family at z = 0, the derivative from the left. */
double gp_activate_derivative(gp_activation unit, double z);
/* activate(z + d) - activate(z), to the rounding of the difference */
double gp_activate_change(gp_activation unit, double z, double d);

/* Linear on either side of 0, and bent there: the ReLU family. */
int gp_unit_is_bent(gp_activation unit);
/* Does it pass half of its inputs, or so, which its initial weights make up for? */
int gp_unit_passes_half(gp_activation unit);

#endif

/* Units of a network: activations and their derivatives, one real number at a time. */
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

#endif

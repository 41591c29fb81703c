/* See units.h. */
#include "network/units.h"

#include <math.h>

static const double LEAK = 0.01;

double gp_sigmoid(double z) {
    if (z >= 0)
        return 1 / (1 + exp(-z));
    double e = exp(z);
    return e / (1 + e);
}

double gp_relu(double z) {
    return z > 0 ? z : 0;
}

/* Phi(z) = erfc(-z / sqrt 2) / 2, the normal distribution function */
static double normal_cdf(double z) {
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

static double normal_density(double z) {
    return 0.39894228040143267794 * exp(-0.5 * z * z);
}

double gp_activate(gp_activation unit, double z) {
    switch (unit) {
    case GP_RELU:
        return gp_relu(z);
    case GP_LEAKY_RELU:
        return z > 0 ? z : LEAK * z;
    case GP_TANH:
        return tanh(z);
    case GP_SIGMOID:
        return gp_sigmoid(z);
    case GP_GELU:
        return z * normal_cdf(z);
    case GP_LINEAR:
        break;
    }
    return z;
}

double gp_activate_derivative(gp_activation unit, double z) {
    switch (unit) {
    case GP_RELU:
        return z > 0;
    case GP_LEAKY_RELU:
        return z > 0 ? 1 : LEAK;
    case GP_TANH: {
        double t = tanh(z);
        return 1 - t * t;
    }
    case GP_SIGMOID: {
        double s = gp_sigmoid(z);
        return s * (1 - s);
    }
    case GP_GELU:
        return normal_cdf(z) + z * normal_density(z);
    case GP_LINEAR:
        break;
    }
    return 1;
}

const char *gp_activation_string(gp_activation unit) {
    static const char *const names[] = {"linear", "relu", "leaky-relu", "tanh", "sigmoid", "gelu"};
    return (size_t)unit < sizeof names / sizeof *names ? names[unit] : NULL;
}

/* See units.h. */
#include "nn/network/units.h"

#include <math.h>

static const double LEAK = 0.01;

double gp_sigmoid(double z) {
    if (z >= 0)
        return 1 / (1 + exp(-z));
    double e = exp(z);
    return e / (1 + e);
}

double gp_relu(double z) {
    return z <= 0 ? 0 : z; /* NaN where z is: an overflow must not pass for a silent unit */
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

/* The integral of the normal density from z to z + d, by Gauss and Legendre's five points: exact to
 * rounding for |d| < 1/8. */
static double normal_between(double z, double d) {
    static const double at[] = {0, 0.53846931010568309104, 0.90617984593866399280};
    static const double weight[] = {0.56888888888888888889, 0.47862867049936646804,
                                    0.23692688505618908751};
    double sum = 0, middle = z + d / 2;
    for (int k = -2; k <= 2; k++) {
        int q = k < 0 ? -k : k;
        sum += weight[q] * normal_density(middle + (k < 0 ? -at[q] : at[q]) * d / 2);
    }
    return sum * d / 2;
}

double gp_activate_change(gp_activation unit, double z, double d) {
    int bent = (unit == GP_RELU || unit == GP_LEAKY_RELU) && (z > 0) != (z + d > 0);
    if (fabs(d) > 0.125 || bent)
        return gp_activate(unit, z + d) - gp_activate(unit, z);
    switch (unit) {
    case GP_TANH: { /* (1 - t^2) tanh d / (1 + t tanh d), t = tanh z */
        double u = tanh(d), c = 1 / cosh(z);
        return c * c * u / (1 + tanh(z) * u);
    }
    case GP_SIGMOID: { /* s (1 - s) (e^d - 1) / (1 + s (e^d - 1)) */
        double s = gp_sigmoid(z), e = expm1(d);
        return s * gp_sigmoid(-z) * e / (1 + s * e);
    }
    case GP_GELU:
        return d * normal_cdf(z + d) + z * normal_between(z, d);
    case GP_RELU:
    case GP_LEAKY_RELU:
    case GP_LINEAR:
        break;
    }
    return d * gp_activate_derivative(unit, z);
}

const char *gp_activation_string(gp_activation unit) {
    static const char *const names[] = {"linear", "relu", "leaky-relu", "tanh", "sigmoid", "gelu"};
    return (size_t)unit < sizeof names / sizeof *names ? names[unit] : NULL;
}

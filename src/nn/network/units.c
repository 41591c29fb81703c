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

/* ---- f, f' and f(z + d) - f(z), one real number at a time ------------------------- */

static double linear(double z) {
    return z;
}

static double linear_derivative(double z) {
    (void)z;
    return 1;
}

static double relu_derivative(double z) {
    return z > 0;
}

static double leaky_relu(double z) {
    return z > 0 ? z : LEAK * z;
}

static double leaky_relu_derivative(double z) {
    return z > 0 ? 1 : LEAK;
}

static double tanh_derivative(double z) {
    double t = tanh(z);
    return 1 - t * t;
}

/* (1 - t^2) tanh d / (1 + t tanh d), t = tanh z */
static double tanh_change(double z, double d) {
    double u = tanh(d), c = 1 / cosh(z);
    return c * c * u / (1 + tanh(z) * u);
}

static double sigmoid_derivative(double z) {
    double s = gp_sigmoid(z);
    return s * (1 - s);
}

/* s (1 - s) (e^d - 1) / (1 + s (e^d - 1)) */
static double sigmoid_change(double z, double d) {
    double s = gp_sigmoid(z), e = expm1(d);
    return s * gp_sigmoid(-z) * e / (1 + s * e);
}

static double gelu(double z) {
    return z * normal_cdf(z);
}

static double gelu_derivative(double z) {
    return normal_cdf(z) + z * normal_density(z);
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

static double gelu_change(double z, double d) {
    return d * normal_cdf(z + d) + z * normal_between(z, d);
}

/* ---- all of them ----------------------------------------------------------------- */

static const struct {
    const char *name;
    double (*value)(double z), (*derivative)(double z);
    double (*change)(double z, double d); /* |d| <= 1/8; NULL: linear on either side of 0 */
    int bent;                             /* at 0, and linear on either side */
    int passes_half;                      /* of its inputs, or so: as rectified units do */
} UNITS[] = {
    [GP_LINEAR] = {"linear", linear, linear_derivative, NULL, 0, 0},
    [GP_RELU] = {"relu", gp_relu, relu_derivative, NULL, 1, 1},
    [GP_LEAKY_RELU] = {"leaky-relu", leaky_relu, leaky_relu_derivative, NULL, 1, 1},
    [GP_TANH] = {"tanh", tanh, tanh_derivative, tanh_change, 0, 0},
    [GP_SIGMOID] = {"sigmoid", gp_sigmoid, sigmoid_derivative, sigmoid_change, 0, 0},
    [GP_GELU] = {"gelu", gelu, gelu_derivative, gelu_change, 0, 1},
};

static int is_known(gp_activation unit) {
    return (size_t)unit < sizeof UNITS / sizeof *UNITS;
}

const char *gp_activation_string(gp_activation unit) {
    return is_known(unit) ? UNITS[unit].name : NULL;
}

int gp_unit_is_bent(gp_activation unit) {
    return is_known(unit) && UNITS[unit].bent;
}

int gp_unit_passes_half(gp_activation unit) {
    return is_known(unit) && UNITS[unit].passes_half;
}

double gp_activate(gp_activation unit, double z) {
    return is_known(unit) ? UNITS[unit].value(z) : NAN;
}

double gp_activate_derivative(gp_activation unit, double z) {
    return is_known(unit) ? UNITS[unit].derivative(z) : NAN;
}

double gp_activate_change(gp_activation unit, double z, double d) {
    int bent = gp_unit_is_bent(unit) && (z > 0) != (z + d > 0);
    if (fabs(d) > 0.125 || bent || !is_known(unit))
        return gp_activate(unit, z + d) - gp_activate(unit, z);
    return UNITS[unit].change ? UNITS[unit].change(z, d) : d * UNITS[unit].derivative(z);
}

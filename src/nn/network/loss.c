/* See loss.h. */
#include "nn/network/loss.h"

#include <math.h>

#include "nn/network/units.h"

/* log(1 + e^z) without overflow */
static double softplus(double z) {
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static double class_weight(const gp_network_options *options, double label) {
    /* interpolated between the classes for soft labels */
    return options->positive_weight > 0 ? 1 + (options->positive_weight - 1) * label : 1;
}

/* -w (y log s(z) + (1 - y) log(1 - s(z))) = w (y softplus(-z) + (1 - y) softplus(z)), a sum of
 * positive terms: softplus(z) - y z would cancel where the answer is right and sure. Derivative
 * w (s(z) - y). */
static double sigmoid_cross_entropy(const gp_network_options *options, size_t outputs,
                                    const double *z, const double *y, double *dz) {
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        double w = class_weight(options, y[k]);
        sum += w * (y[k] * softplus(-z[k]) + (1 - y[k]) * softplus(z[k]));
        if (dz)
            dz[k] = w * (gp_sigmoid(z[k]) - y[k]);
    }
    return sum;
}

/* The notebook's way of writing the same thing: loses digits where s(z) is near 1, and is infinite
 * where it rounds to it. */
static double notebook_cross_entropy(const gp_network_options *options, size_t outputs,
                                     const double *z, const double *y, double *dz) {
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        double w = class_weight(options, y[k]), a = 1 / (1 + exp(-z[k]));
        sum += w * (-log(a) * y[k] + -log(1 - a) * (1 - y[k]));
        if (dz)
            dz[k] = w * (a - y[k]);
    }
    return sum;
}

/* (1/2) |z - y|^2; derivative z - y */
static double squared_error(size_t outputs, const double *z, const double *y, double *dz) {
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        sum += 0.5 * (z[k] - y[k]) * (z[k] - y[k]);
        if (dz)
            dz[k] = z[k] - y[k];
    }
    return sum;
}

/* log sum_k e^{z_k} - z_c for class c; derivative softmax(z) - e_c */
static double softmax_cross_entropy(const gp_network_options *options, size_t outputs,
                                    const double *z, const double *y, double *dz) {
    size_t c = (size_t)y[0];
    double largest = z[0], sum = 0;
    double w = class_weight(options, outputs == 2 ? y[0] : 0);
    for (size_t k = 1; k < outputs; k++)
        largest = fmax(largest, z[k]);
    for (size_t k = 0; k < outputs; k++)
        sum += exp(z[k] - largest);
    if (dz)
        for (size_t k = 0; k < outputs; k++)
            dz[k] = w * (exp(z[k] - largest) / sum - (k == c));
    return w * (log(sum) + largest - z[c]);
}

const char *gp_loss_string(gp_loss loss) {
    static const char *const names[] = {"sigmoid", "squared", "softmax", "notebook"};
    return (size_t)loss < sizeof names / sizeof *names ? names[loss] : NULL;
}

double gp_loss_value(const gp_network_options *options, size_t outputs, const double *z,
                     const double *y, double *dz) {
    switch (options->loss) {
    case GP_SQUARED_ERROR:
        return squared_error(outputs, z, y, dz);
    case GP_SOFTMAX_CROSS_ENTROPY:
        return softmax_cross_entropy(options, outputs, z, y, dz);
    case GP_NOTEBOOK_CROSS_ENTROPY:
        return notebook_cross_entropy(options, outputs, z, y, dz);
    case GP_SIGMOID_CROSS_ENTROPY:
        break;
    }
    return sigmoid_cross_entropy(options, outputs, z, y, dz);
}

/* log(1 + e^(z + d)) - log(1 + e^z) = log(1 + s(z) (e^d - 1)) */
static double softplus_change(double z, double d) {
    return fabs(d) < 1 ? log1p(gp_sigmoid(z) * expm1(d)) : softplus(z + d) - softplus(z);
}

/* log sum_k e^(z_k + d_k) - log sum_k e^z_k = log(1 + sum_k p_k (e^d_k - 1)), p the softmax */
static double softmax_change(const gp_network_options *options, size_t outputs, const double *z,
                             const double *y, const double *d) {
    size_t c = (size_t)y[0];
    double largest = z[0], most = 0, sum = 0, moved = 0;
    double w = class_weight(options, outputs == 2 ? y[0] : 0);
    for (size_t k = 0; k < outputs; k++) {
        largest = fmax(largest, z[k]);
        most = fmax(most, fabs(d[k]));
    }
    for (size_t k = 0; k < outputs; k++) {
        sum += exp(z[k] - largest);
        moved += exp(z[k] - largest) * (most < 1 ? expm1(d[k]) : exp(d[k]));
    }
    return w * ((most < 1 ? log1p(moved / sum) : log(moved / sum)) - d[c]);
}

double gp_loss_change(const gp_network_options *options, size_t outputs, const double *z,
                      const double *y, const double *dz) {
    double sum = 0;
    if (options->loss == GP_SOFTMAX_CROSS_ENTROPY)
        return softmax_change(options, outputs, z, y, dz);
    for (size_t k = 0; k < outputs; k++)
        if (options->loss == GP_SQUARED_ERROR)
            sum += dz[k] * (z[k] - y[k] + 0.5 * dz[k]);
        else
            sum += class_weight(options, y[k]) * (y[k] * softplus_change(-z[k], -dz[k]) +
                                                  (1 - y[k]) * softplus_change(z[k], dz[k]));
    return sum;
}

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
static double squared_error(const gp_network_options *options, size_t outputs, const double *z,
                            const double *y, double *dz) {
    (void)options;
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

static double sigmoid_change(const gp_network_options *options, size_t outputs, const double *z,
                             const double *y, const double *d) {
    double sum = 0;
    for (size_t k = 0; k < outputs; k++)
        sum += class_weight(options, y[k]) *
               (y[k] * softplus_change(-z[k], -d[k]) + (1 - y[k]) * softplus_change(z[k], d[k]));
    return sum;
}

static double squared_change(const gp_network_options *options, size_t outputs, const double *z,
                             const double *y, const double *d) {
    double sum = 0;
    (void)options;
    for (size_t k = 0; k < outputs; k++)
        sum += d[k] * (z[k] - y[k] + 0.5 * d[k]);
    return sum;
}

/* ---- all of them ----------------------------------------------------------------- */

static int is_share(double y, size_t outputs) {
    (void)outputs;
    return y >= 0 && y <= 1;
}

static int is_number(double y, size_t outputs) {
    (void)outputs;
    return isfinite(y);
}

static int is_class(double y, size_t outputs) {
    return y >= 0 && y < (double)outputs && y == floor(y);
}

typedef double (*loss_value)(const gp_network_options *options, size_t outputs, const double *z,
                             const double *y, double *dz);
typedef double (*loss_change)(const gp_network_options *options, size_t outputs, const double *z,
                              const double *y, const double *d);

static const struct {
    const char *name;
    loss_value value;
    loss_change change; /* NULL: only its value is known */
    int (*fits)(double label, size_t outputs);
    int one_label; /* for all outputs; else one each */
} LOSSES[] = {
    [GP_SIGMOID_CROSS_ENTROPY] = {"sigmoid", sigmoid_cross_entropy, sigmoid_change, is_share, 0},
    [GP_SQUARED_ERROR] = {"squared", squared_error, squared_change, is_number, 0},
    [GP_SOFTMAX_CROSS_ENTROPY] = {"softmax", softmax_cross_entropy, softmax_change, is_class, 1},
    [GP_NOTEBOOK_CROSS_ENTROPY] = {"notebook", notebook_cross_entropy, NULL, is_share, 0},
};

static int is_known(gp_loss loss) {
    return (size_t)loss < sizeof LOSSES / sizeof *LOSSES;
}

const char *gp_loss_string(gp_loss loss) {
    return is_known(loss) ? LOSSES[loss].name : NULL;
}

double gp_loss_value(const gp_network_options *options, size_t outputs, const double *z,
                     const double *y, double *dz) {
    return is_known(options->loss) ? LOSSES[options->loss].value(options, outputs, z, y, dz) : NAN;
}

int gp_loss_has_change(gp_loss loss) {
    return is_known(loss) && LOSSES[loss].change;
}

double gp_loss_change(const gp_network_options *options, size_t outputs, const double *z,
                      const double *y, const double *d) {
    return gp_loss_has_change(options->loss)
               ? LOSSES[options->loss].change(options, outputs, z, y, d)
               : NAN;
}

size_t gp_loss_labels(gp_loss loss, size_t outputs) {
    return is_known(loss) && LOSSES[loss].one_label ? 1 : outputs;
}

int gp_loss_fits(gp_loss loss, double label, size_t outputs) {
    return is_known(loss) && LOSSES[loss].fits(label, outputs);
}

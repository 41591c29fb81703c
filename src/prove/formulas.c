/* See formulas.h. */
#include "prove/formulas.h"

static gp_ball plus(gp_tape *t, gp_ball a, gp_ball b) {
    return gp_tape_apply(t, GP_OP_ADD, a, b);
}
static gp_ball minus(gp_tape *t, gp_ball a, gp_ball b) {
    return gp_tape_apply(t, GP_OP_SUBTRACT, a, b);
}
static gp_ball times(gp_tape *t, gp_ball a, gp_ball b) {
    return gp_tape_apply(t, GP_OP_MULTIPLY, a, b);
}
static gp_ball over(gp_tape *t, gp_ball a, gp_ball b) {
    return gp_tape_apply(t, GP_OP_DIVIDE, a, b);
}
static gp_ball number(gp_tape *t, double v) {
    return gp_tape_constant(t, v);
}

/* ---- units ---------------------------------------------------------------------------- */

static gp_ball hyperbolic_tangent(gp_tape *t, gp_ball z) {
    return gp_tape_one(t, GP_OP_TANH, z);
}

/* 1 / (1 + e^-z) */
static gp_ball sigmoid(gp_tape *t, gp_ball z) {
    gp_ball e = gp_tape_one(t, GP_OP_EXP, gp_tape_one(t, GP_OP_NEGATE, z));
    return over(t, number(t, 1), plus(t, number(t, 1), e));
}

/* z Phi(z) with Phi(z) = erfc(-z / sqrt 2) / 2 */
static gp_ball gelu(gp_tape *t, gp_ball z) {
    gp_ball u = over(t, z, gp_tape_one(t, GP_OP_SQRT, number(t, 2)));
    gp_ball tail = gp_tape_one(t, GP_OP_ERFC, gp_tape_one(t, GP_OP_NEGATE, u));
    return times(t, times(t, z, tail), number(t, 0.5));
}

const gp_unit_formula *gp_unit_formula_of(gp_activation unit) {
    static const gp_unit_formula ROWS[] = {[GP_LINEAR] = {"linear", 0, 0, NULL},
                                           [GP_RELU] = {"relu", 1, 0, NULL},
                                           [GP_LEAKY_RELU] = {"leaky-relu", 1, 0.01, NULL},
                                           [GP_TANH] = {"tanh", 0, 0, hyperbolic_tangent},
                                           [GP_SIGMOID] = {"sigmoid", 0, 0, sigmoid},
                                           [GP_GELU] = {"gelu", 0, 0, gelu}};
    return (size_t)unit < sizeof ROWS / sizeof *ROWS ? &ROWS[unit] : NULL;
}

/* ---- losses --------------------------------------------------------------------------- */

/* 1 + (p - 1) y: from 1 for class 0 to the weight p of class 1; p = 0 says 1. */
static gp_ball class_weight(gp_tape *t, const gp_network_options *o, double label) {
    gp_ball one = number(t, 1);
    if (!(o->positive_weight > 0))
        return one;
    gp_ball more = minus(t, number(t, o->positive_weight), one);
    return plus(t, one, times(t, more, number(t, label)));
}

/* log(1 + e^z) */
static gp_ball softplus(gp_tape *t, gp_ball z) {
    return gp_tape_one(t, GP_OP_LOG1P, gp_tape_one(t, GP_OP_EXP, z));
}

/* w (y softplus(-z) + (1 - y) softplus(z)), one output */
static gp_ball sigmoid_cross_entropy(gp_tape *t, const gp_network_options *o, gp_ball z, double y) {
    gp_ball right = times(t, number(t, y), softplus(t, gp_tape_one(t, GP_OP_NEGATE, z)));
    gp_ball wrong = times(t, minus(t, number(t, 1), number(t, y)), softplus(t, z));
    return times(t, class_weight(t, o, y), plus(t, right, wrong));
}

/* w (-y log a - (1 - y) log(1 - a)), a = 1 / (1 + e^-z), one output */
static gp_ball notebook_cross_entropy(gp_tape *t, const gp_network_options *o, gp_ball z,
                                      double y) {
    gp_ball a = sigmoid(t, z), one = number(t, 1);
    gp_ball right = times(t, number(t, y), gp_tape_one(t, GP_OP_LOG, a));
    gp_ball wrong = gp_tape_one(t, GP_OP_LOG, minus(t, one, a));
    gp_ball sum = plus(t, right, times(t, minus(t, one, number(t, y)), wrong));
    return times(t, class_weight(t, o, y), gp_tape_one(t, GP_OP_NEGATE, sum));
}

/* (z - y)^2 / 2, one output */
static gp_ball squared_error(gp_tape *t, const gp_network_options *o, gp_ball z, double y) {
    gp_ball off = minus(t, z, number(t, y));
    (void)o;
    return times(t, times(t, off, off), number(t, 0.5));
}

/* w log sum_k e^(z_k - z_c) for class c */
static gp_ball softmax_cross_entropy(gp_tape *t, const gp_network_options *o, size_t outputs,
                                     const gp_ball *z, double label) {
    gp_ball sum = number(t, 0);
    for (size_t k = 0; k < outputs; k++)
        sum = plus(t, sum, gp_tape_one(t, GP_OP_EXP, minus(t, z[k], z[(size_t)label])));
    return times(t, class_weight(t, o, outputs == 2 ? label : 0), gp_tape_one(t, GP_OP_LOG, sum));
}

/* Of losses that are a sum over outputs: one output's part. */
static gp_ball (*const OF_AN_OUTPUT[])(gp_tape *, const gp_network_options *, gp_ball, double) = {
    [GP_SIGMOID_CROSS_ENTROPY] = sigmoid_cross_entropy,
    [GP_SQUARED_ERROR] = squared_error,
    [GP_SOFTMAX_CROSS_ENTROPY] = NULL,
    [GP_NOTEBOOK_CROSS_ENTROPY] = notebook_cross_entropy};

int gp_loss_has_formula(gp_loss loss) {
    return (size_t)loss < sizeof OF_AN_OUTPUT / sizeof *OF_AN_OUTPUT;
}

gp_ball gp_loss_formula(gp_tape *t, const gp_network_options *o, size_t outputs, const gp_ball *z,
                        const double *labels) {
    if (!OF_AN_OUTPUT[o->loss])
        return softmax_cross_entropy(t, o, outputs, z, labels[0]);
    gp_ball sum = number(t, 0);
    for (size_t k = 0; k < outputs; k++)
        sum = plus(t, sum, OF_AN_OUTPUT[o->loss](t, o, z[k], labels[k]));
    return sum;
}

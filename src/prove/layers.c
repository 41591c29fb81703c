/* See layers.h. Shapes, with m rows, u = width[l] units and v = width[l-1] inputs of layer l:
 *     W_l (u, v), b_l (u), A_{l-1} (m, v), Z_l and A_l (m, u), delta_l = dJ/dZ_l (m, u).
 *
 *     Z_l = A_{l-1} W_l^T + b_l,  A_l = f(Z_l),  J = (1/m) sum of losses + (l2/2) sum of squares
 *
 * The derivative of a product is the one rule that is written down here,
 *
 *     dJ/dW_l = delta_l^T A_{l-1} + l2 W_l,  dJ/db_l = column sums of delta_l,
 *     delta_{l-1} = (delta_l W_l) * f'(Z_{l-1});
 *
 * f' and the losses' derivatives come from the tape, off their values' formulas. Sums are
 * arb_dot's: its ball contains the exact sum of exact products, whatever order code adds them up
 * in. */
#include "prove/layers.h"

#include <math.h>
#include <stdlib.h>

#include "system/sizes.h"

/* A pass under way. */
typedef struct gp_pass {
    gp_layers *net;
    const gp_enclosing *how;
    gp_enclosure *to;
    slong bits;
} gp_pass;

/* to (columns x rows) := the transpose, of the same balls. */
static arb_srcptr turn(arb_struct *to, arb_srcptr from, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns; k++)
            to[k * rows + r] = from[r * columns + k];
    return to;
}

/* ---- units ------------------------------------------------------------------------------ */

/* Notes a number by the name of its unit. */
static void note(const gp_pass *p, size_t *count, size_t l, size_t i, const char *what,
                 double apart) {
    size_t u = p->net->width[l];
    gp_kinks_note(&p->to->kinks, count, "unit %zu of layer %zu (%s), example %zu: %s%.3g", i % u, l,
                  gp_unit_formula_of(p->net->options->hidden)->name, i / u, what, apart);
}

/* a := f(z) and slope := f'(z) of a unit that bends at 0, z in a. f' = leak + (1 - leak) s. */
static void bend(const gp_pass *p, const gp_unit_formula *unit, size_t l, size_t i) {
    arb_ptr a = p->net->a[l] + i, slope = p->net->slope[l] + i;
    gp_side side = gp_side_of(a);
    gp_kinks *kinks = &p->to->kinks;
    double apart = gp_ball_reach(a);
    arb_t leak, left;
    arb_init(leak);
    arb_init(left);
    arb_set_d(leak, unit->leak);
    arb_mul(left, a, leak, p->bits);
    if (side == GP_SIDE_LEFT)
        arb_set(a, left);
    else if (side == GP_SIDE_UNDECIDED)
        arb_max(a, a, left, p->bits); /* leak < 1: f is the larger of the two */
    if (side == GP_SIDE_EXACT)
        note(p, &kinks->exact, l, i, "the pre-activation is exactly at its kink, ", 0);
    else if (side == GP_SIDE_UNDECIDED)
        note(p, &kinks->undecided, l, i,
             "which side of its kink can't be decided; the pre-activation is off it by at most ",
             apart);
    gp_share_of(slope, side, p->how->share);
    if (p->how->near && side != GP_SIDE_EXACT && apart <= p->net->noise[l][i]) {
        note(p, &kinks->near, l, i,
             "the pre-activation's distance from its kink is below rounding: ", apart);
        gp_ball_unit_interval(slope);
    }
    arb_sub_ui(left, leak, 1, p->bits);
    arb_submul(leak, left, slope, p->bits);
    arb_swap(slope, leak);
    arb_clear(leak);
    arb_clear(left);
}

/* The same of a smooth unit. */
static void follow_curve(gp_tape *tape, const gp_unit_formula *unit, arb_ptr a, arb_ptr slope) {
    gp_tape_rewind(tape);
    gp_ball z = gp_tape_variable(tape, a), f = unit->smooth(tape, z);
    if (gp_tape_reverse(tape, f) != GP_OK)
        return; /* the tape keeps it */
    arb_set(a, tape->ball + f);
    arb_set(slope, tape->adjoint + z);
}

static gp_status activate(const gp_pass *p, size_t l) {
    const gp_unit_formula *unit = gp_unit_formula_of(p->net->options->hidden);
    gp_tape tape;
    gp_tape_open(&tape, p->bits, p->how->share, &p->to->kinks);
    for (size_t i = 0; i < p->net->m * p->net->width[l]; i++)
        if (unit->bends)
            bend(p, unit, l, i);
        else if (unit->smooth)
            follow_curve(&tape, unit, p->net->a[l] + i, p->net->slope[l] + i);
        else
            arb_one(p->net->slope[l] + i);
    gp_status status = tape.status;
    gp_tape_close(&tape);
    return status;
}

/* ---- forward ---------------------------------------------------------------------------- */

/* What rounding in the network's precision may do to Z_l, to first order, in any order of the sums:
 * (v + 3) eps (|A| |W|^T + |b|) + noise |W|^T. Which kinks are near is not a part of the proof, so
 * this needn't be one. */
static void estimate_noise(const gp_pass *p, size_t l) {
    gp_layers *net = p->net;
    size_t u = net->width[l], v = net->width[l - 1];
    arb_srcptr W = net->theta + net->weights[l], b = W + u * v;
    double eps = gp_dtype_epsilon(net->options->dtype) * ((double)v + 3);
    for (size_t r = 0; r < net->m; r++)
        for (size_t k = 0; k < u; k++) {
            double sum = eps * fabs(arf_get_d(arb_midref(b + k), ARF_RND_NEAR));
            for (size_t j = 0; j < v; j++) {
                double a = fabs(arf_get_d(arb_midref(net->a[l - 1] + r * v + j), ARF_RND_NEAR));
                double w = fabs(arf_get_d(arb_midref(W + k * v + j), ARF_RND_NEAR));
                sum += w * (eps * a + (l > 1 ? net->noise[l - 1][r * v + j] : 0));
            }
            net->noise[l][r * u + k] = sum;
        }
}

static gp_status forward(const gp_pass *p) {
    gp_layers *net = p->net;
    size_t layers = net->options->layers;
    gp_status status = GP_OK;
    for (size_t l = 1; l <= layers && status == GP_OK; l++) {
        size_t u = net->width[l], v = net->width[l - 1];
        arb_srcptr W = net->theta + net->weights[l], b = W + u * v;
        for (size_t r = 0; r < net->m; r++)
            for (size_t k = 0; k < u; k++)
                arb_dot(net->a[l] + r * u + k, b + k, 0, net->a[l - 1] + r * v, 1, W + k * v, 1,
                        (slong)v, p->bits);
        if (l == layers)
            break;
        if (p->how->near)
            estimate_noise(p, l);
        status = activate(p, l);
    }
    return status;
}

/* ---- losses ------------------------------------------------------------------------------ */

/* Adds the loss of row r to the value, and its derivative to delta. */
static void add_loss(const gp_pass *p, gp_tape *tape, gp_ball *z, size_t r) {
    gp_layers *net = p->net;
    size_t outputs = net->width[net->options->layers], edges = tape->kinks->edges;
    gp_tape_rewind(tape);
    for (size_t k = 0; k < outputs; k++)
        z[k] = gp_tape_variable(tape, net->a[net->options->layers] + r * outputs + k);
    gp_ball loss =
        gp_loss_formula(tape, net->options, outputs, z, net->labels + r * net->label_columns);
    if (gp_tape_reverse(tape, loss) != GP_OK)
        return; /* the tape keeps it */
    if (tape->kinks->edges > edges)
        gp_kinks_note(&p->to->kinks, &p->to->kinks.edges,
                      "the loss of example %zu: at the edge of its domain", r);
    arb_add(p->to->value, p->to->value, tape->ball + loss, p->bits);
    for (size_t k = 0; k < outputs; k++)
        arb_div_ui(net->delta + r * outputs + k, tape->adjoint + z[k], net->m, p->bits);
}

static gp_status add_losses(const gp_pass *p) {
    size_t outputs = p->net->width[p->net->options->layers];
    gp_kinks unnamed = {0};
    gp_tape tape;
    gp_ball *z = malloc(outputs * sizeof *z);
    if (!z)
        return GP_ERROR_MEMORY;
    gp_tape_open(&tape, p->bits, p->how->share, &unnamed);
    arb_zero(p->to->value);
    for (size_t r = 0; r < p->net->m; r++)
        add_loss(p, &tape, z, r);
    gp_status status = tape.status;
    arb_div_ui(p->to->value, p->to->value, p->net->m, p->bits);
    gp_tape_close(&tape);
    free(z);
    return status;
}

/* ---- backward ---------------------------------------------------------------------------- */

/* dW_l and db_l from delta_l. */
static void differentiate_layer(const gp_pass *p, size_t l) {
    gp_layers *net = p->net;
    size_t m = net->m, u = net->width[l], v = net->width[l - 1];
    arb_ptr dW = p->to->derivative + net->weights[l], db = dW + u * v;
    arb_srcptr delta = turn(net->turned, net->delta, m, u);
    arb_srcptr below = turn(net->turned_too, net->a[l - 1], m, v);
    for (size_t k = 0; k < u; k++) {
        arb_zero(db + k);
        for (size_t r = 0; r < m; r++)
            arb_add(db + k, db + k, delta + k * m + r, p->bits);
        for (size_t j = 0; j < v; j++)
            arb_dot(dW + k * v + j, NULL, 0, delta + k * m, 1, below + j * m, 1, (slong)m, p->bits);
    }
}

/* delta := delta_{l-1}. */
static void pass_below(const gp_pass *p, size_t l) {
    gp_layers *net = p->net;
    size_t u = net->width[l], v = net->width[l - 1];
    arb_srcptr W = turn(net->turned, net->theta + net->weights[l], u, v);
    for (size_t r = 0; r < net->m; r++)
        for (size_t j = 0; j < v; j++) {
            arb_ptr to = net->delta_below + r * v + j;
            arb_dot(to, NULL, 0, net->delta + r * u, 1, W + j * u, 1, (slong)u, p->bits);
            arb_mul(to, to, net->slope[l - 1] + r * v + j, p->bits);
        }
    arb_ptr swap = net->delta;
    net->delta = net->delta_below;
    net->delta_below = swap;
}

/* (l2/2) sum of squared weights. */
static void add_decay(const gp_pass *p) {
    const gp_layers *net = p->net;
    arb_t l2, half;
    arb_init(l2);
    arb_init(half);
    arb_set_d(l2, net->options->l2);
    for (size_t l = 1; l <= net->options->layers; l++) {
        slong count = (slong)(net->width[l] * net->width[l - 1]);
        arb_srcptr W = net->theta + net->weights[l];
        arb_dot(half, half, 0, W, 1, W, 1, count, p->bits);
        for (slong i = 0; i < count; i++)
            arb_addmul(p->to->derivative + net->weights[l] + i, l2, W + i, p->bits);
    }
    arb_mul_2exp_si(half, half, -1);
    arb_addmul(p->to->value, half, l2, p->bits);
    arb_clear(l2);
    arb_clear(half);
}

gp_status gp_layers_enclose(void *layers, const gp_enclosing *how, gp_enclosure *enclosure,
                            gp_error *error) {
    gp_pass p = {layers, how, enclosure, how->precision};
    (void)error;
    for (size_t i = 0; i < p.net->n; i++)
        gp_ball_around(p.net->theta + i, p.net->parameters[i], how->radius, p.bits);
    gp_status status = forward(&p);
    if (status == GP_OK)
        status = add_losses(&p);
    for (size_t l = p.net->options->layers; l >= 1 && status == GP_OK; l--) {
        differentiate_layer(&p, l);
        if (l > 1)
            pass_below(&p, l);
    }
    if (status == GP_OK && p.net->options->l2 > 0)
        add_decay(&p);
    return status;
}

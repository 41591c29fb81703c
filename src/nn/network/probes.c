/* The cost where one parameter differs, without a whole forward pass. With one weight of layer l
 * changed, only unit j of that layer differs:
 *
 *     z_j' = z_j + dw a_k        (a bias: z_j + db)
 *     layer l+1:  Z' = Z + W[:, j] (a_j' - a_j)^T, a rank-one change
 *     from layer l+2 on: as in any forward pass
 *
 * Of a network with ReLU units and one output the logits are a function of the step s = a_j' - a_j
 * that is linear as long as no unit of layer l+1 crosses its kink, which is known beforehand for
 * each example: below, the reaches.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/base.h"
#include "nn/network/limits.h"
#include "nn/network/loss.h"
#include "nn/network/softplus.h"
#include "system/vector.h"

/* Mean loss of logits (outputs x m). Cross-entropy of hard labels goes several at a time. */
static double mean_loss(const gp_network *net, const double *logits) {
    const gp_network_options *o = &net->options;
    size_t m = net->count, outputs = net->width[o->layers];
    const double *labels = net->labels + net->first * net->label_columns;
    double sum = 0, z[GP_MAX_OUTPUTS];
    size_t r = 0;
    if (net->base->hard) {
        r = m / 4 * 4;
        sum = gp_softplus_sum(r, logits, labels);
    }
    for (; r < m; r++) {
        for (size_t k = 0; k < outputs; k++)
            z[k] = logits[k * m + r];
        sum += gp_loss_value(o, outputs, z, labels + r * net->label_columns, NULL);
    }
    return sum / (double)m;
}

/* Mean loss where the logits of a network with one output have moved by base->moved. */
static double loss_of_moved(const gp_network *net) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = net->options.layers;
    double change;
    if (base->hard && gp_softplus_change(m, base->slope, base->sign, base->moved, &change) == 0)
        return base->cost + change / (double)m;
    gp_add_scaled(m, base->z[layers], 1, base->moved, base->changed[layers]);
    return mean_loss(net, base->changed[layers]);
}

/* ---- piecewise linear networks with one output ----------------------------------- */

static int is_bent(const gp_network *net) {
    return gp_unit_is_bent(net->options.hidden) && net->width[net->options.layers] == 1;
}

/* moved := weight (f(z + w step) - f(z)), f the unit */
GP_VECTOR static void move_through(size_t m, const double *z, double w, const double *step,
                                   double leak, double weight, double *moved) {
    for (size_t r = 0; r < m; r++) {
        double before = z[r], after = before + w * step[r];
        before = before > 0 ? before : leak * before;
        after = after > 0 ? after : leak * after;
        moved[r] = weight * (after - before);
    }
}

/* Adds one unit in between to the reaches of unit j: its z (and 1 / z), the weight w from j to it
 * and its weight into the output. */
GP_VECTOR static void add_reach(size_t m, const double *z, const double *inverse, double w,
                                double weight, double leak, double *slope, double *low,
                                double *high) {
    double on = weight * w, off = leak * on;
    for (size_t r = 0; r < m; r++) {
        double ratio = w * inverse[r];
        slope[r] += z[r] > 0 ? on : off;
        low[r] = ratio < low[r] ? ratio : low[r];
        high[r] = ratio > high[r] ? ratio : high[r];
    }
}

/* Sets base->reaches; 0, or -1 without memory. */
static int find_reaches(const gp_network *net) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, out = net->options.layers, u = net->width[out - 1];
    size_t v = net->width[out - 2];
    const double *W = base->theta + net->weights[out - 1],
                 *weight = base->theta + net->weights[out];
    struct gp_reaches *reaches = calloc(1, sizeof *reaches);
    double *inverse = calloc(u * m, sizeof *inverse);
    if (reaches) {
        reaches->slope = calloc(v * m, sizeof(double));
        reaches->low = calloc(v * m, sizeof(double));
        reaches->high = calloc(v * m, sizeof(double));
    }
    if (!reaches || !inverse || !reaches->slope || !reaches->low || !reaches->high) {
        free(inverse);
        gp_reaches_free(reaches);
        return -1;
    }
    for (size_t i = 0; i < u * m; i++)
        inverse[i] = 1 / base->z[out - 1][i]; /* infinite at a kink: any step crosses it */
    for (size_t j = 0; j < v; j++)
        for (size_t q = 0; q < u; q++)
            add_reach(m, base->z[out - 1] + q * m, inverse + q * m, W[q * v + j], weight[q],
                      gp_leak_of(net), reaches->slope + j * m, reaches->low + j * m,
                      reaches->high + j * m);
    free(inverse);
    base->reaches = reaches;
    return 0;
}

/* Rounding must not take a unit across its kink unseen. */
static const double SHORT_OF = -0.999999;

/* moved := slope step; returns how many examples cross a kink. */
GP_VECTOR static uint64_t move_within(size_t m, const double *slope, const double *low,
                                      const double *high, const double *step, double *moved) {
    uint64_t crossing = 0; /* a NaN crosses nothing: its unit has no weight */
    for (size_t r = 0; r < m; r++) {
        double s = step[r];
        moved[r] = slope[r] * s;
        crossing += (uint64_t)((s * low[r] <= SHORT_OF) | (s * high[r] <= SHORT_OF));
    }
    return crossing;
}

/* base->moved where unit j of layer layers-2 differs by base->step. 0, or -1 without memory. */
static int move_two_below(const gp_network *net, size_t j) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, out = net->options.layers, u = net->width[out - 1];
    size_t v = net->width[out - 2];
    if (!base->reaches && find_reaches(net))
        return -1;
    const struct gp_reaches *reaches = base->reaches;
    if (!reaches) /* cannot be: it was just made */
        return -1;
    const double *low = reaches->low + j * m, *high = reaches->high + j * m;
    const double *W = base->theta + net->weights[out - 1],
                 *weight = base->theta + net->weights[out];
    double leak = gp_leak_of(net);
    uint64_t left = move_within(m, reaches->slope + j * m, low, high, base->step, base->moved);
    for (size_t r = 0; r < m && left > 0; r++) {
        double s = base->step[r], sum = 0;
        if (!(s * low[r] <= SHORT_OF || s * high[r] <= SHORT_OF))
            continue;
        left--;
        for (size_t q = 0; q < u; q++) {
            double before = base->z[out - 1][q * m + r], after = before + W[q * v + j] * s;
            sum += weight[q] *
                   ((after > 0 ? after : leak * after) - (before > 0 ? before : leak * before));
        }
        base->moved[r] = sum;
    }
    return 0;
}

/* ---- any network ----------------------------------------------------------------- */

/* From layer l, of which unit j alone differs, by base->step after its activation. */
static double propagate(gp_network *net, size_t l, size_t j) {
    const gp_network_options *o = &net->options;
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = o->layers, u = net->width[l + 1], v = net->width[l];
    const double *W = base->theta + net->weights[l + 1];
    double **now = base->changed;
    if (l + 2 == layers && is_bent(net)) {
        base->incomplete |= move_two_below(net, j) != 0;
        return loss_of_moved(net);
    }
    for (size_t q = 0; q < u; q++)
        gp_add_scaled(m, base->z[l + 1] + q * m, W[q * v + j], base->step, now[l + 1] + q * m);
    for (size_t p = l + 2; p <= layers; p++) {
        size_t cells = net->width[p - 1] * m;
        gp_activate_many(net, cells, now[p - 1], now[p - 1]);
        gp_layer(net, base->theta, p, m, now[p - 1], now[p]);
    }
    if (net->width[layers] > 1)
        return mean_loss(net, now[layers]);
    gp_add_scaled(m, now[layers], -1, base->z[layers], base->moved);
    return loss_of_moved(net);
}

/* The mean loss where weight k into unit j of layer l differs by `change`; its bias: k == v. */
static double probe_data(gp_network *net, size_t l, size_t j, size_t k, double change) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = net->options.layers, u = net->width[l];
    const double *z = base->z[l] + j * m;
    const double *in = k < net->width[l - 1] ? base->a[l - 1] + k * m : base->ones;
    if (l == layers && u == 1) {
        gp_add_scaled(m, base->zeros, change, in, base->moved);
        return loss_of_moved(net);
    }
    if (l == layers) {
        memcpy(base->changed[l], base->z[l], u * m * sizeof *z);
        gp_add_scaled(m, z, change, in, base->changed[l] + j * m);
        return mean_loss(net, base->changed[l]);
    }
    if (l + 1 == layers && is_bent(net)) {
        move_through(m, z, change, in, gp_leak_of(net), base->theta[net->weights[layers] + j],
                     base->moved);
        return loss_of_moved(net);
    }
    if (is_bent(net)) {
        move_through(m, z, change, in, gp_leak_of(net), 1, base->step);
    } else {
        gp_add_scaled(m, z, change, in, base->unit);
        gp_activate_many(net, m, base->unit, base->step);
        gp_add_scaled(m, base->step, -1, base->a[l] + j * m, base->step);
    }
    return propagate(net, l, j);
}

static double probe(gp_network *net, size_t entry, double number) {
    const gp_network_options *o = &net->options;
    const struct gp_network_base *base = net->base;
    size_t l = o->layers;
    while (net->weights[l] > entry)
        l--;
    size_t u = net->width[l], v = net->width[l - 1], at = entry - net->weights[l];
    int is_weight = at < u * v;
    double was = base->theta[entry], loss = 0;
    if (net->part != GP_PART_DECAY)
        loss = is_weight ? probe_data(net, l, at / v, at % v, number - was)
                         : probe_data(net, l, at - u * v, v, number - was);
    double l2 = net->part == GP_PART_DATA ? 0 : o->l2;
    double squares = base->squares + (is_weight ? (number - was) * (number + was) : 0);
    return loss + 0.5 * l2 * squares;
}

/* The mean loss at the base point as a whole forward pass has it, to the last bit. */
static void find_cost(gp_network *net, const double *theta) {
    gp_network_part part = net->part;
    double cost, l2 = net->options.l2;
    net->part = GP_PART_DATA;
    net->options.l2 = 0;
    (void)gp_dense_forward_f64(net, theta, &cost);
    net->options.l2 = l2;
    net->part = part;
    net->base->cost = cost;
}

int gp_dense_probes(gp_network *net, const double *theta, int same, size_t count,
                    const size_t *entry, const double *number, double *costs) {
    if (gp_network_prepare(net, theta, same))
        return -1;
    if (isnan(net->base->cost))
        find_cost(net, theta);
    for (size_t k = 0; k < count; k++)
        costs[k] = probe(net, entry[k], number[k]);
    if (net->base->incomplete) {
        gp_network_forget(net);
        return -1;
    }
    return 0;
}

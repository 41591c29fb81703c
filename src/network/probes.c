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
 *
 * Activations of the base point are kept unit by unit (a row is one unit over all examples). */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/vector.h"
#include "network/limits.h"
#include "network/network.h"
#include "network/softplus.h"

struct gp_network_base {
    double *theta; /* n: the base point that the rest belongs to */
    size_t first, count;
    gp_network_part part;
    double squares; /* of all weights */
    int hard;       /* cross-entropy of one output, all labels 0 or 1, no weights */
    /* z[l], a[l] (width[l] x count), a[0] the data; changed: what a probe makes of them */
    double **z, **a, **changed;
    double *unit, *step;        /* count: the unit that differs, and by how much */
    double cost;                /* of the data at the base point: mean loss */
    double *slope, *sign;       /* count, where hard: as of gp_softplus_change */
    double *moved;              /* count: by how much the logits differ */
    double *ones, *zeros;       /* count: of either */
    struct gp_reaches *reaches; /* of layer layers-2 of a piecewise linear network; NULL: not yet */
};

/* How the one logit of each example follows a step s of unit j, two layers below: by slope s while
 * -1 < s low and -1 < s high. low and high are the smallest and the largest w / z over the units
 * between, of which z + w s is what goes into the kink. */
struct gp_reaches {
    double *slope, *low, *high; /* width[layers-2] x count */
};

static void free_reaches(struct gp_reaches *reaches) {
    if (!reaches)
        return;
    free(reaches->slope);
    free(reaches->low);
    free(reaches->high);
    free(reaches);
}

void gp_network_forget(gp_network *net) {
    struct gp_network_base *base = net->base;
    if (!base)
        return;
    for (size_t l = 0; l <= net->options.layers; l++) {
        free(base->z ? base->z[l] : NULL);
        free(base->a ? base->a[l] : NULL);
        free(base->changed ? base->changed[l] : NULL);
    }
    free(base->z);
    free(base->a);
    free(base->changed);
    free(base->theta);
    free(base->unit);
    free(base->step);
    free(base->slope);
    free(base->sign);
    free(base->moved);
    free(base->ones);
    free(base->zeros);
    free_reaches(base->reaches);
    free(base);
    net->base = NULL;
}

GP_VECTOR static void relu(size_t m, double leak, const double *z, double *a) {
    for (size_t r = 0; r < m; r++)
        a[r] = z[r] > 0 ? z[r] : leak * z[r];
}

static void activate(const gp_network *net, size_t m, const double *z, double *a) {
    gp_activation unit = net->options.hidden;
    if (unit == GP_RELU || unit == GP_LEAKY_RELU) {
        relu(m, unit == GP_RELU ? 0 : gp_activate_derivative(unit, -1), z, a);
        return;
    }
    for (size_t r = 0; r < m; r++)
        a[r] = gp_activate(unit, z[r]);
}

/* out (u x m) := W (u x v) in (v x m) + b */
static void layer(const gp_network *net, const double *theta, size_t l, size_t m, const double *in,
                  double *out) {
    size_t u = net->width[l], v = net->width[l - 1];
    const double *W = theta + net->weights[l], *b = W + u * v;
    for (size_t j = 0; j < u; j++)
        for (size_t r = 0; r < m; r++)
            out[j * m + r] = b[j];
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)u, (int)m, (int)v, 1, W, (int)v, in,
                (int)m, 1, out, (int)m);
}

static struct gp_network_base *new_base(const gp_network *net) {
    size_t layers = net->options.layers, m = net->count;
    struct gp_network_base *base = calloc(1, sizeof *base);
    if (!base)
        return NULL;
    base->theta = malloc(net->n * sizeof *base->theta);
    base->z = calloc(layers + 1, sizeof *base->z);
    base->a = calloc(layers + 1, sizeof *base->a);
    base->changed = calloc(layers + 1, sizeof *base->changed);
    base->unit = malloc(m * sizeof *base->unit);
    base->step = malloc(m * sizeof *base->step);
    base->slope = malloc(m * sizeof *base->slope);
    base->sign = malloc(m * sizeof *base->sign);
    base->moved = malloc(m * sizeof *base->moved);
    base->ones = malloc(m * sizeof *base->ones);
    base->zeros = calloc(m, sizeof *base->zeros);
    for (size_t r = 0; r < m && base->ones; r++)
        base->ones[r] = 1;
    int complete = base->theta && base->z && base->a && base->changed && base->unit && base->step &&
                   base->slope && base->sign && base->moved && base->ones && base->zeros;
    for (size_t l = 0; l <= layers && complete; l++) {
        base->z[l] = malloc(m * net->width[l] * sizeof **base->z);
        base->a[l] = malloc(m * net->width[l] * sizeof **base->a);
        base->changed[l] = malloc(m * net->width[l] * sizeof **base->changed);
        complete = base->z[l] && base->a[l] && base->changed[l];
    }
    base->first = net->first;
    base->count = m;
    base->part = net->part;
    return base;
}

static int is_complete(const gp_network *net) {
    const struct gp_network_base *b = net->base;
    if (!b || !b->theta || !b->z || !b->a || !b->changed || !b->unit || !b->step || !b->slope ||
        !b->sign || !b->moved || !b->ones || !b->zeros)
        return 0;
    for (size_t l = 0; l <= net->options.layers; l++)
        if (!b->z[l] || !b->a[l] || !b->changed[l])
            return 0;
    return 1;
}

/* Makes net->base that of theta and of the rows in use; 0, or -1 if memory ran out. */
static int prepare(gp_network *net, const double *theta, int same) {
    struct gp_network_base *base = net->base;
    size_t m = net->count, layers = net->options.layers;
    if (base && base->first == net->first && base->count == m && base->part == net->part &&
        (same || memcmp(base->theta, theta, net->n * sizeof *theta) == 0))
        return 0;
    gp_network_forget(net);
    net->base = base = new_base(net);
    if (!is_complete(net)) {
        gp_network_forget(net);
        return -1;
    }
    memcpy(base->theta, theta, net->n * sizeof *theta);
    for (size_t r = 0; r < m; r++)
        for (size_t k = 0; k < net->width[0]; k++)
            base->a[0][k * m + r] = net->X64[(net->first + r) * net->width[0] + k];
    base->hard = net->options.loss == GP_SIGMOID_CROSS_ENTROPY && net->width[layers] == 1 &&
                 net->options.positive_weight <= 0;
    for (size_t r = 0; r < m; r++) {
        double y = net->labels[net->first + r];
        base->hard &= y == 0 || y == 1;
    }
    for (size_t l = 1; l <= layers; l++) {
        size_t weights = net->width[l] * net->width[l - 1];
        layer(net, theta, l, m, base->a[l - 1], base->z[l]);
        if (l < layers)
            activate(net, net->width[l] * m, base->z[l], base->a[l]);
        for (size_t i = 0; i < weights; i++)
            base->squares += theta[net->weights[l] + i] * theta[net->weights[l] + i];
    }
    for (size_t r = 0; r < m && base->hard; r++) {
        base->sign[r] = net->labels[net->first + r] != 0 ? -1 : 1;
        base->slope[r] = 1 / (1 + exp(-base->sign[r] * base->z[layers][r]));
    }
    gp_network_part part = net->part;
    double cost, l2 = net->options.l2;
    net->part = GP_PART_DATA; /* as a whole forward pass has it, to the last bit */
    net->options.l2 = 0;
    (void)gp_dense_forward_f64(net, theta, &cost);
    net->options.l2 = l2;
    net->part = part;
    base->cost = cost;
    return 0;
}

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

/* out := z + w step */
GP_VECTOR static void add_scaled(size_t m, const double *z, double w, const double *step,
                                 double *out) {
    for (size_t r = 0; r < m; r++)
        out[r] = z[r] + w * step[r];
}

/* Mean loss where the logits of a network with one output have moved by base->moved. */
static double loss_of_moved(const gp_network *net) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = net->options.layers;
    double change;
    if (base->hard && gp_softplus_change(m, base->slope, base->sign, base->moved, &change) == 0)
        return base->cost + change / (double)m;
    add_scaled(m, base->z[layers], 1, base->moved, base->changed[layers]);
    return mean_loss(net, base->changed[layers]);
}

/* ---- piecewise linear networks with one output ----------------------------------- */

static int is_bent(const gp_network *net) {
    gp_activation unit = net->options.hidden;
    return (unit == GP_RELU || unit == GP_LEAKY_RELU) && net->width[net->options.layers] == 1;
}

static double leak_of(const gp_network *net) {
    return net->options.hidden == GP_RELU ? 0 : gp_activate_derivative(GP_LEAKY_RELU, -1);
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
        free_reaches(reaches);
        return -1;
    }
    for (size_t i = 0; i < u * m; i++)
        inverse[i] = 1 / base->z[out - 1][i]; /* infinite at a kink: any step crosses it */
    for (size_t j = 0; j < v; j++)
        for (size_t q = 0; q < u; q++)
            add_reach(m, base->z[out - 1] + q * m, inverse + q * m, W[q * v + j], weight[q],
                      leak_of(net), reaches->slope + j * m, reaches->low + j * m,
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
    double leak = leak_of(net);
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
    if (l + 2 == layers && is_bent(net) && move_two_below(net, j) == 0)
        return loss_of_moved(net);
    for (size_t q = 0; q < u; q++)
        add_scaled(m, base->z[l + 1] + q * m, W[q * v + j], base->step, now[l + 1] + q * m);
    for (size_t p = l + 2; p <= layers; p++) {
        size_t cells = net->width[p - 1] * m;
        activate(net, cells, now[p - 1], now[p - 1]);
        layer(net, base->theta, p, m, now[p - 1], now[p]);
    }
    if (net->width[layers] > 1)
        return mean_loss(net, now[layers]);
    add_scaled(m, now[layers], -1, base->z[layers], base->moved);
    return loss_of_moved(net);
}

/* The mean loss where weight k into unit j of layer l differs by `change`; its bias: k == v. */
static double probe_data(gp_network *net, size_t l, size_t j, size_t k, double change) {
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = net->options.layers, u = net->width[l];
    const double *z = base->z[l] + j * m;
    const double *in = k < net->width[l - 1] ? base->a[l - 1] + k * m : base->ones;
    if (l == layers && u == 1) {
        add_scaled(m, base->zeros, change, in, base->moved);
        return loss_of_moved(net);
    }
    if (l == layers) {
        memcpy(base->changed[l], base->z[l], u * m * sizeof *z);
        add_scaled(m, z, change, in, base->changed[l] + j * m);
        return mean_loss(net, base->changed[l]);
    }
    if (l + 1 == layers && is_bent(net)) {
        move_through(m, z, change, in, leak_of(net), base->theta[net->weights[layers] + j],
                     base->moved);
        return loss_of_moved(net);
    }
    if (is_bent(net)) {
        move_through(m, z, change, in, leak_of(net), 1, base->step);
    } else {
        add_scaled(m, z, change, in, base->unit);
        activate(net, m, base->unit, base->step);
        add_scaled(m, base->step, -1, base->a[l] + j * m, base->step);
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

int gp_dense_probes(gp_network *net, const double *theta, int same, size_t count,
                    const size_t *entry, const double *number, double *costs) {
    if (prepare(net, theta, same))
        return -1;
    for (size_t k = 0; k < count; k++)
        costs[k] = probe(net, entry[k], number[k]);
    return 0;
}

/* The cost where one parameter differs, without a whole forward pass. With one weight of layer l
 * changed, only unit j of that layer differs:
 *
 *     z_j' = z_j + dw a_k        (a bias: z_j + db)
 *     layer l+1:  Z' = Z + W[:, j] (a_j' - a_j)^T, a rank-one change
 *     from layer l+2 on: as in any forward pass
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
    double *unit, *step; /* count: the unit that differs, and by how much */
    double *losses;      /* count */
};

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
    free(base->losses);
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
    base->losses = malloc(m * sizeof *base->losses);
    int complete = base->theta && base->z && base->a && base->changed && base->unit && base->step &&
                   base->losses;
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
    if (!b || !b->theta || !b->z || !b->a || !b->changed || !b->unit || !b->step || !b->losses)
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

GP_VECTOR static void add_scaled(size_t m, const double *z, double w, const double *step,
                                 double *out) {
    for (size_t r = 0; r < m; r++)
        out[r] = z[r] + w * step[r];
}

/* out += weight * max(z + w step, leak * same): a unit of layer l+1, straight into the output. */
GP_VECTOR static void feed_relu(size_t m, const double *z, double w, const double *step,
                                double leak, double weight, double *out) {
    for (size_t r = 0; r < m; r++) {
        double t = z[r] + w * step[r];
        out[r] += weight * (t > 0 ? t : leak * t);
    }
}

/* From layer l, of which unit j alone differs, by base->step after its activation. */
static double propagate(gp_network *net, size_t l, size_t j) {
    const gp_network_options *o = &net->options;
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = o->layers, u = net->width[l + 1], v = net->width[l];
    const double *W = base->theta + net->weights[l + 1];
    double **now = base->changed;
    int bent = o->hidden == GP_RELU || o->hidden == GP_LEAKY_RELU;
    if (l + 2 == layers && net->width[layers] == 1 && bent) {
        const double *out = base->theta + net->weights[layers];
        double leak = o->hidden == GP_RELU ? 0 : gp_activate_derivative(o->hidden, -1);
        for (size_t r = 0; r < m; r++)
            now[layers][r] = out[u];
        for (size_t q = 0; q < u; q++)
            feed_relu(m, base->z[l + 1] + q * m, W[q * v + j], base->step, leak, out[q],
                      now[layers]);
        return mean_loss(net, now[layers]);
    }
    for (size_t q = 0; q < u; q++)
        add_scaled(m, base->z[l + 1] + q * m, W[q * v + j], base->step, now[l + 1] + q * m);
    for (size_t p = l + 2; p <= layers; p++) {
        size_t cells = net->width[p - 1] * m;
        activate(net, cells, now[p - 1], now[p - 1]);
        layer(net, base->theta, p, m, now[p - 1], now[p]);
    }
    return mean_loss(net, now[layers]);
}

static double probe(gp_network *net, size_t entry, double number) {
    const gp_network_options *o = &net->options;
    struct gp_network_base *base = net->base;
    size_t m = base->count, layers = o->layers, l = layers;
    while (net->weights[l] > entry)
        l--;
    size_t u = net->width[l], v = net->width[l - 1], at = entry - net->weights[l];
    int is_weight = at < u * v;
    size_t j = is_weight ? at / v : at - u * v;
    double was = base->theta[entry], change = number - was, loss = 0;
    if (net->part != GP_PART_DECAY) {
        const double *z = base->z[l] + j * m;
        if (is_weight)
            add_scaled(m, z, change, base->a[l - 1] + (at % v) * m, base->unit);
        for (size_t r = 0; r < m && !is_weight; r++)
            base->unit[r] = z[r] + change;
        if (l == layers) {
            memcpy(base->changed[l], base->z[l], u * m * sizeof *z);
            memcpy(base->changed[l] + j * m, base->unit, m * sizeof *z);
            loss = mean_loss(net, base->changed[l]);
        } else {
            activate(net, m, base->unit, base->step);
            add_scaled(m, base->step, -1, base->a[l] + j * m, base->step);
            loss = propagate(net, l, j);
        }
    }
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

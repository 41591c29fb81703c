/* See base.h. */
#include "nn/network/base.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "system/vector.h"

void gp_reaches_free(struct gp_reaches *reaches) {
    if (!reaches)
        return;
    free(reaches->slope);
    free(reaches->low);
    free(reaches->high);
    free(reaches);
}

static void free_layers(size_t layers, double **layer) {
    for (size_t l = 0; layer && l <= layers; l++)
        free(layer[l]);
    free(layer);
}

void gp_direction_free(size_t layers, struct gp_direction *d) {
    if (!d)
        return;
    free_layers(layers, d->R);
    free_layers(layers, d->dz);
    free_layers(layers, d->da);
    free(d->D);
    free(d->P);
    free(d->Q);
    free(d->moved);
    free(d);
}

void gp_network_forget(gp_network *net) {
    struct gp_network_base *base = net->base;
    if (!base)
        return;
    size_t layers = net->options.layers;
    free_layers(layers, base->z);
    free_layers(layers, base->a);
    free_layers(layers, base->changed);
    free(base->theta);
    free(base->unit);
    free(base->step);
    free(base->slope);
    free(base->sign);
    free(base->moved);
    free(base->ones);
    free(base->zeros);
    gp_reaches_free(base->reaches);
    gp_direction_free(layers, base->direction);
    free(base);
    net->base = NULL;
}

double gp_leak_of(const gp_network *net) {
    return gp_activate_derivative(net->options.hidden, -1);
}

GP_VECTOR void gp_add_scaled(size_t m, const double *z, double w, const double *step, double *out) {
    for (size_t r = 0; r < m; r++)
        out[r] = z[r] + w * step[r];
}

GP_VECTOR static void relu(size_t m, double leak, const double *z, double *a) {
    for (size_t r = 0; r < m; r++)
        a[r] = z[r] > 0 ? z[r] : leak * z[r];
}

void gp_activate_many(const gp_network *net, size_t m, const double *z, double *a) {
    gp_activation unit = net->options.hidden;
    if (gp_unit_is_bent(unit)) {
        relu(m, gp_activate_derivative(unit, -1), z, a);
        return;
    }
    for (size_t r = 0; r < m; r++)
        a[r] = gp_activate(unit, z[r]);
}

void gp_layer(const gp_network *net, const double *theta, size_t l, size_t m, const double *in,
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

int gp_network_prepare(gp_network *net, const double *theta, int same) {
    struct gp_network_base *base = net->base;
    size_t m = net->count, layers = net->options.layers;
    if (base && base->first == net->first && base->count == m && base->part == net->part &&
        (same || memcmp(base->theta, theta, net->n * sizeof *theta) == 0))
        return 0;
    gp_network_forget(net);
    net->base = base = new_base(net);
    net->forget = gp_network_forget;
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
        gp_layer(net, theta, l, m, base->a[l - 1], base->z[l]);
        if (l < layers)
            gp_activate_many(net, net->width[l] * m, base->z[l], base->a[l]);
        for (size_t i = 0; i < weights; i++)
            base->squares += theta[net->weights[l] + i] * theta[net->weights[l] + i];
    }
    for (size_t r = 0; r < m && base->hard; r++) {
        base->sign[r] = net->labels[net->first + r] != 0 ? -1 : 1;
        base->slope[r] = 1 / (1 + exp(-base->sign[r] * base->z[layers][r]));
    }
    base->cost = NAN;
    return 0;
}

/* By how much the cost changes along a line, to the rounding of the change: what changes is carried
 * from layer to layer, never subtracted. With A_l, Z_l at the base point and W_l, b_l going to
 * W_l + t V_l, b_l + t c_l,
 *
 *     dZ_1 = t R_1                            R_l = V_l A_{l-1} + c_l
 *     dA_l = f(Z_l + dZ_l) - f(Z_l)
 *     dZ_l = (W_l + t V_l) dA_{l-1} + t R_l
 *
 * and the same for the loss. The R_l are worked out once for all steps along v; the first two
 * layers of a piecewise linear network as well (base.h). */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/base.h"
#include "nn/network/limits.h"
#include "nn/network/loss.h"
#include "system/vector.h"

static int is_piecewise(const gp_network *net) {
    return gp_unit_is_bent(net->options.hidden) && net->options.layers >= 2;
}

static double *cells(const gp_network *net, size_t l) {
    return malloc(net->width[l] * net->count * sizeof(double));
}

static struct gp_direction *new_direction(const gp_network *net) {
    size_t layers = net->options.layers;
    struct gp_direction *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->R = calloc(layers + 1, sizeof *d->R);
    d->dz = calloc(layers + 1, sizeof *d->dz);
    d->da = calloc(layers + 1, sizeof *d->da);
    d->moved = malloc(net->n * sizeof *d->moved);
    int complete = d->R && d->dz && d->da && d->moved;
    for (size_t l = 1; l <= layers && complete; l++) {
        d->R[l] = cells(net, l);
        d->dz[l] = cells(net, l);
        d->da[l] = cells(net, l);
        complete = d->R[l] && d->dz[l] && d->da[l];
    }
    if (complete && is_piecewise(net)) {
        d->D = cells(net, 1);
        d->P = cells(net, 2);
        d->Q = cells(net, 2);
        complete = d->D && d->P && d->Q;
    }
    if (!complete) {
        gp_direction_free(layers, d);
        return NULL;
    }
    return d;
}

/* out (u x m) := W (u x v) in (v x m) + more out */
static void multiply(size_t u, size_t m, size_t v, const double *W, const double *in, double more,
                     double *out) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)u, (int)m, (int)v, 1, W, (int)v, in,
                (int)m, more, out, (int)m);
}

/* D := f'(z) R of a piecewise linear unit; *least and *most of R / z, which tell when z + t R
 * crosses zero. */
GP_VECTOR static void slopes(size_t count, double leak, const double *z, const double *R, double *D,
                             double *least, double *most) {
    gp_lanes low = {0}, high = {0}, zero = {0};
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes here = *(const gp_lanes *)(z + i), rate = *(const gp_lanes *)(R + i);
        gp_lanes ratio = rate / here, off = leak * rate;
        gp_bits on = here > zero, lower = ratio<low, higher = ratio> high;
        *(gp_lanes *)(D + i) = (gp_lanes)((on & (gp_bits)rate) | (~on & (gp_bits)off));
        low = (gp_lanes)((lower & (gp_bits)ratio) | (~lower & (gp_bits)low));
        high = (gp_lanes)((higher & (gp_bits)ratio) | (~higher & (gp_bits)high));
    }
    for (size_t k = 0; k < GP_LANES; k++) {
        *least = low[k] < *least ? low[k] : *least;
        *most = high[k] > *most ? high[k] : *most;
    }
    for (; i < count; i++) {
        double ratio = R[i] / z[i];
        D[i] = z[i] > 0 ? R[i] : leak * R[i];
        *least = ratio < *least ? ratio : *least;
        *most = ratio > *most ? ratio : *most;
    }
}

static int is_zero(const double *v, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (v[i] != 0)
            return 0;
    return 1;
}

/* What the first two layers do of a piecewise linear network: P, Q, low, high. */
static void find_slopes(const gp_network *net, const double *v, struct gp_direction *d) {
    static const double SHORT_OF = 0.999999; /* rounding must not take a unit across unseen */
    const struct gp_network_base *base = net->base;
    size_t m = net->count, w1 = net->width[1], w2 = net->width[2], at = net->weights[2];
    double least = 0, most = 0;
    memset(d->Q, 0, w2 * m * sizeof *d->Q);
    if (d->moves[2])
        memcpy(d->P, d->R[2], w2 * m * sizeof *d->P);
    else
        memset(d->P, 0, w2 * m * sizeof *d->P);
    if (d->moves[1]) {
        slopes(w1 * m, gp_leak_of(net), base->z[1], d->R[1], d->D, &least, &most);
        multiply(w2, m, w1, base->theta + at, d->D, 1, d->P);
    }
    if (d->moves[1] && d->moves[2])
        multiply(w2, m, w1, v + at, d->D, 0, d->Q);
    d->high = least < 0 ? -SHORT_OF / least : INFINITY;
    d->low = most > 0 ? -SHORT_OF / most : -INFINITY;
}

/* Makes base->direction that of v. */
static int find_direction(const gp_network *net, const double *v) {
    struct gp_network_base *base = net->base;
    size_t m = net->count;
    if (!base->direction)
        base->direction = new_direction(net);
    struct gp_direction *d = base->direction;
    if (!d)
        return -1;
    d->along = d->square = 0;
    for (size_t l = 1; l <= net->options.layers; l++) {
        size_t at = net->weights[l], weights = net->width[l] * net->width[l - 1];
        d->moves[l] = !is_zero(v + at, weights + net->width[l]);
        if (!d->moves[l])
            continue;
        gp_layer(net, v, l, m, base->a[l - 1], d->R[l]);
        d->along += cblas_ddot((int)weights, base->theta + at, 1, v + at, 1);
        d->square += cblas_ddot((int)weights, v + at, 1, v + at, 1);
    }
    if (is_piecewise(net))
        find_slopes(net, v, d);
    d->known = 1;
    return 0;
}

/* da := f(z + dz) - f(z): of what stays on its side of the kink, the step or its share. */
GP_VECTOR static void rectified_change(gp_activation unit, size_t count, const double *z,
                                       const double *dz, double *da) {
    double leak = gp_activate_derivative(unit, -1);
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes zero = {0}, before = *(const gp_lanes *)(z + i),
                 step = *(const gp_lanes *)(dz + i);
        gp_lanes after = before + step, off = leak * step, was = leak * before, is = leak * after;
        gp_bits on = before > zero, on_now = after > zero, stays = on == on_now;
        gp_bits within = (on & (gp_bits)step) | (~on & (gp_bits)off);
        was = (gp_lanes)((on & (gp_bits)before) | (~on & (gp_bits)was));
        is = (gp_lanes)((on_now & (gp_bits)after) | (~on_now & (gp_bits)is));
        *(gp_lanes *)(da + i) = (gp_lanes)((stays & within) | (~stays & (gp_bits)(is - was)));
    }
    for (; i < count; i++)
        da[i] = gp_activate_change(unit, z[i], dz[i]);
}

static void activation_change(const gp_network *net, size_t count, const double *z,
                              const double *dz, double *da) {
    gp_activation unit = net->options.hidden;
    if (gp_unit_is_bent(unit)) {
        rectified_change(unit, count, z, dz, da);
        return;
    }
    for (size_t i = 0; i < count; i++)
        da[i] = gp_activate_change(unit, z[i], dz[i]);
}

/* out := t P + t^2 Q */
GP_VECTOR static void quadratic(size_t count, double t, const double *P, const double *Q,
                                double *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = t * (P[i] + t * Q[i]);
}

/* The change of the logits (outputs x count). */
static const double *logits_change(const gp_network *net, const double *v, double t) {
    const struct gp_network_base *base = net->base;
    struct gp_direction *d = base->direction;
    size_t m = net->count, layers = net->options.layers, first = 1;
    if (is_piecewise(net) && t > d->low && t < d->high) {
        quadratic(net->width[2] * m, t, d->P, d->Q, d->dz[2]);
        first = 2;
    } else {
        memset(d->dz[1], 0, net->width[1] * m * sizeof(double));
        if (d->moves[1])
            gp_add_scaled(net->width[1] * m, d->dz[1], t, d->R[1], d->dz[1]);
    }
    for (size_t l = first; l < layers; l++) {
        size_t u = net->width[l + 1], w = net->width[l], at = net->weights[l + 1];
        const double *W = base->theta + at;
        activation_change(net, w * m, base->z[l], d->dz[l], d->da[l]);
        if (d->moves[l + 1]) {
            gp_add_scaled(u * w, W, t, v + at, d->moved + at);
            W = d->moved + at;
        }
        multiply(u, m, w, W, d->da[l], 0, d->dz[l + 1]);
        if (d->moves[l + 1])
            gp_add_scaled(u * m, d->dz[l + 1], t, d->R[l + 1], d->dz[l + 1]);
    }
    return d->dz[layers];
}

/* The change of the mean loss where the logits change by dz. */
static double mean_change(const gp_network *net, const double *dz) {
    const struct gp_network_base *base = net->base;
    size_t m = net->count, layers = net->options.layers, outputs = net->width[layers];
    const double *labels = net->labels + net->first * net->label_columns;
    double sum = 0, z[GP_MAX_OUTPUTS], step[GP_MAX_OUTPUTS];
    for (size_t r = 0; r < m; r++) {
        if (base->hard && fabs(dz[r]) < 1) { /* as gp_softplus_change, one by one */
            sum += log1p(base->slope[r] * expm1(base->sign[r] * dz[r]));
            continue;
        }
        for (size_t k = 0; k < outputs; k++) {
            z[k] = base->z[layers][k * m + r];
            step[k] = dz[k * m + r];
        }
        sum += gp_loss_change(&net->options, outputs, z, labels + r * net->label_columns, step);
    }
    return sum / (double)m;
}

int gp_dense_changes(gp_network *net, const double *theta, const double *v, int same, size_t count,
                     const double *step, double *changes) {
    if (gp_network_prepare(net, theta, same))
        return -1;
    const struct gp_direction *d = net->base->direction;
    if (!(same && d && d->known) && find_direction(net, v))
        return -1;
    d = net->base->direction;
    double l2 = net->part == GP_PART_DATA ? 0 : net->options.l2;
    for (size_t k = 0; k < count; k++) {
        double t = step[k];
        changes[k] = l2 * t * (d->along + 0.5 * t * d->square);
        if (net->part != GP_PART_DECAY)
            changes[k] += mean_change(net, logits_change(net, v, t));
    }
    return 0;
}

/* What the short ways to the cost (probes.c, changes.c) keep of a point: activations of the rows in
 * use, unit by unit (a row is one unit over all examples). */
#ifndef GP_BASE_H
#define GP_BASE_H

#include "nn/network/limits.h"
#include "nn/network/network.h"

struct gp_network_base {
    double *theta; /* n: the base point that the rest belongs to */
    size_t first, count;
    gp_network_part part;
    double squares; /* of all weights */
    int hard;       /* cross-entropy of one output, all labels 0 or 1, no weights */
    /* z[l], a[l] (width[l] x count), a[0] the data; changed: what a probe makes of them */
    double **z, **a, **changed;
    double *unit, *step;            /* count: the unit that differs, and by how much */
    double cost;                    /* of the data at the base point: mean loss; NaN: not yet */
    double *slope, *sign;           /* count, where hard: as of gp_softplus_change */
    double *moved;                  /* count: by how much the logits differ */
    double *ones, *zeros;           /* count: of either */
    struct gp_direction *direction; /* of the last changes, or NULL */
    int incomplete;                 /* there was no memory for what follows */
    struct gp_reaches *reaches; /* of layer layers-2 of a piecewise linear network; NULL: not yet */
};

/* How the one logit of each example follows a step s of unit j, two layers below: by slope s while
 * -1 < s low and -1 < s high. low and high are the smallest and the largest w / z over the units
 * between, of which z + w s is what goes into the kink. */
struct gp_reaches {
    double *slope, *low, *high; /* width[layers-2] x count */
};

/* Along v the pre-activations of layer l change by t R_l (R_l = V_l a_{l-1} + c_l, c_l the biases'
 * share) while nothing changes below. In a piecewise linear network those of layer 2 change by
 *     t P + t^2 Q,    P = R_2 + W_2 D,    Q = V_2 D,    D = f'(z_1) R_1,
 * as long as no unit of layer 1 crosses its kink: for t between low and high. */
struct gp_direction {
    int known;                    /* the rest is that of the last v */
    int moves[GP_MAX_LAYERS + 1]; /* isn't v zero in this layer? */
    double **R;                   /* width[l] x count, l = 1 ... layers, of those that move */
    double **dz, **da;            /* width[l] x count: by how much a step moves z[l] and a[l] */
    double *D, *P, *Q;    /* of a piecewise linear network with two layers or more, else NULL */
    double low, high;     /* low <= 0 <= high */
    double along, square; /* theta . v and v . v over all weights */
    double *moved;        /* n: weights after a step */
};

/* Makes network->base that of theta (`same`: it hasn't changed) and of the rows in use; 0, or -1 if
 * memory ran out. */
int gp_network_prepare(gp_network *network, const double *theta, int same);
/* Releases network->base, if there is one. */
void gp_network_forget(gp_network *network);
void gp_reaches_free(struct gp_reaches *reaches);
void gp_direction_free(size_t layers, struct gp_direction *direction);

/* a (m) := f(z) */
void gp_activate_many(const gp_network *network, size_t m, const double *z, double *a);
/* f'(z) for z < 0 of the ReLU family */
double gp_leak_of(const gp_network *network);
/* out (u x m) := W (u x v) in (v x m) + b of layer l, W and b as they are in theta */
void gp_layer(const gp_network *network, const double *theta, size_t l, size_t m, const double *in,
              double *out);
/* out := z + w step */
void gp_add_scaled(size_t m, const double *z, double w, const double *step, double *out);

#endif

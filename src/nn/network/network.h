/* Inside of gp_network. Layers count from 1, as in W1, b1; units and inputs from 0, as rows and
 * columns do. Arrays of examples are row-major with one example a row. */
#ifndef GP_NETWORK_H
#define GP_NETWORK_H

#include "nn/network/units.h"
#include "system/error.h"
#include "system/sizes.h"

/* What the cost consists of. */
typedef enum gp_network_part { GP_PART_ALL, GP_PART_DATA, GP_PART_DECAY } gp_network_part;

struct gp_network {
    gp_network_options options;
    size_t *width;   /* width[0] = inputs, width[l] = units of layer l */
    size_t *weights; /* offset of W_l in the parameters, l = 1 ... layers; b_l follows W_l */
    size_t n;        /* parameters */
    double *theta;   /* n */
    size_t examples, label_columns;
    double *X64; /* examples x inputs, in the network's precision: one of the two */
    float *X32;
    double *labels;      /* examples x label_columns */
    size_t first, count; /* rows in use */
    size_t batch,
        batch_first;      /* rows of a batch of gp_network_function; where the one in use starts */
    gp_network_part part; /* of the cost, in use */
    uint64_t mask_seed, mask_draw; /* of dropout: a draw a forward pass, */
    size_t mask_row;               /* in which row 0 is this one */
    gp_network *twin; /* in float64, for the value; NULL unless options.value_in_float64 */
    /* Workspace for `capacity` rows. z[l], a[l]: count x width[l] before and after the units, a[0]
     * the data; delta, delta_below: count x the widest layer. All in the network's precision. */
    /* What gp_dense_probes and gp_dense_changes keep of a point, or NULL, and what releases it. */
    struct gp_network_base *base;
    void (*forget)(struct gp_network *network);
    size_t capacity;
    void **z, **a;
    void *delta, *delta_below;
};

/* The passes in either precision: theta and gradient (n) are double * or float *. Both return 0. */
int gp_dense_forward_f64(gp_network *network, const double *theta, double *cost);
int gp_dense_forward_f32(gp_network *network, const float *theta, double *cost);
/* After a forward pass at the same theta and rows. */
int gp_dense_backward_f64(gp_network *network, const double *theta, double *gradient);
int gp_dense_backward_f32(gp_network *network, const float *theta, float *gradient);

/* The derivative of each row's one logit by its inputs, after a forward pass: dX (rows x inputs).
 */
int gp_dense_input_gradient_f64(gp_network *network, const double *theta, double *dX);
int gp_dense_input_gradient_f32(gp_network *network, const float *theta, float *dX);

/* Costs at theta with one entry replaced at a time, for networks in float64 without dropout. Keeps
 * activations at theta until theta (`same`: it hasn't) or the rows in use change. */
int gp_dense_probes(gp_network *network, const double *theta, int same, size_t count,
                    const size_t *entry, const double *number, double *costs);
/* By how much the cost changes along v (n) from theta, for the same networks where the loss
 * has a change: changes[k] := cost(theta + step[k] v) - cost(theta), to the rounding
 * of the change. `same`: theta and v are those of the last call. */
int gp_dense_changes(gp_network *network, const double *theta, const double *v, int same,
                     size_t count, const double *step, double *changes);

/* The commonest mistakes of backpropagation (static), and what each makes of the gradient at theta
 * (n); g (n), in double for either precision. -1 without memory. */
const gp_suspect *gp_network_suspects(size_t *count);
int gp_network_suspect(gp_network *network, size_t suspect, const double *theta, double *g);

/* Is hidden unit `unit` of layer `layer` kept for row `row` in the current draw of the mask? */
int gp_dropout_keeps(const gp_network *network, size_t layer, size_t row, size_t unit);

#endif

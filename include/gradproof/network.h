/* The fraud model: a dense network with hand-written backpropagation. Link with libgradproof_nn. */
#ifndef GRADPROOF_NETWORK_H
#define GRADPROOF_NETWORK_H

#include <gradproof.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gp_activation {
    GP_LINEAR = 0,
    GP_RELU,
    GP_LEAKY_RELU, /* slope 0.01 left of 0 */
    GP_TANH,
    GP_SIGMOID,
    GP_GELU /* x * Phi(x), with the exact normal distribution function */
} gp_activation;

typedef enum gp_loss {
    GP_SIGMOID_CROSS_ENTROPY = 0, /* from logits, without overflow; labels in [0, 1] */
    GP_SQUARED_ERROR,             /* (1/2) |z - y|^2 per example */
    GP_SOFTMAX_CROSS_ENTROPY,     /* from logits; labels are class numbers 0 ... outputs-1 */
    GP_NOTEBOOK_CROSS_ENTROPY     /* -y log s(z) - (1-y) log(1-s(z)) as the notebook writes it */
} gp_loss;

/* The word for a unit ("leaky-relu") and for a loss ("softmax"), as on the command line and in
 * models' files; static, NULL beyond the last. */
GP_API const char *gp_activation_string(gp_activation activation);
GP_API const char *gp_loss_string(gp_loss loss);

/* Deviations of initial weights, u units of v inputs: sqrt(2 / v) into rectified units (He et al.
 * 2015) and sqrt(2 / (u + v)) into others; or the latter everywhere (Glorot & Bengio 2010). */
typedef enum gp_initial { GP_INITIAL_BY_UNIT = 0, GP_INITIAL_GLOROT = 1 } gp_initial;

typedef struct gp_network_options {
    size_t inputs;
    size_t layers;        /* linear layers, 1 or more */
    const size_t *units;  /* units[layers]: of each layer, the last one the output */
    gp_activation hidden; /* of every layer but the last, which has none but the loss's own */
    gp_loss loss;
    gp_dtype dtype;
    int value_in_float64;   /* float32: hold the gradient against the value of a float64 twin */
    double l2;              /* cost += l2 / 2 * sum of squared weights (not biases) */
    double positive_weight; /* weight of examples of class 1 (cross-entropy); 0: 1 */
    double dropout;         /* probability that a hidden unit is dropped, in [0, 1) */
    uint64_t seed;          /* of the initial weights */
    gp_initial initial;
} gp_network_options;

typedef struct gp_network gp_network;

/* A network with random weights and zero biases. Release it with gp_network_destroy. */
GP_API gp_status gp_network_create(const gp_network_options *options, gp_network **network,
                                   gp_error *error);
GP_API void gp_network_destroy(gp_network *network);

/* The number of parameters, and parameters (n of them: W1 row by row, b1, W2, b2, ...; W_l has
 * shape units x inputs of the layer) copied out of or into the network. */
GP_API size_t gp_network_parameters(const gp_network *network);
GP_API void gp_network_get(const gp_network *network, double *parameters);
GP_API void gp_network_set(gp_network *network, const double *parameters);

/* The examples to learn from: X[i][k], `examples` rows of `inputs` columns, and one label a row
 * (`outputs` labels a row for the squared error). Copied. */
GP_API gp_status gp_network_set_data(gp_network *network, size_t examples, const double *X,
                                     const double *labels);

/* Evaluate on rows [first, first + count) of the data from now on. */
GP_API gp_status gp_network_set_rows(gp_network *network, size_t first, size_t count);

/* What another needs who works out the cost by a way of their own (gradproof/prove.h): the options,
 * with units that are the network's own; the number of rows in use (0 for NULL), with X (rows x
 * inputs, as the network has rounded them) and labels (rows, or rows x outputs but for softmax)
 * copied out of it unless NULL. */
GP_API gp_status gp_network_describe(const gp_network *network, gp_network_options *options);
GP_API size_t gp_network_rows(const gp_network *network, double *X, double *labels);

/* The cost over the rows in use and its gradient (either may be NULL), as gradproof checks them. */
GP_API gp_status gp_network_cost(gp_network *network, double *cost, double *gradient);

/* The network as a function under test, with blocks W1, b1, W2, b2, ..., on batches of `batch` rows
 * each. The function borrows the network. */
GP_API gp_status gp_network_function(gp_network *network, size_t batch, gp_function **function,
                                     gp_error *error);

#ifdef __cplusplus
}
#endif

#endif

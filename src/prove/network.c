/* gp_prove_network: what is proven, taken in exactly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prove/layers.h"
#include "system/error.h"
#include "system/sizes.h"

static gp_status out_of_memory(gp_error *error) {
    return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
}

/* Exact in the network's precision? */
static int fits(gp_dtype dtype, double v) {
    return isfinite(v) && (dtype == GP_FLOAT64 || (double)(float)v == v);
}

static gp_status validate(const gp_network_options *o, gp_error *error) {
    if (o->layers == 0 || !o->units || o->inputs == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: a network needs inputs, layers and units");
    if (!gp_unit_formula_of(o->hidden) || !gp_loss_has_formula(o->loss) ||
        (o->dtype != GP_FLOAT64 && o->dtype != GP_FLOAT32))
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: unknown activation, loss or precision");
    if (o->dropout != 0)
        return gp_fail(error, GP_ERROR_UNSUPPORTED,
                       "prove: dropout makes the function another at each draw: prove the network "
                       "without");
    if (!(o->l2 >= 0) || isinf(o->l2) || !(o->positive_weight >= 0) || isinf(o->positive_weight))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "prove: l2 and the class weight must not be negative");
    return GP_OK;
}

/* Where each layer's parameters lie. */
static gp_status lay_out(gp_layers *net, gp_error *error) {
    const gp_network_options *o = net->options;
    net->width = calloc(o->layers + 1, sizeof *net->width);
    net->weights = calloc(o->layers + 1, sizeof *net->weights);
    net->a = calloc(o->layers + 1, sizeof *net->a);
    net->slope = calloc(o->layers + 1, sizeof *net->slope);
    net->noise = calloc(o->layers + 1, sizeof *net->noise);
    if (!net->width || !net->weights || !net->a || !net->slope || !net->noise)
        return out_of_memory(error);
    net->width[0] = o->inputs;
    for (size_t l = 1; l <= o->layers; l++) {
        net->width[l] = o->units[l - 1];
        net->weights[l] = net->n;
        size_t more = gp_volume(2, (size_t[]){net->width[l], net->width[l - 1] + 1});
        if (more == 0 || more > GP_MAX_ENTRIES - net->n ||
            gp_volume(2, (size_t[]){net->width[l], net->m}) == 0 ||
            gp_volume(2, (size_t[]){net->width[l - 1], net->m}) == 0)
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "prove: a layer without units, or with more "
                           "numbers than fit");
        net->n += more;
    }
    net->label_columns = o->loss == GP_SOFTMAX_CROSS_ENTROPY ? 1 : net->width[o->layers];
    return GP_OK;
}

/* *balls: a new vector of exact numbers. */
static gp_status take(gp_dtype dtype, const char *what, const double *v, size_t count,
                      arb_ptr *balls, gp_error *error) {
    for (size_t i = 0; i < count; i++)
        if (!fits(dtype, v[i]))
            return gp_fail(error, GP_ERROR_INPUT, "prove: number %zu of the %s is %s", i, what,
                           isfinite(v[i]) ? "not one of float32" : "not finite");
    *balls = _arb_vec_init((slong)count);
    for (size_t i = 0; i < count; i++)
        arb_set_d(*balls + i, v[i]);
    return GP_OK;
}

static gp_status look_at_labels(const gp_layers *net, gp_error *error) {
    const gp_network_options *o = net->options;
    double classes = (double)net->width[o->layers];
    for (size_t i = 0; i < net->m * net->label_columns; i++) {
        double y = net->labels[i];
        if (!(o->loss == GP_SQUARED_ERROR           ? isfinite(y)
              : o->loss == GP_SOFTMAX_CROSS_ENTROPY ? y >= 0 && y < classes && y == floor(y)
                                                    : y >= 0 && y <= 1))
            return gp_fail(error, GP_ERROR_INPUT, "prove: label %zu isn't one of its loss", i);
    }
    return GP_OK;
}

/* Room for a pass. */
static gp_status make_room(gp_layers *net, gp_error *error) {
    size_t layers = net->options->layers, widest = 1, most = 1;
    net->a[0] = net->X;
    for (size_t l = 0; l <= layers; l++) {
        size_t cells = net->m * net->width[l];
        widest = net->width[l] > widest ? net->width[l] : widest;
        if (l > 0) {
            net->a[l] = _arb_vec_init((slong)cells);
            net->slope[l] = _arb_vec_init((slong)cells);
            net->noise[l] = calloc(cells, sizeof **net->noise);
            most =
                net->width[l] * net->width[l - 1] > most ? net->width[l] * net->width[l - 1] : most;
            if (!net->noise[l])
                return out_of_memory(error);
        }
    }
    size_t cells = net->m * widest;
    most = most > cells ? most : cells;
    net->delta = _arb_vec_init((slong)cells);
    net->delta_below = _arb_vec_init((slong)cells);
    net->turned = malloc(most * sizeof *net->turned);
    net->turned_too = malloc(cells * sizeof *net->turned_too);
    return net->turned && net->turned_too ? GP_OK : out_of_memory(error);
}

static void clear_vector(arb_ptr v, size_t count) {
    if (v)
        _arb_vec_clear(v, (slong)count);
}

static void release(gp_layers *net) {
    size_t layers = net->options->layers, widest = 0;
    for (size_t l = 0; net->width && l <= layers; l++) {
        size_t cells = net->m * net->width[l];
        widest = net->width[l] > widest ? net->width[l] : widest;
        if (l > 0 && net->a && net->slope && net->noise) {
            clear_vector(net->a[l], cells);
            clear_vector(net->slope[l], cells);
            free(net->noise[l]);
        }
    }
    clear_vector(net->delta, net->m * widest);
    clear_vector(net->delta_below, net->m * widest);
    clear_vector(net->X, net->m * net->options->inputs);
    clear_vector(net->theta, net->n);
    free(net->a);
    free(net->slope);
    free(net->noise);
    free(net->turned);
    free(net->turned_too);
    free(net->width);
    free(net->weights);
}

/* Blocks W1, b1, W2, b2, ... */
static gp_status prove(gp_layers *net, const double *g, const gp_proof_options *options,
                       gp_proof **proof, gp_error *error) {
    enum { NAME = 32 };
    size_t layers = net->options->layers;
    gp_proof_block *block = calloc(2 * layers, sizeof *block);
    char *name = calloc(2 * layers, NAME);
    size_t *shape = calloc(2 * layers, sizeof *shape);
    gp_proof_options o = options ? *options : (gp_proof_options){0};
    gp_status status = block && name && shape ? GP_OK : out_of_memory(error);
    o.dtype = net->options->dtype;
    for (size_t l = 1; l <= layers && status == GP_OK; l++) {
        size_t at = 2 * (l - 1);
        shape[at] = net->width[l];
        shape[at + 1] = net->width[l - 1];
        snprintf(name + at * NAME, NAME, "W%zu", l);
        snprintf(name + (at + 1) * NAME, NAME, "b%zu", l);
        block[at] = (gp_proof_block){name + at * NAME, 2, shape + at};
        block[at + 1] = (gp_proof_block){name + (at + 1) * NAME, 1, shape + at};
    }
    if (status == GP_OK)
        status = gp_prove_by(gp_layers_enclose, net, 2 * layers, block, g, &o, proof, error);
    free(block);
    free(name);
    free(shape);
    return status;
}

gp_status gp_prove_network(const gp_network_options *network, size_t rows, const double *X,
                           const double *labels, const double *parameters, const double *g,
                           const gp_proof_options *options, gp_proof **proof, gp_error *error) {
    if (!network || !X || !labels || !parameters || !g || !proof || rows == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: NULL argument, or no rows");
    gp_layers net = {.options = network, .labels = labels, .parameters = parameters, .m = rows};
    gp_status status = validate(network, error);
    if (status != GP_OK)
        return status;
    status = lay_out(&net, error);
    if (status == GP_OK)
        status = look_at_labels(&net, error);
    if (status == GP_OK)
        status = take(network->dtype, "data", X, rows * network->inputs, &net.X, error);
    if (status == GP_OK)
        status = take(network->dtype, "parameters", parameters, net.n, &net.theta, error);
    if (status == GP_OK)
        status = make_room(&net, error);
    if (status == GP_OK)
        status = prove(&net, g, options, proof, error);
    release(&net);
    return status;
}

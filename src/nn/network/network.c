/* A dense network: its shape, weights and data, and the network as a function under test. */
#include "nn/network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/blas.h"
#include "nn/network/limits.h"
#include "nn/network/loss.h"
#include "nn/network/units.h"
#include "system/random.h"

static size_t real_size(const gp_network *net) {
    return gp_dtype_size(net->options.dtype);
}

/* He, Zhang, Ren & Sun (2015): deviation sqrt(2 / inputs) for units that pass half their inputs;
 * Glorot & Bengio (2010): sqrt(2 / (inputs + units)) for the others. Biases start at 0. */
static void initialise(gp_network *net) {
    const gp_network_options *o = &net->options;
    for (size_t l = 1; l <= o->layers; l++) {
        double v = (double)net->width[l - 1], u = (double)net->width[l];
        int he =
            gp_unit_passes_half(o->hidden) && l < o->layers && o->initial == GP_INITIAL_BY_UNIT;
        double deviation = he ? sqrt(2 / v) : sqrt(2 / (v + u));
        double *W = net->theta + net->weights[l];
        for (size_t i = 0; i < net->width[l] * net->width[l - 1]; i++)
            W[i] = deviation * gp_random_normal(o->seed, GP_STREAM_WEIGHTS, l, i);
        memset(W + net->width[l] * net->width[l - 1], 0, net->width[l] * sizeof *W);
    }
}

/* GP_OK if there can be such a network. */
static gp_status validate(const gp_network_options *o, gp_error *error) {
    if (o->layers == 0 || o->layers > GP_MAX_LAYERS)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: must have 1 to %d layers, not %zu",
                       GP_MAX_LAYERS, o->layers);
    if (!gp_activation_string(o->hidden) || !gp_loss_string(o->loss))
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: unknown activation or loss");
    if ((o->dtype != GP_FLOAT64 && o->dtype != GP_FLOAT32) ||
        (o->initial != GP_INITIAL_BY_UNIT && o->initial != GP_INITIAL_GLOROT))
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: unknown precision or initial weights");
    if (!(o->dropout >= 0 && o->dropout < 1) || !(o->l2 >= 0) || isinf(o->l2) ||
        !(o->positive_weight >= 0) || isinf(o->positive_weight))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "network: dropout must be in [0, 1), l2 and the class weight not negative");
    for (size_t l = 0; l <= o->layers; l++) {
        size_t width = l ? o->units[l - 1] : o->inputs;
        if (width == 0 || width > GP_MAX_WIDTH)
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "network: layer %zu must have 1 to %d units, not %zu", l, GP_MAX_WIDTH,
                           width);
    }
    if (o->units[o->layers - 1] > GP_MAX_OUTPUTS)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: at most %d outputs, not %zu",
                       GP_MAX_OUTPUTS, o->units[o->layers - 1]);
    return GP_OK;
}

/* Where each layer's parameters lie, and room for all of them. */
static gp_status lay_out(gp_network *net, const gp_network_options *o, gp_error *error) {
    net->width = calloc(o->layers + 1, sizeof *net->width);
    net->weights = calloc(o->layers + 1, sizeof *net->weights);
    net->z = calloc(o->layers + 1, sizeof *net->z);
    net->a = calloc(o->layers + 1, sizeof *net->a);
    if (!net->width || !net->weights || !net->z || !net->a)
        return gp_fail(error, GP_ERROR_MEMORY, "network: out of memory");
    net->width[0] = o->inputs;
    for (size_t l = 1; l <= o->layers; l++) {
        net->width[l] = o->units[l - 1];
        net->weights[l] = net->n;
        size_t weights = gp_volume(2, (size_t[]){net->width[l], net->width[l - 1] + 1});
        if (weights == 0 || weights > GP_MAX_ENTRIES - net->n)
            return gp_fail(error, GP_ERROR_ARGUMENT, "network: more parameters than fit");
        net->n += weights;
    }
    net->theta = malloc(net->n * sizeof *net->theta);
    return net->theta ? GP_OK : gp_fail(error, GP_ERROR_MEMORY, "network: out of memory");
}

gp_status gp_network_create(const gp_network_options *o, gp_network **network, gp_error *error) {
    if (!o || !network || !o->units)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: NULL argument");
    gp_status status = validate(o, error);
    if (status != GP_OK)
        return status;
    if (!gp_blas_has_room(1))
        return gp_fail(error, GP_ERROR_MEMORY,
                       "network: out of memory: OpenBLAS needs 160 MB of address space more than "
                       "there is (ulimit -v)");
    gp_network *net = calloc(1, sizeof *net);
    if (!net)
        return gp_fail(error, GP_ERROR_MEMORY, "network: out of memory");
    net->options = *o;
    net->options.units = NULL; /* borrowed; width has them */
    status = lay_out(net, o, error);
    if (status == GP_OK)
        initialise(net);
    if (status == GP_OK && o->value_in_float64 && o->dtype == GP_FLOAT32) {
        gp_network_options twin = *o;
        twin.dtype = GP_FLOAT64;
        status = gp_network_create(&twin, &net->twin, error);
    }
    if (status == GP_OK)
        *network = net;
    else
        gp_network_destroy(net);
    return status;
}

/* What is kept of a point belongs to the data. */
static void forget(gp_network *net) {
    if (net->base)
        net->forget(net);
}

static void free_workspace(gp_network *net) {
    for (size_t l = 0; net->z && net->a && l <= net->options.layers; l++) {
        free(net->z[l]);
        free(net->a[l]);
        net->z[l] = net->a[l] = NULL;
    }
    free(net->delta);
    free(net->delta_below);
    net->delta = net->delta_below = NULL;
    net->capacity = 0;
}

void gp_network_destroy(gp_network *net) {
    if (!net)
        return;
    gp_network_destroy(net->twin);
    free_workspace(net);
    free(net->z);
    free(net->a);
    free(net->width);
    free(net->weights);
    free(net->theta);
    forget(net);
    free(net->X64);
    free(net->X32);
    free(net->labels);
    free(net);
}

size_t gp_network_parameters(const gp_network *net) {
    return net ? net->n : 0;
}

void gp_network_get(const gp_network *net, double *parameters) {
    if (net && parameters)
        memcpy(parameters, net->theta, net->n * sizeof *parameters);
}

void gp_network_set(gp_network *net, const double *parameters) {
    if (net && parameters)
        memcpy(net->theta, parameters, net->n * sizeof *parameters);
}

static gp_status reserve(gp_network *net, size_t rows) {
    if (rows <= net->capacity)
        return GP_OK;
    size_t widest = 0, real = real_size(net);
    free_workspace(net);
    net->count = 0; /* nothing can be evaluated until there is room again */
    for (size_t l = 1; l <= net->options.layers; l++) {
        widest = net->width[l] > widest ? net->width[l] : widest;
        if (rows > GP_MAX_ENTRIES / widest)
            return GP_ERROR_MEMORY;
        net->z[l] = malloc(rows * net->width[l] * real);
        net->a[l] = malloc(rows * net->width[l] * real);
        if (!net->z[l] || !net->a[l])
            return GP_ERROR_MEMORY;
    }
    net->delta = malloc(rows * widest * real);
    net->delta_below = malloc(rows * widest * real);
    if (!net->delta || !net->delta_below)
        return GP_ERROR_MEMORY;
    net->capacity = rows;
    return GP_OK;
}

gp_status gp_network_set_data(gp_network *net, size_t examples, const double *X,
                              const double *labels) {
    if (!net || !X || !labels || examples == 0)
        return GP_ERROR_ARGUMENT;
    const gp_network_options *o = &net->options;
    size_t outputs = net->width[o->layers];
    if (examples > GP_MAX_ENTRIES / net->width[0] || examples > GP_MAX_ENTRIES / outputs)
        return GP_ERROR_ARGUMENT;
    size_t cells = examples * net->width[0];
    net->label_columns = gp_loss_labels(o->loss, outputs);
    for (size_t i = 0; i < examples * net->label_columns; i++)
        if (!gp_loss_fits(o->loss, labels[i], outputs))
            return GP_ERROR_ARGUMENT;
    forget(net);
    free(net->X64);
    free(net->X32);
    free(net->labels);
    net->X64 = NULL;
    net->X32 = NULL;
    net->examples = net->count = 0;
    net->labels = malloc(examples * net->label_columns * sizeof *labels);
    if (!net->labels)
        return GP_ERROR_MEMORY;
    memcpy(net->labels, labels, examples * net->label_columns * sizeof *labels);
    if (o->dtype == GP_FLOAT64) {
        net->X64 = malloc(cells * sizeof *net->X64);
        if (!net->X64)
            return GP_ERROR_MEMORY;
        memcpy(net->X64, X, cells * sizeof *X);
    } else {
        net->X32 = malloc(cells * sizeof *net->X32);
        if (!net->X32)
            return GP_ERROR_MEMORY;
        for (size_t i = 0; i < cells; i++)
            net->X32[i] = (float)X[i];
    }
    net->examples = examples;
    if (net->twin && net->X32) {
        /* the same examples: as rounded to float32 */
        double *rounded = calloc(cells, sizeof *rounded);
        if (!rounded)
            return GP_ERROR_MEMORY;
        for (size_t i = 0; i < cells; i++)
            rounded[i] = net->X32[i];
        gp_status status = gp_network_set_data(net->twin, examples, rounded, labels);
        free(rounded);
        if (status != GP_OK)
            return status;
    }
    return gp_network_set_rows(net, 0, examples);
}

gp_status gp_network_set_rows(gp_network *net, size_t first, size_t count) {
    if (!net || count == 0 || first >= net->examples || count > net->examples - first)
        return GP_ERROR_ARGUMENT;
    gp_status status = reserve(net, count);
    if (status != GP_OK)
        return status;
    net->first = first;
    net->count = count;
    return net->twin ? gp_network_set_rows(net->twin, first, count) : GP_OK;
}

gp_status gp_network_describe(const gp_network *net, gp_network_options *options) {
    if (!net || !options)
        return GP_ERROR_ARGUMENT;
    *options = net->options;
    options->units = net->width + 1;
    return GP_OK;
}

size_t gp_network_rows(const gp_network *net, double *X, double *labels) {
    if (!net)
        return 0;
    size_t first = net->first * net->width[0], cells = net->count * net->width[0];
    for (size_t i = 0; i < cells && X; i++)
        X[i] = net->X64 ? net->X64[first + i] : (double)net->X32[first + i];
    if (labels && net->count > 0)
        memcpy(labels, net->labels + net->first * net->label_columns,
               net->count * net->label_columns * sizeof *labels);
    return net->count;
}

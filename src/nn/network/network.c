/* A dense network: its shape, weights and data, and the network as a function under test. */
#include "nn/network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/blas.h"
#include "nn/network/limits.h"
#include "system/random.h"

static size_t real_size(const gp_network *net) {
    return gp_dtype_size(net->options.dtype);
}

/* He, Zhang, Ren & Sun (2015): deviation sqrt(2 / inputs) for units that pass half their inputs;
 * Glorot & Bengio (2010): sqrt(2 / (inputs + units)) for the others. Biases start at 0. */
static void initialise(gp_network *net) {
    const gp_network_options *o = &net->options;
    int rectified = o->hidden == GP_RELU || o->hidden == GP_LEAKY_RELU || o->hidden == GP_GELU;
    for (size_t l = 1; l <= o->layers; l++) {
        double v = (double)net->width[l - 1], u = (double)net->width[l];
        int he = rectified && l < o->layers && o->initial == GP_INITIAL_BY_UNIT;
        double deviation = he ? sqrt(2 / v) : sqrt(2 / (v + u));
        double *W = net->theta + net->weights[l];
        for (size_t i = 0; i < net->width[l] * net->width[l - 1]; i++)
            W[i] = deviation * gp_random_normal(o->seed, GP_STREAM_WEIGHTS, l, i);
        memset(W + net->width[l] * net->width[l - 1], 0, net->width[l] * sizeof *W);
    }
}

gp_status gp_network_create(const gp_network_options *o, gp_network **network, gp_error *error) {
    if (!o || !network || !o->units)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: NULL argument");
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
    if (!gp_blas_has_room(1))
        return gp_fail(error, GP_ERROR_MEMORY,
                       "network: out of memory: OpenBLAS needs 160 MB of address space more than "
                       "there is (ulimit -v)");
    gp_network *net = calloc(1, sizeof *net);
    if (!net)
        return gp_fail(error, GP_ERROR_MEMORY, "network: out of memory");
    net->options = *o;
    net->options.units = NULL; /* borrowed; width has them */
    net->width = calloc(o->layers + 1, sizeof *net->width);
    net->weights = calloc(o->layers + 1, sizeof *net->weights);
    net->z = calloc(o->layers + 1, sizeof *net->z);
    net->a = calloc(o->layers + 1, sizeof *net->a);
    if (net->width && net->weights && net->z && net->a) {
        net->width[0] = o->inputs;
        for (size_t l = 1; l <= o->layers; l++) {
            net->width[l] = o->units[l - 1];
            net->weights[l] = net->n;
            size_t weights = gp_volume(2, (size_t[]){net->width[l], net->width[l - 1] + 1});
            if (weights == 0 || weights > GP_MAX_ENTRIES - net->n) {
                gp_network_destroy(net);
                return gp_fail(error, GP_ERROR_ARGUMENT, "network: more parameters than fit");
            }
            net->n += weights;
        }
        net->theta = malloc(net->n * sizeof *net->theta);
    }
    if (!net->theta) {
        gp_network_destroy(net);
        return gp_fail(error, GP_ERROR_MEMORY, "network: out of memory");
    }
    initialise(net);
    if (o->value_in_float64 && o->dtype == GP_FLOAT32) {
        gp_network_options twin = *o;
        twin.dtype = GP_FLOAT64;
        gp_status status = gp_network_create(&twin, &net->twin, error);
        if (status != GP_OK) {
            gp_network_destroy(net);
            return status;
        }
    }
    *network = net;
    return GP_OK;
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
    gp_network_forget(net);
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
    net->label_columns = o->loss == GP_SOFTMAX_CROSS_ENTROPY ? 1 : outputs;
    for (size_t i = 0; i < examples * net->label_columns; i++) {
        double y = labels[i];
        int fits = o->loss == GP_SQUARED_ERROR ? isfinite(y)
                   : o->loss == GP_SOFTMAX_CROSS_ENTROPY
                       ? y >= 0 && y < (double)outputs && y == floor(y)
                       : y >= 0 && y <= 1;
        if (!fits)
            return GP_ERROR_ARGUMENT;
    }
    gp_network_forget(net);
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

/* ---- the network as a function under test --------------------------------------- */

static int value_f64(void *user, size_t n, const double *x, double *value) {
    (void)n;
    return gp_dense_forward_f64(user, x, value);
}

static int entries_f64(void *user, size_t n, const double *x, int same, size_t count,
                       const size_t *entry, const double *number, double *values) {
    (void)n;
    return gp_dense_probes(user, x, same, count, entry, number, values) ? GP_NO_MEMORY : 0;
}

static int changes_f64(void *user, size_t n, const double *x, const double *v, int same,
                       size_t count, const double *step, double *changes) {
    gp_network *net = user;
    (void)n;
    return gp_dense_changes(net->twin ? net->twin : net, x, v, same, count, step, changes)
               ? GP_NO_MEMORY
               : 0;
}

static int gradient_f64(void *user, size_t n, const double *x, double *g) {
    double value;
    (void)n;
    return gp_dense_forward_f64(user, x, &value) || gp_dense_backward_f64(user, x, g);
}

static int value_f32(void *user, size_t n, const float *x, double *value) {
    (void)n;
    return gp_dense_forward_f32(user, x, value);
}

static int value_of_twin(void *user, size_t n, const double *x, double *value) {
    gp_network *net = user;
    (void)n;
    return gp_dense_forward_f64(net->twin, x, value);
}

static int gradient_f32(void *user, size_t n, const float *x, float *g) {
    double value;
    (void)n;
    return gp_dense_forward_f32(user, x, &value) || gp_dense_backward_f32(user, x, g);
}

static int hold_mask(void *user, uint64_t seed) {
    gp_network *net = user;
    net->mask_seed = seed;
    net->mask_draw = 0;
    return net->twin ? hold_mask(net->twin, seed) : 0;
}

static int suspect(void *user, size_t which, size_t n, const double *x, double *g) {
    (void)n;
    return gp_network_suspect(user, which, x, g) ? GP_NO_MEMORY : 0;
}

static int use_examples(void *user, size_t first, size_t count) {
    gp_network *net = user;
    gp_status status = gp_network_set_rows(net, net->batch_first + first, count);
    return status == GP_ERROR_MEMORY ? GP_NO_MEMORY : status != GP_OK;
}

static int use_batch(void *user, size_t batch) {
    gp_network *net = user;
    net->batch_first = batch * net->batch;
    return use_examples(net, 0, net->batch);
}

static int use_part(void *user, size_t part) {
    gp_network *net = user;
    net->part = (gp_network_part)part;
    return net->twin ? use_part(net->twin, part) : 0;
}

static double element(const gp_network *net, const void *array, size_t i) {
    return net->options.dtype == GP_FLOAT64 ? ((const double *)array)[i]
                                            : (double)((const float *)array)[i];
}

/* Does hidden unit k of layer l pass no derivative for any row in use? */
static int unit_is_silent(const gp_network *net, size_t l, size_t k) {
    const gp_network_options *o = &net->options;
    if (l == o->layers)
        return 0;
    for (size_t r = 0; r < net->count; r++) {
        double z = element(net, net->z[l], r * net->width[l] + k);
        if (gp_activate_derivative(o->hidden, z) != 0 &&
            (o->dropout == 0 || gp_dropout_keeps(net, l, r, k)))
            return 0;
    }
    return 1;
}

/* Is input k of layer l (unit k of the layer below) zero for all rows in use? */
static int input_is_zero(const gp_network *net, size_t l, size_t k) {
    size_t v = net->width[l - 1];
    const void *below = l > 1 ? net->a[l - 1] : net->X64 ? (void *)net->X64 : (void *)net->X32;
    size_t first = l > 1 ? 0 : net->first;
    for (size_t r = 0; r < net->count; r++)
        if (element(net, below, (first + r) * v + k) != 0)
            return 0;
    return 1;
}

/* Of W_l[i][j] and b_l[i]: the unit itself, what feeds it, or all that it feeds. */
static int silence(void *user, size_t entry, char *name, size_t size) {
    const gp_network *own = user, *net = own->twin ? own->twin : own; /* the value's */
    const gp_network_options *o = &net->options;
    size_t l = o->layers;
    while (net->weights[l] > entry)
        l--;
    size_t u = net->width[l], v = net->width[l - 1], at = entry - net->weights[l];
    size_t i = at < u * v ? at / v : at - u * v;
    const char *units = gp_activation_string(o->hidden);
    if (unit_is_silent(net, l, i)) {
        snprintf(name, size, "unit %zu of layer %zu (%s)", i, l, units);
        return 0;
    }
    if (at < u * v && input_is_zero(net, l, at % v)) {
        if (l > 1)
            snprintf(name, size, "unit %zu of layer %zu (%s)", at % v, l - 1, units);
        else
            snprintf(name, size, "input %zu, zero in every row", at % v);
        return 0;
    }
    for (size_t above = l + 1; above < o->layers; above++) {
        size_t k = 0;
        while (k < net->width[above] && unit_is_silent(net, above, k))
            k++;
        if (k == net->width[above]) {
            snprintf(name, size, "all units of layer %zu (%s)", above, units);
            return 0;
        }
    }
    return -1;
}

gp_status gp_network_function(gp_network *net, size_t batch, gp_function **function,
                              gp_error *error) {
    if (!net || !function)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: NULL argument");
    if (net->examples == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: has no data: call gp_network_set_data");
    if (batch == 0 || batch > net->examples)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "network: a batch must have at least 1 row and at most %zu, all there are, "
                       "not %zu",
                       net->examples, batch);
    const gp_network_options *o = &net->options;
    gp_function *f = NULL;
    gp_status status = gp_function_create("network", o->dtype, net, &f);
    for (size_t l = 1; l <= o->layers && status == GP_OK; l++) {
        char name[32];
        size_t u = net->width[l], v = net->width[l - 1];
        const double *W = net->theta + net->weights[l];
        snprintf(name, sizeof name, "W%zu", l);
        status = gp_function_add_block(f, name, (unsigned)l, 2, (size_t[]){u, v}, W);
        snprintf(name, sizeof name, "b%zu", l);
        if (status == GP_OK)
            status = gp_function_add_block(f, name, (unsigned)l, 1, &u, W + u * v);
    }
    if (status == GP_OK)
        status = gp_network_set_rows(net, 0, batch);
    if (status != GP_OK) {
        gp_function_destroy(f);
        return gp_fail(error, status, "network: out of memory");
    }
    net->batch = batch;
    net->batch_first = 0;
    (void)use_part(net, GP_PART_ALL);
    if (o->dtype == GP_FLOAT64) {
        gp_function_set_value_f64(f, value_f64);
        gp_function_set_gradient_f64(f, gradient_f64);
        if (o->dropout == 0)
            gp_function_set_entries_f64(f, entries_f64);
    } else {
        if (net->twin)
            gp_function_set_value_f64(f, value_of_twin);
        else
            gp_function_set_value_f32(f, value_f32);
        gp_function_set_gradient_f32(f, gradient_f32);
    }
    if (o->dropout > 0)
        gp_function_set_seed(f, hold_mask);
    else if ((o->dtype == GP_FLOAT64 || net->twin) && o->loss != GP_NOTEBOOK_CROSS_ENTROPY)
        gp_function_set_changes_f64(f, changes_f64);
    gp_function_set_batches(f, net->examples / batch, use_batch);
    gp_function_set_silence(f, silence);
    size_t suspects;
    const gp_suspect *known = gp_network_suspects(&suspects);
    gp_function_set_suspects(f, suspects, known, suspect);
    gp_function_set_examples(f, batch, use_examples);
    static const char *const parts[] = {"data loss", "weight decay"};
    if (o->l2 > 0 && (status = gp_function_set_parts(f, 2, parts, use_part)) != GP_OK) {
        gp_function_destroy(f);
        return gp_fail(error, status, "network: out of memory");
    }
    *function = f;
    return GP_OK;
}

gp_status gp_network_cost(gp_network *net, double *cost, double *gradient) {
    if (!net || net->count == 0)
        return GP_ERROR_ARGUMENT;
    double value;
    if (net->options.dtype == GP_FLOAT64) {
        gp_dense_forward_f64(net, net->theta, &value);
        if (gradient)
            gp_dense_backward_f64(net, net->theta, gradient);
    } else {
        float *theta = malloc(2 * net->n * sizeof *theta);
        if (!theta)
            return GP_ERROR_MEMORY;
        float *g = theta + net->n;
        for (size_t i = 0; i < net->n; i++)
            theta[i] = (float)net->theta[i];
        gp_dense_forward_f32(net, theta, &value);
        if (gradient) {
            gp_dense_backward_f32(net, theta, g);
            for (size_t i = 0; i < net->n; i++)
                gradient[i] = g[i];
        }
        free(theta);
    }
    if (cost)
        *cost = value;
    return GP_OK;
}

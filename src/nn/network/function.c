/* A network as a function under test: its callbacks, and the names of its silent units. */
#include <stdio.h>

#include "nn/network/loss.h"
#include "nn/network/network.h"

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

static gp_status add_blocks(const gp_network *net, gp_function *f) {
    gp_status status = GP_OK;
    for (size_t l = 1; l <= net->options.layers && status == GP_OK; l++) {
        char name[32];
        size_t u = net->width[l], v = net->width[l - 1];
        const double *W = net->theta + net->weights[l];
        snprintf(name, sizeof name, "W%zu", l);
        status = gp_function_add_block(f, name, (unsigned)l, 2, (size_t[]){u, v}, W);
        snprintf(name, sizeof name, "b%zu", l);
        if (status == GP_OK)
            status = gp_function_add_block(f, name, (unsigned)l, 1, &u, W + u * v);
    }
    return status;
}

/* Callbacks that depend on precision, dropout and loss. */
static void set_passes(const gp_network *net, gp_function *f) {
    const gp_network_options *o = &net->options;
    if (o->dtype == GP_FLOAT64) {
        gp_function_set_value(f, value_f64);
        gp_function_set_gradient(f, gradient_f64);
        if (o->dropout == 0)
            gp_function_set_entries(f, entries_f64);
    } else {
        if (net->twin)
            gp_function_set_value(f, value_of_twin);
        else
            gp_function_set_value(f, value_f32);
        gp_function_set_gradient(f, gradient_f32);
    }
    if (o->dropout > 0)
        gp_function_set_seed(f, hold_mask);
    else if ((o->dtype == GP_FLOAT64 || net->twin) && gp_loss_has_change(o->loss))
        gp_function_set_changes(f, changes_f64);
}

gp_status gp_network_function(gp_network *net, size_t batch, gp_function **function,
                              gp_error *error) {
    static const char *const PARTS[] = {"data loss", "weight decay"};
    if (!net || !function)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: NULL argument");
    if (net->examples == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "network: has no data: call gp_network_set_data");
    if (batch == 0 || batch > net->examples)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "network: a batch must have at least 1 row and at most %zu, all there are, "
                       "not %zu",
                       net->examples, batch);
    gp_function *f = NULL;
    gp_status status = gp_function_create("network", net->options.dtype, net, &f);
    if (status == GP_OK)
        status = add_blocks(net, f);
    if (status == GP_OK)
        status = gp_network_set_rows(net, 0, batch);
    if (status == GP_OK && net->options.l2 > 0)
        status = gp_function_set_parts(f, 2, PARTS, use_part);
    if (status != GP_OK) {
        gp_function_destroy(f);
        return gp_fail(error, status, "network: out of memory");
    }
    size_t suspects;
    const gp_suspect *known = gp_network_suspects(&suspects);
    net->batch = batch;
    net->batch_first = 0;
    (void)use_part(net, GP_PART_ALL);
    set_passes(net, f);
    gp_function_set_batches(f, net->examples / batch, use_batch);
    gp_function_set_examples(f, batch, use_examples);
    gp_function_set_silence(f, silence);
    gp_function_set_suspects(f, suspects, known, suspect);
    *function = f;
    return GP_OK;
}

/* A trained network and its file. What the tensors can't say is in the metadata: the architecture,
 * the inputs' names and standardisation, the checks. */
#include "nn/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/limits.h"
#include "system/checksum.h"
#include "system/json_build.h"
#include "system/json_text.h"
#include "system/text.h"

static const char FORMAT[] = "gradproof.model/1";
enum { SLICE = 1024 }; /* rows scored at a time */

void gp_model_destroy(gp_model *m) {
    if (!m)
        return;
    for (size_t k = 0; k < m->inputs && m->input; k++)
        free(m->input[k]);
    free(m->input);
    free(m->mean);
    free(m->deviation);
    free(m->label);
    free(m->checks);
    free(m->certificate);
    gp_network_destroy(m->network);
    free(m);
}

size_t gp_model_inputs(const gp_model *m) {
    return m ? m->inputs : 0;
}

const char *gp_model_input_name(const gp_model *m, size_t input) {
    return m && input < m->inputs ? m->input[input] : NULL;
}

const char *gp_model_label(const gp_model *m) {
    return m ? m->label : NULL;
}

const char *gp_model_checks(const gp_model *m) {
    return m ? m->checks : NULL;
}

gp_network *gp_model_network(gp_model *m) {
    return m ? m->network : NULL;
}

/* ---- scoring --------------------------------------------------------------------- */

/* x := rows of raw inputs X, as the network takes them. */
static void standardise(const gp_model *m, size_t rows, const double *X, double *x) {
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < m->inputs; k++) {
            double raw = X[r * m->inputs + k];
            x[r * m->inputs + k] = m->deviation[k] > 0 ? (raw - m->mean[k]) / m->deviation[k] : 0;
        }
}

gp_status gp_network_logits(gp_network *net, size_t rows, const double *X, double *logits) {
    size_t inputs = net->width[0], layers = net->options.layers;
    int wide = net->options.dtype == GP_FLOAT64;
    if (net->examples != SLICE) {
        double *zeros = calloc(SLICE * inputs + SLICE * GP_MAX_OUTPUTS, sizeof *zeros);
        gp_status status = zeros ? gp_network_set_data(net, SLICE, zeros, zeros + SLICE * inputs)
                                 : GP_ERROR_MEMORY;
        free(zeros);
        if (status != GP_OK)
            return status;
    }
    float *narrow = wide ? NULL : malloc(net->n * sizeof *narrow);
    if (!wide && !narrow)
        return GP_ERROR_MEMORY;
    for (size_t i = 0; i < net->n && !wide; i++)
        narrow[i] = (float)net->theta[i];
    gp_status status = GP_OK;
    for (size_t at = 0; at < rows && status == GP_OK; at += SLICE) {
        size_t some = rows - at < SLICE ? rows - at : SLICE;
        double cost;
        for (size_t i = 0; i < some * inputs; i++)
            if (wide)
                net->X64[i] = X[at * inputs + i];
            else
                net->X32[i] = (float)X[at * inputs + i];
        status = gp_network_set_rows(net, 0, some);
        if (status == GP_OK)
            (void)(wide ? gp_dense_forward_f64(net, net->theta, &cost)
                        : gp_dense_forward_f32(net, narrow, &cost));
        for (size_t r = 0; r < some && status == GP_OK; r++)
            logits[at + r] =
                wide ? ((double *)net->z[layers])[r] : (double)((float *)net->z[layers])[r];
    }
    free(narrow);
    return status;
}

gp_status gp_model_score(gp_model *m, size_t rows, const double *X, double *p) {
    if (!m || !X || !p || rows == 0)
        return GP_ERROR_ARGUMENT;
    double *x = calloc(SLICE * m->inputs, sizeof *x);
    if (!x)
        return GP_ERROR_MEMORY;
    gp_status status = GP_OK;
    for (size_t at = 0; at < rows && status == GP_OK; at += SLICE) {
        size_t some = rows - at < SLICE ? rows - at : SLICE;
        standardise(m, some, X + at * m->inputs, x);
        status = gp_network_logits(m->network, some, x, p + at);
        for (size_t r = 0; r < some && status == GP_OK; r++)
            p[at + r] = gp_sigmoid(p[at + r]);
    }
    free(x);
    return status;
}

/* The derivative of each logit by its row, `rows` of them up to SLICE, right after their logits. */
static gp_status input_gradient(gp_network *net, size_t rows, double *dX) {
    size_t cells = rows * net->width[0];
    if (net->options.dtype == GP_FLOAT64) {
        (void)gp_dense_input_gradient_f64(net, net->theta, dX);
        return GP_OK;
    }
    float *narrow = malloc((net->n + cells) * sizeof *narrow);
    if (!narrow)
        return GP_ERROR_MEMORY;
    for (size_t i = 0; i < net->n; i++)
        narrow[i] = (float)net->theta[i];
    (void)gp_dense_input_gradient_f32(net, narrow, narrow + net->n);
    for (size_t i = 0; i < cells; i++)
        dX[i] = narrow[net->n + i];
    free(narrow);
    return GP_OK;
}

gp_status gp_model_explain(gp_model *m, size_t rows, const double *X, double *influence) {
    if (!m || !X || !influence || rows == 0)
        return GP_ERROR_ARGUMENT;
    double *x = calloc(SLICE * m->inputs, sizeof *x), logits[SLICE];
    gp_status status = x ? GP_OK : GP_ERROR_MEMORY;
    for (size_t at = 0; at < rows && status == GP_OK; at += SLICE) {
        size_t some = rows - at < SLICE ? rows - at : SLICE;
        double *to = influence + at * m->inputs;
        standardise(m, some, X + at * m->inputs, x);
        status = gp_network_logits(m->network, some, x, logits);
        if (status == GP_OK)
            status = input_gradient(m->network, some, to);
        for (size_t i = 0; i < some * m->inputs && status == GP_OK; i++)
            to[i] *= x[i];
    }
    free(x);
    return status;
}

gp_status gp_model_function(gp_model *m, size_t rows, const double *X, const double *labels,
                            gp_function **function, gp_error *error) {
    if (!m || !X || !labels || !function || rows == 0 || rows > GP_MAX_ENTRIES / m->inputs)
        return gp_fail(error, GP_ERROR_ARGUMENT, "model: needs rows, their labels, and no NULL");
    double *x = calloc(rows * m->inputs, sizeof *x);
    gp_status status = x ? GP_OK : GP_ERROR_MEMORY;
    if (status == GP_OK) {
        standardise(m, rows, X, x);
        status = gp_network_set_data(m->network, rows, x, labels);
    }
    free(x);
    if (status != GP_OK)
        return gp_fail(error, status, "model: %s",
                       status == GP_ERROR_ARGUMENT ? "labels must be 0 or 1" : "out of memory");
    return gp_network_function(m->network, rows, function, error);
}

void gp_model_checksum(const gp_tensors *t, char *text, size_t size) {
    uint64_t all = 0;
    for (size_t k = 0; k < t->texts; k++) {
        if (strcmp(t->text[k].key, "checksum") == 0)
            continue;
        uint64_t sum = gp_sum_bytes(GP_SUM_START, t->text[k].key, strlen(t->text[k].key) + 1);
        all += gp_sum_bytes(sum, t->text[k].value, strlen(t->text[k].value));
    }
    for (size_t k = 0; k < t->tensors; k++) {
        const gp_tensor *tensor = &t->tensor[k];
        uint64_t sum = gp_sum_bytes(GP_SUM_START, tensor->name, strlen(tensor->name) + 1);
        sum = gp_sum_bytes(sum, tensor->shape, tensor->dimensions * sizeof *tensor->shape);
        all += gp_sum_bytes(sum, tensor->values, tensor->entries * sizeof *tensor->values);
    }
    snprintf(text, size, "%016llx", (unsigned long long)all);
}

const char *gp_model_certificate(const gp_model *m) {
    return m ? m->certificate : NULL;
}

gp_status gp_model_set_certificate(gp_model *m, const char *certificate) {
    char *copy = certificate ? gp_copy_string(certificate) : NULL;
    if (!m)
        return GP_ERROR_ARGUMENT;
    if (certificate && !copy)
        return GP_ERROR_MEMORY;
    free(m->certificate);
    m->certificate = copy;
    return GP_OK;
}

/* ---- writing --------------------------------------------------------------------- */

static json_t *numbers(const double *v, size_t count) {
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        gp_json_add(&list, json_real(v[k]));
    return list;
}

static json_t *architecture(const gp_model *m) {
    const gp_network *net = m->network;
    const gp_network_options *o = &net->options;
    json_t *hidden = json_array();
    for (size_t l = 1; l < o->layers; l++)
        gp_json_add(&hidden, json_integer((json_int_t)net->width[l]));
    return json_pack("{s:o, s:s, s:f, s:f, s:f}", "hidden", hidden, "activation",
                     gp_activation_string(o->hidden), "dropout", m->dropout, "l2", o->l2,
                     "positive_weight", o->positive_weight);
}

static gp_status add_json(gp_tensors *t, const char *key, json_t *value) {
    char *text = gp_json_write(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    gp_status status = text ? gp_tensors_add_text(t, key, text) : GP_ERROR_MEMORY;
    free(text);
    json_decref(value);
    return status;
}

gp_status gp_model_write(const gp_model *m, const char *path, gp_error *error) {
    if (!m || !path)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_model_write: NULL argument");
    const gp_network *net = m->network;
    gp_tensors t = {0};
    json_t *names = json_array();
    for (size_t k = 0; k < m->inputs; k++)
        gp_json_add(&names, json_string(m->input[k]));
    gp_status status = gp_tensors_add_text(&t, "format", FORMAT);
    if (status == GP_OK)
        status = gp_tensors_add_text(&t, "label", m->label);
    if (status == GP_OK)
        status = gp_tensors_add_text(&t, "checks", m->checks);
    if (status == GP_OK && m->certificate)
        status = gp_tensors_add_text(&t, "certificate", m->certificate);
    status = add_json(&t, "inputs", names) == GP_OK ? status : GP_ERROR_MEMORY;
    if (status == GP_OK)
        status = add_json(&t, "network", architecture(m));
    if (status == GP_OK)
        status = add_json(&t, "mean", numbers(m->mean, m->inputs));
    if (status == GP_OK)
        status = add_json(&t, "deviation", numbers(m->deviation, m->inputs));
    for (size_t l = 1; l <= net->options.layers && status == GP_OK; l++) {
        size_t shape[] = {net->width[l], net->width[l - 1]};
        const double *W = net->theta + net->weights[l];
        char name[32];
        snprintf(name, sizeof name, "W%zu", l);
        status = gp_tensors_add(&t, name, net->options.dtype, 2, shape, W);
        snprintf(name, sizeof name, "b%zu", l);
        if (status == GP_OK)
            status =
                gp_tensors_add(&t, name, net->options.dtype, 1, shape, W + shape[0] * shape[1]);
    }
    if (status == GP_OK) {
        char sum[32];
        gp_model_checksum(&t, sum, sizeof sum);
        status = gp_tensors_add_text(&t, "checksum", sum);
    }
    status = status == GP_OK ? gp_tensors_write(path, &t, error)
                             : gp_fail(error, status, "%.200s: out of memory", path);
    gp_tensors_clear(&t);
    return status;
}

/* ---- reading --------------------------------------------------------------------- */

typedef struct gp_opening {
    const char *path;
    gp_error *error;
    gp_tensors tensors; /* borrowed */
    gp_model *model;
} gp_opening;

static gp_status no_model(const gp_opening *o, const char *what) {
    return gp_fail(o->error, GP_ERROR_INPUT, "%.200s: is no model of gradproof's: %s", o->path,
                   what);
}

static gp_status out_of_memory(const gp_opening *o) {
    return gp_fail(o->error, GP_ERROR_MEMORY, "%.200s: out of memory", o->path);
}

/* GP_OK with *json NULL for what isn't there or isn't JSON. */
static gp_status json_text(const gp_opening *o, const char *key, json_t **json) {
    const char *text = gp_tensors_text(&o->tensors, key);
    *json = NULL;
    return text && gp_json_read(text, strlen(text), json) == GP_ERROR_MEMORY ? out_of_memory(o)
                                                                             : GP_OK;
}

/* `count` finite numbers from a metadata array. */
static gp_status read_list(const gp_opening *o, const char *key, size_t count, double *v) {
    json_t *list;
    gp_status status = json_text(o, key, &list);
    if (status != GP_OK)
        return status;
    int fits = json_is_array(list) && json_array_size(list) == count;
    for (size_t k = 0; k < count && fits; k++) {
        const json_t *number = json_array_get(list, k);
        v[k] = json_number_value(number);
        fits = json_is_number(number) && isfinite(v[k]);
    }
    json_decref(list);
    return fits ? GP_OK : no_model(o, "mean and deviation must be a finite number for each input");
}

static gp_status read_inputs(gp_opening *o) {
    gp_model *m = o->model;
    json_t *names;
    gp_status status = json_text(o, "inputs", &names);
    if (status != GP_OK)
        return status;
    size_t count = json_is_array(names) ? json_array_size(names) : 0;
    if (count == 0 || count > GP_MAX_WIDTH) {
        json_decref(names);
        return no_model(o, "its inputs have no names");
    }
    m->input = calloc(count + 1, sizeof *m->input);
    m->mean = calloc(count + 1, sizeof *m->mean);
    m->deviation = calloc(count + 1, sizeof *m->deviation);
    if (!m->input || !m->mean || !m->deviation) {
        json_decref(names);
        return out_of_memory(o);
    }
    for (size_t k = 0; k < count && status == GP_OK; k++) {
        const char *name = json_string_value(json_array_get(names, k));
        if (!name) {
            status = no_model(o, "an input's name isn't a text");
            break;
        }
        m->input[k] = gp_printable_copy(name); /* the file may come from anywhere */
        m->inputs = k + 1;
        if (!m->input[k])
            status = out_of_memory(o);
    }
    json_decref(names);
    if (status == GP_OK)
        status = read_list(o, "mean", m->inputs, m->mean);
    return status == GP_OK ? read_list(o, "deviation", m->inputs, m->deviation) : status;
}

/* What the metadata say of the network; units has room for GP_MAX_LAYERS. */
static gp_status read_architecture(const gp_opening *o, gp_network_options *n, size_t *units) {
    json_t *all;
    gp_status status = json_text(o, "network", &all);
    if (status != GP_OK)
        return status;
    const json_t *hidden = json_object_get(all, "hidden");
    const char *activation = json_string_value(json_object_get(all, "activation"));
    size_t layers = json_array_size(hidden) + 1;
    int fits = json_is_array(hidden) && activation && layers <= GP_MAX_LAYERS;
    for (size_t l = 0; l + 1 < layers && fits; l++) {
        json_int_t width = json_integer_value(json_array_get(hidden, l));
        fits = width > 0 && width <= GP_MAX_WIDTH;
        units[l] = fits ? (size_t)width : 0;
    }
    if (fits) {
        units[layers - 1] = 1;
        n->layers = layers;
        n->units = units;
        n->inputs = o->model->inputs;
        n->dropout = 0;
        o->model->dropout = json_number_value(json_object_get(all, "dropout"));
        n->l2 = json_number_value(json_object_get(all, "l2"));
        n->positive_weight = json_number_value(json_object_get(all, "positive_weight"));
        int unit = 0;
        while (gp_activation_string((gp_activation)unit) &&
               strcmp(gp_activation_string((gp_activation)unit), activation) != 0)
            unit++;
        n->hidden = (gp_activation)unit;
        fits = gp_activation_string((gp_activation)unit) != NULL && o->model->dropout >= 0 &&
               o->model->dropout < 1;
    }
    json_decref(all);
    return fits ? GP_OK : no_model(o, "its architecture can't be read");
}

/* One tensor of the expected shape into the network's parameters. */
static gp_status take(const gp_opening *o, const char *name, size_t dimensions, const size_t *shape,
                      double *to) {
    const gp_tensor *t = gp_tensors_find(&o->tensors, name);
    char what[160];
    int fits = t && t->dimensions == dimensions;
    for (size_t k = 0; k < dimensions && fits; k++)
        fits = t->shape[k] == shape[k];
    for (size_t i = 0; fits && i < t->entries; i++)
        fits = isfinite(t->values[i]);
    if (!fits) {
        snprintf(what, sizeof what, "tensor %.40s %s", name,
                 t ? "has another shape than the architecture says, or a number that isn't finite"
                   : "is missing");
        return no_model(o, what);
    }
    memcpy(to, t->values, t->entries * sizeof *to);
    return GP_OK;
}

static gp_status read_network(gp_opening *o) {
    gp_network_options options = {.loss = GP_SIGMOID_CROSS_ENTROPY};
    size_t units[GP_MAX_LAYERS];
    gp_error detail = {""};
    gp_status status = read_architecture(o, &options, units);
    if (status != GP_OK)
        return status;
    const gp_tensor *first = gp_tensors_find(&o->tensors, "W1");
    options.dtype = first ? first->dtype : GP_FLOAT64;
    options.value_in_float64 = options.dtype == GP_FLOAT32; /* for checks */
    if (o->tensors.tensors != 2 * options.layers)
        return no_model(o, "it has more or fewer tensors than its layers");
    /* A network takes memory: no more than the tensors that are there. */
    for (size_t l = 0; l < options.layers; l++) {
        char name[32];
        size_t shape[] = {units[l], l ? units[l - 1] : options.inputs};
        snprintf(name, sizeof name, "W%zu", l + 1);
        const gp_tensor *t = gp_tensors_find(&o->tensors, name);
        if (!t || t->dimensions != 2 || t->shape[0] != shape[0] || t->shape[1] != shape[1] ||
            t->dtype != options.dtype)
            return no_model(o, "a tensor W is missing, or has another shape or type");
    }
    status = gp_network_create(&options, &o->model->network, &detail);
    if (status != GP_OK)
        return status == GP_ERROR_MEMORY ? out_of_memory(o) : no_model(o, detail.message);
    gp_network *net = o->model->network;
    for (size_t l = 1; l <= options.layers && status == GP_OK; l++) {
        size_t shape[] = {net->width[l], net->width[l - 1]};
        char name[32];
        snprintf(name, sizeof name, "W%zu", l);
        status = take(o, name, 2, shape, net->theta + net->weights[l]);
        snprintf(name, sizeof name, "b%zu", l);
        if (status == GP_OK)
            status = take(o, name, 1, shape, net->theta + net->weights[l] + shape[0] * shape[1]);
    }
    return status;
}

gp_status gp_model_of_tensors(const char *path, const gp_tensors *tensors, gp_model **model,
                              gp_error *error) {
    gp_opening o = {.path = path, .error = error, .tensors = *tensors};
    gp_status status = GP_OK;
    const char *format = gp_tensors_text(tensors, "format");
    const char *label = gp_tensors_text(tensors, "label");
    const char *checks = gp_tensors_text(tensors, "checks");
    if (!format || strcmp(format, FORMAT) != 0 || !label || !checks)
        status = no_model(&o, "its metadata don't say gradproof.model/1");
    const char *said = gp_tensors_text(tensors, "checksum");
    char sum[32];
    gp_model_checksum(tensors, sum, sizeof sum);
    if (status == GP_OK && (!said || strcmp(said, sum) != 0))
        status = no_model(&o, "its checksum is another: something in it has changed");
    o.model = calloc(1, sizeof *o.model);
    if (!o.model)
        return out_of_memory(&o);
    if (status == GP_OK)
        status = read_inputs(&o);
    if (status == GP_OK)
        status = read_network(&o);
    if (status == GP_OK) {
        o.model->label = gp_printable_copy(label);
        o.model->checks = gp_copy_string(checks);
        const char *certificate = gp_tensors_text(tensors, "certificate");
        if (!o.model->label || !o.model->checks ||
            gp_model_set_certificate(o.model, certificate) != GP_OK)
            status = out_of_memory(&o);
    }
    if (status == GP_OK)
        *model = o.model;
    else
        gp_model_destroy(o.model);
    return status;
}

gp_status gp_model_read(const char *path, gp_model **model, gp_error *error) {
    if (!path || !model)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_model_read: NULL argument");
    gp_tensors tensors;
    gp_status status = gp_tensors_read(path, &tensors, error);
    if (status == GP_OK)
        status = gp_model_of_tensors(path, &tensors, model, error);
    gp_tensors_clear(&tensors);
    return status;
}

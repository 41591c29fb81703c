/* Where training stands, in a file. */
#include "nn/train/checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "system/checksum.h"
#include "system/json_build.h"
#include "system/json_text.h"

static const char CHECKPOINT[] = "gradproof.training/1";

/* What a checkpoint must have been made for. */
static void fingerprint(const gp_trainee *t, char *text, size_t size) {
    const gp_train_options *o = t->options;
    const double numbers[] = {o->dropout,       o->l2,      o->positive_weight, o->validation,
                              o->learning_rate, o->momentum};
    const uint64_t whole[] = {o->activation,  o->dtype,         o->epochs, o->batch,
                              o->optimizer,   o->patience,      o->seed,   t->n,
                              t->inputs,      t->rows,          t->held,   o->checks,
                              o->check_every, o->hidden_layers, o->jobs,   o->schedule};
    uint64_t sum = GP_SUM_START;
    const struct {
        const void *bytes;
        size_t count;
    } parts[] = {{numbers, sizeof numbers},
                 {whole, sizeof whole},
                 {t->labels, t->rows * sizeof *t->labels},
                 {t->X, t->rows * t->inputs * gp_dtype_size(o->dtype)},
                 {o->hidden, o->hidden_layers * sizeof *o->hidden}};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        sum = gp_sum_bytes(sum, parts[p].bytes, parts[p].count);
    for (size_t p = 0; p < o->plants; p++)
        sum = gp_sum_bytes(sum, o->plant[p], strlen(o->plant[p]) + 1);
    snprintf(text, size, "%016llx", (unsigned long long)sum);
}

gp_status gp_checkpoint_write(const gp_trainee *t, gp_error *error) {
    const gp_train_options *o = t->options;
    const void *arrays[] = {t->theta, t->m, t->v, t->best};
    static const char *const names[] = {"theta", "m", "v", "best"};
    gp_tensors file = {0};
    char text[64];
    double *numbers = malloc(t->n * sizeof *numbers);
    char *checks = gp_json_write(t->checks, JSON_COMPACT);
    gp_status status = numbers && checks ? GP_OK : GP_ERROR_MEMORY;
    for (size_t k = 0; k < 4 && status == GP_OK; k++) {
        gp_weights_of(t, arrays[k], numbers);
        status = gp_tensors_add(&file, names[k], o->dtype, 1, &t->n, numbers);
    }
    double state[] = {(double)t->epoch, (double)t->best_epoch, t->best_score, (double)t->steps};
    size_t four = 4;
    if (status == GP_OK)
        status = gp_tensors_add(&file, "state", GP_FLOAT64, 1, &four, state);
    fingerprint(t, text, sizeof text);
    if (status == GP_OK)
        status = gp_tensors_add_text(&file, "format", CHECKPOINT);
    if (status == GP_OK)
        status = gp_tensors_add_text(&file, "fingerprint", text);
    if (status == GP_OK)
        status = gp_tensors_add_text(&file, "checks", checks);
    status = status == GP_OK ? gp_tensors_write(o->checkpoint, &file, error)
                             : gp_fail(error, status, "train: out of memory");
    gp_tensors_clear(&file);
    free(checks);
    free(numbers);
    return status;
}

static int is_count(double v, double most) {
    return v >= 0 && v <= most && v == floor(v);
}

/* Could this training have left such numbers? The steps follow from the epoch. */
static int is_sound_state(const gp_trainee *t, const double *state) {
    const gp_train_options *o = t->options;
    double batches = (double)((t->rows + o->batch - 1) / o->batch);
    return is_count(state[0], (double)o->epochs) && is_count(state[1], state[0]) &&
           state[2] >= -1 && state[2] <= 1 && state[3] == state[0] * batches;
}

static int all_finite(const gp_tensor *tensor) {
    for (size_t i = 0; i < tensor->entries; i++)
        if (!isfinite(tensor->values[i]))
            return 0;
    return 1;
}

static int all_objects(const json_t *list) {
    for (size_t k = 0; k < json_array_size(list); k++)
        if (!json_is_object(json_array_get(list, k)))
            return 0;
    return json_is_array(list);
}

gp_status gp_checkpoint_read(gp_trainee *t, gp_error *error) {
    const gp_train_options *o = t->options;
    void *arrays[] = {t->theta, t->m, t->v, t->best};
    static const char *const names[] = {"theta", "m", "v", "best"};
    char expected[64];
    gp_tensors file;
    struct stat is;
    if (stat(o->checkpoint, &is) != 0)
        return errno == ENOENT
                   ? GP_OK
                   : gp_fail(error, GP_ERROR_INPUT, "%.200s: %s", o->checkpoint, strerror(errno));
    if (!S_ISREG(is.st_mode)) /* it is read and replaced: a FIFO would wait for ever */
        return gp_fail(error, GP_ERROR_INPUT,
                       "%.200s: is no plain file: name another one to keep a checkpoint in",
                       o->checkpoint);
    gp_status status = gp_tensors_read(o->checkpoint, &file, error);
    if (status != GP_OK)
        return status;
    fingerprint(t, expected, sizeof expected);
    const char *format = gp_tensors_text(&file, "format");
    const char *print = gp_tensors_text(&file, "fingerprint");
    const char *checks = gp_tensors_text(&file, "checks");
    const gp_tensor *state = gp_tensors_find(&file, "state");
    json_t *list = NULL;
    if (checks && gp_json_read(checks, strlen(checks), &list) == GP_ERROR_MEMORY) {
        gp_tensors_clear(&file);
        return gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", o->checkpoint);
    }
    int fits = format && print && strcmp(format, CHECKPOINT) == 0 && all_objects(list) && state &&
               state->entries == 4 && is_sound_state(t, state->values);
    for (size_t k = 0; k < 4 && fits; k++) {
        const gp_tensor *tensor = gp_tensors_find(&file, names[k]);
        int weights = arrays[k] == t->theta || arrays[k] == t->best;
        fits = tensor && tensor->entries == t->n && tensor->dtype == o->dtype &&
               (!weights || all_finite(tensor));
    }
    if (!fits || strcmp(print, expected) != 0) {
        status = gp_fail(error, GP_ERROR_INPUT,
                         "%.200s: is no checkpoint of this training (data or options differ): name "
                         "another file, or remove it to start anew",
                         o->checkpoint);
    } else {
        for (size_t k = 0; k < 4; k++)
            gp_set_weights(t, arrays[k], gp_tensors_find(&file, names[k])->values);
        t->epoch = (size_t)state->values[0];
        t->best_epoch = (size_t)state->values[1];
        t->best_score = state->values[2];
        t->steps = (uint64_t)state->values[3];
        json_decref(t->checks);
        t->checks = json_incref(list);
    }
    json_decref(list);
    gp_tensors_clear(&file);
    return status;
}

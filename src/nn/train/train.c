/* Training under proof: minibatches, an optimiser, validation after each epoch, and the gradient
 * checked by schedule. Every random choice is a function of the seed and of where training stands,
 * so an unfinished run goes on to the same weights bit for bit. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "nn/data/table.h"
#include "system/json_text.h"
#include "nn/network/blas.h"
#include "nn/network/limits.h"
#include "nn/train/metrics.h"
#include "nn/train/trainee.h"
#include "system/checksum.h"
#include "system/clock.h"
#include "system/json_build.h"
#include "system/output.h"
#include "system/text.h"

enum {
    DEFAULT_EPOCHS = 50,
    DEFAULT_BATCH = 256,
    DEFAULT_PATIENCE = 10,
    CHECK_ROWS = 64, /* of a check's batch, a quarter of them of the rarer class if there are */
    CHECK_EVERY_ENTRY = 1000 /* parameters up to which all are looked at */
};

/* Training diverges where an epoch's loss exceeds that of guessing (every row 1/2) by this factor.
 * What recovers stays below 10 times; an ascent in place of a descent reaches 3,000 within 30
 * epochs and is for the check of the gradient to name; steps too large pass 10,000 within two
 * epochs. */
static const double MAX_LOSS_RATIO = 1e4;

void gp_train_options_init(gp_train_options *o) {
    if (!o)
        return;
    memset(o, 0, sizeof *o);
    o->checks = GP_CHECK_START | GP_CHECK_BURN_IN | GP_CHECK_END;
    o->momentum = o->validation = -1;
}

/* Weights as doubles, for networks and files. */
static void weights_of(const gp_trainee *t, const void *theta, double *to) {
    for (size_t i = 0; i < t->n; i++)
        to[i] = gp_is_wide(t) ? ((const double *)theta)[i] : (double)((const float *)theta)[i];
}

static void set_weights(const gp_trainee *t, void *theta, const double *from) {
    for (size_t i = 0; i < t->n; i++)
        if (gp_is_wide(t))
            ((double *)theta)[i] = from[i];
        else
            ((float *)theta)[i] = (float)from[i];
}

/* ---- rows ------------------------------------------------------------------------ */

typedef struct gp_dated {
    double when;
    size_t row;
} gp_dated;

static int by_time(const void *a, const void *b) {
    const gp_dated *p = a, *q = b;
    return p->when != q->when ? (p->when > q->when) - (p->when < q->when)
                              : (p->row > q->row) - (p->row < q->row);
}

/* Orders rows (count of them in the table) so that the last ones are for validation: later by time,
 * or the same share of either class, drawn. Returns how many are for training; SIZE_MAX: out of
 * memory. */
static size_t split(const gp_table *table, const gp_train_options *o, size_t label, size_t time,
                    size_t *order) {
    size_t rows = gp_table_rows(table), held = (size_t)(o->validation * (double)rows + 0.5);
    if (o->time_column) {
        gp_dated *dated = malloc(rows * sizeof *dated);
        if (!dated)
            return SIZE_MAX;
        for (size_t r = 0; r < rows; r++)
            dated[r] = (gp_dated){gp_table_cell(table, r, time), r};
        qsort(dated, rows, sizeof *dated, by_time);
        for (size_t r = 0; r < rows; r++)
            order[r] = dated[r].row;
        free(dated);
        return rows - held;
    }
    size_t front = 0, back = rows;
    size_t *pool = malloc(2 * rows * sizeof *pool);
    if (!pool)
        return SIZE_MAX;
    for (int class = 0; class < 2; class ++) {
        size_t count = 0;
        for (size_t r = 0; r < rows; r++)
            if ((gp_table_cell(table, r, label) == 1) == class)
                pool[count++] = r;
        gp_shuffle(pool, count, o->seed, GP_PART_SPLIT + (uint64_t) class);
        size_t kept = count - (size_t)(o->validation * (double)count + 0.5);
        for (size_t k = 0; k < count; k++)
            order[k < kept ? front++ : --back] = pool[k];
    }
    free(pool);
    return front;
}

/* Mean and deviation over the training rows alone; all rows standardised by them. */
static gp_status standardise(gp_trainee *t, const gp_table *table, const size_t *order,
                             gp_error *error) {
    gp_model *m = t->model;
    size_t real = gp_dtype_size(t->options->dtype), columns = gp_table_columns(table);
    t->X = calloc(t->rows * t->inputs, real);
    t->labels = calloc(t->rows, sizeof *t->labels);
    t->order = malloc(t->rows * sizeof *t->order);
    t->held_X = malloc((t->held + 1) * t->inputs * sizeof(double));
    t->held_labels = malloc((t->held + 1) * sizeof(double));
    t->scores = malloc((t->held + 1) * sizeof(double));
    if (!t->X || !t->labels || !t->order || !t->held_X || !t->held_labels || !t->scores)
        return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory for %zu rows", t->rows);
    for (size_t k = 0, to = 0; k < columns; k++) {
        if (k == t->label || k == t->time)
            continue;
        double mean = 0, variance = 0, rows = (double)t->rows;
        for (size_t r = 0; r < t->rows; r++)
            mean += gp_table_cell(table, order[r], k) / rows;
        for (size_t r = 0; r < t->rows; r++) {
            double off = gp_table_cell(table, order[r], k) - mean;
            variance += off * off / rows;
        }
        double deviation = sqrt(variance);
        if (!(deviation > 1e-12 * fabs(mean)) || isinf(deviation))
            deviation = 0; /* constant but for rounding: carries nothing */
        m->mean[to] = mean;
        m->deviation[to] = deviation;
        for (size_t r = 0; r < t->rows + t->held; r++) {
            double raw = gp_table_cell(table, order[r], k);
            double x = deviation > 0 ? (raw - mean) / deviation : 0;
            if (r >= t->rows)
                t->held_X[(r - t->rows) * t->inputs + to] = x;
            else if (gp_is_wide(t))
                ((double *)t->X)[r * t->inputs + to] = x;
            else
                ((float *)t->X)[r * t->inputs + to] = (float)x;
        }
        to++;
    }
    for (size_t r = 0; r < t->rows; r++)
        t->labels[r] = gp_table_cell(table, order[r], t->label);
    for (size_t r = 0; r < t->held; r++)
        t->held_labels[r] = gp_table_cell(table, order[t->rows + r], t->label);
    return GP_OK;
}

static gp_status prepare_rows(gp_trainee *t, const gp_table *table, gp_error *error) {
    const gp_train_options *o = t->options;
    size_t rows = gp_table_rows(table), columns = gp_table_columns(table), ones = 0;
    size_t label = gp_table_find(table, o->label);
    size_t time = o->time_column ? gp_table_find(table, o->time_column) : 0;
    if (label == columns)
        return gp_fail(error, GP_ERROR_INPUT, "no column is called '%.80s': the label must be one",
                       o->label);
    if (time == columns)
        return gp_fail(error, GP_ERROR_INPUT, "no column is called '%.80s': rows are split by it",
                       o->time_column);
    if (columns < 2 + (o->time_column != NULL))
        return gp_fail(error, GP_ERROR_INPUT, "no column but the label '%.80s': there is no input",
                       o->label);
    for (size_t r = 0; r < rows; r++) {
        double y = gp_table_cell(table, r, label);
        if (y != 0 && y != 1)
            return gp_fail(error, GP_ERROR_INPUT,
                           "label column %.80s is %g in row %zu (not counting the header): labels "
                           "must be 0 or 1",
                           o->label, y, r + 1);
        ones += y == 1;
    }
    if (ones == 0 || ones == rows)
        return gp_fail(error, GP_ERROR_INPUT,
                       "label column %.80s is %d in every row: there is nothing to tell apart",
                       o->label, ones > 0);
    gp_model *m = t->model = calloc(1, sizeof *m);
    size_t *order = malloc(rows * sizeof *order);
    t->label = label;
    t->time = o->time_column ? time : SIZE_MAX;
    t->inputs = columns - 1 - (o->time_column && time != label);
    if (m) {
        m->input = calloc(t->inputs + 1, sizeof *m->input);
        m->mean = calloc(t->inputs + 1, sizeof *m->mean);
        m->deviation = calloc(t->inputs + 1, sizeof *m->deviation);
        m->label = gp_printable_copy(o->label);
    }
    if (!m || !order || !m->input || !m->mean || !m->deviation || !m->label) {
        free(order);
        return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    }
    gp_status status = GP_OK;
    for (size_t k = 0; k < columns && status == GP_OK; k++)
        if (k != label && k != t->time) {
            m->input[m->inputs] = gp_copy_string(gp_table_column_name(table, k));
            if (!m->input[m->inputs++])
                status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
        }
    if (status == GP_OK) {
        t->rows = split(table, o, label, time, order);
        if (t->rows == SIZE_MAX) {
            t->rows = 0;
            free(order);
            return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
        }
        t->held = rows - t->rows;
        status = t->rows ? standardise(t, table, order, error)
                         : gp_fail(error, GP_ERROR_INPUT,
                                   "no row is left to train on: validation takes %g of %zu %s",
                                   o->validation, rows, gp_plural(rows, "row", "rows"));
    }
    free(order);
    return status;
}

/* ---- networks -------------------------------------------------------------------- */

static gp_status make_networks(gp_trainee *t, gp_error *error) {
    const gp_train_options *o = t->options;
    size_t units[64], ones = 0;
    if (o->hidden_layers >= 64)
        return gp_fail(error, GP_ERROR_ARGUMENT, "train: at most 63 hidden layers");
    for (size_t l = 0; l < o->hidden_layers; l++)
        units[l] = o->hidden[l];
    units[o->hidden_layers] = 1;
    for (size_t r = 0; r < t->rows; r++)
        ones += t->labels[r] == 1;
    double weight = o->positive_weight < 0 && ones > 0 ? (double)(t->rows - ones) / (double)ones
                                                       : fmax(o->positive_weight, 0);
    gp_network_options n = {.inputs = t->inputs,
                            .layers = o->hidden_layers + 1,
                            .units = units,
                            .hidden = o->activation,
                            .dtype = o->dtype,
                            .l2 = o->l2,
                            .positive_weight = weight,
                            .dropout = o->dropout,
                            .seed = o->seed,
                            .initial = GP_INITIAL_GLOROT}; /* smaller weights rank fraud better */
    gp_status status = gp_network_create(&n, &t->network, error);
    n.dropout = 0;
    if (status == GP_OK)
        status = gp_network_create(&n, &t->judge, error);
    n.value_in_float64 = o->dtype == GP_FLOAT32; /* for checks of the model */
    if (status == GP_OK)
        status = gp_network_create(&n, &t->model->network, error);
    if (status != GP_OK)
        return status;
    t->model->dropout = o->dropout;
    t->n = t->network->n;
    size_t bytes = t->n * gp_dtype_size(o->dtype);
    double *X = calloc(o->batch * t->inputs + o->batch, sizeof *X);
    t->theta = malloc(bytes);
    t->gradient = calloc(1, bytes);
    t->m = calloc(1, bytes);
    t->v = calloc(1, bytes);
    t->best = malloc(bytes);
    if (X && t->theta && t->gradient && t->m && t->v && t->best &&
        gp_network_set_data(t->network, o->batch, X, X + o->batch * t->inputs) == GP_OK) {
        set_weights(t, t->theta, t->network->theta);
        memcpy(t->best, t->theta, bytes);
    } else {
        status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    }
    free(X);
    return status;
}

/* ---- checks ---------------------------------------------------------------------- */

/* Rows that show both classes: up to a quarter of the rarer one. */
static size_t choose_check_rows(const gp_trainee *t, double *X, double *labels) {
    size_t ones = 0, chosen = 0;
    for (size_t r = 0; r < t->rows; r++)
        ones += t->labels[r] == 1;
    double rare = 2 * ones <= t->rows ? 1 : 0;
    size_t quota[2] = {CHECK_ROWS / 4, CHECK_ROWS - CHECK_ROWS / 4}; /* rare, common */
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < t->rows && quota[pass] > 0; r++) {
            if ((t->labels[r] == rare) != (pass == 0))
                continue;
            for (size_t k = 0; k < t->inputs; k++)
                X[chosen * t->inputs + k] = gp_is_wide(t) ? ((double *)t->X)[r * t->inputs + k]
                                                          : ((float *)t->X)[r * t->inputs + k];
            labels[chosen++] = t->labels[r];
            quota[pass]--;
        }
    return chosen;
}

static gp_status keep_check(gp_trainee *t, const char *when, const gp_report *report) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    gp_status status = stream ? gp_report_write_json(report, stream) : GP_ERROR_MEMORY;
    if (stream && fclose(stream) != 0)
        status = GP_ERROR_MEMORY;
    json_t *json = NULL;
    if (status == GP_OK && text)
        (void)gp_json_read(text, strlen(text), &json);
    free(text);
    gp_json_put(&json, "when", json_string(when));
    gp_json_add(&t->checks, json);
    return t->checks ? GP_OK : GP_ERROR_MEMORY;
}

static gp_status plant_all(const gp_trainee *t, gp_function *f, gp_error *error) {
    gp_status status = GP_OK;
    for (size_t k = 0; k < t->options->plants && status == GP_OK; k++)
        status = gp_function_plant(f, t->options->plant[k], error);
    return status;
}

/* Checks the gradient at these weights: the same code on characteristic rows, the mask held, a
 * float32 gradient against a float64 value. */
static gp_status check_at(gp_trainee *t, const char *when, const void *theta, gp_error *error) {
    const gp_train_options *o = t->options;
    double start = gp_seconds_now();
    gp_network_options n = t->network->options;
    size_t units[64];
    for (size_t l = 0; l < n.layers; l++)
        units[l] = t->network->width[l + 1];
    n.units = units;
    n.value_in_float64 = o->dtype == GP_FLOAT32;
    gp_network *network = NULL;
    gp_function *f = NULL;
    gp_report *report = NULL;
    double *X = calloc(CHECK_ROWS * t->inputs + CHECK_ROWS + t->n, sizeof *X);
    if (!X)
        return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    gp_status status = gp_network_create(&n, &network, error);
    if (status == GP_OK) {
        double *labels = X + CHECK_ROWS * t->inputs, *weights = labels + CHECK_ROWS;
        size_t rows = choose_check_rows(t, X, labels);
        weights_of(t, theta, weights);
        gp_network_set(network, weights);
        status = gp_network_set_data(network, rows, X, labels);
        if (status == GP_OK)
            status = gp_network_function(network, rows, &f, error);
    }
    if (status == GP_OK)
        status = plant_all(t, f, error);
    if (status == GP_OK) {
        gp_options options;
        gp_options_init(&options);
        options.seed = o->seed;
        options.points = 1;
        options.strategy = t->n <= CHECK_EVERY_ENTRY ? GP_FULL : GP_PROJECT;
        status = gp_check(f, &options, &report, error);
    }
    if (status == GP_OK && keep_check(t, when, report) != GP_OK)
        status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    if (status == GP_OK &&
        (gp_report_verdict(report) == GP_REFUTED || gp_report_verdict(report) == GP_FAILED)) {
        t->refuted = report;
        report = NULL;
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_network_destroy(network);
    free(X);
    t->checking += gp_seconds_now() - start;
    return status;
}

/* ---- where training stands, in a file -------------------------------------------- */

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
        weights_of(t, arrays[k], numbers);
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
            set_weights(t, arrays[k], gp_tensors_find(&file, names[k])->values);
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

/* ---- learning -------------------------------------------------------------------- */

/* Ends training with a failed report. */
static gp_status diverged(gp_trainee *t, const char *what, double loss, gp_error *error) {
    char message[320], size[64] = "";
    if (isfinite(loss))
        snprintf(size, sizeof size, " (loss %.3g)", loss);
    snprintf(message, sizeof message,
             "it diverges: %s after epoch %zu%s: a smaller learning rate than %g may help", what,
             t->epoch, size, t->options->learning_rate);
    gp_status status = gp_report_create_failure("training", "diverged", message, NULL, &t->refuted);
    return status == GP_OK ? status : gp_fail(error, status, "train: out of memory");
}

static gp_status validate(gp_trainee *t, double loss, double *pr_auc, gp_error *error) {
    gp_curve ranking;
    *pr_auc = NAN;
    if (t->held == 0)
        return GP_OK;
    weights_of(t, t->theta, t->judge->theta);
    gp_status status = gp_network_logits(t->judge, t->held, t->held_X, t->scores);
    for (size_t r = 0; r < t->held && status == GP_OK; r++)
        if (isnan(t->scores[r]))
            return diverged(t, "the score of a row that is held back is no longer a number", loss,
                            error);
    if (status == GP_OK)
        status = gp_curve_of(t->held, t->scores, t->held_labels, &ranking);
    if (status != GP_OK)
        return gp_fail(error, status, "train: out of memory");
    *pr_auc = gp_pr_auc(&ranking);
    gp_curve_clear(&ranking);
    return GP_OK;
}

/* The cost of calling every row 1/2, decay at the first weights included. */
static double guessing(const gp_trainee *t) {
    const gp_network_options *o = &t->network->options;
    double weight = 0, squares = 0;
    for (size_t r = 0; r < t->rows; r++)
        weight += t->labels[r] == 1 && o->positive_weight > 0 ? o->positive_weight : 1;
    for (size_t i = 0; i < t->n; i++)
        squares += t->network->theta[i] * t->network->theta[i];
    return log(2) * weight / (double)t->rows + o->l2 / 2 * squares;
}

/* Are the loss of the epoch and the weights after it out of hand? */
static gp_status look_for_divergence(gp_trainee *t, double loss, gp_error *error) {
    int finite = isfinite(loss);
    for (size_t i = 0; i < t->n && finite; i++)
        finite = gp_is_wide(t) ? isfinite(((const double *)t->theta)[i])
                               : isfinite(((const float *)t->theta)[i]);
    if (!finite)
        return diverged(t, "the loss or a weight is no longer a number", loss, error);
    if (loss > MAX_LOSS_RATIO * guessing(t))
        return diverged(t, "the loss is far above that of guessing", loss, error);
    return GP_OK;
}

static gp_status train(gp_trainee *t, gp_error *error) {
    const gp_train_options *o = t->options;
    double start = gp_seconds_now();
    gp_status status = GP_OK;
    if (t->epoch == 0 && (o->checks & GP_CHECK_START))
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): theta is gp_train's to free
        status = check_at(t, "start", t->theta, error);
    while (status == GP_OK && !t->refuted && t->epoch < o->epochs &&
           (t->held == 0 || t->epoch - t->best_epoch < o->patience)) {
        double loss, pr_auc;
        if (gp_learn(t, &loss) != GP_OK)
            return gp_fail(error, GP_ERROR_MEMORY,
                           "train: out of memory, or no room for %u threads", o->jobs);
        if (t->stopped)
            break;
        t->epoch++;
        status = look_for_divergence(t, loss, error);
        if (status == GP_OK && !t->refuted)
            status = validate(t, loss, &pr_auc, error);
        if (status != GP_OK || t->refuted)
            return status;
        if (isnan(pr_auc) || pr_auc > t->best_score) {
            t->best_score = isnan(pr_auc) ? t->best_score : pr_auc;
            t->best_epoch = t->epoch;
            memcpy(t->best, t->theta, t->n * gp_dtype_size(o->dtype));
        }
        if (t->epoch == 1 && (o->checks & GP_CHECK_BURN_IN))
            status = check_at(t, "burn-in", t->theta, error);
        if (status == GP_OK && !t->refuted && o->check_every && t->epoch % o->check_every == 0) {
            char when[64];
            snprintf(when, sizeof when, "epoch %zu", t->epoch);
            status = check_at(t, when, t->theta, error);
        }
        if (status == GP_OK && !t->refuted && o->checkpoint)
            status = gp_checkpoint_write(t, error);
        if (o->progress) {
            gp_training now = {
                t->epoch,    o->epochs, loss, pr_auc, t->best_score, gp_seconds_now() - start,
                t->checking, 0};
            o->progress(o->user, &now);
        }
    }
    if (t->stopped && o->progress) {
        gp_training now = {
            t->epoch, o->epochs, NAN, NAN, t->best_score, gp_seconds_now() - start, t->checking, 1};
        o->progress(o->user, &now);
    }
    if (status == GP_OK && !t->refuted && t->epoch > 0 && (o->checks & GP_CHECK_END))
        status = check_at(t, "end", t->best, error);
    return status;
}

static gp_status fill_options(const gp_train_options *given, gp_train_options *o, gp_error *error) {
    *o = *given;
    o->epochs = o->epochs ? o->epochs : DEFAULT_EPOCHS;
    o->batch = o->batch ? o->batch : DEFAULT_BATCH;
    o->patience = o->patience ? o->patience : DEFAULT_PATIENCE;
    o->jobs = o->jobs ? o->jobs : 1;
    if (o->learning_rate == 0)
        o->learning_rate = o->optimizer == GP_ADAM ? 1e-3 : 1e-1;
    if (o->momentum < 0)
        o->momentum = 0.9;
    if (o->validation < 0)
        o->validation = 0.2;
    int known = (o->optimizer == GP_ADAM || o->optimizer == GP_SGD) &&
                (o->schedule == GP_COSINE || o->schedule == GP_CONSTANT) &&
                (o->dtype == GP_FLOAT64 || o->dtype == GP_FLOAT32) && o->jobs <= GP_MAX_JOBS &&
                o->hidden_layers < GP_MAX_LAYERS && (o->plant || !o->plants);
    for (size_t k = 0; k < o->plants && known; k++)
        known = o->plant[k] != NULL;
    if (!known)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "train: an optimizer, schedule or precision that there isn't, more than %d "
                       "jobs or %d layers, or a plant that is NULL",
                       GP_MAX_JOBS, GP_MAX_LAYERS);
    if (!o->label || (o->hidden_layers && !o->hidden) || !(o->learning_rate > 0) ||
        !(o->momentum < 1) || !(o->validation < 1) || isinf(o->learning_rate))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "train: needs a label, a positive learning rate, and momentum and "
                       "validation below 1");
    return GP_OK;
}

gp_status gp_train(const gp_table *table, const gp_train_options *given, gp_model **model,
                   gp_report **refuted, gp_error *error) {
    gp_train_options o;
    if (!table || !given || !model || !refuted)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_train: NULL argument");
    *model = NULL;
    *refuted = NULL;
    gp_status status = fill_options(given, &o, error);
    if (status != GP_OK)
        return status;
    gp_trainee t = {.options = &o, .best_score = -1, .checks = json_array()};
    status = t.checks ? prepare_rows(&t, table, error)
                      : gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    if (status == GP_OK && o.batch > t.rows)
        o.batch = t.rows;
    if (status == GP_OK)
        status = make_networks(&t, error);
    if (status == GP_OK && o.plants)
        status = gp_network_function(t.network, o.batch, &t.planted, error);
    if (status == GP_OK && o.plants)
        status = plant_all(&t, t.planted, error);
    if (status == GP_OK && gp_shares_make(&t) != GP_OK)
        status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory for %u threads", o.jobs);
    if (status == GP_OK && o.checkpoint)
        status = gp_checkpoint_read(&t, error);
    if (status == GP_OK && o.checkpoint)
        status = gp_output_try(o.checkpoint, error);
    int blas = gp_blas_set_threads(1); /* jobs are what is asked for */
    if (status == GP_OK)
        status = train(&t, error);
    (void)gp_blas_set_threads(blas);
    if (status == GP_OK && !t.refuted) {
        weights_of(&t, t.best, t.model->network->theta);
        t.model->checks = gp_json_write(t.checks, JSON_COMPACT);
        if (!t.model->checks)
            status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    }
    *refuted = t.refuted;
    if (status == GP_OK && !t.refuted && t.epoch > 0)
        *model = t.model;
    else
        gp_model_destroy(t.model);
    gp_shares_free(&t);
    json_decref(t.checks);
    gp_function_destroy(t.planted);
    gp_network_destroy(t.network);
    gp_network_destroy(t.judge);
    free(t.theta);
    free(t.gradient);
    free(t.m);
    free(t.v);
    free(t.best);
    free(t.X);
    free(t.labels);
    free(t.order);
    free(t.held_X);
    free(t.held_labels);
    free(t.scores);
    return status;
}

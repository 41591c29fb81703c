/* Training under proof: minibatches, an optimiser, validation after each epoch, and the gradient
 * checked by schedule. Every random choice is a function of the seed and of where training stands,
 * so an unfinished run goes on to the same weights bit for bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/blas.h"
#include "nn/network/limits.h"
#include "nn/train/checkpoint.h"
#include "nn/train/checks.h"
#include "nn/train/learn.h"
#include "nn/train/metrics.h"
#include "nn/train/rows.h"
#include "system/clock.h"
#include "system/json_build.h"
#include "system/output.h"

enum { DEFAULT_EPOCHS = 50, DEFAULT_BATCH = 256, DEFAULT_PATIENCE = 10 };

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
}

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
    double weight = o->positive_weight == GP_BALANCED && ones > 0
                        ? (double)(t->rows - ones) / (double)ones
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
        gp_set_weights(t, t->theta, t->network->theta);
        memcpy(t->best, t->theta, bytes);
    } else {
        status = gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    }
    free(X);
    return status;
}

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
    gp_weights_of(t, t->theta, t->judge->theta);
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
        status = gp_check_at(t, "start", t->theta, error);
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
            status = gp_check_at(t, "burn-in", t->theta, error);
        if (status == GP_OK && !t->refuted && o->check_every && t->epoch % o->check_every == 0) {
            char when[64];
            snprintf(when, sizeof when, "epoch %zu", t->epoch);
            status = gp_check_at(t, when, t->theta, error);
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
        status = gp_check_at(t, "end", t->best, error);
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
    o->momentum = o->momentum == 0 ? 0.9 : o->momentum == GP_NONE ? 0 : o->momentum;
    o->validation = o->validation == 0 ? 0.2 : o->validation == GP_NONE ? 0 : o->validation;
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
        !(o->momentum >= 0 && o->momentum < 1) || !(o->validation >= 0 && o->validation < 1) ||
        !(o->positive_weight >= 0 || o->positive_weight == GP_BALANCED) || isinf(o->learning_rate))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "train: needs a label, a positive learning rate, momentum and validation "
                       "below 1 or GP_NONE, and a positive_weight above 0 or GP_BALANCED");
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
    status = t.checks ? gp_prepare_rows(&t, table, error)
                      : gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    if (status == GP_OK && o.batch > t.rows)
        o.batch = t.rows;
    if (status == GP_OK)
        status = make_networks(&t, error);
    if (status == GP_OK && o.plants)
        status = gp_network_function(t.network, o.batch, &t.planted, error);
    if (status == GP_OK && o.plants)
        status = gp_plant_all(&t, t.planted, error);
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
        gp_weights_of(&t, t.best, t.model->network->theta);
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

/* See checks.h. */
#include "nn/train/checks.h"

#include <stdlib.h>
#include <string.h>

#include "system/clock.h"
#include "system/json_build.h"
#include "system/json_text.h"

enum {
    CHECK_ROWS = 64, /* of a check's batch, a quarter of them of the rarer class if there are */
    CHECK_EVERY_ENTRY = 1000 /* parameters up to which all are looked at */
};

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

gp_status gp_plant_all(const gp_trainee *t, gp_function *f, gp_error *error) {
    gp_status status = GP_OK;
    for (size_t k = 0; k < t->options->plants && status == GP_OK; k++)
        status = gp_function_plant(f, t->options->plant[k], error);
    return status;
}

gp_status gp_check_at(gp_trainee *t, const char *when, const void *theta, gp_error *error) {
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
        gp_weights_of(t, theta, weights);
        gp_network_set(network, weights);
        status = gp_network_set_data(network, rows, X, labels);
        if (status == GP_OK)
            status = gp_network_function(network, rows, &f, error);
    }
    if (status == GP_OK)
        status = gp_plant_all(t, f, error);
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

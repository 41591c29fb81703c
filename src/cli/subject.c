/* The fraud network as the command line describes it. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/columns.h"
#include "system/text.h"

enum { DEFAULT_BATCH = 256, MADE_UP_ROWS = 2000 };

void cli_release(cli_subject *subject) {
    gp_function_destroy(subject->function);
    gp_network_destroy(subject->network);
    gp_model_destroy(subject->model);
}

/* Reads or makes up the examples: X (rows x inputs) and labels are new arrays. */
static gp_status load_examples(const cli_options *o, size_t *rows, size_t *inputs, double **X,
                               double **labels, gp_error *error) {
    gp_table *table = NULL;
    gp_error detail = {""};
    gp_status status = o->data ? gp_table_read_csv(o->data, &table, error)
                               : gp_table_generate(MADE_UP_ROWS, o->check.seed, &table, error);
    if (status != GP_OK)
        return status;
    *rows = gp_table_rows(table);
    *inputs = gp_table_columns(table) - 1;
    status =
        gp_table_examples(table, o->data ? o->label : "fraud", o->check.seed, X, labels, &detail);
    gp_table_destroy(table);
    if (status != GP_OK)
        snprintf(error->message, sizeof error->message, "%.150s: %.350s",
                 o->data ? o->data : "made-up payments", detail.message);
    return status;
}

gp_status cli_build_network(const cli_options *o, cli_subject *subject, gp_error *error) {
    double *X = NULL, *labels = NULL;
    size_t rows, inputs, ones = 0, units[MAX_HIDDEN + 1];
    gp_status status = load_examples(o, &rows, &inputs, &X, &labels, error);
    if (status != GP_OK)
        return status;
    for (size_t i = 0; i < rows; i++)
        ones += labels[i] == 1;
    memcpy(units, o->hidden, sizeof units);
    units[o->hidden_layers] = o->network.loss == GP_SOFTMAX_CROSS_ENTROPY ? 2 : 1;
    gp_network_options network = o->network;
    network.inputs = inputs;
    network.layers = o->hidden_layers + 1;
    network.units = units;
    network.seed = o->check.seed;
    if (o->balanced && ones > 0)
        network.positive_weight = (double)(rows - ones) / (double)ones;
    status = gp_network_create(&network, &subject->network, error);
    if (status == GP_OK && gp_network_set_data(subject->network, rows, X, labels) != GP_OK) {
        status = GP_ERROR_MEMORY;
        snprintf(error->message, sizeof error->message, "network: out of memory for %zu examples",
                 rows);
    }
    free(X);
    free(labels);
    if (status != GP_OK)
        return status;
    size_t batch = o->batch ? o->batch : rows < DEFAULT_BATCH ? rows : DEFAULT_BATCH;
    if (batch > rows) {
        snprintf(error->message, sizeof error->message,
                 "--batch %zu: %.200s has %zu %s, so at most that many", batch, o->data, rows,
                 gp_plural(rows, "row", "rows"));
        return GP_ERROR_ARGUMENT;
    }
    status = gp_network_function(subject->network, batch, &subject->function, error);
    if (status == GP_OK && o->no_seed)
        gp_function_set_seed(subject->function, NULL);
    return status;
}

/* Rows that show both classes, up to a quarter of them of class 1: moved to the front. */
static size_t bring_forward(size_t rows, size_t inputs, size_t wanted, double *X, double *labels) {
    size_t ones = 0, chosen = 0;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t r = chosen; r < rows && chosen < wanted; r++) {
            int one = labels[r] == 1;
            if (pass == 0 && (!one || ones >= (wanted + 3) / 4))
                continue;
            ones += (size_t)one;
            for (size_t k = 0; k < inputs; k++) {
                double swap = X[chosen * inputs + k];
                X[chosen * inputs + k] = X[r * inputs + k];
                X[r * inputs + k] = swap;
            }
            double swap = labels[chosen];
            labels[chosen++] = labels[r];
            labels[r] = swap;
        }
    return chosen;
}

gp_status cli_build_model(const cli_options *o, cli_subject *subject, gp_error *error) {
    gp_table *table = NULL;
    double *X = NULL, *labels = NULL;
    gp_status status = subject->model ? GP_OK : gp_model_read(o->target, &subject->model, error);
    if (status == GP_OK)
        status = gp_table_read_csv(o->data, &table, error);
    if (status == GP_OK)
        status = cli_take_columns(subject->model, table, o->data,
                                  o->label ? o->label : gp_model_label(subject->model), &X, &labels,
                                  error);
    if (status == GP_OK) {
        size_t rows = gp_table_rows(table), wanted = o->batch ? o->batch : DEFAULT_BATCH;
        rows = bring_forward(rows, gp_model_inputs(subject->model), wanted < rows ? wanted : rows,
                             X, labels);
        status = gp_model_function(subject->model, rows, X, labels, &subject->function, error);
    }
    free(X);
    free(labels);
    gp_table_destroy(table);
    return status;
}

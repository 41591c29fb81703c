/* The rows of a table that a network is trained on: which columns and labels, and who is held back.
 */
#include <stdlib.h>

#include "nn/data/table.h"
#include "nn/train/rows.h"
#include "system/text.h"

/* Are the columns that the options name there, and are the labels 0 and 1? */
static gp_status validate(gp_trainee *t, const gp_table *table, gp_error *error) {
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
    t->label = label;
    t->time = o->time_column ? time : SIZE_MAX;
    t->inputs = columns - 1 - (o->time_column && time != label);
    return GP_OK;
}

/* A model with the names of the label and of the inputs. */
static gp_status make_model(gp_trainee *t, const gp_table *table, gp_error *error) {
    gp_model *m = t->model = calloc(1, sizeof *m);
    if (m) {
        m->input = calloc(t->inputs + 1, sizeof *m->input);
        m->mean = calloc(t->inputs + 1, sizeof *m->mean);
        m->deviation = calloc(t->inputs + 1, sizeof *m->deviation);
        m->label = gp_printable_copy(t->options->label);
    }
    if (!m || !m->input || !m->mean || !m->deviation || !m->label)
        return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    for (size_t k = 0; k < gp_table_columns(table); k++)
        if (k != t->label && k != t->time) {
            m->input[m->inputs] = gp_copy_string(gp_table_column_name(table, k));
            if (!m->input[m->inputs++])
                return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
        }
    return GP_OK;
}

gp_status gp_prepare_rows(gp_trainee *t, const gp_table *table, gp_error *error) {
    size_t rows = gp_table_rows(table);
    gp_status status = validate(t, table, error);
    if (status == GP_OK)
        status = make_model(t, table, error);
    if (status != GP_OK)
        return status;
    size_t *order = malloc(rows * sizeof *order);
    size_t kept = order ? gp_split_rows(table, t->options, t->label, t->time, order) : SIZE_MAX;
    if (kept == SIZE_MAX) {
        free(order);
        return gp_fail(error, GP_ERROR_MEMORY, "train: out of memory");
    }
    t->rows = kept;
    t->held = rows - kept;
    status = kept ? gp_standardise(t, table, order, error)
                  : gp_fail(error, GP_ERROR_INPUT,
                            "no row is left to train on: validation takes %g of %zu %s",
                            t->options->validation, rows, gp_plural(rows, "row", "rows"));
    free(order);
    return status;
}

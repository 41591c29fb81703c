/* See columns.h. */
#include "cli/columns.h"

#include <stdlib.h>
#include <string.h>

#include "system/names.h"
#include "system/text.h"

/* The label's column, whatever its encoding; `count` where there is none. */
static size_t find_label(const gp_names *names, const char *label) {
    size_t k = label ? 0 : names->count;
    while (k < names->count && !gp_printable_is(names->name[k], label))
        k++;
    return k;
}

gp_status cli_take_columns(const gp_model *model, const gp_table *table, const char *path,
                           const char *label, double **X, double **labels, gp_error *error) {
    size_t rows = gp_table_rows(table), inputs = gp_model_inputs(model);
    size_t columns = gp_table_columns(table);
    double *x = malloc(rows * inputs * sizeof *x), *y = labels ? malloc(rows * sizeof *y) : NULL;
    const char **name = calloc(columns + 1, sizeof *name);
    gp_names names = {0};
    for (size_t k = 0; k < columns && name; k++)
        name[k] = gp_table_column_name(table, k);
    gp_status status = x && (y || !labels) && name && gp_names_sort(&names, name, columns) == 0
                           ? GP_OK
                           : GP_ERROR_MEMORY;
    if (status != GP_OK)
        snprintf(error->message, sizeof error->message, "%.200s: out of memory", path);
    for (size_t k = 0; k < inputs && status == GP_OK; k++) {
        const char *input = gp_model_input_name(model, k);
        size_t column = gp_names_find(&names, input, NULL);
        if (column == columns) {
            status = GP_ERROR_INPUT;
            snprintf(error->message, sizeof error->message,
                     "%.200s: has no column '%.80s', which the model asks for", path, input);
        }
        for (size_t r = 0; r < rows && status == GP_OK; r++)
            x[r * inputs + k] = gp_table_cell(table, r, column);
    }
    size_t at = labels && status == GP_OK ? find_label(&names, label) : 0;
    gp_names_clear(&names);
    free(name);
    if (status == GP_OK && labels && at == columns) {
        status = GP_ERROR_INPUT;
        snprintf(error->message, sizeof error->message, "%.200s: has no label column '%.80s'", path,
                 label);
    }
    for (size_t r = 0; r < rows && labels && status == GP_OK; r++) {
        y[r] = gp_table_cell(table, r, at);
        if (y[r] != 0 && y[r] != 1) {
            status = GP_ERROR_INPUT;
            snprintf(error->message, sizeof error->message,
                     "%.200s: label column %.80s is %g in row %zu (not counting the header): "
                     "labels must be 0 or 1",
                     path, label, y[r], r + 1);
        }
    }
    if (status != GP_OK) {
        free(x);
        free(y);
        return status;
    }
    *X = x;
    if (labels)
        *labels = y;
    return GP_OK;
}

/* A model's inputs among the columns of a table. */
#ifndef GP_CLI_COLUMNS_H
#define GP_CLI_COLUMNS_H

#include "cli/cli.h"

/* Raw inputs (rows x inputs, a new array) and, if `labels` isn't NULL, labels (rows, a new array)
 * of a table, by name. GP_ERROR_INPUT with one line that begins with `path` where a column is
 * missing. */
gp_status cli_take_columns(const gp_model *model, const gp_table *table, const char *path,
                           const char *label, double **X, double **labels, gp_error *error);

#endif

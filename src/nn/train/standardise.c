/* See standardise.h. */
#include "nn/train/standardise.h"

#include <math.h>
#include <stdlib.h>

/* Mean and deviation of a column over the training rows. */
static void measure(const gp_trainee *t, const gp_table *table, const size_t *order, size_t k,
                    double *mean, double *deviation) {
    double variance = 0, rows = (double)t->rows;
    *mean = 0;
    for (size_t r = 0; r < t->rows; r++)
        *mean += gp_table_cell(table, order[r], k) / rows;
    for (size_t r = 0; r < t->rows; r++) {
        double off = gp_table_cell(table, order[r], k) - *mean;
        variance += off * off / rows;
    }
    *deviation = sqrt(variance);
    if (!(*deviation > 1e-12 * fabs(*mean)) || isinf(*deviation))
        *deviation = 0; /* constant but for rounding: carries nothing */
}

gp_status gp_standardise(gp_trainee *t, const gp_table *table, const size_t *order,
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
        measure(t, table, order, k, &m->mean[to], &m->deviation[to]);
        for (size_t r = 0; r < t->rows + t->held; r++) {
            double raw = gp_table_cell(table, order[r], k);
            double x = m->deviation[to] > 0 ? (raw - m->mean[to]) / m->deviation[to] : 0;
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

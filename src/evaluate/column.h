/* The maker of lines along columns of a Jacobian: a map along one parameter, or along several whose
 * outputs don't overlap (Curtis, Powell & Reid 1974). Each evaluation gives all outputs at once, so
 * what one output's ladder asks for is kept for the others'. */
#ifndef GP_COLUMN_H
#define GP_COLUMN_H

#include "evaluate/evaluator.h"
#include "probe/line.h"

typedef struct gp_column {
    gp_evaluator *evaluator;
    int second;            /* the map is the gradient under test */
    size_t outputs;        /* m */
    const size_t *entries; /* the parameters that move together, borrowed */
    const double *length;  /* of all n parameters, borrowed: entry i moves by t length[i] */
    size_t members;
    size_t points, capacity; /* evaluations kept */
    double *t;               /* points */
    gp_outcome *outcome;     /* points */
    double *moved;           /* points x members: what the machine made of t length */
    double *y;               /* points x outputs */
} gp_column;

void gp_column_start(gp_column *column, gp_evaluator *evaluator, int second, size_t outputs,
                     const size_t *entries, size_t members, const double *length);
void gp_column_end(gp_column *column);

/* What was evaluated first, as numbers: gp_column_numbers of them for up to GP_COLUMN_KEPT points.
 * Recalled into a new column of the same parameters it needn't be evaluated again; GP_FAULT: out of
 * memory. */
enum { GP_COLUMN_KEPT = 4 };
size_t gp_column_numbers(size_t members, size_t outputs);
void gp_column_keep(const gp_column *column, double *numbers);
/* Could gp_column_keep have left these numbers? For numbers from a file. */
int gp_column_is_sound(const double *numbers, size_t members, size_t outputs);
gp_outcome gp_column_recall(gp_column *column, const double *numbers);

/* Evaluates the map a step of t lengths away, unless that is known. */
gp_outcome gp_column_evaluate(gp_column *column, double t);

/* One output along one member of a column. */
typedef struct gp_column_output {
    gp_column *column;
    size_t member, output;
} gp_column_output;

/* The line of output `output`, f0 at the base point, where member `member` moves by t and the
 * others in proportion. There is no value where that output isn't finite. `reach`: see gp_line. */
gp_line gp_line_of_column(gp_column_output *of, gp_column *column, size_t member, size_t output,
                          double reach, double f0);

#endif

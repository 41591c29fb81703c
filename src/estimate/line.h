/* A probe on an evaluator: f along a line, as the estimators see it. */
#ifndef GP_LINE_H
#define GP_LINE_H

#include "estimate/column.h"
#include "function/evaluator.h"
#include "probe/probe.h"

enum { GP_FORESEEN = 4 };

typedef struct gp_line {
    gp_evaluator *evaluator;
    const gp_probe *probe;
    double f0;   /* value at t = 0; by changes: 0 */
    double unit; /* smallest step that makes sense: a few ulps of x */
    uint64_t
        placement;  /* the evaluator's number of where x is left; 0: this line hasn't moved it */
    double t, step; /* that is here: asked for, and what the machine made of it */
    uint64_t direction; /* by changes: the evaluator's number of it; 0: it doesn't have it yet */
    /* Values that were asked for beforehand: at these numbers of a single entry, or steps. */
    double number[GP_FORESEEN], value[GP_FORESEEN];
    unsigned numbers;
    /* Of a map: f is this output along this member of the column; else NULL */
    gp_column *column;
    size_t member, output;
} gp_line;

/* Sets up the line; the evaluator's point stays the base. */
void gp_line_start(gp_line *line, gp_evaluator *evaluator, const gp_probe *probe, double f0);

/* Along a single entry: what the machine makes of base + t. By changes: t. */
double gp_line_number(const gp_line *line, double t);

/* Asks for the values at these steps, GP_FORESEEN at most, in one go where the function can. */
gp_outcome gp_line_foresee(gp_line *line, const double *steps, unsigned count);

/* f at base + t v, rounded to the function's precision. *step is what the machine made of t. */
gp_outcome gp_line_value(gp_line *line, double t, double *step, double *value);

#endif

/* A line, t -> f(x + t v): what an estimator sees of the function under test. Whoever makes one
 * knows how its values come about; whoever uses it knows nothing but this. */
#ifndef GP_LINE_H
#define GP_LINE_H

#include <float.h>

#include "function/fault.h"

/* The most values that are asked for beforehand. */
enum { GP_FORESEEN = 4 };

typedef struct gp_line {
    /* f(x + t v), or f(x + t v) - f(x) where f0 is 0. *step is what the machine made of t. */
    gp_outcome (*value)(void *context, double t, double *step, double *value);
    /* Takes the values at these steps in one go and keeps them for `value`; NULL: a value costs no
     * less in company. */
    gp_outcome (*foresee)(void *context, const double *steps, unsigned count);
    /* Re and Im of f(x + i h v); NULL: f isn't given for complex numbers. */
    gp_outcome (*complex_value)(void *context, double h, double *re, double *im);
    void *context;      /* of all three */
    double f0;          /* value at t = 0 */
    double scale;       /* length L: a step of L changes x by about its own size */
    double step_factor; /* the scale is this share of that length; 0: all of it */
    double reach;       /* steps may grow to a few times this, if it is larger than the scale */
    double unit;        /* smallest step that makes sense: a few ulps of x */
    double epsilon;     /* relative distance of neighbouring numbers, of x and of values */
    int limited;        /* there is a budget: values are not for the taking */
} gp_line;

/* f at a step of about t. */
static inline gp_outcome gp_line_value(const gp_line *line, double t, double *step, double *value) {
    return line->value(line->context, t, step, value);
}

/* The values at these steps, GP_FORESEEN at most, will be asked for next. */
static inline gp_outcome gp_line_foresee(const gp_line *line, const double *steps, unsigned count) {
    return line->foresee ? line->foresee(line->context, steps, count) : GP_EVALUATED;
}

/* Are x and the values float32 numbers, or coarser ones? */
static inline int gp_line_is_narrow(const gp_line *line) {
    return line->epsilon > DBL_EPSILON;
}

/* The length that steps may be a few times as long as. */
static inline double gp_line_reach(const gp_line *line) {
    return line->reach > line->scale ? line->reach : line->scale;
}

#endif

/* The maker of lines along probes: an entry, a direction, or the function's changes along either.
 */
#ifndef GP_ALONG_H
#define GP_ALONG_H

#include "evaluate/evaluator.h"
#include "probe/line.h"
#include "probe/probe.h"

/* What a line along a probe keeps from value to value. */
typedef struct gp_along {
    gp_evaluator *evaluator;
    const gp_probe *probe;
    uint64_t number; /* of the line, among the evaluator's: x or v may be its own, or another's */
    double t, step;  /* where it has left x: the step asked for, and what the machine made of it */
    /* Values that were asked for beforehand: where a single entry is `at`, or at these steps. */
    double at[GP_FORESEEN], value[GP_FORESEEN];
    unsigned foreseen;
} gp_along;

/* The line along the probe through the evaluator's point, where the value is f0. `along` and the
 * probe stay the line's. */
gp_line gp_line_along(gp_along *along, gp_evaluator *evaluator, const gp_probe *probe, double f0);

/* What the machine makes of a single entry + t. */
double gp_along_number(const gp_along *along, double t);
/* Hands over values that gp_evaluator_entries has given for many lines at once, at GP_FORESEEN
 * numbers of this one's entry. */
void gp_along_take(gp_along *along, const double *at, const double *value);

#endif

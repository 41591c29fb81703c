/* Estimates as good as a tolerance asks for, and what better ones would cost. */
#ifndef GP_REFINE_H
#define GP_REFINE_H

#include "estimate/noise.h"
#include "judge/verdict.h"

/* How good estimates of an entry should be where that is cheap: a share of tau, and what it may
 * cost. */
#define GP_FINEST_SHARE 5e-3
enum { GP_FINEST_EVALUATIONS = 20 };

/* An independent second estimate takes steps of its own: the usual ones times this. */
#define GP_SECOND_SHIFT 0.6180339887

/* A look from further away, where the stairs of a coarsely rounded function show: the usual steps
 * times this. */
#define GP_FAR_SHIFT 64.0

/* An entry may cost so many evaluations; with a budget, many more where noise leaves it open and
 * they promise an answer: a bound of this share of tau. */
enum { GP_MOST_EVALUATIONS = 60, GP_FIT_EVALUATIONS = 2600 };
#define GP_FIT_SHARE 0.3

/* Refines a ladder for as long as that is worth its cost: very good bounds where they are cheap,
 * good enough ones otherwise. */
gp_outcome gp_refine(gp_ladder *ladder, gp_line *line, double sigma, const gp_tolerance *tolerance,
                     gp_estimate *estimate);
/* The same until the bound is within `enough`. */
gp_outcome gp_refine_until(gp_ladder *ladder, gp_line *line, double sigma, double enough,
                           gp_estimate *estimate);

/* See gp_find_stairs; at steps of `near` the line has the slope of the estimate. */
gp_outcome gp_look_for_stairs(gp_line *line, const gp_estimate *estimate, double near, double quiet,
                              double *sigma, unsigned *evaluations);

/* About how many more values it takes to decide about an entry of this length scale and derivative
 * that noise leaves open; infinite: more than are ever spent. */
double gp_decision_cost(const gp_tolerance *tolerance, double sigma, double length,
                        double derivative);

#endif

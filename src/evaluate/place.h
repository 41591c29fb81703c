/* Where x is: at the base point, one entry off it, or a step along many entries off it. */
#ifndef GP_PLACE_H
#define GP_PLACE_H

#include "evaluate/state.h"

/* Moves the base point (n values, rounded to the function's precision), and x with it. */
void gp_evaluator_set_point(gp_evaluator *evaluator, const double *point);
/* Where an evaluator that keeps x in place keeps a base point that isn't the function's own, n
 * entries. Whoever writes one there and passes it on to gp_evaluator_set_point needs no array
 * besides. NULL: a fault. */
double *gp_evaluator_elsewhere(gp_evaluator *evaluator);

/* Entry i of the base point, whichever rank holds it; NaN where they can't tell each other. */
double gp_evaluator_number(gp_evaluator *evaluator, size_t i);

/* Sets entry i to base + t, rounded to the function's precision, and returns the step that the
 * machine made of it, (base + t rounded) - base; 0 for another rank's entry. */
double gp_evaluator_move(gp_evaluator *evaluator, size_t i, double t);

/* A step along many entries at once: gp_evaluator_leave names their range and the line that the
 * step is along (0: none that goes on), then gp_evaluator_shift sets all of it, piece by piece, to
 * base + t v, and adds the sum of steps times v to *along, that of v^2 to *square. The value there
 * is gp_evaluator_value_here's. After it the entries are as good as back at the base point: what is
 * called next puts them there, unless it moves them anyway. */
void gp_evaluator_leave(gp_evaluator *evaluator, uint64_t line, size_t first, size_t end);
void gp_evaluator_shift(gp_evaluator *evaluator, size_t first, size_t count, double t,
                        const double *v, double *along, double *square);
void gp_evaluator_restore_base(gp_evaluator *evaluator);

/* Can entries be moved on along this line, since a step along it has left them where they are? */
int gp_evaluator_is_on(const gp_evaluator *evaluator, uint64_t line);
/* Moves them to `ratio` times as far from the base point, quicker than by gp_evaluator_shift, and
 * adds the sum of new steps times old ones to *along, that of old ones squared to *square. Rounding
 * errors grow with the ratio: |ratio| <= 1. */
void gp_evaluator_scale(gp_evaluator *evaluator, double ratio, double *along, double *square);

/* Where x is kept in place, whether a call has written to it may be found out with the next call
 * that happens to read it. This finds out now. */
gp_outcome gp_evaluator_verify_x(gp_evaluator *evaluator);
/* Before a call: x is as it should be, and what tells so afterwards is at hand. */
void gp_evaluator_watch_x(gp_evaluator *evaluator);

#endif

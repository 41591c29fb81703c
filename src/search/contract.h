/* Do the callbacks keep their contract? Trials at the given point, before any number is compared.
 */
#ifndef GP_CONTRACT_H
#define GP_CONTRACT_H

#include "search/state.h"

/* Calls the callbacks at the given point until it is known that they can be trusted to do the same
 * each time: sets report->value, gradient and manner. GP_NOT_HERE when the function has failed. */
gp_outcome gp_try_out(gp_check_state *check);

/* Entries whose number isn't what the callback meant (check->manner): into the report, up to so
 * many a block. */
gp_outcome gp_report_odd_entries(gp_check_state *check);

/* x (n) := the given point, each entry moved by `share` of its length, times a
 * random number of its own. */
void gp_check_beside(const gp_check_state *check, double share, double *x);

/* A number that tells two gradients apart, -0 from 0 too. *finite: all of it is. */
uint64_t gp_fingerprint(const double *g, size_t n, int *finite);

/* The gradient at the evaluator's point once more, into g (n), which holds what the call before
 * returned. *varies: it isn't the same, bit for bit. */
gp_outcome gp_ask_again(gp_check_state *check, double *g, int *varies);

/* The value at the given point once more: GP_FAULT where it isn't report->value. */
gp_outcome gp_try_value_again(gp_check_state *check);

/* Do three calls in turn, of n numbers each, return more by the same each time? Then they add to a
 * buffer of their own that is never set to zero, and may have been used before; a counter in an
 * entry or two is another matter. */
int gp_grows_evenly(const double *first, const double *second, const double *third, size_t n,
                    double epsilon);

#endif

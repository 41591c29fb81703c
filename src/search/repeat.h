/* Does the function under test give the same numbers twice? Atomics, threads and reductions on a
 * GPU add in an order of their own each time, so that the last bits of a value or of a gradient
 * vary from call to call at the same point. Variation that rounding explains is measured and counts
 * as noise; a larger one is of another kind (a random draw that isn't held), and then nothing can
 * be compared. */
#ifndef GP_REPEAT_H
#define GP_REPEAT_H

#include "search/state.h"

/* The same number, in every bit; 0 and -0 are, and so are two NaNs. */
int gp_same_bits(double a, double b);

/* Rounding explains differences of up to so many units of relative precision (sums of 10^6
 * positive terms, added one after the other in eight random orders: up to 150 in float64, 240 in
 * float32), next to the largest number that took part. A random draw changes numbers by a
 * thousandth of them and more: 10^12 units in float64, 10^4 in float32. */
#define GP_REPEAT_UNITS 1024.0

/* Two answers of the same question, `first` and `second`, where numbers of size `scale` took part:
 * 1 if they are the same in every bit, or if rounding explains the difference and options.strict
 * isn't set. */
int gp_repeats(const gp_check_state *check, double first, double second, double scale);

/* GP_FAULT, as not deterministic, where the value `second` at the given point isn't report->value
 * up to rounding; measures by how much it varies. `when` begins the message. */
gp_outcome gp_repeat_value(gp_check_state *check, double second);

/* Asks for the gradient at the given point a few times more and measures how much each block of it
 * varies (gp_tolerance.variation); GP_FAULT, as not deterministic, where rounding doesn't explain
 * that. check->gradient stays the one under test; uses check->other. */
gp_outcome gp_repeat_gradient(gp_check_state *check);

/* Two gradients of the same point. *beyond: the first entry whose difference rounding doesn't
 * explain; n if there is none: then what there is counts as measured. */
gp_outcome gp_compare_gradients(gp_check_state *check, const double *first, const double *second,
                                size_t *beyond);

/* Is entry i of the gradient under test the number `other` up to what was measured? */
int gp_repeats_entry(const gp_check_state *check, size_t i, double other);

/* Says in the report what was measured, if anything varies. */
gp_outcome gp_report_repeats(gp_check_state *check);

#endif

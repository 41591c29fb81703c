/* Comparing one number under test with one estimate: see "Verdicts, exactly" in
 * docs/architecture.md. */
#ifndef GP_VERDICT_H
#define GP_VERDICT_H

#include "estimate/derivative.h"

/* What differences count. `floor` is the size below which an entry's error is judged as if the
 * entry were that large; the absolute tolerance is rtol * floor. Where the bound is narrow enough
 * for it, the smaller fine_atol takes the place of atol: tiny entries among large ones are judged
 * as finely as their bounds allow. */
typedef struct gp_tolerance {
    double rtol, atol, fine_atol;
    double floor; /* atol / rtol, for resolutions */
    double
        zero_floor; /* bounds below rtol * zero_floor are narrow enough to call a derivative zero */
    /* No derivative of the block is told from 0 at the given point: atol, if any, is of the scale
     * of other blocks. It keeps entries from being refuted and proves none: what is verified is
     * right to rtol of itself. */
    int unscaled;
    /* The smallest normal number of the gradient's type: below it the gradient has no digits to be
     * right in. */
    double smallest;
    /* How much the gradient under test varies from call to call at the same point; 0: it doesn't.
     */
    double variation;
} gp_tolerance;

/* tau = rtol max(|a|, |d|) + atol, with fine_atol for atol if the bound is within that. */
double gp_tau(const gp_tolerance *tolerance, double analytic, double numeric, double bound);

/* Is this what judging an entry could have made? For entries from a file: whatever is sound may be
 * used. */
int gp_entry_is_sound(const gp_entry *entry);

gp_entry_status gp_judge(double analytic, const gp_estimate *estimate,
                         const gp_tolerance *tolerance);

/* (|a - d| + b) / (max(|a|, |d|) + floor): a larger relative error than this is excluded. What is
 * verified has one of rtol at most. At a kink it is how far a may lie beyond the nearer slope, and
 * the larger slope counts for the size; of what is zero the floor is zero_floor, if that is larger.
 */
double gp_entry_resolution(const gp_entry *entry);

/* The floor of an entry of that status, which is decided with this tolerance. */
double gp_floor_of(gp_entry_status status, const gp_tolerance *tolerance);

#endif

/* Judging the numbers of one place: what entries of a gradient and derivatives of maps have in
 * common. A gradient is the derivative of a map with one output. */
#ifndef GP_SWEEP_H
#define GP_SWEEP_H

#include "judge/decide.h"
#include "search/state.h"

/* Where, and what findings are to come of it. */
typedef struct gp_sweep {
    gp_check_state *check;
    gp_origin origin;
    size_t point;                  /* its number */
    const gp_tolerance *tolerance; /* one a block */
} gp_sweep;

/* Judges the number of an entry of `shown`, `a`, on its line, whose ladder has been begun. `entry`
 * SIZE_MAX: of none. */
gp_outcome gp_sweep_judge(const gp_sweep *sweep, size_t entry, size_t block, double a,
                          gp_ladder *ladder, gp_line *line, gp_noise noise, gp_entry *result);

/* Could that have left this result? For records. */
int gp_sweep_is_sound(const gp_sweep *sweep, double a, const gp_entry *result);

/* Puts a result in, if it says anything beside what the report has; at the given point also into
 * check->numeric and bound. */
gp_outcome gp_sweep_put(const gp_sweep *sweep, size_t entry, size_t block, gp_entry *result);

/* The derivative that an entry's result speaks of, and a bound on it, infinite where there is none:
 * at a kink, whatever lies between the slopes of both sides will do. */
void gp_entry_known(const gp_entry *result, double *d, double *b);

#endif

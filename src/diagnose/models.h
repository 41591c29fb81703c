/* Models of the numbers of a block, each of which names one cause: it returns 1 if it explains
 * every number within its bound and has named it, 0 if it doesn't, -1 if memory ran out. The table
 * of causes.c says in which order they are tried. */
#ifndef GP_MODELS_H
#define GP_MODELS_H

#include "diagnose/case.h"

/* ---- manners.c: how the numbers came about ------------------------------------------ */

int gp_cause_unwritten(const gp_case *c);
int gp_cause_nonfinite(const gp_case *c);
int gp_cause_accumulated(const gp_case *c);
int gp_cause_stale(const gp_case *c);
/* A mistake that the function itself knows. */
int gp_cause_suspected(const gp_case *c);
int gp_cause_stored(const gp_case *c);
/* The same, and at the given point it was right, or other blocks are stored as well: that leaves
 * nothing else. */
int gp_cause_stored_surely(const gp_case *c);

/* ---- substitutes.c: something else in the derivative's place ------------------------- */

int gp_cause_zero(const gp_case *c);
/* The value stands still, and the gradient says that it moves. */
int gp_cause_straight_through(const gp_case *c);
/* One example's derivative for that of all: as if it were all of them, or the share that it has in
 * their mean, when a sum over examples keeps its last term alone. */
int gp_cause_sample(const gp_case *c);
/* a = |d| where some d are negative: a square root of a square, or an absolute value too many. */
int gp_cause_absolute(const gp_case *c);
/* One number for many entries, where the derivative has many: a sum over the wrong axis, then
 * spread. */
int gp_cause_broadcast(const gp_case *c);

/* ---- factors.c ----------------------------------------------------------------------- */

/* All of the block is a factor away. */
int gp_cause_scaled(const gp_case *c);
/* Right in one part, a factor away in the other. */
int gp_cause_part(const gp_case *c);
/* A factor of its own for each row, each column, each index of another axis: one factor of the
 * chain rule left out or put in. */
int gp_cause_line_factors(const gp_case *c);

/* ---- moves.c: derivatives in the place of others ------------------------------------- */

int gp_cause_transposed(const gp_case *c);
/* Shifted or reversed: as a whole, or along one of its axes, as each row of a VJP may be. */
int gp_cause_rearranged(const gp_case *c);
/* Two indices of an axis in each other's place: rows, columns, outputs. */
int gp_cause_exchanged(const gp_case *c);
/* The derivative of another block. */
int gp_cause_swapped(const gp_case *c);

/* ---- mostly.c ------------------------------------------------------------------------ */

/* A factor or a decay that explains most numbers, where estimates of the others are doubtful. */
int gp_cause_mostly(const gp_case *c);

/* ---- terms.c -------------------------------------------------------------------------- */

/* a - d = lambda s(x): weight decay, perhaps but for an intercept; an L1 penalty; a number added to
 * every entry. */
int gp_cause_term(const gp_case *c);

/* ---- places.c: where entries are wrong and where they are right ----------------------- */

/* Errors confined to some rows (or columns). */
int gp_cause_lines(const gp_case *c);
/* What is wrong in a few boxes, of several entries each, and right elsewhere; with the factor that
 * explains it, if one does. */
int gp_cause_boxes(const gp_case *c);
/* A few single entries. */
int gp_cause_entries(const gp_case *c);

#endif

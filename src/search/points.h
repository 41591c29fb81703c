/* Points of our own choice, and what makes a place regular. */
#ifndef GP_POINTS_H
#define GP_POINTS_H

#include "search/survey.h"

/* Value and gradient (into check->other) at the evaluator's point. */
gp_outcome gp_check_evaluate(gp_check_state *check, double *f0);

/* Of the listed entries, those that are refuted at the given point by no more than what rounding of
 * x makes of the gradient under test become unresolved. */
gp_outcome gp_allow_for_rounding(gp_check_state *check, const size_t *list, size_t count);
/* Moves to further point `number`, which the report then names: another batch, a random theta, or
 * both. Sets *f0, and uses check->other. GP_NOT_HERE: there is none. */
gp_outcome gp_check_move_further(gp_check_state *check, size_t number, double *f0);
/* Descends from the given point x (n), where the gradient is check->other, along the gradient under
 * test, each block by a twentieth of its own typical size at a time, less where the value doesn't
 * fall; no further than to a hundredth of the value, since next to nothing is left to see at a loss
 * of next to nothing; and not where the value falls ever faster, since that way lies a pole. Leaves
 * x at the end; *steps tells how many. */
gp_outcome gp_check_descend(gp_check_state *check, double *x, double *f0, size_t *steps);
/* gp_survey at the evaluator's point, one of our own choice, where the gradient under test is
 * check->other; `where` says which, in the words of gp_report_name_point. *refuted: so many entries
 * are, at a regular place. */
gp_outcome gp_survey_place(gp_check_state *check, gp_origin origin, size_t number,
                           const char *where, double f0, const size_t *list, size_t count,
                           size_t *refuted);

/* Points that nobody asked about: points.c. `list` has room for n entries. */
/* Another point for what the given one leaves silent: another batch, a random theta, or both. */
gp_outcome gp_try_further_point(gp_check_state *check, size_t number, size_t *list, size_t *tried);
/* Of blocks without a scale that no point has exercised: does the value depend on them at all? One
 * that it doesn't stays unexercised. Leaves the evaluator anywhere; uses check->other. */
gp_outcome gp_ask_silent(gp_check_state *check);
/* What no point has decided becomes unresolved: silent entries of blocks without a scale at the
 * given point, and those that another point speaks against. */
void gp_settle_silent(gp_check_state *check);
/* A sample of the entries after some steps of descent. */
gp_outcome gp_try_trained_point(gp_check_state *check, size_t *list);
/* Blocks whose gradient is the same elsewhere, though the derivative isn't: sets check->stored.
 * With a list they are refuted there too; NULL: they are already. */
gp_outcome gp_find_stored(gp_check_state *check, size_t *list);

#endif

/* Guarded calls of the callbacks of a function with a value: one at a time, where the evaluator's x
 * is. */
#ifndef GP_EVALUATE_CALLS_H
#define GP_EVALUATE_CALLS_H

#include "evaluate/state.h"

/* Makes batch `batch` the one in use. */
gp_outcome gp_evaluator_set_batch(gp_evaluator *evaluator, size_t batch);

/* Makes the function the mean over examples [first, first + count), or its part `part` alone (0:
 * the whole). Fine for functions that offer no such choice, as long as nothing but the whole is
 * asked for. */
gp_outcome gp_evaluator_select_examples(gp_evaluator *evaluator, size_t first, size_t count);
gp_outcome gp_evaluator_select_part(gp_evaluator *evaluator, size_t part);

/* Asks for the unit that keeps entry i silent: name (size bytes) always ends. GP_NOT_HERE: it has
 * no name. */
gp_outcome gp_evaluator_silence(gp_evaluator *evaluator, size_t i, char *name, size_t size);

/* The value at the base point, but for entries that gp_evaluator_move has moved. */
gp_outcome gp_evaluator_value(gp_evaluator *evaluator, double *value);
/* The value where gp_evaluator_shift or gp_evaluator_scale has left x. */
gp_outcome gp_evaluator_value_here(gp_evaluator *evaluator, double *value);

/* Does the function offer its value at points that differ in one entry, and may it be used here? */
int gp_evaluator_has_entries(const gp_evaluator *evaluator);
/* values[k] with entry[k] at number[k] instead of the base point; NaN: not here. */
gp_outcome gp_evaluator_entries(gp_evaluator *evaluator, size_t count, const size_t *entry,
                                const double *number, double *values);

/* Does the function offer its changes along a line, and may they be used here? */
int gp_evaluator_has_changes(const gp_evaluator *evaluator);
/* Room for line number `line`'s direction (n), all zeros, along which changes are asked for from
 * now on: until evaluator->v_line is another number. NULL without memory. */
double *gp_evaluator_new_direction(gp_evaluator *evaluator, uint64_t line);
/* changes[k] := f(x + step[k] v) - f(x) at the base point x; NaN: not here. */
gp_outcome gp_evaluator_changes(gp_evaluator *evaluator, size_t count, const double *step,
                                double *changes);

/* The gradient under test, planted mistakes included, as n doubles. written[i], if not NULL, tells
 * whether entry i was changed from the poison. *value, if not NULL, is set where the function
 * computes both together, else left alone. */
gp_outcome gp_evaluator_gradient(gp_evaluator *evaluator, gp_poison poison, double *gradient,
                                 unsigned char *written, double *value);

/* g (n, from gp_evaluator_new_suspect, released with free): what the gradient would be at the base
 * point with one of the function's suspects. */
double *gp_evaluator_new_suspect(const gp_evaluator *evaluator);
gp_outcome gp_evaluator_suspect(gp_evaluator *evaluator, size_t suspect, double *g);

/* Re and Im of the value at point + i h e_entry; the evaluator must be at its base point. */
gp_outcome gp_evaluator_complex(gp_evaluator *evaluator, size_t entry, double h, double *re,
                                double *im);

#endif

/* What is seen of whole blocks at a point of our own choice that refuted some of their entries:
 * evidence for the diagnosis. Entries that are decided at points of their own have no positions, no
 * x and no scale in common; those of one point have. */
#ifndef GP_WITNESS_H
#define GP_WITNESS_H

#include "search/state.h"

/* After entries have been refuted as of point `number`, where the evaluator is, the value is f0 and
 * the gradient under test g (n): looks at all entries of their blocks. Leaves the evaluator there,
 * and what the report says of entries alone. Of the first GP_MOST_WITNESSES points only, and not of
 * those of directions. */
gp_outcome gp_call_witness(gp_check_state *check, size_t number, double f0, const double *g);

/* What is known at the given point, before estimates there are sharpened: what the sharper ones
 * leave without a cause may have one by these. */
gp_outcome gp_keep_given(gp_check_state *check);

void gp_witnesses_clear(gp_check_state *check);

#endif

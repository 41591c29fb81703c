/* Evidence for the diagnosis, once something is refuted: is a block's gradient stored, which
 * examples is it of, and estimates at the given point that tell causes apart. */
#ifndef GP_GATHER_H
#define GP_GATHER_H

#include "search/state.h"

/* What it finds stands in check->stored, example_d and example_b, numeric and bound; the report
 * stays as it is. `list` has room for n entries. */
gp_outcome gp_gather_evidence(gp_check_state *check, size_t *list);

/* Of these example_d and example_b alone, of entries that are refuted where there are arrays of no
 * more: what directions have found. */
gp_outcome gp_gather_examples(gp_check_state *check);

#endif

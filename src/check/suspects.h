/* Mistakes that the function itself knows: see gp_suspect. */
#ifndef GP_SUSPECTS_H
#define GP_SUSPECTS_H

#include "diagnose/numbers.h"
#include "search/state.h"

/* found (a block each) := what gp_evidence says of suspects, from the rest of the evidence. */
gp_status gp_match_suspects(gp_check_state *check, const gp_evidence *evidence, size_t *found);

#endif

/* What experts advise beyond comparing numbers at one point. */
#ifndef GP_PRACTICE_H
#define GP_PRACTICE_H

#include "search/state.h"

/* What experts advise, after the given point has been surveyed: parts one by one, fewer examples,
 * further points, a point after some training. `list` has room for n entries. */
gp_outcome gp_practise(gp_check_state *check, size_t *list);

#endif

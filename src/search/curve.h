/* How difference quotients of single entries depend on the step, for the report. */
#ifndef GP_CURVE_H
#define GP_CURVE_H

#include "search/state.h"

/* Keeps a gp_step_curve in the report for up to options.curves of its blocks, those refuted first:
 * of each the entry that agrees least with its estimate, of those that were decided at the given
 * point on the whole function. Verdicts don't change: where the function can't be evaluated any
 * more, or a probe is lost, the curve is left out. GP_ERROR_MEMORY is what can go wrong. */
gp_status gp_keep_curves(gp_check_state *check);

#endif

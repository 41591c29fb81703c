/* What a report on a flat function says beyond it: in which way a gradient is right, whether it is
 * tangent. */
#ifndef GP_EXPLAIN_H
#define GP_EXPLAIN_H

#include "judge/findings.h"
#include "manifold/flat.h"

gp_status gp_flat_explain(gp_flat *flat, gp_report *report);

#endif

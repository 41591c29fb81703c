/* Where no space was declared, and a refuted gradient would be right with one. */
#ifndef GP_HINT_H
#define GP_HINT_H

#include "judge/findings.h"

/* Names refuted square blocks at a symmetric point whose gradient is that of a function of
 * symmetric matrices. Verdicts stay. */
gp_status gp_hint_symmetric(const gp_function *f, gp_report *report);

#endif

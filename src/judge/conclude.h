/* From the findings to verdicts. */
#ifndef GP_CONCLUDE_H
#define GP_CONCLUDE_H

#include "judge/findings.h"
#include "judge/verdict.h"

/* Fills in everything of a report that follows from its entries: counts, verdicts, resolutions, the
 * worst entries, coverage. tolerance holds one element a block. Keeps a GP_FAILED verdict. */
void gp_conclude(gp_report *report, const gp_tolerance *tolerance);

/* How far an entry is from agreement; of two the larger is worse. Of one that isn't refuted it is
 * below 1 and grows with the difference as a share of what is allowed; a refuted one has 2 more
 * than that share. */
double gp_entry_badness(const gp_entry *entry, const gp_tolerance *tolerance);

#endif

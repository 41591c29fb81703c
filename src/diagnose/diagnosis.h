/* What is wrong with a refuted gradient? Causes are named block by block (causes.h); then blocks
 * that may be wrong only because one nearer the loss is are told apart. */
#ifndef GP_DIAGNOSIS_H
#define GP_DIAGNOSIS_H

#include "diagnose/numbers.h"

/* Names a cause, or "unknown", for each block with a refuted entry. */
gp_status gp_diagnose(const gp_evidence *evidence, gp_report *report);

#endif

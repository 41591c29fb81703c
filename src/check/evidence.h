/* What the diagnosis is to know of a check. */
#ifndef GP_EVIDENCE_H
#define GP_EVIDENCE_H

#include "diagnose/diagnosis.h"
#include "search/state.h"

/* Gathers the evidence and names causes in the report, where anything is refuted. */
gp_status gp_check_diagnose(gp_check_state *check);

#endif

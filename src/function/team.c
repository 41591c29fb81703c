/* See team.h. Everything goes by one operation, a gather, and sums are added up in the order of
 * ranks, so that no two ranks ever see different numbers. */
#include "function/team.h"

#include <stdlib.h>
#include <string.h>

gp_outcome gp_team_gather(const gp_team *t, gp_evaluator *e, const void *mine, size_t bytes,
                          void *all) {
    if (t->gather(t->context, mine, bytes, all) == 0)
        return GP_EVALUATED;
    return gp_evaluator_fault(e, "team", "rank %d can't exchange %zu bytes with the others",
                              t->rank, bytes);
}

gp_outcome gp_team_sum(const gp_team *t, gp_evaluator *e, double *numbers, size_t count) {
    if (!t || t->ranks == 1 || count == 0)
        return GP_EVALUATED;
    double *all = malloc((size_t)t->ranks * count * sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome outcome = gp_team_gather(t, e, numbers, count * sizeof *numbers, all);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        numbers[k] = all[k];
        for (size_t r = 1; r < (size_t)t->ranks; r++)
            numbers[k] += all[r * count + k];
    }
    free(all);
    return outcome;
}

/* How it went on a rank. */
typedef struct gp_state {
    gp_outcome outcome;
    char fault_kind[32];
    gp_error fault;
} gp_state;

gp_outcome gp_team_agree(const gp_team *t, gp_evaluator *e, gp_outcome outcome) {
    if (!t || t->ranks == 1)
        return outcome;
    gp_state mine = {.outcome = outcome, .fault = e->fault};
    memcpy(mine.fault_kind, e->fault_kind, sizeof mine.fault_kind);
    gp_state *all = calloc((size_t)t->ranks, sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome exchanged = gp_team_gather(t, e, &mine, sizeof mine, all);
    for (int r = 0; r < t->ranks && exchanged == GP_EVALUATED; r++) {
        if (all[r].outcome == GP_FAULT)
            exchanged = gp_evaluator_fault(e, all[r].fault_kind, "%s", all[r].fault.message);
        else if (all[r].outcome == GP_NOT_HERE)
            outcome = GP_NOT_HERE;
    }
    free(all);
    return exchanged == GP_EVALUATED ? outcome : exchanged;
}

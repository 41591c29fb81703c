/* See team.h. Everything goes by one operation, a gather, and sums are added up in the order of
 * ranks, so that no two ranks ever see different numbers. */
#include "evaluate/team.h"

#include <stdlib.h>

gp_outcome gp_team_gather(const gp_team *t, gp_fault *fault, const void *mine, size_t bytes,
                          void *all) {
    if (t->gather(t->context, mine, bytes, all) == 0)
        return GP_EVALUATED;
    return gp_fault_note(fault, "team", "rank %d can't exchange %zu bytes with the others", t->rank,
                         bytes);
}

gp_outcome gp_team_sum(const gp_team *t, gp_fault *fault, double *numbers, size_t count) {
    if (!t || t->ranks == 1 || count == 0)
        return GP_EVALUATED;
    double *all = malloc((size_t)t->ranks * count * sizeof *all);
    if (!all)
        return gp_fault_note(fault, "memory", "out of memory");
    gp_outcome outcome = gp_team_gather(t, fault, numbers, count * sizeof *numbers, all);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        numbers[k] = all[k];
        for (size_t r = 1; r < (size_t)t->ranks; r++)
            numbers[k] += all[r * count + k];
    }
    free(all);
    return outcome;
}

/* How it went on a rank. */
typedef struct gp_rank_state {
    gp_outcome outcome;
    gp_fault fault;
} gp_rank_state;

gp_outcome gp_team_agree(const gp_team *t, gp_fault *fault, gp_outcome outcome) {
    if (!t || t->ranks == 1)
        return outcome;
    gp_rank_state mine = {outcome, *fault};
    gp_rank_state *all = calloc((size_t)t->ranks, sizeof *all);
    if (!all)
        return gp_fault_note(fault, "memory", "out of memory");
    gp_outcome exchanged = gp_team_gather(t, fault, &mine, sizeof mine, all);
    for (int r = 0; r < t->ranks && exchanged == GP_EVALUATED; r++) {
        if (all[r].outcome == GP_FAULT)
            exchanged = gp_fault_note(fault, all[r].fault.kind, "%s", all[r].fault.error.message);
        else if (all[r].outcome == GP_NOT_HERE)
            outcome = GP_NOT_HERE;
    }
    free(all);
    return exchanged == GP_EVALUATED ? outcome : exchanged;
}

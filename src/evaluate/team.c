/* See team.h. Everything goes by one operation, a gather, and sums are added up in the order of
 * ranks, so that no two ranks ever see different numbers. */
#include "evaluate/team.h"

#include <stdlib.h>
#include <string.h>

#include "system/error.h"

enum { FEW = 32 }; /* ranks whose letters fit on the stack: 17 KB */

/* How a rank stands, and what it has to say where that is short. */
typedef struct gp_envelope {
    enum { GOING_ON = 1, AT_THE_END } what; /* of a check */
    int state;                              /* a gp_outcome; at the end a gp_status */
    uint64_t bytes;                         /* that each has to say */
    char message[64];
} gp_envelope;

static int is_alone(const gp_link *l) {
    return !l || !l->team || l->team->ranks == 1;
}

gp_status gp_link_open(gp_link *l, const gp_team *team) {
    *l = (gp_link){.team = team};
    if (is_alone(l) || team->ranks <= FEW)
        return GP_OK;
    l->many = calloc((size_t)team->ranks, sizeof(gp_fault));
    l->broken = !l->many;
    return l->many ? GP_OK : GP_ERROR_MEMORY;
}

/* all := everybody's `mine`; 0 where that can't be. */
static int pass_round(gp_link *l, const void *mine, size_t bytes, void *all) {
    l->broken = l->broken || l->team->gather(l->team->context, mine, bytes, all) != 0;
    return !l->broken;
}

static gp_outcome note_broken(gp_link *l, gp_fault *fault, size_t bytes) {
    l->broken = l->parted = 1;
    return gp_fault_note(fault, "team", "rank %d can't exchange %zu bytes with the others",
                         l->team->rank, bytes);
}

/* Rank `failed` has failed, as all ranks know: what it says of that is everybody's fault, whoever
 * has one as well. */
static gp_outcome take_fault(gp_link *l, gp_fault *fault, int failed) {
    gp_fault few[FEW], *faults = l->many ? l->many : few;
    l->parted = 1;
    if (!pass_round(l, fault, sizeof *fault, faults))
        return note_broken(l, fault, sizeof *fault);
    gp_fault theirs = faults[failed];
    if (failed != l->team->rank && strcmp(theirs.kind, "memory") == 0)
        gp_note(&theirs.error, "rank %d: %.480s", failed, faults[failed].error.message);
    *fault = theirs;
    return GP_FAULT;
}

static gp_outcome note_parting(gp_link *l, gp_fault *fault, int from) {
    l->parted = 1;
    return gp_fault_note(fault, "team",
                         "ranks %d and %d have gone different ways: are the function and the "
                         "options the same on both?",
                         l->team->rank, from);
}

/* What all envelopes together come to. */
static gp_outcome worst_of(gp_link *l, gp_fault *fault, const gp_envelope *all, size_t bytes) {
    int outside = 0, failed = -1, apart = -1;
    for (int r = l->team->ranks - 1; r >= 0; r--) {
        l->broken |= all[r].what == AT_THE_END; /* it won't come again */
        apart = all[r].what == AT_THE_END || all[r].bytes != bytes ? r : apart;
        failed = all[r].state == GP_FAULT ? r : failed;
        outside |= all[r].state == GP_NOT_HERE;
    }
    if (l->broken || (apart >= 0 && failed < 0))
        return note_parting(l, fault, apart);
    return failed >= 0 ? take_fault(l, fault, failed) : outside ? GP_NOT_HERE : GP_EVALUATED;
}

gp_outcome gp_team_gather(gp_link *l, gp_fault *fault, gp_outcome outcome, const void *mine,
                          size_t bytes, void *all) {
    gp_envelope few[FEW], *envelopes = l->many ? l->many : few;
    gp_envelope own = {.what = GOING_ON, .bytes = bytes, .state = (int)outcome};
    int is_short = bytes <= sizeof own.message;
    if (l->parted)
        return gp_fault_note(fault, "team", "a rank has failed");
    if (is_short && bytes)
        memcpy(own.message, mine, bytes);
    if (!pass_round(l, &own, sizeof own, envelopes))
        return note_broken(l, fault, bytes);
    outcome = worst_of(l, fault, envelopes, bytes);
    if (outcome == GP_FAULT)
        return GP_FAULT;
    for (size_t r = 0; r < (size_t)l->team->ranks && is_short && bytes; r++)
        memcpy((char *)all + r * bytes, envelopes[r].message, bytes);
    return is_short || pass_round(l, mine, bytes, all) ? outcome : note_broken(l, fault, bytes);
}

gp_outcome gp_team_agree(gp_link *l, gp_fault *fault, gp_outcome outcome) {
    if (is_alone(l) || (l->parted && outcome == GP_FAULT))
        return outcome;
    return gp_team_gather(l, fault, outcome, NULL, 0, NULL);
}

gp_outcome gp_team_sum(gp_link *l, gp_fault *fault, double *numbers, size_t count) {
    if (is_alone(l) || count == 0)
        return GP_EVALUATED;
    double *all = calloc((size_t)l->team->ranks * count, sizeof *all);
    if (!all)
        return gp_fault_note(fault, "memory", "out of memory");
    gp_outcome outcome =
        gp_team_gather(l, fault, GP_EVALUATED, numbers, count * sizeof *numbers, all);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        numbers[k] = all[k];
        for (size_t r = 1; r < (size_t)l->team->ranks; r++)
            numbers[k] += all[r * count + k];
    }
    free(all);
    return outcome;
}

/* The status of rank `failed`, as all ranks know, and its line in *error. */
static gp_status take_status(gp_link *l, gp_status status, gp_error *error, int failed) {
    gp_error few[FEW], *lines = l->many ? l->many : few;
    gp_error own = *error;
    if (!pass_round(l, &own, sizeof own, lines))
        return gp_fail(error, status, "rank %d has failed", failed);
    if (failed == l->team->rank)
        return status;
    own = lines[failed];
    return gp_fail(error, status, "rank %d: %.480s", failed, own.message);
}

gp_status gp_link_close(gp_link *l, gp_status status, gp_error *error) {
    gp_envelope few[FEW], *envelopes = l->many ? l->many : few;
    gp_envelope own = {.what = AT_THE_END, .state = (int)status};
    if (is_alone(l))
        return status;
    int came = pass_round(l, &own, sizeof own, envelopes), failed = -1, lost = -1;
    for (int r = l->team->ranks - 1; r >= 0 && came; r--) {
        lost = envelopes[r].what != AT_THE_END ? r : lost;
        failed = envelopes[r].state != GP_OK ? r : failed;
    }
    if (lost >= 0)
        status = gp_fail(error, GP_ERROR_UNSUPPORTED,
                         "the team: rank %d goes on where rank %d has ended", lost, l->team->rank);
    else if (failed >= 0)
        status = take_status(l, (gp_status)envelopes[failed].state, error, failed);
    free(l->many);
    l->many = NULL;
    return status;
}

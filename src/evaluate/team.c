/* See team.h. Everything goes by one operation, a gather, and sums are added up in the order of
 * ranks, so that no two ranks ever see different numbers. */
#include "evaluate/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gp_outcome gather(const gp_team *t, gp_evaluator *e, const void *mine, size_t bytes,
                         void *all) {
    if (t->gather(t->context, mine, bytes, all) == 0)
        return GP_EVALUATED;
    return gp_evaluator_fault(e, "team", "rank %d can't exchange %zu bytes with the others",
                              t->rank, bytes);
}

static gp_outcome combine(const gp_team *t, gp_evaluator *e, int largest, double *numbers,
                          size_t count) {
    if (!t || t->ranks == 1 || count == 0)
        return GP_EVALUATED;
    double *all = malloc((size_t)t->ranks * count * sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome outcome = gather(t, e, numbers, count * sizeof *numbers, all);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        numbers[k] = all[k];
        for (int r = 1; r < t->ranks; r++) {
            double theirs = all[(size_t)r * count + k];
            numbers[k] = largest ? fmax(numbers[k], theirs) : numbers[k] + theirs;
        }
    }
    free(all);
    return outcome;
}

gp_outcome gp_team_sum(const gp_team *t, gp_evaluator *e, double *numbers, size_t count) {
    return combine(t, e, 0, numbers, count);
}

gp_outcome gp_team_largest(const gp_team *t, gp_evaluator *e, double *numbers, size_t count) {
    return combine(t, e, 1, numbers, count);
}

/* How a rank's share went. */
typedef struct gp_share {
    gp_outcome outcome;
    size_t losses;
    char fault_kind[32];
    gp_error fault;
} gp_share;

/* Records and tallies of a slice of the tasks: `slice` of them from each rank. */
static gp_outcome share_slice(const gp_team *t, gp_evaluator *e, const gp_work *work,
                              gp_tally *tally, size_t from, size_t slice, char *mine, char *all) {
    size_t ranks = (size_t)t->ranks, one = work->size + sizeof *tally;
    memset(mine, 0, slice * one);
    for (size_t k = 0; k < slice; k++) {
        size_t i = (from + k) * ranks + (size_t)t->rank;
        if (i >= work->count)
            break;
        memcpy(mine + k * one, (char *)work->records + i * work->size, work->size);
        memcpy(mine + k * one + work->size, &tally[i], sizeof *tally);
    }
    gp_outcome outcome = gather(t, e, mine, slice * one, all);
    for (size_t r = 0; r < ranks && outcome == GP_EVALUATED; r++)
        for (size_t k = 0; k < slice && (from + k) * ranks + r < work->count; k++) {
            size_t i = (from + k) * ranks + r;
            const char *theirs = all + (r * slice + k) * one;
            memcpy((char *)work->records + i * work->size, theirs, work->size);
            memcpy(&tally[i], theirs + work->size, sizeof *tally);
        }
    return outcome;
}

static gp_outcome share_records(const gp_team *t, gp_evaluator *e, const gp_work *work,
                                gp_tally *tally) {
    enum { SLICE_BYTES = 1 << 22 };
    size_t ranks = (size_t)t->ranks, one = work->size + sizeof *tally;
    size_t each = (work->count + ranks - 1) / ranks;
    size_t slice = SLICE_BYTES / one + 1 < each ? SLICE_BYTES / one + 1 : each;
    char *mine = malloc((ranks + 1) * slice * one);
    if (!mine)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome outcome = GP_EVALUATED;
    for (size_t from = 0; from < each && outcome == GP_EVALUATED; from += slice)
        outcome = share_slice(t, e, work, tally, from, slice, mine, mine + slice * one);
    free(mine);
    return outcome;
}

static int by_index(const void *a, const void *b) {
    const gp_lost_task *p = a, *q = b;
    return (p->index > q->index) - (p->index < q->index);
}

static gp_outcome share_losses(gp_executor *x, gp_evaluator *e, const gp_share *shares) {
    const gp_team *t = x->team;
    size_t ranks = (size_t)t->ranks, most = 0, total = 0;
    for (size_t r = 0; r < ranks; r++) {
        most = shares[r].losses > most ? shares[r].losses : most;
        total += shares[r].losses;
    }
    if (most == 0)
        return GP_EVALUATED;
    gp_lost_task *mine = calloc((ranks + 1) * most, sizeof *mine), *all = mine + most;
    gp_lost_task *together = malloc(total * sizeof *together);
    gp_outcome outcome =
        mine && together ? GP_EVALUATED : gp_evaluator_fault(e, "memory", "out of memory");
    if (outcome == GP_EVALUATED) {
        memcpy(mine, x->lost, x->losses * sizeof *mine);
        outcome = gather(t, e, mine, most * sizeof *mine, all);
    }
    if (outcome == GP_EVALUATED) {
        size_t at = 0;
        for (size_t r = 0; r < ranks; r++)
            for (size_t k = 0; k < shares[r].losses; k++)
                together[at++] = all[r * most + k];
        qsort(together, total, sizeof *together, by_index);
        free(x->lost);
        x->lost = together;
        x->losses = total;
        together = NULL;
    }
    free(together);
    free(mine);
    return outcome;
}

gp_outcome gp_team_share(gp_executor *x, gp_evaluator *e, const gp_work *work, gp_tally *tally,
                         gp_outcome outcome) {
    const gp_team *t = x->team;
    gp_share mine = {.outcome = outcome, .losses = x->losses, .fault = e->fault};
    memcpy(mine.fault_kind, e->fault_kind, sizeof mine.fault_kind);
    gp_share *all = calloc((size_t)t->ranks, sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    outcome = gather(t, e, &mine, sizeof mine, all);
    for (int r = 0; r < t->ranks && outcome == GP_EVALUATED; r++)
        if (all[r].outcome == GP_FAULT)
            outcome = gp_evaluator_fault(e, all[r].fault_kind, "%s", all[r].fault.message);
    if (outcome == GP_EVALUATED)
        outcome = share_records(t, e, work, tally);
    if (outcome == GP_EVALUATED)
        outcome = share_losses(x, e, all);
    free(all);
    return outcome;
}

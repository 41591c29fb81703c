/* What each rank of a team has done, for all of them. */
#include <stdlib.h>
#include <string.h>

#include "evaluate/team.h"
#include "evaluate/workers.h"

/* Records and tallies of a slice of the tasks: `slice` of them from each rank. */
static gp_outcome share_slice(gp_link *link, gp_evaluator *e, const gp_work *work,
                              gp_task_tally *tally, size_t from, size_t slice, char *mine,
                              char *all) {
    size_t ranks = (size_t)link->team->ranks, one = work->size + sizeof *tally;
    memset(mine, 0, slice * one);
    for (size_t k = 0; k < slice; k++) {
        size_t i = (from + k) * ranks + (size_t)link->team->rank;
        if (i >= work->count)
            break;
        memcpy(mine + k * one, gp_work_record(work, i), work->size);
        memcpy(mine + k * one + work->size, &tally[i], sizeof *tally);
    }
    gp_outcome outcome = gp_team_gather(link, &e->fault, GP_EVALUATED, mine, slice * one, all);
    for (size_t r = 0; r < ranks && outcome == GP_EVALUATED; r++)
        for (size_t k = 0; k < slice && (from + k) * ranks + r < work->count; k++) {
            size_t i = (from + k) * ranks + r;
            const char *theirs = all + (r * slice + k) * one;
            memcpy(gp_work_record(work, i), theirs, work->size);
            memcpy(&tally[i], theirs + work->size, sizeof *tally);
        }
    return outcome;
}

static gp_outcome share_records(gp_link *link, gp_evaluator *e, const gp_work *work,
                                gp_task_tally *tally) {
    enum { SLICE_BYTES = 1 << 22 };
    size_t ranks = (size_t)link->team->ranks, one = work->size + sizeof *tally;
    size_t each = (work->count + ranks - 1) / ranks;
    size_t slice = SLICE_BYTES / one + 1 < each ? SLICE_BYTES / one + 1 : each;
    char *mine = malloc((ranks + 1) * slice * one);
    if (!mine)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome outcome = GP_EVALUATED;
    for (size_t from = 0; from < each && outcome == GP_EVALUATED; from += slice)
        outcome = share_slice(link, e, work, tally, from, slice, mine, mine + slice * one);
    free(mine);
    return outcome;
}

static int by_index(const void *a, const void *b) {
    const gp_lost_task *p = a, *q = b;
    return (p->index > q->index) - (p->index < q->index);
}

static gp_outcome share_losses(gp_link *link, gp_losses *lost, gp_evaluator *e) {
    size_t ranks = (size_t)link->team->ranks, most = 0, total = 0, count = lost->count;
    size_t *counts = malloc(ranks * sizeof *counts);
    if (!counts)
        return gp_evaluator_fault(e, "memory", "out of memory");
    gp_outcome counted =
        gp_team_gather(link, &e->fault, GP_EVALUATED, &count, sizeof count, counts);
    for (size_t r = 0; r < ranks && counted == GP_EVALUATED; r++) {
        most = counts[r] > most ? counts[r] : most;
        total += counts[r];
    }
    if (most == 0) {
        free(counts);
        return counted;
    }
    gp_lost_task *mine = calloc((ranks + 1) * most, sizeof *mine);
    gp_lost_task *together = malloc(total * sizeof *together);
    gp_outcome outcome = GP_FAULT;
    if (!mine || !together) {
        (void)gp_evaluator_fault(e, "memory", "out of memory");
    } else {
        gp_lost_task *all = mine + most;
        if (lost->count)
            memcpy(mine, lost->task, lost->count * sizeof *mine);
        outcome = gp_team_gather(link, &e->fault, GP_EVALUATED, mine, most * sizeof *mine, all);
        size_t at = 0;
        for (size_t r = 0; r < ranks && outcome == GP_EVALUATED; r++)
            for (size_t k = 0; k < counts[r]; k++)
                together[at++] = all[r * most + k];
    }
    if (outcome == GP_EVALUATED) {
        qsort(together, total, sizeof *together, by_index);
        free(lost->task);
        lost->task = together;
        lost->count = total;
        together = NULL;
    }
    free(counts);
    free(together);
    free(mine);
    return outcome;
}

gp_outcome gp_share_records(gp_link *link, gp_losses *lost, gp_evaluator *e, const gp_work *work,
                            gp_task_tally *tally, gp_outcome outcome) {
    outcome = gp_team_agree(link, &e->fault, outcome);
    if (outcome == GP_EVALUATED)
        outcome = share_records(link, e, work, tally);
    return outcome == GP_EVALUATED ? share_losses(link, lost, e) : outcome;
}

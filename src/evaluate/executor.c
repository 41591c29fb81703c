/* See executor.h: what all ways of running tasks have in common. */
#include "evaluate/executor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/call.h"
#include "evaluate/workers.h"
#include "system/clock.h"

void *gp_records_alloc(const gp_executor *x, size_t bytes) {
    return gp_records_map(bytes, x->jobs > 0 && !x->threads);
}

void gp_executor_clear(gp_executor *x) {
    free(x->lost.task);
    x->lost = (gp_losses){NULL, 0};
}

const gp_lost_task *gp_executor_lost(const gp_executor *x, size_t index) {
    for (size_t k = 0; k < x->lost.count; k++)
        if (x->lost.task[k].index == index)
            return &x->lost.task[k];
    return NULL;
}

/* ---- the journal ----------------------------------------------------------------- */

typedef struct gp_run {
    gp_executor *executor;
    gp_evaluator *evaluator;
    gp_queue *queue;
    unsigned char *kept; /* tasks that are in the journal; NULL without one */
    double kept_at;      /* when the journal was written to */
    int unwritable;
} gp_run;

/* The journal's number of this run. */
static uint64_t pass_of(const gp_run *r) {
    return r->queue->work->version + r->executor->passes;
}

static void recall(void *context, const gp_kept *kept, const void *record) {
    gp_run *r = context;
    const gp_queue *q = r->queue;
    const gp_work *work = q->work;
    if (kept->index >= work->count || kept->index % q->stride != q->first ||
        !work->is_sound(work->context, kept->index, record))
        return;
    memcpy(gp_work_record(work, kept->index), record, work->size);
    r->queue->tally[kept->index] = (gp_task_tally){GP_TASK_DONE, kept->values, kept->gradients};
    r->kept[kept->index] = 1;
}

/* Puts into the journal what has been done since the last time, and tells how far things are. */
static void look_after(void *context) {
    gp_run *r = context;
    const gp_queue *q = r->queue;
    size_t done = 0;
    gp_journal *journal = r->executor->journal;
    for (size_t i = q->first; i < q->work->count; i += q->stride) {
        if (__atomic_load_n(&q->tally[i].state, __ATOMIC_ACQUIRE) != GP_TASK_DONE)
            continue;
        done++;
        if (!r->kept || r->kept[i])
            continue;
        gp_kept kept = {.pass = pass_of(r),
                        .values = q->tally[i].values,
                        .gradients = q->tally[i].gradients,
                        .index = i};
        const void *record = gp_work_record(q->work, i);
        r->unwritable |= gp_journal_keep(journal, &kept, record, q->work->size) != GP_OK;
        r->kept[i] = 1;
    }
    if (r->kept)
        r->unwritable |= gp_journal_flush(journal) != GP_OK;
    if (r->evaluator->progress)
        gp_tell(r->evaluator->progress->done, done);
    r->kept_at = gp_seconds_now();
}

/* ---- running --------------------------------------------------------------------- */

static gp_outcome run_here(gp_run *r) {
    static const double NOW_AND_THEN = 0.2; /* seconds */
    gp_evaluator *e = r->evaluator;
    size_t index;
    while (gp_queue_take(r->queue, &index)) {
        if (gp_queue_do(r->queue, e, index) == GP_FAULT) {
            if (r->kept)
                look_after(r);
            return GP_FAULT;
        }
        if (e->progress)
            gp_tell(e->progress->done, gp_told(e->progress->done) + 1);
        if (r->kept && gp_seconds_now() - r->kept_at > NOW_AND_THEN)
            look_after(r);
    }
    if (r->kept)
        look_after(r);
    return gp_evaluator_check_zones(e);
}

static gp_outcome run_tasks(gp_run *r) {
    gp_executor *x = r->executor;
    size_t open = 0;
    for (size_t i = r->queue->first; i < r->queue->work->count; i += r->queue->stride)
        open += r->queue->tally[i].state == GP_TASK_OPEN;
    unsigned jobs = x->jobs < open ? x->jobs : (unsigned)open;
    if (open == 0)
        return GP_EVALUATED;
    if (x->threads && jobs > 1)
        return gp_run_in_threads(r->evaluator, jobs, r->queue, look_after, r);
    if (x->threads || x->jobs == 0)
        return run_here(r);
    int threaded = 0;
    gp_process_limits limits = {x->jobs, x->timeout};
    gp_outcome outcome =
        gp_run_in_processes(limits, &x->lost, r->evaluator, r->queue, look_after, r, &threaded);
    if (!threaded)
        return outcome;
    if (r->evaluator->progress)
        r->evaluator->progress->threaded = 1;
    return run_here(r);
}

static gp_outcome out_of_memory(gp_evaluator *e, size_t count) {
    return gp_evaluator_fault(e, "memory", "out of memory for %zu tasks", count);
}

gp_outcome gp_execute(gp_executor *x, gp_evaluator *e, const gp_work *work) {
    size_t bytes = work->count * sizeof(gp_task_tally) + sizeof(size_t);
    int shared = x->link != NULL; /* between ranks */
    size_t *next = gp_records_alloc(x, bytes);
    gp_queue queue = {.work = work,
                      .next = next,
                      .tally = (gp_task_tally *)(void *)(next + 1),
                      .first = shared ? (size_t)x->link->team->rank : 0,
                      .stride = shared ? (size_t)x->link->team->ranks : 1,
                      .careful = x->jobs > 0 || x->link || x->journal};
    gp_run run = {.executor = x, .evaluator = e, .queue = &queue, .kept_at = gp_seconds_now()};
    gp_executor_clear(x);
    x->passes++;
    if (x->journal)
        run.kept = calloc(work->count ? work->count : 1, 1);
    if (!next || (x->journal && !run.kept)) {
        gp_records_free(next, bytes);
        free(run.kept);
        return out_of_memory(e, work->count);
    }
    if (x->journal)
        gp_journal_recall(x->journal, pass_of(&run), work->size, recall, &run);
    if (e->progress) {
        gp_tell(e->progress->pass, gp_told(e->progress->pass) + 1);
        gp_tell(e->progress->done, 0);
        gp_tell(e->progress->total, work->count);
    }
    uint64_t values = e->values, gradients = e->gradients;
    int unstoppable = e->budget.unstoppable;
    e->budget.unstoppable = e->function->team != NULL;
    gp_outcome outcome = run_tasks(&run);
    e->budget.unstoppable = unstoppable;
    for (size_t k = 0; k < x->lost.count; k++) /* half a record is none */
        memset(gp_work_record(work, x->lost.task[k].index), 0, work->size);
    if (run.unwritable && outcome == GP_EVALUATED)
        outcome = gp_evaluator_fault(e, "journal", "the journal can't be written any more");
    if (shared)
        outcome = gp_share_records(x->link, &x->lost, e, work, queue.tally, outcome);
    /* By task, whoever did it and whenever. */
    e->values = values;
    e->gradients = gradients;
    for (size_t i = 0; i < work->count; i++) {
        e->values += queue.tally[i].values;
        e->gradients += queue.tally[i].gradients;
    }
    free(run.kept);
    gp_records_free(next, bytes);
    return outcome;
}

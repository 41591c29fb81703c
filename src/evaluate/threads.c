/* Threads, for functions that say they are reentrant: each with an evaluator of its own. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/call.h"
#include "evaluate/workers.h"

typedef struct gp_thread {
    pthread_t id;
    gp_evaluator *evaluator;
    gp_queue *queue;
    gp_progress progress;
    gp_outcome outcome;
    int ended;
} gp_thread;

static void *work(void *argument) {
    gp_thread *t = argument;
    size_t index;
    t->outcome = GP_EVALUATED;
    while (t->outcome == GP_EVALUATED && gp_queue_take(t->queue, &index))
        t->outcome = gp_queue_do(t->queue, t->evaluator, index);
    if (t->outcome == GP_EVALUATED)
        t->outcome = gp_evaluator_check_zones(t->evaluator);
    __atomic_store_n(&t->ended, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Who watches is shown the first thread that is still at work. */
static void wait_for_all(gp_evaluator *e, gp_thread *threads, unsigned count, uint64_t before,
                         gp_look_after look_after, void *context) {
    gp_pace pace = {0, 0};
    for (unsigned left = count; left > 0;) {
        uint64_t evaluations = before;
        left = 0;
        for (unsigned k = count; k-- > 0;) {
            evaluations += gp_told(threads[k].progress.evaluations);
            if (__atomic_load_n(&threads[k].ended, __ATOMIC_ACQUIRE))
                continue;
            left++;
            if (e->progress) {
                gp_tell(e->progress->entry, gp_told(threads[k].progress.entry));
                gp_tell(e->progress->call, gp_told(threads[k].progress.call));
            }
        }
        if (e->progress)
            gp_tell(e->progress->evaluations, evaluations);
        int stop = gp_evaluator_is_stopped(e) || gp_evaluator_is_spent(e, evaluations);
        for (unsigned k = 0; k < count && stop; k++)
            gp_tell(threads[k].progress.stop, 1);
        if (left == 0)
            break;
        gp_wait_a_moment(&pace, look_after, context);
    }
    look_after(context);
    if (e->progress)
        gp_tell(e->progress->call, 0);
}

gp_outcome gp_run_in_threads(gp_evaluator *e, unsigned jobs, gp_queue *queue,
                             gp_look_after look_after, void *context) {
    gp_thread *threads = calloc(jobs, sizeof *threads);
    gp_outcome outcome = GP_EVALUATED;
    unsigned started = 0;
    if (!threads)
        return gp_evaluator_fault(e, "memory", "out of memory for %u threads", jobs);
    for (; started < jobs; started++) {
        gp_thread *t = &threads[started];
        t->queue = queue;
        t->progress.entry = GP_NO_ENTRY;
        if (gp_evaluator_clone(e, &t->progress, &t->evaluator) != GP_OK)
            break;
        if (pthread_create(&t->id, NULL, work, t) != 0) {
            gp_evaluator_destroy(t->evaluator);
            break;
        }
    }
    if (started > 0)
        wait_for_all(e, threads, started, e->values + e->gradients, look_after, context);
    else
        outcome = gp_evaluator_fault(e, "memory", "can't start a thread");
    for (unsigned k = 0; k < started; k++) {
        gp_evaluator *theirs = threads[k].evaluator;
        pthread_join(threads[k].id, NULL);
        if (threads[k].outcome == GP_FAULT)
            outcome = gp_evaluator_fault(e, theirs->fault.kind, "%s", theirs->fault.error.message);
        gp_evaluator_destroy(theirs);
    }
    free(threads);
    return outcome;
}

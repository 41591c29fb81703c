/* See queue.h. */
#include "evaluate/queue.h"

#include <sys/mman.h>
#include <time.h>

void *gp_records_map(size_t bytes, int shared) {
    bytes = bytes ? bytes : 1;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (!shared)
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a page at a time takes a while */
    return memory;
}

void gp_records_free(void *memory, size_t bytes) {
    if (memory)
        munmap(memory, bytes ? bytes : 1);
}

int gp_queue_take(gp_queue *q, size_t *index) {
    for (;;) {
        size_t i = q->first + q->stride * __atomic_fetch_add(q->next, 1, __ATOMIC_RELAXED);
        if (i >= q->work->count)
            return 0;
        if (q->tally[i].state != GP_TASK_OPEN)
            continue;
        *index = i;
        return 1;
    }
}

gp_outcome gp_queue_do(gp_queue *q, gp_evaluator *e, size_t index) {
    uint64_t values = e->values, gradients = e->gradients;
    if (q->work->task(q->work->context, e, index) == GP_FAULT ||
        (q->careful && gp_evaluator_verify_x(e) == GP_FAULT))
        return GP_FAULT;
    gp_task_tally *tally = &q->tally[index];
    tally->values = (uint32_t)(e->values - values);
    tally->gradients = (uint32_t)(e->gradients - gradients);
    __atomic_store_n(&tally->state, GP_TASK_DONE, __ATOMIC_RELEASE);
    return GP_EVALUATED;
}

void gp_wait_a_moment(gp_pace *pace, gp_look_after look, void *context) {
    static const long SHORTEST = 50000, LONGEST = 2000000;
    static const double OFTEN = 0.2; /* seconds */
    pace->pause = pace->pause == 0        ? SHORTEST
                  : pace->pause < LONGEST ? 2 * pace->pause
                                          : pace->pause;
    struct timespec length = {0, pace->pause};
    nanosleep(&length, NULL);
    pace->since += 1e-9 * (double)pace->pause;
    if (pace->since > OFTEN) {
        look(context);
        pace->since = 0;
    }
}

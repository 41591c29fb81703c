/* The tasks of one run, for whoever runs them. A task depends on nothing but its index and leaves
 * nothing behind but its record. */
#ifndef GP_QUEUE_H
#define GP_QUEUE_H

#include "evaluate/evaluator.h"

/* One task. Returns GP_FAULT to stop the whole run (evaluator->fault says why), else anything. It
 * evaluates by the evaluator it is given, and by no other. */
typedef gp_outcome (*gp_task)(void *context, gp_evaluator *evaluator, size_t index);

typedef struct gp_work {
    size_t count; /* tasks */
    gp_task task;
    void *context;
    /* All that task i leaves behind is a record of `size` bytes, number i of these, which come from
     * gp_records_alloc. */
    void *records;
    size_t size;
    /* Could task `index` have left this record? Asked of what a journal holds before anything else
     * sees it: every count, index and enumerator in it must be within its limits. Whoever adds a
     * member to a record adds it there. */
    int (*is_sound)(const void *context, size_t index, const void *record);
    uint64_t version; /* what records depend on besides the journal's fingerprint, or 0 */
} gp_work;

/* Tasks whose record i is that of `records`. */
static inline gp_work gp_work_on(size_t count, gp_task task, void *context, void *records,
                                 size_t size, int (*is_sound)(const void *, size_t, const void *)) {
    return (gp_work){.count = count,
                     .task = task,
                     .context = context,
                     .records = records,
                     .size = size,
                     .is_sound = is_sound};
}

static inline void *gp_work_record(const gp_work *work, size_t index) {
    return (char *)work->records + index * work->size;
}

/* A task that took its worker process with it, or was ended with it. */
typedef struct gp_lost_task {
    size_t index;
    uint64_t entry; /* that was probed, or GP_NO_ENTRY */
    int hang;       /* else a crash */
    char message[256];
} gp_lost_task;

/* Ascending by index. */
typedef struct gp_losses {
    gp_lost_task *task;
    size_t count;
} gp_losses;

/* Zeroed memory for records, which forks of this process share with it if asked to; NULL if there
 * is none left. */
void *gp_records_map(size_t bytes, int shared);
void gp_records_free(void *memory, size_t bytes);

/* What has become of a task. */
typedef enum gp_task_state { GP_TASK_OPEN, GP_TASK_DONE, GP_TASK_LOST } gp_task_state;

/* In shared memory, one a task. */
typedef struct gp_task_tally {
    unsigned char state;
    uint32_t values, gradients;
} gp_task_tally;

/* The tasks of one run, in shared memory where processes do them: each worker takes the next one
 * that is open. */
typedef struct gp_queue {
    const gp_work *work;
    gp_task_tally *tally;
    size_t first, stride; /* this rank's: first, first + stride, ... */
    size_t *next;         /* shared, how many were taken */
    size_t done;          /* by the last count */
    int careful; /* x is looked after as each task ends, not only as the next begins: another
                    process, thread, rank or run goes on from there */
} gp_queue;

/* Takes the next open task; 0: there is none left. */
int gp_queue_take(gp_queue *queue, size_t *index);

/* Does a task: marks it done and counts its evaluations. */
gp_outcome gp_queue_do(gp_queue *queue, gp_evaluator *evaluator, size_t index);

/* Polling back-off of whoever waits for workers: frequent at first, so that short runs return at
 * once; rare later, so that long ones aren't disturbed. */
typedef struct gp_pace {
    long pause;   /* nanoseconds; 0: the first */
    double since; /* seconds since others were looked after */
} gp_pace;

/* Is told now and then while others work: looks after the journal and progress. */
typedef void (*gp_look_after)(void *context);

/* Sleeps for a moment, and looks after things when it is time. */
void gp_wait_a_moment(gp_pace *pace, gp_look_after look_after, void *context);

#endif

/* Executors: run the tasks of a check one after the other, on threads, in worker processes that
 * survive a crash or a hang of the user's code, or shared between the ranks of a team. A task
 * depends on nothing but its index and leaves nothing behind but its record, so the report is the
 * same whoever runs it; and a record that is kept in a journal needs no second run. */
#ifndef GP_EXECUTOR_H
#define GP_EXECUTOR_H

#include "evaluate/evaluator.h"
#include "evaluate/journal.h"

/* One task. Returns GP_FAULT to stop the whole run (evaluator->fault says why), else anything. It
 * evaluates by the evaluator it is given, and by no other. */
typedef gp_outcome (*gp_task)(void *context, gp_evaluator *evaluator, size_t index);

typedef struct gp_work {
    size_t count; /* tasks */
    gp_task task;
    void *context;
    /* All that task i leaves behind is a record of `size` bytes: record i of count from
     * gp_records_alloc; or, where it lies scattered in memory from there, what pack gathers and
     * unpack puts back. */
    void *records;
    size_t size;
    void (*pack)(void *context, size_t index, void *record);
    void (*unpack)(void *context, size_t index, const void *record);
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

void gp_work_pack(const gp_work *work, size_t index, void *record);
void gp_work_unpack(const gp_work *work, size_t index, const void *record);

/* A task that took its worker process with it, or was ended with it. */
typedef struct gp_lost_task {
    size_t index;
    uint64_t entry; /* that was probed, or GP_NO_ENTRY */
    int hang;       /* else a crash */
    char message[256];
} gp_lost_task;

typedef struct gp_executor {
    unsigned jobs;       /* threads, or worker processes; 0: everything in this one */
    int threads;         /* the former */
    double timeout;      /* seconds an evaluation may take in a worker process; 0: for ever */
    const gp_team *team; /* or NULL */
    gp_journal *journal; /* or NULL */
    /* of the last run, ascending */
    gp_lost_task *lost;
    size_t losses;
    unsigned passes; /* runs so far: the journal tells them apart by their number */
} gp_executor;

void gp_executor_clear(gp_executor *executor);

/* Zeroed memory for records, which worker processes share with their parent where there are any;
 * NULL if there is none left. */
void *gp_records_alloc(const gp_executor *executor, size_t bytes);
void gp_records_free(void *memory, size_t bytes);

/* Runs all tasks. Evaluations are counted and the first fault is brought back into `evaluator`.
 * Tasks that were lost are in executor->lost afterwards; where next to none comes through, that is
 * a fault. */
gp_outcome gp_execute(gp_executor *executor, gp_evaluator *evaluator, const gp_work *work);

/* Was task `index` of the last run lost? */
const gp_lost_task *gp_executor_lost(const gp_executor *executor, size_t index);

#endif

/* Executors: run the tasks of a check one after the other, on threads, in worker processes that
 * survive a crash or a hang of the user's code, or shared between the ranks of a team. A task
 * depends on nothing but its index and leaves nothing behind but its record, so the report is the
 * same whoever runs it; and a record that is kept in a journal needs no second run. */
#ifndef GP_EXECUTOR_H
#define GP_EXECUTOR_H

#include "evaluate/journal.h"
#include "evaluate/queue.h"

typedef struct gp_executor {
    unsigned jobs;       /* threads, or worker processes; 0: everything in this one */
    int threads;         /* the former */
    double timeout;      /* seconds an evaluation may take in a worker process; 0: for ever */
    gp_link *link;       /* to the ranks that share the tasks, or NULL */
    gp_journal *journal; /* or NULL */
    gp_losses lost;      /* of the last run */
    unsigned passes;     /* runs so far: the journal tells them apart by their number */
} gp_executor;

void gp_executor_clear(gp_executor *executor);

/* Zeroed memory for records, which worker processes share with their parent where there are any;
 * NULL if there is none left. */
void *gp_records_alloc(const gp_executor *executor, size_t bytes);

/* Runs all tasks. Evaluations are counted and the first fault is brought back into `evaluator`.
 * Tasks that were lost are in executor->lost afterwards; where next to none comes through, that is
 * a fault. */
gp_outcome gp_execute(gp_executor *executor, gp_evaluator *evaluator, const gp_work *work);

/* Was task `index` of the last run lost? */
const gp_lost_task *gp_executor_lost(const gp_executor *executor, size_t index);

#endif

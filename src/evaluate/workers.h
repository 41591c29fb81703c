/* The ways of running tasks side by side, which executor.c chooses from. */
#ifndef GP_WORKERS_H
#define GP_WORKERS_H

#include "evaluate/queue.h"

gp_outcome gp_run_in_threads(gp_evaluator *evaluator, unsigned jobs, gp_queue *queue,
                             gp_look_after look_after, void *context);

typedef struct gp_process_limits {
    unsigned jobs;  /* worker processes */
    double timeout; /* seconds an evaluation may take; 0: for ever */
} gp_process_limits;

/* Tasks that are lost are added to `lost`. *threaded: nothing was run, since the function has
 * threads that worker processes wouldn't have. */
gp_outcome gp_run_in_processes(gp_process_limits limits, gp_losses *lost, gp_evaluator *evaluator,
                               gp_queue *queue, gp_look_after look_after, void *context,
                               int *threaded);

/* Each rank of the team has done the tasks i = rank mod ranks: afterwards every rank has all
 * records, tallies and losses, and the same outcome. */
gp_outcome gp_share_records(gp_link *link, gp_losses *lost, gp_evaluator *evaluator,
                            const gp_work *work, gp_task_tally *tally, gp_outcome outcome);

#endif

/* What executor.c hands to the ways of running tasks side by side. */
#ifndef GP_WORKERS_H
#define GP_WORKERS_H

#include "evaluate/executor.h"

/* What has become of a task. */
typedef enum gp_task_state { GP_TASK_OPEN, GP_TASK_DONE, GP_TASK_LOST } gp_task_state;

/* In shared memory, one a task. */
typedef struct gp_tally {
    unsigned char state;
    uint32_t values, gradients;
} gp_tally;

/* The tasks of one run, in shared memory where processes do them: each worker takes the next one
 * that is open. */
typedef struct gp_queue {
    const gp_work *work;
    gp_tally *tally;
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

/* Each rank of executor->team has done the tasks i = rank mod ranks: afterwards every rank has all
 * records, tallies and losses, and the same outcome. */
gp_outcome gp_share_records(gp_executor *executor, gp_evaluator *evaluator, const gp_work *work,
                            gp_tally *tally, gp_outcome outcome);

/* How who waits for workers passes the time: short runs shouldn't wait for the clock, long ones
 * shouldn't be disturbed. */
typedef struct gp_pace {
    long pause;   /* nanoseconds; 0: the first */
    double since; /* seconds since others were looked after */
} gp_pace;

/* Is told now and then while others work: looks after the journal and progress. */
typedef void (*gp_look_after)(void *context);

/* Sleeps for a moment, and looks after things when it is time. */
void gp_wait_a_moment(gp_pace *pace, gp_look_after look_after, void *context);

gp_outcome gp_run_in_threads(gp_evaluator *evaluator, unsigned jobs, gp_queue *queue,
                             gp_look_after look_after, void *context);
/* Tasks that are lost are appended to executor->lost. *threaded: nothing was run, since the
 * function has threads that worker processes wouldn't have. */
gp_outcome gp_run_in_processes(gp_executor *executor, gp_evaluator *evaluator, gp_queue *queue,
                               gp_look_after look_after, void *context, int *threaded);

#endif

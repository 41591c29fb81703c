/* Executors: run the tasks of a check, one after the other or spread over worker processes. A task
 * writes its result into memory from gp_shared_alloc and depends on nothing but its index, so the
 * report is the same whoever runs it. */
#ifndef GP_EXECUTOR_H
#define GP_EXECUTOR_H

#include "function/evaluator.h"

/* One task. Returns GP_FAULT to stop the whole run (evaluator->fault says why), else anything. */
typedef gp_outcome (*gp_task)(void *context, gp_evaluator *evaluator, size_t index);

/* Zeroed memory that worker processes share with their parent; NULL if there is none left. */
void *gp_shared_alloc(size_t bytes);
void gp_shared_free(void *memory, size_t bytes);

/* Runs task(context, evaluator, i) for i in [0, count). With jobs > 1, worker process w does the
 * indices i = w mod jobs on its own copy of everything; evaluations are counted and the first fault
 * is brought back into `evaluator`. */
gp_outcome gp_execute(gp_evaluator *evaluator, unsigned jobs, size_t count, gp_task task,
                      void *context);

#endif

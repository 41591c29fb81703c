/* A check from its options to its report: what the orchestra keeps to itself. */
#ifndef GP_RUN_H
#define GP_RUN_H

#include "search/state.h"

typedef struct gp_check_run {
    gp_check_state state;
    gp_status journal_status; /* why the journal couldn't be opened, or written */
    gp_error journal_error;
    uint64_t measured; /* evaluations that went into the choice of a strategy */
    double start;      /* seconds, of the clock */
    size_t placed;     /* entries of `shown` that have places in arrays and in the report: those
                          that are looked at one by one */
    size_t *list;      /* n entries of scratch: which are looked at; lean: NULL */
    double *own; /* lean: room for the gradient where it can't stay with the callback; else NULL */
} gp_check_run;

#endif

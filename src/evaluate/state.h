/* What an evaluator holds, grouped by how long it holds it; its fault and its budget. */
#ifndef GP_STATE_H
#define GP_STATE_H

#include "evaluate/guards.h"
#include "evaluate/team.h"
#include "function/fault.h"
#include "system/calls.h"

/* A field of gp_progress, written by one thread and read by others as it changes. */
#define gp_tell(field, number) __atomic_store_n(&(field), (number), __ATOMIC_RELAXED)
#define gp_told(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* For the evaluator's life: the arrays that the user's code sees or is compared with. Those that
 * are called storage lie between red zones. */
typedef struct gp_arrays {
    void *x_storage, *g_storage;
    void *expected; /* what x must still be after a call; NULL where x is kept in place */
    /* x for the gradient callback of a float32 function with a float64 value; else NULL */
    void *narrow_storage;
    float *narrow, *narrow_expected;
    double *complex_x; /* 2 n, for a complex value; else NULL */
    double *returned;  /* what callbacks return by pointer, between margins */
    void *v_storage;   /* the direction of changes; NULL: none was asked for */
} gp_arrays;

/* From call to call: an array of a claim's. */
typedef struct gp_room {
    char *storage; /* between red zones */
    size_t count;
} gp_room;

/* Until x is placed elsewhere: where it is. */
typedef struct gp_placement {
    size_t first, end;  /* entries that a step along a line has left off the base point */
    uint64_t line;      /* the number of that line; 0: of none */
    unsigned char *out; /* n: is entry i out of bounds? NULL for functions without bounds */
    size_t outside;     /* how many are */
    int told, v_told;   /* the entries, the changes callback has seen this x, this direction */
} gp_placement;

/* Until the next call: how it is found out whether one has written to x, where there is no copy of
 * x to compare it with. */
typedef struct gp_watch {
    uint64_t sum;  /* of x as the last callback was given it */
    size_t summed; /* `sum` is that of the entries up to this one; own_end: of x as it is */
    uint64_t before, after; /* of a pass over x that goes on: sums of what it was, and becomes */
    int passing;            /* the former is to be compared with `sum` */
    const char *unseen;     /* x hasn't been compared since this callback; NULL: it has */
    int spoilt;             /* and wasn't what it had been */
} gp_watch;

/* For a check: what it may cost. */
typedef struct gp_budget {
    uint64_t allowance;    /* of evaluations; 0: any number */
    double deadline, made; /* on gp_seconds_now's clock; no deadline: 0 */
    int spent;             /* either has been reached */
    int unstoppable;       /* the others of a team wait for this rank's next evaluation */
} gp_budget;

typedef struct gp_evaluator {
    const gp_function *function;
    uint64_t seed;
    gp_dtype x_dtype;      /* of x as probed: the function's, or float64 where its value is */
    int in_place;          /* x is all that is stored besides the function's own point */
    int by_changes;        /* lines ask for changes of the value rather than for values */
    gp_progress *progress; /* may be NULL */
    gp_arrays array;
    void *x, *g;   /* what the user's code sees */
    double *point; /* the base point, n entries; where x is kept in place the function's own, or */
    double *elsewhere; /* there, n entries once another point was asked for; else NULL */
    gp_placement place;
    gp_watch watch;
    gp_room claim_in[GP_CLAIMS + 1], claim_out[GP_CLAIMS + 1]; /* the last: of the map itself */
    uint64_t calls;             /* that count for how much of the red zones is compared */
    uint64_t lines, v_line;     /* how many were made; whose direction lies in v_storage */
    uint64_t values, gradients; /* evaluations so far */
    gp_budget budget;
    gp_fault fault;
    gp_link *link; /* to the ranks that the function is spread over; NULL: all of it is here */
} gp_evaluator;

/* Notes a fault (the first one stays) and returns GP_FAULT. */
#define gp_evaluator_fault(evaluator, ...) gp_fault_note(&(evaluator)->fault, __VA_ARGS__)

#define gp_evaluator_no_memory(evaluator) gp_evaluator_fault(evaluator, "memory", "out of memory")

/* numbers[k] := the sum over the ranks that the function is spread over. Of any other function: as
 * they are. */
static inline gp_outcome gp_evaluator_sum(gp_evaluator *e, double *numbers, size_t count) {
    return gp_team_sum(e->link, &e->fault, numbers, count);
}

/* Tells whoever watches which callback is running. */
static inline void gp_evaluator_tell(const gp_evaluator *e, gp_call_kind call) {
    if (e->progress)
        gp_tell(e->progress->call, (int)call);
}

/* Has whoever watches asked for the end, or is the budget spent? Every evaluation returns GP_FAULT
 * then. */
int gp_evaluator_is_stopped(gp_evaluator *evaluator);
/* Would the budget be spent after so many evaluations? */
int gp_evaluator_is_spent(gp_evaluator *evaluator, uint64_t evaluations);
/* Is there a budget at all? */
static inline int gp_evaluator_is_limited(const gp_evaluator *e) {
    return e->budget.allowance > 0 || e->budget.deadline > 0;
}
/* The fault of an evaluation that isn't made any more. */
gp_outcome gp_evaluator_stop(gp_evaluator *evaluator);

/* Seconds that a call may go on after the deadline before it counts as one that hangs. */
double gp_evaluator_grace(const gp_evaluator *evaluator);

#endif

/* What an evaluation comes to, and why one has failed for good. */
#ifndef GP_FAULT_H
#define GP_FAULT_H

#include "gradproof.h"

typedef enum gp_outcome {
    GP_EVALUATED = 0,
    GP_NOT_HERE, /* the callback returned non-zero, or a value that isn't finite */
    GP_FAULT     /* the user's code misbehaved, or memory ran out: a gp_fault says which */
} gp_outcome;

typedef struct gp_fault {
    char kind[32];  /* a word for machines; "" while there is no fault */
    gp_error error; /* and a line for people */
} gp_fault;

/* Notes a fault, unless one was noted before, and returns GP_FAULT. */
gp_outcome gp_fault_note(gp_fault *fault, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

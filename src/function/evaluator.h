/* Guarded evaluation of the function under test: one call at a time, at a point that can be moved
 * entry by entry. The guards are against accidents in the user's code, not against malice: the
 * arrays handed to it lie between red zones, the gradient is poisoned before each call, and x is
 * compared afterwards. */
#ifndef GP_EVALUATOR_H
#define GP_EVALUATOR_H

#include "function/function.h"

/* A field of gp_progress, written by one thread and read by others as it changes. */
#define gp_tell(field, number) __atomic_store_n(&(field), (number), __ATOMIC_RELAXED)
#define gp_told(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* What a call came to. */
typedef enum gp_outcome {
    GP_EVALUATED = 0,
    GP_NOT_HERE, /* non-zero return, or a value that isn't finite */
    GP_FAULT     /* the user's code misbehaved, or memory ran out: see evaluator->fault */
} gp_outcome;

/* What fills g before a call: a quiet NaN that no computation makes by itself, or a plain number.
 * The two together tell "never written" from "added to what was there". */
typedef enum gp_poison { GP_POISON_NAN, GP_POISON_NUMBER } gp_poison;
#define GP_POISON_NUMBER_VALUE 0.78125 /* exact in either precision */

/* An array of a claim's, kept from call to call. */
typedef struct gp_room {
    char *storage; /* between red zones */
    size_t count;
} gp_room;

/* Numbers that one call of a callback returns by pointer (values, changes). */
enum { GP_MOST_RETURNED = 1024 };

typedef struct gp_evaluator {
    const gp_function *function;
    uint64_t seed;
    gp_dtype x_dtype;            /* of x as probed: the function's, or float64 where its value is */
    void *x_storage, *g_storage; /* red zone, n entries, red zone */
    void *x, *g;                 /* what the user's code sees */
    void *expected;              /* what x must still be after a call; NULL where lean */
    uint64_t sum;                /* lean: a checksum of x instead, */
    uint64_t before, after;      /* and sums of a pass over x that goes on: what it was, becomes; */
    int passing;                 /* the former is to be compared with `sum` */
    size_t summed;               /* of the entries up to this one; own_end: of all that x is */
    /* x for the gradient callback of a float32 function with a float64 value; else NULL */
    void *narrow_storage;
    float *narrow, *narrow_expected;
    double *point;             /* the base point, n entries; lean: the function's own, or */
    double *elsewhere;         /* lean: n entries once another one was asked for; else NULL */
    int lean;                  /* x is all that is stored besides the function's point */
    const char *unseen;        /* lean: x hasn't been compared since this callback; NULL: it has */
    int spoilt;                /* and wasn't what it had been */
    size_t astray, astray_end; /* entries that gp_evaluator_shift has left off the base point */
    uint64_t placement;        /* numbers what they were left at */
    int same;                  /* x is the one of the last call of the entries callback */
    int along;                 /* and the next value is wanted there */
    void *v_storage;    /* the direction of changes, between red zones; NULL: none was asked for */
    uint64_t direction; /* numbers directions; 0: none yet */
    int same_direction; /* x and v are those of the last call of the changes callback */
    unsigned char *out; /* n: is entry i out of bounds? NULL for functions without */
    size_t outside;     /* how many are */
    double *complex_x;  /* 2 n, for a complex value; else NULL */
    gp_room claim_in[GP_CLAIMS + 1], claim_out[GP_CLAIMS + 1]; /* the last: of the map itself */
    uint64_t calls;             /* since the whole of the red zones was looked at by their number */
    double *returned;           /* what callbacks return by pointer, see new_returned */
    gp_progress *progress;      /* may be NULL */
    uint64_t values, gradients; /* evaluations so far */
    uint64_t allowance;         /* of evaluations; 0: any number */
    double deadline, made;      /* on gp_seconds_now's clock; no deadline: 0 */
    int spent;                  /* either has been reached */
    int unstoppable;            /* the others of a team wait for this rank's next evaluation */
    char fault_kind[32];        /* "" while there is none; else a word for machines */
    gp_error fault;             /* and a line for people */
} gp_evaluator;

/* lean: for large functions, whose given point isn't copied; refused (the result isn't lean) where
 * that doesn't do. */
gp_status gp_evaluator_create(const gp_function *function, uint64_t seed, gp_progress *progress,
                              int lean, gp_evaluator **evaluator);
void gp_evaluator_destroy(gp_evaluator *evaluator);

/* Another one for the same function at the same point, to be used from another thread. */
gp_status gp_evaluator_clone(const gp_evaluator *evaluator, gp_progress *progress,
                             gp_evaluator **clone);

/* Has whoever watches asked for the end, or is the budget spent? Every evaluation returns GP_FAULT
 * then. */
int gp_evaluator_is_stopped(gp_evaluator *evaluator);
/* The second alone, had there been so many evaluations. */
int gp_evaluator_is_spent(gp_evaluator *evaluator, uint64_t evaluations);

/* Seconds that a call may go on after the deadline before it counts as one that hangs. */
double gp_evaluator_grace(const gp_evaluator *evaluator);

/* The guards that are too costly for every call. */
gp_outcome gp_evaluator_look_around(gp_evaluator *evaluator);

/* Moves the base point (n values, rounded to the function's precision). */
void gp_evaluator_set_point(gp_evaluator *evaluator, const double *point);
/* Where a lean evaluator keeps a base point that isn't the function's own, n entries. Whoever writes
 * one there and passes it on to gp_evaluator_set_point needs no array besides. NULL: a fault. */
double *gp_evaluator_elsewhere(gp_evaluator *evaluator);

/* Makes batch `batch` the one in use. */
gp_outcome gp_evaluator_set_batch(gp_evaluator *evaluator, size_t batch);

/* Makes the function the mean over examples [first, first + count), or its part `part` alone (0:
 * the whole). Fine for functions that offer no such choice, as long as nothing but the whole is
 * asked for. */
gp_outcome gp_evaluator_select_examples(gp_evaluator *evaluator, size_t first, size_t count);
gp_outcome gp_evaluator_select_part(gp_evaluator *evaluator, size_t part);

/* Asks for the unit that keeps entry i silent: name (size bytes) always ends. GP_NOT_HERE: it has
 * no name. */
gp_outcome gp_evaluator_silence(gp_evaluator *evaluator, size_t i, char *name, size_t size);

/* Entry i of the base point, whichever rank holds it; NaN where they can't tell each other. */
double gp_evaluator_number(gp_evaluator *evaluator, size_t i);

/* Sets entry i to base + t, rounded to the function's precision, and returns the step that the
 * machine made of it, (base + t rounded) - base; 0 for another rank's entry. */
double gp_evaluator_move(gp_evaluator *evaluator, size_t i, double t);

/* A step along many entries at once: gp_evaluator_leave names their range, then gp_evaluator_shift
 * sets all of it, piece by piece, to base + t v, and adds the sum of steps times v to *along, that
 * of v^2 to *square. The next value is taken there. After that the entries are as good as back at
 * the base point: what is called next puts them there, unless it moves them anyway. */
void gp_evaluator_leave(gp_evaluator *evaluator, size_t first, size_t end);
void gp_evaluator_shift(gp_evaluator *evaluator, size_t first, size_t count, double t,
                        const double *v, double *along, double *square);
void gp_evaluator_settle(gp_evaluator *evaluator);

/* Can entries be moved on along the line that they were left on as placement number `placement`? */
int gp_evaluator_is_placed(const gp_evaluator *evaluator, uint64_t placement);
/* Moves them to `ratio` times as far from the base point, quicker than by gp_evaluator_shift, and
 * adds the sum of new steps times old ones to *along, that of old ones squared to *square. Rounding
 * errors grow with the ratio: |ratio| <= 1. The next value is taken there. */
void gp_evaluator_scale(gp_evaluator *evaluator, double ratio, double *along, double *square);

/* Large functions: whether a call has written to x may be found out with the next call that
 * happens to read it. This finds out now. */
gp_outcome gp_evaluator_look_after(gp_evaluator *evaluator);

gp_outcome gp_evaluator_value(gp_evaluator *evaluator, double *value);

/* Does the function offer its value at points that differ in one entry, and may it be used here? */
int gp_evaluator_has_entries(const gp_evaluator *evaluator);
/* values[k] with entry[k] at number[k] instead of the base point; NaN: not here. */
gp_outcome gp_evaluator_entries(gp_evaluator *evaluator, size_t count, const size_t *entry,
                                const double *number, double *values);

/* Does the function offer its changes along a line, and may they be used here? */
int gp_evaluator_has_changes(const gp_evaluator *evaluator);
/* Room for the direction (n) of the changes that are asked for next, all zeros, with its number in
 * evaluator->direction; NULL without memory. */
double *gp_evaluator_new_direction(gp_evaluator *evaluator);
/* changes[k] := f(x + step[k] v) - f(x) at the base point x; NaN: not here. */
gp_outcome gp_evaluator_changes(gp_evaluator *evaluator, size_t count, const double *step,
                                double *changes);

/* The gradient under test, planted mistakes included, as n doubles. written[i], if not NULL, tells
 * whether entry i was changed from the poison. *value, if not NULL, is set where the function
 * computes both together, else left alone. */
gp_outcome gp_evaluator_gradient(gp_evaluator *evaluator, gp_poison poison, double *gradient,
                                 unsigned char *written, double *value);

/* g (n, from gp_evaluator_new_suspect, released with free): what the gradient would be at the base
 * point with one of the function's suspects. */
double *gp_evaluator_new_suspect(const gp_evaluator *evaluator);
gp_outcome gp_evaluator_suspect(gp_evaluator *evaluator, size_t suspect, double *g);

/* Re and Im of the value at point + i h e_entry; the evaluator must be at its base point. */
gp_outcome gp_evaluator_complex(gp_evaluator *evaluator, size_t entry, double h, double *re,
                                double *im);

/* y (m) := F(x), or the gradient under test for second derivatives (m = n). Outputs that aren't
 * finite are the caller's to see. */
gp_outcome gp_evaluator_map(gp_evaluator *evaluator, int second, double *y);

/* Calls one of the callbacks of maps as it is, without guards: x, `in` and `out` in the function's
 * precision. claim: a gp_claim, or GP_CLAIMS for the map itself. */
int gp_call_map(const gp_function *function, int claim, const void *x, const void *in, size_t count,
                void *out);

/* A claim at the evaluator's point: `in` is u (m), v (n) or NULL; out (count) what the callback
 * wrote, the poison where it didn't; written[k] tells, if not NULL. */
gp_outcome gp_evaluator_claim(gp_evaluator *evaluator, gp_claim claim, gp_poison poison,
                              const double *in, size_t count, double *out, unsigned char *written);

/* Notes a fault (the first one stays) and returns GP_FAULT. */
gp_outcome gp_evaluator_fault(gp_evaluator *evaluator, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

/* What a diagnosis has to go on. */
#ifndef GP_NUMBERS_H
#define GP_NUMBERS_H

#include "judge/findings.h"
#include "judge/verdict.h"

/* Numbers of all entries: the gradient under test, estimates, their bounds (infinite where there is
 * none), and which are refuted. */
typedef struct gp_numbers {
    const double *a, *d, *b;
    const unsigned char *wrong;
} gp_numbers;

/* What is known: at the given point, where positions and x may be compared; and at the point at
 * which each entry was decided, which is another one for entries that the given point leaves
 * silent. */
typedef struct gp_evidence {
    const gp_function *function; /* as the report shows it */
    gp_numbers given, decided;
    const double *x;
    const unsigned char *manner; /* gp_manner */
    /* One an entry: between two derivatives, of which the estimate is the mean and the bound
     * includes both; or NULL. */
    const unsigned char *kink;
    int sampled;                 /* of large blocks only some entries were looked at */
    const unsigned char *stored; /* gp_stored, one a block; or NULL */
    /* Estimates of the derivative over the first and over the last example alone, with their bounds
     * (infinite where there is none); NULL for functions that can't choose examples. */
    const double *example_d[2], *example_b[2];
    /* One a block: 1 + the number of the suspect whose gradient is the one under test at the given
     * point; 0: none is. */
    const size_t *suspect;
    const gp_tolerance *tolerance; /* one a block */
} gp_evidence;

#endif

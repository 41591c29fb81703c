/* What a diagnosis has to go on. */
#ifndef GP_NUMBERS_H
#define GP_NUMBERS_H

#include "judge/findings.h"
#include "judge/verdict.h"

/* Numbers of all entries: the point, the gradient under test, estimates, their bounds (infinite, or
 * 0, where there is none), and which are refuted. */
typedef struct gp_numbers {
    const double *x, *a, *d, *b;
    const unsigned char *wrong;
} gp_numbers;

/* Points of our own choice of which all that is known may be told, at most. */
enum { GP_MOST_PLACES = 4 };

/* What is known: at the given point and at others that refute something, where positions and x may
 * be compared; and at the point at which each entry was decided, which may be another one for each.
 */
typedef struct gp_evidence {
    const gp_function *function; /* as the report shows it */
    gp_numbers given, place[GP_MOST_PLACES], decided;
    size_t places;
    const unsigned char *manner; /* gp_manner */
    /* One an entry: between two derivatives, of which the estimate is the mean and the bound
     * includes both; or NULL. */
    const unsigned char *kink;
    int sampled;                 /* of large blocks only some entries were looked at */
    const unsigned char *stored; /* gp_stored, one a block; or NULL */
    /* Estimates of the derivative over the first and over the last example alone, with their bounds
     * (infinite, or 0, where there is none); NULL for functions that can't choose examples. */
    const double *example_d[2], *example_b[2];
    /* One a block: 1 + the number of the suspect whose gradient is the one under test at the given
     * point; 0: none is. */
    const size_t *suspect;
    const gp_tolerance *tolerance; /* one a block */
} gp_evidence;

#endif

/* A block and the evidence on it, and what a model of its numbers must do to explain them.
 * Notation: a the gradient under test, d the estimate, b its bound, all over the entries of one
 * block; tau as in verdict.h. */
#ifndef GP_CASE_H
#define GP_CASE_H

#include <math.h>

#include "diagnose/numbers.h"

typedef struct gp_case gp_case;
struct gp_case {
    const gp_evidence *evidence;
    const gp_block *block;
    size_t number;             /* of the block */
    const gp_numbers *numbers; /* of all blocks, of which those below are this one's */
    int one_point; /* of all entries at one and the same: positions and x may be compared */
    int given;     /* that is the given point */
    const double *x, *a, *d, *b;
    const unsigned char *wrong, *manner;
    const unsigned char *kink; /* or NULL */
    const gp_tolerance *tolerance;
    int sharp;           /* a model must explain what it explains without the tolerance's help */
    int lenient;         /* a few numbers may contradict a model */
    int sampled;         /* estimates are those of a sample */
    double typical;      /* size of the gradient's finite entries */
    size_t wrongs;       /* entries that are refuted */
    int wrong_elsewhere; /* more of them are at other points */
    size_t exercised;    /* entries with a derivative or a gradient that isn't zero */
    gp_report *report;
    const gp_case *point; /* of entries that were decided at points of their own: the block as it is
                             known at each of these, which must agree; else none */
    size_t points;
};

/* Is a bound one of an estimate? Infinite, or 0: there is none. */
static inline int gp_is_estimate(double b) {
    return b > 0 && isfinite(b);
}

/* What a model returns: 1 once it has named the cause, 0: it explains nothing, -1: memory ran out.
 */
static inline int gp_named(gp_status added) {
    return added == GP_OK ? 1 : -1;
}

/* Is there an estimate of entry i, and a number to hold against it? */
int gp_case_known(const gp_case *c, size_t i);
/* Are both zero within the bound? */
int gp_case_zero(const gp_case *c, size_t i);

/* What the gradient's own rounding may have changed in entry i: a small one may be what is left of
 * terms as large as the others. */
double gp_case_rounding(const gp_case *c, size_t i);

/* By how much a number may miss a model that says m, known to e, and still be explained by it: at
 * first by what isn't known alone, then by the tolerance as well. */
double gp_case_allowance(const gp_case *c, size_t i, double m, double e);

/* Does a model value m with error bound e explain entry i: |a_i - m| <= the allowance? */
int gp_case_explains(const gp_case *c, size_t i, double m, double e);

/* Is entry i refuted, or off by more than the derivative itself explains? */
int gp_case_is_off(const gp_case *c, size_t i);

/* Is entry i right as it is, and known well enough to show by how much a model has it off? */
int gp_case_speaks_for_itself(const gp_case *c, size_t i, double off);

/* Do two models of entry i, one m known to e, differ by so much that only one of them can explain
 * it? */
int gp_case_differs(const gp_case *c, size_t i, double m, double e, double other);

/* The least relative error of the wrong entries. */
double gp_case_least_error(const gp_case *c);
/* Could entry i be off by that relative error as well, unseen? */
int gp_case_hides(const gp_case *c, size_t i, double error);
/* Is it plainly right, where others have at least that error? One that is zero in both says
 * nothing. */
int gp_case_is_right(const gp_case *c, size_t i, double error);

/* Does the gradient stay the same where the derivative doesn't? */
int gp_case_is_stored(const gp_case *c);

void gp_case_name_entry(const gp_case *c, size_t i, char *name, size_t size);

#endif

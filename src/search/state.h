/* A check in progress. contract.c tries out the callbacks first; survey.c estimates and judges
 * entries at one point; project.c does random directions; practice.c does what else experts advise.
 * check/course.c leads from one to the next. */
#ifndef GP_SEARCH_STATE_H
#define GP_SEARCH_STATE_H

#include "estimate/noise.h"
#include "evaluate/along.h"
#include "evaluate/executor.h"
#include "judge/findings.h"
#include "judge/verdict.h"

/* What random directions tell of a block, in units of the gradient: an error of that size in it is
 * excluded, and that is the size of the gradient under test. */
typedef struct gp_reach {
    double excluded, size;
} gp_reach;

/* How much is asked of directions that agree with the gradient: to be as sharp as can be; as sharp
 * as it takes to verify, if that takes a few more; or nothing. */
typedef enum gp_brief { GP_BRIEF_NOT, GP_BRIEF_VERIFY, GP_BRIEF_LOOK } gp_brief;

typedef struct gp_check_state {
    const gp_function *function;
    const gp_function *shown; /* as the report has it: `function` itself, or maps.h's own */
    size_t scalars;           /* entries of a gradient to check: n, or 0 */
    int project_maps;         /* derivatives of maps by random products: products.h */
    size_t placed;      /* entries of `shown` that have places in arrays and in the report: those
                           that are looked at one by one */
    int lean;           /* random directions: no array of n but x and g, and NULL for those below
                           that are marked + */
    gp_options options; /* with every default filled in */
    gp_evaluator *evaluator;
    gp_executor executor;
    gp_status journal_status; /* why the journal couldn't be opened */
    gp_error journal_error;
    uint64_t measured; /* evaluations that went into the choice of a strategy */
    double start;      /* seconds, of the clock */
    size_t *list;      /* + n entries of scratch: which are looked at */
    double *own; /* lean: room for the gradient where it can't stay with the callback; else NULL */
    gp_report *report;
    gp_tolerance *tolerance; /* one a block of `shown` */
    unsigned char *manner;   /* + gp_manner, one an entry of `shown`, as the three below */
    double *gradient; /* under test, at the given point; lean: where the callback writes it */
    double *numeric,  /* + estimates at the given point */
        *bound;       /* + on them: infinite, or 0, where there is none */
    double *other;    /* + n entries of scratch */
    double *length, *typical; /* length scales: + one an entry, one a block */
    double *pilot;   /* one a block: the first steps of its entries, as a share of those that their
                        lengths suggest */
    gp_noise noise;  /* at the given point */
    double value_variation; /* how much the value varies from call to call at the given point; 0: it
                               doesn't */
    double value_size; /* of what takes part in the value there, once that is asked for; 0 before */
    double rounding; /* besides, of a line's values, as a share of the largest */
    double away;     /* where the gradient was asked for besides: this many times gp_check_aside */
    unsigned char *same;   /* + one an entry: the gradient was the same, bit for bit, elsewhere */
    unsigned char *stored; /* + gp_stored, one a block */
    gp_reach *reach;       /* lean: one a block of `function` */
    gp_brief brief;        /* directions at another point */
    int hasty;             /* and no search where they don't agree with the gradient: */
    int off;               /* so they did */
    int excused;           /* a direction that was off may be so for rounding or a singularity */
    size_t examples, part; /* in use: see gp_entry; 0: all */
    uint64_t confirming;   /* values that went into confirming what other points refute */
    size_t forgone;        /* looks at an entry beyond the given point that were too many: */
    double forgone_cost;   /* what they would take */
    double *example_d[2], *example_b[2]; /* evidence for the diagnosis: see gp_evidence; or NULL */
} gp_check_state;

/* Calls the callbacks at the given point until it is known that they can be trusted to do the same
 * each time: sets report->value, gradient and manner. GP_NOT_HERE when the function has failed. */
gp_outcome gp_try_out(gp_check_state *check);

/* Entries whose number isn't what the callback meant (check->manner): into the report, up to so
 * many a block. */
gp_outcome gp_report_odd_entries(gp_check_state *check);

/* Where the gradient is asked for besides, and how far from the given point: v := entries first ...
 * of a random vector, each at most its length. */
void gp_check_aside(const gp_check_state *check, size_t first, size_t count, double *v);
/* x (n) := the given point, each entry moved by `share` of what gp_check_aside says. */
void gp_check_beside(const gp_check_state *check, double share, double *x);

/* A number that tells two gradients apart, -0 from 0 too. *finite: all of it is. */
uint64_t gp_fingerprint(const double *g, size_t n, int *finite);

/* The value at the given point once more: GP_FAULT where it isn't report->value. */
gp_outcome gp_try_value_again(gp_check_state *check);

/* Do three calls in turn, of n numbers each, return more by the same each time? Then they add to a
 * buffer of their own that is never set to zero, and may have been used before; a counter in an
 * entry or two is another matter. */
int gp_grows_evenly(const double *first, const double *second, const double *third, size_t n,
                    double epsilon);

/* Makes x the point under test: sets the length scales too. */
void gp_check_move(gp_check_state *check, const double *x);

/* Estimates and judges the listed entries (ascending) at the evaluator's point, where the value is
 * f0 and the gradient under test is `gradient`, and puts them into the report as of point `number`.
 * At the given point it sets the blocks' absolute tolerances. */
gp_outcome gp_survey(gp_check_state *check, gp_origin origin, size_t number, double f0,
                     const double *gradient, const size_t *entries, size_t count);

/* Numbers alone: d and b (n each) get estimates for the listed entries at the evaluator's point. */
gp_outcome gp_estimate_entries(gp_check_state *check, double f0, const size_t *entries,
                               size_t count, double *d, double *b);

/* Value and gradient (into check->other) at the evaluator's point. */
gp_outcome gp_check_evaluate(gp_check_state *check, double *f0);

/* Of the listed entries, those that are refuted at the given point by no more than what rounding of
 * x makes of the gradient under test become unresolved. */
gp_outcome gp_allow_for_rounding(gp_check_state *check, const size_t *list, size_t count);
/* Moves to further point `number`, which the report then names: another batch, a random theta, or
 * both. Sets *f0, and uses check->other. GP_NOT_HERE: there is none. */
gp_outcome gp_check_move_further(gp_check_state *check, size_t number, double *f0);
/* Descends from the given point x (n), where the gradient is check->other, along the gradient under
 * test, each block by a twentieth of its own typical size at a time, less where the value doesn't
 * fall; no further than to a hundredth of the value, since next to nothing is left to see at a loss
 * of next to nothing; and not where the value falls ever faster, since that way lies a pole. Leaves
 * x at the end; *steps tells how many. */
gp_outcome gp_check_descend(gp_check_state *check, double *x, double *f0, size_t *steps);
/* gp_survey at the evaluator's point, one of our own choice, where the gradient under test is
 * check->other. *refuted: so many entries are, at a regular place. */
gp_outcome gp_survey_place(gp_check_state *check, gp_origin origin, size_t number, double f0,
                           const size_t *list, size_t count, size_t *refuted);

/* Points that nobody asked about: points.c. `list` has room for n entries. */
/* Another point for what the given one leaves silent: another batch, a random theta, or both. */
gp_outcome gp_try_further_point(gp_check_state *check, size_t number, size_t *list, size_t *tried);
/* A sample of the entries after some steps of descent. */
gp_outcome gp_try_trained_point(gp_check_state *check, size_t *list);
/* Blocks whose gradient is the same elsewhere, though the derivative isn't: sets check->stored.
 * With a list they are refuted there too; NULL: they are already. */
gp_outcome gp_find_stored(gp_check_state *check, size_t *list);

/* What experts advise, after the given point has been surveyed: parts one by one, fewer examples,
 * further points, a point after some training. `list` has room for n entries. */
gp_outcome gp_practise(gp_check_state *check, size_t *list);

/* An entry of the gradient under test, whichever rank holds it. */
double gp_check_gradient(const gp_check_state *check, size_t entry);

/* The length scale of an entry at the point under test. */
double gp_check_length(const gp_check_state *check, size_t entry);

/* Runs tasks; what is lost on the way is put into the report. */
gp_outcome gp_check_execute(gp_check_state *check, const gp_work *work);

/* Moves to the given point, whole function, all examples of batch 0. */
gp_outcome gp_check_return(gp_check_state *check);

/* The absolute tolerances of a block whose typical derivative is `scale` (docs/decisions/0004). */
void gp_tolerance_follow(gp_tolerance *tolerance, const gp_options *options, gp_dtype dtype,
                         double scale);

/* The function's noise at tiny steps along a random direction from the evaluator's point, where the
 * value is f0. */
gp_outcome gp_check_tiny_noise(gp_check_state *check, double f0, double *tiny);

/* How much f, f0 here, changes where all parameters move by about their lengths: the larger change
 * of the two sides of a random direction. */
gp_outcome gp_check_variation(gp_check_state *check, double f0, double *variation);

#endif

/* Where a check stands: what its stages share. check/course.c leads from one to the next. */
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

/* All that is known of whole blocks at a point of our own choice: see witness.h. */
typedef struct gp_witness {
    double *x, *a, *d, *b; /* n each, in one array that is x's: the point, the gradient under test,
                              estimates, bounds, infinite where nothing was looked at */
    unsigned char *wrong;  /* n: refuted there */
} gp_witness;
enum { GP_MOST_WITNESSES = 4 }; /* the last one is the given point before estimates are sharpened */

typedef struct gp_check_state {
    const gp_function *function;
    const gp_function *shown; /* as the report has it: `function` itself, or map_shown.h's own */
    size_t scalars;           /* entries of a gradient to check: n, or 0 */
    int project_maps;         /* derivatives of maps by random products: products.h */
    int lean;           /* random directions: no array of n but x and g, and NULL for those below
                           that are marked + */
    gp_options options; /* with every default filled in */
    gp_link *link;      /* to the ranks of a team */
    gp_evaluator *evaluator;
    gp_executor executor;
    gp_report *report;
    gp_tolerance *tolerance; /* one a block of `shown` */
    unsigned char *manner;   /* + gp_manner, one an entry of `shown`, as the three below */
    double *gradient; /* under test, at the given point; lean: where the callback writes it */
    double *numeric,  /* + estimates at the given point */
        *bound;       /* + on them: infinite, or 0, where there is none */
    double *other;    /* + n entries of scratch */
    double *length, *typical; /* length scales: + one an entry, one a block */
    double *pilot;  /* one a block: the first steps of its entries, as a share of those that their
                       lengths suggest */
    gp_noise noise; /* at the given point */
    double value_variation; /* how much the value varies from call to call at the given point; 0: it
                               doesn't */
    double value_size; /* of what takes part in the value there, once that is asked for; 0 before */
    double rounding;   /* besides, of a line's values, as a share of the largest */
    double away;       /* where the gradient was asked for besides: this many times its length */
    unsigned char *same;    /* + one an entry: the gradient was the same, bit for bit, elsewhere */
    unsigned char *stored;  /* + gp_stored, one a block */
    unsigned char *doubted; /* + one an entry: silent at the given point, and another speaks against
                               it without refuting it */
    gp_reach *reach;        /* lean: one a block of `function` */
    gp_brief brief;         /* directions at another point */
    int hasty;              /* and no search where they don't agree with the gradient: */
    int off;                /* so they did */
    int excused;            /* a direction that was off may be so for rounding or a singularity */
    size_t examples, part;  /* in use: see gp_entry; 0: all */
    uint64_t confirming;    /* values that went into confirming what other points refute */
    size_t forgone;         /* looks at an entry beyond the given point that were too many: */
    double forgone_cost;    /* what they would take */
    double *example_d[2], *example_b[2]; /* evidence for the diagnosis: see gp_evidence; or NULL */
    gp_witness witness[GP_MOST_WITNESSES];
    size_t witnesses;
} gp_check_state;

/* Makes x the point under test: sets the length scales too. */
void gp_check_move(gp_check_state *check, const double *x);

/* An entry of the gradient under test, whichever rank holds it. */
double gp_check_gradient(const gp_check_state *check, size_t entry);

/* The length scale of an entry at the point under test. */
double gp_check_length(const gp_check_state *check, size_t entry);

/* Runs tasks; what is lost on the way is put into the report. */
gp_outcome gp_check_execute(gp_check_state *check, const gp_work *work);

/* Moves to the given point, whole function, all examples of batch 0. */
gp_outcome gp_check_return(gp_check_state *check);

#endif

/* From values on a line to a derivative with a bound on its error. docs/numerics.md has the
 * mathematics; this stage never sees the gradient under test. */
#ifndef GP_DERIVATIVE_H
#define GP_DERIVATIVE_H

#include "probe/line.h"

enum { GP_RUNGS = 20 };

/* The values at one step: f(x + plus v) and f(x + minus v), minus < 0 < plus. NaN: none. */
typedef struct gp_rung {
    double step; /* the step that was asked for; plus and minus are what the machine made of it */
    double plus, minus;
    double f_plus, f_minus;
} gp_rung;

/* All that is known about f on one line. Rungs are sorted, the largest step first. */
typedef struct gp_ladder {
    double f0, unit, limit; /* value at 0; smallest and largest sensible step */
    int narrow;             /* x and f are float32 */
    unsigned rungs;
    unsigned evaluations;
    gp_rung rung[GP_RUNGS];
} gp_ladder;

typedef struct gp_estimate {
    double derivative;
    double bound;      /* noise + truncation + slope_jump: see docs/numerics.md */
    double noise;      /* share of the function's noise in the derivative, GP_NOISE_FACTOR sigma */
    double truncation; /* how far the next lower order is from this one */
    double slope_jump; /* |right - left derivative| as seen at the steps in use */
    int kink;          /* slopes differ beyond all bounds down to the smallest useful step */
    double left, right;
    double kink_bound; /* on left and right */
    double low, high; /* hull of all intervals that claim a precision within a decade of the best */
    int one_sided;
    double step; /* the largest in use */
    gp_limit limit;
} gp_estimate;

/* Steps reach as far as so many length scales. */
#define GP_LONGEST 4.0

/* Rungs beyond the first step by which a kink's slopes are sharpened. */
#define GP_KINK_RUNGS 7

/* Bounds count this many standard deviations of noise. */
#define GP_NOISE_FACTOR 6.0

/* How good an estimate must be: bound <= goal_rtol * |d| + goal_atol. */
typedef struct gp_goal {
    double rtol, atol;
} gp_goal;

/* A step that suits the line's length scale and precision. */
double gp_first_step(const gp_line *line);

/* The first two rungs, at steps h and h/2 with h = shift * gp_first_step (shift 1 the first time;
 * another value makes an independent second estimate). */
gp_outcome gp_ladder_start(gp_ladder *ladder, gp_line *line, double shift);

/* The steps of the four values that gp_ladder_start takes first. */
void gp_ladder_first_steps(const gp_line *line, double shift, double steps[4]);

/* Adds rungs, larger or smaller as the bound's largest part demands, until the estimate meets the
 * goal, nothing more is to be gained, or `evaluations` have been spent on this ladder in all.
 * *estimate is the one that it ends with. */
gp_outcome gp_ladder_refine(gp_ladder *ladder, gp_line *line, double sigma, gp_goal goal,
                            unsigned evaluations, gp_estimate *estimate);

/* Steps that show a kink may be too small to say much of its slopes: noise is in inverse proportion
 * to the step. Looks at either side by itself at larger steps, GP_KINK_RUNGS of them. Where what is
 * seen there agrees with e's slopes and is sharper, it takes their place. */
gp_outcome gp_sharpen_kink(gp_line *line, double sigma, gp_estimate *e, unsigned *evaluations);

int gp_goal_is_met(const gp_goal *goal, const gp_estimate *estimate);

/* The estimate with the best bound, given the standard deviation of the function's noise. Bound is
 * infinite where there are too few values. */
gp_estimate gp_ladder_estimate(const gp_ladder *ladder, double sigma);

/* The same with the hull for an interval: what may be refuted must lie outside of all of it. */
gp_estimate gp_estimate_widened(const gp_estimate *estimate);

/* Is this what building a ladder could have made? For ladders and estimates from a file: whatever
 * is sound may be used. */
int gp_ladder_is_sound(const gp_ladder *ladder);
int gp_estimate_is_sound(const gp_estimate *estimate);

/* The largest |f| at 0 and on the first two rungs. */
double gp_ladder_largest(const gp_ladder *ladder);

/* Are all its values the one at 0? Steps may be too small to see anything. */
int gp_ladder_is_still(const gp_ladder *ladder);

/* One sample of the noise's standard deviation at the steps in use, from the fourth difference of
 * the five values of the first two rungs; NaN where there are none or all are equal. */
double gp_ladder_roughness(const gp_ladder *ladder);
/* The same from the first `count` rungs, 5 at most: more rungs take more bends for what they are.
 */
double gp_ladder_roughness_of(const gp_ladder *ladder, unsigned count);

#endif

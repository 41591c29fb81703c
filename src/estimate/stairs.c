/* See stairs.h. The end of the tread around 0 is found by bisection, and what happens there tells a
 * jump from a bend or a kink: of a continuous function the residual over an interval goes to 0 with
 * its width. */
#include "estimate/stairs.h"

#include <math.h>

#include "estimate/noise.h"

/* Each step outwards of the scan: small enough that few jumps lie between two of them. */
static const double SCAN_RATIO = 4;
/* Residuals count above so many standard deviations of noise. */
static const double SEEN = 8;
/* The residual over the interval around a kink halves with it, that over a jump stays: kept at this
 * share so often in a row, at widths below this share of `near`, it is a jump. */
static const double KEPT = 0.75, NARROW = 1.0 / 16;
enum { IN_A_ROW = 10, MOST = 80 };
/* Many stairs add up to no more than so many times the jump that was found. */
static const double MOST_SPREAD = 4;
/* How far to look for the end of a tread, in length scales; and where the value is exactly 0, which
 * tells nothing of the size of its terms. */
static const double REACH = 64, REACH_FROM_ZERO = 0x1p40;

typedef struct gp_residual {
    double t, step, r; /* asked for, made of it, and f(step) - f0 - slope step */
} gp_residual;

static gp_outcome residual_at(gp_line *line, double slope, double t, gp_residual *at,
                              unsigned *evaluations) {
    double value;
    gp_outcome outcome = gp_line_value(line, t, &at->step, &value);
    ++*evaluations;
    at->t = t;
    at->r = value - line->f0 - slope * at->step;
    return outcome == GP_EVALUATED && !isfinite(at->r) ? GP_NOT_HERE : outcome;
}

/* The first step outwards of `from`, up to `far`, with a residual above `seen`; GP_NOT_HERE: none.
 */
static gp_outcome scan(gp_line *line, double slope, double from, double far, double seen,
                       gp_residual *before, gp_residual *after, unsigned *evaluations) {
    *before = (gp_residual){.t = 0};
    for (double t = from; fabs(t) <= far; t *= SCAN_RATIO) {
        gp_outcome outcome = residual_at(line, slope, t, after, evaluations);
        if (outcome != GP_EVALUATED)
            return outcome;
        if (fabs(after->r) > seen)
            return GP_EVALUATED;
        *before = *after;
    }
    return GP_NOT_HERE;
}

/* The height of the jump at the end of the tread on which a lies and b doesn't; 0: there the
 * residual grows as that of a continuous function does. */
static gp_outcome bisect(gp_line *line, double slope, double near, double seen, gp_residual a,
                         gp_residual b, double *height, unsigned *evaluations) {
    int kept = 0;
    *height = 0;
    for (int k = 0; k < MOST; k++) {
        double residual = fabs(b.r - a.r), width = fabs(b.t - a.t);
        if (residual <= seen / 2)
            return GP_EVALUATED;
        if (kept >= IN_A_ROW || width <= 2 * line->unit) {
            *height = kept > 0 ? residual : 0;
            return GP_EVALUATED;
        }
        gp_residual middle;
        gp_outcome outcome = residual_at(line, slope, a.t / 2 + b.t / 2, &middle, evaluations);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
        if (fabs(middle.r) > seen)
            b = middle;
        else
            a = middle;
        kept = fabs(b.r - a.r) >= KEPT * residual && width <= NARROW * near ? kept + 1 : 0;
    }
    return GP_EVALUATED;
}

gp_outcome gp_find_stairs(gp_line *line, double slope, double near, double far, double quiet,
                          double *sigma, unsigned *evaluations) {
    double scale = fmax(line->probe->scale, line->probe->reach), seen = SEEN * quiet;
    double reach = slope != 0 ? 0 : (line->f0 == 0 ? REACH_FROM_ZERO : REACH) * scale;
    gp_residual a, b, nearest_a = {.t = 0}, nearest_b = {.t = INFINITY};
    *sigma = 0;
    for (int side = 1; side >= -1; side -= 2) {
        gp_outcome outcome = scan(line, slope, side * SCAN_RATIO * near, fmax(far, reach), seen, &a,
                                  &b, evaluations);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && fabs(b.t) < fabs(nearest_b.t)) {
            nearest_a = a;
            nearest_b = b;
        }
        if (outcome == GP_EVALUATED && slope == 0)
            far = reach = fmin(fmax(far, reach), fabs(b.t)); /* no nearer on the other side? */
    }
    if (isinf(nearest_b.t)) {
        /* Constant wherever one looks. Of a value that is 0 the terms may have any size: that of 1
         * is assumed. */
        if (slope == 0 && line->f0 == 0)
            *sigma = gp_dtype_epsilon(line->evaluator->x_dtype) / sqrt(12);
        return GP_EVALUATED;
    }
    double height;
    if (bisect(line, slope, near, seen, nearest_a, nearest_b, &height, evaluations) == GP_FAULT)
        return GP_FAULT;
    if (height == 0)
        return GP_EVALUATED;
    /* Other intermediates may have stairs of their own: what they add up to shows in values that
     * lie treads apart, unless the function bends as much there. */
    double spread = 0;
    if (gp_noise_at_steps(line, fabs(nearest_b.t) / 2, &spread) == GP_FAULT)
        return GP_FAULT;
    *evaluations += GP_NOISE_POINTS;
    *sigma = fmax(height / sqrt(12), fmin(spread, MOST_SPREAD * height));
    return GP_EVALUATED;
}

/* Central differences on a ladder of steps, extrapolated, with a bound from three parts.
 *
 * With F+ = (f(x + t+) - f(x)) / t+ and F- = (f(x + t-) - f(x)) / t-, t- < 0 < t+, a rung of the
 * ladder gives the odd and the even part of f on the line:
 *
 *     D(h) = (t+ F- - t- F+) / (t+ - t-)  =  f'(x) + c3 h^2 + c5 h^4 + ...
 *     S(h) =  F+ - F-                     =  J  + c2 h + c4 h^3 + ...
 *
 * where J, the difference of the slopes right and left, is 0 where f is differentiable. Richardson
 * extrapolation over neighbouring rungs removes c3, c5, ... from D and c2, c4, ... from S.
 * Richardson (1911), Ridders (1982); the use of the even part as a witness for kinks and for noise
 * at the step in use is ours: docs/numerics.md. */
#include "estimate/derivative.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "estimate/constants.h"

/* What one rung says. */
typedef struct gp_slopes {
    int both;                 /* values on both sides */
    double h;                 /* half the distance of the outer points */
    double d, s;              /* D(h), S(h) */
    double forward, backward; /* F+, F-; NaN where there is no value */
} gp_slopes;

static gp_slopes slopes_of(const gp_ladder *ladder, unsigned k) {
    const gp_rung *r = &ladder->rung[k];
    gp_slopes s = {.h = (r->plus - r->minus) / 2};
    s.forward = (r->f_plus - ladder->f0) / r->plus;
    s.backward = (r->f_minus - ladder->f0) / r->minus;
    s.both = isfinite(s.forward) && isfinite(s.backward);
    double share = r->plus / (r->plus - r->minus); /* products of steps and slopes may overflow */
    s.d = share * s.backward + (1 - share) * s.forward;
    s.s = s.forward - s.backward;
    return s;
}

/* Weights of an extrapolation to step 0, sum_k w_k q(h_k) = q(0) + ..., over `count` steps h.
 *
 * q(h) a polynomial in u = h^2 (D), or in u = h (F+ or F- alone): Lagrange's at u = 0,
 *     w_k = prod_{j != k} u_j / (u_j - u_k). */
static void lagrange_weights(unsigned count, const double *u, double *w) {
    for (unsigned k = 0; k < count; k++) {
        w[k] = 1;
        for (unsigned j = 0; j < count; j++)
            if (j != k)
                w[k] *= u[j] / (u[j] - u[k]);
    }
}

/* q(h) = q(0) + h times a polynomial in u = h^2 (S): w_k h_k must vanish on polynomials in u, as
 * the weights of a divided difference do, and the w_k must add up to 1:
 *     w_k = c / (h_k prod_{j != k} (u_k - u_j)). */
static void divided_weights(unsigned count, const double *h, const double *u, double *w) {
    double sum = 0;
    for (unsigned k = 0; k < count; k++) {
        double product = h[k];
        for (unsigned j = 0; j < count; j++)
            if (j != k)
                product *= u[k] - u[j];
        w[k] = 1 / product;
        sum += w[k];
    }
    for (unsigned k = 0; k < count; k++)
        w[k] /= sum;
}

static double weighted(unsigned count, const double *w, const double *q) {
    double sum = 0;
    for (unsigned k = 0; k < count; k++)
        sum += w[k] * q[k];
    return sum;
}

/* One extrapolation over rungs first ... first + count - 1. */
typedef struct gp_window {
    unsigned first, count;
    double derivative, noise, truncation, slope_jump, slope_noise, bound;
    double low, high; /* of the best: see gp_estimate */
} gp_window;

/* count >= 2 rungs with values on both sides; -1 if there are not so many. */
static int two_sided(const gp_slopes *s, unsigned first, unsigned count, double sigma,
                     gp_window *window) {
    double h[MAX_ORDER] = {0}, d[MAX_ORDER] = {0}, e[MAX_ORDER] = {0};
    double w[MAX_ORDER] = {0}, v[MAX_ORDER] = {0};
    double relative[MAX_ORDER] = {0}, square[MAX_ORDER] = {0};
    if (count < 2)
        return -1;
    for (unsigned k = 0; k < count; k++) {
        if (!s[first + k].both)
            return -1;
        h[k] = s[first + k].h;
        d[k] = s[first + k].d;
        e[k] = s[first + k].s;
        relative[k] = h[k] / h[0];
        square[k] = relative[k] * relative[k];
    }
    lagrange_weights(count, square, w);
    divided_weights(count, relative, square, v);
    window->first = first;
    window->count = count;
    window->derivative = weighted(count, w, d);
    window->slope_jump = weighted(count, v, e);
    /* var D(h) = sigma^2 / (2 h^2). In S(h) the outer values contribute 2 sigma^2 / h^2 and f(x),
     * which all rungs share, -2 / h each. */
    double odd = 0, even = 0, shared = 0; /* in units of h[0], whose square may overflow */
    for (unsigned k = 0; k < count; k++) {
        odd += w[k] * w[k] / (2 * square[k]);
        even += 2 * v[k] * v[k] / square[k];
        shared += 2 * v[k] / relative[k];
    }
    window->noise = GP_NOISE_FACTOR * sigma * sqrt(odd) / h[0];
    window->slope_noise = GP_NOISE_FACTOR * sigma * sqrt(even + shared * shared) / h[0];
    /* The two extrapolations of the next lower order, without the smallest and the largest step. */
    double upper = d[0], lower = d[1];
    if (count > 2) {
        lagrange_weights(count - 1, square, w);
        upper = weighted(count - 1, w, d);
        lagrange_weights(count - 1, square + 1, w);
        lower = weighted(count - 1, w, d + 1);
    }
    window->truncation = fabs(upper - lower);
    window->bound = window->noise + window->truncation + fabs(window->slope_jump);
    return isfinite(window->bound) ? 0 : -1; /* two equal steps */
}

/* The same from one side only: f can't be evaluated on the other. */
static int one_sided(const gp_ladder *ladder, const gp_slopes *s, int forward, unsigned first,
                     unsigned count, double sigma, gp_window *window) {
    double t[MAX_ORDER] = {0}, q[MAX_ORDER] = {0}, w[MAX_ORDER] = {0};
    for (unsigned k = 0; k < count; k++) {
        const gp_rung *r = &ladder->rung[first + k];
        t[k] = forward ? r->plus : -r->minus;
        q[k] = forward ? s[first + k].forward : s[first + k].backward;
        if (!isfinite(q[k]))
            return -1;
    }
    lagrange_weights(count, t, w);
    double own = 0, shared = 0; /* in units of t[0] */
    for (unsigned k = 0; k < count; k++) {
        double relative = t[k] / t[0];
        own += w[k] * w[k] / (relative * relative);
        shared += w[k] / relative;
    }
    window->first = first;
    window->count = count;
    window->derivative = weighted(count, w, q);
    window->noise = GP_NOISE_FACTOR * sigma * sqrt(own + shared * shared) / t[0];
    window->slope_jump = window->slope_noise = 0;
    double upper = q[0], lower = q[1];
    if (count > 2) {
        lagrange_weights(count - 1, t, w);
        upper = weighted(count - 1, w, q);
        lagrange_weights(count - 1, t + 1, w);
        lower = weighted(count - 1, w, q + 1);
    }
    /* No even part bears witness here, so the difference of orders counts twice. */
    window->truncation = 2 * fabs(upper - lower);
    window->bound = window->noise + window->truncation;
    return isfinite(window->bound) ? 0 : -1;
}

/* All windows of a ladder, [first][count], first + count <= rungs; valid where bound is finite. */
typedef struct gp_windows {
    gp_window at[GP_RUNGS][MAX_ORDER + 1];
} gp_windows;

/* What a window shows beyond noise. */
static double deviation(const gp_window *w) {
    return w->truncation + fabs(w->slope_jump);
}

/* The deviation that the next larger window of the same order leads to expect: in proportion to the
 * step, unless a smaller window could have seen that much and didn't. */
static double deviation_from_above(const gp_windows *all, const gp_slopes *s, unsigned rungs,
                                   const gp_window *w) {
    if (w->first == 0 || !isfinite(all->at[w->first - 1][w->count].bound))
        return 0;
    const gp_window *larger = &all->at[w->first - 1][w->count];
    double slope =
        (deviation(larger) - larger->slope_noise - 2 * larger->noise) / s[w->first - 1].h;
    for (unsigned first = w->first + 1; first + w->count <= rungs; first++) {
        const gp_window *smaller = &all->at[first][w->count];
        double noise = smaller->slope_noise + 2 * smaller->noise;
        if (isfinite(smaller->bound) && deviation(smaller) <= noise && noise < slope * s[first].h)
            return 0;
    }
    return slope * s[w->first].h;
}

/* Among many windows some look good by accident: kinks of either sign may cancel in the odd and the
 * even part at one step. Neighbours don't share the accident. Errors from truncation and kinks grow
 * with the step, so a window's deviation is at least what windows of the same order show at smaller
 * steps (beyond their noise), and h/h' of what the next larger one at h' shows; and intervals that
 * claim much the same precision must overlap. */
static double sober_bound(const gp_windows *all, const gp_slopes *s, unsigned rungs,
                          const gp_window *w) {
    double dev = deviation(w);
    for (unsigned first = w->first + 1; first + w->count <= rungs; first++) {
        const gp_window *smaller = &all->at[first][w->count];
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): every window up to rungs is set
        if (isfinite(smaller->bound))
            dev = fmax(dev, deviation(smaller) - smaller->slope_noise - 2 * smaller->noise);
    }
    /* What noise doesn't explain comes from kinks or from bends that the order can't follow. Then
     * the deviation is a sample of the error rather than a bound on it: count it several times. */
    double excess = fmax(0, dev - 0.25 * w->slope_noise);
    double bound = w->noise + fmax(dev + 3 * excess, deviation_from_above(all, s, rungs, w));
    for (unsigned first = 0; first < rungs; first++)
        for (unsigned count = 2; count <= MAX_ORDER && first + count <= rungs; count++) {
            const gp_window *other = &all->at[first][count];
            if (isfinite(other->bound) && other->bound <= 8 * w->bound)
                bound = fmax(bound, fabs(other->derivative - w->derivative) - other->bound);
        }
    return bound;
}

/* Slopes from one side that differ by more and more as steps shrink, beyond noise, go nowhere: a
 * singularity is nearer than the smallest step, and no step tells what the derivative is. */
static int diverges(const gp_ladder *ladder, const gp_slopes *s, int forward, double sigma) {
    double q[3], smallest = 0;
    unsigned found = 0;
    for (unsigned k = ladder->rungs; k-- > 0 && found < 3;) {
        double slope = forward ? s[k].forward : s[k].backward;
        if (!isfinite(slope))
            continue;
        if (found == 0)
            smallest = forward ? ladder->rung[k].plus : -ladder->rung[k].minus;
        q[found++] = slope;
    }
    return found == 3 && fabs(q[0] - q[1]) > fabs(q[1] - q[2]) &&
           fabs(q[0] - q[1]) > 4 * GP_NOISE_FACTOR * sigma / smallest;
}

/* The window with the best bound from both sides (side 0), forward (1) or backward (2) alone; -1:
 * none. */
static int best_of_side(const gp_ladder *ladder, const gp_slopes *s, double sigma, int side,
                        gp_window *best) {
    gp_windows all;
    int found = 0;
    if (side != 0 && diverges(ladder, s, side == 1, sigma))
        return -1;
    for (unsigned first = 0; first < ladder->rungs; first++)
        for (unsigned count = 2; count <= MAX_ORDER && first + count <= ladder->rungs; count++) {
            // cppcheck-suppress uninitvar
            gp_window *w = &all.at[first][count];
            int missing = side == 0 ? two_sided(s, first, count, sigma, w)
                                    : one_sided(ladder, s, side == 1, first, count, sigma, w);
            if (missing)
                *w = (gp_window){.bound = INFINITY};
        }
    for (unsigned first = 0; first < ladder->rungs; first++)
        for (unsigned count = 2; count <= MAX_ORDER && first + count <= ladder->rungs; count++) {
            gp_window w = all.at[first][count];
            if (!isfinite(w.bound))
                continue;
            w.bound = sober_bound(&all, s, ladder->rungs, &w);
            if (!found || w.bound < best->bound)
                *best = w;
            found = 1;
        }
    if (!found)
        return -1;
    best->low = best->derivative - best->bound;
    best->high = best->derivative + best->bound;
    for (unsigned first = 0; first < ladder->rungs; first++)
        for (unsigned count = 2; count <= MAX_ORDER && first + count <= ladder->rungs; count++) {
            const gp_window *w = &all.at[first][count];
            if (!(w->bound <= HULL_RATIO * best->bound))
                continue;
            best->low = fmin(best->low, w->derivative - w->bound);
            best->high = fmax(best->high, w->derivative + w->bound);
        }
    return 0;
}

/* The same from whichever side is best: both where there are values, else one. Near an edge of the
 * domain both sides allow but tiny steps, and the open side alone, if it agrees, may know better.
 */
static int best_window(const gp_ladder *ladder, const gp_slopes *s, double sigma, gp_window *best,
                       int *sided) {
    int found = best_of_side(ladder, s, sigma, 0, best) == 0, halves = !found;
    *sided = 0;
    for (unsigned k = 0; k < ladder->rungs; k++)
        halves |= !s[k].both;
    for (int side = 1; side < 3 && halves; side++) {
        gp_window w;
        if (best_of_side(ladder, s, sigma, side, &w))
            continue;
        if (found && !(w.bound < best->bound &&
                       fabs(w.derivative - best->derivative) <= w.bound + best->bound))
            continue;
        if (found &&
            best->bound <= HULL_RATIO * w.bound) { /* what both sides leave open stays open */
            w.low = fmin(w.low, best->low);
            w.high = fmax(w.high, best->high);
        }
        *best = w;
        *sided = side;
        found = 1;
    }
    return found ? 0 : -1;
}

/* Do the slopes left and right differ, by the same amount at neighbouring steps and by more than
 * noise and curvature explain, with nothing to the contrary at smaller steps? Then estimate says by
 * how much. Else, do the values jump? */
static void look_for_kink(const gp_ladder *ladder, const gp_slopes *s, double sigma,
                          gp_estimate *estimate) {
    gp_window here, above, below;
    int smallest = 1;
    for (unsigned k = ladder->rungs; k-- > 1;) {
        if (two_sided(s, k, ladder->rungs - k > 1 ? 2 : 0, sigma, &here) ||
            two_sided(s, k - 1, 2, sigma, &above) || fabs(here.slope_jump) <= 4 * here.slope_noise)
            continue;
        double jump = here.slope_jump, change = fabs(jump - above.slope_jump);
        /* S(h) of a jump goes with 1/h, of a kink it is constant: more than h^(-1/2) is a jump */
        if (smallest && s[0].both && fabs(s[k + 1].s) > fabs(s[0].s) * sqrt(s[0].h / s[k + 1].h))
            estimate->limit = GP_LIMIT_JUMP;
        smallest = 0;
        int steady = change <= 0.05 * fabs(jump) + here.slope_noise &&
                     here.truncation <= 0.05 * fabs(jump) + here.noise;
        for (unsigned j = k + 1; j + 2 <= ladder->rungs && steady; j++)
            steady = two_sided(s, j, 2, sigma, &below) ||
                     fabs(below.slope_jump - jump) <= below.slope_noise;
        /* One kink is the same over a range of steps; many small ones are by accident. */
        unsigned top = k;
        while (steady && top > 0 && !two_sided(s, top - 1, 2, sigma, &below) &&
               fabs(below.slope_jump - jump) <= 0.1 * fabs(jump) + below.slope_noise)
            top--;
        steady &= s[top].h >= 16 * s[k + 1].h;
        double bound = here.noise + here.truncation + here.slope_noise + change;
        if (!steady || (estimate->kink && bound >= estimate->kink_bound))
            continue;
        estimate->kink = 1;
        estimate->left = here.derivative - jump / 2;
        estimate->right = here.derivative + jump / 2;
        estimate->kink_bound = bound;
    }
    if (estimate->kink) {
        estimate->low =
            fmin(estimate->low, fmin(estimate->left, estimate->right) - estimate->kink_bound);
        estimate->high =
            fmax(estimate->high, fmax(estimate->left, estimate->right) + estimate->kink_bound);
    }
}

gp_estimate gp_ladder_estimate(const gp_ladder *ladder, double sigma) {
    gp_estimate e = {.derivative = NAN, .bound = INFINITY, .limit = GP_LIMIT_DOMAIN};
    gp_slopes s[GP_RUNGS];
    gp_window best;
    for (unsigned k = 0; k < ladder->rungs; k++)
        s[k] = slopes_of(ladder, k);
    if (best_window(ladder, s, sigma, &best, &e.one_sided))
        return e;
    e.derivative = e.left = e.right = best.derivative;
    e.step = ladder->rung[best.first].step;
    e.noise = best.noise;
    e.truncation = best.truncation;
    e.slope_jump = fabs(best.slope_jump);
    /* A derivative can't be told more exactly than its own rounding. */
    e.bound = best.bound * (ladder->narrow ? FLOAT32_BOUND_FACTOR : 1) +
              DBL_EPSILON * fabs(best.derivative);
    e.low = best.low;
    e.high = best.high;
    e.truncation = fmax(e.truncation, best.bound - best.noise - e.slope_jump);
    if (e.noise >= e.truncation && e.noise >= e.slope_jump)
        e.limit = GP_LIMIT_NOISE;
    else
        e.limit = e.slope_jump > e.truncation ? GP_LIMIT_KINK : GP_LIMIT_TRUNCATION;
    look_for_kink(ladder, s, sigma, &e);
    return e;
}

gp_estimate gp_estimate_widened(const gp_estimate *estimate) {
    gp_estimate e = *estimate;
    e.derivative = e.left = e.right = e.low / 2 + e.high / 2;
    e.bound = e.high / 2 - e.low / 2;
    e.kink = 0;
    return e;
}

int gp_ladder_is_sound(const gp_ladder *ladder) {
    if (ladder->rungs > GP_RUNGS || (ladder->narrow != 0 && ladder->narrow != 1) ||
        !isfinite(ladder->f0) || !(ladder->unit >= 0) || !(ladder->limit >= 0))
        return 0;
    for (unsigned k = 0; k < ladder->rungs; k++) {
        double step = ladder->rung[k].step;
        if (!(step > 0) || isinf(step) || (k > 0 && step > ladder->rung[k - 1].step))
            return 0;
    }
    return 1;
}

int gp_estimate_is_sound(const gp_estimate *e) {
    return (unsigned)e->limit < GP_LIMITS && (e->kink == 0 || e->kink == 1) && e->one_sided >= 0 &&
           e->one_sided <= 2 && e->bound >= 0 && (isinf(e->bound) || isfinite(e->derivative)) &&
           (!e->kink || (isfinite(e->left) && isfinite(e->right)));
}

double gp_ladder_largest(const gp_ladder *ladder) {
    double largest = fabs(ladder->f0);
    for (unsigned k = 0; k < ladder->rungs && k < 2; k++)
        largest = fmax(largest, fmax(fabs(ladder->rung[k].f_plus), fabs(ladder->rung[k].f_minus)));
    return largest;
}

int gp_ladder_is_still(const gp_ladder *ladder) {
    for (unsigned k = 0; k < ladder->rungs; k++)
        if (ladder->rung[k].f_plus != ladder->f0 || ladder->rung[k].f_minus != ladder->f0)
            return 0;
    return ladder->rungs > 0;
}

double gp_ladder_roughness_of(const gp_ladder *ladder, unsigned count) {
    /* J over k rungs is a difference of order 2 k, whose deviation is in proportion to sigma:
     * slope_noise says for sigma = 1 how large it is (times GP_NOISE_FACTOR). */
    gp_window w;
    gp_slopes s[MAX_ORDER] = {0};
    int moves = 0;
    if (ladder->rungs < count)
        return NAN;
    for (unsigned k = 0; k < count; k++) {
        s[k] = slopes_of(ladder, k);
        moves |= ladder->rung[k].f_plus != ladder->f0 || ladder->rung[k].f_minus != ladder->f0;
    }
    if (two_sided(s, 0, count, 1, &w) || !moves)
        return NAN;
    return fabs(w.slope_jump) * GP_NOISE_FACTOR / w.slope_noise;
}

double gp_ladder_roughness(const gp_ladder *ladder) {
    return gp_ladder_roughness_of(ladder, 2);
}

/* ---- building the ladder -------------------------------------------------------- */

/* Evaluates both sides at a step and sorts the rung in. GP_NOT_HERE if neither side has a value. */
static gp_outcome add_rung(gp_ladder *ladder, gp_line *line, double step) {
    if (ladder->rungs == GP_RUNGS)
        return GP_NOT_HERE;
    gp_rung rung = {.step = step, .f_plus = NAN, .f_minus = NAN};
    gp_outcome plus = gp_line_value(line, step, &rung.plus, &rung.f_plus);
    if (plus == GP_FAULT)
        return plus;
    gp_outcome minus = gp_line_value(line, -step, &rung.minus, &rung.f_minus);
    if (minus == GP_FAULT)
        return minus;
    ladder->evaluations += 2;
    if (plus == GP_NOT_HERE || rung.plus <= 0)
        rung.f_plus = NAN;
    if (minus == GP_NOT_HERE || rung.minus >= 0)
        rung.f_minus = NAN;
    if (isnan(rung.f_plus) && isnan(rung.f_minus))
        return GP_NOT_HERE;
    unsigned k = ladder->rungs++;
    while (k > 0 && ladder->rung[k - 1].step < step) {
        ladder->rung[k] = ladder->rung[k - 1];
        k--;
    }
    ladder->rung[k] = rung;
    return GP_EVALUATED;
}

static int is_both(const gp_rung *rung) {
    return isfinite(rung->f_plus) && isfinite(rung->f_minus);
}

double gp_first_step(const gp_line *line) {
    return line->scale * (gp_line_is_narrow(line) ? FIRST_STEP_FLOAT32 : FIRST_STEP_FLOAT64);
}

static double start_step(const gp_line *line, double shift) {
    return fmax(shift * gp_first_step(line), 16 * line->unit);
}

void gp_ladder_first_steps(const gp_line *line, double shift, double steps[4]) {
    double step = start_step(line, shift);
    steps[0] = step;
    steps[1] = -step;
    steps[2] = RUNG_RATIO * step;
    steps[3] = -(RUNG_RATIO * step);
}

gp_outcome gp_ladder_start(gp_ladder *ladder, gp_line *line, double shift) {
    double step = start_step(line, shift);
    double steps[4];
    gp_ladder_first_steps(line, shift, steps);
    if (gp_line_foresee(line, steps, 4) == GP_FAULT)
        return GP_FAULT;
    memset(ladder, 0, sizeof *ladder);
    ladder->f0 = line->f0;
    ladder->unit = line->unit;
    ladder->narrow = gp_line_is_narrow(line);
    ladder->limit = GP_LONGEST * gp_line_reach(line);
    /* Into the domain: shrink until both sides have values, else make do with one. */
    double s = step;
    for (int attempt = 0; attempt < 6 && s >= 2 * ladder->unit; attempt++, s /= 64) {
        gp_outcome outcome = add_rung(ladder, line, s);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && is_both(&ladder->rung[ladder->rungs - 1])) {
            gp_rung both = ladder->rung[ladder->rungs - 1];
            ladder->rung[0] = both; /* one-sided rungs at larger steps have served */
            ladder->rungs = 1;
            outcome = add_rung(ladder, line, RUNG_RATIO * s);
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
        }
    }
    if (ladder->rungs == 0)
        return GP_NOT_HERE;
    gp_outcome outcome = add_rung(ladder, line, RUNG_RATIO * ladder->rung[0].step);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

static int has_step(const gp_ladder *ladder, double step) {
    for (unsigned k = 0; k < ladder->rungs; k++)
        if (fabs(ladder->rung[k].step / step - 1) < 0.2)
            return 1;
    return 0;
}

/* Steps worth trying next, at most two; 0 when nothing more is to be gained. */
static unsigned propose(const gp_ladder *ladder, double sigma, double next[2]) {
    next[0] = next[1] = 0;
    gp_slopes s[GP_RUNGS];
    gp_window best;
    int sided;
    for (unsigned k = 0; k < ladder->rungs; k++)
        s[k] = slopes_of(ladder, k);
    double bottom_step = ladder->rung[ladder->rungs - 1].step;
    if (best_window(ladder, s, sigma, &best, &sided)) {
        next[0] = RUNG_RATIO * bottom_step;
        return next[0] > 2 * ladder->unit ? 1 : 0;
    }
    double other = best.bound - best.noise;
    /* Truncation and slope jump are read off noisy values: within what noise makes of them they
     * speak for larger steps too. */
    int noisy = best.noise >= other ||
                (best.truncation <= 2 * best.noise && fabs(best.slope_jump) <= best.slope_noise &&
                 other <= best.slope_noise + 2 * best.noise);
    unsigned bottom = best.first + best.count - 1, count = 0;
    double proposals[2] = {0, 0};
    if (noisy) { /* larger steps */
        double top = ladder->rung[best.first].step;
        if (best.first == 0) {
            double factor = pow(RUNG_RATIO, other == 0 ? -9 : -3);
            while (factor > 1 && top * factor > ladder->limit)
                factor *= RUNG_RATIO;
            proposals[0] = top * factor;
            proposals[1] = top * factor * RUNG_RATIO;
        }
    } else { /* truncation or a kink: smaller steps */
        double low = ladder->rung[bottom].step;
        if (bottom + 1 == ladder->rungs) {
            /* truncation ~ h^2 against noise ~ 1/h: they meet at h (noise / truncation)^(1/3) */
            double factor = best.noise > 0 ? cbrt(other / best.noise) : 64;
            factor = pow(RUNG_RATIO, fmax(1, round(log(fmin(factor, 64)) / log(1 / RUNG_RATIO))));
            proposals[0] = low * factor;
            proposals[1] = low * factor * RUNG_RATIO;
        } else if (low / ladder->rung[bottom + 1].step > 2.5) {
            proposals[0] = RUNG_RATIO * low;
        }
    }
    for (unsigned i = 0; i < 2; i++)
        if (proposals[i] > 2 * ladder->unit && proposals[i] <= ladder->limit &&
            !has_step(ladder, proposals[i]))
            next[count++] = proposals[i];
    /* Else fill a gap that a jump has left: first the one above the window, against noise. */
    for (unsigned k = best.first; noisy && k <= bottom && count == 0; k++)
        if (k > 0 && ladder->rung[k - 1].step / ladder->rung[k].step > 2.5)
            next[count++] = ladder->rung[k].step / RUNG_RATIO;
    for (unsigned k = best.first; noisy && k-- > 1 && count == 0;)
        if (ladder->rung[k - 1].step / ladder->rung[k].step > 2.5)
            next[count++] = ladder->rung[k].step / RUNG_RATIO;
    for (unsigned k = best.first + 1; !noisy && k < ladder->rungs && count == 0; k++)
        if (ladder->rung[k - 1].step / ladder->rung[k].step > 2.5)
            next[count++] = RUNG_RATIO * ladder->rung[k - 1].step;
    /* Else beyond all steps, against noise: what the largest window showed may have been an
     * accident of it. */
    double beyond = ladder->rung[0].step * pow(RUNG_RATIO, -3);
    if (count == 0 && noisy && best.first > 0 && !ladder->narrow && beyond <= ladder->limit)
        next[count++] = beyond;
    /* Else the gap below: a window of its own, far above all others, may have bends that it can't
     * see. */
    if (count == 0 && bottom + 1 < ladder->rungs &&
        ladder->rung[bottom].step / ladder->rung[bottom + 1].step > 2.5)
        next[count++] = RUNG_RATIO * ladder->rung[bottom].step;
    /* Else the noise itself has drawn an unlucky number: draw again, between the steps in use. */
    for (unsigned k = best.first ? best.first : 1; k < ladder->rungs && count == 0; k++)
        if (ladder->rung[k - 1].step / ladder->rung[k].step > 1.6)
            next[count++] = sqrt(ladder->rung[k - 1].step * ladder->rung[k].step);
    return count;
}

int gp_goal_is_met(const gp_goal *goal, const gp_estimate *e) {
    return e->bound <= goal->rtol * fabs(e->derivative) + goal->atol;
}

gp_outcome gp_ladder_refine(gp_ladder *ladder, gp_line *line, double sigma, gp_goal goal,
                            unsigned evaluations, gp_estimate *estimate) {
    while (ladder->rungs > 0) {
        *estimate = gp_ladder_estimate(ladder, sigma);
        if (gp_goal_is_met(&goal, estimate))
            return GP_EVALUATED;
        double next[2] = {0, 0};
        unsigned count = propose(ladder, sigma, next);
        if (count == 0 || ladder->evaluations + 2 * count > evaluations ||
            ladder->rungs + count > GP_RUNGS)
            break;
        unsigned before = ladder->rungs;
        double steps[4] = {next[0], -next[0], next[1], -next[1]};
        if (gp_line_foresee(line, steps, 2 * count) == GP_FAULT)
            return GP_FAULT;
        for (unsigned i = 0; i < count; i++) {
            gp_outcome outcome = add_rung(ladder, line, next[i]);
            if (outcome == GP_FAULT)
                return outcome;
            if (outcome == GP_NOT_HERE)
                ladder->limit = fmin(ladder->limit, next[i] * 0.9);
            /* The first of two may do, where it leaves no more open than both would as a rule. */
            const gp_goal amply = {AMPLE * goal.rtol, AMPLE * goal.atol};
            *estimate = gp_ladder_estimate(ladder, sigma);
            if (!line->foresee && gp_goal_is_met(&amply, estimate))
                return GP_EVALUATED;
        }
        if (ladder->rungs == before && ladder->limit < ladder->rung[0].step)
            break;
    }
    if (ladder->rungs == 0)
        *estimate = gp_ladder_estimate(ladder, sigma);
    return GP_EVALUATED;
}

/* ---- kinks ----------------------------------------------------------------------- */

gp_outcome gp_sharpen_kink(gp_line *line, double sigma, gp_estimate *e, unsigned *evaluations) {
    gp_ladder ladder;
    gp_slopes s[GP_RUNGS];
    gp_window right, left;
    gp_outcome outcome = gp_ladder_start(&ladder, line, 1 / RUNG_RATIO);
    double step = outcome == GP_EVALUATED ? ladder.rung[0].step / RUNG_RATIO : INFINITY;
    while (step <= ladder.limit && ladder.rungs < GP_KINK_RUNGS && outcome == GP_EVALUATED) {
        outcome = add_rung(&ladder, line, step);
        step /= RUNG_RATIO;
    }
    if (outcome == GP_FAULT)
        return outcome;
    *evaluations += ladder.evaluations;
    for (unsigned k = 0; k < ladder.rungs; k++)
        s[k] = slopes_of(&ladder, k);
    if (best_of_side(&ladder, s, sigma, 1, &right) || best_of_side(&ladder, s, sigma, 2, &left))
        return GP_EVALUATED;
    double bound = fmax(right.bound, left.bound);
    if (bound < e->kink_bound && fabs(right.derivative - e->right) <= bound + e->kink_bound &&
        fabs(left.derivative - e->left) <= bound + e->kink_bound) {
        e->right = right.derivative;
        e->left = left.derivative;
        e->kink_bound = bound;
    }
    return GP_EVALUATED;
}

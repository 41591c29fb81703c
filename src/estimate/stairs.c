/* See stairs.h. A jump is told from bends and kinks by ever smaller intervals around it: where f
 * stands still, by bisecting for the end of the tread; elsewhere, by dividing into uneven parts.
 * The change of a continuous function over an interval goes to 0 with its width, that over a jump
 * stays. */
#include "estimate/stairs.h"

#include <math.h>

#include "estimate/noise.h"

/* Differences count above so many standard deviations of noise. */
static const double SEEN = 8;
/* A change that is kept at this share of the last so often in a row, at widths below this share of
 * `near`, is that of a jump: the first count is of steps that halve the interval, the second of
 * those that take about a quarter of it. */
static const double KEPT = 0.75, NARROW = 1.0 / 16;
/* A distance of so many times what is seen can't have shrunk below it within one division. */
static const double LOST = 64;
enum { BISECTIONS_KEPT = 10, DIVISIONS_KEPT = 4, MOST = 80 };
/* Treads of eight significant bits (bfloat16) are 2^-8 of a length wide: an interval of this end,
 * half as wide, has several. Those of a sum that is kept so are wider where other terms are larger.
 */
static const double WIDE = 1.0 / 8, WIDEST = 1;
/* How far to look for the end of a tread on which f stands still, in length scales; where the value
 * is exactly 0, which tells nothing of the size of its terms; and the ratio of steps on the way. */
static const double REACH = 1024, REACH_FROM_ZERO = 0x1p40, SCAN_RATIO = 4;
/* Many stairs add up to no more than so many times the jump that was found. */
static const double MOST_SPREAD = 4;

typedef struct gp_search {
    gp_line *line;
    const gp_tread *tread;
    double seen;
    int still; /* as far as can be told f doesn't move at steps of near */
    unsigned *evaluations;
} gp_search;

typedef struct gp_spot {
    double t, r; /* a step, and f there less f(0) and what the slope makes of the step */
} gp_spot;

static gp_outcome look(const gp_search *s, double t, gp_spot *spot) {
    double step, value;
    gp_outcome outcome = gp_line_value(s->line, t, &step, &value);
    ++*s->evaluations;
    spot->t = t;
    spot->r = value - s->line->f0 - s->tread->slope * step;
    return outcome == GP_EVALUATED && !isfinite(spot->r) ? GP_NOT_HERE : outcome;
}

/* The height of the jump at the end of the tread on which a lies and b doesn't; 0: there f grows as
 * a continuous function does, whose residual halves with the interval. */
static gp_outcome bisect(const gp_search *s, gp_spot a, gp_spot b, double *height) {
    int kept = 0;
    *height = 0;
    for (int k = 0; k < MOST; k++) {
        double residual = fabs(b.r - a.r), width = fabs(b.t - a.t);
        if (residual <= s->seen / 2)
            return GP_EVALUATED;
        if (kept >= BISECTIONS_KEPT || width <= 2 * s->line->unit) {
            *height = kept > 0 ? residual : 0;
            return GP_EVALUATED;
        }
        gp_spot middle;
        gp_outcome outcome = look(s, a.t / 2 + b.t / 2, &middle);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
        if (fabs(middle.r) > s->seen)
            b = middle;
        else
            a = middle;
        kept =
            fabs(b.r - a.r) >= KEPT * residual && width <= NARROW * s->tread->near ? kept + 1 : 0;
    }
    return GP_EVALUATED;
}

/* Four parts of an interval, sorted by how far the change of f over each is from its share of the
 * whole. */
enum { PARTS = 4 };
typedef struct gp_parts {
    gp_spot from[PARTS], to[PARTS];
    double furthest[PARTS];
} gp_parts;

static gp_outcome divide(const gp_search *s, gp_spot a, gp_spot b, gp_parts *parts) {
    /* Uneven, or parts with as many jumps each would look like a slope. */
    static const double SHARE[PARTS + 1] = {0, 0.19, 0.45, 0.77, 1};
    gp_spot at[PARTS + 1] = {a, a, a, a, b};
    for (int i = 1; i < PARTS; i++) {
        gp_outcome outcome = look(s, a.t + (b.t - a.t) * SHARE[i], &at[i]);
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    for (int i = 0; i < PARTS; i++) {
        /* of a single jump the distance is what the other parts have no share in */
        double share = SHARE[i + 1] - SHARE[i];
        double jump = fabs(at[i + 1].r - at[i].r - share * (b.r - a.r)) / (1 - share);
        int k = i;
        for (; k > 0 && parts->furthest[k - 1] < jump; k--) {
            parts->furthest[k] = parts->furthest[k - 1];
            parts->from[k] = parts->from[k - 1];
            parts->to[k] = parts->to[k - 1];
        }
        parts->furthest[k] = jump;
        parts->from[k] = at[i];
        parts->to[k] = at[i + 1];
    }
    return GP_EVALUATED;
}

/* The height of a jump between a and b; 0: none was found. It goes on in the part that is furthest
 * from its share, whatever f's slope is there: over a bend that distance goes with the square of
 * the width, over a kink with the width, over a jump it stays. Beside several jumps a part without
 * any may be the furthest: it turns out smooth, and the next one is looked into. */
static gp_outcome search(const gp_search *s, gp_spot a, gp_spot b, double *height) {
    gp_parts parts, above;
    double last = INFINITY;
    int kept = 0, next = PARTS;
    *height = 0;
    for (int k = 0; k < MOST; k++) {
        double width = fabs(b.t - a.t);
        gp_outcome outcome = divide(s, a, b, &parts);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
        if (parts.furthest[0] <= s->seen) {
            if (next >= PARTS || above.furthest[0] <= LOST * s->seen)
                return GP_EVALUATED;
            a = above.from[next];
            b = above.to[next++];
            continue;
        }
        kept = parts.furthest[0] >= KEPT * last && width <= NARROW * s->tread->near ? kept + 1 : 0;
        if (kept >= DIVISIONS_KEPT || width <= 8 * s->line->unit) {
            *height = kept > 0 ? parts.furthest[0] : 0;
            return GP_EVALUATED;
        }
        last = parts.furthest[0];
        above = parts;
        a = parts.from[0];
        b = parts.to[0];
        next = 1;
    }
    return GP_EVALUATED;
}

/* The end of the tread on which f stands still, the nearer one of both sides: between a and b.
 * GP_NOT_HERE: f doesn't move. */
static gp_outcome find_end(const gp_search *s, gp_spot *a, gp_spot *b) {
    double scale = gp_line_reach(s->line);
    double reach = (s->line->f0 == 0 ? REACH_FROM_ZERO : REACH) * scale;
    gp_outcome found = GP_NOT_HERE;
    for (int side = 1; side >= -1; side -= 2) {
        gp_spot before = {0, 0}, here;
        for (double t = SCAN_RATIO * s->tread->near; t <= reach; t *= SCAN_RATIO) {
            gp_outcome outcome = look(s, side * t, &here);
            if (outcome == GP_FAULT)
                return outcome;
            if (outcome != GP_EVALUATED)
                break;
            if (fabs(here.r) > s->seen) {
                *a = before;
                *b = here;
                reach = t / SCAN_RATIO; /* is there a nearer one on the other side? */
                found = GP_EVALUATED;
                break;
            }
            before = here;
        }
    }
    return found;
}

static double size_at(const gp_search *s, const gp_spot *spot) {
    return fabs(spot->r + s->line->f0 + s->tread->slope * spot->t);
}

/* The height of a jump in [end / 2, end], on the other side where f has no values there. */
static gp_outcome search_interval(const gp_search *s, double end, double *height) {
    for (int side = 1; side >= -1; side -= 2) {
        gp_spot a, b;
        gp_outcome outcome = look(s, side * end / 2, &a);
        if (outcome == GP_EVALUATED)
            outcome = look(s, side * end, &b);
        if (outcome == GP_EVALUATED) { /* larger values are rounded more coarsely */
            gp_search there = *s;
            double size = fmax(size_at(s, &a), size_at(s, &b));
            there.seen = fmax(s->seen, SEEN * size * s->line->epsilon);
            return search(&there, a, b, height);
        }
        if (outcome == GP_FAULT)
            return outcome;
    }
    return GP_EVALUATED;
}

gp_outcome gp_find_stairs(gp_line *line, const gp_tread *tread, double *sigma,
                          unsigned *evaluations) {
    double seen = SEEN * tread->quiet;
    gp_search s = {line, tread, seen, fabs(tread->slope) * tread->near <= seen, evaluations};
    gp_outcome outcome = GP_EVALUATED;
    double height = 0, at = tread->far;
    *sigma = 0;
    if (s.still) {
        gp_spot a, b;
        outcome = find_end(&s, &a, &b);
        if (outcome == GP_NOT_HERE && line->f0 == 0)
            *sigma = line->epsilon / sqrt(12);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
        at = fabs(b.t);
        outcome = bisect(&s, a, b, &height);
    } else {
        double length = gp_line_reach(line);
        const double ends[] = {tread->far, WIDE * length, WIDEST * length};
        for (size_t k = 0; k < sizeof ends / sizeof *ends && height == 0; k++)
            if (k == 0 || at < ends[k]) {
                outcome = search_interval(&s, at = ends[k], &height);
                if (outcome == GP_FAULT)
                    return outcome;
            }
    }
    if (outcome == GP_FAULT || height == 0)
        return outcome;
    /* Other intermediates may have stairs of their own: what they add up to shows in values that
     * lie treads apart, unless the function bends as much there. */
    double spread = 0;
    if (gp_noise_at_steps(line, at / 2, &spread) == GP_FAULT)
        return GP_FAULT;
    *evaluations += GP_NOISE_POINTS;
    /* Not height / sqrt(12): errors of steps within a few treads aren't independent. */
    *sigma = fmax(height / 2, fmin(spread, MOST_SPREAD * height));
    return GP_EVALUATED;
}

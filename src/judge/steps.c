/* See steps.h. What the estimate refutes is looked at nearby, again at other steps, from further
 * away, and for stairs, each of which may take the refutation back; what it leaves open is tried
 * once more with stairs, then a ripple, taken for noise, and last with many values. */
#include "judge/steps.h"

#include <float.h>
#include <math.h>

#include "estimate/fit.h"

/* A look from nearby: the smallest steps at which noise hides no more than this share of what is
 * wrong. */
static const double NEAR_NOISE = 0.05;
/* A far look that finds an entry wrong by so many times what it leaves open leaves no doubt, unless
 * it lies on one tread. */
static const double CLEAR_MARGIN = 100;

/* The value at x stands apart where it is this many times as far from others as they are from each
 * other. */
static const double APART = 3;

/* Rounding may be so large a share of what is wrong where several quotients must agree. */
static const double ROUNDED = 0.4;

static gp_entry_status judge(const gp_decision *d, const gp_estimate *e) {
    return gp_judge(d->a, e, d->tolerance);
}

/* gp_refine, as sharp as is asked for here. */
static gp_outcome refine(const gp_decision *d, gp_ladder *ladder, double sigma, gp_estimate *e) {
    return d->enough > 0 ? gp_refine_until(ladder, d->line, sigma, d->enough, e)
                         : gp_refine(ladder, d->line, sigma, d->tolerance, e);
}

/* A ladder of its own, counted. */
static gp_outcome estimate_anew(gp_decision *d, double shift, double sigma, gp_ladder *ladder,
                                gp_estimate *e) {
    if (gp_ladder_start(ladder, d->line, shift) == GP_FAULT ||
        refine(d, ladder, sigma, e) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += ladder->evaluations;
    return GP_EVALUATED;
}

/* The hull of two intervals, about the derivative of e. */
static void join(const gp_estimate *one, const gp_estimate *other, gp_estimate *e) {
    e->low = fmin(one->derivative - one->bound, other->derivative - other->bound);
    e->high = fmax(one->derivative + one->bound, other->derivative + other->bound);
    *e = gp_estimate_widened(e);
}

/* ---- the estimate ------------------------------------------------------------------ */

/* On a line that looks rough, of a function with stairs, treads far narrower than the steps in use
 * are noise, and differences of high order say how much. */
static gp_outcome measure_stairs(gp_decision *d, const gp_ladder *ladder) {
    double sigma = 0;
    if (!d->noise.stairs || !(gp_ladder_roughness(ladder) > GP_ROUGH * d->noise.quiet))
        return GP_EVALUATED;
    if (gp_noise_at_steps(d->line, gp_first_step(d->line), &sigma) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += GP_NOISE_POINTS;
    if (sigma > GP_ROUGH * d->noise.sigma) {
        d->noise.sigma = sigma;
        d->in_stairs = 1;
    }
    return GP_EVALUATED;
}

static gp_outcome take_ladder(gp_decision *d, gp_estimate *e) {
    if (measure_stairs(d, d->ladder) == GP_FAULT)
        return GP_FAULT;
    if (d->in_stairs) { /* which take larger steps */
        d->evaluations += d->ladder->evaluations;
        if (gp_ladder_start(&d->room, d->line, GP_FAR_SHIFT) == GP_FAULT)
            return GP_FAULT;
        d->ladder = &d->room;
    }
    if (refine(d, d->ladder, d->noise.sigma, e) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += d->ladder->evaluations;
    e->bound += d->tolerance->smallest;
    return GP_EVALUATED;
}

static int is_complex(const gp_decision *d) {
    return d->line->complex_value && d->enough == 0;
}

/* The complex step: Im f(x + i h) / h = f' + O(h^2) without cancellation, for h as small as one
 * likes. It counts where differences agree; a value that isn't analytic gives something else. Its
 * error is that of rounding, in the derivative and in what f does on the way. */
static gp_outcome take_complex_step(gp_decision *decision, gp_estimate *e) {
    const gp_line *line = decision->line;
    const double h = 1e-40 * line->scale, rounding = 8 * DBL_EPSILON;
    double re, im;
    gp_outcome outcome = line->complex_value(line->context, h, &re, &im);
    if (outcome != GP_EVALUATED)
        return outcome == GP_FAULT ? outcome : GP_EVALUATED;
    decision->evaluations++;
    double d = im / h, bound = rounding * (fabs(d) + fabs(line->f0) / line->scale);
    if (fabs(re - line->f0) <= 1e-10 * fabs(line->f0) && isfinite(d) && !e->kink &&
        fabs(d - e->derivative) <= e->bound + bound && bound < e->bound) {
        e->derivative = e->left = e->right = d;
        e->bound = bound;
        e->low = d - bound;
        e->high = d + bound;
        e->limit = GP_LIMIT_NOISE;
    }
    return GP_EVALUATED;
}

/* ---- what is refuted: by steps like these ------------------------------------------ */

/* A function that oscillates within the smallest step so far has difference quotients of its own
 * there, smooth and wrong together (aliasing). The derivative shows at the smallest step at which
 * noise lets |a - d| be seen: N = GP_NOISE_FACTOR quiet / (sqrt 2 h), quiet since kinks side by
 * side look like noise from afar. Where the estimate of that place contradicts the present one, it
 * takes its place. */
static gp_outcome look_nearby(gp_decision *d, gp_estimate *e) {
    gp_ladder near;
    double smallest = d->ladder->rung[d->ladder->rungs - 1].step, quiet = d->noise.quiet;
    double visible = GP_NOISE_FACTOR * quiet / (sqrt(2) * NEAR_NOISE * fabs(d->a - e->derivative));
    d->looks[0] = *d->ladder;
    double step = fmax(64 * d->line->unit, visible);
    if (!(step < smallest / 4))
        return GP_EVALUATED;
    if (gp_ladder_start(&near, d->line, step / gp_first_step(d->line)) == GP_FAULT)
        return GP_FAULT;
    gp_estimate here = gp_ladder_estimate(&near, quiet);
    /* Where the value doesn't move at all, the steps are too small to see anything. */
    if (!gp_ladder_is_still(&near) && isfinite(here.bound) &&
        fabs(here.derivative - e->derivative) > here.bound + e->bound) {
        if (refine(d, &near, quiet, e) == GP_FAULT)
            return GP_FAULT;
        d->shift = step / gp_first_step(d->line);
        d->looks[0].rungs = 0;
    }
    d->evaluations += near.evaluations;
    return GP_EVALUATED;
}

static gp_outcome ask_other_windows(gp_decision *d, gp_estimate *e) {
    d->first = *e;
    if (!e->kink)
        *e = gp_estimate_widened(e);
    return GP_EVALUATED;
}

/* A second ladder: only what both exclude is refuted. Else the estimate becomes the interval that
 * they leave open. */
static gp_outcome take_second_ladder(gp_decision *d, gp_estimate *e) {
    gp_estimate *second = &d->second;
    if (estimate_anew(d, GP_SECOND_SHIFT * d->shift, d->noise.sigma, &d->looks[1], second) ==
        GP_FAULT)
        return GP_FAULT;
    if (!isfinite(second->bound)) {
        *e = *second;
        return GP_EVALUATED;
    }
    /* The same two slopes at other steps, and a outside of both. */
    d->is_clear = e->kink && second->kink && judge(d, second) == GP_ENTRY_REFUTED;
    if (d->is_clear)
        return GP_EVALUATED;
    if (e->kink)
        *e = gp_estimate_widened(e);
    *second = gp_estimate_widened(second);
    if (judge(d, e) == GP_ENTRY_REFUTED && judge(d, second) == GP_ENTRY_REFUTED)
        return GP_EVALUATED;
    gp_estimate here = *e;
    *e = *second;
    join(&here, second, e);
    return GP_EVALUATED;
}

/* ---- what is refuted: by other steps ------------------------------------------------ */

/* Has f much the same slope over half a length, far beyond any tread, compared with what a is off
 * by? */
static gp_outcome slope_holds(gp_decision *d, double slope, int *holds) {
    double length = gp_line_reach(d->line), plus, minus, above, below;
    gp_outcome outcome = gp_line_value(d->line, length / 2, &plus, &above);
    *holds = 0;
    if (outcome == GP_EVALUATED)
        outcome = gp_line_value(d->line, -length / 2, &minus, &below);
    if (outcome != GP_EVALUATED)
        return outcome == GP_FAULT ? outcome : GP_EVALUATED;
    d->evaluations += 2;
    *holds = fabs((above - below) / (plus - minus) - slope) < fabs(d->a - slope) / 4;
    return GP_EVALUATED;
}

static int is_in_doubt(const gp_decision *d) {
    return !d->is_clear;
}

/* From further away. Where a is as wrong there by far, nothing about it is in doubt. */
static gp_outcome look_from_afar(gp_decision *d, gp_estimate *e) {
    double pilot = d->line->step_factor > 0 ? fmin(d->line->step_factor, 1) : 1;
    gp_ladder ladder;
    if (gp_ladder_start(&ladder, d->line, GP_FAR_SHIFT * fmax(d->shift, 1) / pilot) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += ladder.evaluations;
    d->far = gp_ladder_estimate(&ladder, d->noise.sigma);
    double open = gp_tau(d->tolerance, d->a, d->far.derivative, d->far.bound) + d->far.bound;
    if (isfinite(d->far.bound) && !gp_ladder_is_still(&ladder) &&
        fabs(d->a - d->far.derivative) > CLEAR_MARGIN * open &&
        slope_holds(d, d->far.derivative, &d->is_clear) == GP_FAULT)
        return GP_FAULT;
    d->nearby = d->estimate;
    if (d->second.bound < e->bound)
        *e = d->second;
    return GP_EVALUATED;
}

/* Looks for stairs where at steps of `near` the line has the slope of `e`. Where they are coarser
 * than the noise in use they become that noise, and *estimate is one by steps that are large enough
 * for it. */
static gp_outcome allow_for_stairs(gp_decision *d, const gp_estimate *e, double near,
                                   gp_estimate *estimate) {
    double sigma = 0;
    if (gp_look_for_stairs(d->line, e, near, d->noise.quiet, &sigma, &d->evaluations) == GP_FAULT)
        return GP_FAULT;
    if (!(sigma > d->noise.sigma))
        return GP_EVALUATED;
    d->noise.sigma = sigma;
    d->noise.loud = fmax(d->noise.loud, sigma);
    d->in_stairs = 1;
    gp_ladder ladder;
    return estimate_anew(d, GP_FAR_SHIFT, sigma, &ladder, estimate);
}

/* Does f change in stairs, and is the near estimate the slope of a tread? */
static gp_outcome ask_for_stairs(gp_decision *d, gp_estimate *e) {
    gp_estimate by_stairs = {.bound = INFINITY};
    if (allow_for_stairs(d, e, fmin(d->nearby.step, d->second.step) / 2, &by_stairs) == GP_FAULT)
        return GP_FAULT;
    if (d->in_stairs)
        *e = by_stairs;
    return GP_EVALUATED;
}

static int may_be_too_near(const gp_decision *d) {
    const gp_estimate *far = &d->far, *near = &d->estimate;
    return !d->is_clear && !d->in_stairs && isfinite(far->bound) &&
           judge(d, far) != GP_ENTRY_REFUTED &&
           fabs(far->derivative - near->derivative) > far->bound + near->bound;
}

/* The gradient looks right from afar, and the near estimate wrong: both are left open. */
static gp_outcome trust_larger_steps(gp_decision *d, gp_estimate *e) {
    *e = d->far;
    join(&d->nearby, &d->far, e);
    return GP_EVALUATED;
}

/* The even and the odd part of f over two rungs, the largest and smallest so far, and how many
 * rungs had values on both sides. */
typedef struct gp_parts_seen {
    double even[2], odd[2], nearest;
    unsigned rungs;
} gp_parts_seen;

static void see_parts(const gp_ladder *ladder, gp_parts_seen *seen) {
    for (unsigned k = 0; k < ladder->rungs; k++) {
        const gp_rung *r = &ladder->rung[k];
        double even = r->f_plus / 2 + r->f_minus / 2 - ladder->f0;
        double odd = (r->f_plus - r->f_minus) / (r->plus - r->minus);
        if (!isfinite(even) || !isfinite(odd))
            continue;
        int first = seen->rungs++ == 0;
        seen->even[0] = first ? even : fmin(seen->even[0], even);
        seen->even[1] = first ? even : fmax(seen->even[1], even);
        seen->odd[0] = first ? odd : fmin(seen->odd[0], odd);
        seen->odd[1] = first ? odd : fmax(seen->odd[1], odd);
        seen->nearest = first ? r->plus : fmin(seen->nearest, r->plus);
    }
}

/* First looks at steps that are in use, and at others. Two rungs: there is one already. */
static gp_outcome look_twice(gp_decision *d) {
    double shift = d->estimate.step / gp_first_step(d->line);
    gp_ladder *looks = d->looks;
    for (int i = 0; i < 2; i++) {
        if (looks[i].rungs == 2)
            continue;
        if (gp_ladder_start(&looks[i], d->line, i ? GP_SECOND_SHIFT * shift : shift) == GP_FAULT)
            return GP_FAULT;
        d->evaluations += looks[i].evaluations;
    }
    return GP_EVALUATED;
}

/* Is the value at x apart from what the values at the steps in use lead to expect there, by far
 * more than they differ from each other? Then a pole or a logarithm's singularity lies between x
 * and the steps. Of noise, which x has no more of than other places, this can't come, nor of bends.
 */
static int stands_apart(const gp_decision *d) {
    gp_parts_seen seen = {.rungs = 0};
    double rounding = 0;
    for (int i = 0; i < 2; i++) {
        see_parts(&d->looks[i], &seen);
        rounding = fmax(rounding, gp_ladder_largest(&d->looks[i]));
    }
    if (seen.rungs < 4)
        return 0;
    rounding *= d->line->epsilon;
    double offset = fmin(fabs(seen.even[0]), fabs(seen.even[1]));
    double spread =
        seen.even[1] - seen.even[0] + (seen.odd[1] - seen.odd[0]) * seen.nearest + rounding;
    return seen.even[0] * seen.even[1] > 0 && offset > APART * spread;
}

/* What quotients show at the smallest steps at which `rounding` of the values lets a - d be seen.
 */
typedef struct gp_nearest {
    double step;
    int speak; /* they are those of a rather than of d: in white noise by accident only */
    int still; /* f is f(x) at all of them */
} gp_nearest;

static gp_outcome look_at_nearest(gp_decision *d, double rounding, gp_nearest *seen) {
    static const double SHARE[] = {1, -1, 0.5, -0.5};
    gp_line *line = d->line;
    double off = fabs(d->a - d->estimate.derivative);
    double near = fmax(4 * line->unit, rounding / (ROUNDED * off));
    int visible = near < d->estimate.step / 4;
    *seen = (gp_nearest){.step = near, .speak = visible, .still = visible};
    for (size_t k = 0; k < sizeof SHARE / sizeof *SHARE && seen->speak; k++) {
        double step, value;
        gp_outcome outcome = gp_line_value(line, SHARE[k] * near, &step, &value);
        if (outcome == GP_FAULT)
            return GP_FAULT;
        d->evaluations++;
        seen->still &= outcome == GP_EVALUATED && value == line->f0;
        seen->speak = outcome == GP_EVALUATED && fabs((value - line->f0) / step - d->a) < off / 2;
    }
    return GP_EVALUATED;
}

/* Do values at the smallest steps speak for a? Where f stands still there, that is so of a function
 * that is clipped, and of a value that is rounded more coarsely than its size says: a tread, which
 * a jump ends, speaks for nothing. Then the question is asked at steps at which that jump lets a -
 * d be seen. */
static gp_outcome speaks_for_a(gp_decision *d, int *speaks) {
    const gp_estimate flat = {.derivative = 0};
    double rounding = d->line->epsilon * fabs(d->line->f0), sigma = 0;
    gp_nearest seen;
    if (look_at_nearest(d, rounding, &seen) == GP_FAULT)
        return GP_FAULT;
    if (seen.speak && seen.still &&
        gp_look_for_stairs(d->line, &flat, seen.step, 0, &sigma, &d->evaluations) == GP_FAULT)
        return GP_FAULT;
    if (2 * sigma > rounding && look_at_nearest(d, 2 * sigma, &seen) == GP_FAULT)
        return GP_FAULT;
    *speaks = seen.speak;
    return GP_EVALUATED;
}

/* Steps may all be too large: beside a singularity that is nearer than they are, everything that
 * they show is smooth, consistent and of no concern to the derivative at x. */
static gp_outcome look_closest(gp_decision *d, gp_estimate *e) {
    int speaks = 0;
    if (look_twice(d) == GP_FAULT)
        return GP_FAULT;
    int apart = stands_apart(d);
    if (!apart && speaks_for_a(d, &speaks) == GP_FAULT)
        return GP_FAULT;
    if (!apart && !speaks)
        return GP_EVALUATED;
    e->low = fmin(d->a, e->derivative - e->bound);
    e->high = fmax(d->a, e->derivative + e->bound);
    *e = gp_estimate_widened(e);
    e->limit = GP_LIMIT_TRUNCATION;
    return GP_EVALUATED;
}

static int was_sharper(const gp_decision *d) {
    return !d->in_stairs && d->first.bound < d->estimate.bound;
}

/* Confirmed: the sharper of the two intervals is the one to show. */
static gp_outcome show_first(gp_decision *d, gp_estimate *e) {
    *e = d->first;
    return GP_EVALUATED;
}

/* ---- what is open ------------------------------------------------------------------- */

/* Does the line have so many more evaluations? */
static int can_spend(const gp_decision *d, unsigned evaluations) {
    unsigned most = d->line->limited ? GP_FIT_EVALUATIONS : GP_MOST_EVALUATIONS;
    return d->evaluations + evaluations <= most;
}

static int is_kink(const gp_decision *d) {
    return d->estimate.kink && can_spend(d, 2 * GP_KINK_RUNGS);
}

/* A kink whose slopes are known too coarsely: from further away they may prove a. */
static gp_outcome sharpen_kink(gp_decision *d, gp_estimate *e) {
    return gp_sharpen_kink(d->line, d->noise.sigma, e, &d->evaluations);
}

/* Values that are float32 numbers are in stairs that the noise already knows. */
static int may_have_stairs(const gp_decision *d) {
    return !d->in_stairs && d->estimate.limit != GP_LIMIT_NOISE && isfinite(d->estimate.bound) &&
           d->ladder->rungs > 0 && !gp_line_is_narrow(d->line);
}

static gp_outcome take_stairs_for_noise(gp_decision *d, gp_estimate *e) {
    gp_estimate by_stairs = {.bound = INFINITY};
    double near = d->ladder->rung[d->ladder->rungs - 1].step;
    gp_outcome outcome = allow_for_stairs(d, e, near, &by_stairs);
    *e = by_stairs; /* what is open may be so since it was doubted: it proves nothing twice */
    return outcome;
}

static int may_have_ripple(const gp_decision *d) {
    return d->noise.loud > 4 * d->noise.sigma && can_spend(d, GP_FINEST_EVALUATIONS);
}

/* A ripple that fades at tiny steps (a solver's, a table's, fast and far below the value) is no
 * part of what the gradient means. Taken for noise it widens the bound; a that is proven within it
 * is proven. The first ladder spent its evaluations at steps that are too small for this. */
static gp_outcome take_ripple_for_noise(gp_decision *d, gp_estimate *e) {
    d->noise.sigma = d->noise.loud;
    d->ladder = &d->room;
    return estimate_anew(d, 1, d->noise.sigma, d->ladder, e);
}

static int may_take_many(const gp_decision *d) {
    return d->line->limited && can_spend(d, 1);
}

static gp_outcome take_many_values(gp_decision *d, gp_estimate *e) {
    const gp_tolerance *t = d->tolerance;
    gp_goal goal = {GP_FIT_SHARE * t->rtol, GP_FIT_SHARE * t->atol};
    return gp_fit(d->line, d->ladder, d->noise.sigma, goal, GP_FIT_EVALUATIONS, e, &d->evaluations);
}

/* ---- the course --------------------------------------------------------------------- */

enum {
    REFUTED = 1 << GP_ENTRY_REFUTED,
    VERIFIED = 1 << GP_ENTRY_VERIFIED,
    KINK = 1 << GP_ENTRY_KINK,
    ANY = REFUTED | VERIFIED | KINK | 1 << GP_ENTRY_UNEXERCISED,
    /* A wider interval must not turn a doubt into a proof. That nothing has exercised an entry
     * isn't one. */
    DOUBT = REFUTED | 1 << GP_ENTRY_UNEXERCISED
};

/* clang-format off */
const gp_step gp_steps[] = {
    {"ladder",          GP_STEP_ESTIMATE, NULL,            take_ladder,           ANY,      ANY,      "0001, 0041"},
    {"complex step",    GP_STEP_ESTIMATE, is_complex,      take_complex_step,     ANY,      ANY,      "0052"},
    {"nearby",          GP_STEP_DOUBT,    NULL,            look_nearby,           ANY,      ANY,      "0010"},
    {"other windows",   GP_STEP_DOUBT,    NULL,            ask_other_windows,     DOUBT,    ANY,      "0002"},
    {"second ladder",   GP_STEP_DOUBT,    NULL,            take_second_ladder,    DOUBT,    ANY,      "0002"},
    {"from afar",       GP_STEP_FAR,      is_in_doubt,     look_from_afar,        DOUBT,    ANY,      "0041"},
    {"stairs",          GP_STEP_FAR,      is_in_doubt,     ask_for_stairs,        DOUBT,    ANY,      "0041"},
    {"larger steps",    GP_STEP_FAR,      may_be_too_near, trust_larger_steps,    DOUBT,    ANY,      "0002"},
    {"closest",         GP_STEP_FAR,      NULL,            look_closest,          DOUBT,    ANY,      "0045"},
    {"first estimate",  GP_STEP_FAR,      was_sharper,     show_first,            REFUTED,  REFUTED,  "0002"},
    {"kink's slopes",   GP_STEP_OPEN,     is_kink,         sharpen_kink,          KINK,     KINK,     "0052"},
    {"stairs as noise", GP_STEP_OPEN,     may_have_stairs, take_stairs_for_noise, VERIFIED, VERIFIED, "0041"},
    {"ripple as noise", GP_STEP_OPEN,     may_have_ripple, take_ripple_for_noise, VERIFIED, VERIFIED, "0015"},
    {"many values",     GP_STEP_OPEN,     may_take_many,   take_many_values,      VERIFIED, VERIFIED, "0015"},
};
/* clang-format on */
const size_t gp_step_count = sizeof gp_steps / sizeof *gp_steps;

/* Is it the turn of a step of this part? Whether a is a number is for the ladder to say. */
static int is_turn(const gp_step *step, const gp_decision *d) {
    static const gp_entry_status AT[] = {[GP_STEP_DOUBT] = GP_ENTRY_REFUTED,
                                         [GP_STEP_FAR] = GP_ENTRY_REFUTED,
                                         [GP_STEP_OPEN] = GP_ENTRY_UNRESOLVED};
    return (d->parts & step->part) &&
           (step->part == GP_STEP_ESTIMATE || AT[step->part] == d->status) &&
           (!step->applies || step->applies(d));
}

gp_outcome gp_step_take(const gp_step *step, gp_decision *d) {
    gp_estimate e = d->estimate;
    if (!is_turn(step, d))
        return GP_EVALUATED;
    if (step->take(d, &e) == GP_FAULT)
        return GP_FAULT;
    gp_entry_status status = judge(d, &e);
    int brought = (d->in_stairs ? step->brings_in_stairs : step->brings) >> status & 1;
    if (step->part == GP_STEP_OPEN && !brought)
        return GP_EVALUATED;
    d->estimate = e;
    d->status = brought ? status : GP_ENTRY_UNRESOLVED;
    return GP_EVALUATED;
}

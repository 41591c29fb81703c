/* See decide.h. The course: refine the ladder; what it refutes is looked at nearby, again at other
 * steps, from further away, and for stairs, each of which may take the refutation back; what it
 * leaves open is tried once more with stairs, then a ripple, taken for noise, and last with many
 * values. */
#include "judge/decide.h"

#include <float.h>
#include <math.h>

#include "estimate/fit.h"
#include "estimate/stairs.h"

/* How good an estimate should be, as a share of tau, and what that may cost: very good if it is
 * cheap, good enough if not. */
static const struct {
    double share;
    unsigned evaluations;
} EFFORT[] = {{GP_FINEST_SHARE, GP_FINEST_EVALUATIONS}, {1e-1, 28}, {1, 40}};

/* An entry may cost this many evaluations; with a budget, many more where noise leaves it open and
 * they promise an answer. */
static const unsigned MOST_EVALUATIONS = 60;
static const struct {
    double share;
    unsigned evaluations;
} FIT = {0.3, 2600};

/* A look from further away, where the stairs of a coarsely rounded function show, */
static const double FAR_SHIFT = 64;
/* and one from nearby: the smallest steps at which noise hides no more than this share of what is
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

/* One number in the course of its decision. */
typedef struct gp_decision {
    gp_line *line;
    gp_noise noise;
    const gp_tolerance *tolerance;
    double a;
    double enough; /* a bound that will do; 0: as the tolerance demands */
    gp_estimate estimate;
    gp_entry_status status;
    unsigned evaluations;
    int in_stairs; /* noise includes the stairs that were found on the line */
} gp_decision;

static gp_entry_status judge(const gp_decision *d, const gp_estimate *e) {
    return gp_judge(d->a, e, d->tolerance);
}

gp_outcome gp_refine(gp_ladder *ladder, gp_line *line, double sigma, const gp_tolerance *t,
                     gp_estimate *estimate) {
    for (size_t i = 0; i < sizeof EFFORT / sizeof *EFFORT; i++) {
        gp_goal goal = {EFFORT[i].share * t->rtol,
                        EFFORT[i].share * fmax(t->atol, t->rtol * t->zero_floor)};
        if (gp_ladder_refine(ladder, line, sigma, goal, EFFORT[i].evaluations, estimate) ==
            GP_FAULT)
            return GP_FAULT;
        if (gp_goal_is_met(&goal, estimate)) /* and so are the others, which ask for less */
            break;
    }
    return GP_EVALUATED;
}

/* gp_refine, as sharp as is asked for here. */
static gp_outcome refine(const gp_decision *d, gp_ladder *ladder, double sigma, gp_estimate *e) {
    gp_goal goal = {0, d->enough};
    if (d->enough == 0)
        return gp_refine(ladder, d->line, sigma, d->tolerance, e);
    return gp_ladder_refine(ladder, d->line, sigma, goal,
                            EFFORT[sizeof EFFORT / sizeof *EFFORT - 1].evaluations, e);
}

/* The complex step: Im f(x + i h) / h = f' + O(h^2) without cancellation, for h as small as one
 * likes. It counts where differences agree; a value that isn't analytic gives something else. Its
 * error is that of rounding, in the derivative and in what f does on the way. */
static gp_outcome take_complex_step(gp_decision *decision) {
    const gp_line *line = decision->line;
    gp_estimate *e = &decision->estimate;
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

/* A function that oscillates within the smallest step so far has difference quotients of its own
 * there, smooth and wrong together (aliasing). The derivative shows at the smallest step at which
 * noise lets |a - d| be seen: N = GP_NOISE_FACTOR quiet / (sqrt 2 h), quiet since kinks side by
 * side look like noise from afar. Where the estimate of that place contradicts the present one, it
 * takes its place, and *shift becomes that of its steps. */
static gp_outcome look_nearby(gp_decision *d, const gp_ladder *ladder, double *shift) {
    gp_ladder near;
    double smallest = ladder->rung[ladder->rungs - 1].step, quiet = d->noise.quiet;
    double visible =
        GP_NOISE_FACTOR * quiet / (sqrt(2) * NEAR_NOISE * fabs(d->a - d->estimate.derivative));
    double step = fmax(64 * d->line->unit, visible);
    if (!(step < smallest / 4))
        return GP_EVALUATED;
    if (gp_ladder_start(&near, d->line, step / gp_first_step(d->line)) == GP_FAULT)
        return GP_FAULT;
    gp_estimate here = gp_ladder_estimate(&near, quiet);
    /* Where the value doesn't move at all, the steps are too small to see anything. */
    if (!gp_ladder_is_still(&near) && isfinite(here.bound) &&
        fabs(here.derivative - d->estimate.derivative) > here.bound + d->estimate.bound) {
        if (refine(d, &near, quiet, &d->estimate) == GP_FAULT)
            return GP_FAULT;
        *shift = step / gp_first_step(d->line);
    }
    d->evaluations += near.evaluations;
    return GP_EVALUATED;
}

gp_outcome gp_look_for_stairs(gp_line *line, const gp_estimate *e, double near, double quiet,
                              double *sigma, unsigned *evaluations) {
    gp_tread tread = {.slope = e->derivative,
                      .near = near,
                      .far = FAR_SHIFT * gp_first_step(line),
                      .quiet = quiet};
    return gp_find_stairs(line, &tread, sigma, evaluations);
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
    if (gp_ladder_start(&ladder, d->line, FAR_SHIFT) == GP_FAULT ||
        refine(d, &ladder, sigma, estimate) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += ladder.evaluations;
    return GP_EVALUATED;
}

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

/* From further away: does the gradient look right there, and the near estimate wrong? Does f change
 * in stairs, and is a near estimate the slope of a tread? Then the refutation is taken back.
 * `second` is a near estimate by other steps, of which at least those above `near` were in use. */
static gp_outcome look_from_afar(gp_decision *d, const gp_estimate *second, double shift) {
    gp_estimate sharper = second->bound < d->estimate.bound ? *second : d->estimate, far;
    double pilot = d->line->step_factor > 0 ? fmin(d->line->step_factor, 1) : 1;
    gp_ladder ladder;
    if (gp_ladder_start(&ladder, d->line, FAR_SHIFT * fmax(shift, 1) / pilot) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += ladder.evaluations;
    far = gp_ladder_estimate(&ladder, d->noise.sigma);
    int known = isfinite(far.bound), still = gp_ladder_is_still(&ladder);
    double open = gp_tau(d->tolerance, d->a, far.derivative, far.bound) + far.bound;
    gp_estimate near = d->estimate;
    d->estimate = sharper;
    if (known && !still && fabs(d->a - far.derivative) > CLEAR_MARGIN * open) {
        int holds;
        if (slope_holds(d, far.derivative, &holds) == GP_FAULT)
            return GP_FAULT;
        if (holds)
            return GP_EVALUATED;
    }
    gp_estimate by_stairs = {.bound = INFINITY};
    if (allow_for_stairs(d, &sharper, fmin(near.step, second->step) / 2, &by_stairs) == GP_FAULT)
        return GP_FAULT;
    if (d->in_stairs) {
        d->estimate = by_stairs;
        return GP_EVALUATED;
    }
    if (known && judge(d, &far) != GP_ENTRY_REFUTED &&
        fabs(far.derivative - sharper.derivative) > far.bound + sharper.bound) {
        d->estimate = far;
        d->estimate.low = fmin(near.derivative - near.bound, far.derivative - far.bound);
        d->estimate.high = fmax(near.derivative + near.bound, far.derivative + far.bound);
        d->estimate = gp_estimate_widened(&d->estimate);
    }
    return GP_EVALUATED;
}

/* One estimate, of steps at `shift`, says refuted. Ask its other windows, then a second ladder,
 * then a look from afar: only what all of them exclude is refuted. Else the estimate becomes the
 * interval that they leave open. *again: the second ladder. */
static gp_outcome confirm(gp_decision *d, double shift, gp_ladder *again) {
    gp_estimate second;
    int kink = d->estimate.kink;
    if (!kink)
        d->estimate = gp_estimate_widened(&d->estimate);
    if (judge(d, &d->estimate) != GP_ENTRY_REFUTED)
        return GP_EVALUATED;
    if (gp_ladder_start(again, d->line, GP_SECOND_SHIFT * shift) == GP_FAULT ||
        refine(d, again, d->noise.sigma, &second) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += again->evaluations;
    if (!isfinite(second.bound)) {
        d->estimate = second;
        return GP_EVALUATED;
    }
    if (kink && second.kink && judge(d, &second) == GP_ENTRY_REFUTED)
        return GP_EVALUATED; /* the same two slopes at other steps, and a outside of both */
    if (kink)
        d->estimate = gp_estimate_widened(&d->estimate);
    second = gp_estimate_widened(&second);
    if (judge(d, &d->estimate) == GP_ENTRY_REFUTED && judge(d, &second) == GP_ENTRY_REFUTED)
        return look_from_afar(d, &second, shift);
    double low = fmin(d->estimate.derivative - d->estimate.bound, second.derivative - second.bound);
    double high =
        fmax(d->estimate.derivative + d->estimate.bound, second.derivative + second.bound);
    d->estimate = second;
    d->estimate.low = low;
    d->estimate.high = high;
    d->estimate = gp_estimate_widened(&d->estimate);
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
static gp_outcome look_twice(gp_decision *d, gp_ladder looks[2]) {
    double shift = d->estimate.step / gp_first_step(d->line);
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
static int stands_apart(const gp_decision *d, const gp_ladder looks[2]) {
    gp_parts_seen seen = {.rungs = 0};
    double rounding = 0;
    for (int i = 0; i < 2; i++) {
        see_parts(&looks[i], &seen);
        rounding = fmax(rounding, gp_ladder_largest(&looks[i]));
    }
    if (seen.rungs < 4)
        return 0;
    rounding *= d->line->epsilon;
    double offset = fmin(fabs(seen.even[0]), fabs(seen.even[1]));
    double spread =
        seen.even[1] - seen.even[0] + (seen.odd[1] - seen.odd[0]) * seen.nearest + rounding;
    return seen.even[0] * seen.even[1] > 0 && offset > APART * spread;
}

/* Are quotients at the smallest steps at which rounding alone lets a - d be seen those of a rather
 * than of d? White noise makes them so by accident only. */
static gp_outcome speaks_for_a(gp_decision *d, int *speaks) {
    static const double SHARE[] = {1, -1, 0.5, -0.5};
    gp_line *line = d->line;
    double rounding = line->epsilon * fabs(line->f0);
    double off = fabs(d->a - d->estimate.derivative);
    double near = fmax(4 * line->unit, rounding / (ROUNDED * off));
    *speaks = near < d->estimate.step / 4;
    for (size_t k = 0; k < sizeof SHARE / sizeof *SHARE && *speaks; k++) {
        double step, value;
        gp_outcome outcome = gp_line_value(line, SHARE[k] * near, &step, &value);
        if (outcome == GP_FAULT)
            return GP_FAULT;
        d->evaluations++;
        *speaks = outcome == GP_EVALUATED && fabs((value - line->f0) / step - d->a) < off / 2;
    }
    return GP_EVALUATED;
}

/* Steps may all be too large: beside a singularity that is nearer than they are, everything that
 * they show is smooth, consistent and of no concern to the derivative at x. */
static gp_outcome look_closest(gp_decision *d, const gp_ladder looks[2]) {
    int apart = stands_apart(d, looks), speaks = 0;
    if (!apart && speaks_for_a(d, &speaks) == GP_FAULT)
        return GP_FAULT;
    if (!apart && !speaks)
        return GP_EVALUATED;
    gp_estimate *e = &d->estimate;
    e->low = fmin(d->a, e->derivative - e->bound);
    e->high = fmax(d->a, e->derivative + e->bound);
    *e = gp_estimate_widened(e);
    e->limit = GP_LIMIT_TRUNCATION;
    return GP_EVALUATED;
}

/* shift: of the steps that the ladder began at. */
static gp_outcome settle_refuted(gp_decision *d, const gp_ladder *ladder, double shift) {
    double begun = shift;
    if (look_nearby(d, ladder, &shift) == GP_FAULT)
        return GP_FAULT;
    d->status = judge(d, &d->estimate);
    if (d->status != GP_ENTRY_REFUTED)
        return GP_EVALUATED;
    gp_estimate first = d->estimate;
    gp_ladder looks[2] = {{0}};
    if (shift == begun)
        looks[0] = *ladder;
    if (confirm(d, shift, &looks[1]) == GP_FAULT)
        return GP_FAULT;
    if (judge(d, &d->estimate) == GP_ENTRY_REFUTED &&
        (look_twice(d, looks) == GP_FAULT || look_closest(d, looks) == GP_FAULT))
        return GP_FAULT;
    d->status = judge(d, &d->estimate);
    if (d->status == GP_ENTRY_REFUTED && !d->in_stairs && first.bound < d->estimate.bound)
        d->estimate = first; /* confirmed: the sharper of the two intervals is the one to show */
    else if (d->status == GP_ENTRY_VERIFIED && !d->in_stairs)
        d->status = GP_ENTRY_UNRESOLVED; /* widening must not turn a doubt into a proof */
    return GP_EVALUATED;
}

/* Where the estimate proves a, it becomes the decision's. */
static int proves(gp_decision *d, const gp_estimate *e) {
    if (judge(d, e) != GP_ENTRY_VERIFIED)
        return 0;
    d->estimate = *e;
    d->status = GP_ENTRY_VERIFIED;
    return 1;
}

/* A kink whose slopes are known too coarsely: from further away they may prove a. */
static gp_outcome settle_kink(gp_decision *d) {
    gp_estimate sharper = d->estimate;
    if (gp_sharpen_kink(d->line, d->noise.sigma, &sharper, &d->evaluations) == GP_FAULT)
        return GP_FAULT;
    if (judge(d, &sharper) == GP_ENTRY_KINK) {
        d->estimate = sharper;
        d->status = GP_ENTRY_KINK;
    }
    return GP_EVALUATED;
}

/* What is unresolved: noise may have been taken for less than it is, or be averaged away. */
static gp_outcome settle_open(gp_decision *d, gp_ladder *ladder) {
    unsigned most = d->line->limited ? FIT.evaluations : MOST_EVALUATIONS;
    gp_estimate rough;
    gp_ladder again;
    if (d->estimate.kink && d->evaluations + 2 * GP_KINK_RUNGS <= most) {
        if (settle_kink(d) == GP_FAULT)
            return GP_FAULT;
        if (d->status == GP_ENTRY_KINK)
            return GP_EVALUATED;
    }
    /* Values that are float32 numbers are in stairs that the noise already knows. */
    if (!d->in_stairs && d->estimate.limit != GP_LIMIT_NOISE && isfinite(d->estimate.bound) &&
        ladder->rungs > 0 && !gp_line_is_narrow(d->line)) {
        double near = ladder->rung[ladder->rungs - 1].step;
        if (allow_for_stairs(d, &d->estimate, near, &rough) == GP_FAULT)
            return GP_FAULT;
        if (d->in_stairs && proves(d, &rough))
            return GP_EVALUATED;
    }
    /* A ripple that fades at tiny steps (a solver's, a table's, fast and far below the value) is no
     * part of what the gradient means. Taken for noise it widens the bound; a that is proven within
     * it is proven. The first ladder spent its evaluations at steps that are too small for this. */
    if (d->noise.loud > 4 * d->noise.sigma && d->evaluations + GP_FINEST_EVALUATIONS <= most) {
        d->noise.sigma = d->noise.loud;
        if (gp_ladder_start(&again, d->line, 1) == GP_FAULT ||
            refine(d, &again, d->noise.sigma, &rough) == GP_FAULT)
            return GP_FAULT;
        d->evaluations += again.evaluations;
        ladder = &again;
        if (proves(d, &rough))
            return GP_EVALUATED;
    }
    if (d->evaluations >= most || most == MOST_EVALUATIONS)
        return GP_EVALUATED;
    const gp_tolerance *t = d->tolerance;
    gp_goal goal = {FIT.share * t->rtol, FIT.share * t->atol};
    if (gp_fit(d->line, ladder, d->noise.sigma, goal, most, &rough, &d->evaluations) == GP_FAULT)
        return GP_FAULT;
    (void)proves(d, &rough);
    return GP_EVALUATED;
}

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

double gp_decision_cost(const gp_tolerance *t, double sigma, double length, double derivative) {
    double aim = FIT.share * (t->rtol * fabs(derivative) + t->atol);
    double cost = gp_fit_cost(sigma, length, aim);
    return cost <= FIT.evaluations ? cost : INFINITY;
}

/* The estimate that a is held against first. *ladder becomes `wide` where stairs take larger steps.
 */
static gp_outcome estimate(gp_decision *d, gp_ladder **ladder, gp_ladder *wide) {
    if (measure_stairs(d, *ladder) == GP_FAULT)
        return GP_FAULT;
    if (d->in_stairs) {
        d->evaluations += (*ladder)->evaluations;
        if (gp_ladder_start(wide, d->line, FAR_SHIFT) == GP_FAULT)
            return GP_FAULT;
        *ladder = wide;
    }
    if (refine(d, *ladder, d->noise.sigma, &d->estimate) == GP_FAULT)
        return GP_FAULT;
    d->evaluations += (*ladder)->evaluations;
    d->estimate.bound += d->tolerance->smallest;
    return GP_EVALUATED;
}

gp_outcome gp_judge_line(gp_ladder *ladder, gp_line *line, gp_noise noise, const gp_tolerance *t,
                         double a, int readable, gp_entry *result) {
    gp_decision d = {.line = line, .noise = noise, .tolerance = t, .a = a};
    gp_ladder wide;
    if (estimate(&d, &ladder, &wide) == GP_FAULT)
        return GP_FAULT;
    if (line->complex_value && take_complex_step(&d) == GP_FAULT)
        return GP_FAULT;
    d.status = judge(&d, &d.estimate);
    int open = isfinite(a) && readable;
    if (d.status == GP_ENTRY_REFUTED && open && settle_refuted(&d, ladder, 1) == GP_FAULT)
        return GP_FAULT;
    if (d.status == GP_ENTRY_UNRESOLVED && open && settle_open(&d, ladder) == GP_FAULT)
        return GP_FAULT;
    const gp_estimate *e = &d.estimate;
    *result =
        (gp_entry){.status = d.status,
                   .analytic = a,
                   .numeric = e->derivative,
                   .bound = t->variation + (d.status == GP_ENTRY_KINK ? e->kink_bound : e->bound),
                   .floor = gp_floor_of(d.status, t),
                   .left = e->left,
                   .right = e->right,
                   .limit = d.status == GP_ENTRY_UNRESOLVED ? e->limit : GP_LIMIT_NONE,
                   .evaluations = d.evaluations};
    /* How an entry was written outranks what was written. */
    if (!readable)
        result->status = GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

gp_outcome gp_contest_line(gp_ladder *ladder, gp_line *line, double shift, gp_noise noise,
                           const gp_tolerance *t, double enough, double a, gp_estimate *result,
                           int *refuted) {
    gp_decision d = {.line = line, .noise = noise, .tolerance = t, .a = a, .enough = enough};
    gp_ladder wide;
    if (estimate(&d, &ladder, &wide) == GP_FAULT)
        return GP_FAULT;
    d.status = judge(&d, &d.estimate);
    if (d.status == GP_ENTRY_REFUTED && settle_refuted(&d, ladder, shift) == GP_FAULT)
        return GP_FAULT;
    *result = d.estimate;
    *refuted = d.status == GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

gp_outcome gp_stays_refuted(gp_line *line, const gp_ladder looks[2], const gp_estimate seen[2],
                            gp_noise noise, const gp_tolerance *t, double a, unsigned *evaluations,
                            int *stays) {
    gp_decision d = {.line = line, .noise = noise, .tolerance = t, .a = a, .estimate = seen[0]};
    if (look_from_afar(&d, &seen[1], 1) == GP_FAULT)
        return GP_FAULT;
    if (judge(&d, &d.estimate) == GP_ENTRY_REFUTED && look_closest(&d, looks) == GP_FAULT)
        return GP_FAULT;
    *evaluations += d.evaluations;
    *stays = judge(&d, &d.estimate) == GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

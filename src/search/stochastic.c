/* See stochastic.h. A trial is a comparison of a mean: along one entry of a small block, along one
 * of a few random directions of a large one. In each draw k it takes
 *
 *     z_k = g_k v - q_k,    E z = (E g) v - d/dt E f(x + t v) + truncation,
 *
 * q being a difference quotient extrapolated from three steps, H/2, H and 2 H (Richardson), so that
 * what the function's curvature does to it falls with H^6. Values of one draw share its seed, so
 * that noise which they have in common cancels; where there is no seed callback they don't, and H
 * has to be large. How large is told by a few draws that nothing else depends on. What truncation
 * is left is bounded by the mean change that the last extrapolation has made.
 *
 * The intervals of all trials hold together with the probability asked for: it is shared out
 * (Bonferroni) among trials and the looks at them. What they refute has to be refuted once more by
 * draws of its own. */
#include "search/stochastic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/draws.h"
#include "estimate/median.h"
#include "judge/ball.h"
#include "search/contract.h"
#include "system/text.h"

/* Blocks of at most so many entries are looked at entry by entry, larger ones along so many
 * directions; where means are first looked at, and then whenever their number has doubled; draws
 * from which steps are chosen, and H as powers of 2 times the length scale among which that is. */
enum { ENTRIES_EACH = 32, DIRECTIONS = 8, FIRST_LOOK = 64, PILOTS = 32 };
enum { LARGEST_STEP = 1, SMALLEST_STEP = -10, STEPS = LARGEST_STEP - SMALLEST_STEP + 1 };
/* Where a draw decides on which side of a threshold a parameter is, the value jumps: seldom within
 * small steps, and then by so much that a few draws see nothing and take it for certain. A jump is
 * what keeps this share of a difference while its interval is halved so many times; steps have to
 * meet jumps in so many of the pilots. */
static const double JUMP_SHARE = 0x1p-8, MET_CHANGE = 1e-3;
enum { JUMP_HALVINGS = 20, MET_AT_LEAST = 4 };
/* And where there are jumps, means are first looked at after so many draws: of 64, eight may have
 * met one, too few for what Student's interval takes for granted. */
enum { FIRST_LOOK_WITH_JUMPS = 256 };
/* What is refuted is refuted once more at this level, by as many draws as it took. */
static const double CONFIRMED = 0.005;
/* A smaller step is preferred if it costs no more than this factor of width: where noise is all
 * that there is to see, nothing tells that a step is too large. */
static const double AS_GOOD = 2, AS_GOOD_WITH_JUMPS = 1.1;
/* Rounding errors in a quotient, in units of the largest value's precision. */
static const double ROUNDINGS = 16;

typedef enum gp_trial_state {
    TRIAL_OPEN,
    TRIAL_TO_CONFIRM, /* refuted, by draws that are now repeated */
    TRIAL_REFUTED,
    TRIAL_VERIFIED,
    TRIAL_UNRESOLVED,
    TRIAL_NOT_HERE /* no step at which all values could be had */
} gp_trial_state;

typedef struct gp_trial {
    size_t block, entry; /* along this one; of a direction: the block's first */
    unsigned direction;  /* which; 0: an entry */
    double length, step; /* the length scale; H */
    gp_trial_state state;
    int jumps;
    size_t needed;               /* draws of the look that has refuted */
    double sign;                 /* of its mean */
    gp_moments off, slope, bend; /* z, g v, and what the last extrapolation has changed */
    double rounding;
} gp_trial;

typedef struct gp_draws {
    gp_check_state *check;
    gp_trial *trial;
    size_t trials, most; /* draws at most */
    double *g, *v;       /* n: of this draw; scratch for a direction */
    double *mean;        /* n: of the gradient so far */
    double *size;        /* one a block: of its largest derivative */
    double upper;        /* probability on either side, for one trial at one look */
    uint64_t part;       /* of the random numbers: 0 pilots, 1 what is reported */
} gp_draws;

static void begin_draw(gp_draws *d, size_t number) {
    const gp_check_state *c = d->check;
    c->evaluator->seed =
        gp_random_bits(c->options.seed, GP_STREAM_DRAW, d->part, number) >> 1; /* below 2^63 */
}

/* The components of a direction, times the length scales of its entries. */
static const double *components(const gp_draws *d, const gp_trial *t) {
    const gp_check_state *c = d->check;
    const gp_block *block = &c->function->block[t->block];
    gp_random_symmetric(c->options.seed, GP_STREAM_DIRECTION, t->direction, block->offset,
                        block->entries, d->v);
    for (size_t i = 0; i < block->entries; i++)
        d->v[i] *= gp_check_length(c, block->offset + i);
    return d->v;
}

/* f(x + t v). *step: what the machine has made of t. */
static gp_outcome value_at(gp_draws *d, const gp_trial *trial, double t, double *step,
                           double *value) {
    gp_evaluator *e = d->check->evaluator;
    const gp_block *block = &d->check->function->block[trial->block];
    gp_outcome outcome;
    if (trial->direction == 0) {
        *step = gp_evaluator_move(e, trial->entry, t);
        outcome = gp_evaluator_value(e, value);
        gp_evaluator_move(e, trial->entry, 0);
        return outcome;
    }
    double along = 0, square = 0;
    gp_evaluator_leave(e, 0, block->offset, block->offset + block->entries);
    gp_evaluator_shift(e, block->offset, block->entries, t, d->v, &along, &square);
    *step = square > 0 ? along / square : t;
    outcome = gp_evaluator_value_here(e, value);
    gp_evaluator_restore_base(e);
    return outcome;
}

/* A difference quotient from either side. */
static gp_outcome quotient(gp_draws *d, gp_trial *trial, double t, double *q) {
    double right, left, plus, minus;
    gp_outcome outcome = value_at(d, trial, t, &right, &plus);
    if (outcome == GP_EVALUATED)
        outcome = value_at(d, trial, -t, &left, &minus);
    if (outcome != GP_EVALUATED)
        return outcome;
    *q = (plus - minus) / (right - left);
    double epsilon = gp_dtype_epsilon(d->check->evaluator->x_dtype);
    double rounding = ROUNDINGS * epsilon * fmax(fabs(plus), fabs(minus)) / t;
    trial->rounding = fmax(trial->rounding, rounding);
    return isfinite(*q) ? outcome : GP_NOT_HERE;
}

/* From quotients at H/2, H and 2 H: the derivative, and by how much the last extrapolation has
 * changed it. */
static double extrapolate(const double q[3], double *bend) {
    double finer = (4 * q[0] - q[1]) / 3, coarser = (4 * q[1] - q[2]) / 3;
    *bend = (finer - coarser) / 15;
    return finer + *bend;
}

/* g v. */
static double slope_of(const gp_draws *d, const gp_trial *t) {
    const gp_block *block = &d->check->function->block[t->block];
    if (t->direction == 0)
        return d->g[t->entry];
    double sum = 0;
    for (size_t i = 0; i < block->entries; i++)
        sum += d->g[block->offset + i] * d->v[i];
    return sum;
}

/* ---- steps ------------------------------------------------------------------------- */

/* What a trial's interval would be with all draws, as far as the pilots can tell. */
static double width_of(const gp_draws *d, const gp_moments *off, const gp_moments *bend) {
    double count = (double)off->count, most = (double)d->most, t = gp_normal_quantile(d->upper);
    double error = sqrt(off->squares / count / most);
    double own = sqrt(bend->squares / count / count); /* of the mean bend itself */
    return t * error + fmax(fabs(bend->mean) - 2 * own, 0) + t * sqrt(bend->squares / count / most);
}

/* What the pilots of a trial tell, step by step, the largest first. */
typedef struct gp_pilots {
    gp_moments off[STEPS], bend[STEPS];
    unsigned char here[STEPS]; /* it could be had */
    unsigned char met[STEPS];  /* pilots in which the last extrapolation has changed much */
    int jumps;                 /* the value does, in a draw */
} gp_pilots;

/* Does the draw's value jump between the two largest steps that can be had, on either side or
 * between these? Follows the half with the larger difference. */
static gp_outcome find_jump(gp_draws *d, gp_trial *t, double reach, int *jumps) {
    double low = -reach, high = reach, step, left, right, middle;
    gp_outcome outcome = value_at(d, t, low, &step, &left);
    if (outcome == GP_EVALUATED)
        outcome = value_at(d, t, high, &step, &right);
    double first = outcome == GP_EVALUATED ? fabs(right - left) : 0, whole = first;
    for (int k = 0; k < JUMP_HALVINGS && outcome == GP_EVALUATED && whole > 0; k++) {
        outcome = value_at(d, t, (low + high) / 2, &step, &middle);
        if (outcome != GP_EVALUATED)
            break;
        int upper = fabs(right - middle) > fabs(middle - left);
        *(upper ? &low : &high) = (low + high) / 2;
        *(upper ? &left : &right) = middle;
        first = fmax(first, whole);
        whole = fabs(right - left);
    }
    *jumps |= outcome == GP_EVALUATED && whole > JUMP_SHARE * first;
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Quotients of one draw at all steps. */
static gp_outcome pilot_draw(gp_draws *d, gp_trial *t, gp_pilots *p) {
    double q[STEPS + 2], reach = 0;
    for (int k = 0; k < STEPS + 2; k++) {
        double step = ldexp(t->length, LARGEST_STEP + 1 - k);
        gp_outcome outcome = quotient(d, t, step, &q[k]);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED)
            reach = fmax(reach, step);
        for (int s = k - 2; s <= k && outcome != GP_EVALUATED; s++)
            if (s >= 0 && s < STEPS)
                p->here[s] = 0;
    }
    for (int s = 0; s < STEPS; s++) {
        double change;
        if (!p->here[s])
            continue;
        double slope = extrapolate((double[]){q[s + 2], q[s + 1], q[s]}, &change);
        gp_moments_add(&p->off[s], slope_of(d, t) - slope);
        gp_moments_add(&p->bend[s], change);
        p->met[s] += fabs(change) > MET_CHANGE * fabs(slope);
    }
    gp_outcome outcome = GP_EVALUATED;
    for (int k = 0; k < 3 && !p->jumps && reach > 0 && outcome == GP_EVALUATED; k++)
        outcome = find_jump(d, t, ldexp(reach, -2 * k), &p->jumps);
    return outcome;
}

/* Without jumps, no larger than the parameter's own size allows. */
static int is_usable(const gp_pilots *p, int s) {
    return p->here[s] && (p->jumps ? p->met[s] >= MET_AT_LEAST : LARGEST_STEP - s < 0);
}

static void choose_step(const gp_draws *d, gp_trial *t, const gp_pilots *p) {
    double best = INFINITY, factor = p->jumps ? AS_GOOD_WITH_JUMPS : AS_GOOD;
    t->state = memchr(p->here, 1, STEPS) ? TRIAL_UNRESOLVED : TRIAL_NOT_HERE;
    for (int s = 0; s < STEPS; s++)
        if (is_usable(p, s))
            best = fmin(best, width_of(d, &p->off[s], &p->bend[s]));
    for (int s = STEPS; s-- > 0 && t->state != TRIAL_OPEN;)
        if (is_usable(p, s) && width_of(d, &p->off[s], &p->bend[s]) <= factor * best) {
            t->step = ldexp(t->length, LARGEST_STEP - s);
            t->state = TRIAL_OPEN;
        }
    t->rounding = 0;
    t->jumps = p->jumps;
}

static gp_outcome choose_steps(gp_draws *d) {
    gp_pilots *p = calloc(d->trials, sizeof *p);
    gp_outcome outcome = p ? GP_EVALUATED : gp_evaluator_no_memory(d->check->evaluator);
    for (size_t k = 0; k < d->trials && p; k++)
        memset(p[k].here, 1, sizeof p[k].here);
    for (size_t draw = 0; draw < PILOTS && outcome == GP_EVALUATED; draw++) {
        begin_draw(d, draw);
        outcome = gp_evaluator_gradient(d->check->evaluator, GP_POISON_NAN, d->g, NULL, NULL);
        for (size_t k = 0; k < d->trials && outcome == GP_EVALUATED; k++) {
            gp_trial *t = &d->trial[k];
            if (t->direction)
                (void)components(d, t);
            outcome = pilot_draw(d, t, &p[k]);
        }
    }
    for (size_t k = 0; k < d->trials && outcome == GP_EVALUATED; k++)
        choose_step(d, &d->trial[k], &p[k]);
    free(p);
    return outcome;
}

/* ---- draws ------------------------------------------------------------------------- */

static int is_going_on(const gp_trial *t) {
    return t->state == TRIAL_OPEN || t->state == TRIAL_TO_CONFIRM;
}

static gp_outcome take(gp_draws *d, gp_trial *t) {
    double q[3], bend;
    if (t->direction)
        (void)components(d, t);
    for (int k = 0; k < 3; k++) {
        gp_outcome outcome = quotient(d, t, ldexp(t->step, k - 1), &q[k]);
        if (outcome == GP_NOT_HERE)
            t->state = TRIAL_NOT_HERE;
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? outcome : GP_EVALUATED;
    }
    double slope = slope_of(d, t), derivative = extrapolate(q, &bend);
    gp_moments_add(&t->off, slope - derivative);
    gp_moments_add(&t->slope, slope);
    gp_moments_add(&t->bend, bend);
    return GP_EVALUATED;
}

/* What the mean difference may be off the true one, but for a chance of `upper` on either side. */
static double bound_at(const gp_trial *t, double upper) {
    double bend = fabs(t->bend.mean) + gp_moments_half_width(&t->bend, upper);
    return gp_moments_half_width(&t->off, upper) + bend + t->rounding;
}

static double bound_of(const gp_draws *d, const gp_trial *t) {
    return bound_at(t, d->upper);
}

/* Of each block: the largest derivative seen, along its entries or its directions. */
static void measure_blocks(gp_draws *d) {
    memset(d->size, 0, d->check->function->blocks * sizeof *d->size);
    for (size_t k = 0; k < d->trials; k++) {
        const gp_trial *t = &d->trial[k];
        double here = fmax(fabs(t->slope.mean), fabs(t->slope.mean - t->off.mean));
        d->size[t->block] = fmax(d->size[t->block], here);
    }
}

static void begin_again(gp_trial *t) {
    memset(&t->off, 0, sizeof t->off);
    memset(&t->bend, 0, sizeof t->bend);
    memset(&t->slope, 0, sizeof t->slope);
}

/* A trial that has had all draws of a look. */
static void look(const gp_draws *d, gp_trial *t, int last) {
    const gp_check_state *c = d->check;
    int confirms = t->state == TRIAL_TO_CONFIRM;
    double size = d->size[t->block], off = fabs(t->off.mean);
    double bound = confirms ? bound_at(t, CONFIRMED) : bound_of(d, t);
    int refutes = off - bound > 2 * c->options.rtol * size + c->tolerance[t->block].atol;
    if (confirms) {
        t->state = !refutes || t->off.mean * t->sign < 0 ? last ? TRIAL_UNRESOLVED : TRIAL_OPEN
                                                         : TRIAL_REFUTED;
    } else if (refutes) {
        t->state = TRIAL_TO_CONFIRM;
        t->needed = t->off.count;
        t->sign = t->off.mean;
        begin_again(t);
    } else if (t->direction == 0 && off + bound <= c->options.accept * size) {
        t->state = TRIAL_VERIFIED;
    } else if (last) {
        t->state = t->direction ? TRIAL_VERIFIED : TRIAL_UNRESOLVED; /* directions: as a block */
    }
}

/* Draws, with a look at 64, 128, ...: and as many again for what is to be confirmed. */
static gp_outcome draw_all(gp_draws *d) {
    gp_evaluator *e = d->check->evaluator;
    size_t n = d->check->function->n, next = FIRST_LOOK, going = d->trials;
    d->part = 1;
    for (size_t draw = 0; draw < 2 * d->most && going; draw++) {
        begin_draw(d, draw);
        gp_outcome outcome = gp_evaluator_gradient(e, GP_POISON_NAN, d->g, NULL, NULL);
        for (size_t i = 0; i < n && outcome == GP_EVALUATED; i++)
            d->mean[i] += (d->g[i] - d->mean[i]) / (double)(draw + 1);
        for (size_t k = 0; k < d->trials && outcome == GP_EVALUATED; k++)
            if (is_going_on(&d->trial[k]))
                outcome = take(d, &d->trial[k]);
        if (outcome != GP_EVALUATED)
            return outcome;
        int last = draw + 1 >= d->most, due = draw + 1 == next || draw + 1 == d->most;
        next = draw + 1 == next ? 2 * next : next;
        if (due)
            measure_blocks(d);
        going = 0;
        for (size_t k = 0; k < d->trials; k++) {
            gp_trial *t = &d->trial[k];
            int ripe = last || !t->jumps || draw + 1 >= FIRST_LOOK_WITH_JUMPS;
            if ((due && ripe && t->state == TRIAL_OPEN) ||
                (t->state == TRIAL_TO_CONFIRM && t->off.count == t->needed))
                look(d, t, last);
            going += is_going_on(t);
        }
    }
    return GP_EVALUATED;
}

/* ---- findings ---------------------------------------------------------------------- */

static gp_outcome put_entry(gp_draws *d, const gp_trial *t) {
    static const gp_entry_status status[] = {
        [TRIAL_OPEN] = GP_ENTRY_UNRESOLVED,       [TRIAL_TO_CONFIRM] = GP_ENTRY_UNRESOLVED,
        [TRIAL_REFUTED] = GP_ENTRY_REFUTED,       [TRIAL_VERIFIED] = GP_ENTRY_VERIFIED,
        [TRIAL_UNRESOLVED] = GP_ENTRY_UNRESOLVED, [TRIAL_NOT_HERE] = GP_ENTRY_UNRESOLVED};
    gp_check_state *c = d->check;
    gp_entry e = {.status = status[t->state], .analytic = t->slope.mean};
    e.numeric = t->slope.mean - t->off.mean;
    e.bound = bound_of(d, t);
    e.left = e.right = NAN;
    e.floor = d->size[t->block];
    if (t->state == TRIAL_NOT_HERE) {
        e.limit = GP_LIMIT_DOMAIN;
        e.numeric = NAN;
        e.bound = INFINITY;
    } else if (e.analytic == 0 && e.numeric == 0 && t->off.squares == 0) {
        e.status = GP_ENTRY_UNEXERCISED; /* in every draw */
    } else if (e.status == GP_ENTRY_UNRESOLVED) {
        int bends = fabs(t->bend.mean) > gp_moments_half_width(&t->off, d->upper);
        e.limit = bends ? GP_LIMIT_TRUNCATION : GP_LIMIT_NOISE;
    }
    c->gradient[t->entry] = e.analytic;
    c->numeric[t->entry] = isfinite(e.bound) ? e.numeric : 0;
    c->bound[t->entry] = e.bound;
    return gp_findings_put(c->report, GP_FROM_GIVEN_POINT, t->entry, &e) == GP_OK
               ? GP_EVALUATED
               : gp_evaluator_no_memory(c->evaluator);
}

/* A block along its directions, whose trials begin at `first`. */
static gp_outcome put_directions(gp_draws *d, const gp_trial *first) {
    gp_check_state *c = d->check;
    gp_block_result *block = &c->report->block[first->block].result;
    double bound[DIRECTIONS], largest = 0, squares = 0;
    int refuted = 0, here = 1;
    for (int k = 0; k < DIRECTIONS; k++) {
        double slope = first[k].slope.mean - first[k].off.mean;
        bound[k] = bound_of(d, &first[k]);
        largest = fmax(largest, fabs(first[k].off.mean) / bound[k]);
        squares += slope * slope / DIRECTIONS;
        refuted |= first[k].state == TRIAL_REFUTED;
        here &= first[k].state != TRIAL_NOT_HERE && bound[k] > 0;
    }
    (void)gp_median(bound, DIRECTIONS); /* they are sorted now */
    block->directions = DIRECTIONS;
    block->exercised = block->entries;
    /* v is uniform: the mean square of g v is a third of that of the lengths times g. */
    double seen = gp_error_excluded(DIRECTIONS, bound, largest, c->options.confidence);
    block->resolution = here ? seen / sqrt(3 * squares) : INFINITY;
    if (!refuted)
        return GP_EVALUATED;
    gp_findings_put_block(c->report, first->block, GP_REFUTED);
    const gp_trial *worst = first;
    for (int k = 1; k < DIRECTIONS; k++)
        if (first[k].state == TRIAL_REFUTED &&
            (worst->state != TRIAL_REFUTED || fabs(first[k].off.mean) > fabs(worst->off.mean)))
            worst = &first[k];
    return gp_report_add_diagnosis(
               c->report, first->block, "biased", NAN,
               "along a random direction %s's gradient is on average off by %.3g +- %.1g, %.2g %% "
               "of the largest derivative along one: an estimator that isn't right on average, "
               "whatever the number of draws",
               c->report->block[first->block].name, worst->off.mean, bound_of(d, worst),
               100 * fabs(worst->off.mean) / d->size[first->block])
               ? gp_evaluator_no_memory(c->evaluator)
               : GP_EVALUATED;
}

/* ---- the course -------------------------------------------------------------------- */

static size_t count_trials(const gp_function *f) {
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++)
        count += f->block[b].entries <= ENTRIES_EACH ? f->block[b].entries : DIRECTIONS;
    return count;
}

static void plan(gp_draws *d) {
    const gp_check_state *c = d->check;
    gp_trial *t = d->trial;
    for (size_t b = 0; b < c->function->blocks; b++) {
        const gp_block *block = &c->function->block[b];
        int each = block->entries <= ENTRIES_EACH;
        size_t count = each ? block->entries : DIRECTIONS;
        for (size_t k = 0; k < count; k++, t++) {
            *t = (gp_trial){.block = b, .entry = block->offset + (each ? k : 0)};
            t->direction = each ? 0 : (unsigned)k + 1;
            t->length = each ? fmax(gp_check_length(c, t->entry), c->typical[b]) : 1;
        }
    }
    size_t looks = 1;
    for (size_t k = FIRST_LOOK; k < d->most; k *= 2)
        looks++;
    d->upper = c->options.confidence / 2 / (double)looks / (double)d->trials;
}

/* Is every entry written, with a finite number? What isn't is refuted, and nothing else looked at.
 */
static gp_outcome try_gradient(gp_draws *d, int *odd) {
    gp_check_state *c = d->check;
    size_t n = c->function->n;
    unsigned char *written = malloc(n);
    if (!written)
        return gp_evaluator_no_memory(c->evaluator);
    begin_draw(d, 0);
    gp_outcome outcome =
        gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, written, NULL);
    *odd = 0;
    for (size_t i = 0; i < n && outcome == GP_EVALUATED; i++) {
        c->manner[i] = !written[i]                 ? GP_MANNER_UNWRITTEN
                       : !isfinite(c->gradient[i]) ? GP_MANNER_NONFINITE
                                                   : GP_MANNER_SET;
        *odd |= c->manner[i] != GP_MANNER_SET;
        if (!written[i])
            c->gradient[i] = NAN;
    }
    free(written);
    return outcome;
}

static gp_outcome report(gp_draws *d) {
    gp_check_state *c = d->check;
    size_t least = SIZE_MAX, most = 0;
    memcpy(c->gradient, d->mean, c->function->n * sizeof *d->mean);
    measure_blocks(d);
    for (size_t k = 0; k < d->trials; k += d->trial[k].direction ? DIRECTIONS : 1) {
        const gp_trial *t = &d->trial[k];
        if ((t->direction ? put_directions(d, t) : put_entry(d, t)) == GP_FAULT)
            return GP_FAULT;
    }
    for (size_t k = 0; k < d->trials; k++) {
        size_t count = d->trial[k].off.count;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (gp_report_add_practice(c->report,
                               "means of %zu to %zu draws, each with %s; bounds hold together "
                               "with a confidence of %g, and what they refute was refuted again by "
                               "other draws",
                               least, most,
                               c->function->seed ? "one seed for its gradient and its values"
                                                 : "random numbers of its own for every call",
                               1 - c->options.confidence))
        return gp_evaluator_no_memory(c->evaluator);
    return GP_EVALUATED;
}

static gp_outcome compare_means(gp_draws *d) {
    const gp_function *f = d->check->function;
    d->most = d->check->options.stochastic;
    d->trials = count_trials(f);
    d->trial = malloc((d->trials + 1) * sizeof *d->trial);
    d->g = calloc(3 * f->n + f->blocks, sizeof *d->g);
    if (!d->trial || !d->g)
        return gp_evaluator_no_memory(d->check->evaluator);
    d->v = d->g + f->n;
    d->mean = d->v + f->n;
    d->size = d->mean + f->n;
    plan(d);
    gp_outcome outcome = choose_steps(d);
    if (outcome == GP_EVALUATED)
        outcome = draw_all(d);
    return outcome == GP_FAULT ? outcome : report(d);
}

gp_outcome gp_check_stochastic(gp_check_state *c) {
    gp_draws draws = {.check = c};
    int odd = 0;
    begin_draw(&draws, 0);
    gp_outcome outcome = gp_evaluator_value(c->evaluator, &c->report->value);
    if (outcome == GP_NOT_HERE)
        return gp_evaluator_fault(c->evaluator, "nonfinite",
                                  "the value isn't finite at the given point: check at a point "
                                  "inside the function's domain");
    if (outcome == GP_EVALUATED)
        outcome = try_gradient(&draws, &odd);
    if (outcome == GP_EVALUATED)
        outcome = odd ? gp_report_odd_entries(c) : compare_means(&draws);
    free(draws.trial);
    free(draws.g);
    c->evaluator->seed = c->options.seed;
    return outcome;
}

gp_status gp_name_bias(gp_check_state *c) {
    const gp_report *r = c->report;
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_block_result *block = &r->block[k].result;
        char index[128] = "";
        if (block->verdict != GP_REFUTED || !block->has_worst ||
            c->manner[block->offset + block->worst_index])
            continue; /* or it has been named */
        const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
        double bias = e->analytic - e->numeric;
        gp_report_entry_name(block, block->worst_index, index, sizeof index);
        if (block->diagnoses == 1 && strcmp(r->block[k].diagnosis[0].kind, "unknown") == 0)
            gp_report_clear_diagnoses(c->report, k); /* this says more */
        gp_status status = gp_report_add_diagnosis(
            c->report, k, "biased", bias,
            "on average %s%s is off by %.3g +- %.1g, %.2g %% of its block's largest: an "
            "estimator that isn't right on average, whatever the number of draws",
            block->name, index, bias, e->bound, 100 * fabs(bias) / e->floor);
        if (status != GP_OK)
            return status;
    }
    return GP_OK;
}

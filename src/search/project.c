/* Random directions: is (g - grad f) . v zero within its bound for k random v? For v uniform on
 * [-w_i, w_i] the probability that an error e passes all k is at most (sqrt 2 B / |w e|)^k, B being
 * the largest difference that is accepted, by Ball's cube-slicing theorem: K. Ball, "Cube slicing
 * in R^n", Proc. AMS 97 (1986). That holds for the error of each block by itself, whatever the rest
 * does. The 2^16 levels of v widen B by |w e| / 9000 at most but for a chance of 4e-11 (Hoeffding).
 *
 * Nothing here or in locate.c needs more than x, g and the base point in memory. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "estimate/noise.h"
#include "evaluate/executor.h"
#include "evaluate/team.h"
#include "judge/decide.h"
#include "search/directions.h"
#include "search/survey.h"
#include "system/text.h"
#include "system/vector.h"

/* How good a direction's estimate should be, as a share of what the weakest block may be off by,
 * and what that may cost. */
static const struct {
    double share;
    unsigned evaluations;
} EFFORT[] = {{6e-2, 12}, {6e-2, 40}};
/* What a right gradient may be off by, as a share of rtol, before it is looked at more closely. */
static const double FINE = 0.02;
/* A block's weights may grow so much to make it heard among larger ones. */
static const double LOUDEST = 30;
/* A direction's first steps: as small as noise allows, for the sake of kinks. Its share in the
 * bound is then this part of what the weakest block may be off by. Lengths within these limits. */
static const double NOISE_SHARE = 0.0025, SHORTEST = 0x1p-14, LONGEST = 256;
/* A part of a direction should show whether it is to blame for this share of what is off. */
static const double SHARP = 0.05;
enum { PART_EVALUATIONS = 12 };
/* Rounds of search: each finds at least one more mistake, or is the last. */
enum { ROUNDS = 12 };
/* The value's own rounding times this is what a well-computed sum is noisy by. */
static const double SUMMED = 4;
/* The same of a function that tells its changes: shorter steps lose nothing. */
static const double SHORTEST_CHANGE = 0x1p-20;
/* So many directions first: where their bounds are sharp, that is all it takes. Those of changes
 * are sharper by far than they need be, and a second look asks for less. */
enum { FEWEST = 5, FEWEST_OF_CHANGES = 3 };

static gp_probe probe_of(const gp_directions *d, unsigned k, const gp_part *part) {
    return (gp_probe){.offset = part->offset,
                      .entries = part->entries,
                      .seed = d->check->options.seed,
                      .stream = GP_STREAM_DIRECTION,
                      .part = k,
                      .scaling = &d->scaling,
                      .box = part->box.dimensions ? &part->box : NULL,
                      .scale = d->scale};
}

static unsigned fewest(const gp_directions *d) {
    return d->check->evaluator->by_changes || d->check->brief ? FEWEST_OF_CHANGES : FEWEST;
}

static gp_part everything(const gp_directions *d) {
    return (gp_part){.offset = 0, .entries = d->check->function->n};
}

/* Adds g . v and the sum of (g_i v_i)^2, g in units of 1 / per_unit. */
GP_VECTOR static void add_products(const double *g, double per_unit, const double *v, size_t count,
                                   double *sum, double *squares) {
    gp_lanes sums = {0}, square = {0};
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes product = *(const gp_lanes *)(g + i) * per_unit * *(const gp_lanes *)(v + i);
        sums += product;
        square += product * product;
    }
    for (; i < count; i++) {
        double product = g[i] * per_unit * v[i];
        *sum += product;
        *squares += product * product;
    }
    for (size_t k = 0; k < GP_LANES; k++) {
        *sum += sums[k];
        *squares += square[k];
    }
}

/* slope[k] := g . v_k over the same part for so many directions, g being read once; *size: the root
 * of the sum of (g_i v_i)^2 times 3 of the last one, which is |w g| on average. */
static void analytic_slopes(const gp_directions *d, const gp_probe *probe, unsigned count,
                            double *slope, double *size) {
    enum { CHUNK = 512 };
    double v[CHUNK], sums[GP_DIRECTIONS + 1] = {0}, squares = 0;
    const gp_function *f = d->check->function;
    size_t end = probe->offset + probe->entries;
    end = end < f->own_end ? end : f->own_end;
    for (size_t at = probe->offset > f->own ? probe->offset : f->own; at < end; at += CHUNK) {
        size_t entries = end - at < CHUNK ? end - at : CHUNK;
        for (unsigned k = 0; k < count; k++) {
            double some = 0, ignored = 0;
            gp_probe_fill(&probe[k], at, entries, v);
            add_products(d->check->gradient + at, 1 / d->unit, v, entries, &some,
                         k + 1 == count ? &squares : &ignored);
            sums[k] += some;
        }
    }
    sums[count] = squares;
    (void)gp_team_sum(f->team, &d->check->evaluator->fault, sums, count + 1);
    for (unsigned k = 0; k < count; k++)
        slope[k] = d->unit * sums[k];
    *size = d->unit * sqrt(3 * sums[count]);
}

/* What the weakest block may be off by. What is left of a refuted one may be small, and is measured
 * as well as the others are. */
static double least_tau(const gp_directions *d) {
    double least = INFINITY, of_refuted = INFINITY;
    for (size_t b = 0; b < d->check->function->blocks; b++) {
        int refuted = d->check->report->block[b].by_directions == GP_REFUTED;
        double *of = refuted ? &of_refuted : &least;
        if (d->norm[b] > 0)
            *of = fmin(*of, d->norm[b]);
    }
    least = isfinite(least) ? least : of_refuted;
    return isfinite(least) ? d->check->options.rtol * least : 0;
}

/* The noise of a value that is rounded once. */
static double rounding_of(const gp_directions *d) {
    const gp_check_state *c = d->check;
    return gp_dtype_epsilon(c->evaluator->x_dtype) * fabs(c->report->value) / sqrt(12);
}

/* Kinks are spread over a direction like rain: where one lies within the steps, it's quicker to
 * begin again from much nearer than to walk there. */
static gp_outcome begin_nearer(const gp_directions *d, gp_line *line, gp_ladder *ladder) {
    static const double NEARER = 1.0 / 64;
    enum { TRIES = 2 };
    gp_goal goal = {0, EFFORT[0].share * least_tau(d)};
    double shift = 1, sigma = SUMMED * rounding_of(d); /* optimistic */
    for (int try = 0; try < TRIES && ladder->rungs; try++) {
        gp_estimate e = gp_ladder_estimate(ladder, sigma);
        gp_ladder nearer;
        shift *= NEARER;
        if (gp_goal_is_met(&goal, &e) || e.noise > NEARER * e.bound)
            break;
        if (gp_ladder_start(&nearer, line, shift) == GP_FAULT)
            return GP_FAULT;
        gp_estimate there = gp_ladder_estimate(&nearer, sigma);
        nearer.evaluations += ladder->evaluations;
        if (!(there.bound < e.bound))
            break;
        *ladder = nearer;
    }
    return GP_EVALUATED;
}

static gp_outcome look(const gp_directions *d, gp_evaluator *e, size_t k, double shift,
                       gp_ladder *ladder) {
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, (unsigned)k, &all);
    gp_along along;
    gp_line line = gp_line_along(&along, e, &probe, d->check->report->value);
    gp_outcome outcome = gp_ladder_start(ladder, &line, shift);
    if (d->check->evaluator->by_changes || shift != 1)
        return outcome; /* as near as can be; or where it was told to */
    return outcome == GP_EVALUATED ? begin_nearer(d, &line, ladder) : outcome;
}

static gp_outcome first_look(void *context, gp_evaluator *e, size_t k) {
    gp_directions *d = context;
    if (d->ladders[k].rungs) /* the one that has shown the scale */
        return GP_EVALUATED;
    return look(d, e, k, 1, &d->ladders[k]);
}

static gp_outcome looks_again(void *context, const size_t *indices, size_t count, double shift,
                              gp_ladder *ladders) {
    const gp_directions *d = context;
    for (size_t k = 0; k < count; k++)
        if (look(d, d->check->evaluator, indices[k], shift, &ladders[k]) == GP_FAULT)
            return GP_FAULT;
    return GP_EVALUATED;
}

static gp_outcome estimate(void *context, gp_evaluator *e, size_t k) {
    gp_directions *d = context;
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, (unsigned)k, &all);
    gp_along along;
    double tau = least_tau(d), sigma = d->noise.sigma;
    gp_line line = gp_line_along(&along, e, &probe, d->check->report->value);
    for (size_t i = 0; i <= (size_t)d->thorough; i++) {
        gp_goal goal = {0, EFFORT[i].share * tau};
        if (gp_ladder_refine(&d->ladders[k], &line, sigma, goal, EFFORT[i].evaluations,
                             &d->results[k]) == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

/* Blocks' sizes, weights and tolerances. Weights are in proportion to the length on which a block's
 * parameters vary; those of quiet blocks are turned up. */
static void set_scaling(gp_directions *d, double *factor, double *size) {
    gp_check_state *c = d->check;
    const gp_function *f = c->function;
    double loudest = 0, all = 0;
    d->scaling = (gp_scaling){
        .function = f, .gradient = c->gradient, .size = size, .factor = factor, .still = d->still};
    d->factor = factor;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        const double *g = c->gradient + block->offset;
        if (!gp_function_owns(f, block->offset))
            continue;
        double largest = gp_largest(g, block->entries), squares = 0;
        double unit = largest > 0 ? largest : 1; /* squares neither overflow nor vanish */
        size[b] = unit * sqrt(gp_squares(g, unit, block->entries) / (double)block->entries);
        if (size[b] > 0)
            squares = gp_scaling_squares(g, size[b], block->entries);
        d->norm[b] = c->typical[b] * size[b] * sqrt(squares);
    }
    (void)gp_team_sum(f->team, &c->evaluator->fault, size, f->blocks);
    (void)gp_team_sum(f->team, &c->evaluator->fault, d->norm, f->blocks);
    for (size_t b = 0; b < f->blocks; b++) {
        factor[b] = c->typical[b];
        loudest = fmax(loudest, d->norm[b]);
        all = fmax(all, size[b]);
    }
    int exponent;
    (void)frexp(all > 0 ? all : 1, &exponent);
    d->unit = ldexp(1, exponent > 1000 ? 1000 : exponent < -1000 ? -1000 : exponent);
    for (size_t b = 0; b < f->blocks; b++) {
        if (d->norm[b] > 0) {
            double up = fmin(LOUDEST, loudest / d->norm[b]);
            factor[b] *= up;
            d->norm[b] *= up;
        }
        gp_tolerance_follow(&c->tolerance[b], &c->options, f->dtype, size[b] > 0 ? size[b] : all);
    }
}

/* The length scale at which noise of deviation sigma is as good as gone. */
static double scale_for(gp_directions *d, double sigma) {
    gp_check_state *c = d->check;
    double wanted = NOISE_SHARE * least_tau(d), step = 0;
    if (wanted > 0) /* N of two rungs at this step, over the steps' length for scale 1 */
        step = 1.3 * GP_NOISE_FACTOR * sigma / wanted;
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, 0, &all);
    gp_along along;
    probe.scale = 1;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, c->report->value);
    return fmin(
        fmax(step / gp_first_step(&line), c->evaluator->by_changes ? SHORTEST_CHANGE : SHORTEST),
        LONGEST);
}

/* *scale: steps beyond x's own length, which are there to drown noise, stay where values are
 * like the given one: those of an exponential or a high power soon aren't. */
static gp_outcome stay_tame(const gp_directions *d, double *scale) {
    static const double NEARER = 0.125, TAME = 2;
    gp_check_state *c = d->check;
    gp_part all = everything(d);
    double f0 = c->report->value, step, value = INFINITY;
    while (*scale > 1) {
        gp_probe probe = probe_of(d, 0, &all);
        gp_along along;
        probe.scale = *scale;
        gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
        gp_outcome outcome = gp_line_value(&line, gp_first_step(&line), &step, &value);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && fabs(value) <= TAME * fabs(f0))
            break;
        *scale *= NEARER;
    }
    return GP_EVALUATED;
}

/* Changes and values must be those of one function: along the first direction, at a step that
 * crosses kinks and bends, they are compared. */
static gp_outcome compare_with_values(const gp_directions *d, const gp_probe *probe,
                                      gp_line *line) {
    static const double STEP = 0.125;
    gp_check_state *c = d->check;
    gp_along along;
    double step, change, value, f0 = c->report->value;
    gp_outcome outcome = gp_line_value(line, STEP, &step, &change);
    if (outcome == GP_EVALUATED) {
        c->evaluator->by_changes = 0;
        gp_line by_values = gp_line_along(&along, c->evaluator, probe, f0);
        outcome = gp_line_value(&by_values, STEP, &step, &value);
        c->evaluator->by_changes = 1;
    }
    if (outcome != GP_EVALUATED) /* a domain that ends before there is nothing to say of */
        return outcome == GP_FAULT ? outcome : GP_EVALUATED;
    double half_the_digits = sqrt(DBL_EPSILON) * fmax(fabs(f0), fabs(value));
    if (fabs(value - f0 - change) <= half_the_digits + 0.1 * c->options.rtol * fabs(change))
        return GP_EVALUATED;
    if (gp_try_value_again(c) == GP_FAULT) /* that is why */
        return GP_FAULT;
    return gp_evaluator_fault(
        c->evaluator, "disagree",
        "the value callback goes from %.9g to %.9g along a random direction, where the changes "
        "callback says that it changes by %.9g: one of them is of another function",
        f0, value, change);
}

/* A first look along direction 0. */
static gp_outcome look_first(const gp_directions *d, gp_ladder *ladder) {
    const gp_check_state *c = d->check;
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, 0, &all);
    gp_along along;
    if (!c->evaluator->by_changes)
        return look(d, c->evaluator, 0, 1, ladder);
    gp_line line = gp_line_along(&along, c->evaluator, &probe, c->report->value);
    gp_outcome outcome = gp_ladder_start(ladder, &line, 1);
    return outcome == GP_FAULT ? outcome : compare_with_values(d, &probe, &line);
}

/* The length scale of first steps. Noise at the steps in use may be larger than rounding: the first
 * direction shows. What grows with the step isn't noise. */
static gp_outcome choose_scale(gp_directions *d) {
    gp_check_state *c = d->check;
    gp_ladder *ladder = &d->ladders[0];
    d->scale = scale_for(d, c->evaluator->by_changes ? 0 : SUMMED * rounding_of(d));
    if (stay_tame(d, &d->scale) == GP_FAULT)
        return GP_FAULT;
    if (look_first(d, ladder) == GP_FAULT)
        return GP_FAULT;
    /* A function that computes in float32 and returns a double may stand still at first. */
    while (gp_ladder_is_still(ladder) && d->scale < LONGEST) {
        d->scale = fmin(64 * d->scale, LONGEST);
        if (look(d, c->evaluator, 0, 1, ladder) == GP_FAULT)
            return GP_FAULT;
    }
    double before = d->scale, rough = gp_ladder_roughness(ladder);
    double larger = isnan(rough) ? before : scale_for(d, rough);
    if (stay_tame(d, &larger) == GP_FAULT)
        return GP_FAULT;
    if (larger <= 2 * before)
        return GP_EVALUATED;
    gp_ladder small = *ladder;
    d->scale = larger;
    if (look(d, c->evaluator, 0, 1, ladder) == GP_FAULT)
        return GP_FAULT;
    if (gp_ladder_roughness(ladder) <= 4 * rough)
        return GP_EVALUATED;
    *ladder = small;
    d->scale = before;
    return GP_EVALUATED;
}

/* Where directions lead to values many times the given one's (an exponential, a pole), these round
 * coarsely and say little about the noise of single entries' values, which may stay as they are.
 * What is known of entries' noise then is that of the other directions and the rounding of their
 * own values. */
static gp_outcome judge_noise_of_entries(gp_directions *d, double tiny) {
    static const double WILD = 16;
    gp_check_state *c = d->check;
    gp_ladder tame[GP_DIRECTIONS];
    size_t count = 0;
    double most = WILD * fabs(c->report->value);
    c->noise = d->noise;
    c->rounding = 0;
    for (unsigned k = 0; k < d->count && most > 0; k++)
        if (gp_ladder_largest(&d->ladders[k]) <= most)
            tame[count++] = d->ladders[k];
    if (most == 0 || count == d->count || c->evaluator->by_changes)
        return GP_EVALUATED;
    c->rounding = SUMMED * gp_dtype_epsilon(c->evaluator->x_dtype) / sqrt(12);
    return gp_noise_level(c->function->dtype, tiny, tame, count, 0, NULL, NULL, &c->noise);
}

/* patient: tell noise from kinks and bends by looking again from ever nearer. */
static gp_outcome judge_noise(gp_directions *d, double tiny, int patient) {
    gp_check_state *c = d->check;
    gp_outcome outcome = gp_noise_level(c->function->dtype, tiny, d->ladders, d->count, patient,
                                        looks_again, d, &d->noise);
    if (outcome == GP_EVALUATED)
        outcome = judge_noise_of_entries(d, tiny);
    if (outcome == GP_NOT_HERE)
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    c->report->noise = d->noise.sigma;
    return outcome;
}

/* Is every estimate as good as the weakest block demands? */
static int is_clear(const gp_directions *d) {
    for (unsigned k = 0; k < d->count; k++)
        if (!(d->results[k].bound <= least_tau(d)))
            return 0;
    return 1;
}

static int estimate_is_sound(const void *context, size_t k, const void *record) {
    (void)context;
    (void)k;
    return gp_estimate_is_sound(record);
}

static gp_outcome look_and_estimate(gp_directions *d, double tiny, int patient) {
    gp_check_state *c = d->check;
    gp_work looks = gp_work_on(d->count, first_look, d, d->ladders, sizeof *d->ladders,
                               gp_ladder_record_is_sound);
    gp_work estimates =
        gp_work_on(d->count, estimate, d, d->results, sizeof *d->results, estimate_is_sound);
    gp_outcome outcome = gp_check_execute(c, &looks);
    if (outcome == GP_EVALUATED && tiny >= 0)
        outcome = judge_noise(d, tiny, patient);
    return outcome == GP_EVALUATED ? gp_check_execute(c, &estimates) : outcome;
}

static void set_slopes(gp_directions *d) {
    gp_part all = everything(d);
    gp_probe probe[GP_DIRECTIONS];
    unsigned count = d->count - d->slopes;
    double size;
    for (unsigned k = 0; k < count; k++)
        probe[k] = probe_of(d, d->slopes + k, &all);
    if (count > 0)
        analytic_slopes(d, probe, count, d->slope + d->slopes, &size);
    d->slopes = d->count;
}

/* |w g| of a block without the boxes that stay still. */
static double norm_of_moving(const gp_directions *d, size_t b) {
    enum { CHUNK = 512 };
    const gp_block *block = &d->check->function->block[b];
    double g[CHUNK], squares = 0, size = d->scaling.size[b];
    for (size_t done = 0; done < block->entries && size > 0; done += CHUNK) {
        size_t at = block->offset + done, left = block->entries - done;
        size_t count = left < CHUNK ? left : CHUNK;
        memcpy(g, d->check->gradient + at, count * sizeof *g);
        gp_scaling_clear(&d->scaling, at, count, g);
        squares += gp_scaling_squares(g, size, count);
    }
    return d->factor[b] * size * sqrt(squares);
}

/* What is known to be wrong takes no part in directions any more, so that they show the rest. */
static void leave_out_wrong(gp_directions *d) {
    enum { MOST_OF_A_BLOCK = 32 }; /* more is wrong all over the place */
    const gp_function *f = d->check->function;
    d->scaling.stills = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        size_t before = d->scaling.stills;
        for (size_t i = 0; i < d->wrongs && d->factor[b] != 0; i++)
            if (d->wrong[i].block == b)
                d->still[d->scaling.stills++] = d->wrong[i].box;
        if (d->scaling.stills == before)
            continue;
        double norm = gp_function_owns(f, f->block[b].offset) ? norm_of_moving(d, b) : 0;
        (void)gp_team_sum(f->team, &d->check->evaluator->fault, &norm, 1);
        d->norm[b] = norm;
        if (norm == 0 || d->scaling.stills - before > MOST_OF_A_BLOCK) {
            d->norm[b] = d->factor[b] = 0;
            d->scaling.stills = before;
        }
    }
}

/* All directions anew, with what still takes part. */
static gp_outcome measure_again(gp_directions *d) {
    for (unsigned k = 0; k < d->count; k++)
        d->ladders[k].rungs = 0;
    d->slopes = 0;
    gp_outcome outcome = look_and_estimate(d, -1, 0);
    set_slopes(d);
    return outcome;
}

/* Takes what is known of single entries out of a discrepancy. */
static void explain(const gp_directions *d, const gp_probe *probe, gp_discrepancy *result) {
    for (size_t q = 0; q < d->knowns; q++) {
        const gp_known_entry *known = &d->known[q];
        if (known->entry < probe->offset || known->entry >= probe->offset + probe->entries)
            continue;
        double v = gp_probe_component_given(probe, known->entry, known->gradient);
        result->off -= known->off * v;
        result->bound += known->bound * fabs(v);
    }
}

static double fine_of(const gp_directions *d, double size) {
    double rounding = 8 * gp_dtype_epsilon(d->check->function->dtype);
    return fmax(rounding, FINE * d->check->options.rtol) * size;
}

gp_outcome gp_directions_part(gp_directions *d, unsigned k, const gp_part *part, double off,
                              gp_discrepancy *result) {
    gp_probe probe = probe_of(d, k, part);
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, d->check->evaluator, &probe, d->check->report->value);
    /* At the steps that suit the whole of it. */
    double suitable = d->results[k].step / gp_first_step(&line);
    gp_goal goal = {0, SHARP * fabs(off)};
    gp_estimate e;
    if (gp_ladder_start(&ladder, &line, suitable) == GP_FAULT ||
        gp_ladder_refine(&ladder, &line, d->noise.sigma, goal, PART_EVALUATIONS, &e) == GP_FAULT)
        return GP_FAULT;
    *result = (gp_discrepancy){.numeric = e.derivative, .bound = e.bound};
    analytic_slopes(d, &probe, 1, &result->analytic, &result->size);
    result->off = result->analytic - result->numeric;
    result->fine = fine_of(d, result->size);
    explain(d, &probe, result);
    return GP_EVALUATED;
}

/* What |w e| of a part comes to where each e_i is the tolerance of its entry, at most. */
static double tolerable(const gp_directions *d, const gp_part *part, double size) {
    const gp_check_state *c = d->check;
    size_t b = gp_function_block_number(c->function, part->offset), entries = 1;
    for (size_t k = 0; k < part->box.dimensions; k++)
        entries *= part->box.high[k] - part->box.low[k];
    if (part->box.dimensions == 0)
        entries = part->entries;
    double most = gp_scaling_weight(&d->scaling, part->offset, 0);
    return c->options.rtol * size + c->tolerance[b].atol * most * sqrt((double)entries);
}

/* Is direction k off by more than `allowed` over a part, by all that is asked before an entry is
 * refuted? Of something that is off by `off`. *estimate: what is known of its slope then. */
static gp_outcome contest(const gp_directions *d, unsigned k, const gp_part *part, double allowed,
                          double off, gp_estimate *estimate, int *refuted) {
    gp_probe probe = probe_of(d, k, part);
    gp_along along;
    gp_discrepancy claimed = {0};
    /* Weights are lengths. Steps of many, which are there to drown noise, tell of far places. */
    probe.reach = 1;
    probe.scale = fmin(probe.scale, 1);
    gp_line line = gp_line_along(&along, d->check->evaluator, &probe, d->check->report->value);
    analytic_slopes(d, &probe, 1, &claimed.off, &claimed.size);
    explain(d, &probe, &claimed);
    double open = allowed + claimed.bound;
    gp_tolerance tolerance = {
        .atol = open, .fine_atol = open, .smallest = gp_dtype_smallest(d->check->function->dtype)};
    double step = fmin(d->results[k].step, 1), shift = step / gp_first_step(&line);
    gp_ladder ladder = d->ladders[k];
    int at_hand = part->entries == everything(d).entries && step < 1 && d->scale <= 1;
    if (!at_hand && gp_ladder_start(&ladder, &line, shift) == GP_FAULT)
        return GP_FAULT;
    return gp_contest_line(&ladder, &line, shift, d->noise, &tolerance, SHARP * fabs(off),
                           claimed.off, estimate, refuted);
}

gp_outcome gp_directions_refute(gp_directions *d, const gp_part *part, int *refuted) {
    const gp_options *o = &d->check->options;
    gp_probe probe = probe_of(d, 0, part);
    double ignored, size;
    unsigned against = 0, asked = fewest(d);
    analytic_slopes(d, &probe, 1, &ignored, &size);
    double allowed = sqrt(2 * log(2 * asked / o->confidence)) * tolerable(d, part, size);
    *refuted = 0;
    for (unsigned k = 0; k < asked; k++) {
        gp_estimate estimate;
        int off;
        if (contest(d, k, part, allowed, allowed, &estimate, &off) == GP_FAULT)
            return GP_FAULT;
        against += off;
    }
    *refuted = 2 * against > asked;
    return GP_EVALUATED;
}

/* The rest of the directions, and the noise as well as it can be known. */
static gp_outcome measure_all(gp_directions *d) {
    gp_check_state *c = d->check;
    double tiny = 0;
    gp_outcome outcome = gp_check_tiny_noise(c, c->report->value, &tiny);
    d->count = GP_DIRECTIONS;
    d->thorough = 1;
    if (outcome == GP_EVALUATED)
        outcome = look_and_estimate(d, tiny, 0);
    if (outcome == GP_EVALUATED && !is_clear(d))
        outcome = look_and_estimate(d, tiny, 1);
    set_slopes(d);
    return outcome;
}

static gp_discrepancy discrepancy(const gp_directions *d, unsigned k) {
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, k, &all);
    double norm = 0;
    for (size_t b = 0; b < d->check->function->blocks; b++)
        norm = hypot(norm, d->norm[b]);
    gp_discrepancy result = {.off = d->slope[k] - d->results[k].derivative,
                             .bound = d->results[k].bound,
                             .fine = fine_of(d, norm),
                             .analytic = d->slope[k],
                             .numeric = d->results[k].derivative,
                             .size = norm};
    explain(d, &probe, &result);
    return result;
}

/* The direction that is off by most; GP_DIRECTIONS: none is. */
static unsigned worst_direction(const gp_directions *d, gp_discrepancy *worst) {
    unsigned found = GP_DIRECTIONS;
    double most = 0;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = discrepancy(d, k);
        double excess = fabs(here.off) / (here.bound + here.fine);
        if (!gp_is_off(&here) || !isfinite(here.bound) || excess <= most)
            continue;
        most = excess;
        found = k;
        *worst = here;
    }
    return found;
}

/* The direction that is off by most and stays so when it is contested, as directions are until one
 * has led to a mistake. Of others the estimate becomes what they leave open. */
static gp_outcome find_accuser(gp_directions *d, int contested, unsigned *accuser,
                               gp_discrepancy *worst) {
    gp_part all = everything(d);
    while ((*accuser = worst_direction(d, worst)) != GP_DIRECTIONS && contested) {
        gp_estimate *known = &d->results[*accuser], estimate;
        int off;
        if (contest(d, *accuser, &all, worst->fine, worst->off, &estimate, &off) == GP_FAULT)
            return GP_FAULT;
        if (off)
            break;
        d->check->excused = 1;
        double slope = worst->off + known->derivative; /* less what is known of entries */
        *known = estimate;
        known->bound = fmax(known->bound, fabs(slope - known->derivative));
    }
    return GP_EVALUATED;
}

/* What is said of the error that the directions would have seen. Direction k accepts what is within
 * B_k = (1 + m) b_k, b_k being its bound and m the largest |off_k| / b_k: the probability that an
 * error e passes them all is at most
 *     prod_k sqrt 2 (B_k / |w e| + 1 / 9000).
 * b_k doesn't depend on e, and the product grows with m, so that holds for the m that came out; and
 * as directions are added one after the other until they are enough, for each time that was asked.
 *
 * The |w e| for which that is the accepted probability of a miss, with `more` directions added that
 * are as good as the median. */
static double error_seen(const gp_directions *d, unsigned more) {
    enum { HALVINGS = 60 };
    double bound[2 * GP_DIRECTIONS], m = 0, low, high, top;
    unsigned count = d->count + more;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = discrepancy(d, k);
        bound[k] = here.bound;
        if (here.bound > 0 && isfinite(here.bound))
            m = fmax(m, fabs(here.off) / here.bound);
    }
    double median = gp_median(bound, d->count), accepted; /* they are sorted now */
    if (bound[d->count - 1] == 0)
        return 0;
    for (unsigned k = 0; k < d->count && isfinite(bound[d->count - 1]); k++)
        bound[k] = fmax(bound[k], 1e-12 * bound[d->count - 1]);
    for (unsigned k = d->count; k < count; k++)
        bound[k] = median;
    unsigned times_asked = GP_DIRECTIONS - fewest(d) + 1;
    accepted = log(d->check->options.confidence / times_asked);
    low = log(fmax(bound[0], DBL_MIN) * (1 + m));
    high = top = low + 60;
    if (!isfinite(low))
        return INFINITY;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2, sum = 0;
        for (unsigned k = 0; k < count; k++) {
            double passes = sqrt(2) * (bound[k] * (1 + m) / exp(middle) + 1.0 / 9000);
            sum += passes < 1 ? log(passes) : 0;
        }
        if (sum > accepted)
            low = middle;
        else
            high = middle;
    }
    return high < top ? exp(high) : INFINITY;
}

/* Are the directions so far so good that no more are needed? If not, so many in all might be: 0 if
 * not even all of them. */
static int is_enough(const gp_directions *d, unsigned *wanted) {
    double weakest = least_tau(d);
    *wanted = 0;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = discrepancy(d, k);
        if (gp_is_off(&here))
            return 0;
    }
    for (unsigned more = 0; weakest > 0 && d->count + more <= GP_DIRECTIONS; more++)
        if (error_seen(d, more) <= weakest) {
            *wanted = d->count + more;
            return more == 0;
        }
    return 0;
}

/* What entries that were looked at by themselves, and aren't refuted, may be off by in a block:
 * that was taken out of the directions. */
static double error_known(const gp_directions *d, size_t block) {
    double known = 0;
    for (size_t q = 0; q < d->knowns; q++)
        if (gp_function_block_number(d->check->function, d->known[q].entry) == block &&
            gp_report_at(d->check->report, d->known[q].entry)->status != GP_ENTRY_REFUTED)
            known = hypot(
                known, (fabs(d->known[q].off) + d->known[q].bound) *
                           gp_scaling_weight(&d->scaling, d->known[q].entry, d->known[q].gradient));
    return known;
}

/* What the directions say about each block: verified where an error beyond the tolerance would have
 * been seen. */
static void conclude(gp_directions *d) {
    gp_check_state *c = d->check;
    const gp_function *f = c->function;
    double seen = error_seen(d, 0), most_off = 0, all = 0, widest = -1;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = discrepancy(d, k);
        most_off = fmax(most_off, fabs(here.off) - here.bound);
        if (!(here.bound <= widest)) {
            widest = here.bound;
            c->report->limit = d->results[k].limit;
        }
    }
    for (size_t b = 0; b < c->function->blocks; b++)
        all = hypot(all, d->norm[b]);
    int odd = most_off > c->options.rtol * all && all > 0;
    for (size_t b = 0; b < c->function->blocks; b++) {
        gp_block_result *block = &c->report->block[b].result;
        gp_verdict *verdict = &c->report->block[b].by_directions;
        int own = gp_function_owns(f, block->offset);
        double exercised =
            own ? (double)gp_count_nonzero(c->gradient + block->offset, block->entries) : 0;
        (void)gp_team_sum(f->team, &c->evaluator->fault, &exercised, 1);
        block->exercised = (size_t)exercised;
        if (d->factor[b] == 0) {
            if (*verdict != GP_REFUTED)
                *verdict = GP_INCONCLUSIVE; /* refuted by entries of its own */
            continue;
        }
        block->directions = d->count;
        c->reach[b] = (gp_reach){.excluded = (seen + error_known(d, b)) / d->factor[b],
                                 .size = d->norm[b] / d->factor[b]};
        if (d->norm[b] > 0)
            block->resolution = (seen + error_known(d, b)) / d->norm[b];
        /* A block whose gradient is 0 has no size to hold an error against. */
        if (*verdict == GP_REFUTED) /* in part; the resolution is that of the rest */
            continue;
        int coarse = d->norm[b] > 0 ? !(block->resolution <= c->options.rtol) : odd;
        *verdict = coarse ? GP_INCONCLUSIVE : GP_VERIFIED;
    }
}

/* Boxes of a block that are wrong as such. */
static size_t count_wrong(const gp_directions *d, size_t block) {
    size_t count = 0;
    for (size_t i = 0; i < d->wrongs; i++)
        count += d->wrong[i].block == block;
    return count;
}

/* Blocks with a few wrong entries, all of them found, and the rest right. */
static gp_status describe(const gp_directions *d) {
    gp_check_state *c = d->check;
    gp_report *r = c->report;
    for (size_t b = 0; b < c->function->blocks; b++) {
        const gp_block *block = &c->function->block[b];
        size_t wrong = 0, looked = 0, odd = 0, first = 0, end = block->offset + block->entries;
        char list[256] = "";
        size_t boxes = count_wrong(d, b);
        if (d->factor[b] == 0 || (r->block[b].result.diagnoses && boxes == 0))
            continue;
        for (size_t i = gp_report_next(r, block->offset); i < end; i = gp_report_next(r, i + 1)) {
            if (gp_scaling_is_still(&d->scaling, i))
                continue;
            looked++;
            odd += c->manner && c->manner[i] != GP_MANNER_SET;
            if (gp_report_at(r, i)->status != GP_ENTRY_REFUTED)
                continue;
            if (wrong == 0)
                first = i;
            if (wrong++ < 4) {
                char name[160];
                size_t used = strlen(list);
                gp_function_entry_name(c->function, i, name, sizeof name);
                snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : "", name);
            }
        }
        if (wrong == 0 || odd > 0 || looked == block->entries)
            continue; /* right; or oddly written, or all known: gp_diagnose has more to say */
        const gp_entry *e = gp_report_at(r, first);
        gp_status status = gp_report_add_diagnosis(
            r, b, "entries", NAN,
            "%zu %s%zu entries of %s %s wrong: %s%s; %s by %.6g%s. Random "
            "directions find the rest right",
            wrong, boxes ? "more of the " : "of the ", block->entries, block->name,
            gp_plural(wrong, "is", "are"), list, wrong > 4 ? ", ..." : "",
            e->analytic > e->numeric ? "too large" : "too small", fabs(e->analytic - e->numeric),
            gp_plural(wrong, "", " in the first"));
        if (status != GP_OK)
            return status;
    }
    return GP_OK;
}

static size_t blocks_out(const gp_directions *d) {
    size_t count = 0;
    for (size_t b = 0; b < d->check->function->blocks; b++)
        count += d->factor[b] == 0;
    return count;
}

static gp_outcome search(gp_directions *d) {
    gp_outcome outcome = choose_scale(d);
    unsigned wanted = fewest(d);
    int clean = 0;
    while (outcome == GP_EVALUATED && !clean && wanted > d->count) {
        d->count = wanted;
        outcome = look_and_estimate(d, 0, 0);
        set_slopes(d);
        clean = outcome == GP_EVALUATED && is_enough(d, &wanted);
        if (outcome == GP_EVALUATED && d->check->brief == GP_BRIEF_LOOK)
            break;
    }
    if (outcome == GP_EVALUATED && !clean && d->check->brief) {
        gp_discrepancy ignored;
        d->check->off = worst_direction(d, &ignored) != GP_DIRECTIONS;
        clean = !d->check->off || d->check->hasty;
    }
    if (outcome == GP_EVALUATED && !clean)
        outcome = measure_all(d);
    for (int round = 0; round < ROUNDS && outcome == GP_EVALUATED && !clean; round++) {
        gp_discrepancy worst = {0};
        unsigned k;
        size_t news = 0, boxes = d->wrongs, before = blocks_out(d);
        outcome = find_accuser(d, round == 0, &k, &worst);
        clean = outcome == GP_EVALUATED && k == GP_DIRECTIONS;
        if (clean || outcome != GP_EVALUATED)
            break;
        outcome = gp_locate(d, k, &worst, &news);
        if (outcome != GP_EVALUATED || news == 0)
            break;
        leave_out_wrong(d);
        size_t after = blocks_out(d);
        if (after == d->check->function->blocks)
            clean = 1;
        else if (after > before || d->wrongs != boxes)
            outcome = measure_again(d);
    }
    if (outcome != GP_EVALUATED) { /* the budget is spent, or worse: what was found stays found */
        (void)gp_locate_describe(d, 0);
        return outcome;
    }
    conclude(d);
    if (gp_locate_describe(d, clean) != GP_OK || (clean && describe(d) != GP_OK))
        return gp_evaluator_fault(d->check->evaluator, "memory", "out of memory");
    return GP_EVALUATED;
}

/* Directions need a number in every entry. */
static int all_finite(const gp_check_state *c) {
    const gp_function *f = c->function;
    double odd = !isfinite(gp_largest(c->gradient + f->own, f->own_end - f->own));
    (void)gp_team_sum(c->function->team, &c->evaluator->fault, &odd, 1);
    return odd == 0;
}

gp_outcome gp_project(gp_check_state *c) {
    if (c->manner && !all_finite(c)) /* else the trial has seen that they are */
        return GP_EVALUATED;         /* it has put into the report what isn't there */
    size_t blocks = c->function->blocks;
    size_t ladder_bytes = GP_DIRECTIONS * sizeof(gp_ladder);
    size_t result_bytes = GP_DIRECTIONS * sizeof(gp_estimate);
    double *numbers = calloc(3 * blocks, sizeof *numbers);
    gp_directions d = {.check = c,
                       .norm = numbers,
                       .ladders = gp_records_alloc(&c->executor, ladder_bytes),
                       .results = gp_records_alloc(&c->executor, result_bytes),
                       .known = malloc(GP_MOST_KNOWN * sizeof *d.known),
                       .wrong = malloc(GP_MOST_BOXES * sizeof *d.wrong),
                       .still = malloc(GP_MOST_BOXES * sizeof *d.still)};
    gp_outcome outcome;
    if (!numbers || !d.ladders || !d.results || !d.known || !d.wrong || !d.still) {
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    } else {
        c->evaluator->by_changes = gp_evaluator_has_changes(c->evaluator);
        set_scaling(&d, numbers + blocks, numbers + 2 * blocks);
        outcome = search(&d);
        c->evaluator->by_changes = 0;
    }
    free(numbers);
    free(d.known);
    free(d.wrong);
    free(d.still);
    gp_records_free(d.ladders, ladder_bytes);
    gp_records_free(d.results, result_bytes);
    return outcome;
}

/* See directions.h. Nothing here or in locate.c needs more than x, g and the base point in memory.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "estimate/noise.h"
#include "evaluate/executor.h"
#include "judge/decide.h"
#include "search/contract.h"
#include "search/directions.h"
#include "search/entry.h"
#include "search/looks.h"
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

unsigned gp_directions_fewest(const gp_directions *d) {
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
    (void)gp_evaluator_sum(d->check->evaluator, sums, count + 1);
    for (unsigned k = 0; k < count; k++)
        slope[k] = d->unit * sums[k];
    *size = d->unit * sqrt(3 * sums[count]);
}

/* What the weakest block may be off by. What is left of a refuted one may be small, and is measured
 * as well as the others are. */
double gp_directions_least_tau(const gp_directions *d) {
    double least = INFINITY, of_refuted = INFINITY;
    for (size_t b = 0; b < d->check->function->blocks; b++) {
        int refuted = d->check->report->block[b].whole == GP_REFUTED;
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
    gp_goal goal = {0, EFFORT[0].share * gp_directions_least_tau(d)};
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
    double tau = gp_directions_least_tau(d), sigma = d->noise.sigma;
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
void gp_directions_weigh(gp_directions *d, double *factor, double *size) {
    gp_check_state *c = d->check;
    const gp_function *f = c->function;
    double loudest = 0, all = 0;
    d->scaling = (gp_scaling){
        .function = f, .gradient = c->gradient, .size = size, .factor = factor, .still = d->still};
    d->factor = factor;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        const double *g = c->gradient + block->offset;
        if (!gp_function_owns(f, block->offset) || block->entries == 0)
            continue;
        double largest = gp_largest(g, block->entries), squares = 0;
        double unit = largest > 0 ? largest : 1; /* squares neither overflow nor vanish */
        size[b] = unit * sqrt(gp_squares(g, unit, block->entries) / (double)block->entries);
        if (size[b] > 0)
            squares = gp_scaling_squares(g, size[b], block->entries);
        d->norm[b] = c->typical[b] * size[b] * sqrt(squares);
    }
    (void)gp_evaluator_sum(c->evaluator, size, f->blocks);
    (void)gp_evaluator_sum(c->evaluator, d->norm, f->blocks);
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
    double wanted = NOISE_SHARE * gp_directions_least_tau(d), step = 0;
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
gp_outcome gp_directions_choose_scale(gp_directions *d) {
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
        if (!(d->results[k].bound <= gp_directions_least_tau(d)))
            return 0;
    return 1;
}

static int estimate_is_sound(const void *context, size_t k, const void *record) {
    (void)context;
    (void)k;
    return gp_estimate_is_sound(record);
}

gp_outcome gp_directions_measure(gp_directions *d, double tiny, int patient) {
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

void gp_directions_set_slopes(gp_directions *d) {
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
void gp_directions_leave_out_wrong(gp_directions *d) {
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
        (void)gp_evaluator_sum(d->check->evaluator, &norm, 1);
        d->norm[b] = norm;
        if (norm == 0 || d->scaling.stills - before > MOST_OF_A_BLOCK) {
            d->norm[b] = d->factor[b] = 0;
            d->scaling.stills = before;
        }
    }
}

/* All directions anew, with what still takes part. */
gp_outcome gp_directions_measure_again(gp_directions *d) {
    for (unsigned k = 0; k < d->count; k++)
        d->ladders[k].rungs = 0;
    d->slopes = 0;
    gp_outcome outcome = gp_directions_measure(d, -1, 0);
    gp_directions_set_slopes(d);
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
    unsigned against = 0, asked = gp_directions_fewest(d);
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
gp_outcome gp_directions_measure_all(gp_directions *d) {
    gp_check_state *c = d->check;
    double tiny = 0;
    gp_outcome outcome = gp_check_tiny_noise(c, c->report->value, &tiny);
    d->count = GP_DIRECTIONS;
    d->thorough = 1;
    if (outcome == GP_EVALUATED)
        outcome = gp_directions_measure(d, tiny, 0);
    if (outcome == GP_EVALUATED && !is_clear(d))
        outcome = gp_directions_measure(d, tiny, 1);
    gp_directions_set_slopes(d);
    return outcome;
}

gp_discrepancy gp_directions_discrepancy(const gp_directions *d, unsigned k) {
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
unsigned gp_directions_worst(const gp_directions *d, gp_discrepancy *worst) {
    unsigned found = GP_DIRECTIONS;
    double most = 0;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = gp_directions_discrepancy(d, k);
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
gp_outcome gp_directions_accuser(gp_directions *d, int contested, unsigned *accuser,
                                 gp_discrepancy *worst) {
    gp_part all = everything(d);
    while ((*accuser = gp_directions_worst(d, worst)) != GP_DIRECTIONS && contested) {
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

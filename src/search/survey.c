/* Estimating and judging entries at one point, in two passes: a first look at every entry with the
 * cheapest stencil, from which the function's noise and the blocks' scales follow; then more work
 * where that didn't decide. Neither pass lets one entry depend on another's turn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "estimate/noise.h"
#include "evaluate/executor.h"
#include "judge/decide.h"
#include "search/looks.h"
#include "search/pilots.h"
#include "search/survey.h"

static gp_outcome first_look(void *context, gp_evaluator *e, size_t index) {
    gp_survey_task *task = context;
    if (task->ladders[index].rungs) /* there was one */
        return GP_EVALUATED;
    return gp_survey_look(task, e, index, 1, &task->ladders[index]);
}

/* First looks of many entries at once, by the function's short way to them. */
enum { CHUNK = 256, LOOKS = GP_FORESEEN };

static gp_outcome first_looks(void *context, gp_evaluator *e, size_t chunk) {
    gp_survey_task *task = context;
    size_t first = chunk * CHUNK, count = task->count - first < CHUNK ? task->count - first : CHUNK;
    size_t entry[CHUNK * LOOKS] = {0};
    double number[CHUNK * LOOKS] = {0}, value[CHUNK * LOOKS], steps[LOOKS];
    for (size_t k = 0; k < count; k++) {
        gp_probe probe = gp_survey_probe(task->check, task->entries[first + k]);
        gp_along along;
        gp_line line = gp_line_along(&along, e, &probe, task->f0);
        gp_ladder_first_steps(&line, 1, steps);
        for (size_t q = 0; q < LOOKS; q++) {
            entry[k * LOOKS + q] = probe.offset;
            number[k * LOOKS + q] = gp_along_number(&along, steps[q]);
        }
    }
    if (e->progress)
        gp_tell(e->progress->entry, entry[0]);
    gp_outcome outcome = gp_evaluator_entries(e, count * LOOKS, entry, number, value);
    for (size_t k = 0; k < count && outcome != GP_FAULT; k++) {
        gp_probe probe = gp_survey_probe(task->check, task->entries[first + k]);
        gp_along along;
        gp_line line = gp_line_along(&along, e, &probe, task->f0);
        gp_along_take(&along, number + k * LOOKS, value + k * LOOKS);
        outcome = gp_ladder_start(&task->ladders[first + k], &line, 1);
    }
    return outcome;
}

static int first_looks_are_sound(const void *context, size_t chunk, const void *record) {
    const gp_ladder *ladders = record;
    (void)context;
    (void)chunk;
    for (size_t k = 0; k < CHUNK; k++) /* those past the last entry are zero */
        if (!gp_ladder_is_sound(&ladders[k]))
            return 0;
    return 1;
}

static void note_lost(gp_survey_task *task) {
    const gp_executor *x = &task->check->executor;
    for (size_t k = 0; k < x->lost.count; k++)
        task->lost[x->lost.task[k].index] =
            (unsigned char)(x->lost.task[k].hang ? GP_LIMIT_TIMEOUT : GP_LIMIT_CRASH);
}

static gp_outcome take_first_looks(gp_survey_task *task) {
    gp_check_state *c = task->check;
    size_t size = sizeof *task->ladders;
    gp_work one_by_one =
        gp_work_on(task->count, first_look, task, task->ladders, size, gp_ladder_record_is_sound);
    if (gp_evaluator_has_entries(c->evaluator)) {
        gp_work work = gp_work_on((task->count + CHUNK - 1) / CHUNK, first_looks, task,
                                  task->ladders, CHUNK * size, first_looks_are_sound);
        gp_outcome outcome = gp_execute(&c->executor, c->evaluator, &work);
        if (outcome != GP_EVALUATED || c->executor.lost.count == 0)
            return outcome; /* else those of a lost chunk by themselves */
    }
    gp_outcome outcome = gp_check_execute(c, &one_by_one);
    note_lost(task);
    return outcome;
}

static gp_outcome judge_entry(void *context, gp_evaluator *e, size_t index) {
    gp_survey_task *task = context;
    gp_check_state *c = task->check;
    size_t i = task->entries[index];
    size_t block = gp_function_block_number(c->function, i);
    gp_probe probe = gp_survey_probe(c, i);
    gp_along along;
    if (task->lost[index])
        return GP_EVALUATED;
    gp_line line = gp_line_along(&along, e, &probe, task->f0);
    return gp_sweep_judge(&task->sweep, i, block, task->gradient[i], &task->ladders[index], &line,
                          task->noise, &task->results[index]);
}

static int judged_entry_is_sound(const void *context, size_t index, const void *record) {
    const gp_survey_task *task = context;
    return task->lost[index] /* of no use */
               ? gp_entry_is_sound(record)
               : gp_sweep_is_sound(&task->sweep, task->gradient[task->entries[index]], record);
}

static double typical_length(const gp_survey_task *task, size_t count, double *scratch) {
    for (size_t k = 0; k < count; k++)
        scratch[k] = gp_check_length(task->check, task->entries[k]);
    return gp_median(scratch, count);
}

/* Shares of a block's scale. A float32 gradient's own rounding is as large as the finer one would
 * allow. */
static const double FINE_FLOOR = 1e-4;

void gp_tolerance_follow(gp_tolerance *t, const gp_options *options, gp_dtype dtype, double scale) {
    t->zero_floor = GP_SMALL_SHARE * scale;
    if (options->atol != 0)
        return;
    t->floor = GP_SMALL_SHARE * scale;
    t->atol = t->rtol * t->floor;
    t->fine_atol = t->rtol * (dtype == GP_FLOAT64 ? FINE_FLOOR : GP_SMALL_SHARE) * scale;
}

/* A random direction in which each entry moves in proportion to its length. */
static gp_probe everything(const gp_check_state *c, const gp_scaling *blockwise) {
    return (gp_probe){.offset = 0,
                      .entries = c->function->n,
                      .seed = c->options.seed,
                      .stream = GP_STREAM_NOISE,
                      .weight = c->length,
                      .scaling = c->lean ? blockwise : NULL,
                      .scale = 1};
}

gp_outcome gp_check_tiny_noise(gp_check_state *c, double f0, double *tiny) {
    gp_scaling blockwise = {.function = c->function, .factor = c->typical};
    gp_probe probe = everything(c, &blockwise);
    gp_along along;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
    return gp_noise_at_tiny_steps(&line, tiny);
}

gp_outcome gp_check_variation(gp_check_state *c, double f0, double *variation) {
    gp_scaling blockwise = {.function = c->function, .factor = c->typical};
    gp_probe probe = everything(c, &blockwise);
    gp_along along;
    *variation = 0;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
    for (int side = -1; side <= 1; side += 2) {
        double step, value;
        gp_outcome outcome = gp_line_value(&line, side, &step, &value);
        if (outcome == GP_FAULT)
            return GP_FAULT;
        if (outcome == GP_EVALUATED && isfinite(value))
            *variation = fmax(*variation, fabs(value - f0));
    }
    return GP_EVALUATED;
}

/* The blocks' scales, the median of |d| over the entries whose derivative isn't zero, and from them
 * the absolute tolerances. A block without any takes the scale of the whole function. The entries
 * of the list ascend; scratch has room for 2 * count numbers. */
static gp_outcome set_tolerances(const gp_survey_task *task, size_t count, gp_tolerance *tolerance,
                                 double *scratch) {
    const gp_check_state *c = task->check;
    const gp_function *f = c->function;
    double *size = scratch, *some = scratch + count; /* size[k] < 0: zero or unknown */
    size_t found = 0;
    for (size_t k = 0; k < count; k++) {
        size[k] = gp_look_size(&task->ladders[k], task->noise.sigma);
        if (size[k] > 0)
            some[found++] = size[k];
    }
    double all = found ? gp_median(some, found) : 0, variation = 0;
    if (!found && gp_check_variation(task->check, task->f0, &variation) == GP_FAULT)
        return GP_FAULT;
    /* Nothing moves f: a derivative counts as zero where, over the length of its parameter, it
     * would move f by less than rtol of what such a move of all parameters does, or is below the
     * normal numbers. */
    double smallest = gp_dtype_smallest(f->dtype);
    double flat =
        found ? 0 : variation / typical_length(task, count, some) + 4 * smallest / c->options.rtol;
    for (size_t b = 0, k = 0; b < f->blocks; b++) {
        gp_tolerance *t = &tolerance[b];
        for (found = 0; k < count && task->entries[k] < f->block[b].offset + f->block[b].entries;
             k++)
            if (size[k] > 0)
                some[found++] = size[k];
        double scale = found ? gp_median(some, found) : all;
        if (task->sweep.origin != GP_FROM_GIVEN_POINT && found == 0) {
            t->zero_floor = fmax(t->zero_floor, GP_SMALL_SHARE * all);
            continue; /* nothing learnt here: keep those of the given point */
        }
        gp_tolerance_follow(t, &c->options, f->dtype, scale);
        t->zero_floor = fmax(t->zero_floor, flat);
        if (task->sweep.origin == GP_FROM_GIVEN_POINT && found == 0 && !(c->options.atol > 0)) {
            t->unscaled = 1;
            t->floor = 0;
        }
    }
    return GP_EVALUATED;
}

/* Where noise at the steps in use has faded at smaller ones, the roughest of the first looks shows
 * whether the function changes in stairs there. */
typedef struct gp_stairs_task {
    const gp_survey_task *survey;
    size_t index;  /* of the roughest entry */
    double *sigma; /* shared */
} gp_stairs_task;

static gp_outcome look_for_stairs(void *context, gp_evaluator *e, size_t index) {
    const gp_stairs_task *task = context;
    const gp_survey_task *survey = task->survey;
    gp_probe probe = gp_survey_probe(survey->check, survey->entries[task->index]);
    const gp_ladder *ladder = &survey->ladders[task->index];
    gp_estimate estimate = gp_ladder_estimate(ladder, survey->noise.quiet);
    unsigned evaluations = 0;
    gp_along along;
    (void)index;
    gp_line line = gp_line_along(&along, e, &probe, survey->f0);
    return gp_look_for_stairs(&line, &estimate, ladder->rung[ladder->rungs - 1].step,
                              survey->noise.quiet, task->sigma, &evaluations);
}

static gp_outcome find_stairs(gp_survey_task *task) {
    gp_check_state *c = task->check;
    gp_stairs_task stairs = {.survey = task, .index = task->count};
    double roughest = GP_ROUGH * task->noise.sigma;
    if (!(task->noise.loud > roughest))
        return GP_EVALUATED;
    for (size_t k = 0; k < task->count; k++) {
        double rough = gp_ladder_roughness(&task->ladders[k]);
        if (rough > roughest) {
            roughest = rough;
            stairs.index = k;
        }
    }
    if (stairs.index == task->count)
        return GP_EVALUATED;
    stairs.sigma = gp_records_alloc(&c->executor, sizeof *stairs.sigma);
    gp_work work = gp_work_on(1, look_for_stairs, &stairs, stairs.sigma, sizeof *stairs.sigma,
                              gp_size_record_is_sound);
    if (!stairs.sigma)
        return gp_evaluator_no_memory(c->evaluator);
    gp_outcome outcome = gp_check_execute(c, &work);
    task->noise.stairs = stairs.sigma[0] > 0;
    gp_records_free(stairs.sigma, sizeof *stairs.sigma);
    return outcome;
}

static gp_entry lost_entry(const gp_survey_task *task, size_t k) {
    const gp_check_state *c = task->check;
    size_t i = task->entries[k];
    return (gp_entry){.status =
                          task->sweep.origin == GP_FROM_GIVEN_POINT && c->manner[i] != GP_MANNER_SET
                              ? GP_ENTRY_REFUTED
                              : GP_ENTRY_UNRESOLVED,
                      .analytic = task->gradient[i],
                      .numeric = NAN,
                      .bound = INFINITY,
                      .left = NAN,
                      .right = NAN,
                      .limit = (gp_limit)task->lost[k],
                      .point = task->sweep.point,
                      .examples = c->examples,
                      .part = c->part};
}

gp_outcome gp_survey(gp_check_state *c, gp_origin origin, size_t number, double f0,
                     const double *gradient, const size_t *entries, size_t count) {
    const gp_function *f = c->function;
    /* Room for whole chunks. */
    size_t ladder_bytes = (count + CHUNK) * sizeof(gp_ladder),
           result_bytes = count * sizeof(gp_entry);
    gp_survey_task task = {.check = c,
                           .sweep = {c, origin, number, NULL},
                           .f0 = f0,
                           .gradient = gradient,
                           .entries = entries,
                           .count = count,
                           .ladders = gp_records_alloc(&c->executor, ladder_bytes),
                           .results = gp_records_alloc(&c->executor, result_bytes),
                           .lost = calloc(count, 1)};
    gp_tolerance *tolerance = malloc(f->blocks * sizeof *tolerance);
    double *scratch = malloc((2 * count + 1) * sizeof *scratch), tiny = 0;
    gp_outcome outcome = GP_EVALUATED;
    if (!task.ladders || !task.results || !task.lost || !tolerance || !scratch) {
        (void)gp_evaluator_fault(c->evaluator, "memory", "out of memory for %zu entries", count);
        outcome = GP_FAULT;
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_check_tiny_noise(c, f0, &tiny);
    if (outcome == GP_EVALUATED)
        outcome = gp_find_first_steps(&task, tiny);
    if (outcome == GP_EVALUATED)
        outcome = take_first_looks(&task);
    if (outcome == GP_EVALUATED)
        outcome = gp_noise_level(f->dtype, tiny, task.ladders, count, 1, gp_survey_looks_again,
                                 &task, &task.noise);
    if (outcome == GP_NOT_HERE)
        outcome =
            gp_evaluator_fault(c->evaluator, "memory", "out of memory for %zu entries", count);
    if (outcome == GP_EVALUATED)
        outcome = find_stairs(&task);
    if (outcome == GP_EVALUATED) {
        memcpy(tolerance, c->tolerance, f->blocks * sizeof *tolerance);
        outcome = set_tolerances(&task, count, tolerance, scratch);
    }
    if (outcome == GP_EVALUATED) {
        task.sweep.tolerance = tolerance;
        gp_work work = gp_work_on(count, judge_entry, &task, task.results, sizeof *task.results,
                                  judged_entry_is_sound);
        outcome = gp_check_execute(c, &work);
        note_lost(&task);
    }
    /* What was found before an interruption counts. */
    int through =
        outcome == GP_EVALUATED || (task.sweep.tolerance && gp_evaluator_is_stopped(c->evaluator));
    if (through && origin == GP_FROM_GIVEN_POINT) {
        memcpy(c->tolerance, tolerance, f->blocks * sizeof *tolerance);
        c->report->noise = task.noise.sigma;
        c->noise = task.noise;
    }
    for (size_t k = 0; k < count && through; k++) {
        size_t i = entries[k];
        if (task.lost[k])
            task.results[k] = lost_entry(&task, k);
        if (gp_sweep_put(&task.sweep, i, gp_function_block_number(f, i), &task.results[k]) ==
            GP_FAULT)
            outcome = GP_FAULT;
    }
    gp_records_free(task.ladders, ladder_bytes);
    gp_records_free(task.results, result_bytes);
    free(task.lost);
    free(tolerance);
    free(scratch);
    return outcome;
}

typedef struct gp_estimates {
    gp_check_state *check;
    double f0;
    const size_t *entries;
    double (*pair)[2]; /* shared: estimate and bound */
} gp_estimates;

static gp_outcome estimate_entry(void *context, gp_evaluator *e, size_t k) {
    gp_estimates *task = context;
    const gp_check_state *c = task->check;
    gp_probe probe = gp_survey_probe(c, task->entries[k]);
    const gp_tolerance *t = &c->tolerance[gp_function_block_number(c->function, task->entries[k])];
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, e, &probe, task->f0);
    gp_estimate estimate;
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT ||
        gp_refine(&ladder, &line, c->report->noise, t, &estimate) == GP_FAULT)
        return GP_FAULT;
    task->pair[k][0] = estimate.derivative;
    task->pair[k][1] = estimate.bound;
    return GP_EVALUATED;
}

gp_outcome gp_estimate_entries(gp_check_state *c, double f0, const size_t *entries, size_t count,
                               double *d, double *b) {
    size_t bytes = count * sizeof(double[2]);
    gp_estimates task = {c, f0, entries, gp_records_alloc(&c->executor, bytes)};
    gp_work work = gp_work_on(count, estimate_entry, &task, task.pair, sizeof(double[2]),
                              gp_pair_record_is_sound);
    if (!task.pair)
        return gp_evaluator_fault(c->evaluator, "memory", "out of memory for %zu entries", count);
    gp_outcome outcome = gp_check_execute(c, &work);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        int known = isfinite(task.pair[k][1]) && !gp_executor_lost(&c->executor, k);
        d[entries[k]] = task.pair[k][0];
        b[entries[k]] = known ? task.pair[k][1] : INFINITY;
    }
    gp_records_free(task.pair, bytes);
    return outcome;
}

/* See gather.h. */
#include "search/gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/fit.h"
#include "judge/decide.h"
#include "search/looks.h"
#include "search/points.h"
#include "search/witness.h"

enum {
    EVIDENCE_PER_BLOCK = 64,    /* entries that are looked at again, or over one example */
    EVIDENCE_OF_DIRECTIONS = 8, /* of those over one example, where directions look at few */
    LEAST_EFFORT = 60, /* evaluations that an entry may take which is looked at again, at least */
    MOST_EFFORT = 600, /* and at most; */
    EFFORT_SHARE = 2   /* all of them together so many times what the check has taken so far */
};
/* An estimate tells causes apart where its bound is so small a share of what wrong entries are off
 * by, at least. */
static const double TELLING_SHARE = 0.1;
/* Where bends limit an estimate, a singularity may be nearer than its steps: first steps times
 * this, again and again, so many times. */
static const double NEARER = 0x1p-4;
enum { NEARER_TRIES = 3 };

/* ---- single examples ------------------------------------------------------------- */

/* Entries of a block, ascending, that are asked about over one example: some of all, or of those
 * that directions have led to. */
static size_t list_of_block(const gp_check_state *c, const gp_block *block, size_t *list) {
    const gp_report *r = c->report;
    size_t end = block->offset + block->entries, refuted = 0, count = 0;
    size_t stride = (block->entries + EVIDENCE_PER_BLOCK - 1) / EVIDENCE_PER_BLOCK;
    for (size_t i = gp_report_next(r, block->offset); i < end; i = gp_report_next(r, i + 1)) {
        int wrong = gp_report_at(r, i)->status == GP_ENTRY_REFUTED;
        refuted += wrong;
        if (wrong && c->lean && count < EVIDENCE_OF_DIRECTIONS)
            list[count++] = i;
    }
    for (size_t i = block->offset; i < end && refuted >= 2 && !c->lean; i += stride)
        list[count++] = i;
    return refuted >= 2 ? count : 0;
}

gp_outcome gp_gather_examples(gp_check_state *c) {
    const gp_function *f = c->function;
    size_t *list = malloc(f->blocks * EVIDENCE_PER_BLOCK * sizeof *list), count = 0;
    gp_outcome outcome = list ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    for (size_t k = 0; k < f->blocks && list && f->examples > 1 && !f->team; k++)
        count += list_of_block(c, &f->block[k], list + count);
    for (int k = 0; k < 2 && count > 0 && outcome == GP_EVALUATED; k++) {
        double f0;
        c->example_d[k] = calloc(f->n, sizeof(double)); /* 0 in b: not asked about */
        c->example_b[k] = calloc(f->n, sizeof(double));
        outcome = c->example_d[k] && c->example_b[k]
                      ? gp_evaluator_select_examples(c->evaluator, k == 0 ? 0 : f->examples - 1, 1)
                      : gp_evaluator_no_memory(c->evaluator);
        if (outcome == GP_EVALUATED)
            outcome = gp_evaluator_value(c->evaluator, &f0);
        if (outcome == GP_EVALUATED)
            outcome = gp_estimate_entries(c, f0, list, count, c->example_d[k], c->example_b[k]);
        if (outcome != GP_FAULT)
            outcome = gp_check_return(c);
    }
    free(list);
    return outcome == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* ---- sharper estimates ------------------------------------------------------------ */

typedef struct gp_sharpening {
    gp_check_state *check;
    const size_t *entries;
    const double *error; /* one a block: the least relative error of its wrong entries */
    unsigned effort;     /* evaluations an entry */
    double (*pair)[2];   /* shared: estimate and bound */
} gp_sharpening;

static int agree(const gp_estimate *p, double d, double b) {
    return fabs(p->derivative - d) <= p->bound + b;
}

/* An estimate by steps that begin at `shift` times the usual ones; its bound is infinite where the
 * value stands still there, or a second one at other steps says something else. */
static gp_outcome look_near(gp_line *line, double shift, double sigma, gp_goal goal,
                            gp_estimate *found, unsigned *spent) {
    gp_ladder ladder[2];
    gp_estimate e[2];
    for (int k = 0; k < 2; k++) {
        if (gp_ladder_start(&ladder[k], line, k ? GP_SECOND_SHIFT * shift : shift) == GP_FAULT ||
            gp_ladder_refine(&ladder[k], line, sigma, goal, GP_FINEST_EVALUATIONS, &e[k]) ==
                GP_FAULT)
            return GP_FAULT;
        *spent += ladder[k].evaluations;
        if (gp_ladder_is_still(&ladder[k]) || e[k].kink)
            e[k].bound = INFINITY;
    }
    *found = e[0].bound <= e[1].bound ? e[0] : e[1];
    if (!isfinite(e[0].bound) || !agree(&e[0], e[1].derivative, e[1].bound))
        found->bound = INFINITY;
    return GP_EVALUATED;
}

/* An estimate that contradicts what is known of an entry is the better one only where it comes from
 * much nearer, and the function has no stairs, which show from afar alone. */
static gp_outcome sharpen_entry(void *context, gp_evaluator *e, size_t k) {
    gp_sharpening *task = context;
    const gp_check_state *c = task->check;
    size_t i = task->entries[k];
    gp_probe probe = gp_survey_probe(c, i);
    gp_goal goal = {TELLING_SHARE * task->error[gp_function_block_number(c->function, i)], 0};
    double sigma = c->noise.sigma, shift = NEARER, d = c->numeric[i], b = c->bound[i];
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, e, &probe, c->report->value);
    gp_estimate best = {.bound = INFINITY}, other;
    task->pair[k][1] = INFINITY;
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT ||
        gp_ladder_refine(&ladder, &line, sigma, goal, LEAST_EFFORT / 2, &other) == GP_FAULT)
        return GP_FAULT;
    unsigned spent = ladder.evaluations;
    int noisy = other.limit == GP_LIMIT_NOISE;
    if (agree(&other, d, b) && !other.kink && !gp_ladder_is_still(&ladder))
        best = other;
    if (isfinite(best.bound) && !gp_line_is_narrow(&line)) {
        double stairs = 0;
        if (gp_look_for_stairs(&line, &best, ladder.rung[ladder.rungs - 1].step, c->noise.quiet,
                               &stairs, &spent) == GP_FAULT)
            return GP_FAULT;
        if (stairs > sigma)
            return GP_EVALUATED;
    }
    for (int t = 0;
         t < NEARER_TRIES && !noisy && !gp_goal_is_met(&goal, &best) && spent < task->effort; t++) {
        if (look_near(&line, shift, sigma, goal, &other, &spent) == GP_FAULT)
            return GP_FAULT;
        if (other.bound < best.bound && (agree(&other, d, b) || !c->noise.stairs))
            best = other;
        shift *= NEARER;
    }
    if (noisy && !gp_goal_is_met(&goal, &best) && spent < task->effort) {
        if (gp_fit(&line, &ladder, sigma, goal, task->effort - spent, &other, &spent) == GP_FAULT)
            return GP_FAULT;
        if (other.bound < best.bound && agree(&other, d, b))
            best = other;
    }
    task->pair[k][0] = best.derivative;
    task->pair[k][1] = best.bound;
    return GP_EVALUATED;
}

/* The least relative error of a block's entries that are refuted at the given point; 0: none is, or
 * those that are leave nothing to tell. */
static double least_error(const gp_check_state *c, const gp_block *block) {
    double least = INFINITY;
    for (size_t i = block->offset; i < block->offset + block->entries; i++) {
        const gp_entry *e = &c->report->entry[i];
        double off = fabs(c->gradient[i] - c->numeric[i]) - c->bound[i]; /* at least */
        double size = fmax(fabs(c->gradient[i]), fabs(c->numeric[i]));
        if (e->status == GP_ENTRY_REFUTED && e->point == 0 && off > 0 && isfinite(size))
            least = fmin(least, off / size);
    }
    return isfinite(least) ? least : 0;
}

/* Entries whose bounds leave open what is wrong with their blocks, up to so many a block. */
static size_t list_open(const gp_check_state *c, double *error, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        size_t of_block = 0;
        error[b] = least_error(c, block);
        for (size_t i = block->offset; i < block->offset + block->entries; i++) {
            double size = fmax(fabs(c->gradient[i]), fabs(c->numeric[i]));
            int open =
                error[b] > 0 && isfinite(size) && c->bound[i] > TELLING_SHARE * error[b] * size;
            if (open && c->manner[i] == GP_MANNER_SET &&
                c->report->entry[i].status != GP_ENTRY_KINK && of_block++ < EVIDENCE_PER_BLOCK)
                list[count++] = i;
        }
    }
    return count;
}

/* Numbers and bounds of what single evaluations an entry have left open: more values where noise is
 * in the way, nearer ones where bends are. */
static gp_outcome sharpen_estimates(gp_check_state *c, size_t *list) {
    double *error = malloc(c->function->blocks * sizeof *error);
    size_t count = error ? list_open(c, error, list) : 0, bytes = count * sizeof(double[2]);
    gp_sharpening task = {.check = c, .entries = list, .error = error};
    gp_work work = {0};
    if (!error)
        return gp_evaluator_no_memory(c->evaluator);
    if (count == 0 || c->noise.stairs) {
        free(error);
        return GP_EVALUATED;
    }
    double effort = EFFORT_SHARE * (double)c->evaluator->values / (double)count;
    task.effort = (unsigned)fmin(fmax(effort, LEAST_EFFORT), MOST_EFFORT);
    task.pair = gp_records_alloc(&c->executor, bytes);
    gp_outcome outcome = task.pair ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    if (task.pair) {
        work = gp_work_on(count, sharpen_entry, &task, task.pair, sizeof(double[2]),
                          gp_pair_record_is_sound);
        outcome = gp_check_execute(c, &work);
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_keep_given(c);
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        const double *pair = task.pair[k];
        if (gp_executor_lost(&c->executor, k) || !(pair[1] < c->bound[list[k]]))
            continue;
        c->numeric[list[k]] = pair[0];
        c->bound[list[k]] = pair[1];
    }
    gp_records_free(task.pair, bytes);
    free(error);
    return outcome;
}

gp_outcome gp_gather_evidence(gp_check_state *c, size_t *list) {
    if (gp_find_stored(c, NULL) == GP_FAULT || gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    if (sharpen_estimates(c, list) == GP_FAULT)
        return GP_FAULT;
    return gp_gather_examples(c);
}

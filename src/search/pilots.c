/* Where kinks crowd, first steps are too large by orders of magnitude, where noise is large they
 * are too small, and for all entries of a block alike. A few of each large block go ahead and tell
 * how large they should be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "search/pilots.h"

enum { PILOTS = 15, PILOTED_BLOCK = 1000, CANDIDATES = 4 };
/* Of the steps that served the pilots best: the usual, and these quantiles. */
static const double QUANTILE[CANDIDATES] = {0, 0.25, 0.5, 0.8};

typedef struct gp_pilots {
    const gp_survey_task *task;
    size_t *index; /* count, into task->entries, by block */
    size_t count;
    gp_ladder *ladders; /* shared */
    double *share;      /* shared: the step that served best, as a share of the first */
    double sigma;
    double *scale;                       /* a block: the median |d| of its pilots */
    double (*candidate)[CANDIDATES];     /* a block: shares that may do for all of it */
    unsigned char (*served)[CANDIDATES]; /* shared, a pilot: do they do for it? */
} gp_pilots;

static gp_outcome pilot_look(void *context, gp_evaluator *e, size_t k) {
    gp_pilots *p = context;
    return gp_survey_look(p->task, e, p->index[k], 1, &p->ladders[k]);
}

static gp_outcome pilot_looks_again(void *context, const size_t *indices, size_t count,
                                    double shift, gp_ladder *ladders) {
    const gp_pilots *p = context;
    size_t index[PILOTS];
    for (size_t k = 0; k < count; k++)
        index[k] = p->index[indices[k]];
    return gp_survey_looks_again((void *)p->task, index, count, shift, ladders);
}

static gp_goal pilot_goal(const gp_pilots *p, size_t k) {
    const gp_check_state *c = p->task->check;
    size_t block = gp_function_block_number(c->function, p->task->entries[p->index[k]]);
    double fine = GP_FINEST_SHARE * c->options.rtol;
    return (gp_goal){fine, fine * GP_SMALL_SHARE * p->scale[block]};
}

/* How does a pilot fare with each of the candidates alone? */
static gp_outcome pilot_compare(void *context, gp_evaluator *e, size_t k) {
    gp_pilots *p = context;
    size_t entry = p->task->entries[p->index[k]];
    size_t block = gp_function_block_number(e->function, entry);
    gp_goal goal = pilot_goal(p, k);
    for (size_t q = 0; q < CANDIDATES; q++) {
        gp_ladder ladder;
        if (gp_survey_look(p->task, e, p->index[k], p->candidate[block][q], &ladder) == GP_FAULT)
            return GP_FAULT;
        gp_estimate estimate = gp_ladder_estimate(&ladder, p->sigma);
        p->served[k][q] = estimate.bound <= goal.rtol * fabs(estimate.derivative) + goal.atol;
    }
    return GP_EVALUATED;
}

static gp_outcome pilot_refine(void *context, gp_evaluator *e, size_t k) {
    gp_pilots *p = context;
    const gp_check_state *c = p->task->check;
    gp_probe probe = gp_survey_probe(c, p->task->entries[p->index[k]]);
    gp_goal goal = pilot_goal(p, k);
    gp_along along;
    gp_line line = gp_line_along(&along, e, &probe, p->task->f0);
    gp_estimate estimate;
    if (gp_ladder_refine(&p->ladders[k], &line, p->sigma, goal, GP_FINEST_EVALUATIONS, &estimate) ==
        GP_FAULT)
        return GP_FAULT;
    p->share[k] = isfinite(estimate.bound) ? estimate.step / gp_first_step(&line) : 1;
    return GP_EVALUATED;
}

static int served_is_sound(const void *context, size_t k, const void *record) {
    const unsigned char *served = record;
    (void)context;
    (void)k;
    for (size_t q = 0; q < CANDIDATES; q++)
        if (served[q] > 1)
            return 0;
    return 1;
}

/* The next block's pilots, from `first` on: one past them. */
static size_t end_of_block(const gp_pilots *p, size_t first, size_t *block) {
    const gp_function *f = p->task->check->function;
    size_t k = first;
    *block = gp_function_block_number(f, p->task->entries[p->index[first]]);
    while (k < p->count && gp_function_block_number(f, p->task->entries[p->index[k]]) == *block)
        k++;
    return k;
}

static void set_scales(gp_pilots *p) {
    double some[PILOTS];
    size_t block;
    for (size_t k = 0, end; k < p->count; k = end) {
        size_t found = 0;
        end = end_of_block(p, k, &block);
        for (size_t q = k; q < end; q++) {
            gp_estimate e = gp_ladder_estimate(&p->ladders[q], p->sigma);
            if (isfinite(e.derivative) && e.derivative != 0)
                some[found++] = fabs(e.derivative);
        }
        p->scale[block] = found ? gp_median(some, found) : 0;
    }
}

static void set_candidates(gp_pilots *p) {
    double some[PILOTS];
    size_t block;
    for (size_t k = 0, end; k < p->count; k = end) {
        end = end_of_block(p, k, &block);
        memcpy(some, p->share + k, (end - k) * sizeof *some);
        (void)gp_median(some, end - k); /* sorts them */
        p->candidate[block][0] = 1;
        for (size_t q = 1; q < CANDIDATES; q++) {
            double share = some[(size_t)(QUANTILE[q] * (double)(end - k))];
            p->candidate[block][q] = share > 0 ? share : 1;
        }
    }
}

/* The candidate that serves most pilots; the usual one where another is hardly better. */
static void choose_candidates(const gp_pilots *p) {
    size_t block;
    for (size_t k = 0, end; k < p->count; k = end) {
        size_t served[CANDIDATES] = {0}, best = 0;
        end = end_of_block(p, k, &block);
        for (size_t q = 0; q < CANDIDATES; q++)
            for (size_t i = k; i < end; i++)
                served[q] += p->served[i][q];
        for (size_t q = 1; q < CANDIDATES; q++)
            if (served[q] > served[best] + (best == 0))
                best = q;
        p->task->check->pilot[block] = p->candidate[block][best];
    }
}

static gp_outcome send_pilots(gp_pilots *p, double tiny) {
    gp_check_state *c = p->task->check;
    gp_work looks = gp_work_on(p->count, pilot_look, p, p->ladders, sizeof *p->ladders,
                               gp_ladder_record_is_sound);
    gp_work refinements =
        gp_work_on(p->count, pilot_refine, p, p->share, sizeof *p->share, gp_size_record_is_sound);
    gp_work comparisons =
        gp_work_on(p->count, pilot_compare, p, p->served, sizeof *p->served, served_is_sound);
    gp_noise noise;
    gp_outcome outcome = gp_execute(&c->executor, c->evaluator, &looks);
    if (outcome == GP_EVALUATED)
        outcome = gp_noise_level(c->function->dtype, tiny, p->ladders, p->count, 1,
                                 pilot_looks_again, p, &noise);
    if (outcome != GP_EVALUATED)
        return outcome;
    p->sigma = noise.sigma;
    set_scales(p);
    outcome = gp_execute(&c->executor, c->evaluator, &refinements);
    set_candidates(p);
    if (outcome == GP_EVALUATED)
        outcome = gp_execute(&c->executor, c->evaluator, &comparisons);
    if (outcome == GP_EVALUATED)
        choose_candidates(p);
    return outcome;
}

gp_outcome gp_find_first_steps(gp_survey_task *task, double tiny) {
    gp_check_state *c = task->check;
    const gp_function *f = c->function;
    gp_pilots p = {.task = task};
    size_t most = f->blocks * PILOTS, each = sizeof *p.ladders + sizeof *p.share + sizeof *p.served;
    gp_outcome outcome = GP_EVALUATED;
    p.index = malloc(most * sizeof *p.index);
    p.scale = calloc(f->blocks, sizeof *p.scale);
    p.candidate = calloc(f->blocks, sizeof *p.candidate);
    p.ladders = gp_records_alloc(&c->executor, most * each);
    for (size_t b = 0, k = 0; b < f->blocks && p.index; b++) {
        size_t first = k;
        while (k < task->count && task->entries[k] < f->block[b].offset + f->block[b].entries)
            k++;
        for (size_t q = 0; q < PILOTS && k - first >= PILOTED_BLOCK; q++)
            p.index[p.count++] = first + (2 * q + 1) * (k - first) / (2 * PILOTS);
    }
    if (!p.index || !p.scale || !p.candidate || !p.ladders) {
        outcome = gp_evaluator_no_memory(c->evaluator);
    } else if (p.count > 0) {
        p.share = (double *)(void *)(p.ladders + most);
        p.served = (unsigned char(*)[CANDIDATES])(void *)(p.share + most);
        outcome = send_pilots(&p, tiny);
    }
    gp_records_free(p.ladders, most * each);
    free(p.index);
    free(p.scale);
    free(p.candidate);
    return outcome;
}

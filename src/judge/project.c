/* Random directions: is (g - grad f) . v zero within its bound for k random v over a block? For v
 * uniform on [-w_i, w_i] the probability that an error e passes all k is at most
 * (sqrt 2 B / |w e|)^k, B being the largest difference that is accepted, by Ball's cube-slicing
 * theorem: K. Ball, "Cube slicing in R^n", Proc. AMS 97 (1986). */
#include <math.h>
#include <stdlib.h>

#include "estimate/noise.h"
#include "evaluate/executor.h"
#include "judge/check.h"

enum { DIRECTIONS = 8 };

typedef struct gp_project_task {
    gp_check_state *check;
    double f0;
    gp_noise noise;
    const double *weight;
    gp_ladder *ladders;   /* shared, one a direction: block by block */
    gp_estimate *results; /* shared */
} gp_project_task;

static gp_probe direction(const gp_project_task *task, size_t index) {
    const gp_block *block = &task->check->function->block[index / DIRECTIONS];
    return (gp_probe){.offset = block->offset,
                      .entries = block->entries,
                      .seed = task->check->options.seed,
                      .stream = GP_STREAM_DIRECTION,
                      .part = index % DIRECTIONS,
                      .weight = task->weight,
                      .scale = 1};
}

static gp_outcome look(void *context, size_t index, double shift, gp_ladder *ladder) {
    gp_project_task *task = context;
    gp_probe probe = direction(task, index);
    gp_line line;
    gp_line_start(&line, task->check->evaluator, &probe, task->f0);
    return gp_ladder_start(ladder, &line, shift);
}

static gp_outcome first_look(void *context, gp_evaluator *e, size_t index) {
    (void)e; /* the check's own */
    return look(context, index, 1, &((gp_project_task *)context)->ladders[index]);
}

/* |w g| over a block and (g . v): what the direction should see, and on which scale. */
static void analytic_slope(const gp_project_task *task, const gp_probe *probe, double *slope,
                           double *size) {
    *slope = *size = 0;
    for (size_t i = probe->offset; i < probe->offset + probe->entries; i++) {
        double wg = task->weight[i] * task->check->gradient[i];
        *slope += task->check->gradient[i] * gp_probe_component(probe, i);
        *size += wg * wg;
    }
    *size = sqrt(*size);
}

static gp_outcome estimate(void *context, gp_evaluator *e, size_t index) {
    gp_project_task *task = context;
    gp_probe probe = direction(task, index);
    gp_line line;
    double slope, size, rtol = task->check->options.rtol;
    gp_line_start(&line, e, &probe, task->f0);
    analytic_slope(task, &probe, &slope, &size);
    gp_goal goal = {0, 1e-2 * rtol * size}, enough = {0, 0.1 * rtol * size};
    if (gp_ladder_refine(&task->ladders[index], &line, task->noise.sigma, goal, 12) == GP_FAULT ||
        gp_ladder_refine(&task->ladders[index], &line, task->noise.sigma, enough, 40) == GP_FAULT)
        return GP_FAULT;
    task->results[index] = gp_ladder_estimate(&task->ladders[index], task->noise.sigma);
    return GP_EVALUATED;
}

/* Weights that make relative errors count: the inverse of an entry's gradient, within a decade of
 * the block's own, times the length on which parameters of the block vary. */
static void set_weights(const gp_check_state *c, double *weight) {
    const gp_function *f = c->function;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *block = &f->block[k];
        double sum = 0;
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            sum += c->gradient[i] * c->gradient[i];
        double size = sqrt(sum / (double)block->entries);
        for (size_t i = block->offset; i < block->offset + block->entries; i++) {
            double relative = size > 0 ? fabs(c->gradient[i]) / size : 1;
            weight[i] = c->typical[k] / (0.1 + fmin(relative, 10));
        }
    }
}

gp_outcome gp_project(gp_check_state *c, double f0, unsigned char *refuted) {
    const gp_function *f = c->function;
    size_t count = f->blocks * DIRECTIONS;
    size_t ladder_bytes = count * sizeof(gp_ladder), result_bytes = count * sizeof(gp_estimate);
    double *weight = malloc(f->n * sizeof *weight), tiny = 0;
    gp_project_task task = {.check = c,
                            .f0 = f0,
                            .weight = weight,
                            .ladders = gp_shared_alloc(ladder_bytes),
                            .results = gp_shared_alloc(result_bytes)};
    gp_outcome outcome = GP_EVALUATED;
    if (!weight || !task.ladders || !task.results) {
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    } else {
        set_weights(c, weight);
        outcome = gp_check_tiny_noise(c, f0, &tiny);
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_execute(c->evaluator, c->options.jobs, count, first_look, &task);
    if (outcome == GP_EVALUATED)
        outcome = gp_noise_level(f->dtype, tiny, task.ladders, count, look, &task, &task.noise);
    if (outcome == GP_NOT_HERE)
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    if (outcome == GP_EVALUATED) {
        c->report->noise = task.noise.sigma;
        outcome = gp_execute(c->evaluator, c->options.jobs, count, estimate, &task);
    }
    /* k directions leave at most (sqrt 2 B / |w e|)^k: solve for |w e|. */
    double reach = sqrt(2) * pow(c->options.confidence, -1.0 / DIRECTIONS);
    for (size_t k = 0; k < f->blocks && outcome == GP_EVALUATED; k++) {
        gp_block_result *block = &c->report->block[k].result;
        double widest = 0, size = 0;
        int unresolved = 0;
        block->directions = DIRECTIONS;
        for (size_t i = 0; i < DIRECTIONS; i++) {
            gp_probe probe = direction(&task, k * DIRECTIONS + i);
            const gp_estimate *e = &task.results[k * DIRECTIONS + i];
            double slope;
            analytic_slope(&task, &probe, &slope, &size);
            double tau = c->options.rtol * size, off = fabs(slope - e->derivative);
            if (!(off <= tau + e->bound))
                refuted[k] |= isfinite(e->bound);
            unresolved |= !(e->bound <= tau) && size > 0;
            widest = fmax(widest, fmin(off, tau + e->bound) + e->bound);
        }
        block->resolution = size > 0 ? reach * widest / size : NAN;
        c->report->block[k].by_directions = unresolved ? GP_INCONCLUSIVE : GP_VERIFIED;
        for (size_t i = 0; i < block->entries; i++)
            block->exercised += c->gradient[block->offset + i] != 0;
    }
    free(weight);
    gp_shared_free(task.ladders, ladder_bytes);
    gp_shared_free(task.results, result_bytes);
    return outcome;
}

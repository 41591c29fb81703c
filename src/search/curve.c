/* See curve.h. */
#include "search/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/column.h"
#include "function/claims.h"
#include "judge/conclude.h"
#include "judge/decide.h"
#include "search/entry.h"
#include "search/looks.h"

/* Steps of a curve in a factor of ten. */
enum { STEPS_PER_DECADE = 2 };
/* Maps of more outputs, each of which is kept at some 100 points, have no curves. */
static const size_t MOST_OUTPUTS = 65536;

typedef struct gp_curves_task {
    gp_check_state *check;
    const size_t *entries;
    gp_step_curve *curves; /* shared, one an entry */
} gp_curves_task;

/* Both values at every power of sqrt(10) that is a sensible step, the largest first. */
static gp_outcome take_steps(gp_line *line, double longest, gp_step_curve *curve) {
    for (int k = (int)floor(STEPS_PER_DECADE * log10(longest)); curve->steps < GP_CURVE_STEPS;
         k--) {
        double step = pow(10, (double)k / STEPS_PER_DECADE);
        if (!(step >= line->unit) || !isnormal(step))
            break;
        gp_rung *rung = &curve->rung[curve->steps++];
        rung->step = step;
        gp_outcome plus = gp_line_value(line, step, &rung->plus, &rung->f_plus);
        if (plus == GP_FAULT)
            return plus;
        gp_outcome minus = gp_line_value(line, -step, &rung->minus, &rung->f_minus);
        if (minus == GP_FAULT)
            return minus;
        if (plus != GP_EVALUATED || !(rung->plus > 0))
            rung->f_plus = NAN;
        if (minus != GP_EVALUATED || !(rung->minus < 0))
            rung->f_minus = NAN;
    }
    return GP_EVALUATED;
}

/* The estimate's own step, then all others, along a line whose noise is known from its ladder. */
static gp_outcome take_values(const gp_check_state *c, size_t i, gp_line *line, gp_ladder *ladder,
                              double sigma, gp_step_curve *curve) {
    gp_estimate estimate;
    const gp_tolerance *t = &c->tolerance[gp_function_block_number(c->shown, i)];
    if (gp_refine(ladder, line, sigma, t, &estimate) == GP_FAULT ||
        take_steps(line, ladder->limit, curve) == GP_FAULT)
        return GP_FAULT;
    curve->entry = i;
    curve->f0 = line->f0;
    curve->sigma = sigma;
    curve->step = isfinite(estimate.bound) ? estimate.step : NAN;
    return GP_EVALUATED;
}

/* Of an entry of the gradient. */
static gp_outcome take_scalar(const gp_check_state *c, gp_evaluator *e, size_t i,
                              gp_step_curve *curve) {
    gp_probe probe = gp_survey_probe(c, i);
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, e, &probe, c->report->value);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    return take_values(c, i, &line, &ladder, gp_noise_along(c, &ladder).sigma, curve);
}

/* Which output along which parameter an entry of a map's derivative is. */
typedef struct gp_map_place {
    int second; /* the map is the gradient */
    size_t outputs, output, parameter;
} gp_map_place;

/* Claims follow the gradient in `shown` in the order of their enumeration, a block a parameter's
 * block each, or one where they have a pattern. */
static gp_map_place place_of(const gp_check_state *c, size_t entry) {
    const gp_function *f = c->function;
    size_t b = gp_function_block_number(c->shown, entry), begin = c->scalars ? f->blocks : 0;
    size_t index = entry - c->shown->block[b].offset;
    gp_map_place p = {0, 0, 0, 0};
    for (int k = 0; k < GP_CLAIMS; k++) {
        gp_claim claim = (gp_claim)k;
        int sparse = gp_claim_is_sparse(f, claim);
        size_t blocks = gp_function_claims(f, claim) ? sparse ? 1 : f->blocks : 0;
        if (b >= begin && b < begin + blocks) {
            const gp_block *inputs = &f->block[sparse ? 0 : b - begin];
            p.second = claim == GP_CLAIM_HESSIAN || claim == GP_CLAIM_HVP;
            p.outputs = gp_claim_outputs(f, claim);
            p.output = sparse ? f->row[index] : index / inputs->entries;
            p.parameter = sparse ? f->column[index] : inputs->offset + index % inputs->entries;
        }
        begin += blocks;
    }
    return p;
}

static gp_outcome take_output(const gp_check_state *c, gp_column *column, const gp_map_place *p,
                              size_t i, gp_step_curve *curve) {
    gp_column_output of;
    gp_ladder ladder;
    double step, sigma = 0;
    size_t block = gp_function_block_number(c->function, p->parameter);
    gp_line line = gp_line_of_column(&of, column, 0, p->output, c->typical[block], 0);
    gp_outcome outcome = gp_line_value(&line, 0, &step, &line.f0);
    if (outcome == GP_EVALUATED)
        outcome = gp_noise_at_tiny_steps(&line, &sigma);
    if (outcome == GP_EVALUATED)
        outcome = gp_ladder_start(&ladder, &line, 1);
    if (outcome != GP_EVALUATED)
        return outcome;
    sigma = fmax(sigma, line.epsilon / 4 * gp_ladder_largest(&ladder));
    return take_values(c, i, &line, &ladder, sigma, curve);
}

static gp_outcome take_curve(void *context, gp_evaluator *e, size_t index) {
    gp_curves_task *task = context;
    const gp_check_state *c = task->check;
    size_t i = task->entries[index];
    if (i < c->scalars)
        return take_scalar(c, e, i, &task->curves[index]);
    gp_map_place place = place_of(c, i);
    gp_column column;
    gp_column_start(&column, e, place.second, place.outputs, &place.parameter, 1, c->length);
    gp_outcome outcome = take_output(c, &column, &place, i, &task->curves[index]);
    gp_column_end(&column);
    return outcome;
}

static int curve_is_sound(const void *context, size_t index, const void *record) {
    const gp_curves_task *task = context;
    const gp_step_curve *curve = record;
    return curve->entry == task->entries[index] && curve->steps <= GP_CURVE_STEPS &&
           curve->sigma >= 0;
}

/* The entry of a block whose curve is kept; r->n: none. */
static size_t worst_of(const gp_check_state *c, size_t b) {
    const gp_report *r = c->report;
    const gp_block *block = &c->shown->block[b];
    size_t found = r->n, end = block->offset + block->entries;
    double worst = -1;
    for (size_t i = gp_report_next(r, block->offset); i < end; i = gp_report_next(r, i + 1)) {
        const gp_entry *e = gp_report_at(r, i);
        int here = e->point == 0 && e->examples == 0 && e->part == 0;
        int known = e->status != GP_ENTRY_UNCHECKED && e->status != GP_ENTRY_UNEXERCISED &&
                    isfinite(e->bound) && isfinite(e->analytic);
        double badness = here && known ? gp_entry_badness(e, &c->tolerance[b]) : -1;
        if (badness > worst) {
            worst = badness;
            found = i;
        }
    }
    return found;
}

/* Can values along the entries of a block be had? Those of a map are kept, all outputs of them. */
static int is_open(const gp_check_state *c, size_t b) {
    const gp_block *block = &c->shown->block[b];
    if (block->entries == 0)
        return 0;
    return block->offset < c->scalars ||
           (c->length && !c->project_maps && place_of(c, block->offset).outputs <= MOST_OUTPUTS);
}

/* Up to `most` entries, one a block. */
static size_t choose(const gp_check_state *c, size_t most, size_t *entries) {
    static const gp_verdict TURNS[] = {GP_REFUTED, GP_INCONCLUSIVE, GP_VERIFIED};
    size_t count = 0;
    for (size_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++)
        for (size_t b = 0; b < c->shown->blocks && count < most; b++) {
            if (c->report->block[b].result.verdict != TURNS[turn] || !is_open(c, b))
                continue;
            entries[count] = worst_of(c, b);
            count += entries[count] < c->report->n;
        }
    return count;
}

gp_status gp_keep_curves(gp_check_state *c) {
    gp_report *r = c->report;
    size_t blocks = c->shown->blocks;
    size_t most = c->options.curves < blocks ? c->options.curves : blocks;
    size_t bytes = most * sizeof *r->curve;
    gp_curves_task task = {c, NULL, NULL};
    gp_status status = GP_OK;
    if (most == 0 || c->function->team || gp_check_return(c) != GP_EVALUATED)
        return GP_OK;
    size_t *entries = malloc(most * sizeof *entries);
    task.entries = entries;
    task.curves = gp_records_alloc(&c->executor, bytes);
    r->curve = malloc(bytes);
    if (!entries || !task.curves || !r->curve) {
        status = GP_ERROR_MEMORY;
    } else {
        size_t count = choose(c, most, entries);
        gp_work work =
            gp_work_on(count, take_curve, &task, task.curves, sizeof *task.curves, curve_is_sound);
        if (count && gp_execute(&c->executor, c->evaluator, &work) == GP_EVALUATED)
            for (size_t k = 0; k < count; k++)
                if (!gp_executor_lost(&c->executor, k) && task.curves[k].steps)
                    r->curve[r->curves++] = task.curves[k];
        if (strcmp(c->evaluator->fault.kind, "memory") == 0)
            status = GP_ERROR_MEMORY;
    }
    free(entries);
    gp_records_free(task.curves, bytes);
    return status;
}

/* See course.h. */
#include "check/course.h"

#include <math.h>
#include <string.h>

#include "check/resume.h"
#include "check/self_test.h"
#include "search/contract.h"
#include "search/elsewhere.h"
#include "search/gather.h"
#include "search/maps.h"
#include "search/points.h"
#include "search/practice.h"
#include "search/project.h"
#include "search/repeat.h"
#include "search/stochastic.h"

/* The entries to look at one by one: all of them, or a sample of each block without replacement
 * (Vitter's selection sampling). Returns how many. */
static size_t choose_entries(const gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *block = &f->block[k];
        size_t wanted = c->options.strategy == GP_SAMPLE ? c->options.sample : block->entries;
        for (size_t i = 0; i < block->entries && wanted > 0; i++) {
            double left = (double)(block->entries - i);
            if (wanted >= block->entries - i ||
                left * gp_random_uniform(c->options.seed, GP_STREAM_SAMPLE, k, i) <
                    (double)wanted) {
                list[count++] = block->offset + i;
                wanted--;
            }
        }
    }
    return count;
}

/* Names the units that keep entries silent at the point evaluated last. */
static gp_outcome name_silent_units(gp_check_state *c) {
    const gp_function *f = c->function;
    for (size_t i = 0; i < f->n && f->silence; i++) {
        char name[128];
        if (c->report->entry[i].status != GP_ENTRY_UNEXERCISED)
            continue;
        gp_outcome outcome = gp_evaluator_silence(c->evaluator, i, name, sizeof name);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && name[0] && gp_report_add_silent(c->report, name) != GP_OK)
            return gp_evaluator_no_memory(c->evaluator);
    }
    return GP_EVALUATED;
}

/* |g - d| / (|g| + |d|), the notebook's formula (3), with the notebook's own central differences at
 * one step for all entries, or with our estimates. */
static gp_outcome notebook_difference(gp_check_state *c) {
    const gp_function *f = c->function;
    double epsilon = c->options.notebook_epsilon, off = 0, g_norm = 0, d_norm = 0;
    int any = 0;
    for (size_t i = 0; i < f->n; i++) {
        double g = c->gradient[i], d = c->numeric[i];
        if (epsilon > 0) {
            double plus, minus;
            gp_evaluator_move(c->evaluator, i, epsilon);
            gp_outcome outcome = gp_evaluator_value(c->evaluator, &plus);
            if (outcome == GP_EVALUATED) {
                gp_evaluator_move(c->evaluator, i, -epsilon);
                outcome = gp_evaluator_value(c->evaluator, &minus);
            }
            gp_evaluator_move(c->evaluator, i, 0);
            if (outcome != GP_EVALUATED)
                return outcome;
            d = (plus - minus) / (2 * epsilon);
        } else if (!(c->bound[i] > 0 && isfinite(c->bound[i]))) {
            continue; /* not estimated: left out of all three norms */
        }
        any = 1;
        off = hypot(off, g - d); /* neither overflows nor vanishes */
        g_norm = hypot(g_norm, g);
        d_norm = hypot(d_norm, d);
    }
    double size = g_norm + d_norm;
    if (any)
        c->report->difference = size > 0 ? off / size : 0;
    return GP_EVALUATED;
}

/* The gradient: at the given point, then what else experts advise. */
static gp_outcome check_gradient(gp_check_run *run) {
    gp_check_state *c = &run->state;
    gp_report *r = c->report;
    const gp_function *f = c->function;
    gp_check_move(c, f->x);
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, 0);
    if (outcome != GP_EVALUATED)
        return gp_evaluator_fault(c->evaluator, "refused", "the batch callback refused batch 0");
    if (c->options.stochastic)
        return gp_check_stochastic(c);
    outcome = gp_try_out(c);
    if (outcome == GP_EVALUATED)
        outcome = gp_open_journal(run);
    if (outcome != GP_EVALUATED)
        return outcome;
    r->points = 1;

    if (c->lean) {
        outcome = gp_project(c);
    } else {
        size_t count = choose_entries(c, run->list);
        if (count)
            outcome = gp_survey(c, GP_FROM_GIVEN_POINT, 0, r->value, c->gradient, run->list, count);
        if (count && outcome == GP_EVALUATED)
            outcome = gp_allow_for_rounding(c, run->list, count);
    }
    if (outcome != GP_EVALUATED)
        return outcome;

    /* A function that drifts: still the same after all that? */
    double again;
    outcome = gp_evaluator_value(c->evaluator, &again);
    if (outcome == GP_FAULT)
        return outcome;
    if (outcome == GP_NOT_HERE || !gp_repeats(c, r->value, again, c->value_size))
        return gp_evaluator_fault(
            c->evaluator, "not-deterministic",
            "the function is not deterministic: its value at the given point "
            "was %.17g at first and is %.17g after the check (first block %s, "
            "index 0)",
            r->value, again, f->block[0].name);
    c->value_variation = fmax(c->value_variation, fabs(again - r->value));
    if (c->lean) {
        outcome = gp_project_elsewhere(c);
        return outcome == GP_EVALUATED ? gp_gather_examples(c) : outcome;
    }
    /* Now, while the given point is the one evaluated last. */
    if (name_silent_units(c) == GP_FAULT)
        return GP_FAULT;
    if (notebook_difference(c) == GP_FAULT)
        return GP_FAULT;

    if (c->options.self_test && gp_self_test(c) == GP_FAULT)
        return GP_FAULT;

    return gp_practise(c, run->list);
}

gp_outcome gp_check_course(gp_check_run *run) {
    gp_check_state *c = &run->state;
    c->report->points = 1;
    gp_outcome outcome = GP_EVALUATED;
    if (c->scalars)
        outcome = check_gradient(run);
    else
        gp_check_move(c, c->function->x);
    if (outcome == GP_EVALUATED)
        outcome = gp_report_repeats(c);
    if (outcome == GP_EVALUATED && !c->scalars)
        outcome = gp_open_journal(run);
    return outcome == GP_EVALUATED ? gp_maps_check(c) : outcome;
}

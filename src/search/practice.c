/* The practice that experts advise, beyond comparing numbers at one point: parts of the function by
 * themselves, fewer examples where kinks crowd, further points for what is silent, a point after
 * some training. Each thing done leaves a line in the report. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/decide.h"
#include "search/cost.h"
#include "search/gather.h"
#include "search/points.h"
#include "search/practice.h"
#include "system/text.h"

static size_t count_status(const gp_check_state *c, gp_entry_status status) {
    size_t count = 0;
    for (size_t i = 0; i < c->scalars; i++)
        count += c->report->entry[i].status == status;
    return count;
}

/* Lists the entries with a status; returns how many. */
static size_t list_status(const gp_check_state *c, gp_entry_status status, size_t *list) {
    size_t count = 0;
    for (size_t i = 0; i < c->scalars; i++)
        if (c->report->entry[i].status == status)
            list[count++] = i;
    return count;
}

static int note_forgone(const gp_check_state *c) {
    return c->forgone &&
           gp_report_add_practice(c->report,
                                  "%zu further %s at entries, in parts or at other points, would "
                                  "take about %.2g evaluations: a budget (--budget) allows them",
                                  c->forgone, gp_plural(c->forgone, "look", "looks"),
                                  c->forgone_cost) != GP_OK;
}

/* ---- parts ---------------------------------------------------------------------- */

/* A penalty may be so large that mistakes in the data loss vanish beside it: each by itself. */
static gp_outcome check_parts(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t count = 0, done = 0;
    char names[256] = "";
    for (size_t i = 0; i < c->scalars; i++)
        if (r->entry[i].status != GP_ENTRY_UNCHECKED)
            list[count++] = i;
    for (size_t part = 1; part <= f->parts && count > 0; part++) {
        double f0 = NAN;
        gp_outcome outcome = gp_check_return(c);
        if (outcome == GP_EVALUATED)
            outcome = gp_evaluator_select_part(c->evaluator, part);
        c->part = part;
        if (outcome == GP_EVALUATED)
            outcome = gp_check_evaluate(c, &f0);
        count = gp_check_afford(c, list, count);
        if (outcome == GP_EVALUATED)
            outcome = gp_survey(c, GP_FROM_SECOND_OPINION, 0, f0, c->other, list, count);
        if (outcome == GP_FAULT)
            return GP_FAULT;
        if (outcome == GP_NOT_HERE)
            continue;
        if (count_status(c, GP_ENTRY_REFUTED) > 0) {
            /* The diagnosis must see this part's numbers, all of them. */
            for (size_t i = 0; i < f->n; i++)
                c->gradient[i] = c->other[i];
            if (gp_estimate_entries(c, f0, list, count, c->numeric, c->bound) == GP_FAULT)
                return GP_FAULT;
            if (gp_report_add_practice(r, "the part '%.100s' by itself is wrong",
                                       f->part[part - 1]))
                return gp_evaluator_no_memory(c->evaluator);
            return gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
        }
        snprintf(names + done, sizeof names - done, "%s%.60s", done ? ", " : "", f->part[part - 1]);
        done = strlen(names);
    }
    if (gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    return done && gp_report_add_practice(r, "parts checked by themselves: %s", names)
               ? gp_evaluator_no_memory(c->evaluator)
               : GP_EVALUATED;
}

/* ---- fewer examples ------------------------------------------------------------- */

/* With an eighth of the examples a network has an eighth of the kinks. The same code at the same x.
 * Where these examples' own value is far from that of all, rounding may be another matter: better
 * not. */
static gp_outcome check_with_fewer_examples(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t open = list_status(c, GP_ENTRY_UNRESOLVED, list), before = 0;
    size_t fewer = (f->examples + 7) / 8;
    double f0;
    for (size_t k = 0; k < open; k++) /* the rounding of float32 values is no less with fewer */
        if (r->entry[list[k]].limit != GP_LIMIT_NOISE || c->evaluator->x_dtype == GP_FLOAT64)
            list[before++] = list[k];
    before = gp_check_afford(c, list, before);
    if (before == 0)
        return GP_EVALUATED;
    gp_outcome outcome = gp_evaluator_select_examples(c->evaluator, 0, fewer);
    c->examples = fewer;
    if (outcome == GP_EVALUATED)
        outcome = gp_check_evaluate(c, &f0);
    if (outcome == GP_EVALUATED && fabs(f0) < 4 * fabs(r->value) &&
        fabs(f0) > 0.25 * fabs(r->value))
        outcome = gp_survey(c, GP_FROM_FEWER_EXAMPLES, 0, f0, c->other, list, before);
    if (outcome == GP_FAULT || gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    size_t decided = open - count_status(c, GP_ENTRY_UNRESOLVED);
    if (decided > 0 && gp_report_add_practice(
                           r, "%zu of %zu unresolved %s decided on %zu of %zu examples", decided,
                           before, gp_plural(before, "entry", "entries"), fewer, f->examples))
        return gp_evaluator_no_memory(c->evaluator);
    return GP_EVALUATED;
}

/* ---- all of it ------------------------------------------------------------------ */

/* What the function's own form says about how far it can be trusted. */
static int note_precision(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    int narrow = gp_function_value_dtype(f) == GP_FLOAT32;
    double floor = narrow ? (double)FLT_MIN : DBL_MIN;
    if (f->dtype == GP_FLOAT32 && !narrow &&
        gp_report_add_practice(r, "float32 gradient held against a float64 value"))
        return -1;
    if (f->seed && gp_report_add_practice(r, "random draw held by seed %llu in every evaluation",
                                          (unsigned long long)c->options.seed))
        return -1;
    if (fabs(r->value) > 0 && fabs(r->value) < floor / gp_dtype_epsilon(f->dtype) &&
        gp_report_add_practice(
            r,
            "f = %.3g is at the lower end of the number range, where digits are lost: "
            "check a multiple of it",
            r->value))
        return -1;
    return 0;
}

/* Entries that noise leaves open, where many more values would average it away: says how many. */
static int note_cost(const gp_check_state *c) {
    const gp_function *f = c->function;
    double evaluations = 0;
    size_t entries = 0;
    for (size_t b = 0; b < f->blocks; b++)
        for (size_t i = f->block[b].offset; i < f->block[b].offset + f->block[b].entries; i++) {
            const gp_entry *e = &c->report->entry[i];
            double cost =
                e->status == GP_ENTRY_UNRESOLVED && e->limit == GP_LIMIT_NOISE
                    ? gp_decision_cost(&c->tolerance[b], c->noise.sigma,
                                       fmax(c->typical[b], gp_check_length(c, i)), e->numeric)
                    : INFINITY;
            entries += isfinite(cost);
            evaluations += isfinite(cost) ? cost : 0;
        }
    if (entries == 0 || c->evaluator->budget.allowance || c->evaluator->budget.deadline > 0)
        return 0;
    return gp_report_add_practice(c->report,
                                  "%zu %s that noise leaves open would take about %.2g further "
                                  "evaluations: a budget (--budget) allows them",
                                  entries, gp_plural(entries, "entry", "entries"),
                                  evaluations) != GP_OK;
}

gp_outcome gp_practise(gp_check_state *c, size_t *list) {
    gp_report *r = c->report;
    if (note_precision(c))
        return gp_evaluator_no_memory(c->evaluator);
    if (count_status(c, GP_ENTRY_REFUTED) == 0 && c->function->parts > 1) {
        if (check_parts(c, list) == GP_FAULT)
            return GP_FAULT;
        if (count_status(c, GP_ENTRY_REFUTED) > 0)
            return GP_EVALUATED; /* the diagnosis is of that part, and nothing else may blur it */
    }
    if (c->function->examples > 1 && check_with_fewer_examples(c, list) == GP_FAULT)
        return GP_FAULT;
    size_t tried = 1;
    for (size_t number = 1; number < c->options.points && tried > 0; number++) {
        if (gp_try_further_point(c, number, list, &tried) == GP_FAULT)
            return GP_FAULT;
        r->points += tried > 0;
    }
    if (gp_ask_silent(c) == GP_FAULT || gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    if (count_status(c, GP_ENTRY_REFUTED) == 0 && gp_find_stored(c, list) == GP_FAULT)
        return GP_FAULT;
    if (count_status(c, GP_ENTRY_REFUTED) == 0 && c->options.points > 1 && !c->options.no_descent &&
        gp_try_trained_point(c, list) == GP_FAULT)
        return GP_FAULT;
    if (gp_function_value_dtype(c->function) == GP_FLOAT32 &&
        count_status(c, GP_ENTRY_UNRESOLVED) > 0 &&
        gp_report_add_practice(r,
                               "not done: a float64 value for this float32 gradient, which would "
                               "narrow the bounds by orders of magnitude"))
        return gp_evaluator_no_memory(c->evaluator);
    if (note_cost(c) || note_forgone(c))
        return gp_evaluator_no_memory(c->evaluator);
    return count_status(c, GP_ENTRY_REFUTED) > 0 ? gp_gather_evidence(c, list) : GP_EVALUATED;
}

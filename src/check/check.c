/* gp_check: options, strategy, course, verdicts, causes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/course.h"
#include "check/evidence.h"
#include "check/options.h"
#include "check/strategy.h"
#include "evaluate/team.h"
#include "function/reserve.h"
#include "judge/conclude.h"
#include "manifold/explain.h"
#include "manifold/hint.h"
#include "search/curve.h"
#include "search/map_shown.h"
#include "search/points.h"
#include "search/stochastic.h"
#include "search/witness.h"
#include "system/clock.h"

/* What a check that isn't lean keeps of each entry. */
static gp_status make_arrays(gp_check_state *c, size_t placed) {
    size_t shown = placed ? placed : 1;
    c->manner = calloc(shown, 1);
    c->gradient = calloc(shown, sizeof(double));
    c->numeric = calloc(shown, sizeof(double));
    c->bound = calloc(shown, sizeof(double));
    c->other = calloc(c->function->n, sizeof(double));
    c->same = calloc(c->function->n, 1);
    c->stored = calloc(c->shown->blocks, 1);
    c->doubted = calloc(c->function->n, 1);
    for (size_t i = 0; i < shown && c->bound; i++)
        c->bound[i] = INFINITY;
    return c->manner && c->gradient && c->numeric && c->bound && c->other && c->same && c->stored &&
                   c->doubted
               ? GP_OK
               : GP_ERROR_MEMORY;
}

/* Arrays and lists, by the size of what is checked. */
static gp_status make_room(gp_check_run *run) {
    gp_check_state *c = &run->state;
    const gp_function *f = c->function;
    c->tolerance = calloc(c->shown->blocks, sizeof *c->tolerance);
    c->typical = calloc(f->blocks, sizeof(double));
    c->pilot = calloc(f->blocks, sizeof(double));
    c->reach = calloc(f->blocks, sizeof *c->reach);
    if (!c->tolerance || !c->typical || !c->pilot || !c->reach)
        return GP_ERROR_MEMORY;
    if (c->lean)
        return GP_OK;
    run->list = malloc(f->n * sizeof *run->list);
    c->length = calloc(f->n, sizeof(double));
    return run->list && c->length ? make_arrays(c, run->placed) : GP_ERROR_MEMORY;
}

/* Where a lean check has the gradient: where the callback writes it, if it can stay there. Second
 * derivatives call the gradient callback again. */
static gp_status place_gradient(gp_check_run *run) {
    gp_check_state *c = &run->state;
    const gp_function *f = c->function;
    int in_place = f->dtype == GP_FLOAT64 && f->callback[GP_VALUE] && c->shown == f;
    run->own = in_place ? NULL : gp_reserve(f->n * sizeof *run->own);
    c->gradient = in_place ? c->evaluator->g : run->own;
    return c->gradient ? GP_OK : GP_ERROR_MEMORY;
}

static void set_executor(gp_check_state *c) {
    const gp_options *o = &c->options;
    c->executor.jobs = c->function->team ? 0 : o->jobs; /* evaluation is collective */
    c->executor.threads = c->function->reentrant;
    c->executor.timeout = o->timeout;
    c->executor.link = o->team && o->team->ranks > 1 ? c->link : NULL;
}

static void set_budget(gp_check_run *run) {
    gp_check_state *c = &run->state;
    gp_evaluator *e = c->evaluator;
    e->values = run->measured;
    e->budget.allowance = c->options.budget_evaluations;
    if (c->options.budget_seconds > 0)
        e->budget.deadline = run->start + c->options.budget_seconds;
    e->budget.unstoppable |= c->executor.link != NULL;
}

static gp_status head_report(gp_check_state *c) {
    gp_report *r = c->report;
    gp_status status = GP_OK;
    const gp_options *o = &c->options;
    r->parameters = c->function->n;
    r->rtol = o->stochastic ? o->accept : o->rtol;
    r->draws = o->stochastic;
    r->atol = o->atol == 0 ? -1 : fmax(o->atol, 0);
    r->strategy = o->strategy;
    r->seed = o->seed;
    r->notebook_epsilon = o->notebook_epsilon;
    for (size_t k = 0; k < c->shown->blocks; k++)
        c->tolerance[k] = (gp_tolerance){.rtol = r->rtol,
                                         .atol = fmax(o->atol, 0),
                                         .fine_atol = fmax(o->atol, 0),
                                         .floor = fmax(o->atol, 0) / o->rtol,
                                         .smallest = gp_dtype_smallest(c->function->dtype)};
    for (size_t k = 0; k < c->function->remarks && status == GP_OK; k++)
        status = gp_report_add_practice(r, "%s", c->function->remark[k]);
    return status;
}

/* Everything that a course needs. */
static gp_status set_up(gp_check_run *run) {
    gp_check_state *c = &run->state;
    const gp_function *f = c->function;
    set_executor(c);
    c->lean =
        c->options.strategy == GP_PROJECT && c->scalars && (c->project_maps || c->shown->n == f->n);
    run->placed = c->lean ? 0 : c->project_maps ? c->scalars : c->shown->n;
    gp_status status = make_room(run);
    if (status == GP_OK)
        status = gp_report_create(c->shown, f->name, run->placed, &c->report);
    if (status == GP_OK)
        status =
            gp_evaluator_create(f, c->options.seed, c->options.progress, c->lean, &c->evaluator);
    if (status == GP_OK && c->lean)
        status = place_gradient(run);
    if (status != GP_OK)
        return status;
    c->evaluator->link = f->team ? c->link : NULL;
    set_budget(run);
    return head_report(c);
}

/* How the course ended, where it didn't end by itself. */
static void note_end(gp_check_run *run, gp_outcome outcome) {
    const gp_check_state *c = &run->state;
    gp_report *r = c->report;
    const gp_fault *fault = &c->evaluator->fault;
    r->interrupted = outcome == GP_FAULT && strcmp(fault->kind, "interrupted") == 0;
    r->spent = r->interrupted && c->evaluator->budget.spent;
    if (outcome != GP_FAULT || r->interrupted)
        return;
    r->verdict = GP_FAILED;
    memcpy(r->failure_kind, fault->kind, sizeof r->failure_kind);
    memcpy(r->failure, fault->error.message, sizeof r->failure);
    if (strcmp(r->failure_kind, "journal") == 0 && run->journal_status == GP_OK)
        run->journal_status = gp_fail(&run->journal_error, GP_ERROR_OUTPUT, "%.300s: %s",
                                      c->options.journal, r->failure);
}

/* By directions, and of means: the accepted probability of a miss. By entries: the share that was
 * looked at, each held against its bound. */
static double confidence_of(const gp_check_run *run) {
    const gp_check_state *c = &run->state;
    const gp_report *r = c->report;
    size_t checked = 0, entries = 0;
    if (c->options.stochastic)
        return 1 - c->options.confidence;
    for (size_t k = 0; k < r->blocks && entries < run->placed; k++) {
        entries += r->block[k].result.entries;
        checked += r->block[k].result.entries - r->block[k].result.count[GP_ENTRY_UNCHECKED];
    }
    int directions = c->project_maps || c->options.strategy == GP_PROJECT;
    double confidence = directions ? 1 - c->options.confidence : 1;
    return entries ? fmin(confidence, (double)checked / (double)entries) : confidence;
}

/* From the findings to verdicts, causes and figures. */
static gp_status conclude(gp_check_run *run) {
    gp_check_state *c = &run->state;
    gp_report *r = c->report;
    gp_settle_silent(c);
    gp_conclude(r, c->tolerance);
    gp_status status = r->verdict == GP_FAILED ? GP_OK : gp_check_diagnose(c);
    if (status == GP_OK && c->options.stochastic && r->verdict != GP_FAILED)
        status = gp_name_bias(c);
    if (strcmp(c->evaluator->fault.kind, "memory") == 0) /* whoever made do without */
        status = GP_ERROR_MEMORY;
    r->confidence = confidence_of(run);
    if (status == GP_OK && r->verdict != GP_FAILED && !r->interrupted && !c->options.stochastic)
        status = gp_keep_curves(c);
    r->values = c->evaluator->values;
    r->gradients = c->evaluator->gradients;
    r->seconds = gp_seconds_now() - run->start;
    return status;
}

/* All but the report. */
static void clear(gp_check_run *run) {
    gp_check_state *c = &run->state;
    gp_journal_close(c->executor.journal);
    gp_executor_clear(&c->executor);
    gp_evaluator_destroy(c->evaluator);
    if (c->shown != c->function)
        gp_function_destroy((gp_function *)c->shown);
    if (!c->lean)
        free(c->gradient);
    gp_unreserve(run->own, c->function->n * sizeof *run->own);
    void *const arrays[] = {
        run->list, c->tolerance,    c->manner,       c->numeric,      c->bound,       c->other,
        c->same,   c->stored,       c->doubted,      c->length,       c->typical,     c->pilot,
        c->reach,  c->example_d[0], c->example_d[1], c->example_b[0], c->example_b[1]};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        free(arrays[k]);
    gp_witnesses_clear(c);
}

/* The check on this rank, up to what its end is on the others. */
static gp_status check_here(const gp_function *f, const gp_options *given, gp_link *link,
                            gp_report **report, gp_error *error) {
    gp_check_run run = {.state = {.function = f, .link = link}};
    gp_check_state *c = &run.state;
    gp_status status = gp_function_validate(f, error);
    if (status == GP_OK)
        status = gp_options_complete(f, given, &c->options, error);
    if (status == GP_OK)
        status =
            gp_maps_shown(f, c->project_maps = gp_maps_project(f, &c->options), &c->shown, error);
    if (status != GP_OK)
        return status;
    c->scalars = gp_function_has_value(f) && gp_function_has_gradient(f) ? f->n : 0;
    run.start = gp_seconds_now();
    if (c->options.strategy == GP_AUTO)
        c->options.strategy = gp_choose_strategy(c, &run.measured);
    status = set_up(&run);
    if (status == GP_OK) {
        note_end(&run, gp_team_agree(link, &c->evaluator->fault, gp_check_course(&run)));
        link->parted = 1; /* from here on each rank is by itself */
        c->executor.link = NULL;
        status = conclude(&run);
    }
    gp_error memory = {"out of memory"};
    if (c->evaluator && strcmp(c->evaluator->fault.kind, "memory") == 0)
        memory = c->evaluator->fault.error;
    clear(&run);
    if (run.journal_status == GP_OK && status == GP_OK) {
        *report = c->report;
        return GP_OK;
    }
    gp_report_destroy(c->report);
    if (run.journal_status != GP_OK)
        return gp_fail(error, run.journal_status, "%s", run.journal_error.message);
    return gp_fail(error, status, "%s: %.400s", f->name, memory.message);
}

/* The ranks that this one meets in the check; NULL: it works alone. */
static const gp_team *team_of(const gp_function *f, const gp_options *given) {
    const gp_team *team = f->team ? f->team : given ? given->team : NULL;
    return team && gp_team_is_sound(team) ? team : NULL;
}

/* The end on this rank: one that has failed meets the others wherever they are. */
static gp_status end(gp_link *link, gp_status status, gp_error *line) {
    gp_fault fault = {"team", *line};
    if (status != GP_OK)
        (void)gp_team_agree(link, &fault, GP_FAULT);
    return gp_link_close(link, status, line);
}

void gp_team_give_up(const gp_team *team, gp_status why, const char *message) {
    gp_error line;
    gp_link link;
    if (!team || !gp_team_is_sound(team) || gp_link_open(&link, team) != GP_OK)
        return;
    gp_note(&line, "%.500s", message ? message : gp_status_string(why));
    (void)end(&link, why == GP_OK ? GP_ERROR_ARGUMENT : why, &line);
}

/* Of a function of free numbers. */
static gp_status check_flat(const gp_function *f, const gp_options *given, gp_report **report,
                            gp_error *error) {
    gp_error line = {""};
    gp_link link;
    gp_report *made = NULL;
    gp_status status = gp_link_open(&link, team_of(f, given));
    if (status == GP_OK)
        status = check_here(f, given, &link, &made, &line);
    status = end(&link, status, &line);
    if (status == GP_OK) {
        *report = made;
        return GP_OK;
    }
    gp_report_destroy(made);
    if (error)
        *error = line;
    return status;
}

/* Of one whose blocks have spaces: along their coordinates. */
static gp_status check_along(const gp_function *f, const gp_options *given, gp_report **report,
                             gp_error *error) {
    gp_flat *flat;
    gp_report *made = NULL;
    gp_error line = {""};
    gp_status status = gp_flat_create(f, &flat, &line);
    if (status != GP_OK) { /* the other ranks of a team are about to begin */
        gp_team_give_up(team_of(f, given), status, line.message);
        return gp_fail(error, status, "%s", line.message);
    }
    status = check_flat(flat->function, given, &made, error);
    if (status == GP_OK && gp_flat_explain(flat, made) != GP_OK)
        status = gp_fail(error, GP_ERROR_MEMORY, "%.400s: out of memory", f->name);
    gp_flat_destroy(flat);
    if (status == GP_OK)
        *report = made;
    else
        gp_report_destroy(made);
    return status;
}

gp_status gp_check(const gp_function *f, const gp_options *given, gp_report **report,
                   gp_error *error) {
    if (!f || !report)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_check: NULL argument");
    if (f->spaces)
        return check_along(f, given, report, error);
    gp_report *made = NULL;
    gp_status status = check_flat(f, given, &made, error);
    if (status == GP_OK && gp_hint_symmetric(f, made) != GP_OK)
        status = gp_fail(error, GP_ERROR_MEMORY, "%.400s: out of memory", f->name);
    if (status == GP_OK)
        *report = made;
    else
        gp_report_destroy(made);
    return status;
}

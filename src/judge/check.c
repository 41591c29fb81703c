/* gp_check: from the first evaluation to the report. */
#include "judge/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/team.h"
#include "function/reserve.h"
#include "judge/elsewhere.h"
#include "judge/maps.h"
#include "system/checksum.h"
#include "system/clock.h"

static const size_t DEFAULT_POINTS = 16, DEFAULT_SAMPLE = 100;
/* auto: every entry up to this many whatever it costs, and as long as that fits into the budget up
 * to the most; so many evaluations an entry, as a rule. */
static const size_t FULL_ANYWAY = 256, FULL_AT_MOST = 1000000;
static const double EVALUATIONS_PER_ENTRY = 8, BUDGET_SECONDS = 60;
/* With a journal the same check must take the same course again: no times then. */
static const size_t FULL_WITH_JOURNAL = 20000;

void gp_options_init(gp_options *options) {
    if (!options)
        return;
    memset(options, 0, sizeof *options);
    options->atol = -1;
}

static gp_status fill_options(const gp_function *f, const gp_options *given, gp_options *o,
                              gp_error *error) {
    gp_options_init(o);
    if (given)
        *o = *given;
    if (!(o->rtol >= 0 && o->rtol < 1) || isnan(o->atol) || isinf(o->atol))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: rtol must be in [0, 1) and atol finite, not %g and %g", o->rtol,
                       o->atol);
    if (!(o->confidence >= 0 && o->confidence < 1) || !(o->notebook_epsilon >= 0) ||
        isinf(o->notebook_epsilon))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: confidence must be in [0, 1) and notebook_epsilon not negative");
    if (o->strategy < GP_AUTO || o->strategy > GP_SAMPLE)
        return gp_fail(error, GP_ERROR_ARGUMENT, "options: there is no strategy %d",
                       (int)o->strategy);
    if (o->team && !gp_team_is_sound(o->team))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: the team needs a gather and a rank below its number of ranks, not "
                       "rank %d of %d",
                       o->team->rank, o->team->ranks);
    if (o->jobs > GP_MAX_JOBS)
        return gp_fail(error, GP_ERROR_ARGUMENT, "options: at most %d jobs, not %u", GP_MAX_JOBS,
                       o->jobs);
    if (o->rtol == 0)
        o->rtol = f->dtype == GP_FLOAT64 ? 1e-5 : 1e-3;
    if (o->points == 0)
        o->points = DEFAULT_POINTS;
    if (o->sample == 0)
        o->sample = DEFAULT_SAMPLE;
    if (o->confidence == 0)
        o->confidence = 1e-9;
    if (o->timeout < 0 || isnan(o->timeout) || o->budget_seconds < 0 || isnan(o->budget_seconds))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: timeout and budget_seconds must not be negative");
    if (f->team && o->strategy == GP_AUTO)
        o->strategy = GP_PROJECT;
    if (f->team && (o->strategy != GP_PROJECT || o->journal || o->self_test || o->team))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: a function that is spread over ranks is checked by random "
                       "directions, without a journal, and without a team but its own");
    if (o->self_test && o->strategy == GP_PROJECT)
        return gp_fail(
            error, GP_ERROR_ARGUMENT,
            "options: a self-test needs estimates of single entries: ask for the strategy "
            "full or sample");
    return GP_OK;
}

/* Seconds that an evaluation for a single entry takes; 0: can't tell. */
static double measure_cost(gp_check_state *c) {
    enum { TRIES = 2, ENTRIES = 32 };
    const gp_function *f = c->function;
    gp_evaluator *e;
    double best = INFINITY, value, values[ENTRIES], number[ENTRIES];
    size_t entry[ENTRIES];
    if (gp_evaluator_create(f, c->options.seed, c->options.progress, 1, &e) != GP_OK)
        return 0;
    gp_outcome outcome = gp_evaluator_set_batch(e, 0);
    for (size_t k = 0; k < ENTRIES; k++) {
        entry[k] = k * (f->n / ENTRIES);
        number[k] = f->x[entry[k]];
    }
    for (int k = 0; k < TRIES && outcome == GP_EVALUATED; k++) {
        double start = gp_seconds_now();
        outcome = gp_evaluator_has_entries(e)
                      ? gp_evaluator_entries(e, ENTRIES, entry, number, values)
                      : gp_evaluator_value(e, &value);
        double took = gp_seconds_now() - start;
        best = fmin(best, gp_evaluator_has_entries(e) ? took / ENTRIES : took);
    }
    c->measured = e->values;
    gp_evaluator_destroy(e);
    return isfinite(best) ? best : 0;
}

/* auto: every entry where the budget allows it, else random directions. */
static gp_strategy choose_strategy(gp_check_state *c) {
    const gp_options *o = &c->options;
    size_t n = c->function->n;
    double evaluations = EVALUATIONS_PER_ENTRY * (double)n;
    double workers = o->jobs > 1 ? o->jobs : 1;
    if (o->self_test || !c->scalars)
        return c->project_maps ? GP_PROJECT : GP_FULL;
    if (o->budget_evaluations)
        return evaluations <= (double)o->budget_evaluations ? GP_FULL : GP_PROJECT;
    if (n <= FULL_ANYWAY)
        return GP_FULL;
    /* Measured in any case, so that a report counts the same evaluations whoever takes part. */
    double seconds = n <= FULL_AT_MOST ? measure_cost(c) * evaluations / workers : INFINITY;
    if (o->journal || o->team)
        return n <= FULL_WITH_JOURNAL ? GP_FULL : GP_PROJECT;
    return seconds <= (o->budget_seconds > 0 ? o->budget_seconds : BUDGET_SECONDS) ? GP_FULL
                                                                                   : GP_PROJECT;
}

/* What a journal must have been made for. */
static uint64_t fingerprint(const gp_check_state *c) {
    const gp_function *f = c->function;
    const gp_options *o = &c->options;
    const double numbers[] = {o->rtol, o->atol, o->confidence, o->notebook_epsilon,
                              c->report->value};
    const uint64_t whole[] = {f->dtype,
                              f->n,
                              f->blocks,
                              f->batches,
                              f->examples,
                              f->parts,
                              o->points,
                              o->strategy,
                              o->sample,
                              o->seed,
                              (uint64_t)o->self_test,
                              (uint64_t)(o->no_descent != 0),
                              o->team ? (uint64_t)o->team->ranks : 1};
    uint64_t sum = gp_sum_bytes(GP_SUM_START, GP_VERSION, sizeof GP_VERSION);
    sum = gp_sum_bytes(sum, f->name, strlen(f->name));
    sum = gp_sum_bytes(sum, numbers, sizeof numbers);
    sum = gp_sum_bytes(sum, whole, sizeof whole);
    sum = gp_sum_bytes(sum, f->x, f->n * sizeof *f->x);
    if (c->gradient && c->scalars)
        sum = gp_sum_bytes(sum, c->gradient, f->n * sizeof *c->gradient);
    for (size_t b = 0; b < f->blocks; b++) {
        sum = gp_sum_bytes(sum, f->block[b].name, strlen(f->block[b].name));
        sum = gp_sum_bytes(sum, f->block[b].shape, f->block[b].dimensions * sizeof(size_t));
    }
    return sum;
}

/* Once value and gradient at the given point are known. */
static gp_outcome open_journal(gp_check_state *c) {
    const gp_options *o = &c->options;
    char path[4096];
    if (!o->journal)
        return GP_EVALUATED;
    int length = o->team && o->team->ranks > 1
                     ? snprintf(path, sizeof path, "%s.%d", o->journal, o->team->rank)
                     : snprintf(path, sizeof path, "%s", o->journal);
    if (length >= (int)sizeof path) {
        c->journal_status =
            gp_fail(&c->journal_error, GP_ERROR_INPUT, "the journal's path is too long");
    } else {
        c->journal_status =
            gp_journal_open(path, fingerprint(c), &c->executor.journal, &c->journal_error);
    }
    return c->journal_status == GP_OK
               ? GP_EVALUATED
               : gp_evaluator_fault(c->evaluator, "journal", "%s", c->journal_error.message);
}

void gp_check_move(gp_check_state *c, const double *x) {
    gp_evaluator_set_point(c->evaluator, x);
    x = c->evaluator->point; /* as rounded */
    gp_probe_sizes(c->function, x, c->typical);
    (void)gp_team_sum(c->function->team, &c->evaluator->fault, c->typical, c->function->blocks);
    gp_probe_typical_of_sizes(c->function, c->typical);
    for (size_t b = 0; b < c->function->blocks; b++)
        c->pilot[b] = 1;
    for (size_t i = 0; i < c->function->n && !c->lean; i++)
        c->length[i] = gp_probe_length(c->function, x, c->typical, i);
}

double gp_check_gradient(const gp_check_state *c, size_t entry) {
    double number = gp_function_owns(c->function, entry) ? c->gradient[entry] : 0;
    (void)gp_team_sum(c->function->team, &c->evaluator->fault, &number,
                      1); /* a fault stays with it */
    return number;
}

double gp_check_length(const gp_check_state *c, size_t entry) {
    if (c->length)
        return c->length[entry];
    if (!c->function->team)
        return gp_probe_length(c->function, c->evaluator->point, c->typical, entry);
    double number = gp_evaluator_number(c->evaluator, entry);
    return number != 0 ? fabs(number) : c->typical[gp_function_block_number(c->function, entry)];
}

gp_outcome gp_check_return(gp_check_state *c) {
    gp_check_move(c, c->function->x);
    c->examples = c->part = 0;
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, 0);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_select_examples(c->evaluator, 0, c->function->examples);
    return outcome == GP_EVALUATED ? gp_evaluator_select_part(c->evaluator, 0) : outcome;
}

gp_outcome gp_check_execute(gp_check_state *c, const gp_work *work) {
    gp_outcome outcome = gp_execute(&c->executor, c->evaluator, work);
    int tell = outcome == GP_EVALUATED || strcmp(c->evaluator->fault.kind, "interrupted") == 0;
    for (size_t k = 0; k < c->executor.lost.count && tell; k++)
        if (gp_report_add_loss(c->report, c->executor.lost.task[k].message) != GP_OK)
            outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory");
    return outcome;
}

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
            return gp_evaluator_fault(c->evaluator, "memory", "out of memory");
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

static gp_status diagnose_with_suspects(gp_check_state *c, gp_evidence *evidence) {
    size_t *found = malloc(evidence->function->blocks * sizeof *found);
    if (!found)
        return GP_ERROR_MEMORY;
    evidence->suspect = found;
    gp_status status = gp_match_suspects(c, evidence, found);
    if (status == GP_OK)
        status = gp_diagnose(evidence, c->report);
    free(found);
    return status;
}

/* Of a sparse report: arrays that no one touches but where there is an entry. What single entries
 * decided, they decided at the given point. */
static gp_status diagnose_sparse(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t bytes = f->n * (5 * sizeof(double) + 2);
    double *a = gp_reserve(bytes);
    if (!a)
        return GP_ERROR_MEMORY;
    double *d = a + f->n, *b = d + f->n, *x = b + f->n, *zero = x + f->n;
    unsigned char *wrong = (unsigned char *)(zero + f->n), *manner = wrong + f->n;
    int elsewhere = 0;
    for (size_t i = gp_report_next(r, 0); i < f->n; i = gp_report_next(r, i + 1)) {
        const gp_entry *e = gp_report_at(r, i);
        a[i] = e->analytic;
        d[i] = e->numeric;
        b[i] = isfinite(e->bound) ? e->bound : 0;
        x[i] = gp_evaluator_number(c->evaluator, i);
        wrong[i] = e->status == GP_ENTRY_REFUTED;
        if (wrong[i] && !isfinite(e->analytic) && !c->manner)
            manner[i] = GP_MANNER_NONFINITE;
        elsewhere |= wrong[i] && e->point > 0;
    }
    /* Where all of it is at hand, an entry may be held against others' estimates. What is refuted
     * elsewhere is so because the given point has refuted nothing. */
    gp_numbers numbers = {f->team || elsewhere ? a : c->gradient, d, b, wrong};
    gp_numbers nothing = {c->gradient, zero, zero, (const unsigned char *)zero};
    gp_evidence evidence = {.function = f,
                            .given = elsewhere ? nothing : numbers,
                            .decided = numbers,
                            .x = f->team ? x : f->x,
                            .manner = c->manner ? c->manner : manner,
                            .sampled = 1,
                            .tolerance = c->tolerance};
    gp_status status = diagnose_with_suspects(c, &evidence);
    gp_unreserve(a, bytes);
    return status;
}

static gp_status diagnose(gp_check_state *c) {
    gp_function placed = *c->shown; /* products have been diagnosed where they were found wrong */
    const gp_function *f = &placed;
    gp_report *r = c->report;
    size_t total = 0;
    if (c->project_maps) {
        placed.n = c->scalars;
        placed.blocks = c->scalars ? c->function->blocks : 0;
    }
    for (size_t i = gp_report_next(r, 0); i < f->n; i = gp_report_next(r, i + 1))
        total += gp_report_at(r, i)->status == GP_ENTRY_REFUTED;
    if (total == 0)
        return GP_OK;
    if (c->lean)
        return diagnose_sparse(c);
    unsigned char *wrong = calloc(3 * f->n, 1);
    double *numbers = malloc(3 * f->n * sizeof *numbers);
    gp_status status = GP_ERROR_MEMORY;
    if (wrong && numbers) {
        unsigned char *wrong_here = wrong + f->n, *kink = wrong_here + f->n;
        double *a = numbers, *d = a + f->n, *b = d + f->n;
        for (size_t i = 0; i < f->n; i++) {
            const gp_entry *e = &r->entry[i];
            int here = e->point == 0;
            wrong[i] = e->status == GP_ENTRY_REFUTED;
            wrong_here[i] = wrong[i] && here;
            kink[i] = e->status == GP_ENTRY_KINK;
            a[i] = here ? c->gradient[i] : e->analytic;
            d[i] = here ? c->numeric[i] : e->numeric;
            b[i] = here ? c->bound[i] : e->bound + (kink[i] ? fabs(e->left - e->right) / 2 : 0);
        }
        gp_evidence evidence = {.function = f,
                                .given = {c->gradient, c->numeric, c->bound, wrong_here},
                                .decided = {a, d, b, wrong},
                                .x = f->x,
                                .manner = c->manner,
                                .kink = kink,
                                .stored = c->stored,
                                .example_d = {c->example_d[0], c->example_d[1]},
                                .example_b = {c->example_b[0], c->example_b[1]},
                                .tolerance = c->tolerance};
        status = diagnose_with_suspects(c, &evidence);
    }
    free(wrong);
    free(numbers);
    return status;
}

/* The gradient. */
static gp_outcome check_scalar(gp_check_state *c, size_t *list) {
    gp_report *r = c->report;
    const gp_function *f = c->function;
    gp_check_move(c, f->x);
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, 0);
    if (outcome != GP_EVALUATED)
        return gp_evaluator_fault(c->evaluator, "refused", "the batch callback refused batch 0");
    outcome = gp_try_out(c);
    if (outcome == GP_EVALUATED)
        outcome = open_journal(c);
    if (outcome != GP_EVALUATED)
        return outcome;
    r->points = 1;

    if (c->lean) {
        outcome = gp_project(c);
    } else {
        size_t count = choose_entries(c, list);
        if (count)
            outcome = gp_survey(c, GP_SURVEY_FIRST, 0, r->value, c->gradient, list, count);
        if (count && outcome == GP_EVALUATED)
            outcome = gp_allow_for_rounding(c, list, count);
    }
    if (outcome != GP_EVALUATED)
        return outcome;

    /* A function that drifts: still the same after all that? */
    double again;
    outcome = gp_evaluator_value(c->evaluator, &again);
    if (outcome == GP_FAULT)
        return outcome;
    if (outcome == GP_NOT_HERE || again != r->value)
        return gp_evaluator_fault(
            c->evaluator, "not-deterministic",
            "the function is not deterministic: its value at the given point "
            "was %.17g at first and is %.17g after the check (first block %s, "
            "index 0)",
            r->value, again, f->block[0].name);
    if (c->lean)
        return gp_project_elsewhere(c);
    /* Now, while the given point is the one evaluated last. */
    if (name_silent_units(c) == GP_FAULT)
        return GP_FAULT;
    if (notebook_difference(c) == GP_FAULT)
        return GP_FAULT;

    if (c->options.self_test && gp_self_test(c) == GP_FAULT)
        return GP_FAULT;

    return gp_practise(c, list);
}

static gp_outcome run(gp_check_state *c, size_t *list) {
    c->report->points = 1;
    gp_outcome outcome = GP_EVALUATED;
    if (c->scalars)
        outcome = check_scalar(c, list);
    else
        gp_check_move(c, c->function->x);
    if (outcome == GP_EVALUATED && !c->scalars)
        outcome = open_journal(c);
    return outcome == GP_EVALUATED ? gp_maps_check(c) : outcome;
}

/* What a check that isn't lean keeps of each entry. */
static gp_status make_arrays(gp_check_state *c) {
    size_t shown = c->placed ? c->placed : 1;
    c->manner = calloc(shown, 1);
    c->gradient = calloc(shown, sizeof(double));
    c->numeric = calloc(shown, sizeof(double));
    c->bound = calloc(shown, sizeof(double));
    c->other = calloc(c->function->n, sizeof(double));
    c->same = calloc(c->function->n, 1);
    c->stored = calloc(c->shown->blocks, 1);
    for (size_t i = 0; i < shown && c->bound; i++)
        c->bound[i] = INFINITY;
    return c->manner && c->gradient && c->numeric && c->bound && c->other && c->same && c->stored
               ? GP_OK
               : GP_ERROR_MEMORY;
}

gp_status gp_check(const gp_function *f, const gp_options *given, gp_report **report,
                   gp_error *error) {
    if (!f || !report)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_check: NULL argument");
    gp_check_state c = {.function = f};
    gp_status status = gp_function_validate(f, error);
    if (status == GP_OK)
        status = fill_options(f, given, &c.options, error);
    if (status == GP_OK)
        status = gp_maps_shown(f, c.project_maps = gp_maps_project(f, &c.options), &c.shown, error);
    if (status != GP_OK)
        return status;
    const gp_function *shown = c.shown;
    c.scalars = gp_function_has_value(f) && gp_function_has_gradient(f) ? f->n : 0;

    double start = gp_seconds_now();
    size_t *list = NULL;
    if (c.options.strategy == GP_AUTO)
        c.options.strategy = choose_strategy(&c);
    c.executor.jobs = f->team ? 0 : c.options.jobs; /* evaluation is collective */
    c.executor.threads = f->reentrant;
    c.executor.timeout = c.options.timeout;
    c.executor.team = c.options.team && c.options.team->ranks > 1 ? c.options.team : NULL;
    c.lean = c.options.strategy == GP_PROJECT && c.scalars && (c.project_maps || shown->n == f->n);
    c.placed = c.lean ? 0 : c.project_maps ? c.scalars : shown->n;
    c.tolerance = calloc(shown->blocks, sizeof *c.tolerance);
    c.typical = calloc(f->blocks, sizeof(double));
    c.pilot = calloc(f->blocks, sizeof(double));
    c.reach = calloc(f->blocks, sizeof *c.reach);
    status = c.tolerance && c.typical && c.pilot && c.reach ? GP_OK : GP_ERROR_MEMORY;
    if (status == GP_OK && !c.lean) {
        list = malloc(f->n * sizeof *list);
        c.length = calloc(f->n, sizeof(double));
        if (!list || !c.length || make_arrays(&c) != GP_OK)
            status = GP_ERROR_MEMORY;
    }
    if (status == GP_OK)
        status = gp_report_create(shown, f->name, c.placed, &c.report);
    if (status == GP_OK)
        status = gp_evaluator_create(f, c.options.seed, c.options.progress, c.lean, &c.evaluator);
    double *own = NULL; /* a lean gradient stays where the callback writes it, if it can */
    if (status == GP_OK && c.lean) {
        /* Second derivatives call the gradient callback again. */
        int in_place = f->dtype == GP_FLOAT64 && (f->value_f64 || f->value_f32) && shown == f;
        own = in_place ? NULL : gp_reserve(f->n * sizeof *own);
        c.gradient = in_place ? c.evaluator->g : own;
        status = c.gradient ? GP_OK : GP_ERROR_MEMORY;
    }
    if (status == GP_OK) {
        gp_report *r = c.report;
        c.evaluator->values = c.measured;
        c.evaluator->budget.allowance = c.options.budget_evaluations;
        if (c.options.budget_seconds > 0)
            c.evaluator->budget.deadline = start + c.options.budget_seconds;
        c.evaluator->budget.unstoppable |= c.executor.team != NULL;
        r->parameters = f->n;
        r->rtol = c.options.rtol;
        r->atol = c.options.atol;
        r->strategy = c.options.strategy;
        r->seed = c.options.seed;
        r->notebook_epsilon = c.options.notebook_epsilon;
        for (size_t k = 0; k < shown->blocks; k++)
            c.tolerance[k] = (gp_tolerance){.rtol = c.options.rtol,
                                            .atol = fmax(c.options.atol, 0),
                                            .fine_atol = fmax(c.options.atol, 0),
                                            .floor = fmax(c.options.atol, 0) / c.options.rtol,
                                            .smallest = gp_dtype_smallest(f->dtype)};
        gp_outcome outcome = run(&c, list);
        r->interrupted = outcome == GP_FAULT && strcmp(c.evaluator->fault.kind, "interrupted") == 0;
        r->spent = r->interrupted && c.evaluator->budget.spent;
        if (outcome == GP_FAULT && !r->interrupted) {
            r->verdict = GP_FAILED;
            memcpy(r->failure_kind, c.evaluator->fault.kind, sizeof r->failure_kind);
            memcpy(r->failure, c.evaluator->fault.error.message, sizeof r->failure);
            if (strcmp(r->failure_kind, "journal") == 0 && c.journal_status == GP_OK)
                c.journal_status = gp_fail(&c.journal_error, GP_ERROR_OUTPUT, "%.300s: %s",
                                           c.options.journal, r->failure);
        }
        gp_conclude(r, c.tolerance);
        if (status == GP_OK && r->verdict != GP_FAILED)
            status = diagnose(&c);
        if (strcmp(c.evaluator->fault.kind, "memory") == 0) /* whoever made do without */
            status = GP_ERROR_MEMORY;
        /* full: every entry was held against its bound; sample: the share that was looked at */
        size_t checked = 0, entries = 0;
        for (size_t k = 0; k < r->blocks && entries < c.placed; k++) {
            entries += r->block[k].result.entries;
            checked += r->block[k].result.entries - r->block[k].result.count[GP_ENTRY_UNCHECKED];
        }
        r->confidence =
            c.project_maps || c.options.strategy == GP_PROJECT ? 1 - c.options.confidence : 1;
        if (entries)
            r->confidence = fmin(r->confidence, (double)checked / (double)entries);
        for (int k = 0; k < 2; k++) {
            free(c.example_d[k]);
            free(c.example_b[k]);
        }
        r->values = c.evaluator->values;
        r->gradients = c.evaluator->gradients;
        r->seconds = gp_seconds_now() - start;
    }
    gp_journal_close(c.executor.journal);
    gp_executor_clear(&c.executor);
    gp_evaluator_destroy(c.evaluator);
    if (c.shown != f)
        gp_function_destroy((gp_function *)c.shown);
    free(list);
    free(c.tolerance);
    free(c.manner);
    if (!c.lean)
        free(c.gradient);
    gp_unreserve(own, f->n * sizeof *own);
    free(c.numeric);
    free(c.bound);
    free(c.other);
    free(c.same);
    free(c.stored);
    free(c.length);
    free(c.typical);
    free(c.pilot);
    free(c.reach);
    if (c.journal_status != GP_OK) {
        gp_report_destroy(c.report);
        return gp_fail(error, c.journal_status, "%s", c.journal_error.message);
    }
    if (status != GP_OK) {
        gp_report_destroy(c.report);
        return gp_fail(error, status, "%s: out of memory", f->name);
    }
    *report = c.report;
    return GP_OK;
}

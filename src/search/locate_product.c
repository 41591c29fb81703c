/* Where u' J v goes wrong. Outputs first, along one direction: a few values of F there tell the
 * derivative of every sum of outputs. J v is known output by output; of J' u, u is halved as long
 * as halves are off. Then inputs. A weighted sum of outputs, or one of them, is a function whose
 * gradient is J' u: it is checked as such. Of J v, v is halved. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/decide.h"
#include "judge/words.h"
#include "search/locate_product.h"
#include "search/survey.h"
#include "system/clock.h"
#include "system/text.h"
#include "system/vector.h"

enum {
    MOST_LEAVES = 64,    /* that are off at a time: more is "all over" */
    WIDTH_TO_TELL = 64,  /* parts in which nearly all must be off to call it all over */
    OUTPUTS_TO_SHOW = 2, /* wrong outputs whose inputs are searched */
    INPUTS_TO_TRY = 12,  /* of an output: judged by themselves */
    FULL_AT_MOST = 256,  /* parameters that are checked one by one */
    PART_EVALUATIONS = 12,
    STEPS = 5, /* along the direction, by which sums of outputs are told: at most */
    LISTED = 8,
    MOST_SEARCHED = 10000, /* evaluations of a search, unless there is a budget, */
    MOST_DOUBTED = 500     /* and of one for what may be the estimate's mistake */
};
/* A search may take this share of what is left of a budget. */
static const double SEARCH_SHARE = 0.5;
/* How well a part should be known, as a share of what is off. */
static const double SHARP = 0.05;
/* What nothing explains is measured again at steps so many times as long, where stairs show. */
static const double FARTHER = 64, FAR_ENOUGH = 0.3; /* the latter of the direction's length */
/* What a search or a refutation rests on is the same nearby, but for this share: at steps at which
 * noise hides no more than the second number's share of what is off. */
static const double UNSTEADY = 0.25, NEAR_NOISE = 0.05;
/* A right product may be off by this share of rtol. */
static const double FINE = 0.02;

typedef struct gp_leaf {
    size_t low, high;
    gp_discrepancy seen;
} gp_leaf;

typedef struct gp_found {
    gp_leaf leaf[2 * MOST_LEAVES + 2];
    size_t count;
    int all_over;
} gp_found;

typedef struct gp_product_search {
    gp_products *p;
    unsigned k, l;
    double *v;            /* n: direction l */
    double *y[2 * STEPS]; /* m each: F at plus and minus of rungs along it */
    gp_rung rung[STEPS];
    unsigned rungs;
    const double *Jv;      /* m, or NULL: as claimed */
    size_t output, base;   /* the output whose inputs are searched; the first input of the block */
    double f0, sigma;      /* value and noise of the sum in use, */
    double quiet;          /* and the part of the noise that is rounding of outputs */
    double tiny;           /* the noise at tiny steps, once measured */
    double *one;           /* m: weights of one output */
    double *part, *answer; /* max(m, n) each */
    const double *u;       /* m: of the sum in use */
    gp_found *outputs, *inputs;
    uint64_t last; /* the search ends at so many evaluations of the check, */
    double until;  /* and at this time on gp_seconds_now's clock; 0: at none */
    size_t news;
} gp_product_search;

typedef gp_outcome (*gp_measure)(gp_product_search *s, size_t low, size_t high, double off,
                                 gp_discrepancy *seen);

static gp_outcome out_of_memory(gp_product_search *s) {
    return gp_evaluator_fault(s->p->check->evaluator, "memory", "out of memory for a map");
}

/* ---- limits ---------------------------------------------------------------------- */

static uint64_t evaluations(const gp_products *p) {
    const gp_evaluator *of_check = p->check->evaluator;
    return of_check->values + of_check->gradients + p->evaluator->values;
}

/* A share of what a budget leaves, or so many evaluations. Of a line too rough to verify anything,
 * as by kinks, even what is right may be off at all of its steps. */
static void set_limits(gp_product_search *s) {
    const gp_products *p = s->p;
    const gp_evaluator *of_check = p->check->evaluator;
    uint64_t spent = evaluations(p), left = of_check->budget.allowance - spent;
    gp_discrepancy seen = gp_products_discrepancy(p, s->k, s->l);
    double size = fmax(p->all, fabs(seen.off)), now = gp_seconds_now();
    int rough = seen.bound > p->check->options.rtol * size;
    s->last = spent + (rough ? MOST_DOUBTED : MOST_SEARCHED);
    if (of_check->budget.allowance || of_check->budget.deadline > 0)
        s->last = UINT64_MAX;
    if (of_check->budget.allowance)
        s->last = of_check->budget.allowance > spent
                      ? spent + (uint64_t)(SEARCH_SHARE * (double)left)
                      : spent;
    if (of_check->budget.deadline > 0)
        s->until = now + SEARCH_SHARE * fmax(of_check->budget.deadline - now, DBL_MIN);
}

/* Nothing more is searched for: what is off has no place then. */
static int is_exhausted(const gp_product_search *s) {
    return evaluations(s->p) >= s->last || (s->until > 0 && gp_seconds_now() > s->until);
}

/* ---- halving --------------------------------------------------------------------- */

/* The second half is what is left of the whole, unless that leaves both without a fault. */
static gp_outcome split(gp_product_search *s, gp_measure measure, const gp_leaf *whole,
                        gp_leaf half[2]) {
    size_t middle = whole->low + (whole->high - whole->low) / 2;
    half[0] = (gp_leaf){.low = whole->low, .high = middle};
    half[1] = (gp_leaf){.low = middle, .high = whole->high};
    gp_outcome outcome = measure(s, half[0].low, half[0].high, whole->seen.off, &half[0].seen);
    if (outcome != GP_EVALUATED)
        return outcome;
    half[1].seen = (gp_discrepancy){.off = whole->seen.off - half[0].seen.off,
                                    .bound = whole->seen.bound + half[0].seen.bound,
                                    .fine = whole->seen.fine};
    if (gp_is_off(&half[0].seen) &&
        (!gp_is_off(&half[1].seen) || half[1].seen.bound < 32 * half[0].seen.bound))
        return GP_EVALUATED;
    return measure(s, half[1].low, half[1].high, whole->seen.off, &half[1].seen);
}

/* The smallest parts of [0, count) that are off, or one of them where nearly all are. */
static gp_outcome find(gp_product_search *s, gp_measure measure, size_t count,
                       const gp_discrepancy *whole, gp_found *found) {
    gp_leaf next[2 * MOST_LEAVES + 2];
    gp_outcome outcome = GP_EVALUATED;
    *found = (gp_found){.count = 1};
    found->leaf[0] = (gp_leaf){0, count, *whole};
    for (size_t width = 1; width < count && found->count && outcome == GP_EVALUATED; width *= 2) {
        size_t off = 0;
        for (size_t i = 0; i < found->count && outcome == GP_EVALUATED; i++) {
            gp_leaf half[2];
            if (is_exhausted(s)) {
                found->count = 0;
                return GP_EVALUATED;
            }
            if (found->leaf[i].high - found->leaf[i].low == 1) {
                next[off++] = found->leaf[i];
                continue;
            }
            outcome = split(s, measure, &found->leaf[i], half);
            for (int side = 0; side < 2 && outcome == GP_EVALUATED; side++)
                if (gp_is_off(&half[side].seen))
                    next[off++] = half[side];
        }
        size_t parts = 2 * width < count ? 2 * width : count, most = 0;
        memcpy(found->leaf, next, off * sizeof *next);
        found->count = off;
        if (off <= MOST_LEAVES && !(parts >= WIDTH_TO_TELL && 4 * off > 3 * parts))
            continue;
        found->all_over = 1; /* from here on, one of them will do */
        for (size_t i = 1; i < off; i++)
            if (fabs(next[i].seen.off) > fabs(next[most].seen.off))
                most = i;
        found->leaf[0] = next[most];
        found->count = 1;
        while (found->leaf[0].high - found->leaf[0].low > 1 && outcome == GP_EVALUATED) {
            gp_leaf half[2];
            outcome = split(s, measure, &found->leaf[0], half);
            if (outcome == GP_EVALUATED)
                found->leaf[0] = half[fabs(half[1].seen.off) > fabs(half[0].seen.off)];
        }
        return outcome;
    }
    if (count > 1 && 4 * found->count > 3 * count)
        found->all_over = 1;
    return outcome;
}

/* ---- outputs --------------------------------------------------------------------- */

/* The derivative along the direction of the sum of u_j F_j over outputs [low, high). */
static gp_estimate along(const gp_product_search *s, const double *u, size_t low, size_t high,
                         double sigma) {
    const gp_products *p = s->p;
    gp_ladder ladder = {.unit = p->line[s->l].line.unit,
                        .limit = 4 * p->scale,
                        .narrow = p->f->dtype == GP_FLOAT32,
                        .rungs = s->rungs};
    long double sum[1 + 2 * STEPS] = {0};
    for (size_t j = low; j < high; j++) {
        sum[0] += (long double)u[j] * p->F0[j];
        for (unsigned q = 0; q < 2 * s->rungs; q++)
            sum[1 + q] += (long double)u[j] * s->y[q][j];
    }
    ladder.f0 = (double)sum[0];
    for (unsigned r = 0; r < s->rungs; r++) {
        ladder.rung[r] = s->rung[r];
        ladder.rung[r].f_plus = (double)sum[1 + 2 * r];
        ladder.rung[r].f_minus = (double)sum[2 + 2 * r];
    }
    double rough = high - low == 1 ? gp_ladder_roughness(&ladder) : NAN;
    return gp_ladder_estimate(&ladder, isnan(rough) ? sigma : fmax(sigma, rough));
}

/* The noise of a sum over some outputs: its share, by rounding, in that of all. */
static double noise_of(const gp_product_search *s, const double *u, size_t low, size_t high) {
    const gp_products *p = s->p;
    double some = 0, all = gp_products_rounding(p, p->u + s->k * p->m);
    for (size_t j = low; j < high; j++)
        some += u[j] * p->F0[j] * (u[j] * p->F0[j]);
    some = gp_dtype_epsilon(p->f->dtype) * sqrt(some / 12);
    return all > 0 ? p->sigma[s->k] * fmin(1, some / all) : p->sigma[s->k];
}

/* Values at the steps that the estimate which is off has used, or may have. */
static gp_outcome walk_line(gp_product_search *s) {
    gp_products *p = s->p;
    double largest = gp_products_estimate(p, s->k, s->l).step, value;
    const gp_product_line *known = &p->line[s->l];
    gp_line *line = &p->line[s->l].line;
    unsigned first = 0;
    while (first + 2 < known->rungs && known->rung[first].step > largest)
        first++;
    s->rungs = known->rungs - first < STEPS ? known->rungs - first : STEPS;
    gp_products_weigh(p, p->u + s->k * p->m, 1);
    for (unsigned q = 0; q < 2 * s->rungs; q++) {
        double t = (q % 2 ? -1 : 1) * known->rung[first + q / 2].step, step;
        gp_outcome outcome = gp_line_value(line, t, &step, &value);
        if (outcome != GP_EVALUATED)
            return outcome;
        memcpy(s->y[q], p->sum->outputs, p->m * sizeof *s->y[q]);
        gp_rung *rung = &s->rung[q / 2];
        rung->step = fabs(t);
        *(q % 2 ? &rung->minus : &rung->plus) = step;
    }
    return GP_EVALUATED;
}

static gp_outcome measure_outputs(gp_product_search *s, size_t low, size_t high, double off,
                                  gp_discrepancy *seen) {
    gp_products *p = s->p;
    const double *u = p->u + s->k * p->m;
    double slope = 0, squares = 0;
    (void)off;
    if (s->Jv) {
        for (size_t j = low; j < high; j++) {
            slope += u[j] * s->Jv[j];
            squares += u[j] * s->Jv[j] * (u[j] * s->Jv[j]);
        }
    } else {
        memset(s->part, 0, p->m * sizeof *s->part);
        memcpy(s->part + low, u + low, (high - low) * sizeof *u);
        gp_outcome outcome = gp_products_claimed(p, s->part, s->answer, NULL);
        if (outcome != GP_EVALUATED)
            return outcome;
        for (size_t i = 0; i < p->n; i++) {
            slope += s->answer[i] * s->v[i];
            squares += s->answer[i] * s->v[i] * (s->answer[i] * s->v[i]);
        }
    }
    gp_estimate e = along(s, u, low, high, noise_of(s, u, low, high));
    double fine = fmax(8 * gp_dtype_epsilon(p->f->dtype), FINE * p->check->options.rtol);
    *seen = (gp_discrepancy){
        .off = slope - e.derivative, .bound = e.bound, .fine = fine * sqrt(squares)};
    return GP_EVALUATED;
}

/* ---- inputs ---------------------------------------------------------------------- */

static gp_outcome condemn(gp_product_search *s, size_t at) {
    gp_report *r = s->p->check->report;
    s->news += r->block[at].whole != GP_REFUTED;
    gp_findings_put_block(r, at, GP_REFUTED);
    return GP_EVALUATED;
}

/* Puts dF_output/dx_input into the report. */
static gp_outcome put(gp_product_search *s, size_t output, size_t input, const gp_entry *entry) {
    gp_products *p = s->p;
    gp_report *r = p->check->report;
    size_t b = gp_function_block_number(p->f, input);
    const gp_block *block = &p->f->block[b];
    size_t at = p->blocks == p->f->blocks ? p->block + b : p->block;
    size_t index = output * block->entries + (input - block->offset);
    char name[GP_OUTPUT_NAME_SIZE];
    (void)condemn(s, at);
    if (gp_claim_is_sparse(p->f, p->claim)) {
        index = gp_sparsity_find(&p->pattern, output, input);
        if (index == SIZE_MAX)
            return gp_report_add_diagnosis(r, at, "sparsity", NAN,
                                           "a derivative lies outside of the given sparsity: "
                                           "output %s depends on input %zu (%.6g)",
                                           gp_function_output_name(p->f, p->second, output, name),
                                           input, entry->numeric)
                       ? out_of_memory(s)
                       : GP_EVALUATED;
    }
    return gp_findings_put(r, GP_FROM_GIVEN_POINT, r->block[at].result.offset + index, entry)
               ? out_of_memory(s)
               : GP_EVALUATED;
}

/* A weighted sum of outputs as a function with a gradient. */
static gp_outcome check_sum(gp_product_search *s, const double *u, gp_report **report) {
    gp_products *p = s->p;
    gp_evaluator *e = p->check->evaluator;
    gp_options o = p->check->options;
    o.strategy = p->n <= FULL_AT_MOST ? GP_FULL : GP_PROJECT;
    o.points = 1;
    o.jobs = 0;
    o.journal = NULL;
    o.team = NULL;
    o.notebook_epsilon = 0;
    o.self_test = 0;
    o.budget_evaluations = s->last < UINT64_MAX ? s->last - evaluations(p) : 0;
    o.budget_seconds = s->until > 0 ? fmax(s->until - gp_seconds_now(), DBL_MIN) : 0;
    gp_products_weigh(p, u, 1);
    gp_status status = gp_check(&p->sum->function, &o, report, NULL);
    if (status != GP_OK)
        return gp_evaluator_fault(e, "memory", "out of memory for a map");
    e->values += gp_report_evaluations(*report, 0);
    e->gradients += gp_report_evaluations(*report, 1);
    if (p->sum->overrun)
        return gp_evaluator_fault(e, "overrun", "the map wrote outside of its outputs");
    if (gp_report_verdict(*report) == GP_FAILED)
        return gp_evaluator_fault(e, (*report)->failure_kind, "%s", (*report)->failure);
    return GP_EVALUATED;
}

/* Takes over what the check of a sum has found; output SIZE_MAX: of all of them. Diagnoses of that
 * which names single entries are columns of the map. */
static gp_outcome take_over(gp_product_search *s, const gp_report *found, size_t output) {
    gp_products *p = s->p;
    for (size_t b = 0; b < p->f->blocks; b++) {
        const gp_block_result *block = &found->block[b].result;
        size_t at = p->blocks == p->f->blocks ? p->block + b : p->block, shown = 0;
        char name[GP_OUTPUT_NAME_SIZE];
        char of[128] = "in nearly all outputs, summed up with random weights: ";
        if (block->verdict != GP_REFUTED)
            continue;
        (void)condemn(s, at);
        if (output != SIZE_MAX)
            snprintf(of, sizeof of,
                     "in output %s: ", gp_function_output_name(p->f, p->second, output, name));
        for (size_t i = 0; i < block->diagnoses; i++) {
            const gp_diagnosis *d = &found->block[b].diagnosis[i];
            int single = output == SIZE_MAX && strcmp(d->kind, "entries") == 0;
            if (gp_report_add_diagnosis(p->check->report, at, single ? "columns" : d->kind,
                                        d->factor, "%s%.400s", of, d->message) != GP_OK)
                return out_of_memory(s);
        }
        for (size_t i = gp_report_next(found, block->offset);
             i < block->offset + block->entries && output != SIZE_MAX && shown < MOST_LEAVES;
             i = gp_report_next(found, i + 1)) {
            const gp_entry *entry = gp_report_at(found, i);
            if (entry->status != GP_ENTRY_REFUTED)
                continue;
            shown++;
            if (put(s, output, i, entry) != GP_EVALUATED)
                return GP_FAULT;
        }
        p->check->tolerance[at].floor = block->floor;
    }
    return GP_EVALUATED;
}

static gp_outcome locate_by_sum(gp_product_search *s, const double *u, size_t output) {
    gp_report *found = NULL;
    if (is_exhausted(s))
        return GP_EVALUATED;
    gp_outcome outcome = check_sum(s, u, &found);
    if (outcome == GP_EVALUATED)
        outcome = take_over(s, found, output);
    gp_report_destroy(found);
    return outcome;
}

/* ---- inputs, of J v --------------------------------------------------------------- */

/* The derivative of the sum in use along the direction's part over inputs [low, high). */
static gp_outcome walk_part(gp_product_search *s, size_t low, size_t high, double off, double shift,
                            gp_estimate *e) {
    gp_products *p = s->p;
    gp_probe probe = p->line[s->l].probe;
    gp_along along;
    gp_ladder ladder;
    gp_goal goal = {0, SHARP * fabs(off)};
    probe.offset = low;
    probe.entries = high - low;
    gp_line line = gp_line_along(&along, p->evaluator, &probe, s->f0);
    double suitable = shift * s->rung[0].step / gp_first_step(&line);
    if (gp_ladder_start(&ladder, &line, suitable) == GP_FAULT)
        return GP_FAULT;
    double rough = shift == 1 ? NAN : gp_ladder_roughness(&ladder);
    double sigma = isnan(rough) ? s->sigma : fmax(s->sigma, rough);
    return gp_ladder_refine(&ladder, &line, sigma, goal, PART_EVALUATIONS, e);
}

/* The same at steps so small that rounding hides no more than a share of what is off: kinks that
 * lie within all other steps don't lie within these. */
static gp_outcome walk_nearby(gp_product_search *s, size_t low, size_t high, double off,
                              gp_estimate *e) {
    gp_products *p = s->p;
    gp_probe probe = p->line[s->l].probe;
    gp_along along;
    gp_ladder ladder;
    double moved = gp_dtype_epsilon(p->f->dtype) * p->all / sqrt(12);
    double sigma = hypot(fmax(gp_products_rounding(p, s->u), s->tiny), moved);
    double step = GP_NOISE_FACTOR * sigma / (sqrt(2) * NEAR_NOISE * fabs(off));
    probe.offset = low;
    probe.entries = high - low;
    gp_line line = gp_line_along(&along, p->evaluator, &probe, s->f0);
    if (gp_ladder_start(&ladder, &line, fmin(step, s->rung[0].step) / gp_first_step(&line)) ==
        GP_FAULT)
        return GP_FAULT;
    *e = gp_ladder_estimate(&ladder, sigma);
    return GP_EVALUATED;
}

/* Kinks make a right derivative look off by one amount at one step and by another at the next. */
static int is_steady(double off, double nearby) {
    return fabs(off - nearby) <= UNSTEADY * fabs(off);
}

/* answer := J times the direction's part over inputs [low, high). */
static gp_outcome multiply_part(gp_product_search *s, size_t low, size_t high) {
    memset(s->part, 0, s->p->n * sizeof *s->part);
    memcpy(s->part + low, s->v + low, (high - low) * sizeof *s->v);
    return gp_products_claimed(s->p, s->part, s->answer, NULL);
}

/* J v and the derivative of the sum in use; inputs count from those of a block on. */
static gp_outcome measure_inputs(gp_product_search *s, size_t low, size_t high, double off,
                                 gp_discrepancy *seen) {
    const gp_products *p = s->p;
    gp_estimate e;
    if (walk_part(s, s->base + low, s->base + high, off, 1, &e) == GP_FAULT)
        return GP_FAULT;
    gp_outcome outcome = multiply_part(s, s->base + low, s->base + high);
    double claimed = gp_dot(s->u, s->answer, p->m), all = gp_dot(s->u, s->Jv, p->m);
    *seen = (gp_discrepancy){.off = claimed - e.derivative,
                             .bound = e.bound,
                             .fine = 8 * gp_dtype_epsilon(p->f->dtype) * fabs(all) +
                                     FINE * p->check->options.rtol * fabs(claimed)};
    return outcome;
}

/* Makes u . F the sum in use: of one output, or of all. */
static void choose_sum(gp_product_search *s, const double *u) {
    gp_products *p = s->p;
    double all = gp_products_rounding(p, p->u + s->k * p->m), own = gp_products_rounding(p, u);
    s->u = u;
    s->f0 = gp_dot(u, p->F0, p->m);
    s->sigma = all > 0 ? own * fmax(1, p->sigma[s->k] / all) : p->sigma[s->k];
    s->quiet = fmin(own, s->sigma);
    gp_products_weigh(p, u, 1);
}

static void choose_output(gp_product_search *s, size_t output) {
    memset(s->one, 0, s->p->m * sizeof *s->one);
    s->one[output] = 1;
    s->output = output;
    choose_sum(s, s->one);
}

/* The line along an input. */
static gp_probe probe_along(const gp_product_search *s, size_t input) {
    const gp_check_state *c = s->p->check;
    return (gp_probe){.offset = input,
                      .entries = 1,
                      .scale = gp_probe_length(c->function, c->function->x, c->typical, input),
                      .reach = c->typical[gp_function_block_number(c->function, input)]};
}

/* answer := the column of an input as claimed; y[0] := the same by a central difference. */
static gp_outcome look_at_column(gp_product_search *s, size_t input) {
    gp_products *p = s->p;
    gp_probe probe = probe_along(s, input);
    gp_along along;
    double step[2], value;
    memset(s->part, 0, p->n * sizeof *s->part);
    s->part[input] = 1;
    gp_outcome outcome = gp_products_claimed(p, s->part, s->answer, NULL);
    gp_line line = gp_line_along(&along, p->evaluator, &probe, s->f0);
    for (int side = 0; side < 2 && outcome == GP_EVALUATED; side++) {
        double t = (side ? -1 : 1) * gp_first_step(&line);
        outcome = gp_line_value(&line, t, &step[side], &value);
        memcpy(s->y[side], p->sum->outputs, p->m * sizeof *s->y[side]);
    }
    for (size_t j = 0; j < p->m && outcome == GP_EVALUATED; j++)
        s->y[0][j] = (s->y[0][j] - s->y[1][j]) / (step[0] - step[1]);
    return outcome;
}

/* What the columns that were looked at have in common. */
typedef struct gp_columns {
    size_t count;
    double factor; /* of the derivative */
    int scaled, shifted;
} gp_columns;

/* Adds a column; returns the output in which it is off by most. */
static size_t add_column(const gp_product_search *s, gp_columns *all) {
    static const double SAME = 1e-3;
    const double *a = s->answer, *d = s->y[0];
    size_t m = s->p->m, worst = 0, largest = 0;
    double size = 0;
    for (size_t j = 0; j < m; j++) {
        worst = fabs(a[j] - d[j]) > fabs(a[worst] - d[worst]) ? j : worst;
        largest = fabs(d[j]) > fabs(d[largest]) ? j : largest;
        size = fmax(size, fmax(fabs(a[j]), fabs(d[j])));
    }
    if (all->count++ == 0)
        *all = (gp_columns){1, a[largest] / d[largest], d[largest] != 0, 1};
    for (size_t j = 0; j < m; j++) {
        all->scaled &= fabs(a[j] - all->factor * d[j]) <= SAME * size;
        all->shifted &= fabs(a[j] - d[(j + m - 1) % m]) <= SAME * size;
    }
    return worst;
}

static gp_outcome describe(gp_product_search *s, const gp_columns *all, size_t at) {
    static const double SAME = 1e-3;
    gp_report *r = s->p->check->report;
    const char *name = r->block[at].name, *kind = "unknown";
    char what[128] = "is wrong, and no factor explains it";
    if (all->count == 0)
        return GP_EVALUATED;
    if (all->scaled) {
        kind = fabs(all->factor) < SAME ? "zero" : fabs(all->factor + 1) < SAME ? "sign" : "scaled";
        if (strcmp(kind, "scaled") == 0)
            snprintf(what, sizeof what, "is %.6g times the derivative", all->factor);
        else
            snprintf(what, sizeof what, "%s",
                     strcmp(kind, "zero") == 0 ? "is zero where the derivative isn't"
                                               : "has the wrong sign");
    } else if (all->shifted) {
        kind = "shifted";
        snprintf(what, sizeof what, "is shifted by one output: j holds what belongs to j-1");
    }
    return gp_report_add_diagnosis(r, at, kind, all->scaled ? all->factor : NAN,
                                   "%s %s, in all outputs of %s %zu %s looked at", name, what,
                                   gp_plural(all->count, "the", "all"), all->count,
                                   gp_plural(all->count, "input that was", "inputs that were"))
               ? out_of_memory(s)
               : GP_EVALUATED;
}

/* Judges dF_output/dx_input as any entry is; `claimed` is the number under test. */
static gp_outcome judge(gp_product_search *s, size_t input, double claimed, gp_entry *result) {
    gp_products *p = s->p;
    gp_check_state *c = p->check;
    double squares = 0, atol = fmax(c->options.atol, 0);
    gp_probe probe = probe_along(s, input);
    gp_along along;
    gp_ladder ladder;
    gp_tolerance tolerance = {.rtol = c->options.rtol,
                              .atol = atol,
                              .fine_atol = atol,
                              .smallest = gp_dtype_smallest(c->function->dtype)};
    /* The typical derivative of this output, by what it is along the direction. */
    for (size_t i = 0; i < p->n; i++)
        squares += s->v[i] * s->v[i];
    if (squares > 0)
        gp_tolerance_follow(&tolerance, &c->options, p->f->dtype,
                            fabs(s->Jv[s->output]) / sqrt(squares));
    gp_noise noise = {.sigma = s->sigma, .quiet = s->quiet, .loud = s->sigma};
    gp_line line = gp_line_along(&along, p->evaluator, &probe, s->f0);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    return gp_judge_line(&ladder, &line, noise, &tolerance, claimed, 1, result);
}

/* Inputs of a block that are off: each by itself, or a sample where all of them are. output
 * SIZE_MAX: in the output where an input's column is off by most. */
static gp_outcome judge_inputs(gp_product_search *s, const gp_block *block, size_t output,
                               size_t at) {
    const gp_found *found = s->inputs;
    size_t wanted = found->all_over ? block->entries : found->count, refuted = 0;
    size_t tries = wanted < INPUTS_TO_TRY ? wanted : INPUTS_TO_TRY;
    gp_columns all = {0};
    gp_outcome outcome = GP_EVALUATED;
    for (size_t q = 0; q < tries && outcome == GP_EVALUATED; q++) {
        double r = gp_random_uniform(s->p->check->options.seed, GP_STREAM_SAMPLE, s->base, q);
        size_t i = !found->all_over          ? found->leaf[q].low
                   : tries == block->entries ? q
                                             : (size_t)(r * (double)block->entries);
        gp_entry entry;
        outcome = look_at_column(s, block->offset + i);
        if (outcome != GP_EVALUATED)
            break;
        size_t worst = add_column(s, &all);
        double claimed = s->answer[output == SIZE_MAX ? worst : output];
        choose_output(s, output == SIZE_MAX ? worst : output);
        outcome = judge(s, block->offset + i, claimed, &entry);
        if (outcome != GP_EVALUATED || entry.status != GP_ENTRY_REFUTED)
            continue;
        refuted++;
        outcome = put(s, s->output, block->offset + i, &entry);
        if (outcome == GP_EVALUATED && output == SIZE_MAX && !found->all_over && refuted < LISTED &&
            gp_report_add_diagnosis(s->p->check->report, at, "columns", NAN,
                                    "%s is wrong in input %zu, in nearly all outputs",
                                    s->p->check->report->block[at].name, i))
            outcome = out_of_memory(s);
    }
    return outcome == GP_EVALUATED && refuted && output == SIZE_MAX && found->all_over
               ? describe(s, &all, at)
               : outcome;
}

/* Inputs where J v is wrong, block by block: in one output, or (SIZE_MAX) in the sum of all. */
static gp_outcome locate_inputs(gp_product_search *s, size_t output) {
    gp_products *p = s->p;
    gp_outcome outcome = GP_EVALUATED;
    for (size_t b = 0; b < p->f->blocks && outcome == GP_EVALUATED; b++) {
        const gp_block *block = &p->f->block[b];
        gp_discrepancy whole;
        if (p->weight[block->offset] == 0)
            continue;
        s->base = block->offset;
        if (output == SIZE_MAX)
            choose_sum(s, p->u + s->k * p->m);
        else
            choose_output(s, output);
        outcome = measure_inputs(s, 0, block->entries, INFINITY, &whole);
        if (outcome != GP_EVALUATED || !gp_is_off(&whole))
            continue;
        outcome = find(s, measure_inputs, block->entries, &whole, s->inputs);
        if (outcome == GP_EVALUATED)
            outcome = judge_inputs(s, block, output, p->block + b);
    }
    return outcome;
}

/* ---- all of it ------------------------------------------------------------------- */

static gp_outcome locate_in_output(gp_product_search *s, size_t output) {
    if (!s->p->left)
        return locate_inputs(s, output);
    memset(s->one, 0, s->p->m * sizeof *s->one);
    s->one[output] = 1;
    return locate_by_sum(s, s->one, output);
}

/* Names the outputs that are wrong, in the blocks that were found wrong. */
static gp_outcome name_outputs(gp_product_search *s, const gp_verdict *before) {
    gp_products *p = s->p;
    gp_report *r = p->check->report;
    const gp_found *found = s->outputs;
    char list[LISTED * GP_OUTPUT_NAME_SIZE + 64] = "", name[GP_OUTPUT_NAME_SIZE];
    for (size_t i = 0; i < found->count && i <= LISTED; i++) {
        size_t used = strlen(list);
        if (i < LISTED)
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                     gp_function_output_name(p->f, p->second, found->leaf[i].low, name));
        else
            snprintf(list + used, sizeof list - used, ", ...");
    }
    for (size_t b = 0; b < p->blocks && p->m > 1; b++) {
        size_t at = p->block + b;
        if (before[b] == GP_REFUTED || r->block[at].whole != GP_REFUTED)
            continue;
        if (gp_report_add_diagnosis(r, at, "rows", NAN,
                                    "%s is wrong in %s %s and, by the same random direction, "
                                    "right in the other %zu",
                                    r->block[at].name, gp_plural(found->count, "output", "outputs"),
                                    list, p->m - found->count))
            return out_of_memory(s);
    }
    return GP_EVALUATED;
}

/* Nothing was found that explains it: the blocks whose parts are off are wrong all the same, if
 * measurements at two or three sets of steps say so by more than what is tolerable, and the nearest
 * by as much as the first. */
static gp_outcome blame_blocks(gp_product_search *s) {
    gp_products *p = s->p;
    gp_report *r = p->check->report;
    const double *u = p->u + s->k * p->m;
    gp_outcome outcome = GP_EVALUATED;
    double off_all = gp_products_discrepancy(p, s->k, s->l).off;
    double far = fmin(FARTHER, FAR_ENOUGH / s->rung[0].step);
    int tries = far < 2 ? 2 : 3; /* stairs are finer than steps that are as long as that already */
    choose_sum(s, u);
    for (size_t b = 0; b < p->f->blocks && outcome == GP_EVALUATED; b++) {
        const gp_block *block = &p->f->block[b];
        size_t end = block->offset + block->entries;
        size_t at = p->blocks == p->f->blocks ? p->block + b : p->block;
        int off = 0; /* so many measurements say so */
        double claimed = 0, difference = 0, bound = 0, first = 0;
        if (p->weight[block->offset] == 0)
            continue;
        for (size_t i = block->offset; i < end && p->left; i++)
            claimed += p->product[s->k * p->n + i] * s->v[i];
        if (!p->left)
            outcome = multiply_part(s, block->offset, end);
        for (size_t j = 0; j < p->m && !p->left && outcome == GP_EVALUATED; j++)
            claimed += u[j] * s->answer[j];
        for (int try = 0; try < tries && outcome == GP_EVALUATED && off == try; try++) {
            gp_estimate e;
            outcome = try == 1 ? walk_nearby(s, block->offset, end, first, &e)
                               : walk_part(s, block->offset, end, off_all, try ? far : 1, &e);
            difference = claimed - e.derivative;
            bound = e.bound;
            first = try ? first : difference;
            off += fabs(difference) > bound + p->check->options.rtol * p->norm[b] &&
                   (try != 1 || is_steady(first, difference));
        }
        if (outcome != GP_EVALUATED || off < tries)
            continue;
        (void)condemn(s, at);
        if (gp_report_add_diagnosis(r, at, "unknown", NAN,
                                    "%s is off by %.3g (+- %.1e) for a random cotangent and "
                                    "direction; the place wasn't found",
                                    r->block[at].name, difference, bound))
            outcome = out_of_memory(s);
    }
    return outcome;
}

/* GP_NOT_HERE: nearby the pair looks otherwise than at the steps in use, so that what is off may be
 * the estimate. Sums of many terms are noisier than rounding of the outputs, and then are looked at
 * from less near. */
static gp_outcome is_off_nearby(gp_product_search *s) {
    gp_products *p = s->p;
    double off = gp_products_discrepancy(p, s->k, s->l).off;
    choose_sum(s, p->u + s->k * p->m);
    for (int again = 0; again < 2; again++) {
        gp_estimate e;
        gp_line *line = &p->line[s->l].line;
        if (again && gp_noise_at_tiny_steps(line, &s->tiny) == GP_FAULT)
            return GP_FAULT;
        if (walk_nearby(s, 0, p->n, off, &e) == GP_FAULT)
            return GP_FAULT;
        double nearby = p->slope[s->k][s->l] - e.derivative;
        p->confirmed = is_steady(off, nearby);
        if (p->confirmed)
            return GP_EVALUATED;
        if (fabs(off - nearby) > e.bound)
            return GP_NOT_HERE;
    }
    return GP_NOT_HERE;
}

static gp_outcome locate(gp_product_search *s, gp_verdict *before) {
    gp_products *p = s->p;
    gp_discrepancy whole;
    gp_probe probe = p->line[s->l].probe;
    gp_probe_fill(&probe, 0, p->n, s->v);
    for (size_t b = 0; b < p->blocks; b++)
        before[b] = p->check->report->block[p->block + b].whole;
    gp_outcome outcome = walk_line(s);
    if (outcome == GP_NOT_HERE) /* a domain that ends there */
        return GP_EVALUATED;
    if (outcome == GP_EVALUATED)
        outcome = is_off_nearby(s);
    if (outcome == GP_NOT_HERE)
        return GP_EVALUATED;
    set_limits(s);
    if (outcome == GP_EVALUATED)
        outcome = measure_outputs(s, 0, p->m, 0, &whole);
    if (outcome == GP_EVALUATED && gp_is_off(&whole))
        outcome = find(s, measure_outputs, p->m, &whole, s->outputs);
    const gp_found *found = s->outputs;
    if (outcome == GP_EVALUATED && found->all_over)
        outcome =
            p->left ? locate_by_sum(s, p->u + s->k * p->m, SIZE_MAX) : locate_inputs(s, SIZE_MAX);
    size_t shown = found->all_over && !p->left ? 0 : found->count;
    for (size_t q = 0; q < shown && q < OUTPUTS_TO_SHOW && outcome == GP_EVALUATED; q++)
        outcome = locate_in_output(s, found->leaf[q].low);
    if (outcome == GP_EVALUATED && s->news == 0) /* else more values come first */
        return p->thorough ? blame_blocks(s) : GP_EVALUATED;
    return outcome == GP_EVALUATED && !found->all_over ? name_outputs(s, before) : outcome;
}

gp_outcome gp_locate_product(gp_products *p, unsigned k, unsigned l, size_t *news) {
    size_t most = p->m > p->n ? p->m : p->n;
    double *room = calloc(p->n + (2 * STEPS + 1) * p->m + 2 * most, sizeof *room);
    gp_verdict *before = calloc(p->blocks, sizeof *before);
    gp_found *found = calloc(2, sizeof *found);
    gp_product_search s = {.p = p, .k = k, .l = l, .v = room, .outputs = found};
    gp_outcome outcome;
    if (room && before && found) {
        for (int q = 0; q < 2 * STEPS; q++)
            s.y[q] = room + p->n + (size_t)q * p->m;
        s.one = room + p->n + 2 * STEPS * p->m;
        s.part = s.one + p->m;
        s.answer = s.part + most;
        s.inputs = found + 1;
        s.Jv = p->left ? NULL : p->product + l * p->m;
        outcome = locate(&s, before);
    } else {
        outcome = out_of_memory(&s);
    }
    free(room);
    free(before);
    free(found);
    *news = s.news;
    return outcome == GP_NOT_HERE ? GP_EVALUATED : outcome;
}

/* ---- stored products ------------------------------------------------------------- */

/* A product that belongs to a point that was stored before is right there, and the same everywhere.
 * So products are asked for at another point, off every ray; one that is the same there, number for
 * number, is held against the derivative there. */

enum { POINT_OFF_RAYS = 2 }; /* of those that gp_probe_point knows: half way off */
/* What is off is the same at steps so many times as long: no kinks. */
static const double NEARER = 0.25;

/* What a claim says of inputs [first, end): they are those of one block, or all. */
typedef struct gp_claimed_part {
    size_t first, end, block; /* the last: of the report */
    double claimed, norm;
} gp_claimed_part;

/* out := J' u_0 or J v_0 as claimed at the evaluator's point. */
static gp_outcome multiply_there(gp_products *p) {
    gp_evaluator *e = p->check->evaluator;
    if (p->J) {
        size_t numbers = gp_claim_numbers(p->f, p->claim);
        gp_outcome outcome =
            gp_evaluator_claim(e, p->claim, GP_POISON_NAN, NULL, numbers, p->J, NULL);
        if (outcome == GP_EVALUATED)
            gp_matrix_times(p->f, p->claim, p->J, gp_double_at, p->u, p->out);
        return outcome;
    }
    gp_probe probe = p->line[0].probe;
    if (!p->left)
        gp_probe_fill(&probe, 0, p->n, p->in);
    return gp_evaluator_claim(e, p->claim, GP_POISON_NAN, p->left ? p->u : p->in,
                              p->left ? p->n : p->m, p->out, NULL);
}

/* Are numbers [first, end) of the product the same here, and not all zero? */
static int is_same(const gp_products *p, size_t first, size_t end) {
    int same = 0;
    for (size_t q = first; q < end; q++) {
        if (p->out[q] != p->product[q])
            return 0;
        same |= p->out[q] != 0;
    }
    return same;
}

/* What is claimed less the derivative of u_0 . F along v_0's part, here. */
static gp_outcome compare(gp_products *p, const gp_claimed_part *part, double f0, double shift,
                          gp_discrepancy *seen) {
    gp_probe probe = p->line[0].probe;
    gp_along along;
    gp_ladder ladder;
    gp_estimate e;
    gp_goal goal = {0, p->check->options.rtol * part->norm / 8};
    probe.offset = part->first;
    probe.entries = part->end - part->first;
    gp_line line = gp_line_along(&along, p->evaluator, &probe, f0);
    /* Those steps may suit noise rather than the function's bends. */
    double suitable = shift * fmin(p->step[0] / gp_first_step(&line), 1);
    if (gp_ladder_start(&ladder, &line, suitable) == GP_FAULT)
        return GP_FAULT;
    e = gp_ladder_estimate(&ladder, p->sigma[0]);
    if (fabs(part->claimed - e.derivative) > e.bound && /* what agrees is seldom stored */
        gp_ladder_refine(&ladder, &line, p->sigma[0], goal, PART_EVALUATIONS, &e) == GP_FAULT)
        return GP_FAULT;
    *seen = (gp_discrepancy){.off = part->claimed - e.derivative,
                             .bound = e.bound,
                             .fine = p->check->options.rtol * part->norm};
    return GP_EVALUATED;
}

static gp_outcome judge_part(gp_products *p, const gp_claimed_part *part, double f0) {
    gp_report *r = p->check->report;
    gp_discrepancy seen, nearby;
    gp_outcome outcome = compare(p, part, f0, 1, &seen);
    if (outcome != GP_EVALUATED || !(fabs(seen.off) > seen.bound + seen.fine))
        return outcome;
    outcome = compare(p, part, f0, NEARER, &nearby);
    if (outcome != GP_EVALUATED || !(fabs(nearby.off) > nearby.bound + nearby.fine) ||
        !is_steady(seen.off, nearby.off))
        return outcome;
    for (size_t b = part->block; b < p->block + p->blocks && (!p->left || b == part->block); b++) {
        if (r->block[b].whole == GP_REFUTED)
            continue;
        gp_findings_put_block(r, b, GP_REFUTED);
        if (gp_name_stored(r, b) != GP_OK)
            return gp_evaluator_fault(p->check->evaluator, "memory", "out of memory for a map");
    }
    return GP_EVALUATED;
}

/* v_0 is in `in`. A VJP's product is looked at block by block, a JVP's is one. */
static gp_outcome judge_parts(gp_products *p) {
    const gp_function *f = p->f;
    size_t parts = p->left ? f->blocks : 1;
    int evaluated = 0;
    double f0 = 0;
    gp_outcome outcome = GP_EVALUATED;
    for (size_t b = 0; b < parts && outcome == GP_EVALUATED; b++) {
        gp_claimed_part part = {.end = p->n, .block = p->block, .norm = p->all};
        if (p->left) {
            size_t first = f->block[b].offset;
            part = (gp_claimed_part){first, first + f->block[b].entries,
                                     p->block + (p->blocks == f->blocks ? b : 0), 0, p->norm[b]};
        }
        if (p->weight[part.first] == 0 || !is_same(p, part.first, p->left ? part.end : p->m))
            continue;
        for (size_t q = part.first; q < (p->left ? part.end : p->m); q++)
            part.claimed += p->product[q] * (p->left ? p->in[q] : p->u[q]);
        if (!evaluated) {
            gp_products_weigh(p, p->u, 1);
            outcome = gp_evaluator_value(p->evaluator, &f0);
        }
        evaluated = 1;
        if (outcome == GP_EVALUATED)
            outcome = judge_part(p, &part, f0);
    }
    return outcome;
}

gp_outcome gp_find_stored_product(gp_products *p) {
    gp_check_state *c = p->check;
    if (c->options.points < 2 || p->products == 0)
        return GP_EVALUATED;
    double *point = malloc(p->n * sizeof *point);
    if (!point)
        return gp_evaluator_fault(c->evaluator, "memory", "out of memory for a map");
    gp_probe_point(p->f, c->options.seed, POINT_OFF_RAYS, 0, point);
    gp_evaluator_set_point(c->evaluator, point);
    gp_outcome outcome = multiply_there(p);
    if (outcome == GP_EVALUATED) {
        gp_probe probe = p->line[0].probe;
        gp_probe_fill(&probe, 0, p->n, p->in);
        gp_evaluator_set_point(p->evaluator, point);
        outcome = judge_parts(p);
        gp_evaluator_set_point(p->evaluator, p->f->x);
    }
    gp_evaluator_set_point(c->evaluator, p->f->x);
    free(point);
    return outcome == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* See products.h. u_k and v_l, k, l < K, have independent components uniform on [-w, w]. The lines
 * x + t v_l are walked once, each value of F being summed up with every u_k: K^2 numbers u_k . J
 * v_l with bounds, from 4 K values of F. An error E of the claimed J passes them all with
 * probability
 *
 *     at most (2 q)^K (1 + K ln(1 / (2 q))),   q = B / |W_u E W_v|,
 *
 * | | being the spectral norm (of a single entry, row or column: its own norm), B the geometric
 * mean over l of what is accepted. For given u_k, Y = max_k |W_v E' u_k|, Ball's theorem bounds the
 * probability that v_l passes by sqrt 2 B_l / Y, and that of Y <= s by (sqrt 2 s / |W_u E W_v|)^K;
 * integrating min(1, (sqrt 2 B / Y)^K) over the latter gives the above. */
#include "search/products.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "search/repeat.h"
#include "system/text.h"
#include "system/vector.h"

/* How many directions, how many values along each (0: those of the first steps), and how good
 * estimates should be as a share of rtol times the norm of J: what is enough ends the course. The
 * last two take a budget. */
static const struct {
    unsigned directions, evaluations;
    double share;
} EFFORT[] = {{5, 0, 1e-3}, {9, 0, 1e-2}, {9, 8, 1e-2}, {9, 24, 5e-3}};
enum { EFFORTS = sizeof EFFORT / sizeof *EFFORT, BY_DEFAULT = 2 };
/* Evaluations of a claim that nothing is wrong with, unless there is a budget; products that are
 * still to be asked for then, to test them. */
enum { MOST_EVALUATIONS = 60, TESTS = 3 };
/* Noise may take this share of rtol times the norm at first steps, if they can be as long. */
static const double NOISE_SHARE = 3e-5, SHORTEST = 0x1p-14, LONGEST[] = {256, 4}, LOCATING = 1;
/* The rounding of outputs times this is what a well-computed sum is noisy by. */
static const double SUMMED = 4;
/* A right product may be off by this share of rtol before it is looked at more closely. */
static const double FINE = 0.02;
/* Each step's share of the next longer one; steps grow by at most the second number at a time. */
static const double RATIO = 0.53, LONGER = 10;
/* One line of a few sums shows less than all of them do. */
static const double PILOT_MARGIN = 16;
/* Blocks are turned up by at most this among larger ones; outputs down to this share of the median
 * derivative. */
static const double MOST_TURNED_UP = 30, LEAST_OUTPUT = 1.0 / 128;

static gp_outcome out_of_memory(const gp_products *p) {
    return gp_evaluator_fault(p->check->evaluator, "memory", "out of memory for a map");
}

static size_t inputs_of(const gp_products *p) {
    return p->left ? p->m : p->n;
}

static size_t outputs_of(const gp_products *p) {
    return p->left ? p->n : p->m;
}

static gp_probe probe_of(const gp_products *p, unsigned l) {
    return (gp_probe){.entries = p->n,
                      .seed = p->check->options.seed,
                      .stream = GP_STREAM_DIRECTION,
                      .part = l,
                      .weight = p->weight,
                      .scale = p->scale};
}

gp_outcome gp_products_claimed(gp_products *p, const double *in, double *out,
                               unsigned char *written) {
    gp_evaluator *e = p->check->evaluator;
    if (p->J) {
        gp_matrix_times(p->f, p->claim, p->J, gp_double_at, in, out);
        gp_plant_product(p->f, p->claim, in, out);
        return GP_EVALUATED;
    }
    double *planted = NULL;
    if (!p->left && p->f->plants) {
        planted = malloc(p->n * sizeof *planted);
        if (!planted)
            return out_of_memory(p);
        memcpy(planted, in, p->n * sizeof *planted);
        gp_plant_direction(p->f, p->claim, planted);
    }
    gp_outcome outcome = gp_evaluator_claim(e, p->claim, GP_POISON_NAN, planted ? planted : in,
                                            outputs_of(p), out, written);
    free(planted);
    if (outcome == GP_NOT_HERE)
        return gp_evaluator_fault(e, "refused", "the %s callback refused the given point",
                                  gp_claim_kinds[p->claim].word);
    if (outcome == GP_EVALUATED)
        gp_plant_product(p->f, p->claim, in, out);
    return outcome;
}

void gp_products_weigh(gp_products *p, const double *u, unsigned sets) {
    p->sum->u = u;
    p->sum->sets = sets;
}

/* Rounding moves each output by up to half a unit in its last place. */
double gp_products_rounding(const gp_products *p, const double *u) {
    double squares = 0;
    for (size_t j = 0; j < p->m; j++)
        squares += u[j] * p->F0[j] * (u[j] * p->F0[j]);
    return gp_dtype_epsilon(p->f->dtype) * sqrt(squares / 12);
}

static double in_precision(const gp_products *p, double v) {
    return p->f->dtype == GP_FLOAT32 ? (double)(float)v : v;
}

/* count numbers of vector `which`, uniform between -weight and weight (NULL: 1). Vector 0 is the
 * one that a product is tried on, the others are cotangents. */
static void draw(const gp_products *p, unsigned which, size_t count, const double *weight,
                 double *to) {
    enum { FIRST_PART = 1000 }; /* those of directions come before */
    for (size_t q = 0; q < count; q++) {
        double r = 2 * gp_random_uniform(p->check->options.seed, GP_STREAM_DIRECTION,
                                         FIRST_PART + which, q) -
                   1;
        to[q] = in_precision(p, weight ? weight[q] * r : r);
    }
}

/* ---- what products are before anything is known of them --------------------------- */

/* Every block of the claim is wrong, for a reason that concerns all of it. */
static gp_outcome condemn(gp_products *p, const char *kind, const char *what) {
    gp_report *r = p->check->report;
    for (size_t b = p->block; b < p->block + p->blocks; b++) {
        gp_findings_put_block(r, b, GP_REFUTED);
        if (gp_report_add_diagnosis(r, b, kind, NAN, "%s %s", r->block[b].name, what) != GP_OK)
            return out_of_memory(p);
    }
    return GP_NOT_HERE;
}

/* Numbers that weren't written, or aren't numbers: so many, number `first` first. */
static gp_outcome condemn_numbers(gp_products *p, size_t unwritten, size_t nonfinite,
                                  size_t first) {
    char what[512], entry[256] = "";
    size_t all = p->J ? gp_claim_numbers(p->f, p->claim) : outputs_of(p);
    if (p->left && !p->J)
        gp_function_entry_name(p->f, first, entry, sizeof entry);
    else
        snprintf(entry, sizeof entry, "number %zu", first);
    if (unwritten)
        snprintf(what, sizeof what,
                 "is never written in %zu of the %zu numbers of its callback, first in %s",
                 unwritten, all, entry);
    else
        snprintf(what, sizeof what,
                 "is infinite or NaN in %zu of the %zu numbers of its callback, first in %s",
                 nonfinite, all, entry);
    return condemn(p, unwritten ? "unwritten" : "nonfinite", what);
}

/* The same question twice must have the same answer; twice as much is an answer that was added. */
static gp_outcome compare_answers(gp_products *p, const double *again, size_t count) {
    size_t differ = 0, grown = 0, nonzero = 0;
    double largest = gp_largest(p->first, count);
    for (size_t q = 0; q < count; q++) {
        nonzero += p->first[q] != 0;
        differ += !gp_repeats(p->check, p->first[q], again[q], largest);
        grown += p->first[q] != 0 && fabs(again[q] - 2 * p->first[q]) <= 1e-5 * fabs(p->first[q]);
    }
    if (nonzero > 0 && grown == nonzero)
        return condemn(p, "accumulated",
                       "grows with every call: its callback adds to what an earlier call left");
    if (differ)
        return gp_evaluator_fault(p->check->evaluator, "not-deterministic",
                                  "the function is not deterministic: two calls of the %s callback "
                                  "at the same point differ in %zu of %zu numbers",
                                  gp_claim_kinds[p->claim].word, differ, count);
    return GP_EVALUATED;
}

/* first := the product with a vector of numbers between -1 and 1. GP_NOT_HERE: the claim has been
 * found wrong already. */
static gp_outcome try_product(gp_products *p) {
    size_t outputs = outputs_of(p), unwritten = 0, nonfinite = 0, first = 0;
    size_t numbers = p->J ? gp_claim_numbers(p->f, p->claim) : outputs;
    double *answer = p->J ? p->J : p->first;
    unsigned char *written = malloc(numbers);
    if (!written)
        return out_of_memory(p);
    draw(p, 0, inputs_of(p), NULL, p->in);
    gp_outcome outcome = p->J ? gp_evaluator_claim(p->check->evaluator, p->claim, GP_POISON_NAN,
                                                   NULL, numbers, answer, written)
                              : gp_products_claimed(p, p->in, answer, written);
    if (outcome == GP_NOT_HERE)
        outcome = gp_evaluator_fault(p->check->evaluator, "refused",
                                     "the %s callback refused the given point",
                                     gp_claim_kinds[p->claim].word);
    for (size_t q = 0; q < numbers && outcome == GP_EVALUATED; q++) {
        unwritten += !written[q];
        nonfinite += written[q] && !isfinite(answer[q]);
    }
    while (unwritten + nonfinite > 0 &&
           (unwritten ? written[first] : written[first] && isfinite(answer[first])))
        first++;
    free(written);
    if (outcome != GP_EVALUATED)
        return outcome;
    if (unwritten || nonfinite)
        return condemn_numbers(p, unwritten, nonfinite, first);
    if (p->J)
        return gp_products_claimed(p, p->in, p->first, NULL);
    outcome = gp_products_claimed(p, p->in, p->out, NULL);
    return outcome == GP_EVALUATED ? compare_answers(p, p->out, outputs) : outcome;
}

/* A product must be linear in its vector: J' (a + 2 b) = J' a + 2 J' b. `a` is the first vector,
 * and b number 0 of those in use. */
static gp_outcome test_linear(gp_products *p) {
    size_t outputs = outputs_of(p), inputs = inputs_of(p);
    const double *Jb = p->product;
    double squares = 0;
    gp_probe probe = probe_of(p, 0);
    if (p->left)
        memcpy(p->out, p->u, inputs * sizeof *p->out);
    else
        gp_probe_fill(&probe, 0, p->n, p->out);
    draw(p, 0, inputs, NULL, p->in);
    for (size_t q = 0; q < inputs; q++)
        p->in[q] = in_precision(p, p->in[q] + 2 * in_precision(p, p->out[q]));
    gp_outcome outcome = gp_products_claimed(p, p->in, p->out, NULL);
    for (size_t q = 0; q < outputs && outcome == GP_EVALUATED; q++)
        squares += p->out[q] * p->out[q];
    double typical = sqrt(squares / (double)outputs);
    for (size_t q = 0; q < outputs && outcome == GP_EVALUATED; q++) {
        double sum = p->first[q] + 2 * Jb[q];
        double size = fabs(p->first[q]) + 2 * fabs(Jb[q]) + typical;
        if (!(fabs(p->out[q] - sum) <= 1e4 * gp_dtype_epsilon(p->f->dtype) * size))
            outcome = gp_evaluator_fault(p->check->evaluator, "not-linear",
                                         "the %s callback isn't linear in its vector: number %zu "
                                         "is %.9g for a + 2 b, and %.9g by its answers for random "
                                         "vectors a and b",
                                         gp_claim_kinds[p->claim].word, q, p->out[q], sum);
    }
    return outcome;
}

/* F was evaluated elsewhere since: the first product must still be what it was. */
static gp_outcome is_stale(gp_products *p) {
    size_t outputs = outputs_of(p), differ = 0;
    double largest = gp_largest(p->first, outputs);
    if (p->J)
        return GP_EVALUATED;
    draw(p, 0, inputs_of(p), NULL, p->in);
    gp_outcome outcome = gp_products_claimed(p, p->in, p->out, NULL);
    for (size_t q = 0; q < outputs && outcome == GP_EVALUATED; q++)
        differ += !gp_repeats(p->check, p->first[q], p->out[q], largest);
    if (outcome != GP_EVALUATED || differ == 0)
        return outcome;
    return condemn(p, "stale",
                   "depends on where the map was evaluated before: its callback uses what an "
                   "earlier call left behind, rather than x");
}

/* ---- weights --------------------------------------------------------------------- */

static gp_outcome evaluate_map(gp_products *p) {
    gp_evaluator *e = p->check->evaluator;
    char name[GP_OUTPUT_NAME_SIZE];
    for (int again = 0; again < 2; again++) {
        double *y = again ? p->out : p->F0;
        gp_outcome outcome = gp_evaluator_map(e, p->second, y);
        double largest = again ? gp_largest(p->F0, p->m) : 0;
        if (outcome == GP_NOT_HERE)
            return gp_evaluator_fault(e, "refused", "the map callback refused the given point");
        for (size_t j = 0; j < p->m && outcome == GP_EVALUATED; j++) {
            if (!isfinite(y[j]))
                outcome =
                    gp_evaluator_fault(e, "nonfinite",
                                       "output %s of the map is %g at the given point: check "
                                       "at a point inside the function's domain",
                                       gp_function_output_name(p->f, p->second, j, name), y[j]);
            else if (again && !gp_repeats(p->check, p->F0[j], y[j], largest))
                outcome = gp_evaluator_fault(
                    e, "not-deterministic",
                    "the function is not deterministic: output %s of the map was %.17g and then "
                    "%.17g at the same point",
                    gp_function_output_name(p->f, p->second, j, name), p->F0[j], y[j]);
        }
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    return GP_EVALUATED;
}

/* Inputs: in proportion to the length on which a block's parameters vary and, where products show
 * it, to the inverse of an entry's own derivatives (the power of two below). */
static gp_outcome weigh_inputs(gp_products *p) {
    const gp_function *f = p->f;
    double *size = calloc(2 * f->blocks, sizeof *size), *factor = size + f->blocks;
    if (!size)
        return out_of_memory(p);
    gp_scaling scaling = {
        .function = f, .gradient = p->left ? p->first : NULL, .size = size, .factor = factor};
    double loudest = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        double squares = 0;
        factor[b] = p->check->typical[b];
        for (size_t i = block->offset; i < block->offset + block->entries && p->left; i++)
            squares += p->first[i] * p->first[i];
        size[b] = sqrt(squares / (double)block->entries);
        p->norm[b] = factor[b] * sqrt(squares);
        loudest = fmax(loudest, p->norm[b]);
    }
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        if (p->norm[b] > 0)
            factor[b] *= fmin(MOST_TURNED_UP, loudest / p->norm[b]);
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            p->weight[i] = gp_scaling_weight(&scaling, i, p->left ? p->first[i] : 0);
    }
    free(size);
    return GP_EVALUATED;
}

/* Outputs: in proportion to the inverse of what they change by along two random directions, as far
 * as rounding allows. */
static gp_outcome weigh_outputs(gp_products *p) {
    double *change = p->out, *scratch = p->in;
    size_t moving = 0;
    memset(change, 0, p->m * sizeof *change);
    for (unsigned l = 0; l < 2; l++) {
        gp_probe probe = probe_of(p, l);
        gp_along along;
        double step, value;
        gp_line line = gp_line_along(&along, p->evaluator, &probe, 0);
        gp_outcome outcome = gp_line_value(&line, gp_first_step(&line), &step, &value);
        if (outcome == GP_FAULT)
            return outcome;
        for (size_t j = 0; j < p->m && outcome == GP_EVALUATED; j++)
            change[j] = fmax(change[j], fabs(p->sum->outputs[j] - p->F0[j]));
    }
    double eps = gp_dtype_epsilon(p->f->dtype);
    for (size_t j = 0; j < p->m; j++) {
        if (!(change[j] > SUMMED * eps * fabs(p->F0[j])))
            change[j] = 0;
        else
            scratch[moving++] = change[j];
    }
    double typical = moving ? gp_median(scratch, moving) : 1, share = 0;
    moving = 0;
    for (size_t j = 0; j < p->m; j++)
        if (change[j] > 0)
            scratch[moving++] = fabs(p->F0[j]) / change[j];
    share = moving ? gp_median(scratch, moving) : 0;
    for (size_t j = 0; j < p->m; j++) {
        double size = change[j] > 0 ? fmax(change[j], LEAST_OUTPUT * typical) : typical;
        if (share > 0)
            size = fmax(size, fabs(p->F0[j]) / (8 * share));
        p->spread[j] = exp2(-floor(log2(size / typical)));
    }
    return GP_EVALUATED;
}

/* All of u_k: lines are summed up with each, whether or not products with it are asked for yet. */
static void draw_cotangents(gp_products *p) {
    for (unsigned k = 0; k < GP_MOST_SETS; k++) {
        double *u = p->u + k * p->m;
        draw(p, 1 + k, p->m, p->spread, u);
        p->f0[k] = gp_dot(u, p->F0, p->m);
    }
    gp_products_weigh(p, p->u, GP_MOST_SETS);
}

/* J' u_k or J v_k for all k below `count` that aren't there yet. */
static gp_outcome multiply(gp_products *p, unsigned count) {
    gp_outcome outcome = GP_EVALUATED;
    for (unsigned k = p->products; k < count && outcome == GP_EVALUATED; k++) {
        gp_probe probe = probe_of(p, k);
        if (!p->left)
            gp_probe_fill(&probe, 0, p->n, p->in);
        outcome = gp_products_claimed(p, p->left ? p->u + k * p->m : p->in,
                                      p->product + k * outputs_of(p), NULL);
        p->products = k + 1;
    }
    return outcome;
}

/* The norm of each block's part of W_u J W_v, from products with random vectors: the variance of a
 * component is a third of its weight squared. */
static gp_outcome measure_norms(gp_products *p) {
    const gp_function *f = p->f;
    gp_outcome outcome = GP_EVALUATED;
    p->all = 0;
    for (size_t b = 0; b < f->blocks && outcome == GP_EVALUATED; b++) {
        const gp_block *block = &f->block[b];
        double squares = 0;
        for (unsigned k = 0; k < p->products && p->left; k++)
            for (size_t i = block->offset; i < block->offset + block->entries; i++) {
                double share = p->weight[i] * p->product[k * p->n + i];
                squares += share * share / p->products;
            }
        const double *Jv = p->product;
        if (!p->left && f->blocks > 1) {
            gp_probe probe = probe_of(p, 0);
            memset(p->in, 0, p->n * sizeof *p->in);
            gp_probe_fill(&probe, block->offset, block->entries, p->in + block->offset);
            outcome = gp_products_claimed(p, p->in, p->out, NULL);
            Jv = p->out;
        }
        unsigned several = f->blocks > 1 ? 1 : p->products;
        for (unsigned l = 0; l < several && !p->left && outcome == GP_EVALUATED; l++)
            for (size_t j = 0; j < p->m; j++) {
                double share = p->spread[j] * Jv[l * p->m + j];
                squares += share * share / several;
            }
        p->norm[b] = sqrt(3 * squares);
        p->all = hypot(p->all, p->norm[b]);
    }
    return outcome;
}

/* ---- lines ----------------------------------------------------------------------- */

static gp_ladder ladder_of(const gp_products *p, unsigned k, const gp_product_line *line) {
    gp_ladder ladder = {.f0 = p->f0[k],
                        .unit = line->line.unit,
                        .limit = 4 * p->scale,
                        .narrow = p->f->dtype == GP_FLOAT32,
                        .rungs = line->rungs,
                        .evaluations = line->evaluations};
    for (unsigned r = 0; r < line->rungs; r++) {
        ladder.rung[r] = line->rung[r];
        ladder.rung[r].f_plus = line->plus[r][k];
        ladder.rung[r].f_minus = line->minus[r][k];
    }
    return ladder;
}

gp_estimate gp_products_estimate(const gp_products *p, unsigned k, unsigned l) {
    gp_ladder ladder = ladder_of(p, k, &p->line[l]);
    return gp_ladder_estimate(&ladder, p->sigma[k]);
}

/* Both values at one step. */
static gp_outcome add_rung(gp_products *p, gp_product_line *line, double step) {
    gp_rung rung = {.step = step};
    double at[2][GP_MOST_SETS], moved[2] = {step, -step};
    for (int side = 0; side < 2; side++) {
        double value;
        gp_outcome outcome = gp_line_value(&line->line, side ? -step : step, &moved[side], &value);
        if (outcome == GP_FAULT)
            return outcome;
        line->evaluations++;
        for (unsigned k = 0; k < GP_MOST_SETS; k++)
            at[side][k] = outcome == GP_EVALUATED ? p->sum->dots[k] : NAN;
    }
    rung.plus = moved[0];
    rung.minus = moved[1];
    unsigned r = 0;
    while (r < line->rungs && line->rung[r].step > step)
        r++;
    memmove(line->rung + r + 1, line->rung + r, (line->rungs - r) * sizeof *line->rung);
    memmove(line->plus + r + 1, line->plus + r, (line->rungs - r) * sizeof *line->plus);
    memmove(line->minus + r + 1, line->minus + r, (line->rungs - r) * sizeof *line->minus);
    line->rung[r] = rung;
    memcpy(line->plus[r], at[0], sizeof at[0]);
    memcpy(line->minus[r], at[1], sizeof at[1]);
    line->rungs++;
    return GP_EVALUATED;
}

static gp_outcome start_line(gp_products *p, unsigned l) {
    gp_product_line *line = &p->line[l];
    gp_outcome outcome = GP_EVALUATED;
    line->rungs = line->evaluations = 0;
    line->probe = probe_of(p, l);
    line->line = gp_line_along(&line->along, p->evaluator, &line->probe, p->f0[0]);
    for (unsigned r = 0; r < p->steps && outcome == GP_EVALUATED; r++)
        outcome = add_rung(p, line, p->step[r]);
    return outcome;
}

/* Values at further steps, larger or smaller as the bounds' largest part demands. */
static gp_outcome refine_line(gp_products *p, unsigned l, double goal, unsigned evaluations) {
    static const double LARGER = 1.9, SMALLER = 0.27; /* not powers of two: see derivative.c */
    gp_product_line *line = &p->line[l];
    gp_outcome outcome = GP_EVALUATED;
    while (line->evaluations + 2 <= evaluations && line->rungs < GP_RUNGS &&
           outcome == GP_EVALUATED) {
        gp_estimate worst = {.bound = -1};
        for (unsigned k = 0; k < p->count; k++) {
            gp_estimate e = gp_products_estimate(p, k, l);
            worst = e.bound > worst.bound || !isfinite(e.bound) ? e : worst;
        }
        if (worst.bound <= goal)
            break;
        double largest = line->rung[0].step, smallest = line->rung[line->rungs - 1].step;
        int noisy = worst.limit == GP_LIMIT_NOISE;
        outcome = add_rung(p, line,
                           isfinite(worst.bound) && noisy ? LARGER * largest : SMALLER * smallest);
    }
    return outcome;
}

/* The noise of each sum: rounding of outputs, and what the smallest steps in use show. */
static void measure_noise(gp_products *p) {
    for (unsigned k = 0; k < p->count; k++) {
        double rough[GP_MOST_SETS];
        size_t known = 0;
        for (unsigned l = 0; l < p->count; l++) {
            gp_ladder ladder = ladder_of(p, k, &p->line[l]);
            unsigned use = ladder.rungs < p->steps ? ladder.rungs : p->steps;
            memmove(ladder.rung, ladder.rung + (ladder.rungs - use), use * sizeof *ladder.rung);
            ladder.rungs = use;
            rough[known] = gp_ladder_roughness_of(&ladder, use);
            known += !isnan(rough[known]);
        }
        p->sigma[k] = gp_products_rounding(p, p->u + k * p->m);
        if (known) /* the median of |N(0, 1)| is 0.6745 */
            p->sigma[k] = fmax(p->sigma[k], gp_median(rough, known) / 0.6745);
    }
}

/* What rounding makes of a sum: outputs are rounded, and so are the parameters, by about a unit of
 * their length in all. */
static double rounding(const gp_products *p) {
    return hypot(gp_products_rounding(p, p->u), gp_dtype_epsilon(p->f->dtype) * p->all / sqrt(12));
}

/* The spectral norm of a weighted error that K directions of bound 1 see but for the accepted
 * probability. */
static double amplification(const gp_products *p, double K) {
    enum { HALVINGS = 80 };
    /* Asked at most so many times as there are efforts. */
    double accepted = log(p->check->options.confidence / EFFORTS);
    double low = -700, high = 0; /* of ln 2 q */
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (K * middle + log1p(-K * middle) > accepted)
            high = middle;
        else
            low = middle;
    }
    return 2 * exp(-low);
}

static double weakest(const gp_products *p) {
    double least = INFINITY;
    for (size_t b = 0; b < p->f->blocks; b++)
        if (p->norm[b] > 0)
            least = fmin(least, p->norm[b]);
    return isfinite(least) ? least : 0;
}

/* Of the first line, by a window of its rungs: the largest bound of a sum, the part of it that is
 * noise, and the part that the rounding of outputs makes, which no function has less of. */
typedef struct gp_window_bound {
    double bound, noise, rounding;
} gp_window_bound;

static gp_window_bound bound_of_window(const gp_products *p, unsigned first, unsigned count) {
    gp_window_bound all = {0};
    for (unsigned k = 0; k < EFFORT[0].directions; k++) {
        gp_ladder ladder = ladder_of(p, k, &p->line[0]);
        memmove(ladder.rung, ladder.rung + first, count * sizeof *ladder.rung);
        ladder.rungs = count;
        double least = gp_products_rounding(p, p->u + k * p->m);
        double rough = gp_ladder_roughness_of(&ladder, count);
        double sigma = isnan(rough) ? least : fmax(least, rough);
        gp_estimate e = gp_ladder_estimate(&ladder, sigma);
        all.bound = fmax(all.bound, e.bound);
        all.noise = fmax(all.noise, e.noise);
        all.rounding = fmax(all.rounding, sigma > 0 ? e.noise * (least / sigma) : 0);
    }
    return all;
}

static uint64_t evaluations(const gp_products *p) {
    const gp_evaluator *of_check = p->check->evaluator;
    return of_check->values + of_check->gradients + p->evaluator->values - p->before;
}

static int has_budget(const gp_products *p) {
    const gp_options *o = &p->check->options;
    return p->thorough || o->budget_evaluations || o->budget_seconds > 0;
}

/* So many directions of so many rungs can be had by default. */
static unsigned affordable(const gp_products *p, unsigned rungs) {
    double left = (double)MOST_EVALUATIONS - (double)evaluations(p) + p->products;
    double count = floor((left + 2 * rungs - TESTS) / (2 * rungs + 1));
    return has_budget(p) ? GP_MOST_SETS : (unsigned)fmin(fmax(count, 2), GP_MOST_SETS);
}

/* The steps for all lines, by what the first one has shown: those that see the smallest error by as
 * many directions as can be had. Returns what they see. */
static gp_window_bound choose_window(gp_products *p) {
    const gp_product_line *line = &p->line[0];
    gp_window_bound least = {.bound = INFINITY};
    for (unsigned count = 2; count <= 3; count++)
        for (unsigned first = 0; first + count <= line->rungs; first++) {
            unsigned most = affordable(p, count);
            gp_window_bound here = bound_of_window(p, first, count);
            double factor = amplification(p, most);
            if (!(factor * here.bound < least.bound))
                continue;
            least =
                (gp_window_bound){factor * here.bound, factor * here.noise, factor * here.rounding};
            p->most = most;
            p->steps = count;
            for (unsigned r = 0; r < count; r++)
                p->step[r] = line->rung[first + r].step;
        }
    return least;
}

/* A step worth trying along the first line: a longer one against noise, else as short a one as
 * rounding allows. What looks like noise in float64 may be kinks, so that a shorter one comes
 * first. 0: none. */
static double next_step(const gp_products *p, const gp_window_bound *seen, double wanted,
                        int first) {
    double top = p->line[0].rung[0].step, step = p->step[0];
    int narrow = p->f->dtype == GP_FLOAT32, noisy = 4 * seen->noise > seen->bound;
    if (!isfinite(seen->bound))
        return step / 64;
    double shorter = fmax(2 * seen->rounding / wanted, cbrt(seen->rounding / seen->bound) / 4);
    double longer = fmin(fmax(4 * seen->noise / wanted, 1 / (RATIO * RATIO)), LONGER);
    int can_shrink = shorter < 0.5;
    if (first ? narrow || (noisy && !can_shrink) : noisy) {
        if (step < top)
            longer = fmin(longer, sqrt(top / step));
        return longer * RATIO > 1 ? longer * step : 0;
    }
    return can_shrink ? fmax(shorter, SHORTEST) * step : 0;
}

/* Looks for better steps along the first line. */
static gp_outcome look_ahead(gp_products *p) {
    int tries = p->f->dtype == GP_FLOAT32 ? 2 : 3;
    double wanted = p->check->options.rtol * weakest(p) / PILOT_MARGIN;
    gp_outcome outcome = GP_EVALUATED;
    for (int try = 0; try < tries && outcome == GP_EVALUATED; try++) {
        gp_window_bound seen = choose_window(p);
        double step = wanted > 0 && seen.bound > wanted ? next_step(p, &seen, wanted, try == 0) : 0;
        if (step == 0)
            return GP_EVALUATED;
        outcome = add_rung(p, &p->line[0], step);
        if (outcome == GP_EVALUATED)
            outcome = add_rung(p, &p->line[0], RATIO * step);
    }
    (void)choose_window(p);
    return outcome;
}

/* The first steps, of a line that starts anew. */
static gp_outcome start_first_line(gp_products *p) {
    gp_probe probe = probe_of(p, 0);
    gp_along along;
    gp_line line = gp_line_along(&along, p->evaluator, &probe, p->f0[0]);
    double steps[4];
    gp_ladder_first_steps(&line, 1, steps);
    p->steps = 2;
    p->step[0] = steps[0];
    p->step[1] = steps[2];
    return start_line(p, 0);
}

/* First steps: as short as noise allows, for the sake of kinks. Where nothing moves (a function
 * that computes in float32) they grow. */
static gp_outcome choose_steps(gp_products *p) {
    double wanted = NOISE_SHARE * p->check->options.rtol * p->all, step = 0;
    /* What is wrong is located by shorter steps, which bend less. */
    double longest = p->thorough ? LOCATING : LONGEST[p->f->dtype == GP_FLOAT32];
    p->scale = 1;
    p->most = GP_MOST_SETS;
    gp_probe probe = probe_of(p, 0);
    gp_along along;
    gp_line line = gp_line_along(&along, p->evaluator, &probe, p->f0[0]);
    if (wanted > 0)
        step = 1.3 * GP_NOISE_FACTOR * SUMMED * rounding(p) / wanted;
    /* Where nothing is claimed to move, at steps as of any function. */
    p->scale = wanted > 0 ? fmin(fmax(step / gp_first_step(&line), SHORTEST), longest) : 1;
    gp_outcome outcome = start_first_line(p);
    gp_ladder ladder = ladder_of(p, 0, &p->line[0]);
    while (outcome == GP_EVALUATED && gp_ladder_is_still(&ladder) && p->scale < longest) {
        p->scale = fmin(64 * p->scale, longest);
        outcome = start_first_line(p);
        ladder = ladder_of(p, 0, &p->line[0]);
    }
    return outcome == GP_EVALUATED && !p->thorough ? look_ahead(p) : outcome;
}

/* slope[k][l] for all k, l < count. */
static void set_slopes(gp_products *p) {
    for (unsigned l = 0; l < p->count; l++) {
        gp_probe probe = probe_of(p, l);
        if (p->left)
            gp_probe_fill(&probe, 0, p->n, p->in);
        for (unsigned k = 0; k < p->count; k++)
            p->slope[k][l] = p->left ? gp_dot(p->product + k * p->n, p->in, p->n)
                                     : gp_dot(p->u + k * p->m, p->product + l * p->m, p->m);
    }
}

gp_discrepancy gp_products_discrepancy(const gp_products *p, unsigned k, unsigned l) {
    gp_estimate e = gp_products_estimate(p, k, l);
    double fine = fmax(8 * gp_dtype_epsilon(p->f->dtype), FINE * p->check->options.rtol);
    return (gp_discrepancy){
        .off = p->slope[k][l] - e.derivative, .bound = e.bound, .fine = fine * p->all / 3};
}

/* ---- what follows ---------------------------------------------------------------- */

double gp_products_error_seen(const gp_products *p) {
    double m = 0, log_bound = 0, least = DBL_MIN + DBL_EPSILON * p->all;
    for (unsigned l = 0; l < p->count; l++) {
        double most = least;
        for (unsigned k = 0; k < p->count; k++) {
            gp_discrepancy here = gp_products_discrepancy(p, k, l);
            if (!isfinite(here.bound))
                return INFINITY;
            m = fmax(m, fabs(here.off) / fmax(here.bound, least));
            most = fmax(most, here.bound);
        }
        log_bound += log(most) / p->count;
    }
    return exp(log_bound) * amplification(p, p->count) * (1 + m);
}

int gp_products_worst(const gp_products *p, unsigned *k, unsigned *l) {
    double most = 0;
    for (unsigned a = 0; a < p->count; a++)
        for (unsigned b = 0; b < p->count; b++) {
            gp_discrepancy here = gp_products_discrepancy(p, a, b);
            double excess = fabs(here.off) / (here.bound + here.fine);
            if (!isfinite(here.bound) || !gp_is_off(&here) || excess <= most)
                continue;
            most = excess;
            *k = a;
            *l = b;
        }
    return most > 0;
}

/* Directions until they are enough, or show that something is wrong. */
static gp_outcome measure(gp_products *p) {
    gp_outcome outcome = GP_EVALUATED;
    unsigned k, l;
    p->count = 0;
    draw_cotangents(p);
    p->most = GP_MOST_SETS;
    for (unsigned effort = 0; effort < EFFORTS && outcome == GP_EVALUATED; effort++) {
        unsigned before = p->count;
        unsigned count = EFFORT[effort].directions;
        if (effort && count > p->most)
            count = p->most > before ? p->most : before;
        p->unfinished = effort >= BY_DEFAULT && !has_budget(p);
        if (p->unfinished)
            break;
        outcome = multiply(p, count);
        if (effort == 0 && outcome == GP_EVALUATED)
            outcome = measure_norms(p);
        if (before == 0 && outcome == GP_EVALUATED)
            outcome = choose_steps(p);
        for (unsigned q = before ? before : 1; q < count && outcome == GP_EVALUATED; q++)
            outcome = start_line(p, q);
        p->count = count;
        if (outcome == GP_EVALUATED)
            measure_noise(p);
        double goal = EFFORT[effort].share * p->check->options.rtol * weakest(p);
        for (unsigned q = 0; q < count && outcome == GP_EVALUATED; q++)
            outcome = refine_line(p, q, goal, EFFORT[effort].evaluations);
        if (outcome == GP_EVALUATED && EFFORT[effort].evaluations)
            measure_noise(p);
        if (outcome != GP_EVALUATED)
            break;
        set_slopes(p);
        if (gp_products_worst(p, &k, &l) ||
            gp_products_error_seen(p) <= p->check->options.rtol * weakest(p))
            break;
    }
    return outcome;
}

gp_outcome gp_products_prepare(gp_products *p) {
    gp_outcome outcome = evaluate_map(p);
    if (outcome == GP_EVALUATED)
        outcome = try_product(p);
    if (outcome == GP_EVALUATED)
        outcome = weigh_inputs(p);
    return outcome == GP_EVALUATED ? weigh_outputs(p) : outcome;
}

gp_outcome gp_products_measure(gp_products *p, int first) {
    if (!p->left || first)
        p->products = 0; /* J v depends on the blocks in use */
    gp_outcome outcome = measure(p);
    if (outcome == GP_EVALUATED && first)
        outcome = is_stale(p);
    return outcome == GP_EVALUATED && first ? test_linear(p) : outcome;
}

/* Inputs at a bound: a direction that moves many of them leaves the bounds on either side. */
static size_t count_bound(const gp_function *f) {
    size_t count = 0;
    for (size_t i = 0; i < f->n && f->lower; i++)
        count += f->x[i] == f->lower[i] || f->x[i] == f->upper[i];
    return count;
}

gp_outcome gp_products_tell(const gp_products *p) {
    char more[200] = "";
    size_t bound = p->count && !isfinite(gp_products_error_seen(p)) ? count_bound(p->f) : 0;
    if (bound)
        snprintf(more, sizeof more,
                 ", none of which stays within the bounds: %zu of the %zu inputs are at theirs; "
                 "check at a point inside",
                 bound, p->n);
    else if (p->unfinished)
        snprintf(more, sizeof more,
                 "; that is not enough, and more than about %d evaluations take a budget, up to %u",
                 (int)MOST_EVALUATIONS,
                 GP_MOST_SETS * (EFFORT[EFFORTS - 1].evaluations + 1) + TESTS + 6);
    return gp_report_add_practice(p->check->report, "%s (%zu x %zu) by %u random %s and %u %s%s",
                                  gp_claim_kinds[p->claim].word, p->m, p->n, p->count,
                                  gp_plural(p->count, "cotangent", "cotangents"), p->count,
                                  gp_plural(p->count, "direction", "directions"), more)
               ? out_of_memory(p)
               : GP_EVALUATED;
}

/* See repeat.h. */
#include "search/repeat.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "judge/words.h"
#include "search/survey.h"
#include "system/text.h"

/* Answers beyond the first two, to measure by: the largest of six differences is exceeded by a
 * seventh once in seven times, and by the widest part of the estimate that is a factor of 2. */
enum { REPEATS = 5 };
static const double MARGIN = 2;

int gp_same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || a == b || (isnan(a) && isnan(b));
}

/* The precision in which two numbers were computed: float32 where both are float32 numbers,
 * whatever the type that they came in. */
static double unit_of(double first, double second) {
    int narrow = (double)(float)first == first && (double)(float)second == second;
    return narrow ? FLT_EPSILON : DBL_EPSILON;
}

int gp_repeats(const gp_check_state *c, double first, double second, double scale) {
    if (gp_same_bits(first, second))
        return 1;
    if (c->options.strict || !isfinite(first) || !isfinite(second))
        return 0;
    double allowed = GP_REPEAT_UNITS * unit_of(first, second) * fmax(scale, fabs(first));
    return fabs(second - first) <= allowed;
}

static gp_outcome fail(gp_check_state *c, const char *form, double first, double second,
                       const char *where) {
    return gp_evaluator_fault(c->evaluator, "not-deterministic", form, first, second, where);
}

/* How much the value changes where x moves by its own size: terms that large took part in it, even
 * if they cancel here. */
static gp_outcome take_size(gp_check_state *c, double *size) {
    if (c->value_size == 0) {
        double variation = 0;
        if (gp_check_variation(c, c->report->value, &variation) == GP_FAULT)
            return GP_FAULT;
        c->value_size = fmax(fabs(c->report->value), variation);
    }
    *size = c->value_size;
    return GP_EVALUATED;
}

gp_outcome gp_repeat_value(gp_check_state *c, double second) {
    static const char FORM[] =
        "the function is not deterministic: two evaluations of the value at the same point gave "
        "%.17g and %.17g (first block %s, index 0); hold its random draw with gp_function_set_seed";
    double first = c->report->value, size;
    if (gp_same_bits(first, second))
        return GP_EVALUATED;
    if (c->options.strict)
        return fail(c, FORM, first, second, c->function->block[0].name);
    if (take_size(c, &size) == GP_FAULT)
        return GP_FAULT;
    for (int k = 0; k < REPEATS; k++) {
        if (!gp_repeats(c, first, second, size))
            return fail(c, FORM, first, second, c->function->block[0].name);
        c->value_variation = fmax(c->value_variation, fabs(second - first));
        gp_outcome outcome = gp_evaluator_value(c->evaluator, &second);
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    return GP_EVALUATED;
}

/* The size of what takes part in a block's gradient: its largest number, and what the value's terms
 * make of it over the length on which the block's parameters vary. */
static double size_of_gradient(const gp_check_state *c, size_t b, const double *g) {
    const gp_block *block = &c->function->block[b];
    double size = c->typical[b] > 0 ? c->value_size / c->typical[b] : 0;
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        if (isfinite(g[i]))
            size = fmax(size, fabs(g[i]));
    return size;
}

gp_outcome gp_compare_gradients(gp_check_state *c, const double *first, const double *second,
                                size_t *beyond) {
    const gp_function *f = c->function;
    double ignored;
    *beyond = f->n;
    if (take_size(c, &ignored) == GP_FAULT)
        return GP_FAULT;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        double size = size_of_gradient(c, b, first);
        for (size_t i = block->offset; i < block->offset + block->entries; i++) {
            if ((c->manner && c->manner[i] != GP_MANNER_SET) || gp_same_bits(first[i], second[i]))
                continue;
            if (!gp_repeats(c, first[i], second[i], size)) {
                *beyond = i;
                return GP_EVALUATED;
            }
            double *variation = &c->tolerance[b].variation;
            *variation = fmax(*variation, MARGIN * fabs(second[i] - first[i]));
        }
    }
    return GP_EVALUATED;
}

gp_outcome gp_repeat_gradient(gp_check_state *c) {
    gp_outcome outcome = GP_EVALUATED;
    for (int k = 0; k <= REPEATS && outcome == GP_EVALUATED; k++) {
        char name[256];
        size_t beyond;
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
        if (outcome == GP_EVALUATED)
            outcome = gp_compare_gradients(c, c->gradient, c->other, &beyond);
        if (outcome != GP_EVALUATED || beyond == c->function->n)
            continue;
        gp_function_entry_name(c->function, beyond, name, sizeof name);
        outcome = fail(c,
                       "the function is not deterministic: two evaluations of the gradient at the "
                       "same point gave %.9g and %.9g in %s",
                       c->gradient[beyond], c->other[beyond], name);
    }
    return outcome;
}

int gp_repeats_entry(const gp_check_state *c, size_t i, double other) {
    size_t block = gp_function_block_number(c->function, i);
    return gp_same_bits(c->gradient[i], other) ||
           fabs(c->gradient[i] - other) <= c->tolerance[block].variation;
}

gp_outcome gp_report_repeats(gp_check_state *c) {
    const gp_function *f = c->function;
    size_t blocks = 0, worst = 0;
    for (size_t b = 0; b < f->blocks && c->scalars; b++) {
        blocks += c->tolerance[b].variation > 0;
        if (c->tolerance[b].variation > c->tolerance[worst].variation)
            worst = b;
    }
    int failed = 0;
    if (c->value_variation > 0)
        failed = gp_report_add_practice(c->report,
                                        "not bitwise reproducible: the value varies by up to %.2g "
                                        "from call to call, which counts as noise",
                                        c->value_variation);
    if (blocks > 0 && !failed)
        failed =
            gp_report_add_practice(c->report,
                                   "not bitwise reproducible: the gradient varies from call to "
                                   "call in %zu %s, most of all "
                                   "in %s by up to %.2g, which counts as noise",
                                   blocks, gp_plural(blocks, "block", "blocks"),
                                   f->block[worst].name, c->tolerance[worst].variation / MARGIN);
    return failed ? gp_evaluator_no_memory(c->evaluator) : GP_EVALUATED;
}

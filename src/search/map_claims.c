/* See map_claims.h. */
#include "search/map_claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/contract.h"
#include "search/repeat.h"
#include "system/vector.h"

enum { RANDOM_PAIRS = 4 };

static gp_manner manner_of(double v, unsigned char written) {
    return !written ? GP_MANNER_UNWRITTEN : isfinite(v) ? GP_MANNER_SET : GP_MANNER_NONFINITE;
}

/* One call: a row of a VJP, a column of a JVP or an HVP, or all of a Jacobian. */
typedef struct gp_answer {
    double *in, *out, *again;
    unsigned char *written;
    size_t inputs, outputs;
} gp_answer;

static gp_outcome ask(gp_map_set *s, size_t k, gp_poison poison, const gp_answer *a, double *out) {
    gp_check_state *c = s->check;
    gp_outcome outcome =
        gp_evaluator_claim(c->evaluator, s->claim[k], poison, a->in, a->outputs, out, a->written);
    if (outcome == GP_NOT_HERE && s->sweep.point == 0)
        return gp_evaluator_fault(c->evaluator, "refused",
                                  "the %s callback refused the given point",
                                  gp_claim_kinds[s->claim[k]].word);
    return outcome;
}

static void set_unit(const gp_answer *a, size_t unit) {
    for (size_t p = 0; p < a->inputs && a->in; p++)
        a->in[p] = p == unit;
}

/* Do answers to a vector in which no number is zero grow from call to call by what is the answer?
 * Then by twice as much for twice the vector. A unit vector's answers may be zeros, of which there
 * is no more. */
static gp_outcome try_answers_growth(gp_map_set *s, size_t k, const gp_answer *a,
                                     int *accumulates) {
    size_t n = a->outputs;
    double *first = malloc(3 * n * sizeof *first);
    if (!first)
        return gp_evaluator_no_memory(s->check->evaluator);
    double *second = first + n, *third = second + n;
    gp_outcome outcome = GP_EVALUATED;
    for (size_t call = 0; call < 3 && outcome == GP_EVALUATED; call++) {
        for (size_t p = 0; p < a->inputs && a->in; p++)
            a->in[p] = (call == 2 ? 2 : 1) / (double)(p + 1);
        outcome = ask(s, k, GP_POISON_NAN, a, first + call * n);
    }
    for (size_t q = 0; q < n && a->in && outcome == GP_EVALUATED; q++)
        third[q] = second[q] + (third[q] - second[q]) / 2;
    *accumulates =
        outcome == GP_EVALUATED &&
        gp_grows_evenly(first, second, third, n, gp_dtype_epsilon(s->check->function->dtype));
    free(first);
    return outcome;
}

/* The numbers of claim k vary by so much from call to call. */
static void note_variation(gp_map_set *s, size_t k, double variation) {
    size_t blocks = gp_claim_blocks(s->check->function, s->claim[k]);
    for (size_t b = 0; b < blocks; b++)
        s->check->tolerance[s->block[k] + b].variation = 2 * variation;
}

/* The same question twice, with another poison, must have the same answer. A number that reads as
 * NaN the first time and is changed the second is added to what is there; so is one that grows. */
static gp_outcome ask_again(gp_map_set *s, size_t k, const gp_answer *a, int *accumulates) {
    gp_check_state *c = s->check;
    size_t differ = 0;
    double largest = gp_largest(a->out, a->outputs), variation = 0;
    unsigned char *written = malloc(a->outputs);
    if (!written)
        return gp_evaluator_no_memory(c->evaluator);
    memcpy(written, a->written, a->outputs);
    gp_outcome outcome = ask(s, k, GP_POISON_NUMBER, a, a->again);
    for (size_t q = 0; q < a->outputs && outcome == GP_EVALUATED; q++) {
        double first = a->out[q], second = a->again[q];
        *accumulates |= !written[q] && a->written[q];
        int same = gp_repeats(c, first, second, largest);
        differ += written[q] && !same;
        if (written[q] && same && second != first)
            variation = fmax(variation, fabs(second - first));
    }
    note_variation(s, k, variation);
    free(written);
    if (differ && !*accumulates && outcome == GP_EVALUATED)
        outcome = try_answers_growth(s, k, a, accumulates);
    if (outcome == GP_EVALUATED && differ && !*accumulates)
        return gp_evaluator_fault(c->evaluator, "not-deterministic",
                                  "the function is not deterministic: two calls of the %s callback "
                                  "at the same point differ in %zu of %zu numbers",
                                  gp_claim_kinds[s->claim[k]].word, differ, a->outputs);
    return outcome;
}

static gp_outcome gather_answers(gp_map_set *s, size_t k, const gp_answer *a) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    gp_claim claim = s->claim[k];
    int sparse = k == 0 && s->sparse, accumulates = 0;
    gp_claim_shape shape = gp_claim_kinds[claim].shape;
    size_t units = a->inputs ? a->inputs : 1;
    for (size_t unit = 0; unit < units; unit++) {
        set_unit(a, unit);
        gp_outcome outcome = ask(s, k, GP_POISON_NAN, a, a->out);
        if (outcome != GP_EVALUATED)
            return outcome;
        for (size_t q = 0; q < a->outputs; q++) {
            size_t block;
            size_t to = sparse ? c->shown->block[s->block[0]].offset - s->first + q
                        : shape == GP_CLAIM_ROWS ? gp_map_place(s, k, unit, q, &block)
                        : shape == GP_CLAIM_COLUMNS
                            ? gp_map_place(s, k, q, unit, &block)
                            : gp_map_place(s, k, q / f->n, q % f->n, &block);
            s->claimed[to] = a->out[q];
            if (s->sweep.point == 0)
                c->manner[s->first + to] = (unsigned char)manner_of(a->out[q], a->written[q]);
        }
        if (unit == 0 && s->sweep.point == 0)
            outcome = ask_again(s, k, a, &accumulates);
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    for (size_t b = s->block[k]; accumulates && b < s->block[k] + gp_claim_blocks(f, claim); b++)
        for (size_t q = 0; q < c->shown->block[b].entries; q++)
            c->manner[c->shown->block[b].offset + q] = GP_MANNER_ACCUMULATED;
    return GP_EVALUATED;
}

/* Without its arrays. */
static gp_answer answer_sizes(const gp_map_set *s, size_t k) {
    const gp_function *f = s->check->function;
    return (gp_answer){.inputs = gp_claim_inputs(f, s->claim[k]),
                       .outputs = gp_claim_written(f, s->claim[k])};
}

gp_outcome gp_map_gather(gp_map_set *s, size_t k) {
    gp_check_state *c = s->check;
    gp_answer a = answer_sizes(s, k);
    a.in = a.inputs ? calloc(a.inputs, sizeof *a.in) : NULL;
    a.out = calloc(2 * a.outputs, sizeof *a.out);
    a.written = calloc(a.outputs, 1);
    gp_outcome outcome = GP_FAULT;
    if (a.out && a.written && (a.in || !a.inputs)) {
        a.again = a.out + a.outputs;
        outcome = gather_answers(s, k, &a);
    } else {
        (void)gp_evaluator_no_memory(c->evaluator);
    }
    free(a.in);
    free(a.out);
    free(a.written);
    return outcome;
}

/* The first claim of a shape; s->claims: there is none. */
static size_t claim_of_shape(const gp_map_set *s, gp_claim_shape shape) {
    size_t k = 0;
    while (k < s->claims && gp_claim_kinds[s->claim[k]].shape != shape)
        k++;
    return k;
}

/* What the answers to unit vectors add up to in number q of the answer to `in`; *size: the terms'
 * absolute values. */
static double add_up(const gp_map_set *s, size_t k, const double *in, size_t q, double *size) {
    int rows = gp_claim_kinds[s->claim[k]].shape == GP_CLAIM_ROWS;
    size_t inputs = gp_claim_inputs(s->check->function, s->claim[k]), block;
    double sum = 0;
    *size = 0;
    for (size_t p = 0; p < inputs; p++) {
        size_t at = rows ? gp_map_place(s, k, p, q, &block) : gp_map_place(s, k, q, p, &block);
        double term = in[p] * s->claimed[at];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* A product's answer to a random vector must be what its answers to unit vectors add up to. What
 * has cancelled to rounding, as a bias before a normalisation, is held against the mean size of
 * all. */
static gp_outcome test_linear(gp_map_set *s, size_t k, const double *in, double *out) {
    gp_check_state *c = s->check;
    size_t outputs = gp_claim_written(c->function, s->claim[k]);
    double size, mean = 0;
    for (size_t q = 0; q < outputs; q++) {
        (void)add_up(s, k, in, q, &size);
        mean += size / (double)outputs;
    }
    gp_outcome outcome =
        gp_evaluator_claim(c->evaluator, s->claim[k], GP_POISON_NAN, in, outputs, out, NULL);
    for (size_t q = 0; q < outputs && outcome == GP_EVALUATED; q++) {
        double sum = add_up(s, k, in, q, &size);
        if (fabs(out[q] - sum) > 1e4 * gp_dtype_epsilon(c->function->dtype) * fmax(size, mean))
            outcome = gp_evaluator_fault(c->evaluator, "not-linear",
                                         "the %s callback isn't linear in its vector: number %zu "
                                         "is %.9g for a random one, and "
                                         "%.9g by its answers for unit vectors",
                                         gp_claim_kinds[s->claim[k]].word, q, out[q], sum);
    }
    return outcome;
}

int gp_map_is_written(const gp_map_set *s) {
    for (size_t q = 0; q < s->count; q++)
        if (s->check->manner[s->first + q] != GP_MANNER_SET)
            return 0;
    return 1;
}

gp_outcome gp_map_test_products(gp_map_set *s) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    size_t n = f->n, m = s->m;
    size_t forward = claim_of_shape(s, GP_CLAIM_COLUMNS);
    size_t reverse = claim_of_shape(s, GP_CLAIM_ROWS);
    if (s->second && reverse == s->claims)
        reverse = forward;
    int both = forward < s->claims && reverse < s->claims;
    if ((forward == s->claims && reverse == s->claims) || !gp_map_is_written(s))
        return GP_EVALUATED; /* there is none, or worse is known of it already */
    double *u = malloc(2 * (n + m) * sizeof *u), worst = 0;
    if (!u)
        return gp_evaluator_no_memory(c->evaluator);
    double *v = u + m, *Jv = v + n, *Ju = Jv + m; /* Ju (n) = J' u */
    gp_outcome outcome = GP_EVALUATED;
    for (size_t pair = 0; pair < RANDOM_PAIRS && outcome == GP_EVALUATED; pair++) {
        for (size_t j = 0; j < m; j++)
            u[j] = gp_random_normal(c->options.seed, GP_STREAM_DIRECTION, 1000 + pair, j);
        for (size_t i = 0; i < n; i++)
            v[i] = gp_random_normal(c->options.seed, GP_STREAM_DIRECTION, 2000 + pair, i);
        if (forward < s->claims)
            outcome = test_linear(s, forward, v, Jv);
        if (reverse < s->claims && outcome == GP_EVALUATED)
            outcome = test_linear(s, reverse, u, Ju);
        if (!both || outcome != GP_EVALUATED)
            continue;
        double left = gp_dot(u, Jv, m), right = gp_dot(Ju, v, n);
        double size =
            sqrt(gp_dot(u, u, m) * gp_dot(Jv, Jv, m)) + sqrt(gp_dot(Ju, Ju, n) * gp_dot(v, v, n));
        worst = fmax(worst, size > 0 ? fabs(left - right) / size : 0);
    }
    free(u);
    int holds = worst <= 1e3 * gp_dtype_epsilon(f->dtype);
    const char *law =
        s->second ? "symmetry <u, Hv> = <Hu, v>" : "adjoint identity <u, Jv> = <J'u, v>";
    const char *verdict = holds       ? ""
                          : s->second ? ": that is no Hessian"
                                      : ": VJP and JVP are not of one Jacobian";
    if (outcome == GP_EVALUATED && both &&
        gp_report_add_practice(c->report, "%s %s %.2g in %d random pairs%s", law,
                               holds ? "holds to" : "fails by", worst, RANDOM_PAIRS, verdict))
        return gp_evaluator_no_memory(c->evaluator);
    return outcome == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

gp_status gp_map_plant(gp_map_set *s, size_t k) {
    const gp_function *f = s->check->function, *shown = s->check->shown;
    gp_status status = GP_OK;
    for (size_t p = 0; p < f->plants && status == GP_OK; p++) {
        const gp_plant *plant = &f->plant[p];
        int sparse = k == 0 && s->sparse;
        const gp_block *block = &shown->block[s->block[k] + (sparse ? 0 : plant->block)];
        size_t rows = sparse ? 1 : s->m;
        if (plant->claimed && plant->claim == s->claim[k])
            status = gp_plant_apply(plant, f->dtype, rows, block->entries / rows, NULL,
                                    s->claimed + block->offset - s->first);
    }
    return status;
}

gp_outcome gp_map_answer_is_same(gp_map_set *s, size_t k, const double *elsewhere, int *same) {
    gp_check_state *c = s->check;
    gp_answer a = answer_sizes(s, k);
    double *numbers = calloc(2 * a.outputs + a.inputs, sizeof *numbers);
    unsigned char *written = calloc(a.outputs, 1);
    gp_outcome outcome = numbers && written ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    a.in = a.inputs && numbers ? numbers + 2 * a.outputs : NULL;
    a.written = written;
    for (size_t p = 0; p < a.inputs && a.in; p++)
        a.in[p] = 1 / (double)(p + 1);
    for (int there = 0; there < 2 && outcome == GP_EVALUATED; there++) {
        gp_check_move(c, there ? elsewhere : c->function->x);
        outcome = ask(s, k, GP_POISON_NAN, &a, numbers + (there ? a.outputs : 0));
    }
    *same = 0;
    for (size_t q = 0; q < a.outputs && outcome == GP_EVALUATED; q++)
        *same |= numbers[q] != 0 && numbers[q] == numbers[a.outputs + q];
    free(numbers);
    free(written);
    return outcome;
}

/* See maps.h. The estimators are those of scalar functions: an output along a column is a function
 * on a line. Noise is measured for each output, tolerances follow each block's own scale. */
#include "search/maps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claim/sparsity.h"
#include "estimate/median.h"
#include "evaluate/column.h"
#include "evaluate/executor.h"
#include "function/claims.h"
#include "judge/decide.h"
#include "search/products.h"
#include "search/project_map.h"
#include "search/repeat.h"
#include "system/checksum.h"
#include "system/clock.h"
#include "system/text.h"
#include "system/vector.h"

/* Ladders of the first look, from which noise and scales follow: so many in all, if each output has
 * a few. */
enum { FIRST_LOOKS = 65536, FEWEST_COLUMNS = 4 };
/* A larger Jacobian is no longer looked at entry by entry; unless asked to, nor is one of more than
 * the second number. */
static const size_t MOST_ENTRIES = (size_t)1 << 24, MOST_BY_DEFAULT = (size_t)1 << 20;
/* Entry by entry, whatever that costs; values of the map that a column takes, as a rule; seconds to
 * judge an entry, and to find out that an output isn't in a sparse Jacobian's column. */
static const size_t FULL_ANYWAY = 4096;
static const double VALUES_PER_COLUMN = 8, JUDGEMENT = 1e-5, ABSENCE = 3e-7, BUDGET_SECONDS = 60;
enum { RANDOM_PAIRS = 4 };

/* A derivative found outside of the pattern. */
typedef struct gp_stray {
    size_t row, column;
    double derivative;
} gp_stray;

typedef struct gp_strays {
    size_t count;
    gp_stray first;
} gp_strays;

/* F, or the gradient as F, with what is claimed about its derivative. */
typedef struct gp_section {
    gp_check_state *check;
    int second;
    size_t m, claims;
    gp_claim claim[GP_CLAIMS];
    size_t block[GP_CLAIMS]; /* of `shown`, where each claim's blocks begin */
    size_t first, count;     /* entries of `shown` */
    int sparse;              /* claim[0] is a sparse Jacobian */
    gp_sparsity pattern;
    double *F0;      /* m, at the point in use */
    double *claimed; /* count, there */
    gp_noise *noise; /* m */
    size_t point;
    gp_entry *results; /* shared, count */
    gp_strays *strays; /* shared, one a group */
    size_t *groups;    /* to look at */
    size_t looked_at;
    /* What the first look has evaluated along `kept` of the groups, evenly spread. */
    double *first_values; /* shared, kept x numbers */
    size_t kept, numbers;
} gp_section;

static gp_outcome out_of_memory(gp_check_state *c) {
    return gp_evaluator_fault(c->evaluator, "memory", "out of memory for a Jacobian");
}

/* ---- what is shown -------------------------------------------------------------- */

/* A block for the report; no values are needed there. */
static gp_status show_block(gp_function *shown, const char *name, size_t dimensions,
                            const size_t *shape, unsigned stage) {
    size_t entries = 1;
    for (size_t k = 0; k < dimensions; k++)
        entries *= shape[k];
    double *zeros = calloc(entries, sizeof *zeros);
    gp_status status = zeros ? gp_function_add_block(shown, name, stage, dimensions, shape, zeros)
                             : GP_ERROR_MEMORY;
    free(zeros);
    return status;
}

/* project: the block's entries may be more than memory has room for. */
static gp_status show_claim(const gp_function *f, gp_claim claim, int project, gp_function *shown) {
    size_t m = gp_claim_outputs(f, claim);
    gp_status status = GP_OK;
    if (gp_claim_is_sparse(f, claim)) {
        status = project
                     ? gp_function_show_block(shown, gp_claim_kinds[claim].word, 1, &f->nonzeros)
                     : show_block(shown, gp_claim_kinds[claim].word, 1, &f->nonzeros, 0);
        if (status == GP_OK) {
            shown->block[shown->blocks - 1].derivative = 1;
            shown->block[shown->blocks - 1].row = f->row;
            shown->block[shown->blocks - 1].column = f->column;
        }
        return status;
    }
    for (size_t b = 0; b < f->blocks && status == GP_OK; b++) {
        const gp_block *block = &f->block[b];
        size_t shape[GP_MAX_DIMENSIONS] = {m, block->entries}, dimensions = 2;
        const char *word = gp_claim_kinds[claim].word;
        size_t size = strlen(word) + strlen(block->name) + 2;
        char *name = malloc(size);
        if (!name)
            return GP_ERROR_MEMORY;
        if (block->dimensions == 0)
            dimensions = 1;
        if (block->dimensions > 1 && block->dimensions < GP_MAX_DIMENSIONS) {
            dimensions = block->dimensions + 1;
            memcpy(shape + 1, block->shape, block->dimensions * sizeof *shape);
        }
        snprintf(name, size, "%s %s", word, block->name);
        status = project ? gp_function_show_block(shown, name, dimensions, shape)
                         : show_block(shown, name, dimensions, shape, 0);
        free(name);
        if (status == GP_OK)
            shown->block[shown->blocks - 1].derivative = 1;
    }
    return status;
}

static size_t entries_of(const gp_function *f, gp_claim claim) {
    size_t m = gp_claim_outputs(f, claim);
    if (gp_claim_is_sparse(f, claim))
        return f->nonzeros;
    return m > SIZE_MAX / f->n ? SIZE_MAX : m * f->n;
}

/* Seconds that an evaluation of F takes, here; 0: can't tell. */
static double measure_cost(const gp_function *f, int second, const gp_options *o) {
    gp_evaluator *e;
    double best = INFINITY, *y = malloc((second ? f->n : f->outputs) * sizeof *y);
    if (!y || gp_evaluator_create(f, o->seed, o->progress, 0, &e) != GP_OK) {
        free(y);
        return 0;
    }
    for (int k = 0; k < 2; k++) {
        double start = gp_seconds_now();
        if (gp_evaluator_map(e, second, y) != GP_EVALUATED)
            break;
        best = fmin(best, gp_seconds_now() - start);
    }
    gp_evaluator_destroy(e);
    free(y);
    return isfinite(best) ? best : 0;
}

/* auto: are so many entries, of so many outputs, too dear to be looked at one by one? */
static int is_dear(const gp_function *f, gp_claim claim, const gp_options *o) {
    size_t entries = entries_of(f, claim), m = gp_claim_outputs(f, claim);
    int sparse = gp_claim_is_sparse(f, claim);
    double columns = (double)f->n, workers = o->jobs > 1 ? o->jobs : 1;
    if (entries > MOST_BY_DEFAULT)
        return 1;
    if (entries <= FULL_ANYWAY && m <= FULL_ANYWAY && f->n <= FULL_ANYWAY)
        return 0;
    if (sparse) /* those of a group share their values: a few groups for each entry of a row */
        columns = fmin(columns, 2 * ceil((double)entries / (double)m) + 1);
    if (o->budget_evaluations)
        return VALUES_PER_COLUMN * columns > (double)o->budget_evaluations;
    double seconds =
        JUDGEMENT * (double)entries + (sparse ? ABSENCE * (double)m * (double)f->n : 0);
    double budget = o->budget_seconds > 0 ? o->budget_seconds : BUDGET_SECONDS;
    if (seconds <= budget && !o->journal && !o->team)
        seconds += VALUES_PER_COLUMN * columns * measure_cost(f, gp_claim_kinds[claim].second, o) /
                   workers;
    return seconds > budget;
}

int gp_maps_project(const gp_function *f, const gp_options *o) {
    int project = 0;
    for (int k = 0; k < GP_CLAIMS && !f->team && !project; k++) {
        if (!gp_function_claims(f, (gp_claim)k))
            continue;
        project = o->strategy == GP_PROJECT ||
                  (o->strategy == GP_SAMPLE && entries_of(f, (gp_claim)k) > MOST_BY_DEFAULT) ||
                  (o->strategy == GP_AUTO && !o->self_test && is_dear(f, (gp_claim)k, o));
    }
    return project;
}

/* Products make planted mistakes that are made of products. */
static gp_status refuse_plants(const gp_function *f, gp_error *error) {
    for (size_t p = 0; p < f->plants; p++)
        if (f->plant[p].claimed &&
            (f->plant[p].kind == GP_PLANT_TRANSPOSE || f->plant[p].kind == GP_PLANT_SHIFT))
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "%s: a transposed or shifted %s can't be planted where random products "
                           "are checked: ask for the strategy full",
                           f->name, gp_claim_kinds[f->plant[p].claim].word);
    return GP_OK;
}

gp_status gp_maps_shown(const gp_function *f, int project, const gp_function **result,
                        gp_error *error) {
    gp_function *shown;
    size_t entries = 0, claims = 0;
    for (int k = 0; k < GP_CLAIMS; k++)
        if (gp_function_claims(f, (gp_claim)k)) {
            claims++;
            size_t more = entries_of(f, (gp_claim)k);
            entries = more > SIZE_MAX - entries ? SIZE_MAX : entries + more;
            if (!project && entries > MOST_ENTRIES)
                return gp_fail(error, GP_ERROR_ARGUMENT,
                               "%s: the %s has more than %zu entries, too many to look at each: "
                               "leave the strategy at auto, or ask for project",
                               f->name, gp_claim_kinds[k].word, MOST_ENTRIES);
        }
    if (project && refuse_plants(f, error) != GP_OK)
        return GP_ERROR_ARGUMENT;
    if (claims == 0) {
        *result = f;
        return GP_OK;
    }
    gp_status status = gp_function_create(f->name, f->dtype, NULL, &shown);
    if (status != GP_OK)
        return gp_fail(error, status, "%s: out of memory", f->name);
    int scalar = gp_function_has_value(f) && gp_function_has_gradient(f);
    for (size_t b = 0; b < f->blocks && scalar && status == GP_OK; b++)
        status = show_block(shown, f->block[b].name, f->block[b].dimensions, f->block[b].shape,
                            f->block[b].stage);
    if (scalar && status == GP_OK)
        memcpy(shown->x, f->x, f->n * sizeof *f->x);
    for (int k = 0; k < GP_CLAIMS && status == GP_OK; k++)
        if (gp_function_claims(f, (gp_claim)k))
            status = show_claim(f, (gp_claim)k, project, shown);
    if (status != GP_OK) {
        gp_function_destroy(shown);
        return gp_fail(error, status, "%s: %s", f->name,
                       status == GP_ERROR_MEMORY
                           ? "out of memory"
                           : "a block is named like a derivative of another, or a derivative has "
                             "more entries than can be counted");
    }
    shown->batch_size = f->batch_size;
    shown->examples = f->examples;
    /* for the report's value_dtype */
    shown->callback[GP_VALUE] = f->callback[GP_VALUE];
    shown->precision[GP_VALUE] = f->precision[GP_VALUE];
    *result = shown;
    return GP_OK;
}

/* ---- the place of a number ------------------------------------------------------ */

/* Entry of `shown`, less s->first, for claim k at (output j, input i); SIZE_MAX outside a pattern.
 * *block is the block of `shown` that it lies in. */
static size_t place(const gp_section *s, size_t k, size_t j, size_t i, size_t *block) {
    const gp_function *f = s->check->function, *shown = s->check->shown;
    *block = s->block[k];
    if (k == 0 && s->sparse) {
        size_t entry = gp_sparsity_find(&s->pattern, j, i);
        return entry == SIZE_MAX ? entry : shown->block[*block].offset - s->first + entry;
    }
    size_t b = gp_function_block_number(f, i);
    *block += b;
    return shown->block[*block].offset - s->first + j * f->block[b].entries +
           (i - f->block[b].offset);
}

/* ---- what is claimed ------------------------------------------------------------ */

static gp_manner manner_of(double v, unsigned char written) {
    return !written ? GP_MANNER_UNWRITTEN : isfinite(v) ? GP_MANNER_SET : GP_MANNER_NONFINITE;
}

/* One call: a row of a VJP, a column of a JVP or an HVP, or all of a Jacobian. */
typedef struct gp_answer {
    double *in, *out, *again;
    unsigned char *written;
    size_t inputs, outputs;
} gp_answer;

static gp_outcome ask(gp_section *s, size_t k, gp_poison poison, const gp_answer *a, double *out) {
    gp_check_state *c = s->check;
    gp_outcome outcome =
        gp_evaluator_claim(c->evaluator, s->claim[k], poison, a->in, a->outputs, out, a->written);
    if (outcome == GP_NOT_HERE && s->point == 0)
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
static gp_outcome try_answers_growth(gp_section *s, size_t k, const gp_answer *a,
                                     int *accumulates) {
    size_t n = a->outputs;
    double *first = malloc(3 * n * sizeof *first);
    if (!first)
        return out_of_memory(s->check);
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
static void note_variation(gp_section *s, size_t k, double variation) {
    gp_check_state *c = s->check;
    size_t blocks = k == 0 && s->sparse ? 1 : c->function->blocks;
    for (size_t b = 0; b < blocks; b++)
        c->tolerance[s->block[k] + b].variation = 2 * variation;
}

/* The same question twice, with another poison, must have the same answer. A number that reads as
 * NaN the first time and is changed the second is added to what is there; so is one that grows. */
static gp_outcome ask_again(gp_section *s, size_t k, const gp_answer *a, int *accumulates) {
    gp_check_state *c = s->check;
    size_t differ = 0;
    double largest = gp_largest(a->out, a->outputs), variation = 0;
    unsigned char *written = malloc(a->outputs);
    if (!written)
        return out_of_memory(c);
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

static gp_outcome gather_answers(gp_section *s, size_t k, const gp_answer *a) {
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
                        : shape == GP_CLAIM_ROWS    ? place(s, k, unit, q, &block)
                        : shape == GP_CLAIM_COLUMNS ? place(s, k, q, unit, &block)
                                                    : place(s, k, q / f->n, q % f->n, &block);
            s->claimed[to] = a->out[q];
            if (s->point == 0)
                c->manner[s->first + to] = (unsigned char)manner_of(a->out[q], a->written[q]);
        }
        if (unit == 0 && s->point == 0)
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
static gp_answer answer_sizes(const gp_section *s, size_t k) {
    const gp_function *f = s->check->function;
    return (gp_answer){.inputs = gp_claim_inputs(f, s->claim[k]),
                       .outputs = gp_claim_written(f, s->claim[k])};
}

/* Fills s->claimed for claim k, and how its numbers were written. */
static gp_outcome gather_claim(gp_section *s, size_t k) {
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
        (void)out_of_memory(c);
    }
    free(a.in);
    free(a.out);
    free(a.written);
    return outcome;
}

/* The first claim of a shape; s->claims: there is none. */
static size_t claim_of_shape(const gp_section *s, gp_claim_shape shape) {
    size_t k = 0;
    while (k < s->claims && gp_claim_kinds[s->claim[k]].shape != shape)
        k++;
    return k;
}

/* A product's answer to a random vector must be what its answers to unit vectors add up to. */
static gp_outcome test_linear(gp_section *s, size_t k, const double *in, double *out) {
    gp_check_state *c = s->check;
    int rows = gp_claim_kinds[s->claim[k]].shape == GP_CLAIM_ROWS;
    size_t outputs = gp_claim_written(c->function, s->claim[k]);
    size_t inputs = gp_claim_inputs(c->function, s->claim[k]);
    gp_outcome outcome =
        gp_evaluator_claim(c->evaluator, s->claim[k], GP_POISON_NAN, in, outputs, out, NULL);
    for (size_t q = 0; q < outputs && outcome == GP_EVALUATED; q++) {
        double sum = 0, size = 0;
        size_t block;
        for (size_t p = 0; p < inputs; p++) {
            size_t at = rows ? place(s, k, p, q, &block) : place(s, k, q, p, &block);
            double term = in[p] * s->claimed[at];
            sum += term;
            size += fabs(term);
        }
        if (fabs(out[q] - sum) > 1e4 * gp_dtype_epsilon(c->function->dtype) * size)
            outcome = gp_evaluator_fault(c->evaluator, "not-linear",
                                         "the %s callback isn't linear in its vector: number %zu "
                                         "is %.9g for a random one, and "
                                         "%.9g by its answers for unit vectors",
                                         gp_claim_kinds[s->claim[k]].word, q, out[q], sum);
    }
    return outcome;
}

static int all_set(const gp_section *s) {
    for (size_t q = 0; q < s->count; q++)
        if (s->check->manner[s->first + q] != GP_MANNER_SET)
            return 0;
    return 1;
}

/* Random u and v: is each product linear, and is <u, J v> = <J' u, v> (for a Hessian, which is its
 * own transpose, <u, H v> = <H u, v>)? */
static gp_outcome test_products(gp_section *s) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    size_t n = f->n, m = s->m;
    size_t forward = claim_of_shape(s, GP_CLAIM_COLUMNS);
    size_t reverse = s->second ? forward : claim_of_shape(s, GP_CLAIM_ROWS);
    int both = forward < s->claims && reverse < s->claims;
    if ((forward == s->claims && reverse == s->claims) || !all_set(s))
        return GP_EVALUATED; /* there is none, or worse is known of it already */
    double *u = malloc(2 * (n + m) * sizeof *u), worst = 0;
    if (!u)
        return out_of_memory(c);
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
        return out_of_memory(c);
    return outcome == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* ---- noise and scales ----------------------------------------------------------- */

/* A ladder of the first look: output j along member `member` of column cache `column`. */
typedef struct gp_look {
    size_t column, member, output;
} gp_look;

typedef struct gp_looks {
    gp_section *section;
    gp_column *column;
    gp_look *look;
    gp_ladder *ladder;
    size_t count, first; /* first: of the output in turn */
} gp_looks;

static gp_line line_of(const gp_section *s, gp_column_output *of, gp_column *column, size_t member,
                       size_t j) {
    const gp_check_state *c = s->check;
    size_t block = gp_function_block_number(c->function, column->entries[member]);
    return gp_line_of_column(of, column, member, j, c->typical[block], s->F0[j]);
}

static gp_outcome look_at(gp_looks *l, size_t index, double shift, gp_ladder *ladder) {
    const gp_look *look = &l->look[l->first + index];
    gp_column_output of;
    gp_line line = line_of(l->section, &of, &l->column[look->column], look->member, look->output);
    return gp_ladder_start(ladder, &line, shift);
}

static size_t members_of(const gp_section *s, size_t g) {
    return s->pattern.group_start[g + 1] - s->pattern.group_start[g];
}

static size_t kept_group(const gp_section *s, size_t w) {
    return w * s->pattern.groups / s->kept;
}

/* Of group g, or NULL. */
static const double *kept_values(const gp_section *s, size_t g) {
    size_t w = s->kept ? (g * s->kept + s->pattern.groups - 1) / s->pattern.groups : 0;
    return w < s->kept && kept_group(s, w) == g ? s->first_values + w * s->numbers : NULL;
}

/* The column of group g, with what is known of it. */
static gp_outcome start_column(gp_section *s, gp_evaluator *e, size_t g, gp_column *column) {
    const double *values = kept_values(s, g);
    gp_column_start(column, e, s->second, s->m, s->pattern.member + s->pattern.group_start[g],
                    members_of(s, g), s->check->length);
    return values ? gp_column_recall(column, values) : GP_EVALUATED;
}

/* The first steps along one of the groups that are looked at first: of all its outputs at once. */
static gp_outcome evaluate_first(void *context, gp_evaluator *e, size_t w) {
    gp_section *s = context;
    gp_column column;
    gp_column_output of;
    double steps[GP_COLUMN_KEPT];
    size_t g = kept_group(s, w);
    gp_outcome outcome = start_column(s, e, g, &column); /* nothing is known of it yet */
    gp_line line = line_of(s, &of, &column, 0, 0);
    double length = s->check->length[column.entries[0]];
    gp_ladder_first_steps(&line, 1, steps);
    for (size_t q = 0; q < GP_COLUMN_KEPT && outcome != GP_FAULT; q++)
        outcome = gp_column_evaluate(&column, steps[q] / length);
    gp_column_keep(&column, s->first_values + w * s->numbers);
    gp_column_end(&column);
    return outcome;
}

static int first_values_are_sound(const void *context, size_t w, const void *record) {
    const gp_section *s = context;
    return gp_column_is_sound(record, members_of(s, kept_group(s, w)), s->m);
}

static gp_outcome looks_again(void *context, const size_t *indices, size_t count, double shift,
                              gp_ladder *ladders) {
    for (size_t k = 0; k < count; k++)
        if (look_at(context, indices[k], shift, &ladders[k]) == GP_FAULT)
            return GP_FAULT;
    return GP_EVALUATED;
}

/* The noise of every output at tiny steps, all parameters moving at once. */
static gp_outcome tiny_noise(gp_section *s, double *tiny) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    size_t *all = malloc(f->n * sizeof *all);
    if (!all)
        return out_of_memory(c);
    for (size_t i = 0; i < f->n; i++)
        all[i] = i;
    gp_column column;
    gp_outcome outcome = GP_EVALUATED;
    gp_column_start(&column, c->evaluator, s->second, s->m, all, f->n, c->length);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++) {
        gp_column_output of;
        gp_line line = line_of(s, &of, &column, 0, j);
        outcome = gp_noise_at_tiny_steps(&line, &tiny[j]);
    }
    gp_column_end(&column);
    free(all);
    return outcome;
}

/* The median |d| of the first looks into block `b` (SIZE_MAX: into all); 0 if none shows a
 * derivative. */
static double median_scale(gp_section *s, const gp_looks *l, size_t b, double *scratch) {
    size_t found = 0;
    for (size_t q = 0; q < l->count; q++) {
        const gp_look *look = &l->look[q];
        size_t input = l->column[look->column].entries[look->member], block, k = 0;
        while (k < s->claims && (place(s, k, look->output, input, &block) == SIZE_MAX ||
                                 (b != SIZE_MAX && block != b)))
            k++;
        if (k == s->claims)
            continue;
        gp_estimate e = gp_ladder_estimate(&l->ladder[q], s->noise[look->output].sigma);
        if (isfinite(e.bound) && fabs(e.derivative) > e.bound)
            scratch[found++] = fabs(e.derivative);
    }
    return found ? gp_median(scratch, found) : 0;
}

static void set_tolerances(gp_section *s, const gp_looks *l, double *scratch) {
    gp_check_state *c = s->check;
    const gp_function *shown = c->shown;
    double all = median_scale(s, l, SIZE_MAX, scratch);
    for (size_t b = s->block[0]; b < shown->blocks && shown->block[b].offset < s->first + s->count;
         b++) {
        double own = median_scale(s, l, b, scratch);
        gp_tolerance_follow(&c->tolerance[b], &c->options, c->function->dtype, own > 0 ? own : all);
    }
}

/* Looks at every output along the columns, and measures its noise. */
static gp_outcome look_at_outputs(gp_looks *l, size_t columns, const double *tiny) {
    gp_section *s = l->section;
    gp_check_state *c = s->check;
    int grouped = s->sparse && s->claims == 1;
    for (size_t j = 0; j < s->m; j++) {
        l->first = l->count;
        for (size_t w = 0; w < columns; w++)
            for (size_t k = 0; k < l->column[w].members; k++) {
                if (grouped &&
                    gp_sparsity_find(&s->pattern, j, l->column[w].entries[k]) == SIZE_MAX)
                    continue;
                l->look[l->count] = (gp_look){.column = w, .member = k, .output = j};
                if (look_at(l, l->count - l->first, 1, &l->ladder[l->count]) == GP_FAULT)
                    return GP_FAULT;
                l->count++;
            }
        gp_outcome outcome = gp_noise_level(c->function->dtype, tiny[j], l->ladder + l->first,
                                            l->count - l->first, 1, looks_again, l, &s->noise[j]);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? GP_FAULT : out_of_memory(c);
    }
    return GP_EVALUATED;
}

/* First looks at the groups that were evaluated for it: the noise of each output and the scale of
 * each block. A group that a worker process was lost to has no values, and is left out. */
static gp_outcome look_at_kept(gp_section *s) {
    gp_check_state *c = s->check;
    size_t columns = 0, most = 0;
    gp_looks l = {.section = s, .column = calloc(s->kept, sizeof(gp_column))};
    gp_outcome outcome = l.column ? GP_EVALUATED : out_of_memory(c);
    for (size_t w = 0; w < s->kept && outcome == GP_EVALUATED; w++) {
        if (s->first_values[w * s->numbers] == 0)
            continue;
        most += members_of(s, kept_group(s, w)) * s->m;
        outcome = start_column(s, c->evaluator, kept_group(s, w), &l.column[columns++]);
    }
    if (s->sparse && s->claims == 1)
        most = c->function->nonzeros;
    double *tiny = calloc(s->m, sizeof *tiny), *scratch = malloc((most + 1) * sizeof *scratch);
    l.look = malloc((most + 1) * sizeof *l.look);
    l.ladder = malloc((most + 1) * sizeof *l.ladder);
    if (outcome == GP_EVALUATED && !(tiny && scratch && l.look && l.ladder))
        outcome = out_of_memory(c);
    if (outcome == GP_EVALUATED)
        outcome = tiny_noise(s, tiny);
    if (outcome == GP_EVALUATED)
        outcome = look_at_outputs(&l, columns, tiny);
    if (outcome == GP_EVALUATED)
        set_tolerances(s, &l, scratch);
    for (size_t w = 0; w < columns; w++)
        gp_column_end(&l.column[w]);
    free(l.column);
    free(l.look);
    free(l.ladder);
    free(scratch);
    free(tiny);
    return outcome;
}

static gp_outcome first_look(gp_section *s) {
    gp_check_state *c = s->check;
    memset(s->first_values, 0, s->kept * s->numbers * sizeof *s->first_values);
    gp_work work = gp_work_on(s->kept, evaluate_first, s, s->first_values,
                              s->numbers * sizeof *s->first_values, first_values_are_sound);
    work.version = gp_sum_bytes(GP_SUM_START, s->F0, s->m * sizeof *s->F0);
    gp_outcome outcome = gp_execute(&c->executor, c->evaluator, &work);
    return outcome == GP_EVALUATED ? look_at_kept(s) : outcome;
}

/* ---- judging -------------------------------------------------------------------- */

static gp_outcome judge_output(gp_section *s, gp_column *column, size_t member, size_t j,
                               size_t block, double a, int readable, gp_entry *result) {
    const gp_check_state *c = s->check;
    gp_column_output of;
    gp_ladder ladder;
    gp_line line = line_of(s, &of, column, member, j);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    gp_outcome outcome =
        gp_judge_line(&ladder, &line, s->noise[j], &c->tolerance[block], a, readable, result);
    result->point = s->point;
    return outcome;
}

/* All claims about one column. With a pattern, outputs outside of it must not move. */
static gp_outcome judge_column(gp_section *s, gp_column *column, size_t member, int alone,
                               gp_strays *strays, size_t *wrong) {
    const gp_check_state *c = s->check;
    size_t i = column->entries[member];
    for (size_t j = 0; j < s->m; j++)
        for (size_t k = 0; k < s->claims; k++) {
            size_t block, at = place(s, k, j, i, &block);
            gp_entry stray = {.status = GP_ENTRY_UNCHECKED};
            if (at == SIZE_MAX && !alone)
                continue;
            int inside = at != SIZE_MAX;
            int readable = !inside || s->point > 0 || c->manner[s->first + at] == GP_MANNER_SET;
            gp_entry *result = inside ? &s->results[at] : &stray;
            if (judge_output(s, column, member, j, block, inside ? s->claimed[at] : 0, readable,
                             result) == GP_FAULT)
                return GP_FAULT;
            *wrong += result->status == GP_ENTRY_REFUTED;
            if (!inside && stray.status == GP_ENTRY_REFUTED) {
                if (strays->count++ == 0)
                    strays->first = (gp_stray){j, i, stray.numeric};
            }
        }
    return GP_EVALUATED;
}

/* Does an output move along a group none of whose columns has it in the pattern? */
static gp_outcome someone_strays(gp_section *s, gp_column *column, int *strays) {
    *strays = 0;
    for (size_t j = 0; j < s->m && !*strays; j++) {
        size_t k = 0;
        gp_entry moved;
        while (k < column->members &&
               gp_sparsity_find(&s->pattern, j, column->entries[k]) == SIZE_MAX)
            k++;
        if (k < column->members)
            continue;
        if (judge_output(s, column, 0, j, s->block[0], 0, 1, &moved) == GP_FAULT)
            return GP_FAULT;
        *strays = moved.status == GP_ENTRY_REFUTED;
    }
    return GP_EVALUATED;
}

/* One group of columns; where something is wrong, its columns one by one. */
static gp_outcome judge_group(void *context, gp_evaluator *e, size_t index) {
    gp_section *s = context;
    const gp_check_state *c = s->check;
    size_t g = s->groups[index], start = s->pattern.group_start[g];
    size_t members = s->pattern.group_start[g + 1] - start, wrong = 0;
    int strays = 0, alone = members == 1;
    gp_column column;
    gp_outcome outcome = start_column(s, e, g, &column);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED; k++)
        outcome = judge_column(s, &column, k, alone, &s->strays[g], &wrong);
    if (outcome == GP_EVALUATED && !alone && !wrong)
        outcome = someone_strays(s, &column, &strays);
    gp_column_end(&column);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED && !alone && (wrong || strays); k++) {
        size_t again = 0;
        gp_column_start(&column, e, s->second, s->m, s->pattern.member + start + k, 1, c->length);
        outcome = judge_column(s, &column, 0, 1, &s->strays[g], &again);
        gp_column_end(&column);
    }
    return outcome;
}

/* ---- what a group leaves behind: its strays, and the results of its columns ------- */

/* At most: one for each output, claim and column, and columns of a sparse group share no output. */
static size_t record_size(const gp_section *s) {
    return sizeof(gp_strays) + s->m * s->claims * sizeof(gp_entry);
}

/* Entry number q (from 0) of a group's results; NULL beyond them. */
typedef struct gp_cursor {
    size_t column, output, claim; /* next */
} gp_cursor;

static gp_entry *next_result(const gp_section *s, size_t group, gp_cursor *at) {
    size_t start = s->pattern.group_start[group], end = s->pattern.group_start[group + 1];
    while (start + at->column < end) {
        size_t block, i = s->pattern.member[start + at->column];
        size_t here = place(s, at->claim, at->output, i, &block);
        if (++at->claim == s->claims) {
            at->claim = 0;
            if (++at->output == s->m) {
                at->output = 0;
                at->column++;
            }
        }
        if (here != SIZE_MAX)
            return &s->results[here];
    }
    return NULL;
}

static void pack_group(void *context, size_t index, void *record) {
    gp_section *s = context;
    size_t group = s->groups[index], used = sizeof(gp_strays);
    gp_cursor at = {0, 0, 0};
    memset(record, 0, record_size(s));
    memcpy(record, &s->strays[group], sizeof s->strays[group]);
    for (const gp_entry *entry; (entry = next_result(s, group, &at)); used += sizeof *entry)
        memcpy((char *)record + used, entry, sizeof *entry);
}

static void unpack_group(void *context, size_t index, const void *record) {
    gp_section *s = context;
    size_t group = s->groups[index], used = sizeof(gp_strays);
    gp_cursor at = {0, 0, 0};
    memcpy(&s->strays[group], record, sizeof s->strays[group]);
    for (gp_entry *entry; (entry = next_result(s, group, &at)); used += sizeof *entry)
        memcpy(entry, (const char *)record + used, sizeof *entry);
}

static int group_is_sound(const void *context, size_t index, const void *record) {
    const gp_section *s = context;
    const gp_strays *strays = record;
    const gp_entry *entry = (const gp_entry *)(const void *)(strays + 1), *place;
    size_t group = s->groups[index];
    gp_cursor at = {0, 0, 0};
    if (strays->count > s->m * members_of(s, group) ||
        (strays->count &&
         (strays->first.row >= s->m || strays->first.column >= s->check->function->n)))
        return 0;
    for (; (place = next_result(s, group, &at)); entry++)
        if (!gp_entry_is_sound(entry) || entry->status == GP_ENTRY_UNCHECKED ||
            entry->point != s->point || entry->examples || entry->part ||
            memcmp(&entry->analytic, &s->claimed[place - s->results], sizeof(double)) != 0)
            return 0;
    return 1;
}

/* ---- a section at a point ------------------------------------------------------- */

static gp_outcome evaluate_map(gp_section *s) {
    gp_check_state *c = s->check;
    gp_outcome outcome = gp_evaluator_map(c->evaluator, s->second, s->F0);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++)
        if (!isfinite(s->F0[j])) {
            if (s->point > 0)
                return GP_NOT_HERE;
            return gp_evaluator_fault(
                c->evaluator, "nonfinite",
                "output %zu of the map is %g at the given point: check at a point "
                "inside the function's domain",
                j, s->F0[j]);
        }
    if (outcome == GP_NOT_HERE && s->point == 0)
        return gp_evaluator_fault(c->evaluator, "refused",
                                  "the map callback refused the given point");
    return outcome;
}

static gp_outcome is_deterministic(gp_section *s) {
    gp_check_state *c = s->check;
    double *again = malloc(s->m * sizeof *again);
    if (!again)
        return out_of_memory(c);
    double largest = gp_largest(s->F0, s->m);
    gp_outcome outcome = gp_evaluator_map(c->evaluator, s->second, again);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++)
        if (!gp_repeats(c, s->F0[j], again[j], largest))
            outcome =
                gp_evaluator_fault(c->evaluator, "not-deterministic",
                                   "the function is not deterministic: output %zu of the map was "
                                   "%.17g and then %.17g at the same point",
                                   j, s->F0[j], again[j]);
    free(again);
    return outcome;
}

/* After the products were tried out: a planted mistake isn't linear's or symmetry's fault. */
static gp_status plant_mistakes(gp_section *s, size_t k) {
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

/* Judges all columns in s->groups at the evaluator's point. */
static gp_outcome survey_map(gp_section *s) {
    gp_check_state *c = s->check;
    gp_outcome outcome = evaluate_map(s);
    if (outcome == GP_EVALUATED && s->point == 0)
        outcome = is_deterministic(s);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++)
        outcome = gather_claim(s, k);
    if (outcome == GP_EVALUATED && s->point == 0)
        outcome = test_products(s);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++)
        if (plant_mistakes(s, k) != GP_OK)
            outcome = out_of_memory(c);
    if (outcome == GP_EVALUATED)
        outcome = first_look(s);
    gp_work work = {.count = s->looked_at,
                    .task = judge_group,
                    .context = s,
                    .size = record_size(s),
                    .pack = pack_group,
                    .unpack = unpack_group,
                    .is_sound = group_is_sound};
    work.version = gp_sum_bytes(GP_SUM_START, s->F0, s->m * sizeof *s->F0);
    work.version = gp_sum_bytes(work.version, s->claimed, s->count * sizeof *s->claimed);
    if (outcome == GP_EVALUATED)
        outcome = gp_check_execute(c, &work);
    for (size_t q = 0; q < s->count && outcome == GP_EVALUATED; q++) {
        const gp_entry *result = &s->results[q];
        if (s->point == 0) {
            c->gradient[s->first + q] = s->claimed[q];
            c->numeric[s->first + q] = result->numeric;
            c->bound[s->first + q] = isfinite(result->bound) ? result->bound : INFINITY;
        }
        int silent = c->report->entry[s->first + q].status == GP_ENTRY_UNEXERCISED;
        if ((s->point == 0 || (silent && isfinite(result->analytic))) &&
            gp_findings_put(c->report, s->point == 0 ? GP_FROM_GIVEN_POINT : GP_FROM_FURTHER_POINT,
                            s->first + q, result) != GP_OK)
            outcome = out_of_memory(c);
    }
    return outcome;
}

/* The pattern's own mistakes are the block's. */
static gp_outcome report_strays(gp_section *s) {
    gp_check_state *c = s->check;
    gp_stray first = {0};
    size_t count = 0;
    for (size_t g = 0; g < s->pattern.groups; g++) {
        if (s->strays[g].count && count == 0)
            first = s->strays[g].first;
        count += s->strays[g].count;
    }
    if (count == 0)
        return GP_EVALUATED;
    gp_findings_put_block(c->report, s->block[0], GP_REFUTED);
    return gp_report_add_diagnosis(
               c->report, s->block[0], "sparsity", NAN,
               "%zu %s outside of the given sparsity: output %zu depends on input %zu (%.6g)",
               count, gp_plural(count, "derivative lies", "derivatives lie"), first.row,
               first.column, first.derivative)
               ? out_of_memory(c)
               : GP_EVALUATED;
}

/* Columns with entries that are zero so far, at another point: is it the place, or are they always?
 */
static gp_outcome try_elsewhere(gp_section *s) {
    gp_check_state *c = s->check;
    s->looked_at = 0;
    for (size_t g = 0; g < s->pattern.groups; g++) {
        int silent = 0;
        for (size_t q = s->pattern.group_start[g]; q < s->pattern.group_start[g + 1]; q++)
            for (size_t j = 0; j < s->m && !silent; j++)
                for (size_t k = 0; k < s->claims && !silent; k++) {
                    size_t block, at = place(s, k, j, s->pattern.member[q], &block);
                    silent = at != SIZE_MAX &&
                             c->report->entry[s->first + at].status == GP_ENTRY_UNEXERCISED;
                }
        if (silent)
            s->groups[s->looked_at++] = g;
    }
    if (s->looked_at == 0 || c->options.points < 2)
        return GP_EVALUATED;
    s->point = c->report->points;
    gp_probe_point(c->function, c->options.seed, 1, 0, c->other);
    gp_check_move(c, c->other);
    gp_outcome outcome = survey_map(s);
    if (outcome == GP_EVALUATED &&
        gp_report_name_point(c->report, c->report->points++, "at a random point"))
        return out_of_memory(c);
    return outcome;
}

/* ---- stored derivatives ---------------------------------------------------------- */

/* Is an answer of claim k to one vector, but for zeros, the same at both points? Sets *same. */
static gp_outcome answer_is_same(gp_section *s, size_t k, const double *elsewhere, int *same) {
    gp_check_state *c = s->check;
    gp_answer a = answer_sizes(s, k);
    double *numbers = calloc(2 * a.outputs + a.inputs, sizeof *numbers);
    unsigned char *written = calloc(a.outputs, 1);
    gp_outcome outcome = numbers && written ? GP_EVALUATED : out_of_memory(c);
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

/* s->groups := a few a block, with a claimed number that isn't zero. */
static gp_outcome choose_stored_groups(gp_section *s) {
    enum { FEW = 3 };
    const gp_check_state *c = s->check;
    size_t *chosen = calloc(c->shown->blocks, sizeof *chosen);
    if (!chosen)
        return out_of_memory(s->check);
    s->looked_at = 0;
    for (size_t g = 0; g < s->pattern.groups; g++) {
        int wanted = 0;
        for (size_t q = s->pattern.group_start[g]; q < s->pattern.group_start[g + 1]; q++)
            for (size_t at = 0; at < s->m * s->claims && !wanted; at++) {
                size_t block, k = at % s->claims, i = s->pattern.member[q];
                size_t to = place(s, k, at / s->claims, i, &block);
                wanted = to != SIZE_MAX && chosen[block] < FEW && c->gradient[s->first + to] != 0;
                chosen[block] += (size_t)wanted;
            }
        if (wanted)
            s->groups[s->looked_at++] = g;
    }
    free(chosen);
    return GP_EVALUATED;
}

/* c->stored[b] := every number that is claimed in block b is the same as at the given point, and a
 * derivative isn't. What was right at the given point is refuted by what is wrong here. */
static size_t compare_with_given(gp_section *s, size_t b) {
    gp_check_state *c = s->check;
    const gp_block *block = &c->shown->block[b];
    size_t first = block->offset - s->first, refuted = 0, given = 0;
    c->stored[b] = 0;
    for (size_t q = first; q < first + block->entries; q++)
        if (memcmp(&s->claimed[q], &c->gradient[s->first + q], sizeof *s->claimed) != 0)
            return 0;
    for (size_t q = first; q < first + block->entries; q++) {
        const gp_entry *here = &s->results[q];
        double bound = c->bound[s->first + q] + here->bound;
        given += c->report->entry[s->first + q].status == GP_ENTRY_REFUTED;
        c->stored[b] |= here->status != GP_ENTRY_UNCHECKED && s->claimed[q] != 0 &&
                        fabs(here->numeric - c->numeric[s->first + q]) > bound;
    }
    for (size_t q = first; q < first + block->entries && c->stored[b] && !given; q++)
        if (s->results[q].status == GP_ENTRY_REFUTED) {
            (void)gp_findings_put(c->report, GP_FROM_SECOND_OPINION, s->first + q, &s->results[q]);
            refuted++; /* it had a place in the report */
        }
    return refuted;
}

/* At random point `number`. *alike: some claims are the same there; *found: blocks are stored. */
static gp_outcome find_stored_at(gp_section *s, size_t number, size_t *alike, size_t *found) {
    gp_check_state *c = s->check;
    size_t refuted = 0, end = s->block[s->claims - 1] + c->function->blocks;
    int same = 0;
    gp_outcome outcome = GP_EVALUATED;
    *alike = *found = 0;
    s->point = c->report->points;
    gp_probe_point(c->function, c->options.seed, number, 0, c->other);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++, *alike += (size_t)same)
        outcome = answer_is_same(s, k, c->other, &same);
    if (outcome == GP_EVALUATED && *alike > 0)
        outcome = choose_stored_groups(s);
    if (outcome != GP_EVALUATED || *alike == 0 || s->looked_at == 0)
        return outcome;
    memset(s->results, 0, s->count * sizeof *s->results);
    gp_check_move(c, c->other);
    outcome = survey_map(s);
    for (size_t b = s->block[0]; b < end && b < c->shown->blocks && outcome == GP_EVALUATED; b++) {
        refuted += compare_with_given(s, b);
        *found += c->stored[b];
    }
    if (refuted && gp_report_name_point(c->report, c->report->points++, "at another point"))
        return out_of_memory(c);
    return outcome;
}

/* Claims that are the same at another point, where the derivative isn't, belong to a point that
 * was stored before. Where they differ that takes two calls of each. */
static gp_outcome find_stored(gp_section *s) {
    enum { FIRST = 2, LAST = 3 }; /* random points */
    size_t alike = 1, found = 0;
    gp_outcome outcome = GP_EVALUATED;
    if (s->check->options.points < 2 || !all_set(s))
        return GP_EVALUATED;
    for (size_t k = FIRST; k <= LAST && alike > 0 && !found && outcome != GP_FAULT; k++)
        outcome = find_stored_at(s, k, &alike, &found);
    return outcome;
}

/* With its arrays in place: the given point, the pattern, another point for what stays silent. */
static gp_outcome check_points(gp_section *s) {
    gp_check_state *c = s->check;
    s->looked_at = s->pattern.groups;
    for (size_t g = 0; g < s->pattern.groups; g++)
        s->groups[g] = g;
    gp_outcome outcome = gp_check_return(c);
    if (outcome == GP_EVALUATED)
        outcome = survey_map(s);
    if (outcome == GP_EVALUATED && s->sparse && s->claims == 1 &&
        gp_report_add_practice(c->report, "%zu %s of the Jacobian in %zu %s without a common row",
                               c->function->n, gp_plural(c->function->n, "column", "columns"),
                               s->pattern.groups, gp_plural(s->pattern.groups, "group", "groups")))
        return out_of_memory(c);
    if (outcome == GP_EVALUATED && s->sparse)
        outcome = report_strays(s);
    if (outcome == GP_EVALUATED)
        outcome = try_elsewhere(s);
    if (outcome != GP_FAULT)
        outcome = find_stored(s);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

static gp_outcome check_section(gp_section *s) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    gp_status status = gp_sparsity_create(s->m, f->n, s->sparse ? f->nonzeros : 0, f->row,
                                          f->column, s->sparse && s->claims == 1, &s->pattern);
    if (status == GP_ERROR_ARGUMENT)
        return gp_evaluator_fault(c->evaluator, "sparsity", "the sparsity names an entry twice");
    if (status != GP_OK)
        return out_of_memory(c);
    size_t bytes = s->count * sizeof *s->results;
    size_t stray_bytes = s->pattern.groups * sizeof *s->strays, widest = 0;
    for (size_t g = 0; g < s->pattern.groups; g++)
        widest = members_of(s, g) > widest ? members_of(s, g) : widest;
    s->kept = FIRST_LOOKS / s->m > FEWEST_COLUMNS ? FIRST_LOOKS / s->m : FEWEST_COLUMNS;
    s->kept = s->kept < s->pattern.groups ? s->kept : s->pattern.groups;
    s->numbers = gp_column_numbers(widest, s->m);
    size_t first_bytes = s->kept * s->numbers * sizeof *s->first_values;
    s->F0 = calloc(s->m, sizeof *s->F0);
    s->claimed = calloc(s->count, sizeof *s->claimed);
    s->noise = calloc(s->m, sizeof *s->noise);
    s->results = gp_records_alloc(&c->executor, bytes);
    s->strays = gp_records_alloc(&c->executor, stray_bytes);
    s->first_values = gp_records_alloc(&c->executor, first_bytes);
    s->groups = calloc(s->pattern.groups, sizeof *s->groups);
    gp_outcome outcome = GP_FAULT;
    if (s->F0 && s->claimed && s->noise && s->results && s->strays && s->first_values && s->groups)
        outcome = check_points(s);
    else
        (void)out_of_memory(c);
    gp_sparsity_free(&s->pattern);
    free(s->F0);
    free(s->claimed);
    free(s->noise);
    free(s->groups);
    gp_records_free(s->results, bytes);
    gp_records_free(s->strays, stray_bytes);
    gp_records_free(s->first_values, first_bytes);
    return outcome;
}

gp_outcome gp_maps_check(gp_check_state *c) {
    const gp_function *f = c->function, *shown = c->shown;
    size_t block = c->scalars ? f->blocks : 0;
    for (int second = 0; second < 2; second++) {
        gp_section s = {.check = c, .second = second, .m = second ? f->n : f->outputs};
        s.first = block < shown->blocks ? shown->block[block].offset : shown->n;
        for (int k = 0; k < GP_CLAIMS; k++) {
            gp_claim claim = (gp_claim)k;
            if (gp_claim_kinds[claim].second != second || !gp_function_claims(f, claim))
                continue;
            s.sparse |= gp_claim_is_sparse(f, claim);
            s.claim[s.claims] = claim;
            s.block[s.claims++] = block;
            block += gp_claim_blocks(f, claim);
        }
        s.count = (block < shown->blocks ? shown->block[block].offset : shown->n) - s.first;
        for (size_t k = 0; k < s.claims && c->project_maps; k++) {
            gp_outcome outcome = gp_check_return(c);
            if (outcome == GP_EVALUATED)
                outcome = gp_products_check(c, s.claim[k], s.block[k]);
            if (outcome == GP_FAULT)
                return GP_FAULT;
        }
        if (s.claims && !c->project_maps && check_section(&s) == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

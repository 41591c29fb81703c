/* See map_shown.h. */
#include "search/map_shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/evaluator.h"
#include "function/claims.h"
#include "system/clock.h"

/* A larger Jacobian is no longer looked at entry by entry; unless asked to, nor is one of more than
 * the second number. */
static const size_t MOST_ENTRIES = (size_t)1 << 24, MOST_BY_DEFAULT = (size_t)1 << 20;
/* Entry by entry, whatever that costs; values of the map that a column takes, as a rule; seconds to
 * judge an entry, and to find out that an output isn't in a sparse Jacobian's column. */
static const size_t FULL_ANYWAY = 4096;
static const double VALUES_PER_COLUMN = 8, JUDGEMENT = 1e-5, ABSENCE = 3e-7, BUDGET_SECONDS = 60;

/* A block of a claim's. */
static gp_status show_block(const gp_function *f, gp_claim claim, const char *name,
                            size_t dimensions, const size_t *shape, gp_function *shown) {
    gp_status status = gp_function_show_block(shown, name, dimensions, shape);
    if (status == GP_OK) {
        gp_block *block = &shown->block[shown->blocks - 1];
        block->derivative = 1;
        block->output = gp_claim_kinds[claim].second || !f->output.arrays ? NULL : &f->output;
        block->row = gp_claim_is_sparse(f, claim) ? f->row : NULL;
        block->column = gp_claim_is_sparse(f, claim) ? f->column : NULL;
    }
    return status;
}

static gp_status show_claim(const gp_function *f, gp_claim claim, gp_function *shown) {
    const char *word = gp_claim_kinds[claim].word;
    gp_status status = GP_OK;
    if (gp_claim_is_sparse(f, claim))
        return show_block(f, claim, word, 1, &f->nonzeros, shown);
    for (size_t b = 0; b < f->blocks && status == GP_OK; b++) {
        const gp_block *block = &f->block[b];
        size_t shape[GP_MAX_DIMENSIONS] = {gp_claim_outputs(f, claim), block->entries};
        size_t size = strlen(word) + strlen(block->name) + 2, dimensions = block->dimensions + 1;
        char *name = malloc(size);
        if (!name)
            return GP_ERROR_MEMORY;
        snprintf(name, size, "%s %s", word, block->name);
        if (dimensions > GP_MAX_DIMENSIONS)
            dimensions = 2;
        else if (block->dimensions > 1)
            memcpy(shape + 1, block->shape, block->dimensions * sizeof *shape);
        status = show_block(f, claim, name, dimensions, shape, shown);
        free(name);
    }
    return status;
}

/* Room for the numbers of what is looked at one by one: all, or those of x alone. */
static gp_status show_numbers(const gp_function *f, size_t scalars, int project,
                              gp_function *shown) {
    shown->own_end = project ? scalars : shown->n;
    shown->x = calloc(shown->own_end + 1, sizeof *shown->x);
    if (!shown->x)
        return GP_ERROR_MEMORY;
    memcpy(shown->x, f->x, scalars * sizeof *f->x);
    return GP_OK;
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
    for (size_t b = 0; b < f->blocks && scalar && status == GP_OK; b++) {
        const gp_block *block = &f->block[b];
        status = gp_function_show_block(shown, block->name, block->dimensions, block->shape);
        if (status == GP_OK)
            shown->block[b].stage = block->stage;
    }
    for (int k = 0; k < GP_CLAIMS && status == GP_OK; k++)
        if (gp_function_claims(f, (gp_claim)k))
            status = show_claim(f, (gp_claim)k, shown);
    if (status == GP_OK)
        status = show_numbers(f, scalar ? f->n : 0, project, shown);
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

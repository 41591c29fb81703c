/* See weighted.h. */
#include "search/weighted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/evaluator.h"
#include "function/reserve.h"

/* Numbers before and after the outputs, that no map should touch. */
enum { GUARD = 64 };
static const double GUARD_NUMBER = -0x1.8p-1000;

double gp_double_at(const void *J, size_t k) {
    return ((const double *)J)[k];
}

static double float_at(const void *J, size_t k) {
    return (double)((const float *)J)[k];
}

void gp_matrix_times(const gp_function *f, gp_claim claim, const void *J, gp_number_at at,
                     const double *u, double *g) {
    memset(g, 0, f->n * sizeof *g);
    if (gp_claim_is_sparse(f, claim)) {
        for (size_t k = 0; k < f->nonzeros; k++)
            g[f->column[k]] += u[f->row[k]] * at(J, k);
        return;
    }
    for (size_t j = 0; j < gp_claim_outputs(f, claim); j++)
        for (size_t i = 0; i < f->n && u[j] != 0; i++)
            g[i] += u[j] * at(J, j * f->n + i);
}

/* The planted factor of a block: 1 where there is none. */
static double factor_of(const gp_plant *p) {
    return p->kind == GP_PLANT_SCALE    ? p->amount
           : p->kind == GP_PLANT_NEGATE ? -1
           : p->kind == GP_PLANT_ZERO   ? 0
                                        : 1;
}

static int plants_into(const gp_plant *p, gp_claim claim) {
    return p->claimed && p->claim == claim;
}

void gp_plant_direction(const gp_function *f, gp_claim claim, double *v) {
    for (size_t p = 0; p < f->plants; p++) {
        const gp_block *block = &f->block[f->plant[p].block];
        for (size_t i = 0; plants_into(&f->plant[p], claim) && i < block->entries; i++)
            v[block->offset + i] *= factor_of(&f->plant[p]);
    }
}

void gp_plant_product(const gp_function *f, gp_claim claim, const double *in, double *out) {
    int sparse = gp_claim_is_sparse(f, claim);
    int forward = gp_claim_kinds[claim].shape == GP_CLAIM_COLUMNS;
    for (size_t p = 0; p < f->plants; p++) {
        const gp_plant *plant = &f->plant[p];
        const gp_block *block = &f->block[plant->block];
        if (!plants_into(plant, claim))
            continue;
        size_t from = sparse ? 0 : block->offset, count = sparse ? f->n : block->entries;
        for (size_t i = 0; i < count && !forward && plant->kind != GP_PLANT_ENTRY; i++)
            out[from + i] *= factor_of(plant);
        if (plant->kind != GP_PLANT_ENTRY)
            continue;
        size_t j = sparse ? f->row[plant->index] : plant->index / block->entries;
        size_t i = sparse ? f->column[plant->index] : block->offset + plant->index % block->entries;
        if (forward)
            out[j] += plant->amount * in[i];
        else
            out[i] += plant->amount * in[j];
    }
}

static int is_wide(const gp_weighted *w) {
    return w->of->dtype == GP_FLOAT64;
}

static void *outputs_of(const gp_weighted *w) {
    return w->y_storage + GUARD;
}

static void tell(const gp_weighted *w, gp_call_kind call) {
    if (w->progress)
        gp_tell(w->progress->call, (int)call);
}

/* F itself, unguarded. */
static int call_function(const gp_weighted *w, const void *x, void *y) {
    const gp_function *f = w->of;
    double together;
    tell(w, w->second ? GP_CALL_GRADIENT : GP_CALL_MAP);
    if (!w->second)
        return gp_claim_kinds[GP_CLAIMS].call(f, x, NULL, w->m, y);
    return f->callback[GP_GRADIENT]
               ? GP_CALL(f, GP_GRADIENT, gp_gradient, f->n, x, y)
               : GP_CALL(f, GP_VALUE_GRADIENT, gp_value_gradient, f->n, x, &together, y);
}

static double output(const gp_weighted *w, size_t j) {
    return is_wide(w) ? ((const double *)outputs_of(w))[j]
                      : (double)((const float *)outputs_of(w))[j];
}

/* An output that isn't written stays a NaN, and is not here. */
static int value(gp_weighted *w, const void *x, double *result) {
    size_t doubles = is_wide(w) ? w->m : (w->m + 1) / 2;
    for (size_t k = 0; k < doubles + 2 * GUARD; k++)
        w->y_storage[k] = GUARD_NUMBER;
    for (size_t j = 0; j < w->m; j++) {
        if (is_wide(w))
            ((double *)outputs_of(w))[j] = NAN;
        else
            ((float *)outputs_of(w))[j] = NAN;
    }
    int refused = call_function(w, x, outputs_of(w));
    for (size_t k = 0; k < GUARD; k++)
        w->overrun |=
            w->y_storage[k] != GUARD_NUMBER || w->y_storage[GUARD + doubles + k] != GUARD_NUMBER;
    if (refused || w->overrun)
        return refused ? refused : 1;
    for (size_t j = 0; j < w->m; j++)
        w->outputs[j] = output(w, j);
    for (size_t k = 0; k < w->sets; k++) {
        const double *u = w->u + k * w->m;
        long double sum = 0; /* the sum adds nothing to the outputs' own rounding */
        for (size_t j = 0; j < w->m; j++)
            if (u[j] != 0)
                sum += (long double)u[j] * w->outputs[j];
        w->dots[k] = (double)sum;
    }
    *result = w->dots[0];
    return 0;
}

/* g := J' u, in the function's precision; planted mistakes included. */
static int gradient(gp_weighted *w, const void *x, void *g) {
    const gp_function *f = w->of;
    const gp_claim_kind *kind = &gp_claim_kinds[w->claim];
    size_t count = gp_claim_written(f, w->claim);
    int by_rows = kind->shape == GP_CLAIM_ROWS;
    int refused;
    tell(w, GP_CALL_CLAIM);
    if (by_rows) {
        for (size_t j = 0; j < w->m; j++) {
            if (is_wide(w))
                ((double *)w->in)[j] = w->u[j];
            else
                ((float *)w->in)[j] = (float)w->u[j];
        }
        refused = kind->call(f, x, w->in, count, g);
        if (refused || !f->plants)
            return refused;
    } else {
        refused = kind->call(f, x, NULL, count, w->J);
        if (refused)
            return refused;
    }
    double *wide = is_wide(w) ? g : gp_large_alloc(f->n * sizeof *wide);
    if (!wide)
        return GP_NO_MEMORY;
    if (!by_rows)
        gp_matrix_times(f, w->claim, w->J, is_wide(w) ? gp_double_at : float_at, w->u, wide);
    for (size_t i = 0; i < f->n && by_rows && !is_wide(w); i++)
        wide[i] = (double)((float *)g)[i];
    gp_plant_product(f, w->claim, w->u, wide);
    for (size_t i = 0; i < f->n && !is_wide(w); i++)
        ((float *)g)[i] = (float)wide[i];
    if (!is_wide(w))
        free(wide);
    return 0;
}

static int value_f64(void *user, size_t n, const double *x, double *result) {
    (void)n;
    return value(user, x, result);
}

static int value_f32(void *user, size_t n, const float *x, double *result) {
    (void)n;
    return value(user, x, result);
}

static int gradient_f64(void *user, size_t n, const double *x, double *g) {
    (void)n;
    return gradient(user, x, g);
}

static int gradient_f32(void *user, size_t n, const float *x, float *g) {
    (void)n;
    return gradient(user, x, g);
}

static void set_callbacks(gp_function *f, int with_gradient) {
    int wide = f->dtype == GP_FLOAT64;
    f->callback[GP_VALUE] = wide ? (gp_callback)value_f64 : (gp_callback)value_f32;
    if (with_gradient)
        f->callback[GP_GRADIENT] = wide ? (gp_callback)gradient_f64 : (gp_callback)gradient_f32;
    f->precision[GP_VALUE] = f->precision[GP_GRADIENT] = f->dtype;
}

static int pass_seed(void *user, uint64_t seed) {
    const gp_weighted *w = user;
    return w->of->seed(w->of->user, seed);
}

gp_status gp_weighted_create(const gp_function *of, int second, gp_claim claim,
                             gp_weighted **result) {
    gp_weighted *w = calloc(1, sizeof *w);
    if (!w)
        return GP_ERROR_MEMORY;
    w->of = of;
    w->second = second;
    w->claim = claim;
    w->m = second ? of->n : of->outputs;
    w->sets = 1;
    w->function = (gp_function){.name = of->name,
                                .dtype = of->dtype,
                                .user = w,
                                .block = of->block,
                                .blocks = of->blocks,
                                .n = of->n,
                                .x = of->x,
                                .own = of->own,
                                .own_end = of->own_end,
                                .lower = of->lower,
                                .upper = of->upper,
                                .seed = of->seed ? pass_seed : NULL,
                                .batches = 1,
                                .batch_size = of->batch_size,
                                .release = of->release,
                                .release_context = of->release_context};
    int matrix = claim != GP_CLAIMS && gp_claim_kinds[claim].shape == GP_CLAIM_WHOLE;
    set_callbacks(&w->function, claim != GP_CLAIMS);
    w->outputs = malloc(w->m * sizeof *w->outputs);
    w->y_storage = gp_large_alloc((w->m + 2 * GUARD) * sizeof *w->y_storage);
    w->in = gp_large_alloc(w->m * sizeof(double));
    w->J = matrix ? gp_large_alloc(gp_claim_numbers(of, claim) * gp_dtype_size(of->dtype)) : NULL;
    if (!w->outputs || !w->y_storage || !w->in || (matrix && !w->J)) {
        gp_weighted_destroy(w);
        return GP_ERROR_MEMORY;
    }
    *result = w;
    return GP_OK;
}

void gp_weighted_destroy(gp_weighted *w) {
    if (!w)
        return;
    free(w->outputs);
    free(w->y_storage);
    free(w->in);
    free(w->J);
    free(w);
}

/* See evaluator.h. */
#include "evaluate/evaluator.h"

#include <stdlib.h>

#include "function/reserve.h"
#include "system/clock.h"

static int within_bounds(const gp_function *f) {
    for (size_t i = 0; i < f->n && f->lower; i++)
        if (f->x[i] < f->lower[i] || f->x[i] > f->upper[i])
            return 0;
    return 1;
}

/* Makes the arrays that this function needs; -1: there isn't memory for all of them. */
static int make_arrays(gp_evaluator *e) {
    const gp_function *f = e->function;
    gp_arrays *a = &e->array;
    a->x_storage = gp_red_alloc_x(f, e->x_dtype);
    a->g_storage = gp_red_alloc_x(f, f->dtype);
    a->expected = e->in_place ? NULL : malloc(f->n * gp_dtype_size(e->x_dtype));
    e->point = e->in_place ? f->x : gp_large_alloc(f->n * sizeof *e->point);
    a->returned = aligned_alloc(64, (GP_MOST_RETURNED + 2 * GP_MARGIN) * sizeof *a->returned);
    int complete =
        a->returned && a->x_storage && a->g_storage && (e->in_place || a->expected) && e->point;
    if (e->x_dtype != f->dtype) {
        a->narrow_storage = gp_red_alloc(f->n, f->dtype);
        a->narrow_expected = calloc(f->n, sizeof *a->narrow_expected);
        complete = complete && a->narrow_storage && a->narrow_expected;
    }
    if (f->lower) {
        e->place.out = calloc(f->n, 1);
        complete = complete && e->place.out;
    }
    if (f->complex_value) {
        a->complex_x = gp_large_alloc(2 * f->n * sizeof *a->complex_x);
        complete = complete && a->complex_x;
    }
    return complete ? 0 : -1;
}

gp_status gp_evaluator_create(const gp_function *f, uint64_t seed, gp_progress *progress,
                              int in_place, gp_evaluator **evaluator) {
    gp_evaluator *e = calloc(1, sizeof *e);
    if (!e)
        return GP_ERROR_MEMORY;
    e->function = f;
    e->seed = seed;
    e->progress = progress;
    e->budget.made = gp_seconds_now();
    e->budget.unstoppable = f->team != NULL;
    e->x_dtype = gp_function_value_dtype(f);
    e->in_place = in_place && e->x_dtype == f->dtype && within_bounds(f);
    if (make_arrays(e) != 0) {
        gp_evaluator_destroy(e);
        return GP_ERROR_MEMORY;
    }
    e->x = gp_red_array(e->array.x_storage);
    e->g = gp_red_array(e->array.g_storage);
    if (e->array.narrow_storage) { /* zeros until the first gradient */
        e->array.narrow = gp_red_array(e->array.narrow_storage);
        memset(e->array.narrow, 0, f->n * sizeof *e->array.narrow);
    }
    gp_evaluator_set_point(e, f->x);
    *evaluator = e;
    return GP_OK;
}

gp_status gp_evaluator_clone(const gp_evaluator *e, gp_progress *progress, gp_evaluator **clone) {
    gp_status status = gp_evaluator_create(e->function, e->seed, progress, e->in_place, clone);
    if (status != GP_OK)
        return status;
    (*clone)->by_changes = e->by_changes;
    if (e->point != e->function->x)
        gp_evaluator_set_point(*clone, e->point);
    if ((*clone)->fault.kind[0] == '\0')
        return GP_OK;
    gp_evaluator_destroy(*clone); /* no memory for the point */
    *clone = NULL;
    return GP_ERROR_MEMORY;
}

void gp_evaluator_destroy(gp_evaluator *e) {
    if (!e)
        return;
    gp_red_free_x(e->function, e->x_dtype, e->array.x_storage);
    gp_red_free_x(e->function, e->function->dtype, e->array.narrow_storage);
    gp_red_free_x(e->function, e->function->dtype, e->array.g_storage);
    free(e->elsewhere);
    free(e->array.v_storage);
    free(e->array.narrow_expected);
    free(e->array.expected);
    if (!e->in_place)
        free(e->point);
    free(e->place.out);
    free(e->array.complex_x);
    for (int claim = 0; claim <= GP_CLAIMS; claim++) {
        free(e->claim_in[claim].storage);
        free(e->claim_out[claim].storage);
    }
    free(e->array.returned);
    free(e);
}

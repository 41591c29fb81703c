/* See call.h. */
#include "evaluate/call.h"

#include <math.h>

#include "system/text.h"

size_t gp_call_zone(gp_evaluator *e, int gradient) {
    static const size_t LARGE = 1 << 17; /* entries */
    uint64_t number = gradient ? 0 : ++e->calls;
    return (number & (number - 1)) == 0 || gradient || e->function->n >= LARGE ? GP_RED_ZONE
                                                                               : GP_NEAR_ZONE;
}

gp_outcome gp_call_check_array(gp_evaluator *e, const char *callback, const char *name,
                               const void *storage, gp_dtype dtype, const void *expected,
                               size_t zone) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(dtype), bytes = f->n * size;
    const char *array = (const char *)storage + GP_RED_ZONE;
    size_t after = gp_stain_after(array, f->own_end * size, zone);
    if (after < zone)
        return gp_evaluator_fault(
            e, "overrun", "%s wrote past the end of %s: at index %zu of %zu entries (after %s)",
            callback, name, f->own_end + after / size, f->n,
            f->block[gp_function_block_number(f, f->own_end - 1)].name);
    if (gp_is_stained_before(array + f->own * size, zone))
        return gp_evaluator_fault(e, "overrun", "%s wrote before the start of %s (before %s)",
                                  callback, name, f->block[0].name);
    if (expected && memcmp(array, expected, bytes) != 0) {
        size_t i = 0;
        while (memcmp(array + i * size, (const char *)expected + i * size, size) == 0)
            i++;
        char entry[256];
        gp_function_entry_name(f, i, entry, sizeof entry);
        return gp_evaluator_fault(e, "wrote-x",
                                  "%s wrote to its input: x entry %s went from %g to %g", callback,
                                  entry, gp_load(dtype, expected, i), gp_load(dtype, array, i));
    }
    return GP_EVALUATED;
}

/* The red zones of x and g, and x where there is a copy of it. */
static gp_outcome check_arrays(gp_evaluator *e, const char *callback, size_t zone) {
    gp_outcome outcome = gp_call_check_array(e, callback, "x", e->array.x_storage, e->x_dtype,
                                             e->array.expected, zone);
    if (outcome == GP_EVALUATED && e->array.narrow)
        outcome = gp_call_check_array(e, callback, "x", e->array.narrow_storage, GP_FLOAT32,
                                      e->array.narrow_expected, zone);
    if (outcome == GP_EVALUATED)
        outcome = gp_call_check_array(e, callback, "the gradient", e->array.g_storage,
                                      e->function->dtype, NULL, zone);
    return outcome;
}

gp_outcome gp_evaluator_check_zones(gp_evaluator *e) {
    return check_arrays(e, "a callback", GP_RED_ZONE);
}

gp_outcome gp_call_check(gp_evaluator *e, const char *callback, int later, size_t zone) {
    if (e->in_place)
        e->watch.unseen = callback;
    if (e->watch.spoilt || (!later && gp_evaluator_verify_x(e) == GP_FAULT))
        return GP_FAULT;
    return check_arrays(e, callback, zone);
}

void gp_call_begin(gp_evaluator *e, gp_call_kind call) {
    gp_callback_error(NULL); /* what an earlier call said */
    if (call != GP_CALL_VALUE)
        gp_evaluator_restore_base(e);
    gp_evaluator_watch_x(e);
    if (e->progress)
        gp_tell(e->progress->evaluations, gp_told(e->progress->evaluations) + 1);
    if (e->function->seed) {
        gp_evaluator_tell(e, GP_CALL_SEED);
        (void)gp_call_meaning(e, e->function->seed(e->function->user, e->seed));
    }
    gp_evaluator_tell(e, call);
}

void gp_call_end(gp_evaluator *e) {
    gp_evaluator_tell(e, GP_CALL_NONE);
}

gp_outcome gp_call_meaning(gp_evaluator *e, int returned) {
    if (returned == GP_NO_MEMORY)
        return gp_evaluator_fault(e, "memory", "a callback is out of memory");
    return returned ? GP_NOT_HERE : GP_EVALUATED;
}

double *gp_call_returned(gp_evaluator *e, size_t count) {
    double *to = e->array.returned + GP_MARGIN;
    gp_margin_fill(e->array.returned);
    gp_margin_fill(to + count);
    for (size_t k = 0; k < count; k++)
        to[k] = NAN;
    return to;
}

gp_outcome gp_call_check_returned(gp_evaluator *e, const char *callback, size_t count) {
    if (gp_margin_is_clean(e->array.returned) &&
        gp_margin_is_clean(e->array.returned + GP_MARGIN + count))
        return GP_EVALUATED;
    return gp_evaluator_fault(e, "overrun", "%s wrote past the %zu %s that it returns", callback,
                              count, gp_plural(count, "number", "numbers"));
}

const void *gp_call_x(gp_evaluator *e) {
    for (size_t i = 0; i < e->function->n && e->array.narrow; i++)
        e->array.narrow[i] = e->array.narrow_expected[i] = (float)gp_load(e->x_dtype, e->x, i);
    return e->array.narrow ? (const void *)e->array.narrow : e->x;
}

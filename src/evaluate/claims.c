/* See claims.h. */
#include "evaluate/claims.h"

#include <stdio.h>
#include <stdlib.h>

#include "evaluate/call.h"
#include "evaluate/calls.h"
#include "evaluate/sums.h"
#include "function/claims.h"

/* An array of `count` between red zones, the room's own: kept where it is small, since red zones
 * take longer to make than a small map takes. NULL without memory. */
static char *take_room(gp_room *room, size_t count, gp_dtype dtype) {
    if (room->storage && room->count == count)
        return room->storage + GP_RED_ZONE;
    free(room->storage);
    *room = (gp_room){gp_red_alloc(count, dtype), count};
    return room->storage ? room->storage + GP_RED_ZONE : NULL;
}

static void leave_room(gp_room *room) {
    enum { SMALL = 1 << 17 }; /* numbers */
    if (room->count <= SMALL)
        return;
    free(room->storage);
    *room = (gp_room){NULL, 0};
}

/* Calls the callback of `claim` (a gp_claim, or GP_CLAIMS for the map itself) and looks at the red
 * zones of what it was given: `inputs` numbers in `in`, or NULL, and `count` to be written. */
static gp_outcome call_guarded(gp_evaluator *e, gp_claim claim, const char *callback,
                               gp_poison poison, const char *in, size_t inputs, char *result,
                               size_t count) {
    const gp_function *f = e->function;
    size_t size = gp_dtype_size(f->dtype), zone = gp_call_zone(e, claim != GP_CLAIMS);
    uint64_t sum = in ? gp_sum_of_array(in, inputs * size) : 0;
    if (poison == GP_POISON_NAN)
        gp_poison_fill(f->dtype, result, count);
    for (size_t k = 0; k < count && poison == GP_POISON_NUMBER; k++)
        gp_store(f->dtype, result, k, GP_POISON_NUMBER_VALUE);
    gp_call_begin(e, claim == GP_CLAIMS ? GP_CALL_MAP : GP_CALL_CLAIM);
    int refused = gp_claim_kinds[claim].call(f, gp_call_x(e), in, count, result);
    gp_call_end(e);
    if (claim == GP_CLAIMS)
        e->values++;
    else
        e->gradients++;
    gp_outcome outcome = gp_call_check(e, callback, 0, zone);
    if (outcome != GP_EVALUATED)
        return outcome;
    size_t after = gp_stain_after(result, count * size, zone);
    if (after < zone)
        return gp_evaluator_fault(e, "overrun",
                                  "%s wrote past the end of its %zu outputs, at index %zu",
                                  callback, count, count + after / size);
    if (gp_is_stained_before(result, zone))
        return gp_evaluator_fault(e, "overrun", "%s wrote before the start of its outputs",
                                  callback);
    if (in && (gp_stain_after(in, inputs * size, zone) < zone || gp_is_stained_before(in, zone) ||
               gp_sum_of_array(in, inputs * size) != sum))
        return gp_evaluator_fault(e, "wrote-x", "%s wrote to the vector it was given", callback);
    return gp_call_meaning(e, refused);
}

static gp_outcome guarded_map(gp_evaluator *e, gp_claim claim, gp_poison poison, const double *in,
                              size_t count, double *out, unsigned char *written) {
    char callback[32];
    snprintf(callback, sizeof callback, "the %s callback", gp_claim_kinds[claim].word);
    size_t inputs = gp_claim_inputs(e->function, claim);
    gp_dtype dtype = e->function->dtype;
    if (gp_evaluator_is_stopped(e))
        return gp_evaluator_stop(e);
    if (e->place.outside)
        return GP_NOT_HERE;
    gp_room *room_in = &e->claim_in[claim], *room_out = &e->claim_out[claim];
    char *from = in ? take_room(room_in, inputs, dtype) : NULL;
    char *to = take_room(room_out, count, dtype);
    if (!to || (in && !from))
        return gp_evaluator_fault(e, "memory", "out of memory");
    for (size_t k = 0; k < inputs && in; k++)
        gp_store(dtype, from, k, in[k]);
    gp_outcome outcome = call_guarded(e, claim, callback, poison, from, inputs, to, count);
    for (size_t k = 0; k < count && outcome != GP_FAULT; k++) {
        if (written)
            written[k] = poison == GP_POISON_NUMBER
                             ? gp_load(dtype, to, k) != GP_POISON_NUMBER_VALUE
                             : !gp_is_poison(dtype, to, k);
        out[k] = gp_load(dtype, to, k);
    }
    leave_room(room_in);
    leave_room(room_out);
    return outcome;
}

gp_outcome gp_evaluator_map(gp_evaluator *e, int second, double *y) {
    const gp_function *f = e->function;
    if (second)
        return gp_evaluator_gradient(e, GP_POISON_NAN, y, NULL, NULL);
    return guarded_map(e, GP_CLAIMS, GP_POISON_NAN, NULL, f->outputs, y, NULL);
}

gp_outcome gp_evaluator_claim(gp_evaluator *e, gp_claim claim, gp_poison poison, const double *in,
                              size_t count, double *out, unsigned char *written) {
    return guarded_map(e, claim, poison, in, count, out, written);
}

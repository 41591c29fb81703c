/* See along.h. */
#include "evaluate/along.h"

#include <math.h>

double gp_along_number(const gp_along *a, double t) {
    double moved = a->evaluator->point[a->probe->offset] + t;
    return a->evaluator->x_dtype == GP_FLOAT32 ? (double)(float)moved : moved;
}

/* Is v the unit vector of one entry? */
static int is_single(const gp_probe *probe) {
    return probe->entries == 1 && !probe->scaling && !probe->weight;
}

/* ---- the function's short ways to values ------------------------------------------ */

/* Where a value is looked up or asked for: an entry's number, or a step. */
static double place_of(const gp_along *a, double t) {
    return a->evaluator->by_changes ? t : gp_along_number(a, t);
}

static gp_outcome set_direction(gp_along *a) {
    const gp_probe *probe = a->probe;
    gp_evaluator *e = a->evaluator;
    if (e->v_line == a->number)
        return GP_EVALUATED;
    double *v = gp_evaluator_new_direction(e, a->number);
    if (!v)
        return gp_evaluator_fault(e, "memory", "out of memory for a direction");
    gp_probe_fill(probe, probe->offset, probe->entries, v + probe->offset);
    return GP_EVALUATED;
}

static gp_outcome short_way(gp_along *a, size_t count, const double *at, double *value) {
    gp_evaluator *e = a->evaluator;
    size_t entry[GP_FORESEEN];
    if (e->by_changes)
        return set_direction(a) == GP_FAULT ? GP_FAULT : gp_evaluator_changes(e, count, at, value);
    for (size_t k = 0; k < count; k++)
        entry[k] = a->probe->offset;
    return gp_evaluator_entries(e, count, entry, at, value);
}

static void tell_entry(const gp_along *a) {
    if (a->evaluator->progress)
        gp_tell(a->evaluator->progress->entry,
                a->probe->entries == 1 ? a->probe->offset : GP_NO_ENTRY);
}

static gp_outcome short_value(void *context, double t, double *step, double *value) {
    gp_along *a = context;
    const gp_evaluator *e = a->evaluator;
    double at = place_of(a, t);
    tell_entry(a);
    *step = e->by_changes ? t : at - e->point[a->probe->offset];
    for (unsigned k = 0; k < a->foreseen; k++)
        if (a->at[k] == at) {
            *value = a->value[k];
            return isfinite(*value) ? GP_EVALUATED : GP_NOT_HERE;
        }
    gp_outcome outcome = short_way(a, 1, &at, value);
    return outcome == GP_EVALUATED && !isfinite(*value) ? GP_NOT_HERE : outcome;
}

static gp_outcome short_foresee(void *context, const double *steps, unsigned count) {
    gp_along *a = context;
    unsigned known = 0;
    for (unsigned k = 0; k < count; k++) {
        double at = place_of(a, steps[k]);
        known += k < a->foreseen && a->at[k] == at;
        a->at[k] = at;
    }
    if (known == count)
        return GP_EVALUATED;
    a->foreseen = count;
    return short_way(a, count, a->at, a->value);
}

void gp_along_take(gp_along *a, const double *at, const double *value) {
    memcpy(a->at, at, sizeof a->at);
    memcpy(a->value, value, sizeof a->value);
    a->foreseen = GP_FORESEEN;
}

/* ---- by the value callback -------------------------------------------------------- */

static gp_outcome entry_value(void *context, double t, double *step, double *value) {
    gp_along *a = context;
    gp_evaluator *e = a->evaluator;
    size_t i = a->probe->offset;
    double v = gp_probe_component(a->probe, i);
    tell_entry(a);
    double moved = gp_evaluator_move(e, i, t * v);
    if (gp_evaluator_sum(e, &moved, 1) == GP_FAULT)
        return GP_FAULT;
    *step = v != 0 ? moved / v : t;
    gp_outcome outcome = gp_evaluator_value(e, value);
    gp_evaluator_move(e, i, 0);
    return outcome;
}

/* Rounding moves each entry a little off the line. The step along it that fits best is the
 * projection of the displacement onto v; what remains is seen as noise, and measured. Where x is
 * left from a step at least as large, that displacement takes the place of v. */
static gp_outcome direction_value(void *context, double t, double *step, double *value) {
    enum { CHUNK = 512 };
    gp_along *a = context;
    const gp_probe *probe = a->probe;
    gp_evaluator *e = a->evaluator;
    const gp_function *f = e->function;
    double v[CHUNK], sum[2] = {0, 0}, unit = 1; /* steps times v, v^2; v's own step */
    size_t first = probe->offset > f->own ? probe->offset : f->own;
    size_t end = probe->offset + probe->entries;
    end = end < f->own_end ? end : f->own_end;
    tell_entry(a);
    if (gp_evaluator_is_on(e, a->number) && fabs(t) <= fabs(a->t)) {
        gp_evaluator_scale(e, t / a->t, &sum[0], &sum[1]);
        unit = a->step;
    } else {
        gp_evaluator_leave(e, a->number, first, end > first ? end : first);
        for (size_t i = first; i < end; i += CHUNK) {
            size_t count = end - i < CHUNK ? end - i : CHUNK;
            gp_probe_fill(probe, i, count, v);
            gp_evaluator_shift(e, i, count, t, v, &sum[0], &sum[1]);
        }
    }
    if (gp_evaluator_sum(e, sum, 2) == GP_FAULT)
        return GP_FAULT;
    *step = sum[1] > 0 && isfinite(sum[1]) ? unit * (sum[0] / sum[1]) : t;
    a->t = t;
    a->step = *step;
    return gp_evaluator_value_here(e, value);
}

static gp_outcome complex_value(void *context, double h, double *re, double *im) {
    const gp_along *a = context;
    return gp_evaluator_complex(a->evaluator, a->probe->offset, h, re, im);
}

gp_line gp_line_along(gp_along *a, gp_evaluator *e, const gp_probe *probe, double f0) {
    int single = is_single(probe), is_short = e->by_changes;
    double size = probe->entries == 1 ? fabs(gp_evaluator_number(e, probe->offset)) : 0;
    is_short |= single && gp_evaluator_has_entries(e);
    *a = (gp_along){.evaluator = e, .probe = probe, .number = ++e->lines};
    gp_line line = {.value = is_short                                 ? short_value
                             : probe->entries == 1 && !probe->scaling ? entry_value
                                                                      : direction_value,
                    .foresee = is_short ? short_foresee : NULL,
                    .complex_value = single && e->function->complex_value ? complex_value : NULL,
                    .context = a,
                    .f0 = e->by_changes ? 0 : f0,
                    .scale = probe->scale,
                    .step_factor = probe->step_factor,
                    .reach = probe->reach,
                    .epsilon = gp_dtype_epsilon(e->x_dtype),
                    .limited = gp_evaluator_is_limited(e)};
    line.unit = fmax(size, line.scale) * line.epsilon;
    return line;
}

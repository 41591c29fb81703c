/* See calls.h. */
#include "evaluate/calls.h"

#include <math.h>
#include <stdlib.h>

#include "evaluate/call.h"
#include "evaluate/sums.h"
#include "evaluate/team.h"
#include "function/reserve.h"

gp_outcome gp_evaluator_set_batch(gp_evaluator *e, size_t batch) {
    if (!e->function->batch)
        return GP_EVALUATED;
    gp_evaluator_tell(e, GP_CALL_CHOICE);
    int refused = e->function->batch(e->function->user, batch);
    gp_evaluator_tell(e, GP_CALL_NONE);
    return gp_call_meaning(e, refused);
}

gp_outcome gp_evaluator_select_examples(gp_evaluator *e, size_t first, size_t count) {
    const gp_function *f = e->function;
    if (!f->select_examples)
        return GP_EVALUATED;
    gp_evaluator_tell(e, GP_CALL_CHOICE);
    int refused = f->select_examples(f->user, first, count);
    gp_evaluator_tell(e, GP_CALL_NONE);
    return gp_call_meaning(e, refused);
}

gp_outcome gp_evaluator_select_part(gp_evaluator *e, size_t part) {
    const gp_function *f = e->function;
    if (!f->select_part)
        return GP_EVALUATED;
    gp_evaluator_tell(e, GP_CALL_CHOICE);
    int refused = f->select_part(f->user, part);
    gp_evaluator_tell(e, GP_CALL_NONE);
    return gp_call_meaning(e, refused);
}

gp_outcome gp_evaluator_silence(gp_evaluator *e, size_t i, char *name, size_t size) {
    if (gp_evaluator_is_stopped(e))
        return gp_evaluator_stop(e);
    memset(name, 0, size);
    if (e->progress) /* who watches sees one call end and the next begin */
        gp_tell(e->progress->entry, i);
    gp_evaluator_tell(e, GP_CALL_SILENCE);
    int unknown = e->function->silence(e->function->user, i, name, size - 1);
    gp_evaluator_tell(e, GP_CALL_NONE);
    name[size - 1] = '\0';
    return gp_call_meaning(e, unknown);
}

/* Evaluation is collective: no rank calls the user's code, which will wait for that of the others,
 * before all are about to. */
static gp_outcome agree_to_call(gp_evaluator *e) {
    gp_outcome outcome = e->place.outside ? GP_NOT_HERE : GP_EVALUATED;
    return e->link ? gp_team_agree(e->link, &e->fault, outcome) : outcome;
}

/* Ranks that see different values would go different ways. */
static gp_outcome agree_on_value(gp_evaluator *e, gp_outcome outcome, double value) {
    size_t ranks = (size_t)e->link->team->ranks;
    double *all = malloc(ranks * sizeof *all);
    if (!all)
        return gp_evaluator_fault(e, "memory", "out of memory");
    outcome = gp_team_gather(e->link, &e->fault, outcome, &value, sizeof value, all);
    for (size_t r = 1; r < ranks && outcome == GP_EVALUATED; r++)
        if (memcmp(&all[r], &all[0], sizeof *all) != 0)
            outcome = gp_evaluator_fault(e, "team",
                                         "the value callback returns %.17g on rank 0 and %.17g on "
                                         "rank %zu: reduce it to the same number on all",
                                         all[0], all[r], r);
    free(all);
    return outcome;
}

static int call_value(gp_evaluator *e, double *returned) {
    const gp_function *f = e->function;
    if (f->callback[GP_VALUE])
        return GP_CALL(f, GP_VALUE, gp_value, f->n, e->x, returned);
    return GP_CALL(f, GP_VALUE_GRADIENT, gp_value_gradient, f->n, e->x, returned, e->g);
}

/* The value at x. `later`: whether x was written to may be found out with the next call. */
static gp_outcome value_at_x(gp_evaluator *e, int later, double *value) {
    gp_outcome outcome = agree_to_call(e);
    if (outcome != GP_EVALUATED)
        return outcome;
    double *returned = gp_call_returned(e, 1);
    gp_call_begin(e, GP_CALL_VALUE);
    int refused = call_value(e, returned);
    gp_call_end(e);
    e->values++;
    double v = *returned;
    outcome = gp_call_check(e, "the value callback", later, gp_call_zone(e, 0));
    if (outcome == GP_EVALUATED)
        outcome = gp_call_check_returned(e, "the value callback", 1);
    if (outcome == GP_EVALUATED)
        outcome = gp_call_meaning(e, refused);
    if (e->link)
        outcome = agree_on_value(e, outcome, v);
    if (outcome == GP_FAULT)
        return outcome;
    *value = v;
    return outcome == GP_NOT_HERE || !isfinite(v) ? GP_NOT_HERE : GP_EVALUATED;
}

gp_outcome gp_evaluator_value_here(gp_evaluator *e, double *value) {
    return gp_evaluator_is_stopped(e) ? gp_evaluator_stop(e) : value_at_x(e, 1, value);
}

gp_outcome gp_evaluator_value(gp_evaluator *e, double *value) {
    if (gp_evaluator_is_stopped(e))
        return gp_evaluator_stop(e);
    gp_evaluator_restore_base(e);
    return value_at_x(e, 0, value);
}

int gp_evaluator_has_entries(const gp_evaluator *e) {
    const gp_function *f = e->function;
    return f->entries_f64 && f->callback[GP_VALUE] && f->dtype == GP_FLOAT64 && !f->lower &&
           !e->by_changes;
}

/* One callback has given `count` values: one was counted as it began. */
static void count_values(gp_evaluator *e, size_t count) {
    e->values += count;
    if (e->progress)
        gp_tell(e->progress->evaluations, gp_told(e->progress->evaluations) + count - 1);
}

gp_outcome gp_evaluator_entries(gp_evaluator *e, size_t count, const size_t *entry,
                                const double *number, double *values) {
    const gp_function *f = e->function;
    gp_evaluator_restore_base(e);
    if (gp_evaluator_is_stopped(e))
        return gp_evaluator_stop(e);
    double *returned = gp_call_returned(e, count);
    gp_call_begin(e, GP_CALL_VALUE);
    int refused =
        f->entries_f64(f->user, f->n, e->x, e->place.told, count, entry, number, returned);
    e->place.told = 1;
    gp_call_end(e);
    count_values(e, count);
    for (size_t k = 0; k < count; k++)
        values[k] = refused ? NAN : returned[k];
    if (gp_call_check_returned(e, "the entries callback", count) == GP_FAULT ||
        gp_call_meaning(e, refused) == GP_FAULT)
        return GP_FAULT;
    /* Comparing all of x would cost more than a few entries do: the next large call sees to it. */
    static const size_t LARGE = 64;
    return count < LARGE ? GP_EVALUATED
                         : gp_call_check(e, "the entries callback", 0, gp_call_zone(e, 0));
}

int gp_evaluator_has_changes(const gp_evaluator *e) {
    const gp_function *f = e->function;
    return f->changes_f64 && f->callback[GP_VALUE] && f->precision[GP_VALUE] == GP_FLOAT64 &&
           !f->lower && !f->team;
}

double *gp_evaluator_new_direction(gp_evaluator *e, uint64_t line) {
    size_t n = e->function->n;
    if (!e->array.v_storage)
        e->array.v_storage = gp_red_alloc(n, GP_FLOAT64);
    if (!e->array.v_storage)
        return NULL;
    e->v_line = line;
    e->place.v_told = 0;
    return memset(gp_red_array(e->array.v_storage), 0, n * sizeof(double));
}

gp_outcome gp_evaluator_changes(gp_evaluator *e, size_t count, const double *step,
                                double *changes) {
    const gp_function *f = e->function;
    const double *v = gp_red_array(e->array.v_storage);
    gp_evaluator_restore_base(e);
    if (gp_evaluator_is_stopped(e))
        return gp_evaluator_stop(e);
    double *returned = gp_call_returned(e, count);
    uint64_t sum = gp_sum_of_array(v, f->n * sizeof(double));
    gp_call_begin(e, GP_CALL_VALUE);
    int refused = f->changes_f64(f->user, f->n, e->x, v, e->place.v_told, count, step, returned);
    e->place.v_told = 1;
    gp_call_end(e);
    count_values(e, count);
    for (size_t k = 0; k < count; k++)
        changes[k] = refused ? NAN : returned[k];
    if (gp_call_check_returned(e, "the changes callback", count) == GP_FAULT ||
        gp_call_meaning(e, refused) == GP_FAULT)
        return GP_FAULT;
    if (gp_sum_of_array(v, f->n * sizeof(double)) != sum)
        return gp_evaluator_fault(e, "wrote-x", "the changes callback wrote to its direction v");
    size_t zone = gp_call_zone(e, 0);
    gp_outcome outcome = gp_call_check_array(e, "the changes callback", "v", e->array.v_storage,
                                             GP_FLOAT64, NULL, zone);
    return outcome == GP_EVALUATED ? gp_call_check(e, "the changes callback", 0, zone) : outcome;
}

/* *with_value: the callback has computed the value too, into *together. */
static int call_gradient(gp_evaluator *e, double *together, int *with_value) {
    const gp_function *f = e->function;
    const void *x = gp_call_x(e);
    *with_value = !f->callback[GP_GRADIENT];
    if (f->callback[GP_GRADIENT])
        return GP_CALL(f, GP_GRADIENT, gp_gradient, f->n, x, e->g);
    return GP_CALL(f, GP_VALUE_GRADIENT, gp_value_gradient, f->n, x, together, e->g);
}

static void poison_gradient(gp_evaluator *e, gp_poison poison) {
    const gp_function *f = e->function;
    if (poison == GP_POISON_NAN)
        gp_poison_fill(f->dtype, (char *)e->g + f->own * gp_dtype_size(f->dtype),
                       f->own_end - f->own);
    for (size_t i = f->own; i < f->own_end && poison == GP_POISON_NUMBER; i++)
        gp_store(f->dtype, e->g, i, GP_POISON_NUMBER_VALUE);
}

/* What the callback wrote, as doubles and with planted mistakes. */
static gp_outcome take_gradient(gp_evaluator *e, gp_poison poison, double *gradient,
                                unsigned char *written) {
    const gp_function *f = e->function;
    int is_g = e->in_place && f->dtype == GP_FLOAT64 && gradient == (double *)e->g && !written &&
               poison == GP_POISON_NAN;
    int all_written =
        !is_g || !f->plants || gp_is_free_of_poison(gradient + f->own, f->own_end - f->own);
    for (size_t i = f->own; i < f->own_end && !is_g; i++) {
        double g = gp_load(f->dtype, e->g, i);
        int changed = poison == GP_POISON_NUMBER ? g != GP_POISON_NUMBER_VALUE
                                                 : !gp_is_poison(f->dtype, e->g, i);
        all_written &= changed;
        if (written)
            written[i] = (unsigned char)changed;
        gradient[i] = g;
    }
    /* A plant is made on a whole gradient; poison must stay recognisable. */
    if (f->plants && (all_written || poison == GP_POISON_NUMBER) &&
        gp_function_apply_plants(f, e->point, gradient) != GP_OK)
        return gp_evaluator_fault(e, "memory", "out of memory while planting a mistake");
    return GP_EVALUATED;
}

gp_outcome gp_evaluator_gradient(gp_evaluator *e, gp_poison poison, double *gradient,
                                 unsigned char *written, double *value) {
    gp_outcome outcome = agree_to_call(e);
    if (outcome != GP_EVALUATED)
        return outcome;
    poison_gradient(e, poison);
    double *together = gp_call_returned(e, 1);
    int with_value;
    gp_call_begin(e, GP_CALL_GRADIENT);
    int refused = call_gradient(e, together, &with_value);
    gp_call_end(e);
    e->gradients++;
    outcome = gp_call_check(e, "the gradient callback", 0, gp_call_zone(e, 1));
    if (outcome == GP_EVALUATED && with_value)
        outcome = gp_call_check_returned(e, "the value-and-gradient callback", 1);
    if (outcome == GP_EVALUATED)
        outcome = gp_call_meaning(e, refused);
    outcome = gp_team_agree(e->link, &e->fault, outcome);
    if (outcome != GP_EVALUATED)
        return outcome;
    if (with_value && value)
        *value = *together;
    return take_gradient(e, poison, gradient, written);
}

double *gp_evaluator_new_suspect(const gp_evaluator *e) {
    size_t n = e->function->n;
    double *g = gp_large_alloc((n + GP_MARGIN) * sizeof *g);
    if (g)
        gp_margin_fill(g + n);
    return g;
}

gp_outcome gp_evaluator_suspect(gp_evaluator *e, size_t suspect, double *g) {
    const gp_function *f = e->function;
    gp_call_begin(e, GP_CALL_GRADIENT);
    int refused = f->suspect_gradient(f->user, suspect, f->n, e->point, g);
    gp_call_end(e);
    if (!gp_margin_is_clean(g + f->n))
        return gp_evaluator_fault(e, "overrun", "the suspects' callback wrote past the end of g");
    return gp_call_meaning(e, refused);
}

gp_outcome gp_evaluator_complex(gp_evaluator *e, size_t entry, double h, double *re, double *im) {
    const gp_function *f = e->function;
    double *w = gp_call_returned(e, 2);
    for (size_t i = 0; i < f->n; i++) {
        e->array.complex_x[2 * i] = e->point[i];
        e->array.complex_x[2 * i + 1] = 0;
    }
    e->array.complex_x[2 * entry + 1] = h;
    gp_evaluator_restore_base(e);
    gp_call_begin(e, GP_CALL_VALUE);
    int refused = f->complex_value(f->user, f->n, e->array.complex_x, w);
    gp_call_end(e);
    e->values++;
    gp_outcome outcome = gp_call_check(e, "the complex value callback", 0, gp_call_zone(e, 0));
    if (outcome == GP_EVALUATED)
        outcome = gp_call_check_returned(e, "the complex value callback", 2);
    *re = w[0];
    *im = w[1];
    if (outcome == GP_EVALUATED)
        outcome = gp_call_meaning(e, refused);
    if (outcome != GP_EVALUATED)
        return outcome;
    return !isfinite(w[0]) || !isfinite(w[1]) ? GP_NOT_HERE : GP_EVALUATED;
}

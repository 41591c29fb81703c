/* See column.h. */
#include "evaluate/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gp_column_start(gp_column *c, gp_evaluator *e, int second, size_t outputs,
                     const size_t *entries, size_t members, const double *length) {
    *c = (gp_column){.evaluator = e,
                     .second = second,
                     .outputs = outputs,
                     .entries = entries,
                     .members = members,
                     .length = length};
}

void gp_column_end(gp_column *c) {
    free(c->t);
    free(c->outcome);
    free(c->moved);
    free(c->y);
    memset(c, 0, sizeof *c);
}

static int grow(gp_column *c) {
    size_t capacity = c->capacity ? 2 * c->capacity : 8;
    double *t = realloc(c->t, capacity * sizeof *t);
    if (t)
        c->t = t;
    gp_outcome *outcome = realloc(c->outcome, capacity * sizeof *outcome);
    if (outcome)
        c->outcome = outcome;
    double *moved = realloc(c->moved, capacity * c->members * sizeof *moved);
    if (moved)
        c->moved = moved;
    double *y = realloc(c->y, capacity * c->outputs * sizeof *y);
    if (y)
        c->y = y;
    if (!t || !outcome || !moved || !y)
        return -1;
    c->capacity = capacity;
    return 0;
}

static gp_outcome evaluate(gp_column *c, double t) {
    gp_evaluator *e = c->evaluator;
    if (c->points == c->capacity && grow(c))
        return gp_evaluator_fault(e, "memory", "out of memory for %zu outputs", c->outputs);
    if (e->progress)
        gp_tell(e->progress->entry, c->members == 1 ? c->entries[0] : GP_NO_ENTRY);
    size_t p = c->points;
    for (size_t k = 0; k < c->members; k++)
        c->moved[p * c->members + k] =
            gp_evaluator_move(e, c->entries[k], t * c->length[c->entries[k]]);
    c->t[p] = t;
    c->outcome[p] = gp_evaluator_map(e, c->second, c->y + p * c->outputs);
    for (size_t k = 0; k < c->members; k++)
        gp_evaluator_move(e, c->entries[k], 0);
    if (c->outcome[p] == GP_FAULT)
        return GP_FAULT;
    c->points++;
    return GP_EVALUATED;
}

/* The number of points; of each: t, outcome, moved, y. */
size_t gp_column_numbers(size_t members, size_t outputs) {
    return 1 + GP_COLUMN_KEPT * (2 + members + outputs);
}

void gp_column_keep(const gp_column *c, double *numbers) {
    size_t points = c->points < GP_COLUMN_KEPT ? c->points : GP_COLUMN_KEPT;
    *numbers++ = (double)points;
    for (size_t p = 0; p < points; p++) {
        *numbers++ = c->t[p];
        *numbers++ = c->outcome[p];
        memcpy(numbers, c->moved + p * c->members, c->members * sizeof *numbers);
        numbers += c->members;
        memcpy(numbers, c->y + p * c->outputs, c->outputs * sizeof *numbers);
        numbers += c->outputs;
    }
}

int gp_column_is_sound(const double *numbers, size_t members, size_t outputs) {
    double points = *numbers++;
    if (!(points >= 0 && points <= GP_COLUMN_KEPT && points == floor(points)))
        return 0;
    for (size_t p = 0; p < (size_t)points; p++) {
        double t = *numbers++, outcome = *numbers++;
        if (!isfinite(t) || (outcome != GP_EVALUATED && outcome != GP_NOT_HERE))
            return 0;
        for (size_t k = 0; k < members; k++)
            if (!isfinite(numbers[k]))
                return 0;
        numbers += members + outputs;
    }
    return 1;
}

gp_outcome gp_column_recall(gp_column *c, const double *numbers) {
    size_t points = (size_t)*numbers++;
    for (size_t p = 0; p < points; p++) {
        if (p == c->capacity && grow(c))
            return gp_evaluator_fault(c->evaluator, "memory", "out of memory for %zu outputs",
                                      c->outputs);
        c->t[p] = *numbers++;
        c->outcome[p] = (gp_outcome)*numbers++;
        memcpy(c->moved + p * c->members, numbers, c->members * sizeof *numbers);
        numbers += c->members;
        memcpy(c->y + p * c->outputs, numbers, c->outputs * sizeof *numbers);
        numbers += c->outputs;
        c->points++;
    }
    return GP_EVALUATED;
}

/* The point a step of t lengths away, or c->points. */
static size_t find(const gp_column *c, double t) {
    size_t p = 0;
    while (p < c->points && !(fabs(c->t[p] - t) <= 1e-12 * fabs(t)))
        p++;
    return p;
}

gp_outcome gp_column_evaluate(gp_column *c, double t) {
    return find(c, t) < c->points ? GP_EVALUATED : evaluate(c, t);
}

static gp_outcome output_value(void *context, double s, double *step, double *value) {
    const gp_column_output *of = context;
    gp_column *c = of->column;
    double t = s / c->length[c->entries[of->member]];
    size_t p = find(c, t);
    if (p == c->points && evaluate(c, t) == GP_FAULT)
        return GP_FAULT;
    *step = c->moved[p * c->members + of->member];
    *value = c->y[p * c->outputs + of->output];
    return c->outcome[p] == GP_EVALUATED && isfinite(*value) ? GP_EVALUATED : GP_NOT_HERE;
}

gp_line gp_line_of_column(gp_column_output *of, gp_column *c, size_t member, size_t output,
                          double reach, double f0) {
    const gp_evaluator *e = c->evaluator;
    size_t i = c->entries[member];
    *of = (gp_column_output){c, member, output};
    gp_line line = {.value = output_value,
                    .context = of,
                    .f0 = f0,
                    .scale = c->length[i],
                    .reach = reach,
                    .epsilon = gp_dtype_epsilon(e->x_dtype),
                    .limited = gp_evaluator_is_limited(e)};
    line.unit = fmax(fabs(e->point[i]), line.scale) * line.epsilon;
    return line;
}

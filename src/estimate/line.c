/* See line.h. */
#include "estimate/line.h"

#include <math.h>

#include "function/team.h"

void gp_line_start(gp_line *line, gp_evaluator *e, const gp_probe *probe, double f0) {
    double size = probe->entries == 1 ? fabs(gp_evaluator_number(e, probe->offset)) : 0;
    *line = (gp_line){.evaluator = e};
    line->probe = probe;
    line->f0 = probe->by_changes ? 0 : f0;
    line->unit = fmax(size, probe->scale) * gp_dtype_epsilon(e->x_dtype);
}

double gp_line_number(const gp_line *line, double t) {
    if (line->probe->by_changes)
        return t;
    double moved = line->evaluator->point[line->probe->offset] + t;
    return line->evaluator->x_dtype == GP_FLOAT32 ? (double)(float)moved : moved;
}

static int has_short_way(const gp_line *line) {
    const gp_probe *probe = line->probe;
    return !line->column &&
           (probe->by_changes || (probe->entries == 1 && !probe->scaling && !probe->weight &&
                                  gp_evaluator_has_entries(line->evaluator)));
}

/* Values where a single entry has these numbers, or changes at these steps. */
static gp_outcome short_way(gp_line *line, size_t count, const double *number, double *value) {
    const gp_probe *probe = line->probe;
    gp_evaluator *e = line->evaluator;
    if (!probe->by_changes) {
        size_t entry[GP_FORESEEN];
        for (size_t k = 0; k < count; k++)
            entry[k] = probe->offset;
        return gp_evaluator_entries(e, count, entry, number, value);
    }
    if (line->direction == 0 || line->direction != e->direction) {
        double *v = gp_evaluator_new_direction(e);
        if (!v)
            return gp_evaluator_fault(e, "memory", "out of memory for a direction");
        if (probe->scaling)
            gp_probe_fill(probe, probe->offset, probe->entries, v + probe->offset);
        for (size_t i = 0; i < probe->entries && !probe->scaling; i++)
            v[probe->offset + i] = gp_probe_component(probe, probe->offset + i);
        line->direction = e->direction;
    }
    return gp_evaluator_changes(e, count, number, value);
}

/* From what was asked for beforehand, or by the function's short way to it. */
static gp_outcome short_value(gp_line *line, double t, double *step, double *value) {
    double number = gp_line_number(line, t);
    *step = line->probe->by_changes ? t : number - line->evaluator->point[line->probe->offset];
    for (unsigned k = 0; k < line->numbers; k++)
        if (line->number[k] == number) {
            *value = line->value[k];
            return isfinite(*value) ? GP_EVALUATED : GP_NOT_HERE;
        }
    gp_outcome outcome = short_way(line, 1, &number, value);
    return outcome == GP_EVALUATED && !isfinite(*value) ? GP_NOT_HERE : outcome;
}

gp_outcome gp_line_foresee(gp_line *line, const double *steps, unsigned count) {
    if (!has_short_way(line) || count > GP_FORESEEN)
        return GP_EVALUATED;
    for (unsigned k = 0; k < count; k++)
        line->number[k] = gp_line_number(line, steps[k]);
    line->numbers = count;
    return short_way(line, count, line->number, line->value);
}

/* Rounding moves each entry a little off the line. The step along it that fits best is the
 * projection of the displacement onto v; what remains is seen as noise, and measured. Where x is
 * left from a step at least as large, that displacement takes the place of v. */
static gp_outcome along_value(gp_line *line, double t, double *step, double *value) {
    enum { CHUNK = 512 };
    const gp_probe *probe = line->probe;
    gp_evaluator *e = line->evaluator;
    const gp_function *f = e->function;
    double v[CHUNK], sum[2] = {0, 0}, unit = 1; /* steps times v, v^2; v's own step */
    size_t first = probe->offset > f->own ? probe->offset : f->own;
    size_t end = probe->offset + probe->entries;
    end = end < f->own_end ? end : f->own_end;
    if (line->placement && gp_evaluator_is_placed(e, line->placement) && fabs(t) <= fabs(line->t)) {
        gp_evaluator_scale(e, t / line->t, &sum[0], &sum[1]);
        unit = line->step;
    } else {
        gp_evaluator_leave(e, first, end > first ? end : first);
        for (size_t i = first; i < end; i += CHUNK) {
            size_t count = end - i < CHUNK ? end - i : CHUNK;
            gp_probe_fill(probe, i, count, v);
            gp_evaluator_shift(e, i, count, t, v, &sum[0], &sum[1]);
        }
    }
    if (gp_team_sum(f->team, e, sum, 2) == GP_FAULT)
        return GP_FAULT;
    *step = sum[1] > 0 && isfinite(sum[1]) ? unit * (sum[0] / sum[1]) : t;
    line->placement = e->placement;
    line->t = t;
    line->step = *step;
    return gp_evaluator_value(e, value);
}

gp_outcome gp_line_value(gp_line *line, double t, double *step, double *value) {
    const gp_probe *probe = line->probe;
    gp_evaluator *e = line->evaluator;
    if (line->column)
        return gp_column_value(line->column, line->member, line->output, t, step, value);
    if (e->progress)
        gp_tell(e->progress->entry, probe->entries == 1 ? probe->offset : GP_NO_ENTRY);

    if (has_short_way(line))
        return short_value(line, t, step, value);
    if (probe->entries == 1 && !probe->scaling) {
        double v = gp_probe_component(probe, probe->offset);
        double moved = gp_evaluator_move(e, probe->offset, t * v);
        if (gp_team_sum(e->function->team, e, &moved, 1) == GP_FAULT)
            return GP_FAULT;
        *step = v != 0 ? moved / v : t;
        gp_outcome outcome = gp_evaluator_value(e, value);
        gp_evaluator_move(e, probe->offset, 0);
        return outcome;
    }
    return along_value(line, t, step, value);
}

/* See line.h. */
#include "estimate/line.h"

#include <math.h>

void gp_line_start(gp_line *line, gp_evaluator *e, const gp_probe *probe, double f0) {
    double size = probe->entries == 1 ? fabs(e->point[probe->offset]) : 0;
    *line = (gp_line){.evaluator = e};
    line->probe = probe;
    line->f0 = f0;
    line->unit = fmax(size, probe->scale) * gp_dtype_epsilon(e->x_dtype);
}

gp_outcome gp_line_value(gp_line *line, double t, double *step, double *value) {
    const gp_probe *probe = line->probe;
    gp_evaluator *e = line->evaluator;
    size_t end = probe->offset + probe->entries;
    if (line->column)
        return gp_column_value(line->column, line->member, line->output, t, step, value);
    if (e->progress)
        e->progress->entry = probe->entries == 1 ? probe->offset : GP_NO_ENTRY;

    if (probe->entries == 1) {
        double v = gp_probe_component(probe, probe->offset);
        double moved = gp_evaluator_move(e, probe->offset, t * v);
        *step = v != 0 ? moved / v : t;
        gp_outcome outcome = gp_evaluator_value(e, value);
        gp_evaluator_move(e, probe->offset, 0);
        return outcome;
    }
    /* Rounding moves each entry a little off the line. The step along it that fits best is the
     * projection of the displacement onto v; what remains is seen as noise, and measured. */
    enum { CHUNK = 512 };
    double v[CHUNK], along = 0, square = 0;
    gp_evaluator_leave(e, probe->offset, end);
    for (size_t i = probe->offset; i < end; i += CHUNK) {
        size_t count = end - i < CHUNK ? end - i : CHUNK;
        gp_probe_fill(probe, i, count, v);
        gp_evaluator_shift(e, i, count, t, v, &along, &square);
    }
    *step = square > 0 ? along / square : t;
    return gp_evaluator_value(e, value);
}

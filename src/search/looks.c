/* See looks.h. */
#include "search/looks.h"

#include <math.h>
#include <string.h>

gp_probe gp_survey_probe(const gp_check_state *c, size_t entry) {
    size_t block = gp_function_block_number(c->function, entry);
    double length = gp_check_length(c, entry);
    return (gp_probe){.offset = entry,
                      .entries = 1,
                      .scale = c->pilot[block] * length,
                      .step_factor = c->pilot[block],
                      .reach = fmax(c->typical[block], length)};
}

gp_outcome gp_survey_look(const gp_survey_task *task, gp_evaluator *e, size_t index, double shift,
                          gp_ladder *ladder) {
    gp_probe probe = gp_survey_probe(task->check, task->entries[index]);
    gp_along along;
    gp_line line = gp_line_along(&along, e, &probe, task->f0);
    return gp_ladder_start(ladder, &line, shift);
}

double gp_look_size(const gp_ladder *ladder, double sigma) {
    gp_estimate e = gp_ladder_estimate(ladder, sigma);
    return isfinite(e.bound) && fabs(e.derivative) > e.bound ? fabs(e.derivative) : -1;
}

int gp_ladder_record_is_sound(const void *context, size_t index, const void *record) {
    (void)context;
    (void)index;
    return gp_ladder_is_sound(record);
}

int gp_size_record_is_sound(const void *context, size_t index, const void *record) {
    double size = *(const double *)record;
    (void)context;
    (void)index;
    return size >= 0 && isfinite(size);
}

/* A second look at a few, from elsewhere. */
typedef struct gp_looks_again {
    const gp_survey_task *task;
    const size_t *indices;
    double shift;
    gp_ladder *ladders; /* shared */
} gp_looks_again;

static gp_outcome look_again(void *context, gp_evaluator *e, size_t k) {
    gp_looks_again *again = context;
    return gp_survey_look(again->task, e, again->indices[k], again->shift, &again->ladders[k]);
}

gp_outcome gp_survey_looks_again(void *context, const size_t *indices, size_t count, double shift,
                                 gp_ladder *ladders) {
    const gp_survey_task *task = context;
    gp_check_state *c = task->check;
    size_t bytes = count * sizeof *ladders;
    gp_looks_again again = {task, indices, shift, gp_records_alloc(&c->executor, bytes)};
    gp_work work = gp_work_on(count, look_again, &again, again.ladders, sizeof *ladders,
                              gp_ladder_record_is_sound);
    if (!again.ladders)
        return gp_evaluator_no_memory(c->evaluator);
    gp_outcome outcome = gp_check_execute(c, &work);
    memcpy(ladders, again.ladders, bytes);
    gp_records_free(again.ladders, bytes);
    return outcome;
}

int gp_pair_record_is_sound(const void *context, size_t index, const void *record) {
    const double *pair = record;
    (void)context;
    (void)index;
    return pair[1] >= 0 && (isinf(pair[1]) || isfinite(pair[0]));
}

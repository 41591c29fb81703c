/* See map_looks.h. The estimators are those of scalar functions: an output along a column is a
 * function on a line. Noise is measured for each output, tolerances follow each block's own scale.
 */
#include "search/map_looks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "search/looks.h"
#include "search/survey.h"
#include "system/checksum.h"

/* A ladder of the first look: output j along member `member` of column cache `column`. */
typedef struct gp_look {
    size_t column, member, output;
} gp_look;

typedef struct gp_looks {
    gp_map_set *section;
    gp_column *column;
    gp_look *look;
    gp_ladder *ladder;
    size_t count, first; /* first: of the output in turn */
} gp_looks;

gp_line gp_map_line(const gp_map_set *s, gp_column_output *of, gp_column *column, size_t member,
                    size_t j) {
    const gp_check_state *c = s->check;
    size_t block = gp_function_block_number(c->function, column->entries[member]);
    return gp_line_of_column(of, column, member, j, c->typical[block], s->F0[j]);
}

static gp_outcome look_at(gp_looks *l, size_t index, double shift, gp_ladder *ladder) {
    const gp_look *look = &l->look[l->first + index];
    gp_column_output of;
    gp_line line =
        gp_map_line(l->section, &of, &l->column[look->column], look->member, look->output);
    return gp_ladder_start(ladder, &line, shift);
}

static size_t kept_group(const gp_map_set *s, size_t w) {
    return w * s->pattern.groups / s->kept;
}

/* Of group g, or NULL. */
static const double *kept_values(const gp_map_set *s, size_t g) {
    size_t w = s->kept ? (g * s->kept + s->pattern.groups - 1) / s->pattern.groups : 0;
    return w < s->kept && kept_group(s, w) == g ? s->first_values + w * s->numbers : NULL;
}

gp_outcome gp_map_start_column(gp_map_set *s, gp_evaluator *e, size_t g, gp_column *column) {
    const double *values = kept_values(s, g);
    gp_column_start(column, e, s->second, s->m, s->pattern.member + s->pattern.group_start[g],
                    gp_map_members(s, g), s->check->length);
    return values ? gp_column_recall(column, values) : GP_EVALUATED;
}

/* The first steps along one of the groups that are looked at first: of all its outputs at once. */
static gp_outcome evaluate_first(void *context, gp_evaluator *e, size_t w) {
    gp_map_set *s = context;
    gp_column column;
    gp_column_output of;
    double steps[GP_COLUMN_KEPT];
    size_t g = kept_group(s, w);
    gp_outcome outcome = gp_map_start_column(s, e, g, &column); /* nothing is known of it yet */
    gp_line line = gp_map_line(s, &of, &column, 0, 0);
    double length = s->check->length[column.entries[0]];
    gp_ladder_first_steps(&line, 1, steps);
    for (size_t q = 0; q < GP_COLUMN_KEPT && outcome != GP_FAULT; q++)
        outcome = gp_column_evaluate(&column, steps[q] / length);
    gp_column_keep(&column, s->first_values + w * s->numbers);
    gp_column_end(&column);
    return outcome;
}

static int first_values_are_sound(const void *context, size_t w, const void *record) {
    const gp_map_set *s = context;
    return gp_column_is_sound(record, gp_map_members(s, kept_group(s, w)), s->m);
}

static gp_outcome looks_again(void *context, const size_t *indices, size_t count, double shift,
                              gp_ladder *ladders) {
    for (size_t k = 0; k < count; k++)
        if (look_at(context, indices[k], shift, &ladders[k]) == GP_FAULT)
            return GP_FAULT;
    return GP_EVALUATED;
}

/* The noise of every output at tiny steps, all parameters moving at once. */
static gp_outcome tiny_noise(gp_map_set *s, double *tiny) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    size_t *all = malloc(f->n * sizeof *all);
    if (!all)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t i = 0; i < f->n; i++)
        all[i] = i;
    gp_column column;
    gp_outcome outcome = GP_EVALUATED;
    gp_column_start(&column, c->evaluator, s->second, s->m, all, f->n, c->length);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++) {
        gp_column_output of;
        gp_line line = gp_map_line(s, &of, &column, 0, j);
        outcome = gp_noise_at_tiny_steps(&line, &tiny[j]);
    }
    gp_column_end(&column);
    free(all);
    return outcome;
}

/* The median |d| of the first looks into block `b` (SIZE_MAX: into all); 0 if none shows a
 * derivative. */
static double median_scale(gp_map_set *s, const gp_looks *l, size_t b, double *scratch) {
    size_t found = 0;
    for (size_t q = 0; q < l->count; q++) {
        const gp_look *look = &l->look[q];
        size_t input = l->column[look->column].entries[look->member], block, k = 0;
        while (k < s->claims && (gp_map_place(s, k, look->output, input, &block) == SIZE_MAX ||
                                 (b != SIZE_MAX && block != b)))
            k++;
        if (k == s->claims)
            continue;
        double size = gp_look_size(&l->ladder[q], s->noise[look->output].sigma);
        if (size > 0)
            scratch[found++] = size;
    }
    return found ? gp_median(scratch, found) : 0;
}

static void set_tolerances(gp_map_set *s, const gp_looks *l, double *scratch) {
    gp_check_state *c = s->check;
    const gp_function *shown = c->shown;
    double all = median_scale(s, l, SIZE_MAX, scratch);
    for (size_t b = s->block[0]; b < shown->blocks && shown->block[b].offset < s->first + s->count;
         b++) {
        double own = median_scale(s, l, b, scratch);
        gp_tolerance_follow(&c->tolerance[b], &c->options, c->function->dtype, own > 0 ? own : all);
    }
}

/* Looks at every output along the columns, and measures its noise. */
static gp_outcome look_at_outputs(gp_looks *l, size_t columns, const double *tiny) {
    gp_map_set *s = l->section;
    gp_check_state *c = s->check;
    int grouped = s->sparse && s->claims == 1;
    for (size_t j = 0; j < s->m; j++) {
        l->first = l->count;
        for (size_t w = 0; w < columns; w++)
            for (size_t k = 0; k < l->column[w].members; k++) {
                if (grouped &&
                    gp_sparsity_find(&s->pattern, j, l->column[w].entries[k]) == SIZE_MAX)
                    continue;
                l->look[l->count] = (gp_look){.column = w, .member = k, .output = j};
                if (look_at(l, l->count - l->first, 1, &l->ladder[l->count]) == GP_FAULT)
                    return GP_FAULT;
                l->count++;
            }
        gp_outcome outcome = gp_noise_level(c->function->dtype, tiny[j], l->ladder + l->first,
                                            l->count - l->first, 1, looks_again, l, &s->noise[j]);
        if (outcome != GP_EVALUATED)
            return outcome == GP_FAULT ? GP_FAULT : gp_evaluator_no_memory(c->evaluator);
    }
    return GP_EVALUATED;
}

/* First looks at the groups that were evaluated for it: the noise of each output and the scale of
 * each block. A group that a worker process was lost to has no values, and is left out. */
static gp_outcome look_at_kept(gp_map_set *s) {
    gp_check_state *c = s->check;
    size_t columns = 0, most = 0;
    gp_looks l = {.section = s, .column = calloc(s->kept, sizeof(gp_column))};
    gp_outcome outcome = l.column ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    for (size_t w = 0; w < s->kept && outcome == GP_EVALUATED; w++) {
        if (s->first_values[w * s->numbers] == 0)
            continue;
        most += gp_map_members(s, kept_group(s, w)) * s->m;
        outcome = gp_map_start_column(s, c->evaluator, kept_group(s, w), &l.column[columns++]);
    }
    if (s->sparse && s->claims == 1)
        most = c->function->nonzeros;
    double *tiny = calloc(s->m, sizeof *tiny), *scratch = malloc((most + 1) * sizeof *scratch);
    l.look = malloc((most + 1) * sizeof *l.look);
    l.ladder = malloc((most + 1) * sizeof *l.ladder);
    if (outcome == GP_EVALUATED && !(tiny && scratch && l.look && l.ladder))
        outcome = gp_evaluator_no_memory(c->evaluator);
    if (outcome == GP_EVALUATED)
        outcome = tiny_noise(s, tiny);
    if (outcome == GP_EVALUATED)
        outcome = look_at_outputs(&l, columns, tiny);
    if (outcome == GP_EVALUATED)
        set_tolerances(s, &l, scratch);
    for (size_t w = 0; w < columns; w++)
        gp_column_end(&l.column[w]);
    free(l.column);
    free(l.look);
    free(l.ladder);
    free(scratch);
    free(tiny);
    return outcome;
}

gp_outcome gp_map_first_look(gp_map_set *s) {
    gp_check_state *c = s->check;
    memset(s->first_values, 0, s->kept * s->numbers * sizeof *s->first_values);
    gp_work work = gp_work_on(s->kept, evaluate_first, s, s->first_values,
                              s->numbers * sizeof *s->first_values, first_values_are_sound);
    work.version = gp_sum_bytes(GP_SUM_START, s->F0, s->m * sizeof *s->F0);
    gp_outcome outcome = gp_execute(&c->executor, c->evaluator, &work);
    return outcome == GP_EVALUATED ? look_at_kept(s) : outcome;
}

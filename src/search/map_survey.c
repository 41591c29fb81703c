/* See map_survey.h. Columns, or groups of columns that share no row, are the tasks. */
#include "search/map_survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/map_claims.h"
#include "search/map_looks.h"
#include "search/repeat.h"
#include "system/checksum.h"
#include "system/vector.h"

static gp_outcome evaluate_map(gp_map_set *s) {
    gp_check_state *c = s->check;
    gp_outcome outcome = gp_evaluator_map(c->evaluator, s->second, s->F0);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++)
        if (!isfinite(s->F0[j])) {
            if (s->sweep.point > 0)
                return GP_NOT_HERE;
            char name[GP_OUTPUT_NAME_SIZE];
            return gp_evaluator_fault(
                c->evaluator, "nonfinite",
                "output %s of the map is %g at the given point: check at a point "
                "inside the function's domain",
                gp_function_output_name(c->function, s->second, j, name), s->F0[j]);
        }
    if (outcome == GP_NOT_HERE && s->sweep.point == 0)
        return gp_evaluator_fault(c->evaluator, "refused",
                                  "the map callback refused the given point");
    return outcome;
}

static gp_outcome is_deterministic(gp_map_set *s) {
    gp_check_state *c = s->check;
    double *again = malloc(s->m * sizeof *again);
    if (!again)
        return gp_evaluator_no_memory(c->evaluator);
    double largest = gp_largest(s->F0, s->m);
    gp_outcome outcome = gp_evaluator_map(c->evaluator, s->second, again);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++)
        if (!gp_repeats(c, s->F0[j], again[j], largest)) {
            char name[GP_OUTPUT_NAME_SIZE];
            outcome = gp_evaluator_fault(
                c->evaluator, "not-deterministic",
                "the function is not deterministic: output %s of the map was "
                "%.17g and then %.17g at the same point",
                gp_function_output_name(c->function, s->second, j, name), s->F0[j], again[j]);
        }
    free(again);
    return outcome;
}

/* What is claimed of output j along a member, in entry `at` of the set; SIZE_MAX: that it stays. */
static gp_outcome judge_output(gp_map_set *s, gp_column *column, size_t member, size_t j,
                               size_t block, size_t at, gp_entry *result) {
    int inside = at != SIZE_MAX;
    gp_column_output of;
    gp_ladder ladder;
    gp_line line = gp_map_line(s, &of, column, member, j);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    return gp_sweep_judge(&s->sweep, inside ? s->first + at : SIZE_MAX, block,
                          inside ? s->claimed[at] : 0, &ladder, &line, s->noise[j], result);
}

/* All claims about one column, into results from *to on. With a pattern, outputs outside of it must
 * not move. */
static gp_outcome judge_column(gp_map_set *s, gp_column *column, size_t member, int alone,
                               gp_strays *strays, gp_entry **to, size_t *wrong) {
    size_t i = column->entries[member];
    for (size_t j = 0; j < s->m; j++)
        for (size_t k = 0; k < s->claims; k++) {
            size_t block, at = gp_map_place(s, k, j, i, &block);
            gp_entry stray;
            if (at == SIZE_MAX && !alone)
                continue;
            gp_entry *result = at == SIZE_MAX ? &stray : (*to)++;
            if (judge_output(s, column, member, j, block, at, result) == GP_FAULT)
                return GP_FAULT;
            int refuted = result->status == GP_ENTRY_REFUTED;
            *wrong += (size_t)refuted;
            if (at == SIZE_MAX && refuted && strays->count++ == 0) {
                strays->row = j;
                strays->column = i;
                strays->derivative = stray.numeric;
            }
        }
    return GP_EVALUATED;
}

/* Does an output move along a group none of whose columns has it in the pattern? */
static gp_outcome someone_strays(gp_map_set *s, gp_column *column, int *strays) {
    *strays = 0;
    for (size_t j = 0; j < s->m && !*strays; j++) {
        size_t k = 0;
        gp_entry moved;
        while (k < column->members &&
               gp_sparsity_find(&s->pattern, j, column->entries[k]) == SIZE_MAX)
            k++;
        if (k < column->members)
            continue;
        if (judge_output(s, column, 0, j, s->block[0], SIZE_MAX, &moved) == GP_FAULT)
            return GP_FAULT;
        *strays = moved.status == GP_ENTRY_REFUTED;
    }
    return GP_EVALUATED;
}

static void *record_of(const gp_map_set *s, size_t index) {
    return (char *)s->records + index * s->record_size;
}

/* One group of columns; where something is wrong, its columns one by one. */
static gp_outcome judge_group(void *context, gp_evaluator *e, size_t index) {
    gp_map_set *s = context;
    size_t g = s->groups[index], members = gp_map_members(s, g), wrong = 0, again = 0;
    int strays = 0, alone = members == 1;
    gp_strays *record = record_of(s, index);
    gp_entry *to = (gp_entry *)(void *)(record + 1);
    gp_column column;
    gp_outcome outcome = gp_map_start_column(s, e, g, &column);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED; k++)
        outcome = judge_column(s, &column, k, alone, record, &to, &wrong);
    if (outcome == GP_EVALUATED && !alone && !wrong)
        outcome = someone_strays(s, &column, &strays);
    gp_column_end(&column);
    to = (gp_entry *)(void *)(record + 1);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED && !alone && (wrong || strays); k++) {
        gp_column_start(&column, e, s->second, s->m,
                        s->pattern.member + s->pattern.group_start[g] + k, 1, s->check->length);
        outcome = judge_column(s, &column, 0, 1, record, &to, &again);
        gp_column_end(&column);
    }
    if (outcome == GP_FAULT) /* half a record is none: another column may be to blame */
        memset(record, 0, s->record_size);
    return outcome;
}

static int group_is_sound(const void *context, size_t index, const void *record) {
    const gp_map_set *s = context;
    const gp_strays *strays = record;
    const gp_entry *entry = (const gp_entry *)(const void *)(strays + 1);
    size_t group = s->groups[index];
    if (strays->count > s->m * gp_map_members(s, group) ||
        (strays->count && (strays->row >= s->m || strays->column >= s->check->function->n)))
        return 0;
    for (gp_map_cursor q = {0}; gp_map_next(s, group, &q); entry++)
        if (!gp_sweep_is_sound(&s->sweep, s->claimed[q.at], entry))
            return 0;
    return 1;
}

/* Judges all that is claimed along s->groups, into s->results and s->strays. */
static gp_outcome judge_groups(gp_map_set *s) {
    gp_work work =
        gp_work_on(s->looked_at, judge_group, s, s->records, s->record_size, group_is_sound);
    work.version = gp_sum_bytes(GP_SUM_START, s->F0, s->m * sizeof *s->F0);
    work.version = gp_sum_bytes(work.version, s->claimed, s->count * sizeof *s->claimed);
    memset(s->records, 0, s->looked_at * s->record_size);
    gp_outcome outcome = gp_check_execute(s->check, &work);
    memset(s->results, 0, s->count * sizeof *s->results);
    s->strays.count = 0;
    for (size_t index = 0; index < s->looked_at; index++) {
        const gp_strays *strays = record_of(s, index);
        const gp_entry *entry = (const gp_entry *)(const void *)(strays + 1);
        size_t before = s->strays.count;
        if (before == 0)
            s->strays = *strays;
        s->strays.count = before + strays->count;
        for (gp_map_cursor q = {0}; gp_map_next(s, s->groups[index], &q); entry++)
            s->results[q.at] = *entry;
    }
    return outcome;
}

gp_outcome gp_map_survey(gp_map_set *s) {
    gp_check_state *c = s->check;
    int given = s->sweep.point == 0;
    s->sweep.origin = given ? GP_FROM_GIVEN_POINT : GP_FROM_FURTHER_POINT;
    gp_outcome outcome = evaluate_map(s);
    if (outcome == GP_EVALUATED && given)
        outcome = is_deterministic(s);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++)
        outcome = gp_map_gather(s, k);
    if (outcome == GP_EVALUATED && given)
        outcome = gp_map_test_products(s);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++)
        if (gp_map_plant(s, k) != GP_OK)
            outcome = gp_evaluator_no_memory(c->evaluator);
    if (outcome == GP_EVALUATED)
        outcome = gp_map_first_look(s);
    if (outcome != GP_EVALUATED)
        return outcome;
    outcome = judge_groups(s);
    /* What was found before an interruption counts. */
    int through = outcome == GP_EVALUATED || gp_evaluator_is_stopped(c->evaluator);
    for (size_t b = s->block[0], q = 0; q < s->count && through; q++) {
        gp_entry *result = &s->results[q];
        size_t at = s->first + q;
        while (at >= c->shown->block[b].offset + c->shown->block[b].entries)
            b++;
        if (given)
            c->gradient[at] = s->claimed[q];
        if (given ||
            (c->report->entry[at].status == GP_ENTRY_UNEXERCISED && isfinite(result->analytic)))
            through = gp_sweep_put(&s->sweep, at, b, result) == GP_EVALUATED;
    }
    return through ? outcome : GP_FAULT;
}

/* See map_columns.h. Columns, or groups of columns that share no row, are the tasks. */
#include "search/map_columns.h"

#include <string.h>

#include "search/map_looks.h"
#include "system/checksum.h"

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

/* All claims about one column. With a pattern, outputs outside of it must not move. */
static gp_outcome judge_column(gp_map_set *s, gp_column *column, size_t member, int alone,
                               gp_strays *strays, size_t *wrong) {
    size_t i = column->entries[member];
    for (size_t j = 0; j < s->m; j++)
        for (size_t k = 0; k < s->claims; k++) {
            size_t block, at = gp_map_place(s, k, j, i, &block);
            gp_entry stray;
            if (at == SIZE_MAX && !alone)
                continue;
            gp_entry *result = at == SIZE_MAX ? &stray : &s->results[at];
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

/* One group of columns; where something is wrong, its columns one by one. */
static gp_outcome judge_group(void *context, gp_evaluator *e, size_t index) {
    gp_map_set *s = context;
    const gp_check_state *c = s->check;
    size_t g = s->groups[index], start = s->pattern.group_start[g];
    size_t members = s->pattern.group_start[g + 1] - start, wrong = 0;
    int strays = 0, alone = members == 1;
    gp_column column;
    gp_outcome outcome = gp_map_start_column(s, e, g, &column);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED; k++)
        outcome = judge_column(s, &column, k, alone, &s->strays[g], &wrong);
    if (outcome == GP_EVALUATED && !alone && !wrong)
        outcome = someone_strays(s, &column, &strays);
    gp_column_end(&column);
    for (size_t k = 0; k < members && outcome == GP_EVALUATED && !alone && (wrong || strays); k++) {
        size_t again = 0;
        gp_column_start(&column, e, s->second, s->m, s->pattern.member + start + k, 1, c->length);
        outcome = judge_column(s, &column, 0, 1, &s->strays[g], &again);
        gp_column_end(&column);
    }
    return outcome;
}

/* At most: one for each output, claim and column, and columns of a sparse group share no output. */
static size_t record_size(const gp_map_set *s) {
    return sizeof(gp_strays) + s->m * s->claims * sizeof(gp_entry);
}

/* Entry number q (from 0) of a group's results; NULL beyond them. */
typedef struct gp_cursor {
    size_t column, output, claim; /* next */
} gp_cursor;

static gp_entry *next_result(const gp_map_set *s, size_t group, gp_cursor *at) {
    size_t start = s->pattern.group_start[group], end = s->pattern.group_start[group + 1];
    while (start + at->column < end) {
        size_t block, i = s->pattern.member[start + at->column];
        size_t here = gp_map_place(s, at->claim, at->output, i, &block);
        if (++at->claim == s->claims) {
            at->claim = 0;
            if (++at->output == s->m) {
                at->output = 0;
                at->column++;
            }
        }
        if (here != SIZE_MAX)
            return &s->results[here];
    }
    return NULL;
}

static void pack_group(void *context, size_t index, void *record) {
    gp_map_set *s = context;
    size_t group = s->groups[index], used = sizeof(gp_strays);
    gp_cursor at = {0, 0, 0};
    memset(record, 0, record_size(s));
    memcpy(record, &s->strays[group], sizeof s->strays[group]);
    for (const gp_entry *entry; (entry = next_result(s, group, &at)); used += sizeof *entry)
        memcpy((char *)record + used, entry, sizeof *entry);
}

static void unpack_group(void *context, size_t index, const void *record) {
    gp_map_set *s = context;
    size_t group = s->groups[index], used = sizeof(gp_strays);
    gp_cursor at = {0, 0, 0};
    memcpy(&s->strays[group], record, sizeof s->strays[group]);
    for (gp_entry *entry; (entry = next_result(s, group, &at)); used += sizeof *entry)
        memcpy(entry, (const char *)record + used, sizeof *entry);
}

static int group_is_sound(const void *context, size_t index, const void *record) {
    const gp_map_set *s = context;
    const gp_strays *strays = record;
    const gp_entry *entry = (const gp_entry *)(const void *)(strays + 1), *place;
    size_t group = s->groups[index];
    gp_cursor at = {0, 0, 0};
    if (strays->count > s->m * gp_map_members(s, group) ||
        (strays->count && (strays->row >= s->m || strays->column >= s->check->function->n)))
        return 0;
    for (; (place = next_result(s, group, &at)); entry++)
        if (!gp_sweep_is_sound(&s->sweep, s->claimed[place - s->results], entry))
            return 0;
    return 1;
}

gp_outcome gp_map_judge(gp_map_set *s) {
    gp_work work = {.count = s->looked_at,
                    .task = judge_group,
                    .context = s,
                    .size = record_size(s),
                    .pack = pack_group,
                    .unpack = unpack_group,
                    .is_sound = group_is_sound};
    work.version = gp_sum_bytes(GP_SUM_START, s->F0, s->m * sizeof *s->F0);
    work.version = gp_sum_bytes(work.version, s->claimed, s->count * sizeof *s->claimed);
    return gp_check_execute(s->check, &work);
}

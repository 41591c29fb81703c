/* See map_set.h. */
#include "search/map_set.h"

#include <stdlib.h>

#include "evaluate/column.h"

/* Ladders of the first look, from which noise and scales follow: so many in all, if each output has
 * a few. */
enum { FIRST_LOOKS = 65536, FEWEST_COLUMNS = 4 };

size_t gp_map_place(const gp_map_set *s, size_t k, size_t j, size_t i, size_t *block) {
    const gp_function *f = s->check->function, *shown = s->check->shown;
    *block = s->block[k];
    if (k == 0 && s->sparse) {
        size_t entry = gp_sparsity_find(&s->pattern, j, i);
        return entry == SIZE_MAX ? entry : shown->block[*block].offset - s->first + entry;
    }
    size_t b = gp_function_block_number(f, i);
    *block += b;
    return shown->block[*block].offset - s->first + j * f->block[b].entries +
           (i - f->block[b].offset);
}

int gp_map_next(const gp_map_set *s, size_t group, gp_map_cursor *c) {
    for (c->at = SIZE_MAX; c->at == SIZE_MAX && c->column < gp_map_members(s, group);) {
        size_t i = s->pattern.member[s->pattern.group_start[group] + c->column];
        c->at = gp_map_place(s, c->claim, c->output, i, &c->block);
        c->claim = (c->claim + 1) % s->claims;
        c->output = c->claim ? c->output : (c->output + 1) % s->m;
        c->column += c->claim == 0 && c->output == 0;
    }
    return c->at != SIZE_MAX;
}

gp_outcome gp_map_set_create(gp_map_set *s) {
    gp_check_state *c = s->check;
    const gp_function *f = c->function;
    gp_status status = gp_sparsity_create(s->m, f->n, s->sparse ? f->nonzeros : 0, f->row,
                                          f->column, s->sparse && s->claims == 1, &s->pattern);
    if (status == GP_ERROR_ARGUMENT)
        return gp_evaluator_fault(c->evaluator, "sparsity", "the sparsity names an entry twice");
    if (status != GP_OK)
        return gp_evaluator_no_memory(c->evaluator);
    size_t widest = 0;
    for (size_t g = 0; g < s->pattern.groups; g++)
        widest = gp_map_members(s, g) > widest ? gp_map_members(s, g) : widest;
    s->kept = FIRST_LOOKS / s->m > FEWEST_COLUMNS ? FIRST_LOOKS / s->m : FEWEST_COLUMNS;
    s->kept = s->kept < s->pattern.groups ? s->kept : s->pattern.groups;
    s->numbers = gp_column_numbers(widest, s->m);
    s->F0 = calloc(s->m, sizeof *s->F0);
    s->claimed = calloc(s->count, sizeof *s->claimed);
    s->noise = calloc(s->m, sizeof *s->noise);
    s->groups = calloc(s->pattern.groups, sizeof *s->groups);
    s->results = calloc(s->count, sizeof *s->results);
    /* Columns of a group share no output. */
    s->record_size = sizeof(gp_strays) + s->m * s->claims * sizeof(gp_entry);
    s->records = gp_records_alloc(&c->executor, s->pattern.groups * s->record_size);
    s->first_values =
        gp_records_alloc(&c->executor, s->kept * s->numbers * sizeof *s->first_values);
    return s->F0 && s->claimed && s->noise && s->results && s->records && s->first_values &&
                   s->groups
               ? GP_EVALUATED
               : gp_evaluator_no_memory(c->evaluator);
}

void gp_map_set_free(gp_map_set *s) {
    gp_records_free(s->records, s->pattern.groups * s->record_size);
    gp_records_free(s->first_values, s->kept * s->numbers * sizeof *s->first_values);
    gp_sparsity_free(&s->pattern);
    free(s->F0);
    free(s->claimed);
    free(s->results);
    free(s->noise);
    free(s->groups);
}

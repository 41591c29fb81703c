/* See maps.h: the given point, the pattern, another point for what stays silent. */
#include "search/maps.h"

#include <math.h>

#include "search/map_stored.h"
#include "search/map_survey.h"
#include "search/project_map.h"
#include "system/text.h"

/* The pattern's own mistakes are the block's. */
static gp_outcome report_strays(gp_map_set *s) {
    gp_check_state *c = s->check;
    const gp_strays *strays = &s->strays;
    if (strays->count == 0)
        return GP_EVALUATED;
    char name[GP_OUTPUT_NAME_SIZE];
    gp_findings_put_block(c->report, s->block[0], GP_REFUTED);
    return gp_report_add_diagnosis(
               c->report, s->block[0], "sparsity", NAN,
               "%zu %s outside of the given sparsity: output %s depends on input %zu (%.6g)",
               strays->count, gp_plural(strays->count, "derivative lies", "derivatives lie"),
               gp_function_output_name(c->function, s->second, strays->row, name), strays->column,
               strays->derivative)
               ? gp_evaluator_no_memory(c->evaluator)
               : GP_EVALUATED;
}

/* Columns with entries that are zero so far, at another point: is it the place, or are they always?
 */
static gp_outcome try_elsewhere(gp_map_set *s) {
    gp_check_state *c = s->check;
    s->looked_at = 0;
    for (size_t g = 0; g < s->pattern.groups; g++) {
        int silent = 0;
        for (gp_map_cursor q = {0}; !silent && gp_map_next(s, g, &q);)
            silent = c->report->entry[s->first + q.at].status == GP_ENTRY_UNEXERCISED;
        if (silent)
            s->groups[s->looked_at++] = g;
    }
    if (s->looked_at == 0 || c->options.points < 2)
        return GP_EVALUATED;
    s->sweep.point = c->report->points;
    gp_probe_point(c->function, c->options.seed, 1, 0, c->other);
    gp_check_move(c, c->other);
    gp_outcome outcome = gp_map_survey(s);
    if (outcome == GP_EVALUATED &&
        gp_report_name_point(c->report, c->report->points++, "at a random point"))
        return gp_evaluator_no_memory(c->evaluator);
    return outcome;
}

/* With its arrays in place: the given point, the pattern, another point for what stays silent. */
static gp_outcome check_points(gp_map_set *s) {
    gp_check_state *c = s->check;
    s->looked_at = s->pattern.groups;
    for (size_t g = 0; g < s->pattern.groups; g++)
        s->groups[g] = g;
    gp_outcome outcome = gp_check_return(c);
    if (outcome == GP_EVALUATED)
        outcome = gp_map_survey(s);
    if (outcome == GP_EVALUATED && s->sparse && s->claims == 1 &&
        gp_report_add_practice(c->report, "%zu %s of the Jacobian in %zu %s without a common row",
                               c->function->n, gp_plural(c->function->n, "column", "columns"),
                               s->pattern.groups, gp_plural(s->pattern.groups, "group", "groups")))
        return gp_evaluator_no_memory(c->evaluator);
    if (outcome == GP_EVALUATED && s->sparse)
        outcome = report_strays(s);
    if (outcome == GP_EVALUATED)
        outcome = try_elsewhere(s);
    if (outcome != GP_FAULT)
        outcome = gp_map_find_stored(s);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

gp_outcome gp_maps_check(gp_check_state *c) {
    const gp_function *f = c->function, *shown = c->shown;
    size_t block = c->scalars ? f->blocks : 0;
    for (int second = 0; second < 2; second++) {
        gp_map_set s = {.check = c,
                        .sweep = {c, GP_FROM_GIVEN_POINT, 0, c->tolerance},
                        .second = second,
                        .m = second ? f->n : f->outputs};
        s.first = block < shown->blocks ? shown->block[block].offset : shown->n;
        for (int k = 0; k < GP_CLAIMS; k++) {
            gp_claim claim = (gp_claim)k;
            if (gp_claim_kinds[claim].second != second || !gp_function_claims(f, claim))
                continue;
            s.sparse |= gp_claim_is_sparse(f, claim);
            s.claim[s.claims] = claim;
            s.block[s.claims++] = block;
            block += gp_claim_blocks(f, claim);
        }
        s.count = (block < shown->blocks ? shown->block[block].offset : shown->n) - s.first;
        for (size_t k = 0; k < s.claims && c->project_maps; k++) {
            gp_outcome outcome = gp_check_return(c);
            if (outcome == GP_EVALUATED)
                outcome = gp_products_check(c, s.claim[k], s.block[k]);
            if (outcome == GP_FAULT)
                return GP_FAULT;
        }
        if (s.claims == 0 || c->project_maps)
            continue;
        gp_outcome outcome = gp_map_set_create(&s);
        if (outcome == GP_EVALUATED)
            outcome = check_points(&s);
        gp_map_set_free(&s);
        if (outcome == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

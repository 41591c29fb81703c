/* See map_stored.h. */
#include "search/map_stored.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/map_claims.h"
#include "search/map_survey.h"

/* s->groups := a few a block, with a claimed number that isn't zero. */
static gp_outcome choose_stored_groups(gp_map_set *s) {
    enum { FEW = 3 };
    const gp_check_state *c = s->check;
    size_t *chosen = calloc(c->shown->blocks, sizeof *chosen);
    if (!chosen)
        return gp_evaluator_no_memory(s->check->evaluator);
    s->looked_at = 0;
    for (size_t g = 0; g < s->pattern.groups; g++) {
        int wanted = 0;
        for (gp_map_cursor q = {0}; !wanted && gp_map_next(s, g, &q);) {
            wanted = chosen[q.block] < FEW && c->gradient[s->first + q.at] != 0;
            chosen[q.block] += (size_t)wanted;
        }
        if (wanted)
            s->groups[s->looked_at++] = g;
    }
    free(chosen);
    return GP_EVALUATED;
}

/* c->stored[b] := every number that is claimed in block b is the same as at the given point, and a
 * derivative isn't. What was right at the given point is refuted by what is wrong here. */
static size_t compare_with_given(gp_map_set *s, size_t b) {
    gp_check_state *c = s->check;
    const gp_block *block = &c->shown->block[b];
    size_t first = block->offset - s->first, refuted = 0, given = 0;
    c->stored[b] = 0;
    for (size_t q = first; q < first + block->entries; q++)
        if (memcmp(&s->claimed[q], &c->gradient[s->first + q], sizeof *s->claimed) != 0)
            return 0;
    for (size_t q = first; q < first + block->entries; q++) {
        const gp_entry *here = &s->results[q];
        double bound = c->bound[s->first + q] + here->bound;
        given += c->report->entry[s->first + q].status == GP_ENTRY_REFUTED;
        c->stored[b] |= here->status != GP_ENTRY_UNCHECKED && s->claimed[q] != 0 &&
                        fabs(here->numeric - c->numeric[s->first + q]) > bound;
    }
    for (size_t q = first; q < first + block->entries && c->stored[b] && !given; q++)
        if (s->results[q].status == GP_ENTRY_REFUTED) {
            (void)gp_findings_put(c->report, GP_FROM_SECOND_OPINION, s->first + q, &s->results[q]);
            refuted++; /* it had a place in the report */
        }
    return refuted;
}

/* At random point `number`. *alike: some claims are the same there; *found: blocks are stored. */
static gp_outcome find_stored_at(gp_map_set *s, size_t number, size_t *alike, size_t *found) {
    gp_check_state *c = s->check;
    size_t refuted = 0, end = s->block[s->claims - 1] + c->function->blocks;
    int same = 0;
    gp_outcome outcome = GP_EVALUATED;
    *alike = *found = 0;
    s->sweep.point = c->report->points;
    gp_probe_point(c->function, c->options.seed, number, 0, c->other);
    for (size_t k = 0; k < s->claims && outcome == GP_EVALUATED; k++, *alike += (size_t)same)
        outcome = gp_map_answer_is_same(s, k, c->other, &same);
    if (outcome == GP_EVALUATED && *alike > 0)
        outcome = choose_stored_groups(s);
    if (outcome != GP_EVALUATED || *alike == 0 || s->looked_at == 0)
        return outcome;
    gp_check_move(c, c->other);
    outcome = gp_map_survey(s);
    for (size_t b = s->block[0]; b < end && b < c->shown->blocks && outcome == GP_EVALUATED; b++) {
        refuted += compare_with_given(s, b);
        *found += c->stored[b];
    }
    if (refuted && gp_report_name_point(c->report, c->report->points++, "at another point"))
        return gp_evaluator_no_memory(c->evaluator);
    return outcome;
}

gp_outcome gp_map_find_stored(gp_map_set *s) {
    enum { FIRST = 2, LAST = 3 }; /* random points */
    size_t alike = 1, found = 0;
    gp_outcome outcome = GP_EVALUATED;
    if (s->check->options.points < 2 || !gp_map_is_written(s))
        return GP_EVALUATED;
    for (size_t k = FIRST; k <= LAST && alike > 0 && !found && outcome != GP_FAULT; k++)
        outcome = find_stored_at(s, k, &alike, &found);
    return outcome;
}

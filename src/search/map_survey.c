/* See map_survey.h. */
#include "search/map_survey.h"

#include <math.h>
#include <stdlib.h>

#include "search/map_claims.h"
#include "search/map_columns.h"
#include "search/map_looks.h"
#include "search/repeat.h"
#include "search/sweep.h"
#include "system/vector.h"

static gp_outcome evaluate_map(gp_map_set *s) {
    gp_check_state *c = s->check;
    gp_outcome outcome = gp_evaluator_map(c->evaluator, s->second, s->F0);
    for (size_t j = 0; j < s->m && outcome == GP_EVALUATED; j++)
        if (!isfinite(s->F0[j])) {
            if (s->sweep.point > 0)
                return GP_NOT_HERE;
            return gp_evaluator_fault(
                c->evaluator, "nonfinite",
                "output %zu of the map is %g at the given point: check at a point "
                "inside the function's domain",
                j, s->F0[j]);
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
        if (!gp_repeats(c, s->F0[j], again[j], largest))
            outcome =
                gp_evaluator_fault(c->evaluator, "not-deterministic",
                                   "the function is not deterministic: output %zu of the map was "
                                   "%.17g and then %.17g at the same point",
                                   j, s->F0[j], again[j]);
    free(again);
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
    if (outcome == GP_EVALUATED)
        outcome = gp_map_judge(s);
    for (size_t b = s->block[0], q = 0; q < s->count && outcome == GP_EVALUATED; q++) {
        gp_entry *result = &s->results[q];
        size_t at = s->first + q;
        while (at >= c->shown->block[b].offset + c->shown->block[b].entries)
            b++;
        if (given)
            c->gradient[at] = s->claimed[q];
        if (given ||
            (c->report->entry[at].status == GP_ENTRY_UNEXERCISED && isfinite(result->analytic)))
            outcome = gp_sweep_put(&s->sweep, at, b, result);
    }
    return outcome;
}

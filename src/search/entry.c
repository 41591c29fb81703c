/* See entry.h. */
#include "search/entry.h"

#include <math.h>

#include "search/looks.h"

gp_noise gp_noise_along(const gp_check_state *c, const gp_ladder *ladder) {
    double own = c->rounding * gp_ladder_largest(ladder);
    gp_noise noise = c->noise;
    noise.sigma = fmax(noise.sigma, own);
    noise.quiet = fmax(noise.quiet, own);
    noise.loud = fmax(noise.loud, own);
    return noise;
}

gp_outcome gp_judge_again(gp_check_state *c, size_t i, double a, gp_entry *result) {
    size_t block = gp_function_block_number(c->function, i);
    gp_probe probe = gp_survey_probe(c, i);
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, c->report->value);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    return gp_judge_line(&ladder, &line, gp_noise_along(c, &ladder), &c->tolerance[block], a, 1,
                         result);
}

gp_outcome gp_judge_accused(gp_check_state *c, size_t i, double a, gp_entry *result) {
    static const double PLAINLY = 100;
    size_t block = gp_function_block_number(c->function, i);
    const gp_tolerance *t = &c->tolerance[block];
    gp_probe probe = gp_survey_probe(c, i);
    gp_ladder look[2];
    gp_estimate seen[2];
    gp_noise noise = c->noise;
    gp_along along;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, c->report->value);
    unsigned evaluations = 0;
    int stays = 0;
    for (int k = 0; k < 2; k++) {
        if (gp_ladder_start(&look[k], &line, k ? GP_SECOND_SHIFT : 1) == GP_FAULT)
            return GP_FAULT;
        evaluations += look[k].evaluations;
        noise = gp_noise_along(c, &look[k]);
        seen[k] = gp_ladder_estimate(&look[k], noise.loud);
        double open = seen[k].bound + gp_tau(t, a, seen[k].derivative, seen[k].bound);
        if (!isfinite(seen[k].bound) || !(fabs(a - seen[k].derivative) > PLAINLY * open))
            return gp_judge_again(c, i, a, result);
    }
    const gp_estimate *best = seen[0].bound <= seen[1].bound ? &seen[0] : &seen[1];
    int agree = fabs(seen[0].derivative - seen[1].derivative) <= seen[0].bound + seen[1].bound;
    if (agree && gp_stays_refuted(&line, look, seen, noise, t, a, &evaluations, &stays) == GP_FAULT)
        return GP_FAULT;
    if (!stays)
        return gp_judge_again(c, i, a, result);
    *result = (gp_entry){.status = GP_ENTRY_REFUTED,
                         .analytic = a,
                         .numeric = best->derivative,
                         .bound = best->bound,
                         .left = best->derivative,
                         .right = best->derivative,
                         .evaluations = evaluations};
    return GP_EVALUATED;
}

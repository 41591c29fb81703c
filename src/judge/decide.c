/* See decide.h: all steps in turn. */
#include "judge/decide.h"

#include <math.h>

#include "judge/steps.h"

static gp_outcome decide(gp_decision *d) {
    for (size_t k = 0; k < gp_step_count; k++)
        if (gp_step_take(&gp_steps[k], d) == GP_FAULT)
            return GP_FAULT;
    return GP_EVALUATED;
}

gp_outcome gp_judge_line(gp_ladder *ladder, gp_line *line, gp_noise noise, const gp_tolerance *t,
                         double a, int readable, gp_entry *result) {
    gp_decision d = {.line = line,
                     .noise = noise,
                     .tolerance = t,
                     .a = a,
                     .ladder = ladder,
                     .shift = 1,
                     .parts = GP_STEP_ESTIMATE};
    if (isfinite(a) && readable)
        d.parts |= GP_STEP_DOUBT | GP_STEP_FAR | GP_STEP_OPEN;
    if (decide(&d) == GP_FAULT)
        return GP_FAULT;
    const gp_estimate *e = &d.estimate;
    *result =
        (gp_entry){.status = d.status,
                   .analytic = a,
                   .numeric = e->derivative,
                   .bound = t->variation + (d.status == GP_ENTRY_KINK ? e->kink_bound : e->bound),
                   .floor = gp_floor_of(d.status, t),
                   .left = e->left,
                   .right = e->right,
                   .limit = d.status == GP_ENTRY_UNRESOLVED ? e->limit : GP_LIMIT_NONE,
                   .evaluations = d.evaluations};
    /* How an entry was written outranks what was written. */
    if (!readable)
        result->status = GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

gp_outcome gp_contest_line(gp_ladder *ladder, gp_line *line, double shift, gp_noise noise,
                           const gp_tolerance *t, double enough, double a, gp_estimate *result,
                           int *refuted) {
    gp_decision d = {.line = line,
                     .noise = noise,
                     .tolerance = t,
                     .a = a,
                     .enough = enough,
                     .ladder = ladder,
                     .shift = shift,
                     .parts = GP_STEP_ESTIMATE | GP_STEP_DOUBT | GP_STEP_FAR};
    if (decide(&d) == GP_FAULT)
        return GP_FAULT;
    *result = d.estimate;
    *refuted = d.status == GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

gp_outcome gp_stays_refuted(gp_line *line, const gp_ladder looks[2], const gp_estimate seen[2],
                            gp_noise noise, const gp_tolerance *t, double a, unsigned *evaluations,
                            int *stays) {
    gp_decision d = {.line = line,
                     .noise = noise,
                     .tolerance = t,
                     .a = a,
                     .shift = 1,
                     .parts = GP_STEP_FAR,
                     .status = GP_ENTRY_REFUTED,
                     .estimate = seen[0],
                     .first = seen[0],
                     .second = seen[1],
                     .looks = {looks[0], looks[1]}};
    if (decide(&d) == GP_FAULT)
        return GP_FAULT;
    *evaluations += d.evaluations;
    *stays = d.status == GP_ENTRY_REFUTED;
    return GP_EVALUATED;
}

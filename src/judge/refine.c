/* See refine.h. */
#include "judge/refine.h"

#include <math.h>

#include "estimate/fit.h"
#include "estimate/stairs.h"

/* How good an estimate should be, as a share of tau, and what that may cost: very good if it is
 * cheap, good enough if not. */
static const struct {
    double share;
    unsigned evaluations;
} EFFORT[] = {{GP_FINEST_SHARE, GP_FINEST_EVALUATIONS}, {1e-1, 28}, {1, 40}};

enum { EFFORTS = sizeof EFFORT / sizeof *EFFORT };

gp_outcome gp_refine(gp_ladder *ladder, gp_line *line, double sigma, const gp_tolerance *t,
                     gp_estimate *estimate) {
    for (size_t i = 0; i < EFFORTS; i++) {
        gp_goal goal = {EFFORT[i].share * t->rtol,
                        EFFORT[i].share * fmax(t->atol, t->rtol * t->zero_floor)};
        if (gp_ladder_refine(ladder, line, sigma, goal, EFFORT[i].evaluations, estimate) ==
            GP_FAULT)
            return GP_FAULT;
        if (gp_goal_is_met(&goal, estimate)) /* and so are the others, which ask for less */
            break;
    }
    return GP_EVALUATED;
}

gp_outcome gp_refine_until(gp_ladder *ladder, gp_line *line, double sigma, double enough,
                           gp_estimate *estimate) {
    return gp_ladder_refine(ladder, line, sigma, (gp_goal){0, enough},
                            EFFORT[EFFORTS - 1].evaluations, estimate);
}

gp_outcome gp_look_for_stairs(gp_line *line, const gp_estimate *e, double near, double quiet,
                              double *sigma, unsigned *evaluations) {
    gp_tread tread = {.slope = e->derivative,
                      .near = near,
                      .far = GP_FAR_SHIFT * gp_first_step(line),
                      .quiet = quiet};
    return gp_find_stairs(line, &tread, sigma, evaluations);
}

double gp_decision_cost(const gp_tolerance *t, double sigma, double length, double derivative) {
    double aim = GP_FIT_SHARE * (t->rtol * fabs(derivative) + t->atol);
    double cost = gp_fit_cost(sigma, length, aim);
    return cost <= GP_FIT_EVALUATIONS ? cost : INFINITY;
}

/* FLINT's balls: an arb_t is a midpoint and a radius, and every function of arb_... returns a ball
 * that contains the exact result for all numbers of the balls it was given. FLINT 3 has Arb's
 * headers in a folder, before that they are a library of their own. */
#ifndef GP_BALLS_H
#define GP_BALLS_H

#include <math.h>

#ifdef GP_FLINT_3
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#else
#include <arb.h>
#include <arb_hypgeom.h>
#endif

/* Every number of [0, 1]. */
static inline void gp_ball_unit_interval(arb_t s) {
    arb_set_d(s, 0.5);
    mag_set_ui_2exp_si(arb_radref(s), 1, -1);
}

/* x := all numbers within a radius of v, relative to its size; exact where that is 0. */
static inline void gp_ball_around(arb_t x, double v, double radius, slong precision) {
    arb_t factor;
    arb_set_d(x, v);
    if (radius == 0)
        return;
    arb_init(factor);
    arb_one(factor);
    mag_set_d(arb_radref(factor), radius); /* rounded up */
    arb_mul(x, x, factor, precision);
    arb_clear(factor);
}

/* Doubles around the ball's numbers: rounded outwards, infinite where the ball isn't finite. */
static inline void gp_ball_interval(const arb_t ball, double *low, double *high) {
    arf_t bound;
    *low = -INFINITY;
    *high = INFINITY;
    if (!arb_is_finite(ball))
        return;
    arf_init(bound);
    arb_get_lbound_arf(bound, ball, 64);
    *low = arf_get_d(bound, ARF_RND_FLOOR);
    arb_get_ubound_arf(bound, ball, 64);
    *high = arf_get_d(bound, ARF_RND_CEIL);
    arf_clear(bound);
}

/* No number of the ball is further from 0 than the result. */
static inline double gp_ball_reach(const arb_t ball) {
    arf_t bound;
    if (!arb_is_finite(ball))
        return INFINITY;
    arf_init(bound);
    arb_get_abs_ubound_arf(bound, ball, 64);
    double reach = arf_get_d(bound, ARF_RND_CEIL);
    arf_clear(bound);
    return reach;
}

#endif

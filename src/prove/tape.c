/* See tape.h. */
#include "prove/tape.h"

#include <stdlib.h>
#include <string.h>

#include "prove/operations.h"

static const gp_ball NOWHERE = SIZE_MAX;

void gp_tape_open(gp_tape *t, slong precision, gp_share share, gp_kinks *kinks) {
    memset(t, 0, sizeof *t);
    t->precision = precision;
    t->share = share;
    t->kinks = kinks;
}

void gp_tape_close(gp_tape *t) {
    for (size_t i = 0; i < t->room; i++) {
        arb_clear(t->ball + i);
        arb_clear(t->adjoint + i);
    }
    free(t->node);
    free(t->ball);
    free(t->adjoint);
    free(t->reached);
    memset(t, 0, sizeof *t);
}

void gp_tape_rewind(gp_tape *t) {
    t->count = 0;
}

/* Twice the room. A ball may be moved: it doesn't point into itself. */
static int grow(gp_tape *t) {
    size_t room = t->room ? 2 * t->room : 64;
    void *node = realloc(t->node, room * sizeof *t->node);
    t->node = node ? node : t->node;
    void *ball = realloc(t->ball, room * sizeof *t->ball);
    t->ball = ball ? ball : t->ball;
    void *adjoint = realloc(t->adjoint, room * sizeof *t->adjoint);
    t->adjoint = adjoint ? adjoint : t->adjoint;
    void *reached = realloc(t->reached, room);
    t->reached = reached ? reached : t->reached;
    if (!node || !ball || !adjoint || !reached) {
        t->status = GP_ERROR_MEMORY;
        return 0;
    }
    for (size_t i = t->room; i < room; i++) {
        arb_init(t->ball + i);
        arb_init(t->adjoint + i);
    }
    t->room = room;
    return 1;
}

/* A new operation, its result not yet filled in; NOWHERE without memory. */
static gp_ball append(gp_tape *t, uint32_t operation, int active, gp_ball a, gp_ball b) {
    if (t->count == t->room && !grow(t))
        return NOWHERE;
    t->node[t->count] = (gp_tape_node){operation, active != 0, 0, a, b};
    return t->count++;
}

gp_ball gp_tape_variable(gp_tape *t, const arb_t number) {
    gp_ball at = append(t, GP_TAPE_VARIABLE, 1, 0, 0);
    if (at != NOWHERE)
        arb_set(t->ball + at, number);
    return at;
}

gp_ball gp_tape_constant_ball(gp_tape *t, const arb_t number) {
    gp_ball at = append(t, GP_TAPE_CONSTANT, 0, 0, 0);
    if (at != NOWHERE)
        arb_set(t->ball + at, number);
    return at;
}

gp_ball gp_tape_constant(gp_tape *t, double number) {
    gp_ball at = append(t, GP_TAPE_CONSTANT, 0, 0, 0);
    if (at != NOWHERE)
        arb_set_d(t->ball + at, number); /* exact */
    return at;
}

/* Is it on the tape? The first that isn't is a mistake of the formula's, unless memory ran out
 * before. */
static int is_on(gp_tape *t, gp_ball number) {
    if (number < t->count)
        return 1;
    if (t->status == GP_OK)
        t->status = GP_ERROR_ARGUMENT;
    return 0;
}

gp_ball gp_tape_apply(gp_tape *t, gp_operation operation, gp_ball a, gp_ball b) {
    const gp_operation_row *row = gp_operation_row_of(operation);
    if (row && row->operands == 1)
        b = a;
    if (!row || !is_on(t, a) || !is_on(t, b)) {
        t->status = t->status == GP_OK ? GP_ERROR_ARGUMENT : t->status;
        return NOWHERE;
    }
    gp_ball at = append(t, operation, t->node[a].active || t->node[b].active, a, b);
    if (at == NOWHERE)
        return at;
    /* What is made from an undefined number is undefined, also where all numbers that there are
     * would give a finite ball, as an angle or the smaller of two would. */
    if (!arb_is_finite(t->ball + a) || !arb_is_finite(t->ball + b))
        arb_indeterminate(t->ball + at);
    else
        row->value(t->ball + at, t->ball + a, t->ball + b, t->precision);
    return at;
}

int gp_tape_compare(gp_tape *t, gp_ball a, gp_ball b) {
    arb_t off;
    if (!is_on(t, a) || !is_on(t, b))
        return GP_UNDECIDED;
    if (a == b) /* the same number, at every x */
        return 0;
    arb_init(off);
    arb_sub(off, t->ball + a, t->ball + b, t->precision);
    gp_side side = gp_side_of(off);
    double apart = gp_ball_reach(off);
    arb_clear(off);
    int active = t->node[a].active || t->node[b].active;
    t->node[a].compared = t->node[b].compared = 1;
    if (side == GP_SIDE_UNDECIDED)
        gp_kinks_note(t->kinks, &t->kinks->undecided,
                      "a comparison after operation %zu: its numbers are apart by at most %.3g, "
                      "and which is larger can't be decided",
                      t->count, apart);
    else if (side == GP_SIDE_EXACT && active)
        gp_kinks_note(t->kinks, &t->kinks->ties,
                      "a comparison after operation %zu: its numbers are equal here, and "
                      "not all around",
                      t->count);
    return side == GP_SIDE_UNDECIDED ? GP_UNDECIDED : (int)side;
}

void gp_tape_interval(const gp_tape *t, gp_ball number, double *low, double *high) {
    *low = *high = 0;
    if (number < t->count)
        gp_ball_interval(t->ball + number, low, high);
}

/* ---- reverse accumulation ------------------------------------------------------------ */

/* s := the share of operation i's right side; notes what isn't decided. */
static void share_of(gp_tape *t, size_t i, const gp_operation_row *row, arb_t s) {
    const gp_tape_node *node = &t->node[i];
    row->bend(s, t->ball + node->a, t->ball + node->b, t->precision);
    gp_side side = gp_side_of(s);
    double apart = gp_ball_reach(s);
    if (side == GP_SIDE_EXACT)
        gp_kinks_note(t->kinks, &t->kinks->exact, "operation %zu (%s): exactly at its kink", i,
                      row->name);
    else if (side == GP_SIDE_UNDECIDED)
        gp_kinks_note(t->kinks, &t->kinks->undecided,
                      "operation %zu (%s): at most %.3g from its kink, and on which side can't be "
                      "decided",
                      i, row->name, apart);
    gp_share_of(s, side, t->share);
}

/* The part of operand `to` that comes through operation i; NULL: there is no derivative. */
static void add_to(gp_tape *t, gp_ball to, size_t i, arb_srcptr derivative) {
    t->reached[to] = 1;
    if (derivative)
        arb_addmul(t->adjoint + to, t->adjoint + i, derivative, t->precision);
    else
        arb_indeterminate(t->adjoint + to);
}

/* dvalue/da += dvalue/dresult dresult/da, and the same for b. An operation without a finite result
 * or derivative has none for some numbers of its operands' balls: the chain rule doesn't hold, and
 * not even a factor of 0 makes up for that. */
static void pass_on(gp_tape *t, size_t i, arb_t da, arb_t db) {
    const gp_tape_node *node = &t->node[i];
    const gp_operation_row *row = gp_operation_row_of((gp_operation)node->operation);
    int to_a = t->node[node->a].active != 0;
    int to_b = row->operands == 2 && t->node[node->b].active != 0;
    arb_t s;
    arb_init(s);
    if (row->bend)
        share_of(t, i, row, s);
    row->derive(to_a ? da : NULL, to_b ? db : NULL, t->ball + node->a, t->ball + node->b,
                row->bend ? s : t->ball + i, t->precision);
    arb_clear(s);
    int finite =
        arb_is_finite(t->ball + i) && (!to_a || arb_is_finite(da)) && (!to_b || arb_is_finite(db));
    if (!finite)
        gp_kinks_note(t->kinks, &t->kinks->edges,
                      "operation %zu (%s): at the edge of its domain, or beyond", i, row->name);
    if (to_a)
        add_to(t, node->a, i, finite ? da : NULL);
    if (to_b)
        add_to(t, node->b, i, finite ? db : NULL);
}

gp_status gp_tape_reverse(gp_tape *t, gp_ball value) {
    arb_t da, db;
    if (t->status != GP_OK || !is_on(t, value))
        return t->status;
    /* A comparison holds around x as it does at x only where both of its numbers are continuous:
     * they must be differentiable as all that the value is made from. */
    for (size_t i = 0; i < t->count; i++) {
        arb_zero(t->adjoint + i);
        t->reached[i] = t->node[i].compared;
    }
    arb_one(t->adjoint + value);
    t->reached[value] = 1;
    arb_init(da);
    arb_init(db);
    for (size_t i = t->count; i-- > 0;)
        if (t->reached[i] && t->node[i].active && t->node[i].operation < GP_TAPE_CONSTANT)
            pass_on(t, i, da, db);
    arb_clear(da);
    arb_clear(db);
    return GP_OK;
}

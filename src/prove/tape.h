/* The tape of balls: operations in a compact array, in the order in which they were written down,
 * and their results beside it. */
#ifndef GP_TAPE_H
#define GP_TAPE_H

#include "gradproof/prove.h"
#include "prove/kinks.h"

typedef struct gp_tape_node {
    uint32_t operation;     /* a gp_operation, or one of those below */
    unsigned char active;   /* depends on a variable */
    unsigned char compared; /* a comparison turned on it */
    gp_ball a, b;
} gp_tape_node;

enum { GP_TAPE_CONSTANT = 1u << 16, GP_TAPE_VARIABLE };

struct gp_tape {
    size_t count, room;
    gp_tape_node *node; /* room */
    arb_ptr ball;       /* room: results */
    arb_ptr adjoint;    /* room: dvalue / dresult, after gp_tape_reverse */
    unsigned char *reached;
    slong precision;
    gp_share share;  /* at exact kinks */
    gp_kinks *kinks; /* what is met; borrowed */
    gp_status status;
};

void gp_tape_open(gp_tape *tape, slong precision, gp_share share, gp_kinks *kinks);
void gp_tape_close(gp_tape *tape);
/* Takes all operations off, and keeps the room. */
void gp_tape_rewind(gp_tape *tape);

/* A variable within a ball. */
gp_ball gp_tape_variable(gp_tape *tape, const arb_t number);
gp_ball gp_tape_constant_ball(gp_tape *tape, const arb_t number);
static inline gp_ball gp_tape_one(gp_tape *tape, gp_operation operation, gp_ball a) {
    return gp_tape_apply(tape, operation, a, a);
}

/* Adjoints of all operations that `value` is made from, by reverse accumulation; 0 for the others.
 * What bends or has no finite derivative among them, and among what comparisons turned on, is noted
 * in the tape's kinks. */
gp_status gp_tape_reverse(gp_tape *tape, gp_ball value);

#endif

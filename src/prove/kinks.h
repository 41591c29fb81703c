/* Kinks, where a function bends: at a kink its slope is one number to the left and another to the
 * right, and each operation or unit that bends takes a share s of the right one,
 *
 *     slope = (1 - s) left + s right,   s = 0 left of the kink, s = 1 right of it.
 *
 * At the kink itself s may be any number of [0, 1]: that is the operation's subdifferential. */
#ifndef GP_KINKS_H
#define GP_KINKS_H

#include "prove/balls.h"

/* Which share is taken at an exact kink. */
typedef enum gp_share {
    GP_SHARE_LEFT,   /* s = 0 */
    GP_SHARE_RIGHT,  /* s = 1 */
    GP_SHARE_MIDDLE, /* s = 1/2 */
    GP_SHARE_ANY     /* the ball [0, 1] */
} gp_share;

/* Where a number lies that bends at 0. */
typedef enum gp_side {
    GP_SIDE_LEFT = -1,
    GP_SIDE_EXACT, /* it is 0 */
    GP_SIDE_RIGHT,
    GP_SIDE_UNDECIDED /* its ball contains 0 and others */
} gp_side;

/* What was met. */
typedef struct gp_kinks {
    size_t exact;     /* numbers that are exactly at their kink */
    size_t undecided; /* whose ball contains the kink */
    size_t near;      /* nearer to it than floating-point arithmetic can tell, where asked for */
    size_t ties;      /* comparisons of equal numbers that depend on x */
    size_t edges;     /* operations without a finite value or derivative */
    size_t lines;
    char line[16][200]; /* the first of them, in words */
} gp_kinks;

void gp_kinks_note(gp_kinks *kinks, size_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Rigorous: LEFT and RIGHT only where all numbers of the ball are on that side, EXACT only for a
 * ball that is the number 0. */
gp_side gp_side_of(const arb_t number);

/* s := the share of a number on that side; all of [0, 1] where it is undecided. */
void gp_share_of(arb_t s, gp_side side, gp_share at_kink);

#endif

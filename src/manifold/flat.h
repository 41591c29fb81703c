/* A function of blocks with spaces as one of free numbers: y |-> f(x0 (+) (y - y0)). */
#ifndef GP_FLAT_H
#define GP_FLAT_H

#include "manifold/space.h"

/* A block of f, and the blocks of the flat function that it has become. */
typedef struct gp_flat_block {
    const gp_space *space; /* NULL: it is as it was */
    gp_item item;
    size_t items;
    size_t x, g;              /* where it begins in x, in the gradient that is given */
    size_t given;             /* numbers of that gradient in it */
    size_t y[GP_SPACE_PARTS]; /* where its parts begin in y, */
    size_t block, blocks;     /* and which blocks of the flat function they are */
    size_t *row[GP_SPACE_PARTS], *column[GP_SPACE_PARTS];
    int nothing_shows; /* of what the callback writes over NaNs */
} gp_flat_block;

typedef struct gp_flat_room gp_flat_room;

typedef struct gp_flat {
    const gp_function *f;
    gp_function *function; /* the flat one */
    gp_flat_block *block;  /* f->blocks */
    size_t given;          /* numbers of the gradient that is given */
    double *y0;
    gp_flat_room *room; /* of a function whose callbacks are called one at a time; else NULL */
} gp_flat;

/* f is borrowed. */
gp_status gp_flat_create(const gp_function *f, gp_flat **flat, gp_error *error);
void gp_flat_destroy(gp_flat *flat);

/* The gradient as it is given (flat->given numbers), with what is planted, at the given point.
 * Returns 0, or what the callback returned. */
int gp_flat_given(gp_flat *flat, double *g);
/* g (an item's coordinates) := the derivative by them at the given point, of item `q` of a block
 * whose numbers `given` (of the item) are read so. */
int gp_flat_read(const gp_flat_block *block, const double *x, const gp_reading *reading,
                 const double *given, double *g);

#endif

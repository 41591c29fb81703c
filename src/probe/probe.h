/* A probe: the line t -> f(x + t v) through the point under test along one entry or a random
 * direction over a range of entries, and the length scale on which steps are taken. Nothing here
 * knows how values are computed, and directions are generated entry by entry, never stored. */
#ifndef GP_PROBE_H
#define GP_PROBE_H

#include "function/function.h"
#include "system/random.h"

/* Part of a block: the entries whose index along each of its axes lies in [low, high). */
typedef struct gp_box {
    size_t origin;     /* the first entry of the block */
    size_t dimensions; /* 0: no box */
    size_t shape[GP_MAX_DIMENSIONS], low[GP_MAX_DIMENSIONS], high[GP_MAX_DIMENSIONS];
} gp_box;

size_t gp_box_volume(const gp_box *box);

/* The entry of x that is number i of a box, in C order. */
size_t gp_box_entry(const gp_box *box, size_t i);

/* Is entry i of x, one of the box's block, in it? */
int gp_box_holds(const gp_box *box, size_t i);

int gp_box_is_whole(const gp_box *box);

/* Writes "W[2][0:8][:]"; returns the length of what is written. */
size_t gp_box_name(const gp_box *box, const char *block, char *text, size_t size);

/* Weights of a direction's components that need no storage of their own: the larger |gradient_i|,
 * within a factor of 8 of its block's size either way, the smaller, so that relative errors count:
 * factor / 2^k with 2^k <= |gradient_i| / size < 2^(k+1). */
typedef struct gp_scaling {
    const gp_function *function;
    const double *gradient; /* n, or NULL: the same weight for a whole block */
    const double *size;     /* a block: root mean square of the gradient; 0: it is zero */
    const double *factor;   /* a block; 0 leaves it where it is */
    const gp_box *still;    /* boxes whose entries stay where they are */
    size_t stills;
} gp_scaling;

typedef struct gp_probe {
    size_t offset, entries; /* of x; entries == 1: along one entry, with v = 1 */
    uint64_t seed, part;    /* else: which random direction */
    gp_stream stream;
    const double *weight;      /* n entries or NULL: v_i = weight_i * uniform(-1, 1) */
    const gp_scaling *scaling; /* or weights by this, and random components of 16 bits */
    const gp_box *box;  /* of a block that holds all of the range: no other entries move; or NULL */
    double scale;       /* length L: a step of L changes x by about its own size */
    double step_factor; /* the scale is this share of that length; 0: all of it */
    double reach;       /* steps may grow to a few times this, if it is larger than the scale */
} gp_probe;

/* The sum of squares of weight (but for the factor) times gradient over size. */
double gp_scaling_squares(const double *gradient, double size, size_t count);

/* Sets to 0, of `count` numbers for the entries from `first` on, those in boxes that stay still. */
void gp_scaling_clear(const gp_scaling *scaling, size_t first, size_t count, double *v);

/* Is entry i of x in a box that stays still? */
int gp_scaling_is_still(const gp_scaling *scaling, size_t i);

/* Component of the direction along entry i of x; 0 outside the probe's range. */
double gp_probe_component(const gp_probe *probe, size_t i);

/* The same of a direction with scaling, for an entry whose gradient is known to be `gradient`:
 * another rank may hold it. */
double gp_probe_component_given(const gp_probe *probe, size_t i, double gradient);

/* What components along entry i are at most, where the gradient is known to be `gradient`. */
double gp_scaling_weight(const gp_scaling *scaling, size_t i, double gradient);

/* Components first ... first + count - 1, all of them within the range. */
void gp_probe_fill(const gp_probe *probe, size_t first, size_t count, double *v);

/* The length scale of one entry at point x: its own size; for a zero, the typical size of its
 * block; for a block of zeros, that of all parameters; failing that, 1. `typical` holds one number
 * a block, from gp_probe_typical. */
double gp_probe_length(const gp_function *function, const double *x, const double *typical,
                       size_t entry);
/* The root mean square of each block at x (of all parameters for one of zeros; 1 if all are). In
 * two steps: each rank's own blocks, 0 for the others; then, once they are added up, the zeros. */
void gp_probe_typical(const gp_function *function, const double *x, double *typical);
void gp_probe_sizes(const gp_function *function, const double *x, double *sizes);
void gp_probe_typical_of_sizes(const gp_function *function, double *sizes);

/* Further points: writes into x (n) the given point turned towards a random one of the same size,
 * block by block: cos(angle) x + sin(angle) size * normal, for point number `number` (from 1); the
 * angle grows with the number. `draw` < GP_POINT_DRAWS is one of several candidates. */
void gp_probe_point(const gp_function *function, uint64_t seed, size_t number, size_t draw,
                    double *x);
enum { GP_POINT_DRAWS = 8 };

#endif

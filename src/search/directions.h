/* Random directions over the whole gradient: measuring them, and parts of them. */
#ifndef GP_DIRECTIONS_H
#define GP_DIRECTIONS_H

#include "search/state.h"

enum {
    GP_DIRECTIONS = 9,
    GP_MOST_KNOWN = 4096,
    GP_MOST_BOXES = 256 /* that are wrong as such */
};

/* An entry that was looked at by itself: its share in what directions see is known. */
typedef struct gp_known_entry {
    size_t entry;
    double gradient;   /* under test */
    double off, bound; /* that less the estimate */
} gp_known_entry;

/* A part of a block that is wrong as such. */
typedef struct gp_wrong {
    size_t block;
    gp_box box;
    double factor; /* of the derivative; NaN: none explains it */
} gp_wrong;

typedef struct gp_directions {
    gp_check_state *check;
    gp_scaling scaling; /* size and factor are owned, one number a block */
    double *factor;     /* as of scaling; 0 takes a block out */
    double *norm;       /* a block: |w g|, the root of its sum of squares; 0 where it stays put */
    double unit;        /* of the gradient, a power of two: its squares neither overflow nor
                           vanish */
    gp_noise noise;     /* of values along directions */
    double scale;       /* length on which steps along a direction are taken */
    unsigned count;     /* directions in use */
    int thorough;       /* whatever they cost */
    double slope[GP_DIRECTIONS]; /* g . v, of the first `slopes` */
    unsigned slopes;
    gp_ladder *ladders;    /* shared, one a direction */
    gp_estimate *results;  /* shared */
    gp_known_entry *known; /* room for GP_MOST_KNOWN */
    size_t knowns;
    gp_wrong *wrong; /* room for GP_MOST_BOXES: what has been located, */
    gp_box *still;   /* and, as of scaling, what of it takes no part in directions any more */
    size_t wrongs;
} gp_directions;

/* Part of a direction: all of x, a range of it, or a box of a block. */
typedef struct gp_part {
    size_t offset, entries;
    gp_box box; /* of no dimensions: all of the range */
} gp_part;

/* What a direction shows over a part: analytic - numeric slope less what known entries explain, a
 * bound on that, and what rounding and tolerable errors of a right gradient may amount to. */
typedef struct gp_discrepancy {
    double off, bound, fine;
    double analytic, numeric; /* slopes, whatever is known of entries */
    double size;              /* |w g| over the part */
} gp_discrepancy;

/* Measures direction k over a part of something that is off by `off`. */
gp_outcome gp_directions_part(gp_directions *directions, unsigned k, const gp_part *part,
                              double off, gp_discrepancy *result);

static inline int gp_is_off(const gp_discrepancy *d) {
    return d->off > d->bound + d->fine || -d->off > d->bound + d->fine;
}

/* Is a part wrong beyond what a gradient within the tolerance can be off by? Asks several
 * directions, each at two sets of steps, since a single bound may fail to hold. The sum of w_i e_i
 * u_i with u_i uniform in [-1, 1] exceeds s |w e| with probability 2 exp(-s^2 / 2) at most
 * (Hoeffding), whatever the signs of e. */
gp_outcome gp_directions_refute(gp_directions *directions, const gp_part *part, int *refuted);

/* How many directions to begin with. */
unsigned gp_directions_fewest(const gp_directions *directions);

/* What the weakest block may be off by. What is left of a refuted one may be small, and is measured
 * as well as the others are. */
double gp_directions_least_tau(const gp_directions *directions);

/* Blocks' sizes, weights and tolerances. Weights are in proportion to the length on which a block's
 * parameters vary; those of quiet blocks are turned up. */
void gp_directions_weigh(gp_directions *directions, double *factor, double *size);

/* The length scale of first steps. Noise at the steps in use may be larger than rounding: the first
 * direction shows. What grows with the step isn't noise. */
gp_outcome gp_directions_choose_scale(gp_directions *directions);

/* Looks along the first `count` directions and estimates; tiny: the noise at tiny steps, negative:
 * as it is known. */
gp_outcome gp_directions_measure(gp_directions *directions, double tiny, int patient);

/* Sets g . v of those in use. */
void gp_directions_set_slopes(gp_directions *directions);

/* What is known to be wrong takes no part in directions any more, so that they show the rest. */
void gp_directions_leave_out_wrong(gp_directions *directions);

/* All directions anew, with what still takes part. */
gp_outcome gp_directions_measure_again(gp_directions *directions);

/* The rest of the directions, and the noise as well as it can be known. */
gp_outcome gp_directions_measure_all(gp_directions *directions);

/* What direction k shows over all that takes part. */
gp_discrepancy gp_directions_discrepancy(const gp_directions *directions, unsigned k);

/* The direction that is off by most; GP_DIRECTIONS: none is. */
unsigned gp_directions_worst(const gp_directions *directions, gp_discrepancy *worst);

/* The direction that is off by most and stays so when it is contested, as directions are until one
 * has led to a mistake. Of others the estimate becomes what they leave open. */
gp_outcome gp_directions_accuser(gp_directions *directions, int contested, unsigned *accuser,
                                 gp_discrepancy *worst);

#endif

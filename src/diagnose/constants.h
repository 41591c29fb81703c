/* The constants of the models: name, effect, reason or measurement. What was measured is the
 * corpus's structured mistakes, which must be named, and its unstructured ones, which must not. */
#ifndef GP_DIAGNOSE_CONSTANTS_H
#define GP_DIAGNOSE_CONSTANTS_H

/* ---- chance ------------------------------------------------------------------------ */

/* A model is named where unrelated errors would look like it with at most this probability: every
 * number but those that its parameters were read from falls within what is left open for it. A
 * factor that people write (2, 1/2, -1, the batch size) needs less than one that could be anything.
 * Of parts, whose borders are chosen too, a hundredth of that. */
static const double CHANCE_OF_FACTOR = 1e-2, CHANCE_OF_PLAIN_FACTOR = 0.1, CHANCE_OF_PART = 1e-4,
                    CHANCE_OF_PLAIN_PART = 1e-2, CHANCE_OF_LINE = 1e-2, CHANCE_OF_TERM = 1e-2,
                    CHANCE_OF_PLAIN_TERM = 0.1;
/* Moves and signs have no parameter, and are few: four numbers suffice, or two of four that differ.
 */
static const double CHANCE_OF_MOVE = 0.1, CHANCE_OF_SIGNS = 0.1;
/* No single number counts for more than that: bounds are estimates. */
static const double LEAST_CHANCE = 1e-6;
/* A number tells whether it is off by so much where that is this share of its bound, at least: the
 * median bound of the corpus is 36 times what an estimate is off by. */
static const double TELLING_BOUND = 0.125;

/* ---- factors ----------------------------------------------------------------------- */

/* A factor is a number that people know where it is within this share of one, besides what isn't
 * known of it; whole numbers, and one over them, count as such up to the second. */
static const double PLAIN_SLACK = 1e-6, LARGEST_PLAIN = 100;
/* A mean over a batch that isn't the one expected is off by more: so many times that slack. */
static const double BATCH_SLACK = 10;
/* Factors of up to so many roundings are zero. */
static const double ZERO_FACTOR = 16;
/* Within so many tolerances of 1, decay looks like a factor; it is preferred where it fits ten
 * times better. */
static const double NEAR_ONE = 100, BETTER_FIT = 0.1;
/* A factor of -1 may be off by so many tolerances. */
static const double SIGN_SLACK = 10;
/* An entry that is known so well drowns the others in a fit no further. */
static const double SHARPEST_FACTOR = 1e-14, SHARPEST_DECAY = 1e-12;
enum {
    PART_TELLING = 3, /* entries of a part that must differ from the derivative */
    LINES_TELLING = 2 /* lines that must show a factor of their own */
};

/* ---- moves -------------------------------------------------------------------------- */

/* A bound that noise goes into is exceeded now and then: of 480 float32 estimates of a network one
 * was off by 1.14 times its own. A number may miss a move by that many times what is left open for
 * it. */
static const double MISS = 2;
enum {
    MOVES_MISSED = 100, /* and one in so many may */
    MOVES_ODD = 4,      /* and one in so many may contradict a move, if so many others tell */
    MOVES_COMPARED = 8, /* estimates of a sample that speak for a block; of a smaller one, most */
    MOVES_WEIGHED = 32  /* of more, the chance is next to nothing */
};

/* ---- what directions found ------------------------------------------------------------ */

/* So many wrong entries, from all over a block, may speak for all of it. */
enum { WRONG_TELL = 5 };

/* ---- all but a few ------------------------------------------------------------------- */

enum {
    MOST_SOURCES = 64, /* entries from which a factor is read */
    /* One in so many of the numbers that are compared may contradict a model altogether. Of float32
     * derivatives beside a singularity two in twelve lie outside their bounds, of those on stairs
     * and waves three in eight. */
    MOST_ODD = 2,
    /* and of many no more than so many and one in so many: one in a thousand lies outside its
       bound. */
    ODD_AT_LEAST = 3,
    ODD_OF_MANY = 32
};
/* Factors further from 1 than that are those of numbers that vanish beside others. */
static const double FARTHEST_FACTOR = 1e3;

/* ---- other numbers in the derivative's place ---------------------------------------- */

/* The value stands still where the estimates are less than this share of their bounds: where it
 * does, they are noise, and a bound is six deviations of that. Beside a pole the two are of one
 * size. */
static const double STILL_SHARE = 0.5;

/* ---- places -------------------------------------------------------------------------- */

/* An entry hides a relative error where it may be off by this share of it, unseen. */
static const double HIDDEN_SHARE = 0.5;
/* It seems right all the same where it is off by this share of that error; one in ten does so by
 * chance. */
static const double SEEMS_RIGHT = 0.1;
/* Wrong entries are but the tip of something else where more than one in so many of the others is
 * off by more than so many times its slack and this share of the tolerance. */
static const double ODD_SLACK = 4, ODD_TOLERANCE = 0.01;
enum { ODD_ONES = 5 };
/* Entries speak against one multiple of x in all where they are off by less than this share of it;
 * at points of their own, where x isn't what it is here but of the same size, by less. */
static const double AGAINST_SHARE = 0.5, AGAINST_SHARE_ELSEWHERE = 0.1;
enum {
    MOST_BOXES = 4,   /* more is a pattern that isn't known */
    BOX_TELLING = 3,  /* wrong entries a box, and right ones in all */
    SEEMING_TELL = 2, /* so many that seem right are no accident */
    FEW = 3,          /* wrong entries are few, or */
    FEW_SHARE = 10,   /* one in so many of the right ones */
    LISTED_LINES = 8
};

#endif

/* The constants of the estimators: name, effect, reason or measurement. Those of stairs.c, which
 * only mean something there, are at its top; those that other stages use are in the headers.
 * docs/numerics.md has the mathematics. */
#ifndef GP_ESTIMATE_CONSTANTS_H
#define GP_ESTIMATE_CONSTANTS_H

/* ---- ladders (derivative.c) -------------------------------------------------------- */

/* Each rung's step as a share of the next larger one's. Not 1/2: a function that is computed on a
 * coarse binary grid rounds steps in proportion 2 in proportion 2, and so hides its noise from both
 * D and S. */
static const double RUNG_RATIO = 0.53;

/* First steps as shares of the length scale. Near the cube root of the rounding error, truncation
 * and noise of a central difference are of like size. The factor isn't a power of two, which would
 * make short binary fractions: their differences are exact and hide the noise. */
static const double FIRST_STEP_FLOAT64 = 0.71 * 0x1p-14, FIRST_STEP_FLOAT32 = 0.71 * 0x1p-6;

/* Rungs in one extrapolation, at most: windows of more have larger weights, and so more noise, than
 * their order gains. */
enum { MAX_ORDER = 5 };

/* Where two rungs are added, the first ends the ladder if the bound is this share of what is asked.
 * At 1, evaluations of whole checks are 5.98 rather than 6.14 an entry (corpus, seed 501), and the
 * resolution is 3.3e-8 rather than 3.0e-8. */
static const double AMPLE = 0.5;

/* Windows that claim a precision within this factor of the best have a say in what is refuted. */
static const double HULL_RATIO = 10;

/* Bounds in float32 are so much wider: noise is large enough there to hide kinks and bends of its
 * own size, and its grains aren't white. With half as much again, bounds are as good as in float64.
 */
static const double FLOAT32_BOUND_FACTOR = 1.5;

/* ---- noise (noise.c) --------------------------------------------------------------- */

/* Spacing, as a share of the length scale, at which no function bends between its points and yet
 * values differ by many roundings. */
static const double TINY_STEP_FLOAT64 = 0x1p-34, TINY_STEP_FLOAT32 = 0x1p-18;

/* Noise of up to so many roundings of the value is taken for what it is. More of it that falls
 * below this share at so many times the spacing is the flank of a singularity. */
static const double PLAIN_NOISE = 64, FLANK_RATIO = 1.0 / 8, FLANK_WIDER = 16;

/* Roughness that falls to this share of itself at a sixteenth of the steps is no noise. Kinks fade
 * like h, bends like h^4; of noise, one median of seven in a thousand is as low as this. */
static const double FADE_RATIO = 0.2;
enum { FADE_WITNESSES = 7, FADE_TRIES = 7 };

/* ---- fits of many values (fit.c) ---------------------------------------------------- */

/* Functions in a fit at most; pairs of values at most, and at first; widths tried, each half the
 * last. */
enum { FIT_TERMS = 8, FIT_PAIRS = 1024, FIRST_PAIRS = 32, FIT_WIDTHS = 6 };

/* Deviation of the derivative by a fit of h and h^3, the fewest terms in use, to many values, times
 * H sqrt(values) / sigma: the root of sum_j (2j + 1) P_j'(0)^2, j = 1, 3, P_j Legendre's. */
static const double CUBIC_FIT_CONSTANT = 4.3;

/* Bounds of fits count this many standard deviations of noise: fewer than GP_NOISE_FACTOR, since
 * they are told from dozens of residuals, and averages of many values are nearly normal. */
static const double FIT_NOISE_FACTOR = 4.5;

/* Truncation of less than so many times the noise is what noise makes of no truncation at all. */
static const double CONSERVATIVE_RATIO = 3;

/* Residuals above so many times the noise are no noise. In float64 noise is known less well than
 * that, and kinks rarely hide in it. */
static const double ROUGH_FLOAT32 = 1.2, ROUGH_FLOAT64 = 6;
/* In float32 kinks do hide in it: bounds of fits are so much wider. */
static const double FLOAT32_FIT_FACTOR = 2;

#endif

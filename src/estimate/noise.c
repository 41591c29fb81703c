/* See noise.h. Noise is seen in differences of high order, where the smooth part of f has vanished:
 * for independent noise of deviation sigma, E (delta^k f)^2 = (2k)! / (k!)^2 sigma^2. */
#include "estimate/noise.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "estimate/constants.h"
#include "estimate/median.h"

/* Noise is the same at every spacing. What is well above the rounding of the value and fades at
 * larger spacing is the flank of a singularity that is nearer than the tiny steps reach: taken for
 * noise it would hide the singularity. */
gp_outcome gp_noise_at_tiny_steps(gp_line *line, double *sigma) {
    double tiny = gp_line_is_narrow(line) ? TINY_STEP_FLOAT32 : TINY_STEP_FLOAT64;
    double spacing = tiny * line->scale, wider;
    gp_outcome outcome = gp_noise_at_steps(line, spacing, sigma);
    while (outcome == GP_EVALUATED && *sigma > PLAIN_NOISE * line->epsilon * fabs(line->f0)) {
        spacing *= FLANK_WIDER;
        outcome = gp_noise_at_steps(line, spacing, &wider);
        if (!(wider > 0 && wider < FLANK_RATIO * *sigma))
            break;
        *sigma = wider;
    }
    return outcome;
}

gp_outcome gp_noise_at_steps(gp_line *line, double spacing, double *sigma) {
    enum { POINTS = GP_NOISE_POINTS };
    double f[POINTS];
    *sigma = 0;
    for (int j = 0; j < POINTS; j++) {
        double step;
        /* all on one side: the point itself may lie on a kink or a jump */
        gp_outcome outcome = gp_line_value(line, (j + 1) * spacing, &step, &f[j]);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_NOT_HERE)
            return GP_EVALUATED;
    }
    double least = INFINITY, central_binomial = 1, largest = 0;
    for (int j = 0; j < POINTS; j++)
        largest = fmax(largest, fabs(f[j]));
    if (largest == 0)
        return GP_EVALUATED;
    for (int j = 0; j < POINTS; j++)
        f[j] /= largest; /* or squares overflow near 1e300 */
    for (int k = 1; k <= 6; k++) {
        double sum = 0;
        central_binomial *= 2.0 * (2 * k - 1) / k; /* (2k)! / (k!)^2 */
        for (int j = 0; j + k < POINTS; j++) {
            f[j] = f[j + 1] - f[j];
            sum += f[j] * f[j];
        }
        if (k >= 4)
            least = fmin(least, sqrt(sum / (POINTS - k) / central_binomial));
    }
    *sigma = least * largest;
    return GP_EVALUATED;
}

/* Exponent of the lowest set bit of a finite, non-zero v. */
static int lowest_bit(double v) {
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(fabs(frexp(v, &exponent)), 53);
    int zeros = 0;
    while (!(mantissa & 1)) {
        mantissa >>= 1;
        zeros++;
    }
    return exponent - 53 + zeros;
}

/* Rounding to multiples of q is uniform noise of deviation q / sqrt(12). q is an ulp of the largest
 * value, or the lowest bit that any value uses; a float32 function whose values are all floats may
 * well compute in float32, even if no value was seen to change. */
static double rounding_noise(gp_dtype dtype, const gp_ladder *ladders, size_t count) {
    size_t distinct = 0;
    int floats = dtype == GP_FLOAT32;
    double largest = 0, previous = NAN;
    int grain = DBL_MAX_EXP;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(ladders[i].f0));
        floats = floats && (double)(float)ladders[i].f0 == ladders[i].f0;
        for (unsigned k = 0; k < ladders[i].rungs && k < 2; k++) {
            const double values[] = {ladders[i].rung[k].f_plus, ladders[i].rung[k].f_minus};
            for (int side = 0; side < 2; side++) {
                double v = values[side];
                if (!isfinite(v))
                    continue;
                largest = fmax(largest, fabs(v));
                floats = floats && (double)(float)v == v;
                if (v == 0 || v == ladders[i].f0 || v == previous)
                    continue;
                int bit = lowest_bit(v);
                grain = bit < grain ? bit : grain;
                previous = v;
                distinct++;
            }
        }
    }
    double q = largest > 0 ? exp2(floor(log2(largest)) - (floats ? 23 : 52)) : 0;
    if (distinct >= 4)
        q = fmax(q, exp2(grain));
    return q / sqrt(12);
}

/* sigma from the median of what several ladders show; `none` if none moves at all. Sorts them. */
static double median_noise(double *roughness, size_t count, double none) {
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(roughness[i]))
            roughness[known++] = roughness[i];
    return known ? gp_median(roughness, known) / 0.6745 : none; /* the median of |N(0, 1)| */
}

gp_outcome gp_noise_level(gp_dtype dtype, double tiny, const gp_ladder *ladders, size_t count,
                          int patient, gp_ladders_again again, void *context, gp_noise *result) {
    double floor_noise = fmax(tiny, rounding_noise(dtype, ladders, count)), shift = 1;
    double *roughness = malloc((count ? count : 1) * sizeof *roughness);
    if (!roughness)
        return GP_NOT_HERE;
    for (size_t i = 0; i < count; i++)
        roughness[i] = gp_ladder_roughness(&ladders[i]);
    double noise = median_noise(roughness, count, 0), loud = noise, faded = NAN;
    free(roughness);
    for (int try = 0; patient && try < FADE_TRIES && noise > GP_ROUGH * floor_noise; try++) {
        double witness[FADE_WITNESSES];
        size_t index[FADE_WITNESSES], witnesses = count < FADE_WITNESSES ? count : FADE_WITNESSES;
        gp_ladder ladder[FADE_WITNESSES];
        shift /= 16;
        for (size_t k = 0; k < witnesses; k++)
            index[k] = k * count / witnesses;
        if (again(context, index, witnesses, shift, ladder) == GP_FAULT)
            return GP_FAULT;
        for (size_t k = 0; k < witnesses; k++)
            witness[k] = gp_ladder_roughness(&ladder[k]);
        double closer = median_noise(witness, witnesses, NAN);
        if (isnan(closer))
            break; /* so close by nothing moves: stairs, not smoothness */
        /* What fades twice running wasn't noise, nor is it an accident of a few witnesses. */
        if (faded < noise && closer <= FADE_RATIO * noise)
            noise = fmax(faded, closer);
        faded = closer <= FADE_RATIO * noise ? closer : NAN;
    }
    *result = (gp_noise){
        .sigma = fmax(floor_noise, noise), .quiet = floor_noise, .loud = fmax(floor_noise, loud)};
    return GP_EVALUATED;
}

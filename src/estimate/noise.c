/* See noise.h. Noise is seen in differences of high order, where the smooth part of f has vanished:
 * for independent noise of deviation sigma, E (delta^k f)^2 = (2k)! / (k!)^2 sigma^2. */
#include "estimate/noise.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

gp_outcome gp_noise_at_tiny_steps(gp_line *line, double *sigma) {
    enum { POINTS = 9 };
    double f[POINTS];
    double spacing = line->probe->scale *
                     (line->evaluator->function->dtype == GP_FLOAT64 ? 0x1p-34 : 0x1p-18);
    *sigma = 0;
    for (int j = 0; j < POINTS; j++) {
        double step;
        gp_outcome outcome = gp_line_value(line, (j - POINTS / 2) * spacing, &step, &f[j]);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_NOT_HERE)
            return GP_EVALUATED;
    }
    double least = INFINITY, central_binomial = 1;
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
    *sigma = least;
    return GP_EVALUATED;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
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

double gp_noise_level(double tiny, const gp_ladder *ladders, size_t count) {
    double *roughness = malloc((count ? count : 1) * sizeof *roughness);
    size_t known = 0, distinct = 0;
    double largest = 0, previous = NAN;
    int grain = DBL_MAX_EXP;
    for (size_t i = 0; i < count; i++) {
        double r = gp_ladder_roughness(&ladders[i]);
        if (roughness && !isnan(r))
            roughness[known++] = r;
        for (unsigned k = 0; k < ladders[i].rungs && k < 2; k++) {
            const double values[] = {ladders[i].rung[k].f_plus, ladders[i].rung[k].f_minus};
            for (int side = 0; side < 2; side++) {
                double v = values[side];
                if (!isfinite(v))
                    continue;
                largest = fmax(largest, fabs(v));
                if (v == 0 || v == ladders[i].f0 || v == previous)
                    continue;
                previous = v;
                distinct++;
                int bit = lowest_bit(v);
                grain = bit < grain ? bit : grain;
            }
        }
        largest = fmax(largest, fabs(ladders[i].f0));
    }
    double median = 0;
    if (known) {
        qsort(roughness, known, sizeof *roughness, compare_doubles);
        median = roughness[known / 2] / 0.6745; /* the median of |N(0, 1)| */
    }
    free(roughness);
    /* Rounding to multiples of q is uniform noise of deviation q / sqrt(12). */
    double rounding = largest > 0 ? exp2(floor(log2(largest)) - 52) : 0;
    if (distinct >= 4)
        rounding = fmax(rounding, exp2(grain));
    return fmax(fmax(tiny, median), rounding / sqrt(12));
}

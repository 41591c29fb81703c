/* Least squares: of n values with noise sigma, spread over [-H, H], the derivative at 0 of the
 * polynomial that fits them best has a deviation of about C sigma / (H sqrt(n)), against the
 * ladder's sigma / h from two. Savitzky & Golay (1964); ours are the even part as a witness and
 * the choice of width and degree by their bounds.
 *
 *     odd(h)  = (f(h) - f(-h)) / 2 = f' h + c3 h^3 + c5 h^5 + ...
 *     even(h) = (f(h) + f(-h)) / 2 = f(0) + J/2 |h| + c2 h^2 + c4 h^4 + ...
 *
 * J is 0 where f has no kink in [-H, H]; a kink away from 0 that shifts f' shows in J as much. */
#include "estimate/fit.h"

#include <math.h>
#include <string.h>

#include "estimate/constants.h"

/* What n pairs of values at the points +-h say. */
typedef struct gp_fit_data {
    unsigned pairs;
    double h[FIT_PAIRS]; /* as shares of the width */
    double odd[FIT_PAIRS], even[FIT_PAIRS];
} gp_fit_data;

/* One coefficient of a fit by 1 ... FIT_TERMS functions. */
typedef struct gp_fit_series {
    double coefficient[FIT_TERMS + 1]; /* by number of functions */
    double weight[FIT_TERMS + 1];      /* Euclidean norm of its weights */
    double residual[FIT_TERMS + 1];    /* root of mean squared residual */
} gp_fit_series;

/* Fits by the first k of `functions` (each a column of `pairs` numbers, destroyed), k = 1 ...
 * FIT_TERMS; the coefficient is that of function number `of`. Gram & Schmidt, twice for safety. */
static void fit_series(unsigned pairs, double (*column)[FIT_PAIRS], const double *values,
                       unsigned of, gp_fit_series *series) {
    double r[FIT_TERMS][FIT_TERMS] = {{0}}, along[FIT_TERMS], rest[FIT_PAIRS];
    memcpy(rest, values, pairs * sizeof *rest);
    for (unsigned k = 0; k < FIT_TERMS; k++) {
        double *q = column[k], norm = 0;
        for (int pass = 0; pass < 2; pass++)
            for (unsigned j = 0; j < k; j++) {
                double dot = 0;
                for (unsigned i = 0; i < pairs; i++)
                    dot += column[j][i] * q[i];
                for (unsigned i = 0; i < pairs; i++)
                    q[i] -= dot * column[j][i];
                r[j][k] += dot;
            }
        for (unsigned i = 0; i < pairs; i++)
            norm += q[i] * q[i];
        r[k][k] = norm = sqrt(norm);
        along[k] = 0;
        for (unsigned i = 0; i < pairs; i++)
            along[k] += (q[i] /= norm) * rest[i];
        double squares = 0;
        for (unsigned i = 0; i < pairs; i++) {
            rest[i] -= along[k] * q[i];
            squares += rest[i] * rest[i];
        }
        series->residual[k + 1] = sqrt(squares / (pairs - k - 1));
        /* Row `of` of the inverse of the leading k + 1 rows of r, y r = e_of. */
        double y[FIT_TERMS] = {0}, sum = 0, squared = 0;
        for (unsigned j = of; j <= k; j++) {
            double right = j == of;
            for (unsigned l = of; l < j; l++)
                right -= y[l] * r[l][j];
            y[j] = right / r[j][j];
            sum += y[j] * along[j];
            squared += y[j] * y[j];
        }
        series->coefficient[k + 1] = sum;
        series->weight[k + 1] = sqrt(squared);
    }
}

/* The best of all degrees, of a fit over [-width, width]. */
static gp_estimate best_degree(const gp_fit_data *data, double width, double sigma, int narrow) {
    double rough = narrow ? ROUGH_FLOAT32 : ROUGH_FLOAT64, margin = narrow ? FLOAT32_FIT_FACTOR : 1;
    double odd[FIT_TERMS][FIT_PAIRS], even[FIT_TERMS][FIT_PAIRS];
    gp_fit_series slope, jump;
    gp_estimate best = {.bound = INFINITY, .limit = GP_LIMIT_NOISE};
    for (unsigned i = 0; i < data->pairs; i++) {
        double h = data->h[i], power = 1;
        for (unsigned k = 0; k < FIT_TERMS; k++, power *= h * h)
            odd[k][i] = h * power;
        even[0][i] = 1;
        even[1][i] = power = h;
        for (unsigned k = 2; k < FIT_TERMS; k++)
            even[k][i] = power *= k == 2 ? h : h * h;
    }
    fit_series(data->pairs, odd, data->odd, 0, &slope);
    fit_series(data->pairs, even, data->even, 1, &jump);
    for (unsigned k = 2; k < FIT_TERMS; k++) {
        /* Half the sum of two independent values: sigma / sqrt 2. Noise that grows on the way out,
         * and whatever the polynomials can't follow, shows in what is left over. */
        double residual = fmax(slope.residual[k], jump.residual[k + 1]);
        double noise_of_one = fmax(sigma / sqrt(2), residual);
        if (residual > rough * sigma / sqrt(2))
            continue; /* many small kinks pass for noise, but what they do at 0 isn't averaged */
        double noise = FIT_NOISE_FACTOR * noise_of_one * slope.weight[k] / width;
        double truncation = fmax(fabs(slope.coefficient[k] - slope.coefficient[k - 1]),
                                 fabs(slope.coefficient[k] - slope.coefficient[k + 1])) /
                            width;
        double seen = 2 * fabs(jump.coefficient[k + 1]) / width;
        double seen_noise = 2 * FIT_NOISE_FACTOR * noise_of_one * jump.weight[k + 1] / width;
        double excess = fmax(0, truncation + seen - 0.5 * seen_noise);
        double bound = (noise + truncation + seen + 3 * excess) * margin;
        if (!(bound < best.bound))
            continue;
        best.derivative = best.left = best.right = slope.coefficient[k] / width;
        best.bound = bound;
        best.noise = noise;
        best.truncation = truncation + 3 * excess;
        best.slope_jump = seen;
        best.limit = noise >= best.truncation + seen ? GP_LIMIT_NOISE : GP_LIMIT_TRUNCATION;
    }
    best.low = best.derivative - best.bound;
    best.high = best.derivative + best.bound;
    return best;
}

/* Adds the pair of values at +-h. */
static gp_outcome add_pair(gp_line *line, double h, double width, gp_fit_data *data) {
    double plus, minus, above, below;
    gp_outcome outcome = gp_line_value(line, h, &plus, &above);
    if (outcome == GP_EVALUATED)
        outcome = gp_line_value(line, -h, &minus, &below);
    if (outcome != GP_EVALUATED)
        return outcome;
    /* The machine's steps may differ in their last digits: make the values those of +-half the
     * distance, along the chord. */
    double half = (plus - minus) / 2, shift = (plus + minus) / 2;
    double slope = (above - below) / (plus - minus);
    if (!(fabs(shift) <= 1e-3 * h))
        return GP_NOT_HERE;
    data->h[data->pairs] = half / width;
    data->odd[data->pairs] = (above - below) / 2;
    data->even[data->pairs] = (above + below) / 2 - slope * shift;
    data->pairs++;
    return GP_EVALUATED;
}

/* More pairs, up to `pairs`, each between those that are there. */
static gp_outcome add_pairs(gp_line *line, unsigned pairs, double width, gp_fit_data *data) {
    unsigned first = data->pairs, more = pairs - first;
    for (unsigned i = 0; i < more; i++) {
        /* Denser towards the ends, as Chebyshev's nodes are. */
        double share = (i + (first ? 0.5 : 0.8)) / more;
        gp_outcome outcome = add_pair(line, width * sin(M_PI / 2 * share), width, data);
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    return GP_EVALUATED;
}

gp_outcome gp_fit(gp_line *line, const gp_ladder *ladder, double sigma, gp_goal goal,
                  unsigned evaluations, gp_estimate *estimate, unsigned *spent) {
    gp_estimate known = gp_ladder_estimate(ladder, sigma);
    double aim = goal.rtol * fabs(known.derivative) + goal.atol;
    gp_fit_data data, best = {.pairs = 0};
    double width = ladder->limit, best_width = 0;
    unsigned used = 0;
    int conservative = 0;
    gp_outcome outcome = GP_EVALUATED;
    *estimate = known;
    estimate->bound = INFINITY;
    if (!isfinite(known.bound))
        return GP_EVALUATED;
    /* Which width: half of it as long as bends and kinks get in the way. */
    for (int attempt = 0; attempt < FIT_WIDTHS; attempt++, width /= 2) {
        double hopeless =
            CUBIC_FIT_CONSTANT * FIT_NOISE_FACTOR * sigma / width / sqrt(2 * FIT_PAIRS);
        if (hopeless > aim || used + 2 * FIRST_PAIRS > evaluations)
            break;
        data.pairs = 0;
        outcome = add_pairs(line, FIRST_PAIRS, width, &data);
        used += 2 * data.pairs;
        if (outcome == GP_FAULT)
            break;
        if (outcome != GP_EVALUATED)
            continue;
        gp_estimate e = best_degree(&data, width, sigma, ladder->narrow);
        if (!isfinite(e.bound) || !(fabs(e.derivative - known.derivative) <= e.bound + known.bound))
            continue;
        if (e.bound < estimate->bound) {
            *estimate = e;
            best = data;
            best_width = width;
        }
        conservative = e.truncation + e.slope_jump <= CONSERVATIVE_RATIO * e.noise;
        if (e.bound <= aim || conservative)
            break; /* noise alone is in the way: narrower makes that worse */
    }
    /* Kinks at every width, or more noise than the most points can average away? */
    if (!conservative || estimate->noise * sqrt(FIRST_PAIRS) > 2 * aim * sqrt(FIT_PAIRS))
        best.pairs = 0;
    /* How many points: as many again as long as noise is in the way. */
    while (outcome != GP_FAULT && best.pairs > 0 && estimate->bound > aim &&
           2 * best.pairs <= FIT_PAIRS && used + 2 * best.pairs <= evaluations) {
        unsigned before = best.pairs;
        outcome = add_pairs(line, 2 * before, best_width, &best);
        used += 2 * (best.pairs - before);
        if (outcome != GP_EVALUATED)
            break;
        gp_estimate e = best_degree(&best, best_width, sigma, ladder->narrow);
        if (fabs(e.derivative - estimate->derivative) > e.bound + estimate->bound) {
            estimate->bound = INFINITY; /* neither is to be trusted */
            break;
        }
        if (e.bound < estimate->bound)
            *estimate = e;
    }
    *spent += used;
    return outcome == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

double gp_fit_cost(double sigma, double length, double aim) {
    double root = CUBIC_FIT_CONSTANT * FIT_NOISE_FACTOR * sigma / (GP_LONGEST * length) / aim;
    return fmax(2 * FIRST_PAIRS, root * root);
}

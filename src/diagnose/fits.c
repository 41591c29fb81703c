/* See fits.h. */
#include "diagnose/fits.h"

#include <math.h>
#include <stdio.h>

#include "diagnose/constants.h"

int gp_best_factor(const gp_case *c, gp_slice s, double *factor, double *error) {
    double numerator = 0, denominator = 0, largest = 0;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        if (gp_case_known(c, i))
            largest = fmax(largest, fabs(c->d[i]));
    }
    if (largest == 0)
        return -1;
    *error = INFINITY;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        if (!gp_case_known(c, i) || fabs(c->d[i]) <= c->b[i])
            continue;
        /* weight 1 / b^2, with a floor that keeps an exact entry from drowning the rest */
        double b = fmax(c->b[i] + gp_case_rounding(c, i), SHARPEST_FACTOR * largest);
        double d = c->d[i] / b, a = c->a[i] / b;
        numerator += a * d;
        denominator += d * d;
        *error = fmin(*error, fabs(c->a[i] / c->d[i]) * c->b[i] / fabs(c->d[i]));
    }
    if (!(denominator > 0))
        return -1;
    *factor = numerator / denominator;
    return 0;
}

int gp_factor_explains(const gp_case *c, gp_slice s, double factor) {
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        if (gp_case_known(c, i) &&
            !gp_case_explains(c, i, factor * c->d[i], fabs(factor) * c->b[i]))
            return 0;
    }
    return 1;
}

void gp_factor_origin(const gp_case *c, double factor, double error, char *text, size_t size) {
    double batch = (double)c->evidence->function->batch_size;
    double slack = error + PLAIN_SLACK * fabs(factor);
    text[0] = '\0';
    if (batch > 1 && fabs(factor - batch) <= slack * BATCH_SLACK)
        snprintf(text, size, ": the batch size, as if a sum stood where a mean belongs");
    else if (batch > 1 && fabs(factor - 1 / batch) <= slack * BATCH_SLACK)
        snprintf(text, size, ": one over the batch size, as if the mean were taken twice");
    else if (fabs(factor - 2) <= slack)
        snprintf(text, size, ": a stray factor 2");
    else if (fabs(factor - 0.5) <= slack)
        snprintf(text, size, ": a missing factor 2");
}

int gp_factor_is_plain(const gp_case *c, double factor, double error) {
    char text[128];
    gp_factor_origin(c, factor, error, text, sizeof text);
    if (text[0])
        return 1;
    double large = fabs(factor) >= 1 ? factor : 1 / factor;
    return fabs(large) < LARGEST_PLAIN + 0.5 &&
           fabs(large - round(large)) <= (PLAIN_SLACK + error) * fabs(large);
}

double gp_term_of_decay(double x) {
    return x;
}

int gp_best_term(const gp_case *c, double (*term)(double x), const gp_slice *exempt,
                 double *lambda) {
    double numerator = 0, denominator = 0, widest = 0, largest = 0;
    size_t used = 0;
    if (!c->one_point || c->block->derivative)
        return -1;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i)) {
            widest = fmax(widest, c->b[i] + gp_case_rounding(c, i));
            largest = fmax(largest, fabs(term(c->x[i])));
        }
    if (widest == 0)
        widest = 1;
    for (size_t i = 0; i < c->block->entries; i++) {
        double s = term(c->x[i]);
        if (!gp_case_known(c, i) || s == 0 || (exempt && gp_slice_holds(exempt, i)))
            continue;
        /* in units that neither overflow nor vanish */
        double b = fmax((c->b[i] + gp_case_rounding(c, i)) / widest, SHARPEST_DECAY);
        double off = (c->a[i] - c->d[i]) / b;
        s = s / largest / b;
        numerator += off * s;
        denominator += s * s;
        used++;
    }
    if (used < 3 || !(denominator > 0))
        return -1;
    *lambda = numerator / denominator / largest;
    return isfinite(*lambda) ? 0 : -1;
}

double gp_misfit(const gp_case *c, double factor, double lambda) {
    double worst = 0;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i) && c->b[i] > 0)
            worst = fmax(worst,
                         fabs(c->a[i] - factor * c->d[i] - (lambda != 0 ? lambda * c->x[i] : 0)) /
                             (c->b[i] + gp_case_rounding(c, i)));
    return worst;
}

/* The chance that k numbers, each uniform in [0, 1], have a product of q or less (Fisher, 1925):
 * q (1 + l + l^2/2! + ... + l^(k-1)/(k-1)!), l = -log q. In logarithms: of many, terms overflow. */
static double chance_of_product(double log_q, size_t k) {
    double term = 0, sum = 0; /* logarithms */
    for (size_t j = 1; j < k && log_q < 0; j++) {
        term += log(-log_q / (double)j);
        sum = fmax(sum, term) + log1p(exp(-fabs(sum - term)));
    }
    return k ? fmin(1, exp(log_q + sum)) : 1;
}

/* By how much one of what a block has shows itself in entry i: its derivative, or s(x). */
static double unit_of(const gp_case *c, double (*s)(double x), size_t i) {
    return s ? s(c->x[i]) : c->d[i];
}

/* What is left open of entry i however well a number fits: its own last bits. */
static double grain_of(const gp_case *c, size_t i) {
    return 4 * gp_dtype_epsilon(c->evidence->function->dtype) * fabs(c->a[i]);
}

/* Can entry i tell whether a - d = kappa unit: would it be off by such a share of its bound? */
static int tells(const gp_case *c, const gp_fit_of *of, size_t i, double off, double share) {
    return gp_case_known(c, i) && off > c->b[i] * share && off > grain_of(c, i) &&
           !(of->exempt && gp_slice_holds(of->exempt, i)) && !(of->odd && of->odd[i]);
}

/* The number from which kappa is read best: the one that is off by most of its bound; SIZE_MAX:
 * there is none. */
static size_t sharpest_of(const gp_case *c, gp_slice s, const gp_fit_of *of) {
    size_t found = SIZE_MAX;
    double sharpest = 0;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        double off = fabs(of->kappa * unit_of(c, of->term, i));
        double share = off / (c->b[i] + grain_of(c, i));
        if (tells(c, of, i, off, TELLING_BOUND) && share > sharpest) {
            found = i;
            sharpest = share;
        }
    }
    return found;
}

static double chance_of_others(const gp_case *c, gp_slice s, const gp_fit_of *of, size_t source,
                               double share) {
    double kappa = (c->a[source] - c->d[source]) / unit_of(c, of->term, source), log_q = 0;
    size_t count = 0;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        double m = kappa * unit_of(c, of->term, i), off = fabs(m);
        if (i == source || !tells(c, of, i, off, share))
            continue;
        double miss = fabs(c->a[i] - c->d[i] - m) + grain_of(c, i);
        log_q += log(fmax(2 * miss < off ? miss / (off - miss) : 1, LEAST_CHANCE));
        count++;
    }
    return chance_of_product(log_q, count);
}

double gp_fit_chance(const gp_case *c, gp_slice s, const gp_fit_of *of) {
    size_t source = sharpest_of(c, s, of);
    if (source == SIZE_MAX)
        return 1;
    /* Those that are off by more than their bounds may tell more by themselves. */
    return fmin(chance_of_others(c, s, of, source, TELLING_BOUND),
                2 * chance_of_others(c, s, of, source, 1));
}

double gp_factor_chance(const gp_case *c, gp_slice s, double factor) {
    return gp_fit_chance(c, s, &(gp_fit_of){.kappa = factor - 1});
}

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

double gp_factor_chance(const gp_case *c, gp_slice s, double factor) {
    double all = 1, sharpest = 1;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        if (!gp_case_known(c, i))
            continue;
        double off = fabs(factor - 1) * fabs(c->d[i]);
        double slack = gp_case_allowance(c, i, factor * c->d[i], c->b[i]);
        if (!(off > 2 * slack))
            continue;
        double chance = fmax(2 * slack / off, LEAST_CHANCE);
        all *= chance;
        sharpest = fmin(sharpest, chance);
    }
    return all / sharpest;
}

/* Causes that explain a block but for a few numbers, whose estimates contradict the gradient in
 * another way: beside a singularity in float32, or on stairs, an estimate may be further off than
 * its bound says. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "diagnose/constants.h"
#include "diagnose/fits.h"

/* a - d = kappa s(x), or kappa d where there is no s, read from entry `source`. */
typedef struct gp_most {
    double (*s)(double x);
    size_t source;
    double kappa, error;
    size_t odd; /* entries that it doesn't explain; SIZE_MAX: some of these are right as they are */
} gp_most;

static double unit_of(const gp_case *c, const gp_most *most, size_t i) {
    return most->s ? most->s(c->x[i]) : c->d[i];
}

static int explains(const gp_case *c, const gp_most *most, size_t i) {
    double unit = unit_of(c, most, i), share = most->s ? 1 : fabs(1 + most->kappa);
    return gp_case_explains(c, i, c->d[i] + most->kappa * unit,
                            share * c->b[i] + most->error * fabs(unit));
}

static gp_most read_from(const gp_case *c, double (*s)(double x), size_t source,
                         unsigned char *odd) {
    gp_most most = {.s = s, .source = source};
    double unit = unit_of(c, &most, source);
    most.kappa = (c->a[source] - c->d[source]) / unit;
    most.error = (s ? 1 : fabs(c->a[source] / unit)) * c->b[source] / fabs(unit);
    for (size_t i = 0; i < c->block->entries; i++) {
        int missed = gp_case_known(c, i) && !explains(c, &most, i);
        if (odd)
            odd[i] = (unsigned char)missed;
        most.odd += (size_t)missed;
        if (missed && gp_case_speaks_for_itself(c, i, most.kappa * unit_of(c, &most, i))) {
            most.odd = SIZE_MAX;
            break;
        }
    }
    return most;
}

/* The one that explains most; the one that is known best of these. *tried: how many were. */
static gp_most best_of(const gp_case *c, double (*s)(double x), size_t *tried) {
    gp_most best = {.s = s, .source = SIZE_MAX, .odd = SIZE_MAX};
    *tried = 0;
    for (size_t i = 0; i < c->block->entries && *tried < MOST_SOURCES; i++) {
        gp_most one = {.s = s};
        if (!gp_case_known(c, i) || !(fabs(c->d[i]) > c->b[i]) || unit_of(c, &one, i) == 0)
            continue;
        ++*tried;
        one = read_from(c, s, i, NULL);
        int sharper =
            best.odd == SIZE_MAX || one.error * fabs(best.kappa) < best.error * fabs(one.kappa);
        if (one.odd < best.odd || (one.odd != SIZE_MAX && one.odd == best.odd && sharper))
            best = one;
    }
    return best;
}

/* A factor that nobody writes is a number that another one hides. */
static int is_beyond(const gp_most *most) {
    double factor = fabs(1 + most->kappa);
    return !most->s && !(factor > 1 / FARTHEST_FACTOR && factor < FARTHEST_FACTOR);
}

/* In large blocks what doesn't fit has a cause of its own. */
static int too_many(size_t odd, size_t of) {
    return MOST_ODD * odd > of || odd > ODD_AT_LEAST + of / ODD_OF_MANY;
}

/* In how many ways `odd` of `of` can be left out. */
static double ways(size_t odd, size_t of) {
    double count = 1;
    for (size_t k = 0; k < odd; k++)
        count *= (double)(of - k) / (double)(k + 1);
    return count;
}

static int name_most(const gp_case *c, const gp_most *most) {
    size_t fit = c->exercised - most->odd;
    char of[96];
    snprintf(of, sizeof of,
             "in %zu of its %zu exercised entries; estimates of the others don't fit", fit,
             c->exercised);
    if (most->s)
        return gp_named(gp_report_add_diagnosis(
            c->report, c->number, "decay", most->kappa,
            most->kappa > 0
                ? "%s has a stray %.6g times the parameters %s: weight decay that the value lacks"
                : "%s lacks %.6g times the parameters %s: weight decay that the value has",
            c->block->name, fabs(most->kappa), of));
    double factor = 1 + most->kappa;
    if (fabs(factor + 1) <= most->error + PLAIN_SLACK)
        return gp_named(gp_report_add_diagnosis(c->report, c->number, "sign", factor,
                                                "%s has the wrong sign %s", c->block->name, of));
    return gp_named(gp_report_add_diagnosis(c->report, c->number, "scaled", factor,
                                            "%s is %.6f times the derivative %s", c->block->name,
                                            factor, of));
}

int gp_cause_mostly(const gp_case *c) {
    static double (*const units[])(double x) = {NULL, gp_term_of_decay};
    int named = 0;
    if (!c->one_point || c->sampled || gp_case_is_stored(c) ||
        gp_slice_is_level(c, gp_slice_whole(c)))
        return 0;
    unsigned char *odd = malloc(c->block->entries);
    if (!odd)
        return -1;
    for (size_t k = 0; k < sizeof units / sizeof *units && named == 0; k++) {
        size_t tried;
        if (units[k] && c->block->derivative)
            continue;
        gp_most most = best_of(c, units[k], &tried);
        if (most.source == SIZE_MAX || most.odd == SIZE_MAX || is_beyond(&most) ||
            too_many(most.odd, c->exercised))
            continue;
        (void)read_from(c, units[k], most.source, odd);
        gp_fit_of of = {.kappa = most.kappa, .term = units[k], .odd = odd};
        double chance = gp_fit_chance(c, gp_slice_whole(c), &of) * (double)tried;
        if (chance * ways(most.odd, c->exercised) <= CHANCE_OF_PART)
            named = name_most(c, &most);
    }
    free(odd);
    return named;
}

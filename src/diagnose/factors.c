/* Causes that are a factor: of the whole block, of a part of it, of each of its lines. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/constants.h"
#include "diagnose/fits.h"

/* "its only entry", "both of its entries", "all 15 of its entries" */
static const char *all_of(size_t count, const char *adjective, char *text, size_t size) {
    if (count == 1)
        snprintf(text, size, "its only %sentry", adjective);
    else if (count == 2)
        snprintf(text, size, "both of its %sentries", adjective);
    else
        snprintf(text, size, "all %zu of its %sentries", count, adjective);
    return text;
}

/* Estimates of a sample speak for all of a block where they come from all over it, and weren't cut
 * short while one place was looked at. */
static int speaks_for_all(const gp_case *c) {
    size_t first = SIZE_MAX, last = 0;
    if (!c->sampled)
        return 1;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i)) {
            first = i < first ? i : first;
            last = i;
        }
    return !c->report->interrupted && first < last && 2 * (last - first) > c->block->entries;
}

/* Does the factor explain the block's numbers at every point at which all of them are known? Of
 * entries that were decided at points of their own, the wrong ones were chosen for being wrong. */
static int holds_at_points(const gp_case *c, double factor) {
    for (size_t p = 0; p < c->points; p++)
        if (!gp_factor_explains(&c->point[p], gp_slice_whole(c), factor))
            return 0;
    return 1;
}

/* Do all entries hold one number at the given point, where derivatives differ beyond their bounds?
 */
static int is_levelled(const gp_case *c) {
    const gp_case *at = c->points ? c->point : c;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i)) {
            low = fmin(low, c->d[i] + c->b[i]);
            high = fmax(high, c->d[i] - c->b[i]);
        }
    return c->block->entries >= 3 && high > low && gp_slice_is_level(at, gp_slice_whole(c));
}

int gp_cause_scaled(const gp_case *c) {
    double factor, error;
    char origin[128], all[64];
    if (gp_case_is_stored(c)) /* a multiple of the derivative changes where the derivative does */
        return 0;
    if (gp_best_factor(c, gp_slice_whole(c), &factor, &error) || factor == 0 || is_levelled(c) ||
        !speaks_for_all(c) || !gp_factor_explains(c, gp_slice_whole(c), factor) ||
        !holds_at_points(c, factor))
        return 0;
    all_of(c->exercised, c->sampled ? "sampled " : "exercised ", all, sizeof all);
    if (fabs(factor) <= ZERO_FACTOR * gp_dtype_epsilon(c->evidence->function->dtype))
        return gp_named(gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                                "%s is zero but for rounding in %s", c->block->name,
                                                all));
    /* Close to 1 a little decay looks like a factor: the better explanation counts. */
    double lambda;
    if (fabs(factor - 1) <= NEAR_ONE * c->tolerance->rtol &&
        !gp_best_term(c, gp_term_of_decay, NULL, &lambda) &&
        gp_misfit(c, 1, lambda) < BETTER_FIT * gp_misfit(c, factor, 0))
        return 0;
    /* One number is some multiple of any other: a single entry is named only for a plain factor,
     * and a single one that can tell not on behalf of many that can't. */
    int plain = gp_factor_is_plain(c, factor, error);
    if (c->exercised < 2 ? !plain
                         : gp_factor_chance(c, gp_slice_whole(c), factor) >
                               (plain ? CHANCE_OF_PLAIN_FACTOR : CHANCE_OF_FACTOR))
        return 0;
    if (fabs(factor + 1) <= error + SIGN_SLACK * c->tolerance->rtol)
        return gp_named(gp_report_add_diagnosis(c->report, c->number, "sign", factor,
                                                "%s has the wrong sign in %s", c->block->name,
                                                all));
    gp_factor_origin(c, factor, error, origin, sizeof origin);
    return gp_named(gp_report_add_diagnosis(c->report, c->number, "scaled", factor,
                                            "%s is %.6f times the derivative in %s%s",
                                            c->block->name, factor, all, origin));
}

/* Right in one part, a factor away in the other. `where` says which part. */
static int named_part(const gp_case *c, gp_slice s, const char *where) {
    double factor, error;
    char origin[128], what[192];
    if (!gp_slice_right_outside(c, &s) || gp_best_factor(c, s, &factor, &error) ||
        !gp_factor_explains(c, s, factor))
        return 0;
    size_t telling = 0;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        telling += gp_case_known(c, i) &&
                   gp_case_differs(c, i, factor * c->d[i], fabs(factor) * c->b[i], c->d[i]);
    }
    int negative = fabs(factor + 1) <= error + PLAIN_SLACK, none = factor == 0;
    int plain = negative || none || gp_factor_is_plain(c, factor, error);
    if (telling < PART_TELLING ||
        gp_factor_chance(c, s, factor) > (plain ? CHANCE_OF_PLAIN_PART : CHANCE_OF_PART))
        return 0;
    gp_factor_origin(c, factor, error, origin, sizeof origin);
    snprintf(what, sizeof what, "is %.6f times the derivative", factor);
    if (negative || none)
        snprintf(what, sizeof what, "%s", none ? "is zero" : "has the wrong sign");
    return gp_named(gp_report_add_diagnosis(c->report, c->number,
                                            negative ? "sign"
                                            : none   ? "zero"
                                                     : "scaled",
                                            factor, "%s %s in %s, and is right in the others%s",
                                            c->block->name, what, where, origin));
}

/* A part that is contiguous along an axis. */
static int part_along(const gp_case *c, gp_slice s, size_t number) {
    char name[40], where[160];
    if (gp_slice_narrow(c, &s) < 2 || s.width == s.length)
        return 0;
    snprintf(where, sizeof where, "%zu to %zu of %zu%s", s.from, s.from + s.width - 1, s.length,
             gp_case_view_name(c, number, name, sizeof name));
    return named_part(c, s, where);
}

/* The box around what is wrong; returns how many axes it is cut along. */
static size_t box_of_wrong(const gp_case *c, gp_box *box) {
    size_t cut = 0;
    *box = (gp_box){.dimensions = gp_case_axes(c)};
    for (size_t axis = 0; axis < box->dimensions; axis++) {
        gp_slice s = gp_slice_along(c, axis);
        gp_slice_narrow(c, &s);
        box->shape[axis] = s.length;
        box->low[axis] = s.from;
        box->high[axis] = s.from + s.width;
        cut += s.width < s.length;
    }
    return cut;
}

/* Does a box lie in one line, of which nothing else is plainly right? */
static int is_all_of_a_line(const gp_case *c, const gp_box *box) {
    double least = gp_case_least_error(c);
    size_t along = SIZE_MAX;
    for (size_t axis = 0; axis < box->dimensions; axis++)
        if (box->high[axis] - box->low[axis] > 1) {
            if (along != SIZE_MAX)
                return 0;
            along = axis;
        }
    if (along == SIZE_MAX)
        return 0;
    gp_box line = *box;
    line.low[along] = 0;
    line.high[along] = line.shape[along];
    for (size_t k = 0; k < gp_box_volume(&line); k++)
        if (gp_case_is_right(c, gp_box_entry(&line, k), least))
            return 0;
    return 1;
}

int gp_cause_part(const gp_case *c) {
    int named = 0;
    gp_box box;
    char where[160];
    if (c->wrongs == 0 || c->sampled || c->wrong_elsewhere || is_levelled(c))
        return 0;
    size_t axes = gp_case_axes(c), cut = box_of_wrong(c, &box);
    if (is_all_of_a_line(c, &box))
        return 0; /* see gp_cause_lines() */
    for (size_t k = 0; k < gp_case_views(c); k++) {
        gp_slice s = gp_case_view(c, k);
        if ((cut == 1 || k == axes) && gp_slice_narrow(c, &s) == 1 && s.length > 1)
            return 0; /* one row, one column: see gp_cause_lines() */
    }
    for (size_t k = 0; named == 0 && k < gp_case_views(c); k++)
        named = part_along(c, gp_case_view(c, k), k);
    if (named == 0 && cut > 1) {
        gp_slice s = gp_slice_whole(c);
        s.box = &box;
        (void)gp_box_name(&box, c->block->name, where, sizeof where);
        named = named_part(c, s, where);
    }
    if (named == 0)
        named = part_along(c, gp_slice_flat(c), SIZE_MAX);
    return named;
}

int gp_cause_line_factors(const gp_case *c) {
    for (size_t axis = 0; axis < gp_case_line_axes(c); axis++) {
        size_t count = gp_case_line(c, axis, 0).length, telling = 0, r = 0;
        double low = INFINITY, high = -INFINITY;
        char word[40];
        const char *kind = gp_case_line_kind(c, axis);
        for (; r < count; r++) {
            gp_slice s = gp_case_line(c, axis, r);
            double factor, error;
            size_t exercised = 0;
            for (size_t k = 0; k < gp_slice_size(&s); k++) {
                size_t i = gp_slice_entry(&s, k);
                exercised += gp_case_known(c, i) && !gp_case_zero(c, i);
            }
            if (exercised == 0)
                continue;
            if (gp_best_factor(c, s, &factor, &error) || !gp_factor_explains(c, s, factor))
                break;
            if (exercised < 2 || gp_factor_chance(c, s, factor) > CHANCE_OF_LINE)
                continue; /* one or wide numbers are some multiple of any others */
            telling++;
            low = fmin(low, factor);
            high = fmax(high, factor);
        }
        const char *belongs = strcmp(kind, "slab") == 0           ? "indices of that axis"
                              : c->block->derivative && axis == 0 ? "outputs"
                              : axis == 0                         ? "units"
                                                                  : "inputs";
        if (r == count && telling >= LINES_TELLING)
            return gp_named(gp_report_add_diagnosis(
                c->report, c->number, kind, NAN,
                "each %s of %s is a multiple of its derivative, by factors from %.6g to %.6g: a "
                "factor of the chain rule that belongs to the %s is missing or stray",
                gp_case_line_word(c, axis, word, sizeof word), c->block->name, low, high, belongs));
    }
    return 0;
}

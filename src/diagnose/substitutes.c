/* Causes by which something else stands where the derivative belongs: nothing, one example's
 * derivative, its absolute value, one number for all. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>

#include "diagnose/constants.h"
#include "diagnose/slices.h"

int gp_cause_zero(const gp_case *c) {
    size_t missing = 0, known = 0;
    char of[64] = "";
    for (size_t i = 0; i < c->block->entries; i++) {
        if (c->a[i] != 0)
            return 0;
        missing += c->wrong[i];
        known += gp_case_known(c, i);
    }
    if (c->sampled)
        snprintf(of, sizeof of, " of the %zu that were looked at", known);
    if (c->block->entries == 1)
        return gp_named(gp_report_add_diagnosis(
            c->report, c->number, "zero", 0,
            "%s is zero in its only entry, and the derivative isn't", c->block->name));
    return gp_named(
        gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                "%s is zero in all %zu entries, but the derivative is not in %zu%s",
                                c->block->name, c->block->entries, missing, of));
}

/* Is the derivative zero in all entries, as far as that can be known? */
static int is_still(const gp_case *c) {
    for (size_t i = 0; i < c->block->entries; i++)
        if (!gp_case_known(c, i) || fabs(c->d[i]) > STILL_SHARE * c->b[i])
            return 0;
    return 1;
}

int gp_cause_straight_through(const gp_case *c) {
    if (c->wrongs < 2 || c->sampled || gp_case_is_stored(c) || !is_still(c))
        return 0;
    for (size_t p = 0; p < c->points; p++) /* not only where it saturates */
        for (size_t i = 0; i < c->block->entries; i++)
            if (gp_is_estimate(c->point[p].b[i]) && fabs(c->point[p].d[i]) > c->point[p].b[i])
                return 0;
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, "straight-through", NAN,
        "the derivative is zero in all %zu entries of %s, and the gradient isn't in "
        "%zu: it passes through a rounding or a cut as if that weren't there, or "
        "belongs to a term that the value lacks",
        c->block->entries, c->block->name, c->wrongs));
}

int gp_cause_sample(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    static const char *const which[] = {"first", "last"};
    size_t examples = e->function->examples;
    for (int k = 0; k < 4; k++) {
        int one = k % 2, shared = k / 2;
        double share = shared && examples ? 1 / (double)examples : 1;
        if (!c->given || !e->example_d[one] || c->exercised < 2 || c->block->derivative)
            continue;
        const double *d = e->example_d[one] + c->block->offset;
        const double *b = e->example_b[one] + c->block->offset;
        size_t i = 0, telling = 0;
        for (; i < c->block->entries; i++) {
            if (!isfinite(c->a[i]))
                break;
            if (!gp_is_estimate(b[i]))
                continue; /* not looked at */
            if (!gp_case_explains(c, i, share * d[i], share * b[i]))
                break;
            telling += c->wrong[i] && fabs(share * d[i]) > share * b[i];
        }
        if (i == c->block->entries && telling >= 2)
            return gp_named(gp_report_add_diagnosis(
                c->report, c->number, "sample", NAN,
                shared ? "%s is the share of the %s example alone instead of the mean over all %zu"
                       : "%s is the derivative over the %s example alone instead of over all %zu",
                c->block->name, which[one], examples));
    }
    return 0;
}

int gp_cause_absolute(const gp_case *c) {
    size_t turned = 0;
    double chance = 1; /* that entries which are negated for another reason are just these */
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!gp_is_estimate(c->b[i]) && c->sampled)
            continue;
        if (!gp_case_known(c, i) || !gp_case_explains(c, i, fabs(c->d[i]), c->b[i]))
            return 0;
        turned += c->wrong[i] && gp_case_differs(c, i, fabs(c->d[i]), c->b[i], c->d[i]);
        chance *= gp_case_differs(c, i, c->d[i], c->b[i], -c->d[i]) ? 0.5 : 1;
    }
    if (turned < 2 || chance > CHANCE_OF_SIGNS)
        return 0;
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, "absolute", NAN,
        "%s holds the absolute value of the derivative: the sign is lost in %zu entries",
        c->block->name, turned));
}

/* Is the one number that a slice holds the sum of its derivatives, their mean or one of them? Of a
 * sample that can't be told. */
static int is_spread(const gp_case *c, gp_slice s) {
    double sum = 0, off = 0, count = (double)gp_slice_size(&s);
    size_t first = gp_slice_entry(&s, 0);
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        if (!gp_case_known(c, i))
            return c->sampled;
        if (c->d[i] != 0 && fabs(c->d[i]) > c->b[i] && gp_case_explains(c, i, c->d[i], c->b[i]))
            return 1;
        sum += c->d[i];
        off += c->b[i];
    }
    return fabs(sum) > off && (gp_case_explains(c, first, sum, off) ||
                               gp_case_explains(c, first, sum / count, off / count));
}

int gp_cause_broadcast(const gp_case *c) {
    if (c->block->entries < 3 || c->wrongs < 2)
        return 0;
    if (gp_slice_is_level(c, gp_slice_whole(c)))
        return is_spread(c, gp_slice_whole(c))
                   ? gp_named(gp_report_add_diagnosis(
                         c->report, c->number, "broadcast", NAN,
                         "%s holds the same number, %.6g, in all %zu entries: a sum over the "
                         "wrong axis, spread over the block",
                         c->block->name, c->a[0], c->block->entries))
                   : 0;
    for (size_t axis = 0; axis < gp_case_line_axes(c); axis++) {
        size_t count = gp_case_line(c, axis, 0).length, length = c->block->entries / count,
               level = 0;
        size_t dead = 0;
        char word[40];
        for (size_t r = 0; r < count && length > 2 && count > 1; r++) {
            gp_slice s = gp_case_line(c, axis, r);
            size_t zeros = 0;
            for (size_t k = 0; k < gp_slice_size(&s); k++)
                zeros += c->a[gp_slice_entry(&s, k)] == 0;
            if (zeros == gp_slice_size(&s))
                dead++;
            else if (!gp_slice_is_level(c, s) || !is_spread(c, s))
                break;
            else
                level++;
        }
        if (level > 0 && level + dead == count)
            return gp_named(gp_report_add_diagnosis(
                c->report, c->number, "broadcast", NAN,
                "each %s of %s holds one number for all its entries: a sum over the wrong axis, "
                "spread over the %s",
                gp_case_line_word(c, axis, word, sizeof word), c->block->name,
                gp_case_line_word(c, axis, word, sizeof word)));
    }
    return 0;
}

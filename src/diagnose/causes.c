/* See causes.h. Notation: a the gradient under test, d the estimate, b its bound, all over the
 * entries of one block; tau as in verdict.h. A model m explains entry i if |a_i - m_i| <= tau_i +
 * (bound on m_i's error). */
#include "diagnose/causes.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/words.h"
#include "probe/probe.h"
#include "system/text.h"

static int is_estimate(double b) {
    return b > 0 && isfinite(b);
}

int gp_case_known(const gp_case *c, size_t i) {
    return is_estimate(c->b[i]) && isfinite(c->a[i]);
}

/* A rearrangement is told by the estimates that there are, which may be those of a sample: by so
 * many, or by most entries of a small block. */
static int enough_compared(const gp_case *c, size_t compared) {
    return compared >= 8 || 2 * compared > c->block->entries;
}

int gp_case_zero(const gp_case *c, size_t i) {
    return fabs(c->d[i]) <= c->b[i] && fabs(c->a[i]) <= c->b[i];
}

/* What the gradient's own rounding may have changed in entry i: a small one may be what is left of
 * terms as large as the others. */
static double rounding(const gp_case *c, size_t i) {
    return gp_dtype_epsilon(c->evidence->function->dtype) * (4 * fabs(c->a[i]) + c->typical);
}

/* By how much a number may miss a model that says m, known to e, and still be explained by it: at
 * first by what isn't known alone, then by the tolerance as well. */
static double allowance(const gp_case *c, size_t i, double m, double e) {
    return (c->sharp ? rounding(c, i) : gp_tau(c->tolerance, c->a[i], m, e)) + e;
}

/* Does a model value m with error bound e explain entry i? */
static int explains(const gp_case *c, size_t i, double m, double e) {
    return fabs(c->a[i] - m) <= allowance(c, i, m, e);
}

/* Do two models of entry i, one m known to e, differ by so much that only one of them can explain
 * it? */
static int differs(const gp_case *c, size_t i, double m, double e, double other) {
    return fabs(m - other) > 2 * (allowance(c, i, m, e) + c->b[i]);
}

static size_t count_manner(const gp_case *c, gp_manner manner, size_t *first) {
    size_t count = 0;
    for (size_t i = c->block->entries; i-- > 0;)
        if (c->manner[i] == manner) {
            count++;
            *first = i;
        }
    return count;
}

static void name_entry(const gp_case *c, size_t i, char *name, size_t size) {
    gp_function_entry_name(c->evidence->function, c->block->offset + i, name, size);
}

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

/* ---- the models: each returns 1 if it named the cause, 0 if not, -1 if memory ran out ---- */

static int add(gp_status status) {
    return status == GP_OK ? 1 : -1;
}

static int named_by_manner(const gp_case *c, gp_manner manner, const char *kind, const char *one,
                           const char *many) {
    size_t first = 0, count = count_manner(c, manner, &first);
    char name[256];
    if (count == 0)
        return 0;
    if (c->block->entries == 1)
        return add(gp_report_add_diagnosis(c->report, c->number, kind, NAN, "the entry of %s %s",
                                           c->block->name, one));
    name_entry(c, first, name, sizeof name);
    return add(gp_report_add_diagnosis(
        c->report, c->number, kind, NAN, "%zu of %zu entries of %s %s, the first is %s", count,
        c->block->entries, c->block->name, gp_plural(count, one, many), name));
}

static int unwritten(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_UNWRITTEN, "unwritten", "is never written by the callback",
                           "are never written by the callback");
}

static int nonfinite(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_NONFINITE, "nonfinite", "is NaN or infinite",
                           "are NaN or infinite");
}

static int accumulated(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_ACCUMULATED, "accumulated",
                           "is added to what is there instead of set: a second call returns more",
                           "are added to what is there instead of set: a second call returns more");
}

static int stale(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_STALE, "stale",
                           "belongs to the point where the value was called last, not to x",
                           "belong to the point where the value was called last, not to x");
}

static int zero(const gp_case *c) {
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
        return add(gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                           "%s is zero in its only entry, and the derivative isn't",
                                           c->block->name));
    return add(
        gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                "%s is zero in all %zu entries, but the derivative is not in %zu%s",
                                c->block->name, c->block->entries, missing, of));
}

/* A mistake that the function itself knows. */
static int suspected(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    if (!c->one_point || !e->suspect[c->number] || c->block->derivative)
        return 0;
    const gp_suspect *suspect = &e->function->suspect[e->suspect[c->number] - 1];
    return add(gp_report_add_diagnosis(c->report, c->number, suspect->kind, NAN,
                                       "%s is what comes out where %s", c->block->name,
                                       suspect->text));
}

/* Entries whose index along an axis lies in [from, from + width): the axis has `length` indices,
 * one to every `inner` entries, and is gone through `outer` times. A block, a row of a matrix, a
 * column, a slab. Or those of a box, if there is one. */
typedef struct gp_slice {
    size_t outer, length, inner, from, width;
    const gp_box *box; /* its origin is 0 */
} gp_slice;

static gp_slice whole(const gp_case *c) {
    return (gp_slice){1, 1, c->block->entries, 0, 1, NULL};
}

/* All of a block along one of its axes. */
static gp_slice along(const gp_case *c, size_t axis) {
    const gp_block *block = c->block;
    gp_slice s = {1, block->shape[axis], 1, 0, block->shape[axis], NULL};
    for (size_t k = 0; k < axis; k++)
        s.outer *= block->shape[k];
    s.inner = block->entries / (s.outer * s.length);
    return s;
}

/* A block of numbers in a row, whatever its shape. */
static gp_slice flat(const gp_case *c) {
    return (gp_slice){1, c->block->entries, 1, 0, c->block->entries, NULL};
}

static size_t size_of(const gp_slice *s) {
    if (s->box)
        return gp_box_volume(s->box);
    return s->outer * s->width * s->inner;
}

static size_t entry_at(const gp_slice *s, size_t k) {
    if (s->box)
        return gp_box_entry(s->box, k);
    size_t run = s->width * s->inner;
    return (k / run * s->length + s->from) * s->inner + k % run;
}

static size_t index_along(const gp_slice *s, size_t i) {
    return i / s->inner % s->length;
}

static int is_in(const gp_slice *s, size_t i) {
    if (s->box)
        return gp_box_holds(s->box, i);
    size_t index = index_along(s, i);
    return index >= s->from && index < s->from + s->width;
}

/* Axes along which a block has more than one index; 0 for those that are as good as vectors. */
static size_t real_axes(const gp_case *c) {
    size_t count = 0;
    if (c->block->row) /* a row of a compressed map has no shape of its own */
        return 0;
    for (size_t k = 0; k < c->block->dimensions; k++)
        count += c->block->shape[k] > 1;
    return count > 1 ? c->block->dimensions : 0;
}

/* Ways to look at a block: along each of its axes; of a derivative, whose inputs may take up more
 * than one axis, along these as a whole too. */
static size_t views(const gp_case *c) {
    size_t axes = real_axes(c);
    return axes + (axes > 2 && c->block->derivative);
}

static gp_slice view(const gp_case *c, size_t number) {
    size_t rows = c->block->shape[0], inputs = c->block->entries / rows;
    return number < c->block->dimensions ? along(c, number)
                                         : (gp_slice){rows, inputs, 1, 0, inputs, NULL};
}

/* " along axis 2", or "" where a block is looked at as one line of numbers. */
static const char *name_view(const gp_case *c, size_t number, char *text, size_t size) {
    text[0] = '\0';
    if (number == c->block->dimensions)
        snprintf(text, size, " along its inputs");
    else if (number != SIZE_MAX)
        snprintf(text, size, " along axis %zu", number);
    return text;
}

/* Moves [from, from + width) of an axis to where entries are wrong; returns its width. */
static size_t narrow_to_wrong(const gp_case *c, gp_slice *s) {
    size_t low = s->length, high = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!c->wrong[i])
            continue;
        size_t index = index_along(s, i);
        low = index < low ? index : low;
        high = index + 1 > high ? index + 1 : high;
    }
    s->from = low;
    return s->width = high > low ? high - low : 0;
}

/* Is every entry outside of a slice what it should be? */
static int right_outside(const gp_case *c, const gp_slice *s) {
    for (size_t i = 0; i < c->block->entries; i++)
        if (!is_in(s, i) &&
            (c->wrong[i] || (gp_case_known(c, i) && !explains(c, i, c->d[i], c->b[i]))))
            return 0;
    return 1;
}

/* A matrix has rows and columns; so has a Jacobian, outputs by inputs of whatever shape. */
static int is_matrix(const gp_case *c, size_t *rows, size_t *columns) {
    const gp_block *block = c->block;
    if (block->row || (block->dimensions != 2 && !(block->derivative && block->dimensions > 2)))
        return 0;
    *rows = block->shape[0];
    *columns = block->entries / *rows;
    return 1;
}

/* Axes along which a block has lines: two of a matrix, or of a Jacobian, which is outputs by inputs
 * of whatever shape, and those of a block of more dimensions. */
static size_t axes_of_lines(const gp_case *c) {
    size_t rows, columns;
    return is_matrix(c, &rows, &columns) ? 2 : real_axes(c);
}

/* All that has one index along such an axis. */
static gp_slice line_at(const gp_case *c, size_t axis, size_t index) {
    size_t rows, columns;
    gp_slice s = axis < c->block->dimensions ? along(c, axis) : whole(c);
    if (is_matrix(c, &rows, &columns))
        s = axis == 0 ? (gp_slice){1, rows, columns, 0, 0, NULL}
                      : (gp_slice){rows, columns, 1, 0, 0, NULL};
    s.from = index;
    s.width = 1;
    return s;
}

/* What such a line is called: kind of a diagnosis and word. */
static const char *kind_of_line(const gp_case *c, size_t axis) {
    size_t rows, columns;
    return !is_matrix(c, &rows, &columns) ? "slab" : axis == 0 ? "rows" : "columns";
}

static const char *word_of_line(const gp_case *c, size_t axis, char *text, size_t size) {
    size_t rows, columns;
    if (is_matrix(c, &rows, &columns))
        return axis == 0 ? "row" : "column";
    snprintf(text, size, "slab along axis %zu", axis);
    return text;
}

/* The best factor F in a = F d by weighted least squares over a slice, and how exactly it is known.
 */
static int best_factor(const gp_case *c, gp_slice s, double *factor, double *error) {
    double numerator = 0, denominator = 0, largest = 0;
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        if (gp_case_known(c, i))
            largest = fmax(largest, fabs(c->d[i]));
    }
    if (largest == 0)
        return -1;
    *error = INFINITY;
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        if (!gp_case_known(c, i) || fabs(c->d[i]) <= c->b[i])
            continue;
        /* weight 1 / b^2, with a floor that keeps an exact entry from drowning the rest */
        double b = fmax(c->b[i] + rounding(c, i), 1e-14 * largest);
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

static int factor_explains(const gp_case *c, gp_slice s, double factor) {
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        if (gp_case_known(c, i) && !explains(c, i, factor * c->d[i], fabs(factor) * c->b[i]))
            return 0;
    }
    return 1;
}

/* What a factor may come from; "" if it is no number people would know. */
static void factor_origin(const gp_case *c, double factor, double error, char *text, size_t size) {
    double batch = (double)c->evidence->function->batch_size;
    double slack = error + 1e-6 * fabs(factor);
    text[0] = '\0';
    if (batch > 1 && fabs(factor - batch) <= slack * 10)
        snprintf(text, size, ": the batch size, as if a sum stood where a mean belongs");
    else if (batch > 1 && fabs(factor - 1 / batch) <= slack * 10)
        snprintf(text, size, ": one over the batch size, as if the mean were taken twice");
    else if (fabs(factor - 2) <= slack)
        snprintf(text, size, ": a stray factor 2");
    else if (fabs(factor - 0.5) <= slack)
        snprintf(text, size, ": a missing factor 2");
}

static int is_plain(const gp_case *c, double factor, double error) {
    char text[128];
    factor_origin(c, factor, error, text, sizeof text);
    if (text[0])
        return 1;
    double large = fabs(factor) >= 1 ? factor : 1 / factor;
    return fabs(large) < 100.5 && fabs(large - round(large)) <= (1e-6 + error) * fabs(large);
}

/* lambda of a - d = lambda x by weighted least squares, but for a slice that has none; -1 where
 * there is none to be had. */
static int best_decay(const gp_case *c, const gp_slice *exempt, double *lambda) {
    double numerator = 0, denominator = 0, widest = 0, largest = 0;
    size_t used = 0;
    if (!c->one_point || c->block->derivative)
        return -1;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i)) {
            widest = fmax(widest, c->b[i] + rounding(c, i));
            largest = fmax(largest, fabs(c->x[i]));
        }
    if (widest == 0)
        widest = 1;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!gp_case_known(c, i) || c->x[i] == 0 || (exempt && is_in(exempt, i)))
            continue;
        /* in units that neither overflow nor vanish */
        double b = fmax((c->b[i] + rounding(c, i)) / widest, 1e-12);
        double off = (c->a[i] - c->d[i]) / b, x = c->x[i] / largest / b;
        numerator += off * x;
        denominator += x * x;
        used++;
    }
    if (used < 3 || !(denominator > 0))
        return -1;
    *lambda = numerator / denominator / largest;
    return isfinite(*lambda) ? 0 : -1;
}

/* The largest |a - m| / b, m = factor d + lambda x: how far a model is from explaining all by noise
 * alone. */
static double misfit(const gp_case *c, double factor, double lambda) {
    double worst = 0;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i) && c->b[i] > 0)
            worst = fmax(worst,
                         fabs(c->a[i] - factor * c->d[i] - (lambda != 0 ? lambda * c->x[i] : 0)) /
                             (c->b[i] + rounding(c, i)));
    return worst;
}

/* The chance that unrelated errors of this size look like one factor: that each entry of a slice
 * but the one which the factor was read from agrees with it within its own bound. */
static double chance_of_factor(const gp_case *c, gp_slice s, double factor) {
    double all = 1, sharpest = 1;
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        if (!gp_case_known(c, i))
            continue;
        double off = fabs(factor - 1) * fabs(c->d[i]);
        double slack = allowance(c, i, factor * c->d[i], c->b[i]);
        if (!(off > 2 * slack))
            continue;
        double chance = fmax(2 * slack / off, 1e-6);
        all *= chance;
        sharpest = fmin(sharpest, chance);
    }
    return all / sharpest;
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

/* Do all entries of a slice hold one and the same number? */
static int is_level(const gp_case *c, gp_slice s) {
    double largest = 0, first = c->a[entry_at(&s, 0)];
    for (size_t k = 0; k < size_of(&s); k++)
        largest = fmax(largest, fabs(c->a[entry_at(&s, k)]));
    double slack = 4 * gp_dtype_epsilon(c->evidence->function->dtype) * largest;
    for (size_t k = 0; k < size_of(&s); k++) {
        double a = c->a[entry_at(&s, k)];
        if (!isfinite(a) || fabs(a - first) > slack)
            return 0;
    }
    return largest > 0;
}

/* Do all entries hold one number, where derivatives differ beyond their bounds? */
static int is_levelled(const gp_case *c) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i)) {
            low = fmin(low, c->d[i] + c->b[i]);
            high = fmax(high, c->d[i] - c->b[i]);
        }
    return c->block->entries >= 3 && high > low && is_level(c, whole(c));
}

/* Does the gradient stay the same where the derivative doesn't? */
static int is_stored(const gp_case *c) {
    return c->evidence->stored && c->evidence->stored[c->number];
}

static int scaled(const gp_case *c) {
    double factor, error;
    char origin[128], all[64];
    if (is_stored(c)) /* a multiple of the derivative changes where the derivative does */
        return 0;
    if (best_factor(c, whole(c), &factor, &error) || factor == 0 || is_levelled(c) ||
        !speaks_for_all(c) || !factor_explains(c, whole(c), factor))
        return 0;
    all_of(c->exercised, c->sampled ? "sampled " : "exercised ", all, sizeof all);
    if (fabs(factor) <= 16 * gp_dtype_epsilon(c->evidence->function->dtype))
        return add(gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                           "%s is zero but for rounding in %s", c->block->name,
                                           all));
    /* Close to 1 a little decay looks like a factor: the better explanation counts. */
    double lambda;
    if (fabs(factor - 1) <= 100 * c->tolerance->rtol && !best_decay(c, NULL, &lambda) &&
        misfit(c, 1, lambda) < 0.1 * misfit(c, factor, 0))
        return 0;
    /* One number is some multiple of any other: a single entry is named only for a plain factor,
     * and a single one that can tell not on behalf of many that can't. */
    int plain = is_plain(c, factor, error);
    if (c->exercised < 2 ? !plain : chance_of_factor(c, whole(c), factor) > (plain ? 0.1 : 1e-2))
        return 0;
    if (fabs(factor + 1) <= error + 10 * c->tolerance->rtol)
        return add(gp_report_add_diagnosis(c->report, c->number, "sign", factor,
                                           "%s has the wrong sign in %s", c->block->name, all));
    factor_origin(c, factor, error, origin, sizeof origin);
    return add(gp_report_add_diagnosis(c->report, c->number, "scaled", factor,
                                       "%s is %.6f times the derivative in %s%s", c->block->name,
                                       factor, all, origin));
}

static int transposed(const gp_case *c) {
    size_t rows, columns, compared = 0;
    if (!c->one_point || !is_matrix(c, &rows, &columns) || c->exercised < 2 || rows < 2 ||
        columns < 2)
        return 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t to = j * rows + i, from = i * columns + j;
            if (!is_estimate(c->b[from]))
                continue;
            if (!isfinite(c->a[to]) || !explains(c, to, c->d[from], c->b[from]))
                return 0;
            compared++;
        }
    if (!enough_compared(c, compared))
        return 0;
    return add(gp_report_add_diagnosis(c->report, c->number, "transposed", NAN,
                                       "%s (%zu x %zu) holds its own transpose: entry [i][j] is "
                                       "where [j][i] of the %zu x %zu matrix belongs",
                                       c->block->name, rows, columns, columns, rows));
}

/* Does every entry hold the derivative of another one on the same line of an axis: `by` away, or
 * its mirror image where `by` is 0? What enters at an edge is anybody's guess. */
static int is_moved(const gp_case *c, const gp_slice *s, int by) {
    size_t telling = 0, compared = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        size_t to = index_along(s, i), from = by == 0 ? s->length - 1 - to : to - (size_t)by;
        if (from >= s->length)
            continue;
        from = i - to * s->inner + from * s->inner;
        if (!is_estimate(c->b[from]))
            continue;
        if (!isfinite(c->a[i]) || !explains(c, i, c->d[from], c->b[from]))
            return 0;
        compared++;
        telling += from != i && c->wrong[i] && is_estimate(c->b[i]) &&
                   differs(c, i, c->d[from], c->b[from], c->d[i]);
    }
    return telling >= 2 && enough_compared(c, compared);
}

static int may_be_moved(const gp_case *c, const gp_slice *s) {
    return c->one_point && s->length >= 3 && c->exercised >= 2;
}

static int moved(const gp_case *c, gp_slice s, size_t number) {
    char where[40];
    if (!may_be_moved(c, &s))
        return 0;
    name_view(c, number, where, sizeof where);
    for (int by = 1; by >= -1; by -= 2)
        if (is_moved(c, &s, by))
            return add(gp_report_add_diagnosis(
                c->report, c->number, "shifted", by,
                "%s is shifted by one%s: entry i holds the derivative of entry i%s1",
                c->block->name, where, by == 1 ? "-" : "+"));
    return is_moved(c, &s, 0) ? add(gp_report_add_diagnosis(
                                    c->report, c->number, "reversed", NAN,
                                    "%s is in reverse order%s: entry i holds the derivative of "
                                    "entry %zu-i",
                                    c->block->name, where, s.length - 1))
                              : 0;
}

/* Shifted or reversed: as a whole, or along one of its axes, as each row of a VJP may be. */
static int rearranged(const gp_case *c) {
    int named = moved(c, flat(c), SIZE_MAX);
    for (size_t k = views(c); named == 0 && k-- > 0;)
        named = moved(c, view(c, k), k);
    return named;
}

/* Two indices of an axis in each other's place: rows, columns, outputs. */
static int exchanged(const gp_case *c) {
    for (size_t k = 0; k < views(c) && c->one_point && !c->sampled; k++) {
        gp_slice s = view(c, k);
        char where[40];
        size_t width = narrow_to_wrong(c, &s), telling = 0, compared = 0, i = 0;
        if (width < 2 || s.length < 3)
            continue;
        for (; i < c->block->entries; i++) {
            size_t index = index_along(&s, i), reach = (width - 1) * s.inner, from = i;
            if (index == s.from)
                from = i + reach;
            else if (index == s.from + width - 1)
                from = i - reach;
            if (!is_estimate(c->b[from]))
                continue;
            if (!isfinite(c->a[i]) || !explains(c, i, c->d[from], c->b[from]))
                break;
            compared++;
            telling += from != i && c->wrong[i];
        }
        if (i == c->block->entries && telling >= 2 && enough_compared(c, compared))
            return add(gp_report_add_diagnosis(
                c->report, c->number, "swapped", NAN, "%s has %zu and %zu%s in each other's place",
                c->block->name, s.from, s.from + width - 1, name_view(c, k, where, sizeof where)));
    }
    return 0;
}

static int swapped(const gp_case *c) {
    const gp_function *f = c->evidence->function;
    if (!c->one_point || c->exercised < 2)
        return 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *other = &f->block[k];
        if (k == c->number || other->entries != c->block->entries)
            continue;
        const gp_numbers *given = &c->evidence->given;
        const double *d = given->d + other->offset, *b = given->b + other->offset;
        size_t compared = 0, misses = 0;
        for (size_t i = 0; i < other->entries; i++) {
            if (!is_estimate(b[i]))
                continue;
            compared++;
            misses += !isfinite(c->a[i]) || !explains(c, i, d[i], b[i]);
        }
        if (misses == 0 && enough_compared(c, compared))
            return add(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                               "%s holds the derivative of %s", c->block->name,
                                               other->name));
    }
    return 0;
}

/* a - d = lambda x: weight decay that is there and shouldn't be, or the other way round; but for a
 * slice that has none, such as an intercept. */
static int decay_but_for(const gp_case *c, const gp_slice *exempt, const char *but) {
    double lambda, chance = 1, sharpest = 1;
    size_t telling = 0;
    if (best_decay(c, exempt, &lambda))
        return 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        int decays = !exempt || !is_in(exempt, i);
        double m = c->d[i] + (decays ? lambda * c->x[i] : 0);
        if (!gp_case_known(c, i))
            continue;
        if (!explains(c, i, m, c->b[i]))
            return 0;
        if (!decays || !differs(c, i, m, c->b[i], c->d[i]))
            continue;
        telling++;
        double hit = fmax(2 * allowance(c, i, m, c->b[i]) / fabs(m - c->d[i]), 1e-6);
        chance *= hit;
        sharpest = fmin(sharpest, hit);
    }
    /* Two unrelated errors are some multiple of x by chance: one of them within what the other
     * leaves open. */
    if (telling < 2 || (telling == 2 && chance / sharpest > 1e-2))
        return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "decay", lambda,
        lambda > 0 ? "%s has a stray %.6g times the parameters%s: weight decay that the value lacks"
                   : "%s lacks %.6g times the parameters%s: weight decay that the value has",
        c->block->name, fabs(lambda), but));
}

static int decay(const gp_case *c) {
    int named = decay_but_for(c, NULL, "");
    for (size_t axis = real_axes(c) + 1; named == 0 && axis-- > 0 && !c->sampled;)
        for (int last = 1; last >= 0 && named == 0; last--) {
            gp_slice s = axis == real_axes(c) ? flat(c) : along(c, axis);
            char but[80];
            if (s.length < 2)
                continue;
            s.from = last ? s.length - 1 : 0;
            s.width = 1;
            if (axis == real_axes(c))
                snprintf(but, sizeof but, ", but not in its %s entry", last ? "last" : "first");
            else
                snprintf(but, sizeof but, ", but not in number %zu along axis %zu", s.from, axis);
            named = decay_but_for(c, &s, but);
        }
    return named;
}

/* a = |d| where some d are negative: a square root of a square, or an absolute value too many. */
static int absolute(const gp_case *c) {
    size_t turned = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!is_estimate(c->b[i]) && c->sampled)
            continue;
        if (!gp_case_known(c, i) || !explains(c, i, fabs(c->d[i]), c->b[i]))
            return 0;
        turned += c->wrong[i] && differs(c, i, fabs(c->d[i]), c->b[i], c->d[i]);
    }
    return turned < 2
               ? 0
               : add(gp_report_add_diagnosis(
                     c->report, c->number, "absolute", NAN,
                     "%s holds the absolute value of the derivative: the sign is lost in %zu "
                     "entries",
                     c->block->name, turned));
}

/* Is the one number that a slice holds the sum of its derivatives, their mean or one of them? Of a
 * sample that can't be told. */
static int is_spread(const gp_case *c, gp_slice s) {
    double sum = 0, off = 0, count = (double)size_of(&s);
    size_t first = entry_at(&s, 0);
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        if (!gp_case_known(c, i))
            return c->sampled;
        if (c->d[i] != 0 && fabs(c->d[i]) > c->b[i] && explains(c, i, c->d[i], c->b[i]))
            return 1;
        sum += c->d[i];
        off += c->b[i];
    }
    return fabs(sum) > off &&
           (explains(c, first, sum, off) || explains(c, first, sum / count, off / count));
}

/* One number for many entries, where the derivative has many: a sum over the wrong axis, then
 * spread. */
static int broadcast(const gp_case *c) {
    if (c->block->entries < 3 || c->wrongs < 2)
        return 0;
    if (is_level(c, whole(c)))
        return is_spread(c, whole(c))
                   ? add(gp_report_add_diagnosis(
                         c->report, c->number, "broadcast", NAN,
                         "%s holds the same number, %.6g, in all %zu entries: a sum over the "
                         "wrong axis, spread over the block",
                         c->block->name, c->a[0], c->block->entries))
                   : 0;
    for (size_t axis = 0; axis < axes_of_lines(c); axis++) {
        size_t count = line_at(c, axis, 0).length, length = c->block->entries / count, level = 0;
        size_t dead = 0;
        char word[40];
        for (size_t r = 0; r < count && length > 2 && count > 1; r++) {
            gp_slice s = line_at(c, axis, r);
            size_t zeros = 0;
            for (size_t k = 0; k < size_of(&s); k++)
                zeros += c->a[entry_at(&s, k)] == 0;
            if (zeros == size_of(&s))
                dead++;
            else if (!is_level(c, s) || !is_spread(c, s))
                break;
            else
                level++;
        }
        if (level > 0 && level + dead == count)
            return add(gp_report_add_diagnosis(
                c->report, c->number, "broadcast", NAN,
                "each %s of %s holds one number for all its entries: a sum over the wrong axis, "
                "spread over the %s",
                word_of_line(c, axis, word, sizeof word), c->block->name,
                word_of_line(c, axis, word, sizeof word)));
    }
    return 0;
}

/* The value stands still, and the gradient says that it moves. */
static int straight_through(const gp_case *c) {
    for (size_t i = 0; i < c->block->entries; i++)
        if (!gp_case_known(c, i) || fabs(c->d[i]) > c->b[i])
            return 0;
    return c->wrongs < 2 || c->sampled
               ? 0
               : add(gp_report_add_diagnosis(
                     c->report, c->number, "straight-through", NAN,
                     "the derivative is zero in all %zu entries of %s, and the gradient isn't in "
                     "%zu: it passes through a rounding or a cut as if that weren't there, or "
                     "belongs to a term that the value lacks",
                     c->block->entries, c->block->name, c->wrongs));
}

/* Right in one part, a factor away in the other. `where` says which part. */
static int named_part(const gp_case *c, gp_slice s, const char *where) {
    double factor, error;
    char origin[128], what[192];
    if (!right_outside(c, &s) || best_factor(c, s, &factor, &error) ||
        !factor_explains(c, s, factor))
        return 0;
    size_t telling = 0;
    for (size_t k = 0; k < size_of(&s); k++) {
        size_t i = entry_at(&s, k);
        telling +=
            gp_case_known(c, i) && differs(c, i, factor * c->d[i], fabs(factor) * c->b[i], c->d[i]);
    }
    int negative = fabs(factor + 1) <= error + 1e-6, none = factor == 0;
    int plain = negative || none || is_plain(c, factor, error);
    if (telling < 3 || chance_of_factor(c, s, factor) > (plain ? 1e-2 : 1e-4))
        return 0;
    factor_origin(c, factor, error, origin, sizeof origin);
    snprintf(what, sizeof what, "is %.6f times the derivative", factor);
    if (negative || none)
        snprintf(what, sizeof what, "%s", none ? "is zero" : "has the wrong sign");
    return add(gp_report_add_diagnosis(c->report, c->number,
                                       negative ? "sign"
                                       : none   ? "zero"
                                                : "scaled",
                                       factor, "%s %s in %s, and is right in the others%s",
                                       c->block->name, what, where, origin));
}

/* A part that is contiguous along an axis. */
static int part_along(const gp_case *c, gp_slice s, size_t number) {
    char name[40], where[160];
    if (narrow_to_wrong(c, &s) < 2 || s.width == s.length)
        return 0;
    snprintf(where, sizeof where, "%zu to %zu of %zu%s", s.from, s.from + s.width - 1, s.length,
             name_view(c, number, name, sizeof name));
    return named_part(c, s, where);
}

/* The box around what is wrong; returns how many axes it is cut along. */
static size_t box_of_wrong(const gp_case *c, gp_box *box) {
    size_t cut = 0;
    *box = (gp_box){.dimensions = real_axes(c)};
    for (size_t axis = 0; axis < box->dimensions; axis++) {
        gp_slice s = along(c, axis);
        narrow_to_wrong(c, &s);
        box->shape[axis] = s.length;
        box->low[axis] = s.from;
        box->high[axis] = s.from + s.width;
        cut += s.width < s.length;
    }
    return cut;
}

static int part(const gp_case *c) {
    int named = 0;
    gp_box box;
    char where[160];
    if (c->wrongs < 3 || c->sampled || c->wrong_elsewhere)
        return 0;
    size_t axes = real_axes(c), cut = box_of_wrong(c, &box);
    for (size_t k = 0; k < views(c); k++) {
        gp_slice s = view(c, k);
        if ((cut == 1 || k == axes) && narrow_to_wrong(c, &s) == 1 && s.length > 1)
            return 0; /* one row, one column: see lines() */
    }
    for (size_t k = 0; named == 0 && k < views(c); k++)
        named = part_along(c, view(c, k), k);
    if (named == 0 && cut > 1) {
        gp_slice s = whole(c);
        s.box = &box;
        (void)gp_box_name(&box, c->block->name, where, sizeof where);
        named = named_part(c, s, where);
    }
    if (named == 0)
        named = part_along(c, flat(c), SIZE_MAX);
    return named;
}

/* Is an entry plainly right? One that is zero in both says nothing. */
static int is_right(const gp_case *c, size_t i) {
    return !c->wrong[i] && gp_case_known(c, i) && !gp_case_zero(c, i);
}

/* Widens a box along an axis, by one index at a time, as long as nothing in it is right. */
static void widen(const gp_case *c, gp_box *box, size_t axis) {
    for (int upwards = 0; upwards < 2; upwards++)
        while (upwards ? box->high[axis] < box->shape[axis] : box->low[axis] > 0) {
            gp_box beside = *box;
            beside.low[axis] = upwards ? box->high[axis] : box->low[axis] - 1;
            beside.high[axis] = beside.low[axis] + 1;
            size_t volume = gp_box_volume(&beside), k = 0;
            while (k < volume && !is_right(c, gp_box_entry(&beside, k)))
                k++;
            if (k < volume)
                break;
            *(upwards ? &box->high[axis] : &box->low[axis]) += upwards ? 1 : SIZE_MAX;
        }
}

/* The larger of two boxes around entry i in which nothing is right: widened along the first axis
 * first, or along the last. */
static gp_box box_around(const gp_case *c, size_t i) {
    gp_box box[2];
    for (int backwards = 0; backwards < 2; backwards++) {
        gp_box *b = &box[backwards];
        *b = (gp_box){.dimensions = real_axes(c)};
        for (size_t axis = 0; axis < b->dimensions; axis++) {
            gp_slice s = along(c, axis);
            b->shape[axis] = s.length;
            b->low[axis] = index_along(&s, i);
            b->high[axis] = b->low[axis] + 1;
        }
        for (size_t k = 0; k < b->dimensions; k++)
            widen(c, b, backwards ? b->dimensions - 1 - k : k);
    }
    return gp_box_volume(&box[1]) > gp_box_volume(&box[0]) ? box[1] : box[0];
}

/* Boxes, up to so many, that hold all that is wrong and nothing that is right; 0: there are none.
 */
enum { MOST_BOXES = 4 };
static size_t cover_wrong(const gp_case *c, gp_box *box) {
    size_t count = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        int held = !c->wrong[i];
        for (size_t k = 0; k < count && !held; k++)
            held = gp_box_holds(&box[k], i);
        if (held)
            continue;
        if (count == MOST_BOXES)
            return 0;
        box[count++] = box_around(c, i);
    }
    return count;
}

/* What is wrong in a few boxes, of several entries each, and right elsewhere; with the factor that
 * explains it, if one does. */
static int boxes(const gp_case *c) {
    gp_box box[MOST_BOXES];
    char list[MOST_BOXES * 80] = "", manner[80];
    if (c->wrongs < 3 || c->sampled || real_axes(c) == 0)
        return 0;
    size_t count = cover_wrong(c, box), right = 0;
    double factor = NAN, error;
    for (size_t i = 0; i < c->block->entries; i++)
        right += is_right(c, i);
    if (count == 0 || c->wrongs < 3 * count || right < 3)
        return 0;
    for (size_t k = 0; k < count; k++) {
        gp_slice s = whole(c);
        size_t used = strlen(list);
        s.box = &box[k];
        used += (size_t)snprintf(list + used, sizeof list - used, "%s", k ? ", " : "");
        (void)gp_box_name(&box[k], c->block->name, list + used, sizeof list - used);
        if (k == 0 && best_factor(c, s, &factor, &error))
            factor = NAN;
        if (!isnan(factor) && !factor_explains(c, s, factor))
            factor = NAN;
    }
    gp_write_factor(factor, count > 1, manner, sizeof manner);
    return add(gp_report_add_diagnosis(c->report, c->number, "slab", factor,
                                       "%s %s, and the other %zu entries of %s that are exercised "
                                       "are right",
                                       list, manner, right, c->block->name));
}

/* One example's derivative for that of all: as if it were all of them, or the share that it has in
 * their mean, when a sum over examples keeps its last term alone. */
static int sample(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    static const char *const which[] = {"first", "last"};
    size_t examples = e->function->examples;
    for (int k = 0; k < 4; k++) {
        int one = k % 2, shared = k / 2;
        double share = shared && examples ? 1 / (double)examples : 1;
        if (!c->one_point || !e->example_d[one] || c->exercised < 2 || c->block->derivative)
            continue;
        const double *d = e->example_d[one] + (c->x - e->x);
        const double *b = e->example_b[one] + (c->x - e->x);
        size_t i = 0, telling = 0;
        for (; i < c->block->entries; i++) {
            if (!isfinite(c->a[i]))
                break;
            if (!isfinite(b[i]))
                continue; /* not looked at */
            if (!explains(c, i, share * d[i], share * b[i]))
                break;
            telling += c->wrong[i] && fabs(share * d[i]) > share * b[i];
        }
        if (i == c->block->entries && telling >= 2)
            return add(gp_report_add_diagnosis(
                c->report, c->number, "sample", NAN,
                shared ? "%s is the share of the %s example alone instead of the mean over all %zu"
                       : "%s is the derivative over the %s example alone instead of over all %zu",
                c->block->name, which[one], examples));
    }
    return 0;
}

static int stored(const gp_case *c) {
    return is_stored(c) ? add(gp_name_stored(c->report, c->number)) : 0;
}

/* The same, and at the given point it was right, or other blocks are stored as well: that leaves
 * nothing else. */
static int stored_surely(const gp_case *c) {
    const unsigned char *wrong = c->evidence->given.wrong + c->block->offset;
    int together = is_stored(c) && c->evidence->stored[c->number] == GP_STORED_TOGETHER;
    return together || !memchr(wrong, 1, c->block->entries) ? stored(c) : 0;
}

/* A factor of its own for each row, each column, each index of another axis: one factor of the
 * chain rule left out or put in. */
static int line_factors(const gp_case *c) {
    for (size_t axis = 0; axis < axes_of_lines(c); axis++) {
        size_t count = line_at(c, axis, 0).length, telling = 0, r = 0;
        double low = INFINITY, high = -INFINITY;
        char word[40];
        const char *kind = kind_of_line(c, axis);
        for (; r < count; r++) {
            gp_slice s = line_at(c, axis, r);
            double factor, error;
            size_t exercised = 0;
            for (size_t k = 0; k < size_of(&s); k++) {
                size_t i = entry_at(&s, k);
                exercised += gp_case_known(c, i) && !gp_case_zero(c, i);
            }
            if (exercised == 0)
                continue;
            if (best_factor(c, s, &factor, &error) || !factor_explains(c, s, factor))
                break;
            if (exercised < 2 || chance_of_factor(c, s, factor) > 0.01)
                continue; /* one or wide numbers are some multiple of any others */
            telling++;
            low = fmin(low, factor);
            high = fmax(high, factor);
        }
        const char *belongs = strcmp(kind, "slab") == 0           ? "indices of that axis"
                              : c->block->derivative && axis == 0 ? "outputs"
                              : axis == 0                         ? "units"
                                                                  : "inputs";
        if (r == count && telling >= 2)
            return add(gp_report_add_diagnosis(
                c->report, c->number, kind, NAN,
                "each %s of %s is a multiple of its derivative, by factors from %.6g to %.6g: a "
                "factor of the chain rule that belongs to the %s is missing or stray",
                word_of_line(c, axis, word, sizeof word), c->block->name, low, high, belongs));
    }
    return 0;
}

/* The least relative error of the wrong entries. */
static double least_error(const gp_case *c) {
    double least = INFINITY;
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(c->a[i] - c->d[i]) - c->b[i]; /* at least */
        if (c->wrong[i] && gp_case_known(c, i) && off > 0)
            least = fmin(least, off / fmax(fabs(c->a[i]), fabs(c->d[i])));
    }
    return least;
}

/* Could entry i be off by that relative error as well, unseen? */
static int hides(const gp_case *c, size_t i, double error) {
    if (c->kink && c->kink[i])
        return 0; /* any number between the two derivatives is accepted */
    if (gp_case_zero(c, i))
        return c->a[i] != 0; /* nothing if a is 0, and anything if not */
    double size = fmax(fabs(c->a[i]), fabs(c->d[i]));
    return fabs(c->a[i] - c->d[i]) + c->b[i] + rounding(c, i) > 0.5 * error * size;
}

/* Are errors confined to some rows (or columns), and right elsewhere? */
static int lines(const gp_case *c) {
    if (c->wrongs < 2 || c->sampled || c->wrong_elsewhere)
        return 0;
    double least = least_error(c);
    for (size_t axis = 0; axis < axes_of_lines(c); axis++) {
        size_t count = line_at(c, axis, 0).length, length = c->block->entries / count;
        size_t bad = 0, good = 0, full = 0, open = 0;
        char list[128] = "";
        if (length < 2)
            continue;
        for (size_t r = 0; r < count; r++) {
            size_t wrong = 0, exercised = 0, hiding = 0;
            gp_slice s = line_at(c, axis, r);
            for (size_t k = 0; k < length; k++) {
                size_t i = entry_at(&s, k);
                int alive = gp_case_known(c, i) && !gp_case_zero(c, i);
                wrong += c->wrong[i];
                exercised += alive;
                hiding += alive && hides(c, i, least);
            }
            if (wrong) {
                size_t used = strlen(list);
                if (bad < 8)
                    snprintf(list + used, sizeof list - used, "%s%zu", bad ? ", " : "", r);
                else if (bad == 8)
                    snprintf(list + used, sizeof list - used, ", ...");
                bad++;
                full += wrong >= 2 && 2 * wrong > exercised;
            } else {
                good += exercised > 0;
                open += 2 * hiding > exercised;
            }
        }
        if (bad == 0 || full != bad || good < bad + open)
            continue;
        const char *kind = kind_of_line(c, axis);
        int matrix = strcmp(kind, "slab") != 0;
        char word[64];
        snprintf(word, sizeof word, "%s%s",
                 !matrix     ? gp_plural(bad, "index", "indices")
                 : axis == 0 ? "row"
                             : "column",
                 matrix ? gp_plural(bad, "", "s") : "");
        if (!matrix)
            snprintf(word + strlen(word), sizeof word - strlen(word), " along axis %zu:", axis);
        return add(gp_report_add_diagnosis(
            c->report, c->number, kind, NAN,
            "%s is wrong in %s %s and right in the other %zu %s exercised: look at %s",
            c->block->name, word, list, good, gp_plural(good, "that is", "that are"),
            !matrix                ? "what is particular to them"
            : c->block->derivative ? (axis == 0 ? "these outputs" : "these inputs")
            : axis == 0            ? "what is particular to these units"
                                   : "these inputs of the layer"));
    }
    return 0;
}

/* Might the wrong entries be but the tip of something else? That of the others which are known,
 * most can't be off as well, half can't hide a relative error as large, and some speak against the
 * same multiple of x, or the same number, in all. */
static int is_only_a_tip(const gp_case *c, size_t right) {
    double least = least_error(c), smallest = INFINITY, share = 0;
    /* Elsewhere x isn't what it is here, but of the same size. */
    double much = c->one_point ? 0.5 : 0.1;
    int beside = 0; /* one that may be as wrong lies beside a wrong one: of a part, it may be */
    size_t odd = 0, hiding = 0, against_same = 0, against_share = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(c->a[i] - c->d[i]) - c->b[i]; /* at least */
        if (!c->wrong[i] || !gp_case_known(c, i) || !(off > 0))
            continue;
        if (off < smallest) {
            smallest = off;
            share = !c->block->derivative && c->x[i] != 0 ? off / c->x[i] : 0;
        }
    }
    for (size_t i = 0; i < c->block->entries; i++) {
        double size = fmax(fabs(c->a[i]), fabs(c->d[i])), off = fabs(c->a[i] - c->d[i]);
        if (c->wrong[i] || !gp_case_known(c, i))
            continue;
        double slack = c->b[i] + rounding(c, i);
        odd += off > 4 * slack + 0.01 * c->tolerance->rtol * size;
        if (hides(c, i, least)) {
            hiding++;
            beside |= (i > 0 && c->wrong[i - 1]) || (i + 1 < c->block->entries && c->wrong[i + 1]);
        }
        against_same += off + slack < 0.5 * smallest;
        against_share += share == 0 || off + slack < much * fabs(share * c->x[i]);
    }
    size_t enough = right < 2 ? right : 2;
    return beside || odd > right / 5 || 2 * hiding > right || against_same < enough ||
           against_share < enough;
}

static int entries(const gp_case *c) {
    if (c->sampled || c->wrong_elsewhere)
        return 0; /* those that weren't drawn may be wrong as well, and those elsewhere are */
    size_t right = 0, first = 0, listed = 0;
    char list[256] = "";
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!c->wrong[i]) {
            right += gp_case_known(c, i);
            continue;
        }
        if (listed == 0)
            first = i;
        if (listed++ < 4) {
            char name[160];
            size_t used = strlen(list);
            name_entry(c, i, name, sizeof name);
            snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : "", name);
        }
    }
    /* "A few" must be few: else there is a pattern that we don't know. */
    if (c->wrongs > 3 && c->wrongs > right / 10)
        return 0;
    if (right < c->wrongs || is_only_a_tip(c, right))
        return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "entries", NAN,
        "%zu %s of %s %s wrong and %zu right: %s%s; %s by %.6g%s", c->wrongs,
        gp_plural(c->wrongs, "entry", "entries"), c->block->name, gp_plural(c->wrongs, "is", "are"),
        right, list, c->wrongs > 4 ? ", ..." : "",
        c->a[first] > c->d[first] ? "too large" : "too small", fabs(c->a[first] - c->d[first]),
        gp_plural(c->wrongs, "", " in the first")));
}

/* What adds looks unwritten where it adds nothing: accumulated goes first. */
static const struct {
    int (*name)(const gp_case *);
    unsigned stages; /* in which it is tried */
} MODELS[] = {{accumulated, GP_CAUSES_PLAIN},
              {unwritten, GP_CAUSES_PLAIN},
              {nonfinite, GP_CAUSES_PLAIN},
              {stale, GP_CAUSES_PLAIN},
              {zero, GP_CAUSES_PLAIN},
              {stored_surely, GP_CAUSES_PLAIN},
              {suspected, GP_CAUSES_PLAIN},
              {straight_through, GP_CAUSES_PLAIN},
              {scaled, GP_CAUSES_FACTOR},
              {sample, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {transposed, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {rearranged, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {swapped, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {exchanged, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {broadcast, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {decay, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {absolute, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {part, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {stored, GP_CAUSES_PLACES},
              {lines, GP_CAUSES_PLACES},
              {boxes, GP_CAUSES_PLACES},
              {entries, GP_CAUSES_PLACES},
              {line_factors, GP_CAUSES_PLACES}};

int gp_name_cause(const gp_case *c, unsigned stage) {
    int named = 0;
    for (size_t m = 0; !named && m < sizeof MODELS / sizeof *MODELS; m++)
        if (MODELS[m].stages & stage)
            named = MODELS[m].name(c);
    return named;
}

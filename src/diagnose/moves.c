/* Causes by which derivatives stand in the place of others: transposed, shifted, reversed,
 * exchanged. */
#include "diagnose/models.h"

#include <math.h>

#include "diagnose/slices.h"

/* A rearrangement is told by the estimates that there are, which may be those of a sample: by so
 * many, or by most entries of a small block. */
static int enough_compared(const gp_case *c, size_t compared) {
    return compared >= 8 || 2 * compared > c->block->entries;
}

int gp_cause_transposed(const gp_case *c) {
    size_t rows, columns, compared = 0;
    if (!c->one_point || !gp_case_is_matrix(c, &rows, &columns) || c->exercised < 2 || rows < 2 ||
        columns < 2)
        return 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t to = j * rows + i, from = i * columns + j;
            if (!gp_is_estimate(c->b[from]))
                continue;
            if (!isfinite(c->a[to]) || !gp_case_explains(c, to, c->d[from], c->b[from]))
                return 0;
            compared++;
        }
    if (!enough_compared(c, compared))
        return 0;
    return gp_named(
        gp_report_add_diagnosis(c->report, c->number, "transposed", NAN,
                                "%s (%zu x %zu) holds its own transpose: entry [i][j] is "
                                "where [j][i] of the %zu x %zu matrix belongs",
                                c->block->name, rows, columns, columns, rows));
}

/* Does every entry hold the derivative of another one on the same line of an axis: `by` away, or
 * its mirror image where `by` is 0? What enters at an edge is anybody's guess. */
static int is_moved(const gp_case *c, const gp_slice *s, int by) {
    size_t telling = 0, compared = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        size_t to = gp_slice_index(s, i), from = by == 0 ? s->length - 1 - to : to - (size_t)by;
        if (from >= s->length)
            continue;
        from = i - to * s->inner + from * s->inner;
        if (!gp_is_estimate(c->b[from]))
            continue;
        if (!isfinite(c->a[i]) || !gp_case_explains(c, i, c->d[from], c->b[from]))
            return 0;
        compared++;
        telling += from != i && c->wrong[i] && gp_is_estimate(c->b[i]) &&
                   gp_case_differs(c, i, c->d[from], c->b[from], c->d[i]);
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
    gp_case_view_name(c, number, where, sizeof where);
    for (int by = 1; by >= -1; by -= 2)
        if (is_moved(c, &s, by))
            return gp_named(gp_report_add_diagnosis(
                c->report, c->number, "shifted", by,
                "%s is shifted by one%s: entry i holds the derivative of entry i%s1",
                c->block->name, where, by == 1 ? "-" : "+"));
    return is_moved(c, &s, 0) ? gp_named(gp_report_add_diagnosis(
                                    c->report, c->number, "reversed", NAN,
                                    "%s is in reverse order%s: entry i holds the derivative of "
                                    "entry %zu-i",
                                    c->block->name, where, s.length - 1))
                              : 0;
}

int gp_cause_rearranged(const gp_case *c) {
    int named = moved(c, gp_slice_flat(c), SIZE_MAX);
    for (size_t k = gp_case_views(c); named == 0 && k-- > 0;)
        named = moved(c, gp_case_view(c, k), k);
    return named;
}

int gp_cause_exchanged(const gp_case *c) {
    for (size_t k = 0; k < gp_case_views(c) && c->one_point && !c->sampled; k++) {
        gp_slice s = gp_case_view(c, k);
        char where[40];
        size_t width = gp_slice_narrow(c, &s), telling = 0, compared = 0, i = 0;
        if (width < 2 || s.length < 3)
            continue;
        for (; i < c->block->entries; i++) {
            size_t index = gp_slice_index(&s, i), reach = (width - 1) * s.inner, from = i;
            if (index == s.from)
                from = i + reach;
            else if (index == s.from + width - 1)
                from = i - reach;
            if (!gp_is_estimate(c->b[from]))
                continue;
            if (!isfinite(c->a[i]) || !gp_case_explains(c, i, c->d[from], c->b[from]))
                break;
            compared++;
            telling += from != i && c->wrong[i];
        }
        if (i == c->block->entries && telling >= 2 && enough_compared(c, compared))
            return gp_named(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                                    "%s has %zu and %zu%s in each other's place",
                                                    c->block->name, s.from, s.from + width - 1,
                                                    gp_case_view_name(c, k, where, sizeof where)));
    }
    return 0;
}

int gp_cause_swapped(const gp_case *c) {
    const gp_function *f = c->evidence->function;
    if (!c->one_point || c->exercised < 2)
        return 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *other = &f->block[k];
        if (k == c->number || other->entries != c->block->entries)
            continue;
        const double *d = c->numbers->d + other->offset, *b = c->numbers->b + other->offset;
        size_t compared = 0, misses = 0;
        for (size_t i = 0; i < other->entries; i++) {
            if (!gp_is_estimate(b[i]))
                continue;
            compared++;
            misses += !isfinite(c->a[i]) || !gp_case_explains(c, i, d[i], b[i]);
        }
        if (misses == 0 && enough_compared(c, compared))
            return gp_named(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                                    "%s holds the derivative of %s", c->block->name,
                                                    other->name));
    }
    return 0;
}

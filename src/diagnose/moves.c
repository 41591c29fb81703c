/* Causes by which derivatives stand in the place of others: transposed, shifted, reversed,
 * exchanged. All are one model: entry i holds the derivative of entry from(i). */
#include "diagnose/models.h"

#include <math.h>

#include "diagnose/constants.h"
#include "diagnose/slices.h"

/* Where derivatives have gone. */
typedef struct gp_move gp_move;
struct gp_move {
    /* The entry whose derivative entry i holds; SIZE_MAX: what enters there is anybody's guess. */
    size_t (*from)(const gp_move *m, size_t i);
    const double *d, *b; /* estimates that are moved: this block's, or another one's */
    int other;           /* they are another block's */
    gp_slice s;          /* lines along which they are moved, */
    int by;              /* by so many */
    int around;          /* what leaves at one end enters at the other */
    size_t columns;      /* of a matrix */
};

/* The chance that a number that is no derivative in particular passes for m, the one that a move
 * puts there. Of this block's derivatives: the share of them that would explain it. Of another
 * one's: how near it is, compared with what a is off by. */
static double chance_of_number(const gp_case *c, const gp_move *m, size_t i) {
    size_t alike = 0, count = 0;
    if (m->other && gp_is_estimate(c->b[i]))
        return fmax(2 * gp_case_allowance(c, i, m->d[i], m->b[i]) / fabs(m->d[i] - c->d[i]),
                    LEAST_CHANCE);
    for (size_t k = 0; k < c->block->entries; k++) {
        count += gp_is_estimate(m->b[k]);
        alike += gp_is_estimate(m->b[k]) && gp_case_explains(c, i, m->d[k], m->b[k]);
    }
    return (double)alike / (double)count;
}

/* Does the move explain every number but a few near misses, and some by more than chance? A
 * rearrangement is told by the estimates that there are, which may be those of a sample: by so
 * many, or by most entries of a small block. */
static int is_moved(const gp_case *c, const gp_move *m) {
    size_t telling = 0, compared = 0, missed = 0, odd = 0;
    double chance = 1;
    for (size_t i = 0; i < c->block->entries; i++) {
        size_t from = m->from(m, i);
        if (from == SIZE_MAX || !gp_is_estimate(m->b[from]))
            continue;
        double off = fabs(c->a[i] - m->d[from]);
        double allowed = gp_case_allowance(c, i, m->d[from], m->b[from]);
        compared++;
        if (!(off <= MISS * allowed)) {
            if (!c->lenient || !gp_case_known(c, i) ||
                gp_case_speaks_for_itself(c, i, m->d[from] - c->d[i]))
                return 0;
            odd++;
            continue;
        }
        if (off > allowed) {
            *(c->lenient ? &odd : &missed) += 1;
            continue;
        }
        /* Of a sample, few entries are known both where they are and where they came from. */
        int unseen = !gp_is_estimate(c->b[i]);
        if ((from == i && !m->other) || (unseen && !c->sampled))
            continue;
        if (!unseen && (gp_case_explains(c, i, c->d[i], c->b[i]) ||
                        !gp_case_differs(c, i, m->d[from], m->b[from], c->d[i])))
            continue;
        if (telling++ < MOVES_WEIGHED)
            chance *= chance_of_number(c, m, i);
    }
    if (odd > 0 && (MOVES_ODD * odd > compared || telling < MOVES_ODD))
        return 0;
    return telling >= 2 && chance <= CHANCE_OF_MOVE && missed * MOVES_MISSED <= compared &&
           (compared >= MOVES_COMPARED || 2 * compared > c->block->entries);
}

static size_t from_transposed(const gp_move *m, size_t i) {
    size_t rows = m->s.length;
    return i % rows * m->columns + i / rows;
}

int gp_cause_transposed(const gp_case *c) {
    size_t rows, columns;
    if (!c->one_point || !gp_case_is_matrix(c, &rows, &columns) || rows < 2 || columns < 2)
        return 0;
    gp_move m = {.from = from_transposed, .d = c->d, .b = c->b, .columns = columns};
    m.s.length = rows;
    return is_moved(c, &m) ? gp_named(gp_report_add_diagnosis(
                                 c->report, c->number, "transposed", NAN,
                                 "%s (%zu x %zu) holds its own transpose: entry [i][j] is "
                                 "where [j][i] of the %zu x %zu matrix belongs",
                                 c->block->name, rows, columns, columns, rows))
                           : 0;
}

static size_t from_shifted(const gp_move *m, size_t i) {
    size_t to = gp_slice_index(&m->s, i), length = m->s.length;
    size_t from = (to + length - (size_t)m->by) % length; /* by may be -1 */
    int enters = m->by > 0 ? to == 0 : to == length - 1;
    return enters && !m->around ? SIZE_MAX : i - to * m->s.inner + from * m->s.inner;
}

static size_t from_reversed(const gp_move *m, size_t i) {
    size_t to = gp_slice_index(&m->s, i);
    return i - to * m->s.inner + (m->s.length - 1 - to) * m->s.inner;
}

/* Along the axis of a slice; what fits in two directions is neither. */
static int moved(const gp_case *c, gp_slice s, size_t number) {
    char where[40];
    gp_move shift = {.from = from_shifted, .d = c->d, .b = c->b, .s = s}, found = {0};
    gp_move reverse = {.from = from_reversed, .d = c->d, .b = c->b, .s = s};
    if (!c->one_point || s.length < 3)
        return 0;
    gp_case_view_name(c, number, where, sizeof where);
    for (shift.around = 1; shift.around >= 0 && !found.from; shift.around--)
        for (shift.by = 1; shift.by >= -1; shift.by -= 2)
            if (is_moved(c, &shift)) {
                if (found.from)
                    return 0;
                found = shift;
            }
    if (is_moved(c, &reverse)) {
        if (found.from)
            return 0;
        return gp_named(
            gp_report_add_diagnosis(c->report, c->number, "reversed", NAN,
                                    "%s is in reverse order%s: entry i holds the derivative of "
                                    "entry %zu-i",
                                    c->block->name, where, s.length - 1));
    }
    if (!found.from)
        return 0;
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, "shifted", found.by,
        "%s is shifted by one%s: entry i holds the derivative of entry i%s1%s", c->block->name,
        where, found.by == 1 ? "-" : "+",
        !found.around   ? ""
        : found.by == 1 ? ", and the first that of the last"
                        : ", and the last that of the first"));
}

int gp_cause_rearranged(const gp_case *c) {
    int named = moved(c, gp_slice_flat(c), SIZE_MAX);
    for (size_t k = gp_case_views(c); named == 0 && k-- > 0;)
        named = moved(c, gp_case_view(c, k), k);
    return named;
}

/* The first and the last index of a slice in each other's place. */
static size_t from_exchanged(const gp_move *m, size_t i) {
    const gp_slice *s = &m->s;
    size_t index = gp_slice_index(s, i), reach = (s->width - 1) * s->inner;
    return index == s->from ? i + reach : index == s->from + s->width - 1 ? i - reach : i;
}

int gp_cause_exchanged(const gp_case *c) {
    size_t views = gp_case_views(c);
    if (!c->one_point || c->sampled || c->wrong_elsewhere)
        return 0; /* what is wrong at other points as well isn't these two alone */
    for (size_t k = 0; k <= views; k++) {
        gp_move m = {.from = from_exchanged, .d = c->d, .b = c->b};
        char where[40];
        m.s = k < views ? gp_case_view(c, k) : gp_slice_flat(c); /* last, two single entries */
        if (gp_slice_narrow(c, &m.s) < 2 || m.s.length < 3 || !is_moved(c, &m))
            continue;
        return gp_named(gp_report_add_diagnosis(
            c->report, c->number, "swapped", NAN, "%s has %zu and %zu%s in each other's place",
            c->block->name, m.s.from, m.s.from + m.s.width - 1,
            gp_case_view_name(c, k < views ? k : SIZE_MAX, where, sizeof where)));
    }
    return 0;
}

static size_t from_the_same(const gp_move *m, size_t i) {
    (void)m;
    return i;
}

int gp_cause_swapped(const gp_case *c) {
    const gp_function *f = c->evidence->function;
    if (!c->one_point || c->exercised < 2)
        return 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *other = &f->block[k];
        if (k == c->number || other->entries != c->block->entries)
            continue;
        gp_move m = {.from = from_the_same,
                     .d = c->numbers->d + other->offset,
                     .b = c->numbers->b + other->offset,
                     .other = 1};
        if (is_moved(c, &m))
            return gp_named(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                                    "%s holds the derivative of %s", c->block->name,
                                                    other->name));
    }
    return 0;
}

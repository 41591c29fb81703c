/* See explain.h. Everything here goes by the gradient at the given point. */
#include "manifold/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A part of a gradient below this share of it, times what its precision leaves, is rounding. */
static const double ROUNDING_F64 = 1e-9, ROUNDING_F32 = 1e-4;
/* A reading takes the place of the declared one only where it is off by so much less. */
static const double MATCH_RATIO = 0.05;

static double rounding(const gp_flat *t) {
    return t->f->dtype == GP_FLOAT64 ? ROUNDING_F64 : ROUNDING_F32;
}

/* The context in which the given point was judged. */
static int return_to_base(const gp_function *f, uint64_t seed) {
    int refused = f->batch ? f->batch(f->user, 0) : 0;
    if (!refused && f->select_part)
        refused = f->select_part(f->user, 0);
    if (!refused && f->select_examples)
        refused = f->select_examples(f->user, 0, f->examples);
    return !refused && f->seed ? f->seed(f->user, seed) : refused;
}

/* The share of a gradient's length that is normal to the space, over all items; of a reading that
 * has to be tangent, of the numbers as they are given, whatever its metric makes of them. */
static int normal_share(const gp_flat *t, const gp_flat_block *b, const gp_reading *reading,
                        const double *given, double *G, double *share) {
    const gp_item *item = &b->item;
    size_t each = b->given / b->items;
    double all = 0, normal = 0;
    double *tangent = malloc(item->numbers * sizeof *tangent);
    if (!tangent)
        return GP_NO_MEMORY;
    int refused = 0;
    for (size_t q = 0; q < b->items && !refused; q++) {
        const double *x = t->f->x + b->x + q * item->numbers;
        const double *g = given + b->g + q * each;
        if (reading->tangent)
            memcpy(G, g, item->numbers * sizeof *G);
        else
            refused = reading->covector(item, x, g, G);
        memcpy(tangent, G, item->numbers * sizeof *G);
        if (!refused)
            refused = item->geometry->project(item, x, tangent);
        for (size_t i = 0; i < item->numbers && !refused; i++) {
            all = hypot(all, G[i]);
            normal = hypot(normal, G[i] - tangent[i]);
        }
    }
    free(tangent);
    *share = all > 0 ? normal / all : 0;
    return refused;
}

/* ---- other readings ------------------------------------------------------------------ */

/* How a reading's numbers compare with those that are known of a block at the given point. */
typedef struct match {
    double off,
        declared; /* sums of squares over refuted entries: of the reading, of what is declared */
    size_t wrong; /* how many of these there are */
    int fits;
} match;

static void hold(const gp_report *r, size_t entry, double a, match *m) {
    const gp_entry *e = gp_report_at(r, entry);
    if (e->point != 0 || e->status == GP_ENTRY_UNCHECKED || !isfinite(e->numeric) ||
        !isfinite(e->bound))
        return;
    double tolerance = r->rtol * (fmax(fabs(a), fabs(e->numeric)) + e->floor) + e->bound;
    m->fits &= fabs(a - e->numeric) <= tolerance;
    if (e->status != GP_ENTRY_REFUTED)
        return;
    m->off += (a - e->numeric) * (a - e->numeric);
    m->declared += (e->analytic - e->numeric) * (e->analytic - e->numeric);
    m->wrong++;
}

/* *explained: not 0 where a reading is right in every number, and much better than what is
 * declared. Returns 0, or what the reading refused with. */
static int explains(const gp_flat *t, const gp_report *r, const gp_flat_block *b,
                    const gp_reading *reading, const double *given, double *room, int *explained) {
    match m = {.fits = 1};
    size_t each = b->given / b->items;
    *explained = 0;
    for (size_t q = 0; q < b->items && m.fits; q++) {
        const double *x = t->f->x + b->x + q * b->item.numbers;
        int refused = gp_flat_read(b, x, reading, given + b->g + q * each, room);
        if (refused)
            return refused;
        size_t first = b->item.k[0], second = b->item.k[1];
        for (size_t c = 0; c < first; c++)
            hold(r, b->y[0] + q * first + c, room[c], &m);
        for (size_t c = 0; c < second; c++)
            hold(r, b->y[1] + q * second + c, room[first + c], &m);
    }
    *explained = m.fits && m.wrong > 0 && sqrt(m.off) <= MATCH_RATIO * sqrt(m.declared);
    return 0;
}

static int is_refuted(const gp_report *r, const gp_flat_block *b) {
    int refuted = 0;
    for (size_t k = b->block; k < b->block + b->blocks; k++)
        refuted |= r->block[k].result.verdict == GP_REFUTED;
    return refuted;
}

/* Takes the place of other causes, which know of no space, in all of a block's parts. */
static gp_status say(gp_report *r, const gp_flat *t, size_t k, const char *kind, const char *line) {
    const gp_flat_block *b = &t->block[k];
    gp_status status = GP_OK;
    for (size_t part = b->block; part < b->block + b->blocks && status == GP_OK; part++) {
        if (r->block[part].result.verdict != GP_REFUTED)
            continue;
        gp_report_clear_diagnoses(r, part);
        status = gp_report_add_diagnosis(r, part, kind, NAN, "%s", line);
    }
    return status;
}

/* The same of readings that may be meant: one that has to be tangent is not where the gradient
 * isn't. */
static int is_meant(const gp_flat *t, const gp_report *r, const gp_flat_block *b,
                    const gp_reading *other, const double *given, double *room, int *meant) {
    const gp_reading *own = b->space->reading;
    double share = 0;
    *meant = 0;
    if (other == own || other->numbers != own->numbers)
        return 0;
    int refused = other->tangent ? normal_share(t, b, other, given, room, &share) : 0;
    if (!refused && share <= rounding(t))
        refused = explains(t, r, b, other, given, room, meant);
    return refused;
}

/* The reading by which a refuted block is right; those that have to be tangent say more, and are
 * asked first. */
static gp_status name_reading(gp_flat *t, gp_report *r, size_t k, const double *given,
                              double *room) {
    const gp_flat_block *b = &t->block[k];
    char line[500];
    for (int tangent = 1; tangent >= 0; tangent--)
        for (const gp_reading *o = b->item.geometry->readings; o->covector; o++) {
            int meant = 0;
            if (o->tangent == tangent && is_meant(t, r, b, o, given, room, &meant) == GP_NO_MEMORY)
                return GP_ERROR_MEMORY;
            if (!meant)
                continue;
            snprintf(line, sizeof line, "%.100s is right as %s; it was taken as %s",
                     t->f->block[k].name, o->text, b->space->reading->text);
            return say(r, t, k, o->kind, line);
        }
    return GP_OK;
}

/* ---- what is normal, which triangle ---------------------------------------------------- */

/* A block whose entries are right may be wrong as a whole. */
static gp_status refute(gp_report *r, const gp_flat *t, size_t k, double share) {
    const gp_flat_block *b = &t->block[k];
    for (size_t part = b->block; part < b->block + b->blocks; part++) {
        r->block[part].result.verdict = r->block[part].whole = GP_REFUTED;
        gp_report_clear_diagnoses(r, part);
        gp_status status = gp_report_add_diagnosis(
            r, part, "not-tangent", NAN,
            "%.100s isn't tangent: %.2g of its length is normal to the space of %s; its tangent "
            "part is right: was it projected?",
            t->f->block[k].name, share, b->item.geometry->title);
        if (status != GP_OK)
            return status;
    }
    r->verdict = GP_REFUTED;
    return GP_OK;
}

static gp_status tell_normal(gp_flat *t, gp_report *r, size_t k, const double *given,
                             double *room) {
    const gp_flat_block *b = &t->block[k];
    double share = 0;
    if (!b->item.geometry->project || b->space->reading->numbers != 0)
        return GP_OK;
    int refused = normal_share(t, b, b->space->reading, given, room, &share);
    if (refused || !isfinite(share))
        return refused == GP_NO_MEMORY ? GP_ERROR_MEMORY : GP_OK;
    int tangent = share <= rounding(t);
    if (b->space->reading->tangent && share > fmax(r->rtol, rounding(t)) && !is_refuted(r, b))
        return refute(r, t, k, share);
    if (tangent)
        return gp_report_add_practice(r, "%.100s: the gradient is tangent", t->f->block[k].name);
    return gp_report_add_practice(r,
                                  "%.100s: %.2g of the gradient's length is normal to the space, "
                                  "which moves no point of it",
                                  t->f->block[k].name, share);
}

/* Sizes of G's triangles, and of how far they are from (conjugate) symmetry. */
typedef struct triangles {
    double below, above, apart;
} triangles;

static void look_at(const gp_item *item, const double *g, triangles *t) {
    size_t n = item->rows, numbers = item->numbers / (n * n); /* 2 of complex ones */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t part = 0; part < numbers; part++) {
                double a = g[(i * n + j) * numbers + part], b = g[(j * n + i) * numbers + part];
                t->below = fmax(t->below, fabs(a));
                t->above = fmax(t->above, fabs(b));
                t->apart = fmax(t->apart, fabs(part ? a + b : a - b));
            }
}

static gp_status tell_triangles(gp_flat *t, gp_report *r, size_t k, const double *given) {
    const gp_flat_block *b = &t->block[k];
    triangles s = {0, 0, 0};
    for (size_t q = 0; q < b->items; q++)
        look_at(&b->item, given + b->g + q * b->item.numbers, &s);
    if (s.below == 0 && s.above == 0)
        return GP_OK;
    int hermitian = b->item.geometry == &GP_SPACE_HERMITIAN;
    const char *how = s.above == 0   ? "is in the lower triangle"
                      : s.below == 0 ? "is in the upper triangle"
                      : s.apart <= rounding(t) * fmax(s.below, s.above)
                          ? (hermitian ? "is Hermitian" : "is symmetric")
                          : "isn't symmetric: its symmetric part is what counts";
    return gp_report_add_practice(r, "%.100s: the gradient %s", t->f->block[k].name, how);
}

gp_status gp_flat_explain(gp_flat *t, gp_report *r) {
    const gp_function *f = t->f;
    gp_status status = GP_OK;
    size_t most = 1;
    if (r->verdict == GP_FAILED || r->interrupted || return_to_base(f, r->seed) != 0)
        return GP_OK;
    for (size_t k = 0; k < f->blocks; k++) {
        most = fmax((double)most, (double)t->block[k].item.numbers);
        most = fmax((double)most, (double)gp_item_coordinates(&t->block[k].item));
    }
    double *given = malloc((t->given + most) * sizeof *given), *room = given + t->given;
    if (!given)
        return GP_ERROR_MEMORY;
    int refused = gp_flat_given(t, given);
    for (size_t k = 0; k < f->blocks && status == GP_OK && !refused; k++) {
        const gp_flat_block *b = &t->block[k];
        if (!b->space)
            continue;
        if (is_refuted(r, b))
            status = name_reading(t, r, k, given, room);
        else if (b->item.geometry->triangles)
            status = tell_triangles(t, r, k, given);
        if (status == GP_OK && !(b->item.geometry->triangles && !b->space->reading->tangent))
            status = tell_normal(t, r, k, given, room);
    }
    free(given);
    return status == GP_OK && refused == GP_NO_MEMORY ? GP_ERROR_MEMORY : status;
}

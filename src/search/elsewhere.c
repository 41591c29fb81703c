/* Random directions at points that nobody asked about: a gradient may be right at the given point
 * and wrong elsewhere (one that was stored; branches that the given point doesn't exercise), and at
 * an exact minimum no direction can tell a right one from a wrong one. The points, and what makes a
 * place regular, are those of points.c (docs/decisions/0042). */
#include "search/elsewhere.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/conclude.h"
#include "judge/verdict.h"
#include "judge/words.h"
#include "search/contract.h"
#include "search/points.h"
#include "search/project.h"
#include "search/repeat.h"
#include "system/text.h"
#include "system/vector.h"

enum {
    PLACES = 3,        /* random points at most; the second and third where they may help */
    ACCUSED = 24,      /* entries of a block that are asked about once more, at a place */
    DESCENT = 10000000 /* no descent for more entries: it takes three more arrays of them */
};
/* Where directions at the given point leave room for an error of this share of the gradient, they
 * can't be relied on to see one elsewhere. */
static const double BLIND = 0.1;
/* Weights along a direction lie within this factor of their block's. */
static const double WEIGHTS = 8;

typedef struct gp_elsewhere {
    gp_check_state *check;
    uint64_t *print, *print_there; /* fingerprints of the blocks' gradients: given, at the place */
    gp_reach *there;               /* of the blocks at the place; the given point's: check->reach */
    unsigned char *exercised;      /* a bit an entry: its gradient isn't 0 at a point that counts */
    unsigned char *flat;   /* one a block: the given point is too flat to tell anything about it */
    unsigned char *hidden; /* one a block: it is flat, and its gradient is more than rounding */
    int settled;           /* the last place has left nothing that another may show */
    int refuted;
} gp_elsewhere;

static gp_outcome out_of_memory(gp_check_state *c) {
    return gp_evaluator_fault(c->evaluator, "memory", "out of memory for another point");
}

/* ---- what is known of the given point --------------------------------------------- */

/* *finite: all numbers are. */
static void take_fingerprints(const gp_check_state *c, uint64_t *print, int *finite) {
    const gp_function *f = c->function;
    *finite = 1;
    for (size_t b = 0; b < f->blocks; b++) {
        int all;
        print[b] = gp_fingerprint(c->gradient + f->block[b].offset, f->block[b].entries, &all);
        *finite &= all;
    }
}

/* The gradient of block b, not all of it zero, is bit for bit that of the given point, and it isn't
 * known yet to be wrong here. */
static int is_same(const gp_elsewhere *e, size_t b) {
    const gp_block *block = &e->check->function->block[b];
    return e->print[b] == e->print_there[b] && e->check->report->block[b].result.diagnoses == 0 &&
           gp_count_nonzero(e->check->gradient + block->offset, block->entries) > 0;
}

/* How many blocks have the gradient of the given point? */
static size_t count_same(const gp_elsewhere *e) {
    size_t count = 0;
    for (size_t b = 0; b < e->check->function->blocks; b++)
        count += (size_t)is_same(e, b);
    return count;
}

/* Blocks whose gradient the directions can't tell from zero, which isn't for noise: next to what f
 * changes by over the length of its parameters, both are nothing. */
static gp_outcome find_flat(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    double variation = 0;
    size_t candidates = 0;
    for (size_t b = 0; b < c->function->blocks; b++) {
        e->flat[b] = c->reach[b].size <= c->reach[b].excluded;
        candidates += e->flat[b];
    }
    if (candidates == 0)
        return GP_EVALUATED;
    gp_outcome outcome = gp_check_variation(c, c->report->value, &variation);
    for (size_t b = 0; b < c->function->blocks; b++)
        e->flat[b] &=
            (c->reach[b].size + c->reach[b].excluded) * c->typical[b] <= BLIND * variation;
    return outcome;
}

/* Is there a block of which the given point says nothing, still? */
static int is_open(const gp_elsewhere *e) {
    return memchr(e->flat, 1, e->check->function->blocks) != NULL;
}

/* The largest number of a block's gradient. */
static double size_of(const gp_check_state *c, size_t b) {
    const gp_block *block = &c->function->block[b];
    return gp_largest(c->gradient + block->offset, block->entries);
}

/* Flat blocks whose gradient isn't what the given point shows: what it claims is either rounding of
 * the gradient itself, as in an exact minimum, and no more the same where x moves by a few units in
 * its last place; or it is hidden, as where the value has saturated. */
static gp_outcome find_hidden(gp_elsewhere *e) {
    static const double UNITS = 8, SAME = 0.125;
    gp_check_state *c = e->check;
    const gp_function *f = c->function;
    if (!c->excused || !is_open(e))
        return GP_EVALUATED;
    double *moved = gp_evaluator_elsewhere(c->evaluator);
    double *size = malloc(f->blocks * sizeof *size);
    gp_outcome outcome = moved && size ? GP_EVALUATED : out_of_memory(c);
    for (size_t b = 0; b < f->blocks && outcome == GP_EVALUATED; b++)
        size[b] = size_of(c, b);
    if (outcome == GP_EVALUATED) {
        gp_check_beside(c, UNITS * gp_dtype_epsilon(f->dtype), moved);
        gp_evaluator_set_point(c->evaluator, moved);
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
    }
    for (size_t b = 0; b < f->blocks && outcome == GP_EVALUATED; b++)
        e->hidden[b] = e->flat[b] && fabs(size_of(c, b) - size[b]) < SAME * size[b];
    free(size);
    return outcome;
}

static int is_blind(const gp_elsewhere *e) {
    const gp_check_state *c = e->check;
    int blind = 0;
    for (size_t b = 0; b < c->function->blocks; b++)
        blind |= !e->flat[b] && c->reach[b].excluded > BLIND * c->reach[b].size;
    return blind;
}

/* Adds the entries of block b whose gradient isn't zero here to those that are exercised. */
static void note_exercised(gp_elsewhere *e, size_t b) {
    const gp_block *block = &e->check->function->block[b];
    size_t count = 0;
    for (size_t i = block->offset; i < block->offset + block->entries; i++) {
        unsigned char *byte = &e->exercised[i / 8], bit = (unsigned char)(1 << i % 8);
        if (e->check->gradient[i] != 0)
            *byte |= bit;
        count += (*byte & bit) != 0;
    }
    e->check->report->block[b].result.exercised = count;
}

static size_t exercised_in_all(const gp_check_state *c) {
    size_t sum = 0;
    for (size_t b = 0; b < c->function->blocks; b++)
        sum += c->report->block[b].result.exercised;
    return sum;
}

/* ---- one place --------------------------------------------------------------------- */

/* Random directions at the evaluator's point, where the value is f0, into a report of their own.
 * *off, not NULL: whether they disagree with the gradient is all that is asked. */
static gp_outcome project_here(gp_elsewhere *e, double f0, gp_tolerance *tolerance, int *off,
                               gp_report **report) {
    gp_check_state *c = e->check, here = *c;
    memcpy(tolerance, c->tolerance, c->function->blocks * sizeof *tolerance);
    here.tolerance = tolerance;
    here.reach = e->there;
    here.brief = off || exercised_in_all(c) == c->function->n ? GP_BRIEF_LOOK : GP_BRIEF_VERIFY;
    if (is_open(e) && !off) /* the scale of a flat block must be known well */
        here.brief = GP_BRIEF_NOT;
    here.hasty = off != NULL;
    here.off = 0;
    if (gp_report_create(c->function, c->function->name, 0, report) != GP_OK)
        return out_of_memory(c);
    here.report = *report;
    here.report->value = f0;
    gp_outcome outcome = gp_project(&here);
    c->executor = here.executor;
    if (off)
        *off = here.off;
    for (size_t k = 0; k < here.report->losses && outcome != GP_FAULT; k++)
        if (gp_report_add_loss(c->report, here.report->loss[k]) != GP_OK)
            outcome = out_of_memory(c);
    gp_conclude(here.report, tolerance);
    return outcome;
}

/* Why entries may be wrong here: directions have refuted them, their numbers aren't finite, or
 * their block has the gradient of the given point. */
typedef enum gp_reason { REFUTED, NOT_FINITE, SAME } gp_reason;

static int is_accused(const gp_elsewhere *e, gp_reason reason, const gp_report *there, size_t i) {
    return reason == REFUTED      ? gp_report_at(there, i)->status == GP_ENTRY_REFUTED
           : reason == NOT_FINITE ? !isfinite(e->check->gradient[i])
                                  : 0; /* no entry more than another */
}

static int has_accused(const gp_elsewhere *e, gp_reason reason, const gp_report *there, size_t b) {
    int finite;
    if (reason == REFUTED)
        return there->block[b].result.count[GP_ENTRY_REFUTED] > 0;
    if (reason == SAME)
        return is_same(e, b);
    (void)gp_fingerprint(e->check->gradient + e->check->function->block[b].offset,
                         e->check->function->block[b].entries, &finite);
    return !finite;
}

/* The first of the accused of each block, and as many of all of its entries, by which noise and
 * stairs are known: ascending. */
static size_t list_accused(const gp_elsewhere *e, gp_reason reason, const gp_report *there,
                           size_t *list) {
    const gp_function *f = e->check->function;
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        size_t first = f->block[b].offset, entries = f->block[b].entries, accused = 0;
        size_t stride = (entries + ACCUSED - 1) / ACCUSED;
        if (!has_accused(e, reason, there, b))
            continue;
        for (size_t i = first; i < first + entries; i++) {
            int is = accused < ACCUSED && is_accused(e, reason, there, i);
            accused += is;
            if (is || (i - first) % stride == 0)
                list[count++] = i;
        }
    }
    return count;
}

/* Blocks with entries that are refuted here: why. */
static gp_outcome name_causes(gp_elsewhere *e, size_t number, const gp_report *there) {
    gp_check_state *c = e->check;
    gp_report *r = c->report;
    for (size_t b = 0; b < c->function->blocks; b++) {
        size_t i = c->function->block[b].offset, end = i + c->function->block[b].entries, wrong = 0;
        for (i = gp_report_next(r, i); i < end; i = gp_report_next(r, i + 1))
            wrong += gp_report_at(r, i)->status == GP_ENTRY_REFUTED &&
                     gp_report_at(r, i)->point == number;
        if (wrong == 0)
            continue;
        if (is_same(e, b)) {
            if (gp_name_stored(r, b) != GP_OK)
                return out_of_memory(c);
            continue;
        }
        for (size_t k = 0; there && k < there->block[b].result.diagnoses; k++) {
            const gp_diagnosis *d = &there->block[b].diagnosis[k];
            if (gp_report_add_diagnosis(r, b, d->kind, d->factor, "%s", d->message) != GP_OK)
                return out_of_memory(c);
        }
    }
    return GP_EVALUATED;
}

/* What is accused is refuted where the place is regular. `there`: what directions say, or NULL. */
static gp_outcome confirm(gp_elsewhere *e, gp_reason reason, size_t number, double f0,
                          const gp_report *there) {
    gp_check_state *c = e->check;
    size_t n = c->function->n, refuted = 0;
    size_t *list = malloc(2 * c->function->blocks * ACCUSED * sizeof *list);
    c->other = malloc(n * sizeof *c->other);
    gp_outcome outcome = list && c->other ? GP_EVALUATED : out_of_memory(c);
    if (outcome == GP_EVALUATED) {
        memcpy(c->other, c->gradient, n * sizeof *c->other);
        size_t count = list_accused(e, reason, there, list);
        outcome = gp_survey_place(c, GP_FROM_SECOND_OPINION, number,
                                  gp_report_point(c->report, number), f0, list, count, &refuted);
    }
    free(c->other);
    free(list);
    c->other = NULL;
    e->refuted |= refuted > 0;
    if (outcome == GP_EVALUATED && refuted) {
        outcome = name_causes(e, number, there);
        e->settled = count_same(e) == 0;
    }
    if (outcome == GP_EVALUATED && !refuted && reason != SAME &&
        gp_report_add_practice(c->report,
                               "random directions disagree with the gradient %s, but not so that "
                               "it can be told from a pole, a kink, a clip or rounding there",
                               gp_report_point(c->report, number)))
        outcome = out_of_memory(c);
    return outcome;
}

/* Single entries of a flat block that the given point has left unresolved, in what is nothing on
 * the scale of an entry here: directions stand for them. */
static gp_outcome release_entries(gp_elsewhere *e, size_t b) {
    gp_check_state *c = e->check;
    const gp_block *block = &c->function->block[b];
    double scale = e->there[b].size / sqrt((double)block->entries);
    size_t end = block->offset + block->entries;
    for (size_t i = gp_report_next(c->report, block->offset); i < end;
         i = gp_report_next(c->report, i + 1)) {
        gp_entry entry = *gp_report_at(c->report, i);
        double open = fabs(entry.analytic - entry.numeric) + entry.bound;
        if (entry.status != GP_ENTRY_UNRESOLVED || !(open <= c->options.rtol * scale))
            continue;
        entry.status = GP_ENTRY_UNCHECKED;
        if (gp_findings_put(c->report, GP_FROM_DIRECTIONS, i, &entry) != GP_OK)
            return out_of_memory(c);
    }
    return GP_EVALUATED;
}

/* What directions have verified here counts for entries that the given point doesn't exercise; and
 * for a block in which it exercises none, if what it leaves open is nothing on the scale of this
 * place. */
static gp_outcome count_verified(gp_elsewhere *e, const gp_report *there,
                                 const gp_tolerance *tolerance) {
    gp_check_state *c = e->check;
    for (size_t b = 0; b < c->function->blocks; b++) {
        gp_report_block_data *block = &c->report->block[b];
        const gp_block_result *here = &there->block[b].result;
        if (here->verdict != GP_VERIFIED || here->exercised == 0)
            continue;
        int flat = e->flat[b];
        if (flat) {
            /* An entry of it that is small elsewhere too would be vouched for by others. */
            if (e->hidden[b] ||
                !(WEIGHTS * c->reach[b].excluded <= c->options.rtol * e->there[b].size))
                continue;
            for (size_t i = here->offset; i < here->offset + here->entries; i++)
                e->exercised[i / 8] &= (unsigned char)~(1 << i % 8);
            gp_findings_put_block(c->report, b, GP_VERIFIED);
            block->result.resolution = here->resolution;
            c->tolerance[b] = tolerance[b];
            e->flat[b] = 0;
            if (release_entries(e, b) == GP_FAULT)
                return GP_FAULT;
        }
        if (flat || block->result.exercised < here->entries)
            note_exercised(e, b);
    }
    return GP_EVALUATED;
}

static gp_outcome learn(gp_elsewhere *e, size_t number, double f0, const gp_report *there,
                        const gp_tolerance *tolerance) {
    gp_check_state *c = e->check;
    unsigned directions = 0;
    size_t before = exercised_in_all(c);
    if (there->verdict == GP_REFUTED)
        return confirm(e, REFUTED, number, f0, there);
    if (count_verified(e, there, tolerance) == GP_FAULT)
        return GP_FAULT;
    size_t after = exercised_in_all(c);
    e->settled = !is_open(e) && (after == before || after == c->function->n) && count_same(e) == 0;
    for (size_t b = 0; b < there->blocks; b++)
        directions = there->block[b].result.directions > directions
                         ? there->block[b].result.directions
                         : directions;
    char reached[64] = "";
    if (there->verdict != GP_VERIFIED && there->resolution > BLIND)
        snprintf(reached, sizeof reached, ", which resolve no more than %.1e there",
                 there->resolution);
    return gp_report_add_practice(c->report,
                                  "looked at again along %u random directions %s, f %.6g to %.6g%s",
                                  directions, gp_report_point(c->report, number), c->report->value,
                                  f0, reached) == GP_OK
               ? GP_EVALUATED
               : out_of_memory(c);
}

/* Where the gradient is that of the given point and directions disagree with it, nothing needs to
 * be located: any entries will do. *done: that is all there is to see here. */
static gp_outcome look_for_stored(gp_elsewhere *e, size_t number, double f0,
                                  gp_tolerance *tolerance, int *done) {
    gp_check_state *c = e->check;
    gp_report *there = NULL;
    int off = 0;
    gp_outcome outcome = project_here(e, f0, tolerance, &off, &there);
    *done = !off && !is_open(e) && exercised_in_all(c) == c->function->n;
    if (outcome == GP_EVALUATED && off)
        outcome = confirm(e, SAME, number, f0, NULL);
    else if (outcome == GP_EVALUATED && *done && !e->refuted)
        outcome = learn(e, number, f0, there, tolerance);
    *done |= e->refuted;
    gp_report_destroy(there);
    return outcome;
}

static gp_outcome look_along(gp_elsewhere *e, size_t number, double f0, gp_tolerance *tolerance) {
    gp_report *there = NULL;
    gp_outcome outcome = project_here(e, f0, tolerance, NULL, &there);
    if (outcome == GP_EVALUATED)
        outcome = learn(e, number, f0, there, tolerance);
    gp_report_destroy(there);
    return outcome;
}

/* The gradient at the evaluator's point, where the value is f0, held against random directions.
 * only_same: if it is that of the given point. Nobody has promised one at a random point, which may
 * be where the function has saturated; descent leads where it is going to be used. */
static gp_outcome look_here(gp_elsewhere *e, size_t number, double f0, int only_same) {
    gp_check_state *c = e->check;
    int finite, random = number < c->function->batches + PLACES;
    gp_outcome outcome =
        gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
    if (outcome != GP_EVALUATED)
        return outcome;
    take_fingerprints(c, e->print_there, &finite);
    size_t same = count_same(e);
    if (only_same && same == 0)
        return GP_EVALUATED;
    c->report->points++;
    if (!finite && random)
        return gp_report_add_practice(c->report, "the gradient isn't finite %s, where the value is",
                                      gp_report_point(c->report, number)) == GP_OK
                   ? GP_EVALUATED
                   : out_of_memory(c);
    if (!finite)
        return confirm(e, NOT_FINITE, number, f0, NULL);
    gp_tolerance *tolerance = malloc(c->function->blocks * sizeof *tolerance);
    outcome = tolerance ? GP_EVALUATED : out_of_memory(c);
    int done = 0;
    if (outcome == GP_EVALUATED && same > 0)
        outcome = look_for_stored(e, number, f0, tolerance, &done);
    if (outcome == GP_EVALUATED && !done) {
        /* The gradient of the place again, which the search for a stored one may have written over.
         */
        if (same > 0)
            outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
        if (outcome == GP_EVALUATED)
            outcome = look_along(e, number, f0, tolerance);
    }
    free(tolerance);
    return outcome;
}

/* ---- all of them ------------------------------------------------------------------- */

/* The numbers of points that move theta, whatever the batch. */
static gp_outcome visit_random(gp_elsewhere *e, size_t k, int only_same) {
    gp_check_state *c = e->check;
    size_t number = c->function->batches + k;
    double f0;
    c->other = gp_evaluator_elsewhere(c->evaluator);
    if (!c->other)
        return GP_FAULT;
    gp_outcome outcome = gp_check_move_further(c, number, &f0);
    c->other = NULL;
    return outcome == GP_EVALUATED ? look_here(e, number, f0, only_same) : outcome;
}

/* Does the gradient differ from an earlier one by no more than rounding explains, and from call to
 * call, which nothing that was left behind would do? */
static gp_outcome varies_here(gp_check_state *c, const double *earlier, int *varies) {
    size_t beyond;
    *varies = 0;
    gp_outcome outcome = gp_compare_gradients(c, earlier, c->gradient, &beyond);
    return outcome != GP_EVALUATED || beyond < c->function->n
               ? outcome
               : gp_ask_again(c, c->gradient, varies);
}

/* The gradient at the given point isn't what it was before the value was asked for elsewhere: it
 * leans on what that has left behind. Entries are told apart by the one after the value here. */
static gp_outcome name_stale(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    size_t n = c->function->n;
    double value, *stale = malloc(n * sizeof *stale);
    c->manner = calloc(n, 1);
    gp_outcome outcome = stale && c->manner ? GP_EVALUATED : out_of_memory(c);
    if (outcome == GP_EVALUATED) {
        memcpy(stale, c->gradient, n * sizeof *stale);
        outcome = gp_evaluator_value(c->evaluator, &value);
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
    int varies = 0;
    if (outcome == GP_EVALUATED)
        outcome = varies_here(c, stale, &varies);
    for (size_t i = 0; i < n && outcome == GP_EVALUATED && !varies; i++)
        if (!gp_same_bits(stale[i], c->gradient[i])) {
            c->manner[i] = GP_MANNER_STALE;
            c->gradient[i] = stale[i];
        }
    if (outcome == GP_EVALUATED)
        outcome = gp_report_odd_entries(c);
    free(stale);
    if (varies || outcome != GP_EVALUATED) { /* nothing is known of how entries are written */
        free(c->manner);
        c->manner = NULL;
    }
    e->refuted |= !varies;
    return outcome;
}

/* c->gradient := the one at the given point, which must be what it was. */
static gp_outcome come_back(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    int finite;
    gp_outcome outcome = gp_check_return(c);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
    if (outcome != GP_EVALUATED || e->refuted)
        return outcome;
    take_fingerprints(c, e->print_there, &finite);
    return memcmp(e->print, e->print_there, c->function->blocks * sizeof *e->print) == 0
               ? outcome
               : name_stale(e);
}

/* After some steps of descent. */
static gp_outcome visit_trained(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    size_t n = c->function->n, steps = 0, number = c->function->batches + PLACES;
    double *x, f0 = c->report->value;
    gp_outcome outcome = come_back(e);
    if (outcome != GP_EVALUATED || n > DESCENT || e->refuted)
        return outcome;
    x = malloc(n * sizeof *x);
    c->other = malloc(n * sizeof *x);
    if (!x || !c->other) {
        outcome = out_of_memory(c);
    } else {
        memcpy(x, c->function->x, n * sizeof *x);
        memcpy(c->other, c->gradient, n * sizeof *x);
        outcome = gp_check_descend(c, x, &f0, &steps);
    }
    free(c->other);
    c->other = NULL;
    if (outcome == GP_EVALUATED && steps > 0) {
        gp_check_move(c, x);
        outcome = gp_evaluator_value(c->evaluator, &f0);
        if (outcome == GP_EVALUATED &&
            gp_report_name_point(c->report, number, "after %zu %s of descent", steps,
                                 gp_plural(steps, "step", "steps")))
            outcome = out_of_memory(c);
        if (outcome == GP_EVALUATED)
            outcome = look_here(e, number, f0, 0);
    }
    free(x);
    return outcome;
}

/* What is wrong at the given point may be so because it was stored at another one: evidence. */
static gp_outcome find_stored(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    size_t n = c->function->n;
    int finite;
    double f0, *in_place = c->gradient;
    c->other = gp_evaluator_elsewhere(c->evaluator);
    gp_outcome outcome = c->other ? gp_check_move_further(c, c->function->batches, &f0) : GP_FAULT;
    c->other = NULL;
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->gradient, NULL, NULL);
    if (outcome != GP_EVALUATED)
        return outcome;
    take_fingerprints(c, e->print_there, &finite);
    if (count_same(e) == 0)
        return GP_EVALUATED;
    outcome = come_back(e);
    c->other = malloc(n * sizeof *c->other);
    c->same = malloc(n);
    double *g = malloc(n * sizeof *g);
    if (outcome == GP_EVALUATED && (!c->other || !c->same || !g))
        outcome = out_of_memory(c);
    if (outcome == GP_EVALUATED) {
        memset(c->same, 1, n);
        memcpy(g, in_place, n * sizeof *g);
        c->gradient = g;
        /* Directions take steps so wide that their noise says nothing of those that are taken here.
         */
        outcome = gp_check_tiny_noise(c, c->report->value, &c->noise.loud);
        if (outcome == GP_EVALUATED)
            outcome = gp_find_stored(c, NULL);
        c->gradient = in_place;
    }
    for (size_t b = 0; b < c->function->blocks && outcome == GP_EVALUATED; b++)
        if (c->stored[b] && c->report->block[b].result.verdict == GP_REFUTED) {
            /* That says more than where it shows. */
            gp_report_clear_diagnoses(c->report, b);
            if (gp_name_stored(c->report, b) != GP_OK)
                outcome = out_of_memory(c);
        }
    free(g);
    free(c->other);
    free(c->same);
    c->other = NULL;
    c->same = NULL;
    return outcome;
}

/* A place that can't be evaluated is no reason to stop. */
static gp_outcome visit_all(gp_elsewhere *e) {
    gp_check_state *c = e->check;
    size_t points = c->options.points, places = points > PLACES ? PLACES : points - 1;
    gp_outcome outcome = GP_EVALUATED;
    if (points == 1 || is_blind(e)) {
        outcome = visit_random(e, 0, 1);
        if (outcome != GP_FAULT && !e->refuted && points > 1 &&
            gp_report_add_practice(c->report,
                                   "not done: further points, where random directions would see no "
                                   "more than at the given one"))
            outcome = out_of_memory(c);
        return outcome;
    }
    for (size_t k = 0; k < places && outcome != GP_FAULT && !e->settled; k++)
        outcome = visit_random(e, k, e->refuted); /* other blocks may be stored as well */
    if (outcome != GP_FAULT && !e->refuted && points > 1 && !c->options.no_descent)
        outcome = visit_trained(e);
    return outcome;
}

gp_outcome gp_project_elsewhere(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_elsewhere e = {.check = c};
    int finite;
    gp_conclude(c->report, c->tolerance);
    gp_verdict verdict = c->report->verdict;
    c->report->verdict = GP_VERIFIED; /* so far: it is concluded once more */
    if (c->report->losses || c->manner)
        return GP_EVALUATED;
    if (f->team)
        return gp_report_add_practice(c->report, "not done: further points, which a function that "
                                                 "is spread over ranks isn't asked about") == GP_OK
                   ? GP_EVALUATED
                   : out_of_memory(c);
    e.print = calloc(2 * f->blocks, sizeof *e.print);
    e.there = calloc(f->blocks, sizeof *e.there);
    e.exercised = calloc(f->n / 8 + 1, 1);
    e.flat = calloc(2 * f->blocks, 1);
    c->stored = calloc(c->shown->blocks, 1);
    gp_outcome outcome =
        e.print && e.there && e.exercised && e.flat && c->stored ? GP_EVALUATED : out_of_memory(c);
    if (outcome == GP_EVALUATED) {
        e.print_there = e.print + f->blocks;
        e.hidden = e.flat + f->blocks;
        take_fingerprints(c, e.print, &finite);
        for (size_t b = 0; b < f->blocks; b++)
            if (c->report->block[b].result.exercised < f->block[b].entries)
                note_exercised(&e, b);
        outcome = find_flat(&e);
        if (outcome == GP_EVALUATED && verdict != GP_REFUTED)
            outcome = find_hidden(&e);
        if (outcome != GP_FAULT)
            outcome = verdict == GP_REFUTED ? find_stored(&e) : visit_all(&e);
        if (outcome != GP_FAULT)
            outcome = come_back(&e);
    }
    free(e.print);
    free(e.there);
    free(e.exercised);
    free(e.flat);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Points that nobody asked about: further ones for what the given point leaves silent, one after
 * some steps of descent, others where a gradient that is the same everywhere is told from a
 * derivative that is. The given point may be anywhere; these are our choice, and what is refuted
 * there must be so at a regular place (docs/decisions/0026). */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/contract.h"
#include "search/cost.h"
#include "search/looks.h"
#include "search/points.h"
#include "search/witness.h"
#include "system/text.h"
#include "system/vector.h"

enum {
    DESCENT_STEPS = 10,     /* of training before the trained point */
    TRAINED_DIRECTIONS = 3, /* looked along there; where these don't tell, */
    TRAINED_SAMPLE = 16,    /* up to so many entries of a block, */
    TRAINED_SHARE = 8,      /* one in so many, */
    TRAINED_LEAST = 2,      /* but at least so many are looked at */
    ROUNDINGS = 4,          /* points within rounding of a place, */
    NEIGHBOURS = 2,         /* and a little way off, that must say the same */
    CONFIRMED = 8,          /* entries of a block that are asked about there */
    FLAT_POINTS = 3,        /* further points for blocks of which nothing but zeros is known */
    STORED_POINTS = 4,      /* where stored gradients are looked for, */
    STORED_EVIDENCE = 12,   /* and where it is known that something is wrong */
    STORED_EFFORT = 20,     /* evaluations along each direction there, */
    STORED_ENTRIES = 4,     /* entries of a block that are asked about by themselves, */
    STORED_ALONE = 4        /* at so many places */
};

gp_outcome gp_check_evaluate(gp_check_state *c, double *f0) {
    gp_outcome outcome = gp_evaluator_value(c->evaluator, f0);
    return outcome == GP_EVALUATED
               ? gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL)
               : outcome;
}

/* ---- regular places -------------------------------------------------------------- */

/* The report of random directions has room for what is put into it alone. */
static gp_outcome put_entry(gp_check_state *c, gp_origin origin, size_t i, const gp_entry *entry) {
    return gp_findings_put(c->report, origin, i, entry) == GP_OK
               ? GP_EVALUATED
               : gp_evaluator_no_memory(c->evaluator);
}

/* A place of our choice, and the entries that are refuted there. */
typedef struct gp_place {
    double *x, *g; /* n each: the place, and the gradient under test there */
    double
        *rounding; /* n: how far g moves where x moves by a few units in its last place: at most, */
    double *surely; /* n: and at least */
    size_t number;
    size_t *accused; /* count */
    size_t count;
    unsigned char *stands;         /* one an accused: regular so far */
    gp_entry *before, *here;       /* of each accused: what the report had, and what it has */
    size_t clipped, first_clipped; /* how many were accused beyond a clip; one of these */
} gp_place;

static void place_clear(gp_place *p) {
    free(p->x);
    free(p->accused);
    free(p->stands);
    free(p->before);
}

static int place_create(size_t n, size_t count, gp_place *p) {
    *p = (gp_place){.x = malloc(4 * n * sizeof *p->x),
                    .accused = malloc(count * sizeof *p->accused),
                    .stands = malloc(count),
                    .before = malloc(2 * count * sizeof *p->before)};
    if (!p->x || !p->accused || !p->stands || !p->before) {
        place_clear(p);
        return -1;
    }
    p->g = p->x + n;
    p->rounding = p->g + n;
    p->surely = p->rounding + n;
    p->here = p->before + count;
    return 0;
}

/* other := the place moved by `share` of each entry's length, or of its `reach` (n), times random
 * numbers of their own. */
static void move_beside(gp_check_state *c, const gp_place *p, double share, const double *reach,
                        size_t draw) {
    size_t n = c->function->n;
    gp_random_symmetric(c->options.seed, GP_STREAM_POINT, 1 + draw, 0, n, c->other);
    for (size_t i = 0; i < n; i++) {
        double length = reach ? reach[i] : gp_probe_length(c->function, p->x, c->typical, i);
        c->other[i] = p->x[i] + share * length * c->other[i];
    }
}

/* p->rounding and p->surely := how far the gradient under test moves from p->g, at most and at
 * least, where x moves a few times in random directions, each entry by `share` of its length, or of
 * its `reach` (n), at most. */
static gp_outcome measure_moves(gp_check_state *c, gp_place *p, double share, const double *reach) {
    size_t n = c->function->n;
    for (size_t i = 0; i < n; i++) {
        p->rounding[i] = 0;
        p->surely[i] = INFINITY;
    }
    for (size_t k = 0; k < ROUNDINGS; k++) {
        move_beside(c, p, share, reach, k);
        gp_evaluator_set_point(c->evaluator, c->other);
        gp_outcome outcome =
            gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
        if (outcome != GP_EVALUATED)
            return outcome;
        for (size_t i = 0; i < n; i++) {
            int odd = !isfinite(c->other[i]) != !isfinite(p->g[i]);
            double moved = isfinite(p->g[i]) ? fabs(c->other[i] - p->g[i]) : 0;
            moved = odd ? INFINITY : moved;
            p->rounding[i] = fmax(p->rounding[i], moved);
            p->surely[i] = fmin(p->surely[i], moved);
        }
    }
    return GP_EVALUATED;
}

/* What rounding alone may make of the gradient. An algorithm that is as good as it can be has its
 * result for an x within rounding; one that isn't has errors drawn anew at each. */
static gp_outcome measure_rounding(gp_check_state *c, gp_place *p) {
    static const double UNITS = 8;
    return measure_moves(c, p, UNITS * gp_dtype_epsilon(c->function->dtype), NULL);
}

/* Is what an entry is off by within what rounding of x makes of the gradient under test? */
static int is_within_rounding(double off, double moved) {
    return !(off > 8 * moved);
}

/* What is wrong is wrong in a neighbourhood and changes little within it; what a kink, a pole or
 * rounding has feigned doesn't. */
static int is_alike(const gp_entry *here, const gp_entry *there) {
    if (there->status != GP_ENTRY_REFUTED)
        return 0;
    if (!isfinite(here->analytic) || !isfinite(there->analytic))
        return !isfinite(here->analytic) && !isfinite(there->analytic);
    double off = here->analytic - here->numeric, off_there = there->analytic - there->numeric;
    return fabs(off - off_there) <=
           0.5 * fmin(fabs(off), fabs(off_there)) + here->bound + there->bound;
}

/* The accused that still stand, up to so many a block; returns how many. */
static size_t list_standing(const gp_check_state *c, const gp_place *p, size_t *list) {
    size_t count = 0, block = SIZE_MAX, of_block = 0;
    for (size_t k = 0; k < p->count; k++) {
        size_t b = gp_function_block_number(c->function, p->accused[k]);
        of_block = b == block ? of_block : 0;
        block = b;
        if (p->stands[k] && of_block++ < CONFIRMED)
            list[count++] = p->accused[k];
    }
    return count;
}

/* Where one of those that were asked about in a block falls, so do those that weren't. */
static void drop_unasked(const gp_check_state *c, const gp_place *p, const size_t *asked,
                         size_t count) {
    for (size_t k = 0, q = 0; k < p->count; k++) {
        if (q < count && asked[q] == p->accused[k]) {
            q++;
            continue;
        }
        size_t block = gp_function_block_number(c->function, p->accused[k]);
        for (size_t j = 0, r = 0; j < p->count && r < count; j++) {
            if (p->accused[j] != asked[r])
                continue;
            r++;
            if (!p->stands[j] && gp_function_block_number(c->function, p->accused[j]) == block)
                p->stands[k] = 0;
        }
    }
}

/* Is the gradient refuted in the same way at another point close by? */
static gp_outcome ask_neighbour(gp_check_state *c, gp_place *p, size_t draw, const size_t *asked,
                                size_t count) {
    /* A few of an estimate's first steps away. */
    double share = c->evaluator->x_dtype == GP_FLOAT64 ? 0x1p-12 : 0x1p-4, f0;
    move_beside(c, p, share, NULL, ROUNDINGS + draw);
    gp_check_move(c, c->other);
    gp_outcome outcome = gp_check_evaluate(c, &f0);
    if (outcome == GP_EVALUATED)
        outcome = gp_survey(c, GP_FROM_SECOND_OPINION, p->number, f0, c->other, asked, count);
    for (size_t k = 0, q = 0; k < p->count && q < count; k++) {
        if (p->accused[k] != asked[q])
            continue;
        q++;
        const gp_entry *entry = gp_report_at(c->report, p->accused[k]);
        p->stands[k] &= outcome == GP_EVALUATED && is_alike(&p->here[k], entry);
        if (put_entry(c, GP_FROM_WHAT_WAS_BEFORE, p->accused[k], &p->before[k]) == GP_FAULT)
            return GP_FAULT;
    }
    return outcome;
}

/* Which of the accused are refuted at a regular place? The report has the others back as they were.
 */
static gp_outcome keep_the_regular(gp_check_state *c, gp_place *p) {
    gp_outcome outcome = measure_rounding(c, p);
    for (size_t k = 0; k < p->count; k++) {
        size_t i = p->accused[k];
        double off = fabs(p->here[k].analytic - p->here[k].numeric);
        p->stands[k] =
            outcome == GP_EVALUATED &&
            (!isfinite(off) ? p->rounding[i] == 0 : !is_within_rounding(off, p->rounding[i]));
        if (put_entry(c, GP_FROM_WHAT_WAS_BEFORE, i, &p->before[k]) == GP_FAULT)
            return GP_FAULT;
    }
    size_t *asked = malloc((p->count + 1) * sizeof *asked), count = 0;
    if (!asked)
        return gp_evaluator_no_memory(c->evaluator);
    count = list_standing(c, p, asked);
    for (size_t draw = 0; draw < NEIGHBOURS && count > 0 && outcome != GP_FAULT; draw++)
        outcome = ask_neighbour(c, p, draw, asked, count);
    drop_unasked(c, p, asked, count);
    free(asked);
    for (size_t k = 0; k < p->count && outcome != GP_FAULT; k++) {
        if (!p->stands[k] && c->doubted)
            c->doubted[p->accused[k]] = 1;
        if (p->stands[k]) {
            if (put_entry(c, GP_FROM_SECOND_OPINION, p->accused[k], &p->here[k]) == GP_FAULT)
                return GP_FAULT;
            if (c->manner && !isfinite(p->here[k].analytic))
                c->manner[p->accused[k]] = GP_MANNER_NONFINITE;
        }
    }
    gp_check_move(c, p->x);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* ---- clips ----------------------------------------------------------------------- */

/* Does the value move with the entry elsewhere, by what the report had of it? Random directions
 * that verify a block vouch for its entries. */
static int moved_before(const gp_check_state *c, const gp_entry *e) {
    return (c->lean && e->status == GP_ENTRY_UNCHECKED) ||
           ((e->status == GP_ENTRY_VERIFIED || e->status == GP_ENTRY_KINK) &&
            fabs(e->numeric) > e->bound);
}

/* A derivative of 0, to one side at least. */
static int may_stand_still(const gp_entry *e) {
    return fabs(e->numeric) <= e->bound || e->left == 0 || e->right == 0;
}

/* *still: to one side of the evaluator's point, entry i leaves the value the same at all steps in
 * use, to the last bit, or by no more than it varies from call to call. */
static gp_outcome stands_still(gp_check_state *c, size_t i, double f0, int *still) {
    gp_probe probe = gp_survey_probe(c, i);
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
    gp_outcome outcome = gp_ladder_start(&ladder, &line, 1);
    int above = outcome == GP_EVALUATED && ladder.rungs > 0, below = above;
    for (unsigned k = 0; k < ladder.rungs && outcome == GP_EVALUATED; k++) {
        above &= fabs(ladder.rung[k].f_plus - f0) <= c->value_variation;
        below &= fabs(ladder.rung[k].f_minus - f0) <= c->value_variation;
    }
    *still = above || below;
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Takes from the accused those that the value doesn't follow any more, beyond a clip: nobody said
 * what a gradient is there, and many a one goes on as if there were none, on purpose. The report
 * has them back as they were. */
static gp_outcome leave_out_clipped(gp_check_state *c, gp_place *p, double f0) {
    size_t kept = 0;
    gp_outcome outcome = GP_EVALUATED;
    for (size_t k = 0; k < p->count; k++) {
        int still = 0;
        if (outcome == GP_EVALUATED && isfinite(p->here[k].analytic) &&
            moved_before(c, &p->before[k]) && may_stand_still(&p->here[k]))
            outcome = stands_still(c, p->accused[k], f0, &still);
        if (!still) {
            p->accused[kept] = p->accused[k];
            p->before[kept] = p->before[k];
            p->here[kept++] = p->here[k];
            continue;
        }
        if (put_entry(c, GP_FROM_WHAT_WAS_BEFORE, p->accused[k], &p->before[k]) == GP_FAULT)
            outcome = GP_FAULT;
        p->first_clipped = p->clipped++ ? p->first_clipped : p->accused[k];
    }
    p->count = kept;
    return outcome;
}

static gp_outcome note_clipped(gp_check_state *c, const gp_place *p, const char *where) {
    char name[256];
    if (p->clipped == 0)
        return GP_EVALUATED;
    gp_function_entry_name(c->function, p->first_clipped, name, sizeof name);
    return gp_report_add_practice(
               c->report,
               "not held against the gradient %s: %zu %s, %.100s first, beyond a clip it seems, "
               "where the value stays the same to the last bit",
               where, p->clipped, gp_plural(p->clipped, "entry", "entries"), name) == GP_OK
               ? GP_EVALUATED
               : gp_evaluator_no_memory(c->evaluator);
}

gp_outcome gp_survey_place(gp_check_state *c, gp_origin origin, size_t number, const char *where,
                           double f0, const size_t *list, size_t count, size_t *refuted) {
    gp_place p;
    gp_report *r = c->report;
    size_t n = c->function->n;
    *refuted = 0;
    if (count == 0)
        return GP_EVALUATED;
    gp_entry *before = malloc(count * sizeof *before);
    if (!before || place_create(n, count, &p)) {
        free(before);
        return gp_evaluator_no_memory(c->evaluator);
    }
    p.number = number;
    memcpy(p.x, c->evaluator->point, n * sizeof *p.x);
    memcpy(p.g, c->other, n * sizeof *p.g);
    for (size_t k = 0; k < count; k++)
        before[k] = *gp_report_at(r, list[k]);
    gp_outcome outcome = gp_survey(c, origin, number, f0, p.g, list, count);
    for (size_t k = 0; k < count; k++) {
        const gp_entry *e = gp_report_at(r, list[k]);
        if (e->status != GP_ENTRY_REFUTED || before[k].status == GP_ENTRY_REFUTED)
            continue;
        p.before[p.count] = before[k];
        p.here[p.count] = *e;
        p.accused[p.count++] = list[k];
    }
    uint64_t spent = c->evaluator->values;
    if (outcome == GP_EVALUATED && p.count > 0)
        outcome = leave_out_clipped(c, &p, f0);
    if (outcome == GP_EVALUATED)
        outcome = note_clipped(c, &p, where);
    if (outcome == GP_EVALUATED && p.count > 0)
        outcome = keep_the_regular(c, &p);
    c->confirming += c->evaluator->values - spent;
    for (size_t k = 0; k < p.count; k++)
        if (outcome == GP_EVALUATED)
            *refuted += p.stands[k] != 0;
        else /* the check ends before it could be confirmed */
            (void)put_entry(c, GP_FROM_WHAT_WAS_BEFORE, p.accused[k], &p.before[k]);
    if (outcome == GP_EVALUATED && *refuted)
        outcome = gp_call_witness(c, number, f0, p.g);
    place_clear(&p);
    free(before);
    return outcome;
}

/* ---- the given point ------------------------------------------------------------ */

/* Is an entry refuted by a number that might be blamed on rounding? */
static int is_accused(const gp_check_state *c, size_t i) {
    const gp_entry *e = &c->report->entry[i];
    return e->status == GP_ENTRY_REFUTED && isfinite(e->analytic - e->numeric) &&
           e->left == e->right && c->manner[i] == GP_MANNER_SET;
}

/* Where the gradient under test moves by about as much as it is off by whenever x moves so, or,
 * with `whole`, as its own size if that is larger, no difference of values says what it is at x. At
 * every such place, not at one of them: at a kink many stay as they are, and there a wrong gradient
 * is to be seen. */
static gp_outcome excuse_moving(gp_check_state *c, const gp_place *p, int whole, const size_t *list,
                                size_t count) {
    gp_outcome outcome = GP_EVALUATED;
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        size_t i = list[k];
        gp_entry e = c->report->entry[i];
        double off = fabs(e.analytic - e.numeric);
        double size = whole ? fmax(off, fabs(e.analytic)) : off;
        if (!is_accused(c, i) || !is_within_rounding(size, p->surely[i]))
            continue;
        e.status = GP_ENTRY_UNRESOLVED;
        e.limit = GP_LIMIT_NOISE;
        e.bound = c->bound[i] = fmax(e.bound, off);
        outcome = put_entry(c, GP_FROM_ROUNDING, i, &e);
    }
    return outcome;
}

/* How far x may move in an accused entry while a few roundings of f(x) hide that it is off, and no
 * further than an estimate's first step; 0 for the others. */
static void set_reach(const gp_check_state *c, const gp_place *p, const size_t *list, size_t count,
                      double *reach) {
    static const double HIDDEN = 4;
    int narrow = c->evaluator->x_dtype == GP_FLOAT32;
    double rounding = gp_dtype_epsilon(c->evaluator->x_dtype) * fabs(c->report->value);
    for (size_t k = 0; k < count; k++) {
        size_t i = list[k];
        const gp_entry *e = &c->report->entry[i];
        double first =
            (narrow ? 0x1p-6 : 0x1p-14) * gp_probe_length(c->function, p->x, c->typical, i);
        if (is_accused(c, i))
            reach[i] = fmin(first, HIDDEN * rounding / fabs(e->analytic - e->numeric));
    }
}

/* By a few units in the last place of x: a singularity is nearer than steps can go, or f as
 * computed isn't the f that is meant. By as little as it takes the rounding of f(x) to let an entry
 * be seen to be off: a pole is so near that values which others have made coarse don't show it. */
gp_outcome gp_allow_for_rounding(gp_check_state *c, const size_t *list, size_t count) {
    gp_place p;
    size_t accused = 0, n = c->function->n;
    for (size_t k = 0; k < count; k++)
        accused += (size_t)is_accused(c, list[k]);
    if (accused == 0)
        return GP_EVALUATED;
    double *reach = calloc(n, sizeof *reach);
    if (!reach || place_create(n, 1, &p)) {
        free(reach);
        return gp_evaluator_no_memory(c->evaluator);
    }
    memcpy(p.x, c->function->x, n * sizeof *p.x);
    memcpy(p.g, c->gradient, n * sizeof *p.g);
    gp_outcome outcome = measure_rounding(c, &p);
    if (outcome == GP_EVALUATED)
        outcome = excuse_moving(c, &p, 0, list, count);
    if (outcome == GP_EVALUATED) {
        set_reach(c, &p, list, count, reach);
        outcome = measure_moves(c, &p, 1, reach);
    }
    if (outcome == GP_EVALUATED)
        outcome = excuse_moving(c, &p, 1, list, count);
    gp_check_move(c, p.x);
    place_clear(&p);
    free(reach);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* ---- further points ------------------------------------------------------------- */

/* Moves to a random point near which the function still works as it was meant to: of several draws
 * the first whose value is at most twice as large as at the given point, else the one with the
 * least. Far out, losses saturate and are computed in coarse stairs, on which no difference
 * quotient can be trusted. A value that is the given point's to the last bit, as where all units
 * are off, has least to tell. Sets *f0. */
static gp_outcome move_to_random_point(gp_check_state *c, size_t number, double *f0) {
    const gp_function *f = c->function;
    size_t best_draw = GP_POINT_DRAWS;
    double least = INFINITY;
    for (size_t draw = 0; draw < GP_POINT_DRAWS; draw++) {
        double value;
        gp_probe_point(f, c->options.seed, number, draw, c->other);
        gp_check_move(c, c->other);
        gp_outcome outcome = gp_evaluator_value(c->evaluator, &value);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && fabs(value) < least) {
            least = fabs(value);
            best_draw = draw;
            *f0 = value;
        }
        if (outcome == GP_EVALUATED && fabs(value) <= 2 * fabs(c->report->value))
            break;
    }
    if (best_draw == GP_POINT_DRAWS)
        return GP_NOT_HERE;
    gp_probe_point(f, c->options.seed, number, best_draw, c->other);
    gp_check_move(c, c->other);
    return GP_EVALUATED;
}

/* ---- directions at a place ------------------------------------------------------- */

/* A random direction over a range of entries, each in proportion to its weight. */
static gp_probe direction(const gp_check_state *c, size_t offset, size_t entries, unsigned draw,
                          const double *weight) {
    return (gp_probe){.offset = offset,
                      .entries = entries,
                      .seed = c->options.seed,
                      .stream = GP_STREAM_DIRECTION,
                      .part = draw,
                      .weight = weight,
                      .scale = 1};
}

/* The derivative along it at the evaluator's point, where the value is f0. */
static gp_outcome estimate_along(gp_check_state *c, const gp_probe *probe, double f0, gp_goal goal,
                                 gp_estimate *estimate) {
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, c->evaluator, probe, f0);
    if (gp_ladder_start(&ladder, &line, 1) == GP_FAULT)
        return GP_FAULT;
    /* Kinks and bends may count as noise here: a change that noise hides is looked for elsewhere.
     */
    double sigma = fmax(c->noise.loud, gp_ladder_roughness(&ladder)); /* fmax ignores NaN */
    return gp_ladder_refine(&ladder, &line, sigma, goal, STORED_EFFORT, estimate);
}

/* *still: do the listed entries, whose gradient is zero, leave the value what it is where all move
 * at once? */
static gp_outcome stand_still(gp_check_state *c, const size_t *list, size_t count, double f0,
                              int *still) {
    double *weight = calloc(c->function->n, sizeof *weight);
    if (!weight)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t k = 0; k < count; k++)
        weight[list[k]] = gp_check_length(c, list[k]);
    gp_probe probe = direction(c, 0, c->function->n, 0, weight);
    gp_along along;
    gp_ladder ladder;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
    gp_outcome outcome = gp_ladder_start(&ladder, &line, 1);
    *still = outcome == GP_EVALUATED && gp_ladder_is_still(&ladder);
    free(weight);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* *agrees: along random directions over all entries that the given point has verified, c->other is
 * the derivative at the evaluator's point, within less than what an entry of average weight may be
 * off by. *off: along one of them it isn't, beyond the bound. */
static gp_outcome agree_along(gp_check_state *c, double f0, int *agrees, int *off) {
    size_t n = c->function->n, count = 0;
    double *weight = calloc(n, sizeof *weight);
    gp_outcome outcome = weight ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    for (size_t i = 0; i < n && weight; i++)
        if (c->report->entry[i].status == GP_ENTRY_VERIFIED) {
            weight[i] = gp_check_length(c, i);
            count++;
        }
    *agrees = outcome == GP_EVALUATED && count > 0;
    *off = 0;
    for (unsigned draw = 0; draw < TRAINED_DIRECTIONS && *agrees; draw++) {
        gp_probe probe = direction(c, 0, n, 1 + draw, weight);
        double slope = 0, size = 0;
        for (size_t i = 0; i < n; i++) {
            double product = weight[i] > 0 ? c->other[i] * gp_probe_component(&probe, i) : 0;
            slope += product;
            size = hypot(size, product);
        }
        double tau = c->options.rtol * size / sqrt((double)count);
        gp_estimate e;
        outcome = estimate_along(c, &probe, f0, (gp_goal){0, 0.5 * tau}, &e);
        *agrees = outcome == GP_EVALUATED && fabs(slope - e.derivative) + e.bound <= tau;
        *off = outcome == GP_EVALUATED && fabs(slope - e.derivative) - e.bound > tau;
    }
    free(weight);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Zero as far as its bound can tell, which is too wide to call it that. */
static int is_flat(const gp_entry *e) {
    return e->status == GP_ENTRY_UNRESOLVED && fabs(e->numeric) <= e->bound;
}

/* Entries for which another point is worth trying: those that nothing has exercised, and, for a few
 * points, blocks in which nothing moves the value beyond its noise, as in an exact minimum: there
 * is no scale at the given point by which a bound could be called narrow. Also blocks that lie on
 * kinks as a whole, where a gradient of zero may be right whatever the code makes of other points.
 */
static size_t list_silent(const gp_check_state *c, size_t number, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_entry *e = &c->report->entry[f->block[b].offset];
        int flat = number <= FLAT_POINTS;
        for (size_t i = 0; i < f->block[b].entries && flat; i++)
            flat = is_flat(&e[i]) || e[i].status == GP_ENTRY_UNEXERCISED || e[i].point > 0 ||
                   e[i].status == GP_ENTRY_UNCHECKED || e[i].status == GP_ENTRY_KINK;
        for (size_t i = 0; i < f->block[b].entries; i++)
            if (e[i].status == GP_ENTRY_UNEXERCISED ||
                (flat && (is_flat(&e[i]) || e[i].status == GP_ENTRY_KINK)))
                list[count++] = f->block[b].offset + i;
    }
    return count;
}

/* What a place has verified stands for an entry that says nothing at the given point only where
 * what the given point leaves open of it is nothing on the scale of the place; else the entry is as
 * open as before. */
static gp_outcome hold_silent_entries(gp_check_state *c, const gp_entry *before, const size_t *list,
                                      size_t count) {
    gp_outcome outcome = GP_EVALUATED;
    for (size_t k = 0; k < count && outcome == GP_EVALUATED; k++) {
        const gp_tolerance *t = &c->tolerance[gp_function_block_number(c->function, list[k])];
        const gp_entry *now = &c->report->entry[list[k]];
        double open = fabs(before[k].analytic - before[k].numeric) + before[k].bound;
        double size = fmax(now->floor, fabs(now->numeric));
        size = t->unscaled ? size : fmax(size, t->zero_floor);
        int changed = now->status != before[k].status && now->status != GP_ENTRY_REFUTED;
        if (changed && before[k].status != GP_ENTRY_KINK && !(open <= t->rtol * size))
            outcome = put_entry(c, GP_FROM_WHAT_WAS_BEFORE, list[k], &before[k]);
    }
    return outcome;
}

/* Takes from the list what a place doesn't exercise either: entries whose gradient is zero there,
 * if all of them together leave the value what it is. */
static gp_outcome leave_out_silent(gp_check_state *c, double f0, size_t *list, size_t *count) {
    size_t *silent = malloc(*count * sizeof *silent), silents = 0, kept = 0;
    int still = 0;
    if (!silent)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t k = 0; k < *count; k++)
        if (c->other[list[k]] == 0)
            silent[silents++] = list[k];
    gp_outcome outcome = silents ? stand_still(c, silent, silents, f0, &still) : GP_EVALUATED;
    for (size_t k = 0; k < *count && still; k++)
        if (c->other[list[k]] != 0)
            list[kept++] = list[k];
    *count = still ? kept : *count;
    free(silent);
    return outcome;
}

gp_outcome gp_check_move_further(gp_check_state *c, size_t number, double *f0) {
    const gp_function *f = c->function;
    size_t batch = number % f->batches;
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, batch);
    if (outcome != GP_EVALUATED)
        return outcome;
    /* First the other batches alone, a few of them: they leave theta as it was given. */
    int moved = number >= f->batches || number > 3;
    if (moved) {
        outcome = move_to_random_point(c, number, f0);
    } else {
        gp_check_move(c, f->x);
        outcome = gp_evaluator_value(c->evaluator, f0);
    }
    return outcome == GP_EVALUATED &&
                   gp_report_name_point(c->report, number,
                                        moved ? "at random point %zu" : "in batch %zu",
                                        moved ? number : batch)
               ? gp_evaluator_no_memory(c->evaluator)
               : outcome;
}

gp_outcome gp_try_further_point(gp_check_state *c, size_t number, size_t *list, size_t *tried) {
    size_t count = list_silent(c, number, list), refuted;
    double f0;
    *tried = count;
    if (count == 0)
        return GP_EVALUATED;
    gp_outcome outcome = gp_check_move_further(c, number, &f0);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
    if (outcome == GP_EVALUATED)
        outcome = leave_out_silent(c, f0, list, &count);
    if (outcome != GP_EVALUATED || count == 0)
        return outcome;
    *tried = count = gp_check_afford(c, list, count);
    if (count == 0)
        return outcome;
    gp_entry *before = malloc(count * sizeof *before);
    if (!before)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t k = 0; k < count; k++)
        before[k] = c->report->entry[list[k]];
    outcome = gp_survey_place(c, GP_FROM_FURTHER_POINT, number, gp_report_point(c->report, number),
                              f0, list, count, &refuted);
    if (outcome == GP_EVALUATED)
        outcome = hold_silent_entries(c, before, list, count);
    free(before);
    return outcome;
}

/* Does block b, moved by its own length both ways, leave the value at the evaluator's point as it
 * is, but for rounding? */
static gp_outcome ask_block(gp_check_state *c, size_t b, double f0, double rounding,
                            unsigned char *silent) {
    static const double SIDES[] = {1, -1};
    const gp_block *block = &c->function->block[b];
    double *weight = calloc(c->function->n, sizeof *weight);
    if (!weight)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        weight[i] = gp_check_length(c, i);
    gp_probe probe = direction(c, 0, c->function->n, 0, weight);
    gp_along along;
    gp_line line = gp_line_along(&along, c->evaluator, &probe, f0);
    gp_outcome outcome = GP_EVALUATED;
    for (size_t k = 0; k < sizeof SIDES / sizeof *SIDES && *silent && outcome != GP_FAULT; k++) {
        double step, value;
        outcome = gp_line_value(&line, SIDES[k], &step, &value);
        *silent &= outcome == GP_EVALUATED && fabs(value - f0) <= rounding;
    }
    free(weight);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Of the blocks that are silent so far, those that stay so at the evaluator's point, where all
 * parameters together move the value by far more. */
static gp_outcome ask_blocks(gp_check_state *c, double f0, unsigned char *silent) {
    /* Of the value, in units of its precision, besides what its noise has been measured to be; and
     * how many times that the function has to vary for a block to be called nothing beside it. */
    static const double UNITS = 16, PLAINLY = 1e6;
    double rounding = 8 * c->noise.quiet + UNITS * DBL_EPSILON * fabs(f0), variation = 0;
    gp_outcome outcome = gp_check_variation(c, f0, &variation);
    for (size_t b = 0; b < c->function->blocks && outcome != GP_FAULT; b++) {
        silent[b] &= variation > PLAINLY * rounding;
        if (silent[b])
            outcome = ask_block(c, b, f0, rounding, &silent[b]);
    }
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

static int is_unexercised(const gp_check_state *c, size_t b) {
    const gp_block *block = &c->function->block[b];
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        if (c->report->entry[i].status != GP_ENTRY_UNEXERCISED || c->doubted[i])
            return 0;
    return block->entries > 0;
}

/* A bias before a normalisation, say. Of a float32 value's rounding too much could hide. */
gp_outcome gp_ask_silent(gp_check_state *c) {
    enum { PLACES = 3 }; /* the given point among them */
    const gp_function *f = c->function;
    double f0 = c->report->value;
    if (c->evaluator->x_dtype != GP_FLOAT64 || c->options.points < PLACES || !f->blocks)
        return GP_EVALUATED;
    unsigned char *silent = malloc(f->blocks);
    gp_outcome outcome = silent ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    for (size_t b = 0; b < f->blocks && silent; b++)
        silent[b] = c->tolerance[b].unscaled && is_unexercised(c, b);
    for (size_t k = 0; k < PLACES && silent && memchr(silent, 1, f->blocks); k++) {
        outcome = k ? gp_check_move_further(c, f->batches + k - 1, &f0) : gp_check_return(c);
        if (outcome == GP_EVALUATED)
            outcome = ask_blocks(c, f0, silent);
        if (outcome != GP_EVALUATED)
            memset(silent, 0, f->blocks);
    }
    for (size_t b = 0; b < f->blocks && silent && outcome != GP_FAULT; b++)
        if (silent[b]) {
            c->tolerance[b].unscaled = 0;
            if (gp_report_add_practice(
                    c->report,
                    "nothing depends on %.80s: moved by its own length, at %d points, "
                    "it changes the value by no more than rounding",
                    f->block[b].name, PLACES))
                outcome = gp_evaluator_no_memory(c->evaluator);
        }
    free(silent);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

void gp_settle_silent(gp_check_state *c) {
    const gp_function *f = c->function;
    if (c->lean)
        return;
    for (size_t b = 0; b < f->blocks && c->scalars; b++)
        for (size_t i = f->block[b].offset; i < f->block[b].offset + f->block[b].entries; i++) {
            gp_entry e = c->report->entry[i];
            if (e.status != GP_ENTRY_UNEXERCISED || !(c->tolerance[b].unscaled || c->doubted[i]))
                continue;
            e.status = GP_ENTRY_UNRESOLVED;
            e.limit = GP_LIMIT_FLAT;
            (void)put_entry(c, GP_FROM_SILENCE, i, &e); /* has a place: takes no memory */
        }
}

/* ---- a trained point ------------------------------------------------------------ */

gp_outcome gp_check_descend(gp_check_state *c, double *x, double *f0, size_t *steps) {
    static const double STEEPER = 10;
    const gp_function *f = c->function;
    double *next = malloc(f->n * sizeof *next), rate = 0.05, least = 0.01 * fabs(*f0);
    double slope = INFINITY; /* of the first step */
    gp_outcome outcome = GP_EVALUATED;
    *steps = 0;
    if (!next)
        return gp_evaluator_no_memory(c->evaluator);
    for (size_t try = 0;
         try < 2 * DESCENT_STEPS && *steps < DESCENT_STEPS && outcome == GP_EVALUATED; try++) {
        double value;
        for (size_t b = 0; b < f->blocks; b++) {
            const gp_block *block = &f->block[b];
            size_t from = block->offset, to = from + block->entries;
            double size = gp_root_mean_square(c->other + from, block->entries);
            double length = rate * c->typical[b]; /* length / size may underflow */
            for (size_t i = from; i < to; i++)
                next[i] = size > 0 ? x[i] - length * c->other[i] / size : x[i];
        }
        gp_evaluator_set_point(c->evaluator, next);
        outcome = gp_evaluator_value(c->evaluator, &value);
        if (outcome == GP_EVALUATED && value < *f0 && fabs(value) >= least &&
            (*f0 - value) / rate <= STEEPER * slope) {
            outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
            if (outcome == GP_EVALUATED)
                memcpy(x, c->evaluator->point, f->n * sizeof *x);
            if (++*steps == 1)
                slope = (*f0 - value) / rate;
            *f0 = value;
        } else if (outcome != GP_FAULT) {
            outcome = GP_EVALUATED;
            rate /= 4;
        }
    }
    free(next);
    return outcome;
}

/* A sample of the verified entries of each block. */
static size_t sample_verified(const gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        const gp_entry *entry = c->report->entry;
        size_t open = 0, taken = 0, wanted = block->entries / TRAINED_SHARE;
        wanted = wanted < TRAINED_LEAST ? TRAINED_LEAST : wanted;
        wanted = wanted > TRAINED_SAMPLE ? TRAINED_SAMPLE : wanted;
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            open += entry[i].status == GP_ENTRY_VERIFIED;
        for (size_t i = block->offset, seen = 0; i < block->offset + block->entries; i++)
            if (entry[i].status == GP_ENTRY_VERIFIED && seen++ * wanted >= taken * open &&
                taken < wanted) {
                list[count++] = i;
                taken++;
            }
    }
    return count;
}

/* The verified entries, as far as what the check may cost goes. */
static size_t list_verified(gp_check_state *c, size_t *list) {
    size_t count = 0;
    for (size_t i = 0; i < c->function->n; i++)
        if (c->report->entry[i].status == GP_ENTRY_VERIFIED)
            list[count++] = i;
    return gp_check_afford(c, list, count);
}

/* Looks at a place after some steps of descent: along random directions; where noise hides what
 * they would tell, at a sample of entries, and where they say that the gradient is off, at all. */
static gp_outcome look_at_trained_point(gp_check_state *c, size_t steps, size_t *list,
                                        size_t count) {
    gp_report *r = c->report;
    const char *word = gp_plural(steps, "step", "steps");
    char where[64];
    size_t refuted = 0;
    snprintf(where, sizeof where, "after %zu %s of descent", steps, word);
    double f0;
    int agrees = 0, off = 0;
    gp_outcome outcome = gp_check_evaluate(c, &f0);
    if (outcome == GP_EVALUATED)
        outcome = agree_along(c, f0, &agrees, &off);
    if (outcome == GP_EVALUATED && off)
        count = list_verified(c, list);
    if (outcome == GP_EVALUATED && !agrees)
        outcome =
            gp_survey_place(c, GP_FROM_SECOND_OPINION, r->points, where, f0, list, count, &refuted);
    if (outcome != GP_EVALUATED)
        return outcome;
    if (refuted && gp_report_name_point(r, r->points++, "%s", where))
        return gp_evaluator_no_memory(c->evaluator);
    int failed =
        agrees ? gp_report_add_practice(r,
                                        "looked at again along %d random directions %s, f %.6g to "
                                        "%.6g",
                                        TRAINED_DIRECTIONS, where, r->value, f0)
               : gp_report_add_practice(r, "%zu %s looked at again %s, f %.6g to %.6g", count,
                                        gp_plural(count, "entry", "entries"), where, r->value, f0);
    return failed ? gp_evaluator_no_memory(c->evaluator) : GP_EVALUATED;
}

/* Initial weights are small and random, and some mistakes show only later. */
gp_outcome gp_try_trained_point(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    double *x = malloc(f->n * sizeof *x), f0 = c->report->value;
    size_t steps = 0, count = sample_verified(c, list);
    if (!x)
        return gp_evaluator_no_memory(c->evaluator);
    memcpy(x, f->x, f->n * sizeof *x);
    memcpy(c->other, c->gradient, f->n * sizeof *x);
    gp_outcome outcome = count ? gp_check_descend(c, x, &f0, &steps) : GP_EVALUATED;
    if (outcome == GP_EVALUATED && steps > 0) {
        gp_check_move(c, x);
        outcome = look_at_trained_point(c, steps, list, count);
    }
    free(x);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* ---- stored gradients ------------------------------------------------------------ */

/* Number `k` of the places where a stored gradient is looked for: close by, then at random points.
 * Sets *f0 and c->other. */
static gp_outcome move_to_stored_place(gp_check_state *c, size_t k, double *f0) {
    const gp_function *f = c->function;
    if (k == 0) {
        gp_check_move(c, f->x);
        gp_check_beside(c, c->away, c->other);
        gp_check_move(c, c->other);
    } else {
        gp_outcome outcome = move_to_random_point(c, k, f0);
        if (outcome != GP_EVALUATED)
            return outcome;
    }
    return gp_check_evaluate(c, f0);
}

/* Is there an entry in the block whose gradient was the same everywhere, in vain if it is zero? */
static int is_same_somewhere(const gp_check_state *c, size_t b) {
    const gp_block *block = &c->function->block[b];
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        if (c->same[i] && c->gradient[i] != 0)
            return 1;
    return 0;
}

/* The derivative along the entries of a block with a weight. */
static gp_outcome estimate_stored(gp_check_state *c, size_t b, const double *weight, double f0,
                                  gp_estimate *estimate) {
    const gp_block *block = &c->function->block[b];
    gp_probe probe = direction(c, block->offset, block->entries, 0, weight);
    return estimate_along(c, &probe, f0, (gp_goal){c->options.rtol, 0}, estimate);
}

/* c->stored[b] := does the derivative along the entries of block b whose gradient is the same at
 * place k differ from that at the given point, here[b], with a bound that is NaN where it isn't
 * known or of other entries? Leaves the evaluator at the given point. */
static gp_outcome compare_derivatives(gp_check_state *c, size_t k, gp_estimate *here) {
    const gp_function *f = c->function;
    double *weight = malloc(f->n * sizeof *weight), f0;
    gp_estimate *there = malloc(f->blocks * sizeof *there);
    gp_outcome outcome = weight && there ? move_to_stored_place(c, k, &f0) : gp_evaluator_no_memory(c->evaluator);
    int moved = outcome == GP_EVALUATED;
    for (size_t i = 0; i < f->n && moved; i++) {
        if (c->same[i] && memcmp(&c->gradient[i], &c->other[i], sizeof *c->other) != 0) {
            c->same[i] = 0;
            here[gp_function_block_number(f, i)].bound = NAN;
        }
        /* Of a zero there is nothing to say that was stored: it may be one that is missing. */
        weight[i] = c->same[i] && c->gradient[i] != 0 ? gp_probe_length(f, f->x, c->typical, i) : 0;
    }
    for (size_t b = 0; b < f->blocks && moved && outcome != GP_FAULT; b++) {
        there[b].bound = INFINITY;
        if (is_same_somewhere(c, b))
            outcome = estimate_stored(c, b, weight, f0, &there[b]);
    }
    if (outcome != GP_FAULT)
        outcome = gp_check_return(c);
    for (size_t b = 0; b < f->blocks && moved && outcome != GP_FAULT; b++) {
        c->stored[b] = 0;
        if (!isfinite(there[b].bound))
            continue;
        if (isnan(here[b].bound))
            outcome = estimate_stored(c, b, weight, c->report->value, &here[b]);
        c->stored[b] =
            fabs(there[b].derivative - here[b].derivative) > there[b].bound + here[b].bound;
    }
    free(weight);
    free(there);
    return outcome;
}

/* Entries of blocks that look stored, whose gradient can be asked about. */
static size_t list_stored(const gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t i = 0; i < f->n; i++) {
        gp_entry_status status = c->report->entry[i].status;
        if (c->stored[gp_function_block_number(f, i)] && c->same[i] &&
            (status == GP_ENTRY_VERIFIED || status == GP_ENTRY_KINK))
            list[count++] = i;
    }
    return count;
}

/* Holds what looks stored against the derivative at place k: refuted there, it is. */
static gp_outcome refute_stored(gp_check_state *c, size_t k, size_t *list) {
    gp_report *r = c->report;
    size_t count = list_stored(c, list), refuted = 0;
    double f0;
    gp_outcome outcome = count ? move_to_stored_place(c, k, &f0) : GP_NOT_HERE;
    if (outcome == GP_EVALUATED)
        outcome = gp_survey_place(c, GP_FROM_SECOND_OPINION, r->points, "at another point", f0,
                                  list, count, &refuted);
    if (outcome == GP_EVALUATED && refuted &&
        gp_report_name_point(r, r->points, "at another point"))
        return gp_evaluator_no_memory(c->evaluator);
    memset(c->stored, 0, c->function->blocks);
    for (size_t q = 0; q < count && refuted; q++)
        if (r->entry[list[q]].point == r->points)
            c->stored[gp_function_block_number(c->function, list[q])] = 1;
    r->points += refuted > 0;
    if (count && outcome != GP_FAULT)
        outcome = gp_check_return(c);
    return outcome;
}

/* Where several blocks are stored, so is the array that they lie in: with them, blocks that stayed
 * the same at every place that was visited. */
static void find_company(const gp_check_state *c, unsigned char *found) {
    size_t stored = 0;
    for (size_t b = 0; b < c->function->blocks; b++)
        stored += found[b] != 0;
    for (size_t b = 0; b < c->function->blocks && stored > 1; b++) {
        const gp_block *block = &c->function->block[b];
        int moved = !is_same_somewhere(c, b);
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            moved |= !c->same[i] && c->gradient[i] != 0;
        if (found[b] || !moved)
            found[b] = GP_STORED_TOGETHER;
    }
}

/* The entry of a block, of those whose gradient was the same everywhere and that aren't listed,
 * whose derivative is known best at the given point; SIZE_MAX: there is none. */
static size_t best_known(const gp_check_state *c, const gp_block *block, const size_t *list,
                         size_t count) {
    size_t best = SIZE_MAX;
    double least = 1;
    for (size_t i = block->offset; i < block->offset + block->entries; i++) {
        double share = c->bound[i] > 0 ? c->bound[i] / fabs(c->numeric[i]) : INFINITY;
        int listed = !c->same[i] || c->gradient[i] == 0;
        for (size_t q = 0; q < count; q++)
            listed |= list[q] == i;
        if (!listed && share < least) {
            best = i;
            least = share;
        }
    }
    return best;
}

/* Where bounds of some entries hide all that a direction over the block would show: found[b] :=
 * does the derivative of one of those that are known best differ at place k? */
static gp_outcome compare_entries(gp_check_state *c, size_t k, unsigned char *found) {
    const gp_function *f = c->function;
    double f0, *d = malloc(2 * f->n * sizeof *d), *b = d + f->n;
    size_t *list = malloc(f->blocks * STORED_ENTRIES * sizeof *list), count = 0;
    gp_outcome outcome =
        d && list ? move_to_stored_place(c, k, &f0) : gp_evaluator_no_memory(c->evaluator);
    int moved = outcome == GP_EVALUATED;
    for (size_t i = 0; i < f->n && moved; i++)
        c->same[i] &= memcmp(&c->gradient[i], &c->other[i], sizeof *c->other) == 0;
    for (size_t q = 0; q < f->blocks && moved; q++)
        for (size_t t = 0, first = count; t < STORED_ENTRIES && !found[q]; t++) {
            size_t i = best_known(c, &f->block[q], list + first, count - first);
            if (i != SIZE_MAX)
                list[count++] = i;
        }
    if (count > 0)
        outcome = gp_estimate_entries(c, f0, list, count, d, b);
    for (size_t q = 0; q < count && outcome == GP_EVALUATED; q++) {
        size_t i = list[q];
        if (fabs(d[i] - c->numeric[i]) > 2 * (b[i] + c->bound[i]))
            found[gp_function_block_number(f, i)] = 1;
    }
    free(d);
    free(list);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* The same of entries by themselves, once something is known to be wrong. */
static gp_outcome find_stored_entries(gp_check_state *c, unsigned char *found) {
    for (size_t k = 0; k < STORED_ALONE; k++) {
        size_t open = 0;
        for (size_t b = 0; b < c->function->blocks; b++)
            open += !found[b] && is_same_somewhere(c, b);
        if (open > 0 && compare_entries(c, k, found) == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

gp_outcome gp_find_stored(gp_check_state *c, size_t *list) {
    size_t blocks = c->function->blocks;
    unsigned char *found = malloc(blocks);
    gp_estimate *here = malloc(blocks * sizeof *here);
    gp_outcome outcome = found && here ? GP_EVALUATED : gp_evaluator_no_memory(c->evaluator);
    if (outcome == GP_FAULT) {
        free(found);
        free(here);
        return outcome;
    }
    for (size_t b = 0; b < blocks; b++)
        here[b].bound = NAN;
    memcpy(found, c->stored, blocks);
    size_t places = list ? STORED_POINTS : STORED_EVIDENCE;
    for (size_t k = 0; k < places && outcome != GP_FAULT; k++) {
        size_t open = 0;
        for (size_t b = 0; b < blocks; b++)
            open += !found[b] && is_same_somewhere(c, b);
        if (open == 0)
            break;
        outcome = compare_derivatives(c, k, here);
        for (size_t b = 0; b < blocks; b++)
            c->stored[b] &= !found[b];
        if (list && outcome != GP_FAULT)
            outcome = refute_stored(c, k, list);
        for (size_t b = 0; b < blocks; b++)
            found[b] |= c->stored[b];
    }
    if (!list && !c->lean && outcome != GP_FAULT)
        outcome = find_stored_entries(c, found);
    find_company(c, found);
    memcpy(c->stored, found, blocks);
    free(found);
    free(here);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

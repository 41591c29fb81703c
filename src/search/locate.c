/* Where a direction goes wrong: halves, then halves of those that are off, breadth first, over
 * blocks and then along one axis of a block after the other, each within what the axes before it
 * have left: slabs, ranges and single entries of blocks of any shape. The other half of a split is
 * what is left of the whole, and is measured itself only once bounds have added up.
 *
 * A part in which g = F d for one F, as in one that is zeroed or negated, shows the same ratio of
 * slopes whatever its size, and a part that is only partly wrong doesn't: what shares a ratio is
 * not halved any further, so that a range costs as much as its two ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/words.h"
#include "search/entry.h"
#include "search/locate.h"

enum {
    MOST_NODES = 64,      /* that are off at a time: more is "all over the place" */
    SAMPLE = 40,          /* entries of a block that is wrong all over, half of them neighbours, */
    SAMPLE_OF_BOX = 12,   /* so many of a part that is, */
    SAMPLE_OF_FACTOR = 4, /* and so many where a factor says what is wrong with it */
    CROWD = 32,           /* So many nodes off at a time: those between two others aren't halved. */
    MANY = 8,             /* So many single indices: neighbours are looked at together. */
    OTHERS = 2,           /* directions that have to show the same ratio */
    MOST_VISITS = 4 * MOST_NODES, /* to parts of a block, before it is wrong all over the place */
    MANNERS = 3,                  /* factors that are told apart in a block */
    LISTED = 6,                   /* parts that a diagnosis lists */
    SEEDS = 4                     /* wrong entries from which parts are tried to be grown */
};
/* Bounds of a remainder may add up to this many times that of a measured part. */
static const double ADDED_UP = 8;
/* Where several parts are off, each shows a share of it: what they are measured to is this share of
 * what it takes for one. */
static const double SHARPER = 0.125;
/* A ratio tells something where what blurs it is no more than this share of what is off. */
static const double TELLING = 0.05;
/* The same where several directions agree. */
static const double TELLING_TOGETHER = 0.1;
/* And of what lies between parts that share one, or beside them, this. */
static const double TELLING_BESIDE = 0.25;

/* What is halved: blocks, or one axis of a box. */
typedef struct gp_space {
    int blocks;
    size_t axis;
    gp_box box;
} gp_space;

typedef struct gp_node {
    size_t low, high;
    gp_discrepancy seen;
    size_t joined; /* so many parts make it up, none of which is halved any further; 0: it may be */
    int uniform;   /* and all show the same ratio */
} gp_node;

typedef struct gp_finding {
    gp_node *leaf; /* owned */
    size_t leaves;
    int all_over;
} gp_finding;

typedef struct gp_search {
    gp_directions *d;
    unsigned direction;
    int several;    /* parts are off side by side */
    unsigned turns; /* to other directions, within one another */
    size_t news;
    size_t block;    /* that is being searched */
    size_t visits;   /* parts of it that were looked into, */
    size_t open;     /* and entries that noise left unresolved */
    gp_wrong *wrong; /* room for GP_MOST_BOXES */
    size_t wrongs;
} gp_search;

typedef struct gp_tally {
    size_t looked, refuted, cleared;
} gp_tally;

static const gp_block *block_of(const gp_search *s, size_t block) {
    return &s->d->check->function->block[block];
}

static gp_outcome out_of_memory(const gp_search *s) {
    return gp_evaluator_no_memory(s->d->check->evaluator);
}

/* ---- boxes ----------------------------------------------------------------------- */

static gp_box whole_block(const gp_block *block) {
    gp_box box = {.origin = block->offset, .dimensions = block->dimensions};
    for (size_t k = 0; k < block->dimensions; k++)
        box.shape[k] = box.high[k] = block->shape[k];
    return box;
}

static int is_within(const gp_box *box, const gp_box *other) {
    int within = 1;
    for (size_t k = 0; k < box->dimensions; k++)
        within &= box->low[k] >= other->low[k] && box->high[k] <= other->high[k];
    return within;
}

static gp_part part_of_box(const gp_box *box) {
    size_t volume = gp_box_volume(box), first = gp_box_entry(box, 0),
           last = gp_box_entry(box, volume - 1);
    gp_part part = {.offset = first, .entries = last - first + 1};
    if (part.entries > volume)
        part.box = *box;
    return part;
}

static gp_part part_of(const gp_search *s, const gp_space *space, size_t low, size_t high) {
    if (space->blocks) {
        const gp_block *first = block_of(s, low), *last = block_of(s, high - 1);
        return (gp_part){.offset = first->offset,
                         .entries = last->offset + last->entries - first->offset};
    }
    gp_box box = space->box;
    box.low[space->axis] = low;
    box.high[space->axis] = high;
    return part_of_box(&box);
}

/* ---- halving --------------------------------------------------------------------- */

static gp_outcome measure(gp_search *s, const gp_space *space, double off, gp_node *node) {
    gp_part part = part_of(s, space, node->low, node->high);
    return gp_directions_part(s->d, s->direction, &part, s->several ? SHARPER * off : off,
                              &node->seen);
}

/* Splits a node; both halves get what is seen of them. */
static gp_outcome split(gp_search *s, const gp_space *space, const gp_node *node, gp_node *left,
                        gp_node *right) {
    size_t middle = node->low + (node->high - node->low) / 2;
    const gp_discrepancy *whole = &node->seen;
    *left = (gp_node){.low = node->low, .high = middle};
    *right = (gp_node){.low = middle, .high = node->high};
    gp_outcome outcome = measure(s, space, whole->off, left);
    if (outcome != GP_EVALUATED)
        return outcome;
    right->seen =
        (gp_discrepancy){.off = whole->off - left->seen.off,
                         .bound = whole->bound + left->seen.bound,
                         .fine = fmin(whole->fine, hypot(left->seen.fine, left->seen.fine)),
                         .analytic = whole->analytic - left->seen.analytic,
                         .numeric = whole->numeric - left->seen.numeric,
                         .size = whole->size};
    /* A remainder is as good as its bound: where that could hide what the left half's doesn't. */
    if (gp_is_off(&right->seen) && right->seen.bound > ADDED_UP * left->seen.bound)
        return measure(s, space, whole->off, right);
    if (!gp_is_off(&right->seen) &&
        (!gp_is_off(&left->seen) || (s->several && right->seen.bound > 2 * left->seen.bound)))
        return measure(s, space, whole->off, right);
    return GP_EVALUATED;
}

static int is_telling(const gp_discrepancy *d, double share) {
    return d->bound + d->fine <= share * fabs(d->off);
}

/* Is the ratio of two parts' slopes the same? |a d' - a' d| is within what is not known of them. */
static int have_one_ratio(const gp_discrepancy *p, const gp_discrepancy *q) {
    double blur = fabs(p->analytic) * q->bound + fabs(q->analytic) * p->bound +
                  fabs(p->numeric) * q->fine + fabs(q->numeric) * p->fine;
    return fabs(p->analytic * q->numeric - q->analytic * p->numeric) <= blur;
}

static int share_ratio(const gp_discrepancy *p, const gp_discrepancy *q) {
    return is_telling(p, TELLING) && is_telling(q, TELLING) && have_one_ratio(p, q);
}

static int are_neighbours(const gp_node *left, const gp_node *right) {
    return left->high == right->low;
}

static void add(gp_node *to, const gp_node *node) {
    to->high = node->high;
    to->joined += node->joined;
    to->uniform |= node->uniform;
    to->seen.off += node->seen.off;
    to->seen.bound += node->seen.bound;
    to->seen.fine = hypot(to->seen.fine, node->seen.fine);
    to->seen.analytic += node->seen.analytic;
    to->seen.numeric += node->seen.numeric;
    to->seen.size = hypot(to->seen.size, node->seen.size);
}

/* Makes one of neighbours that aren't halved any further; returns how many nodes are left. */
static size_t join(gp_node *node, size_t count) {
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        gp_node *last = &node[kept];
        int alike = last->joined && node[i].joined && last->uniform == node[i].uniform &&
                    (!last->uniform || share_ratio(&last->seen, &node[i].seen));
        if (alike && are_neighbours(last, &node[i]))
            add(last, &node[i]);
        else
            node[++kept] = node[i];
    }
    return count ? kept + 1 : 0;
}

/* Nodes that need no halving: those that share a ratio with two others or more, and those in the
 * midst of a crowd. */
static size_t settle(gp_node *node, size_t count, size_t low, size_t high) {
    size_t free_ones = 0;
    for (size_t i = 0; i < count; i++) {
        size_t others = 0;
        if (node[i].joined)
            continue;
        for (size_t k = 0; k < count; k++)
            if (k != i && share_ratio(&node[i].seen, &node[k].seen))
                others += node[k].joined > 1 ? node[k].joined : 1;
        node[i].uniform = others >= 2;
        free_ones += !node[i].uniform;
    }
    int single = 1;
    for (size_t i = 0; i < count; i++)
        single &= node[i].joined || node[i].uniform || node[i].high - node[i].low == 1;
    int crowded = free_ones > (single ? MANY : CROWD);
    for (size_t i = 0; i < count; i++) {
        int follows = i ? are_neighbours(&node[i - 1], &node[i]) : node[i].low == low;
        int precedes =
            i + 1 < count ? are_neighbours(&node[i], &node[i + 1]) : node[i].high == high;
        int amidst = follows && precedes && count > 1;
        if (!node[i].joined && (node[i].uniform || (crowded && amidst)))
            node[i].joined = 1;
    }
    /* An end of a crowd that can't be halved belongs to it. */
    for (size_t i = 0; i < count; i++) {
        int beside = (i > 0 && are_neighbours(&node[i - 1], &node[i]) && node[i - 1].joined &&
                      !node[i - 1].uniform) ||
                     (i + 1 < count && are_neighbours(&node[i], &node[i + 1]) &&
                      node[i + 1].joined && !node[i + 1].uniform);
        if (!node[i].joined && node[i].high - node[i].low == 1 && beside)
            node[i].joined = 1;
    }
    return join(node, count);
}

/* The smallest parts of [low, high) of a space that are off, or that it is off all over. */
static gp_outcome bisect(gp_search *s, const gp_space *space, size_t low, size_t high,
                         const gp_discrepancy *whole, gp_finding *finding) {
    size_t most = space->blocks ? high : MOST_NODES, count = 1;
    gp_node *now = malloc((2 * most + 2) * sizeof *now);
    gp_node *next = malloc((2 * most + 2) * sizeof *next);
    gp_outcome outcome = GP_EVALUATED;
    *finding = (gp_finding){.leaves = 0};
    if (!now || !next) {
        free(now);
        free(next);
        return out_of_memory(s);
    }
    now[0] = (gp_node){.low = low, .high = high, .seen = *whole};
    for (int halved = 1; halved && count <= most && outcome == GP_EVALUATED;) {
        size_t found = 0;
        halved = 0;
        s->several = count > 2;
        for (size_t i = 0; i < count && outcome == GP_EVALUATED; i++) {
            if (now[i].joined || now[i].high - now[i].low == 1) {
                next[found++] = now[i];
                continue;
            }
            outcome = split(s, space, &now[i], &next[found], &next[found + 1]);
            int left = gp_is_off(&next[found].seen), right = gp_is_off(&next[found + 1].seen);
            if (!left && right)
                next[found] = next[found + 1];
            if (!left && !right) { /* somewhere in it, then */
                next[found] = now[i];
                next[found].joined = 1;
            } else {
                halved = 1;
            }
            found += left && right ? 2 : 1;
        }
        gp_node *swap = now;
        now = next;
        next = swap;
        count = space->blocks || outcome != GP_EVALUATED ? found : settle(now, found, low, high);
    }
    s->several = 0;
    int everywhere = count > 0 && now[0].low == low && now[count - 1].high == high;
    for (size_t i = 1; i < count; i++)
        everywhere &= are_neighbours(&now[i - 1], &now[i]);
    free(next);
    finding->leaf = now;
    finding->leaves = count;
    finding->all_over = !space->blocks && (everywhere || count > most);
    return outcome == GP_NOT_HERE ? GP_EVALUATED : outcome;
}

/* ---- looking at entries ---------------------------------------------------------- */

static gp_box box_of_entry(const gp_box *of, size_t entry) {
    gp_box box = *of;
    size_t i = entry - box.origin;
    for (size_t k = box.dimensions; k-- > 0; i /= box.shape[k]) {
        box.low[k] = i % box.shape[k];
        box.high[k] = box.low[k] + 1;
    }
    return box;
}

static int is_accused(const gp_search *s, const gp_box *box) {
    for (size_t i = 0; i < s->wrongs; i++)
        if (is_within(box, &s->wrong[i].box))
            return 1;
    return 0;
}

/* Is an entry of the block that is searched in a part that is known to be wrong? */
static int is_explained(const gp_search *s, size_t entry) {
    gp_box whole = whole_block(block_of(s, s->block)), at = box_of_entry(&whole, entry);
    return gp_scaling_is_still(&s->d->scaling, entry) || is_accused(s, &at);
}

/* Looks at one entry by itself, once. */
static gp_outcome look_at(gp_search *s, size_t entry, int accused, gp_tally *tally) {
    gp_directions *d = s->d;
    gp_check_state *c = d->check;
    gp_entry result = *gp_report_at(c->report, entry);
    gp_outcome outcome = GP_EVALUATED;
    int known = result.status != GP_ENTRY_UNCHECKED;
    if (is_explained(s, entry))
        return GP_EVALUATED;
    tally->looked++;
    if (!known && s->open >= SAMPLE) /* nor would it say anything of the next one */
        return GP_EVALUATED;
    double a = known ? result.analytic : gp_check_gradient(c, entry);
    if (!known)
        outcome =
            accused ? gp_judge_accused(c, entry, a, &result) : gp_judge_again(c, entry, a, &result);
    if (outcome == GP_FAULT)
        return outcome;
    tally->refuted += result.status == GP_ENTRY_REFUTED;
    tally->cleared += result.status == GP_ENTRY_VERIFIED || result.status == GP_ENTRY_UNEXERCISED;
    if (known)
        return GP_EVALUATED;
    if (gp_findings_put(c->report, GP_FROM_GIVEN_POINT, entry, &result) != GP_OK)
        return out_of_memory(s);
    s->news++;
    s->open += result.status == GP_ENTRY_UNRESOLVED;
    /* What is unresolved explains nothing. */
    if (d->knowns < GP_MOST_KNOWN && isfinite(result.bound) && result.status != GP_ENTRY_UNRESOLVED)
        d->known[d->knowns++] =
            (gp_known_entry){entry, a, result.analytic - result.numeric, result.bound};
    return GP_EVALUATED;
}

/* `count` entries of a box, half of them neighbours, the others drawn. */
static gp_outcome sample(gp_search *s, const gp_box *box, size_t count, int accused,
                         gp_tally *tally) {
    uint64_t seed = s->d->check->options.seed;
    gp_outcome outcome = GP_EVALUATED;
    size_t of = gp_box_volume(box), run = of <= count ? of : count / 2,
           first = gp_box_entry(box, 0);
    for (size_t i = 0; i < run && outcome == GP_EVALUATED; i++)
        outcome = look_at(s, gp_box_entry(box, i), accused, tally);
    for (size_t i = run; i < count && of > count && outcome == GP_EVALUATED; i++) {
        double u = gp_random_uniform(seed, GP_STREAM_SAMPLE, first, i);
        outcome = look_at(s, gp_box_entry(box, (size_t)(u * (double)of)), accused, tally);
    }
    return outcome;
}

/* A single entry of a box that is off: from half to half, each time the one that shows it best. */
static gp_outcome drill(gp_search *s, const gp_box *from, const gp_discrepancy *seen,
                        gp_tally *tally) {
    gp_box box = *from;
    gp_node at = {.seen = *seen};
    for (size_t axis = 0; axis < box.dimensions; axis++) {
        at.low = box.low[axis];
        at.high = box.high[axis];
        while (at.high - at.low > 1) {
            gp_space space = {.axis = axis, .box = box};
            gp_node half[2];
            gp_outcome outcome = split(s, &space, &at, &half[0], &half[1]);
            if (outcome != GP_EVALUATED)
                return outcome == GP_NOT_HERE ? GP_EVALUATED : outcome;
            const gp_discrepancy *left = &half[0].seen, *right = &half[1].seen;
            at = fabs(left->off) * (right->bound + right->fine) >
                         fabs(right->off) * (left->bound + left->fine)
                     ? half[0]
                     : half[1];
            if (!gp_is_off(&at.seen))
                return GP_EVALUATED;
        }
        box.low[axis] = at.low;
        box.high[axis] = at.high;
    }
    return look_at(s, gp_box_entry(&box, 0), 1, tally);
}

/* ---- parts that are wrong as such ------------------------------------------------ */

/* How much of what is off of a part is blurred. */
static double blur_of(const gp_discrepancy *d) {
    return d->off != 0 ? (d->bound + d->fine) / fabs(d->off) : INFINITY;
}

/* Is g = F d over all of a box? Then all directions show one ratio. *factor: F, or NaN. */
static gp_outcome find_factor(gp_search *s, const gp_box *box, const gp_discrepancy *seen,
                              double *factor) {
    enum { ASKED = OTHERS + 2 };
    gp_part part = part_of_box(box);
    gp_discrepancy shown[ASKED] = {*seen};
    double products = 0, squares = 0;
    size_t best = 0, telling = 0, asked = s->d->count < ASKED ? s->d->count : ASKED;
    *factor = NAN;
    /* This direction too, where the other halves' bounds have added up. */
    for (size_t k = is_telling(seen, TELLING) ? 1 : 0; k < asked; k++) {
        unsigned direction = (unsigned)((s->direction + k) % s->d->count);
        if (gp_directions_part(s->d, direction, &part, SHARPER * seen->off, &shown[k]) == GP_FAULT)
            return GP_FAULT;
        best = blur_of(&shown[k]) < blur_of(&shown[best]) ? k : best;
    }
    for (size_t k = 0; k < asked; k++) {
        if (!have_one_ratio(&shown[k], &shown[best]))
            return GP_EVALUATED;
        telling += is_telling(&shown[k], TELLING_TOGETHER);
        products += shown[k].analytic * shown[k].numeric;
        squares += shown[k].numeric * shown[k].numeric;
    }
    if (telling > OTHERS && is_telling(&shown[best], TELLING) && squares > 0)
        *factor = products / squares;
    return GP_EVALUATED;
}

/* A block that is wrong in more than single entries takes no part in what follows: nothing more can
 * be said of the rest of it. */
static void take_out(gp_search *s, size_t block) {
    s->d->factor[block] = 0;
    s->d->norm[block] = 0;
}

/* Is a box wrong in the same way, by other directions than the one that is searched along, or,
 * where these can't tell, by entries of it? */
static gp_outcome is_alike(gp_search *s, const gp_box *box, double factor, int *alike) {
    const gp_discrepancy ratio = {.analytic = factor, .numeric = 1};
    gp_part part = part_of_box(box);
    gp_tally tally = {0};
    int blurred = 0;
    *alike = 1;
    for (unsigned k = 1; k <= OTHERS && *alike; k++) {
        gp_discrepancy other;
        unsigned direction = (s->direction + k) % s->d->count;
        if (gp_directions_part(s->d, direction, &part, 0, &other) == GP_FAULT)
            return GP_FAULT;
        double expected = isnan(factor) ? other.off : (factor - 1) * other.numeric;
        blurred |= other.bound + other.fine > TELLING_BESIDE * fabs(expected);
        *alike = isnan(factor) ? !blurred : have_one_ratio(&ratio, &other);
    }
    /* Without a factor, few wrong entries look like many. */
    if (!*alike || (!blurred && !isnan(factor)))
        return GP_EVALUATED;
    gp_outcome outcome = sample(s, box, OTHERS, 1, &tally);
    *alike = tally.looked > 0 && tally.refuted == tally.looked;
    return outcome;
}

/* By accident a direction shows little of something that is wrong. So a box grows over what lies
 * beside it as long as that is wrong in the same way, twice as far each time where a factor says
 * which. */
static gp_outcome grow(gp_search *s, gp_box *box, size_t axis, int upwards, double factor) {
    size_t most = upwards ? box->shape[axis] - box->high[axis] : box->low[axis], steps = 0;
    for (size_t width = 1, shrinking = 0; most > 0 && width > 0;) {
        gp_box beside = *box;
        int alike;
        width = width < most ? width : most;
        beside.low[axis] = upwards ? box->high[axis] : box->low[axis] - width;
        beside.high[axis] = beside.low[axis] + width;
        if (is_alike(s, &beside, factor, &alike) == GP_FAULT)
            return GP_FAULT;
        if (alike && upwards)
            box->high[axis] += width;
        else if (alike)
            box->low[axis] -= width;
        most -= alike ? width : 0;
        shrinking |= !alike;
        if (shrinking)
            width /= 2;
        else
            width = isnan(factor) ? ++steps < MANY : 2 * width;
    }
    return GP_EVALUATED;
}

/* The ends of a box that no factor explains may be those of a remainder whose bound was too narrow:
 * entries there are asked. */
static gp_outcome trim(gp_search *s, gp_box *box, size_t axis, int upwards) {
    size_t *end = upwards ? &box->high[axis] : &box->low[axis];
    for (size_t steps = 0; steps < MANY && box->high[axis] - box->low[axis] > 1; steps++) {
        gp_box face = *box;
        gp_tally tally = {0};
        face.low[axis] = upwards ? *end - 1 : *end;
        face.high[axis] = face.low[axis] + 1;
        gp_outcome outcome = sample(s, &face, OTHERS, 1, &tally);
        if (outcome != GP_EVALUATED || tally.cleared < OTHERS)
            return outcome;
        *end = upwards ? *end - 1 : *end + 1;
    }
    return GP_EVALUATED;
}

/* The F of g = F d in the entries of a box that were looked at and are refuted; NaN: there are too
 * few, or no F explains them all. */
static double factor_of_entries(const gp_search *s, const gp_box *box) {
    enum { FEWEST = 5 };
    const gp_directions *d = s->d;
    gp_box whole = whole_block(block_of(s, s->block));
    double factor = NAN, sharpest = INFINITY;
    size_t count = 0;
    for (int checking = 0; checking < 2; checking++)
        for (size_t q = 0; q < d->knowns; q++) {
            const gp_known_entry *known = &d->known[q];
            if (known->entry < whole.origin || known->entry >= whole.origin + gp_box_volume(&whole))
                continue;
            gp_box at = box_of_entry(&whole, known->entry);
            if (!is_within(&at, box) ||
                gp_report_at(d->check->report, known->entry)->status != GP_ENTRY_REFUTED)
                continue;
            double derivative = known->gradient - known->off;
            double blur = known->bound / fabs(derivative);
            if (!checking && blur < sharpest) {
                sharpest = blur;
                factor = known->gradient / derivative;
            } else if (checking) {
                double slack = d->check->options.rtol * fabs(known->gradient) +
                               fabs(factor) * (known->bound + sharpest * fabs(derivative));
                if (!(fabs(known->gradient - factor * derivative) <= slack))
                    return NAN;
                count++;
            }
        }
    return count >= FEWEST && sharpest <= TELLING ? factor : NAN;
}

/* Keeps a box as wrong, if entries or directions say so. */
static gp_outcome accuse(gp_search *s, const gp_box *box, double factor, const gp_tally *tally) {
    int refuted = tally->refuted > 0;
    gp_box all = *box;
    if (isnan(factor))
        factor = factor_of_entries(s, box);
    if (!refuted) {
        gp_part part = part_of_box(box);
        if (gp_directions_refute(s->d, &part, &refuted) == GP_FAULT)
            return GP_FAULT;
    }
    if (!refuted || s->wrongs == GP_MOST_BOXES)
        return GP_EVALUATED;
    for (size_t k = 0; k < all.dimensions; k++)
        for (int upwards = 0; upwards < 2; upwards++)
            if (isnan(factor) && all.high[k] - all.low[k] < all.shape[k] &&
                trim(s, &all, k, upwards) == GP_FAULT)
                return GP_FAULT;
    for (size_t k = 0; k < all.dimensions; k++)
        for (int upwards = 0; upwards < 2; upwards++)
            if (grow(s, &all, k, upwards, factor) == GP_FAULT)
                return GP_FAULT;
    s->wrong[s->wrongs++] = (gp_wrong){s->block, all, factor};
    s->news++;
    return GP_EVALUATED;
}

/* *named: a factor explains all of a box. */
static gp_outcome name_factor(gp_search *s, const gp_box *box, const gp_discrepancy *seen,
                              int *named) {
    gp_tally tally = {0};
    double factor;
    size_t before = s->wrongs;
    *named = 0;
    gp_outcome outcome = find_factor(s, box, seen, &factor);
    if (outcome != GP_EVALUATED || isnan(factor))
        return outcome;
    /* Where most of it is zero in the function too, it isn't all of the box that is wrong. */
    outcome = sample(s, box, SAMPLE_OF_FACTOR, 1, &tally);
    if (outcome == GP_EVALUATED && 2 * tally.cleared <= tally.looked)
        outcome = accuse(s, box, factor, &tally);
    *named = s->wrongs > before;
    return outcome;
}

static gp_outcome descend(gp_search *s, const gp_box *box, size_t axis, const gp_discrepancy *seen);

/* Of parts that cross each other none shows before they are told apart: index by index along a
 * short axis. */
static gp_outcome separate(gp_search *s, const gp_box *box, const gp_discrepancy *seen) {
    size_t axis = box->dimensions, least = MANY + 1;
    for (size_t k = 0; k < box->dimensions; k++) {
        size_t width = box->high[k] - box->low[k];
        if (width > 1 && width < least) {
            least = width;
            axis = k;
        }
    }
    gp_outcome outcome = GP_EVALUATED;
    gp_space space = {.axis = axis, .box = *box};
    for (size_t i = 0; axis < box->dimensions && i < least && outcome == GP_EVALUATED; i++) {
        gp_box part = *box;
        gp_node node = {.low = box->low[axis] + i, .high = box->low[axis] + i + 1};
        part.low[axis] = node.low;
        part.high[axis] = node.high;
        outcome = measure(s, &space, seen->off, &node);
        if (outcome == GP_EVALUATED && gp_is_off(&node.seen) && !is_accused(s, &part))
            outcome = descend(s, &part, 0, &node.seen);
    }
    return outcome;
}

/* ---- parts around a wrong entry -------------------------------------------------- */

/* Is the entry at `index` along an axis, and otherwise where a box of one entry is, wrong? A
 * direction tells where its bound is sharp, and a judgement of the entry where it isn't. */
static gp_outcome is_wrong_at(gp_search *s, const gp_box *at, size_t axis, size_t index,
                              int *wrong) {
    gp_box box = *at;
    box.low[axis] = index;
    box.high[axis] = index + 1;
    size_t entry = gp_box_entry(&box, 0);
    gp_part part = part_of_box(&box);
    gp_discrepancy seen;
    gp_tally tally = {0};
    *wrong = is_explained(s, entry);
    if (*wrong)
        return GP_EVALUATED;
    if (gp_report_at(s->d->check->report, entry)->status == GP_ENTRY_UNCHECKED) {
        gp_outcome outcome = gp_directions_part(s->d, s->direction, &part, 0, &seen);
        if (outcome == GP_FAULT)
            return outcome;
        *wrong = outcome == GP_EVALUATED && gp_is_off(&seen);
        double slope = fmax(fabs(seen.analytic), fabs(seen.numeric));
        if (outcome == GP_EVALUATED && (*wrong || seen.bound + seen.fine < TELLING_BESIDE * slope))
            return GP_EVALUATED;
    }
    gp_outcome outcome = look_at(s, entry, 1, &tally);
    *wrong = tally.refuted > 0;
    return outcome;
}

/* How far from a wrong entry along an axis entries are wrong, within [low, high): to where its
 * neighbour is right, or to the end if that is wrong, or to where halving finds the last. */
static gp_outcome reach(gp_search *s, const gp_box *seed, size_t axis, const gp_box *within,
                        gp_box *box) {
    size_t at = seed->low[axis];
    for (int upwards = 0; upwards < 2; upwards++) {
        size_t most = upwards ? within->high[axis] - 1 - at : at - within->low[axis];
        size_t good = 0, bad = most + 1, step = 1; /* so far it is wrong; from here on right */
        while (bad - good > 1) {
            int wrong;
            if (is_wrong_at(s, seed, axis, upwards ? at + step : at - step, &wrong) == GP_FAULT)
                return GP_FAULT;
            *(wrong ? &good : &bad) = step;
            step = good == 1 && bad > most ? most : good + (bad - good) / 2;
        }
        box->low[axis] -= upwards ? 0 : good;
        box->high[axis] += upwards ? good : 0;
    }
    return GP_EVALUATED;
}

/* A box around a wrong entry, as far as entries are wrong along each axis through it; accused if
 * those within are. */
static gp_outcome grow_from(gp_search *s, size_t entry, const gp_box *within) {
    gp_box seed = box_of_entry(within, entry), box = seed;
    gp_tally tally = {0};
    gp_discrepancy seen;
    int named = 0;
    for (size_t axis = 0; axis < box.dimensions; axis++)
        if (reach(s, &seed, axis, within, &box) == GP_FAULT)
            return GP_FAULT;
    if (gp_box_volume(&box) == 1)
        return GP_EVALUATED;
    gp_part part = part_of_box(&box);
    gp_outcome outcome = gp_directions_part(s->d, s->direction, &part, 0, &seen);
    if (outcome == GP_EVALUATED && gp_is_off(&seen))
        outcome = name_factor(s, &box, &seen, &named);
    if (outcome == GP_FAULT || named)
        return outcome;
    outcome = sample(s, &box, SAMPLE_OF_BOX, 1, &tally);
    if (outcome == GP_EVALUATED && tally.cleared == 0 && tally.refuted > 0)
        outcome = accuse(s, &box, NAN, &tally);
    return outcome;
}

/* Parts of a box that is wrong in some of its entries: around those that were seen to be. */
static gp_outcome grow_parts(gp_search *s, const gp_box *box) {
    const gp_directions *d = s->d;
    size_t failed = 0;
    for (size_t q = d->knowns; q-- > 0 && failed < SEEDS;) {
        size_t entry = d->known[q].entry;
        const gp_block *block = block_of(s, s->block);
        if (entry < block->offset || entry >= block->offset + block->entries ||
            gp_report_at(d->check->report, entry)->status != GP_ENTRY_REFUTED)
            continue;
        gp_box at = box_of_entry(box, entry);
        size_t before = s->wrongs;
        if (!is_within(&at, box) || is_explained(s, entry))
            continue;
        if (grow_from(s, entry, box) == GP_FAULT)
            return GP_FAULT;
        failed += s->wrongs == before;
    }
    return GP_EVALUATED;
}

/* A block that is wrong in places: around entries that are wrong, else what index by index shows,
 * else a single entry. */
static gp_outcome look_for_parts(gp_search *s, const gp_box *box, const gp_discrepancy *seen) {
    size_t before = s->wrongs;
    gp_tally tally = {0};
    gp_outcome outcome = grow_parts(s, box);
    if (outcome == GP_EVALUATED && s->wrongs == before)
        outcome = separate(s, box, seen);
    if (outcome != GP_EVALUATED || s->wrongs > before)
        return outcome;
    outcome = drill(s, box, seen, &tally);
    return outcome == GP_EVALUATED && tally.refuted > 0 ? grow_parts(s, box) : outcome;
}

/* All of a block: what single entries say goes to the diagnosis. */
static gp_outcome wrong_all_over(gp_search *s, const gp_box *box, const gp_discrepancy *seen) {
    gp_tally tally = {0};
    gp_outcome outcome = sample(s, box, SAMPLE, 0, &tally);
    int named = 0;
    size_t before = s->wrongs;
    if (outcome == GP_EVALUATED && tally.cleared == 0 && tally.refuted == 0)
        outcome = name_factor(s, box, seen, &named);
    if (outcome == GP_EVALUATED && !named && (tally.cleared > 0 || tally.refuted == 0))
        outcome = look_for_parts(s, box, seen);
    if (tally.refuted > 0 && s->wrongs == before)
        take_out(s, s->block);
    return outcome;
}

/* A box that no axis narrows down any further. */
static gp_outcome finish_box(gp_search *s, const gp_box *box, const gp_discrepancy *seen) {
    gp_tally tally = {0};
    size_t volume = gp_box_volume(box);
    int named;
    if (volume == 1)
        return look_at(s, gp_box_entry(box, 0), 1, &tally);
    if (gp_box_is_whole(box))
        return wrong_all_over(s, box, seen);
    gp_outcome outcome = name_factor(s, box, seen, &named);
    if (outcome != GP_EVALUATED || named)
        return outcome;
    outcome = sample(s, box, SAMPLE_OF_BOX, 1, &tally);
    if (outcome != GP_EVALUATED || volume <= SAMPLE_OF_BOX)
        return outcome;
    if (tally.cleared == 0 && tally.refuted > 0)
        return accuse(s, box, NAN, &tally);
    return look_for_parts(s, box, seen);
}

/* A part that shows one ratio: named by it, or asked about in another direction, where that was an
 * accident of this one. *done: nothing more to look for. */
static gp_outcome look_into_uniform(gp_search *s, const gp_box *box, size_t axis,
                                    const gp_discrepancy *seen, int *done) {
    gp_part part = part_of_box(box);
    gp_discrepancy other;
    unsigned direction = s->direction;
    gp_outcome outcome = name_factor(s, box, seen, done);
    if (outcome != GP_EVALUATED || *done || s->turns + 1 >= s->d->count)
        return outcome;
    s->direction = (direction + 1) % s->d->count;
    s->turns++;
    outcome = gp_directions_part(s->d, s->direction, &part, seen->off, &other);
    *done = outcome == GP_EVALUATED && gp_is_off(&other);
    if (*done)
        outcome = descend(s, box, axis, &other);
    s->direction = direction;
    s->turns--;
    return outcome;
}

/* What is wrong in a box, axis by axis from `axis` on. */
static gp_outcome descend(gp_search *s, const gp_box *box, size_t axis,
                          const gp_discrepancy *seen) {
    gp_finding finding;
    if (s->visits++ >= MOST_VISITS)
        return GP_EVALUATED;
    while (axis < box->dimensions && box->high[axis] - box->low[axis] == 1)
        axis++;
    if (axis == box->dimensions)
        return finish_box(s, box, seen);
    gp_space space = {.axis = axis, .box = *box};
    gp_outcome outcome = bisect(s, &space, box->low[axis], box->high[axis], seen, &finding);
    if (outcome == GP_EVALUATED && finding.all_over) {
        int uniform = finding.leaves == 1 && finding.leaf[0].uniform;
        free(finding.leaf);
        if (uniform && gp_box_is_whole(box))
            return wrong_all_over(s, box, seen);
        int named = 0;
        if (uniform)
            outcome = name_factor(s, box, seen, &named);
        return outcome == GP_EVALUATED && !named ? descend(s, box, axis + 1, seen) : outcome;
    }
    for (size_t i = 0; i < finding.leaves && outcome == GP_EVALUATED; i++) {
        const gp_node *leaf = &finding.leaf[i];
        gp_box part = *box;
        part.low[axis] = leaf->low;
        part.high[axis] = leaf->high;
        int done = is_accused(s, &part);
        if (leaf->uniform && !done)
            outcome = look_into_uniform(s, &part, axis, &leaf->seen, &done);
        if (outcome == GP_EVALUATED && !done)
            outcome = descend(s, &part, axis + 1, &leaf->seen);
    }
    free(finding.leaf);
    return outcome;
}

/* ---- what is said of them -------------------------------------------------------- */

static int are_of_one_manner(const gp_wrong *p, const gp_wrong *q) {
    return p->block == q->block && gp_same_factor(p->factor, q->factor);
}

/* Does a part that is wrong in the same way hold all of a box? */
static int is_held(const gp_directions *d, const gp_wrong *gap) {
    for (size_t i = 0; i < d->wrongs; i++)
        if (are_of_one_manner(&d->wrong[i], gap) && is_within(&gap->box, &d->wrong[i].box))
            return 1;
    return 0;
}

/* Two boxes that make up a box become it, by themselves or with what another one holds of it; and
 * one within the other goes. */
static int merge_boxes(const gp_directions *d, gp_wrong *p, const gp_wrong *q) {
    size_t axis = 0, differing = 0;
    if (is_within(&q->box, &p->box))
        return 1;
    if (is_within(&p->box, &q->box)) {
        *p = *q;
        return 1;
    }
    for (size_t k = 0; k < p->box.dimensions; k++)
        if (p->box.low[k] != q->box.low[k] || p->box.high[k] != q->box.high[k]) {
            axis = k;
            differing++;
        }
    if (differing > 1 || !are_of_one_manner(p, q))
        return 0;
    const gp_wrong *lower = p->box.low[axis] < q->box.low[axis] ? p : q,
                   *upper = lower == p ? q : p;
    gp_wrong gap = *lower;
    gap.box.low[axis] = lower->box.high[axis];
    gap.box.high[axis] = upper->box.low[axis];
    if (gap.box.low[axis] < gap.box.high[axis] && !is_held(d, &gap))
        return 0;
    gap.box.low[axis] = lower->box.low[axis];
    gap.box.high[axis] =
        p->box.high[axis] > q->box.high[axis] ? p->box.high[axis] : q->box.high[axis];
    *p = gap;
    return 1;
}

static void merge_all(gp_directions *d) {
    for (int merged = 1; merged;) {
        merged = 0;
        for (size_t i = 0; i < d->wrongs; i++)
            for (size_t k = i + 1; k < d->wrongs; k++)
                if (d->wrong[i].block == d->wrong[k].block &&
                    merge_boxes(d, &d->wrong[i], &d->wrong[k])) {
                    d->wrong[k] = d->wrong[--d->wrongs];
                    merged = 1;
                }
    }
}

/* Matrices have rows and columns; of other blocks it is slabs. */
static const char *kind_of(const gp_box *box) {
    if (box->dimensions != 2)
        return "slab";
    int rows = box->high[0] - box->low[0] < box->shape[0];
    int columns = box->high[1] - box->low[1] < box->shape[1];
    return rows && !columns ? "rows" : columns && !rows ? "columns" : "slab";
}

/* One diagnosis for the boxes of a block that share a factor with box i, which is the first of
 * them. */
static gp_status name_boxes(const gp_directions *d, size_t i, int clean) {
    const gp_wrong *of = &d->wrong[i];
    const gp_block *block = &d->check->function->block[of->block];
    char list[256] = "", manner[80], shape[80] = "", rest[80] = "";
    size_t count = 0, used = 0;
    for (size_t k = i; k < d->wrongs; k++)
        if (are_of_one_manner(of, &d->wrong[k]) && count++ < LISTED && used < sizeof list - 40)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s", count > 1 ? ", " : ""),
                used += gp_box_name(&d->wrong[k].box, block->name, list + used, sizeof list - used);
    if (count > LISTED)
        snprintf(list + used, sizeof list - used, ", ... (%zu in all)", count);
    for (size_t k = 0, at = 0; k < block->dimensions && at < sizeof shape; k++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%zu", k ? " x " : "",
                               block->shape[k]);
    gp_write_factor(of->factor, count > 1, manner, sizeof manner);
    if (!gp_box_is_whole(&of->box))
        snprintf(rest, sizeof rest, "; %s",
                 d->factor[of->block] == 0 || !clean ? "the rest of the block wasn't cleared"
                                                     : "random directions find nothing else in it");
    return gp_report_add_diagnosis(d->check->report, of->block, kind_of(&of->box), of->factor,
                                   "%s of block %.60s (%s) %s%s", list, block->name, shape, manner,
                                   rest);
}

/* A block that directions refute, and that takes no further part in them. */
static void refute(gp_search *s) {
    gp_findings_put_block(s->d->check->report, s->block, GP_REFUTED);
    take_out(s, s->block);
}

static int is_first_of_manner(const gp_directions *d, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (are_of_one_manner(&d->wrong[k], &d->wrong[i]))
            return 0;
    return 1;
}

/* Boxes of a block that was searched join those that are known. All over the place is nowhere in
 * particular: then the block as a whole is wrong. */
static void keep_boxes(gp_search *s) {
    gp_directions *d = s->d;
    if (s->visits >= MOST_VISITS)
        s->wrongs = 0;
    for (size_t i = 0; i < s->wrongs && d->wrongs < GP_MOST_BOXES; i++)
        d->wrong[d->wrongs++] = s->wrong[i];
    if (s->wrongs > 0)
        gp_findings_put_block(d->check->report, s->block, GP_REFUTED);
    merge_all(d);
}

gp_status gp_locate_describe(const gp_directions *d, int clean) {
    for (size_t b = 0; b < d->check->function->blocks; b++) {
        size_t manners = 0;
        for (size_t i = 0; i < d->wrongs; i++)
            manners += d->wrong[i].block == b && is_first_of_manner(d, i);
        for (size_t i = 0; i < d->wrongs && manners > MANNERS; i++)
            if (d->wrong[i].block == b)
                d->wrong[i].factor = NAN;
    }
    for (size_t i = 0; i < d->wrongs; i++) {
        /* A factor of the whole block is gp_diagnose's to name: it knows where factors come from.
         */
        int whole = gp_box_is_whole(&d->wrong[i].box) && !isnan(d->wrong[i].factor);
        if (!whole && is_first_of_manner(d, i) && name_boxes(d, i, clean) != GP_OK)
            return GP_ERROR_MEMORY;
    }
    return GP_OK;
}

/* Are there entries whose number isn't what the callback meant? They are located, by that. */
static int is_odd(const gp_check_state *c, const gp_block *block) {
    for (size_t i = block->offset; c->manner && i < block->offset + block->entries; i++)
        if (c->manner[i] != GP_MANNER_SET)
            return 1;
    return 0;
}

/* A block that is off, and nothing in it is found to blame. */
static gp_outcome refute_unlocated(gp_search *s) {
    const gp_block *block = block_of(s, s->block);
    gp_part part = {.offset = block->offset, .entries = block->entries};
    int refuted;
    if (gp_directions_refute(s->d, &part, &refuted) == GP_FAULT)
        return GP_FAULT;
    if (!refuted)
        return GP_EVALUATED;
    refute(s);
    s->news++;
    if (is_odd(s->d->check, block))
        return GP_EVALUATED;
    return gp_report_add_diagnosis(s->d->check->report, s->block, "unlocated", NAN,
                                   "%s is wrong along random directions; the entries that are "
                                   "wrong were not located",
                                   block->name) == GP_OK
               ? GP_EVALUATED
               : out_of_memory(s);
}

static gp_outcome locate_in_block(gp_search *s, size_t block, const gp_discrepancy *seen) {
    gp_box box = whole_block(block_of(s, block));
    gp_tally tally = {0};
    size_t before = s->news;
    s->block = block;
    s->wrongs = s->visits = s->open = 0;
    gp_outcome outcome = gp_box_volume(&box) <= SAMPLE ? sample(s, &box, SAMPLE, 0, &tally)
                                                       : descend(s, &box, 0, seen);
    if (outcome == GP_EVALUATED)
        keep_boxes(s);
    int lost = s->news == before || s->visits >= MOST_VISITS;
    if (outcome == GP_EVALUATED && lost && s->d->factor[block] != 0)
        outcome = refute_unlocated(s);
    return outcome;
}

/* Blocks that are off together: one of them alone, or none that could be told. */
static gp_outcome locate_among(gp_search *s, const gp_space *space, const gp_node *leaf) {
    gp_outcome outcome = GP_EVALUATED;
    size_t before = s->news;
    if (leaf->high - leaf->low == 1)
        return locate_in_block(s, leaf->low, &leaf->seen);
    for (size_t b = leaf->low; b < leaf->high && outcome == GP_EVALUATED; b++) {
        gp_node one = {.low = b, .high = b + 1};
        outcome = measure(s, space, leaf->seen.off, &one);
        if (outcome == GP_EVALUATED && gp_is_off(&one.seen))
            outcome = locate_in_block(s, b, &one.seen);
    }
    gp_part part = part_of(s, space, leaf->low, leaf->high);
    if (outcome == GP_EVALUATED && s->news == before)
        outcome = gp_directions_refute(s->d, &part, &s->d->check->report->unlocated);
    return outcome;
}

gp_outcome gp_locate(gp_directions *d, unsigned k, const gp_discrepancy *whole, size_t *news) {
    gp_search s = {.d = d, .direction = k, .wrong = malloc(GP_MOST_BOXES * sizeof *s.wrong)};
    gp_space space = {.blocks = 1};
    gp_finding finding = {0};
    gp_outcome outcome = s.wrong
                             ? bisect(&s, &space, 0, d->check->function->blocks, whole, &finding)
                             : out_of_memory(&s);
    for (size_t i = 0; i < finding.leaves && outcome == GP_EVALUATED; i++)
        outcome = locate_among(&s, &space, &finding.leaf[i]);
    free(finding.leaf);
    free(s.wrong);
    *news = s.news;
    return outcome;
}

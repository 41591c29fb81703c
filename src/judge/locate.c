/* Where a direction goes wrong: halves, then halves of those that are off, breadth first, over
 * blocks, rows of a block, entries of a row, and columns where every row is off. The other half of
 * a split is what is left of the whole, and is measured itself only once bounds have added up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/directions.h"

enum {
    MOST_NODES = 64,     /* that are off at a time: more is "all over the place" */
    SAMPLE = 40,         /* entries of a block that is wrong all over, half of them neighbours, */
    SAMPLE_OF_LINE = 12, /* and so many of a row or column that is */
    WIDTH_TO_TELL = 64   /* parts in which nearly all must be off to call it all over */
};
/* Bounds of a remainder may add up to this many times that of a measured part. */
static const double ADDED_UP = 32;

/* What is halved. */
typedef enum gp_axis { BLOCKS, ROWS, COLUMNS, ENTRIES } gp_axis;

typedef struct gp_space {
    gp_axis axis;
    size_t block;
    size_t base;  /* entries: the first one */
    size_t count; /* of what the axis counts */
} gp_space;

typedef struct gp_node {
    size_t low, high;
    gp_discrepancy seen;
} gp_node;

typedef struct gp_finding {
    gp_node *leaf; /* owned */
    size_t leaves;
    int all_over;
} gp_finding;

typedef struct gp_search {
    gp_directions *d;
    unsigned direction;
    size_t news;
} gp_search;

static const gp_block *block_of(const gp_search *s, size_t block) {
    return &s->d->check->function->block[block];
}

static size_t columns_of(const gp_block *block) {
    return block->dimensions < 2 || block->shape[0] == 0 ? 1 : block->entries / block->shape[0];
}

static gp_part part_of(const gp_search *s, const gp_space *space, size_t low, size_t high) {
    const gp_block *block = block_of(s, space->axis == BLOCKS ? low : space->block);
    size_t columns = columns_of(block);
    gp_part part = {.offset = block->offset, .entries = block->entries};
    switch (space->axis) {
    case BLOCKS: {
        const gp_block *last = block_of(s, high - 1);
        part.entries = last->offset + last->entries - block->offset;
        break;
    }
    case ROWS:
        part.offset += low * columns;
        part.entries = (high - low) * columns;
        break;
    case COLUMNS:
        part.columns = columns;
        part.origin = block->offset;
        part.first_column = low;
        part.end_column = high;
        break;
    case ENTRIES:
        part.offset = space->base + low;
        part.entries = high - low;
        break;
    }
    return part;
}

static gp_outcome measure(gp_search *s, const gp_space *space, double off, gp_node *node) {
    gp_part part = part_of(s, space, node->low, node->high);
    return gp_directions_part(s->d, s->direction, &part, off, &node->seen);
}

/* Splits a node; both halves get what is seen of them. */
static gp_outcome split(gp_search *s, const gp_space *space, const gp_node *node, gp_node *left,
                        gp_node *right) {
    size_t middle = node->low + (node->high - node->low) / 2;
    *left = (gp_node){.low = node->low, .high = middle};
    *right = (gp_node){.low = middle, .high = node->high};
    gp_outcome outcome = measure(s, space, node->seen.off, left);
    if (outcome != GP_EVALUATED)
        return outcome;
    right->seen.off = node->seen.off - left->seen.off;
    right->seen.bound = node->seen.bound + left->seen.bound;
    right->seen.fine = fmin(node->seen.fine, hypot(left->seen.fine, left->seen.fine));
    /* A remainder is as good as its bound: where that could hide what the left half's doesn't. */
    if (gp_is_off(&right->seen) && right->seen.bound > ADDED_UP * left->seen.bound)
        return measure(s, space, node->seen.off, right);
    if (!gp_is_off(&right->seen) && !gp_is_off(&left->seen))
        return measure(s, space, node->seen.off, right);
    return GP_EVALUATED;
}

/* The smallest parts of a space that are off, or that it is off all over. */
static gp_outcome bisect(gp_search *s, const gp_space *space, const gp_discrepancy *whole,
                         gp_finding *finding) {
    size_t most = space->axis == BLOCKS ? space->count : MOST_NODES, width = 1, count = 1;
    gp_node *now = malloc((2 * most + 2) * sizeof *now);
    gp_node *next = malloc((2 * most + 2) * sizeof *next);
    gp_outcome outcome = GP_EVALUATED;
    *finding = (gp_finding){.leaves = 0};
    if (!now || !next) {
        free(now);
        free(next);
        return gp_evaluator_fault(s->d->check->evaluator, "memory", "out of memory");
    }
    now[0] = (gp_node){0, space->count, *whole};
    for (; width < space->count && outcome == GP_EVALUATED; width *= 2) {
        size_t found = 0;
        for (size_t i = 0; i < count && outcome == GP_EVALUATED; i++) {
            if (now[i].high - now[i].low == 1) {
                next[found++] = now[i];
                continue;
            }
            gp_node half[2];
            outcome = split(s, space, &now[i], &half[0], &half[1]);
            for (int k = 0; k < 2 && outcome == GP_EVALUATED; k++)
                if (gp_is_off(&half[k].seen))
                    next[found++] = half[k];
        }
        gp_node *swap = now;
        now = next;
        next = swap;
        count = found;
        size_t parts = 2 * width < space->count ? 2 * width : space->count;
        finding->all_over = space->axis != BLOCKS &&
                            (count > most || (parts >= WIDTH_TO_TELL && 4 * count > 3 * parts));
        if (finding->all_over)
            break;
    }
    if (space->axis != BLOCKS && space->count > 1 && 4 * count > 3 * space->count)
        finding->all_over = 1;
    free(next);
    finding->leaf = now;
    finding->leaves = count;
    return outcome == GP_NOT_HERE ? GP_EVALUATED : outcome;
}

/* Looks at one entry by itself, once. *refuted counts. */
static gp_outcome look_at(gp_search *s, size_t entry, int accused, size_t *refuted) {
    gp_directions *d = s->d;
    gp_check_state *c = d->check;
    gp_entry result;
    const gp_entry *before = gp_report_at(c->report, entry);
    if (before->status != GP_ENTRY_UNCHECKED) {
        *refuted += before->status == GP_ENTRY_REFUTED;
        return GP_EVALUATED;
    }
    double a = gp_check_gradient(c, entry);
    gp_outcome outcome =
        accused ? gp_judge_accused(c, entry, a, &result) : gp_judge_again(c, entry, a, &result);
    if (outcome == GP_FAULT)
        return outcome;
    if (gp_report_put(c->report, entry, &result) != GP_OK)
        return gp_evaluator_fault(c->evaluator, "memory", "out of memory");
    *refuted += result.status == GP_ENTRY_REFUTED;
    s->news++;
    if (d->knowns < GP_MOST_KNOWN && isfinite(result.bound))
        d->known[d->knowns++] =
            (gp_known_entry){entry, a, result.analytic - result.numeric, result.bound};
    return GP_EVALUATED;
}

/* Entries first, first + step, ...: `count` of `of`, half of them neighbours, the others drawn. */
static gp_outcome sample(gp_search *s, size_t first, size_t step, size_t of, size_t count,
                         size_t *refuted) {
    uint64_t seed = s->d->check->options.seed;
    gp_outcome outcome = GP_EVALUATED;
    size_t run = of <= count ? of : count / 2;
    for (size_t i = 0; i < run && outcome == GP_EVALUATED; i++)
        outcome = look_at(s, first + i * step, 0, refuted);
    for (size_t i = run; i < count && of > count && outcome == GP_EVALUATED; i++) {
        double u = gp_random_uniform(seed, GP_STREAM_SAMPLE, first, i);
        outcome = look_at(s, first + (size_t)(u * (double)of) * step, 0, refuted);
    }
    return outcome;
}

/* A block that is wrong in more than single entries takes no part in what follows: nothing more can
 * be said of the rest of it. */
static void take_out(gp_search *s, size_t block) {
    s->d->factor[block] = 0;
    s->d->norm[block] = 0;
}

/* Are lines (rows or columns) wrong as such? Says so. */
static gp_outcome name_lines(gp_search *s, size_t block, const char *kind, const size_t *line,
                             size_t lines, size_t of) {
    char list[160] = "";
    if (lines == 0)
        return GP_EVALUATED;
    for (size_t i = 0; i < lines && i < 9; i++) {
        size_t used = strlen(list);
        if (i < 8)
            snprintf(list + used, sizeof list - used, "%s%zu", i ? ", " : "", line[i]);
        else
            snprintf(list + used, sizeof list - used, ", ...");
    }
    take_out(s, block);
    const char *name = block_of(s, block)->name;
    gp_status status = gp_report_add_diagnosis(
        s->d->check->report, block, kind, NAN,
        "%s is wrong in %.*s %s and, by the same random direction, right in the other %zu", name,
        (int)(strlen(kind) - (lines == 1)), kind, list, of - lines); /* "row", "rows" */
    return status == GP_OK ? GP_EVALUATED
                           : gp_evaluator_fault(s->d->check->evaluator, "memory", "out of memory");
}

/* Entries of a range that is off: each by itself; *all_over where it is wrong as a whole. */
static gp_outcome locate_entries(gp_search *s, size_t block, size_t base, size_t count,
                                 const gp_discrepancy *seen, int *all_over) {
    gp_space space = {ENTRIES, block, base, count};
    gp_finding finding;
    size_t refuted = 0;
    gp_outcome outcome = bisect(s, &space, seen, &finding);
    *all_over = finding.all_over;
    for (size_t i = 0; i < finding.leaves && !finding.all_over && outcome == GP_EVALUATED; i++)
        if (finding.leaf[i].high - finding.leaf[i].low == 1)
            outcome = look_at(s, base + finding.leaf[i].low, 1, &refuted);
    free(finding.leaf);
    return outcome;
}

static gp_outcome wrong_all_over(gp_search *s, size_t block) {
    const gp_block *b = block_of(s, block);
    size_t refuted = 0;
    gp_outcome outcome = sample(s, b->offset, 1, b->entries, SAMPLE, &refuted);
    if (refuted > 0)
        take_out(s, block);
    return outcome;
}

static gp_outcome locate_columns(gp_search *s, size_t block, const gp_discrepancy *seen) {
    const gp_block *b = block_of(s, block);
    size_t columns = columns_of(b), line[MOST_NODES], lines = 0, refuted = 0;
    gp_space space = {COLUMNS, block, 0, columns};
    gp_finding finding;
    gp_outcome outcome = bisect(s, &space, seen, &finding);
    int all_over = finding.all_over || finding.leaves == 0;
    for (size_t i = 0; i < finding.leaves && !all_over && outcome == GP_EVALUATED; i++) {
        size_t column = finding.leaf[i].low, before = refuted;
        outcome = sample(s, b->offset + column, columns, b->shape[0], SAMPLE_OF_LINE, &refuted);
        if (refuted > before)
            line[lines++] = column;
    }
    free(finding.leaf);
    if (outcome == GP_EVALUATED && (all_over || lines == 0))
        return wrong_all_over(s, block);
    return outcome == GP_EVALUATED ? name_lines(s, block, "columns", line, lines, columns)
                                   : outcome;
}

static gp_outcome locate_in_block(gp_search *s, size_t block, const gp_discrepancy *seen) {
    const gp_block *b = block_of(s, block);
    size_t columns = columns_of(b), rows = b->entries / columns;
    size_t line[MOST_NODES], lines = 0, refuted = 0;
    int all_over;
    gp_outcome outcome;
    if (b->entries <= SAMPLE)
        return sample(s, b->offset, 1, b->entries, b->entries, &refuted);
    if (columns == 1 || rows == 1) {
        outcome = locate_entries(s, block, b->offset, b->entries, seen, &all_over);
        return outcome == GP_EVALUATED && all_over ? wrong_all_over(s, block) : outcome;
    }
    gp_space space = {ROWS, block, 0, rows};
    gp_finding finding;
    outcome = bisect(s, &space, seen, &finding);
    if (outcome == GP_EVALUATED && finding.all_over) {
        free(finding.leaf);
        return locate_columns(s, block, seen);
    }
    for (size_t i = 0; i < finding.leaves && outcome == GP_EVALUATED; i++) {
        size_t row = finding.leaf[i].low, at = b->offset + row * columns, before = refuted;
        outcome = locate_entries(s, block, at, columns, &finding.leaf[i].seen, &all_over);
        if (outcome != GP_EVALUATED || !all_over)
            continue;
        outcome = sample(s, at, 1, columns, SAMPLE_OF_LINE, &refuted);
        if (refuted > before)
            line[lines++] = row;
    }
    free(finding.leaf);
    return outcome == GP_EVALUATED ? name_lines(s, block, "rows", line, lines, rows) : outcome;
}

gp_outcome gp_locate(gp_directions *d, unsigned k, const gp_discrepancy *whole, size_t *news) {
    gp_search s = {.d = d, .direction = k};
    gp_space space = {BLOCKS, 0, 0, d->check->function->blocks};
    gp_finding finding;
    gp_outcome outcome = bisect(&s, &space, whole, &finding);
    for (size_t i = 0; i < finding.leaves && outcome == GP_EVALUATED; i++)
        outcome = locate_in_block(&s, finding.leaf[i].low, &finding.leaf[i].seen);
    free(finding.leaf);
    *news = s.news;
    return outcome;
}

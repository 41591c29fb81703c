/* The course of random directions: enough of them to say that the gradient is right, or to find
 * where it is wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/median.h"
#include "evaluate/executor.h"
#include "judge/ball.h"
#include "judge/words.h"
#include "search/directions.h"
#include "search/locate.h"
#include "search/project.h"
#include "system/text.h"
#include "system/vector.h"

/* Rounds of search: each finds at least one more mistake, or is the last. */
enum { ROUNDS = 12 };

/* The |w e| that the directions would have seen, by Ball's bound, with `more` directions added that
 * are as good as the median. */
static double error_seen(const gp_directions *d, unsigned more) {
    double bound[2 * GP_DIRECTIONS], m = 0;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = gp_directions_discrepancy(d, k);
        bound[k] = here.bound;
        if (here.bound > 0 && isfinite(here.bound))
            m = fmax(m, fabs(here.off) / here.bound);
    }
    double median = gp_median(bound, d->count); /* they are sorted now */
    for (unsigned k = d->count; k < d->count + more; k++)
        bound[k] = median;
    unsigned times_asked = GP_DIRECTIONS - gp_directions_fewest(d) + 1;
    double accepted = d->check->options.confidence / times_asked;
    if (bound[d->count - 1] == 0)
        return 0;
    for (unsigned k = 0; k < d->count && isfinite(bound[d->count - 1]); k++)
        bound[k] = fmax(bound[k], 1e-12 * bound[d->count - 1]);
    return gp_error_excluded(d->count + more, bound, m, accepted);
}

/* Are the directions so far so good that no more are needed? If not, so many in all might be: 0 if
 * not even all of them. */
static int is_enough(const gp_directions *d, unsigned *wanted) {
    double weakest = gp_directions_least_tau(d);
    *wanted = 0;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = gp_directions_discrepancy(d, k);
        if (gp_is_off(&here))
            return 0;
    }
    for (unsigned more = 0; weakest > 0 && d->count + more <= GP_DIRECTIONS; more++)
        if (error_seen(d, more) <= weakest) {
            *wanted = d->count + more;
            return more == 0;
        }
    return 0;
}

/* What entries that were looked at by themselves, and aren't refuted, may be off by in a block:
 * that was taken out of the directions. */
static double error_known(const gp_directions *d, size_t block) {
    double known = 0;
    for (size_t q = 0; q < d->knowns; q++)
        if (gp_function_block_number(d->check->function, d->known[q].entry) == block &&
            gp_report_at(d->check->report, d->known[q].entry)->status != GP_ENTRY_REFUTED)
            known = hypot(
                known, (fabs(d->known[q].off) + d->known[q].bound) *
                           gp_scaling_weight(&d->scaling, d->known[q].entry, d->known[q].gradient));
    return known;
}

/* What the directions say about each block: verified where an error beyond the tolerance would have
 * been seen. */
static void conclude(gp_directions *d) {
    gp_check_state *c = d->check;
    const gp_function *f = c->function;
    double seen = error_seen(d, 0), most_off = 0, all = 0, widest = -1;
    for (unsigned k = 0; k < d->count; k++) {
        gp_discrepancy here = gp_directions_discrepancy(d, k);
        most_off = fmax(most_off, fabs(here.off) - here.bound);
        if (!(here.bound <= widest)) {
            widest = here.bound;
            c->report->limit = d->results[k].limit;
        }
    }
    for (size_t b = 0; b < c->function->blocks; b++)
        all = hypot(all, d->norm[b]);
    int odd = most_off > c->options.rtol * all && all > 0;
    for (size_t b = 0; b < c->function->blocks; b++) {
        gp_block_result *block = &c->report->block[b].result;
        int own = gp_function_owns(f, block->offset);
        double exercised =
            own ? (double)gp_count_nonzero(c->gradient + block->offset, block->entries) : 0;
        (void)gp_evaluator_sum(c->evaluator, &exercised, 1);
        block->exercised = (size_t)exercised;
        if (d->factor[b] == 0) {
            /* refuted by entries of its own, if not as a whole */
            gp_findings_put_block(c->report, b, GP_INCONCLUSIVE);
            continue;
        }
        block->directions = d->count;
        c->reach[b] = (gp_reach){.excluded = (seen + error_known(d, b)) / d->factor[b],
                                 .size = d->norm[b] / d->factor[b]};
        if (d->norm[b] > 0)
            block->resolution = (seen + error_known(d, b)) / d->norm[b];
        /* A block whose gradient is 0 has no size to hold an error against: what is nothing beside
         * the whole is verified only where a number says what is nothing. Of a block that is
         * refuted in part the resolution is that of the rest. */
        int coarse = d->norm[b] > 0       ? !(block->resolution <= c->options.rtol)
                     : block->entries > 0 ? odd || !(c->options.atol > 0)
                                          : 0;
        gp_findings_put_block(c->report, b, coarse ? GP_INCONCLUSIVE : GP_VERIFIED);
    }
}

/* Boxes of a block that are wrong as such. */
static size_t count_wrong(const gp_directions *d, size_t block) {
    size_t count = 0;
    for (size_t i = 0; i < d->wrongs; i++)
        count += d->wrong[i].block == block;
    return count;
}

/* Blocks with a few wrong entries, all of them found, and the rest right. */
static gp_status describe(const gp_directions *d) {
    gp_check_state *c = d->check;
    gp_report *r = c->report;
    for (size_t b = 0; b < c->function->blocks; b++) {
        const gp_block *block = &c->function->block[b];
        size_t looked = 0, odd = 0, end = block->offset + block->entries;
        gp_entry_list wrong = {0};
        size_t boxes = count_wrong(d, b);
        if (d->factor[b] == 0 || (r->block[b].result.diagnoses && boxes == 0))
            continue;
        for (size_t i = gp_report_next(r, block->offset); i < end; i = gp_report_next(r, i + 1)) {
            if (gp_scaling_is_still(&d->scaling, i))
                continue;
            looked++;
            odd += c->manner && c->manner[i] != GP_MANNER_SET;
            if (gp_report_at(r, i)->status == GP_ENTRY_REFUTED)
                gp_entry_list_add(&wrong, c->function, i);
        }
        if (wrong.count == 0 || odd > 0 || looked == block->entries)
            continue; /* right; or oddly written, or all known: gp_diagnose has more to say */
        const gp_entry *e = gp_report_at(r, wrong.first);
        gp_status status = gp_report_add_diagnosis(
            r, b, "entries", NAN,
            "%zu %s%zu entries of %s %s wrong: %s; %s by %.6g%s. Random "
            "directions find the rest right",
            wrong.count, boxes ? "more of the " : "of the ", block->entries, block->name,
            gp_plural(wrong.count, "is", "are"), wrong.text,
            e->analytic > e->numeric ? "too large" : "too small", fabs(e->analytic - e->numeric),
            gp_plural(wrong.count, "", " in the first"));
        if (status != GP_OK)
            return status;
    }
    return GP_OK;
}

static size_t blocks_out(const gp_directions *d) {
    size_t count = 0;
    for (size_t b = 0; b < d->check->function->blocks; b++)
        count += d->factor[b] == 0;
    return count;
}

static gp_outcome search(gp_directions *d) {
    gp_outcome outcome = gp_directions_choose_scale(d);
    unsigned wanted = gp_directions_fewest(d);
    int clean = 0;
    while (outcome == GP_EVALUATED && !clean && wanted > d->count) {
        d->count = wanted;
        outcome = gp_directions_measure(d, 0, 0);
        gp_directions_set_slopes(d);
        clean = outcome == GP_EVALUATED && is_enough(d, &wanted);
        if (outcome == GP_EVALUATED && d->check->brief == GP_BRIEF_LOOK)
            break;
    }
    if (outcome == GP_EVALUATED && !clean && d->check->brief) {
        gp_discrepancy ignored;
        d->check->off = gp_directions_worst(d, &ignored) != GP_DIRECTIONS;
        clean = !d->check->off || d->check->hasty;
    }
    if (outcome == GP_EVALUATED && !clean)
        outcome = gp_directions_measure_all(d);
    for (int round = 0; round < ROUNDS && outcome == GP_EVALUATED && !clean; round++) {
        gp_discrepancy worst = {0};
        unsigned k;
        size_t news = 0, boxes = d->wrongs, before = blocks_out(d);
        outcome = gp_directions_accuser(d, round == 0, &k, &worst);
        clean = outcome == GP_EVALUATED && k == GP_DIRECTIONS;
        if (clean || outcome != GP_EVALUATED)
            break;
        outcome = gp_locate(d, k, &worst, &news);
        if (outcome != GP_EVALUATED || news == 0)
            break;
        gp_directions_leave_out_wrong(d);
        size_t after = blocks_out(d);
        if (after == d->check->function->blocks)
            clean = 1;
        else if (after > before || d->wrongs != boxes)
            outcome = gp_directions_measure_again(d);
    }
    if (outcome != GP_EVALUATED) { /* the budget is spent, or worse: what was found stays found */
        (void)gp_locate_describe(d, 0);
        return outcome;
    }
    conclude(d);
    if (gp_locate_describe(d, clean) != GP_OK || (clean && describe(d) != GP_OK))
        return gp_evaluator_no_memory(d->check->evaluator);
    return GP_EVALUATED;
}

/* Directions need a number in every entry. */
static int all_finite(const gp_check_state *c) {
    const gp_function *f = c->function;
    double odd = !isfinite(gp_largest(c->gradient + f->own, f->own_end - f->own));
    (void)gp_evaluator_sum(c->evaluator, &odd, 1);
    return odd == 0;
}

gp_outcome gp_project(gp_check_state *c) {
    if (c->manner && !all_finite(c)) /* else the trial has seen that they are */
        return GP_EVALUATED;         /* it has put into the report what isn't there */
    size_t blocks = c->function->blocks;
    size_t ladder_bytes = GP_DIRECTIONS * sizeof(gp_ladder);
    size_t result_bytes = GP_DIRECTIONS * sizeof(gp_estimate);
    double *numbers = calloc(3 * blocks, sizeof *numbers);
    gp_directions d = {.check = c,
                       .norm = numbers,
                       .ladders = gp_records_alloc(&c->executor, ladder_bytes),
                       .results = gp_records_alloc(&c->executor, result_bytes),
                       .known = malloc(GP_MOST_KNOWN * sizeof *d.known),
                       .wrong = malloc(GP_MOST_BOXES * sizeof *d.wrong),
                       .still = malloc(GP_MOST_BOXES * sizeof *d.still)};
    gp_outcome outcome;
    if (!numbers || !d.ladders || !d.results || !d.known || !d.wrong || !d.still) {
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    } else {
        c->evaluator->by_changes = gp_evaluator_has_changes(c->evaluator);
        gp_directions_weigh(&d, numbers + blocks, numbers + 2 * blocks);
        outcome = search(&d);
        c->evaluator->by_changes = 0;
    }
    free(numbers);
    free(d.known);
    free(d.wrong);
    free(d.still);
    gp_records_free(d.ladders, ladder_bytes);
    gp_records_free(d.results, result_bytes);
    return outcome;
}

/* See conclude.h. */
#include "judge/conclude.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "system/text.h"

/* Of a resolution worked out once more. */
static const double ROUNDING = 1e-9;

/* The difference as a share of what is allowed. */
static double excess(const gp_entry *e, const gp_tolerance *t) {
    if (!isfinite(e->analytic))
        return INFINITY;
    if (!isfinite(e->bound))
        return 0;
    double allowed = gp_tau(t, e->analytic, e->numeric, e->bound) + e->bound;
    double difference = fabs(e->analytic - e->numeric);
    return allowed > 0 ? difference / allowed : difference > 0 ? INFINITY : 0;
}

double gp_entry_badness(const gp_entry *e, const gp_tolerance *t) {
    double bad = excess(e, t);
    return e->status == GP_ENTRY_REFUTED ? 2 + bad : bad / (1 + bad);
}

/* Counts what has been found in a block: how many entries have come to what, the coarsest of them
 * and the worst. */
static void tally(gp_report *r, size_t k, const gp_tolerance *t) {
    gp_block_result *block = &r->block[k].result;
    size_t *limits = r->block[k].limits;
    double worst = -1;
    block->floor = t->floor;
    memset(block->count, 0, sizeof block->count);
    memset(limits, 0, sizeof r->block[k].limits);
    block->has_worst = 0;
    block->resolution = block->directions ? block->resolution : NAN;
    block->count[GP_ENTRY_UNCHECKED] = block->entries;
    for (size_t at = gp_report_next(r, block->offset); at < block->offset + block->entries;
         at = gp_report_next(r, at + 1)) {
        const gp_entry *e = gp_report_at(r, at);
        block->count[GP_ENTRY_UNCHECKED]--;
        block->count[e->status]++;
        if (e->status == GP_ENTRY_UNRESOLVED)
            limits[e->limit]++;
        if (e->status == GP_ENTRY_UNCHECKED)
            continue;
        int accepted = e->status == GP_ENTRY_VERIFIED || e->status == GP_ENTRY_KINK;
        if (t->unscaled && accepted) /* held against the scale of other points */
            block->floor = fmax(block->floor, e->floor);
        /* Also of entries that are zero as far as the bound can tell; fmax ignores NaN. */
        if (accepted || (e->status == GP_ENTRY_UNEXERCISED && e->bound > 0))
            block->resolution = fmax(block->resolution, gp_entry_resolution(e));
        if (e->status == GP_ENTRY_UNEXERCISED)
            continue;
        double bad = gp_entry_badness(e, t);
        if (bad > worst) {
            worst = bad;
            block->has_worst = 1;
            block->worst_index = at - block->offset;
        }
    }
    if (block->directions == 0)
        block->exercised = block->entries - block->count[GP_ENTRY_UNCHECKED] -
                           block->count[GP_ENTRY_UNEXERCISED] - limits[GP_LIMIT_FLAT] -
                           limits[GP_LIMIT_CRASH] - limits[GP_LIMIT_TIMEOUT];
}

/* Of a block that has been counted; `whole` is what was found of it other than by its entries. */
static gp_verdict verdict_of(const gp_report *r, const gp_block_result *block, gp_verdict whole,
                             const gp_tolerance *t) {
    const size_t *count = block->count;
    int decided = count[GP_ENTRY_VERIFIED] + count[GP_ENTRY_KINK] > 0 ||
                  count[GP_ENTRY_UNEXERCISED] > 0 || block->directions > 0 ||
                  block->entries == 0; /* nothing is claimed of it */
    int unchecked = r->interrupted && block->directions == 0 && count[GP_ENTRY_UNCHECKED] > 0;
    int coarse = block->resolution > (1 + ROUNDING) * t->rtol;
    if (count[GP_ENTRY_REFUTED] || whole == GP_REFUTED)
        return GP_REFUTED;
    if (count[GP_ENTRY_UNRESOLVED] || !decided)
        return GP_INCONCLUSIVE;
    return whole == GP_VERIFIED && (unchecked || coarse) ? GP_INCONCLUSIVE : whole;
}

void gp_conclude(gp_report *r, const gp_tolerance *tolerance) {
    size_t refuted = 0, unresolved = 0;
    r->exercised = 0;
    r->resolution = NAN;
    for (size_t k = 0; k < r->blocks; k++) {
        gp_block_result *block = &r->block[k].result;
        tally(r, k, &tolerance[k]);
        block->verdict = verdict_of(r, block, r->block[k].whole, &tolerance[k]);
        refuted += block->verdict == GP_REFUTED;
        unresolved += block->verdict == GP_INCONCLUSIVE;
        r->exercised += block->exercised;
        r->resolution = fmax(r->resolution, block->resolution);
    }
    if (r->verdict == GP_FAILED)
        return;
    if (r->losses && !refuted) { /* the rest stands */
        r->verdict = GP_FAILED;
        snprintf(r->failure_kind, sizeof r->failure_kind, "lost");
        snprintf(r->failure, sizeof r->failure,
                 "%zu %s crashed or hung, the first: %.300s; the rest was checked", r->losses,
                 gp_plural(r->losses, "probe", "probes"), r->loss[0]);
        return;
    }
    refuted += r->unlocated != 0;
    /* Nothing exercised is nothing proven. */
    int open = unresolved || r->exercised == 0 || r->interrupted;
    r->verdict = refuted ? GP_REFUTED : open ? GP_INCONCLUSIVE : GP_VERIFIED;
}

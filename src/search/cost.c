/* See cost.h. */
#include "search/cost.h"

#include <math.h>

/* Without a budget a check costs at most so many evaluations an entry, of which this share may be
 * spent before stored gradients are looked for and some steps of descent are tried. Functions of
 * fewer entries than this cost little anyway. */
static const double AN_ENTRY = 60, SHARE = 0.8;
static const size_t SMALL = 20;

size_t gp_check_afford(gp_check_state *c, size_t *list, size_t count) {
    const gp_evaluator *e = c->evaluator;
    size_t seen = 0, kept = 0;
    double look = 1;
    for (size_t i = 0; i < c->scalars; i++) {
        seen += c->report->entry[i].status != GP_ENTRY_UNCHECKED;
        look = fmax(look, fmin(c->report->entry[i].evaluations, AN_ENTRY));
    }
    double left_over = SHARE * AN_ENTRY * (double)seen - (double)(e->values - c->confirming);
    double affordable = fmax(0, floor(left_over / look));
    if (affordable >= (double)count || seen < SMALL || e->budget.allowance ||
        e->budget.deadline > 0)
        return count;
    size_t left = (size_t)affordable;
    for (size_t k = 0; k < count && kept < left; k++)
        if (k * left >= kept * count)
            list[kept++] = list[k];
    c->forgone += count - kept;
    c->forgone_cost += (double)(count - kept) * look;
    return kept;
}

/* See witness.h. */
#include "search/witness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/survey.h"

void gp_witnesses_clear(gp_check_state *c) {
    for (size_t k = 0; k < c->witnesses; k++) {
        free(c->witness[k].x);
        free(c->witness[k].wrong);
    }
    c->witnesses = 0;
}

static int witness_create(size_t n, gp_witness *w) {
    *w = (gp_witness){.x = malloc(4 * n * sizeof *w->x), .wrong = calloc(n, 1)};
    if (!w->x || !w->wrong) {
        free(w->x);
        free(w->wrong);
        return -1;
    }
    w->a = w->x + n;
    w->d = w->a + n;
    w->b = w->d + n;
    for (size_t i = 0; i < n; i++) {
        w->d[i] = 0;
        w->b[i] = INFINITY;
    }
    return 0;
}

/* All entries of the blocks of which some are refuted at that point; returns how many. */
static size_t list_blocks(const gp_check_state *c, size_t number, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t b = 0; b < f->blocks; b++) {
        size_t first = f->block[b].offset, end = first + f->block[b].entries, refuted = 0;
        for (size_t i = first; i < end; i++)
            refuted += c->report->entry[i].status == GP_ENTRY_REFUTED &&
                       c->report->entry[i].point == number;
        for (size_t i = first; i < end && refuted > 0 && end - first > 1; i++)
            list[count++] = i;
    }
    return count;
}

gp_outcome gp_call_witness(gp_check_state *c, size_t number, double f0, const double *g) {
    size_t n = c->function->n, count;
    if (c->lean || c->shown != c->function || c->witnesses + 1 >= GP_MOST_WITNESSES)
        return GP_EVALUATED;
    gp_witness *w = &c->witness[c->witnesses];
    size_t *list = malloc(n * sizeof *list);
    if (!list || witness_create(n, w)) {
        free(list);
        return gp_evaluator_no_memory(c->evaluator);
    }
    c->witnesses++;
    memcpy(w->x, c->evaluator->point, n * sizeof *w->x);
    memcpy(w->a, g, n * sizeof *w->a);
    uint64_t spent = c->evaluator->values;
    gp_outcome outcome = GP_EVALUATED;
    if ((count = list_blocks(c, number, list)) > 0)
        outcome = gp_survey(c, GP_FROM_WITNESS, number, f0, w->a, list, count);
    c->confirming += c->evaluator->values - spent;
    free(list);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

gp_outcome gp_keep_given(gp_check_state *c) {
    size_t n = c->function->n;
    gp_witness *w = &c->witness[c->witnesses];
    if (c->shown != c->function || c->witnesses == GP_MOST_WITNESSES)
        return GP_EVALUATED;
    if (witness_create(n, w))
        return gp_evaluator_no_memory(c->evaluator);
    c->witnesses++;
    memcpy(w->x, c->function->x, n * sizeof *w->x);
    memcpy(w->a, c->gradient, n * sizeof *w->a);
    memcpy(w->d, c->numeric, n * sizeof *w->d);
    memcpy(w->b, c->bound, n * sizeof *w->b);
    for (size_t i = 0; i < n; i++)
        w->wrong[i] =
            c->report->entry[i].status == GP_ENTRY_REFUTED && c->report->entry[i].point == 0;
    return GP_EVALUATED;
}

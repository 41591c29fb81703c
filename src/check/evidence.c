/* See evidence.h. */
#include "check/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/suspects.h"
#include "function/reserve.h"

static gp_status diagnose_with_suspects(gp_check_state *c, gp_evidence *evidence) {
    size_t *found = malloc(evidence->function->blocks * sizeof *found);
    if (!found)
        return GP_ERROR_MEMORY;
    evidence->suspect = found;
    gp_status status = gp_match_suspects(c, evidence, found);
    if (status == GP_OK)
        status = gp_diagnose(evidence, c->report);
    free(found);
    return status;
}

/* Of a sparse report: arrays that no one touches but where there is an entry. What single entries
 * decided, they decided at the given point. */
static gp_status diagnose_sparse(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t bytes = f->n * (5 * sizeof(double) + 2);
    double *a = gp_reserve(bytes);
    if (!a)
        return GP_ERROR_MEMORY;
    double *d = a + f->n, *b = d + f->n, *x = b + f->n, *zero = x + f->n;
    unsigned char *wrong = (unsigned char *)(zero + f->n), *manner = wrong + f->n;
    int elsewhere = 0;
    for (size_t i = gp_report_next(r, 0); i < f->n; i = gp_report_next(r, i + 1)) {
        const gp_entry *e = gp_report_at(r, i);
        a[i] = e->analytic;
        d[i] = e->numeric;
        b[i] = isfinite(e->bound) ? e->bound : 0;
        x[i] = gp_evaluator_number(c->evaluator, i);
        wrong[i] = e->status == GP_ENTRY_REFUTED;
        if (wrong[i] && !isfinite(e->analytic) && !c->manner)
            manner[i] = GP_MANNER_NONFINITE;
        elsewhere |= wrong[i] && e->point > 0;
    }
    /* Where all of it is at hand, an entry may be held against others' estimates. What is refuted
     * elsewhere is so because the given point has refuted nothing. */
    const double *point = f->team ? x : f->x;
    gp_numbers numbers = {point, f->team || elsewhere ? a : c->gradient, d, b, wrong};
    gp_numbers nothing = {point, c->gradient, zero, zero, (const unsigned char *)zero};
    gp_evidence evidence = {.function = f,
                            .given = elsewhere ? nothing : numbers,
                            .decided = numbers,
                            .manner = c->manner ? c->manner : manner,
                            .sampled = 1,
                            .example_d = {c->example_d[0], c->example_d[1]},
                            .example_b = {c->example_b[0], c->example_b[1]},
                            .tolerance = c->tolerance};
    gp_status status = diagnose_with_suspects(c, &evidence);
    gp_unreserve(a, bytes);
    return status;
}

gp_status gp_check_diagnose(gp_check_state *c) {
    gp_function placed = *c->shown; /* products have been diagnosed where they were found wrong */
    const gp_function *f = &placed;
    gp_report *r = c->report;
    size_t total = 0;
    if (c->project_maps) {
        placed.n = c->scalars;
        placed.blocks = c->scalars ? c->function->blocks : 0;
    }
    for (size_t i = gp_report_next(r, 0); i < f->n; i = gp_report_next(r, i + 1))
        total += gp_report_at(r, i)->status == GP_ENTRY_REFUTED;
    if (total == 0)
        return GP_OK;
    if (c->lean)
        return diagnose_sparse(c);
    unsigned char *wrong = calloc(3 * f->n, 1);
    double *numbers = malloc(3 * f->n * sizeof *numbers);
    gp_status status = GP_ERROR_MEMORY;
    if (wrong && numbers) {
        unsigned char *wrong_here = wrong + f->n, *kink = wrong_here + f->n;
        double *a = numbers, *d = a + f->n, *b = d + f->n;
        for (size_t i = 0; i < f->n; i++) {
            const gp_entry *e = &r->entry[i];
            int here = e->point == 0;
            wrong[i] = e->status == GP_ENTRY_REFUTED;
            wrong_here[i] = wrong[i] && here;
            kink[i] = e->status == GP_ENTRY_KINK;
            a[i] = here ? c->gradient[i] : e->analytic;
            d[i] = here ? c->numeric[i] : e->numeric;
            b[i] = here ? c->bound[i] : e->bound + (kink[i] ? fabs(e->left - e->right) / 2 : 0);
        }
        gp_evidence evidence = {.function = f,
                                .given = {f->x, c->gradient, c->numeric, c->bound, wrong_here},
                                .decided = {f->x, a, d, b, wrong},
                                .manner = c->manner,
                                .kink = kink,
                                .stored = c->stored,
                                .example_d = {c->example_d[0], c->example_d[1]},
                                .example_b = {c->example_b[0], c->example_b[1]},
                                .tolerance = c->tolerance};
        for (size_t k = 0; k < c->witnesses; k++) {
            const gp_witness *w = &c->witness[k];
            evidence.place[evidence.places++] = (gp_numbers){w->x, w->a, w->d, w->b, w->wrong};
        }
        status = diagnose_with_suspects(c, &evidence);
    }
    free(wrong);
    free(numbers);
    return status;
}

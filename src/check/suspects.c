/* Is the gradient under test what comes out of a mistake that the function itself knows? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/suspects.h"
#include "function/reserve.h"

/* Two ways to the same gradient differ by rounding, as a share of the block's largest entry. */
static double rounding(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? 1e-9 : 3e-5;
}

/* And by so much less than what is wrong with it. */
static const double BESIDE = 0.05;

/* d, b: estimates and their bounds, where b is positive and finite */
static int is_it(const gp_evidence *e, size_t k, const double *suspect) {
    const gp_block *block = &e->function->block[k];
    const double *a = e->given.a + block->offset, *d = e->given.d + block->offset;
    const double *b = e->given.b + block->offset, *s = suspect + block->offset;
    const unsigned char *wrong = e->given.wrong + block->offset;
    double largest = 0;
    size_t telling = 0;
    for (size_t i = 0; i < block->entries; i++)
        largest = fmax(largest, fabs(s[i]));
    for (size_t i = 0; i < block->entries; i++) {
        if (!(fabs(a[i] - s[i]) <= rounding(e->function->dtype) * largest))
            return 0;
        if (!wrong[i] || !(b[i] > 0) || !isfinite(b[i]))
            continue;
        if (fabs(a[i] - s[i]) > BESIDE * fabs(a[i] - d[i]))
            return 0;
        telling++;
    }
    return telling > 0;
}

gp_status gp_match_suspects(gp_check_state *c, const gp_evidence *e, size_t *found) {
    const gp_function *f = c->function;
    size_t blocks = e->function->blocks;
    for (size_t k = 0; k < blocks; k++)
        found[k] = 0;
    if (f->suspects == 0 || f->team || !c->scalars || c->options.stochastic ||
        gp_check_return(c) != GP_EVALUATED)
        return GP_OK;
    double *suspect = gp_evaluator_new_suspect(c->evaluator);
    if (!suspect)
        return GP_ERROR_MEMORY;
    for (size_t s = 0; s < f->suspects; s++) {
        gp_outcome outcome = gp_evaluator_suspect(c->evaluator, s, suspect);
        if (outcome == GP_FAULT) { /* one that can't be relied on names nothing */
            free(suspect);
            return strcmp(c->evaluator->fault.kind, "memory") == 0 ? GP_ERROR_MEMORY : GP_OK;
        }
        if (outcome == GP_NOT_HERE)
            continue;
        for (size_t k = 0; k < blocks; k++)
            if (!found[k] && !e->function->block[k].derivative && is_it(e, k, suspect))
                found[k] = s + 1;
    }
    free(suspect);
    return GP_OK;
}

/* See hint.h. df = <G, dS> over symmetric dS sees the sums of G over pairs of equal entries alone:
 * a function that reads one triangle and a symmetrised gradient agree in these, and in no entry off
 * the diagonal. */
#include "manifold/hint.h"

#include <math.h>
#include <string.h>

/* A gradient counts as symmetric, or as 0 in a triangle, up to this share of its largest entry. */
static const double ROUNDING_F64 = 1e-9, ROUNDING_F32 = 1e-4;

static int is_square(const gp_block *block) {
    return block->dimensions == 2 && block->shape[0] == block->shape[1] && block->shape[0] > 1;
}

static int is_symmetric(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (x[i * n + j] != x[j * n + i])
                return 0;
    return 1;
}

/* Is an entry known at the given point? */
static int is_known(const gp_entry *e) {
    return e->point == 0 && e->status != GP_ENTRY_UNCHECKED && isfinite(e->analytic) &&
           isfinite(e->numeric) && isfinite(e->bound);
}

/* Is the sum of two entries right (of one, where they are the same)? */
static int is_right(const gp_report *r, const gp_entry *e, const gp_entry *mirrored) {
    int one = e == mirrored;
    double a = e->analytic + (one ? 0 : mirrored->analytic);
    double d = e->numeric + (one ? 0 : mirrored->numeric);
    double bound = e->bound + (one ? 0 : mirrored->bound);
    return fabs(a - d) <= r->rtol * (fmax(fabs(a), fabs(d)) + e->floor) + bound;
}

/* Does the gradient follow one of the two conventions, and is it right so? */
static int is_of_symmetric(const gp_report *r, const gp_block *block, double rounding) {
    size_t n = block->shape[0];
    double apart = 0, above = 0, below = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const gp_entry *e = gp_report_at(r, block->offset + i * n + j);
            const gp_entry *mirrored = gp_report_at(r, block->offset + j * n + i);
            if (!is_known(e) || !is_known(mirrored) || !is_right(r, e, mirrored))
                return 0;
            if (i == j)
                continue;
            apart = fmax(apart, fabs(e->analytic - mirrored->analytic));
            below = fmax(below, fabs(e->analytic));
            above = fmax(above, fabs(mirrored->analytic));
        }
    return fmin(apart, fmin(above, below)) <= rounding * fmax(above, below);
}

gp_status gp_hint_symmetric(const gp_function *f, gp_report *r) {
    double rounding = f->dtype == GP_FLOAT64 ? ROUNDING_F64 : ROUNDING_F32;
    gp_status status = GP_OK;
    if (f->team || r->verdict != GP_REFUTED)
        return GP_OK;
    for (size_t k = 0; k < f->blocks && k < r->blocks && status == GP_OK; k++) {
        const gp_block *block = &f->block[k];
        if (r->block[k].result.verdict != GP_REFUTED || !is_square(block) ||
            strcmp(r->block[k].name, block->name) != 0 ||
            !is_symmetric(f->x + block->offset, block->shape[0]) ||
            !is_of_symmetric(r, block, rounding))
            continue;
        gp_report_clear_diagnoses(r, k);
        status = gp_report_add_diagnosis(
            r, k, "symmetrised", NAN,
            "%.100s is right for symmetric matrices: its sums over pairs of equal entries are; if "
            "only these are meant, give it the space symmetric",
            block->name);
    }
    return status;
}

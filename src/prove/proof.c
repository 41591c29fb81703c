/* What may be asked of a proof. */
#include "prove/proof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gp_proof_destroy(gp_proof *p) {
    if (!p)
        return;
    for (size_t k = 0; k < p->blocks && p->block; k++)
        free(p->block[k].name);
    free(p->block);
    free(p->entry);
    free(p->scratch);
    free(p);
}

/* As much of a structure as the caller's program knows, and 0 for what it knows and this doesn't.
 */
static gp_status hand_out(void *to, size_t size, const void *from, size_t known) {
    memset(to, 0, size);
    memcpy(to, from, size < known ? size : known);
    return GP_OK;
}

const char *gp_proof_verdict_string(gp_proof_verdict verdict) {
    static const char *const NAMES[] = {"proven", "disproven", "open", "failed"};
    return (size_t)verdict < sizeof NAMES / sizeof *NAMES ? NAMES[verdict] : NULL;
}

gp_proof_verdict gp_proof_verdict_of(const gp_proof *p) {
    return p ? p->verdict : GP_UNPROVABLE;
}

size_t gp_proof_entries(const gp_proof *p) {
    return p ? p->n : 0;
}

gp_status gp_proof_entry_sized(const gp_proof *p, size_t entry, gp_proof_entry *result,
                               size_t size) {
    if (!p || !result || entry >= p->n)
        return GP_ERROR_ARGUMENT;
    return hand_out(result, size, &p->entry[entry], sizeof *result);
}

size_t gp_proof_blocks(const gp_proof *p) {
    return p ? p->blocks : 0;
}

gp_status gp_proof_block_sized(const gp_proof *p, size_t block, gp_proof_block_result *result,
                               size_t size) {
    if (!p || !result || block >= p->blocks)
        return GP_ERROR_ARGUMENT;
    return hand_out(result, size, &p->block[block].result, sizeof *result);
}

void gp_proof_value(const gp_proof *p, double *low, double *high) {
    *low = p ? p->low : NAN;
    *high = p ? p->high : NAN;
}

unsigned gp_proof_precision(const gp_proof *p) {
    return p ? (unsigned)p->precision : 0;
}

double gp_proof_rtol(const gp_proof *p) {
    return p ? p->rtol : NAN;
}

double gp_proof_radius(const gp_proof *p) {
    return p ? p->radius : NAN;
}

double gp_proof_reach(const gp_proof *p) {
    return p ? p->reach : NAN;
}

const char *gp_proof_open_line(const gp_proof *p, size_t line) {
    if (!p)
        return NULL;
    const char *const notes[] = {p->within, p->note};
    for (size_t k = 0; k < sizeof notes / sizeof *notes; k++)
        if (notes[k][0] != '\0' && line-- == 0)
            return notes[k];
    return line < p->kinks.lines ? p->kinks.line[line] : NULL;
}

int gp_proof_exit_code(const gp_proof *p) {
    static const int CODES[] = {
        [GP_PROVEN] = 0, [GP_DISPROVEN] = 1, [GP_OPEN] = 2, [GP_UNPROVABLE] = 3};
    return p ? CODES[p->verdict] : 3;
}

const char *gp_proof_library(void) {
    return flint_version;
}

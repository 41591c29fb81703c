/* What may be claimed about derivatives other than a gradient's numbers: a row for each kind, and
 * one for the map itself. A kind is added there; whatever deals with claims goes by the rows. */
#ifndef GP_FUNCTION_CLAIMS_H
#define GP_FUNCTION_CLAIMS_H

#include "function/function.h"

/* What one call of a callback gives of the m x n derivative J. */
typedef enum gp_claim_shape {
    GP_CLAIM_WHOLE,  /* all of it, by rows; or the numbers of its pattern */
    GP_CLAIM_ROWS,   /* J' u, for a vector u (m): a row where u is a unit vector */
    GP_CLAIM_COLUMNS /* J v, for a vector v (n): a column */
} gp_claim_shape;

typedef struct gp_claim_kind {
    const char *word; /* as in "vjp W1" */
    gp_claim_shape shape;
    int second; /* J is the derivative of the gradient under test, m = n; else that of the map */
    int sparse; /* may have a pattern */
    gp_role role, joint; /* of its callback, or of one that gives more at once; else the same */
    /* Calls the callback as it is, without guards: x, `in` and `out` (count) in the function's
     * precision. */
    int (*call)(const gp_function *function, const void *x, const void *in, size_t count,
                void *out);
} gp_claim_kind;

extern const gp_claim_kind gp_claim_kinds[GP_CLAIMS + 1]; /* the last: the map itself */

/* Is this derivative given? */
int gp_function_claims(const gp_function *function, gp_claim claim);
/* Is any, of the map or of the gradient? */
int gp_function_claims_any(const gp_function *function, int second);

/* Outputs m of what a claim is the derivative of; whether only a pattern of it is given; the
 * numbers of all of it; the blocks that a report has for it. */
size_t gp_claim_outputs(const gp_function *function, gp_claim claim);
int gp_claim_is_sparse(const gp_function *function, gp_claim claim);
size_t gp_claim_numbers(const gp_function *function, gp_claim claim);
size_t gp_claim_blocks(const gp_function *function, gp_claim claim);

/* Numbers that a call is given besides x, and that it writes. */
size_t gp_claim_inputs(const gp_function *function, gp_claim claim);
size_t gp_claim_written(const gp_function *function, gp_claim claim);

#endif

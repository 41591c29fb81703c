/* What formulas are made of: a table with a row for each operation. */
#ifndef GP_OPERATIONS_H
#define GP_OPERATIONS_H

#include "gradproof/prove.h"
#include "prove/balls.h"

typedef struct gp_operation_row {
    const char *name;
    int operands;
    /* y := a ball around the operation's result, indeterminate (not finite) where some numbers of
     * a and b may lie outside the domain. */
    void (*value)(arb_t y, const arb_t a, const arb_t b, slong precision);
    /* da := dy/da and db := dy/db, unless NULL. Not finite wherever y isn't differentiable for some
     * numbers of the balls. Of an operation that bends y isn't the result but the share s. */
    void (*derive)(arb_ptr da, arb_ptr db, const arb_t a, const arb_t b, const arb_t y,
                   slong precision);
    /* NULL: it doesn't bend. Else to := what it bends at 0 of: right of its kink where that is > 0.
     */
    void (*bend)(arb_t to, const arb_t a, const arb_t b, slong precision);
} gp_operation_row;

/* NULL beyond the last. */
const gp_operation_row *gp_operation_row_of(gp_operation operation);

#endif

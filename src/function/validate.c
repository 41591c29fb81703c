/* Has a function all that a check needs? */
#include <math.h>

#include "function/claims.h"
#include "system/vector.h"

/* Callbacks that need one another. */
static gp_status validate_callbacks(const gp_function *f, gp_error *error) {
    int of_map = gp_function_claims_any(f, 0), of_gradient = gp_function_claims_any(f, 1);
    if (of_map && !gp_function_claims(f, GP_CLAIMS))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has a Jacobian but no map: set one with gp_function_set_map", f->name);
    if (f->outputs && !of_map)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has a map but no derivative of it: set a Jacobian, a VJP or a JVP",
                       f->name);
    if (of_gradient && !gp_function_has_gradient(f))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has second derivatives but no gradient callback to hold them against",
                       f->name);
    /* A map needs no value; a gradient whose own derivative is given needs none either. */
    int other = f->outputs > 0 || of_gradient;
    if (!gp_function_has_value(f) && !other)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has no value callback: set one with gp_function_set_value", f->name);
    if (!gp_function_has_gradient(f) && f->outputs == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has no gradient callback: set one with gp_function_set_gradient",
                       f->name);
    return GP_OK;
}

/* Plants, the pattern and x. */
static gp_status validate_numbers(const gp_function *f, gp_error *error) {
    for (size_t k = 0; k < f->plants; k++)
        if (!gp_plant_fits(f, &f->plant[k]))
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "%s: a mistake was planted into block %s before its map or sparsity "
                           "changed: plant it afterwards",
                           f->name, f->block[f->plant[k].block].name);
    if (f->output.arrays && f->output.count != f->outputs)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has names for %zu outputs, and a map of %zu: name all of them or none",
                       f->name, f->output.count, f->outputs);
    for (size_t k = 0; k < f->nonzeros; k++)
        if (f->row[k] >= f->outputs || f->column[k] >= f->n)
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "%s: entry %zu of the sparsity is (%zu, %zu), outside of %zu x %zu",
                           f->name, k, f->row[k], f->column[k], f->outputs, f->n);
    for (size_t i = 0; i < f->n && f->lower; i++)
        if (f->x[i] < f->lower[i] || f->x[i] > f->upper[i]) {
            char name[256];
            gp_function_entry_name(f, i, name, sizeof name);
            return gp_fail(error, GP_ERROR_ARGUMENT, "%s: parameter %s is %g, outside of [%g, %g]",
                           f->name, name, f->x[i], f->lower[i], f->upper[i]);
        }
    int finite = isfinite(gp_largest(f->x + f->own, f->own_end - f->own));
    for (size_t i = f->own; i < f->own_end && !finite; i++)
        if (!isfinite(f->x[i])) {
            char name[256];
            gp_function_entry_name(f, i, name, sizeof name);
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "%s: parameter %s is %g: give a finite value to check at", f->name, name,
                           f->x[i]);
        }
    return GP_OK;
}

gp_status gp_function_validate(const gp_function *f, gp_error *error) {
    if (f->refused != GP_OK)
        return gp_function_error(f, error);
    if (f->n == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: has no parameters: add a block with gp_function_add_block", f->name);
    gp_status status = validate_callbacks(f, error);
    return status == GP_OK ? validate_numbers(f, error) : status;
}

/* See claims.h. */
#include "function/claims.h"

/* How a callback is called: what follows `user`. */
#define GP_CALLER(name, call)                                                                      \
    static int call_##name(const gp_function *f, const void *x, const void *in, size_t count,      \
                           void *out) {                                                            \
        (void)in;                                                                                  \
        (void)count;                                                                               \
        return call;                                                                               \
    }
GP_CALLER(jacobian, GP_CALL(f, GP_JACOBIAN, gp_jacobian, f->n, x, count, out))
GP_CALLER(vjp, f->callback[GP_VJP]
                   ? GP_CALL(f, GP_VJP, gp_vjp, f->n, x, f->outputs, in, out)
                   : GP_CALL(f, GP_MAP_VJP, gp_map_vjp, f->n, x, f->outputs, NULL, in, out))
GP_CALLER(jvp, GP_CALL(f, GP_JVP, gp_jvp, f->n, x, in, f->outputs, out))
GP_CALLER(hessian, GP_CALL(f, GP_HESSIAN, gp_jacobian, f->n, x, count, out))
GP_CALLER(hvp, GP_CALL(f, GP_HVP, gp_hvp, f->n, x, in, out))
GP_CALLER(map, f->callback[GP_MAP]
                   ? GP_CALL(f, GP_MAP, gp_map, f->n, x, f->outputs, out)
                   : GP_CALL(f, GP_MAP_VJP, gp_map_vjp, f->n, x, f->outputs, out, NULL, NULL))

/* word, shape, second, sparse, role, joint, call */
const gp_claim_kind gp_claim_kinds[GP_CLAIMS + 1] = {
    [GP_CLAIM_JACOBIAN] = {"jacobian", GP_CLAIM_WHOLE, 0, 1, GP_JACOBIAN, GP_JACOBIAN,
                           call_jacobian},
    [GP_CLAIM_VJP] = {"vjp", GP_CLAIM_ROWS, 0, 0, GP_VJP, GP_MAP_VJP, call_vjp},
    [GP_CLAIM_JVP] = {"jvp", GP_CLAIM_COLUMNS, 0, 0, GP_JVP, GP_JVP, call_jvp},
    [GP_CLAIM_HESSIAN] = {"hessian", GP_CLAIM_WHOLE, 1, 0, GP_HESSIAN, GP_HESSIAN, call_hessian},
    [GP_CLAIM_HVP] = {"hvp", GP_CLAIM_COLUMNS, 1, 0, GP_HVP, GP_HVP, call_hvp},
    [GP_CLAIMS] = {"map", GP_CLAIM_WHOLE, 0, 0, GP_MAP, GP_MAP_VJP, call_map},
};

int gp_function_claims(const gp_function *f, gp_claim claim) {
    const gp_claim_kind *kind = &gp_claim_kinds[claim];
    return f->callback[kind->role] || f->callback[kind->joint];
}

int gp_function_claims_any(const gp_function *f, int second) {
    int any = 0;
    for (int k = 0; k < GP_CLAIMS; k++)
        any |= gp_claim_kinds[k].second == second && gp_function_claims(f, (gp_claim)k);
    return any;
}

size_t gp_claim_outputs(const gp_function *f, gp_claim claim) {
    return gp_claim_kinds[claim].second ? f->n : f->outputs;
}

int gp_claim_is_sparse(const gp_function *f, gp_claim claim) {
    return gp_claim_kinds[claim].sparse && f->nonzeros > 0;
}

size_t gp_claim_numbers(const gp_function *f, gp_claim claim) {
    return gp_claim_is_sparse(f, claim) ? f->nonzeros : gp_claim_outputs(f, claim) * f->n;
}

size_t gp_claim_blocks(const gp_function *f, gp_claim claim) {
    return gp_claim_is_sparse(f, claim) ? 1 : f->blocks;
}

size_t gp_claim_inputs(const gp_function *f, gp_claim claim) {
    gp_claim_shape shape = gp_claim_kinds[claim].shape;
    return shape == GP_CLAIM_WHOLE ? 0 : shape == GP_CLAIM_ROWS ? gp_claim_outputs(f, claim) : f->n;
}

size_t gp_claim_written(const gp_function *f, gp_claim claim) {
    gp_claim_shape shape = gp_claim_kinds[claim].shape;
    return claim == GP_CLAIMS        ? f->outputs
           : shape == GP_CLAIM_WHOLE ? gp_claim_numbers(f, claim)
           : shape == GP_CLAIM_ROWS  ? f->n
                                     : gp_claim_outputs(f, claim);
}

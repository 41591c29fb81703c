/* The operations of formulas, and their derivatives. Every ball that comes out contains the exact
 * number, because each is composed of FLINT's functions on balls alone. A square root, logarithm
 * or quotient of a ball that reaches over the edge of its domain isn't finite there, and neither is
 * what is made from it. */
#include "prove/operations.h"

#define VALUE(name) static void name##_value(arb_t y, const arb_t a, const arb_t b, slong p)
#define DERIVE(name)                                                                               \
    static void name##_derive(arb_ptr da, arb_ptr db, const arb_t a, const arb_t b, const arb_t y, \
                              slong p)
/* An operation of one operand, which FLINT has. */
#define OF_FLINT(name, function)                                                                   \
    VALUE(name) {                                                                                  \
        (void)b;                                                                                   \
        function(y, a, p);                                                                         \
    }
/* The derivative of an operation of one operand: `body` sets da. */
#define DERIVE_ONE(name, ...)                                                                      \
    DERIVE(name) {                                                                                 \
        (void)db, (void)a, (void)b, (void)y, (void)p;                                              \
        __VA_ARGS__;                                                                               \
    }

/* ---- arithmetic ------------------------------------------------------------------ */

VALUE(add) {
    arb_add(y, a, b, p);
}
DERIVE(add) {
    (void)a, (void)b, (void)y, (void)p;
    if (da)
        arb_one(da);
    if (db)
        arb_one(db);
}

VALUE(subtract) {
    arb_sub(y, a, b, p);
}
DERIVE(subtract) {
    (void)a, (void)b, (void)y, (void)p;
    if (da)
        arb_one(da);
    if (db)
        arb_set_si(db, -1);
}

VALUE(multiply) {
    arb_mul(y, a, b, p);
}
DERIVE(multiply) {
    (void)y, (void)p;
    if (da)
        arb_set(da, b);
    if (db)
        arb_set(db, a);
}

VALUE(divide) {
    arb_div(y, a, b, p);
}
/* d(a / b) = da / b - (y / b) db */
DERIVE(divide) {
    (void)a;
    if (da)
        arb_inv(da, b, p);
    if (db) {
        arb_div(db, y, b, p);
        arb_neg(db, db);
    }
}

VALUE(negate) {
    (void)b, (void)p;
    arb_neg(y, a);
}
DERIVE_ONE(negate, arb_set_si(da, -1))

/* ---- powers, exponentials, logarithms --------------------------------------------- */

OF_FLINT(sqrt, arb_sqrt)
/* 1 / (2 y): not finite where y may be 0 */
DERIVE_ONE(sqrt, arb_mul_2exp_si(da, y, 1), arb_inv(da, da, p))
OF_FLINT(exp, arb_exp)
DERIVE_ONE(exp, arb_set(da, y))
OF_FLINT(expm1, arb_expm1)
DERIVE_ONE(expm1, arb_exp(da, a, p))
OF_FLINT(log, arb_log)
DERIVE_ONE(log, arb_inv(da, a, p))
OF_FLINT(log1p, arb_log1p)
DERIVE_ONE(log1p, arb_add_ui(da, a, 1, p), arb_inv(da, da, p))

/* Of a base that may be 0 or negative there are whole powers alone: of others the base 0 is the
 * edge of the domain, beyond which there is no value to differentiate. */
VALUE(pow) {
    if (!arb_is_positive(a) && !arb_is_int(b))
        arb_indeterminate(y);
    else
        arb_pow(y, a, b, p);
}
/* d a^b = b a^(b-1) da + y log a db. b = 0 has the derivative 0, also where a is 0. */
DERIVE(pow) {
    arb_t less;
    if (da && arb_is_zero(b)) {
        arb_zero(da);
    } else if (da) {
        arb_init(less);
        arb_sub_ui(less, b, 1, p);
        pow_value(da, a, less, p);
        arb_mul(da, da, b, p);
        arb_clear(less);
    }
    if (db) {
        arb_log(db, a, p);
        arb_mul(db, db, y, p);
    }
}

/* ---- trigonometric and hyperbolic -------------------------------------------------- */

OF_FLINT(sin, arb_sin)
DERIVE_ONE(sin, arb_cos(da, a, p))
OF_FLINT(cos, arb_cos)
DERIVE_ONE(cos, arb_sin(da, a, p), arb_neg(da, da))
OF_FLINT(tan, arb_tan)
/* 1 + y^2: a tangent that is finite is differentiable */
DERIVE_ONE(tan, arb_sqr(da, y, p), arb_add_ui(da, da, 1, p))

/* to := 1 / sqrt(1 - a^2) */
static void inverse_of_cosine(arb_t to, const arb_t a, slong p) {
    arb_sqr(to, a, p);
    arb_sub_ui(to, to, 1, p);
    arb_neg(to, to);
    arb_rsqrt(to, to, p);
}
OF_FLINT(asin, arb_asin)
DERIVE_ONE(asin, inverse_of_cosine(da, a, p))
OF_FLINT(acos, arb_acos)
DERIVE_ONE(acos, inverse_of_cosine(da, a, p), arb_neg(da, da))
OF_FLINT(atan, arb_atan)
DERIVE_ONE(atan, arb_sqr(da, a, p), arb_add_ui(da, da, 1, p), arb_inv(da, da, p))

VALUE(atan2) {
    arb_atan2(y, a, b, p);
}
/* d atan2(a, b) = (b da - a db) / (a^2 + b^2), but where b <= 0 and a may be 0: there it jumps */
DERIVE(atan2) {
    arb_t square;
    (void)y;
    arb_init(square);
    arb_sqr(square, a, p);
    arb_addmul(square, b, b, p);
    arb_inv(square, square, p);
    if (!arb_is_positive(b) && arb_contains_zero(a))
        arb_indeterminate(square);
    if (da)
        arb_mul(da, b, square, p);
    if (db) {
        arb_mul(db, a, square, p);
        arb_neg(db, db);
    }
    arb_clear(square);
}

OF_FLINT(sinh, arb_sinh)
DERIVE_ONE(sinh, arb_cosh(da, a, p))
OF_FLINT(cosh, arb_cosh)
DERIVE_ONE(cosh, arb_sinh(da, a, p))
OF_FLINT(tanh, arb_tanh)
/* 1 / cosh^2: 1 - y^2 would lose its digits where y is near 1 */
DERIVE_ONE(tanh, arb_cosh(da, a, p), arb_sqr(da, da, p), arb_inv(da, da, p))
OF_FLINT(asinh, arb_asinh)
DERIVE_ONE(asinh, arb_sqr(da, a, p), arb_add_ui(da, da, 1, p), arb_rsqrt(da, da, p))
OF_FLINT(acosh, arb_acosh)
DERIVE_ONE(acosh, arb_sqr(da, a, p), arb_sub_ui(da, da, 1, p), arb_rsqrt(da, da, p))
OF_FLINT(atanh, arb_atanh)
DERIVE_ONE(atanh, arb_sqr(da, a, p), arb_sub_ui(da, da, 1, p), arb_neg(da, da), arb_inv(da, da, p))

/* ---- special functions ------------------------------------------------------------- */

/* to := 2 / sqrt(pi) e^(-a^2) */
static void gauss(arb_t to, const arb_t a, slong p) {
    arb_t root;
    arb_init(root);
    arb_const_sqrt_pi(root, p);
    arb_sqr(to, a, p);
    arb_neg(to, to);
    arb_exp(to, to, p);
    arb_mul_2exp_si(to, to, 1);
    arb_div(to, to, root, p);
    arb_clear(root);
}
OF_FLINT(erf, arb_hypgeom_erf)
DERIVE_ONE(erf, gauss(da, a, p))
OF_FLINT(erfc, arb_hypgeom_erfc)
DERIVE_ONE(erfc, gauss(da, a, p), arb_neg(da, da))
OF_FLINT(gamma, arb_gamma)
DERIVE_ONE(gamma, arb_digamma(da, a, p), arb_mul(da, da, y, p))

/* log |gamma|, which FLINT has right of 0. */
VALUE(lgamma) {
    (void)b;
    if (arb_is_positive(a)) {
        arb_lgamma(y, a, p);
        return;
    }
    arb_gamma(y, a, p);
    arb_abs(y, y);
    arb_log(y, y, p);
}
DERIVE_ONE(lgamma, arb_digamma(da, a, p))

/* ---- what bends -------------------------------------------------------------------- */

VALUE(min) {
    arb_min(y, a, b, p);
}
VALUE(max) {
    arb_max(y, a, b, p);
}
VALUE(abs) {
    (void)b, (void)p;
    arb_abs(y, a);
}

/* One operand with a share of s, the other with 1 - s. */
static void shares(arb_ptr with, arb_ptr without, const arb_t s, slong p) {
    if (with)
        arb_set(with, s);
    if (without) {
        arb_sub_ui(without, s, 1, p);
        arb_neg(without, without);
    }
}
DERIVE(min) {
    (void)a, (void)b;
    shares(db, da, y, p);
}
DERIVE(max) {
    (void)a, (void)b;
    shares(da, db, y, p);
}
/* (1 - s)(-1) + s = 2 s - 1 */
DERIVE_ONE(abs, arb_mul_2exp_si(da, y, 1), arb_sub_ui(da, da, 1, p))

static void bend_of_two(arb_t to, const arb_t a, const arb_t b, slong p) {
    arb_sub(to, a, b, p);
}
static void bend_of_one(arb_t to, const arb_t a, const arb_t b, slong p) {
    (void)b, (void)p;
    arb_set(to, a);
}

#define ROW(operation, name, operands, bend)                                                       \
    [operation] = {#name, operands, name##_value, name##_derive, bend}
static const gp_operation_row ROWS[] = {
    ROW(GP_OP_ADD, add, 2, NULL),           ROW(GP_OP_SUBTRACT, subtract, 2, NULL),
    ROW(GP_OP_MULTIPLY, multiply, 2, NULL), ROW(GP_OP_DIVIDE, divide, 2, NULL),
    ROW(GP_OP_NEGATE, negate, 1, NULL),     ROW(GP_OP_SQRT, sqrt, 1, NULL),
    ROW(GP_OP_EXP, exp, 1, NULL),           ROW(GP_OP_EXPM1, expm1, 1, NULL),
    ROW(GP_OP_LOG, log, 1, NULL),           ROW(GP_OP_LOG1P, log1p, 1, NULL),
    ROW(GP_OP_POW, pow, 2, NULL),           ROW(GP_OP_SIN, sin, 1, NULL),
    ROW(GP_OP_COS, cos, 1, NULL),           ROW(GP_OP_TAN, tan, 1, NULL),
    ROW(GP_OP_ASIN, asin, 1, NULL),         ROW(GP_OP_ACOS, acos, 1, NULL),
    ROW(GP_OP_ATAN, atan, 1, NULL),         ROW(GP_OP_ATAN2, atan2, 2, NULL),
    ROW(GP_OP_SINH, sinh, 1, NULL),         ROW(GP_OP_COSH, cosh, 1, NULL),
    ROW(GP_OP_TANH, tanh, 1, NULL),         ROW(GP_OP_ASINH, asinh, 1, NULL),
    ROW(GP_OP_ACOSH, acosh, 1, NULL),       ROW(GP_OP_ATANH, atanh, 1, NULL),
    ROW(GP_OP_ERF, erf, 1, NULL),           ROW(GP_OP_ERFC, erfc, 1, NULL),
    ROW(GP_OP_GAMMA, gamma, 1, NULL),       ROW(GP_OP_LGAMMA, lgamma, 1, NULL),
    ROW(GP_OP_MIN, min, 2, bend_of_two),    ROW(GP_OP_MAX, max, 2, bend_of_two),
    ROW(GP_OP_ABS, abs, 1, bend_of_one)};

const gp_operation_row *gp_operation_row_of(gp_operation operation) {
    return (size_t)operation < sizeof ROWS / sizeof *ROWS ? &ROWS[operation] : NULL;
}

const char *gp_operation_string(gp_operation operation) {
    const gp_operation_row *row = gp_operation_row_of(operation);
    return row ? row->name : NULL;
}

int gp_operation_operands(gp_operation operation) {
    const gp_operation_row *row = gp_operation_row_of(operation);
    return row ? row->operands : 0;
}

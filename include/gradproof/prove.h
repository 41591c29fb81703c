/* Proofs: is this gradient within a tolerance of the derivative of the real-number function, with
 * every rounding accounted for? Link with libgradproof_prove (there where FLINT/Arb is).
 *
 * What is proven is a theorem about numbers, not an estimate. The value's formula is evaluated on
 * balls (an interval of real numbers each, FLINT/Arb) at the exact values of the floating-point
 * parameters and data, and differentiated by reverse accumulation on balls. That gives, for every
 * entry, an interval that contains the derivative d of the function of real numbers. Of the entry g
 * under test is then
 *
 *     proven       |g - d| <= tau     for every d in the interval
 *     disproven    |g - d| >  tau     for every d in the interval
 *     open         neither            with tau = rtol * max(|g|, |d|) + atol,
 *
 * where precision is raised from 53 to 4,096 bits until each is decided. No comparison on the way
 * is one of rounded numbers. What it rests on: the formula, FLINT, and the code of this library;
 * docs/proof.md has the theorem, its assumptions and what it does not say.
 *
 * FLINT ends the process where memory runs out. It keeps constants for each thread, which
 * flint_cleanup() releases. */
#ifndef GRADPROOF_PROVE_H
#define GRADPROOF_PROVE_H

#include <gradproof/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- formulas ------------------------------------------------------------------------ */

/* A tape: the operations of a formula in order, each with the ball that contains its result. */
typedef struct gp_tape gp_tape;
/* The number of an operation on its tape. */
typedef size_t gp_ball;

/* What a formula may consist of. a is the first operand and b the second, where there is one.
 * Outside an operation's domain, and where its derivative isn't finite (sqrt at 0), the proof is
 * open. */
typedef enum gp_operation {
    GP_OP_ADD = 0,
    GP_OP_SUBTRACT,
    GP_OP_MULTIPLY,
    GP_OP_DIVIDE,
    GP_OP_NEGATE,
    GP_OP_SQRT,
    GP_OP_EXP,
    GP_OP_EXPM1,
    GP_OP_LOG,
    GP_OP_LOG1P,
    GP_OP_POW, /* a^b: a > 0, or b a whole number that is a constant */
    GP_OP_SIN,
    GP_OP_COS,
    GP_OP_TAN,
    GP_OP_ASIN,
    GP_OP_ACOS,
    GP_OP_ATAN,
    GP_OP_ATAN2, /* the angle of (b, a), not where it jumps */
    GP_OP_SINH,
    GP_OP_COSH,
    GP_OP_TANH,
    GP_OP_ASINH,
    GP_OP_ACOSH,
    GP_OP_ATANH,
    GP_OP_ERF,
    GP_OP_ERFC,
    GP_OP_GAMMA,
    GP_OP_LGAMMA, /* log |gamma(a)| */
    GP_OP_MIN,
    GP_OP_MAX,
    GP_OP_ABS
} gp_operation;

/* The word for an operation ("exp"); static, NULL beyond the last. */
GP_API const char *gp_operation_string(gp_operation operation);
/* 1 or 2 operands. */
GP_API int gp_operation_operands(gp_operation operation);

/* The exact value of a double; the result of an operation (b is ignored where there is one operand
 * alone). Where the tape has no memory, or an operand isn't on it, the result is an operation that
 * is not, and the proof ends with GP_ERROR_MEMORY or GP_ERROR_ARGUMENT. */
GP_API gp_ball gp_tape_constant(gp_tape *tape, double number);
GP_API gp_ball gp_tape_apply(gp_tape *tape, gp_operation operation, gp_ball a, gp_ball b);

/* -1, 0 or 1 as a < b, a = b, a > b, where that is so of the numbers themselves. Else
 * GP_UNDECIDED: the formula must then end, and return it. A program that takes another branch than
 * the function does isn't one of the function. Numbers that are equal and depend on x are a tie:
 * other branches lie in every neighbourhood, and the proof is open. */
#define GP_UNDECIDED 0x756e64
GP_API int gp_tape_compare(gp_tape *tape, gp_ball a, gp_ball b);

/* Doubles that enclose the number: *low <= number <= *high. */
GP_API void gp_tape_interval(const gp_tape *tape, gp_ball number, double *low, double *high);

/* The formula of a function of n numbers: writes its operations on the tape, where x[i] are its
 * variables, and gives the one that is its value. Returns 0, GP_UNDECIDED, GP_NO_MEMORY, or
 * anything else for "isn't defined here". It is called several times, with a tape of more precision
 * each, and must write the same operations but where a comparison says otherwise. */
typedef int (*gp_formula)(void *user, gp_tape *tape, size_t n, const gp_ball *x, gp_ball *value);

/* ---- proofs -------------------------------------------------------------------------- */

typedef struct gp_proof gp_proof;

/* 0 says the default, GP_NONE none. */
typedef struct gp_proof_options {
    double rtol; /* 1e-5; float32: 1e-3 */
    /* rtol times 1e-4 (float32: 0.1) of the median of the block's derivatives that aren't 0, and at
     * least the type's smallest normal number */
    double atol;
    gp_dtype dtype;       /* of the gradient: what an ulp is, and the defaults above */
    unsigned precision;   /* bits to begin with; 53 */
    unsigned precisions;  /* bits at most; 4096 */
    double radius;        /* of a neighbourhood to prove it in as well, see below; none */
    uint64_t reserved[7]; /* for options to come: 0, or it's GP_ERROR_UNSUPPORTED */
} gp_proof_options;

/* With a radius r, what is proven is proven for all points y with |y_i - x_i| <= r |x_i|: intervals
 * contain the derivatives at each of them, and g must be within the tolerance of all. What holds at
 * x and not for all of these is open; gp_proof_reach tells how far it does hold. A number that is 0
 * stays 0. */

/* A block of entries: what names and default tolerances go by. */
typedef struct gp_proof_block {
    const char *name;
    size_t dimensions; /* up to 8 */
    const size_t *shape;
} gp_proof_block;

/* Is g (n) the derivative at x (n) of the function that `formula` writes down? Entries belong to
 * the blocks in their order, n in all. On GP_OK *proof is a new object, whatever the verdict;
 * release it with gp_proof_destroy. GP_ERROR_INPUT: a number of x isn't finite. options NULL: the
 * defaults. */
GP_API gp_status gp_prove(gp_formula formula, void *user, size_t blocks,
                          const gp_proof_block *block, const double *x, const double *g,
                          const gp_proof_options *options, gp_proof **proof, gp_error *error);

/* The same of a network's cost over `rows` rows: X (rows x inputs), labels (rows, or rows x outputs
 * for the squared error) and parameters (W1 row by row, b1, ...) as gp_network holds them; of a
 * float32 network they are float32 numbers. Its own formula, layer by layer, on matrices of balls:
 * it has nothing of libgradproof_nn. Blocks are W1, b1, W2, b2, ...; dtype is the network's.
 * Without dropout (GP_ERROR_UNSUPPORTED); seed and initial mean nothing here. */
GP_API gp_status gp_prove_network(const gp_network_options *network, size_t rows, const double *X,
                                  const double *labels, const double *parameters, const double *g,
                                  const gp_proof_options *options, gp_proof **proof,
                                  gp_error *error);

/* The notebook's network of 4 inputs and 5, 3 and 1 units on m examples: X (4 x m) and Y (m) as in
 * gradproof/notebook.h, its 47 parameters and gradient as vectors. */
GP_API gp_status gp_prove_notebook(size_t m, const double *X, const double *Y,
                                   const double *parameters, const double *g,
                                   const gp_proof_options *options, gp_proof **proof,
                                   gp_error *error);

GP_API void gp_proof_destroy(gp_proof *proof);

/* The version of FLINT in use, "2.9.0"; static. */
GP_API const char *gp_proof_library(void);

/* ---- what has been proven ------------------------------------------------------------- */

typedef enum gp_proof_verdict {
    GP_PROVEN = 0,
    GP_DISPROVEN, /* at least one entry is */
    GP_OPEN,      /* none is disproven, and not all are proven */
    GP_UNPROVABLE /* the gradient isn't finite: see gp_proof_open_line */
} gp_proof_verdict;

/* "proven", "disproven", "open", "failed"; static, NULL beyond the last. */
GP_API const char *gp_proof_verdict_string(gp_proof_verdict verdict);
GP_API gp_proof_verdict gp_proof_verdict_of(const gp_proof *proof);

/* All numbers are rounded outwards: low down and high up, errors up, least down. */
typedef struct gp_proof_entry {
    gp_proof_verdict verdict;
    double analytic;  /* g */
    double low, high; /* the derivative is in [low, high] */
    double error;     /* |g - d| <= error */
    double least;     /* |g - d| >= least */
} gp_proof_entry;
/* Like those of a report, these structures may grow at their end. GP_ERROR_ARGUMENT: there is none
 * of that number. */
GP_API size_t gp_proof_entries(const gp_proof *proof);
GP_API gp_status gp_proof_entry_sized(const gp_proof *proof, size_t entry, gp_proof_entry *result,
                                      size_t size);
#define gp_proof_entry_of(proof, entry, result)                                                    \
    gp_proof_entry_sized(proof, entry, result, sizeof *(result))

typedef struct gp_proof_block_result {
    const char *name; /* the proof's */
    gp_proof_verdict verdict;
    size_t offset, entries;
    size_t count[4]; /* entries by verdict */
    double atol;     /* as used: exact */
    double largest;  /* the largest |g| */
    double error;    /* the largest error of its entries */
    double ulps;     /* the same, in ulps of `largest` */
    double relative; /* the largest of error / max(|g|, |d|), of entries whose derivative isn't 0 */
    size_t worst;    /* the entry that is furthest off, counted in the block */
} gp_proof_block_result;
GP_API size_t gp_proof_blocks(const gp_proof *proof);
GP_API gp_status gp_proof_block_sized(const gp_proof *proof, size_t block,
                                      gp_proof_block_result *result, size_t size);
#define gp_proof_block_of(proof, block, result)                                                    \
    gp_proof_block_sized(proof, block, result, sizeof *(result))

/* The function's value is in [*low, *high]. */
GP_API void gp_proof_value(const gp_proof *proof, double *low, double *high);
/* The bits that decided; the tolerance as used. */
GP_API unsigned gp_proof_precision(const gp_proof *proof);
GP_API double gp_proof_rtol(const gp_proof *proof);
/* The radius that was asked for, and one within which all entries are proven: the former itself
 * where they are, else found by trying smaller ones; 0: none, or none was asked for. */
GP_API double gp_proof_radius(const gp_proof *proof);
GP_API double gp_proof_reach(const gp_proof *proof);

/* What the proof met at its kinks and domains' edges, a sentence each ("unit 3 of layer 1 (relu),
 * example 17: ..."); NULL beyond the last. Not all of it keeps a proof from being one. */
GP_API const char *gp_proof_open_line(const gp_proof *proof, size_t line);

/* 0 proven, 1 disproven, 2 open, 3 the gradient isn't finite. */
GP_API int gp_proof_exit_code(const gp_proof *proof);

/* As text, with GP_PRINT_... of gradproof.h; as JSON, schema gradproof.proof/1 (docs/proof.md). The
 * text is new: release it with gp_text_free. */
GP_API gp_status gp_proof_text(const gp_proof *proof, const char *title, unsigned flags,
                               char **text, size_t *length);
GP_API gp_status gp_proof_json(const gp_proof *proof, const char *title, char **text,
                               size_t *length);

#ifdef __cplusplus
}
#endif

#endif

/* Proofs in a neighbourhood: how far they reach, by closed forms, and that intervals contain the
 * derivative at points within. */
#include "gradproof/notebook.h"
#include "gradproof/prove.h"
#include "prove/tape.h"
#include "system/random.h"
#include "testing.h"

static gp_proof *prove(gp_formula formula, size_t n, const double *x, const double *g,
                       double radius) {
    const gp_proof_block block = {"x", 1, &n};
    gp_proof *proof = NULL;
    gp_error error = {""};
    if (gp_prove(formula, NULL, 1, &block, x, g,
                 &(gp_proof_options){.rtol = 1e-6, .atol = GP_NONE, .radius = radius}, &proof,
                 &error) != GP_OK)
        fail_msg("%s", error.message);
    return proof;
}

/* e^(2 x): its derivative at x (1 + r) is e^(2 x r) times that at x. */
static int exponential(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)n;
    *value = gp_tape_one(t, GP_OP_EXP, gp_tape_apply(t, GP_OP_ADD, x[0], x[0]));
    return 0;
}

static void the_reach_of_an_exponential(void **state) {
    const double x = 0.75, g = 2 * exp(2 * x);
    /* |g - d| <= rtol max(|g|, |d|), d = g e^(2 x r): where g is the smaller of the two, and where
     * it is the larger, both to r = rtol / (2 x) but for terms of rtol^2 */
    const double expected = 1e-6 / (2 * x);
    (void)state;
    gp_proof *within = prove(exponential, 1, &x, &g, 0.9 * expected);
    assert_int_equal(gp_proof_verdict_of(within), GP_PROVEN);
    assert_true(gp_proof_reach(within) == 0.9 * expected);
    gp_proof *beyond = prove(exponential, 1, &x, &g, 1000 * expected);
    assert_int_equal(gp_proof_verdict_of(beyond), GP_OPEN);
    assert_in_range((uint64_t)(1e4 * gp_proof_reach(beyond) / expected), 9500, 10000);
    assert_non_null(strstr(gp_proof_open_line(beyond, 0), "not proven"));
    gp_proof *at_x = prove(exponential, 1, &x, &g, 0);
    assert_true(gp_proof_reach(at_x) == 0 && gp_proof_radius(at_x) == 0);
    gp_proof_destroy(within);
    gp_proof_destroy(beyond);
    gp_proof_destroy(at_x);
}

/* |x - 1|: at 1.25 the kink is a fifth of x away. */
static int bend(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)n;
    *value =
        gp_tape_one(t, GP_OP_ABS, gp_tape_apply(t, GP_OP_SUBTRACT, x[0], gp_tape_constant(t, 1)));
    return 0;
}

static void it_ends_at_a_kink(void **state) {
    const double x = 1.25, g = 1;
    (void)state;
    gp_proof *proof = prove(bend, 1, &x, &g, 0.5);
    assert_int_equal(gp_proof_verdict_of(proof), GP_OPEN);
    assert_true(gp_proof_reach(proof) > 0.19 && gp_proof_reach(proof) < 0.2);
    gp_proof_destroy(proof);
}

static void what_is_wrong_has_no_reach(void **state) {
    const double x = 0.75, g = 2 * exp(2 * x) * (1 + 1e-4);
    (void)state;
    gp_proof *proof = prove(exponential, 1, &x, &g, 1e-2);
    assert_int_equal(gp_proof_verdict_of(proof), GP_DISPROVEN);
    assert_true(gp_proof_reach(proof) == 0);
    gp_proof_destroy(proof);
}

/* The notebook's 47 derivatives at points drawn within the radius, each proven by itself at that
 * point alone. */
static void intervals_contain_derivatives_around(void **state) {
    enum { M = GP_NOTEBOOK_EXAMPLES, N = GP_NOTEBOOK_PARAMETERS, POINTS = 200 };
    double X[GP_NOTEBOOK_INPUTS * M], Y[M], theta[N], g[N] = {0}, near[N];
    const double radius = 1e-6;
    gp_notebook_parameters parameters;
    gp_proof *around = NULL, *there = NULL;
    gp_error error = {""};
    (void)state;
    gp_notebook_test_case(X, Y, &parameters);
    gp_notebook_dictionary_to_vector(&parameters, theta, NULL);
    gp_proof_options options = {.rtol = 1, .atol = 100, .radius = radius};
    assert_int_equal(gp_prove_notebook(M, X, Y, theta, g, &options, &around, &error), GP_OK);
    assert_true(gp_proof_reach(around) == radius);
    options.radius = 0;
    for (size_t k = 0; k < POINTS; k++) {
        for (size_t i = 0; i < N; i++) {
            double at = (double)gp_random_bits(k, GP_STREAM_SAMPLE, 0, i) * 0x1p-64;
            near[i] = theta[i] * (1 + 0.999999 * radius * (k % 2 ? 2 * at - 1 : at < 0.5 ? -1 : 1));
        }
        assert_int_equal(gp_prove_notebook(M, X, Y, near, g, &options, &there, &error), GP_OK);
        for (size_t i = 0; i < N; i++) {
            gp_proof_entry wide, narrow;
            assert_int_equal(gp_proof_entry_of(around, i, &wide), GP_OK);
            assert_int_equal(gp_proof_entry_of(there, i, &narrow), GP_OK);
            assert_true(wide.low <= narrow.low && narrow.high <= wide.high);
        }
        gp_proof_destroy(there);
    }
    gp_proof_destroy(around);
}

static void a_radius_must_be_below_one(void **state) {
    const double x = 1, radii[] = {-1, 1, NAN, INFINITY};
    const gp_proof_block block = {"x", 0, NULL};
    gp_proof *proof = NULL;
    gp_error error;
    (void)state;
    for (size_t k = 0; k < sizeof radii / sizeof *radii; k++)
        assert_int_equal(gp_prove(bend, NULL, 1, &block, &x, &x,
                                  &(gp_proof_options){.radius = radii[k]}, &proof, &error),
                         GP_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reach_of_an_exponential),
        cmocka_unit_test(it_ends_at_a_kink),
        cmocka_unit_test(what_is_wrong_has_no_reach),
        cmocka_unit_test(intervals_contain_derivatives_around),
        cmocka_unit_test(a_radius_must_be_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

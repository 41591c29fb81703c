/* Proofs of formulas: the notebook, against a reference worked out by mpmath; and what a proof says
 * of functions with kinks, edges and comparisons. */
#include <jansson.h>

#include "gradproof/notebook.h"
#include "gradproof/prove.h"
#include "testing.h"

enum { M = GP_NOTEBOOK_EXAMPLES, N = GP_NOTEBOOK_PARAMETERS };

typedef struct notebook {
    double X[GP_NOTEBOOK_INPUTS * M], Y[M], parameters[N], g[N];
} notebook;

static notebook backpropagation(gp_notebook_version version) {
    notebook b;
    gp_notebook_parameters p;
    gp_notebook_cache cache = {0};
    gp_notebook_gradients gradients = {0};
    gp_notebook_test_case(b.X, b.Y, &p);
    gp_notebook_dictionary_to_vector(&p, b.parameters, NULL);
    (void)gp_notebook_forward_n(M, b.X, b.Y, &p, &cache);
    assert_int_equal(gp_notebook_backward_n(M, b.X, b.Y, &cache, version, &gradients), GP_OK);
    gp_notebook_gradients_to_vector(&gradients, b.g);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);
    return b;
}

static gp_proof *prove_notebook(const notebook *b, const gp_proof_options *options) {
    gp_proof *proof = NULL;
    assert_int_equal(gp_prove_notebook(M, b->X, b->Y, b->parameters, b->g, options, &proof, NULL),
                     GP_OK);
    return proof;
}

static void the_corrected_notebook_is_proven_within_4_ulp(void **state) {
    notebook b = backpropagation(GP_NOTEBOOK_CORRECTED);
    gp_proof *proof = prove_notebook(&b, NULL);
    (void)state;
    assert_int_equal(gp_proof_verdict_of(proof), GP_PROVEN);
    assert_int_equal(gp_proof_exit_code(proof), 0);
    assert_int_equal(gp_proof_blocks(proof), 6);
    for (size_t k = 0; k < 6; k++) {
        gp_proof_block_result r;
        assert_int_equal(gp_proof_block_of(proof, k, &r), GP_OK);
        assert_int_equal(r.count[GP_PROVEN], r.entries);
        assert_true(r.ulps <= 4);
        assert_true(r.error <= ldexp(r.largest, -50)); /* 4 ulp are no more */
    }
    gp_proof_destroy(proof);
}

/* Intervals contain the reference's digits, 25 of them, as far as doubles can say. */
static void intervals_agree_with_the_reference(void **state) {
    json_t *reference = json_load_file(GP_TEST_DATA "/notebook_case.json", 0, NULL);
    notebook b = backpropagation(GP_NOTEBOOK_CORRECTED);
    gp_proof *proof = prove_notebook(&b, NULL);
    double low, high;
    (void)state;
    assert_non_null(reference);
    const json_t *exact = json_object_get(reference, "gradient_exact");
    assert_int_equal(json_array_size(exact), N);
    for (size_t i = 0; i < N; i++) {
        gp_proof_entry e;
        assert_int_equal(gp_proof_entry_of(proof, i, &e), GP_OK);
        /* the double next to the exact number is in an interval that is rounded outwards */
        double d = strtod(json_string_value(json_array_get(exact, i)), NULL);
        assert_true(e.low <= d && d <= e.high);
        assert_true(e.high - e.low <= ldexp(fabs(d), -51));
    }
    double cost = strtod(
        json_string_value(json_object_get(json_object_get(reference, "cost"), "exact")), NULL);
    gp_proof_value(proof, &low, &high);
    assert_true(low <= cost && cost <= high);
    json_decref(reference);
    gp_proof_destroy(proof);
}

/* W2 is at entries 25 to 39, b1 at 20 to 24. */
static void the_given_notebook_is_disproven_where_it_is_wrong(void **state) {
    notebook b = backpropagation(GP_NOTEBOOK_GIVEN), right = backpropagation(GP_NOTEBOOK_CORRECTED);
    gp_proof *proof = prove_notebook(&b, NULL);
    size_t disproven = 0;
    (void)state;
    assert_int_equal(gp_proof_verdict_of(proof), GP_DISPROVEN);
    for (size_t i = 0; i < N; i++) {
        gp_proof_entry e;
        assert_int_equal(gp_proof_entry_of(proof, i, &e), GP_OK);
        int wrong = i >= 20 && i < 40 && right.g[i] != 0;
        assert_int_equal(e.verdict, wrong ? GP_DISPROVEN : GP_PROVEN);
        disproven += (size_t)wrong;
    }
    assert_true(disproven > 0);
    gp_proof_destroy(proof);
}

/* The same network by matrices of balls: intervals by two routes overlap. */
static void layers_and_tape_agree(void **state) {
    notebook b = backpropagation(GP_NOTEBOOK_CORRECTED);
    const size_t units[] = {5, 3, 1};
    const gp_network_options o = {.inputs = 4,
                                  .layers = 3,
                                  .units = units,
                                  .hidden = GP_RELU,
                                  .loss = GP_NOTEBOOK_CROSS_ENTROPY};
    double rows[GP_NOTEBOOK_INPUTS * M];
    gp_proof *tape = prove_notebook(&b, NULL), *layers = NULL;
    (void)state;
    for (size_t j = 0; j < M; j++)
        for (size_t k = 0; k < 4; k++)
            rows[j * 4 + k] = b.X[k * M + j];
    assert_int_equal(gp_prove_network(&o, M, rows, b.Y, b.parameters, b.g, NULL, &layers, NULL),
                     GP_OK);
    for (size_t i = 0; i < N; i++) {
        gp_proof_entry one, other;
        assert_int_equal(gp_proof_entry_of(tape, i, &one), GP_OK);
        assert_int_equal(gp_proof_entry_of(layers, i, &other), GP_OK);
        assert_true(one.low <= other.high && other.low <= one.high);
    }
    gp_proof_destroy(tape);
    gp_proof_destroy(layers);
}

/* ---- formulas of our own ------------------------------------------------------------------- */

static gp_proof *prove_at(gp_formula formula, size_t n, const double *x, const double *g,
                          const gp_proof_options *options) {
    gp_proof *proof = NULL;
    gp_error error = {""};
    gp_proof_block block = {"x", 1, &n};
    if (gp_prove(formula, NULL, 1, &block, x, g, options, &proof, &error) != GP_OK)
        fail_msg("%s", error.message);
    return proof;
}

/* sin x + e^x - e^x */
static int cancels(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    gp_ball large = gp_tape_apply(t, GP_OP_EXP, x[0], 0);
    (void)user, (void)n;
    gp_ball sum = gp_tape_apply(t, GP_OP_ADD, gp_tape_apply(t, GP_OP_SIN, x[0], 0), large);
    *value = gp_tape_apply(t, GP_OP_SUBTRACT, sum, gp_tape_apply(t, GP_OP_EXP, x[0], 0));
    return 0;
}

static void precision_rises_until_it_decides(void **state) {
    const double x = 700, right = cos(700.), wrong = right * (1 + 1e-4);
    const gp_proof_options low = {.precisions = 53};
    (void)state;
    gp_proof *proof = prove_at(cancels, 1, &x, &right, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_PROVEN);
    assert_true(gp_proof_precision(proof) > 1000); /* e^700 is 2^1010 */
    gp_proof_destroy(proof);
    proof = prove_at(cancels, 1, &x, &wrong, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_DISPROVEN);
    gp_proof_destroy(proof);
    proof = prove_at(cancels, 1, &x, &right, &low);
    assert_int_equal(gp_proof_verdict_of(proof), GP_OPEN);
    assert_int_equal(gp_proof_exit_code(proof), 2);
    gp_proof_destroy(proof);
}

/* sqrt x0 + x1 */
static int root(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)n;
    *value = gp_tape_apply(t, GP_OP_ADD, gp_tape_apply(t, GP_OP_SQRT, x[0], 0), x[1]);
    return 0;
}

static void edges_are_open(void **state) {
    const double x[] = {0, 1}, g[] = {1e300, 1};
    gp_proof_entry e;
    (void)state;
    gp_proof *proof = prove_at(root, 2, x, g, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_OPEN);
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "sqrt"));
    assert_int_equal(gp_proof_entry_of(proof, 0, &e), GP_OK);
    assert_int_equal(e.verdict, GP_OPEN);
    assert_int_equal(gp_proof_entry_of(proof, 2, &e), GP_ERROR_ARGUMENT);
    gp_proof_destroy(proof);
}

/* x0 > x1 ? x0 : x1, by a comparison */
static int larger(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    int order = gp_tape_compare(t, x[0], x[1]);
    (void)user, (void)n;
    if (order == GP_UNDECIDED)
        return GP_UNDECIDED;
    *value = order > 0 ? x[0] : x[1];
    return 0;
}

static void branches_are_decided_or_open(void **state) {
    const double apart[] = {1 + 0x1p-52, 1}, equal[] = {1, 1}, first[] = {1, 0};
    const double second[] = {0, 1};
    (void)state;
    gp_proof *proof = prove_at(larger, 2, apart, first, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_PROVEN);
    gp_proof_destroy(proof);
    proof = prove_at(larger, 2, apart, second, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_DISPROVEN);
    gp_proof_destroy(proof);
    proof = prove_at(larger, 2, equal, second, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_OPEN);
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "comparison"));
    gp_proof_destroy(proof);
}

static int foreign(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)n;
    *value = gp_tape_apply(t, GP_OP_ADD, x[0], 4711);
    return 0;
}

static int asks_for_memory(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)t, (void)n, (void)x, (void)value;
    return GP_NO_MEMORY;
}

static int is_not_defined(void *user, gp_tape *t, size_t n, const gp_ball *x, gp_ball *value) {
    (void)user, (void)t, (void)n, (void)x, (void)value;
    return 1;
}

static void formulas_that_fail_are_told_of(void **state) {
    const size_t n = 1;
    const double x = 1, g = 1, infinite = INFINITY;
    const gp_proof_block block = {"x", 1, &n};
    const gp_proof_options wide = {.rtol = 2}, reverse = {.precision = 100, .precisions = 64};
    gp_proof *proof = NULL;
    gp_error error;
    (void)state;
    assert_int_equal(gp_prove(foreign, NULL, 1, &block, &x, &g, NULL, &proof, &error),
                     GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "tape"));
    assert_int_equal(gp_prove(asks_for_memory, NULL, 1, &block, &x, &g, NULL, &proof, &error),
                     GP_ERROR_MEMORY);
    assert_int_equal(gp_prove(root, NULL, 1, &block, &infinite, &g, NULL, &proof, &error),
                     GP_ERROR_INPUT);
    assert_int_equal(gp_prove(root, NULL, 1, &block, &x, &g, &wide, &proof, &error),
                     GP_ERROR_ARGUMENT);
    assert_int_equal(gp_prove(root, NULL, 1, &block, &x, &g, &reverse, &proof, &error),
                     GP_ERROR_ARGUMENT);
    assert_int_equal(gp_prove(NULL, NULL, 1, &block, &x, &g, NULL, &proof, &error),
                     GP_ERROR_ARGUMENT);
    assert_null(proof);
    proof = prove_at(is_not_defined, 1, &x, &g, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_OPEN);
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "isn't defined"));
    gp_proof_destroy(proof);
}

/* ---- reports ----------------------------------------------------------------------------------
 */

static void reports_say_what_was_proven(void **state) {
    notebook b = backpropagation(GP_NOTEBOOK_GIVEN);
    gp_proof *proof = prove_notebook(&b, NULL);
    char *text;
    size_t length;
    (void)state;
    assert_int_equal(gp_proof_text(proof, "notebook", 0, &text, &length), GP_OK);
    assert_int_equal(strlen(text), length);
    assert_non_null(strstr(text, "notebook: disproven: "));
    assert_non_null(strstr(text, "W2[2]"));
    assert_null(strstr(text, "W1[0]"));
    gp_text_free(text);
    assert_int_equal(gp_proof_text(proof, "notebook", GP_PRINT_QUIET, &text, NULL), GP_OK);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    gp_text_free(text);
    assert_int_equal(gp_proof_json(proof, "note\tbook", &text, &length), GP_OK);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    gp_text_free(text);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "schema")), "gradproof.proof/1");
    assert_string_equal(json_string_value(json_object_get(json, "verdict")), "disproven");
    const json_t *blocks = json_object_get(json, "blocks");
    assert_int_equal(json_array_size(blocks), 6);
    for (size_t k = 0, at = 0; k < 6; k++) {
        const json_t *intervals = json_object_get(json_array_get(blocks, k), "intervals");
        for (size_t i = 0; i < json_array_size(intervals); i++, at++) {
            gp_proof_entry e;
            const json_t *three = json_array_get(intervals, i);
            assert_int_equal(gp_proof_entry_of(proof, at, &e), GP_OK);
            assert_true(json_real_value(json_array_get(three, 0)) == e.analytic);
            assert_true(json_real_value(json_array_get(three, 1)) == e.low);
            assert_true(json_real_value(json_array_get(three, 2)) == e.high);
        }
    }
    json_decref(json);
    gp_proof_destroy(proof);
    assert_int_equal(gp_proof_verdict_of(NULL), GP_UNPROVABLE);
    assert_null(gp_proof_open_line(NULL, 0));
    gp_proof_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corrected_notebook_is_proven_within_4_ulp),
        cmocka_unit_test(intervals_agree_with_the_reference),
        cmocka_unit_test(the_given_notebook_is_disproven_where_it_is_wrong),
        cmocka_unit_test(layers_and_tape_agree),
        cmocka_unit_test(precision_rises_until_it_decides),
        cmocka_unit_test(edges_are_open),
        cmocka_unit_test(branches_are_decided_or_open),
        cmocka_unit_test(formulas_that_fail_are_told_of),
        cmocka_unit_test(reports_say_what_was_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

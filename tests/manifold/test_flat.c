/* Functions with spaces as a whole: batches, other blocks beside them, callbacks, what can't be. */
#include "function/function.h"
#include "testing.h"

/* ---- a function of three blocks ----------------------------------------------------- */

/* Rotations R (2 x 3 x 3), a symmetric S (2 x 2) and free w (2):
 * sum of w_k exp(a'R_k b) + S_00 w_0^2 + 2 S_10 w_0 w_1 + exp(S_11 w_1), as examples or parts. */
static const double R0[18] = {0.8, -0.6, 0, 0.6, 0.8,  0,     0, 0,    1,
                              1,   0,    0, 0,   0.28, -0.96, 0, 0.96, 0.28};
static const double S0[4] = {1.5, 0.5, 0.5, -0.7}, W0[2] = {0.6, 1.7};
static const double A[3] = {0.5, -0.3, 0.8}, B[3] = {0.2, 0.9, -0.4};
enum { S = 18, W = 22, ALL = 24 };

typedef enum mistake {
    NONE,
    UNWRITTEN,
    ACCUMULATED,
    OVERRUN,
    WRITES_X,
    MISSING_ROTATION,
    HALF_PAIR
} mistake;

typedef struct state {
    mistake mistake;
    size_t part, calls;
    uint64_t seed;
    int tangent;
} state;

static double form(const double *R) {
    double sum = 0;
    for (int i = 0; i < 9; i++)
        sum += A[i / 3] * R[i] * B[i % 3];
    return sum;
}

static double parts_of(const double *x, int part) {
    const double *s = x + S, *w = x + W;
    return part == 1 ? w[0] * exp(form(x)) + w[1] * exp(form(x + 9))
                     : s[0] * w[0] * w[0] + 2 * s[2] * w[0] * w[1] + exp(s[3] * w[1]);
}

static int value(void *user, size_t n, const double *x, double *v) {
    state *t = user;
    assert_int_equal(n, ALL);
    *v = (t->part != 2 ? parts_of(x, 1) : 0) + (t->part != 1 ? parts_of(x, 2) : 0);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    state *t = user;
    const double *s = x + S, *w = x + W;
    double first = t->part != 2, second = t->part != 1, *h = g;
    t->calls++;
    for (int k = 0; k < 2; k++) {
        double slope = first * w[k] * exp(form(x + 9 * k));
        if (k == 1 && t->mistake == MISSING_ROTATION)
            slope = 0;
        if (t->tangent) { /* right: b x R'a */
            double back[3];
            for (int i = 0; i < 3; i++)
                back[i] = x[9 * k + i] * A[0] + x[9 * k + 3 + i] * A[1] + x[9 * k + 6 + i] * A[2];
            *h++ = slope * (B[1] * back[2] - B[2] * back[1]);
            *h++ = slope * (B[2] * back[0] - B[0] * back[2]);
            *h++ = slope * (B[0] * back[1] - B[1] * back[0]);
        } else {
            for (int i = 0; i < 9; i++)
                *h++ = slope * A[i / 3] * B[i % 3];
        }
    }
    const double lower[4] = {second * w[0] * w[0], 0, second * 2 * w[0] * w[1],
                             second * w[1] * exp(s[3] * w[1])};
    for (int i = 0; i < 4; i++) {
        if (t->mistake == UNWRITTEN && i == 2)
            h++;
        else if (t->mistake == ACCUMULATED)
            *h++ += lower[i];
        else
            *h++ = lower[i] * (t->mistake == HALF_PAIR && i == 2 ? 0.5 : 1);
    }
    *h++ = first * exp(form(x)) + second * (2 * s[0] * w[0] + 2 * s[2] * w[1]);
    *h++ = first * exp(form(x + 9)) + second * (2 * s[2] * w[0] + s[3] * exp(s[3] * w[1]));
    if (t->mistake == OVERRUN)
        *h = 1;
    if (t->mistake == WRITES_X)
        ((double *)(uintptr_t)x)[n - 1] = 0;
    return 0;
}

static gp_function *make(state *t) {
    gp_function *f;
    assert_int_equal(gp_function_create("three", GP_FLOAT64, t, &f), GP_OK);
    gp_function_add_block(f, "R", 1, 3, (size_t[]){2, 3, 3}, R0);
    gp_function_add_block(f, "S", 2, 2, (size_t[]){2, 2}, S0);
    gp_function_add_block(f, "w", 3, 1, (size_t[]){2}, W0);
    gp_function_set_space(f, "R", "SO3", t->tangent ? "right" : NULL);
    gp_function_set_space(f, "S", "symmetric", NULL);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    return f;
}

static void expect(state *t, const gp_options *options, gp_verdict verdict) {
    gp_function *f = make(t);
    gp_report *r = testing_check(f, options);
    if (gp_report_verdict(r) != verdict)
        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
    assert_int_equal(gp_report_verdict(r), verdict);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void blocks_are_the_coordinates(void **s) {
    state t = {.tangent = 1};
    gp_function *f = make(&t);
    gp_report *r = testing_check(f, NULL);
    gp_block_result b;
    (void)s;
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    assert_int_equal(gp_report_blocks(r), 3);
    assert_int_equal(gp_report_entries(r), 6 + 3 + 2);
    gp_report_block(r, 0, &b);
    assert_string_equal(b.name, "R");
    assert_int_equal(b.dimensions, 2);
    assert_int_equal(b.shape[0], 2);
    assert_int_equal(b.shape[1], 3);
    gp_report_block(r, 1, &b);
    assert_string_equal(b.name, "S");
    assert_int_equal(b.row[1], 1);
    assert_int_equal(b.column[1], 0);
    assert_true(
        testing_practised(r, "R: rotation matrices, checked along rotations about the body"));
    assert_true(testing_practised(r, "S: the gradient is in the lower triangle"));
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void every_strategy_comes_to_the_same(void **s) {
    (void)s;
    for (int tangent = 0; tangent < 2; tangent++)
        for (gp_strategy strategy = GP_AUTO; strategy <= GP_SAMPLE; strategy++) {
            gp_options o = {.strategy = strategy};
            expect(&(state){.tangent = tangent}, &o, GP_VERIFIED);
            expect(&(state){.tangent = tangent, .mistake = MISSING_ROTATION}, &o, GP_REFUTED);
            expect(&(state){.tangent = tangent, .mistake = HALF_PAIR}, &o, GP_REFUTED);
        }
}

static void workers_and_self_tests_work(void **s) {
    gp_options o = {.jobs = 2, .self_test = 1};
    (void)s;
    expect(&(state){.mistake = NONE}, &o, GP_VERIFIED);
    expect(&(state){.mistake = HALF_PAIR}, &o, GP_REFUTED);
}

static int no_state_value(void *user, size_t n, const double *x, double *v) {
    state t = {.mistake = NONE};
    (void)user;
    return value(&t, n, x, v);
}

static int no_state_gradient(void *user, size_t n, const double *x, double *g) {
    state t = {.mistake = NONE};
    (void)user;
    return gradient(&t, n, x, g);
}

static void reentrant_functions_run_in_threads(void **s) {
    state t = {.mistake = NONE};
    gp_options o = {.jobs = 3};
    (void)s;
    gp_function *f = make(&t);
    gp_function_set_value(f, no_state_value);
    gp_function_set_gradient(f, no_state_gradient);
    gp_function_set_reentrant(f, 1);
    gp_report *r = testing_check(f, &o), *alone;
    gp_function_set_reentrant(f, 0);
    alone = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    char *one = testing_json(r), *other = testing_json(alone);
    assert_string_equal(one, other);
    free(one);
    free(other);
    gp_report_destroy(r);
    gp_report_destroy(alone);
    gp_function_destroy(f);
}

static int select_part(void *user, size_t part) {
    ((state *)user)->part = part;
    return 0;
}

static void parts_are_checked_by_themselves(void **s) {
    static const char *const NAMES[] = {"turns", "form"};
    state t = {.mistake = NONE};
    (void)s;
    gp_function *f = make(&t);
    gp_function_set_parts(f, 2, NAMES, select_part);
    gp_report *r = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    assert_true(testing_practised(r, "parts checked by themselves: turns, form"));
    gp_report_destroy(r);
    gp_function_destroy(f);
}

/* ---- callbacks that break their contract --------------------------------------------- */

static void contracts_are_kept_watch_over(void **s) {
    static const struct {
        mistake mistake;
        const char *words;
    } CASES[] = {{OVERRUN, "beyond the numbers"}, {WRITES_X, "writes to x"}};
    (void)s;
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        state t = {.mistake = CASES[k].mistake};
        gp_function *f = make(&t);
        gp_report *r = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(r), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(r), CASES[k].words));
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

static void expect_kind(mistake m, size_t block, const char *kind) {
    state t = {.mistake = m};
    gp_function *f = make(&t);
    gp_report *r = testing_check(f, NULL);
    gp_block_result b;
    assert_int_equal(gp_report_verdict(r), GP_REFUTED);
    gp_report_block(r, block, &b);
    if (b.diagnoses == 0 || strcmp(b.diagnosis[0].kind, kind) != 0)
        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
    assert_int_equal(b.diagnoses, 1);
    assert_string_equal(b.diagnosis[0].kind, kind);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void what_is_not_written_is_named(void **s) {
    (void)s;
    expect_kind(UNWRITTEN, 1, "unwritten");
    expect_kind(ACCUMULATED, 1, "accumulated");
}

/* ---- plants, and what can't be --------------------------------------------------------- */

static void plants_are_in_the_numbers_that_are_given(void **s) {
    static const char *const PLANTS[] = {"R:transpose", "R:negate", "R:entry=4,add=0.3",
                                         "S:scale=2", "w:zero"};
    (void)s;
    for (size_t k = 0; k < sizeof PLANTS / sizeof *PLANTS; k++) {
        state t = {.tangent = strcmp(PLANTS[k], "R:negate") == 0};
        gp_function *f = make(&t);
        gp_error error;
        if (strstr(PLANTS[k], "transpose")) /* of one rotation, not of a batch */
            assert_int_not_equal(gp_function_plant(f, PLANTS[k], &error), GP_OK);
        else
            assert_int_equal(gp_function_plant(f, PLANTS[k], &error), GP_OK);
        gp_report *r = NULL;
        if (gp_function_error(f, NULL) == GP_OK) {
            r = testing_check(f, NULL);
            assert_int_equal(gp_report_verdict(r), GP_REFUTED);
        }
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

static void refuses(gp_function *f, const char *words) {
    gp_report *r = NULL;
    gp_error error = {""};
    assert_int_not_equal(gp_check(f, NULL, &r, &error), GP_OK);
    if (!strstr(error.message, words))
        fail_msg("'%s' has no '%s'", error.message, words);
    gp_function_destroy(f);
}

static void what_cannot_be_is_told(void **s) {
    state t = {.mistake = NONE};
    double x[18], low[ALL];
    (void)s;
    gp_function *f = make(&t);
    gp_function_set_space(f, "Q", "SO3", NULL);
    refuses(f, "there is no block Q");
    f = make(&t);
    gp_function_set_space(f, "R", "SO4", NULL);
    refuses(f, "there is no space SO4, but SO3, quaternion");
    f = make(&t);
    gp_function_set_space(f, "R", "SO3", "middle");
    refuses(f, "ambient, right, left, not middle");
    f = make(&t);
    gp_function_set_space(f, "w", "SO3", NULL);
    refuses(f, "the shape of block w");
    f = make(&t);
    gp_function_set_retraction(f, "w", 3, NULL, NULL, NULL);
    refuses(f, "needs a retraction");
    f = make(&t);
    for (size_t i = 0; i < ALL; i++)
        low[i] = -10;
    gp_function_set_bounds(f, low, NULL);
    refuses(f, "bounds");
    memcpy(x, R0, sizeof x);
    x[9] += 0.01;
    gp_function_create("off", GP_FLOAT64, &t, &f);
    gp_function_add_block(f, "R", 0, 3, (size_t[]){2, 3, 3}, x);
    gp_function_set_space(f, "R", "SO3", NULL);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    refuses(f, "block R, item 1 isn't among rotation matrices: it is off by 0.02");
}

/* ---- spaces of one's own ---------------------------------------------------------------- */

/* Positive numbers as x exp(v), and f = sum of log(x_i) x_{i+1}: df/dv_i = x_i df/dx_i. */
static int exponential(void *user, size_t k, const double *x, const double *v, double *y) {
    (void)user;
    for (size_t i = 0; i < k; i++)
        y[i] = x[i] * exp(v[i]);
    return 0;
}

static int entropy(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += log(x[i]) * x[(i + 1) % n];
    return 0;
}

static int entropy_gradient(void *user, size_t n, const double *x, double *g) {
    const int *how = user; /* 0: ambient, 1: tangent, 2: neither */
    for (size_t i = 0; i < n; i++) {
        g[i] = x[(i + 1) % n] / x[i] + log(x[(i + n - 1) % n]);
        g[i] *= *how ? x[i] : 1;
    }
    return 0;
}

/* A circle by its angle, one coordinate for two entries. */
static int turn(void *user, size_t k, const double *x, const double *v, double *y) {
    (void)k;
    assert_non_null(user);
    y[0] = x[0] * cos(v[0]) - x[1] * sin(v[0]);
    y[1] = x[0] * sin(v[0]) + x[1] * cos(v[0]);
    return 0;
}

static void own_spaces_are_checked(void **s) {
    static const double X[3] = {0.5, 1.7, 3.0};
    (void)s;
    for (int how = 0; how < 2; how++)
        for (int declared = 0; declared < 2; declared++)
            for (size_t n = 2; n <= 3; n++) {
                gp_function *f;
                if (n == 2 && (how || declared))
                    continue;
                gp_function_create("entropy", GP_FLOAT64, &how, &f);
                gp_function_add_block(f, "x", 0, 1, &n, X);
                if (n == 2)
                    gp_function_set_retraction(f, "x", 1, turn, &how, NULL);
                else
                    gp_function_set_retraction(f, "x", n, exponential, NULL,
                                               declared ? "tangent" : "ambient");
                gp_function_set_value(f, entropy);
                gp_function_set_gradient(f, entropy_gradient);
                gp_report *r = testing_check(f, NULL);
                assert_int_equal(gp_report_verdict(r), how == declared ? GP_VERIFIED : GP_REFUTED);
                assert_int_equal(gp_report_entries(r), n == 2 ? 1 : n);
                gp_report_destroy(r);
                gp_function_destroy(f);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_the_coordinates),
        cmocka_unit_test(every_strategy_comes_to_the_same),
        cmocka_unit_test(workers_and_self_tests_work),
        cmocka_unit_test(reentrant_functions_run_in_threads),
        cmocka_unit_test(parts_are_checked_by_themselves),
        cmocka_unit_test(contracts_are_kept_watch_over),
        cmocka_unit_test(what_is_not_written_is_named),
        cmocka_unit_test(plants_are_in_the_numbers_that_are_given),
        cmocka_unit_test(what_cannot_be_is_told),
        cmocka_unit_test(own_spaces_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

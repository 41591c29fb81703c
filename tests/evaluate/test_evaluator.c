/* Guards: what a user's callback does wrong is named, with block and index. */
#include "evaluate/evaluator.h"
#include "testing.h"

enum { N = 5 };

/* f = sum x^2 / 2, g = x, with one thing done wrong. */
typedef enum trick {
    NOTHING,
    PAST_G,
    BEFORE_G,
    PAST_X,
    WRITE_X,
    GRADIENT_WRITES_X,
    FORGET,
    NAN_GRADIENT,
    ADD_TO_G,
    ADD_UP,
    STALE,
    RANDOM_VALUE,
    RANDOM_GRADIENT,
    NAN_VALUE,
    REFUSE
} trick;

typedef struct subject {
    trick trick;
    unsigned calls;
    double kept[N]; /* x of the last value call, or sums of gradients */
} subject;

static int value(void *user, size_t n, const double *x, double *v) {
    subject *s = user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += x[i] * x[i] / 2;
    s->calls++;
    if (s->trick == PAST_X)
        ((double *)(uintptr_t)x)[n] = 1;
    if (s->trick == WRITE_X)
        ((double *)(uintptr_t)x)[3] += 1;
    if (s->trick == STALE)
        memcpy(s->kept, x, sizeof s->kept);
    if (s->trick == RANDOM_VALUE)
        *v += 1e-9 * s->calls;
    if (s->trick == NAN_VALUE)
        *v = NAN;
    return s->trick == REFUSE;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    subject *s = user;
    s->calls++;
    for (size_t i = 0; i < n; i++) {
        if (s->trick == FORGET && i == 2)
            continue;
        if (s->trick == ADD_TO_G)
            g[i] += x[i];
        else if (s->trick == ADD_UP)
            g[i] = s->kept[i] += x[i];
        else if (s->trick == STALE)
            g[i] = s->kept[i];
        else
            g[i] = x[i];
    }
    if (s->trick == PAST_G)
        g[n + 1] = 0;
    if (s->trick == BEFORE_G)
        g[-1] = 0;
    if (s->trick == GRADIENT_WRITES_X)
        ((double *)(uintptr_t)x)[1] = 0;
    if (s->trick == NAN_GRADIENT)
        g[4] = NAN;
    if (s->trick == RANDOM_GRADIENT)
        g[1] += 1e-6 * s->calls;
    return 0;
}

static gp_report *check(trick what) {
    static const double x[N] = {0.5, -1, 2, 0.25, 3};
    subject s = {.trick = what};
    gp_function *f;
    assert_int_equal(gp_function_create("subject", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 1, (size_t[]){N}, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    gp_report *report = testing_check(f, NULL);
    gp_function_destroy(f);
    return report;
}

static void a_well_behaved_function_passes(void **state) {
    (void)state;
    gp_report *report = check(NOTHING);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_null(gp_report_failure(report));
    gp_report_destroy(report);
}

static void faults_are_named(void **state) {
    (void)state;
    static const struct {
        trick trick;
        const char *words;
    } cases[] = {
        {PAST_G, "the gradient callback wrote past the end of the gradient: at index 6 of 5"},
        {BEFORE_G, "the gradient callback wrote before the start of the gradient (before w)"},
        {PAST_X, "the value callback wrote past the end of x: at index 5 of 5"},
        {WRITE_X, "the value callback wrote to its input: x entry w[3] went from 0.25 to 1.25"},
        {GRADIENT_WRITES_X, "the gradient callback wrote to its input: x entry w[1]"},
        {RANDOM_VALUE, "not deterministic: two evaluations of the value"},
        {RANDOM_GRADIENT, "not deterministic: two evaluations of the gradient at the same point"},
        {NAN_VALUE, "NaN or can't be evaluated at the given point"},
        {REFUSE, "refused the given point"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_report *report = check(cases[k].trick);
        assert_int_equal(gp_report_verdict(report), GP_FAILED);
        assert_int_equal(gp_report_exit_code(report), 3);
        const char *failure = gp_report_failure(report);
        if (!failure || !strstr(failure, cases[k].words))
            fail_msg("'%s' lacks '%s'", failure, cases[k].words);
        gp_report_destroy(report);
    }
}

static void manners_are_diagnosed(void **state) {
    (void)state;
    static const struct {
        trick trick;
        const char *kind, *words;
        size_t refuted;
    } cases[] = {{FORGET, "unwritten", "the first is w[2]", 1},
                 {NAN_GRADIENT, "nonfinite", "the first is w[4]", 1},
                 {ADD_TO_G, "accumulated", "a second call returns more", 5},
                 {ADD_UP, "accumulated", "a second call returns more", 5},
                 {STALE, "stale", "the point where the value was called last", 5}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_report *report = check(cases[k].trick);
        gp_block_result block;
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
        assert_int_equal(block.count[GP_ENTRY_REFUTED], cases[k].refuted);
        assert_int_equal(block.diagnoses, 1);
        assert_string_equal(block.diagnosis[0].kind, cases[k].kind);
        if (!strstr(block.diagnosis[0].message, cases[k].words))
            fail_msg("'%s' lacks '%s'", block.diagnosis[0].message, cases[k].words);
        gp_report_destroy(report);
    }
}

static int both(void *user, size_t n, const double *x, double *v, double *g) {
    return value(user, n, x, v) || gradient(user, n, x, g);
}

static int another_value(void *user, size_t n, const double *x, double *v) {
    int refused = value(user, n, x, v);
    *v *= 1.001;
    return refused;
}

static void two_values_that_disagree_are_named(void **state) {
    (void)state;
    static const double x[N] = {0.5, -1, 2, 0.25, 3};
    subject s = {.trick = NOTHING};
    gp_function *f;
    assert_int_equal(gp_function_create("two values", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 1, (size_t[]){N}, x), GP_OK);
    assert_int_equal(gp_function_set_value_gradient(f, both), GP_OK);
    assert_int_equal(gp_function_set_value(f, another_value), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_FAILED);
    assert_non_null(strstr(gp_report_failure(report), "the value-and-gradient callback 7.15625"));
    gp_report_destroy(report);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void value_and_gradient_together_do(void **state) {
    (void)state;
    static const double x[N] = {0.5, -1, 2, 0.25, 3};
    subject s = {.trick = NOTHING};
    gp_function *f;
    assert_int_equal(gp_function_create("together", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 1, (size_t[]){N}, x), GP_OK);
    assert_int_equal(gp_function_set_value_gradient(f, both), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* A float32 gradient callback of a function with a float64 value gets x as floats, guarded. */
static int wide_value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += x[i] * x[i] / 2;
    return 0;
}

static int narrow_gradient(void *user, size_t n, const float *x, float *g) {
    trick what = *(trick *)user;
    for (size_t i = 0; i < n; i++)
        g[i] = x[i];
    if (what == WRITE_X)
        ((float *)(uintptr_t)x)[2] = 9;
    if (what == PAST_X)
        ((float *)(uintptr_t)x)[n] = 9;
    return 0;
}

static void a_float32_gradient_may_have_a_float64_value(void **state) {
    (void)state;
    static const struct {
        trick trick;
        gp_verdict verdict;
        const char *words;
    } cases[] = {{NOTHING, GP_VERIFIED, NULL},
                 {WRITE_X, GP_FAILED, "x entry w[2] went from"},
                 {PAST_X, GP_FAILED, "wrote past the end of x: at index 5 of 5"}};
    static const double x[N] = {0.1, -1.7, 2.3, 0.25, 3};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        trick what = cases[k].trick;
        gp_function *f;
        assert_int_equal(gp_function_create("mixed", GP_FLOAT32, &what, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "w", 0, 1, (size_t[]){N}, x), GP_OK);
        assert_int_equal(gp_function_set_value(f, wide_value), GP_OK);
        assert_int_equal(gp_function_set_gradient(f, narrow_gradient), GP_OK);
        gp_report *report = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(report), cases[k].verdict);
        if (cases[k].words)
            assert_non_null(strstr(gp_report_failure(report), cases[k].words));
        else
            assert_true(gp_report_resolution(report) < 1e-6); /* x are floats: g is exact */
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

static void moves_are_what_the_machine_makes_of_them(void **state) {
    (void)state;
    subject s = {.trick = NOTHING};
    double x = 1e8;
    gp_function *f;
    gp_evaluator *e;
    assert_int_equal(gp_function_create("one", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 0, NULL, &x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_evaluator_create(f, 0, NULL, 0, &e), GP_OK);
    /* numbers near 1e8 lie 2^-26 apart */
    assert_near(gp_evaluator_move(e, 0, 0x1p-26 * 1.4), 0x1p-26, 0);
    assert_near(gp_evaluator_move(e, 0, 0x1p-29), 0, 0);
    gp_evaluator_destroy(e);
    gp_function_destroy(f);
}

/* ---- wide red zones and alignment, in every kind of callback ---- */

/* Where somebody writes: so many numbers past the end, negative: before the start. */
typedef struct stray {
    const char *callback; /* that does it: "value", "gradient", "map", "vjp", "vjp u" */
    long far;
    unsigned calls, from; /* from this call on */
    int crooked;          /* an array wasn't aligned */
} stray;

static void go_astray(stray *s, const char *callback, const double *array, size_t n) {
    double *writable = (double *)(uintptr_t)array;
    s->crooked |= (uintptr_t)array % 64 != 0;
    if (s->callback && strcmp(callback, s->callback) == 0 && ++s->calls >= s->from)
        writable[s->far < 0 ? s->far : (long)n - 1 + s->far] = 1;
}

static int stray_value(void *user, size_t n, const double *x, double *v) {
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += x[i] * x[i] / 2;
    go_astray(user, "value", x, n);
    return 0;
}

static int stray_gradient(void *user, size_t n, const double *x, double *g) {
    memcpy(g, x, n * sizeof *g);
    go_astray(user, "x in gradient", x, n);
    go_astray(user, "gradient", g, n);
    return 0;
}

static int stray_map(void *user, size_t n, const double *x, size_t m, double *y) {
    memset(y, 0, m * sizeof *y);
    for (size_t i = 0; i < n; i++)
        y[i % m] += x[i] * x[i] / 2;
    go_astray(user, "x in map", x, n);
    go_astray(user, "map", y, m);
    return 0;
}

static int stray_vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = u[i % m] * x[i];
    go_astray(user, "u", u, m);
    go_astray(user, "vjp", g, n);
    return 0;
}

static gp_report *check_stray(stray *s, gp_strategy strategy) {
    double x[N] = {1, -2, 3, 0.5, -0.25};
    size_t n = N;
    int is_map = s->callback && strcmp(s->callback, "value") != 0 && !strstr(s->callback, "grad");
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.strategy = strategy;
    assert_int_equal(gp_function_create("stray", GP_FLOAT64, s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    if (is_map || !s->callback) {
        assert_int_equal(gp_function_set_map(f, 3, stray_map), GP_OK);
        assert_int_equal(gp_function_set_vjp(f, stray_vjp), GP_OK);
    }
    if (!is_map) {
        assert_int_equal(gp_function_set_value(f, stray_value), GP_OK);
        assert_int_equal(gp_function_set_gradient(f, stray_gradient), GP_OK);
    }
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void writes_far_away_are_caught(void **state) {
    static const char *const CALLBACKS[] = {"value", "gradient", "x in gradient", "map", "x in map",
                                            "vjp",   "u"};
    static const long FAR[] = {1, 40, 3000, 8000, -1, -40, -3000, -8000};
    (void)state;
    for (size_t k = 0; k < sizeof CALLBACKS / sizeof *CALLBACKS; k++)
        for (size_t j = 0; j < sizeof FAR / sizeof *FAR; j++)
            for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
                stray s = {.callback = CALLBACKS[k], .far = FAR[j], .from = 1};
                gp_report *report = check_stray(&s, (gp_strategy)strategy);
                assert_int_equal(gp_report_verdict(report), GP_FAILED);
                assert_non_null(strstr(gp_report_failure(report), "wrote"));
                gp_report_destroy(report);
            }
}

/* Not every value is followed by a look at all of the red zones, but the last of a run is. */
static void a_late_write_far_away_is_caught(void **state) {
    (void)state;
    for (unsigned from = 2; from < 24; from++) {
        stray s = {.callback = "value", .far = 3000, .from = from};
        gp_report *report = check_stray(&s, GP_FULL);
        assert_int_equal(gp_report_verdict(report), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(report), "past the end of x: at index 3004"));
        gp_report_destroy(report);
    }
}

static void callbacks_get_aligned_arrays(void **state) {
    (void)state;
    for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
        stray s = {.callback = NULL};
        gp_report *report = check_stray(&s, (gp_strategy)strategy);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        assert_false(s.crooked);
        gp_report_destroy(report);
    }
}

/* Of f = sum x^2 / 2: where x and g lay, and the memory that was handed over. */
typedef struct keeper {
    const double *x, *g;
    char *memory[16];
    size_t bytes[16], count;
    int called_after; /* a callback ran on memory that had been handed over */
} keeper;

static int lies_within(const keeper *k, const double *array) {
    for (size_t i = 0; i < k->count; i++)
        if ((const char *)array >= k->memory[i] &&
            (const char *)(array + N) <= k->memory[i] + k->bytes[i])
            return 1;
    return 0;
}

static int kept_value(void *user, size_t n, const double *x, double *v) {
    keeper *k = user;
    k->called_after |= lies_within(k, x);
    k->x = x;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += x[i] * x[i] / 2;
    return 0;
}

static int kept_gradient(void *user, size_t n, const double *x, double *g) {
    keeper *k = user;
    k->called_after |= lies_within(k, x) || lies_within(k, g);
    k->g = g;
    memcpy(g, x, n * sizeof *g);
    return 0;
}

static void take(void *context, void *storage, size_t bytes) {
    keeper *k = context;
    assert_true(k->count < 16);
    k->memory[k->count] = storage;
    k->bytes[k->count++] = bytes;
}

static void memory_of_x_is_handed_over(void **state) {
    (void)state;
    for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
        keeper k = {.count = 0};
        const double x[N] = {1, 2, 3, 4, 5};
        const size_t shape[] = {N};
        gp_function *f;
        assert_int_equal(gp_function_create("kept", GP_FLOAT64, &k, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, shape, x), GP_OK);
        assert_int_equal(gp_function_set_value(f, kept_value), GP_OK);
        assert_int_equal(gp_function_set_gradient(f, kept_gradient), GP_OK);
        assert_int_equal(gp_function_set_release(f, take, &k), GP_OK);
        gp_options options = {.strategy = (gp_strategy)strategy};
        gp_report *report = testing_check(f, &options);
        gp_function_destroy(f);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        gp_report_destroy(report);
        assert_true(lies_within(&k, k.x));
        assert_true(lies_within(&k, k.g));
        assert_false(k.called_after);
        for (size_t i = 0; i < N; i++) /* still readable: sanitizers would say otherwise */
            assert_true(isfinite(k.x[i]) && isfinite(k.g[i]));
        for (size_t i = 0; i < k.count; i++)
            free(k.memory[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_well_behaved_function_passes),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(writes_far_away_are_caught),
        cmocka_unit_test(a_late_write_far_away_is_caught),
        cmocka_unit_test(callbacks_get_aligned_arrays),
        cmocka_unit_test(memory_of_x_is_handed_over),
        cmocka_unit_test(manners_are_diagnosed),
        cmocka_unit_test(value_and_gradient_together_do),
        cmocka_unit_test(two_values_that_disagree_are_named),
        cmocka_unit_test(a_float32_gradient_may_have_a_float64_value),
        cmocka_unit_test(moves_are_what_the_machine_makes_of_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

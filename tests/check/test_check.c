/* gp_check as a whole, on functions with closed forms, the hard ones included. */
#include "testing.h"

enum { N = 12 };

static double weight(size_t i) {
    return 1 + (double)i;
}

/* f = sum_i w_i phi(x_i) for various phi, with their derivatives. */
#define SEPARABLE(name, phi, dphi)                                                                 \
    static double name##_value(size_t n, const double *x) {                                        \
        double sum = 0;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            double t = x[i];                                                                       \
            sum += weight(i) * (phi);                                                              \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    static void name##_gradient(size_t n, const double *x, double *g) {                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            double t = x[i];                                                                       \
            g[i] = weight(i) * (dphi);                                                             \
        }                                                                                          \
    }
SEPARABLE(sine, sin(t), cos(t))
SEPARABLE(offset_sine, sin(t) + 1e8 / 78, cos(t))
SEPARABLE(small_cosine, 1e-9 * cos(t), -1e-9 * sin(t))
SEPARABLE(steep, exp(30 * t), 30 * exp(30 * t))
SEPARABLE(fast, sin(1e4 * t), 1e4 * cos(1e4 * t))
SEPARABLE(logarithm, log(t), 1 / t)
SEPARABLE(hinge, t > 0 ? t : 0, t > 0)
SEPARABLE(huge, 1e297 * sin(t), 1e297 * cos(t))

static void fill(double *x, double low, double high) {
    for (size_t i = 0; i < N; i++)
        x[i] = low + (high - low) * (double)((5 * i + 2) % N) / N;
}

static void right_gradients_are_verified(void **state) {
    (void)state;
    struct {
        const char *name;
        testing_pair pair;
        double low, high;
    } cases[] = {{"sine", {sine_value, sine_gradient}, -1, 2},
                 {"1e8 + sine", {offset_sine_value, offset_sine_gradient}, -1, 1},
                 {"1e-9 cosine", {small_cosine_value, small_cosine_gradient}, 0.2, 2},
                 {"exp(30 x)", {steep_value, steep_gradient}, 0, 1},
                 {"sin(1e4 x)", {fast_value, fast_gradient}, -1, 1},
                 {"log", {logarithm_value, logarithm_gradient}, 1e-8, 1},
                 {"hinge", {hinge_value, hinge_gradient}, -1.03, 1},
                 {"1e297 sine", {huge_value, huge_gradient}, -1, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double x[N];
        fill(x, cases[k].low, cases[k].high);
        gp_function *f = testing_function(&cases[k].pair, N, x);
        gp_report *report = testing_check(f, NULL);
        if (gp_report_verdict(report) != GP_VERIFIED) {
            gp_report_print(report, stderr, GP_PRINT_VERBOSE);
            fail_msg("%s is %s", cases[k].name, gp_verdict_string(gp_report_verdict(report)));
        }
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

/* The smallest entry of f = 1e-9 sum cos: other checkers' absolute tolerances swallow it. */
static void small_mistakes_are_refuted(void **state) {
    (void)state;
    static const char *const plants[] = {"x:scale=1.0001", "x:entry=0,add=1e-12", "x:zero",
                                         "x:decay=1e-12"};
    testing_pair pair = {small_cosine_value, small_cosine_gradient};
    double x[N];
    fill(x, 0.2, 2);
    for (size_t k = 0; k < sizeof plants / sizeof *plants; k++) {
        gp_function *f = testing_function(&pair, N, x);
        assert_int_equal(gp_function_plant(f, plants[k], NULL), GP_OK);
        gp_report *report = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

static void a_point_on_a_kink_is_accepted_and_said(void **state) {
    (void)state;
    testing_pair pair = {hinge_value, hinge_gradient};
    double x[N];
    gp_block_result block;
    gp_entry entry;
    fill(x, -1.03, 1);
    x[4] = 0;
    gp_function *f = testing_function(&pair, N, x);
    gp_report *report = testing_check(f, NULL);
    gp_report_block(report, 0, &block);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_int_equal(block.count[GP_ENTRY_KINK], 1);
    gp_report_entry(report, 4, &entry);
    assert_int_equal(entry.status, GP_ENTRY_KINK);
    assert_near(entry.left, 0, 1e-4);
    assert_near(entry.right, weight(4), 1e-4);
    gp_report_destroy(report);
    /* but not a value outside of [left, right] */
    assert_int_equal(gp_function_plant(f, "x:entry=4,add=-0.5", NULL), GP_OK);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* Entry 4 jumps at the point: no slope there, so neither proof nor refutation. */
static double jumping(size_t n, const double *x) {
    return sine_value(n, x) + (x[4] > 0 ? 1e-3 : 0);
}

static void a_jump_is_unresolved_and_said(void **state) {
    (void)state;
    testing_pair pair = {jumping, sine_gradient};
    double x[N];
    gp_entry entry;
    fill(x, -1, 2);
    x[4] = 0;
    gp_function *f = testing_function(&pair, N, x);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE);
    gp_report_entry(report, 4, &entry);
    assert_int_equal(entry.status, GP_ENTRY_UNRESOLVED);
    assert_int_equal(entry.limit, GP_LIMIT_JUMP);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void silent_entries_are_found_elsewhere(void **state) {
    (void)state;
    testing_pair pair = {hinge_value, hinge_gradient};
    double x[N];
    fill(x, -2, 0);
    gp_function *f = testing_function(&pair, N, x);
    gp_options options;
    gp_options_init(&options);
    options.points = 1;
    gp_report *report = testing_check(f, &options);
    assert_int_equal(gp_report_exercised(report), 0);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE); /* nothing seen is not proof */
    gp_report_destroy(report);
    options.points = 40;
    report = testing_check(f, &options);
    assert_int_equal(gp_report_exercised(report), N);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_true(gp_report_points(report) > 1);
    gp_report_destroy(report);
    /* a mistake that the given point can't show */
    assert_int_equal(gp_function_plant(f, "x:scale=1.01", NULL), GP_OK);
    options.points = 1;
    report = testing_check(f, &options);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE);
    gp_report_destroy(report);
    options.points = 40;
    report = testing_check(f, &options);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* Batch b of the data exercises the entries i with i mod 3 = b. */
static int use_batch(void *user, size_t batch) {
    *(size_t *)user = batch;
    return 0;
}

static int batch_value(void *user, size_t n, const double *x, double *v) {
    *v = 0;
    for (size_t i = *(size_t *)user; i < n; i += 3)
        *v += sin(x[i]);
    return 0;
}

static int batch_gradient(void *user, size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = i % 3 == *(size_t *)user ? cos(x[i]) : 0;
    return 0;
}

static void other_batches_exercise_what_the_first_leaves_silent(void **state) {
    (void)state;
    size_t batch = 0;
    double x[N];
    gp_function *f;
    gp_entry entry;
    fill(x, -1, 2);
    assert_int_equal(gp_function_create("batches", GP_FLOAT64, &batch, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x), GP_OK);
    gp_function_set_value(f, batch_value);
    gp_function_set_gradient(f, batch_gradient);
    assert_int_equal(gp_function_set_batches(f, 3, use_batch), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_int_equal(gp_report_exercised(report), N);
    assert_int_equal(gp_report_points(report), 3);
    gp_report_entry(report, 5, &entry);
    assert_int_equal(entry.point, 2);
    assert_near(entry.analytic, cos(x[5]), 0); /* theta is as given: only the batch is another */
    assert_int_equal(batch, 0);                /* and the first one is back in use */
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static double hashed(size_t n, const double *x) {
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return sine_value(n, x) + 1e-3 * ((double)(h >> 11) * 0x1p-53 - 0.5);
}

static void noise_widens_bounds_instead_of_crying_wolf(void **state) {
    (void)state;
    testing_pair pair = {hashed, sine_gradient};
    double x[N];
    fill(x, -1, 2);
    gp_function *f = testing_function(&pair, N, x);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE);
    for (size_t i = 0; i < N; i++) {
        gp_entry entry;
        gp_report_entry(report, i, &entry);
        assert_near(entry.numeric, weight(i) * cos(x[i]), entry.bound);
    }
    gp_report_destroy(report);
    /* a mistake larger than the noise is still seen */
    assert_int_equal(gp_function_plant(f, "x:negate", NULL), GP_OK);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* Reports of two checks must agree entry by entry. */
static void assert_same(const gp_report *a, const gp_report *b) {
    assert_int_equal(gp_report_entries(a), gp_report_entries(b));
    assert_int_equal(gp_report_verdict(a), gp_report_verdict(b));
    assert_int_equal(gp_report_evaluations(a, 0), gp_report_evaluations(b, 0));
    for (size_t i = 0; i < gp_report_entries(a); i++) {
        gp_entry p, q;
        gp_report_entry(a, i, &p);
        gp_report_entry(b, i, &q);
        assert_int_equal(p.status, q.status);
        assert_int_equal(p.evaluations, q.evaluations);
        assert_true(p.numeric == q.numeric && p.bound == q.bound && p.analytic == q.analytic);
    }
}

static void worker_processes_change_nothing(void **state) {
    (void)state;
    testing_pair pair = {sine_value, sine_gradient};
    double x[N];
    fill(x, -1, 2);
    gp_function *f = testing_function(&pair, N, x);
    gp_options options;
    gp_options_init(&options);
    gp_report *alone = testing_check(f, &options);
    options.jobs = 3;
    gp_report *together = testing_check(f, &options);
    assert_same(alone, together);
    gp_report_destroy(alone);
    gp_report_destroy(together);
    gp_function_destroy(f);
}

static void strategies_agree_on_the_verdict(void **state) {
    (void)state;
    testing_pair pair = {sine_value, sine_gradient};
    double x[N];
    fill(x, -1, 2);
    for (int strategy = GP_FULL; strategy <= GP_SAMPLE; strategy++)
        for (int wrong = 0; wrong < 2; wrong++) {
            gp_function *f = testing_function(&pair, N, x);
            gp_options options;
            gp_options_init(&options);
            options.strategy = (gp_strategy)strategy;
            options.sample = 5;
            if (wrong)
                gp_function_plant(f, "x:scale=1.001", NULL);
            gp_report *report = testing_check(f, &options);
            gp_block_result block;
            gp_report_block(report, 0, &block);
            assert_int_equal(gp_report_verdict(report), wrong ? GP_REFUTED : GP_VERIFIED);
            if (strategy == GP_SAMPLE)
                assert_int_equal(block.count[GP_ENTRY_UNCHECKED], N - 5);
            if (wrong)
                assert_near(block.diagnosis[0].factor, 1.001, 1e-7);
            gp_report_destroy(report);
            gp_function_destroy(f);
        }
}

/* A tolerance of rtol lets mistakes up to rtol pass and none of ten times that. */
static void the_self_test_finds_what_the_tolerance_says(void **state) {
    (void)state;
    static const double rtols[] = {1e-6, 1e-5, 1e-3};
    testing_pair pair = {sine_value, sine_gradient};
    double x[N];
    fill(x, -1, 2);
    for (size_t k = 0; k < sizeof rtols / sizeof *rtols; k++) {
        gp_function *f = testing_function(&pair, N, x);
        gp_options options;
        gp_self_test_result result;
        gp_options_init(&options);
        options.rtol = rtols[k];
        gp_report *report = testing_check(f, &options);
        assert_int_equal(gp_report_self_test(report, 0, &result), GP_ERROR_ARGUMENT);
        gp_report_destroy(report);
        options.self_test = 1;
        report = testing_check(f, &options);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        assert_int_equal(gp_report_self_test(report, 0, &result), GP_OK);
        assert_near(log10(result.smallest), log10(rtols[k]) + 1, 1e-9);
        assert_true(result.caught < result.planted && 3 * result.caught > result.planted);
        gp_report_destroy(report);
        gp_function_plant(f, "x:negate", NULL);
        report = testing_check(f, &options);
        assert_int_equal(gp_report_self_test(report, 0, &result), GP_ERROR_ARGUMENT);
        gp_report_destroy(report);
        options.strategy = GP_PROJECT;
        assert_int_equal(gp_check(f, &options, &report, NULL), GP_ERROR_ARGUMENT);
        gp_function_destroy(f);
    }
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    testing_pair pair = {sine_value, sine_gradient};
    double x[N] = {0.1};
    gp_function *f = testing_function(&pair, N, x);
    gp_report *report;
    gp_error error;
    gp_options options;
    gp_options_init(&options);
    options.rtol = -1;
    assert_int_equal(gp_check(f, &options, &report, &error), GP_ERROR_ARGUMENT);
    gp_options_init(&options);
    options.atol = NAN;
    assert_int_equal(gp_check(f, &options, &report, &error), GP_ERROR_ARGUMENT);
    gp_options_init(&options);
    options.confidence = 1;
    assert_int_equal(gp_check(f, &options, &report, &error), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
}

/* Lines of an adapter's come first among what was done, in their order, whatever the verdict. */
static void remarks_are_in_the_report(void **state) {
    (void)state;
    testing_pair pair = {sine_value, sine_gradient};
    double x[N];
    fill(x, -1, 2);
    gp_function *f = testing_function(&pair, N, x);
    assert_int_equal(gp_function_add_remark(f, "values are those of a copy"), GP_OK);
    assert_int_equal(gp_function_add_remark(f, "a line\nof 100 %s"), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_string_equal(gp_report_practice(report, 0), "values are those of a copy");
    assert_non_null(strstr(gp_report_practice(report, 1), "of 100 %s"));
    assert_null(strchr(gp_report_practice(report, 1), '\n'));
    gp_report_destroy(report);
    assert_int_equal(gp_function_add_remark(f, NULL), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_gradients_are_verified),
        cmocka_unit_test(remarks_are_in_the_report),
        cmocka_unit_test(small_mistakes_are_refuted),
        cmocka_unit_test(a_point_on_a_kink_is_accepted_and_said),
        cmocka_unit_test(a_jump_is_unresolved_and_said),
        cmocka_unit_test(silent_entries_are_found_elsewhere),
        cmocka_unit_test(other_batches_exercise_what_the_first_leaves_silent),
        cmocka_unit_test(noise_widens_bounds_instead_of_crying_wolf),
        cmocka_unit_test(worker_processes_change_nothing),
        cmocka_unit_test(strategies_agree_on_the_verdict),
        cmocka_unit_test(the_self_test_finds_what_the_tolerance_says),
        cmocka_unit_test(wrong_options_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

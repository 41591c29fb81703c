/* What users of other checkers complain of in public, each as a test that we don't do the same. The
 * names of the threads stand above the tests. */
#include "testing.h"

enum { N = 60 };

static double coefficient(size_t i) {
    return 1 + 0.5 * sin(2.1 * (double)i);
}

static double smooth_value(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += coefficient(i) * sin(x[i] + 0.1 * x[(i + 1) % n]);
    return sum / (double)n;
}

static void smooth_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (size_t i = 0; i < n; i++) {
        double slope = coefficient(i) * cos(x[i] + 0.1 * x[(i + 1) % n]) / (double)n;
        g[i] += slope;
        g[(i + 1) % n] += 0.1 * slope;
    }
}

static void fill(double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = cos(1.7 * (double)i + 0.3);
}

static gp_verdict verdict_and_free(gp_function *f, const gp_options *options) {
    gp_report *report = testing_check(f, options);
    gp_verdict verdict = gp_report_verdict(report);
    gp_report_destroy(report);
    return verdict;
}

/* pytorch#5351, Paddle#4283, ipex-llm#833, chainer#3046 */
static int float_value(void *user, size_t n, const float *x, double *v) {
    float sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i++)
        sum += (float)coefficient(i) * sinf(x[i]);
    *v = sum;
    return 0;
}

static int float_gradient(void *user, size_t n, const float *x, float *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = (float)coefficient(i) * cosf(x[i]) * *(float *)user;
    return 0;
}

static void correct_float32_code_is_not_called_wrong(void **state) {
    (void)state;
    float factor = 1;
    double x[8];
    gp_function *f;
    fill(x, 8);
    assert_int_equal(gp_function_create("float32", GP_FLOAT32, &factor, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){8}, x), GP_OK);
    gp_function_set_value(f, float_value);
    gp_function_set_gradient(f, float_gradient);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_true(gp_report_resolution(report) < 3e-3);
    gp_report_destroy(report);
    factor = 1.02f;
    assert_int_equal(verdict_and_free(f, NULL), GP_REFUTED);
    gp_function_destroy(f);
}

/* ceres-solver#225: one entry's derivative is far below the noise of the rest */
static double tiny_value(size_t n, const double *x) {
    return smooth_value(n, x) + 1e-13 * x[3];
}

static double without_third(size_t n, const double *x) {
    double y[N];
    memcpy(y, x, n * sizeof *y);
    y[3] = 0.5;
    return tiny_value(n, y) + 1e-13 * x[3];
}

static void without_third_gradient(size_t n, const double *x, double *g) {
    double y[N];
    memcpy(y, x, n * sizeof *y);
    y[3] = 0.5;
    smooth_gradient(n, y, g);
    g[3] = 1e-13;
}

static void tiny_entries_are_not_called_wrong(void **state) {
    (void)state;
    testing_pair pair = {without_third, without_third_gradient};
    double x[N];
    fill(x, N);
    gp_function *f = testing_function(&pair, N, x);
    assert_int_equal(verdict_and_free(f, NULL), GP_VERIFIED);
    gp_function_destroy(f);
}

/* caffe#1334, pytorch#114234, chainer#8519, deeplearning4j#1280 */
static double kinks_value(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += i % 3 == 0 ? (x[i] > 0 ? x[i] : 0) : i % 3 == 1 ? fabs(x[i]) : fmax(x[i], 2 * x[i]);
    return sum;
}

static void kinks_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = i % 3 == 0 ? x[i] > 0 : i % 3 == 1 ? (x[i] > 0) - (x[i] < 0) : x[i] > 0 ? 2 : 1;
}

static void relu_abs_and_max_at_and_near_their_kinks(void **state) {
    (void)state;
    testing_pair pair = {kinks_value, kinks_gradient};
    static const double distance[] = {0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, -1e-8, -1e-6, -1e-4};
    double x[27];
    for (size_t i = 0; i < 27; i++)
        x[i] = distance[i / 3];
    gp_function *f = testing_function(&pair, 27, x);
    gp_report *report = testing_check(f, NULL);
    gp_block_result block;
    gp_report_block(report, 0, &block);
    assert_int_equal(block.count[GP_ENTRY_REFUTED], 0);
    /* a kink at 1e-12 leaves steps so small that noise may keep the entry undecided; no other may
     * be */
    for (size_t i = 0; i < 27; i++) {
        gp_entry entry;
        gp_report_entry(report, i, &entry);
        assert_true(entry.status != GP_ENTRY_UNRESOLVED || fabs(x[i]) == 1e-12);
    }
    assert_true(block.count[GP_ENTRY_KINK] >= 3); /* and the report says so */
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* pytorch#114333, torch/tutorials#25, AiDotNet#1949 */
typedef struct random_function {
    uint64_t state;
} random_function;

static int set_seed(void *user, uint64_t seed) {
    ((random_function *)user)->state = seed + 1;
    return 0;
}

static double draw(random_function *r) {
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (double)(r->state >> 11) * 0x1p-53;
}

static int random_value(void *user, size_t n, const double *x, double *v) {
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += draw(user) < 0.5 ? 0 : 2 * sin(x[i]);
    return 0;
}

static int random_gradient(void *user, size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = draw(user) < 0.5 ? 0 : 2 * cos(x[i]);
    return 0;
}

static void random_functions_are_held_by_their_seed_or_named(void **state) {
    (void)state;
    random_function r = {1};
    double x[20];
    gp_function *f;
    fill(x, 20);
    assert_int_equal(gp_function_create("dropout", GP_FLOAT64, &r, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){20}, x), GP_OK);
    gp_function_set_value(f, random_value);
    gp_function_set_gradient(f, random_gradient);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_FAILED);
    assert_non_null(strstr(gp_report_failure(report), "not deterministic"));
    gp_report_destroy(report);
    gp_function_set_seed(f, set_seed);
    assert_int_equal(verdict_and_free(f, NULL), GP_VERIFIED);
    gp_function_destroy(f);
}

/* pytorch#2710 */
static void a_refutation_says_where_and_why(void **state) {
    (void)state;
    testing_pair pair = {smooth_value, smooth_gradient};
    double x[N];
    fill(x, N);
    gp_function *f = testing_function(&pair, N, x);
    gp_function_plant(f, "x:entry=17,add=0.5", NULL);
    gp_report *report = testing_check(f, NULL);
    gp_block_result block;
    gp_entry entry;
    double g[N];
    gp_report_block(report, 0, &block);
    assert_int_equal(block.worst_index, 17);
    gp_report_entry(report, 17, &entry);
    smooth_gradient(N, x, g);
    assert_near(entry.analytic, g[17] + 0.5, 1e-15);
    assert_near(entry.numeric, g[17], entry.bound);
    assert_non_null(strstr(block.diagnosis[0].message, "x[17]"));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* pytorch#59584: a few wrong entries, the smallest ones, under random directions */
static void random_directions_see_a_few_wrong_entries(void **state) {
    (void)state;
    testing_pair pair = {smooth_value, smooth_gradient};
    double x[N], g[N];
    fill(x, N);
    smooth_gradient(N, x, g);
    size_t smallest = 0;
    for (size_t i = 1; i < N; i++)
        if (fabs(g[i]) < fabs(g[smallest]))
            smallest = i;
    for (uint64_t seed = 0; seed < 50; seed++) {
        gp_options options;
        char plant[64];
        gp_options_init(&options);
        options.strategy = GP_PROJECT;
        options.seed = seed;
        gp_function *f = testing_function(&pair, N, x);
        assert_int_equal(verdict_and_free(f, &options), GP_VERIFIED);
        snprintf(plant, sizeof plant, "x:entry=%zu,add=%.17g", smallest, 0.5 * g[smallest]);
        gp_function_plant(f, plant, NULL);
        assert_int_equal(verdict_and_free(f, &options), GP_REFUTED);
        gp_function_destroy(f);
    }
}

/* Flux.jl#172, torch-rnn#116, kirushyk/le#50: one check in twenty fails at random */
static void no_check_fails_at_random(void **state) {
    (void)state;
    testing_pair pairs[] = {{smooth_value, smooth_gradient}, {kinks_value, kinks_gradient}};
    for (uint64_t seed = 0; seed < 200; seed++) {
        double x[N];
        gp_options options;
        gp_options_init(&options);
        options.seed = seed;
        for (size_t i = 0; i < N; i++)
            x[i] = sin(12.9898 * (double)(i + N * seed)) + 0.01;
        for (size_t k = 0; k < 2; k++) {
            gp_function *f = testing_function(&pairs[k], N, x);
            assert_int_equal(verdict_and_free(f, &options), GP_VERIFIED);
            gp_function_destroy(f);
        }
    }
}

/* pytorch#54480 */
static void cost_does_not_grow_with_the_number_of_parameters(void **state) {
    (void)state;
    testing_pair pair = {smooth_value, smooth_gradient};
    static const size_t sizes[] = {100, 1000, 10000};
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    for (size_t k = 0; k < 3; k++) {
        double *x = calloc(sizes[k], sizeof *x);
        fill(x, sizes[k]);
        gp_function *f = testing_function(&pair, sizes[k], x);
        gp_report *report = testing_check(f, &options);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        assert_true(gp_report_evaluations(report, 0) < 150);
        gp_report_destroy(report);
        gp_function_destroy(f);
        free(x);
    }
}

/* towr#83, Ipopt#487: the same function in other units needs no other options */
static double unit;

static double in_units(size_t n, const double *x) {
    return unit * smooth_value(n, x);
}

static void in_units_gradient(size_t n, const double *x, double *g) {
    smooth_gradient(n, x, g);
    for (size_t i = 0; i < n; i++)
        g[i] *= unit;
}

static void tolerances_follow_the_units(void **state) {
    (void)state;
    static const double units[] = {1e-200, 1e-12, 1, 1e12, 1e200};
    testing_pair pair = {in_units, in_units_gradient};
    double x[N];
    fill(x, N);
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        unit = units[k];
        gp_function *f = testing_function(&pair, N, x);
        assert_int_equal(verdict_and_free(f, NULL), GP_VERIFIED);
        gp_function_plant(f, "x:scale=1.0001", NULL);
        assert_int_equal(verdict_and_free(f, NULL), GP_REFUTED);
        gp_function_destroy(f);
    }
}

/* Odyssey#2090: the checker forgets to restore the input that it perturbed */
typedef struct watcher {
    const double *given;
    size_t wrong;
} watcher;

static int watch_value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = smooth_value(n, x);
    return 0;
}

static int watch_gradient(void *user, size_t n, const double *x, double *g) {
    watcher *w = user;
    size_t moved = 0;
    for (size_t i = 0; i < n; i++)
        moved += x[i] != w->given[i];
    w->wrong += moved > 0 && moved < n; /* another point altogether is meant; a leftover isn't */
    smooth_gradient(n, x, g);
    return 0;
}

static void the_input_is_restored(void **state) {
    (void)state;
    double x[N], copy[N];
    fill(x, N);
    memcpy(copy, x, sizeof x);
    watcher w = {x, 0};
    gp_function *f;
    assert_int_equal(gp_function_create("watch", GP_FLOAT64, &w, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x), GP_OK);
    gp_function_set_value(f, watch_value);
    gp_function_set_gradient(f, watch_gradient);
    assert_int_equal(verdict_and_free(f, NULL), GP_VERIFIED);
    assert_int_equal(verdict_and_free(f, NULL), GP_VERIFIED); /* the second check starts afresh */
    assert_int_equal(w.wrong, 0);
    assert_memory_equal(x, copy, sizeof x);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correct_float32_code_is_not_called_wrong),
        cmocka_unit_test(tiny_entries_are_not_called_wrong),
        cmocka_unit_test(relu_abs_and_max_at_and_near_their_kinks),
        cmocka_unit_test(random_functions_are_held_by_their_seed_or_named),
        cmocka_unit_test(a_refutation_says_where_and_why),
        cmocka_unit_test(random_directions_see_a_few_wrong_entries),
        cmocka_unit_test(no_check_fails_at_random),
        cmocka_unit_test(cost_does_not_grow_with_the_number_of_parameters),
        cmocka_unit_test(tolerances_follow_the_units),
        cmocka_unit_test(the_input_is_restored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

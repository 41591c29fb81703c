/* Verified means that the resolution is within the tolerance, block by block, whatever the strategy
 * and however noisy the function. */
#include "testing.h"

enum { ROWS = 4, WIDTH = 48, N = ROWS * WIDTH + 2 * WIDTH, BIG = 30000 };

typedef struct norm {
    double off;     /* the gradient's entry 7 is off by this share */
    unsigned calls; /* for noise */
} norm;

/* A layer norm in float32: f = mean of sin(gain_j (x_ij - mean_i) / deviation_i + bias_j). */
static int norm_value(void *user, size_t n, const float *x, double *value) {
    const float *gain = x + ROWS * WIDTH, *bias = gain + WIDTH;
    float sum = 0;
    (void)user;
    (void)n;
    for (size_t i = 0; i < ROWS; i++) {
        const float *row = x + i * WIDTH;
        float mean = 0, squares = 0;
        for (size_t j = 0; j < WIDTH; j++)
            mean += row[j] / WIDTH;
        for (size_t j = 0; j < WIDTH; j++)
            squares += (row[j] - mean) * (row[j] - mean) / WIDTH;
        for (size_t j = 0; j < WIDTH; j++)
            sum += sinf(gain[j] * (row[j] - mean) / sqrtf(squares) + bias[j]);
    }
    *value = (double)(sum / (ROWS * WIDTH));
    return 0;
}

static int norm_gradient(void *user, size_t n, const float *x, float *g) {
    const norm *s = user;
    const float *gain = x + ROWS * WIDTH, *bias = gain + WIDTH;
    for (size_t i = ROWS * WIDTH; i < n; i++)
        g[i] = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const float *row = x + i * WIDTH;
        double mean = 0, squares = 0, all = 0, along = 0;
        for (size_t j = 0; j < WIDTH; j++)
            mean += (double)row[j] / WIDTH;
        for (size_t j = 0; j < WIDTH; j++)
            squares += (row[j] - mean) * (row[j] - mean) / WIDTH;
        double deviation = sqrt(squares), back[WIDTH];
        for (size_t j = 0; j < WIDTH; j++) {
            double unit = (row[j] - mean) / deviation;
            double error = cos((double)gain[j] * unit + (double)bias[j]) / (ROWS * WIDTH);
            back[j] = error * (double)gain[j];
            g[ROWS * WIDTH + j] += (float)(error * unit);
            g[ROWS * WIDTH + WIDTH + j] += (float)error;
            all += back[j] / WIDTH;
            along += back[j] * unit / WIDTH;
        }
        for (size_t j = 0; j < WIDTH; j++)
            g[i * WIDTH + j] =
                (float)((back[j] - all - (row[j] - mean) / deviation * along) / deviation);
    }
    g[7] *= (float)(1 + s->off);
    return 0;
}

static gp_report *check_norm(double off, uint64_t seed, gp_strategy strategy) {
    static const size_t shape[] = {ROWS, WIDTH}, width = WIDTH;
    norm s = {.off = off};
    double x[N];
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.strategy = strategy;
    options.seed = seed;
    options.sample = 20;
    options.budget_evaluations = 40000; /* the size of noise, not patience, is what matters here */
    for (size_t i = 0; i < N; i++)
        x[i] = sin((double)(3 * i * i + seed)) + (i >= N - 2 * WIDTH);
    assert_int_equal(gp_function_create("layer norm", GP_FLOAT32, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 2, shape, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "gain", 0, 1, &width, x + ROWS * WIDTH), GP_OK);
    assert_int_equal(gp_function_add_block(f, "bias", 0, 1, &width, x + N - WIDTH), GP_OK);
    assert_int_equal(gp_function_set_value(f, norm_value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, norm_gradient), GP_OK);
    gp_report *r = testing_check(f, &options);
    gp_function_destroy(f);
    return r;
}

static void assert_honest(const gp_report *r, double rtol) {
    gp_block_result block;
    for (size_t k = 0; gp_report_block(r, k, &block) == GP_OK; k++)
        if (block.verdict == GP_VERIFIED && block.resolution > rtol * (1 + 1e-6)) {
            gp_report_print(r, stderr, 0);
            fail_msg("%s is verified at a resolution of %g", block.name, block.resolution);
        }
    if (gp_report_verdict(r) == GP_VERIFIED)
        assert_true(gp_report_resolution(r) <= rtol * (1 + 1e-6));
}

/* Whoever reads the first line alone must not believe that a single entry's error is excluded. */
static void assert_headline_tells(const gp_report *r, double off) {
    gp_block_result block;
    char *text = NULL, *found;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_int_equal(gp_report_block(r, 0, &block), GP_OK);
    assert_int_equal(gp_report_print(r, stream, GP_PRINT_QUIET), GP_OK);
    fclose(stream);
    found = strstr(text, " of a block, ");
    assert_non_null(found);
    assert_true(strtod(found + strlen(" of a block, "), NULL) >= off);
    assert_true(block.resolution * sqrt((double)block.entries) >= off);
    free(text);
}

static void a_float32_layer_norm(void **state) {
    (void)state;
    static const gp_strategy STRATEGIES[] = {GP_FULL, GP_PROJECT, GP_SAMPLE};
    for (size_t k = 0; k < sizeof STRATEGIES / sizeof *STRATEGIES; k++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            gp_report *right = check_norm(0, seed, STRATEGIES[k]);
            gp_report *wrong = check_norm(0.0072, seed, STRATEGIES[k]);
            assert_int_not_equal(gp_report_verdict(right), GP_REFUTED);
            assert_honest(right, 1e-3);
            assert_honest(wrong, 1e-3);
            /* A single entry is what directions see least of, and a sample may not hold it. */
            if (STRATEGIES[k] == GP_PROJECT && gp_report_verdict(wrong) == GP_VERIFIED)
                assert_headline_tells(wrong, 0.0072);
            if (STRATEGIES[k] == GP_FULL)
                assert_int_not_equal(gp_report_verdict(wrong), GP_VERIFIED);
            gp_report_destroy(right);
            gp_report_destroy(wrong);
        }
}

/* f = mean of x^2 / 2, with noise of 1e-6 that hides single entries; all of the gradient is off by
 * up to 60 %, in no order. */
static int noisy_value(void *user, size_t n, const double *x, double *value) {
    const norm *s = user;
    double sum = 0, mixed = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
        mixed += x[i] * (double)(i % 97);
    }
    *value = sum / 2 / (double)n + (s->off > 0 ? 1e-6 * sin(1e9 * mixed) : 0);
    return 0;
}

static int noisy_gradient(void *user, size_t n, const double *x, double *g) {
    const norm *s = user;
    for (size_t i = 0; i < n; i++)
        g[i] = x[i] / (double)n * (1 + s->off * sin((double)(i * i % 1009)));
    return 0;
}

static void what_directions_see_is_refuted_wherever_it_is(void **state) {
    (void)state;
    static double x[BIG];
    static const size_t shape[] = {3, BIG / 3};
    norm s = {.off = 0.6};
    gp_function *f;
    gp_block_result block;
    for (size_t i = 0; i < BIG; i++)
        x[i] = 0.4 + fmod((double)i * 0.6180339887498949, 1);
    assert_int_equal(gp_function_create("noisy", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "W", 0, 2, shape, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, noisy_value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, noisy_gradient), GP_OK);
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    options.rtol = 1e-2;
    gp_report *r = testing_check(f, &options);
    assert_int_equal(gp_report_block(r, 0, &block), GP_OK);
    if (getenv("V"))
        gp_report_print(r, stderr, 0);
    assert_int_equal(block.verdict, GP_REFUTED);
    assert_int_equal(block.diagnoses, 1);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_float32_layer_norm),
        cmocka_unit_test(what_directions_see_is_refuted_wherever_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

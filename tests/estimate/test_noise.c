/* Noise of known size is measured, and what only looks like noise isn't taken for it. */
#include "estimate/noise.h"

#include "estimate/curve.h"

static double with_noise(double x) {
    return 1 + x + 5e-7 * hash_of(x);
}

/* E (sigma_hat^2) = sigma^2 for white noise: uniform in +-5e-7, sigma = 5e-7 / sqrt 3. */
static void noise_is_measured(void **state) {
    (void)state;
    double log_ratio = 0;
    enum { TIMES = 40 };
    for (int k = 0; k < TIMES; k++) {
        test_curve c = {.f = with_noise, .x = 0.3 + 0.01 * k};
        gp_line line = curve_line(&c, c.x);
        double sigma;
        assert_int_equal(gp_noise_at_tiny_steps(&line, &sigma), GP_EVALUATED);
        assert_int_equal(c.values, 2 * GP_NOISE_POINTS); /* it doesn't fade at wider spacing */
        log_ratio += log(sigma / (5e-7 / sqrt(3))) / TIMES;
    }
    assert_near(log_ratio, 0, log(2));
}

static double huge_sine(double x) {
    return 1e300 * sin(1e3 * x);
}
static double undefined_above(double x) {
    return x > 1 ? NAN : x * x;
}
static double zero(double x) {
    return 0 * x;
}

static void a_smooth_function_is_as_quiet_as_its_rounding(void **state) {
    (void)state;
    test_curve c = {.f = exp, .x = 0.5};
    gp_line line = curve_line(&c, 0.5);
    double sigma;
    assert_int_equal(gp_noise_at_tiny_steps(&line, &sigma), GP_EVALUATED);
    assert_true(sigma < 1e-15);
    assert_int_equal(c.values, GP_NOISE_POINTS);
    test_curve huge = {.f = huge_sine, .x = 0.5}; /* squares of its values overflow */
    line = curve_line(&huge, 0.5);
    assert_int_equal(gp_noise_at_tiny_steps(&line, &sigma), GP_EVALUATED);
    assert_true(sigma < 1e300 * 1e-12);
}

static void where_there_is_no_value_no_noise_is_seen(void **state) {
    (void)state;
    test_curve c = {.f = undefined_above, .x = 1};
    gp_line line = curve_line(&c, 1);
    double sigma = -1;
    assert_int_equal(gp_noise_at_tiny_steps(&line, &sigma), GP_EVALUATED);
    assert_true(sigma == 0);
    c.f = zero;
    line = curve_line(&c, 1);
    assert_int_equal(gp_noise_at_tiny_steps(&line, &sigma), GP_EVALUATED);
    assert_true(sigma == 0);
}

/* ---- the noise level of several lines ---------------------------------------------- */

enum { LINES = 7 };

typedef struct lines {
    test_curve curve[LINES];
    gp_line line[LINES];
    gp_ladder ladder[LINES];
    size_t again;
} lines;

static gp_outcome again(void *context, const size_t *indices, size_t count, double shift,
                        gp_ladder *ladders) {
    lines *l = context;
    for (size_t k = 0; k < count; k++) {
        assert_true(indices[k] < LINES && shift < 1);
        assert_int_equal(gp_ladder_start(&ladders[k], &l->line[indices[k]], shift), GP_EVALUATED);
    }
    l->again++;
    return GP_EVALUATED;
}

static gp_noise level_of(curve f, gp_dtype dtype, int patient, size_t *looks) {
    lines l = {.again = 0};
    gp_noise noise;
    for (size_t k = 0; k < LINES; k++) {
        l.curve[k] =
            (test_curve){.f = f, .x = 0.4 + 0.07 * (double)k, .narrow = dtype == GP_FLOAT32};
        l.line[k] = curve_line(&l.curve[k], 0.5);
        assert_int_equal(gp_ladder_start(&l.ladder[k], &l.line[k], 1), GP_EVALUATED);
    }
    assert_int_equal(gp_noise_level(dtype, 0, l.ladder, LINES, patient, again, &l, &noise),
                     GP_EVALUATED);
    *looks = l.again;
    return noise;
}

static double ripple(double x) {
    return x + 1e-4 * sin(3e5 * x);
}

static void bends_fade_at_smaller_steps_and_noise_does_not(void **state) {
    (void)state;
    size_t looks;
    gp_noise noise = level_of(with_noise, GP_FLOAT64, 1, &looks);
    assert_true(noise.sigma > 1e-7 && noise.sigma < 1e-6);
    assert_true(looks > 0);
    noise = level_of(ripple, GP_FLOAT64, 1, &looks);
    assert_true(noise.loud > 1e-6);
    assert_true(noise.sigma < 1e-3 * noise.loud);
    noise = level_of(ripple, GP_FLOAT64, 0, &looks); /* without patience it's all noise */
    assert_true(noise.sigma == noise.loud && looks == 0);
}

static double in_float(double x) {
    return (double)(float)sin(x);
}

static void float32_values_have_float32_rounding(void **state) {
    (void)state;
    size_t looks;
    assert_true(level_of(in_float, GP_FLOAT64, 1, &looks).quiet > 1e-9);
    assert_true(level_of(sin, GP_FLOAT32, 1, &looks).quiet > 1e-9);
    assert_true(level_of(sin, GP_FLOAT64, 1, &looks).quiet < 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_measured),
        cmocka_unit_test(a_smooth_function_is_as_quiet_as_its_rounding),
        cmocka_unit_test(where_there_is_no_value_no_noise_is_seen),
        cmocka_unit_test(bends_fade_at_smaller_steps_and_noise_does_not),
        cmocka_unit_test(float32_values_have_float32_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

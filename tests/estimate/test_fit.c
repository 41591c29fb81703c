/* Fits against closed forms, with white noise added: inside their bounds, and narrower than what a
 * few values can say. */
#include "estimate/fit.h"

#include "estimate/curve.h"

static const double NOISE = 1e-6; /* uniform in +-NOISE */

typedef struct found {
    gp_estimate few, many;
    unsigned spent;
} found;

static curve smooth; /* that noise is added to */

static double noisy(double x) {
    return smooth(x) + NOISE * hash_of(x);
}

static found fit(curve f, double x, double rtol) {
    const double sigma = NOISE / sqrt(3);
    test_curve c = {.f = noisy, .x = x};
    gp_ladder ladder;
    found result = {.spent = 0};
    gp_goal goal = {rtol, 0};
    smooth = f;
    gp_line line = curve_line(&c, 0.5);
    assert_int_not_equal(gp_ladder_start(&ladder, &line, 1), GP_FAULT);
    assert_int_not_equal(gp_ladder_refine(&ladder, &line, sigma, goal, 40, &result.few), GP_FAULT);
    c.values = 0;
    assert_int_equal(gp_fit(&line, &ladder, sigma, goal, 4000, &result.many, &result.spent),
                     GP_EVALUATED);
    assert_int_equal(c.values, result.spent);
    return result;
}

static double waves(double x) {
    return sin(x) + cos(3 * x) / 4;
}
static double waves_slope(double x) {
    return cos(x) - 0.75 * sin(3 * x);
}
static double bent(double x) { /* smooth but for a kink at 0.9 */
    return sin(x) + 1e-3 * fmax(0, x - 0.9);
}
static double bent_slope(double x) {
    return cos(x) + (x > 0.9 ? 1e-3 : 0);
}

static void many_values_say_more_than_few(void **state) {
    (void)state;
    double gain = 0;
    int answers = 0;
    enum { TIMES = 60 };
    for (int k = 0; k < TIMES; k++) {
        double x = -1.5 + 0.05 * k;
        found e = fit(waves, x, 1e-5);
        if (!isfinite(e.many.bound))
            continue;
        assert_near(e.many.derivative, waves_slope(x), e.many.bound);
        assert_true(e.spent <= 4000);
        gain += log(e.few.bound / e.many.bound);
        answers++;
    }
    assert_true(answers > TIMES / 2);
    assert_true(gain / answers > log(3));
}

static void kinks_within_the_width_are_in_the_bound(void **state) {
    (void)state;
    for (int k = 0; k < 60; k++) {
        double x = 0.601 + 0.01 * k;
        found e = fit(bent, x, 1e-6);
        if (isfinite(e.many.bound))
            assert_near(e.many.derivative, bent_slope(x), e.many.bound);
    }
}

static void what_no_number_of_values_can_tell_costs_nothing(void **state) {
    (void)state;
    assert_int_equal(fit(waves, 0.3, 1e-12).spent, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_values_say_more_than_few),
        cmocka_unit_test(kinks_within_the_width_are_in_the_bound),
        cmocka_unit_test(what_no_number_of_values_can_tell_costs_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

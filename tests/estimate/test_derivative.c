/* Estimates against closed forms: d must be inside its bound of the true derivative, and the bound
 * must be as narrow as the case allows. */
#include "estimate/curve.h"
#include "estimate/noise.h"

static gp_outcome again(void *context, const size_t *indices, size_t count, double shift,
                        gp_ladder *ladder) {
    (void)indices;
    (void)count; /* there is one line */
    return gp_ladder_start(ladder, context, shift);
}

/* The whole course of an estimate of f' at x, with the noise that the ladder itself shows. */
static gp_estimate estimate(curve f, double x, gp_dtype dtype) {
    test_curve c = {.f = f, .x = x, .narrow = dtype == GP_FLOAT32};
    gp_line line = curve_line(&c, x != 0 ? fabs(x) : 1);
    gp_ladder ladder;
    double tiny;
    gp_noise noise;
    gp_estimate result;
    assert_int_not_equal(gp_ladder_start(&ladder, &line, 1), GP_FAULT);
    assert_int_equal(gp_noise_at_tiny_steps(&line, &tiny), GP_EVALUATED);
    assert_int_equal(gp_noise_level(dtype, tiny, &ladder, 1, 1, again, &line, &noise),
                     GP_EVALUATED);
    gp_goal goal = {1e-9, 0};
    assert_int_not_equal(gp_ladder_refine(&ladder, &line, noise.sigma, goal, 40, &result),
                         GP_FAULT);
    assert_true(ladder.evaluations <= 40);
    return result;
}

static double cube(double x) {
    return x * x * x;
}
static double cosine_of_10000(double x) {
    return cos(1e4 * x);
}
static double exp30(double x) {
    return exp(30 * x);
}
static double shifted_sine(double x) {
    return 1e8 + sin(x);
}
static double noisy_sine(double x) {
    return sin(x) + 1e-7 * sin(1e9 * x + 1e13 * x * x);
}
static double huge(double x) {
    return 1e300 * sin(x);
}
static double tiny(double x) {
    return 1e-300 * sin(x);
}
static double in_float(double x) {
    return (float)sin((float)x);
}
static double square_root(double x) {
    return sqrt(x);
}
static double root3_2(double x) {
    return x * sqrt(x);
}
static double line_of_2(double x) {
    return 2 * x;
}

static void estimates_are_inside_their_bounds(void **state) {
    (void)state;
    const struct {
        const char *name;
        curve f;
        double x, derivative, precision; /* relative, that the bound must reach */
    } cases[] = {{"2x", line_of_2, 4, 2, 1e-8},
                 {"x^3", cube, 1.3, 3 * 1.3 * 1.3, 1e-8},
                 {"x^3 at 1e-5", cube, 1e-5, 3e-10, 1e-8},
                 {"x^3 at 1e5", cube, 1e5, 3e10, 1e-8},
                 {"exp", exp, 0.7, exp(0.7), 1e-8},
                 {"exp at 0", exp, 0, 1, 1e-8},
                 {"exp(30 x)", exp30, 1, 30 * exp(30), 1e-7},
                 {"cos(1e4 x)", cosine_of_10000, 0.3, -1e4 * sin(3e3), 1e-6},
                 {"log", log, 1e-8, 1e8, 1e-8},
                 {"sqrt", square_root, 1e-12, 0.5e6, 1e-8},
                 {"1e8 + sin", shifted_sine, 0.4, cos(0.4), 1e-5},
                 {"sin + noise of 1e-7", noisy_sine, 0.4, cos(0.4), 2e-4},
                 {"1e300 sin", huge, 0.4, 1e300 * cos(0.4), 1e-8},
                 {"1e-300 sin", tiny, 0.4, 1e-300 * cos(0.4), 1e-8},
                 {"sin computed in float", in_float, 0.4, cos(0.4), 1e-2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_estimate e = estimate(cases[k].f, cases[k].x, GP_FLOAT64);
        double size = fabs(cases[k].derivative);
        if (!(fabs(e.derivative - cases[k].derivative) <= e.bound))
            fail_msg("%s: %.17g is %.3g from %.17g, bound %.3g", cases[k].name, e.derivative,
                     fabs(e.derivative - cases[k].derivative), cases[k].derivative, e.bound);
        if (!(e.bound <= cases[k].precision * size))
            fail_msg("%s: bound %.3g, relative %.3g", cases[k].name, e.bound, e.bound / size);
    }
}

static void float32_bounds_hold_too(void **state) {
    (void)state;
    const struct {
        curve f;
        double x, derivative;
    } cases[] = {{sin, 0.5, cos(0.5)},
                 {exp, 0.25, exp(0.25)},
                 {cube, 0.75, 3 * 0.75 * 0.75},
                 {line_of_2, 4, 2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_estimate e = estimate(cases[k].f, cases[k].x, GP_FLOAT32);
        assert_near(e.derivative, cases[k].derivative, e.bound);
        assert_true(e.bound <= 1e-2 * fabs(cases[k].derivative));
    }
}

static double relu_twice(double x) {
    return x > 0 ? 3 * x : -x;
}

static void a_kink_has_two_slopes(void **state) {
    (void)state;
    gp_estimate e = estimate(relu_twice, 0, GP_FLOAT64);
    assert_true(e.kink);
    assert_near(e.left, -1, e.kink_bound);
    assert_near(e.right, 3, e.kink_bound);
    assert_true(e.kink_bound < 1e-3);
}

static double kink_nearby(double x) {
    return sin(x) + 5 * fabs(x - 0.500001);
}

static void a_kink_nearby_is_stepped_around(void **state) {
    (void)state;
    gp_estimate e = estimate(kink_nearby, 0.5, GP_FLOAT64);
    assert_false(e.kink);
    assert_near(e.derivative, cos(0.5) - 5, e.bound);
    assert_true(e.bound < 1e-6);
}

static double step(double x) {
    return x > 0 ? 1 : 0;
}

static void a_jump_is_never_narrow(void **state) {
    (void)state;
    gp_estimate e = estimate(step, 0, GP_FLOAT64);
    assert_false(e.kink);
    assert_true(e.bound > fabs(e.derivative));
}

static void one_side_will_do_where_there_is_no_other(void **state) {
    (void)state;
    gp_estimate e = estimate(root3_2, 0, GP_FLOAT64); /* x^(3/2): NaN left of 0 */
    assert_true(e.one_sided);
    assert_near(e.derivative, 0, e.bound);
    assert_true(e.bound < 1e-1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(estimates_are_inside_their_bounds),
                                       cmocka_unit_test(float32_bounds_hold_too),
                                       cmocka_unit_test(a_kink_has_two_slopes),
                                       cmocka_unit_test(a_kink_nearby_is_stepped_around),
                                       cmocka_unit_test(a_jump_is_never_narrow),
                                       cmocka_unit_test(one_side_will_do_where_there_is_no_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

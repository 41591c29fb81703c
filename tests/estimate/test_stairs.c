/* Stairs are found where a function has jumps, whatever else it does, and nowhere else. */
#include "estimate/stairs.h"

#include "estimate/curve.h"

/* What is found at x, where steps of `near` have shown this slope and noise of float64's rounding.
 */
static double sigma_at(curve f, double x, double slope, double near) {
    test_curve c = {.f = f, .x = x};
    gp_line line = curve_line(&c, fabs(x));
    double sigma = -1;
    unsigned evaluations = 0;
    gp_tread tread = {
        .slope = slope, .near = near, .far = 64 * 4e-5 * fabs(x), .quiet = fabs(line.f0) * 0x1p-53};
    assert_int_equal(gp_find_stairs(&line, &tread, &sigma, &evaluations), GP_EVALUATED);
    assert_true(evaluations < 200);
    return sigma;
}

/* x to so many significant bits. */
static double shortened(double x, int bits) {
    int exponent;
    double mantissa = frexp(x, &exponent);
    return ldexp(nearbyint(ldexp(mantissa, bits)), exponent - bits);
}

static double float32_beside_a_bend(double x) {
    return log(1 + (double)(float)(3 * x)) + 0.1 * x * x;
}
static double float32_exponential(double x) {
    return (double)(float)exp(x);
}
static double bfloat16(double x) {
    return sin(shortened(x, 8));
}
static double float16_beside_a_line(double x) {
    return 3 * x + shortened(x * x, 11);
}
static double sum_kept_in_bfloat16(double x) {
    return shortened(40 + x, 8) + 0.1 * x;
}
static double whole_steps(double x) {
    return floor(1000 * x) / 1000;
}

static void stairs_are_found(void **state) {
    static const struct {
        curve f;
        double x, slope, near, height; /* of the jumps next to x */
    } CASES[] = {
        {float32_beside_a_bend, 0.9, 0.18, 1e-9, 0x1p-22 / 3.7},
        {float32_exponential, 0.3, 0, 1e-9, 0x1p-23},
        {float32_exponential, -0.7, 0.4966, 1e-5, 0x1p-25},
        {bfloat16, 0.6, 0, 2e-5, 0x1p-8 * 0.82},
        {float16_beside_a_line, 1.3, 3, 2e-5, 0x1p-10},
        {sum_kept_in_bfloat16, 0.7, 0.1, 2e-5, 0.25},
        {whole_steps, 0.7305, 0, 1e-5, 1e-3},
    };
    (void)state;
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        double sigma = sigma_at(CASES[k].f, CASES[k].x, CASES[k].slope, CASES[k].near);
        if (!(sigma >= 0.25 * CASES[k].height && sigma <= 5 * CASES[k].height))
            fail_msg("case %zu: %g, and jumps of %g", k, sigma, CASES[k].height);
    }
}

static double saturated(double x) {
    return 1 - tanh(x);
}
static double flat_cosine(double x) {
    return 1e20 * (1 - cos(x));
}
static double nothing(double x) {
    return 0 * x;
}

/* The value stands still near x; the derivative that it hides is within what the stairs allow. */
static void values_that_stand_still_hide_something(void **state) {
    (void)state;
    double sigma = sigma_at(saturated, 22, 0, 1e-4);
    assert_true(sigma >= 0x1p-54 && sigma < 0x1p-50);
    sigma = sigma_at(flat_cosine, 1e-9, 0, 1e-14);
    assert_true(sigma >= 1e3 && sigma < 1e6);
    sigma = sigma_at(nothing, 1, 0, 1e-5); /* numbers of size 1 are assumed */
    assert_true(sigma > 0x1p-56 && sigma < 0x1p-52);
}

static double bend(double x) {
    return exp(3 * x);
}
static double kink(double x) {
    return fabs(x - 0.7004) + x * x;
}
static double dead_unit(double x) {
    return 2 + fmax(0, x - 1.9);
}
static double fast(double x) {
    return x + 1e-3 * sin(1e5 * x);
}
static double steep(double x) {
    return tanh(1e4 * (x - 0.701));
}

static void continuous_functions_have_none(void **state) {
    static const struct {
        curve f;
        double x, slope, near;
    } CASES[] = {
        {bend, 0.7, 3 * 8.16616991256765, 1e-5}, {kink, 0.7, 0.4, 1e-6}, {dead_unit, 0.9, 0, 2e-5},
        {fast, 0.7, 1 + 100 * 0.633, 1e-8},      {steep, 0.7, 0, 1e-6},
    };
    (void)state;
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        double sigma = sigma_at(CASES[k].f, CASES[k].x, CASES[k].slope, CASES[k].near);
        if (sigma > 1e-13) /* the rounding of a fast sine's argument is in stairs, too */
            fail_msg("case %zu: stairs of %g in a continuous function", k, sigma);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stairs_are_found),
        cmocka_unit_test(values_that_stand_still_hide_something),
        cmocka_unit_test(continuous_functions_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

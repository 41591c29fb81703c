/* Functions that aren't the same in every bit when they are asked again: sums in an order of their
 * own at each call, as atomics make them, and numbers that vary by some units in the last place.
 *
 *     f(w, b) = 1/m sum_k log(1 + exp(-y_k (a_k' w + b))) + |w|^2 / 20 */
#include "testing.h"

#include <float.h>

enum { INPUTS = 23, N = INPUTS + 1, EXAMPLES = 300 };

typedef struct subject {
    gp_dtype dtype;
    int shuffled;   /* sums are in another order at each call */
    double units;   /* besides, value and gradient vary by up to so many units in the last place */
    double drawn;   /* besides, a share of the examples that are left out at random */
    double wrong;   /* the gradient's entry 5 is wrong by this share */
    uint64_t state; /* of the generator */
    unsigned repeats; /* calls that are the same before anything varies */
} subject;

static double draw(subject *s) {
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return (double)(s->state >> 11) * 0x1p-53;
}

static double datum(size_t k, size_t i) {
    return sin(1.7 * (double)(k * INPUTS + i + 1)) + 0.2 * cos(0.3 * (double)k);
}

static double label(size_t k) {
    return k % 3 == 0 ? 1 : -1;
}

static void take_order(subject *s, size_t *order) {
    for (size_t k = 0; k < EXAMPLES; k++)
        order[k] = k;
    for (size_t k = EXAMPLES - 1; s->shuffled && s->repeats == 0 && k > 0; k--) {
        size_t other = (size_t)(draw(s) * (double)(k + 1)), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
}

static double varied(subject *s, double number, double epsilon) {
    return s->repeats ? number : number * (1 + s->units * epsilon * (2 * draw(s) - 1));
}

static int is_left_out(subject *s) {
    return s->drawn > 0 && draw(s) < s->drawn;
}

/* In either precision: every intermediate is of the type. */
#define DEFINE(suffix, type, epsilon)                                                              \
    static type margin_##suffix(const type *x, size_t k) {                                         \
        type z = x[INPUTS];                                                                        \
        for (size_t i = 0; i < INPUTS; i++)                                                        \
            z += (type)datum(k, i) * x[i];                                                         \
        return z * (type)label(k);                                                                 \
    }                                                                                              \
    static int value_##suffix(void *user, size_t n, const type *x, double *value) {                \
        subject *s = user;                                                                         \
        size_t order[EXAMPLES];                                                                    \
        type sum = 0, decay = 0;                                                                   \
        take_order(s, order);                                                                      \
        for (size_t k = 0; k < EXAMPLES; k++)                                                      \
            if (!is_left_out(s))                                                                   \
                sum += (type)log1p(exp(-(double)margin_##suffix(x, order[k])));                    \
        for (size_t i = 0; i + 1 < n; i++)                                                         \
            decay += x[i] * x[i];                                                                  \
        *value = (type)varied(s, sum / EXAMPLES + decay / 20, epsilon);                            \
        s->repeats -= s->repeats > 0;                                                              \
        return 0;                                                                                  \
    }                                                                                              \
    static int gradient_##suffix(void *user, size_t n, const type *x, type *g) {                   \
        subject *s = user;                                                                         \
        size_t order[EXAMPLES];                                                                    \
        take_order(s, order);                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = 0;                                                                              \
        for (size_t at = 0; at < EXAMPLES; at++) {                                                 \
            size_t k = order[at];                                                                  \
            type e = (type)(-label(k) / (1 + exp((double)margin_##suffix(x, k))));                 \
            for (size_t i = 0; i < n; i++)                                                         \
                g[i] += e * (type)(i < INPUTS ? datum(k, i) : 1) / EXAMPLES;                       \
        }                                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = (type)varied(s, i < INPUTS ? g[i] + x[i] / 10 : g[i], epsilon);                 \
        g[5] *= (type)(1 + s->wrong);                                                              \
        s->repeats -= s->repeats > 0;                                                              \
        return 0;                                                                                  \
    }

DEFINE(f64, double, DBL_EPSILON)
DEFINE(f32, float, (double)FLT_EPSILON)

static gp_report *check(subject *s, const gp_options *options) {
    gp_function *f;
    double x[N];
    s->state = s->state ? s->state : 88172645463325252u;
    for (size_t i = 0; i < N; i++)
        x[i] = 0.3 * sin(2.1 * (double)i + 0.4);
    gp_function_create("logistic", s->dtype, s, &f);
    gp_function_add_block(f, "w", 0, 1, (size_t[]){INPUTS}, x);
    gp_function_add_block(f, "b", 0, 0, NULL, x + INPUTS);
    if (s->dtype == GP_FLOAT64) {
        gp_function_set_value(f, value_f64);
        gp_function_set_gradient(f, gradient_f64);
    } else {
        gp_function_set_value(f, value_f32);
        gp_function_set_gradient(f, gradient_f32);
    }
    gp_report *r = testing_check(f, options);
    gp_function_destroy(f);
    return r;
}

static const subject VARYING[] = {
    {.dtype = GP_FLOAT64, .shuffled = 1},
    {.dtype = GP_FLOAT64, .units = 1},
    {.dtype = GP_FLOAT64, .units = 16},
    {.dtype = GP_FLOAT64, .shuffled = 1, .units = 4},
    {.dtype = GP_FLOAT64, .units = 2, .repeats = 2}, /* the first two calls don't show it */
    {.dtype = GP_FLOAT64, .units = 2, .repeats = 5},
    {.dtype = GP_FLOAT32, .shuffled = 1},
    {.dtype = GP_FLOAT32, .units = 1},
    {.dtype = GP_FLOAT32, .units = 16},
    {.dtype = GP_FLOAT32, .units = 2, .repeats = 2},
    {.dtype = GP_FLOAT32, .units = 2, .repeats = 5}};
enum { CASES = sizeof VARYING / sizeof *VARYING, DRAWS = 4 };

static const gp_strategy STRATEGIES[] = {GP_FULL, GP_PROJECT};

static void variation_in_the_last_bits_is_noise(void **state) {
    (void)state;
    for (size_t k = 0; k < CASES * DRAWS; k++) {
        subject s = VARYING[k % CASES];
        gp_options options = {.strategy = STRATEGIES[k / CASES % 2]};
        s.state = 1000003 * (k + 1);
        gp_report *r = check(&s, &options);
        int wide = s.dtype == GP_FLOAT64;
        if (gp_report_verdict(r) > (wide ? GP_VERIFIED : GP_INCONCLUSIVE) ||
            gp_report_verdict(r) == GP_REFUTED) {
            gp_report_print(r, stderr, 0);
            fail_msg("case %zu is %s", k, gp_verdict_string(gp_report_verdict(r)));
        }
        assert_true(testing_practised(r, "not bitwise reproducible"));
        gp_report_destroy(r);
    }
}

static void a_mistake_above_the_noise_is_found(void **state) {
    (void)state;
    for (size_t k = 0; k < CASES * DRAWS; k++) {
        subject s = VARYING[k % CASES];
        int wide = s.dtype == GP_FLOAT64; /* a tenth of one entry is below float32's directions */
        gp_options options = {.strategy = wide ? STRATEGIES[k / CASES % 2] : GP_FULL};
        s.state = 1000003 * (k + 1);
        s.wrong = s.dtype == GP_FLOAT64 ? 1e-4 : 0.1;
        gp_report *r = check(&s, &options);
        gp_entry e;
        if (gp_report_verdict(r) != GP_REFUTED) {
            gp_report_print(r, stderr, 0);
            fail_msg("case %zu is %s", k, gp_verdict_string(gp_report_verdict(r)));
        }
        gp_report_entry(r, 5, &e);
        assert_int_equal(e.status, GP_ENTRY_REFUTED);
        gp_report_destroy(r);
    }
}

static void strictly_every_bit_counts(void **state) {
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        subject s = VARYING[k];
        gp_options options = {.strict = 1};
        gp_report *r = check(&s, &options);
        assert_int_equal(gp_report_verdict(r), s.repeats == 5 ? gp_report_verdict(r) : GP_FAILED);
        if (gp_report_verdict(r) == GP_FAILED)
            assert_non_null(strstr(gp_report_failure(r), "not deterministic"));
        gp_report_destroy(r);
    }
    subject same = {.dtype = GP_FLOAT64};
    gp_options options = {.strict = 1};
    gp_report *r = check(&same, &options);
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    assert_false(testing_practised(r, "not bitwise reproducible"));
    gp_report_destroy(r);
}

static void a_random_draw_is_no_rounding(void **state) {
    (void)state;
    for (int k = 0; k < 2 * DRAWS; k++) {
        subject s = {.dtype = k % 2 ? GP_FLOAT32 : GP_FLOAT64, .drawn = 0.1};
        s.state = 1000003 * ((uint64_t)k + 1);
        gp_report *r = check(&s, NULL);
        assert_int_equal(gp_report_verdict(r), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(r), "not deterministic"));
        gp_report_destroy(r);
    }
}

/* ---- maps ---- */

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    subject *s = user;
    for (size_t j = 0; j < m; j++)
        y[j] = varied(s, sin(x[j % n]) * x[(j + 1) % n], DBL_EPSILON);
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    subject *s = user;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < m; j++) {
        g[j % n] += u[j] * cos(x[j % n]) * x[(j + 1) % n];
        g[(j + 1) % n] += u[j] * sin(x[j % n]) * (j == 2 ? 1 + s->wrong : 1);
    }
    for (size_t i = 0; i < n; i++)
        g[i] = varied(s, g[i], DBL_EPSILON);
    return 0;
}

static void maps_may_vary_too(void **state) {
    (void)state;
    for (int k = 0; k < 8; k++) {
        subject s = {.units = 8, .state = 12345u + (uint64_t)k, .wrong = k % 2 ? 1e-4 : 0};
        gp_options options = {.strategy = STRATEGIES[k / 2 % 2]};
        const double x[] = {0.3, -0.8, 1.2, 0.5, 0.9};
        gp_function *f;
        gp_function_create("map", GP_FLOAT64, &s, &f);
        gp_function_add_block(f, "x", 0, 1, (size_t[]){5}, x);
        gp_function_set_map(f, 7, map);
        gp_function_set_vjp(f, vjp);
        gp_report *r = testing_check(f, &options);
        if (gp_report_verdict(r) != (k % 2 ? GP_REFUTED : GP_VERIFIED)) {
            gp_report_print(r, stderr, 0);
            fail_msg("map %d is %s", k, gp_verdict_string(gp_report_verdict(r)));
        }
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(variation_in_the_last_bits_is_noise),
                                       cmocka_unit_test(a_mistake_above_the_noise_is_found),
                                       cmocka_unit_test(strictly_every_bit_counts),
                                       cmocka_unit_test(a_random_draw_is_no_rounding),
                                       cmocka_unit_test(maps_may_vary_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

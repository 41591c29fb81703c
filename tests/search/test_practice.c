/* What experts do beyond one comparison at one point: each catches what the plain check can't. */
#include "testing.h"

enum { N = 6 };

/* ---- parts: sum sin x beside a penalty 1e7 sum x^2 / 2, whose size hides a mistake in the rest
 * ---- */

typedef struct parts {
    size_t part;
    double factor; /* of the data part in the gradient: 1 is right */
} parts;

static const double PENALTY = 1e7;

static int parts_value(void *user, size_t n, const double *x, double *v) {
    const parts *p = user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += (p->part != 2 ? sin(x[i]) : 0) + (p->part != 1 ? 0.5 * PENALTY * x[i] * x[i] : 0);
    return 0;
}

static int parts_gradient(void *user, size_t n, const double *x, double *g) {
    const parts *p = user;
    for (size_t i = 0; i < n; i++)
        g[i] = (p->part != 2 ? p->factor * cos(x[i]) : 0) + (p->part != 1 ? PENALTY * x[i] : 0);
    return 0;
}

static int select_part(void *user, size_t part) {
    ((parts *)user)->part = part;
    return 0;
}

static gp_report *check_parts(parts *p, int named) {
    static const char *const names[] = {"data", "penalty"};
    double x[N] = {0.5, -0.7, 1.1, 0.9, -1.3, 0.4};
    gp_function *f;
    assert_int_equal(gp_function_create("parts", GP_FLOAT64, p, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x), GP_OK);
    gp_function_set_value(f, parts_value);
    gp_function_set_gradient(f, parts_gradient);
    if (named)
        assert_int_equal(gp_function_set_parts(f, 2, names, select_part), GP_OK);
    gp_report *report = testing_check(f, NULL);
    gp_function_destroy(f);
    return report;
}

static void a_small_part_is_checked_by_itself(void **state) {
    (void)state;
    parts p = {0, 2};
    gp_report *report = check_parts(&p, 0);
    assert_int_equal(gp_report_verdict(report),
                     GP_VERIFIED); /* 1e-7 of the whole: beyond any tolerance */
    gp_report_destroy(report);
    report = check_parts(&p, 1);
    gp_block_result block;
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_block(report, 0, &block);
    assert_string_equal(block.diagnosis[0].kind, "scaled");
    assert_near(block.diagnosis[0].factor, 2, 1e-6);
    assert_true(testing_practised(report, "part 'data' by itself is wrong"));
    assert_int_equal(p.part, 0);
    gp_report_destroy(report);
    p.factor = 1;
    report = check_parts(&p, 1);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_true(testing_practised(report, "data, penalty"));
    gp_report_destroy(report);
}

/* ---- a trained point: a clip that only larger weights reach, forgotten in the gradient ---- */

static int clip_value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++) /* 100 - x, but the slope changes where x passes 1.1 */
        *v += x[i] < 1.1 ? 100 - x[i] * x[i]
                         : 100 - 1.1 * x[i] - 0.5 * (x[i] - 1.1) - 1e-3 * x[i] * x[i];
    return 0;
}

static int clip_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = -2 * x[i];
    return 0;
}

static void a_mistake_that_shows_after_training(void **state) {
    (void)state;
    double x[N] = {1, 0.98, 1.02, 0.99, 1.01, 1};
    gp_function *f;
    assert_int_equal(gp_function_create("clip", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x), GP_OK);
    gp_function_set_value(f, clip_value);
    gp_function_set_gradient(f, clip_gradient);
    gp_options one;
    gp_options_init(&one);
    one.points = 1; /* the given point alone */
    gp_report *report = testing_check(f, &one);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    assert_true(testing_practised(report, "steps of descent"));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- fewer examples: 4096 kinks side by side around x, an eighth of them on 512 examples ---- */

typedef struct crowd {
    size_t first, count;
} crowd;

static int crowd_select(void *user, size_t first, size_t count) {
    *(crowd *)user = (crowd){first, count};
    return 0;
}

/* The first 512 examples have their kink far away, the rest within 2e-5 of x. */
static double place(size_t e) {
    return 1 + (e < 512 ? -0.5 : 1e-8 * ((double)e - 2304.25));
}

static int crowd_value(void *user, size_t n, const double *x, double *v) {
    const crowd *c = user;
    *v = 0;
    for (size_t e = c->first; e < c->first + c->count; e++)
        for (size_t i = 0; i < n; i++)
            *v += (fabs(x[i] - place(e)) + x[i]) / (double)c->count;
    return 0;
}

static int crowd_gradient(void *user, size_t n, const double *x, double *g) {
    const crowd *c = user;
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t e = c->first; e < c->first + c->count; e++)
            g[i] += ((x[i] > place(e) ? 1 : -1) + 1) / (double)c->count;
    }
    return 0;
}

static void kinks_thin_out_with_fewer_examples(void **state) {
    (void)state;
    double x[1] = {1};
    for (int offered = 0; offered < 2; offered++) {
        crowd c = {0, 4096};
        gp_function *f;
        assert_int_equal(gp_function_create("crowd", GP_FLOAT64, &c, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){1}, x), GP_OK);
        gp_function_set_value(f, crowd_value);
        gp_function_set_gradient(f, crowd_gradient);
        if (offered)
            assert_int_equal(gp_function_set_examples(f, 4096, crowd_select), GP_OK);
        gp_report *report = testing_check(f, NULL);
        assert_int_not_equal(gp_report_verdict(report), GP_REFUTED);
        if (offered && gp_report_verdict(report) == GP_VERIFIED) {
            gp_entry entry;
            gp_report_entry(report, 0, &entry);
            assert_int_equal(entry.examples, 512);
            assert_true(testing_practised(report, "512 of 4096 examples"));
        }
        assert_int_equal(gp_report_verdict(report), offered ? GP_VERIFIED : GP_INCONCLUSIVE);
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

/* ---- cost: six parts of a float32 function, each as dear as the whole ---- */

enum { WAVES = 6, CROWD = 24 };

static int waves_value(void *user, size_t n, const float *x, double *v) {
    size_t part = *(const size_t *)user;
    float sum = 3;
    for (size_t k = part ? part : 1; k <= (part ? part : WAVES); k++)
        for (size_t i = 0; i < n; i++)
            sum += sinf((float)k * x[i]);
    *v = sum;
    return 0;
}

static int waves_gradient(void *user, size_t n, const float *x, float *g) {
    size_t part = *(const size_t *)user;
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t k = part ? part : 1; k <= (part ? part : WAVES); k++)
            g[i] += (float)k * cosf((float)k * x[i]);
    }
    return 0;
}

static int select_wave(void *user, size_t part) {
    *(size_t *)user = part;
    return 0;
}

static gp_report *check_waves(uint64_t budget) {
    static const char *const names[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    double x[CROWD];
    size_t part = 0;
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.budget_evaluations = budget;
    options.strategy = GP_FULL;
    for (size_t i = 0; i < CROWD; i++)
        x[i] = 0.3 + 0.07 * (double)i;
    assert_int_equal(gp_function_create("waves", GP_FLOAT32, &part, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){CROWD}, x), GP_OK);
    gp_function_set_value(f, waves_value);
    gp_function_set_gradient(f, waves_gradient);
    assert_int_equal(gp_function_set_parts(f, WAVES, names, select_wave), GP_OK);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void a_whole_check_costs_sixty_evaluations_an_entry_at_most(void **state) {
    (void)state;
    gp_report *report = check_waves(0);
    uint64_t spent = gp_report_evaluations(report, 0);
    assert_int_not_equal(gp_report_verdict(report), GP_REFUTED);
    assert_true(spent <= 60 * CROWD);
    assert_true(testing_practised(report, "further looks at entries, in parts or at other points"));
    gp_report_destroy(report);
    report = check_waves(100000);
    assert_int_not_equal(gp_report_verdict(report), GP_REFUTED);
    assert_true(gp_report_evaluations(report, 0) > 60 * CROWD);
    assert_false(testing_practised(report, "further looks"));
    gp_report_destroy(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_part_is_checked_by_itself),
        cmocka_unit_test(a_whole_check_costs_sixty_evaluations_an_entry_at_most),
        cmocka_unit_test(a_mistake_that_shows_after_training),
        cmocka_unit_test(kinks_thin_out_with_fewer_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

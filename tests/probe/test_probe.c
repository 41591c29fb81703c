#include "probe/probe.h"
#include "testing.h"

static gp_function *function_at(const double *W, const double *b) {
    gp_function *f;
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "W", 0, 1, (size_t[]){4}, W), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, (size_t[]){2}, b), GP_OK);
    return f;
}

static void lengths_follow_the_parameters(void **state) {
    (void)state;
    gp_function *f = function_at((double[]){3, -4, 0, 1e-8}, (double[]){0, 0});
    double typical[2];
    gp_probe_typical(f, f->x, typical);
    assert_near(typical[0], 2.5, 1e-15);            /* sqrt((9 + 16) / 4) */
    assert_near(typical[1], sqrt(25.0 / 6), 1e-15); /* a block of zeros: that of all parameters */
    assert_near(gp_probe_length(f, f->x, typical, 1), 4, 0);
    assert_near(gp_probe_length(f, f->x, typical, 2), 2.5, 1e-15);
    assert_near(gp_probe_length(f, f->x, typical, 3), 1e-8, 0);
    assert_near(gp_probe_length(f, f->x, typical, 5), sqrt(25.0 / 6), 1e-15);
    gp_function_destroy(f);
    f = function_at((double[]){0, 0, 0, 0}, (double[]){0, 0});
    gp_probe_typical(f, f->x, typical);
    assert_near(typical[0], 1, 0);
    gp_function_destroy(f);
}

static void extreme_sizes_neither_overflow_nor_vanish(void **state) {
    (void)state;
    gp_function *f =
        function_at((double[]){1e300, 1e300, 1e300, 1e300}, (double[]){1e-300, 1e-300});
    double typical[2];
    gp_probe_typical(f, f->x, typical);
    assert_near(typical[0] / 1e300, 1, 1e-15);
    assert_near(typical[1] / 1e-300, 1, 1e-15);
    gp_function_destroy(f);
}

static void a_probe_of_one_entry_has_one_component(void **state) {
    (void)state;
    gp_probe probe = {.offset = 3, .entries = 1, .scale = 2};
    assert_near(gp_probe_component(&probe, 3), 1, 0);
    assert_near(gp_probe_component(&probe, 2), 0, 0);
    assert_near(gp_probe_component(&probe, 4), 0, 0);
}

static void points_differ_and_repeat(void **state) {
    (void)state;
    gp_function *f = function_at((double[]){1, 2, 3, 4}, (double[]){0, 0});
    double a[6], b[6];
    gp_probe_point(f, 5, 1, 0, a);
    gp_probe_point(f, 5, 1, 0, b);
    assert_memory_equal(a, b, sizeof a);
    gp_probe_point(f, 5, 1, 1, b);
    assert_memory_not_equal(a, b, sizeof a);
    gp_probe_point(f, 5, 2, 0, b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(a[4] != 0); /* zeros move too */
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths_follow_the_parameters),
                                       cmocka_unit_test(extreme_sizes_neither_overflow_nor_vanish),
                                       cmocka_unit_test(a_probe_of_one_entry_has_one_component),
                                       cmocka_unit_test(points_differ_and_repeat)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table of DESIGN, row by row. */
#include "judge/verdict.h"
#include "testing.h"

static gp_estimate plain(double d, double b) {
    return (gp_estimate){.derivative = d, .left = d, .right = d, .bound = b};
}

static const gp_tolerance T = {
    .rtol = 1e-5, .atol = 1e-8, .fine_atol = 1e-8, .floor = 1e-3, .zero_floor = 1e-3};

static void each_status_has_its_case(void **state) {
    (void)state;
    gp_estimate e = plain(1, 1e-7);
    assert_int_equal(gp_judge(1, &e, &T), GP_ENTRY_VERIFIED);
    assert_int_equal(gp_judge(1 + 1.0e-5, &e, &T), GP_ENTRY_VERIFIED); /* tau + b = 1.011e-5 */
    assert_int_equal(gp_judge(1 + 1.1e-5, &e, &T), GP_ENTRY_REFUTED);
    assert_int_equal(gp_judge(1 - 1.1e-5, &e, &T), GP_ENTRY_REFUTED);
    assert_int_equal(gp_judge(-1, &e, &T), GP_ENTRY_REFUTED);
    assert_int_equal(gp_judge(NAN, &e, &T), GP_ENTRY_REFUTED);
    assert_int_equal(gp_judge(INFINITY, &e, &T), GP_ENTRY_REFUTED);
    e = plain(1, 1e-3);
    assert_int_equal(gp_judge(1.0005, &e, &T), GP_ENTRY_UNRESOLVED);
    assert_int_equal(gp_judge(1.5, &e, &T), GP_ENTRY_REFUTED);
    e = plain(NAN, INFINITY);
    assert_int_equal(gp_judge(1, &e, &T), GP_ENTRY_UNRESOLVED);
}

static void tiny_entries_are_judged_as_finely_as_their_bounds_allow(void **state) {
    (void)state;
    const gp_tolerance t = {.rtol = 1e-5, .atol = 1e-3, .fine_atol = 1e-8};
    gp_estimate e = plain(1e-2, 1e-9);
    assert_int_equal(gp_judge(1.1e-2, &e, &t), GP_ENTRY_REFUTED);
    e = plain(1e-2, 1e-4); /* too wide for that: by the larger tolerance */
    assert_int_equal(gp_judge(1.05e-2, &e, &t), GP_ENTRY_VERIFIED);
}

static void zero_is_unexercised_only_if_known_well(void **state) {
    (void)state;
    gp_estimate e = plain(1e-12, 1e-10);
    assert_int_equal(gp_judge(0, &e, &T), GP_ENTRY_UNEXERCISED);
    assert_int_equal(gp_judge(1e-7, &e, &T), GP_ENTRY_REFUTED);
    e = plain(1e-12, 1e-4);
    assert_int_equal(gp_judge(0, &e, &T), GP_ENTRY_UNRESOLVED);
}

static void a_kink_accepts_what_lies_between(void **state) {
    (void)state;
    gp_estimate e = {
        .derivative = 1, .bound = 4, .kink = 1, .left = 0, .right = 2, .kink_bound = 1e-7};
    assert_int_equal(gp_judge(0, &e, &T), GP_ENTRY_KINK);
    assert_int_equal(gp_judge(2, &e, &T), GP_ENTRY_KINK);
    assert_int_equal(gp_judge(1.3, &e, &T), GP_ENTRY_KINK);
    assert_int_equal(gp_judge(2.001, &e, &T), GP_ENTRY_REFUTED);
    assert_int_equal(gp_judge(-0.001, &e, &T), GP_ENTRY_REFUTED);
}

static void resolution_excludes_larger_errors(void **state) {
    (void)state;
    assert_near(gp_entry_resolution(1, 1, 1e-7, &T), 1e-7 / 1.001, 1e-20);
    assert_near(gp_entry_resolution(1, 1 + 1e-6, 1e-7, &T), 1.1e-6 / 1.001001, 1e-15);
    /* tiny entries are measured against the floor */
    assert_near(gp_entry_resolution(0, 0, 1e-9, &T), 1e-6, 1e-20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_case),
        cmocka_unit_test(tiny_entries_are_judged_as_finely_as_their_bounds_allow),
        cmocka_unit_test(zero_is_unexercised_only_if_known_well),
        cmocka_unit_test(a_kink_accepts_what_lies_between),
        cmocka_unit_test(resolution_excludes_larger_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

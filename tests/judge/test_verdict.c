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
    /* tau = 1.001e-5: verified is what is within it for sure, refuted what is beyond for sure */
    assert_int_equal(gp_judge(1 + 0.98e-5, &e, &T), GP_ENTRY_VERIFIED);
    assert_int_equal(gp_judge(1 + 1.00e-5, &e, &T), GP_ENTRY_UNRESOLVED);
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

/* Beside other blocks of scale 1e-2 everything here is nothing; by itself it may be wrong. */
static void without_a_scale_only_the_entry_itself_counts(void **state) {
    (void)state;
    const gp_tolerance t = {
        .rtol = 1e-5, .atol = 1e-8, .fine_atol = 1e-8, .zero_floor = 1e-3, .unscaled = 1};
    gp_estimate e = plain(1e-10, 1e-16);
    assert_int_equal(gp_judge(1e-10, &e, &t), GP_ENTRY_VERIFIED);
    assert_int_equal(gp_judge(1.01e-10, &e, &t), GP_ENTRY_UNEXERCISED);
    assert_int_equal(gp_judge(0, &e, &t), GP_ENTRY_UNEXERCISED);
    assert_int_equal(gp_judge(1e-7, &e, &t), GP_ENTRY_REFUTED);
    e = plain(1e-12, 1e-10);
    assert_int_equal(gp_judge(1e-11, &e, &t), GP_ENTRY_UNEXERCISED);
    e = plain(1e-12, 1e-6);
    assert_int_equal(gp_judge(1e-11, &e, &t), GP_ENTRY_UNRESOLVED);
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
    e.kink_bound = 1e-4; /* between the slopes for sure, or beside one that isn't known so well */
    assert_int_equal(gp_judge(1.3, &e, &T), GP_ENTRY_KINK);
    assert_int_equal(gp_judge(2, &e, &T), GP_ENTRY_UNRESOLVED);
}

static double resolution(gp_entry_status status, double a, double d, double b) {
    gp_entry e = {.status = status,
                  .analytic = a,
                  .numeric = d,
                  .bound = b,
                  .floor = gp_floor_of(status, &T)};
    return gp_entry_resolution(&e);
}

static void resolution_excludes_larger_errors(void **state) {
    (void)state;
    assert_near(resolution(GP_ENTRY_VERIFIED, 1, 1, 1e-7), 1e-7 / 1.001, 1e-20);
    assert_near(resolution(GP_ENTRY_VERIFIED, 1, 1 + 1e-6, 1e-7), 1.1e-6 / 1.001001, 1e-15);
    /* tiny entries are measured against the floor */
    assert_near(resolution(GP_ENTRY_VERIFIED, 0, 0, 1e-9), 1e-6, 1e-20);
}

/* Whatever the numbers: the resolution of what is accepted is within the tolerance. */
static void what_is_accepted_is_resolved(void **state) {
    (void)state;
    const gp_tolerance tolerances[] = {
        T,
        {.rtol = 1e-3, .atol = 1e-4, .fine_atol = 1e-7, .floor = 0.1, .zero_floor = 0.1},
        {.rtol = 1e-5, .atol = 1e-9, .fine_atol = 1e-9, .floor = 1e-4, .zero_floor = 0.1},
        {.rtol = 1e-5, .zero_floor = 1e-2}};
    size_t accepted = 0;
    for (size_t k = 0; k < sizeof tolerances / sizeof *tolerances; k++)
        for (double d = 1e-9; d < 10; d *= 31)
            for (double b = 1e-13; b < 1; b *= 1.7)
                for (double off = 0; off < 1e-2; off = off * 1.9 + 1e-12)
                    for (int kink = 0; kink < 2; kink++) {
                        const gp_tolerance *t = &tolerances[k];
                        gp_estimate e = plain(d, b);
                        e.kink = kink;
                        e.kink_bound = b;
                        e.left = kink ? -d : d;
                        gp_entry entry = {.status = gp_judge(d + off, &e, t),
                                          .analytic = d + off,
                                          .numeric = d,
                                          .bound = b,
                                          .left = e.left,
                                          .right = e.right};
                        entry.floor = gp_floor_of(entry.status, t);
                        if (entry.status == GP_ENTRY_REFUTED || entry.status == GP_ENTRY_UNRESOLVED)
                            continue;
                        accepted++;
                        assert_true(gp_entry_resolution(&entry) <= t->rtol * (1 + 1e-12));
                    }
    assert_true(accepted > 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_case),
        cmocka_unit_test(tiny_entries_are_judged_as_finely_as_their_bounds_allow),
        cmocka_unit_test(zero_is_unexercised_only_if_known_well),
        cmocka_unit_test(without_a_scale_only_the_entry_itself_counts),
        cmocka_unit_test(a_kink_accepts_what_lies_between),
        cmocka_unit_test(resolution_excludes_larger_errors),
        cmocka_unit_test(what_is_accepted_is_resolved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

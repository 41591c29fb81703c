/* What directions exclude, held against the bound solved by hand and against drawn directions. */
#include "judge/ball.h"

#include "probe/probe.h"
#include "testing.h"

/* k equal bounds b: sqrt 2 ((1 + m) b / e + 1 / 9000) = p^(1 / k). */
static double by_hand(unsigned k, double b, double m, double p) {
    return (1 + m) * b / (pow(p, 1.0 / k) / sqrt(2) - 1.0 / 9000);
}

static void equal_bounds_are_the_closed_form(void **state) {
    (void)state;
    static const double accepted[] = {1e-3, 1e-9, 1e-12};
    for (unsigned k = 3; k <= 9; k++)
        for (size_t p = 0; p < 3; p++)
            for (double m = 0; m <= 1; m += 0.5) {
                double bound[9], root = pow(accepted[p], 1.0 / k);
                for (unsigned i = 0; i < k; i++)
                    bound[i] = 2e-7;
                if (root / sqrt(2) <= 1.0 / 9000)
                    continue;
                double exact = by_hand(k, 2e-7, m, accepted[p]);
                double seen = gp_error_excluded(k, bound, m, accepted[p]);
                assert_true(fabs(seen - exact) <= 1e-9 * exact);
            }
}

static void a_sharper_direction_never_excludes_less(void **state) {
    (void)state;
    double bound[5] = {1e-8, 1e-7, 1e-7, 1e-6, 1e-5};
    double all = gp_error_excluded(5, bound, 0.2, 1e-9);
    assert_true(all < gp_error_excluded(4, bound + 1, 0.2, 1e-9));
    bound[4] = 1e-6;
    assert_true(gp_error_excluded(5, bound, 0.2, 1e-9) < all);
    assert_true(gp_error_excluded(5, bound, 0.2, 1e-6) < gp_error_excluded(5, bound, 0.2, 1e-9));
}

static void directions_without_a_bound_exclude_nothing(void **state) {
    (void)state;
    const double bound[3] = {INFINITY, INFINITY, INFINITY};
    assert_true(isinf(gp_error_excluded(3, bound, 0, 1e-9)));
}

/* Errors of the excluded size in 1 to 64 entries, seen through three directions, pass no more often
 * than was accepted. */
static void planted_errors_are_missed_as_seldom_as_said(void **state) {
    (void)state;
    enum { TRIALS = 20000, N = 64, K = 3 };
    static const double bound[K] = {1, 1, 1};
    const double accepted = 1e-2;
    double excluded = gp_error_excluded(K, bound, 0, accepted);
    for (size_t entries = 1; entries <= N; entries *= 4) {
        size_t missed = 0;
        for (uint64_t trial = 0; trial < TRIALS; trial++) {
            int seen = 0;
            for (uint64_t k = 0; k < K; k++) {
                double v[N], off = 0;
                gp_random_symmetric(trial, GP_STREAM_DIRECTION, k, 0, entries, v);
                for (size_t i = 0; i < entries; i++)
                    off += v[i] * excluded / sqrt((double)entries);
                seen |= fabs(off) > bound[k];
            }
            missed += !seen;
        }
        double expected = accepted * TRIALS;
        assert_true((double)missed <= expected + 4 * sqrt(expected));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bounds_are_the_closed_form),
        cmocka_unit_test(a_sharper_direction_never_excludes_less),
        cmocka_unit_test(directions_without_a_bound_exclude_nothing),
        cmocka_unit_test(planted_errors_are_missed_as_seldom_as_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

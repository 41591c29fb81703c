/* Means of draws: moments in one pass, quantiles, intervals that hold. */
#include "estimate/draws.h"
#include "system/random.h"
#include "testing.h"

/* Quantiles by SciPy 1.15 (scipy.stats.norm.isf, t.isf). */
static void quantiles_are_those_of_tables(void **state) {
    static const double upper[] = {0.25, 0.025, 1e-3, 1e-6, 1e-9};
    static const double normal[] = {0.6744897501960817, 1.9599639845400545, 3.090232306167813,
                                    4.753424308822899, 5.9978070150076865};
    static const double student[][5] = {{0.6824863060025721, 2.039513446396408, 3.3748992804233016,
                                         5.828601803899664, 8.344316303447016},
                                        {0.6784039610578574, 1.9983405425207417, 3.2247087385453934,
                                         5.237200198870491, 6.999812320475072},
                                        {0.6747351646070093, 1.9623390808264085, 3.0984021639129233,
                                         4.781608620458351, 6.053690272079834}};
    static const double freedom[] = {31, 63, 1000};
    (void)state;
    for (int k = 0; k < 5; k++) {
        assert_near(gp_normal_quantile(upper[k]), normal[k], 1e-12 * normal[k]);
        for (int f = 0; f < 3; f++)
            assert_near(gp_student_quantile(upper[k], freedom[f]), student[f][k],
                        (f ? 1e-3 : 1e-2) * student[f][k]);
    }
}

static void moments_are_those_of_two_passes(void **state) {
    enum { N = 500 };
    double x[N], mean = 0, squares = 0, cubes = 0;
    gp_moments m = {0};
    (void)state;
    for (int k = 0; k < N; k++) {
        x[k] = 1e3 - log(gp_random_uniform(7, GP_STREAM_NOISE, 0, (uint64_t)k));
        mean += x[k] / N;
        gp_moments_add(&m, x[k]);
    }
    for (int k = 0; k < N; k++) {
        squares += pow(x[k] - mean, 2);
        cubes += pow(x[k] - mean, 3);
    }
    assert_int_equal(m.count, N);
    assert_near(m.mean, mean, 1e-9);
    assert_near(m.squares, squares, 1e-8 * squares);
    assert_near(m.cubes, cubes, 1e-7 * fabs(cubes));
}

/* Of 4,000 means of 64 exponentials, or of as many coins that show heads once in 20 times: no more
 * intervals miss the true mean than they may. Without the skewness it would be three times as many.
 */
static void intervals_hold(void **state) {
    enum { RUNS = 4000, DRAWS = 64 };
    static const double chance = 0.01; /* on either side */
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        int missed = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            gp_moments m = {0};
            for (uint64_t k = 0; k < DRAWS; k++) {
                double u = gp_random_uniform(run, GP_STREAM_NOISE, 1, k);
                gp_moments_add(&m, kind ? (u < 0.05 ? 20 : 0) : -log(u));
            }
            missed += m.squares > 0 && fabs(m.mean - 1) > gp_moments_half_width(&m, chance);
        }
        assert_in_range(missed, 0, 1.5 * 2 * chance * RUNS);
    }
}

static void few_draws_tell_nothing(void **state) {
    gp_moments m = {0};
    (void)state;
    for (int k = 0; k < 30; k++)
        gp_moments_add(&m, k);
    assert_true(isinf(gp_moments_half_width(&m, 0.01)));
    gp_moments_add(&m, 31);
    assert_true(isfinite(gp_moments_half_width(&m, 0.01)));
    gp_moments constant = {0};
    for (int k = 0; k < 40; k++)
        gp_moments_add(&constant, 2);
    assert_true(gp_moments_half_width(&constant, 0.01) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_tables),
        cmocka_unit_test(moments_are_those_of_two_passes),
        cmocka_unit_test(intervals_hold),
        cmocka_unit_test(few_draws_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

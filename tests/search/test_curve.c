/* Difference quotients that a report keeps: each is held against its closed form, and nothing else
 * of the report changes for them. */
#include "judge/findings.h"
#include "testing.h"

enum { BLOCKS = 3, EACH = 2, N = BLOCKS * EACH };
static const double X[N] = {0.3, -0.4, 0.5, 0.1, -0.2, 0.7};
static int wrong; /* in block 1: its second entry; 2: where x[0] isn't 0.3 as well */

/* f = sum exp(x_i): (f(x + h) - f(x - h)) / 2h = exp(x_i) sinh(h) / h. */
static double value(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i]);
    return sum;
}

static void gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = exp(x[i]);
    g[3] *= wrong == 1 ? 1.5 : 1;
    g[4] *= wrong == 2 && x[0] != X[0] ? 2 : 1;
}

static gp_report *check(size_t curves, unsigned jobs, int threads, gp_strategy strategy) {
    static testing_pair pair = {value, gradient};
    static const char *const names[BLOCKS] = {"a", "b", "c"};
    const size_t shape[] = {EACH};
    gp_options options = {.curves = curves, .jobs = jobs, .strategy = strategy};
    gp_function *f;
    assert_int_equal(gp_function_create("sum", GP_FLOAT64, &pair, &f), GP_OK);
    for (size_t b = 0; b < BLOCKS; b++)
        gp_function_add_block(f, names[b], 0, 1, shape, X + b * EACH);
    gp_function_set_value(f, testing_call_value);
    gp_function_set_gradient(f, testing_call_gradient);
    gp_function_set_reentrant(f, threads);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void quotients_are_those_of_the_function(void **state) {
    (void)state;
    wrong = 0;
    gp_report *r = check(BLOCKS, 0, 0, GP_FULL);
    assert_int_equal(r->verdict, GP_VERIFIED);
    assert_int_equal(r->curves, BLOCKS);
    for (size_t k = 0; k < r->curves; k++) {
        const gp_step_curve *c = &r->curve[k];
        size_t tens = 0;
        assert_int_equal(c->entry / EACH, k); /* one a block */
        assert_true(c->steps > 20);
        assert_near(c->f0, value(N, X), 1e-14);
        for (unsigned s = 0; s < c->steps; s++) {
            const gp_rung *g = &c->rung[s];
            double h = (g->plus - g->minus) / 2, rounding = 8e-16 * c->f0 / h;
            double quotient = (g->f_plus - g->f_minus) / (g->plus - g->minus);
            double skew = fabs(g->plus + g->minus) / h; /* x + h and x - h are rounded */
            assert_near(quotient, exp(X[c->entry]) * sinh(h) / h, rounding + 3 * skew);
            assert_near(g->plus / g->step, 1, 1e-16 / g->step);
            assert_near(2 * log10(g->step), round(2 * log10(g->step)), 1e-9);
            assert_true(s == 0 || g->step < c->rung[s - 1].step);
            tens += fabs(log10(g->step) - round(log10(g->step))) < 1e-9;
        }
        assert_true(tens >= 14);
        assert_true(c->step <= c->rung[0].step && c->step >= c->rung[c->steps - 1].step);
        assert_true(c->sigma > 0 && c->sigma < 1e-14);
    }
    gp_report_destroy(r);
}

/* Of few curves the wrong block has the first, and that of its wrong entry. */
static void what_is_wrong_comes_first(void **state) {
    (void)state;
    for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
        wrong = 1;
        gp_report *r = check(1, 0, 0, (gp_strategy)strategy);
        assert_int_equal(r->verdict, GP_REFUTED);
        assert_int_equal(r->curves, 1);
        assert_int_equal(r->curve[0].entry, 3);
        gp_report_destroy(r);
    }
}

/* An entry that is wrong elsewhere alone has the curve of the given point, where it is right. */
static void curves_are_of_the_given_point(void **state) {
    (void)state;
    wrong = 2;
    gp_report *r = check(BLOCKS, 0, 0, GP_FULL);
    assert_int_equal(r->verdict, GP_REFUTED);
    assert_int_equal(gp_report_at(r, 4)->status, GP_ENTRY_REFUTED);
    assert_true(gp_report_at(r, 4)->point > 0);
    assert_int_equal(r->curves, BLOCKS);
    for (size_t k = 0; k < r->curves; k++) {
        assert_int_equal(gp_report_at(r, r->curve[k].entry)->point, 0);
        assert_near(r->curve[k].f0, value(N, X), 1e-14);
    }
    gp_report_destroy(r);
}

/* F_j = exp(x_j) + x_2 x_j: along x_j the quotient is exp(x_j) sinh(h) / h + x_2. */
static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user, (void)n;
    for (size_t j = 0; j < m; j++)
        y[j] = exp(x[j]) + x[2] * x[j];
    return 0;
}

static int jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    (void)user;
    memset(J, 0, count * sizeof *J);
    for (size_t j = 0; j < count / n; j++) {
        J[j * n + j] = exp(x[j]) + x[2];
        J[j * n + 2] = x[j];
    }
    J[n + 1] *= 1.5; /* wrong */
    return 0;
}

static int hessian(void *user, size_t n, const double *x, size_t count, double *H) {
    (void)user;
    memset(H, 0, count * sizeof *H);
    for (size_t i = 0; i < n; i++)
        H[i * n + i] = exp(x[i]) * (i == 4 ? 2 : 1);
    return 0;
}

static void assert_curve(const gp_step_curve *c, double x, double shift) {
    assert_true(c->steps > 20);
    assert_true(c->sigma > 0 && c->sigma < 1e-14);
    for (unsigned s = 0; s < c->steps; s++) {
        const gp_rung *g = &c->rung[s];
        double h = (g->plus - g->minus) / 2, skew = fabs(g->plus + g->minus) / h;
        double quotient = (g->f_plus - g->f_minus) / (g->plus - g->minus);
        assert_near(quotient, exp(x) * sinh(h) / h + shift, 1e-15 / h + 3 * skew);
    }
}

/* Of maps, and of a gradient as a map, with blocks of which some come before. */
static void maps_have_curves_too(void **state) {
    (void)state;
    static testing_pair pair = {value, gradient};
    const size_t two[] = {2}, four[] = {4};
    gp_options options = {.curves = 100};
    gp_function *f;
    wrong = 0;
    assert_int_equal(gp_function_create("map", GP_FLOAT64, NULL, &f), GP_OK);
    gp_function_add_block(f, "a", 0, 1, two, X);
    gp_function_add_block(f, "b", 0, 1, four, X + 2);
    gp_function_set_map(f, 2, map);
    gp_function_set_jacobian(f, jacobian);
    gp_report *r = testing_check(f, &options);
    assert_int_equal(r->verdict, GP_REFUTED);
    assert_int_equal(r->curves, 2); /* the refuted one first; x_2 is in the other */
    assert_int_equal(r->curve[0].entry, 3);
    assert_curve(&r->curve[0], X[1], X[2]);
    assert_near(r->curve[0].f0, exp(X[1]) + X[2] * X[1], 1e-15);
    assert_true(r->curve[1].entry == 4 || r->curve[1].entry == 8);
    gp_report_destroy(r);
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("hessian", GP_FLOAT64, &pair, &f), GP_OK);
    gp_function_add_block(f, "a", 0, 1, two, X);
    gp_function_add_block(f, "b", 0, 1, four, X + 2);
    gp_function_set_value(f, testing_call_value);
    gp_function_set_gradient(f, testing_call_gradient);
    gp_function_set_hessian(f, hessian);
    for (options.jobs = 0; options.jobs < 3; options.jobs += 2) {
        r = testing_check(f, &options);
        assert_int_equal(r->verdict, GP_REFUTED);
        assert_int_equal(r->curves, 4);
        assert_int_equal(r->curve[0].entry, N + N * 2 + 4 * 4 + 2); /* x_4 along x_4 */
        assert_curve(&r->curve[0], X[4], 0);
        gp_report_destroy(r);
    }
    gp_function_destroy(f);
}

/* Values are what curves cost, and all that they change. */
static void nothing_else_changes(void **state) {
    (void)state;
    for (wrong = 0; wrong <= 2; wrong++) {
        gp_report *with = check(BLOCKS, 0, 0, GP_FULL), *without = check(0, 0, 0, GP_FULL);
        assert_int_equal(without->curves, 0);
        assert_true(with->values > without->values);
        assert_true(with->values <= without->values + BLOCKS * (2 * GP_CURVE_STEPS + 40));
        with->values = without->values;
        char *one = testing_json(with), *other = testing_json(without);
        assert_string_equal(one, other);
        free(one);
        free(other);
        gp_report_destroy(with);
        gp_report_destroy(without);
    }
}

static void every_executor_keeps_the_same(void **state) {
    (void)state;
    wrong = 1;
    gp_report *here = check(BLOCKS, 0, 0, GP_FULL);
    for (int threads = 0; threads < 2; threads++) {
        gp_report *r = check(BLOCKS, 3, threads, GP_FULL);
        assert_int_equal(r->curves, here->curves);
        assert_int_equal(r->values, here->values);
        for (size_t k = 0; k < r->curves; k++)
            assert_memory_equal(&r->curve[k], &here->curve[k], sizeof *r->curve);
        gp_report_destroy(r);
    }
    gp_report_destroy(here);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(quotients_are_those_of_the_function),
                                       cmocka_unit_test(what_is_wrong_comes_first),
                                       cmocka_unit_test(curves_are_of_the_given_point),
                                       cmocka_unit_test(maps_have_curves_too),
                                       cmocka_unit_test(nothing_else_changes),
                                       cmocka_unit_test(every_executor_keeps_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lines along columns of a Jacobian: all outputs by one call of the map. */
#include "evaluate/column.h"

#include "testing.h"

enum { N = 4, M = 3 };
static const double X[N] = {0.5, 2, -1, 0.25};
static const double LENGTH[N] = {0.5, 2, 1, 0.25};
static unsigned maps;

/* F_0 of x_0 alone, F_1 of x_1 alone, so that both columns may move at once; F_2 ends at x_2 = 0.
 */
static void F(const double *x, double *y) {
    y[0] = exp(x[0]);
    y[1] = x[1] * x[1] * x[1];
    y[2] = x[2] < 0 ? x[2] * x[3] : NAN;
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    (void)n;
    (void)m;
    maps++;
    F(x, y);
    return 0;
}

static gp_evaluator *new_evaluator(gp_function **function) {
    size_t n = N;
    gp_evaluator *e;
    maps = 0;
    assert_int_equal(gp_function_create("columns", GP_FLOAT64, NULL, function), GP_OK);
    assert_int_equal(gp_function_add_block(*function, "x", 0, 1, &n, X), GP_OK);
    assert_int_equal(gp_function_set_map(*function, M, map), GP_OK);
    assert_int_equal(gp_evaluator_create(*function, 0, NULL, 0, &e), GP_OK);
    return e;
}

static void all_outputs_come_from_one_evaluation(void **state) {
    (void)state;
    static const size_t TOGETHER[] = {0, 1};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function);
    gp_column column;
    gp_column_output first, second;
    double step, value;
    gp_column_start(&column, e, 0, M, TOGETHER, 2, LENGTH);
    gp_line a = gp_line_of_column(&first, &column, 0, 0, 1, exp(0.5));
    gp_line b = gp_line_of_column(&second, &column, 1, 1, 1, 8);
    assert_true(a.scale == 0.5 && b.scale == 2 && a.reach == 1 && b.f0 == 8);
    assert_true(b.unit == 2 * 0x1p-52);
    assert_int_equal(gp_line_value(&a, 0.125, &step, &value), GP_EVALUATED);
    assert_near(step, 0.125, 0);
    assert_near(value, exp(0.625), 1e-15);
    assert_int_equal(gp_line_value(&b, 0.5, &step, &value), GP_EVALUATED); /* as many lengths */
    assert_near(step, 0.5, 0);
    assert_near(value, 15.625, 0);
    assert_int_equal(maps, 1);
    assert_int_equal(gp_column_evaluate(&column, 0.25), GP_EVALUATED);
    assert_int_equal(maps, 1);
    assert_int_equal(gp_line_value(&b, -0.5, &step, &value), GP_EVALUATED);
    assert_int_equal(maps, 2);
    double y[M];
    assert_int_equal(gp_evaluator_map(e, 0, y), GP_EVALUATED);
    assert_near(y[0], exp(0.5), 0); /* x is back */
    gp_column_end(&column);
    gp_evaluator_destroy(e);
    gp_function_destroy(function);
}

static void an_output_that_is_not_finite_is_not_there(void **state) {
    (void)state;
    static const size_t THIRD[] = {2};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function);
    gp_column column;
    gp_column_output of, other;
    double step, value;
    gp_column_start(&column, e, 0, M, THIRD, 1, LENGTH);
    gp_line line = gp_line_of_column(&of, &column, 0, 2, 1, -0.25);
    gp_line still = gp_line_of_column(&other, &column, 0, 0, 1, exp(0.5));
    assert_int_equal(gp_line_value(&line, 1.5, &step, &value), GP_NOT_HERE);
    assert_int_equal(gp_line_value(&still, 1.5, &step, &value), GP_EVALUATED);
    assert_int_equal(gp_line_value(&line, -1.5, &step, &value), GP_EVALUATED);
    assert_near(value, -2.5 * 0.25, 0);
    gp_column_end(&column);
    gp_evaluator_destroy(e);
    gp_function_destroy(function);
}

static void what_was_kept_needs_no_second_evaluation(void **state) {
    (void)state;
    static const size_t TOGETHER[] = {0, 1};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function);
    gp_column column;
    gp_column_output of;
    double step, value, *kept = calloc(gp_column_numbers(2, M), sizeof *kept);
    assert_non_null(kept);
    gp_column_start(&column, e, 0, M, TOGETHER, 2, LENGTH);
    for (int k = 1; k <= GP_COLUMN_KEPT + 2; k++) /* the last two aren't kept */
        assert_int_equal(gp_column_evaluate(&column, 0x1p-4 * k), GP_EVALUATED);
    gp_column_keep(&column, kept);
    gp_column_end(&column);
    assert_true(gp_column_is_sound(kept, 2, M));
    gp_column_start(&column, e, 0, M, TOGETHER, 2, LENGTH);
    assert_int_equal(gp_column_recall(&column, kept), GP_EVALUATED);
    gp_line line = gp_line_of_column(&of, &column, 1, 1, 1, 8);
    unsigned before = maps;
    for (int k = 1; k <= GP_COLUMN_KEPT; k++) {
        assert_int_equal(gp_line_value(&line, 2 * 0x1p-4 * k, &step, &value), GP_EVALUATED);
        assert_near(value, pow(2 + step, 3), 1e-12);
    }
    assert_int_equal(maps, before);
    gp_column_end(&column);
    kept[0] = GP_COLUMN_KEPT + 1; /* more points than there is room for */
    assert_false(gp_column_is_sound(kept, 2, M));
    kept[0] = 1;
    kept[2] = GP_FAULT;
    assert_false(gp_column_is_sound(kept, 2, M));
    free(kept);
    gp_evaluator_destroy(e);
    gp_function_destroy(function);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_outputs_come_from_one_evaluation),
        cmocka_unit_test(an_output_that_is_not_finite_is_not_there),
        cmocka_unit_test(what_was_kept_needs_no_second_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

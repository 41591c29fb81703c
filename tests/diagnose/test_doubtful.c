/* Causes where the estimates are doubtful or few: float32 next to a singularity, bounds wider than
 * what is wrong, random directions. Each mistake is planted by hand into a gradient known in closed
 * form. */
#include "testing.h"

enum { LOGS = 12, WEIGHTS = 6, ROWS = 6, COLUMNS = 8, MATRIX = ROWS * COLUMNS };

typedef enum manner { NEGATED, HALVED, REVERSED, SHIFTED, STORED } manner;

/* ---- logarithms, x over eight decades, in float32: steps leave no more than a guess of the
 * smallest ones */

static double logarithm_at(size_t i) {
    return pow(10, -8 + 0.7 * (double)i) * (1.3 + sin(2.9 * (double)i));
}

static int logarithms(void *user, size_t n, const float *x, double *v) {
    float sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i++)
        sum += logf(x[i]);
    *v = (double)sum;
    return 0;
}

static int wrong_of_logarithms(void *user, size_t n, const float *x, float *g) {
    const manner *how = user;
    for (size_t i = 0; i < n; i++) {
        size_t from = *how == REVERSED ? n - 1 - i : *how == SHIFTED ? (i + n - 1) % n : i;
        double factor = *how == NEGATED ? -1 : *how == HALVED ? 0.5 : 1;
        double at =
            *how == STORED ? logarithm_at(i) * (0.7 + 0.2 * sin((double)i)) : (double)x[from];
        g[i] = (float)(factor / at);
    }
    return 0;
}

static void is_named(gp_function *f, const gp_options *options, const char *kind) {
    gp_block_result block;
    gp_report *report = testing_check(f, options);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_block(report, 0, &block);
    assert_int_equal(block.diagnoses, 1);
    if (strcmp(block.diagnosis[0].kind, kind) != 0)
        fail_msg("%s: got %s: %s", kind, block.diagnosis[0].kind, block.diagnosis[0].message);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void a_few_wild_estimates_hide_no_cause(void **state) {
    (void)state;
    static const char *const kinds[] = {"sign", "scaled", "reversed", "shifted", "stale"};
    for (manner how = NEGATED; how <= STORED; how++) {
        double x[LOGS];
        gp_function *f;
        for (size_t i = 0; i < LOGS; i++)
            x[i] = logarithm_at(i);
        assert_int_equal(gp_function_create("logarithms", GP_FLOAT32, &how, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){LOGS}, x), GP_OK);
        gp_function_set_value(f, logarithms);
        gp_function_set_gradient(f, wrong_of_logarithms);
        is_named(f, NULL, kinds[how]);
    }
}

/* ---- small weights in float32: all but one bound are as wide as what is wrong --------- */

static double weight(size_t i) {
    return i == 0 ? 1 : 5e-5 + 1e-5 * (double)i;
}

static int weighted(void *user, size_t n, const float *x, double *v) {
    float sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i++)
        sum += (float)weight(i) * sinf(x[i]);
    *v = (double)sum;
    return 0;
}

/* Off by 1 % in the first entry, or in all. */
static int weighted_off(void *user, size_t n, const float *x, float *g) {
    const size_t *all = user;
    for (size_t i = 0; i < n; i++)
        g[i] = (float)(weight(i) * cos((double)x[i]) * (i == 0 || *all ? 1.01 : 1));
    return 0;
}

static void estimates_nearer_than_their_bounds_tell_a_factor_from_an_entry(void **state) {
    (void)state;
    for (size_t all = 0; all < 2; all++) {
        double x[WEIGHTS];
        gp_function *f;
        for (size_t i = 0; i < WEIGHTS; i++)
            x[i] = 0.3 + 0.1 * (double)i;
        assert_int_equal(gp_function_create("weighted", GP_FLOAT32, &all, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){WEIGHTS}, x), GP_OK);
        gp_function_set_value(f, weighted);
        gp_function_set_gradient(f, weighted_off);
        is_named(f, NULL, all ? "scaled" : "entries");
    }
}

/* Brown's badly scaled function: next to 2e6 nothing is known of the second entry. */
static int badly_scaled(void *user, size_t n, const double *x, double *v) {
    (void)user, (void)n;
    *v = pow(x[0] - 1e6, 2) + pow(x[1] - 2e-6, 2) + pow(x[0] * x[1] - 2, 2);
    return 0;
}

static int badly_scaled_off(void *user, size_t n, const double *x, double *g) {
    (void)user, (void)n;
    double product = x[0] * x[1] - 2;
    g[0] = 1.001 * (2 * (x[0] - 1e6) + 2 * x[1] * product);
    g[1] = 1.001 * (2 * (x[1] - 2e-6) + 2 * x[0] * product);
    return 0;
}

static void what_explains_all_as_well_is_told(void **state) {
    (void)state;
    double x[2] = {0.999, 0.998};
    gp_function *f;
    gp_block_result block;
    assert_int_equal(gp_function_create("badly scaled", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){2}, x), GP_OK);
    gp_function_set_value(f, badly_scaled);
    gp_function_set_gradient(f, badly_scaled_off);
    gp_report *report = testing_check(f, NULL);
    gp_report_block(report, 0, &block);
    assert_int_equal(block.diagnoses, 1);
    assert_string_equal(block.diagnosis[0].kind, "unknown");
    assert_non_null(strstr(block.diagnosis[0].message, "that one alone, or 1.001 times"));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- by directions ------------------------------------------------------------------- */

typedef struct matrix {
    size_t first, count; /* examples that take part */
    int mistake; /* 0 decay, 1 transposed, 2 absolute, 3 first example alone, 4 unrelated in two
                    rows */
} matrix;

enum { EXAMPLES = 4 };

static double slope(size_t e, size_t i, double x) {
    double c = 1.5 + sin(3.7 * (double)i + 0.3 * (double)e);
    return (i % 5 == 2 ? -c : c) * cos(x * (1 + 0.2 * (double)e)) * (1 + 0.2 * (double)e);
}

static int matrix_value(void *user, size_t n, const double *x, double *v) {
    const matrix *m = user;
    *v = 0;
    for (size_t e = m->first; e < m->first + m->count; e++)
        for (size_t i = 0; i < n; i++) {
            double c = 1.5 + sin(3.7 * (double)i + 0.3 * (double)e);
            *v += (i % 5 == 2 ? -c : c) * sin(x[i] * (1 + 0.2 * (double)e)) / (double)m->count;
        }
    return 0;
}

static int matrix_gradient(void *user, size_t n, const double *x, double *g) {
    const matrix *m = user;
    double right[MATRIX];
    for (size_t i = 0; i < n; i++) {
        right[i] = 0;
        for (size_t e = m->first; e < m->first + m->count; e++)
            right[i] += slope(e, i, x[i]) / (double)m->count;
    }
    for (size_t i = 0; i < n; i++) {
        double unrelated = 1 + 0.1 * sin(17.3 * (double)i);
        g[i] = m->mistake == 0   ? right[i] + 1e-3 * x[i]
               : m->mistake == 1 ? right[i % ROWS * COLUMNS + i / ROWS]
               : m->mistake == 2 ? fabs(right[i])
               : m->mistake == 3 ? slope(m->first, i, x[i])
                                 : right[i] * (i / COLUMNS / 2 == 1 ? unrelated : 1);
    }
    return 0;
}

static int select_examples(void *user, size_t first, size_t count) {
    matrix *m = user;
    m->first = first;
    m->count = count;
    return 0;
}

static void directions_name_what_their_entries_show(void **state) {
    (void)state;
    static const char *const kinds[] = {"decay", "transposed", "absolute", "sample", "entries"};
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    for (int mistake = 0; mistake < (int)(sizeof kinds / sizeof *kinds); mistake++) {
        matrix m = {0, EXAMPLES, mistake};
        double x[MATRIX];
        gp_function *f;
        for (size_t i = 0; i < MATRIX; i++)
            x[i] = 0.2 + 0.7 * cos(1.3 * (double)i);
        assert_int_equal(gp_function_create("matrix", GP_FLOAT64, &m, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "W", 0, 2, (size_t[]){ROWS, COLUMNS}, x), GP_OK);
        gp_function_set_value(f, matrix_value);
        gp_function_set_gradient(f, matrix_gradient);
        assert_int_equal(gp_function_set_examples(f, EXAMPLES, select_examples), GP_OK);
        is_named(f, &options, kinds[mistake]);
        assert_int_equal(m.count, EXAMPLES); /* all of them are back */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_wild_estimates_hide_no_cause),
        cmocka_unit_test(estimates_nearer_than_their_bounds_tell_a_factor_from_an_entry),
        cmocka_unit_test(what_explains_all_as_well_is_told),
        cmocka_unit_test(directions_name_what_their_entries_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each cause planted by hand into a gradient known in closed form, and named by the report. */
#include "testing.h"

enum { ROWS = 4, COLUMNS = 6, MATRIX = ROWS * COLUMNS, VECTOR = 24, N = MATRIX + VECTOR + 4 + 4 };

/* Blocks A (4x6), B (24, the same size), c (4) of stages 1, 1, 2 and e (4) of stage 2. */
static double coefficient(size_t i) {
    return 1.5 + sin(3.7 * (double)i);
}

static int value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += coefficient(i) * sin(x[i]);
    return 0;
}

static double parameter(size_t i) {
    return 0.2 + 0.7 * cos(1.3 * (double)i);
}

typedef void (*mistake)(double *g, const double *x);

static int gradient(void *user, size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = coefficient(i) * cos(x[i]);
    (*(mistake *)user)(g, x);
    return 0;
}

static gp_report *check_with(mistake what, size_t batch_size) {
    gp_function *f;
    double x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = parameter(i);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, &what, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "A", 1, 2, (size_t[]){ROWS, COLUMNS}, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "B", 1, 1, (size_t[]){VECTOR}, x + MATRIX), GP_OK);
    assert_int_equal(gp_function_add_block(f, "c", 2, 1, (size_t[]){4}, x + MATRIX + VECTOR),
                     GP_OK);
    assert_int_equal(gp_function_add_block(f, "e", 2, 1, (size_t[]){4}, x + MATRIX + VECTOR + 4),
                     GP_OK);
    gp_function_set_value_f64(f, value);
    gp_function_set_gradient_f64(f, gradient);
    gp_function_set_batch_size(f, batch_size);
    gp_report *report = testing_check(f, NULL);
    gp_function_destroy(f);
    return report;
}

static void nothing(double *g, const double *x) {
    (void)g, (void)x;
}
static void scaled(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 1.25;
}
static void times_batch(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 17;
}
static void sign(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = -g[i];
}
static void zero(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = 0;
}
static void transposed(double *g, const double *x) {
    double t[MATRIX];
    (void)x;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
            t[j * ROWS + i] = g[i * COLUMNS + j];
    memcpy(g, t, sizeof t);
}
static void shifted_up(double *g, const double *x) {
    (void)x;
    memmove(g + 1, g, (MATRIX - 1) * sizeof *g);
    g[0] = 0;
}
static void shifted_down(double *g, const double *x) {
    (void)x;
    memmove(g, g + 1, (MATRIX - 1) * sizeof *g);
}
static void swapped(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++) {
        double t = g[i];
        g[i] = g[MATRIX + i];
        g[MATRIX + i] = t;
    }
}
static void stray_decay(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++)
        g[i] += 0.01 * x[i];
}
static void lacking_decay(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++)
        g[i] -= 0.01 * x[i];
}
static void one_row(double *g, const double *x) {
    (void)x;
    for (int j = 0; j < COLUMNS; j++)
        g[2 * COLUMNS + j] *= 0.3 + 0.1 * j;
}
static void one_column(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < ROWS; i++)
        g[i * COLUMNS + 5] += 0.1 + 0.05 * i;
}
static void one_entry(double *g, const double *x) {
    (void)x;
    g[9] += 0.125;
}
static void unstructured(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 1 + 0.1 * sin(17.0 * i * i + 1);
}
static void factor_in_all(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < N; i++)
        g[i] *= 3;
}

static void causes_are_named(void **state) {
    (void)state;
    static const struct {
        mistake what;
        const char *kind, *words;
        double factor;
    } cases[] = {{scaled, "scaled", "1.250000 times", 1.25},
                 {times_batch, "scaled", "batch size", 17},
                 {sign, "sign", "wrong sign", -1},
                 {zero, "zero", "zero in all 24", 0},
                 {transposed, "transposed", "4 x 6", NAN},
                 {shifted_up, "shifted", "entry i-1", 1},
                 {shifted_down, "shifted", "entry i+1", -1},
                 {swapped, "swapped", "derivative of B", NAN},
                 {stray_decay, "decay", "stray", 0.01},
                 {lacking_decay, "decay", "lacks", -0.01},
                 {one_row, "rows", "row 2", NAN},
                 {one_column, "columns", "column 5", NAN},
                 {one_entry, "entries", "A[1][3]", NAN},
                 {unstructured, "unknown", "no pattern", NAN}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_report *report = check_with(cases[k].what, 17);
        gp_block_result A, c;
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        gp_report_block(report, 0, &A);
        gp_report_block(report, 2, &c);
        assert_int_equal(A.verdict, GP_REFUTED);
        assert_int_equal(c.verdict, GP_VERIFIED);
        assert_int_equal(A.diagnoses, 1);
        if (strcmp(A.diagnosis[0].kind, cases[k].kind) != 0 ||
            !strstr(A.diagnosis[0].message, cases[k].words))
            fail_msg("%s: got %s: %s", cases[k].kind, A.diagnosis[0].kind, A.diagnosis[0].message);
        if (!isnan(cases[k].factor))
            assert_near(A.diagnosis[0].factor, cases[k].factor, 1e-6 * fabs(cases[k].factor));
        gp_report_destroy(report);
    }
}

static void right_gradients_have_no_diagnosis(void **state) {
    (void)state;
    gp_report *report = check_with(nothing, 17);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    for (size_t k = 0; k < gp_report_blocks(report); k++) {
        gp_block_result block;
        gp_report_block(report, k, &block);
        assert_int_equal(block.diagnoses, 0);
    }
    gp_report_destroy(report);
}

/* A factor in everything that flows back: the blocks nearest the loss have it, the rest follows. */
static void errors_downstream_are_told_apart(void **state) {
    (void)state;
    static const char *const kinds[] = {"downstream", "downstream", "scaled", "scaled"};
    gp_report *report = check_with(factor_in_all, 0);
    for (size_t k = 0; k < 4; k++) {
        gp_block_result block;
        gp_report_block(report, k, &block);
        assert_int_equal(block.diagnoses, 1);
        assert_string_equal(block.diagnosis[0].kind, kinds[k]);
        assert_near(block.diagnosis[0].factor, 3, 1e-6);
    }
    gp_report_destroy(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(causes_are_named),
                                       cmocka_unit_test(right_gradients_have_no_diagnosis),
                                       cmocka_unit_test(errors_downstream_are_told_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

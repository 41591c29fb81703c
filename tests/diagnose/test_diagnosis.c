/* Each cause planted by hand into a gradient known in closed form, and named by the report. */
#include "testing.h"

enum { ROWS = 4, COLUMNS = 6, MATRIX = ROWS * COLUMNS, VECTOR = 24, N = MATRIX + VECTOR + 4 + 4 };

/* Blocks A (4x6), B (24, the same size), c (4) of stages 1, 1, 2 and e (4) of stage 2. */
static double coefficient(size_t i) {
    return (i % 5 == 2 ? -1 : 1) * (1.5 + sin(3.7 * (double)i));
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
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
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
static void reversed(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX / 2; i++) {
        double t = g[i];
        g[i] = g[MATRIX - 1 - i];
        g[MATRIX - 1 - i] = t;
    }
}
static void absolute(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = fabs(g[i]);
}
static void level(double *g, const double *x) {
    double sum = 0;
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        sum += g[i];
    for (int i = 0; i < MATRIX; i++)
        g[i] = sum / MATRIX;
}
static void level_rows(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = g[i / COLUMNS * COLUMNS];
}
static void row_factors(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 0.5 + 0.3 * (i / COLUMNS);
}
static void column_factors(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 0.5 + 0.3 * (i % COLUMNS);
}
static void of_a_stored_point(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < N; i++)
        g[i] = i < MATRIX ? coefficient((size_t)i) * cos(parameter((size_t)i) + 0.3)
                          : coefficient((size_t)i) * cos(parameter((size_t)i));
}
static void unstructured(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= 1 + 0.1 * sin(17.0 * i * i + 1);
}
static void nothing_but_nan(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = NAN;
}
static void infinite(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = INFINITY;
}
static void half_negated(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX / 2; i++)
        g[i] = -g[i];
}
static void half_of_the_columns_zero(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] *= i % COLUMNS < COLUMNS / 2;
}
static void part_scaled(double *g, const double *x) {
    (void)x;
    for (int i = 3; i < 15; i++)
        g[i] *= 1.37;
}
static void decay_twice(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++) /* the value has it once */
        g[i] += 0.1 * x[i];
}
static void lacking_decay_but_in_the_last(double *g, const double *x) {
    for (int i = 0; i < MATRIX - 1; i++)
        g[i] -= 0.01 * x[i];
}
static void lacking_decay_but_in_a_column(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++)
        g[i] -= i % COLUMNS < COLUMNS - 1 ? 0.01 * x[i] : 0;
}
static void rows_swapped(double *g, const double *x) {
    (void)x;
    for (int j = 0; j < COLUMNS; j++) {
        double t = g[j];
        g[j] = g[3 * COLUMNS + j];
        g[3 * COLUMNS + j] = t;
    }
}
static void rows_shifted(double *g, const double *x) {
    (void)x;
    for (int r = 0; r < ROWS; r++) {
        double last = g[r * COLUMNS + COLUMNS - 1];
        for (int j = COLUMNS - 1; j > 0; j--)
            g[r * COLUMNS + j] = g[r * COLUMNS + j - 1];
        g[r * COLUMNS] = last;
    }
}
static void rows_reversed(double *g, const double *x) {
    (void)x;
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < COLUMNS / 2; j++) {
            double t = g[r * COLUMNS + j];
            g[r * COLUMNS + j] = g[r * COLUMNS + COLUMNS - 1 - j];
            g[r * COLUMNS + COLUMNS - 1 - j] = t;
        }
}
static void rolled(double *g, const double *x) {
    double last = g[MATRIX - 1];
    (void)x;
    memmove(g + 1, g, (MATRIX - 1) * sizeof *g);
    g[0] = last;
}
static void two_entries_swapped(double *g, const double *x) {
    double t = g[4];
    (void)x;
    g[4] = g[17];
    g[17] = t;
}
static void stray_penalty_of_signs(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++)
        g[i] += x[i] > 0 ? 0.01 : -0.01;
}
static void stray_number(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] -= 0.25;
}
static void of_another_unit(double *g, const double *x) {
    for (int i = 0; i < MATRIX; i++) /* 1 - tanh^2 for cos */
        g[i] *= (1 - tanh(x[i]) * tanh(x[i])) / cos(x[i]);
}
static void of_no_derivative(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < MATRIX; i++)
        g[i] = 0.75 + x[0]; /* one number, and no sum, mean or entry of the derivative */
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
                 {reversed, "reversed", "entry 23-i", NAN},
                 {absolute, "absolute", "sign is lost", NAN},
                 {level, "broadcast", "the same number", NAN},
                 {level_rows, "broadcast", "each row", NAN},
                 {row_factors, "rows", "from 0.5 to 1.4", NAN},
                 {column_factors, "columns", "from 0.5 to 2", NAN},
                 {of_a_stored_point, "stale", "stored", NAN},
                 {nothing_but_nan, "nonfinite", "24 of 24", NAN},
                 {infinite, "nonfinite", "24 of 24", NAN},
                 {half_negated, "sign", "0 to 1 of 4 along axis 0", -1},
                 {half_of_the_columns_zero, "zero", "3 to 5 of 6 along axis 1", 0},
                 {part_scaled, "scaled", "3 to 14 of 24", 1.37},
                 {decay_twice, "decay", "stray", 0.1},
                 {lacking_decay_but_in_the_last, "decay", "not in its last entry", -0.01},
                 {lacking_decay_but_in_a_column, "decay", "not in number 5 along axis 1", -0.01},
                 {rows_swapped, "swapped", "0 and 3 along axis 0", NAN},
                 {rows_shifted, "shifted", "along axis 1", 1},
                 {rows_reversed, "reversed", "along axis 1", NAN},
                 {rolled, "shifted", "the first that of the last", 1},
                 {two_entries_swapped, "swapped", "4 and 17 in each other's place", NAN},
                 {stray_penalty_of_signs, "decay", "L1 penalty that the value lacks", 0.01},
                 {stray_number, "offset", "lacks 0.25 in every entry", -0.25},
                 {of_another_unit, "unknown", "no pattern", NAN},
                 {of_no_derivative, "unknown", "no pattern", NAN},
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

/* ---- blocks of three dimensions --------------------------------------------------- */

enum { PLANES = 3, LINES = 4, DEEP = 6, SOLID = PLANES * LINES * DEEP };

/* Index of entry i along an axis */
static int along(int i, int axis) {
    return axis == 0 ? i / (LINES * DEEP) : axis == 1 ? i / DEEP % LINES : i % DEEP;
}
static void factors_along(double *g, int axis) {
    for (int i = 0; i < SOLID; i++)
        g[i] *= 0.5 + 0.3 * along(i, axis);
}
static void factors_of_planes(double *g, const double *x) {
    (void)x;
    factors_along(g, 0);
}
static void factors_of_lines(double *g, const double *x) {
    (void)x;
    factors_along(g, 1);
}
static void factors_across(double *g, const double *x) {
    (void)x;
    factors_along(g, 2);
}
static int is_in_box(int i) {
    return along(i, 0) >= 1 && along(i, 1) < 2 && along(i, 2) >= 2 && along(i, 2) < 5;
}
static void box_negated(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < SOLID; i++)
        g[i] *= is_in_box(i) ? -1 : 1;
}
static void box_of_noise(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < SOLID; i++)
        g[i] *= is_in_box(i) ? 2 + sin(5.1 * i) : 1;
}
static void cross_negated(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < SOLID; i++)
        g[i] *= along(i, 0) == 1 || along(i, 1) == 3 ? -1 : 1;
}
static void line_of_noise(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < SOLID; i++)
        g[i] *= along(i, 1) == 2 ? 2 + sin(5.1 * i) : 1;
}
static void half_of_the_lines_zero(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < SOLID; i++)
        g[i] *= along(i, 1) >= 2;
}
static void level_lines(double *g, const double *x) {
    double sum[LINES] = {0};
    (void)x;
    for (int i = 0; i < SOLID; i++)
        sum[along(i, 1)] += g[i];
    for (int i = 0; i < SOLID; i++)
        g[i] = sum[along(i, 1)];
}
static void solid_decay_twice(double *g, const double *x) {
    for (int i = 0; i < SOLID; i++)
        g[i] += 0.1 * x[i];
}

/* Refuted, and its first block is diagnosed with this kind and words; releases the function. */
static void is_named(gp_function *f, const char *kind, const char *words) {
    gp_block_result block;
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_block(report, 0, &block);
    assert_int_equal(block.diagnoses, 1);
    if (strcmp(block.diagnosis[0].kind, kind) != 0 || !strstr(block.diagnosis[0].message, words))
        fail_msg("%s, %s: got %s: %s", kind, words, block.diagnosis[0].kind,
                 block.diagnosis[0].message);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void causes_along_every_axis_are_named(void **state) {
    (void)state;
    static const struct {
        mistake what;
        const char *kind, *words;
    } cases[] = {{factors_of_planes, "slab", "slab along axis 0 of T is a multiple"},
                 {factors_of_lines, "slab", "slab along axis 1 of T is a multiple"},
                 {factors_across, "slab", "from 0.5 to 2"},
                 {box_negated, "sign", "wrong sign in T[1:3][0:2][2:5]"},
                 {box_of_noise, "slab", "T[1:3][0:2][2:5] is wrong"},
                 {cross_negated, "slab", "T[:][3][:], T[1][:][:] are the derivative with the opp"},
                 {line_of_noise, "slab", "wrong in index along axis 1: 2 and right"},
                 {half_of_the_lines_zero, "zero", "0 to 1 of 4 along axis 1"},
                 {level_lines, "broadcast", "slab along axis 1"},
                 {solid_decay_twice, "decay", "stray"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mistake what = cases[k].what;
        gp_function *f;
        double x[SOLID];
        for (size_t i = 0; i < SOLID; i++)
            x[i] = parameter(i);
        assert_int_equal(gp_function_create("solid", GP_FLOAT64, &what, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "T", 0, 3, (size_t[]){PLANES, LINES, DEEP}, x),
                         GP_OK);
        gp_function_set_value(f, value);
        gp_function_set_gradient(f, gradient);
        is_named(f, cases[k].kind, cases[k].words);
    }
}

/* The mean over examples of sin(x_i (1 + example / 10)), whose gradient keeps the first or the last
 * alone. */
typedef struct batch {
    size_t first, count, kept;
} batch;

static int select_examples(void *user, size_t first, size_t count) {
    batch *b = user;
    b->first = first;
    b->count = count;
    return 0;
}

static int batch_value(void *user, size_t n, const double *x, double *v) {
    const batch *b = user;
    *v = 0;
    for (size_t e = b->first; e < b->first + b->count; e++)
        for (size_t i = 0; i < n; i++)
            *v += sin(x[i] * (1 + 0.1 * (double)e)) / (double)b->count;
    return 0;
}

static int batch_gradient(void *user, size_t n, const double *x, double *g) {
    const batch *b = user;
    double k = 1 + 0.1 * (double)(b->first + (b->kept ? b->count - 1 : 0));
    for (size_t i = 0; i < n; i++)
        g[i] = k * cos(x[i] * k);
    return 0;
}

static void one_example_for_the_batch_is_named(void **state) {
    (void)state;
    for (size_t last = 0; last < 2; last++) {
        batch b = {0, 6, last};
        double x[5] = {0.3, -0.4, 0.5, 0.9, -1.1};
        gp_function *f;
        gp_block_result block;
        assert_int_equal(gp_function_create("batch", GP_FLOAT64, &b, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){5}, x), GP_OK);
        gp_function_set_value(f, batch_value);
        gp_function_set_gradient(f, batch_gradient);
        assert_int_equal(gp_function_set_examples(f, 6, select_examples), GP_OK);
        gp_report *report = testing_check(f, NULL);
        gp_report_block(report, 0, &block);
        assert_int_equal(block.diagnoses, 1);
        assert_string_equal(block.diagnosis[0].kind, "sample");
        assert_non_null(
            strstr(block.diagnosis[0].message, last ? "the last example" : "the first"));
        assert_int_equal(b.count, 6); /* the whole batch is back */
        gp_report_destroy(report);
        gp_function_destroy(f);
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

static void all_nan(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < N; i++)
        g[i] = NAN;
}
static void all_infinite(double *g, const double *x) {
    (void)x;
    for (int i = 0; i < N; i++)
        g[i] = i % 2 ? INFINITY : -INFINITY;
}
/* Adds to a buffer of its own that had been used before and is never set to zero. */
static void used_before(double *g, const double *x) {
    static double buffer[N];
    static int used;
    (void)x;
    for (int i = 0; i < N; i++) {
        if (!used)
            buffer[i] = 3 * coefficient((size_t)i) + 1;
        g[i] = buffer[i] += g[i];
    }
    used = 1;
}

/* No number, or one that grows: the whole gradient, so that nothing else is left to go by. */
static void causes_of_a_whole_gradient_are_named(void **state) {
    (void)state;
    static const struct {
        mistake what;
        const char *kind;
    } cases[] = {{all_nan, "nonfinite"}, {all_infinite, "nonfinite"}, {used_before, "accumulated"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_report *report = check_with(cases[k].what, 0);
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        for (size_t b = 0; b < gp_report_blocks(report); b++) {
            gp_block_result block;
            gp_report_block(report, b, &block);
            assert_int_equal(block.diagnoses, 1);
            assert_string_equal(block.diagnosis[0].kind, cases[k].kind);
        }
        gp_report_destroy(report);
    }
}

/* ---- losses that are linear in pieces, and stairs --------------------------------- */

/* Hinge loss of a linear model with an intercept, with weight decay in all but that; its gradient
 * lacks the decay. Or one that passes straight through a rounding. Or a float32 gradient, held
 * against a float64 value, whose smallest entry is off by 1 %. Or a network of rectified units
 * whose gradient is that of a point before. */
enum { ROWS_OF_DATA = 12, WEIGHTS = 7, UNITS = 5, WIDTH = 4, NETWORK = UNITS * (WIDTH + 1) };

static double datum(size_t e, size_t i) {
    return i == WEIGHTS - 1 ? 1 : sin(1.7 * (double)(e * WEIGHTS + i) + 0.3);
}

static double margin(size_t e, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < WEIGHTS; i++)
        sum += x[i] * datum(e, i);
    return 1 - (e % 2 ? 1 : -1) * sum;
}

static int hinge(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t e = 0; e < ROWS_OF_DATA; e++)
        *v += fmax(0, margin(e, x)) / ROWS_OF_DATA;
    for (size_t i = 0; i + 1 < n; i++)
        *v += 0.005 * x[i] * x[i];
    return 0;
}

static int hinge_without_decay(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t e = 0; e < ROWS_OF_DATA; e++)
            if (margin(e, x) > 0)
                g[i] -= (e % 2 ? 1 : -1) * datum(e, i) / ROWS_OF_DATA;
    }
    return 0;
}

/* Times one, but for rounding that all of x has a part in: it proves that nothing else moves. */
static int rounded(void *user, size_t n, const double *x, double *v) {
    double sum = 0, level = 0;
    (void)user;
    for (size_t i = 0; i + 1 < n; i++) {
        sum += (double)(i + 3) * x[i];
        level += 0.5 * round(x[i]);
    }
    *v = sin(x[n - 1]) + (7 + level) * (sin(sum) * sin(sum) + cos(sum) * cos(sum));
    return 0;
}

static int straight_through(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i + 1 < n; i++)
        g[i] = 0.5;
    g[n - 1] = cos(x[n - 1]);
    return 0;
}

static double weight_of(size_t i) {
    return 0.3 + 0.1 * (double)i;
}

static int smooth(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += weight_of(i) * sin(x[i]);
    return 0;
}

static int smallest_off(void *user, size_t n, const float *x, float *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = (float)(weight_of(i) * cos((double)x[i]) * (i == 0 ? 1.01 : 1));
    return 0;
}

static int rectified(void *user, size_t n, const double *x, double *v) {
    (void)user, (void)n;
    *v = 0;
    for (size_t e = 0; e < ROWS_OF_DATA; e++)
        for (size_t u = 0; u < UNITS; u++) {
            double sum = x[UNITS * WIDTH + u];
            for (size_t i = 0; i < WIDTH; i++)
                sum += x[u * WIDTH + i] * datum(e, i);
            *v += (1 + 0.3 * (double)u) * fmax(0, sum) / ROWS_OF_DATA;
        }
    return 0;
}

static int rectified_of_a_stored_point(void *user, size_t n, const double *x, double *g) {
    (void)user, (void)x;
    memset(g, 0, n * sizeof *g);
    for (size_t e = 0; e < ROWS_OF_DATA; e++)
        for (size_t u = 0; u < UNITS; u++) {
            double sum = -parameter(UNITS * WIDTH + u) - 0.3;
            for (size_t i = 0; i < WIDTH; i++)
                sum += -parameter(u * WIDTH + i) * datum(e, i);
            double error = sum > 0 ? (1 + 0.3 * (double)u) / ROWS_OF_DATA : 0;
            for (size_t i = 0; i < WIDTH; i++)
                g[u * WIDTH + i] += error * datum(e, i);
            g[UNITS * WIDTH + u] += error;
        }
    return 0;
}

static gp_function *function_of(gp_dtype dtype, size_t n) {
    double x[NETWORK];
    gp_function *f;
    for (size_t i = 0; i < n; i++)
        x[i] = parameter(i);
    assert_int_equal(gp_function_create("f", dtype, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){n}, x), GP_OK);
    return f;
}

static void decay_of_all_but_the_intercept_is_named(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT64, WEIGHTS);
    gp_function_set_value(f, hinge);
    gp_function_set_gradient(f, hinge_without_decay);
    is_named(f, "decay", "but not in its last entry");
}

static void a_straight_through_gradient_is_named(void **state) {
    (void)state;
    double y = 0.4;
    gp_function *f = function_of(GP_FLOAT64, WEIGHTS);
    assert_int_equal(gp_function_add_block(f, "y", 0, 1, (size_t[]){1}, &y), GP_OK);
    gp_function_set_value(f, rounded);
    gp_function_set_gradient(f, straight_through);
    is_named(f, "straight-through", "all 7 entries");
}

static void the_smallest_entry_in_mixed_precision_is_named(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT32, NETWORK);
    gp_function_set_value(f, smooth);
    gp_function_set_gradient(f, smallest_off);
    is_named(f, "entries", "x[0]");
}

static void a_stored_gradient_of_rectified_units_is_named(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT64, NETWORK);
    gp_function_set_value(f, rectified);
    gp_function_set_gradient(f, rectified_of_a_stored_point);
    is_named(f, "stale", "stored");
}

/* ---- a derivative of a map: every row an output ----------------------------------- */

enum { OUTPUTS = 6, INPUTS = 6, ALL = OUTPUTS * INPUTS };

static double jacobian_at(size_t j, size_t i, const double *x) {
    return coefficient(7 * j + i) * cos(x[i] + 0.2 * (double)j);
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t i = 0; i < n; i++)
            y[j] += coefficient(7 * j + i) * sin(x[i] + 0.2 * (double)j);
    }
    return 0;
}

typedef void (*map_mistake)(double *J, const double *x);

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    double J[ALL];
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n; i++)
            J[j * n + i] = jacobian_at(j, i, x);
    (*(map_mistake *)user)(J, x);
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t j = 0; j < m; j++)
            g[i] += u[j] * J[j * n + i];
    }
    return 0;
}

static void move_rows(double *J, int by) {
    double row[INPUTS];
    for (int j = 0; j < OUTPUTS; j++) {
        memcpy(row, J + j * INPUTS, sizeof row);
        for (int i = 0; i < INPUTS; i++)
            J[j * INPUTS + i] = row[(i + INPUTS - by) % INPUTS];
    }
}
static void map_shifted(double *J, const double *x) {
    (void)x;
    move_rows(J, 1);
}
static void map_shifted_back(double *J, const double *x) {
    (void)x;
    move_rows(J, -1);
}
static void map_outputs_shifted(double *J, const double *x) {
    (void)x;
    memmove(J + INPUTS, J, (ALL - INPUTS) * sizeof *J);
}
static void map_reversed(double *J, const double *x) {
    double row[INPUTS];
    (void)x;
    for (int j = 0; j < OUTPUTS; j++) {
        memcpy(row, J + j * INPUTS, sizeof row);
        for (int i = 0; i < INPUTS; i++)
            J[j * INPUTS + i] = row[INPUTS - 1 - i];
    }
}
static void map_transposed(double *J, const double *x) {
    double T[ALL];
    (void)x;
    for (int k = 0; k < ALL; k++)
        T[k] = J[k % OUTPUTS * INPUTS + k / OUTPUTS];
    memcpy(J, T, sizeof T);
}
static void map_negated(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] = -J[k];
}
static void map_scaled(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= 1.25;
}
static void map_zero(double *J, const double *x) {
    (void)x;
    memset(J, 0, ALL * sizeof *J);
}
static void map_output_zero(double *J, const double *x) {
    (void)x;
    memset(J + 2 * INPUTS, 0, INPUTS * sizeof *J);
}
static void map_last_output_forgotten(double *J, const double *x) {
    (void)x;
    memset(J + ALL - INPUTS, 0, INPUTS * sizeof *J);
}
static void map_input_zero(double *J, const double *x) {
    (void)x;
    for (int j = 0; j < OUTPUTS; j++)
        J[j * INPUTS + 4] = 0;
}
static void map_outputs_swapped(double *J, const double *x) {
    (void)x;
    for (int i = 0; i < INPUTS; i++) {
        double t = J[INPUTS + i];
        J[INPUTS + i] = J[3 * INPUTS + i];
        J[3 * INPUTS + i] = t;
    }
}
static void map_outputs_weighed(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= 0.5 + 0.3 * (k / INPUTS);
}
static void map_inputs_weighed(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= 0.5 + 0.3 * (k % INPUTS);
}
static void map_half_negated(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL / 2; k++)
        J[k] = -J[k];
}
static void map_absolute(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] = fabs(J[k]);
}
static void map_broadcast(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] = J[k / INPUTS * INPUTS];
}
static void map_one_entry(double *J, const double *x) {
    (void)x;
    J[2 * INPUTS + 3] += 0.125;
}
static void map_nan(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] = NAN;
}
static void map_unstructured(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= 1 + 0.1 * sin(17.0 * k * k + 1);
}

static void causes_of_maps_are_named(void **state) {
    (void)state;
    static const struct {
        map_mistake what;
        const char *kind, *words;
    } cases[] = {
        {map_shifted, "shifted", "along axis 1: entry i holds the derivative of entry i-1"},
        {map_shifted_back, "shifted", "along axis 1: entry i holds the derivative of entry i+1"},
        {map_outputs_shifted, "shifted", "along axis 0"},
        {map_reversed, "reversed", "along axis 1"},
        {map_transposed, "transposed", "6 x 6"},
        {map_negated, "sign", "wrong sign"},
        {map_scaled, "scaled", "1.250000 times"},
        {map_zero, "zero", "zero in all 36"},
        {map_output_zero, "rows", "row 2"},
        {map_last_output_forgotten, "rows", "row 5"},
        {map_input_zero, "columns", "column 4"},
        {map_outputs_swapped, "swapped", "1 and 3 along axis 0"},
        {map_outputs_weighed, "rows", "from 0.5 to 2"},
        {map_inputs_weighed, "columns", "from 0.5 to 2"},
        {map_half_negated, "sign", "0 to 2 of 6 along axis 0"},
        {map_absolute, "absolute", "sign is lost"},
        {map_broadcast, "broadcast", "each row"},
        {map_one_entry, "entries", "vjp x[2][3]"},
        {map_nan, "nonfinite", "36 of 36"},
        {map_unstructured, "unknown", "no pattern"}};
    double x[INPUTS];
    for (size_t i = 0; i < INPUTS; i++)
        x[i] = parameter(i);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        map_mistake what = cases[k].what;
        gp_function *f;
        assert_int_equal(gp_function_create("F", GP_FLOAT64, &what, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){INPUTS}, x), GP_OK);
        assert_int_equal(gp_function_set_map(f, OUTPUTS, map), GP_OK);
        assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
        is_named(f, cases[k].kind, cases[k].words);
    }
}

/* ---- derivatives of maps that aren't computed, or written, as they should be ------ */

typedef enum fault { STORED_ELSEWHERE, STORED_HERE, ADDED, USED_BUFFER } fault;

/* Two blocks of inputs, so that a product has numbers of both. */
typedef struct faulty {
    fault fault;
    double x[INPUTS], buffer[ALL];
} faulty;

static void faulty_jacobian(const faulty *f, const double *x, double *J) {
    double elsewhere[INPUTS];
    for (size_t i = 0; i < INPUTS; i++)
        elsewhere[i] = f->fault == STORED_ELSEWHERE ? 0.4 - f->x[i]
                       : f->fault == STORED_HERE    ? f->x[i]
                                                    : x[i];
    for (size_t j = 0; j < OUTPUTS; j++)
        for (size_t i = 0; i < INPUTS; i++)
            J[j * INPUTS + i] = jacobian_at(j, i, elsewhere);
}

static void faulty_write(faulty *f, const double *answer, size_t count, double *out) {
    for (size_t q = 0; q < count; q++)
        out[q] = f->fault == ADDED         ? out[q] + answer[q]
                 : f->fault == USED_BUFFER ? (f->buffer[q] += answer[q])
                                           : answer[q];
}

static int faulty_vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    double J[ALL], answer[INPUTS] = {0};
    faulty_jacobian(user, x, J);
    for (size_t k = 0; k < m * n; k++)
        answer[k % n] += u[k / n] * J[k];
    faulty_write(user, answer, n, g);
    return 0;
}

static int faulty_jvp(void *user, size_t n, const double *x, const double *v, size_t m, double *y) {
    double J[ALL], answer[OUTPUTS] = {0};
    faulty_jacobian(user, x, J);
    for (size_t k = 0; k < m * n; k++)
        answer[k / n] += v[k % n] * J[k];
    faulty_write(user, answer, m, y);
    return 0;
}

static int faulty_whole(void *user, size_t n, const double *x, size_t count, double *out) {
    double J[ALL];
    (void)n;
    faulty_jacobian(user, x, J);
    faulty_write(user, J, count, out);
    return 0;
}

/* Whatever its form: a VJP, a JVP, a whole Jacobian. */
static void faults_of_derivatives_of_maps_are_named(void **state) {
    (void)state;
    static const char *const kinds[] = {"stale", "stale", "accumulated", "accumulated"};
    for (int k = 0; k < 12; k++) {
        faulty f = {.fault = (fault)(k / 3)};
        gp_function *F;
        gp_block_result block;
        for (size_t i = 0; i < INPUTS; i++)
            f.x[i] = parameter(i);
        for (size_t q = 0; q < ALL; q++)
            f.buffer[q] = 1 + coefficient(q);
        assert_int_equal(gp_function_create("F", GP_FLOAT64, &f, &F), GP_OK);
        gp_function_add_block(F, "w", 0, 1, (size_t[]){2}, f.x);
        gp_function_add_block(F, "x", 0, 2, (size_t[]){2, 2}, f.x + 2);
        gp_function_set_map(F, OUTPUTS, map);
        if (k % 3 == 0)
            gp_function_set_vjp(F, faulty_vjp);
        else if (k % 3 == 1)
            gp_function_set_jvp(F, faulty_jvp);
        else
            gp_function_set_jacobian(F, faulty_whole);
        gp_report *report = testing_check(F, NULL);
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        for (size_t b = 0; b < 2; b++) {
            gp_report_block(report, b, &block);
            assert_int_equal(block.verdict, GP_REFUTED);
            assert_int_equal(block.diagnoses, 1);
            if (strcmp(block.diagnosis[0].kind, kinds[f.fault]) != 0)
                fail_msg("%d: got %s: %s", k, block.diagnosis[0].kind, block.diagnosis[0].message);
        }
        gp_report_destroy(report);
        gp_function_destroy(F);
    }
}

/* A VJP that doesn't depend on x is right where the map is linear. */
static int linear_map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t i = 0; i < n; i++)
            y[j] += coefficient(7 * j + i) * x[i];
    }
    return 0;
}

static int linear_vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    (void)user, (void)x;
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t j = 0; j < m; j++)
            g[i] += u[j] * coefficient(7 * j + i);
    }
    return 0;
}

static void a_constant_derivative_of_a_linear_map_is_verified(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT64, INPUTS);
    gp_function_set_map(f, OUTPUTS, linear_map);
    gp_function_set_vjp(f, linear_vjp);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void map_inputs_swapped(double *J, const double *x) {
    (void)x;
    for (int j = 0; j < OUTPUTS; j++) {
        double t = J[j * INPUTS + 1];
        J[j * INPUTS + 1] = J[j * INPUTS + 4];
        J[j * INPUTS + 4] = t;
    }
}
static void map_half_zero(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= k % INPUTS < 3;
}
static void map_rounding(double *J, const double *x) {
    for (int k = 0; k < ALL; k++)
        J[k] = 1e-17 * (1 + k % 5) * x[k % INPUTS];
}
static void map_pairs_weighed(double *J, const double *x) {
    (void)x;
    for (int k = 0; k < ALL; k++)
        J[k] *= 0.5 + 0.3 * (k % INPUTS);
}

/* Inputs in a matrix: what happened to them in one line is told from what happened by row. */
static void causes_along_all_inputs_of_a_map_are_named(void **state) {
    (void)state;
    static const struct {
        map_mistake what;
        const char *kind, *words;
    } cases[] = {{map_shifted, "shifted", "along its inputs: entry i holds"},
                 {map_shifted_back, "shifted", "along its inputs"},
                 {map_reversed, "reversed", "along its inputs"},
                 {map_inputs_swapped, "swapped", "1 and 4 along its inputs"},
                 {map_half_zero, "zero", "is zero in 3 to 5 of 6 along its inputs"},
                 {map_pairs_weighed, "columns", "from 0.5 to 2"},
                 {map_rounding, "zero", "zero but for rounding"}};
    double x[INPUTS];
    for (size_t i = 0; i < INPUTS; i++)
        x[i] = parameter(i);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        map_mistake what = cases[k].what;
        gp_function *f;
        assert_int_equal(gp_function_create("F", GP_FLOAT64, &what, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 2, (size_t[]){3, 2}, x), GP_OK);
        gp_function_set_map(f, OUTPUTS, map);
        gp_function_set_vjp(f, vjp);
        is_named(f, cases[k].kind, cases[k].words);
    }
}

/* ---- entries beside others that say little --------------------------------------- */

/* Rectified x, half of them at their kink. */
static int kinked(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += weight_of(i) * (fmax(0, x[i]) + sin(x[i]));
    return 0;
}

static int kinked_entry_off(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = weight_of(i) * ((x[i] > 0) + cos(x[i])) * (i == 5 ? 1.01 : 1);
    return 0;
}

static void an_entry_between_kinks_is_named(void **state) {
    (void)state;
    double x[12];
    gp_function *f;
    for (size_t i = 0; i < 12; i++)
        x[i] = i % 2 || i == 8 ? parameter(i) : 0;
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){12}, x), GP_OK);
    gp_function_set_value(f, kinked);
    gp_function_set_gradient(f, kinked_entry_off);
    is_named(f, "entries", "1 entry of x is wrong and 11 right: x[5]");
}

/* The largest of each row, of which all but one gradient are zero at any one point; row 1 is
 * masked, so that one entry is wrong at the given point and the others are at points of their own.
 */
enum { POOLS = 5, POOL = 4 };

static size_t largest_in(const double *row) {
    size_t at = 0;
    for (size_t i = 1; i < POOL; i++)
        at = row[i] > row[at] ? i : at;
    return at;
}

static int pooled(void *user, size_t n, const double *x, double *v) {
    (void)user, (void)n;
    *v = 0;
    for (size_t r = 0; r < POOLS; r++)
        *v += weight_of(r) * x[r * POOL + largest_in(x + r * POOL)];
    return 0;
}

static int pooled_without_a_row(void *user, size_t n, const double *x, double *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t r = 0; r < POOLS; r++)
        g[r * POOL + largest_in(x + r * POOL)] = r == 1 ? 0 : weight_of(r);
    return 0;
}

static void a_masked_row_that_shows_at_several_points_is_named(void **state) {
    (void)state;
    double x[POOLS * POOL];
    gp_function *f;
    for (size_t i = 0; i < POOLS * POOL; i++)
        x[i] = parameter(i);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 2, (size_t[]){POOLS, POOL}, x), GP_OK);
    gp_function_set_value(f, pooled);
    gp_function_set_gradient(f, pooled_without_a_row);
    is_named(f, "rows", "in row 1 and right");
}

/* Squares of what is above 0: at the given point nothing is, and at each other one some entries are.
 */
enum { RAMPS = 9 };

static int ramps(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += weight_of(i) * fmax(0, x[i]) * fmax(0, x[i]);
    return 0;
}

static int ramps_shifted(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++) {
        size_t from = (i + n - 1) % n;
        g[i] = 2 * weight_of(from) * fmax(0, x[from]);
    }
    return 0;
}

static void a_shift_that_the_given_point_hides_is_named(void **state) {
    (void)state;
    double x[RAMPS];
    gp_function *f;
    for (size_t i = 0; i < RAMPS; i++)
        x[i] = -0.4 - 0.3 * fabs(parameter(i));
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){RAMPS}, x), GP_OK);
    gp_function_set_value(f, ramps);
    gp_function_set_gradient(f, ramps_shifted);
    is_named(f, "shifted", "entry i holds the derivative of entry i-1");
}

/* A float32 value whose rounding hides 2 % of most derivatives from a few values an entry. */
static const double LEVEL = 1000;

static int on_a_level(void *user, size_t n, const float *x, double *v) {
    (void)user;
    double sum = LEVEL;
    for (size_t i = 0; i < n; i++)
        sum += weight_of(i) * sin((double)x[i]);
    *v = (float)sum;
    return 0;
}

static int scaled_a_little(void *user, size_t n, const float *x, float *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = (float)(1.02 * weight_of(i) * cos((double)x[i]));
    return 0;
}

static void a_small_factor_in_noise_is_named(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT32, 7);
    gp_function_set_value(f, on_a_level);
    gp_function_set_gradient(f, scaled_a_little);
    is_named(f, "scaled", "times the derivative in all 7");
}

/* What is stored is a multiple of the derivative, which runs along one line everywhere. */
static int along_a_line(void *user, size_t n, const double *x, double *v) {
    double sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i++)
        sum += weight_of(i) * x[i];
    *v = sum * sum;
    return 0;
}

static int stored_multiple(void *user, size_t n, const double *x, double *g) {
    (void)user, (void)x;
    for (size_t i = 0; i < n; i++)
        g[i] = 3.7 * weight_of(i);
    return 0;
}

static void a_stored_multiple_of_the_derivative_is_stale(void **state) {
    (void)state;
    gp_function *f = function_of(GP_FLOAT64, 10);
    gp_function_set_value(f, along_a_line);
    gp_function_set_gradient(f, stored_multiple);
    is_named(f, "stale", "stays the same at another point");
}

/* A row of a large block that is masked, in a check whose budget ends while that row is looked at:
 * of the whole block nothing may be said. */
enum { TALL = 80, WIDE = 50 };

static int large_sum(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += (1 + (double)(i % 7)) * sin(x[i]);
    return 0;
}

static int large_masked(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = i / WIDE == 23 ? 0 : (1 + (double)(i % 7)) * cos(x[i]);
    return 0;
}

/* Random directions go along all entries at once, so that a count of single ones would be 0. */
static void says_what_was_looked_at(const gp_report *report) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(gp_report_print(report, stream, GP_PRINT_QUIET), GP_OK);
    fclose(stream);
    if (strstr(text, " 0 of ") || (gp_report_verdict(report) == GP_INCONCLUSIVE &&
                                   !strstr(text, "random directions along all 4000 entries")))
        fail_msg("%s", text);
    free(text);
}

static void a_sample_cut_short_says_nothing_of_the_whole(void **state) {
    (void)state;
    static double x[TALL * WIDE];
    size_t cut = 0;
    for (size_t i = 0; i < TALL * WIDE; i++)
        x[i] = parameter(i);
    for (uint64_t budget = 10; budget < 200; budget += 9) {
        gp_function *f;
        gp_options options;
        gp_options_init(&options);
        options.budget_evaluations = budget;
        assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "W", 0, 2, (size_t[]){TALL, WIDE}, x), GP_OK);
        gp_function_set_value(f, large_sum);
        gp_function_set_gradient(f, large_masked);
        gp_report *report = testing_check(f, &options);
        gp_block_result block;
        gp_report_block(report, 0, &block);
        for (size_t k = 0; k < block.diagnoses; k++)
            if (strcmp(block.diagnosis[k].kind, "scaled") == 0 ||
                strstr(block.diagnosis[k].message, "0.000000 times"))
                fail_msg("budget %d: %s", (int)budget, block.diagnosis[k].message);
        says_what_was_looked_at(report);
        cut += gp_report_interrupted(report) && block.diagnoses;
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
    assert_true(cut > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_are_named),
        cmocka_unit_test(causes_along_every_axis_are_named),
        cmocka_unit_test(one_example_for_the_batch_is_named),
        cmocka_unit_test(right_gradients_have_no_diagnosis),
        cmocka_unit_test(errors_downstream_are_told_apart),
        cmocka_unit_test(causes_of_a_whole_gradient_are_named),
        cmocka_unit_test(decay_of_all_but_the_intercept_is_named),
        cmocka_unit_test(a_straight_through_gradient_is_named),
        cmocka_unit_test(the_smallest_entry_in_mixed_precision_is_named),
        cmocka_unit_test(a_stored_gradient_of_rectified_units_is_named),
        cmocka_unit_test(causes_of_maps_are_named),
        cmocka_unit_test(faults_of_derivatives_of_maps_are_named),
        cmocka_unit_test(a_constant_derivative_of_a_linear_map_is_verified),
        cmocka_unit_test(causes_along_all_inputs_of_a_map_are_named),
        cmocka_unit_test(an_entry_between_kinks_is_named),
        cmocka_unit_test(a_masked_row_that_shows_at_several_points_is_named),
        cmocka_unit_test(a_shift_that_the_given_point_hides_is_named),
        cmocka_unit_test(a_small_factor_in_noise_is_named),
        cmocka_unit_test(a_stored_multiple_of_the_derivative_is_stale),
        cmocka_unit_test(a_sample_cut_short_says_nothing_of_the_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

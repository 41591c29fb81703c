/* Random directions and the search for what they find wrong: mistakes of known place and kind. */
#include "testing.h"

enum { ROWS = 90, COLUMNS = 70, VECTOR = 3000, N = ROWS * COLUMNS + VECTOR + 1 };

typedef enum mistake {
    NONE,
    ONE_ENTRY,
    TEN_ENTRIES,
    ROW,
    COLUMN,
    BLOCK,
    SCALAR,
    EVERYTHING,
    UNWRITTEN,
    ADDED_TO,
    STALE,
    WRITES_X,
    SORTS_X,
    WRITES_X_ONCE
} mistake;

static unsigned values, writes_at; /* calls so far; the one that writes, from 1 */

typedef struct subject {
    mistake mistake;
    double last[N]; /* x of the last value */
} subject;

/* f = mean of x^2 / 2 + x^3 / 30 + (x_i x_(i+1)) / 8 */
static int value(void *user, size_t n, const double *x, double *v) {
    subject *s = user;
    long double sum = 0; /* noise of more than rounding takes more evaluations */
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i] / 2 + x[i] * x[i] * x[i] / 30 + x[i] * x[(i + 1) % n] / 8;
    *v = (double)(sum / n);
    memcpy(s->last, x, sizeof s->last);
    values++;
    if (s->mistake == WRITES_X || (s->mistake == WRITES_X_ONCE && values == writes_at))
        ((double *)x)[n / 2] += 1;
    if (s->mistake == SORTS_X) {
        double first = x[0];
        ((double *)x)[0] = x[1];
        ((double *)x)[1] = first;
    }
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    subject *s = user;
    if (s->mistake == STALE)
        x = s->last;
    for (size_t i = 0; i < n; i++) {
        double own =
            (x[i] + x[i] * x[i] / 10 + (x[(i + 1) % n] + x[(i + n - 1) % n]) / 8) / (double)n;
        if (s->mistake == ADDED_TO && i >= (size_t)ROWS * COLUMNS)
            g[i] += own;
        else if (s->mistake != UNWRITTEN || i != 17)
            g[i] = own;
    }
    switch (s->mistake) {
    case ONE_ENTRY:
        g[4321] *= 2;
        break;
    case TEN_ENTRIES:
        for (size_t k = 0; k < 10; k++)
            g[k * 911 + 5] *= k % 2 ? 3 : -1;
        break;
    case ROW:
        for (size_t j = 0; j < COLUMNS; j++)
            g[33 * COLUMNS + j] *= 1.5;
        break;
    case COLUMN:
        for (size_t i = 0; i < ROWS; i++)
            g[i * COLUMNS + 12] *= -1;
        break;
    case BLOCK:
        for (size_t i = ROWS * COLUMNS; i + 1 < n; i++)
            g[i] *= 1.01;
        break;
    case SCALAR:
        g[n - 1] *= 2;
        break;
    case EVERYTHING:
        for (size_t i = 0; i < n; i++)
            g[i] *= 2;
        break;
    default:
        break;
    }
    return 0;
}

static gp_report *check(mistake m, uint64_t seed, double confidence) {
    static subject s;
    static double x[N];
    const size_t shape[] = {ROWS, COLUMNS}, length = VECTOR;
    gp_function *f;
    gp_report *r = NULL;
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    options.seed = seed;
    options.confidence = confidence;
    s.mistake = m;
    values = 0;
    for (size_t i = 0; i < N; i++)
        x[i] = 0.4 + fmod((double)i * 0.6180339887498949, 1);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "A", 0, 2, shape, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &length, x + ROWS * COLUMNS), GP_OK);
    assert_int_equal(gp_function_add_block(f, "c", 0, 0, NULL, x + N - 1), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    assert_int_equal(gp_check(f, &options, &r, NULL), GP_OK);
    gp_function_destroy(f);
    return r;
}

static gp_block_result block_of(const gp_report *r, size_t block) {
    gp_block_result result;
    assert_int_equal(gp_report_block(r, block, &result), GP_OK);
    return result;
}

static void assert_named(const gp_report *r, size_t block, const char *kind, const char *words) {
    gp_block_result b = block_of(r, block);
    assert_int_equal(b.verdict, GP_REFUTED);
    assert_true(b.diagnoses > 0);
    assert_string_equal(b.diagnosis[0].kind, kind);
    assert_non_null(strstr(b.diagnosis[0].message, words));
}

static void a_right_gradient_takes_few_evaluations(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        gp_report *r = check(NONE, seed, 0);
        assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
        assert_true(gp_report_evaluations(r, 0) + gp_report_evaluations(r, 1) <= 120);
        assert_true(gp_report_resolution(r) < 3e-5);
        gp_report_destroy(r);
    }
}

/* A larger probability of a miss takes fewer directions or leaves a finer resolution. */
static void confidence_is_paid_for(void **state) {
    (void)state;
    double sure = 0, bold = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        gp_report *careful = check(NONE, seed, 1e-9), *careless = check(NONE, seed, 1e-2);
        sure += gp_report_resolution(careful) * block_of(careful, 0).directions;
        bold += gp_report_resolution(careless) * block_of(careless, 0).directions;
        gp_report_destroy(careful);
        gp_report_destroy(careless);
    }
    assert_true(sure > 4 * bold);
}

static void single_entries_are_found(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        gp_report *r = check(ONE_ENTRY, seed, 0);
        gp_entry entry;
        assert_named(r, 0, "entries", "A[61][51]");
        assert_int_equal(gp_report_entry(r, 4321, &entry), GP_OK);
        assert_int_equal(entry.status, GP_ENTRY_REFUTED);
        assert_near(entry.analytic, 2 * entry.numeric, 4 * entry.bound);
        assert_int_equal(block_of(r, 0).count[GP_ENTRY_REFUTED], 1);
        assert_int_equal(block_of(r, 1).verdict, GP_VERIFIED);
        assert_true(gp_report_evaluations(r, 0) <= 240);
        assert_true(gp_report_resolution(r) < 3e-5); /* of the rest */
        gp_report_destroy(r);
        r = check(TEN_ENTRIES, seed, 0);
        size_t found =
            block_of(r, 0).count[GP_ENTRY_REFUTED] + block_of(r, 1).count[GP_ENTRY_REFUTED];
        assert_int_equal(found, 10);
        assert_true(gp_report_evaluations(r, 0) <= 1500);
        gp_report_destroy(r);
    }
}

static void rows_columns_and_blocks_are_told_apart(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        gp_report *r = check(ROW, seed, 0);
        assert_named(r, 0, "rows", "A[33][:]");
        assert_int_equal(block_of(r, 1).verdict, GP_VERIFIED);
        gp_report_destroy(r);
        r = check(COLUMN, seed, 0);
        assert_named(r, 0, "columns", "A[:][12]");
        gp_report_destroy(r);
        r = check(BLOCK, seed, 0);
        assert_named(r, 1, "scaled", "1.010000");
        assert_int_equal(block_of(r, 0).verdict, GP_VERIFIED);
        gp_report_destroy(r);
        r = check(SCALAR, seed, 0);
        assert_named(r, 2, "scaled", "2.000000");
        gp_report_destroy(r);
        r = check(EVERYTHING, seed, 0);
        for (size_t b = 0; b < 3; b++)
            assert_named(r, b, "scaled", "2.000000");
        gp_report_destroy(r);
    }
}

static void what_callbacks_do_wrong_is_seen_here_too(void **state) {
    (void)state;
    gp_report *r = check(UNWRITTEN, 0, 0);
    assert_named(r, 0, "unwritten", "A[0][17]");
    gp_report_destroy(r);
    r = check(ADDED_TO, 0, 0);
    assert_named(r, 1, "accumulated", "b");
    gp_report_destroy(r);
    r = check(STALE, 0, 0);
    assert_named(r, 0, "stale", "A");
    gp_report_destroy(r);
    for (mistake m = WRITES_X; m <= SORTS_X; m++) {
        r = check(m, 0, 0);
        assert_int_equal(gp_report_verdict(r), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(r), "wrote to its input"));
        gp_report_destroy(r);
    }
}

/* In whichever call it happens. */
static void a_single_write_is_seen(void **state) {
    (void)state;
    gp_report *r = check(NONE, 0, 0);
    unsigned calls = values;
    gp_report_destroy(r);
    assert_true(calls >= 20);
    for (writes_at = 1; writes_at <= calls; writes_at++) {
        r = check(WRITES_X_ONCE, 0, 0);
        assert_int_equal(gp_report_verdict(r), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(r), "the value callback wrote to its input"));
        gp_report_destroy(r);
    }
}

/* ---- functions that rounding hides ------------------------------------------------ */

typedef enum hiding { SATURATED, NEAR_EXTREMUM, SHORT_SUMS, SHORT_STORAGE, HIDINGS } hiding;
enum { HIDDEN = 60 };

typedef struct hidden {
    hiding by;
    double factor; /* of the gradient under test */
} hidden;

/* Rounded to eight significant bits. */
static double to_eight_bits(double v) {
    int exponent;
    double mantissa = frexp(v, &exponent);
    return ldexp(nearbyint(256 * mantissa) / 256, exponent);
}

static int hidden_value(void *user, size_t n, const double *x, double *v) {
    const hidden *h = user;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += h->by == SATURATED       ? -log(1 / (1 + exp(-40 - x[i])))
               : h->by == NEAR_EXTREMUM ? 1 - cos(1e-9 * x[i])
               : h->by == SHORT_SUMS    ? (double)(float)sin(x[i] * x[(i + 1) % n]) + x[i] * x[i]
                                        : sin(to_eight_bits(x[i]));
    *v = sum;
    return 0;
}

static int hidden_gradient(void *user, size_t n, const double *x, double *g) {
    const hidden *h = user;
    for (size_t i = 0; i < n; i++) {
        double next = x[(i + 1) % n], last = x[(i + n - 1) % n];
        g[i] = h->by == SATURATED       ? -1 / (1 + exp(40 + x[i]))
               : h->by == NEAR_EXTREMUM ? 1e-9 * sin(1e-9 * x[i])
               : h->by == SHORT_SUMS ? next * cos(x[i] * next) + last * cos(x[i] * last) + 2 * x[i]
                                     : cos(x[i]);
        g[i] *= h->factor;
    }
    return 0;
}

static gp_verdict verdict_of_hidden(hiding by, double factor, uint64_t seed) {
    hidden h = {by, factor};
    double x[HIDDEN];
    const size_t shape = HIDDEN;
    gp_function *f;
    gp_report *r;
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    options.points = 1;
    options.seed = seed;
    for (size_t i = 0; i < HIDDEN; i++)
        x[i] = 0.3 + fmod((double)(i + 11 * seed) * 0.6180339887498949, 1);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, &h, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &shape, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, hidden_value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, hidden_gradient), GP_OK);
    assert_int_equal(gp_check(f, &options, &r, NULL), GP_OK);
    gp_verdict verdict = gp_report_verdict(r);
    gp_report_destroy(r);
    gp_function_destroy(f);
    return verdict;
}

static void rounding_refutes_no_right_gradient(void **state) {
    (void)state;
    for (hiding by = 0; by < HIDINGS; by++)
        for (uint64_t seed = 0; seed < 12; seed++)
            assert_int_not_equal(verdict_of_hidden(by, 1, seed), GP_REFUTED);
}

/* Of what rounding hides, little may be seen; of what stands above it, most is. */
static void a_doubled_gradient_is_verified_behind_no_rounding(void **state) {
    (void)state;
    unsigned refuted = 0;
    for (hiding by = 0; by < HIDINGS; by++)
        for (uint64_t seed = 0; seed < 12; seed++) {
            gp_verdict verdict = verdict_of_hidden(by, 2, seed);
            assert_int_not_equal(verdict, GP_VERIFIED);
            refuted += by == SHORT_SUMS && verdict == GP_REFUTED;
        }
    assert_true(refuted >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_gradient_takes_few_evaluations),
        cmocka_unit_test(confidence_is_paid_for),
        cmocka_unit_test(single_entries_are_found),
        cmocka_unit_test(rows_columns_and_blocks_are_told_apart),
        cmocka_unit_test(what_callbacks_do_wrong_is_seen_here_too),
        cmocka_unit_test(a_single_write_is_seen),
        cmocka_unit_test(rounding_refutes_no_right_gradient),
        cmocka_unit_test(a_doubled_gradient_is_verified_behind_no_rounding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The tape of balls, by another route: random formulas, whose values MPFR works out at 1,000 bits
 * and whose derivatives are differences of those, (f(x + h) - f(x - h)) / 2h with h = 2^-300. That
 * shares neither the arithmetic nor a single rule of differentiation with the tape.
 *
 * GP_ENCLOSURES=1000000 tries so many formulas. */
#include <mpfr.h>

#include "prove/tape.h"
#include "system/random.h"
#include "testing.h"

enum { VARIABLES = 3, LONGEST = 10, MOST = VARIABLES + LONGEST, BITS = 1000, STEP = -300 };

typedef struct formula {
    size_t count; /* operations after the variables */
    struct {
        int operation; /* -1: a constant */
        double number;
        size_t a, b;
    } part[LONGEST];
} formula;

/* ---- random formulas ---------------------------------------------------------------------- */

typedef struct draw {
    uint64_t seed, at;
} draw;

static uint64_t below(draw *d, uint64_t limit) {
    return gp_random_bits(d->seed, GP_STREAM_SAMPLE, 0, d->at++) % limit;
}

static double some_number(draw *d) {
    static const double PLAIN[] = {0, 1, 2, 3, -1, 0.5, -2, 10};
    if (below(d, 3) == 0)
        return PLAIN[below(d, sizeof PLAIN / sizeof *PLAIN)];
    double size = ldexp(1, (int)below(d, 12) - 7);
    return size * gp_random_normal(d->seed, GP_STREAM_SAMPLE, 1, d->at++);
}

static formula some_formula(draw *d) {
    formula f = {.count = 1 + below(d, LONGEST)};
    int operations = 0;
    while (gp_operation_string((gp_operation)operations))
        operations++;
    for (size_t i = 0; i < f.count; i++) {
        f.part[i].operation = below(d, 6) == 0 ? -1 : (int)below(d, (uint64_t)operations);
        f.part[i].number = some_number(d);
        f.part[i].a = below(d, VARIABLES + i);
        f.part[i].b = below(d, VARIABLES + i);
    }
    return f;
}

/* ---- by MPFR ------------------------------------------------------------------------------- */

static int log_of_gamma(mpfr_t y, const mpfr_t a, mpfr_rnd_t rounding) {
    int sign;
    return mpfr_lgamma(y, &sign, a, rounding);
}

typedef int (*of_one)(mpfr_t, const mpfr_t, mpfr_rnd_t);
typedef int (*of_two)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);

static const struct {
    const char *name;
    of_one one;
    of_two two;
} BY_MPFR[] = {
    {"add", NULL, mpfr_add},        {"subtract", NULL, mpfr_sub}, {"multiply", NULL, mpfr_mul},
    {"divide", NULL, mpfr_div},     {"negate", mpfr_neg, NULL},   {"sqrt", mpfr_sqrt, NULL},
    {"exp", mpfr_exp, NULL},        {"expm1", mpfr_expm1, NULL},  {"log", mpfr_log, NULL},
    {"log1p", mpfr_log1p, NULL},    {"pow", NULL, mpfr_pow},      {"sin", mpfr_sin, NULL},
    {"cos", mpfr_cos, NULL},        {"tan", mpfr_tan, NULL},      {"asin", mpfr_asin, NULL},
    {"acos", mpfr_acos, NULL},      {"atan", mpfr_atan, NULL},    {"atan2", NULL, mpfr_atan2},
    {"sinh", mpfr_sinh, NULL},      {"cosh", mpfr_cosh, NULL},    {"tanh", mpfr_tanh, NULL},
    {"asinh", mpfr_asinh, NULL},    {"acosh", mpfr_acosh, NULL},  {"atanh", mpfr_atanh, NULL},
    {"erf", mpfr_erf, NULL},        {"erfc", mpfr_erfc, NULL},    {"gamma", mpfr_gamma, NULL},
    {"lgamma", log_of_gamma, NULL}, {"min", NULL, mpfr_min},      {"max", NULL, mpfr_max},
    {"abs", mpfr_abs, NULL}};

/* to := f where variable `which` is x[which] + sign 2^STEP */
static void value_by_mpfr(const formula *f, const double *x, size_t which, int sign, mpfr_t *number,
                          mpfr_t to) {
    for (size_t i = 0; i < VARIABLES; i++) {
        mpfr_set_d(number[i], x[i], MPFR_RNDN);
        if (i == which) {
            mpfr_set_si_2exp(to, sign, STEP, MPFR_RNDN);
            mpfr_add(number[i], number[i], to, MPFR_RNDN);
        }
    }
    for (size_t i = 0; i < f->count; i++) {
        mpfr_ptr y = number[VARIABLES + i];
        if (f->part[i].operation < 0) {
            mpfr_set_d(y, f->part[i].number, MPFR_RNDN);
            continue;
        }
        const char *name = gp_operation_string((gp_operation)f->part[i].operation);
        assert_string_equal(name, BY_MPFR[f->part[i].operation].name);
        if (BY_MPFR[f->part[i].operation].one)
            BY_MPFR[f->part[i].operation].one(y, number[f->part[i].a], MPFR_RNDN);
        else
            BY_MPFR[f->part[i].operation].two(y, number[f->part[i].a], number[f->part[i].b],
                                              MPFR_RNDN);
        if (mpfr_zero_p(y)) /* real numbers have one zero, and atan2 tells MPFR's two apart */
            mpfr_set_zero(y, 1);
    }
    mpfr_set(to, number[VARIABLES + f->count - 1], MPFR_RNDN);
}

/* ---- by the tape ---------------------------------------------------------------------------- */

static gp_ball write_down(const formula *f, const double *x, gp_tape *t, gp_ball *variable) {
    gp_ball at[MOST];
    arb_t number;
    arb_init(number);
    for (size_t i = 0; i < VARIABLES; i++) {
        arb_set_d(number, x[i]);
        at[i] = variable[i] = gp_tape_variable(t, number);
    }
    arb_clear(number);
    for (size_t i = 0; i < f->count; i++)
        at[VARIABLES + i] = f->part[i].operation < 0
                                ? gp_tape_constant(t, f->part[i].number)
                                : gp_tape_apply(t, (gp_operation)f->part[i].operation,
                                                at[f->part[i].a], at[f->part[i].b]);
    return at[VARIABLES + f->count - 1];
}

/* Is the number in the ball? The 2^-400 that it may be off (2^-250 at a kink, where a difference is
 * off by h times the second derivative) are far from the ball's own 2^-200 and from what any
 * mistake would make. */
static int contains(const arb_t ball, const mpfr_t number, int at_kink) {
    arb_t wider;
    arf_t exact;
    mag_t more;
    arb_init(wider);
    arf_init(exact);
    mag_init(more);
    arf_set_mpfr(exact, number);
    arb_set(wider, ball);
    arf_get_mag(more, exact);
    mag_add_ui(more, more, 1);
    mag_mul_2exp_si(more, more, at_kink ? -250 : -400);
    arb_add_error_mag(wider, more);
    int in = arb_contains_arf(wider, exact);
    arb_clear(wider);
    arf_clear(exact);
    mag_clear(more);
    return in;
}

static int is_moderate(const mpfr_t number) {
    return mpfr_number_p(number) && (mpfr_zero_p(number) || mpfr_get_exp(number) < 100);
}

static void describe(const formula *f, const double *x) {
    for (size_t i = 0; i < VARIABLES; i++)
        fprintf(stderr, "  %zu: x = %.17g\n", i, x[i]);
    for (size_t i = 0; i < f->count; i++)
        if (f->part[i].operation < 0)
            fprintf(stderr, "  %zu: %.17g\n", VARIABLES + i, f->part[i].number);
        else
            fprintf(stderr, "  %zu: %s %zu %zu\n", VARIABLES + i,
                    gp_operation_string((gp_operation)f->part[i].operation), f->part[i].a,
                    f->part[i].b);
}

/* 1 where there was something to compare. */
static int compare(const formula *f, const double *x, slong precision, mpfr_t *number) {
    gp_kinks kinks = {0};
    gp_tape tape;
    gp_ball variable[VARIABLES];
    mpfr_t plus, minus;
    int compared = 0;
    gp_tape_open(&tape, precision, GP_SHARE_ANY, &kinks);
    gp_ball value = write_down(f, x, &tape, variable);
    assert_int_equal(gp_tape_reverse(&tape, value), GP_OK);
    mpfr_init2(plus, BITS);
    mpfr_init2(minus, BITS);
    value_by_mpfr(f, x, VARIABLES, 0, number, plus);
    if (arb_is_finite(tape.ball + value) && is_moderate(plus)) {
        compared = 1;
        if (!contains(tape.ball + value, plus, 0)) {
            describe(f, x);
            fail_msg("the value isn't in its ball");
        }
    }
    for (size_t i = 0; i < VARIABLES && compared; i++) {
        value_by_mpfr(f, x, i, 1, number, plus);
        value_by_mpfr(f, x, i, -1, number, minus);
        mpfr_sub(plus, plus, minus, MPFR_RNDN);
        mpfr_mul_2si(plus, plus, -STEP - 1, MPFR_RNDN);
        if (!arb_is_finite(tape.adjoint + variable[i]) || !is_moderate(plus))
            continue;
        if (!contains(tape.adjoint + variable[i], plus, kinks.exact > 0)) {
            describe(f, x);
            fail_msg("derivative %zu isn't in its ball", i);
        }
    }
    mpfr_clear(plus);
    mpfr_clear(minus);
    gp_tape_close(&tape);
    return compared;
}

static void balls_contain_what_another_route_finds(void **state) {
    static const slong PRECISIONS[] = {24, 53, 100, 200};
    const char *asked = getenv("GP_ENCLOSURES");
    size_t count = asked ? (size_t)strtoull(asked, NULL, 10) : 4000, compared = 0;
    mpfr_t number[MOST];
    (void)state;
    for (size_t i = 0; i < MOST; i++)
        mpfr_init2(number[i], BITS);
    for (size_t k = 0; k < count; k++) {
        draw d = {k, 0};
        double x[VARIABLES];
        formula f = some_formula(&d);
        for (size_t i = 0; i < VARIABLES; i++)
            x[i] = some_number(&d);
        compared += (size_t)compare(&f, x, PRECISIONS[k % 4], number);
    }
    for (size_t i = 0; i < MOST; i++)
        mpfr_clear(number[i]);
    mpfr_free_cache();
    printf("%zu formulas, %zu within their domains\n", count, compared);
    assert_true(compared > count / 2);
}

/* Every operation by itself, at points of its domain: none is only ever outside of it above. */
static void every_operation_has_its_derivative(void **state) {
    static const double POINTS[][VARIABLES] = {
        {0.3, 0.7, 0}, {1.5, 0.25, 0}, {-0.4, -1.3, 0}, {2.5, 3, 0}, {-2.5, 1.5, 0}};
    mpfr_t number[MOST];
    (void)state;
    for (size_t i = 0; i < MOST; i++)
        mpfr_init2(number[i], BITS);
    for (int op = 0; gp_operation_string((gp_operation)op); op++) {
        int compared = 0;
        formula f = {.count = 1};
        f.part[0].operation = op;
        f.part[0].b = 1;
        for (size_t k = 0; k < sizeof POINTS / sizeof *POINTS; k++)
            compared += compare(&f, POINTS[k], 128, number);
        assert_true(compared >= 2);
    }
    for (size_t i = 0; i < MOST; i++)
        mpfr_clear(number[i]);
    mpfr_free_cache();
}

/* ---- kinks and edges --------------------------------------------------------------------------
 */

/* The derivative of operation(x, 0) at x, with a share. */
static void derivative_at(gp_operation operation, double x, gp_share share, gp_kinks *kinks,
                          arb_t to) {
    gp_tape tape;
    arb_t number;
    memset(kinks, 0, sizeof *kinks);
    arb_init(number);
    arb_set_d(number, x);
    gp_tape_open(&tape, 53, share, kinks);
    gp_ball v = gp_tape_variable(&tape, number);
    gp_ball y = gp_tape_apply(&tape, operation, v, gp_tape_constant(&tape, 0));
    assert_int_equal(gp_tape_reverse(&tape, y), GP_OK);
    arb_set(to, tape.adjoint + v);
    gp_tape_close(&tape);
    arb_clear(number);
}

static void slopes_at_kinks_are_those_of_the_share(void **state) {
    static const struct {
        gp_operation operation;
        double left, right;
    } CASES[] = {{GP_OP_ABS, -1, 1}, {GP_OP_MAX, 0, 1}, {GP_OP_MIN, 1, 0}};
    gp_kinks kinks;
    arb_t d, expected;
    (void)state;
    arb_init(d);
    arb_init(expected);
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        double slope[] = {CASES[k].left, CASES[k].right, (CASES[k].left + CASES[k].right) / 2};
        for (int share = GP_SHARE_LEFT; share <= GP_SHARE_MIDDLE; share++) {
            derivative_at(CASES[k].operation, 0, (gp_share)share, &kinks, d);
            arb_set_d(expected, slope[share]);
            assert_true(arb_equal(d, expected));
            assert_int_equal(kinks.exact, 1);
            assert_non_null(strstr(kinks.line[0], "exactly at its kink"));
        }
        derivative_at(CASES[k].operation, 0, GP_SHARE_ANY, &kinks, d);
        for (int s = 0; s < 2; s++) {
            arb_set_d(expected, slope[s]);
            assert_true(arb_contains(d, expected));
        }
        derivative_at(CASES[k].operation, -1e-300, GP_SHARE_ANY, &kinks, d);
        arb_set_d(expected, CASES[k].left);
        assert_true(arb_equal(d, expected));
        assert_int_equal(kinks.exact + kinks.undecided, 0);
    }
    arb_clear(d);
    arb_clear(expected);
}

static void edges_of_domains_have_no_derivative(void **state) {
    static const struct {
        gp_operation operation;
        double x;
    } CASES[] = {{GP_OP_SQRT, 0},   {GP_OP_LOG, 0},     {GP_OP_LOG, -1},  {GP_OP_ASIN, 1},
                 {GP_OP_ACOS, -1},  {GP_OP_ACOSH, 1},   {GP_OP_ATANH, 1}, {GP_OP_LOG1P, -1},
                 {GP_OP_GAMMA, -2}, {GP_OP_LGAMMA, -3}, {GP_OP_DIVIDE, 1}};
    gp_kinks kinks;
    arb_t d;
    (void)state;
    arb_init(d);
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        derivative_at(CASES[k].operation, CASES[k].x, GP_SHARE_LEFT, &kinks, d);
        assert_false(arb_is_finite(d));
        assert_int_equal(kinks.edges, 1);
        assert_non_null(strstr(kinks.line[0], gp_operation_string(CASES[k].operation)));
    }
    arb_clear(d);
}

/* atan(log(-1)), of a constant too: the angle of whatever it is would be finite. */
static void what_is_undefined_stays_undefined(void **state) {
    (void)state;
    for (int op = 0; gp_operation_string((gp_operation)op); op++) {
        gp_kinks kinks = {0};
        gp_tape t;
        gp_tape_open(&t, 53, GP_SHARE_LEFT, &kinks);
        gp_ball half = gp_tape_constant(&t, 0.5);
        gp_ball nothing = gp_tape_one(&t, GP_OP_LOG, gp_tape_constant(&t, -1));
        assert_false(arb_is_finite(t.ball + gp_tape_apply(&t, (gp_operation)op, nothing, half)));
        if (gp_operation_operands((gp_operation)op) == 2)
            assert_false(
                arb_is_finite(t.ball + gp_tape_apply(&t, (gp_operation)op, half, nothing)));
        gp_tape_close(&t);
    }
}

/* An open tape, its kinks, and a number, 0. */
typedef struct tape_test {
    gp_kinks kinks;
    gp_tape tape;
    arb_t number;
} tape_test;

static int open_tape(void **state) {
    tape_test *test = calloc(1, sizeof *test);
    if (!test)
        return -1;
    arb_init(test->number);
    gp_tape_open(&test->tape, 53, GP_SHARE_LEFT, &test->kinks);
    *state = test;
    return 0;
}

static int close_tape(void **state) {
    tape_test *test = *state;
    gp_tape_close(&test->tape);
    arb_clear(test->number);
    free(test);
    return 0;
}

/* 0 sqrt(x) at x = 0: a factor of 0 doesn't make up for a derivative that there is not. */
static void nothing_makes_up_for_an_edge(void **state) {
    tape_test *test = *state;
    gp_tape *t = &test->tape;
    gp_ball x = gp_tape_variable(t, test->number);
    gp_ball y =
        gp_tape_apply(t, GP_OP_MULTIPLY, gp_tape_one(t, GP_OP_SQRT, x), gp_tape_constant(t, 0));
    assert_int_equal(gp_tape_reverse(t, y), GP_OK);
    assert_false(arb_is_finite(t->adjoint + x));
}

/* What the value doesn't depend on may be as it will. */
static void what_is_not_needed_does_no_harm(void **state) {
    tape_test *test = *state;
    gp_tape *t = &test->tape;
    gp_ball x = gp_tape_variable(t, test->number);
    (void)gp_tape_one(t, GP_OP_LOG, x);
    (void)gp_tape_one(t, GP_OP_ABS, x);
    gp_ball y = gp_tape_one(t, GP_OP_EXP, x);
    assert_int_equal(gp_tape_reverse(t, y), GP_OK);
    assert_true(arb_is_one(t->adjoint + x));
    assert_int_equal(test->kinks.lines, 0);
}

/* atan2(x, -1) > 3 at x = 0, where the angle is pi and jumps to -pi just beside: decided, and yet
 * no reason to believe that the branch is the same all around. */
static void comparisons_of_what_jumps_are_edges(void **state) {
    tape_test *test = *state;
    gp_tape *t = &test->tape;
    gp_ball x = gp_tape_variable(t, test->number);
    gp_ball angle = gp_tape_apply(t, GP_OP_ATAN2, x, gp_tape_constant(t, -1));
    assert_int_equal(gp_tape_compare(t, angle, gp_tape_constant(t, 3)), 1);
    assert_int_equal(gp_tape_reverse(t, x), GP_OK);
    assert_int_equal(test->kinks.edges, 1);
    assert_false(arb_is_finite(t->adjoint + x));
}

static void comparisons_are_decided_or_reported(void **state) {
    tape_test *test = *state;
    gp_tape *t = &test->tape;
    gp_ball one = gp_tape_constant(t, 1), three = gp_tape_constant(t, 3);
    arb_set_d(test->number, 3);
    gp_ball x = gp_tape_variable(t, test->number);
    gp_ball y = gp_tape_apply(t, GP_OP_DIVIDE, one, x);
    assert_int_equal(gp_tape_compare(t, one, three), -1);
    assert_int_equal(gp_tape_compare(t, three, one), 1);
    assert_int_equal(gp_tape_compare(t, one, gp_tape_constant(t, 1)), 0);
    assert_int_equal(gp_tape_compare(t, x, x), 0);
    assert_int_equal(test->kinks.ties + test->kinks.undecided, 0);
    assert_int_equal(gp_tape_compare(t, x, three), 0);
    assert_int_equal(test->kinks.ties, 1);
    /* 1/3 and 1/3 in two ways */
    gp_ball z =
        gp_tape_apply(t, GP_OP_DIVIDE, gp_tape_constant(t, 2), gp_tape_apply(t, GP_OP_ADD, x, x));
    assert_int_equal(gp_tape_compare(t, y, z), GP_UNDECIDED);
    assert_int_equal(test->kinks.undecided, 1);
    assert_int_equal(t->status, GP_OK);
    assert_int_equal(gp_tape_compare(t, x, 12345), GP_UNDECIDED);
    assert_int_equal(t->status, GP_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls_contain_what_another_route_finds),
        cmocka_unit_test(every_operation_has_its_derivative),
        cmocka_unit_test(slopes_at_kinks_are_those_of_the_share),
        cmocka_unit_test(edges_of_domains_have_no_derivative),
        cmocka_unit_test(what_is_undefined_stays_undefined),
        cmocka_unit_test_setup_teardown(nothing_makes_up_for_an_edge, open_tape, close_tape),
        cmocka_unit_test_setup_teardown(what_is_not_needed_does_no_harm, open_tape, close_tape),
        cmocka_unit_test_setup_teardown(comparisons_of_what_jumps_are_edges, open_tape, close_tape),
        cmocka_unit_test_setup_teardown(comparisons_are_decided_or_reported, open_tape, close_tape),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

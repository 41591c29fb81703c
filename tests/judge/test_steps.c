/* The steps of a decision, one after the other, on lines that are C functions of one variable and
 * whose derivatives are known in closed form: what each may bring, and that each is of use. */
#include "judge/steps.h"

#include "../estimate/curve.h"

static double smooth(double x) {
    return sin(x) + 2;
}

/* Much faster than the usual steps are long, which see aliases of it. */
static double fast(double x) {
    return sin(x) + 1e-5 * sin(3e6 * x);
}

static double noisy(double x) {
    return sin(x) + 5e-8 * hash_of(x);
}

/* A ripple that is far below the value, and that the smallest steps see through. */
static double rippled(double x) {
    return sin(x) + 1e-10 * sin(1e5 * x);
}

/* An intermediate that is kept in a shorter format. */
static double stepped(double x) {
    return 3 * ((double)(float)(x * x)) + x;
}

/* The same with treads that are wider than the usual steps. */
static double coarse(double x) {
    return 3 * (round(x * x * 0x1p12) * 0x1p-12) + x;
}

static double bent(double x) {
    return fabs(x - 1) + 0.5 * x + 1e-12 * hash_of(x);
}

/* A logarithm's singularity next to 1, and one that is nearer than steps can go. */
static double singular(double x) {
    return x + 1e-3 * log(fabs(x - 1 - 1e-9));
}

static double singular_at_once(double x) {
    return sin(x) + 1e-11 * log(fabs(x - 1 - 1e-13));
}

static gp_outcome complex_smooth(void *context, double h, double *re, double *im) {
    const test_curve *c = context;
    *re = sin(c->x) * cosh(h) + 2;
    *im = cos(c->x) * sinh(h);
    return GP_EVALUATED;
}

/* Lines at 1, and what a survey would know of their noise: at the steps in use, at tiny ones, in
 * first looks, and whether there are stairs. The derivatives on both sides of 1 are what a gradient
 * means, without noise, ripples and stairs. */
#define COS1 0.54030230586813977
static const struct {
    curve f;
    double left, right;
    gp_noise noise;
    int complex, limited;
} LINES[] = {
    {smooth, COS1, COS1, {1e-16, 1e-16, 1e-16, 0}, 0, 0},
    {smooth, COS1, COS1, {1e-13, 1e-16, 1e-13, 0}, 1, 0},
    {fast, COS1 + 14.3328188423197, COS1 + 14.3328188423197, {1e-16, 1e-16, 1e-16, 0}, 0, 0},
    {noisy, COS1, COS1, {2.9e-8, 2.9e-8, 2.9e-8, 0}, 0, 0},
    {noisy, COS1, COS1, {2.9e-8, 2.9e-8, 2.9e-8, 0}, 0, 1},
    {rippled, COS1, COS1, {1e-16, 1e-16, 1e-10, 0}, 0, 0},
    {rippled, COS1, COS1, {1e-16, 1e-16, 1e-10, 0}, 0, 1},
    {stepped, 7, 7, {1e-16, 1e-16, 1e-16, 0}, 0, 0},
    {stepped, 7, 7, {1e-16, 1e-16, 1e-16, 1}, 0, 0},
    {coarse, 7, 7, {1e-16, 1e-16, 1e-16, 0}, 0, 0},
    {bent, -0.5, 1.5, {1e-12, 1e-16, 1e-12, 0}, 0, 0},
    {singular, 1 - 1e6, 1 - 1e6, {1e-16, 1e-16, 1e-16, 0}, 0, 0},
    {singular_at_once, COS1 - 100, COS1 - 100, {1e-12, 1e-12, 1e-12, 0}, 0, 0},
};
/* What the number under test is off by, as a share of the derivative on the right. */
static const double OFF[] = {0, 1e-6, -1e-6, 1e-3, 1e-2, 0.1, 1, 10};
static const gp_tolerance T = {
    .rtol = 1e-5, .atol = 1e-6, .fine_atol = 1e-8, .floor = 0.1, .zero_floor = 0.1};
enum { LINE_COUNT = sizeof LINES / sizeof *LINES, OFF_COUNT = sizeof OFF / sizeof *OFF };

/* What each step may do to a number that isn't in stairs, in the order of the table. */
static const struct {
    const char *name;
    int verifies, refutes;
} MAY[] = {
    {"ladder", 1, 1},          {"complex step", 1, 1},  {"nearby", 1, 1},
    {"other windows", 0, 0},   {"second ladder", 0, 0}, {"from afar", 0, 0},
    {"stairs", 0, 0},          {"larger steps", 0, 0},  {"closest", 0, 0},
    {"first estimate", 0, 0},  {"kink's slopes", 1, 0}, {"stairs as noise", 1, 0},
    {"ripple as noise", 1, 0}, {"many values", 1, 0},
};
enum { STEPS = sizeof MAY / sizeof *MAY };

typedef struct test_course {
    test_curve curve;
    gp_line line;
    gp_ladder ladder;
    gp_decision decision;
} test_course;

static void begin(test_course *t, size_t line, double off) {
    *t = (test_course){.curve = {.f = LINES[line].f, .x = 1}};
    t->line = curve_line(&t->curve, 1);
    t->line.complex_value = LINES[line].complex ? complex_smooth : NULL;
    t->line.limited = LINES[line].limited;
    assert_int_equal(gp_ladder_start(&t->ladder, &t->line, 1), GP_EVALUATED);
    t->decision =
        (gp_decision){.line = &t->line,
                      .noise = LINES[line].noise,
                      .tolerance = &T,
                      .a = LINES[line].right * (1 + off),
                      .ladder = &t->ladder,
                      .shift = 1,
                      .parts = GP_STEP_ESTIMATE | GP_STEP_DOUBT | GP_STEP_FAR | GP_STEP_OPEN};
}

static int is_accepted(gp_entry_status status) {
    return status == GP_ENTRY_VERIFIED || status == GP_ENTRY_KINK;
}

static void each_step_keeps_to_what_it_may_bring(void **state) {
    (void)state;
    size_t acted[STEPS] = {0};
    assert_int_equal(gp_step_count, STEPS);
    for (size_t l = 0; l < LINE_COUNT; l++)
        for (size_t o = 0; o < OFF_COUNT; o++) {
            test_course t;
            begin(&t, l, OFF[o]);
            gp_decision *d = &t.decision;
            for (size_t k = 0; k < STEPS; k++) {
                const gp_step *step = &gp_steps[k];
                gp_estimate before = d->estimate;
                gp_entry_status was = d->status;
                assert_string_equal(step->name, MAY[k].name);
                assert_int_equal(gp_step_take(step, d), GP_EVALUATED);
                acted[k] += d->status != was || d->estimate.bound != before.bound ||
                            d->estimate.derivative != before.derivative;
                if (!MAY[k].verifies && !d->in_stairs)
                    assert_true(!is_accepted(d->status) || d->status == was);
                if (!MAY[k].refutes)
                    assert_true(d->status != GP_ENTRY_REFUTED || d->status == was);
            }
            /* And together they are right. */
            double beyond = fmax(LINES[l].left - d->a, d->a - LINES[l].right);
            if (beyond <= 2e-6 * fabs(d->a) && d->status == GP_ENTRY_REFUTED)
                fail_msg("line %zu: %.17g is right and was refuted", l, d->a);
            if (beyond > 1e-4 * fabs(d->a) && is_accepted(d->status))
                fail_msg("line %zu: %.17g is wrong and was verified", l, d->a);
        }
    for (size_t k = 0; k < STEPS; k++)
        if (acted[k] == 0)
            fail_msg("no line here shows what the step '%s' is for: add one", MAY[k].name);
}

/* Whatever their estimates say: begun where they have no business, steps that doubt turn nothing
 * into a proof, and steps that would prove refute nothing. */
static void no_step_brings_the_opposite(void **state) {
    (void)state;
    for (size_t l = 0; l < LINE_COUNT; l++)
        for (size_t o = 0; o < OFF_COUNT; o++)
            for (size_t k = 1; k < STEPS; k++) {
                test_course t;
                if (MAY[k].verifies == 1 && MAY[k].refutes == 1)
                    continue;
                begin(&t, l, OFF[o]);
                gp_decision *d = &t.decision;
                assert_int_equal(gp_step_take(&gp_steps[0], d), GP_EVALUATED);
                d->first = d->second = d->nearby = d->far = d->estimate;
                d->status = MAY[k].verifies ? GP_ENTRY_UNRESOLVED : GP_ENTRY_REFUTED;
                assert_int_equal(gp_step_take(&gp_steps[k], d), GP_EVALUATED);
                if (MAY[k].verifies)
                    assert_int_not_equal(d->status, GP_ENTRY_REFUTED);
                else
                    assert_true(d->in_stairs || !is_accepted(d->status));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_step_keeps_to_what_it_may_bring),
                                       cmocka_unit_test(no_step_brings_the_opposite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lines that an evaluator makes: whichever way values come about, a line is the same function of t.
 */
#include "evaluate/along.h"

#include "testing.h"

enum { N = 5 };
static const double X[N] = {0.5, -1.25, 2, 0, 3};

typedef struct subject {
    unsigned values, entries, changes, directions;
} subject;

static double f(const double *x) {
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += sin(x[i] * (double)(i + 1)) + x[i] * x[(i + 1) % N];
    return sum;
}

static int value(void *user, size_t n, const double *x, double *v) {
    (void)n;
    ((subject *)user)->values++;
    *v = f(x);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    (void)x;
    memset(g, 0, n * sizeof *g);
    return 0;
}

static int entries(void *user, size_t n, const double *x, int same_x, size_t count,
                   const size_t *entry, const double *number, double *values) {
    (void)same_x;
    ((subject *)user)->entries++;
    for (size_t k = 0; k < count; k++) {
        double there[N];
        memcpy(there, x, n * sizeof *x);
        there[entry[k]] = number[k];
        values[k] = f(there);
    }
    return 0;
}

static int changes(void *user, size_t n, const double *x, const double *v, int same_v, size_t count,
                   const double *step, double *changes) {
    ((subject *)user)->changes++;
    ((subject *)user)->directions += !same_v;
    for (size_t k = 0; k < count; k++) {
        double there[N];
        for (size_t i = 0; i < n; i++)
            there[i] = x[i] + step[k] * v[i];
        changes[k] = f(there) - f(x);
    }
    return 0;
}

static gp_evaluator *new_evaluator(gp_function **function, subject *s, int in_place) {
    size_t n = N;
    gp_evaluator *e;
    assert_int_equal(gp_function_create("lines", GP_FLOAT64, s, function), GP_OK);
    assert_int_equal(gp_function_add_block(*function, "x", 0, 1, &n, X), GP_OK);
    assert_int_equal(gp_function_set_value(*function, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(*function, gradient), GP_OK);
    assert_int_equal(gp_evaluator_create(*function, 0, NULL, in_place, &e), GP_OK);
    return e;
}

static void end(gp_evaluator *e, gp_function *function) {
    gp_evaluator_destroy(e);
    gp_function_destroy(function);
}

/* f where the probe's line is at `step`. */
static double expected(const gp_probe *probe, double step) {
    double there[N];
    for (size_t i = 0; i < N; i++)
        there[i] = X[i] + step * gp_probe_component(probe, i);
    return f(there);
}

static const gp_probe ENTRY = {.offset = 1, .entries = 1, .scale = 1.25};
static const gp_probe DIRECTION = {
    .entries = N, .seed = 7, .stream = GP_STREAM_DIRECTION, .part = 3, .scale = 1};

static void assert_on_line(const gp_line *line, const gp_probe *probe, double t) {
    double step, v;
    assert_int_equal(gp_line_value(line, t, &step, &v), GP_EVALUATED);
    assert_near(step, t, 1e-12);
    assert_near(v, expected(probe, step) - (line->f0 == 0 ? f(X) : 0), 1e-13);
}

static void lines_are_what_their_probes_say(void **state) {
    (void)state;
    for (int in_place = 0; in_place < 2; in_place++) {
        subject s = {0};
        gp_function *function;
        gp_evaluator *e = new_evaluator(&function, &s, in_place);
        gp_along one, other;
        gp_line entry = gp_line_along(&one, e, &ENTRY, f(X));
        gp_line direction = gp_line_along(&other, e, &DIRECTION, f(X));
        static const double STEPS[] = {0.5, 0.25, -0.25, 1e-3, 0.75, -1e-5};
        for (size_t k = 0; k < sizeof STEPS / sizeof *STEPS; k++) {
            assert_on_line(&direction, &DIRECTION, STEPS[k]);
            if (k % 2) /* what another line has done with x doesn't matter */
                assert_on_line(&entry, &ENTRY, STEPS[k]);
        }
        double v;
        assert_int_equal(gp_evaluator_value(e, &v), GP_EVALUATED);
        assert_near(v, f(X), 0); /* x is back, to the last bit */
        assert_true(entry.unit >= 1.25 * 0x1p-52 && entry.epsilon == 0x1p-52);
        end(e, function);
    }
}

static void two_directions_may_take_turns(void **state) {
    (void)state;
    subject s = {0};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function, &s, 1);
    gp_probe across = DIRECTION;
    across.part = 4;
    gp_along one, other;
    gp_line a = gp_line_along(&one, e, &DIRECTION, f(X)),
            b = gp_line_along(&other, e, &across, f(X));
    for (double t = 1; t > 1e-3; t /= 2) {
        assert_on_line(&a, &DIRECTION, t);
        assert_on_line(&b, &across, t / 3);
    }
    end(e, function);
}

static void values_that_were_foreseen_take_one_call(void **state) {
    (void)state;
    subject s = {0};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function, &s, 0);
    assert_int_equal(gp_function_set_entries(function, entries), GP_OK);
    gp_along along;
    gp_line line = gp_line_along(&along, e, &ENTRY, f(X));
    static const double STEPS[] = {0.5, -0.5, 0.25, -0.25};
    assert_int_equal(gp_line_foresee(&line, STEPS, 4), GP_EVALUATED);
    assert_int_equal(gp_line_foresee(&line, STEPS, 4), GP_EVALUATED); /* known by now */
    for (size_t k = 0; k < 4; k++)
        assert_on_line(&line, &ENTRY, STEPS[k]);
    assert_int_equal(s.entries, 1);
    assert_on_line(&line, &ENTRY, 0.125); /* one that wasn't */
    assert_int_equal(s.entries, 2);
    assert_int_equal(s.values, 0);
    gp_line direction = gp_line_along(&along, e, &DIRECTION, f(X));
    assert_on_line(&direction, &DIRECTION, 0.5); /* no entry's line */
    assert_int_equal(s.values, 1);
    end(e, function);
}

static void a_line_by_changes_starts_at_zero(void **state) {
    (void)state;
    subject s = {0};
    gp_function *function;
    gp_evaluator *e = new_evaluator(&function, &s, 0);
    assert_int_equal(gp_function_set_changes(function, changes), GP_OK);
    e->by_changes = 1;
    gp_along one, other;
    gp_line direction = gp_line_along(&one, e, &DIRECTION, f(X));
    gp_line entry = gp_line_along(&other, e, &ENTRY, f(X));
    assert_true(direction.f0 == 0 && entry.f0 == 0);
    assert_on_line(&direction, &DIRECTION, 0.5);
    assert_on_line(&direction, &DIRECTION, -0.5);
    assert_int_equal(s.directions, 1); /* the second time it is known */
    assert_on_line(&entry, &ENTRY, 0.5);
    assert_on_line(&direction, &DIRECTION, 0.25);
    assert_int_equal(s.directions, 3);
    assert_int_equal(s.values, 0);
    end(e, function);
}

static int narrow_value(void *user, size_t n, const float *x, double *v) {
    (void)user;
    (void)n;
    *v = x[0];
    return 0;
}

static void steps_are_what_the_machine_makes_of_them(void **state) {
    (void)state;
    gp_function *function;
    gp_evaluator *e;
    gp_along along;
    double x = 1, step, v;
    assert_int_equal(gp_function_create("float", GP_FLOAT32, NULL, &function), GP_OK);
    assert_int_equal(gp_function_add_block(function, "x", 0, 0, NULL, &x), GP_OK);
    assert_int_equal(gp_function_set_value(function, narrow_value), GP_OK);
    assert_int_equal(gp_evaluator_create(function, 0, NULL, 0, &e), GP_OK);
    gp_probe probe = {.entries = 1, .scale = 1};
    gp_line line = gp_line_along(&along, e, &probe, 1);
    assert_true(gp_line_is_narrow(&line));
    assert_int_equal(gp_line_value(&line, 0x1p-23 * 1.4, &step, &v), GP_EVALUATED);
    assert_near(step, 0x1p-23, 0);
    assert_near(v, 1 + 0x1p-23, 0);
    end(e, function);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_what_their_probes_say),
        cmocka_unit_test(two_directions_may_take_turns),
        cmocka_unit_test(values_that_were_foreseen_take_one_call),
        cmocka_unit_test(a_line_by_changes_starts_at_zero),
        cmocka_unit_test(steps_are_what_the_machine_makes_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

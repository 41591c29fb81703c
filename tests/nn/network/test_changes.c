/* By how much the cost changes along a line, against whole forward passes where steps are large and
 * against backpropagation where they are too small for those. */
#include "gradproof/network.h"
#include "nn/network/base.h"
#include "nn/network/loss.h"
#include "small_network.h"

/* Layer `only` of v alone isn't zero; 0: all of it. */
static void compare(gp_network *net, size_t only) {
    static const double STEPS[] = {0.5, -0.3, 1e-2, -1e-9, 1e-9, 1e-30};
    enum { COUNT = sizeof STEPS / sizeof *STEPS };
    size_t n = gp_network_parameters(net), layers = net->options.layers;
    double *numbers = malloc(4 * n * sizeof *numbers), changes[COUNT], cost, moved;
    assert_non_null(numbers);
    double *theta = numbers, *v = theta + n, *g = v + n, *there = g + n, slope = 0;
    gp_network_get(net, theta);
    for (size_t i = 0; i < n; i++) { /* no bias of zero: that may be a kink */
        theta[i] += 0.01 * gp_random_normal(4, GP_STREAM_GENERATE, 0, i);
        size_t l = layers;
        while (net->weights[l] > i)
            l--;
        v[i] = only == 0 || only == l ? gp_random_normal(2, GP_STREAM_GENERATE, 1, i) : 0;
    }
    assert_int_equal(gp_dense_changes(net, theta, v, 0, 4, STEPS, changes), 0);
    assert_int_equal(gp_dense_changes(net, theta, v, 1, COUNT - 4, STEPS + 4, changes + 4), 0);
    assert_int_equal(gp_dense_forward_f64(net, theta, &cost), 0);
    assert_int_equal(gp_dense_backward_f64(net, theta, g), 0);
    for (size_t i = 0; i < n; i++)
        slope += g[i] * v[i];
    for (size_t k = 0; k < COUNT; k++) {
        for (size_t i = 0; i < n; i++)
            there[i] = theta[i] + STEPS[k] * v[i];
        assert_int_equal(gp_dense_forward_f64(net, there, &moved), 0);
        assert_near(changes[k], moved - cost, 1e-13 * (1 + fabs(cost) + fabs(moved)));
        if (fabs(STEPS[k]) < 1e-8) /* to first order, and to many digits of its own */
            assert_near(changes[k] / STEPS[k], slope,
                        (1e-12 + 100 * fabs(STEPS[k])) * (1 + fabs(slope)));
    }
    free(numbers);
}

static void every_unit_loss_and_depth(void **state) {
    (void)state;
    for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
        for (int loss = 0; gp_loss_string((gp_loss)loss); loss++)
            for (size_t layers = 1; layers <= 4 && gp_loss_has_change((gp_loss)loss); layers++)
                for (int several = 0; several < 2; several++) {
                    gp_network *net = small_network((gp_activation)unit, (gp_loss)loss, GP_FLOAT64,
                                                    layers, several ? 3 : 0, several);
                    for (size_t only = 0; only <= layers; only++)
                        compare(net, only);
                    gp_network_destroy(net);
                }
}

static void rows_and_parts_may_change(void **state) {
    (void)state;
    gp_network *net = small_network(GP_RELU, GP_SIGMOID_CROSS_ENTROPY, GP_FLOAT64, 3, 0, 0);
    compare(net, 0);
    assert_int_equal(gp_network_set_rows(net, 5, 11), GP_OK);
    compare(net, 0);
    net->part = GP_PART_DATA;
    gp_network_forget(net);
    net->options.l2 = 0; /* or backpropagation would add it */
    compare(net, 0);
    gp_network_destroy(net);
}

/* A check by changes says what one by values says, from fewer and with more digits. */
static void a_check_takes_them(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        int wrong = k % 2;
        gp_dtype dtype = k < 2 ? GP_FLOAT64 : GP_FLOAT32; /* its value is float64 all the same */
        gp_network *net = small_network(GP_RELU, GP_SIGMOID_CROSS_ENTROPY, dtype, 3, 0, 0);
        gp_report *r[2];
        gp_options options;
        gp_options_init(&options);
        options.strategy = GP_PROJECT;
        for (int plain = 0; plain < 2; plain++) {
            gp_function *f;
            gp_block_result block;
            assert_int_equal(gp_network_function(net, 32, &f, NULL), GP_OK);
            if (plain)
                assert_int_equal(gp_function_set_changes(f, NULL), GP_OK);
            if (wrong)
                assert_int_equal(
                    gp_function_plant(f, k < 2 ? "W2:entry=17,add=1e-4" : "W2:entry=17,add=1e-2",
                                      NULL),
                    GP_OK);
            r[plain] = testing_check(f, &options);
            assert_int_equal(gp_report_verdict(r[plain]), wrong ? GP_REFUTED : GP_VERIFIED);
            gp_report_block(r[plain], 2, &block); /* W1 b1 W2 */
            assert_int_equal(block.count[GP_ENTRY_REFUTED], wrong);
            gp_function_destroy(f);
        }
        if (!wrong) {
            assert_true(gp_report_resolution(r[0]) < (k < 2 ? 1e-8 : 1e-3));
            assert_true(gp_report_evaluations(r[0], 0) < gp_report_evaluations(r[1], 0));
        }
        gp_report_destroy(r[0]);
        gp_report_destroy(r[1]);
        gp_network_destroy(net);
    }
}

/* ---- anyone's function ----------------------------------------------------------- */

/* f = sum of x^2 / 2, and what becomes of its changes */
typedef struct squares {
    double wrong_by; /* the changes are so much too large, relatively */
    int writes;      /* to v */
    double drifts;   /* the value grows by so much at each call */
} squares;

static int value(void *user, size_t n, const double *x, double *f) {
    squares *s = user;
    static double drift = 0;
    *f = drift += s->drifts;
    for (size_t i = 0; i < n; i++)
        *f += x[i] * x[i] / 2;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    memcpy(g, x, n * sizeof *g);
    return 0;
}

static int changes_of(void *user, size_t n, const double *x, const double *v, int same,
                      size_t count, const double *step, double *changes) {
    const squares *s = user;
    (void)same;
    for (size_t k = 0; k < count; k++) {
        changes[k] = 0;
        for (size_t i = 0; i < n; i++)
            changes[k] += step[k] * v[i] * (x[i] + step[k] * v[i] / 2);
        changes[k] *= 1 + s->wrong_by;
    }
    if (s->writes)
        ((double *)(size_t)v)[n / 2] = 0;
    return 0;
}

static gp_status check_squares(squares *s, gp_report **report, gp_error *error) {
    enum { N = 2000 };
    double x[N];
    size_t n = N;
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    for (size_t i = 0; i < n; i++)
        x[i] = gp_random_normal(3, GP_STREAM_GENERATE, 0, i);
    assert_int_equal(gp_function_create("squares", GP_FLOAT64, s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    assert_int_equal(gp_function_set_changes(f, changes_of), GP_OK);
    gp_status status = gp_check(f, &options, report, error);
    gp_function_destroy(f);
    return status;
}

static void changes_of_ones_own(void **state) {
    squares right = {0, 0, 0}, other = {1e-3, 0, 0}, writer = {0, 1, 0}, drifting = {0, 0, 1},
            creeping = {0, 0, 1e-9};
    gp_report *r;
    gp_error error = {""};
    (void)state;
    assert_int_equal(check_squares(&right, &r, &error), GP_OK);
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    assert_true(gp_report_resolution(r) < 1e-8);
    gp_report_destroy(r);
    squares *const bad[] = {&other, &writer, &drifting, &creeping};
    const char *const words[] = {"changes callback says", "wrote to its direction",
                                 "not deterministic", "not deterministic"};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(check_squares(bad[k], &r, &error), GP_OK);
        assert_int_equal(gp_report_verdict(r), GP_FAILED);
        assert_non_null(gp_report_failure(r));
        assert_non_null(strstr(gp_report_failure(r), words[k]));
        gp_report_destroy(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_loss_and_depth), cmocka_unit_test(rows_and_parts_may_change),
        cmocka_unit_test(a_check_takes_them), cmocka_unit_test(changes_of_ones_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Gradients as mistakes would have them: right where nothing is mistaken, and named where one is
 * the gradient under test. */
#include "gradproof/network.h"
#include "nn/network/network.h"
#include "system/random.h"
#include "testing.h"

enum { EXAMPLES = 40, INPUTS = 5 };

static gp_network *network(gp_activation unit, gp_dtype dtype, double dropout,
                           const size_t *units) {
    double X[EXAMPLES * INPUTS], y[EXAMPLES];
    gp_network *net;
    gp_network_options options = {.inputs = INPUTS,
                                  .layers = 3,
                                  .units = units,
                                  .hidden = unit,
                                  .dtype = dtype,
                                  .dropout = dropout,
                                  .l2 = 0.02,
                                  .seed = 7};
    assert_int_equal(gp_network_create(&options, &net, NULL), GP_OK);
    for (size_t i = 0; i < EXAMPLES * INPUTS; i++)
        X[i] = gp_random_normal(1, GP_STREAM_GENERATE, 0, i);
    for (size_t i = 0; i < EXAMPLES; i++)
        y[i] = (double)(i % 2);
    assert_int_equal(gp_network_set_data(net, EXAMPLES, X, y), GP_OK);
    return net;
}

static void without_a_mistake_it_is_the_gradient(void **state) {
    static const size_t units[] = {6, 6, 1};
    (void)state;
    for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
        for (int dropped = 0; dropped < 2; dropped++) {
            gp_network *net = network((gp_activation)unit, GP_FLOAT64, dropped ? 0.3 : 0, units);
            size_t n = gp_network_parameters(net), suspects;
            double *theta = malloc(3 * n * sizeof *theta), cost;
            assert_non_null(theta);
            double *g = theta + n, *right = g + n;
            (void)gp_network_suspects(&suspects);
            gp_network_get(net, theta);
            net->mask_seed = 11;
            net->mask_draw = 0;
            assert_int_equal(gp_dense_forward_f64(net, theta, &cost), 0);
            assert_int_equal(gp_dense_backward_f64(net, theta, right), 0);
            net->mask_draw = 0;
            assert_int_equal(gp_network_suspect(net, suspects, theta, g), 0); /* none of them */
            for (size_t i = 0; i < n; i++)
                assert_near(g[i], right[i], 1e-14);
            free(theta);
            gp_network_destroy(net);
        }
}

/* ---- a gradient under test that makes one ---------------------------------------- */

typedef struct subject {
    gp_network *net;
    size_t mistake;
    double noise; /* besides */
} subject;

static int value(void *user, size_t n, const double *x, double *v) {
    const subject *s = user;
    (void)n;
    return gp_dense_forward_f64(s->net, x, v);
}

static int mistaken(void *user, size_t n, const double *x, double *g) {
    const subject *s = user;
    int outcome = gp_network_suspect(s->net, s->mistake, x, g);
    for (size_t i = 0; i < n; i++)
        g[i] *= 1 + s->noise * sin((double)i);
    return outcome;
}

static int suspect(void *user, size_t which, size_t n, const double *x, double *g) {
    (void)n;
    return gp_network_suspect(((const subject *)user)->net, which, x, g);
}

static int hold(void *user, uint64_t seed) {
    gp_network *net = ((const subject *)user)->net;
    net->mask_seed = seed;
    net->mask_draw = 0;
    return 0;
}

static void each_is_named(void **state) {
    static const size_t small[] = {6, 6, 1}, large[] = {40, 40, 1};
    size_t suspects;
    const gp_suspect *list = gp_network_suspects(&suspects);
    (void)state;
    for (size_t mistake = 0; mistake < suspects; mistake++)
        for (int k = 0; k < 4; k++) {
            gp_network *net = network(GP_TANH, GP_FLOAT64, 0.3, k % 2 ? large : small);
            subject s = {net, mistake, k < 2 ? 0 : 1e-3};
            gp_function *f;
            gp_options options;
            size_t n = gp_network_parameters(net), named = 0;
            double *theta = malloc(n * sizeof *theta);
            assert_non_null(theta);
            gp_network_get(net, theta);
            assert_int_equal(gp_function_create("mistaken", GP_FLOAT64, &s, &f), GP_OK);
            assert_int_equal(gp_function_add_block(f, "theta", 0, 1, &n, theta), GP_OK);
            gp_function_set_value(f, value);
            gp_function_set_gradient(f, mistaken);
            gp_function_set_seed(f, hold);
            assert_int_equal(gp_function_set_suspects(f, suspects, list, suspect), GP_OK);
            gp_options_init(&options);
            options.strategy = k % 2 ? GP_PROJECT : GP_FULL;
            options.points = 1;
            gp_report *r = testing_check(f, &options);
            gp_block_result block;
            gp_report_block(r, 0, &block);
            assert_int_equal(block.verdict, GP_REFUTED);
            for (size_t q = 0; q < block.diagnoses; q++)
                named += strcmp(block.diagnosis[q].kind, list[mistake].kind) == 0;
            assert_int_equal(named, s.noise == 0); /* something else besides: not that alone */
            gp_report_destroy(r);
            gp_function_destroy(f);
            free(theta);
            gp_network_destroy(net);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_a_mistake_it_is_the_gradient),
                                       cmocka_unit_test(each_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

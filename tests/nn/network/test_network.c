/* The network against a forward pass written again, in long double and example by example, and its
 * gradient against central differences of that. */
#include "gradproof/network.h"
#include "gradproof/notebook.h"
#include "nn/network/loss.h"
#include "nn/network/network.h"
#include "nn/network/units.h"
#include "testing.h"

enum { INPUTS = 4, ROWS = 9 };

static long double reference_activation(gp_activation unit, long double z) {
    switch (unit) {
    case GP_RELU:
        return z > 0 ? z : 0;
    case GP_LEAKY_RELU:
        return z > 0 ? z : 0.01L * z;
    case GP_TANH:
        return tanhl(z);
    case GP_SIGMOID:
        return 1 / (1 + expl(-z));
    case GP_GELU:
        return z * erfcl(-z / sqrtl(2)) / 2;
    case GP_LINEAR:
        return z;
    }
    fail_msg("unit %s has no reference here", gp_activation_string(unit));
    return NAN;
}

static long double reference_loss(const gp_network_options *o, const long double *z, size_t outputs,
                                  const double *y) {
    long double loss = 0, weight = o->positive_weight > 0 ? o->positive_weight : 1;
    switch (o->loss) {
    case GP_SQUARED_ERROR:
        for (size_t k = 0; k < outputs; k++)
            loss += (z[k] - y[k]) * (z[k] - y[k]) / 2;
        return loss;
    case GP_SOFTMAX_CROSS_ENTROPY: {
        long double sum = 0;
        for (size_t k = 0; k < outputs; k++)
            sum += expl(z[k]);
        return -logl(expl(z[(size_t)y[0]]) / sum);
    }
    case GP_SIGMOID_CROSS_ENTROPY:
    case GP_NOTEBOOK_CROSS_ENTROPY:
        for (size_t k = 0; k < outputs; k++) {
            long double a = 1 / (1 + expl(-z[k]));
            loss -= y[k] == 1 ? weight * logl(a) : logl(1 - a);
        }
        return loss;
    }
    fail_msg("loss %s has no reference here", gp_loss_string(o->loss));
    return NAN;
}

/* cost of one network at theta, by the definitions; keep[] (or NULL) has the dropout masks. */
static long double reference_cost(const gp_network *net, const long double *theta, const double *X,
                                  const double *labels) {
    const gp_network_options *o = &net->options;
    long double total = 0, squares = 0;
    for (size_t r = 0; r < ROWS; r++) {
        long double below[32], here[32];
        for (size_t k = 0; k < INPUTS; k++)
            below[k] = X[r * INPUTS + k];
        for (size_t l = 1; l <= o->layers; l++) {
            size_t u = net->width[l], v = net->width[l - 1];
            const long double *W = theta + net->weights[l], *b = W + u * v;
            for (size_t i = 0; i < u; i++) {
                here[i] = b[i];
                for (size_t k = 0; k < v; k++)
                    here[i] += W[i * v + k] * below[k];
                if (l < o->layers) {
                    here[i] = reference_activation(o->hidden, here[i]);
                    if (o->dropout > 0)
                        here[i] = gp_dropout_keeps(net, l, r, i) ? here[i] / (1 - o->dropout) : 0;
                }
            }
            memcpy(below, here, sizeof below);
        }
        total += reference_loss(o, below, net->width[o->layers], labels + r * net->label_columns);
    }
    for (size_t l = 1; l <= o->layers; l++)
        for (size_t i = 0; i < net->width[l] * net->width[l - 1]; i++)
            squares += theta[net->weights[l] + i] * theta[net->weights[l] + i];
    return total / ROWS + o->l2 / 2 * squares;
}

static void compare(const gp_network_options *o, double cost_slack, double gradient_slack) {
    gp_network *net;
    double X[ROWS * INPUTS], labels[ROWS * 3], cost;
    size_t outputs = o->units[o->layers - 1];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        X[i] = (double)(float)(1.5 * sin(2.3 * (double)i + 0.4));
    for (size_t i = 0; i < ROWS * 3; i++)
        labels[i] = o->loss == GP_SQUARED_ERROR           ? cos((double)i)
                    : o->loss == GP_SOFTMAX_CROSS_ENTROPY ? (double)(i % outputs)
                                                          : (double)(i % 3 == 0);
    assert_int_equal(gp_network_create(o, &net, NULL), GP_OK);
    assert_int_equal(gp_network_set_data(net, ROWS, X, labels), GP_OK);
    size_t n = gp_network_parameters(net);
    double *theta = calloc(n, sizeof *theta), *g = calloc(n, sizeof *g);
    long double *at = calloc(n, sizeof *at);
    gp_network_get(net, theta);
    for (size_t i = 0; i < n; i++) { /* biases too, and exact in float32 */
        theta[i] = (double)(float)(theta[i] + 0.1 * sin(5.1 * (double)i));
        at[i] = theta[i];
    }
    gp_network_set(net, theta);
    assert_int_equal(gp_network_cost(net, &cost, g), GP_OK);
    assert_near(cost, (double)reference_cost(net, at, X, labels), cost_slack);
    for (size_t i = 0; i < n; i++) {
        const long double h = 1e-6L;
        at[i] = theta[i] + h;
        long double plus = reference_cost(net, at, X, labels);
        at[i] = theta[i] - h;
        long double minus = reference_cost(net, at, X, labels);
        at[i] = theta[i];
        double expected = (double)((plus - minus) / (2 * h));
        if (!(fabs(g[i] - expected) <= gradient_slack * (0.1 + fabs(expected))))
            fail_msg("unit %d, loss %d, entry %zu: %.15g, expected %.15g", (int)o->hidden,
                     (int)o->loss, i, g[i], expected);
    }
    free(theta);
    free(g);
    free(at);
    gp_network_destroy(net);
}

static void every_unit_and_loss_in_both_precisions(void **state) {
    (void)state;
    size_t units[] = {6, 5, 3};
    for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
        for (int loss = 0; gp_loss_string((gp_loss)loss); loss++) {
            gp_network_options o = {.inputs = INPUTS,
                                    .layers = 3,
                                    .units = units,
                                    .hidden = (gp_activation)unit,
                                    .loss = (gp_loss)loss,
                                    .seed = 11};
            compare(&o, 1e-13, 1e-9);
            o.dtype = GP_FLOAT32;
            compare(&o, 1e-5, 1e-4);
        }
}

static void any_number_of_layers(void **state) {
    (void)state;
    for (size_t layers = 1; layers <= 6; layers++) {
        size_t units[] = {7, 3, 8, 5, 4, 6};
        gp_network_options o = {
            .inputs = INPUTS, .layers = layers, .units = units, .hidden = GP_TANH, .seed = layers};
        units[layers - 1] = 1;
        compare(&o, 1e-13, 1e-9);
    }
}

static void decay_weights_and_dropout(void **state) {
    (void)state;
    size_t units[] = {6, 5, 1};
    gp_network_options o = {.inputs = INPUTS,
                            .layers = 3,
                            .units = units,
                            .hidden = GP_GELU,
                            .l2 = 0.03,
                            .positive_weight = 4,
                            .dropout = 0.3,
                            .seed = 3};
    compare(&o, 1e-13, 1e-9);
}

static void cross_entropy_from_logits_does_not_overflow(void **state) {
    (void)state;
    gp_network_options o = {.loss = GP_SIGMOID_CROSS_ENTROPY};
    double dz, zero = 0, one = 1;
    assert_near(gp_loss_value(&o, 1, (double[]){1000}, &zero, &dz), 1000, 0);
    assert_near(dz, 1, 0);
    assert_near(gp_loss_value(&o, 1, (double[]){-1000}, &one, &dz), 1000, 0);
    assert_near(dz, -1, 0);
    assert_near(gp_loss_value(&o, 1, (double[]){40}, &one, &dz), exp(-40), 1e-32);
    o.loss = GP_SOFTMAX_CROSS_ENTROPY;
    double dz2[2];
    assert_near(gp_loss_value(&o, 2, (double[]){1000, -1000}, &one, dz2), 2000, 1e-12);
    assert_near(dz2[1], -1, 0);
}

/* The notebook's network is one of ours. */
static void the_notebook_is_a_special_case(void **state) {
    (void)state;
    double X[12], Y[3], rows[12], theta[47], g[47], expected[47], cost;
    gp_notebook_parameters p;
    gp_notebook_gradients gradients = {0};
    gp_notebook_cache cache = {0};
    gp_notebook_test_case(X, Y, &p);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++)
            rows[j * 4 + i] = X[i * 3 + j];
    size_t units[] = {5, 3, 1};
    gp_network_options o = {.inputs = 4,
                            .layers = 3,
                            .units = units,
                            .hidden = GP_RELU,
                            .loss = GP_NOTEBOOK_CROSS_ENTROPY};
    gp_network *net;
    assert_int_equal(gp_network_create(&o, &net, NULL), GP_OK);
    assert_int_equal(gp_network_set_data(net, 3, rows, Y), GP_OK);
    gp_notebook_dictionary_to_vector(&p, theta, NULL);
    gp_network_set(net, theta);
    assert_int_equal(gp_network_cost(net, &cost, g), GP_OK);
    assert_near(cost, gp_notebook_forward_n(3, X, Y, &p, &cache), 1e-14);
    gp_notebook_backward_n(3, X, Y, &cache, GP_NOTEBOOK_CORRECTED, &gradients);
    gp_notebook_gradients_to_vector(&gradients, expected);
    for (size_t i = 0; i < 47; i++)
        assert_near(g[i], expected[i], 1e-14);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);
    gp_network_destroy(net);
}

static void initial_weights_have_their_deviation(void **state) {
    (void)state;
    size_t units[] = {200, 1};
    for (int unit = GP_RELU; unit <= GP_TANH; unit += GP_TANH - GP_RELU) {
        gp_network_options o = {
            .inputs = 100, .layers = 2, .units = units, .hidden = (gp_activation)unit, .seed = 9};
        gp_network *net;
        assert_int_equal(gp_network_create(&o, &net, NULL), GP_OK);
        double theta[200 * 101 + 201], variance = 0;
        gp_network_get(net, theta);
        for (size_t i = 0; i < 20000; i++)
            variance += theta[i] * theta[i] / 20000;
        double expected = unit == GP_RELU ? 2.0 / 100 : 2.0 / 300; /* He; Glorot */
        assert_near(variance / expected, 1, 0.05);
        for (size_t i = 20000; i < 20200; i++)
            assert_near(theta[i], 0, 0);
        gp_network_destroy(net);
    }
}

static void dropout_needs_its_seed(void **state) {
    (void)state;
    size_t units[] = {8, 1};
    double X[ROWS * INPUTS], labels[ROWS];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        X[i] = sin((double)i);
    for (size_t i = 0; i < ROWS; i++)
        labels[i] = (double)(i % 2);
    gp_network_options o = {
        .inputs = INPUTS, .layers = 2, .units = units, .hidden = GP_RELU, .dropout = 0.5};
    gp_network *net;
    gp_function *f;
    assert_int_equal(gp_network_create(&o, &net, NULL), GP_OK);
    assert_int_equal(gp_network_set_data(net, ROWS, X, labels), GP_OK);
    assert_int_equal(gp_network_function(net, ROWS, &f, NULL), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_set_seed(f, NULL);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_FAILED);
    assert_non_null(strstr(gp_report_failure(report), "not deterministic"));
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_network_destroy(net);
}

static void wrong_shapes_are_refused(void **state) {
    (void)state;
    size_t units[] = {3, 1};
    gp_network_options good = {.inputs = 2, .layers = 2, .units = units}, o = good;
    gp_network *net;
    gp_function *f;
    gp_error error;
    o.layers = 0;
    assert_int_equal(gp_network_create(&o, &net, &error), GP_ERROR_ARGUMENT);
    o = good;
    o.inputs = 0;
    assert_int_equal(gp_network_create(&o, &net, &error), GP_ERROR_ARGUMENT);
    o = good;
    o.dropout = 1;
    assert_int_equal(gp_network_create(&o, &net, &error), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_network_create(&good, &net, &error), GP_OK);
    assert_int_equal(gp_network_function(net, 1, &f, &error), GP_ERROR_ARGUMENT); /* no data */
    assert_int_equal(gp_network_set_data(net, 1, (double[]){1, 2}, (double[]){2}),
                     GP_ERROR_ARGUMENT); /* a label beyond 1 */
    assert_int_equal(gp_network_set_data(net, 1, (double[]){1, 2}, (double[]){1}), GP_OK);
    assert_int_equal(gp_network_set_rows(net, 1, 1), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_network_function(net, 2, &f, &error), GP_ERROR_ARGUMENT);
    gp_network_destroy(net);
}

/* A unit or a loss that is forgotten somewhere must show, not pass for another one. */
static void what_is_in_no_table_is_no_number(void **state) {
    (void)state;
    gp_network_options o = {.loss = GP_NOTEBOOK_CROSS_ENTROPY};
    const double z = 0.3, y = 1, d = 0.01;
    assert_true(isnan(gp_loss_change(&o, 1, &z, &y, &d))); /* knows its value alone */
    int units = 0, losses = 0;
    while (gp_activation_string((gp_activation)units))
        units++;
    while (gp_loss_string((gp_loss)losses))
        losses++;
    const int none[] = {-1, units > losses ? units : losses, 77};
    for (size_t k = 0; k < sizeof none / sizeof *none; k++) {
        o.loss = (gp_loss)none[k];
        assert_true(isnan(gp_loss_value(&o, 1, &z, &y, NULL)));
        assert_true(isnan(gp_loss_change(&o, 1, &z, &y, &d)));
        assert_false(gp_loss_fits(o.loss, y, 1));
        assert_true(isnan(gp_activate((gp_activation)none[k], z)));
        assert_true(isnan(gp_activate_derivative((gp_activation)none[k], z)));
        assert_true(isnan(gp_activate_change((gp_activation)none[k], z, d)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_no_table_is_no_number),
        cmocka_unit_test(every_unit_and_loss_in_both_precisions),
        cmocka_unit_test(any_number_of_layers),
        cmocka_unit_test(decay_weights_and_dropout),
        cmocka_unit_test(cross_entropy_from_logits_does_not_overflow),
        cmocka_unit_test(the_notebook_is_a_special_case),
        cmocka_unit_test(initial_weights_have_their_deviation),
        cmocka_unit_test(dropout_needs_its_seed),
        cmocka_unit_test(wrong_shapes_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The short way to the cost at points that differ in one entry, against whole forward passes. */
#include "gradproof/network.h"
#include "small_network.h"

static void compare(gp_network *net) {
    size_t n = gp_network_parameters(net);
    double *theta = malloc(n * sizeof *theta);
    assert_non_null(theta);
    gp_network_get(net, theta);
    for (size_t i = 0; i < n; i++) {
        double number = theta[i] + (i % 2 ? 0.3 : -1e-4), was = theta[i], shorter, whole;
        assert_int_equal(gp_dense_probes(net, theta, i > 0, 1, &i, &number, &shorter), 0);
        theta[i] = number;
        assert_int_equal(gp_dense_forward_f64(net, theta, &whole), 0);
        theta[i] = was;
        assert_near(shorter, whole, 1e-14 * (1 + fabs(whole)));
    }
    free(theta);
}

static void every_unit_loss_and_depth(void **state) {
    (void)state;
    for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
        for (int loss = 0; gp_loss_string((gp_loss)loss); loss++)
            for (size_t layers = 1; layers <= 4; layers++)
                for (int soft = 0; soft < 2; soft++) {
                    gp_network *net = small_network((gp_activation)unit, (gp_loss)loss, GP_FLOAT64,
                                                    layers, soft ? 3 : 0, soft);
                    compare(net);
                    gp_network_destroy(net);
                }
}

static void what_was_worked_out_is_forgotten_in_time(void **state) {
    (void)state;
    gp_network *net = small_network(GP_RELU, GP_SIGMOID_CROSS_ENTROPY, GP_FLOAT64, 3, 0, 0);
    compare(net);
    assert_int_equal(gp_network_set_rows(net, 5, 11), GP_OK);
    compare(net);
    net->part = GP_PART_DATA;
    compare(net);
    net->part = GP_PART_DECAY;
    compare(net);
    gp_network_destroy(net);
}

/* A check that takes the short way says what one that doesn't says. */
static void a_check_takes_it(void **state) {
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        gp_network *net = small_network(GP_TANH, GP_SIGMOID_CROSS_ENTROPY, GP_FLOAT64, 3, 0, 0);
        gp_function *f;
        gp_report *r[2];
        for (int plain = 0; plain < 2; plain++) {
            assert_int_equal(gp_network_function(net, 32, &f, NULL), GP_OK);
            if (plain)
                assert_int_equal(gp_function_set_entries(f, NULL), GP_OK);
            if (wrong)
                assert_int_equal(gp_function_plant(f, "W2:scale=1.5", NULL), GP_OK);
            assert_int_equal(gp_check(f, NULL, &r[plain], NULL), GP_OK);
            gp_function_destroy(f);
        }
        assert_int_equal(gp_report_verdict(r[0]), wrong ? GP_REFUTED : GP_VERIFIED);
        for (size_t i = 0; i < gp_report_entries(r[0]); i++) {
            gp_entry a, b;
            assert_int_equal(gp_report_entry(r[0], i, &a), GP_OK);
            assert_int_equal(gp_report_entry(r[1], i, &b), GP_OK);
            assert_int_equal(a.status, b.status);
            assert_near(a.numeric, b.numeric, a.bound + b.bound);
        }
        gp_report_destroy(r[0]);
        gp_report_destroy(r[1]);
        gp_network_destroy(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_unit_loss_and_depth),
                                       cmocka_unit_test(what_was_worked_out_is_forgotten_in_time),
                                       cmocka_unit_test(a_check_takes_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

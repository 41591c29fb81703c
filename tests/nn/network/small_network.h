/* Networks of up to four small layers on made-up examples. */
#ifndef GP_SMALL_NETWORK_H
#define GP_SMALL_NETWORK_H

#include "gradproof/network.h"
#include "nn/network/network.h"
#include "system/random.h"
#include "testing.h"

/* soft: two outputs with soft labels, but for softmax. weight: of class 1. A float32 network has a
 * float64 value. */
static inline gp_network *small_network(gp_activation unit, gp_loss loss, gp_dtype dtype,
                                        size_t layers, double weight, int soft) {
    static const size_t widths[] = {7, 6, 5, 3};
    enum { EXAMPLES = 37, INPUTS = 4 };
    size_t units[4], outputs = loss == GP_SOFTMAX_CROSS_ENTROPY ? 3 : soft ? 2 : 1;
    double X[EXAMPLES * INPUTS], y[EXAMPLES * 3];
    gp_network *net;
    memcpy(units, widths, sizeof units);
    units[layers - 1] = outputs;
    gp_network_options options = {.inputs = INPUTS,
                                  .layers = layers,
                                  .units = units,
                                  .hidden = unit,
                                  .loss = loss,
                                  .dtype = dtype,
                                  .value_in_float64 = dtype == GP_FLOAT32,
                                  .l2 = 0.03,
                                  .positive_weight = weight,
                                  .seed = 5};
    assert_int_equal(gp_network_create(&options, &net, NULL), GP_OK);
    for (size_t i = 0; i < EXAMPLES * INPUTS; i++)
        X[i] = gp_random_normal(1, GP_STREAM_GENERATE, 0, i);
    for (size_t i = 0; i < sizeof y / sizeof *y; i++)
        y[i] = loss == GP_SOFTMAX_CROSS_ENTROPY ? (double)(i % 3) : soft ? 0.3 : (double)(i % 2);
    assert_int_equal(gp_network_set_data(net, EXAMPLES, X, y), GP_OK);
    return net;
}

#endif

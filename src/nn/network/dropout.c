/* Dropout's mask: a pure function of its seed, the draw, the layer, the row and the unit. */
#include "nn/network/network.h"
#include "system/random.h"

int gp_dropout_keeps(const gp_network *net, size_t layer, size_t row, size_t unit) {
    uint64_t part = net->mask_draw * net->options.layers + layer;
    return gp_random_uniform(net->mask_seed, GP_STREAM_DROPOUT, part,
                             (net->mask_row + row) * net->width[layer] + unit) >=
           net->options.dropout;
}

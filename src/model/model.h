/* Inside of gp_model. */
#ifndef GP_MODEL_H
#define GP_MODEL_H

#include "model/safetensors.h"
#include "network/network.h"

struct gp_model {
    gp_network *network; /* without dropout */
    double dropout;      /* that it was trained with */
    char **input;        /* names */
    size_t inputs;
    double *mean, *deviation; /* inputs: of the training rows; a deviation of 0 makes the input 0 */
    char *label, *checks;
};

/* Logits of `rows` standardised rows (rows x inputs, in the network's precision) at theta: in the
 * network's z of its last layer. The network's data are replaced. */
gp_status gp_network_logits(gp_network *network, size_t rows, const double *X, double *logits);

#endif

/* Inside of gp_model. */
#ifndef GP_MODEL_H
#define GP_MODEL_H

#include "gradproof/train.h"
#include "nn/model/safetensors.h"
#include "nn/network/network.h"

struct gp_model {
    gp_network *network; /* without dropout */
    double dropout;      /* that it was trained with */
    char **input;        /* names */
    size_t inputs;
    double *mean, *deviation; /* inputs: of the training rows; a deviation of 0 makes the input 0 */
    char *label, *checks;
    char *certificate; /* or NULL */
};

/* What gp_model_read makes of a file's tensors; `path` is for messages. */
gp_status gp_model_of_tensors(const char *path, const gp_tensors *tensors, gp_model **model,
                              gp_error *error);
/* A sum over all that the tensors and texts say but the text "checksum", in any order: a bit that
 * has changed shows. */
void gp_model_checksum(const gp_tensors *tensors, char *text, size_t size);

/* Logits of `rows` standardised rows (rows x inputs, in the network's precision) at theta: in the
 * network's z of its last layer. The network's data are replaced. */
gp_status gp_network_logits(gp_network *network, size_t rows, const double *X, double *logits);

#endif

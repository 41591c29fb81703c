/* A dense network on matrices of balls: the cost, and its derivative layer by layer. */
#ifndef GP_LAYERS_H
#define GP_LAYERS_H

#include "prove/formulas.h"
#include "prove/proof.h"

typedef struct gp_layers {
    const gp_network_options *options; /* borrowed, as are the labels */
    const double *labels;              /* m x label_columns */
    const double *parameters;          /* n */
    size_t m, label_columns;           /* m: rows */
    size_t *width, *weights;           /* as in gp_network: layers + 1; layer l = 1 ... */
    size_t n;                          /* parameters */
    arb_ptr X, theta;                  /* m x inputs: exact; n: within the radius */
    arb_ptr *a, *slope;                /* m x width[l]: units' values and derivatives; a[0] is X;
                                          a of the last layer are the logits */
    double **noise;                    /* m x width[l]: what rounding may do to a, for `near` */
    arb_ptr delta, delta_below;        /* m x the widest layer */
    arb_struct *turned, *turned_too;   /* transposes; their balls are borrowed */
} gp_layers;

/* A gp_encloser; self is a gp_layers. */
gp_status gp_layers_enclose(void *layers, const gp_enclosing *how, gp_enclosure *enclosure,
                            gp_error *error);

#endif

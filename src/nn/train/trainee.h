/* A training in progress: what the parts of it share. */
#ifndef GP_TRAINEE_H
#define GP_TRAINEE_H

#include <jansson.h>

#include "nn/model/model.h"
#include "system/random.h"

typedef struct gp_trainee gp_trainee;
typedef struct gp_share gp_share;

struct gp_trainee {
    const gp_train_options *options; /* with defaults filled in */
    gp_network *network;             /* learns; its data are the batch */
    gp_network *judge;               /* the same without dropout, for validation */
    gp_function *planted;            /* carries the plants; NULL: there are none */
    size_t n, inputs;
    void *theta, *gradient, *m, *v; /* n each, in the network's precision */
    void *best;                     /* n: the weights kept */
    void *X;                        /* training rows x inputs, standardised, in that precision */
    double *labels;
    size_t rows;
    size_t *order;                         /* of the epoch */
    double *held_X, *held_labels, *scores; /* validation, standardised */
    size_t held;
    uint64_t steps;
    size_t epoch, best_epoch; /* both 0 until one is through */
    int stopped;              /* by options->stop, in the middle of an epoch */
    double best_score;
    json_t *checks;
    gp_report *refuted;
    double checking; /* seconds */
    gp_model *model;
    size_t label, time; /* columns that are no input; time may be SIZE_MAX */
    gp_share *share;    /* one a job: learn.c */
    gp_status planting; /* not GP_OK: there was no memory for the mistakes of a step */
};

static inline int gp_is_wide(const gp_trainee *t) {
    return t->options->dtype == GP_FLOAT64;
}

/* Weights (n) of the trainee's precision as doubles, for networks and files, and back. */
void gp_weights_of(const gp_trainee *trainee, const void *theta, double *to);
void gp_set_weights(const gp_trainee *trainee, void *theta, const double *from);

#endif

/* A training in progress: what train.c, which decides, shares with learn.c, which goes through the
 * batches. */
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

/* Where training stands, in the file options->checkpoint. Reading gives GP_OK with the trainee as
 * an earlier run has left it, or as it was where there is no file; GP_ERROR_INPUT and the trainee
 * as it was if the file is of another training, or says what no training could have left. */
gp_status gp_checkpoint_write(const gp_trainee *trainee, gp_error *error);
gp_status gp_checkpoint_read(gp_trainee *trainee, gp_error *error);

/* Random streams' parts: see GP_STREAM_SHUFFLE. */
enum { GP_PART_SPLIT = 100, GP_PART_EPOCH = 1000 };
void gp_shuffle(size_t *order, size_t count, uint64_t seed, uint64_t part);

/* What each of options->jobs threads works with; gp_shares_free undoes it. GP_ERROR_MEMORY. */
gp_status gp_shares_make(gp_trainee *trainee);
void gp_shares_free(gp_trainee *trainee);

/* One pass over the training rows; *loss is the mean cost of its batches. */
gp_status gp_learn(gp_trainee *trainee, double *loss);

#endif

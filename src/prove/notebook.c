/* The notebook's cost, LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID -> cross-entropy, as a
 * formula on the tape, number by number: another route than the layers of layers.c. */
#include <math.h>

#include "gradproof/notebook.h"
#include "prove/tape.h"
#include "system/error.h"

typedef struct gp_notebook_data {
    size_t m;
    const double *X, *Y; /* 4 x m, m */
} gp_notebook_data;

enum { LAYERS = 3, WIDEST = 5 };
static const size_t WIDTH[LAYERS + 1] = {4, 5, 3, 1};

/* z[i] = sum_k W[i][k] a[k] + b[i]; returns what follows in theta. */
static const gp_ball *linear(gp_tape *t, size_t u, size_t v, const gp_ball *theta, const gp_ball *a,
                             gp_ball *z) {
    for (size_t i = 0; i < u; i++) {
        z[i] = theta[u * v + i];
        for (size_t k = 0; k < v; k++)
            z[i] = gp_tape_apply(t, GP_OP_ADD, z[i],
                                 gp_tape_apply(t, GP_OP_MULTIPLY, theta[i * v + k], a[k]));
    }
    return theta + u * (v + 1);
}

/* -y log s - (1 - y) log(1 - s), s = 1 / (1 + e^-z) */
static gp_ball cross_entropy(gp_tape *t, gp_ball z, double y) {
    gp_ball one = gp_tape_constant(t, 1), label = gp_tape_constant(t, y);
    gp_ball e = gp_tape_one(t, GP_OP_EXP, gp_tape_one(t, GP_OP_NEGATE, z));
    gp_ball s = gp_tape_apply(t, GP_OP_DIVIDE, one, gp_tape_apply(t, GP_OP_ADD, one, e));
    gp_ball right = gp_tape_one(t, GP_OP_LOG, s);
    gp_ball wrong = gp_tape_one(t, GP_OP_LOG, gp_tape_apply(t, GP_OP_SUBTRACT, one, s));
    gp_ball sum = gp_tape_apply(
        t, GP_OP_ADD, gp_tape_apply(t, GP_OP_MULTIPLY, label, right),
        gp_tape_apply(t, GP_OP_MULTIPLY, gp_tape_apply(t, GP_OP_SUBTRACT, one, label), wrong));
    return gp_tape_one(t, GP_OP_NEGATE, sum);
}

static int write_cost(void *user, gp_tape *t, size_t n, const gp_ball *theta, gp_ball *value) {
    const gp_notebook_data *data = user;
    gp_ball sum = gp_tape_constant(t, 0);
    (void)n;
    for (size_t j = 0; j < data->m; j++) {
        gp_ball a[WIDEST], z[WIDEST];
        const gp_ball *at = theta;
        for (size_t k = 0; k < WIDTH[0]; k++)
            a[k] = gp_tape_constant(t, data->X[k * data->m + j]);
        for (size_t l = 1; l <= LAYERS; l++) {
            at = linear(t, WIDTH[l], WIDTH[l - 1], at, a, z);
            for (size_t i = 0; i < WIDTH[l] && l < LAYERS; i++)
                a[i] = gp_tape_apply(t, GP_OP_MAX, z[i], gp_tape_constant(t, 0));
        }
        sum = gp_tape_apply(t, GP_OP_ADD, sum, cross_entropy(t, z[0], data->Y[j]));
    }
    *value = gp_tape_apply(t, GP_OP_DIVIDE, sum, gp_tape_constant(t, (double)data->m));
    return 0;
}

gp_status gp_prove_notebook(size_t m, const double *X, const double *Y, const double *parameters,
                            const double *g, const gp_proof_options *options, gp_proof **proof,
                            gp_error *error) {
    static const size_t SHAPES[][2] = {{5, 4}, {5, 1}, {3, 5}, {3, 1}, {1, 3}, {1, 1}};
    static const gp_proof_block BLOCKS[] = {{"W1", 2, SHAPES[0]}, {"b1", 2, SHAPES[1]},
                                            {"W2", 2, SHAPES[2]}, {"b2", 2, SHAPES[3]},
                                            {"W3", 2, SHAPES[4]}, {"b3", 2, SHAPES[5]}};
    gp_notebook_data data = {m, X, Y};
    if (!X || !Y || m == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: NULL argument, or no examples");
    for (size_t i = 0; i < WIDTH[0] * m; i++)
        if (!isfinite(X[i]) || !isfinite(Y[i % m]))
            return gp_fail(error, GP_ERROR_INPUT, "prove: the data aren't finite");
    return gp_prove(write_cost, &data, sizeof BLOCKS / sizeof *BLOCKS, BLOCKS, parameters, g,
                    options, proof, error);
}

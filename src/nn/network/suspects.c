/* What the gradient would be with one of the mistakes that are made most often in backpropagation:
 * a forward and a backward pass of its own, in double, so that a mistake in those of dense_passes.h
 * isn't made here as well. Notation and shapes as there. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/limits.h"
#include "nn/network/loss.h"
#include "nn/network/network.h"

typedef enum mistake {
    NO_UNIT_DERIVATIVE,
    DERIVATIVE_AT_ACTIVATION,
    PRE_ACTIVATION,
    NO_DROPOUT,
    NO_MASK,
    NO_RESCALE,
    TRANSPOSED,
    OUTPUT_TWICE,
    LAST_EXAMPLE,
    FIRST_EXAMPLE,
    MISTAKES
} mistake;

static const gp_suspect SUSPECTS[MISTAKES] = {
    [NO_UNIT_DERIVATIVE] = {"activation-derivative",
                            "the units' derivative f'(z) is left out of the error that flows back"},
    [DERIVATIVE_AT_ACTIVATION] = {"activation-derivative",
                                  "the units' derivative is taken at a = f(z) instead of at z"},
    [PRE_ACTIVATION] = {"pre-activation",
                        "a layer's inputs are the pre-activations z below it instead of the "
                        "activations f(z)"},
    [NO_DROPOUT] = {"dropout-mask", "dropout is left out of the error that flows back"},
    [NO_MASK] = {"dropout-mask", "dropout's mask is left out of the error that flows back"},
    [NO_RESCALE] = {"dropout-scale",
                    "dropout's factor 1 / (1 - p) is left out of the error that flows back"},
    [TRANSPOSED] = {"weights-transposed",
                    "a square matrix of weights isn't transposed where the error flows back"},
    [OUTPUT_TWICE] = {"output-derivative",
                      "the output's derivative s (1 - s) is multiplied in once more, though the "
                      "loss's derivative by the logits has it"},
    [LAST_EXAMPLE] = {"sample", "sums over the examples keep the share of the last one alone"},
    [FIRST_EXAMPLE] = {"sample", "sums over the examples keep the share of the first one alone"}};

/* Arrays of the rows in use: z[l], a[l] (count x width[l]), a[0] the data. */
typedef struct passes {
    const gp_network *net;
    const double *theta;
    mistake mistake;
    double **z, **a, *delta, *below;
} passes;

static void free_passes(passes *p) {
    for (size_t l = 0; l <= p->net->options.layers; l++) {
        free(p->z ? p->z[l] : NULL);
        free(p->a ? p->a[l] : NULL);
    }
    free(p->z);
    free(p->a);
    free(p->delta);
    free(p->below);
}

static int make_passes(passes *p) {
    const gp_network *net = p->net;
    size_t m = net->count, layers = net->options.layers, widest = 0;
    p->z = calloc(layers + 1, sizeof *p->z);
    p->a = calloc(layers + 1, sizeof *p->a);
    int complete = p->z && p->a;
    for (size_t l = 0; l <= layers && complete; l++) {
        widest = net->width[l] > widest ? net->width[l] : widest;
        p->z[l] = malloc(m * net->width[l] * sizeof **p->z);
        p->a[l] = malloc(m * net->width[l] * sizeof **p->a);
        complete = p->z[l] && p->a[l];
    }
    p->delta = malloc(m * widest * sizeof *p->delta);
    p->below = malloc(m * widest * sizeof *p->below);
    return complete && p->delta && p->below ? 0 : -1;
}

static void forward(passes *p) {
    const gp_network *net = p->net;
    const gp_network_options *o = &net->options;
    size_t m = net->count, cells = m * net->width[0], first = net->first * net->width[0];
    for (size_t i = 0; i < cells; i++)
        p->a[0][i] = net->X64 ? net->X64[first + i] : (double)net->X32[first + i];
    for (size_t l = 1; l <= o->layers; l++) {
        size_t u = net->width[l], v = net->width[l - 1];
        const double *W = p->theta + net->weights[l], *b = W + u * v;
        for (size_t r = 0; r < m; r++)
            memcpy(p->z[l] + r * u, b, u * sizeof *b);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)u, (int)v, 1, p->a[l - 1],
                    (int)v, W, (int)v, 1, p->z[l], (int)u);
        for (size_t r = 0; r < m && l < o->layers; r++)
            for (size_t k = 0; k < u; k++) {
                int kept = o->dropout == 0 || gp_dropout_keeps(net, l, r, k);
                p->a[l][r * u + k] =
                    kept ? gp_activate(o->hidden, p->z[l][r * u + k]) / (1 - o->dropout) : 0;
            }
    }
}

/* delta := the derivative of the cost by the logits */
static void begin_back(passes *p) {
    const gp_network *net = p->net;
    size_t layers = net->options.layers, outputs = net->width[layers];
    for (size_t r = 0; r < net->count; r++) {
        double dz[GP_MAX_OUTPUTS];
        const double *logits = p->z[layers] + r * outputs;
        (void)gp_loss_value(&net->options, outputs, logits,
                            net->labels + (net->first + r) * net->label_columns, dz);
        for (size_t k = 0; k < outputs; k++) {
            double s = gp_sigmoid(logits[k]), twice = p->mistake == OUTPUT_TWICE ? s * (1 - s) : 1;
            p->delta[r * outputs + k] = twice * dz[k] / (double)net->count;
        }
    }
}

/* What the error of unit k of layer l in row r is multiplied by on its way back. */
static double through_unit(const passes *p, size_t l, size_t r, size_t k) {
    const gp_network_options *o = &p->net->options;
    size_t i = r * p->net->width[l] + k;
    double slope = 1, kept = 1, rescale = 1 / (1 - o->dropout);
    if (p->mistake == DERIVATIVE_AT_ACTIVATION)
        slope = gp_activate_derivative(o->hidden, p->a[l][i]);
    else if (p->mistake != NO_UNIT_DERIVATIVE)
        slope = gp_activate_derivative(o->hidden, p->z[l][i]);
    if (o->dropout > 0 && p->mistake != NO_DROPOUT && p->mistake != NO_MASK)
        kept = gp_dropout_keeps(p->net, l, r, k);
    if (p->mistake == NO_DROPOUT || p->mistake == NO_RESCALE)
        rescale = 1;
    return slope * kept * rescale;
}

static void backward(passes *p, double *g) {
    const gp_network *net = p->net;
    const gp_network_options *o = &net->options;
    size_t m = net->count, from = p->mistake == LAST_EXAMPLE ? m - 1 : 0;
    size_t rows = p->mistake == LAST_EXAMPLE || p->mistake == FIRST_EXAMPLE ? 1 : m;
    begin_back(p);
    for (size_t l = o->layers; l >= 1; l--) {
        size_t u = net->width[l], v = net->width[l - 1];
        const double *W = p->theta + net->weights[l];
        double *dW = g + net->weights[l], *db = dW + u * v;
        const double *in = p->mistake == PRE_ACTIVATION && l > 1 ? p->z[l - 1] : p->a[l - 1];
        for (size_t i = 0; i < u * v; i++)
            dW[i] = o->l2 * W[i];
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)u, (int)v, (int)rows, 1,
                    p->delta + from * u, (int)u, in + from * v, (int)v, 1, dW, (int)v);
        for (size_t k = 0; k < u; k++) {
            db[k] = 0;
            for (size_t r = from; r < from + rows; r++)
                db[k] += p->delta[r * u + k];
        }
        if (l == 1)
            break;
        int turned = p->mistake == TRANSPOSED && u == v;
        cblas_dgemm(CblasRowMajor, CblasNoTrans, turned ? CblasTrans : CblasNoTrans, (int)m, (int)v,
                    (int)u, 1, p->delta, (int)u, W, (int)v, 0, p->below, (int)v);
        for (size_t r = 0; r < m; r++)
            for (size_t k = 0; k < v; k++)
                p->below[r * v + k] *= through_unit(p, l - 1, r, k);
        double *swap = p->delta;
        p->delta = p->below;
        p->below = swap;
    }
}

const gp_suspect *gp_network_suspects(size_t *count) {
    *count = MISTAKES;
    return SUSPECTS;
}

int gp_network_suspect(gp_network *net, size_t suspect, const double *theta, double *g) {
    passes p = {.net = net, .theta = theta, .mistake = (mistake)suspect};
    net->mask_draw++; /* a draw a forward pass: as the gradient's own */
    int outcome = make_passes(&p);
    if (outcome == 0) {
        forward(&p);
        backward(&p, g);
    }
    free_passes(&p);
    return outcome;
}

/* The notebook, piece by piece: see gradproof/notebook.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof/notebook.h"
#include "nn/network/units.h"
#include "nn/notebook/numpy_random.h"
#include "system/error.h"
#include "system/plain.h"

enum { INPUTS = GP_NOTEBOOK_INPUTS, M = GP_NOTEBOOK_EXAMPLES, N = GP_NOTEBOOK_PARAMETERS };

double gp_notebook_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

double gp_notebook_relu(double x) {
    return gp_relu(x);
}

/* ---- dictionaries and vectors --------------------------------------------------- */

/* Where each block lies in the vector, and in the structure. */
static const struct {
    const char *name;
    size_t member, rows, columns;
    unsigned stage;
} BLOCKS[] = {{"W1", offsetof(gp_notebook_parameters, W1), 5, 4, 1},
              {"b1", offsetof(gp_notebook_parameters, b1), 5, 1, 1},
              {"W2", offsetof(gp_notebook_parameters, W2), 3, 5, 2},
              {"b2", offsetof(gp_notebook_parameters, b2), 3, 1, 2},
              {"W3", offsetof(gp_notebook_parameters, W3), 1, 3, 3},
              {"b3", offsetof(gp_notebook_parameters, b3), 1, 1, 3}};
enum { BLOCK_COUNT = sizeof BLOCKS / sizeof *BLOCKS };

void gp_notebook_dictionary_to_vector(const gp_notebook_parameters *parameters, double *vector) {
    for (size_t k = 0; k < BLOCK_COUNT && parameters && vector; k++) {
        size_t entries = BLOCKS[k].rows * BLOCKS[k].columns;
        memcpy(vector, (const char *)parameters + BLOCKS[k].member, entries * sizeof *vector);
        vector += entries;
    }
}

void gp_notebook_vector_to_dictionary(const double *vector, gp_notebook_parameters *parameters) {
    for (size_t k = 0; k < BLOCK_COUNT && parameters && vector; k++) {
        size_t entries = BLOCKS[k].rows * BLOCKS[k].columns;
        memcpy((char *)parameters + BLOCKS[k].member, vector, entries * sizeof *vector);
        vector += entries;
    }
}

void gp_notebook_gradients_to_vector(const gp_notebook_parameters *gradients, double *vector) {
    gp_notebook_dictionary_to_vector(gradients, vector);
}

void gp_notebook_test_case(double X[4][3], double Y[3], gp_notebook_parameters *parameters) {
    gp_numpy_random random;
    double vector[N];
    if (!X || !Y || !parameters)
        return;
    gp_numpy_seed(&random, 1);
    for (size_t i = 0; i < INPUTS; i++)
        for (size_t j = 0; j < M; j++)
            X[i][j] = gp_numpy_randn(&random);
    Y[0] = Y[1] = 1;
    Y[2] = 0;
    for (size_t i = 0; i < N; i++)
        vector[i] = gp_numpy_randn(&random);
    gp_notebook_vector_to_dictionary(vector, parameters);
}

/* ---- one dimension -------------------------------------------------------------- */

double gp_notebook_forward(double x, double theta) {
    return theta * x;
}

double gp_notebook_backward(double x, double theta) {
    (void)theta;
    return x;
}

/* |grad - gradapprox| / (|grad| + |gradapprox|), Euclidean norms */
static double difference_of(size_t n, const double *grad, const double *gradapprox) {
    double off = 0, grad2 = 0, approx2 = 0;
    for (size_t i = 0; i < n; i++) {
        off += (grad[i] - gradapprox[i]) * (grad[i] - gradapprox[i]);
        grad2 += grad[i] * grad[i];
        approx2 += gradapprox[i] * gradapprox[i];
    }
    return sqrt(off) / (sqrt(grad2) + sqrt(approx2));
}

double gp_notebook_gradient_check(double x, double theta, double epsilon, FILE *stream) {
    double plus = gp_notebook_forward(x, theta + epsilon);
    double minus = gp_notebook_forward(x, theta - epsilon);
    double gradapprox = (plus - minus) / (2 * epsilon);
    double grad = gp_notebook_backward(x, theta);
    double difference = difference_of(1, &grad, &gradapprox);
    if (stream)
        fprintf(stream, "%s\n",
                difference < 1e-7 ? "The gradient is correct!" : "The gradient is wrong!");
    return difference;
}

/* ---- n dimensions --------------------------------------------------------------- */

/* Z = W A + b, with W (units, inputs), A (inputs, M), b (units). */
static void linear(size_t units, size_t inputs, const double *W, const double *A, const double *b,
                   double *Z) {
    for (size_t i = 0; i < units; i++)
        for (size_t j = 0; j < M; j++) {
            double sum = 0;
            for (size_t k = 0; k < inputs; k++)
                sum += W[i * inputs + k] * A[k * M + j];
            Z[i * M + j] = sum + b[i];
        }
}

double gp_notebook_forward_n(const double X[4][3], const double Y[3],
                             const gp_notebook_parameters *p, gp_notebook_cache *cache) {
    if (!X || !Y || !p)
        return NAN;
    gp_notebook_cache own, *c = cache ? cache : &own; // cppcheck-suppress uninitvar
    c->parameters = *p;
    linear(5, 4, *p->W1, *X, p->b1, *c->Z1);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < M; j++)
            c->A1[i][j] = gp_notebook_relu(c->Z1[i][j]);
    linear(3, 5, *p->W2, *c->A1, p->b2, *c->Z2);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < M; j++)
            c->A2[i][j] = gp_notebook_relu(c->Z2[i][j]);
    linear(1, 3, *p->W3, *c->A2, p->b3, *c->Z3);
    double logprobs = 0;
    for (size_t j = 0; j < M; j++) {
        c->A3[0][j] = gp_notebook_sigmoid(c->Z3[0][j]);
        logprobs += -log(c->A3[0][j]) * Y[j] + -log(1 - c->A3[0][j]) * (1 - Y[j]);
    }
    return 1. / M * logprobs;
}

/* dW = (scale / M) dZ A^T, with dZ (units, M) and A (inputs, M). */
static void weight_gradient(size_t units, size_t inputs, const double *dZ, const double *A,
                            double scale, double *dW) {
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < inputs; k++) {
            double sum = 0;
            for (size_t j = 0; j < M; j++)
                sum += dZ[i * M + j] * A[k * M + j];
            dW[i * inputs + k] = 1. / M * sum * scale;
        }
}

static void bias_gradient(size_t units, const double *dZ, double scale, double *db) {
    for (size_t i = 0; i < units; i++) {
        double sum = 0;
        for (size_t j = 0; j < M; j++)
            sum += dZ[i * M + j];
        db[i] = scale / M * sum;
    }
}

/* dZ_below = (W^T dZ) where A_below > 0, else 0. */
static void back_through(size_t units, size_t inputs, const double *W, const double *dZ,
                         const double *A_below, double *dZ_below) {
    for (size_t k = 0; k < inputs; k++)
        for (size_t j = 0; j < M; j++) {
            double sum = 0;
            for (size_t i = 0; i < units; i++)
                sum += W[i * inputs + k] * dZ[i * M + j];
            dZ_below[k * M + j] = A_below[k * M + j] > 0 ? sum : 0;
        }
}

void gp_notebook_backward_n(const double X[4][3], const double Y[3], const gp_notebook_cache *c,
                            gp_notebook_version version, gp_notebook_parameters *g) {
    if (!X || !Y || !c || !g)
        return;
    /* As given, dW2 is multiplied by 2 and db1 by 4. */
    double dW2_scale = version == GP_NOTEBOOK_GIVEN ? 2 : 1;
    double db1_scale = version == GP_NOTEBOOK_GIVEN ? 4 : 1;
    double dZ3[1][3], dZ2[3][3], dZ1[5][3];
    for (size_t j = 0; j < M; j++)
        dZ3[0][j] = c->A3[0][j] - Y[j];
    weight_gradient(1, 3, *dZ3, *c->A2, 1, *g->W3); // cppcheck-suppress uninitvar
    bias_gradient(1, *dZ3, 1, g->b3);
    back_through(1, 3, *c->parameters.W3, *dZ3, *c->A2, *dZ2);
    weight_gradient(3, 5, *dZ2, *c->A1, dW2_scale, *g->W2);
    bias_gradient(3, *dZ2, 1, g->b2);
    back_through(3, 5, *c->parameters.W2, *dZ2, *c->A1, *dZ1);
    weight_gradient(5, 4, *dZ1, *X, 1, *g->W1);
    bias_gradient(5, *dZ1, db1_scale, g->b1);
}

double gp_notebook_gradient_check_n(const gp_notebook_parameters *parameters,
                                    const gp_notebook_parameters *gradients, const double X[4][3],
                                    const double Y[3], double epsilon, FILE *stream, int colour) {
    double theta[N], grad[N], gradapprox[N];
    gp_notebook_parameters moved;
    if (!parameters || !gradients || !X || !Y)
        return NAN;
    gp_notebook_dictionary_to_vector(parameters, theta);
    gp_notebook_gradients_to_vector(gradients, grad);
    for (size_t i = 0; i < N; i++) {
        double here = theta[i];
        theta[i] = here + epsilon;
        gp_notebook_vector_to_dictionary(theta, &moved);
        double plus = gp_notebook_forward_n(X, Y, &moved, NULL);
        theta[i] = here - epsilon;
        gp_notebook_vector_to_dictionary(theta, &moved);
        double minus = gp_notebook_forward_n(X, Y, &moved, NULL);
        theta[i] = here;
        gradapprox[i] = (plus - minus) / (2 * epsilon);
    }
    double difference = difference_of(N, grad, gradapprox);
    gp_plain plain = gp_plain_begin();
    if (stream && difference > 1e-7)
        fprintf(stream, "There is a mistake in the backward propagation! difference = %.17g\n",
                difference);
    else if (stream)
        fprintf(stream, "%sYour backward propagation works perfectly fine! difference = %.17g%s\n",
                colour ? "\033[92m" : "", difference, colour ? "\033[0m" : "");
    gp_plain_end(plain);
    return difference;
}

/* ---- the cases as functions under test ------------------------------------------ */

typedef struct gp_notebook_case {
    double X[4][3], Y[3];
    gp_notebook_parameters parameters; /* the given ones */
    gp_notebook_version version;
    gp_notebook_cache last; /* of the value, for the silence callback */
} gp_notebook_case;

static int value_1d(void *user, size_t n, const double *theta, double *value) {
    (void)n;
    *value = gp_notebook_forward(*(const double *)user, theta[0]);
    return 0;
}

static int gradient_1d(void *user, size_t n, const double *theta, double *g) {
    (void)n;
    g[0] = gp_notebook_backward(*(const double *)user, theta[0]);
    return 0;
}

static int value_n(void *user, size_t n, const double *theta, double *value) {
    gp_notebook_case *c = user;
    gp_notebook_parameters parameters;
    (void)n;
    gp_notebook_vector_to_dictionary(theta, &parameters);
    *value = gp_notebook_forward_n((const double(*)[3])c->X, c->Y, &parameters, &c->last);
    return 0;
}

static int gradient_n(void *user, size_t n, const double *theta, double *g) {
    const gp_notebook_case *c = user;
    gp_notebook_parameters parameters, gradients;
    gp_notebook_cache cache;
    (void)n;
    gp_notebook_vector_to_dictionary(theta, &parameters);
    gp_notebook_forward_n(c->X, c->Y, &parameters, &cache);
    gp_notebook_backward_n(c->X, c->Y, &cache, c->version, &gradients);
    gp_notebook_gradients_to_vector(&gradients, g);
    return 0;
}

static int all_zero(const double *row) {
    return row[0] == 0 && row[1] == 0 && row[2] == 0;
}

/* A dead unit silences its own row of W and b, and its column of the next W. */
static int silence_n(void *user, size_t entry, char *name, size_t size) {
    const gp_notebook_case *c = user;
    size_t k = 0;
    while (entry >= BLOCKS[k].rows * BLOCKS[k].columns)
        entry -= BLOCKS[k].rows * BLOCKS[k].columns, k++;
    size_t layer = BLOCKS[k].stage, unit = entry / BLOCKS[k].columns;
    const double *own = layer == 1 ? c->last.A1[unit] : c->last.A2[unit];
    if (layer < 3 && all_zero(own)) {
        snprintf(name, size, "unit %zu of layer %zu (relu)", unit, layer);
        return 0;
    }
    if (layer == 1 || BLOCKS[k].columns == 1)
        return -1;
    unit = entry % BLOCKS[k].columns;
    if (!all_zero(layer == 2 ? c->last.A1[unit] : c->last.A2[unit]))
        return -1;
    snprintf(name, size, "unit %zu of layer %zu (relu)", unit, layer - 1);
    return 0;
}

static gp_status make_1d(gp_function **function) {
    double theta = 4, *x = malloc(sizeof *x);
    if (!x)
        return GP_ERROR_MEMORY;
    *x = 2;
    gp_status status = gp_function_create("notebook:1d", GP_FLOAT64, x, function);
    if (status != GP_OK) {
        free(x);
        return status;
    }
    gp_function_set_destructor(*function, free);
    gp_function_set_value_f64(*function, value_1d);
    gp_function_set_gradient_f64(*function, gradient_1d);
    return gp_function_add_block(*function, "theta", 0, 0, NULL, &theta);
}

static gp_status make_n(const char *name, gp_notebook_version version, gp_function **function) {
    gp_notebook_case *c = calloc(1, sizeof *c);
    if (!c)
        return GP_ERROR_MEMORY;
    gp_notebook_test_case(c->X, c->Y, &c->parameters);
    c->version = version;
    gp_status status = gp_function_create(name, GP_FLOAT64, c, function);
    if (status != GP_OK) {
        free(c);
        return status;
    }
    gp_function_set_destructor(*function, free);
    gp_function_set_value_f64(*function, value_n);
    gp_function_set_gradient_f64(*function, gradient_n);
    gp_function_set_silence(*function, silence_n);
    gp_function_set_batch_size(*function, M);
    for (size_t k = 0; k < BLOCK_COUNT && status == GP_OK; k++) {
        const void *member = (const char *)&c->parameters + BLOCKS[k].member;
        status = gp_function_add_block(*function, BLOCKS[k].name, BLOCKS[k].stage, 2,
                                       (size_t[]){BLOCKS[k].rows, BLOCKS[k].columns}, member);
    }
    return status;
}

gp_status gp_notebook_function(const char *which, gp_function **function, gp_error *error) {
    if (!which || !function)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_notebook_function: NULL argument");
    gp_function *f = NULL;
    gp_status status;
    if (strcmp(which, "1d") == 0)
        status = make_1d(&f);
    else if (strcmp(which, "given") == 0)
        status = make_n("notebook:given", GP_NOTEBOOK_GIVEN, &f);
    else if (strcmp(which, "corrected") == 0)
        status = make_n("notebook:corrected", GP_NOTEBOOK_CORRECTED, &f);
    else
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "no case notebook:%.60s: there are notebook:1d, notebook:given and "
                       "notebook:corrected",
                       which);
    if (status != GP_OK) {
        gp_function_destroy(f);
        return gp_fail(error, status, "notebook:%s: out of memory", which);
    }
    *function = f;
    return GP_OK;
}

/* The notebook, piece by piece: see gradproof/notebook.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof/notebook.h"
#include "nn/network/units.h"
#include "nn/notebook/numpy_random.h"
#include "system/error.h"
#include "system/plain.h"
#include "system/sizes.h"

enum {
    INPUTS = GP_NOTEBOOK_INPUTS,
    EXAMPLES = GP_NOTEBOOK_EXAMPLES,
    N = GP_NOTEBOOK_PARAMETERS,
    UNITS1 = 5,
    UNITS2 = 3
};

double gp_notebook_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

double gp_notebook_relu(double x) {
    return gp_relu(x);
}

/* ---- dictionaries and vectors --------------------------------------------------- */

/* Where each block lies among the parameters and among the gradients; in the vector they follow one
 * another. */
#define BLOCK(name, rows, columns, stage)                                                          \
    {                                                                                              \
#name, offsetof(gp_notebook_parameters, name), offsetof(gp_notebook_gradients, d##name),   \
            rows, columns, stage                                                                   \
    }
static const struct {
    const char *name;
    size_t member, gradient, rows, columns;
    unsigned stage;
} BLOCKS[] = {BLOCK(W1, 5, 4, 1), BLOCK(b1, 5, 1, 1), BLOCK(W2, 3, 5, 2),
              BLOCK(b2, 3, 1, 2), BLOCK(W3, 1, 3, 3), BLOCK(b3, 1, 1, 3)};
enum { BLOCK_COUNT = sizeof BLOCKS / sizeof *BLOCKS };

void gp_notebook_dictionary_to_vector(const gp_notebook_parameters *parameters, double *vector,
                                      const char **keys) {
    for (size_t k = 0; k < BLOCK_COUNT && parameters && vector; k++) {
        size_t entries = BLOCKS[k].rows * BLOCKS[k].columns;
        memcpy(vector, (const char *)parameters + BLOCKS[k].member, entries * sizeof *vector);
        vector += entries;
        for (size_t i = 0; i < entries && keys; i++)
            *keys++ = BLOCKS[k].name;
    }
}

void gp_notebook_vector_to_dictionary(const double *vector, gp_notebook_parameters *parameters) {
    for (size_t k = 0; k < BLOCK_COUNT && parameters && vector; k++) {
        size_t entries = BLOCKS[k].rows * BLOCKS[k].columns;
        memcpy((char *)parameters + BLOCKS[k].member, vector, entries * sizeof *vector);
        vector += entries;
    }
}

void gp_notebook_gradients_to_vector(const gp_notebook_gradients *gradients, double *vector) {
    for (size_t k = 0; k < BLOCK_COUNT && gradients && vector; k++) {
        size_t entries = BLOCKS[k].rows * BLOCKS[k].columns;
        memcpy(vector, (const char *)gradients + BLOCKS[k].gradient, entries * sizeof *vector);
        vector += entries;
    }
}

void gp_notebook_test_case(double *X, double *Y, gp_notebook_parameters *parameters) {
    gp_numpy_random random;
    double vector[N];
    if (!X || !Y || !parameters)
        return;
    gp_numpy_seed(&random, 1);
    for (size_t i = 0; i < INPUTS * EXAMPLES; i++)
        X[i] = gp_numpy_randn(&random);
    Y[0] = Y[1] = 1;
    Y[2] = 0;
    for (size_t i = 0; i < N; i++)
        vector[i] = gp_numpy_randn(&random);
    gp_notebook_vector_to_dictionary(vector, parameters);
}

/* ---- arrays of examples ----------------------------------------------------------- */

/* Room for so many rows of m numbers; *array is NULL at first, and without memory. */
static int make_rows(double **array, size_t rows, size_t m) {
    *array = m <= GP_MAX_ENTRIES / rows ? malloc(rows * m * sizeof **array) : NULL;
    return *array != NULL;
}

void gp_notebook_cache_clear(gp_notebook_cache *c) {
    if (!c)
        return;
    double **arrays[] = {&c->Z1, &c->A1, &c->Z2, &c->A2, &c->Z3, &c->A3};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        free(*arrays[k]);
        *arrays[k] = NULL;
    }
    c->m = 0;
}

static int reserve_cache(gp_notebook_cache *c, size_t m) {
    if (c->m == m)
        return 1;
    gp_notebook_cache_clear(c);
    if (!make_rows(&c->Z1, UNITS1, m) || !make_rows(&c->A1, UNITS1, m) ||
        !make_rows(&c->Z2, UNITS2, m) || !make_rows(&c->A2, UNITS2, m) ||
        !make_rows(&c->Z3, 1, m) || !make_rows(&c->A3, 1, m)) {
        gp_notebook_cache_clear(c);
        return 0;
    }
    c->m = m;
    return 1;
}

void gp_notebook_gradients_clear(gp_notebook_gradients *g) {
    if (!g)
        return;
    double **arrays[] = {&g->dZ3, &g->dA2, &g->dZ2, &g->dA1, &g->dZ1};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        free(*arrays[k]);
        *arrays[k] = NULL;
    }
    g->m = 0;
}

static int reserve_gradients(gp_notebook_gradients *g, size_t m) {
    if (g->m == m)
        return 1;
    gp_notebook_gradients_clear(g);
    if (!make_rows(&g->dZ3, 1, m) || !make_rows(&g->dA2, UNITS2, m) ||
        !make_rows(&g->dZ2, UNITS2, m) || !make_rows(&g->dA1, UNITS1, m) ||
        !make_rows(&g->dZ1, UNITS1, m)) {
        gp_notebook_gradients_clear(g);
        return 0;
    }
    g->m = m;
    return 1;
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

/* The fewest digits that read back as v, as Python's str() has them; text has room for 32. */
static void shortest(double v, char *text) {
    gp_plain plain = gp_plain_begin();
    int digits = 1;
    snprintf(text, 32, "%.0e", v);
    while (digits < 17 && strtod(text, NULL) != v)
        snprintf(text, 32, "%.*e", digits++, v);
    const char *e = strchr(text, 'e');
    int exponent = e ? atoi(e + 1) : 0;
    if (exponent >= 0 && exponent < 16 && digits <= exponent) /* not as 1e+01 */
        digits = exponent + 1;
    snprintf(text, 32, "%.*g", digits, v);
    gp_plain_end(plain);
    if (isnan(v))
        strcpy(text, "nan");
    else if (!strpbrk(text, ".einf"))
        strcat(text, ".0");
}

void gp_notebook_print_difference(double difference, FILE *stream) {
    char text[32];
    shortest(difference, text);
    if (stream)
        fprintf(stream, "difference = %s\n", text);
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

/* Z = W A + b, with W (units, inputs), A (inputs, m), b (units). */
static void linear(size_t m, size_t units, size_t inputs, const double *W, const double *A,
                   const double *b, double *Z) {
    for (size_t i = 0; i < units; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t k = 0; k < inputs; k++)
                sum += W[i * inputs + k] * A[k * m + j];
            Z[i * m + j] = sum + b[i];
        }
}

static void activate(size_t count, double (*unit)(double), const double *Z, double *A) {
    for (size_t i = 0; i < count; i++)
        A[i] = unit(Z[i]);
}

/* c holds m examples. */
static double forward(size_t m, const double *X, const double *Y, const gp_notebook_parameters *p,
                      gp_notebook_cache *c) {
    c->parameters = *p;
    linear(m, UNITS1, INPUTS, *p->W1, X, p->b1, c->Z1);
    activate(UNITS1 * m, gp_notebook_relu, c->Z1, c->A1);
    linear(m, UNITS2, UNITS1, *p->W2, c->A1, p->b2, c->Z2);
    activate(UNITS2 * m, gp_notebook_relu, c->Z2, c->A2);
    linear(m, 1, UNITS2, *p->W3, c->A2, p->b3, c->Z3);
    activate(m, gp_notebook_sigmoid, c->Z3, c->A3);
    double logprobs = 0;
    for (size_t j = 0; j < m; j++)
        logprobs += -log(c->A3[j]) * Y[j] + -log(1 - c->A3[j]) * (1 - Y[j]);
    return 1. / (double)m * logprobs;
}

double gp_notebook_forward_n(size_t m, const double *X, const double *Y,
                             const gp_notebook_parameters *p, gp_notebook_cache *cache) {
    if (!X || !Y || !p || m == 0)
        return NAN;
    gp_notebook_cache own = {0}, *c = cache ? cache : &own;
    double cost = reserve_cache(c, m) ? forward(m, X, Y, p, c) : NAN;
    gp_notebook_cache_clear(&own);
    return cost;
}

/* dW = (scale / m) dZ A^T, with dZ (units, m) and A (inputs, m). */
static void weight_gradient(size_t m, size_t units, size_t inputs, const double *dZ,
                            const double *A, double scale, double *dW) {
    for (size_t i = 0; i < units; i++)
        for (size_t k = 0; k < inputs; k++) {
            double sum = 0;
            for (size_t j = 0; j < m; j++)
                sum += dZ[i * m + j] * A[k * m + j];
            dW[i * inputs + k] = 1. / (double)m * sum * scale;
        }
}

static void bias_gradient(size_t m, size_t units, const double *dZ, double scale, double *db) {
    for (size_t i = 0; i < units; i++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++)
            sum += dZ[i * m + j];
        db[i] = scale / (double)m * sum;
    }
}

/* dA_below = W^T dZ;  dZ_below = dA_below where A_below > 0, else 0. */
static void back_through(size_t m, size_t units, size_t inputs, const double *W, const double *dZ,
                         const double *A_below, double *dA_below, double *dZ_below) {
    for (size_t k = 0; k < inputs; k++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t i = 0; i < units; i++)
                sum += W[i * inputs + k] * dZ[i * m + j];
            dA_below[k * m + j] = sum;
            dZ_below[k * m + j] = A_below[k * m + j] > 0 ? sum : 0;
        }
}

gp_status gp_notebook_backward_n(size_t m, const double *X, const double *Y,
                                 const gp_notebook_cache *c, gp_notebook_version version,
                                 gp_notebook_gradients *g) {
    if (!X || !Y || !c || !g || m == 0 || c->m != m)
        return GP_ERROR_ARGUMENT;
    if (!reserve_gradients(g, m))
        return GP_ERROR_MEMORY;
    /* As given, dW2 is multiplied by 2 and db1 by 4. */
    double dW2_scale = version == GP_NOTEBOOK_GIVEN ? 2 : 1;
    double db1_scale = version == GP_NOTEBOOK_GIVEN ? 4 : 1;
    for (size_t j = 0; j < m; j++)
        g->dZ3[j] = c->A3[j] - Y[j];
    weight_gradient(m, 1, UNITS2, g->dZ3, c->A2, 1, *g->dW3);
    bias_gradient(m, 1, g->dZ3, 1, g->db3);
    back_through(m, 1, UNITS2, *c->parameters.W3, g->dZ3, c->A2, g->dA2, g->dZ2);
    weight_gradient(m, UNITS2, UNITS1, g->dZ2, c->A1, dW2_scale, *g->dW2);
    bias_gradient(m, UNITS2, g->dZ2, 1, g->db2);
    back_through(m, UNITS2, UNITS1, *c->parameters.W2, g->dZ2, c->A1, g->dA1, g->dZ1);
    weight_gradient(m, UNITS1, INPUTS, g->dZ1, X, 1, *g->dW1);
    bias_gradient(m, UNITS1, g->dZ1, db1_scale, g->db1);
    return GP_OK;
}

/* The notebook's sentence. */
static void tell(double difference, FILE *stream, int colour) {
    char text[32];
    shortest(difference, text);
    if (stream && difference > 1e-7)
        fprintf(stream, "There is a mistake in the backward propagation! difference = %s\n", text);
    else if (stream)
        fprintf(stream, "%sYour backward propagation works perfectly fine! difference = %s%s\n",
                colour ? "\033[92m" : "", text, colour ? "\033[0m" : "");
}

double gp_notebook_gradient_check_n(const gp_notebook_parameters *parameters,
                                    const gp_notebook_gradients *gradients, size_t m,
                                    const double *X, const double *Y, double epsilon, FILE *stream,
                                    int colour) {
    double theta[N], grad[N], gradapprox[N];
    gp_notebook_parameters moved;
    gp_notebook_cache cache = {0};
    if (!parameters || !gradients || !X || !Y || m == 0 || !reserve_cache(&cache, m))
        return NAN;
    gp_notebook_dictionary_to_vector(parameters, theta, NULL);
    gp_notebook_gradients_to_vector(gradients, grad);
    for (size_t i = 0; i < N; i++) {
        double here = theta[i];
        theta[i] = here + epsilon;
        gp_notebook_vector_to_dictionary(theta, &moved);
        double plus = forward(m, X, Y, &moved, &cache);
        theta[i] = here - epsilon;
        gp_notebook_vector_to_dictionary(theta, &moved);
        double minus = forward(m, X, Y, &moved, &cache);
        theta[i] = here;
        gradapprox[i] = (plus - minus) / (2 * epsilon);
    }
    gp_notebook_cache_clear(&cache);
    double difference = difference_of(N, grad, gradapprox);
    tell(difference, stream, colour);
    return difference;
}

/* ---- the cases as functions under test ------------------------------------------ */

typedef struct gp_notebook_case {
    double X[INPUTS * EXAMPLES], Y[EXAMPLES];
    gp_notebook_parameters parameters; /* the given ones */
    gp_notebook_version version;
    gp_notebook_cache last, own; /* of the value, for the silence callback; of the gradient */
    gp_notebook_gradients gradients;
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
    if (!reserve_cache(&c->last, EXAMPLES))
        return GP_NO_MEMORY;
    *value = forward(EXAMPLES, c->X, c->Y, &parameters, &c->last);
    return 0;
}

static int gradient_n(void *user, size_t n, const double *theta, double *g) {
    gp_notebook_case *c = user;
    gp_notebook_parameters parameters;
    (void)n;
    gp_notebook_vector_to_dictionary(theta, &parameters);
    if (!reserve_cache(&c->own, EXAMPLES))
        return GP_NO_MEMORY;
    forward(EXAMPLES, c->X, c->Y, &parameters, &c->own);
    if (gp_notebook_backward_n(EXAMPLES, c->X, c->Y, &c->own, c->version, &c->gradients) != GP_OK)
        return GP_NO_MEMORY;
    gp_notebook_gradients_to_vector(&c->gradients, g);
    return 0;
}

/* Is this unit of a layer zero for all examples? */
static int is_dead(const double *A, size_t unit) {
    const double *row = A + unit * EXAMPLES;
    return row[0] == 0 && row[1] == 0 && row[2] == 0;
}

/* A dead unit silences its own row of W and b, and its column of the next W. */
static int silence_n(void *user, size_t entry, char *name, size_t size) {
    const gp_notebook_case *c = user;
    size_t k = 0;
    if (c->last.m == 0) /* never evaluated */
        return -1;
    while (entry >= BLOCKS[k].rows * BLOCKS[k].columns)
        entry -= BLOCKS[k].rows * BLOCKS[k].columns, k++;
    size_t layer = BLOCKS[k].stage, unit = entry / BLOCKS[k].columns;
    if (layer < 3 && is_dead(layer == 1 ? c->last.A1 : c->last.A2, unit)) {
        snprintf(name, size, "unit %zu of layer %zu (relu)", unit, layer);
        return 0;
    }
    if (layer == 1 || BLOCKS[k].columns == 1)
        return -1;
    unit = entry % BLOCKS[k].columns;
    if (!is_dead(layer == 2 ? c->last.A1 : c->last.A2, unit))
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
    gp_function_set_value(*function, value_1d);
    gp_function_set_gradient(*function, gradient_1d);
    return gp_function_add_block(*function, "theta", 0, 0, NULL, &theta);
}

static void free_case(void *user) {
    gp_notebook_case *c = user;
    gp_notebook_cache_clear(&c->last);
    gp_notebook_cache_clear(&c->own);
    gp_notebook_gradients_clear(&c->gradients);
    free(c);
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
    gp_function_set_destructor(*function, free_case);
    gp_function_set_value(*function, value_n);
    gp_function_set_gradient(*function, gradient_n);
    gp_function_set_silence(*function, silence_n);
    gp_function_set_batch_size(*function, EXAMPLES);
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

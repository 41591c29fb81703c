/* Every piece of the notebook. Link with libgradproof_nn. */
#ifndef GRADPROOF_NOTEBOOK_H
#define GRADPROOF_NOTEBOOK_H

#include <gradproof.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The notebook's pieces under its own names: a network LINEAR -> RELU -> LINEAR -> RELU -> LINEAR
 * -> SIGMOID of 5, 3 and 1 units, and gradient checking the textbook way, in one and in n
 * dimensions. All arrays are in C order; m is the number of examples, one a column: X is 4 x m, Y
 * has m numbers, and what has a row for each of u units is u x m. */

enum {
    GP_NOTEBOOK_INPUTS = 4,
    GP_NOTEBOOK_EXAMPLES = 3,   /* of its test case */
    GP_NOTEBOOK_PARAMETERS = 47 /* W1 5x4, b1 5, W2 3x5, b2 3, W3 1x3, b3 1 */
};

/* Its dictionary of parameters. */
typedef struct gp_notebook_parameters {
    double W1[5][4], b1[5], W2[3][5], b2[3], W3[1][3], b3[1];
} gp_notebook_parameters;

/* What forward propagation leaves for backward propagation: pre-activations, activations and
 * parameters. All zero at first ({0}); the arrays are made as they are needed, used again while m
 * stays the same, and released with gp_notebook_cache_clear. */
typedef struct gp_notebook_cache {
    size_t m;
    double *Z1, *A1, *Z2, *A2, *Z3, *A3; /* 5, 5, 3, 3, 1 and 1 rows of m numbers */
    gp_notebook_parameters parameters;
} gp_notebook_cache;

/* Its dictionary of gradients. The arrays are made and released as those of the cache. */
typedef struct gp_notebook_gradients {
    size_t m;
    double *dZ3, *dA2, *dZ2, *dA1, *dZ1; /* 1, 3, 3, 5 and 5 rows of m numbers */
    double dW1[5][4], db1[5], dW2[3][5], db2[3], dW3[1][3], db3[1];
} gp_notebook_gradients;

GP_API void gp_notebook_cache_clear(gp_notebook_cache *cache);
GP_API void gp_notebook_gradients_clear(gp_notebook_gradients *gradients);

/* The mistakes in its backward propagation: both (as given) or none (corrected). */
typedef enum gp_notebook_version { GP_NOTEBOOK_GIVEN, GP_NOTEBOOK_CORRECTED } gp_notebook_version;

GP_API double gp_notebook_sigmoid(double x);
GP_API double gp_notebook_relu(double x);

/* W1 b1 W2 b2 W3 b3, each row by row, to and from a vector of 47; gradients go the same way.
 * keys[i], if keys isn't NULL, is the name of what vector[i] belongs to, "W1" for the first:
 * static. */
GP_API void gp_notebook_dictionary_to_vector(const gp_notebook_parameters *parameters,
                                             double *vector, const char **keys);
GP_API void gp_notebook_vector_to_dictionary(const double *vector,
                                             gp_notebook_parameters *parameters);
GP_API void gp_notebook_gradients_to_vector(const gp_notebook_gradients *gradients, double *vector);

/* gradient_check_n_test_case(): np.random.seed(1), then randn for X (4 x 3), W1, b1, W2, b2, W3,
 * b3, bit for bit; Y is 1 1 0. */
GP_API void gp_notebook_test_case(double *X, double *Y, gp_notebook_parameters *parameters);

/* J = theta x, its derivative, and the check of one against the other: returns formula (2) and, if
 * stream isn't NULL, prints the notebook's sentence to it. */
GP_API double gp_notebook_forward(double x, double theta);
GP_API double gp_notebook_backward(double x, double theta);
GP_API double gp_notebook_gradient_check(double x, double theta, double epsilon, FILE *stream);

/* "difference = 2.919335883291695e-10" and a newline: as few digits as tell the number from every
 * other, as Python prints it. */
GP_API void gp_notebook_print_difference(double difference, FILE *stream);

/* The cost of formula (3)'s network on m >= 1 examples; cache may be NULL. NaN without memory. */
GP_API double gp_notebook_forward_n(size_t m, const double *X, const double *Y,
                                    const gp_notebook_parameters *parameters,
                                    gp_notebook_cache *cache);
/* The cache must be that of m examples: else GP_ERROR_ARGUMENT. */
GP_API gp_status gp_notebook_backward_n(size_t m, const double *X, const double *Y,
                                        const gp_notebook_cache *cache, gp_notebook_version version,
                                        gp_notebook_gradients *gradients);
/* Formula (3) with central differences of step epsilon; prints the notebook's sentence to stream,
 * if it isn't NULL, the good one in green where `colour` isn't 0. NaN without memory. */
GP_API double gp_notebook_gradient_check_n(const gp_notebook_parameters *parameters,
                                           const gp_notebook_gradients *gradients, size_t m,
                                           const double *X, const double *Y, double epsilon,
                                           FILE *stream, int colour);

/* A case as a function under test: "1d", "given" (with the notebook's two mistakes) or "corrected".
 * Check it with options.notebook_epsilon = 1e-7 for the notebook's own difference. */
GP_API gp_status gp_notebook_function(const char *which, gp_function **function, gp_error *error);

#ifdef __cplusplus
}
#endif

#endif

/* Every piece of the notebook. Link with libgradproof_nn. */
#ifndef GRADPROOF_NOTEBOOK_H
#define GRADPROOF_NOTEBOOK_H

#include <gradproof.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every piece of the notebook, under its own names: a network LINEAR -> RELU -> LINEAR -> RELU ->
 * LINEAR -> SIGMOID of 5, 3 and 1 units on 3 examples of 4 inputs, and gradient checking the
 * textbook way, in one and in n dimensions. All arrays are C order; b1 is a 5 x 1 column, and so
 * on. */

enum {
    GP_NOTEBOOK_INPUTS = 4,
    GP_NOTEBOOK_EXAMPLES = 3,
    GP_NOTEBOOK_PARAMETERS = 47 /* W1 5x4, b1 5, W2 3x5, b2 3, W3 1x3, b3 1 */
};

/* Its dictionary of parameters, or of gradients: each by name. */
typedef struct gp_notebook_parameters {
    double W1[5][4], b1[5], W2[3][5], b2[3], W3[1][3], b3[1];
} gp_notebook_parameters;

/* What forward propagation leaves for backward propagation: pre-activations and activations, one
 * column an example. */
typedef struct gp_notebook_cache {
    double Z1[5][3], A1[5][3], Z2[3][3], A2[3][3], Z3[1][3], A3[1][3];
    gp_notebook_parameters parameters;
} gp_notebook_cache;

/* The mistakes in its backward propagation: both (as given) or none (corrected). */
typedef enum gp_notebook_version { GP_NOTEBOOK_GIVEN, GP_NOTEBOOK_CORRECTED } gp_notebook_version;

GP_API double gp_notebook_sigmoid(double x);
GP_API double gp_notebook_relu(double x);

/* W1 b1 W2 b2 W3 b3, each row by row, to and from a vector of 47; gradients go the same way. */
GP_API void gp_notebook_dictionary_to_vector(const gp_notebook_parameters *parameters,
                                             double *vector);
GP_API void gp_notebook_vector_to_dictionary(const double *vector,
                                             gp_notebook_parameters *parameters);
GP_API void gp_notebook_gradients_to_vector(const gp_notebook_parameters *gradients,
                                            double *vector);

/* gradient_check_n_test_case(): np.random.seed(1), then randn for X, W1, b1, W2, b2, W3, b3, bit
 * for bit; Y is 1 1 0. */
GP_API void gp_notebook_test_case(double X[4][3], double Y[3], gp_notebook_parameters *parameters);

/* J = theta x, its derivative, and the check of one against the other: returns formula (2) and, if
 * stream isn't NULL, prints the notebook's sentence to it. */
GP_API double gp_notebook_forward(double x, double theta);
GP_API double gp_notebook_backward(double x, double theta);
GP_API double gp_notebook_gradient_check(double x, double theta, double epsilon, FILE *stream);

/* The cost of formula (3)'s network; cache may be NULL. */
GP_API double gp_notebook_forward_n(const double X[4][3], const double Y[3],
                                    const gp_notebook_parameters *parameters,
                                    gp_notebook_cache *cache);
GP_API void gp_notebook_backward_n(const double X[4][3], const double Y[3],
                                   const gp_notebook_cache *cache, gp_notebook_version version,
                                   gp_notebook_parameters *gradients);
/* Formula (3) with central differences of step epsilon; prints the notebook's sentence to stream,
 * if it isn't NULL, the good one in green where `colour` isn't 0. */
GP_API double gp_notebook_gradient_check_n(const gp_notebook_parameters *parameters,
                                           const gp_notebook_parameters *gradients,
                                           const double X[4][3], const double Y[3], double epsilon,
                                           FILE *stream, int colour);

/* A case as a function under test: "1d", "given" (with the notebook's two mistakes) or "corrected".
 * Check it with options.notebook_epsilon = 1e-7 for the notebook's own difference. */
GP_API gp_status gp_notebook_function(const char *which, gp_function **function, gp_error *error);

#ifdef __cplusplus
}
#endif

#endif

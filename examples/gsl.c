/* GSL's three solvers that take derivatives, their callbacks checked: a paraboloid to be minimised,
 * an exponential to be fitted, Rosenbrock's equations to be solved.
 *
 *     cc gsl.c -lgsl -lgslcblas -lgradproof -lm -o gsl && ./gsl
 *
 * `./gsl wrong` has a mistake in each.
 */
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_multiroots.h>
#include <math.h>
#include <string.h>

#include <gradproof/gsl.h>

static int wrong;

/* ---- multimin: 10 (x - 1)^2 + 20 (y - 2)^2 + 30 ---- */

static double bowl(const gsl_vector *v, void *params) {
    double x = gsl_vector_get(v, 0) - 1, y = gsl_vector_get(v, 1) - 2;
    (void)params;
    return 10 * x * x + 20 * y * y + 30;
}

static void bowl_gradient(const gsl_vector *v, void *params, gsl_vector *df) {
    (void)params;
    gsl_vector_set(df, 0, 20 * (gsl_vector_get(v, 0) - 1));
    gsl_vector_set(df, 1, 40 * (gsl_vector_get(v, 1) - 2));
}

/* Solvers call this one most, and df hardly ever. */
static void bowl_both(const gsl_vector *v, void *params, double *f, gsl_vector *df) {
    *f = bowl(v, params);
    bowl_gradient(v, params, df);
    if (wrong)
        gsl_vector_set(df, 1, 20 * (gsl_vector_get(v, 1) - 2));
}

/* ---- multifit: A exp(-lambda t) + b at 40 times ---- */

enum { TIMES = 40 };

static int decay(const gsl_vector *x, void *data, gsl_vector *f) {
    const double *y = data;
    for (size_t i = 0; i < TIMES; i++) {
        double t = 3.0 * (double)i / (TIMES - 1);
        gsl_vector_set(f, i,
                       gsl_vector_get(x, 0) * exp(-gsl_vector_get(x, 1) * t) +
                           gsl_vector_get(x, 2) - y[i]);
    }
    return GSL_SUCCESS;
}

static int decay_jacobian(const gsl_vector *x, void *data, gsl_matrix *J) {
    (void)data;
    for (size_t i = 0; i < TIMES; i++) {
        double t = 3.0 * (double)i / (TIMES - 1), e = exp(-gsl_vector_get(x, 1) * t);
        gsl_matrix_set(J, i, 0, e);
        gsl_matrix_set(J, i, 1, (wrong ? 1 : -1) * t * gsl_vector_get(x, 0) * e);
        gsl_matrix_set(J, i, 2, 1);
    }
    return GSL_SUCCESS;
}

/* ---- multiroot: 1 - x = 0, 10 (y - x^2) = 0 ---- */

static int valley(const gsl_vector *v, void *params, gsl_vector *f) {
    double x = gsl_vector_get(v, 0), y = gsl_vector_get(v, 1);
    (void)params;
    gsl_vector_set(f, 0, 1 - x);
    gsl_vector_set(f, 1, 10 * (y - x * x));
    return GSL_SUCCESS;
}

static int valley_jacobian(const gsl_vector *v, void *params, gsl_matrix *J) {
    (void)params;
    gsl_matrix_set(J, 0, 0, -1);
    gsl_matrix_set(J, wrong ? 1 : 0, wrong ? 0 : 1, 0); /* transposed */
    gsl_matrix_set(J, wrong ? 0 : 1, wrong ? 1 : 0, -20 * gsl_vector_get(v, 0));
    gsl_matrix_set(J, 1, 1, 10);
    return GSL_SUCCESS;
}

static int valley_both(const gsl_vector *v, void *params, gsl_vector *f, gsl_matrix *J) {
    valley(v, params, f);
    return valley_jacobian(v, params, J);
}

int main(int argc, char **argv) {
    double y[TIMES], at[] = {5, 7}, start[] = {1, 1.5, 0.2}, root[] = {-10, -5};
    wrong = argc > 1 && strcmp(argv[1], "wrong") == 0;
    for (size_t i = 0; i < TIMES; i++)
        y[i] = 5 * exp(-1.5 * 3.0 * (double)i / (TIMES - 1)) + 1 + 0.1 * sin(7.0 * (double)i);
    gsl_vector_view x = gsl_vector_view_array(at, 2), s = gsl_vector_view_array(start, 3),
                    r = gsl_vector_view_array(root, 2);
    gsl_multimin_function_fdf minimum = {bowl, bowl_gradient, bowl_both, 2, NULL};
    gsl_multifit_nlinear_fdf fit = {decay, decay_jacobian, NULL, TIMES, 3, y, 0, 0, 0};
    gsl_multiroot_function_fdf equations = {valley, valley_jacobian, valley_both, 2, NULL};

    int refuted = gp_gsl_check_multimin(&minimum, &x.vector, "bowl", NULL, stdout) == GP_REFUTED;
    refuted += gp_gsl_check_multifit(&fit, &s.vector, "decay", NULL, stdout) == GP_REFUTED;
    refuted += gp_gsl_check_multiroot(&equations, &r.vector, "valley", NULL, stdout) == GP_REFUTED;
    printf("%d of 3 refuted\n", refuted);
    return refuted;
}

/* gradproof: callbacks of the GNU Scientific Library (https://www.gnu.org/software/gsl), as they
 * are. One line before the solver is set:
 *
 *     if (gp_gsl_check_multimin(&fdf, x, "cost", NULL, stderr) == GP_REFUTED) return 1;
 *
 * Vectors may have any stride. A callback that returns anything but GSL_SUCCESS refuses the point.
 * Both df and, by itself, fdf are checked where a structure has both, since solvers call either.
 * Needs gsl_vector.h and the solver's own header alone.
 */
#ifndef GRADPROOF_GSL_H
#define GRADPROOF_GSL_H

#include <gsl/gsl_errno.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_multiroots.h>
#include <gsl/gsl_vector.h>

#include <gradproof/adapter.h>

/* What the two of GSL's systems have in common, m equations of n unknowns. */
typedef int (*gp_gsl_f)(const gsl_vector *x, void *params, gsl_vector *y);
typedef int (*gp_gsl_df)(const gsl_vector *x, void *params, gsl_matrix *J);
typedef int (*gp_gsl_fdf)(const gsl_vector *x, void *params, gsl_vector *y, gsl_matrix *J);

typedef struct gp_gsl {
    const gsl_multimin_function_fdf *multimin;
    gp_gsl_f f;
    gp_gsl_df df;
    gp_gsl_fdf fdf;
    void *params;
    size_t m;
    double *scratch; /* m */
} gp_gsl;

/* Of a vector with a stride, n numbers in a row; NULL without memory. */
static inline double *gp_gsl_numbers(const gsl_vector *x) {
    double *numbers = (double *)malloc((x->size + 1) * sizeof *numbers);
    for (size_t i = 0; numbers && i < x->size; i++)
        numbers[i] = gsl_vector_get(x, i);
    return numbers;
}

static inline int gp_gsl_value(void *user, size_t n, const double *x, double *value) {
    const gsl_multimin_function_fdf *f = ((const gp_gsl *)user)->multimin;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    *value = f->f(&at.vector, f->params);
    return 0;
}

static inline int gp_gsl_gradient(void *user, size_t n, const double *x, double *g) {
    const gsl_multimin_function_fdf *f = ((const gp_gsl *)user)->multimin;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    gsl_vector_view gradient = gsl_vector_view_array(g, n);
    f->df(&at.vector, f->params, &gradient.vector);
    return 0;
}

static inline int gp_gsl_value_gradient(void *user, size_t n, const double *x, double *value,
                                        double *g) {
    const gsl_multimin_function_fdf *f = ((const gp_gsl *)user)->multimin;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    gsl_vector_view gradient = gsl_vector_view_array(g, n);
    f->fdf(&at.vector, f->params, value, &gradient.vector);
    return 0;
}

static inline int gp_gsl_map(void *user, size_t n, const double *x, size_t m, double *y) {
    const gp_gsl *p = (const gp_gsl *)user;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    gsl_vector_view values = gsl_vector_view_array(y, m);
    return p->f(&at.vector, p->params, &values.vector) != GSL_SUCCESS;
}

static inline int gp_gsl_jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    const gp_gsl *p = (const gp_gsl *)user;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    gsl_matrix_view matrix = gsl_matrix_view_array(J, p->m, n);
    (void)count;
    return p->df(&at.vector, p->params, &matrix.matrix) != GSL_SUCCESS;
}

static inline int gp_gsl_both_jacobian(void *user, size_t n, const double *x, size_t count,
                                       double *J) {
    const gp_gsl *p = (const gp_gsl *)user;
    gsl_vector_const_view at = gsl_vector_const_view_array(x, n);
    gsl_vector_view values = gsl_vector_view_array(p->scratch, p->m);
    gsl_matrix_view matrix = gsl_matrix_view_array(J, p->m, n);
    (void)count;
    return p->fdf(&at.vector, p->params, &values.vector, &matrix.matrix) != GSL_SUCCESS;
}

/* f with df, and fdf, of gsl_multimin. */
static inline gp_verdict gp_gsl_check_multimin(const gsl_multimin_function_fdf *f,
                                               const gsl_vector *x, const char *name,
                                               const gp_options *options, FILE *stream) {
    gp_gsl p = {f, NULL, NULL, NULL, NULL, 0, NULL};
    double *numbers = gp_gsl_numbers(x);
    gp_verdict verdict = GP_VERIFIED;
    for (int both = 0; both < (f->fdf ? 2 : 1); both++) {
        gp_function *function = numbers ? gp_adapter_create(name, x->size, numbers, &p) : NULL;
        if (function && both) {
            (void)gp_function_set_value(function, gp_gsl_value);
            (void)gp_function_set_value_gradient(function, gp_gsl_value_gradient);
            (void)gp_function_add_remark(function, "of value and gradient at once (fdf)");
        } else if (function) {
            (void)gp_function_set_value(function, gp_gsl_value);
            (void)gp_function_set_gradient(function, gp_gsl_gradient);
        }
        verdict = gp_adapter_worse(verdict, gp_adapter_check(name, function, options, stream));
    }
    free(numbers);
    return verdict;
}

static inline gp_verdict gp_gsl_check_system(gp_gsl *p, const gsl_vector *x, const char *name,
                                             const gp_options *options, FILE *stream) {
    double *numbers = gp_gsl_numbers(x);
    gp_verdict verdict = GP_VERIFIED;
    p->scratch = (double *)malloc((p->m + 1) * sizeof *p->scratch);
    for (int both = 0; both < (p->fdf ? 2 : 1); both++) {
        gp_function *function =
            numbers && p->scratch ? gp_adapter_create(name, x->size, numbers, p) : NULL;
        if (function) {
            (void)gp_function_set_map(function, p->m, gp_gsl_map);
            (void)gp_function_set_jacobian(function, both ? gp_gsl_both_jacobian : gp_gsl_jacobian);
        }
        if (function && both)
            (void)gp_function_add_remark(function, "of values and Jacobian at once (fdf)");
        verdict = gp_adapter_worse(verdict, gp_adapter_check(name, function, options, stream));
    }
    free(p->scratch);
    free(numbers);
    return verdict;
}

/* The residuals of gsl_multifit_nlinear and their Jacobian: entry [j][i] of "jacobian x" is
 * df_j/dx_i. Its fvv isn't looked at. Nothing to do where df is NULL, and GSL takes differences
 * itself: inconclusive. */
static inline gp_verdict gp_gsl_check_multifit(const gsl_multifit_nlinear_fdf *f,
                                               const gsl_vector *x, const char *name,
                                               const gp_options *options, FILE *stream) {
    gp_gsl p = {NULL, f->f, f->df, NULL, f->params, f->n, NULL};
    if (!f->df) {
        if (stream) {
            fprintf(stream,
                    "inconclusive: %s: df is NULL, so GSL takes differences and there is nothing "
                    "to check\n",
                    name);
        }
        return GP_INCONCLUSIVE;
    }
    return gp_gsl_check_system(&p, x, name, options, stream);
}

/* The equations of gsl_multiroot: f with df, and fdf. */
static inline gp_verdict gp_gsl_check_multiroot(const gsl_multiroot_function_fdf *f,
                                                const gsl_vector *x, const char *name,
                                                const gp_options *options, FILE *stream) {
    gp_gsl p = {NULL, f->f, f->df, f->fdf, f->params, f->n, NULL};
    return gp_gsl_check_system(&p, x, name, options, stream);
}

#endif

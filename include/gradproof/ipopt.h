/* gradproof: callbacks of Ipopt's C interface (https://coin-or.github.io/Ipopt), as they are. One
 * line, with the arguments of CreateIpoptProblem, a point and the user data:
 *
 *     if (gp_ipopt_check(n, x_L, x_U, m, g_L, g_U, nele_jac, nele_hess, index_style, eval_f,
 * eval_g, eval_grad_f, eval_jac_g, eval_h, x, &user_data, NULL, stderr) == GP_REFUTED) return 1;
 *
 * It checks the objective's gradient; the constraints' Jacobian by its own triplets, those of the
 * same place added up as Ipopt does; and, unless eval_h is NULL, the Hessian of sigma f + sum
 * lambda_j g_j, whose triplets are one of its triangles, for a sigma and lambdas that are all
 * different, against differences of the gradients. Each has a report of its own. Where x is outside
 * of its bounds, the nearest point inside is taken. Reports count variables and constraints from 0,
 * whatever index_style is, and say so.
 */
#ifndef GRADPROOF_IPOPT_H
#define GRADPROOF_IPOPT_H

#include <math.h>

#include <IpStdCInterface.h>

#include <gradproof/adapter.h>

typedef struct gp_ipopt {
    int n, m, jacobian, hessian; /* numbers of triplets */
    Eval_F_CB f;
    Eval_Grad_F_CB gradient;
    Eval_G_CB g;
    Eval_Jac_G_CB jacobian_of;
    Eval_H_CB hessian_of;
    UserDataPtr data;
    double *x;         /* n: Ipopt's callbacks may write to theirs */
    int *row, *column; /* of the Jacobian's triplets, then of the Hessian's, from 0 */
    size_t *at;        /* of each of the Jacobian's, the first one at its place */
    double *value;     /* of either's triplets */
    double *lambda, *lower, *upper;
} gp_ipopt;

static const double GP_IPOPT_SIGMA = 0.7,
                    GP_IPOPT_INFINITY = 1e19; /* Ipopt's nlp_upper_bound_inf */

static inline double *gp_ipopt_point(const gp_ipopt *p, const double *x) {
    for (int i = 0; i < p->n; i++)
        p->x[i] = x[i];
    return p->x;
}

static inline int gp_ipopt_value(void *user, size_t n, const double *x, double *value) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    (void)n;
    return !p->f(p->n, gp_ipopt_point(p, x), 1, value, p->data);
}

static inline int gp_ipopt_gradient(void *user, size_t n, const double *x, double *g) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    (void)n;
    return !p->gradient(p->n, gp_ipopt_point(p, x), 1, g, p->data);
}

static inline int gp_ipopt_constraints(void *user, size_t n, const double *x, size_t m, double *y) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    (void)n, (void)m;
    return !p->g(p->n, gp_ipopt_point(p, x), 1, p->m, y, p->data);
}

/* The triplets' values, those at one place in the first of them. */
static inline int gp_ipopt_jacobian_values(const gp_ipopt *p, const double *x) {
    if (!p->jacobian_of(p->n, gp_ipopt_point(p, x), 1, p->m, p->jacobian, NULL, NULL, p->value,
                        p->data))
        return 1;
    for (int k = 0; k < p->jacobian; k++) {
        if (p->at[k] != (size_t)k) {
            p->value[p->at[k]] += p->value[k];
            p->value[k] = 0;
        }
    }
    return 0;
}

static inline int gp_ipopt_jacobian(void *user, size_t n, const double *x, size_t count,
                                    double *J) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    size_t next = 0;
    (void)n;
    if (gp_ipopt_jacobian_values(p, x))
        return 1;
    for (int k = 0; k < p->jacobian && next < count; k++)
        if (p->at[k] == (size_t)k)
            J[next++] = p->value[k];
    return 0;
}

/* The Lagrangian's gradient, by the problem's own derivatives. */
static inline int gp_ipopt_lagrangian(void *user, size_t n, const double *x, double *g) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    if (gp_ipopt_gradient(user, n, x, g))
        return 1;
    for (int i = 0; i < p->n; i++)
        g[i] *= GP_IPOPT_SIGMA;
    if (p->m == 0)
        return 0;
    if (gp_ipopt_jacobian_values(p, x))
        return 1;
    for (int k = 0; k < p->jacobian; k++)
        g[p->column[k]] += p->lambda[p->row[k]] * p->value[k];
    return 0;
}

static inline int gp_ipopt_product(void *user, size_t n, const double *x, const double *v,
                                   double *y) {
    const gp_ipopt *p = (const gp_ipopt *)user;
    const int *row = p->row + p->jacobian, *column = p->column + p->jacobian;
    if (!p->hessian_of(p->n, gp_ipopt_point(p, x), 1, GP_IPOPT_SIGMA, p->m, p->lambda, 1,
                       p->hessian, NULL, NULL, p->value, p->data))
        return 1;
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (int k = 0; k < p->hessian; k++) {
        y[row[k]] += p->value[k] * v[column[k]];
        if (row[k] != column[k])
            y[column[k]] += p->value[k] * v[row[k]];
    }
    return 0;
}

/* Does the Hessian change with the objective's factor (which == 0), with the constraints' (1)? Or
 * there are none. */
static inline int gp_ipopt_answers(const gp_ipopt *p, const double *x, int which) {
    double *first = (double *)malloc(((size_t)p->hessian + 1) * sizeof *first);
    int answers = !first || (which && p->m == 0);
    if (!answers && p->hessian_of(p->n, gp_ipopt_point(p, x), 1, GP_IPOPT_SIGMA, p->m, p->lambda, 1,
                                  p->hessian, NULL, NULL, first, p->data)) {
        for (int j = 0; which && j < p->m; j++)
            p->lambda[j] *= 2;
        int here = p->hessian_of(p->n, gp_ipopt_point(p, x), 1, GP_IPOPT_SIGMA * (which ? 1 : 2),
                                 p->m, p->lambda, 1, p->hessian, NULL, NULL, p->value, p->data);
        for (int j = 0; which && j < p->m; j++)
            p->lambda[j] /= 2;
        for (int k = 0; k < p->hessian && !answers; k++)
            answers = !here || first[k] != p->value[k];
    }
    free(first);
    return answers;
}

/* Triplets [first, first + count), counted from `style`: are all of them inside of rows x n? If
 * not, says which isn't. */
static inline int gp_ipopt_inside(const gp_ipopt *p, int first, int count, int rows, int style,
                                  const char *what, FILE *stream) {
    for (int k = first; k < first + count; k++) {
        p->row[k] -= style;
        p->column[k] -= style;
        if (p->row[k] < 0 || p->row[k] >= rows || p->column[k] < 0 || p->column[k] >= p->n) {
            if (stream) {
                fprintf(stream,
                        "failed: %s: triplet %d is at (%d, %d), outside of rows %d to %d, columns "
                        "%d to %d\n",
                        what, k - first, p->row[k] + style, p->column[k] + style, style,
                        rows - 1 + style, style, p->n - 1 + style);
            }
            return 0;
        }
    }
    return 1;
}

static inline int gp_ipopt_by_place(const void *one, const void *other) {
    const size_t *a = (const size_t *)one, *b = (const size_t *)other;
    return a[0] != b[0]   ? (a[0] < b[0] ? -1 : 1)
           : a[1] != b[1] ? (a[1] < b[1] ? -1 : 1)
                          : (a[2] > b[2]) - (a[2] < b[2]);
}

/* Of triplets [first, first + count), the first at each one's place (in either triangle, if
 * `either`), into at. Returns how many places there are; SIZE_MAX without memory. */
static inline size_t gp_ipopt_places(const gp_ipopt *p, int first, int count, int either,
                                     size_t *at) {
    size_t(*triplet)[3] = (size_t(*)[3])malloc(((size_t)count + 1) * sizeof *triplet), places = 0;
    for (int k = 0; triplet && k < count; k++) {
        size_t row = (size_t)p->row[first + k], column = (size_t)p->column[first + k];
        int swap = either && row < column;
        triplet[k][0] = swap ? column : row;
        triplet[k][1] = swap ? row : column;
        triplet[k][2] = (size_t)k;
    }
    if (!triplet)
        return (size_t)-1;
    qsort(triplet, (size_t)count, sizeof *triplet, gp_ipopt_by_place);
    for (int k = 0; k < count; k++) {
        int same =
            k > 0 && triplet[k][0] == triplet[k - 1][0] && triplet[k][1] == triplet[k - 1][1];
        at[triplet[k][2]] = same ? at[triplet[k - 1][2]] : triplet[k][2];
        places += !same;
    }
    free(triplet);
    return places;
}

static inline gp_function *gp_ipopt_create(const char *name, gp_ipopt *p, const double *x,
                                           int style) {
    gp_function *function = gp_adapter_create(name, (size_t)p->n, x, p);
    if (function) {
        (void)gp_function_set_bounds(function, p->lower, p->upper);
        if (style) {
            (void)gp_function_add_remark(
                function, "variables and constraints count from 0 here, from 1 in the problem");
        }
    }
    return function;
}

static inline gp_verdict gp_ipopt_check_objective(gp_ipopt *p, const double *x, int style,
                                                  const gp_options *options, FILE *stream) {
    gp_function *function = gp_ipopt_create("objective", p, x, style);
    if (function) {
        (void)gp_function_set_value(function, gp_ipopt_value);
        (void)gp_function_set_gradient(function, gp_ipopt_gradient);
    }
    return gp_adapter_check("objective", function, options, stream);
}

static inline gp_verdict gp_ipopt_check_constraints(gp_ipopt *p, const double *x, int style,
                                                    const gp_options *options, FILE *stream) {
    size_t places, *place = (size_t *)malloc((2 * (size_t)p->jacobian + 1) * sizeof *place),
                   next = 0;
    if (!p->jacobian_of(p->n, NULL, 1, p->m, p->jacobian, p->row, p->column, NULL, p->data)) {
        if (stream) {
            fprintf(stream,
                    "failed: constraints: eval_jac_g refused to tell where its triplets are\n");
        }
        free(place);
        return GP_FAILED;
    }
    if (!gp_ipopt_inside(p, 0, p->jacobian, p->m, style, "constraints", stream)) {
        free(place);
        return GP_FAILED;
    }
    places = gp_ipopt_places(p, 0, p->jacobian, 0, p->at);
    gp_function *function =
        place && places != (size_t)-1 ? gp_ipopt_create("constraints", p, x, style) : NULL;
    for (int k = 0; function && k < p->jacobian; k++) {
        if (p->at[k] == (size_t)k) {
            place[next] = (size_t)p->row[k];
            place[places + next++] = (size_t)p->column[k];
        }
    }
    if (function) {
        (void)gp_function_set_map(function, (size_t)p->m, gp_ipopt_constraints);
        (void)gp_function_set_jacobian(function, gp_ipopt_jacobian);
        (void)gp_function_set_sparsity(function, places, place, place + places);
    }
    gp_verdict verdict = gp_adapter_check("constraints", function, options, stream);
    free(place);
    return verdict;
}

static inline gp_verdict gp_ipopt_check_hessian(gp_ipopt *p, const double *x, int style,
                                                const gp_options *options, FILE *stream) {
    int told = p->hessian_of(p->n, NULL, 1, GP_IPOPT_SIGMA, p->m, p->lambda, 1, p->hessian,
                             p->row + p->jacobian, p->column + p->jacobian, NULL, p->data);
    size_t *at = (size_t *)malloc(((size_t)p->hessian + 1) * sizeof *at), both = 0;
    if (!told && stream)
        fprintf(stream, "failed: Lagrangian: eval_h refused to tell where its triplets are\n");
    if (!told || !gp_ipopt_inside(p, p->jacobian, p->hessian, p->n, style, "Lagrangian", stream)) {
        free(at);
        return GP_FAILED;
    }
    size_t places = at ? gp_ipopt_places(p, p->jacobian, p->hessian, 1, at) : (size_t)-1;
    gp_function *function =
        places != (size_t)-1 ? gp_ipopt_create("Lagrangian", p, x, style) : NULL;
    for (int k = 0; function && k < p->hessian; k++)
        both += p->row[p->jacobian + (int)at[k]] != p->row[p->jacobian + k];
    if (function) {
        (void)gp_function_set_gradient(function, gp_ipopt_lagrangian);
        (void)gp_function_set_hvp(function, gp_ipopt_product);
        (void)gp_function_add_remark(
            function, "the Hessian of 0.7 times the objective plus each constraint times a "
                      "number of its own, against differences of the problem's gradients");
    }
    gp_verdict verdict = gp_adapter_check("Lagrangian", function, options, stream);
    if (verdict == GP_REFUTED && stream) {
        if (both)
            fprintf(stream,
                    "  hint: triplets are in both triangles; Ipopt takes one and mirrors it\n");
        for (int which = 0; which < 2; which++)
            if (!gp_ipopt_answers(p, x, which))
                fprintf(stream,
                        "  hint: eval_h returns the same whatever %s: each term has its factor\n",
                        which ? "lambda is" : "obj_factor is");
    }
    free(at);
    return verdict;
}

/* Where x_L and x_U are NULL, and where they are beyond 1e19, there are no bounds. g_L and g_U mean
 * nothing here. Returns the worst verdict of the three. */
static inline gp_verdict gp_ipopt_check(int n, const double *x_L, const double *x_U, int m,
                                        const double *g_L, const double *g_U, int nele_jac,
                                        int nele_hess, int index_style, Eval_F_CB eval_f,
                                        Eval_G_CB eval_g, Eval_Grad_F_CB eval_grad_f,
                                        Eval_Jac_G_CB eval_jac_g, Eval_H_CB eval_h, const double *x,
                                        UserDataPtr user_data, const gp_options *options,
                                        FILE *stream) {
    gp_verdict verdict[3] = {GP_FAILED, GP_VERIFIED, GP_VERIFIED};
    (void)g_L, (void)g_U;
    if (n < 1 || m < 0 || nele_jac < 0 || nele_hess < 0 || !x) {
        if (stream) {
            fprintf(stream, "failed: a problem needs a point, a variable, and no negative number "
                            "of anything\n");
        }
        return GP_FAILED;
    }
    const size_t N = (size_t)n, triplets = (size_t)nele_jac + (size_t)nele_hess;
    double *numbers = (double *)malloc((4 * N + (size_t)m + triplets + 1) * sizeof *numbers);
    int *places = (int *)malloc((2 * triplets + 1) * sizeof *places);
    size_t *at = (size_t *)malloc(((size_t)nele_jac + 1) * sizeof *at);
    gp_ipopt p = {n,       m,           nele_jac, eval_h ? nele_hess : 0,
                  eval_f,  eval_grad_f, eval_g,   eval_jac_g,
                  eval_h,  user_data,   numbers,  places,
                  places,  at,          numbers,  numbers,
                  numbers, numbers};
    if (numbers && places && at) {
        double *inside = numbers + N;
        p.lower = inside + N;
        p.upper = p.lower + N;
        p.lambda = p.upper + N;
        p.value = p.lambda + m;
        p.column = places + triplets;
        for (size_t i = 0; i < N; i++) {
            p.lower[i] = x_L && x_L[i] > -GP_IPOPT_INFINITY ? x_L[i] : -INFINITY;
            p.upper[i] = x_U && x_U[i] < GP_IPOPT_INFINITY ? x_U[i] : INFINITY;
            inside[i] = fmin(fmax(x[i], p.lower[i]), p.upper[i]);
        }
        for (int j = 0; j < m; j++)
            p.lambda[j] = 0.5 + 0.3 * cos(1.0 + 2.0 * j);
        verdict[0] = gp_ipopt_check_objective(&p, inside, index_style, options, stream);
        if (m > 0)
            verdict[1] = gp_ipopt_check_constraints(&p, inside, index_style, options, stream);
        if (eval_h && verdict[1] != GP_FAILED)
            verdict[2] = gp_ipopt_check_hessian(&p, inside, index_style, options, stream);
    } else if (stream) {
        fprintf(stream, "failed: out of memory\n");
    }
    free(numbers);
    free(places);
    free(at);
    return gp_adapter_worse(verdict[0], gp_adapter_worse(verdict[1], verdict[2]));
}

#endif

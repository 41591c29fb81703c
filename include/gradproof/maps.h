/* gradproof: maps and second derivatives. Included by gradproof.h.
 *
 * A map F: R^n -> R^m, and any of the derivatives below, of the function's own precision. Those of
 * a map are held against difference quotients of F, entry by entry, output by input; or, where that
 * would cost too much, by a few random cotangents u and directions v, u'J v against differences of
 * u'F along v, whatever m and n are. The strategy full looks at up to 2^24 entries, one by one;
 * project asks for the latter. Such a map is checked at the given point alone. If a function has a
 * value and a gradient too, those are checked as ever. Second derivatives are those of the
 * gradient callback: they need no map. Each writes all of its output and returns 0, or anything
 * else for "not here".
 */
#ifndef GRADPROOF_MAPS_H
#define GRADPROOF_MAPS_H

#ifndef GRADPROOF_H
#error "include <gradproof.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* y (m) := F(x). */
typedef int (*gp_map_f64)(void *user, size_t n, const double *x, size_t m, double *y);
typedef int (*gp_map_f32)(void *user, size_t n, const float *x, size_t m, float *y);
/* Vector-Jacobian product (reverse mode, pullback, adjoint): g (n) := J(x)' u, u (m). */
typedef int (*gp_vjp_f64)(void *user, size_t n, const double *x, size_t m, const double *u,
                          double *g);
typedef int (*gp_vjp_f32)(void *user, size_t n, const float *x, size_t m, const float *u, float *g);
/* Both at once, in place of a map or a VJP: y (m) := F(x), unless y is NULL; g (n) := J(x)' u, u
 * (m), unless u and g are NULL. One of y and g is wanted at a time. */
typedef int (*gp_map_vjp_f64)(void *user, size_t n, const double *x, size_t m, double *y,
                              const double *u, double *g);
typedef int (*gp_map_vjp_f32)(void *user, size_t n, const float *x, size_t m, float *y,
                              const float *u, float *g);
/* Jacobian-vector product (forward mode, pushforward, tangent): y (m) := J(x) v, v (n). */
typedef int (*gp_jvp_f64)(void *user, size_t n, const double *x, const double *v, size_t m,
                          double *y);
typedef int (*gp_jvp_f32)(void *user, size_t n, const float *x, const float *v, size_t m, float *y);
/* The Jacobian itself: J (count) := dF_j/dx_i at j n + i, count = m n; or, of a given sparsity, the
 * entries of its pattern in the order in which they were given. The Hessian: the same with m = n.
 */
typedef int (*gp_jacobian_f64)(void *user, size_t n, const double *x, size_t count, double *J);
typedef int (*gp_jacobian_f32)(void *user, size_t n, const float *x, size_t count, float *J);
/* Hessian-vector product: y (n) := H(x) v, v (n). */
typedef int (*gp_hvp_f64)(void *user, size_t n, const double *x, const double *v, double *y);
typedef int (*gp_hvp_f32)(void *user, size_t n, const float *x, const float *v, float *y);

/* gp_function_set_callback for GP_MAP and GP_MAP_VJP, with m, the map's outputs, at least 1. */
GP_API gp_status gp_function_set_map_callback(gp_function *function, gp_role role, size_t outputs,
                                              gp_dtype dtype, gp_callback callback);
#define gp_function_set_map(function, outputs, callback)                                           \
    GP_SET_MAP(function, GP_MAP, outputs, gp_map, callback)
#define gp_function_set_map_vjp(function, outputs, callback)                                       \
    GP_SET_MAP(function, GP_MAP_VJP, outputs, gp_map_vjp, callback)
#define gp_function_set_vjp(function, callback) GP_SET_TYPED(function, GP_VJP, gp_vjp, callback)
#define gp_function_set_jvp(function, callback) GP_SET_TYPED(function, GP_JVP, gp_jvp, callback)
#define gp_function_set_jacobian(function, callback)                                               \
    GP_SET_TYPED(function, GP_JACOBIAN, gp_jacobian, callback)
#define gp_function_set_hessian(function, callback)                                                \
    GP_SET_TYPED(function, GP_HESSIAN, gp_jacobian, callback)
#define gp_function_set_hvp(function, callback) GP_SET_TYPED(function, GP_HVP, gp_hvp, callback)

/* Names a map's outputs, for reports: the next ones, as many as the extents in `shape` multiply to,
 * are an array called `name` (both copied), in C order. An entry is then named by them,
 * "jacobian W[mu[2][3]][0]", where it is "jacobian W[11][0]" otherwise. Named arrays make up all of
 * the map's outputs, or gp_check refuses the function. An array of no dimensions is one output, one
 * with an extent of 0 none. */
GP_API gp_status gp_function_add_output(gp_function *function, const char *name, size_t dimensions,
                                        const size_t *shape);

/* The pattern of a sparse Jacobian: entry k is dF_row[k]/dx_column[k] (copied; no entry twice).
 * Columns without a common row are perturbed together; entries outside the pattern are looked for.
 */
GP_API gp_status gp_function_set_sparsity(gp_function *function, size_t entries, const size_t *row,
                                          const size_t *column);

#ifdef __cplusplus
}
#endif

#endif

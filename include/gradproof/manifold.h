/* gradproof: blocks that aren't free in all of their entries (rotations, unit vectors, symmetric
 * matrices), or whose gradients follow a convention (complex numbers). Included by gradproof.h.
 *
 * Such a block has a space. It is checked along the space's coordinates v, by x (+) v, which stays
 * in the space; so its block of the report has as many entries as there are coordinates, and some
 * spaces have two blocks ("T rotation", "T translation"). Callbacks get x with all entries, as the
 * blocks were added. What the gradient's numbers mean is `gradient`, a word of the list; NULL is
 * the first one. A block of shape (..., the space's) holds many, each moving by itself.
 *
 *   space             an item's shape   coordinates (blocks)          gradient
 *   "SO3"             3,3               3 rotations, R Exp(v)         ambient, right, left
 *   "quaternion"      4: w,x,y,z        3 rotations, q exp(v/2)       ambient, right, left,
 *   "quaternion-xyzw" 4: x,y,z,w        the same                        right-half, left-half
 *   "SE3"             3,4 or 4,4        " rotation": 3, R Exp(v);     ambient, right, left,
 *                                       " translation": 3, t + v        right-rotation-first,
 *                                                                       left-rotation-first
 *   "sphere"          n                 n-1; any radius               ambient, riemannian
 *   "stiefel"         n,p; p <= n       " within": columns by each    ambient, riemannian,
 *                                       other; " across": the rest      canonical
 *   "positive-definite" n,n             the pairs (i,j), i >= j       ambient, pairs, stored,
 *                                                                       riemannian
 *   "symmetric"       n,n               the same                      ambient, pairs, stored
 *   "skew"            n,n               the pairs (i,j), i > j        ambient
 *   "lower", "upper"  n,n               the triangle's entries        ambient
 *   "hermitian"       n,n,2             " real": pairs i >= j;        torch, jax, dz, dzbar
 *                                       " imaginary": pairs i > j
 *   "complex"         2: re, im         re, im                        torch, jax, dz, dzbar
 *
 * ambient: derivatives by the entries of x, such as those of any extension of the function, an
 * item's shape. Parts that are normal to the space don't matter; the report says how large they
 * are. Of matrices with pairs it may be symmetric or lie in one triangle: df = <G, dS> is what
 * counts, and the report says which it is.
 * right, left: derivatives by v of f(x Exp(v)), f(Exp(v) x), 3 numbers (SE3: 6, translation first
 * unless the word says otherwise); v is a rotation vector, and of -half half of one.
 * riemannian: the tangent vector that represents df, in the metric of the embedding (of
 * positive-definite matrices: the affine-invariant one); canonical: in that of the Stiefel
 * manifold. An item's shape; a gradient that isn't tangent is refuted.
 * pairs: the derivative by each pair of equal entries, in both of its places. stored: one triangle
 * of the symmetric gradient, the other 0 (or all of it).
 * With d/dx and d/dy, z = x + iy: torch is d/dx + i d/dy (PyTorch's), jax is
 * d/dx - i d/dy, dz and dzbar are half of the latter and of the former (Wirtinger's).
 *
 * Where a gradient is refuted but would be right read in another way, the diagnosis says so
 * (kinds "convention", "order", "transposed", "not-tangent").
 */
#ifndef GRADPROOF_MANIFOLD_H
#define GRADPROOF_MANIFOLD_H

#ifndef GRADPROOF_H
#error "include <gradproof.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Gives a block that was added before a space. The gradient callback's g then holds, block by
 * block, as many numbers as `gradient` has (n still is the number of entries of x). Not for
 * functions with bounds, a team, a map or second derivatives. Other ways to the value, suspects and
 * names of silent units aren't asked for where a block has a space. */
GP_API gp_status gp_function_set_space(gp_function *function, const char *block, const char *space,
                                       const char *gradient);

/* y (the block's entries) := x (+) v for tangent coordinates v (k), smooth in v; x (+) 0 = x, and a
 * v of size 1 is a large step. Return 0, or anything else for "not here". */
typedef int (*gp_retraction_f64)(void *context, size_t k, const double *x, const double *v,
                                 double *y);
/* A space of one's own, with k coordinates, 1 <= k <= the block's entries. gradient: "ambient" (the
 * block's entries; NULL) or "tangent" (k numbers, derivatives by v at v = 0). The retraction is
 * differentiated by differences of order 8, exact to some 1e-13; it is handed `context`, which
 * stays the caller's. */
GP_API gp_status gp_function_set_retraction(gp_function *function, const char *block, size_t k,
                                            gp_retraction_f64 retraction, void *context,
                                            const char *gradient);

/* Names of the spaces and of the gradients that each may have, static; NULL beyond the last. */
GP_API const char *gp_space_name(size_t space);
GP_API const char *gp_space_gradient(size_t space, size_t gradient);

#ifdef __cplusplus
}
#endif

#endif

/* A weighted sum of a map's outputs, u . F(x), as a function under test: a scalar, whose gradient
 * J(x)' u is one call of a VJP, or a product with a Jacobian. What is known of checking gradients
 * then serves for maps. */
#ifndef GP_WEIGHTED_H
#define GP_WEIGHTED_H

#include "function/claims.h"

enum { GP_MOST_SETS = 9 };

typedef struct gp_weighted {
    gp_function function;  /* borrows blocks, x and bounds of the map's function */
    const gp_function *of; /* the map's function, borrowed */
    int second;            /* F is the gradient callback */
    gp_claim claim;        /* what makes the gradient: a VJP, a Jacobian or a Hessian */
    size_t m;
    const double *u;           /* sets x m, borrowed: may be changed between calls */
    size_t sets;               /* the value is that of the first */
    double dots[GP_MOST_SETS]; /* u_k . F of the last value */
    double *outputs;           /* m: F of the last value */
    double *y_storage;         /* m outputs of the function's precision between guards */
    void *in;                  /* m: u in the function's precision */
    void *J;                   /* of Jacobians and Hessians: the numbers of the callback */
    int overrun;               /* the map wrote outside of its outputs */
    gp_progress *progress;     /* who watches is told which callback is asked; may be NULL */
} gp_weighted;

/* claim: GP_CLAIMS for a sum without a gradient. */
gp_status gp_weighted_create(const gp_function *of, int second, gp_claim claim, gp_weighted **w);
void gp_weighted_destroy(gp_weighted *w);

/* g (n) := J' u of a Jacobian or a Hessian J of which `at` reads number k. */
typedef double (*gp_number_at)(const void *J, size_t k);
void gp_matrix_times(const gp_function *f, gp_claim claim, const void *J, gp_number_at at,
                     const double *u, double *g);
double gp_double_at(const void *J, size_t k);

/* Makes the planted mistakes of a claim in its product: in J' u, or in J v, of whose v
 * gp_plant_direction has had its share before. */
void gp_plant_product(const gp_function *f, gp_claim claim, const double *in, double *out);
void gp_plant_direction(const gp_function *f, gp_claim claim, double *v);

#endif

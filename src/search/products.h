/* Derivatives of maps too large to be looked at entry by entry: random cotangents u and directions
 * v. docs/numerics.md, "Large maps". */
#ifndef GP_PRODUCTS_H
#define GP_PRODUCTS_H

#include "claim/sparsity.h"
#include "search/directions.h"
#include "search/state.h"
#include "search/weighted.h"

/* F along one direction: u_k . F at both ends of each rung, for all k. Largest step first. */
typedef struct gp_product_line {
    gp_probe probe;
    gp_along along;
    gp_line line;
    unsigned rungs, evaluations;
    gp_rung rung[GP_RUNGS]; /* of the first u */
    double plus[GP_RUNGS][GP_MOST_SETS], minus[GP_RUNGS][GP_MOST_SETS];
} gp_product_line;

/* One claim about F'(x) = J (m x n), by products: `left`, J' u, or else J v. */
typedef struct gp_products {
    gp_check_state *check;
    const gp_function *f;
    gp_claim claim;
    int second, left;
    size_t m, n;
    size_t block, blocks;    /* of the report: the claim's */
    double *J;               /* what a Jacobian or Hessian callback has written; else NULL */
    gp_sparsity pattern;     /* of a sparse Jacobian */
    gp_weighted *sum;        /* u . F */
    gp_evaluator *evaluator; /* of it */
    double *F0;              /* m */
    double *u;               /* count x m */
    double *spread;          /* m: components of u are at most this */
    double *weight;          /* n: components of v are at most this; 0 in blocks that are out */
    double *product;         /* count x n: J' u_k; or count x m: J v_k */
    double *first;           /* the product with the first vector that was asked for */
    double *in, *out;        /* scratch, max(m, n) each */
    double f0[GP_MOST_SETS], sigma[GP_MOST_SETS];
    double *norm;             /* a block of f: |W_u J W_v|, Frobenius; 0 where it is out */
    double all;               /* of all of them */
    unsigned count, products; /* vectors u and directions v in use; products worked out */
    double scale;             /* length on which steps along directions are taken */
    double step[3];           /* the first ones along each, */
    unsigned steps, most;     /* so many; directions in use at most */
    uint64_t before;          /* evaluations of the check until this claim */
    int unfinished;           /* a budget would have allowed more */
    int confirmed, thorough;  /* what is off is off nearby too; whatever it costs */
    gp_product_line *line;    /* GP_MOST_SETS */
    double slope[GP_MOST_SETS][GP_MOST_SETS]; /* u_k . J v_l as claimed */
} gp_products;

/* out := J' in or J in as claimed at the given point, planted mistakes included. written, if not
 * NULL, tells what the callback wrote. */
gp_outcome gp_products_claimed(gp_products *p, const double *in, double *out,
                               unsigned char *written);

/* u := the first weights of the sum, `sets` of them; the value is that of the first. */
void gp_products_weigh(gp_products *p, const double *u, unsigned sets);

/* The noise of u . F, from rounding alone. */
double gp_products_rounding(const gp_products *p, const double *u);

/* The estimate of (u_k . F)' along direction l. */
gp_estimate gp_products_estimate(const gp_products *p, unsigned k, unsigned l);

/* What claim and estimate differ by for u_k and v_l. */
gp_discrepancy gp_products_discrepancy(const gp_products *p, unsigned k, unsigned l);

/* Evaluates the map, tries the callback, and weighs inputs and outputs. */
gp_outcome gp_products_prepare(gp_products *p);

/* Directions until they are enough, or show that something is wrong; the first time the callback's
 * answers are tried besides: do they depend on where the value was asked for, are they linear? */
gp_outcome gp_products_measure(gp_products *p, int first);

/* The spectral norm of the weighted error above which it is seen but for the accepted probability.
 */
double gp_products_error_seen(const gp_products *p);

/* The pair that is off by most; 0: none is. */
int gp_products_worst(const gp_products *p, unsigned *k, unsigned *l);

/* A line on what was done, for the report. */
gp_outcome gp_products_tell(const gp_products *p);

#endif

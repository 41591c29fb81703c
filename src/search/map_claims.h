/* Gathering what is claimed, and trying whether the callbacks keep their contract. */
#ifndef GP_MAP_CLAIMS_H
#define GP_MAP_CLAIMS_H

#include "search/map_set.h"

/* Fills set->claimed for claim k, planted mistakes left out; at the given point also how its
 * numbers were written. */
gp_outcome gp_map_gather(gp_map_set *set, size_t k);

/* Random u and v: is each product linear, and is <u, J v> = <J' u, v> (for a Hessian, which is its
 * own transpose, <u, H v> = <H u, v>)? */
gp_outcome gp_map_test_products(gp_map_set *set);

/* Plants the mistakes into claim k: after the products were tried, since a planted one isn't
 * linear's or symmetry's fault. */
gp_status gp_map_plant(gp_map_set *set, size_t k);

/* Has every number been set, by what the callbacks did at the given point? */
int gp_map_is_written(const gp_map_set *set);

/* Is an answer of claim k to one vector, but for zeros, the same at x as at the given point? Sets
 * *same. */
gp_outcome gp_map_answer_is_same(gp_map_set *set, size_t k, const double *x, int *same);

#endif

/* Where products are wrong. */
#ifndef GP_LOCATE_PRODUCT_H
#define GP_LOCATE_PRODUCT_H

#include "search/products.h"

/* Where do u_k and v_l go wrong? Puts entries, diagnoses and verdicts into the report; *news counts
 * blocks found wrong. */
gp_outcome gp_locate_product(gp_products *p, unsigned k, unsigned l, size_t *news);

/* Blocks that nothing has been found wrong in, whose product is the same at another point where the
 * derivative isn't, are refuted. */
gp_outcome gp_find_stored_product(gp_products *p);

#endif

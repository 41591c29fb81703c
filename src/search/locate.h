/* The search for what directions find wrong. */
#ifndef GP_LOCATE_H
#define GP_LOCATE_H

#include "search/directions.h"

/* Where does direction k, which is off, go wrong? Halves what is off, axis by axis, until slabs or
 * single entries are left, judges entries into the report, adds to `known` and `wrong`, and takes
 * blocks that are wrong all over out of the directions (factor 0). *news counts what was found. */
gp_outcome gp_locate(gp_directions *directions, unsigned k, const gp_discrepancy *whole,
                     size_t *news);

/* Diagnoses for the boxes that are wrong; `clean`: directions without them are not off. */
gp_status gp_locate_describe(const gp_directions *directions, int clean);

#endif

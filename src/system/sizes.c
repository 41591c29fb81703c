/* See sizes.h. */
#include "system/sizes.h"

int gp_is_empty(size_t dimensions, const size_t *shape) {
    for (size_t k = 0; k < dimensions; k++)
        if (shape[k] == 0)
            return 1;
    return 0;
}

size_t gp_volume(size_t dimensions, const size_t *shape) {
    size_t entries = 1;
    for (size_t k = 0; k < dimensions; k++) {
        if (shape[k] == 0 || entries > GP_MAX_ENTRIES / shape[k])
            return 0;
        entries *= shape[k];
    }
    return entries;
}

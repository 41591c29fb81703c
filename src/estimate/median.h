/* The median of `count` > 0 numbers, the upper of the middle two; sorts them. */
#ifndef GP_MEDIAN_H
#define GP_MEDIAN_H

#include <stddef.h>

double gp_median(double *numbers, size_t count);

#endif

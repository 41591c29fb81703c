/* See ball.h. */
#include "judge/ball.h"

#include <float.h>
#include <math.h>

/* ln of the probability that an error of exp(size) passes. */
static double log_of_miss(unsigned count, const double *bound, double m, double size) {
    double sum = 0;
    for (unsigned k = 0; k < count; k++) {
        double passes = sqrt(2) * (bound[k] * (1 + m) / exp(size) + 1.0 / 9000);
        sum += passes < 1 ? log(passes) : 0;
    }
    return sum;
}

double gp_error_excluded(unsigned count, const double *bound, double m, double accepted) {
    enum { HALVINGS = 60 };
    double low = log(fmax(bound[0], DBL_MIN) * (1 + m)), high = low + 60, top = high;
    if (!isfinite(low))
        return INFINITY;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (log_of_miss(count, bound, m, middle) > log(accepted))
            low = middle;
        else
            high = middle;
    }
    return high < top ? exp(high) : INFINITY;
}

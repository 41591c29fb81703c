/* See vector.h. */
#include "system/vector.h"

#include <math.h>
#include <string.h>

GP_VECTOR double gp_largest(const double *v, size_t n) {
    gp_bits most = {0}; /* sizes as bits are in order as numbers are */
    size_t i = 0;
    for (; i + GP_LANES <= n; i += GP_LANES) {
        gp_bits size = *(const gp_bits *)(v + i) & INT64_MAX, larger = size > most;
        most = (larger & size) | (~larger & most);
    }
    for (; i < n; i++) {
        int64_t size;
        memcpy(&size, v + i, sizeof size);
        size &= INT64_MAX;
        most[0] = size > most[0] ? size : most[0];
    }
    for (size_t k = 1; k < GP_LANES; k++)
        most[0] = most[k] > most[0] ? most[k] : most[0];
    int64_t largest = most[0];
    double result;
    memcpy(&result, &largest, sizeof result);
    return result;
}

GP_VECTOR size_t gp_count_nonzero(const double *v, size_t n) {
    gp_lanes zero = {0};
    gp_bits nonzero = {0}; /* all bits of a true comparison are set: -1 */
    size_t count = 0, i = 0;
    for (; i + GP_LANES <= n; i += GP_LANES)
        nonzero -= *(const gp_lanes *)(v + i) != zero;
    for (; i < n; i++)
        count += v[i] != 0;
    for (size_t k = 0; k < GP_LANES; k++)
        count += (size_t)nonzero[k];
    return count;
}

GP_VECTOR double gp_squares(const double *v, double unit, size_t n) {
    gp_lanes sums = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + GP_LANES <= n; i += GP_LANES) {
        gp_lanes part = *(const gp_lanes *)(v + i) / unit;
        sums += part * part;
    }
    for (; i < n; i++)
        sum += (v[i] / unit) * (v[i] / unit);
    for (size_t k = 0; k < GP_LANES; k++)
        sum += sums[k];
    return sum;
}

double gp_root_mean_square(const double *v, size_t n) {
    double largest = gp_largest(v, n);
    return largest == 0 ? 0 : largest * sqrt(gp_squares(v, largest, n) / (double)n);
}

double gp_dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

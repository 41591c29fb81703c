/* See draws.h. */
#include "estimate/draws.h"

#include <math.h>

static const double PI = 3.14159265358979323846, SQRT_HALF = 0.70710678118654752440;

/* Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
 * statistical moments", Sandia report SAND2008-6212 (2008). */
void gp_moments_add(gp_moments *m, double number) {
    double before = (double)m->count, count = before + 1;
    double off = number - m->mean, share = off / count;
    m->count++;
    m->mean += share;
    m->cubes += share * (off * off * before / count * (before - 1) - 3 * m->squares);
    m->squares += off * share * before;
}

/* Newton's method from Abramowitz & Stegun 26.2.22. */
double gp_normal_quantile(double upper) {
    double t = sqrt(-2 * log(upper));
    double z = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t));
    for (int k = 0; k < 6; k++)
        z += (erfc(z * SQRT_HALF) / 2 - upper) * sqrt(2 * PI) * exp(z * z / 2);
    return z;
}

/* Abramowitz & Stegun 26.7.5. */
double gp_student_quantile(double upper, double freedom) {
    double z = gp_normal_quantile(upper), s = z * z;
    double first = z * (s + 1) / 4, second = z * ((5 * s + 16) * s + 3) / 96;
    double third = z * (((3 * s + 19) * s + 17) * s - 15) / 384;
    double fourth = z * ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / 92160;
    return z + (first + (second + (third + fourth / freedom) / freedom) / freedom) / freedom;
}

double gp_moments_half_width(const gp_moments *m, double upper) {
    double count = (double)m->count;
    if (m->count <= 30)
        return INFINITY;
    if (!(m->squares > 0))
        return m->squares == 0 ? 0 : INFINITY;
    double error = sqrt(m->squares / (count * (count - 1)));
    double skewness = sqrt(count) * m->cubes / (m->squares * sqrt(m->squares));
    double t = gp_student_quantile(upper, count - 1);
    return error * (t + fabs(skewness) * (2 * t * t + 1) / (6 * sqrt(count)));
}

double gp_moments_p_value(const gp_moments *m) {
    double low = log(1e-16), high = log(0.5);
    for (int k = 0; k < 50; k++) {
        double middle = (low + high) / 2;
        if (fabs(m->mean) > gp_moments_half_width(m, exp(middle)))
            high = middle;
        else
            low = middle;
    }
    return fmin(2 * exp(high), 1);
}

/* Means of random draws: what is known of an average after so many of them. */
#ifndef GP_DRAWS_H
#define GP_DRAWS_H

#include <stddef.h>

/* Of the numbers so far: their mean, and the sums of squares and cubes of what they are off it. */
typedef struct gp_moments {
    size_t count;
    double mean, squares, cubes;
} gp_moments;

void gp_moments_add(gp_moments *moments, double number);

/* The number that a standard normal variable exceeds with probability `upper`, which is in
 * (0, 1/2]; and one of Student's distribution with so many degrees of freedom, 30 at least. */
double gp_normal_quantile(double upper);
double gp_student_quantile(double upper, double freedom);

/* How far the mean of all draws may lie from the mean of these, but for a chance of `upper` on
 * either side; INFINITY of fewer than 31. Draws are seldom normal: the interval of Student's
 * distribution is widened on both sides by what their skewness makes of the wider one, the first
 * term of the Cornish-Fisher expansion (P. Hall, "On the removal of skewness by transformation",
 * J. R. Statist. Soc. B 54, 1992). */
double gp_moments_half_width(const gp_moments *moments, double upper);

/* The least `upper` at which 0 lies outside of that interval about the mean; 1e-16: of all that are
 * larger. */
double gp_moments_p_value(const gp_moments *moments);

#endif

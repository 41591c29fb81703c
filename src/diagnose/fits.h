/* One number fitted to the entries of a block: the factor F of a = F d, the lambda of a - d =
 * lambda x; and how likely it is that unrelated numbers look like that. */
#ifndef GP_FITS_H
#define GP_FITS_H

#include "diagnose/slices.h"

/* The best factor F in a = F d by weighted least squares over a slice, and how exactly it is known;
 * -1 where no entry tells. */
int gp_best_factor(const gp_case *c, gp_slice s, double *factor, double *error);
/* Does it explain every number of the slice? */
int gp_factor_explains(const gp_case *c, gp_slice s, double factor);
/* The chance that unrelated errors of this size look like one factor: that each entry of a slice
 * but the one which the factor was read from agrees with it within its own bound. */
double gp_factor_chance(const gp_case *c, gp_slice s, double factor);
/* What a factor may come from; "" if it is no number people would know. */
void gp_factor_origin(const gp_case *c, double factor, double error, char *text, size_t size);
/* Is it a number that people write: one with an origin, a small whole number or one over it? */
int gp_factor_is_plain(const gp_case *c, double factor, double error);

/* lambda of a - d = lambda s(x) by weighted least squares, but for a slice that has none (or NULL);
 * -1 where there is none to be had. */
int gp_best_term(const gp_case *c, double (*s)(double x), const gp_slice *exempt, double *lambda);

/* The s of weight decay: x itself. */
double gp_term_of_decay(double x);

/* The largest |a - m| / b, m = factor d + lambda x: how far a model is from explaining all by noise
 * alone. */
double gp_misfit(const gp_case *c, double factor, double lambda);

#endif

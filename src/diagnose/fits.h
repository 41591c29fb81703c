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
/* a - d = kappa s(x) of a term s, or kappa d, which is a factor 1 + kappa; about that large. */
typedef struct gp_fit_of {
    double kappa;
    double (*term)(double x); /* NULL: d */
    const gp_slice *exempt;   /* that has none of it; or NULL */
    const unsigned char *odd; /* entries that don't count; or NULL */
} gp_fit_of;

/* The chance that unrelated errors look like that as much as these do. kappa is read from the
 * number that shows it best. Each other one then misses by some m of what it would be off by, o;
 * whatever the size of errors, if small ones are as likely as large ones at least, and both signs
 * are, at most m / (o - m) of them come as near. Estimates are nearer to the truth than their
 * bounds (36 times in the median), so that this tells more than that a number is explained. */
double gp_fit_chance(const gp_case *c, gp_slice s, const gp_fit_of *of);
/* The same of a factor. */
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

/* What random directions exclude. For v uniform on [-w_i, w_i] the probability that an error e of a
 * gradient passes k directions is at most
 *
 *     prod_k sqrt 2 (B_k / |w e| + 1 / 9000),
 *
 * B_k being the largest difference that direction k accepts, by Ball's cube-slicing theorem: K.
 * Ball, "Cube slicing in R^n", Proc. AMS 97 (1986). That holds for the error of each block by
 * itself, whatever the rest does. The 2^16 levels of v widen B by |w e| / 9000 at most but for a
 * chance of 4e-11 (Hoeffding).
 *
 * B_k = (1 + m) b_k, b_k being the direction's bound and m the largest |off_k| / b_k. b_k doesn't
 * depend on e, and the product grows with m, so that holds for the m that came out; and as
 * directions are added one after the other until they are enough, for each time that was asked. */
#ifndef GP_BALL_H
#define GP_BALL_H

/* The |w e| whose probability of a miss is `accepted`, of `count` directions with these bounds, the
 * smallest first and above 0, and that m. INFINITY: none is excluded. */
double gp_error_excluded(unsigned count, const double *bound, double m, double accepted);

#endif

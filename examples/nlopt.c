/* NLopt's own tutorial problem: minimise sqrt(x1) where x1 >= (a x0 + b)^3 for two pairs a, b.
 * Checked, then solved.
 *
 *     cc nlopt.c -lnlopt -lgradproof -lm -o nlopt && ./nlopt
 *
 * `./nlopt wrong` has a mistake in a constraint's gradient.
 */
#include <math.h>
#include <nlopt.h>
#include <string.h>

#include <gradproof/nlopt.h>

typedef struct pair {
    double a, b;
    int wrong;
} pair;

static double cost(unsigned n, const double *x, double *grad, void *data) {
    (void)n, (void)data;
    if (grad) {
        grad[0] = 0;
        grad[1] = 0.5 / sqrt(x[1]);
    }
    return sqrt(x[1]);
}

static double constraint(unsigned n, const double *x, double *grad, void *data) {
    const pair *p = data;
    double t = p->a * x[0] + p->b;
    (void)n;
    if (grad) {
        grad[0] = 3 * t * t * (p->wrong ? 1 : p->a); /* the inner derivative */
        grad[1] = -1;
    }
    return t * t * t - x[1];
}

/* Both at once. */
static void constraints(unsigned m, double *result, unsigned n, const double *x, double *grad,
                        void *data) {
    pair *p = data;
    for (unsigned j = 0; j < m; j++)
        result[j] = constraint(n, x, grad ? grad + j * n : NULL, p + j);
}

int main(int argc, char **argv) {
    int wrong = argc > 1 && strcmp(argv[1], "wrong") == 0;
    pair pairs[] = {{2, 0, 0}, {-1, 1, wrong}};
    double x[] = {1.234, 5.678}, least;
    nlopt_opt opt = nlopt_create(NLOPT_LD_MMA, 2);
    nlopt_set_lower_bounds(opt, (double[]){-HUGE_VAL, 0});
    nlopt_set_min_objective(opt, cost, NULL);
    nlopt_add_inequality_mconstraint(opt, 2, constraints, pairs, NULL);
    nlopt_set_xtol_rel(opt, 1e-4);

    int refuted = gp_nlopt_check(opt, "cost", cost, NULL, x, NULL, stdout) == GP_REFUTED;
    refuted |=
        gp_nlopt_check(opt, "constraint 1", constraint, &pairs[1], x, NULL, stdout) == GP_REFUTED;
    refuted |= gp_nlopt_check_mconstraint(opt, "constraints", 2, constraints, pairs, x, NULL,
                                          stdout) == GP_REFUTED;

    if (!refuted && nlopt_optimize(opt, x, &least) > 0)
        printf("minimum %.6f at (%.6f, %.6f)\n", least, x[0], x[1]);
    nlopt_destroy(opt);
    return refuted;
}

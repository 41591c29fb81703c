/* libLBFGS on Rosenbrock's function of 100 variables, checked before it is minimised.
 *
 *     cc lbfgs.c -llbfgs -lgradproof -lm -o lbfgs && ./lbfgs
 *
 * `./lbfgs wrong` forgets half of what odd variables do.
 */
#include <lbfgs.h>
#include <string.h>

#include <gradproof/lbfgs.h>

enum { N = 100 };

static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *x, lbfgsfloatval_t *g,
                                const int n, const lbfgsfloatval_t step) {
    const int *wrong = instance;
    double f = 0;
    (void)step;
    for (int i = 0; i < n; i += 2) {
        double t = 1 - x[i], u = 10 * (x[i + 1] - x[i] * x[i]);
        g[i + 1] = *wrong ? 10 * u : 20 * u;
        g[i] = -2 * (x[i] * 20 * u + t);
        f += t * t + u * u;
    }
    return f;
}

int main(int argc, char **argv) {
    int wrong = argc > 1 && strcmp(argv[1], "wrong") == 0;
    lbfgsfloatval_t *x = lbfgs_malloc(N), least;
    if (!x)
        return 70;
    for (int i = 0; i < N; i += 2) {
        x[i] = -1.2;
        x[i + 1] = 1;
    }
    int refuted = gp_lbfgs_check("Rosenbrock", N, x, evaluate, &wrong, NULL, stdout) == GP_REFUTED;
    if (!refuted && lbfgs(N, x, &least, evaluate, NULL, &wrong, NULL) >= 0)
        printf("minimum %.3g\n", least);
    lbfgs_free(x);
    return refuted;
}

/* Problem 71 of Hock and Schittkowski, as in Ipopt's own example, all of its derivatives checked
 * before it is solved.
 *
 *     cc ipopt.c $(pkg-config --cflags --libs ipopt) -lgradproof -lm -o ipopt && ./ipopt
 *
 * `./ipopt triplet`, `./ipopt factor` and `./ipopt triangle` have a mistake in the Jacobian's
 * places, in the Hessian's factors, in its triangle.
 */
#include <string.h>

#include <gradproof/ipopt.h>

static int triplet, factor, triangle;

static Bool eval_f(Index n, Number *x, Bool new_x, Number *obj, UserDataPtr data) {
    (void)n, (void)new_x, (void)data;
    *obj = x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2];
    return TRUE;
}

static Bool eval_grad_f(Index n, Number *x, Bool new_x, Number *g, UserDataPtr data) {
    (void)n, (void)new_x, (void)data;
    g[0] = x[0] * x[3] + x[3] * (x[0] + x[1] + x[2]);
    g[1] = x[0] * x[3];
    g[2] = x[0] * x[3] + 1;
    g[3] = x[0] * (x[0] + x[1] + x[2]);
    return TRUE;
}

static Bool eval_g(Index n, Number *x, Bool new_x, Index m, Number *g, UserDataPtr data) {
    (void)n, (void)new_x, (void)m, (void)data;
    g[0] = x[0] * x[1] * x[2] * x[3];
    g[1] = x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3];
    return TRUE;
}

static Bool eval_jac_g(Index n, Number *x, Bool new_x, Index m, Index nele, Index *row,
                       Index *column, Number *values, UserDataPtr data) {
    (void)n, (void)new_x, (void)m, (void)data;
    for (Index k = 0; k < nele && !values; k++) {
        row[k] = k / 4;
        column[k] = triplet && k < 2 ? 1 - k : k % 4; /* the first two have changed places */
    }
    for (Index i = 0; i < 4 && values; i++) {
        values[i] = 1;
        for (Index j = 0; j < 4; j++)
            values[i] *= i == j ? 1 : x[j];
        values[4 + i] = 2 * x[i];
    }
    return TRUE;
}

/* Of sigma f + lambda_0 g_0 + lambda_1 g_1: the lower triangle. */
static Bool eval_h(Index n, Number *x, Bool new_x, Number sigma, Index m, Number *lambda,
                   Bool new_lambda, Index nele, Index *row, Index *column, Number *values,
                   UserDataPtr data) {
    (void)n, (void)new_x, (void)m, (void)new_lambda, (void)nele, (void)data;
    double s = factor ? 1 : sigma;
    Index k = 0;
    for (Index i = 0; i < 4; i++)
        for (Index j = 0; j < (triangle ? 4 : i + 1); j++, k++) {
            if (!values) {
                row[k] = i;
                column[k] = j;
                continue;
            }
            Index low = i < j ? i : j, high = i < j ? j : i;
            double objective = low == 0 && high == 0   ? 2 * x[3]
                               : low == 0 && high == 3 ? 2 * x[0] + x[1] + x[2]
                               : low == 0              ? x[3]
                               : high == 3 && low < 3  ? x[0]
                                                       : 0;
            double product = low == high ? 0 : 1;
            for (Index l = 0; l < 4; l++)
                product *= l == low || l == high ? 1 : x[l];
            values[k] = s * objective + lambda[0] * product + (low == high ? 2 * lambda[1] : 0);
        }
    return TRUE;
}

int main(int argc, char **argv) {
    Number x[] = {1, 5, 5, 1}, x_L[] = {1, 1, 1, 1}, x_U[] = {5, 5, 5, 5}, g_L[] = {25, 40},
           g_U[] = {2e19, 40}, least;
    const char *mistake = argc > 1 ? argv[1] : "";
    triplet = strcmp(mistake, "triplet") == 0;
    factor = strcmp(mistake, "factor") == 0;
    triangle = strcmp(mistake, "triangle") == 0;
    Index nele_hess = triangle ? 16 : 10;
    Number start[] = {2, 4, 3, 1.5}; /* where no bound is touched */
    gp_verdict verdict = gp_ipopt_check(4, x_L, x_U, 2, g_L, g_U, 8, nele_hess, 0, eval_f, eval_g,
                                        eval_grad_f, eval_jac_g, eval_h, start, NULL, NULL, stdout);
    if (verdict != GP_VERIFIED)
        return verdict == GP_REFUTED ? 1 : 2;
    IpoptProblem problem = CreateIpoptProblem(4, x_L, x_U, 2, g_L, g_U, 8, nele_hess, 0, eval_f,
                                              eval_g, eval_grad_f, eval_jac_g, eval_h);
    AddIpoptIntOption(problem, "print_level", 0);
    enum ApplicationReturnStatus status =
        IpoptSolve(problem, x, NULL, &least, NULL, NULL, NULL, NULL);
    printf("minimum %.6f\n", status == Solve_Succeeded ? least : -1);
    FreeIpoptProblem(problem);
    return 0;
}

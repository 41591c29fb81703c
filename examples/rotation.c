/* A rotation that brings points p onto points q, f(R) = sum of |R p - q|^2, whose gradient is
 * worked out for small turns in the body's axes, R Exp(v). Given "left" as its argument, the
 * program tells the check that they are turns in the world's axes, Exp(v) R, and is told what is
 * wrong with that.
 *
 *     cc rotation.c -lgradproof -o rotation && ./rotation && ./rotation left
 */
#include <gradproof.h>

enum { POINTS = 4 };
static const double P[POINTS][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 2, -1}};
static const double Q[POINTS][3] = {
    {0.7, 0.7, 0.1}, {-0.6, 0.8, 0}, {0, -0.1, 1}, {-0.8, 2.2, -0.9}};

/* e := R p - q */
static void residual(const double *R, int k, double *e) {
    for (int i = 0; i < 3; i++)
        e[i] = R[3 * i] * P[k][0] + R[3 * i + 1] * P[k][1] + R[3 * i + 2] * P[k][2] - Q[k][i];
}

static int value(void *user, size_t n, const double *R, double *f) {
    (void)user, (void)n;
    *f = 0;
    for (int k = 0; k < POINTS; k++) {
        double e[3];
        residual(R, k, e);
        *f += e[0] * e[0] + e[1] * e[1] + e[2] * e[2];
    }
    return 0;
}

/* R Exp(v) moves R p by R (v x p): f changes by 2 e . R (v x p) = v . (p x 2 R'e). n is 9, the
 * numbers of R; g has 3, those of v. */
static int gradient(void *user, size_t n, const double *R, double *g) {
    (void)user, (void)n;
    g[0] = g[1] = g[2] = 0;
    for (int k = 0; k < POINTS; k++) {
        double e[3], b[3];
        residual(R, k, e);
        for (int i = 0; i < 3; i++)
            b[i] = 2 * (R[i] * e[0] + R[3 + i] * e[1] + R[6 + i] * e[2]);
        g[0] += P[k][1] * b[2] - P[k][2] * b[1];
        g[1] += P[k][2] * b[0] - P[k][0] * b[2];
        g[2] += P[k][0] * b[1] - P[k][1] * b[0];
    }
    return 0;
}

int main(int argc, char **argv) {
    const double R[9] = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1};
    size_t shape[] = {3, 3};
    gp_function *f;
    gp_report *report = NULL;
    gp_error error;
    int code = 70;
    if (gp_function_create("alignment", GP_FLOAT64, NULL, &f) != GP_OK)
        return 70;
    gp_function_add_block(f, "R", 0, 2, shape, R);
    gp_function_set_space(f, "R", "SO3", argc > 1 ? argv[1] : "right");
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    if (gp_check(f, NULL, &report, &error) == GP_OK) {
        gp_report_print(report, stdout, 0);
        code = gp_report_exit_code(report);
    } else {
        fprintf(stderr, "%s\n", error.message);
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
    return code;
}

/* Your own function: the Rosenbrock banana and its gradient, checked.
 *
 *     cc own_function.c -lgradproof -o own_function && ./own_function
 */
#include <gradproof.h>

static int value(void *user, size_t n, const double *x, double *f) {
    (void)user, (void)n;
    *f = (1 - x[0]) * (1 - x[0]) + 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user, (void)n;
    g[0] = -2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] * x[0]);
    g[1] = 200 * (x[1] - x[0] * x[0]);
    return 0;
}

int main(void) {
    double x[] = {-1.2, 1};
    size_t shape[] = {2};
    gp_function *f;
    gp_report *report;
    gp_error error;
    if (gp_function_create("banana", GP_FLOAT64, NULL, &f) != GP_OK)
        return 70;
    /* Whatever fails here comes out of gp_check. */
    gp_function_add_block(f, "x", 0, 1, shape, x);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    if (gp_check(f, NULL, &report, &error) != GP_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 70;
    }
    gp_report_print(report, stdout, 0);
    int code = gp_report_exit_code(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return code;
}

/* The notebook, cell by cell, in C: gradient checking in one and in n dimensions, the textbook way.
 * Its last check calls the repaired backpropagation wrong, because its step is too small for its
 * threshold; gp_check, at the end, knows better. */
#include <gradproof/notebook.h>

static int ask_gradproof(const char *which) {
    gp_function *f;
    gp_report *report;
    if (gp_notebook_function(which, &f, NULL) != GP_OK)
        return -1;
    if (gp_check(f, NULL, &report, NULL) != GP_OK) {
        gp_function_destroy(f);
        return -1;
    }
    gp_report_print(report, stdout, GP_PRINT_QUIET);
    int verdict = (int)gp_report_verdict(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return verdict;
}

int main(void) {
    /* 2) one dimension */
    printf("J = %g\n", gp_notebook_forward(2, 4));
    printf("dtheta = %g\n", gp_notebook_backward(2, 4));
    double difference = gp_notebook_gradient_check(2, 4, 1e-7, stdout);
    gp_notebook_print_difference(difference, stdout);

    /* 3) n dimensions: as given, then with dW2 and db1 repaired */
    enum { M = GP_NOTEBOOK_EXAMPLES };
    double X[GP_NOTEBOOK_INPUTS * M], Y[M];
    gp_notebook_parameters parameters;
    gp_notebook_cache cache = {0};
    gp_notebook_gradients gradients = {0};
    gp_notebook_test_case(X, Y, &parameters);
    printf("cost = %.17g\n", gp_notebook_forward_n(M, X, Y, &parameters, &cache));
    gp_notebook_backward_n(M, X, Y, &cache, GP_NOTEBOOK_GIVEN, &gradients);
    gp_notebook_gradient_check_n(&parameters, &gradients, M, X, Y, 1e-7, stdout, 0);
    gp_notebook_backward_n(M, X, Y, &cache, GP_NOTEBOOK_CORRECTED, &gradients);
    gp_notebook_gradient_check_n(&parameters, &gradients, M, X, Y, 1e-7, stdout, 0);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);

    /* and what gradproof says of both */
    int given = ask_gradproof("given"), corrected = ask_gradproof("corrected");
    return given == GP_REFUTED && corrected == GP_VERIFIED ? 0 : 70;
}

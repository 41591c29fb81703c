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
    printf("difference = %.17g\n", difference);

    /* 3) n dimensions: as given, then with dW2 and db1 repaired */
    double X[4][3], Y[3];
    gp_notebook_parameters parameters, gradients;
    gp_notebook_cache cache;
    gp_notebook_test_case(X, Y, &parameters);
    const double(*inputs)[3] = (const double(*)[3])X;
    printf("cost = %.17g\n", gp_notebook_forward_n(inputs, Y, &parameters, &cache));
    gp_notebook_backward_n(inputs, Y, &cache, GP_NOTEBOOK_GIVEN, &gradients);
    gp_notebook_gradient_check_n(&parameters, &gradients, inputs, Y, 1e-7, stdout, 0);
    gp_notebook_backward_n(inputs, Y, &cache, GP_NOTEBOOK_CORRECTED, &gradients);
    gp_notebook_gradient_check_n(&parameters, &gradients, inputs, Y, 1e-7, stdout, 0);

    /* and what gradproof says of both */
    int given = ask_gradproof("given"), corrected = ask_gradproof("corrected");
    return given == GP_REFUTED && corrected == GP_VERIFIED ? 0 : 70;
}

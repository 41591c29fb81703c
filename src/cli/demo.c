/* gradproof demo: the notebook's story, told by running it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "system/text.h"

static void title(unsigned flags, const char *text) {
    printf("\n%s== %s ==%s\n\n", flags & GP_PRINT_COLOUR ? "\033[1m" : "", text,
           flags & GP_PRINT_COLOUR ? "\033[0m" : "");
}

/* Checks a function and prints the report: 0 where the verdict is the one that the story tells. */
static int show(gp_function *f, const gp_options *options, unsigned flags, gp_verdict expected) {
    gp_report *report;
    gp_error error = {""};
    gp_status status = gp_check(f, options, &report, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    int wrong = cli_print_report(report, flags);
    if (!wrong && gp_report_verdict(report) != expected) {
        cli_tell("demo: %s is not the verdict that was expected: please report this",
                 gp_verdict_string(gp_report_verdict(report)));
        wrong = EXIT_FAULT;
    }
    gp_report_destroy(report);
    return wrong;
}

static int show_case(const char *which, unsigned flags, gp_verdict expected) {
    gp_function *f = NULL;
    gp_error error = {""};
    gp_options options;
    gp_options_init(&options);
    options.notebook_epsilon = 1e-7;
    gp_status status = gp_notebook_function(which, &f, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    int wrong = show(f, &options, flags, expected);
    gp_function_destroy(f);
    return wrong;
}

static int one_dimension(unsigned flags) {
    title(flags, "1. One dimension: J = theta x at x = 2, theta = 4");
    printf("J = %g\n", gp_notebook_forward(2, 4));
    printf("dtheta = %g\n", gp_notebook_backward(2, 4));
    double difference = gp_notebook_gradient_check(2, 4, 1e-7, stdout);
    gp_notebook_print_difference(difference, stdout);
    putchar('\n');
    return show_case("1d", flags | GP_PRINT_QUIET, GP_VERIFIED);
}

/* What the notebook's own check says of its backpropagation, indented. */
static int tell_notebook(gp_notebook_version version, unsigned flags) {
    enum { M = GP_NOTEBOOK_EXAMPLES };
    double X[GP_NOTEBOOK_INPUTS * M], Y[M], difference = NAN;
    gp_notebook_parameters parameters;
    gp_notebook_gradients gradients = {0};
    gp_notebook_cache cache = {0};
    gp_notebook_test_case(X, Y, &parameters);
    double cost = gp_notebook_forward_n(M, X, Y, &parameters, &cache);
    if (version == GP_NOTEBOOK_GIVEN)
        printf("cost = %.16g\nThe notebook's check says:\n  ", cost);
    else
        printf("The notebook's check still says (its step is too small for its threshold):\n  ");
    if (gp_notebook_backward_n(M, X, Y, &cache, version, &gradients) == GP_OK)
        difference = gp_notebook_gradient_check_n(&parameters, &gradients, M, X, Y, 1e-7, stdout,
                                                  (flags & GP_PRINT_COLOUR) != 0);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);
    if (isnan(difference))
        cli_tell("demo: out of memory for the notebook's check");
    return isnan(difference) ? EXIT_FAULT : 0;
}

static int n_dimensions(unsigned flags) {
    title(flags, "2. The fraud network with its backpropagation as given");
    int wrong = tell_notebook(GP_NOTEBOOK_GIVEN, flags);
    if (wrong)
        return wrong;
    printf("gradproof says where, and what:\n\n");
    wrong = show_case("given", flags, GP_REFUTED);
    if (wrong)
        return wrong;
    title(flags, "3. The same after the repair");
    wrong = tell_notebook(GP_NOTEBOOK_CORRECTED, flags);
    if (wrong)
        return wrong;
    printf("gradproof knows how exact its estimates are:\n\n");
    return show_case("corrected", flags, GP_VERIFIED);
}

static int fraud_network(const cli_options *o, unsigned flags) {
    cli_subject subject = {0};
    gp_error error = {""};
    title(flags, o->data ? "4. A fraud network on real transactions"
                         : "4. A fraud network on made-up transactions");
    char data[1024] = "no --data: payments are generated";
    if (o->data)
        gp_printable(o->data, data, sizeof data);
    printf("%s, 256 rows, hidden layers of 16 and 8 ReLU units\n\n", data);
    gp_status status = cli_build_network(o, &subject, &error);
    gp_function *f = subject.function;
    int code = status == GP_OK ? show(f, NULL, flags, GP_VERIFIED) : cli_complain(status, &error);
    if (!code) {
        printf("\nAnd with W2 planted 0.1 %% too large (--plant W2:scale=1.001):\n\n");
        status = gp_function_plant(f, "W2:scale=1.001", &error);
        code = status == GP_OK ? show(f, NULL, flags, GP_REFUTED) : cli_complain(status, &error);
    }
    cli_release(&subject);
    return code;
}

int cli_demo(int argc, char **argv) {
    cli_options o;
    int wrong = cli_parse(argc, argv, &o);
    if (wrong)
        return wrong;
    if (o.help) {
        fputs(CLI_DEMO_HELP, stdout);
        return 0;
    }
    if (o.target || (o.data != NULL) != (o.label != NULL)) {
        fprintf(stderr, "gradproof: demo takes --data FILE.csv together with --label COLUMN, or "
                        "nothing (see gradproof demo --help)\n");
        return EXIT_USAGE;
    }
    unsigned flags = cli_print_flags(&o);
    wrong = one_dimension(flags);
    if (!wrong)
        wrong = n_dimensions(flags);
    if (!wrong)
        wrong = fraud_network(&o, flags);
    if (!wrong)
        printf("\nNext: gradproof check --help, and docs/tutorial.md for your own function.\n");
    return wrong;
}

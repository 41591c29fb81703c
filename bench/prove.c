/* What a proof costs: networks of 30 inputs on a batch of 256, one core; bench_prove [DATA.csv
 * LABEL].
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "gradproof/prove.h"
#include "gradproof/train.h"

enum { ROWS = 256 };

static double seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static void complain(const char *what) {
    fprintf(stderr, "bench_prove: %s\n", what);
    exit(1);
}

/* One row of the table: a proof, and a pass of backpropagation beside it. */
static void measure(const gp_network_options *o, double *X, double *labels) {
    gp_network *net = NULL;
    gp_proof *proof = NULL;
    gp_error error = {""};
    struct rusage usage;
    enum { PASSES = 20 };
    if (gp_network_create(o, &net, &error) != GP_OK ||
        gp_network_set_data(net, ROWS, X, labels) != GP_OK)
        complain(error.message);
    size_t n = gp_network_parameters(net);
    double *theta = calloc(2 * n, sizeof *theta), *own = calloc(ROWS * o->inputs, sizeof *own);
    if (!theta || !own)
        complain("out of memory");
    gp_network_get(net, theta);
    for (size_t i = 0; i < n && o->dtype == GP_FLOAT32; i++)
        theta[i] = (double)(float)theta[i];
    (void)gp_network_rows(net, own, NULL);
    double start = seconds();
    for (int k = 0; k < PASSES; k++)
        (void)gp_network_cost(net, NULL, theta + n);
    double pass = (seconds() - start) / PASSES;
    start = seconds();
    if (gp_prove_network(o, ROWS, own, labels, theta, theta + n, NULL, &proof, &error) != GP_OK)
        complain(error.message);
    double took = seconds() - start;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%8zu  %-10s  %-7s  %-9s  %5u  %8.2f  %9.2f  %6.0f  %7.1f\n", n,
           gp_activation_string(o->hidden), o->dtype == GP_FLOAT32 ? "float32" : "float64",
           gp_proof_verdict_string(gp_proof_verdict_of(proof)), gp_proof_precision(proof), took,
           1e3 * pass, took / pass, (double)usage.ru_maxrss / 1024);
    gp_proof_destroy(proof);
    gp_network_destroy(net);
    free(theta);
    free(own);
}

int main(int argc, char **argv) {
    static const size_t SHAPES[][3] = {{16, 8, 1}, {256, 128, 1}, {1024, 512, 1}};
    static const gp_activation UNITS[] = {GP_RELU, GP_GELU};
    gp_table *table = NULL;
    gp_error error = {""};
    double *X = NULL, *labels = NULL;
    gp_status status = argc == 3 ? gp_table_read_csv(argv[1], &table, &error)
                                 : gp_table_generate(2000, 1, &table, &error);
    if (status == GP_OK)
        status = gp_table_examples(table, argc == 3 ? argv[2] : "fraud", 1, &X, &labels, &error);
    if (status != GP_OK)
        complain(error.message);
    printf("parameters  units     precision  verdict     bits   seconds  a pass/ms   ratio  MiB\n");
    for (size_t k = 0; k < sizeof SHAPES / sizeof *SHAPES; k++)
        for (size_t u = 0; u < sizeof UNITS / sizeof *UNITS; u++)
            for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++)
                measure(&(gp_network_options){.inputs = gp_table_columns(table) - 1,
                                              .layers = 3,
                                              .units = SHAPES[k],
                                              .hidden = UNITS[u],
                                              .dtype = (gp_dtype)dtype,
                                              .seed = 1},
                        X, labels);
    free(X);
    free(labels);
    gp_table_destroy(table);
    return 0;
}

/* Seconds of one forward pass of a network on real transactions, the median of many: what the plain
 * way, two of them an entry, is made of. bench_forward DATA.csv LABEL BATCH HIDDEN... */
#include <stdio.h>
#include <stdlib.h>

#include "function/clock.h"
#include "gradproof.h"

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    enum { TIMES = 201, MOST_LAYERS = 16 };
    gp_table *table;
    gp_network *network;
    gp_error error = {""};
    double *X, *labels, took[TIMES], cost;
    size_t units[MOST_LAYERS], layers = 0;
    if (argc < 4 || argc - 4 >= MOST_LAYERS) {
        fprintf(stderr, "usage: bench_forward DATA.csv LABEL BATCH HIDDEN...\n");
        return 64;
    }
    if (gp_table_read_csv(argv[1], &table, &error) != GP_OK ||
        gp_table_examples(table, argv[2], 0, &X, &labels, &error) != GP_OK) {
        fprintf(stderr, "bench_forward: %s\n", error.message);
        return 66;
    }
    for (int k = 4; k < argc; k++)
        units[layers++] = (size_t)atol(argv[k]);
    units[layers++] = 1;
    gp_network_options options = {
        .inputs = gp_table_columns(table) - 1, .layers = layers, .units = units, .hidden = GP_RELU};
    if (gp_network_create(&options, &network, &error) != GP_OK ||
        gp_network_set_data(network, gp_table_rows(table), X, labels) != GP_OK ||
        gp_network_set_rows(network, 0, (size_t)atol(argv[3])) != GP_OK)
        return 1;
    for (int k = 0; k < TIMES; k++) {
        double start = gp_seconds_now();
        gp_network_cost(network, &cost, NULL);
        took[k] = gp_seconds_now() - start;
    }
    qsort(took, TIMES, sizeof *took, compare);
    printf(
        "{\"parameters\": %zu, \"seconds\": %.6g, \"quarter\": %.6g, \"three_quarters\": %.6g}\n",
        gp_network_parameters(network), took[TIMES / 2], took[TIMES / 4], took[3 * TIMES / 4]);
    gp_network_destroy(network);
    gp_table_destroy(table);
    free(X);
    free(labels);
    return 0;
}

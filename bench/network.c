/* Seconds of checks of a network on real transactions, all in one process as its peers are
 * measured: every entry, random directions, and one forward pass, what the plain way, two of them
 * an entry, is made of. bench_network DATA.csv LABEL BATCH HIDDEN... */
#include <stdio.h>
#include <stdlib.h>

#include "gradproof.h"
#include "gradproof/train.h"
#include "system/clock.h"

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct checks {
    double median, least, most;
    unsigned long long values, gradients;
    double resolution;
    const char *verdict;
} checks;

static checks time_checks(const gp_function *f, gp_strategy strategy) {
    enum { TIMES = 7 };
    double took[TIMES];
    checks result = {0};
    for (int k = 0; k < TIMES; k++) {
        gp_options options;
        gp_report *r;
        gp_options_init(&options);
        options.strategy = strategy;
        options.points = 1;
        double start = gp_seconds_now();
        if (gp_check(f, &options, &r, NULL) != GP_OK)
            exit(70);
        took[k] = gp_seconds_now() - start;
        result.values = gp_report_evaluations(r, 0);
        result.gradients = gp_report_evaluations(r, 1);
        result.resolution = gp_report_resolution(r);
        result.verdict = gp_verdict_string(gp_report_verdict(r));
        gp_report_destroy(r);
    }
    qsort(took, TIMES, sizeof *took, compare);
    result.median = took[TIMES / 2];
    result.least = took[0];
    result.most = took[TIMES - 1];
    return result;
}

static void print_checks(const char *name, const checks *c) {
    printf("\"%s\": {\"median\": %.6g, \"least\": %.6g, \"most\": %.6g, \"values\": %llu, "
           "\"gradients\": %llu, \"resolution\": %.3g, \"verdict\": \"%s\"}, ",
           name, c->median, c->least, c->most, c->values, c->gradients, c->resolution, c->verdict);
}

int main(int argc, char **argv) {
    enum { TIMES = 201, MOST_LAYERS = 16 };
    gp_table *table;
    gp_network *network;
    gp_error error = {""};
    double *X, *labels, took[TIMES], cost;
    size_t units[MOST_LAYERS], layers = 0;
    if (argc < 4 || argc - 4 >= MOST_LAYERS) {
        fprintf(stderr, "usage: bench_network DATA.csv LABEL BATCH HIDDEN...\n");
        return 64;
    }
    if (gp_table_read_csv(argv[1], &table, &error) != GP_OK ||
        gp_table_examples(table, argv[2], 0, &X, &labels, &error) != GP_OK) {
        fprintf(stderr, "bench_network: %s\n", error.message);
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
    gp_function *f;
    if (gp_network_function(network, (size_t)atol(argv[3]), &f, &error) != GP_OK)
        return 1;
    checks full = time_checks(f, GP_FULL), project = time_checks(f, GP_PROJECT);
    printf("{");
    print_checks("full", &full);
    print_checks("project", &project);
    printf("\"forward\": {\"parameters\": %zu, \"seconds\": %.6g, \"quarter\": %.6g, "
           "\"three_quarters\": %.6g}}\n",
           gp_network_parameters(network), took[TIMES / 2], took[TIMES / 4], took[3 * TIMES / 4]);
    gp_function_destroy(f);
    gp_network_destroy(network);
    gp_table_destroy(table);
    free(X);
    free(labels);
    return 0;
}

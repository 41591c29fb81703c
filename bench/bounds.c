/* How well do the bounds hold? Right gradients of networks in either precision, checked at the
 * given point; each estimate is held against the gradient of the same network in float64.
 *
 *     bench_bounds NETWORKS [FILE.csv LABEL] */
#include "gradproof/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, LAYERS = 3 };

typedef struct tally {
    size_t entries, outside, refuted, unresolved, networks, networks_verified;
    double worst; /* |d - exact| / b */
    double *ratio, *evaluations, *resolution;
} tally;

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, compare_doubles);
    return count ? numbers[count / 2] : NAN;
}

static gp_network *network(const gp_network_options *options, size_t rows, const double *X,
                           const double *labels) {
    gp_network *net;
    gp_error error;
    if (gp_network_create(options, &net, &error) != GP_OK ||
        gp_network_set_data(net, rows, X, labels) != GP_OK)
        exit(70);
    gp_network_set_rows(net, 0, BATCH);
    return net;
}

static void measure(const gp_table *table, const char *label, gp_activation unit, gp_dtype dtype,
                    int value_in_float64, uint64_t seed, tally *t) {
    double *X, *labels;
    gp_error error;
    size_t units[LAYERS] = {16, 8, 1}, rows = gp_table_rows(table);
    gp_network_options options = {.inputs = gp_table_columns(table) - 1,
                                  .layers = LAYERS,
                                  .units = units,
                                  .hidden = unit,
                                  .dtype = dtype,
                                  .value_in_float64 = value_in_float64,
                                  .seed = seed};
    if (gp_table_examples(table, label, seed, &X, &labels, &error) != GP_OK) {
        fprintf(stderr, "bench_bounds: %s\n", error.message);
        exit(66);
    }
    for (size_t i = 0; i < rows * options.inputs && dtype == GP_FLOAT32; i++)
        X[i] = (double)(float)X[i]; /* as the network will: the reference must see the same data */
    gp_network *net = network(&options, rows, X, labels);
    options.dtype = GP_FLOAT64;
    gp_network *twin = network(&options, rows, X, labels);
    size_t n = gp_network_parameters(net);
    double *theta = malloc(n * sizeof *theta), *exact = malloc(n * sizeof *exact);
    gp_network_get(net, theta);
    for (size_t i = 0; i < n && dtype == GP_FLOAT32; i++)
        theta[i] = (double)(float)theta[i];
    gp_network_set(twin, theta);
    gp_network_cost(twin, NULL, exact);

    gp_function *f;
    gp_report *report;
    gp_options check;
    gp_options_init(&check);
    check.points = 1;
    check.seed = seed;
    if (gp_network_function(net, BATCH, &f, &error) != GP_OK ||
        gp_check(f, &check, &report, &error) != GP_OK)
        exit(70);
    for (size_t i = 0; i < n; i++) {
        gp_entry e;
        gp_report_entry(report, i, &e);
        t->refuted += e.status == GP_ENTRY_REFUTED;
        t->unresolved += e.status == GP_ENTRY_UNRESOLVED;
        if (e.status == GP_ENTRY_KINK)
            continue;
        double off = fabs(e.numeric - exact[i]);
        t->outside += off > e.bound;
        t->worst = fmax(t->worst, off / e.bound);
        t->ratio[t->entries] = off > 0 ? e.bound / off : INFINITY;
        t->evaluations[t->entries++] = e.evaluations;
    }
    t->resolution[t->networks++] = gp_report_resolution(report);
    t->networks_verified += gp_report_verdict(report) == GP_VERIFIED;
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_network_destroy(net);
    gp_network_destroy(twin);
    free(theta);
    free(exact);
    free(X);
    free(labels);
}

int main(int argc, char **argv) {
    size_t networks = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
    const char *label = argc > 3 ? argv[3] : "fraud";
    gp_table *table;
    gp_error error;
    gp_status status = argc > 3 ? gp_table_read_csv(argv[2], &table, &error)
                                : gp_table_generate(4000, 1, &table, &error);
    if (status != GP_OK || networks == 0) {
        fprintf(stderr, "bench_bounds: %s\n", status != GP_OK ? error.message : "0 networks?");
        return 66;
    }
    printf(
        "| network | entries | outside their bound | by at most | median bound / error | refuted | "
        "unresolved | networks verified | median resolution | evaluations per entry, median |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    static const struct {
        const char *name;
        gp_activation unit;
    } kinds[] = {
        {"ReLU", GP_RELU}, {"leaky ReLU", GP_LEAKY_RELU}, {"tanh", GP_TANH}, {"GELU", GP_GELU}};
    static const struct {
        const char *name;
        gp_dtype dtype;
        int value_in_float64;
    } modes[] = {{"float64", GP_FLOAT64, 0},
                 {"float32", GP_FLOAT32, 0},
                 {"float32 against a float64 value", GP_FLOAT32, 1}};
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            size_t room = networks * (16 * gp_table_columns(table) + 16 * 8 + 8 + 8 + 1);
            tally t = {.ratio = malloc(room * sizeof(double)),
                       .evaluations = malloc(room * sizeof(double)),
                       .resolution = malloc(networks * sizeof(double))};
            if (!t.ratio || !t.evaluations || !t.resolution)
                return 70;
            for (size_t seed = 0; seed < networks; seed++)
                measure(table, label, kinds[k].unit, modes[mode].dtype,
                        modes[mode].value_in_float64, seed, &t);
            printf("| %s, %s | %zu | %zu (%.3f %%) | x %.1f | %.0f | %zu | %zu | %zu of %zu | %.1e "
                   "| %.0f "
                   "|\n",
                   kinds[k].name, modes[mode].name, t.entries, t.outside,
                   100.0 * (double)t.outside / (double)t.entries, fmax(t.worst, 1),
                   median(t.ratio, t.entries), t.refuted, t.unresolved, t.networks_verified,
                   t.networks, median(t.resolution, t.networks), median(t.evaluations, t.entries));
            fflush(stdout);
            free(t.ratio);
            free(t.evaluations);
            free(t.resolution);
        }
    gp_table_destroy(table);
    return 0;
}

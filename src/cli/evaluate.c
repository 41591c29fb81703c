/* gradproof evaluate */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/picture.h"
#include "system/json_build.h"
#include "system/output.h"
#include "system/text.h"

static const char *const RATES[3] = {"1e-2", "1e-3", "1e-4"};

static void print_text(const gp_quality *q) {
    printf("%zu %s, %zu of class 1\n\n", q->rows, gp_plural(q->rows, "row", "rows"), q->positives);
    if (isnan(q->roc_auc))
        printf("  ROC-AUC, PR-AUC and recall need rows of both classes\n");
    else
        printf("  ROC-AUC       %.6f\n  PR-AUC        %.6f\n", q->roc_auc, q->pr_auc);
    for (int k = 0; k < 3 && !isnan(q->roc_auc); k++)
        printf("  recall        %.4f at a false-positive rate of %s\n", q->recall[k], RATES[k]);
    printf("\n  at threshold %g: cost %g\n", q->threshold, q->cost);
    printf("                  called 1      called 0\n");
    printf("    is 1    %14zu%14zu\n", q->true_positives, q->false_negatives);
    printf("    is 0    %14zu%14zu\n", q->false_positives, q->true_negatives);
    if (isinf(q->cheapest_threshold))
        printf("  cheapest is to call no row 1: cost %g\n", q->cheapest_cost);
    else
        printf("  cheapest threshold %.6g: cost %g\n", q->cheapest_threshold, q->cheapest_cost);
    printf("\n  calibration: probability said, share that is 1, rows\n");
    for (int b = 0; b < 10; b++)
        if (q->bin_rows[b])
            printf("    %.3f  %.3f  %zu\n", q->bin_probability[b], q->bin_share[b], q->bin_rows[b]);
}

static int print_json(const gp_quality *q) {
    json_t *recall = json_object(), *bins = json_array();
    for (int k = 0; k < 3; k++)
        gp_json_put(&recall, RATES[k], gp_json_number(q->recall[k]));
    for (int b = 0; b < 10; b++)
        gp_json_add(&bins, json_pack("{s:I, s:o, s:o}", "rows", (json_int_t)q->bin_rows[b],
                                     "probability", gp_json_number(q->bin_probability[b]), "share",
                                     gp_json_number(q->bin_share[b])));
    json_t *root = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:f, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o, s:o}", "schema",
        "gradproof.evaluation/1", "rows", (json_int_t)q->rows, "positives",
        (json_int_t)q->positives, "roc_auc", gp_json_number(q->roc_auc), "pr_auc",
        gp_json_number(q->pr_auc), "recall_at_fpr", recall, "threshold", q->threshold, "confusion",
        "true_positives", (json_int_t)q->true_positives, "false_positives",
        (json_int_t)q->false_positives, "true_negatives", (json_int_t)q->true_negatives,
        "false_negatives", (json_int_t)q->false_negatives, "cost", gp_json_number(q->cost),
        "cheapest_threshold", gp_json_number(q->cheapest_threshold), "cheapest_cost",
        gp_json_number(q->cheapest_cost), "calibration", bins);
    char *text = gp_json_write(root, JSON_INDENT(2));
    int failed = !text || puts(text) == EOF;
    json_decref(root);
    free(text);
    return failed;
}

typedef struct evaluation {
    const char *model, *data, *label, *picture;
    double threshold, cost_fn, cost_fp;
    gp_quality quality;
} evaluation;

static gp_status draw(const evaluation *e, size_t rows, const double *probability,
                      const double *labels, gp_error *error) {
    gp_curve curve;
    gp_output output;
    if (gp_curve_of(rows, probability, labels, &curve) != GP_OK) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return GP_ERROR_MEMORY;
    }
    gp_status status = gp_output_open(e->picture, &output, error);
    if (status == GP_OK) {
        cli_draw_quality(output.file, &e->quality, &curve, e->cost_fn, e->cost_fp);
        status = gp_output_commit(&output, error);
    }
    gp_curve_clear(&curve);
    return status;
}

/* Scores with their measures; a row without a score leaves nothing to measure. */
static gp_status measure(evaluation *e, gp_model *model, size_t rows, const double *X,
                         const double *labels, double *probability, gp_error *error) {
    gp_status status = gp_model_score(model, rows, X, probability);
    for (size_t r = 0; r < rows && status == GP_OK; r++)
        if (!isfinite(probability[r])) {
            snprintf(error->message, sizeof error->message,
                     "%.200s: row %zu (not counting the header): its score isn't a finite number: "
                     "its numbers are too large for the model",
                     e->data, r + 1);
            return GP_ERROR_INPUT;
        }
    if (status == GP_OK)
        status = gp_quality_of(rows, probability, labels, e->threshold, e->cost_fn, e->cost_fp,
                               &e->quality);
    if (status != GP_OK)
        snprintf(error->message, sizeof error->message, "%.200s: out of memory", e->data);
    return status;
}

static gp_status evaluate(evaluation *e, gp_error *error) {
    gp_model *model = NULL;
    gp_table *table = NULL;
    double *X = NULL, *labels = NULL, *probability = NULL;
    gp_status status = e->picture ? gp_output_try(e->picture, error) : GP_OK;
    if (status == GP_OK)
        status = gp_model_read(e->model, &model, error);
    if (status == GP_OK)
        status = gp_table_read_csv(e->data, &table, error);
    if (status == GP_OK)
        status = cli_take_columns(model, table, e->data,
                                  e->label ? e->label : gp_model_label(model), &X, &labels, error);
    if (status == GP_OK) {
        size_t rows = gp_table_rows(table);
        probability = malloc(rows * sizeof *probability);
        if (probability) {
            status = measure(e, model, rows, X, labels, probability, error);
        } else {
            status = GP_ERROR_MEMORY;
            snprintf(error->message, sizeof error->message, "%.200s: out of memory", e->data);
        }
        if (status == GP_OK && e->picture)
            status = draw(e, rows, probability, labels, error);
    }
    free(X);
    free(labels);
    free(probability);
    gp_table_destroy(table);
    gp_model_destroy(model);
    return status;
}

/* A name without an ending, such as /dev/stdout, says nothing. */
static int may_be_svg(const char *path) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *ending = strrchr(name, '.');
    return !ending || ending == name || strcasecmp(ending, ".svg") == 0;
}

int cli_evaluate(int argc, char **argv) {
    enum { LABEL = 256, THRESHOLD, COST_FN, COST_FP, PICTURE, JSON, HELP };
    static const struct option LONG[] = {
        {"label", 1, NULL, LABEL},     {"threshold", 1, NULL, THRESHOLD},
        {"cost-fn", 1, NULL, COST_FN}, {"cost-fp", 1, NULL, COST_FP},
        {"json", 0, NULL, JSON},       {"picture", 1, NULL, PICTURE},
        {"help", 0, NULL, HELP},       {NULL, 0, NULL, 0}};
    evaluation e = {.threshold = 0.5, .cost_fn = 1, .cost_fp = 1};
    int json = 0;
    cli_command_is("evaluate");
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, ":", LONG, NULL)) != -1;) {
        int wrong = 0;
        if (option == HELP) {
            fputs(CLI_EVALUATE_HELP, stdout);
            return 0;
        }
        if (option == LABEL)
            e.label = optarg;
        else if (option == THRESHOLD)
            wrong = cli_real("threshold", optarg, 0, 0, 1, &e.threshold);
        else if (option == COST_FN)
            wrong = cli_real("cost-fn", optarg, 0, 0, INFINITY, &e.cost_fn);
        else if (option == COST_FP)
            wrong = cli_real("cost-fp", optarg, 0, 0, INFINITY, &e.cost_fp);
        else if (option == PICTURE)
            e.picture = optarg;
        else if (option == JSON)
            json = 1;
        else
            return cli_wrong_option(option, argv);
        if (wrong)
            return wrong;
    }
    if (argc - optind != 2)
        return cli_usage("evaluate: needs MODEL.safetensors and DATA.csv");
    e.model = argv[optind];
    e.data = argv[optind + 1];
    const char *inputs[] = {e.model, e.data};
    int same = cli_keep_apart("picture", e.picture, 2, inputs);
    if (!same)
        same = cli_keep_stdout_apart(2, inputs);
    if (same)
        return same;
    if (e.picture && !may_be_svg(e.picture))
        return cli_usage("--picture %.200s: is written as SVG: give it a name that ends in .svg",
                         e.picture);
    gp_error error = {""};
    gp_status status = evaluate(&e, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    if (!json) {
        print_text(&e.quality);
    } else if (print_json(&e.quality) && !ferror(stdout)) { /* main sees to standard output */
        cli_tell("out of memory");
        return EXIT_FAULT;
    }
    return 0;
}

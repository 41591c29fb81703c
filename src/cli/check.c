/* gradproof check */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/supervise.h"

enum { DEFAULT_BATCH = 256 };

/* A function and what it borrows. */
typedef struct cli_subject {
    gp_function *function;
    gp_network *network;
} cli_subject;

static void release(cli_subject *subject) {
    gp_function_destroy(subject->function);
    gp_network_destroy(subject->network);
}

static gp_status build_network(const cli_options *o, cli_subject *subject, gp_error *error) {
    gp_table *table = NULL;
    double *X = NULL, *labels = NULL;
    gp_error detail = {""};
    gp_status status = gp_table_read_csv(o->data, &table, error);
    if (status != GP_OK)
        return status;
    size_t rows = gp_table_rows(table), inputs = gp_table_columns(table) - 1;
    status = gp_table_examples(table, o->label, o->check.seed, &X, &labels, &detail);
    gp_table_destroy(table);
    if (status != GP_OK) {
        snprintf(error->message, sizeof error->message, "%.150s: %.350s", o->data, detail.message);
        return status;
    }
    size_t ones = 0;
    for (size_t i = 0; i < rows; i++)
        ones += labels[i] == 1;
    size_t units[MAX_HIDDEN + 1];
    memcpy(units, o->hidden, sizeof units);
    units[o->hidden_layers] = o->network.loss == GP_SOFTMAX_CROSS_ENTROPY ? 2 : 1;
    gp_network_options network = o->network;
    network.inputs = inputs;
    network.layers = o->hidden_layers + 1;
    network.units = units;
    network.seed = o->check.seed;
    if (o->balanced && ones > 0)
        network.positive_weight = (double)(rows - ones) / (double)ones;
    status = gp_network_create(&network, &subject->network, error);
    if (status == GP_OK && gp_network_set_data(subject->network, rows, X, labels) != GP_OK) {
        status = GP_ERROR_MEMORY;
        snprintf(error->message, sizeof error->message, "%.200s: out of memory", o->data);
    }
    free(X);
    free(labels);
    if (status != GP_OK)
        return status;
    size_t batch = o->batch ? o->batch : rows < DEFAULT_BATCH ? rows : DEFAULT_BATCH;
    if (batch > rows) {
        snprintf(error->message, sizeof error->message,
                 "--batch %zu: %.200s has %zu rows, so at most that many", batch, o->data, rows);
        return GP_ERROR_ARGUMENT;
    }
    status = gp_network_function(subject->network, batch, &subject->function, error);
    if (status == GP_OK && o->no_seed)
        gp_function_set_seed(subject->function, NULL);
    return status;
}

static gp_status build(const cli_options *o, cli_subject *subject, gp_error *error) {
    if (strncmp(o->target, "notebook:", 9) == 0)
        return gp_notebook_function(o->target + 9, &subject->function, error);
    if (strcmp(o->target, "network") == 0)
        return build_network(o, subject, error);
    return gp_function_load(o->target, o->object_argc, o->object_argv, &subject->function, error);
}

/* Lets the watching process name blocks and entries. */
static void introduce(const gp_report *blank, const char *name, cli_watch *w) {
    snprintf(w->name, sizeof w->name, "%s", name);
    w->blocks = 0;
    for (size_t k = 0; k < gp_report_blocks(blank) && k < WATCHED_BLOCKS; k++) {
        gp_block_result block;
        gp_report_block(blank, k, &block);
        snprintf(w->block[k].name, sizeof w->block[k].name, "%s", block.name);
        w->block[k].offset = block.offset;
        w->block[k].dimensions = block.dimensions;
        memcpy(w->block[k].shape, block.shape, sizeof w->block[k].shape);
        w->blocks++;
    }
}

static int run(const cli_options *o, cli_watch *watch) {
    cli_subject subject = {0};
    gp_error error = {""};
    gp_status status = build(o, &subject, &error);
    for (size_t i = 0; i < o->plants && status == GP_OK; i++)
        status = gp_function_plant(subject.function, o->plant[i], &error);
    gp_options options = o->check;
    options.progress = &watch->progress;
    if (strncmp(o->target, "notebook:", 9) == 0)
        options.notebook_epsilon = 1e-7;
    gp_report *report = NULL;
    if (status == GP_OK)
        status = gp_report_blank(subject.function, &report);
    if (status == GP_OK) {
        introduce(report, o->target, watch);
        gp_report_destroy(report);
        status = gp_check(subject.function, &options, &report, &error);
    }
    int code;
    if (status == GP_OK) {
        code = cli_deliver(o, report);
        gp_report_destroy(report);
    } else {
        code = cli_complain(status, &error);
    }
    release(&subject);
    return code;
}

static int complain(const char *message) {
    fprintf(stderr, "gradproof: %s (see gradproof check --help)\n", message);
    return EXIT_USAGE;
}

int cli_check(int argc, char **argv) {
    cli_options o;
    int wrong = cli_parse(argc, argv, &o);
    if (wrong)
        return wrong;
    if (o.help) {
        fputs(CLI_CHECK_HELP, stdout);
        return 0;
    }
    if (!o.target)
        return complain("check what? Name notebook:given, network or a shared object");
    int is_network = strcmp(o.target, "network") == 0;
    int is_notebook = strncmp(o.target, "notebook:", 9) == 0;
    if (is_network && !o.data)
        return complain("check network: needs --data FILE.csv");
    if (is_network && !o.label)
        return complain("check network: needs --label COLUMN");
    if (!is_network && (o.data || o.label || o.batch || o.no_seed))
        return complain("--data, --label, --batch and --no-seed belong to check network");
    if (o.object_argc > 0 && (is_network || is_notebook))
        return complain("arguments after -- belong to a shared object");
    if (o.json && strcmp(o.json, "-") != 0) {
        FILE *file = fopen(o.json, "a"); /* better now than after a long check */
        if (!file) {
            fprintf(stderr, "gradproof: --json %.200s: can't be written: %s\n", o.json,
                    strerror(errno));
            return EXIT_USAGE;
        }
        fclose(file);
    }
    return cli_supervise(&o, run);
}

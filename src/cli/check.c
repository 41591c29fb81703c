/* gradproof check */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/certificate.h"
#include "cli/supervise.h"
#include "cli/team.h"
#include "system/json_text.h"
#include "system/output.h"

/* Blocks whose page shows the error against the step. */
enum { CURVES = 12 };

int cli_is_model(const char *target) {
    static const char ENDING[] = ".safetensors";
    size_t length = strlen(target), ending = sizeof ENDING - 1;
    if (length > ending && strcmp(target + length - ending, ENDING) == 0)
        return 1;
    struct stat is;
    unsigned char start[9];
    FILE *file = stat(target, &is) == 0 && S_ISREG(is.st_mode) ? fopen(target, "rb") : NULL;
    size_t got = file ? fread(start, 1, sizeof start, file) : 0;
    if (file)
        fclose(file);
    return got == sizeof start && start[8] == '{' && memcmp(start, "\177ELF", 4) != 0;
}

int cli_is_notebook(const char *target) {
    return strncmp(target, "notebook:", strlen("notebook:")) == 0;
}

int cli_is_file(const char *target) {
    return !cli_is_notebook(target) && strcmp(target, "network") != 0;
}

/* The function that the target names. */
static gp_status build(const cli_options *o, cli_subject *subject, gp_error *error) {
    if (cli_is_notebook(o->target))
        return gp_notebook_function(o->target + 9, &subject->function, error);
    if (strcmp(o->target, "network") == 0)
        return cli_build_network(o, subject, error);
    if (cli_is_model(o->target))
        return cli_build_model(o, subject, error);
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
    cli_introduced(w);
}

/* Is the code under test a stranger's? It may then crash or hang. */
static int is_strange(const char *target) {
    return cli_is_file(target) && !cli_is_model(target);
}

static gp_status set_up(const cli_options *o, cli_watch *w, cli_subject *subject, gp_error *error) {
    w->strange = is_strange(o->target);
    w->phase = w->strange ? CLI_SET_UP : CLI_OWN_CODE;
    gp_status status = build(o, subject, error);
    cli_end_copies(w);
    w->phase = CLI_OWN_CODE;
    for (size_t i = 0; i < o->plants && status == GP_OK; i++)
        status = gp_function_plant(subject->function, o->plant[i], error);
    gp_report *blank = NULL;
    if (status == GP_OK)
        status = gp_report_blank(subject->function, &blank);
    if (status == GP_OK)
        introduce(blank, o->target, w);
    gp_report_destroy(blank);
    return status;
}

static gp_status check(const cli_options *o, cli_watch *w, const gp_function *f,
                       const gp_team *team, gp_report **report, gp_error *error) {
    gp_options options = o->check;
    /* A process of its own for a stranger's code: what it costs to survive a crash. */
    if (options.jobs == 0 && w->strange)
        options.jobs = 1;
    options.curves = o->output[CLI_HTML] ? CURVES : 0;
    options.progress = &w->progress;
    options.team = team->ranks > 1 ? team : NULL;
    if (cli_is_notebook(o->target))
        options.notebook_epsilon = 1e-7;
    w->phase = CLI_CHECK;
    gp_status status = gp_check(f, &options, report, error);
    cli_end_copies(w);
    w->phase = CLI_OWN_CODE;
    return status;
}

/* ---- its certificate ------------------------------------------------------------------------- */

/* "analytic numeric bound status point" */
static double write_entry(const void *report, size_t i, char *text, size_t size) {
    gp_entry e;
    (void)gp_report_entry((const gp_report *)report, i, &e);
    snprintf(text, size, "%a %a %a %s %zu", e.analytic, e.numeric, e.bound,
             gp_entry_status_string(e.status), e.point);
    return e.bound;
}

/* The report less what differs from run to run, or by the number of jobs. */
static json_t *report_of(const gp_report *report) {
    char *text = NULL;
    size_t length = 0;
    json_t *all = NULL;
    FILE *stream = open_memstream(&text, &length);
    gp_status status = stream ? gp_report_write_json(report, stream) : GP_ERROR_MEMORY;
    if (stream && fclose(stream) != 0)
        status = GP_ERROR_MEMORY;
    if (status == GP_OK)
        status = gp_json_read(text, length, &all);
    free(text);
    (void)json_object_del(all, "seconds");
    (void)json_object_del(all, "evaluations");
    (void)json_object_del(all, "version");
    (void)json_object_del(all, "function"); /* which is the target, wherever that is now */
    json_t *exact = all ? cli_certificate_exact(all) : NULL;
    json_decref(all);
    return exact;
}

static json_t *numbers_of(const cli_subject *s, const gp_report *report) {
    gp_network *net = s->model ? gp_model_network(s->model) : s->network;
    size_t n, rows = net ? gp_network_rows(net, NULL, NULL) : 0,
              entries = gp_report_entries(report);
    const double *x = gp_function_point(s->function, &n);
    gp_network_options o = {0};
    if (net)
        (void)gp_network_describe(net, &o);
    size_t data = rows * o.inputs;
    size_t labels =
        net ? rows * (o.loss == GP_SOFTMAX_CROSS_ENTROPY ? 1 : o.units[o.layers - 1]) : 0;
    double *g = calloc(entries + data + labels + 1, sizeof *g);
    double *X = g ? g + entries : NULL, *y = X ? X + data : NULL;
    json_t *numbers = NULL;
    if (g && (gp_report_copy_entries(report, 0, entries, NULL, g, NULL, NULL) == GP_OK ||
              entries == 0)) {
        if (net)
            (void)gp_network_rows(net, X, y);
        numbers = json_pack("{s:o, s:o, s:o, s:o}", "parameters", cli_certificate_numbers(x, n, 0),
                            "gradient", cli_certificate_numbers(g, entries, 0), "data",
                            net ? cli_certificate_numbers(X, data, 0) : json_null(), "labels",
                            net ? cli_certificate_numbers(y, labels, 0) : json_null());
    }
    free(g);
    return numbers;
}

/* *text: new; NULL where the check came to nothing that can be certified. */
static gp_status certify(const cli_options *o, const cli_subject *subject, const gp_report *report,
                         char **text, gp_error *error) {
    json_t *certificate = NULL;
    *text = NULL;
    if (gp_report_verdict(report) == GP_FAILED || gp_report_interrupted(report) ||
        gp_report_entries(report) == 0)
        return GP_OK;
    json_t *result =
        json_pack("{s:s, s:o, s:o}", "verdict", gp_verdict_string(gp_report_verdict(report)),
                  "report", report_of(report), "list",
                  cli_certificate_entries(write_entry, report, gp_report_entries(report)));
    gp_status status = cli_certificate_make(
        o, "check", NULL, json_null(), numbers_of(subject, report), result, &certificate, error);
    if (status == GP_OK && !(*text = cli_certificate_seal(certificate)))
        status = GP_ERROR_MEMORY;
    return status;
}

static void run(const cli_options *o, cli_watch *w) {
    gp_team team;
    int alone = cli_join_team(&team);
    if (alone) {
        w->code = alone;
        cli_finish(w);
        return;
    }
    w->ranks = team.ranks;
    cli_subject subject = {0};
    gp_error error = {""};
    gp_report *report = NULL;
    char *certificate = NULL;
    gp_status status = set_up(o, w, &subject, &error);
    int is_ready = status == GP_OK;
    if (is_ready)
        status = check(o, w, subject.function, &team, &report, &error);
    if (status == GP_OK && o->output[CLI_CERTIFICATE] && team.ranks <= 1)
        status = certify(o, &subject, report, &certificate, &error);
    if (!is_ready)
        gp_team_give_up(&team, status, error.message[0] ? error.message : NULL);
    /* All ranks have the same report; one of them tells. */
    if (team.rank != 0) {
        w->listens = 1;
        w->code = status == GP_OK ? 0 : cli_code_of(status);
    } else if (status == GP_OK) {
        cli_options told = *o;
        told.certificate = certificate;
        cli_hand_over(&told, w, report);
    } else {
        w->code = cli_code_of(status);
        w->complaint = error;
        if (!error.message[0])
            snprintf(w->complaint.message, sizeof w->complaint.message, "%s",
                     gp_status_string(status));
    }
    gp_report_destroy(report);
    free(certificate);
    cli_finish(w);
    w->phase = w->strange ? CLI_RELEASE : CLI_OWN_CODE;
    cli_release(&subject);
    cli_end_copies(w);
    w->phase = CLI_OWN_CODE;
    cli_leave_team(&team);
    w->phase = w->strange ? CLI_RELEASE : CLI_OWN_CODE; /* what is left for exit() */
}

static int complain(const char *message) {
    fprintf(stderr, "gradproof: %s (see gradproof check --help)\n", message);
    return EXIT_USAGE;
}

/* No output may be an input, and each must be possible: better now than after a long check. */
static int look_at_outputs(const cli_options *o) {
    gp_error error = {""};
    const char *inputs[] = {cli_is_file(o->target) ? o->target : NULL, o->data, o->check.journal};
    const char *path[CLI_FORMATS];
    int wrong = 0;
    for (int k = 0; k < CLI_FORMATS && !wrong; k++) {
        const char *option = CLI_FORMAT[k].option;
        path[k] = cli_is_stdout(o->output[k]) ? NULL : o->output[k];
        wrong = cli_keep_apart(option, path[k], 3, inputs);
        if (!wrong) /* what a shared object is told may be files that it reads */
            wrong = cli_keep_apart(option, path[k], (size_t)o->object_argc,
                                   (const char *const *)o->object_argv);
        if (!wrong)
            wrong = cli_keep_apart(option, path[k], (size_t)k, path);
    }
    if (!wrong)
        wrong = cli_keep_apart("resume", o->check.journal, 2, inputs);
    if (wrong)
        return wrong;
    gp_status status = GP_OK;
    for (int k = 0; k < CLI_FORMATS && status == GP_OK; k++)
        status = path[k] ? gp_output_try(path[k], &error) : GP_OK;
    if (status == GP_OK && o->check.journal)
        status = gp_output_try(o->check.journal, &error);
    return status == GP_OK ? 0 : cli_complain(status, &error);
}

int cli_check_as_told(const cli_options *o) {
    if (o->help) {
        fputs(CLI_CHECK_HELP, stdout);
        return 0;
    }
    if (!o->target)
        return complain("check what? Name notebook:given, network or a shared object");
    int is_network = strcmp(o->target, "network") == 0;
    int is_notebook = cli_is_notebook(o->target);
    if (cli_is_model(o->target) && !o->data)
        return complain("check of a model: needs --data FILE.csv");
    if (is_network && !o->data)
        return complain("check network: needs --data FILE.csv");
    if (is_network && !o->label)
        return complain("check network: needs --label COLUMN");
    if (!is_network && !cli_is_model(o->target) && o->about_network)
        return complain(
            "--data, --label and the other options of a network belong to check network");
    if (o->object_argc > 0 && (is_network || is_notebook || cli_is_model(o->target)))
        return complain("arguments after -- belong to a shared object");
    int wrong = look_at_outputs(o);
    if (wrong)
        return wrong;
    return cli_supervise(o, run);
}

int cli_check(int argc, char **argv) {
    cli_options o;
    char *command = cli_command_line(argc, argv); /* before parsing, which changes the order */
    int code = command ? cli_parse(argc, argv, &o) : cli_complain(GP_ERROR_MEMORY, &(gp_error){""});
    if (code == 0) {
        o.command = command;
        code = cli_check_as_told(&o);
    }
    free(command);
    return code;
}

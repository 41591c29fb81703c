/* gradproof train */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/options.h"
#include "cli/train_options.h"
#ifdef GP_WITH_PROVE
#include "cli/claim.h"
#endif
#include "system/json_text.h"
#include "system/output.h"
#include "system/text.h"

/* ---- Ctrl-C ---------------------------------------------------------------------- */

static volatile int asked; /* to end, times */

static void on_signal(int number) {
    static const char TOLD[] = "gradproof: interrupted twice: no model is written\n";
    asked++;
    if (asked > 1) { /* once is a request, twice an order */
        (void)!write(STDERR_FILENO, TOLD, sizeof TOLD - 1);
        _exit(128 + number);
    }
}

/* Whoever started the program without them, as nohup does, is obeyed. */
static void listen_to_signals(void) {
    static const int NUMBERS[] = {SIGINT, SIGTERM};
    for (size_t k = 0; k < sizeof NUMBERS / sizeof *NUMBERS; k++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
        if (sigaction(NUMBERS[k], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(NUMBERS[k], &action, NULL);
    }
}

/* ---- telling ---------------------------------------------------------------------- */

/* What progress leaves behind. */
typedef struct telling {
    int quiet, stopped;
    size_t epoch, epochs;
} telling;

static void show(void *user, const gp_training *t) {
    telling *told = user;
    told->stopped = t->stopped;
    told->epoch = t->epoch;
    told->epochs = t->epochs;
    if (told->quiet || t->stopped)
        return;
    double left = t->seconds / (double)t->epoch * (double)(t->epochs - t->epoch);
    printf("epoch %zu of %zu: loss %.5g, validation PR-AUC ", t->epoch, t->epochs, t->loss);
    if (isnan(t->pr_auc))
        printf("-");
    else
        printf("%.4f (best %.4f)", t->pr_auc, t->best);
    printf(", %.2f s, at most %.0f s left\n", t->seconds, left);
    fflush(stdout);
}

/* "start verified, end inconclusive (resolution 1e+03)": what each check came to. *code: 0 where
 * all of them have verified the gradient or none was made. */
static gp_status describe_checks(const gp_model *model, FILE *stream, int *code) {
    const char *text = gp_model_checks(model);
    json_t *checks, *check;
    size_t k;
    gp_status status = gp_json_read(text, strlen(text), &checks);
    *code = 0;
    if (status != GP_OK)
        return status;
    fputs(json_array_size(checks) == 0 ? "its gradient not checked" : "its gradient checked: ",
          stream);
    json_array_foreach(checks, k, check) {
        const char *when = json_string_value(json_object_get(check, "when"));
        const char *verdict = json_string_value(json_object_get(check, "verdict"));
        int verified = verdict && strcmp(verdict, "verified") == 0;
        fprintf(stream, "%s%s %s", k ? ", " : "", when ? when : "?", verdict ? verdict : "?");
        const json_t *resolution = json_object_get(check, "resolution");
        if (!verified && json_is_number(resolution))
            fprintf(stream, " (resolution %.1e)", json_number_value(resolution));
        if (!verified)
            *code = GP_INCONCLUSIVE; /* others end the training */
    }
    json_decref(checks);
    return GP_OK;
}

/* The model has no place where it should go: another one where files for a while are kept, since
 * hours of work are in it. path: room for size bytes. */
static gp_status save_elsewhere(const cli_train_options *o, const gp_model *model, char *path,
                                size_t size) {
    const char *folder = getenv("TMPDIR"), *slash = strrchr(o->out, '/');
    int length = snprintf(path, size, "%s/gradproof-XXXXXX", folder && *folder ? folder : "/tmp");
    if (length < 0 || (size_t)length >= size || !mkdtemp(path))
        return GP_ERROR_OUTPUT;
    snprintf(path + length, size - (size_t)length, "/%.255s", slash ? slash + 1 : o->out);
    gp_status status = gp_model_write(model, path, NULL);
    if (status != GP_OK) {
        path[length] = '\0';
        (void)rmdir(path);
    }
    return status;
}

/* Tells that the model isn't where it should be, and where it is. */
static int complain_of_output(const cli_train_options *o, const gp_model *model, gp_status status,
                              const gp_error *error) {
    char path[1024];
    if (o->train.checkpoint)
        cli_tell("%s; the same command goes on from %.200s", error->message, o->train.checkpoint);
    else if (save_elsewhere(o, model, path, sizeof path) == GP_OK)
        cli_tell("%s; the model is kept as %s", error->message, path);
    else
        return cli_complain(status, error);
    return cli_code_of(status);
}

#ifdef GP_WITH_PROVE

/* A proof at the end: *line (for gp_text_free) and *code say what came out. */
static gp_status prove(const cli_train_options *o, gp_model *model, char **line, int *code,
                       gp_error *error) {
    cli_options options;
    cli_options_init(&options);
    options.target = o->out;
    options.data = o->data;
    options.unwritten = 1;
    (void)cli_options_keep("data", o->data, &options);
    for (size_t k = 0; k < o->train.plants; k++) {
        options.plant[options.plants++] = o->plant[k];
        (void)cli_options_keep("plant", o->plant[k], &options);
    }
    return cli_prove_trained(&options, model, line, code, error);
}

#else

static gp_status prove(const cli_train_options *o, gp_model *model, char **line, int *code,
                       gp_error *error) {
    (void)o, (void)model, (void)line, (void)code;
    snprintf(error->message, sizeof error->message,
             "--check prove: this build can't: there was no FLINT when it was made");
    return GP_ERROR_UNSUPPORTED;
}

#endif

/* The model is there: writes it, says so, and removes what is needed no longer. */
static int deliver(const cli_train_options *o, const telling *told, gp_model *model) {
    gp_error error = {""};
    char *proof = NULL;
    int proven = 0;
    gp_status proving = o->prove ? prove(o, model, &proof, &proven, &error) : GP_OK;
    if (proving != GP_OK) {
        cli_tell("its gradient can't be proven: %s",
                 error.message[0] ? error.message : gp_status_string(proving));
        proven = GP_INCONCLUSIVE;
    }
    gp_status status = gp_model_write(model, o->out, &error);
    if (status != GP_OK) {
        gp_text_free(proof);
        return complain_of_output(o, model, status, &error);
    }
    char *line = NULL;
    size_t size;
    int code;
    FILE *stream = open_memstream(&line, &size);
    status = stream ? describe_checks(model, stream, &code) : GP_ERROR_MEMORY;
    if (status == GP_OK && proof)
        fprintf(stream, "; %s", proof);
    gp_text_free(proof);
    code = status == GP_OK && (code == 0 || proven == GP_REFUTED) && proven ? proven : code;
    if (stream && fclose(stream) != 0)
        status = GP_ERROR_MEMORY;
    if (status != GP_OK) {
        free(line);
        cli_tell("%.200s is written, but what its checks came to can't be told: %s", o->out,
                 gp_status_string(status));
        return EXIT_FAULT;
    }
    if (told->stopped)
        cli_tell(
            "interrupted after epoch %zu of %zu: %.200s has the best weights until then%s%.200s",
            told->epoch, told->epochs, o->out,
            o->train.checkpoint ? "; the same command goes on from " : "",
            o->train.checkpoint ? o->train.checkpoint : "");
    if (o->quiet && code)
        cli_tell("%.200s: %s", o->out, line);
    if (!o->quiet) {
        char name[1024];
        gp_printable(o->out, name, sizeof name);
        size_t inputs = gp_model_inputs(model);
        size_t parameters = gp_network_parameters(gp_model_network((gp_model *)model));
        printf("%s written: %zu %s, %zu %s, %s\n", name, inputs,
               gp_plural(inputs, "input", "inputs"), parameters,
               gp_plural(parameters, "parameter", "parameters"), line);
    }
    free(line);
    if (told->stopped)
        return code ? code : GP_INCONCLUSIVE;
    if (o->train.checkpoint)
        (void)remove(o->train.checkpoint);
    return code;
}

/* Training has ended by itself: the report says why. */
static int stop(const cli_train_options *o, const gp_report *report) {
    unsigned colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") ? GP_PRINT_COLOUR : 0;
    int refuted = gp_report_verdict(report) == GP_REFUTED;
    printf("training is stopped%s%s\n\n", refuted ? ": its gradient is wrong" : "",
           o->train.checkpoint ? "; the last good checkpoint is kept" : "");
    return cli_print_report(report, colour) ? EXIT_FAULT : gp_report_exit_code(report);
}

/* Whether there is room for what comes out is asked before hours of work. */
static gp_status prepare(const cli_train_options *o, gp_table **table, gp_error *error) {
    gp_status status = gp_output_try(o->out, error);
    if (status == GP_OK && o->train.checkpoint)
        status = gp_output_try(o->train.checkpoint, error);
    return status == GP_OK ? gp_table_read_csv(o->data, table, error) : status;
}

int cli_train(int argc, char **argv) {
    cli_train_options o;
    int wrong = cli_train_parse(argc, argv, &o);
    if (wrong)
        return wrong;
    if (o.help) {
        fputs(CLI_TRAIN_HELP, stdout);
        return 0;
    }
    const char *others[] = {o.data, o.train.checkpoint};
    wrong = cli_keep_apart("out", o.out, 2, others);
    if (!wrong)
        wrong = cli_keep_apart("resume", o.train.checkpoint, 1, others);
    if (wrong)
        return wrong;
    gp_table *table = NULL;
    gp_model *model = NULL;
    gp_report *ended = NULL;
    gp_error error = {""};
    telling told = {.quiet = o.quiet};
    o.train.progress = show;
    o.train.user = &told;
    o.train.stop = &asked;
    gp_status status = prepare(&o, &table, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    listen_to_signals();
    status = gp_train(table, &o.train, &model, &ended, &error);
    gp_table_destroy(table);
    int code;
    if (status != GP_OK) {
        code = cli_complain(status, &error);
    } else if (ended) {
        code = stop(&o, ended);
    } else if (model) {
        code = deliver(&o, &told, model);
    } else {
        cli_tell("interrupted before the first epoch was through: no model is written");
        code = GP_INCONCLUSIVE;
    }
    gp_report_destroy(ended);
    gp_model_destroy(model);
    return code;
}

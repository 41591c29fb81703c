/* gradproof train */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "system/json_text.h"
#include "system/output.h"
#include "system/text.h"

enum {
    LABEL = 256,
    OUT,
    HIDDEN,
    ACTIVATION,
    DROPOUT,
    L2,
    EPOCHS,
    BATCH,
    OPTIMIZER,
    RATE,
    SCHEDULE,
    MOMENTUM,
    CLASS_WEIGHT,
    VALIDATION,
    TIME_COLUMN,
    PATIENCE,
    SEED,
    DTYPE,
    CHECK,
    PLANT,
    RESUME,
    JOBS,
    QUIET,
    HELP
};
static const struct option LONG[] = {{"label", 1, NULL, LABEL},
                                     {"out", 1, NULL, OUT},
                                     {"hidden", 1, NULL, HIDDEN},
                                     {"activation", 1, NULL, ACTIVATION},
                                     {"dropout", 1, NULL, DROPOUT},
                                     {"l2", 1, NULL, L2},
                                     {"epochs", 1, NULL, EPOCHS},
                                     {"batch", 1, NULL, BATCH},
                                     {"optimizer", 1, NULL, OPTIMIZER},
                                     {"learning-rate", 1, NULL, RATE},
                                     {"schedule", 1, NULL, SCHEDULE},
                                     {"momentum", 1, NULL, MOMENTUM},
                                     {"class-weight", 1, NULL, CLASS_WEIGHT},
                                     {"validation", 1, NULL, VALIDATION},
                                     {"time-column", 1, NULL, TIME_COLUMN},
                                     {"patience", 1, NULL, PATIENCE},
                                     {"seed", 1, NULL, SEED},
                                     {"dtype", 1, NULL, DTYPE},
                                     {"check", 1, NULL, CHECK},
                                     {"plant", 1, NULL, PLANT},
                                     {"resume", 1, NULL, RESUME},
                                     {"jobs", 1, NULL, JOBS},
                                     {"quiet", 0, NULL, QUIET},
                                     {"help", 0, NULL, HELP},
                                     {NULL, 0, NULL, 0}};

typedef struct train_options {
    gp_train_options train;
    size_t hidden[MAX_HIDDEN + 1];
    const char *plant[MAX_PLANTS];
    const char *data, *out;
    int quiet, help;
} train_options;

/* "start,burn-in,end", "every=50", "none", or several with commas. */
static int schedule(const char *text, gp_train_options *o) {
    static const struct {
        const char *word;
        unsigned check;
    } WORDS[] = {{"start", GP_CHECK_START},
                 {"burn-in", GP_CHECK_BURN_IN},
                 {"end", GP_CHECK_END},
                 {"none", 0}};
    o->checks = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ","), k = 0;
        if (strncmp(at, "every=", 6) == 0) {
            char *end;
            o->check_every = (size_t)strtoull(at + 6, &end, 10);
            if (at[6] < '1' || at[6] > '9' || end != at + length)
                return cli_usage("--check %.60s: every= needs a number of epochs", text);
            continue;
        }
        while (k < sizeof WORDS / sizeof *WORDS &&
               (strlen(WORDS[k].word) != length || strncmp(at, WORDS[k].word, length) != 0))
            k++;
        if (k == sizeof WORDS / sizeof *WORDS)
            return cli_usage("--check %.60s: must be start, burn-in, end, every=N or none, with "
                             "commas between",
                             text);
        o->checks |= WORDS[k].check;
    }
    return 0;
}

static int take(int option, const char *name, const char *value, train_options *o) {
    static const char *const schedules[] = {"cosine", "constant"};
    static const char *const optimizers[] = {"adam", "sgd"};
    gp_train_options *t = &o->train;
    uint64_t number = 0;
    int choice = 0, wrong;
    switch (option) {
    case LABEL:
        t->label = value;
        return 0;
    case OUT:
        o->out = value;
        return 0;
    case HIDDEN:
        return cli_hidden(value, o->hidden, &t->hidden_layers);
    case ACTIVATION:
        return cli_activation(name, value, &t->activation);
    case DROPOUT:
        wrong = cli_real(name, value, 0, 0, 1, &t->dropout);
        return wrong || t->dropout < 1 ? wrong
                                       : cli_usage("--dropout %s: 1 would drop every unit", value);
    case L2:
        return cli_real(name, value, 0, 0, INFINITY, &t->l2);
    case EPOCHS:
        return cli_count(name, value, 1000000, &t->epochs);
    case BATCH:
        return cli_count(name, value, 1u << 24, &t->batch);
    case OPTIMIZER:
        wrong = cli_one_of(name, value, optimizers, 2, &choice);
        t->optimizer = (gp_optimizer)choice;
        return wrong;
    case RATE:
        return cli_real(name, value, 0, 1, INFINITY, &t->learning_rate);
    case SCHEDULE:
        wrong = cli_one_of(name, value, schedules, 2, &choice);
        t->schedule = (gp_schedule)choice;
        return wrong;
    case MOMENTUM:
        wrong = cli_real(name, value, 0, 0, 1, &t->momentum);
        return wrong || t->momentum < 1 ? wrong
                                        : cli_usage("--momentum %s: must be below 1", value);
    case CLASS_WEIGHT:
        if (strcmp(value, "balanced") == 0) {
            t->positive_weight = -1;
            return 0;
        }
        return cli_real(name, value, 0, 1, INFINITY, &t->positive_weight);
    case VALIDATION:
        wrong = cli_real(name, value, 0, 0, 1, &t->validation);
        return wrong || t->validation < 1
                   ? wrong
                   : cli_usage("--validation %s: 1 would leave no row to train on", value);
    case TIME_COLUMN:
        t->time_column = value;
        return 0;
    case PATIENCE:
        return cli_count(name, value, 1000000, &t->patience);
    case SEED:
        return cli_whole(name, value, 0, UINT64_MAX / 2, &t->seed);
    case DTYPE:
        return cli_dtype(name, value, &t->dtype);
    case CHECK:
        return schedule(value, t);
    case PLANT:
        if (t->plants == MAX_PLANTS)
            return cli_usage("--plant: at most %d", MAX_PLANTS);
        o->plant[t->plants++] = value;
        return 0;
    case RESUME:
        t->checkpoint = value;
        return 0;
    case JOBS:
        wrong = cli_whole(name, value, 1, 256, &number);
        t->jobs = (unsigned)number;
        return wrong;
    case QUIET:
        o->quiet = 1;
        return 0;
    default:
        o->help = 1;
        return 0;
    }
}

static int parse(int argc, char **argv, train_options *o) {
    cli_command_is("train");
    memset(o, 0, sizeof *o);
    gp_train_options_init(&o->train);
    o->train.dtype = GP_FLOAT32;
    o->train.activation = GP_RELU;
    o->hidden[0] = 64;
    o->hidden[1] = 32;
    o->train.hidden_layers = 2;
    opterr = 0;
    optind = 0;
    for (int option, index = -1; (option = getopt_long(argc, argv, ":", LONG, &index)) != -1;) {
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv);
        int wrong = take(option, LONG[index].name, optarg, o);
        if (wrong || o->help)
            return wrong;
    }
    if (optind < argc)
        o->data = argv[optind++];
    if (optind < argc)
        return cli_usage("%.60s: one table at a time", argv[optind]);
    if (!o->data || !o->train.label || !o->out)
        return cli_usage("train: needs DATA.csv, --label COLUMN and --out FILE.safetensors");
    o->train.hidden = o->hidden;
    o->train.plant = o->plant;
    return 0;
}

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
static gp_status save_elsewhere(const train_options *o, const gp_model *model, char *path,
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
static int complain_of_output(const train_options *o, const gp_model *model, gp_status status,
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

/* The model is there: writes it, says so, and removes what is needed no longer. */
static int deliver(const train_options *o, const telling *told, const gp_model *model) {
    gp_error error = {""};
    gp_status status = gp_model_write(model, o->out, &error);
    if (status != GP_OK)
        return complain_of_output(o, model, status, &error);
    char *line = NULL;
    size_t size;
    int code;
    FILE *stream = open_memstream(&line, &size);
    status = stream ? describe_checks(model, stream, &code) : GP_ERROR_MEMORY;
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
static int stop(const train_options *o, const gp_report *report) {
    unsigned colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") ? GP_PRINT_COLOUR : 0;
    int refuted = gp_report_verdict(report) == GP_REFUTED;
    printf("training is stopped%s%s\n\n", refuted ? ": its gradient is wrong" : "",
           o->train.checkpoint ? "; the last good checkpoint is kept" : "");
    return cli_print_report(report, colour) ? EXIT_FAULT : gp_report_exit_code(report);
}

/* Whether there is room for what comes out is asked before hours of work. */
static gp_status prepare(const train_options *o, gp_table **table, gp_error *error) {
    gp_status status = gp_output_try(o->out, error);
    if (status == GP_OK && o->train.checkpoint)
        status = gp_output_try(o->train.checkpoint, error);
    return status == GP_OK ? gp_table_read_csv(o->data, table, error) : status;
}

int cli_train(int argc, char **argv) {
    train_options o;
    int wrong = parse(argc, argv, &o);
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

/* Command-line options of gradproof check and demo, and those that check and prove share. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

int cli_code_of(gp_status status) {
    return status == GP_ERROR_ARGUMENT ? EXIT_USAGE
           : status == GP_ERROR_INPUT  ? EXIT_NO_INPUT
                                       : EXIT_FAULT;
}

int cli_complain(gp_status status, const gp_error *error) {
    cli_tell("%s", error->message[0] ? error->message : gp_status_string(status));
    return cli_code_of(status);
}

int cli_print_report(const gp_report *report, unsigned flags) {
    gp_status status = gp_report_print(report, stdout, flags);
    if (status != GP_OK && !ferror(stdout)) /* main tells of that */
        cli_tell("the report can't be written: %s", gp_status_string(status));
    return status == GP_OK ? 0 : EXIT_FAULT;
}

unsigned cli_print_flags(const cli_options *o) {
    const char *no_colour = getenv("NO_COLOR");
    unsigned flags = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) ? GP_PRINT_COLOUR : 0;
    return flags | (o->quiet ? GP_PRINT_QUIET : 0) | (o->verbose ? GP_PRINT_VERBOSE : 0);
}

int cli_is_stdout(const char *path) {
    return path && strcmp(path, "-") == 0;
}

/* "90", "90s", "15m", "2h": seconds; "50000e": evaluations. */
static int budget(const char *text, gp_options *o) {
    static const struct {
        const char *unit;
        double seconds;
    } UNITS[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
    char *end;
    double amount = strtod(text, &end);
    if (end != text && amount > 0 && amount < 1e15) {
        for (size_t k = 0; k < sizeof UNITS / sizeof *UNITS; k++)
            if (strcmp(end, UNITS[k].unit) == 0) {
                o->budget_seconds = amount * UNITS[k].seconds;
                return 0;
            }
        if (strcmp(end, "e") == 0 && amount >= 1) {
            o->budget_evaluations = (uint64_t)amount;
            return 0;
        }
    }
    return cli_usage("--budget %.60s: must be a time such as 90s, 15m or 2h, or a number of "
                     "evaluations such as 50000e",
                     text);
}

enum {
    POINTS = OPTIONS_SHARED,
    STRATEGY,
    SAMPLE,
    CONFIDENCE,
    JOBS,
    TIMEOUT,
    BUDGET,
    RESUME,
    SELF_TEST,
    NO_DESCENT,
    STRICT,
    STOCHASTIC,
    ACCEPT,
    HTML, /* from here to MARKDOWN: as of CLI_FORMAT */
    JUNIT,
    MARKDOWN,
    VALUE, /* from here to NO_SEED: of check network alone */
    DROPOUT,
    NO_SEED
};

static const struct option LONG[] = {SHARED_OPTIONS,
                                     {"points", 1, NULL, POINTS},
                                     {"strategy", 1, NULL, STRATEGY},
                                     {"sample", 1, NULL, SAMPLE},
                                     {"confidence", 1, NULL, CONFIDENCE},
                                     {"jobs", 1, NULL, JOBS},
                                     {"timeout", 1, NULL, TIMEOUT},
                                     {"budget", 1, NULL, BUDGET},
                                     {"resume", 1, NULL, RESUME},
                                     {"self-test", 0, NULL, SELF_TEST},
                                     {"no-descent", 0, NULL, NO_DESCENT},
                                     {"strict", 0, NULL, STRICT},
                                     {"stochastic", 1, NULL, STOCHASTIC},
                                     {"accept", 1, NULL, ACCEPT},
                                     {"html", 1, NULL, HTML},
                                     {"junit", 1, NULL, JUNIT},
                                     {"markdown", 1, NULL, MARKDOWN},
                                     {"value", 1, NULL, VALUE},
                                     {"dropout", 1, NULL, DROPOUT},
                                     {"no-seed", 0, NULL, NO_SEED},
                                     {NULL, 0, NULL, 0}};

static int is_of_network(int option) {
    return (option >= OPTION_DATA && option <= OPTION_CLASS_WEIGHT) || option >= VALUE;
}

void cli_options_init(cli_options *o) {
    memset(o, 0, sizeof *o);
    gp_options_init(&o->check);
    o->hidden[0] = 16;
    o->hidden[1] = 8;
    o->hidden_layers = 2;
    o->network.hidden = GP_RELU;
}

int cli_options_keep(const char *name, const char *value, cli_options *o) {
    static const char *const OTHERS[] = {"json",  "html",    "junit", "markdown", "certificate",
                                         "quiet", "verbose", "jobs",  "resume",   "timeout"};
    for (size_t k = 0; k < sizeof OTHERS / sizeof *OTHERS; k++)
        if (strcmp(OTHERS[k], name) == 0)
            return 0;
    if (o->words == MAX_WORDS)
        return cli_usage("--%s: too many options", name);
    o->word[o->words].name = name;
    o->word[o->words++].value = value;
    return 0;
}

/* Those of the network, check's own among them. */
static int take_of_network(int option, const char *name, const char *value, cli_options *o) {
    gp_dtype of_value = GP_FLOAT64;
    int wrong;
    switch (option) {
    case OPTION_DATA:
        o->data = value;
        return 0;
    case OPTION_LABEL:
        o->label = value;
        return 0;
    case OPTION_BATCH:
        return cli_count(name, value, 1u << 30, &o->batch);
    case OPTION_HIDDEN:
        return cli_hidden(value, o->hidden, &o->hidden_layers);
    case OPTION_ACTIVATION:
        return cli_activation(name, value, &o->network.hidden);
    case OPTION_LOSS:
        return cli_loss(name, value, &o->network.loss);
    case OPTION_DTYPE:
        return cli_dtype(name, value, &o->network.dtype);
    case OPTION_L2:
        return cli_real(name, value, 0, 0, INFINITY, &o->network.l2);
    case OPTION_CLASS_WEIGHT:
        o->balanced = strcmp(value, "balanced") == 0;
        return o->balanced ? 0 : cli_real(name, value, 0, 1, INFINITY, &o->network.positive_weight);
    case VALUE:
        wrong = cli_dtype(name, value, &of_value);
        o->network.value_in_float64 = of_value == GP_FLOAT64;
        return wrong;
    case DROPOUT:
        wrong = cli_real(name, value, 0, 0, 1, &o->network.dropout);
        return wrong                     ? wrong
               : o->network.dropout == 1 ? cli_usage("--dropout %s: 1 would drop every unit", value)
                                         : 0;
    default:
        o->no_seed = 1;
        return 0;
    }
}

int cli_take_shared(int option, const char *name, const char *value, cli_options *o) {
    int wrong;
    switch (option) {
    case OPTION_RTOL:
        return cli_real(name, value, 0, 1, 1, &o->check.rtol);
    case OPTION_ATOL:
        wrong = cli_real(name, value, 0, 0, INFINITY, &o->check.atol);
        o->check.atol = o->check.atol == 0 ? GP_NONE : o->check.atol;
        return wrong;
    case OPTION_PLANT:
        if (o->plants == MAX_PLANTS)
            return cli_usage("--plant: at most %d", MAX_PLANTS);
        o->plant[o->plants++] = value;
        return 0;
    case OPTION_SEED:
        return cli_whole(name, value, 0, UINT64_MAX / 2, &o->check.seed);
    case OPTION_JSON:
        o->output[CLI_JSON] = value;
        return 0;
    case OPTION_CERTIFICATE:
        o->output[CLI_CERTIFICATE] = value;
        return 0;
    case OPTION_QUIET:
        o->quiet = 1;
        return 0;
    case OPTION_VERBOSE:
        o->verbose = 1;
        return 0;
    case OPTION_HELP:
        o->help = 1;
        return 0;
    default:
        return take_of_network(option, name, value, o);
    }
}

static int take(int option, const char *name, const char *value, cli_options *o) {
    static const char *const strategies[] = {"auto", "full", "project", "sample"};
    uint64_t number = 0;
    int choice = 0, wrong;
    switch (option) {
    case POINTS:
        return cli_count(name, value, 1000000, &o->check.points);
    case STRATEGY:
        wrong = cli_one_of(name, value, strategies, 4, &choice);
        o->check.strategy = (gp_strategy)choice;
        return wrong;
    case SAMPLE:
        return cli_count(name, value, SIZE_MAX / 2, &o->check.sample);
    case CONFIDENCE:
        return cli_real(name, value, 0, 1, 1, &o->check.confidence);
    case JOBS:
        wrong = cli_whole(name, value, 1, 1024, &number);
        o->check.jobs = (unsigned)number;
        return wrong;
    case TIMEOUT:
        return cli_real(name, value, 0, 1, INFINITY, &o->check.timeout);
    case BUDGET:
        return budget(value, &o->check);
    case RESUME:
        o->check.journal = value;
        return 0;
    case SELF_TEST:
        o->check.self_test = 1;
        return 0;
    case NO_DESCENT:
        o->check.no_descent = 1;
        return 0;
    case STRICT:
        o->check.strict = 1;
        return 0;
    case STOCHASTIC:
        return cli_whole(name, value, 64, SIZE_MAX / 4, &o->check.stochastic);
    case ACCEPT:
        return cli_real(name, value, 0, 1, 1, &o->check.accept);
    case HTML:
    case JUNIT:
    case MARKDOWN:
        o->output[option - HTML + CLI_HTML] = value;
        return 0;
    default:
        return cli_take_shared(option, name, value, o);
    }
}

int cli_look_at_formats(const cli_options *o) {
    const char *first = NULL;
    for (int k = 0; k < CLI_FORMATS; k++) {
        if (!cli_is_stdout(o->output[k]))
            continue;
        if (first)
            return cli_usage("--%s - and --%s -: standard output has room for one", first,
                             CLI_FORMAT[k].option);
        first = CLI_FORMAT[k].option;
    }
    return 0;
}

int cli_parse(int argc, char **argv, cli_options *o) {
    cli_command_is("check");
    cli_options_init(o);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--") == 0) {
            o->object_argc = argc - i - 1;
            o->object_argv = argv + i + 1;
            argc = i;
        }
    opterr = 0;
    optind = 0; /* start anew, whatever was parsed before */
    for (int option, index = -1; (option = getopt_long(argc, argv, ":", LONG, &index)) != -1;
         index = -1) {
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv);
        if (index < 0) /* cannot be: there are no short options */
            return cli_usage("wrong option");
        o->about_network |= is_of_network(option);
        int wrong = take(option, LONG[index].name, optarg, o);
        if (!wrong)
            wrong = cli_options_keep(LONG[index].name, optarg, o);
        if (wrong)
            return wrong;
    }
    if (optind < argc)
        o->target = argv[optind++];
    if (optind < argc)
        return cli_usage("%.60s: one target at a time; arguments of a shared object follow --",
                         argv[optind]);
    return cli_look_at_formats(o);
}

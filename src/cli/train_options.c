/* The command line of gradproof train. */
#include "cli/train_options.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"

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

/* "start,burn-in,end", "prove", "every=50", "none", or several with commas. */
static int schedule(const char *text, cli_train_options *options) {
    static const struct {
        const char *word;
        unsigned check;
        int prove;
    } WORDS[] = {{"start", GP_CHECK_START, 0},
                 {"burn-in", GP_CHECK_BURN_IN, 0},
                 {"end", GP_CHECK_END, 0},
                 {"prove", 0, 1},
                 {"none", 0, 0}};
    gp_train_options *o = &options->train;
    o->checks = 0;
    options->prove = 0;
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
            return cli_usage("--check %.60s: must be start, burn-in, end, prove, every=N or none, "
                             "with commas between",
                             text);
        o->checks |= WORDS[k].check;
        options->prove |= WORDS[k].prove;
    }
    return 0;
}

static int below_one(const char *name, const char *value, const char *why, double *number) {
    int wrong = cli_real(name, value, 0, 0, 1, number);
    return wrong || *number < 1 ? wrong : cli_usage("--%s %s: %s", name, value, why);
}

/* Options of which 0 says the default: none of it is meant here. */
static int share(const char *name, const char *value, const char *why, double *number) {
    int wrong = below_one(name, value, why, number);
    *number = *number == 0 ? GP_NONE : *number;
    return wrong;
}

/* Those of the network. */
static int take_of_network(int option, const char *name, const char *value, cli_train_options *o) {
    gp_train_options *t = &o->train;
    switch (option) {
    case HIDDEN:
        return cli_hidden(value, o->hidden, &t->hidden_layers);
    case ACTIVATION:
        return cli_activation(name, value, &t->activation);
    case DROPOUT:
        return below_one(name, value, "1 would drop every unit", &t->dropout);
    case L2:
        return cli_real(name, value, 0, 0, INFINITY, &t->l2);
    case CLASS_WEIGHT:
        if (strcmp(value, "balanced") == 0) {
            t->positive_weight = GP_BALANCED;
            return 0;
        }
        return cli_real(name, value, 0, 1, INFINITY, &t->positive_weight);
    case DTYPE:
        return cli_dtype(name, value, &t->dtype);
    default:
        o->help = 1;
        return 0;
    }
}

static int take(int option, const char *name, const char *value, cli_train_options *o) {
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
        return share(name, value, "must be below 1", &t->momentum);
    case VALIDATION:
        return share(name, value, "1 would leave no row to train on", &t->validation);
    case TIME_COLUMN:
        t->time_column = value;
        return 0;
    case PATIENCE:
        return cli_count(name, value, 1000000, &t->patience);
    case SEED:
        return cli_whole(name, value, 0, UINT64_MAX / 2, &t->seed);
    case CHECK:
        return schedule(value, o);
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
        return take_of_network(option, name, value, o);
    }
}

int cli_train_parse(int argc, char **argv, cli_train_options *o) {
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

/* The options that gradproof check and gradproof prove share. */
#ifndef GP_CLI_OPTIONS_H
#define GP_CLI_OPTIONS_H

#include "cli/arguments.h"

/* What getopt_long gives for each; a command's own follow OPTIONS_SHARED. */
enum {
    OPTION_RTOL = 256,
    OPTION_ATOL,
    OPTION_PLANT,
    OPTION_SEED,
    OPTION_JSON,
    OPTION_CERTIFICATE,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_DATA, /* from here to CLASS_WEIGHT: of a network or a model */
    OPTION_LABEL,
    OPTION_BATCH,
    OPTION_HIDDEN, /* from here to CLASS_WEIGHT: of a network alone */
    OPTION_ACTIVATION,
    OPTION_LOSS,
    OPTION_DTYPE,
    OPTION_L2,
    OPTION_CLASS_WEIGHT,
    OPTIONS_SHARED
};

/* Their rows of getopt_long's table. */
#define SHARED_OPTIONS                                                                             \
    {"rtol", 1, NULL, OPTION_RTOL}, {"atol", 1, NULL, OPTION_ATOL},                                \
        {"plant", 1, NULL, OPTION_PLANT}, {"seed", 1, NULL, OPTION_SEED},                          \
        {"json", 1, NULL, OPTION_JSON}, {"certificate", 1, NULL, OPTION_CERTIFICATE},              \
        {"quiet", 0, NULL, OPTION_QUIET}, {"verbose", 0, NULL, OPTION_VERBOSE},                    \
        {"help", 0, NULL, OPTION_HELP}, {"data", 1, NULL, OPTION_DATA},                            \
        {"label", 1, NULL, OPTION_LABEL}, {"batch", 1, NULL, OPTION_BATCH},                        \
        {"hidden", 1, NULL, OPTION_HIDDEN}, {"activation", 1, NULL, OPTION_ACTIVATION},            \
        {"loss", 1, NULL, OPTION_LOSS}, {"dtype", 1, NULL, OPTION_DTYPE},                          \
        {"l2", 1, NULL, OPTION_L2}, {                                                              \
        "class-weight", 1, NULL, OPTION_CLASS_WEIGHT                                               \
    }

/* Defaults: those of the library, and a network of two hidden layers. */
void cli_options_init(cli_options *options);

/* Standard output has room for one format: 0, or EXIT_USAGE after a line. */
int cli_look_at_formats(const cli_options *options);

/* Keeps an option for certificates, unless it doesn't matter to what comes out; EXIT_USAGE after a
 * line where there are too many. */
int cli_options_keep(const char *name, const char *value, cli_options *options);

/* Takes a shared option: 0, or EXIT_USAGE after a line. */
int cli_take_shared(int option, const char *name, const char *value, cli_options *options);

#endif

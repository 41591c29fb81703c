/* The command line of gradproof train. */
#ifndef CLI_TRAIN_OPTIONS_H
#define CLI_TRAIN_OPTIONS_H

#include "cli/cli.h"

typedef struct cli_train_options {
    gp_train_options train;
    size_t hidden[MAX_HIDDEN + 1];
    const char *plant[MAX_PLANTS];
    const char *data, *out;
    int prove; /* the gradient at the end */
    int quiet, help;
} cli_train_options;

/* 0, or the exit code of a usage that is wrong, which has been told. */
int cli_train_parse(int argc, char **argv, cli_train_options *options);

#endif

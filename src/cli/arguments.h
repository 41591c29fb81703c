/* What the commands' options have in common: numbers and words with one line for what doesn't fit.
 * Each returns 0, or EXIT_USAGE after that line. */
#ifndef GP_CLI_ARGUMENTS_H
#define GP_CLI_ARGUMENTS_H

#include "cli/cli.h"

/* The command whose --help is pointed to. */
void cli_command_is(const char *command);

int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* After getopt_long has said '?' or ':'. */
int cli_wrong_option(int option, char **argv);

/* A real number in [low, high]; `low_open` leaves low itself out. */
int cli_real(const char *name, const char *text, double low, int low_open, double high, double *v);
int cli_whole(const char *name, const char *text, uint64_t low, uint64_t high, uint64_t *v);
/* From 1 to high. */
int cli_count(const char *name, const char *text, size_t high, size_t *count);
int cli_activation(const char *name, const char *text, gp_activation *activation);
int cli_loss(const char *name, const char *text, gp_loss *loss);
int cli_dtype(const char *name, const char *text, gp_dtype *dtype);
int cli_one_of(const char *name, const char *text, const char *const *words, int count,
               int *choice);
/* "16,8" or "none": units (room for MAX_HIDDEN) and how many layers. */
int cli_hidden(const char *text, size_t *units, size_t *layers);

#endif

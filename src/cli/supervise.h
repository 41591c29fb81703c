/* Runs a command in a process of its own and watches it: a crash or a hang of the user's code ends
 * that process, not the program, and is told in one line. */
#ifndef GP_SUPERVISE_H
#define GP_SUPERVISE_H

#include "cli/cli.h"

enum { WATCHED_BLOCKS = 256 };

/* What the command's process shares with who watches it. */
typedef struct cli_watch {
    gp_progress progress;
    int finished;   /* the command came to its end: its exit code counts */
    char name[256]; /* of the function under test */
    size_t blocks;
    struct {
        char name[64];
        size_t offset, dimensions, shape[8];
    } block[WATCHED_BLOCKS];
} cli_watch;

typedef int (*cli_command)(const cli_options *options, cli_watch *watch);

/* Returns the command's exit code, or 3 with a report of the failure if it crashed or an evaluation
 * took longer than options->timeout. */
int cli_supervise(const cli_options *options, cli_command command);

/* Writes a report where the options say; returns the exit code. */
int cli_deliver(const cli_options *options, const gp_report *report);

#endif

/* Runs a command in a process of its own and watches it: a crash or a hang of the user's code ends
 * that process, not the program, and is told in one line. Whatever the process has to say (its
 * report, its exit code) comes through shared memory, so that it neither hangs on descriptors that
 * the user's code may close, nor on an exit code that it may set. */
#ifndef GP_SUPERVISE_H
#define GP_SUPERVISE_H

#include "cli/cli.h"
#include "cli/watch.h"

/* Hands over its report or sets the complaint, and sets code and finished before it releases what
 * belongs to the user. */
typedef void (*cli_command)(const cli_options *options, cli_watch *watch);

/* Returns the command's exit code, or 3 with a report of the failure if it crashed, if a call of
 * the user's code took longer than options->timeout, or if it went on after the budget. */
int cli_supervise(const cli_options *options, cli_command command);

/* In the command's process, after the user's code has run: a fork of it that came back is ended. */
void cli_end_copies(const cli_watch *watch);

/* In the command's process: the report on its way as the options say; sets the exit code. */
void cli_hand_over(const cli_options *options, cli_watch *watch, gp_report *report);

#endif

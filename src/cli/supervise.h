/* Runs a command in a process of its own and watches it: a crash or a hang of the user's code ends
 * that process, not the program, and is told in one line. Whatever the process has to say (its
 * report, its exit code) comes through shared memory, so that it neither hangs on descriptors that
 * the user's code may close, nor on an exit code that it may set. */
#ifndef GP_SUPERVISE_H
#define GP_SUPERVISE_H

#include "cli/channel.h"
#include "cli/cli.h"

enum { WATCHED_BLOCKS = 256 };

/* Where the command is. In `check` the user's code runs while progress.call says so, in the two
 * others all the time. */
typedef enum cli_phase { CLI_OWN_CODE, CLI_SET_UP, CLI_CHECK, CLI_RELEASE } cli_phase;

/* What the command's process shares with who watches it. */
typedef struct cli_watch {
    gp_progress progress;
    volatile int phase;    /* a cli_phase */
    volatile int finished; /* the report is handed over, `code` and `complaint` are set */
    uint64_t seal;         /* their sum, and that of what else was settled by then */
    uint64_t introduced;   /* the sum of `name` and the blocks */
    volatile int ended;    /* the process has come to its own end */
    int code;              /* the command's exit code */
    gp_error complaint;    /* a line for standard error, or "" */
    int listens;           /* another rank tells of the report */
    int settled;           /* the report is a verdict: there is nothing to go on from */
    int ranks;             /* that have a journal each */
    int strange;           /* the function isn't our own: it may hang */
    unsigned print_flags;  /* of the text */
    /* Where each format ends in what comes through the channel; the text comes last. */
    uint64_t ends[CLI_FORMATS];
    cli_channel channel; /* the report */
    char name[256];      /* of the function under test */
    size_t blocks;
    struct {
        char name[64];
        size_t offset, dimensions, shape[8];
    } block[WATCHED_BLOCKS];
} cli_watch;

/* Hands over its report or sets the complaint, and sets code and finished before it releases what
 * belongs to the user. */
typedef void (*cli_command)(const cli_options *options, cli_watch *watch);

/* Returns the command's exit code, or 3 with a report of the failure if it crashed, if a call of
 * the user's code took longer than options->timeout, or if it went on after the budget. */
int cli_supervise(const cli_options *options, cli_command command);

/* In the command's process: the function is as `name` and the blocks say. */
void cli_introduced(cli_watch *watch);

/* In the command's process: all is said. Whoever watches believes it only as it is now: the user's
 * code, which goes on to be released, may write anywhere. */
void cli_finish(cli_watch *watch);

/* In the command's process, after the user's code has run: a fork of it that came back is ended. */
void cli_end_copies(const cli_watch *watch);

/* In the command's process: the report on its way as the options say; sets the exit code. */
void cli_hand_over(const cli_options *options, cli_watch *watch, gp_report *report);

#endif

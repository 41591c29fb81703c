/* What the command's process says to the one that watches it, in shared memory, and what of that is
 * believed. The user's code runs in the former and may write anywhere: sums tell whether what was
 * said is as it was said, and whatever is read is within its limits even where somebody has made
 * the sums fit. A report can still be forged by code that means to: this is no sandbox. */
#ifndef GP_WATCH_H
#define GP_WATCH_H

#include "cli/channel.h"
#include "cli/formats.h"
#include "gradproof.h"

enum { WATCHED_BLOCKS = 256, WATCHED_DIMENSIONS = 8, MOST_RANKS = 1 << 20 };

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
        size_t offset, dimensions, shape[WATCHED_DIMENSIONS];
    } block[WATCHED_BLOCKS];
} cli_watch;

/* In the command's process: the function is as `name` and the blocks say. */
void cli_introduced(cli_watch *watch);

/* In the command's process: all is said. Whoever watches believes it only as it is now: the user's
 * code, which goes on to be released, may write anywhere. */
void cli_finish(cli_watch *watch);

/* In the process that watches, once the other is gone: forgets what isn't as it was said, and
 * brings all that is left within its limits. Returns whether the report has come whole, or none was
 * promised. */
int cli_watch_believe(cli_watch *watch, const cli_taken *taken);

/* "the value callback crashed ... while probing W1[0][2]": who did `what`, and where. */
void cli_watch_describe(const cli_watch *watch, const char *what, char *text, size_t size);

#endif

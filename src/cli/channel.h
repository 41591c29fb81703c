/* Bytes through shared memory, from a process to the one that watches it. The code that the former
 * runs may close every descriptor; it can't close memory. */
#ifndef GP_CHANNEL_H
#define GP_CHANNEL_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { CHANNEL_BYTES = 1 << 20 }; /* on their way at a time; larger output waits for its reader */

/* In shared memory, all zeros but for the owner. The writer's process also runs code that may write
 * anywhere: the reader believes what is in here as far as it can't be harmed, and the sum. */
typedef struct cli_channel {
    pid_t owner;             /* the process that may write; a fork of it may not */
    uint64_t written, taken; /* bytes so far */
    uint64_t sum;            /* of all that was written */
    char bytes[CHANNEL_BYTES];
} cli_channel;

/* A stream that writes into the channel; NULL without memory. */
FILE *cli_channel_open(cli_channel *channel);

/* What has come out of a channel: the reader's own. */
typedef struct cli_taken {
    uint64_t bytes, sum;
    int lost; /* some didn't get into the stream: one of open_memstream's doesn't remember that */
} cli_taken;

/* Moves what has been written into a stream; returns how many bytes that was. */
size_t cli_channel_take(cli_channel *channel, cli_taken *taken, FILE *into);

#endif

/* Files that are read: tables, models, checkpoints. A pipe or a FIFO is as good as a file as long
 * as somebody writes to it; what nobody writes to, or what has no end, is refused. */
#ifndef GP_INPUT_H
#define GP_INPUT_H

#include <stdio.h>

#include "gradproof.h"

/* Seconds that a FIFO's other end may take to be opened. */
enum { GP_PEER_SECONDS = 10 };

/* Opens a file for reading; *file must be closed by fclose. GP_ERROR_INPUT with one line:
 * it can't be opened, nobody has opened the FIFO for writing for GP_PEER_SECONDS, or it is a device
 * other than a terminal and /dev/null. */
gp_status gp_input_open(const char *path, FILE **file, gp_error *error);

/* May what is read take so much memory? Three quarters of the machine's; more would be there until
 * it is written to. */
int gp_input_fits(size_t bytes);

#endif

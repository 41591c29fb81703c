/* Files that are written: results, reports, pictures, models, checkpoints. What is written goes
 * beside the file that it will replace and takes its place when it is whole and on the disk, so
 * that there is always the earlier file or the new one. A run that is killed leaves nothing behind
 * (where the file system has files without a name, O_TMPFILE; elsewhere at most one file,
 * .NAME.gradproof, which the next run uses again).
 *
 * A file that is replaced keeps its mode and, where that is allowed, its owner; a new one has the
 * mode that umask says. Symbolic links stay: what they point to is replaced. What isn't a regular
 * file (/dev/stdout, a terminal, a FIFO, /dev/null) is written to in place. */
#ifndef GP_OUTPUT_H
#define GP_OUTPUT_H

#include <stdio.h>

#include "gradproof.h"

typedef struct gp_output {
    FILE *file;   /* to write to */
    char *path;   /* as given, for messages */
    char *target; /* the file to be replaced; NULL: written in place */
    char *beside; /* the name that the new file has on its way */
    int nameless; /* it has none yet */
} gp_output;

/* GP_ERROR_OUTPUT with one line, or GP_ERROR_MEMORY. On GP_OK gp_output_commit or
 * gp_output_discard must follow. */
gp_status gp_output_open(const char *path, gp_output *output, gp_error *error);

/* Puts what was written into its place. Any write that failed before is told here. */
gp_status gp_output_commit(gp_output *output, gp_error *error);

/* Commits where all went well so far, or where a failed write is the reason that it didn't (which
 * is then told); else leaves the earlier file as it was. Returns the status of the whole. */
gp_status gp_output_finish(gp_output *output, gp_status status, gp_error *error);

/* Leaves the earlier file as it was. */
void gp_output_discard(gp_output *output);

/* Could it be opened? Asked before hours of work; changes nothing. */
gp_status gp_output_try(const char *path, gp_error *error);

/* Are they one regular file, under whatever names, there already or not yet? */
int gp_output_is(const char *path, const char *other);

#endif

/* A file that keeps the records of a check as they are made, so that the same check can go on where
 * it was cut off. It belongs to one check: function, data and options are told by a fingerprint.
 *
 * A journal is trusted as the program itself is: whoever can write to it can have any result told.
 * What it can't do is harm: a record that no task could have left (gp_work.is_sound) is passed
 * over, and its task done anew. */
#ifndef GP_JOURNAL_H
#define GP_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "gradproof.h"

typedef struct gp_journal gp_journal;

/* What is kept of one task. */
typedef struct gp_kept {
    uint64_t pass, index;
    uint32_t values, gradients;
} gp_kept;

/* Opens `path`, new or of an earlier run of the check with this fingerprint. A record that was cut
 * off in the middle is dropped. GP_ERROR_INPUT: it's another check's, no journal, or can't be
 * read. */
gp_status gp_journal_open(const char *path, uint64_t fingerprint, gp_journal **journal,
                          gp_error *error);

/* Closes it. The file stays: what is in it is lost to no one before the report is safely written.
 */
void gp_journal_close(gp_journal *journal);

/* Calls take for each record of a pass with `size` bytes that an earlier run has left. What is in
 * it is whatever the file holds. */
typedef void (*gp_journal_take)(void *context, const gp_kept *kept, const void *record);
void gp_journal_recall(gp_journal *journal, uint64_t pass, size_t size, gp_journal_take take,
                       void *context);

/* Appends a record. */
gp_status gp_journal_keep(gp_journal *journal, const gp_kept *kept, const void *record,
                          size_t size);

/* Hands what was appended to the system. */
gp_status gp_journal_flush(gp_journal *journal);

#endif

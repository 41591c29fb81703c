/* See journal.h. A line that says what it is, the fingerprint, then records, each with a sum over
 * all of it: the first that doesn't add up is where a run was cut off. Numbers are this machine's:
 * a journal is for going on, not for keeping. Nothing that the file says is used for the size of an
 * array: a length only tells where the next record begins. */
#include "evaluate/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "function/function.h"
#include "system/checksum.h"

static const char MAGIC[32] = "gradproof journal 2\n";

typedef struct gp_record_head {
    gp_kept kept;
    uint64_t size, sum;
} gp_record_head;

struct gp_journal {
    FILE *file;
    char *path;
    long end; /* of what an earlier run has left */
};

static uint64_t sum_of_kept(const gp_kept *kept) {
    uint64_t sum = gp_sum_bytes(GP_SUM_START, &kept->pass, sizeof kept->pass);
    sum = gp_sum_bytes(sum, &kept->values, sizeof kept->values);
    sum = gp_sum_bytes(sum, &kept->gradients, sizeof kept->gradients);
    return gp_sum_bytes(sum, &kept->index, sizeof kept->index);
}

/* Reads the next record; 0: there is no whole one. `record` gets its bytes if it has `size` of
 * them, the others are read past. */
static int next_record(FILE *file, gp_record_head *head, void *record, size_t size) {
    unsigned char some[4096];
    if (fread(head, sizeof *head, 1, file) != 1)
        return 0;
    uint64_t sum = sum_of_kept(&head->kept);
    int fits = record && head->size == size;
    for (uint64_t left = head->size; left > 0;) {
        size_t part = fits ? size : left < sizeof some ? (size_t)left : sizeof some;
        /* cppcheck-suppress legacyUninitvar ; fread fills it */
        void *to = fits ? record : some;
        if (fread(to, part, 1, file) != 1)
            return 0;
        sum = gp_sum_bytes(sum, to, part);
        left -= part;
    }
    return sum == head->sum;
}

/* Where the whole records end; -1: the file can't be read that far. */
static long find_end(FILE *file) {
    gp_record_head head;
    long end = ftell(file);
    while (end >= 0 && next_record(file, &head, NULL, 0))
        end = ftell(file);
    return ferror(file) ? -1 : end;
}

static gp_status start_or_continue(gp_journal *j, uint64_t fingerprint, gp_error *error) {
    char magic[sizeof MAGIC];
    uint64_t theirs;
    size_t got = fread(magic, 1, sizeof magic, j->file);
    int whole = got == sizeof magic && fread(&theirs, sizeof theirs, 1, j->file) == 1;
    if (got > 0 && memcmp(magic, MAGIC, got) != 0)
        return gp_fail(error, GP_ERROR_INPUT,
                       "%.300s: is no journal of a check: name another file to keep one in",
                       j->path);
    if (whole && theirs != fingerprint)
        return gp_fail(error, GP_ERROR_INPUT,
                       "%.300s: is the journal of another check (its function, data or options "
                       "differ): name another file, or remove it to start anew",
                       j->path);
    if (whole) {
        j->end = find_end(j->file);
    } else if (ferror(j->file)) {
        j->end = -1;
    } else { /* new, or cut off in the first line */
        rewind(j->file);
        fwrite(MAGIC, sizeof MAGIC, 1, j->file);
        fwrite(&fingerprint, sizeof fingerprint, 1, j->file);
        j->end = ftell(j->file);
    }
    if (j->end < 0)
        return gp_fail(error, GP_ERROR_INPUT, "%.300s: can't be read: %s", j->path,
                       strerror(errno));
    if (fflush(j->file) != 0 || ftruncate(fileno(j->file), j->end) != 0 ||
        fseek(j->file, j->end, SEEK_SET) != 0)
        return gp_fail(error, GP_ERROR_OUTPUT, "%.300s: can't be written: %s", j->path,
                       strerror(errno));
    return GP_OK;
}

/* One check at a time. The processes of one that was killed may take a moment to go. */
static int lock(int file) {
    const struct timespec moment = {0, 100000000};
    for (int tries = 0; flock(file, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (tries == 20)
            return -1;
        nanosleep(&moment, NULL);
    }
    return 0;
}

/* Opens the file, or makes it where there is none, for this check alone. */
static gp_status open_file(gp_journal *j, gp_error *error) {
    struct stat is;
    int file = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 || fstat(file, &is) != 0 || (S_ISREG(is.st_mode) && lock(file) != 0) ||
        !(j->file = fdopen(file, "r+b"))) {
        int reason = errno;
        if (file >= 0)
            (void)close(file);
        if (reason == ENOMEM)
            return GP_ERROR_MEMORY;
        return reason == EWOULDBLOCK
                   ? gp_fail(error, GP_ERROR_INPUT,
                             "%.300s: another check is writing to this journal", j->path)
                   : gp_fail(error, GP_ERROR_OUTPUT, "%.300s: can't be opened for a journal: %s",
                             j->path, strerror(reason));
    }
    if (!S_ISREG(is.st_mode))
        return gp_fail(error, GP_ERROR_INPUT,
                       "%.300s: is no plain file: name another one to keep a journal in", j->path);
    return GP_OK;
}

gp_status gp_journal_open(const char *path, uint64_t fingerprint, gp_journal **journal,
                          gp_error *error) {
    gp_journal *j = calloc(1, sizeof *j);
    gp_status status = GP_ERROR_MEMORY;
    if (j && (j->path = gp_copy_string(path)))
        status = open_file(j, error);
    if (status == GP_OK)
        status = start_or_continue(j, fingerprint, error);
    if (status == GP_OK)
        *journal = j;
    else
        gp_journal_close(j);
    return status == GP_ERROR_MEMORY ? gp_fail(error, status, "out of memory") : status;
}

void gp_journal_close(gp_journal *j) {
    if (!j)
        return;
    if (j->file)
        (void)fclose(j->file);
    free(j->path);
    free(j);
}

void gp_journal_recall(gp_journal *j, uint64_t pass, size_t size, gp_journal_take take,
                       void *context) {
    gp_record_head head;
    void *record = malloc(size + 1); /* none: the tasks are done anew */
    if (record && fseek(j->file, (long)(sizeof MAGIC + sizeof(uint64_t)), SEEK_SET) == 0)
        while (ftell(j->file) < j->end && next_record(j->file, &head, record, size))
            if (head.kept.pass == pass && head.size == size)
                take(context, &head.kept, record);
    free(record);
    (void)fseek(j->file, 0, SEEK_END);
}

gp_status gp_journal_keep(gp_journal *j, const gp_kept *kept, const void *record, size_t size) {
    gp_record_head head;
    memset(&head, 0, sizeof head); /* the gaps between members too */
    head.kept = *kept;
    head.size = size;
    head.sum = gp_sum_bytes(sum_of_kept(kept), record, size);
    return fwrite(&head, sizeof head, 1, j->file) == 1 &&
                   (size == 0 || fwrite(record, size, 1, j->file) == 1)
               ? GP_OK
               : GP_ERROR_OUTPUT;
}

gp_status gp_journal_flush(gp_journal *j) {
    return fflush(j->file) == 0 ? GP_OK : GP_ERROR_OUTPUT;
}

/* See journal.h. A line that says what it is, the fingerprint, then records, each with a sum over
 * all of it: the first that doesn't add up is where a run was cut off. Numbers are this machine's:
 * a journal is for going on, not for keeping. */
#include "evaluate/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "function/checksum.h"
#include "function/function.h"

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

static uint64_t sum_of(const gp_kept *kept, const void *record, size_t size) {
    uint64_t sum = gp_sum_bytes(GP_SUM_START, &kept->pass, sizeof kept->pass);
    sum = gp_sum_bytes(sum, &kept->values, sizeof kept->values);
    sum = gp_sum_bytes(sum, &kept->gradients, sizeof kept->gradients);
    sum = gp_sum_bytes(sum, &kept->index, sizeof kept->index);
    return gp_sum_bytes(sum, record, size);
}

/* Reads the next whole record into *room (grown as needed); 0: there is none. */
static int next_record(FILE *file, gp_record_head *head, void **room, size_t *capacity) {
    if (fread(head, sizeof *head, 1, file) != 1 || head->size > (size_t)1 << 32)
        return 0;
    if (head->size > *capacity) {
        void *larger = realloc(*room, head->size);
        if (!larger)
            return 0;
        *room = larger;
        *capacity = head->size;
    }
    if (head->size && fread(*room, head->size, 1, file) != 1)
        return 0;
    return sum_of(&head->kept, *room, head->size) == head->sum;
}

/* Where the whole records end. */
static long find_end(FILE *file) {
    gp_record_head head;
    void *room = NULL;
    size_t capacity = 0;
    long end = ftell(file);
    while (next_record(file, &head, &room, &capacity))
        end = ftell(file);
    free(room);
    return end;
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
    } else { /* new, or cut off in the first line */
        rewind(j->file);
        fwrite(MAGIC, sizeof MAGIC, 1, j->file);
        fwrite(&fingerprint, sizeof fingerprint, 1, j->file);
        j->end = ftell(j->file);
    }
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

gp_status gp_journal_open(const char *path, uint64_t fingerprint, gp_journal **journal,
                          gp_error *error) {
    gp_journal *j = calloc(1, sizeof *j);
    gp_status status = GP_ERROR_MEMORY;
    if (j && (j->path = gp_copy_string(path))) {
        status = GP_OK;
        j->file = fopen(path, "a+b"); /* makes it where there is none */
        if (j->file)
            j->file = freopen(path, "r+b", j->file);
        if (!j->file)
            status = gp_fail(error, GP_ERROR_INPUT, "%.300s: can't be opened for a journal: %s",
                             path, strerror(errno));
        else if (lock(fileno(j->file)) != 0)
            status = gp_fail(error, GP_ERROR_INPUT,
                             "%.300s: another check is writing to this journal", path);
    }
    if (status == GP_OK)
        status = start_or_continue(j, fingerprint, error);
    if (status == GP_OK)
        *journal = j;
    else
        gp_journal_close(j, 0);
    return status == GP_ERROR_MEMORY ? gp_fail(error, status, "out of memory") : status;
}

void gp_journal_close(gp_journal *j, int finished) {
    if (!j)
        return;
    if (finished)
        (void)unlink(j->path);
    if (j->file)
        (void)fclose(j->file);
    free(j->path);
    free(j);
}

void gp_journal_recall(gp_journal *j, uint64_t pass, size_t size, gp_journal_take take,
                       void *context) {
    gp_record_head head;
    void *room = NULL;
    size_t capacity = 0;
    if (fseek(j->file, (long)(sizeof MAGIC + sizeof(uint64_t)), SEEK_SET) == 0)
        while (ftell(j->file) < j->end && next_record(j->file, &head, &room, &capacity))
            if (head.kept.pass == pass && head.size == size)
                take(context, &head.kept, room);
    free(room);
    (void)fseek(j->file, 0, SEEK_END);
}

gp_status gp_journal_keep(gp_journal *j, const gp_kept *kept, const void *record, size_t size) {
    gp_record_head head;
    memset(&head, 0, sizeof head); /* the gaps between members too */
    head.kept = *kept;
    head.size = size;
    head.sum = sum_of(kept, record, size);
    return fwrite(&head, sizeof head, 1, j->file) == 1 &&
                   (size == 0 || fwrite(record, size, 1, j->file) == 1)
               ? GP_OK
               : GP_ERROR_OUTPUT;
}

gp_status gp_journal_flush(gp_journal *j) {
    return fflush(j->file) == 0 ? GP_OK : GP_ERROR_OUTPUT;
}

/* See output.h. */
#include "system/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system/input.h"
#include "system/text.h"

enum {
    MOST_LINKS = 40,   /* symbolic links that are followed, as the system does */
    LONGEST_NAME = 200 /* bytes of a file's name that are taken over into the one beside it */
};

static gp_status fail(const char *path, int reason, gp_error *error) {
    if (error) {
        char line[sizeof error->message];
        snprintf(line, sizeof line, "%.300s: can't be written: %s", path,
                 reason == EWOULDBLOCK ? "another program is writing it"
                 : reason == ENXIO     ? "nobody reads from it"
                                       : strerror(reason));
        gp_printable(line, error->message, sizeof error->message);
    }
    return reason == ENOMEM ? GP_ERROR_MEMORY : GP_ERROR_OUTPUT;
}

/* Bytes of a path up to and including its last slash. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* A new string: the first `length` bytes of a path, then a name. */
static char *in_folder(const char *path, size_t length, const char *name) {
    size_t more = strlen(name) + 1;
    char *joined = malloc(length + more);
    if (joined) {
        memcpy(joined, path, length);
        memcpy(joined + length, name, more);
    }
    return joined;
}

/* The name behind all symbolic links, whether there is a file of that name or not: a new string;
 * NULL, with errno, where there is none. */
static char *follow(const char *path) {
    char *at = strdup(path), link[PATH_MAX];
    for (int links = 0; at; links++) {
        ssize_t length = readlink(at, link, sizeof link - 1);
        if (length < 0)
            return at;
        link[length] = '\0';
        char *next =
            links < MOST_LINKS ? in_folder(at, link[0] == '/' ? 0 : folder_length(at), link) : NULL;
        int reason = links < MOST_LINKS ? ENOMEM : ELOOP;
        free(at);
        at = next;
        errno = reason;
    }
    return NULL;
}

/* The open descriptor that a path stands for, such as /dev/stdout or /dev/fd/3: its file may be a
 * regular one, which others write to as well. -1: none. */
static int open_already(const char *path, const struct stat *is) {
    static const char *const FOLDERS[] = {"/dev/fd/", "/proc/self/fd/"};
    struct stat other;
    for (size_t k = 0; k < sizeof FOLDERS / sizeof *FOLDERS; k++) {
        size_t length = strlen(FOLDERS[k]);
        char *end;
        if (strncmp(path, FOLDERS[k], length) != 0)
            continue;
        long number = strtol(path + length, &end, 10);
        if (end != path + length && !*end && number >= 0 && number <= INT_MAX)
            return (int)number;
    }
    for (int number = STDOUT_FILENO; number <= STDERR_FILENO; number++)
        if (fstat(number, &other) == 0 && other.st_dev == is->st_dev && other.st_ino == is->st_ino)
            return number;
    return -1;
}

/* Waits a while for a FIFO's reader; -1, with errno: ENXIO without one. */
static int open_device(const char *path) {
    static const struct timespec MOMENT = {0, 10000000};
    enum { TRIES = GP_PEER_SECONDS * 100 };
    int file = -1;
    for (int tries = 0; tries < TRIES; tries++) {
        file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file >= 0 || errno != ENXIO)
            break;
        nanosleep(&MOMENT, NULL);
        errno = ENXIO;
    }
    if (file >= 0)
        (void)fcntl(file, F_SETFL, fcntl(file, F_GETFL) & ~O_NONBLOCK);
    return file;
}

/* 0, or what went wrong. */
static int open_in_place(gp_output *o, int descriptor) {
    if (descriptor >= 0)
        (void)fflush(stdout); /* what is there stays in front */
    int file = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : open_device(o->path);
    if (file >= 0 && !(o->file = fdopen(file, "w"))) {
        int reason = errno;
        (void)close(file);
        return reason;
    }
    return file < 0 ? errno : 0;
}

/* A file without a name in the target's folder; -1 where there is no such thing. */
static int open_nameless(gp_output *o) {
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) != 0) /* it is given its name through this */
        return -1;
    size_t length = folder_length(o->target);
    char *folder = in_folder(o->target, length, length ? "" : ".");
    int file = folder ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
    free(folder);
    o->nameless = file >= 0;
    return file;
#else
    (void)o;
    return -1;
#endif
}

/* The file beside the target under its own name, an unfinished one of an earlier run taken over,
 * for this process alone; -1 with errno. */
static int open_beside(const gp_output *o) {
    for (;;) {
        struct stat open_one, named;
        int file = open(o->beside, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (file < 0)
            return -1;
        if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            (void)close(file);
            errno = EWOULDBLOCK;
            return -1;
        }
        int there = fstat(file, &open_one) == 0 && stat(o->beside, &named) == 0 &&
                    open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
        if (there && S_ISREG(open_one.st_mode) && open_one.st_uid == geteuid() &&
            open_one.st_nlink == 1 && ftruncate(file, 0) == 0)
            return file;
        (void)close(file);
        if (there) {
            errno = EEXIST;
            return -1;
        } /* else another has just put it into its place */
    }
}

/* The new file is to the world what the earlier one was. */
static void take_over_mode(int file, const struct stat *earlier) {
    struct stat own;
    mode_t kept = 07777;
    if (fstat(file, &own) == 0 &&
        (own.st_uid != earlier->st_uid || own.st_gid != earlier->st_gid) &&
        fchown(file, earlier->st_uid, earlier->st_gid) != 0)
        kept = 0777;
    (void)fchmod(file, earlier->st_mode & kept);
}

/* 0, or what went wrong. */
static int open_replacement(gp_output *o, const struct stat *earlier) {
    char name[LONGEST_NAME + 32];
    o->target = follow(o->path);
    if (!o->target)
        return errno;
    size_t folder = folder_length(o->target);
    if (!o->target[folder]) /* "results/" */
        return EISDIR;
    snprintf(name, sizeof name, ".%.*s.gradproof", LONGEST_NAME, o->target + folder);
    o->beside = in_folder(o->target, folder, name);
    if (!o->beside)
        return ENOMEM;
    if (earlier && faccessat(AT_FDCWD, o->target, W_OK, AT_EACCESS) != 0)
        return errno;
    int file = open_nameless(o);
    if (file < 0)
        file = open_beside(o);
    if (file < 0)
        return errno;
    if (earlier)
        take_over_mode(file, earlier);
    o->file = fdopen(file, "w");
    if (o->file)
        return 0;
    (void)close(file);
    return ENOMEM;
}

static void clear(gp_output *o) {
    free(o->path);
    free(o->target);
    free(o->beside);
    *o = (gp_output){0};
}

gp_status gp_output_open(const char *path, gp_output *o, gp_error *error) {
    struct stat is;
    int there = stat(path, &is) == 0, reason;
    *o = (gp_output){.path = strdup(path)};
    int descriptor = there ? open_already(path, &is) : -1;
    if (!o->path)
        reason = ENOMEM;
    else if (there && S_ISDIR(is.st_mode))
        reason = EISDIR;
    else if (descriptor >= 0 || (there && !S_ISREG(is.st_mode)))
        reason = open_in_place(o, descriptor);
    else
        reason = open_replacement(o, there ? &is : NULL);
    if (!reason)
        return GP_OK;
    if (o->file)
        (void)fclose(o->file);
    clear(o);
    return fail(path, reason, error);
}

/* Gives the nameless file its name beside the target. */
static int give_name(const gp_output *o) {
    char own[64];
    snprintf(own, sizeof own, "/proc/self/fd/%d", fileno(o->file));
    (void)unlink(o->beside);
    return linkat(AT_FDCWD, own, AT_FDCWD, o->beside, AT_SYMLINK_FOLLOW);
}

/* 0, or what went wrong. Two that replace one file at the same time may take each other's name away
 * between the two steps: then again. */
static int put_in_place(const gp_output *o) {
    enum { MOST_TRIES = 100 };
    int tries = 0;
    for (; tries < MOST_TRIES; tries++) {
        if (o->nameless && give_name(o) != 0) {
            if (errno == EEXIST)
                continue;
            return errno;
        }
        if (rename(o->beside, o->target) == 0)
            break;
        if (errno != ENOENT || !o->nameless) {
            int reason = errno;
            (void)unlink(o->beside);
            return reason;
        }
    }
    size_t length = folder_length(o->target);
    char *folder = in_folder(o->target, length, length ? "" : ".");
    int opened = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (opened >= 0) { /* so that the new name outlives a power cut, where folders can be synced */
        (void)fsync(opened);
        (void)close(opened);
    }
    free(folder);
    return tries < MOST_TRIES ? 0 : EEXIST;
}

/* Is all of it on the disk? 0, or what went wrong. */
static int flush(const gp_output *o) {
    errno = 0;
    if (fflush(o->file) != 0 || ferror(o->file))
        return errno ? errno : EIO;
    if (o->target && fsync(fileno(o->file)) != 0 && errno != EINVAL && errno != ENOSYS)
        return errno;
    return 0;
}

gp_status gp_output_commit(gp_output *o, gp_error *error) {
    int reason = flush(o);
    if (!reason && o->target)
        reason = put_in_place(o);
    else if (o->target && !o->nameless)
        (void)unlink(o->beside);
    if (fclose(o->file) != 0 && !reason && !o->target)
        reason = errno;
    gp_status status = reason ? fail(o->path, reason, error) : GP_OK;
    clear(o);
    return status;
}

void gp_output_discard(gp_output *o) {
    if (o->target && !o->nameless)
        (void)unlink(o->beside);
    if (o->file)
        (void)fclose(o->file);
    clear(o);
}

gp_status gp_output_finish(gp_output *o, gp_status status, gp_error *error) {
    if (status == GP_OK || ferror(o->file))
        return gp_output_commit(o, error);
    gp_output_discard(o);
    return status;
}

gp_status gp_output_try(const char *path, gp_error *error) {
    struct stat is;
    if (stat(path, &is) == 0 && !S_ISREG(is.st_mode) && !S_ISDIR(is.st_mode)) /* opening may wait */
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? GP_OK : fail(path, errno, error);
    gp_output o;
    gp_status status = gp_output_open(path, &o, error);
    if (status == GP_OK)
        gp_output_discard(&o);
    return status;
}

/* A file that isn't there yet: its folder and its name. */
static int will_be(const char *path, const char *other) {
    char *names[2] = {follow(path), follow(other)};
    struct stat folder[2];
    int same = names[0] && names[1];
    for (int k = 0; k < 2 && same; k++) {
        size_t length = folder_length(names[k]);
        char *in = in_folder(names[k], length, length ? "" : ".");
        same = in && stat(in, &folder[k]) == 0;
        free(in);
    }
    same = same && folder[0].st_dev == folder[1].st_dev && folder[0].st_ino == folder[1].st_ino &&
           strcmp(names[0] + folder_length(names[0]), names[1] + folder_length(names[1])) == 0;
    free(names[0]);
    free(names[1]);
    return same;
}

int gp_output_is(const char *path, const char *other) {
    struct stat is, its;
    int there = stat(path, &is) == 0, it_too = stat(other, &its) == 0;
    if (there && it_too)
        return S_ISREG(is.st_mode) && is.st_dev == its.st_dev && is.st_ino == its.st_ino;
    return !there && !it_too && will_be(path, other);
}

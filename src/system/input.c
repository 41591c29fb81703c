/* See input.h. */
#include "system/input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system/error.h"

int gp_input_fits(size_t bytes) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages <= 0 || size <= 0 || (double)bytes <= 0.75 * (double)pages * (double)size;
}

/* Opening a FIFO waits for its writer. When that has taken too long, a second thread opens it for
 * writing, which ends the wait. */
typedef struct gp_wait {
    const char *path;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int opened; /* there is a writer */
    int ended;  /* the descriptor that has ended the wait; -1: none */
} gp_wait;

static void *end_wait(void *argument) {
    gp_wait *w = argument;
    struct timespec until;
    int late = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += GP_PEER_SECONDS;
    pthread_mutex_lock(&w->mutex);
    while (!w->opened && !late)
        late = pthread_cond_timedwait(&w->changed, &w->mutex, &until) == ETIMEDOUT;
    if (!w->opened)
        w->ended = open(w->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* The descriptor; -1, with errno: ETIMEDOUT without a writer. */
static int open_fifo(const char *path) {
    gp_wait w = {.path = path, .mutex = PTHREAD_MUTEX_INITIALIZER, .ended = -1};
    pthread_condattr_t monotonic;
    pthread_t thread;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int file = -1, reason = pthread_create(&thread, NULL, end_wait, &w);
    if (!reason) {
        file = open(path, O_RDONLY | O_CLOEXEC);
        reason = errno;
        pthread_mutex_lock(&w.mutex);
        w.opened = 1;
        pthread_cond_signal(&w.changed);
        pthread_mutex_unlock(&w.mutex);
        pthread_join(thread, NULL);
    }
    pthread_cond_destroy(&w.changed);
    if (w.ended >= 0) {
        (void)close(w.ended);
        if (file >= 0)
            (void)close(file);
        file = -1;
        reason = ETIMEDOUT;
    }
    errno = reason;
    return file;
}

/* May it be without an end? Terminals end when their user says so. */
static int is_endless(int file, const struct stat *is) {
    struct stat null;
    if (S_ISBLK(is->st_mode))
        return 1;
    return S_ISCHR(is->st_mode) && !isatty(file) &&
           !(stat("/dev/null", &null) == 0 && null.st_rdev == is->st_rdev);
}

gp_status gp_input_open(const char *path, FILE **file, gp_error *error) {
    struct stat is;
    int fifo = stat(path, &is) == 0 && S_ISFIFO(is.st_mode);
    int opened = fifo ? open_fifo(path) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (opened < 0 && fifo && errno == ETIMEDOUT)
        return gp_fail(error, GP_ERROR_INPUT,
                       "%.200s: a FIFO that nobody has opened for writing, in %d s", path,
                       GP_PEER_SECONDS);
    if (opened < 0)
        return gp_fail(error, gp_status_of(errno, GP_ERROR_INPUT), "%.200s: %s", path,
                       strerror(errno));
    if (fstat(opened, &is) == 0 && is_endless(opened, &is)) {
        (void)close(opened);
        return gp_fail(error, GP_ERROR_INPUT, "%.200s: a device, not a file", path);
    }
    *file = fdopen(opened, "rb");
    if (*file)
        return GP_OK;
    (void)close(opened);
    return gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);
}

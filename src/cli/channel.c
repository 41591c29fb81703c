/* See channel.h: a ring with one writer and one reader. */
#include "cli/channel.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "system/checksum.h"

static ssize_t put(void *cookie, const char *bytes, size_t size) {
    static const struct timespec MOMENT = {0, 100000};
    cli_channel *c = cookie;
    size_t done = 0;
    if (getpid() != c->owner) {
        errno = EPERM;
        return -1;
    }
    while (done < size) {
        uint64_t taken = __atomic_load_n(&c->taken, __ATOMIC_ACQUIRE);
        size_t room = CHANNEL_BYTES - (size_t)(c->written - taken);
        size_t at = (size_t)(c->written % CHANNEL_BYTES), count = size - done;
        if (room == 0) {
            nanosleep(&MOMENT, NULL);
            continue;
        }
        count = count < room ? count : room;
        count = count < CHANNEL_BYTES - at ? count : CHANNEL_BYTES - at;
        memcpy(c->bytes + at, bytes + done, count);
        c->sum = gp_sum_bytes(c->sum, bytes + done, count);
        __atomic_store_n(&c->written, c->written + count, __ATOMIC_RELEASE);
        done += count;
    }
    return (ssize_t)size;
}

FILE *cli_channel_open(cli_channel *c) {
    return fopencookie(c, "w", (cookie_io_functions_t){.write = put});
}

size_t cli_channel_take(cli_channel *c, cli_taken *taken, FILE *into) {
    uint64_t written = __atomic_load_n(&c->written, __ATOMIC_ACQUIRE);
    size_t moved = 0;
    if (written - taken->bytes > CHANNEL_BYTES) /* nonsense; the sum will tell */
        return 0;
    while (taken->bytes < written) {
        size_t at = (size_t)(taken->bytes % CHANNEL_BYTES);
        size_t count = (size_t)(written - taken->bytes);
        count = count < CHANNEL_BYTES - at ? count : CHANNEL_BYTES - at;
        taken->lost |= fwrite(c->bytes + at, 1, count, into) != count;
        taken->sum = gp_sum_bytes(taken->sum, c->bytes + at, count);
        taken->bytes += count;
        moved += count;
    }
    __atomic_store_n(&c->taken, taken->bytes, __ATOMIC_RELEASE);
    return moved;
}

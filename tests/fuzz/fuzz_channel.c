/* What a command's process says to the one that watches it: a report is written, bytes anywhere in
 * the memory that they share are changed before and after, and sums are made to fit or not. Input:
 * a byte of flags, the length of the text / 16, then edits of [where, 3 bytes] [how many] [bytes].
 */
#include <stddef.h>
#include <sys/mman.h>

#include "cli/watch.h"
#include "fuzz/fuzz.h"
#include "system/text.h"

enum { INTRODUCED = 1, FINISHED = 2, SEALED = 4, IN_BETWEEN = 8, TAKEN_TWICE = 16 };

static void set_up(cli_watch *w) {
    memset(w, 0, sizeof *w);
    w->progress.entry = GP_NO_ENTRY;
    w->channel.owner = getpid();
    snprintf(w->name, sizeof w->name, "libmine.so");
    for (size_t k = 0; k < 3; k++) {
        snprintf(w->block[k].name, sizeof w->block[k].name, "W%zu", k);
        w->block[k].offset = 12 * k;
        w->block[k].dimensions = 2;
        w->block[k].shape[0] = 3;
        w->block[k].shape[1] = 4;
        w->blocks++;
    }
    cli_introduced(w);
}

/* A report on its way. */
static void write_text(cli_watch *w, size_t size) {
    static const char TEXT[] = "{\"verdict\": \"verified\"}\n";
    FILE *stream = cli_channel_open(&w->channel);
    REQUIRE(stream != NULL);
    for (size_t k = 0; k < size; k++)
        (void)fputc(TEXT[k % (sizeof TEXT - 1)], stream);
    REQUIRE(fclose(stream) == 0);
}

/* Makes as many edits as there are; returns how many. Where: anywhere but in the many bytes of the
 * channel's ring, of which one in 4096 is as good as all. */
static size_t edit(cli_watch *w, const uint8_t *data, size_t size) {
    size_t edits = 0, room = sizeof *w - CHANNEL_BYTES + CHANNEL_BYTES / 4096;
    while (size >= 5) {
        size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % room;
        size_t count = 1 + data[3] % 64, ring = offsetof(cli_watch, channel.bytes);
        if (at >= ring && at < ring + CHANNEL_BYTES / 4096)
            at = ring + (at - ring) * 4096;
        else if (at >= ring)
            at += CHANNEL_BYTES - CHANNEL_BYTES / 4096;
        data += 4;
        size -= 4;
        count = count < size ? count : size;
        count = count < sizeof *w - at ? count : sizeof *w - at;
        memcpy((char *)w + at, data, count);
        data += count;
        size -= count;
        edits++;
    }
    w->channel.owner = getpid();
    return edits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static cli_watch *w; /* at the end of a page, and none behind it */
    if (!w) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = sizeof *w / page + 2;
        char *memory =
            mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED &&
                mprotect(memory + (pages - 1) * page, page, PROT_NONE) == 0);
        w = (cli_watch *)(void *)(memory + (pages - 1) * page - sizeof *w / 64 * 64 - 64);
        REQUIRE((char *)(w + 1) <= memory + (pages - 1) * page);
    }
    if (size < 2)
        return 0;
    unsigned flags = data[0];
    size_t length = 16 * (size_t)data[1], edits = 0;
    cli_taken taken = {0};
    char *text = NULL, what[512];
    size_t bytes = 0;
    FILE *into = open_memstream(&text, &bytes);
    REQUIRE(into != NULL);
    set_up(w);
    write_text(w, length);
    if (flags & TAKEN_TWICE)
        (void)cli_channel_take(&w->channel, &taken, into);
    if (flags & IN_BETWEEN)
        edits = edit(w, data + 2, size - 2);
    if (flags & INTRODUCED)
        cli_introduced(w);
    if (flags & FINISHED)
        cli_finish(w);
    if (!(flags & IN_BETWEEN))
        edits = edit(w, data + 2, size - 2);
    if (flags & SEALED) {
        int finished = w->finished;
        cli_introduced(w);
        cli_finish(w);
        w->finished = finished;
    }
    (void)cli_channel_take(&w->channel, &taken, into);
    REQUIRE(fclose(into) == 0);
    REQUIRE(taken.bytes == bytes && bytes <= length + CHANNEL_BYTES);
    int believed = cli_watch_believe(w, &taken);
    REQUIRE(w->blocks <= WATCHED_BLOCKS && memchr(w->name, 0, sizeof w->name));
    REQUIRE(memchr(w->complaint.message, 0, sizeof w->complaint.message));
    cli_watch_describe(w, "crashed", what, sizeof what);
    REQUIRE(strlen(what) > 0);
    if (edits == 0)
        REQUIRE(believed && bytes == length && !w->finished == !(flags & FINISHED));
    free(text);
    return 0;
}

/* See watch.h. */
#include "cli/watch.h"

#include "system/calls.h"
#include "system/checksum.h"
#include "system/text.h"

static uint64_t seal(const cli_watch *w) {
    const struct {
        uint64_t written, text;
        int64_t code, listens, settled, ranks;
    } said = {w->channel.written, w->channel.sum, w->code, w->listens, w->settled, w->ranks};
    uint64_t sum = gp_sum_bytes(GP_SUM_START, &said, sizeof said);
    sum = gp_sum_bytes(sum, w->ends, sizeof w->ends);
    return gp_sum_bytes(sum, &w->complaint, sizeof w->complaint);
}

void cli_finish(cli_watch *w) {
    w->seal = seal(w);
    w->finished = 1;
}

static uint64_t introduction(const cli_watch *w) {
    uint64_t sum = gp_sum_bytes(GP_SUM_START, w->name, sizeof w->name);
    sum = gp_sum_bytes(sum, &w->blocks, sizeof w->blocks);
    return gp_sum_bytes(sum, w->block, sizeof w->block);
}

void cli_introduced(cli_watch *w) {
    w->introduced = introduction(w);
}

/* Nothing in it leads outside of it. */
static void tame(cli_watch *w) {
    w->name[sizeof w->name - 1] = '\0';
    w->complaint.message[sizeof w->complaint.message - 1] = '\0';
    w->blocks = w->blocks < WATCHED_BLOCKS ? w->blocks : WATCHED_BLOCKS;
    for (size_t k = 0; k < w->blocks; k++) {
        w->block[k].name[sizeof w->block[k].name - 1] = '\0';
        if (w->block[k].dimensions > WATCHED_DIMENSIONS)
            w->block[k].dimensions = WATCHED_DIMENSIONS;
    }
    w->ranks = w->ranks < MOST_RANKS ? w->ranks : MOST_RANKS;
}

int cli_watch_believe(cli_watch *w, const cli_taken *taken) {
    if (w->introduced != introduction(w))
        w->name[0] = '\0', w->blocks = 0;
    int came = taken->bytes == w->channel.written && taken->sum == w->channel.sum;
    int spoilt = w->finished && (!came || w->seal != seal(w));
    if (spoilt)
        w->finished = w->listens = 0;
    tame(w);
    return !spoilt;
}

static void describe_probe(const cli_watch *w, char *text, size_t size) {
    uint64_t entry = w->progress.entry;
    size_t k = 0;
    if (entry == GP_NO_ENTRY || w->blocks == 0) {
        snprintf(text, size, "at the given point or along a direction (first block %.63s, index 0)",
                 w->blocks ? w->block[0].name : "none");
        return;
    }
    while (k + 1 < w->blocks && w->block[k + 1].offset <= entry)
        k++;
    char index[128];
    gp_index_name(w->block[k].dimensions, w->block[k].shape, entry - w->block[k].offset, index,
                  sizeof index);
    snprintf(text, size, "while probing %.63s%s", w->block[k].name, index);
}

void cli_watch_describe(const cli_watch *w, const char *what, char *text, size_t size) {
    char where[256];
    describe_probe(w, where, sizeof where);
    if (w->finished)
        snprintf(text, size, "the function's destructor %s, after the check", what);
    else if (w->phase == CLI_SET_UP)
        snprintf(text, size, "gradproof_function %s before the first evaluation", what);
    else if (w->progress.call == GP_CALL_NONE)
        snprintf(text, size, "the check %s after %llu %s", what,
                 (unsigned long long)w->progress.evaluations,
                 gp_plural(w->progress.evaluations, "evaluation", "evaluations"));
    else
        snprintf(text, size, "%s %s %s", gp_call_name(w->progress.call), what, where);
}

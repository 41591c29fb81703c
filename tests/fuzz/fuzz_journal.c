/* Journals. The first byte of an input chooses a function; what follows are edits of the journal
 * that a check of it leaves when it is cut off: a record's number, an offset into it (two bytes,
 * the record's head included), a length, and so many bytes. Sums are filled in, so that records are
 * decoded. From 128 on the rest is the file as it stands. Any journal leads to a report or is
 * refused. */
#include "fuzz/functions.h"
#include "fuzz/fuzz.h"
#include "system/checksum.h"

enum { HEAD = 40, START = 40 /* the line and the fingerprint */, MOST = 1 << 18 };

static gp_status check(small_kind kind, const char *journal, uint64_t budget, gp_report **report,
                       gp_error *error) {
    gp_options options;
    gp_function *f = small_function(kind);
    REQUIRE(f != NULL);
    gp_options_init(&options);
    options.strategy = kind == SMALL_DIRECTIONS ? GP_PROJECT : GP_FULL;
    options.points = 1;
    options.budget_evaluations = budget;
    options.journal = journal;
    gp_status status = gp_check(f, &options, report, error);
    gp_function_destroy(f);
    return status;
}

typedef struct original {
    uint8_t bytes[MOST];
    size_t size;
} original;

/* What a check of this function leaves that is cut off shortly before its end. */
static const original *journal_of(small_kind kind) {
    static original journals[SMALL_KINDS];
    original *j = &journals[kind];
    gp_report *report = NULL;
    gp_error error = {""};
    if (j->size)
        return j;
    REQUIRE(check(kind, NULL, 0, &report, &error) == GP_OK);
    uint64_t all = gp_report_evaluations(report, 0) + gp_report_evaluations(report, 1);
    gp_report_destroy(report);
    const char *path = fuzz_file("", 0);
    REQUIRE(check(kind, path, all - 4, &report, &error) == GP_OK);
    gp_report_destroy(report);
    int file = open(path, O_RDONLY);
    ssize_t size = read(file, j->bytes, sizeof j->bytes);
    close(file);
    REQUIRE(size > START && size < MOST);
    j->size = (size_t)size;
    return j;
}

/* Where a record begins; 0: it isn't there, or doesn't fit. *length: from there on. */
static size_t place_of(const original *j, size_t record, size_t *length) {
    size_t at = START;
    for (;; record--) {
        uint64_t size;
        if (j->size - at < HEAD)
            return 0;
        memcpy(&size, j->bytes + at + 24, sizeof size);
        if (size > j->size - at - HEAD)
            return 0;
        *length = HEAD + (size_t)size;
        if (record == 0)
            return at;
        at += *length;
    }
}

static void edit(original *j, const uint8_t *data, size_t size) {
    while (size >= 5) {
        size_t record = data[0], to = data[1] + 256u * data[2], bytes = data[3] % 17, length;
        data += 4;
        size -= 4;
        bytes = bytes < size ? bytes : size;
        size_t at = place_of(j, record, &length);
        if (at && length >= bytes)
            memcpy(j->bytes + at + to % (length - bytes + 1), data, bytes);
        data += bytes;
        size -= bytes;
    }
}

static void fill_in(original *j) {
    size_t at, length;
    for (size_t record = 0; (at = place_of(j, record, &length)); record++) {
        const uint8_t *head = j->bytes + at;
        uint64_t sum = gp_sum_bytes(GP_SUM_START, head, 8);
        sum = gp_sum_bytes(sum, head + 16, 4);
        sum = gp_sum_bytes(sum, head + 20, 4);
        sum = gp_sum_bytes(sum, head + 8, 8);
        sum = gp_sum_bytes(sum, head + HEAD, length - HEAD);
        memcpy(j->bytes + at + 32, &sum, 8);
    }
}

static void look_at(gp_report *report) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    REQUIRE(stream != NULL);
    REQUIRE(gp_report_write_json(report, stream) == GP_OK);
    REQUIRE(gp_report_print(report, stream, GP_PRINT_VERBOSE) == GP_OK);
    fclose(stream);
    free(text);
    gp_report_destroy(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static original edited;
    gp_report *report = NULL;
    gp_error error = {""};
    if (size < 1 || size > 1024)
        return 0;
    small_kind kind = (small_kind)(*data % SMALL_KINDS);
    const char *path;
    if (*data < 128) {
        const original *from = journal_of(kind);
        memcpy(edited.bytes, from->bytes, from->size);
        edited.size = from->size;
        edit(&edited, data + 1, size - 1);
        fill_in(&edited);
        path = fuzz_file(edited.bytes, edited.size);
    } else {
        path = fuzz_file(data + 1, size - 1);
    }
    gp_status status = check(kind, path, 0, &report, &error);
    if (status == GP_OK)
        look_at(report);
    else
        REQUIRE(status == GP_ERROR_INPUT && fuzz_is_line(error.message));
    return 0;
}

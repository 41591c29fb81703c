/* Journals hold whatever somebody has written into them. Records that no task could have left are
 * done anew, so the report is that of a check without them; no record does harm. */
#include "testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "estimate/derivative.h"
#include "evaluate/journal.h"
#include "function/function.h"
#include "fuzz/functions.h"
#include "system/checksum.h"

static gp_options options_of(small_kind which, const char *journal, uint64_t budget) {
    gp_options o;
    gp_options_init(&o);
    o.strategy = which == SMALL_DIRECTIONS ? GP_PROJECT : GP_FULL;
    o.journal = journal;
    o.budget_evaluations = budget;
    return o;
}

/* The report as JSON without its times, or NULL; the caller's to free. */
static char *report_of(small_kind which, const char *journal) {
    gp_function *f = small_function(which);
    gp_options o = options_of(which, journal, 0);
    gp_report *report = NULL;
    char *text = gp_check(f, &o, &report, NULL) == GP_OK ? testing_json(report) : NULL;
    gp_report_destroy(report);
    gp_function_destroy(f);
    return text;
}

/* ---- journals --------------------------------------------------------------------- */

enum { HEAD = 40, START = 40 /* the line and the fingerprint */, MOST = 1 << 18 };

typedef struct journal_file {
    char path[64];
    unsigned char bytes[MOST];
    size_t size;
} journal_file;

static void put(const journal_file *j) {
    int file = open(j->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, j->bytes, j->size), (long long)j->size);
    close(file);
}

/* What a check has left that was cut off by its budget, as late as there is something to keep. */
static void cut_off(small_kind which, journal_file *j) {
    gp_function *f = small_function(which);
    gp_report *report;
    gp_options whole = options_of(which, NULL, 0);
    assert_int_equal(gp_check(f, &whole, &report, NULL), GP_OK);
    uint64_t all = gp_report_evaluations(report, 0) + gp_report_evaluations(report, 1);
    gp_report_destroy(report);
    snprintf(j->path, sizeof j->path, "/tmp/gradproof-journal-XXXXXX");
    int file = mkstemp(j->path);
    assert_true(file >= 0);
    close(file);
    gp_options o = options_of(which, j->path, all - 4);
    assert_int_equal(gp_check(f, &o, &report, NULL), GP_OK);
    assert_true(gp_report_interrupted(report));
    gp_report_destroy(report);
    gp_function_destroy(f);
    file = open(j->path, O_RDONLY);
    ssize_t size = read(file, j->bytes, sizeof j->bytes);
    close(file);
    assert_in_range(size, START + HEAD + 1, MOST - 1);
    j->size = (size_t)size;
}

static uint64_t word_at(const journal_file *j, size_t at) {
    uint64_t word;
    memcpy(&word, j->bytes + at, sizeof word);
    return word;
}

/* Makes the sum of the record at `at` fit what it holds: pass, index, values and gradients, size,
 * sum. */
static void add_up(journal_file *j, size_t at) {
    const unsigned char *head = j->bytes + at;
    uint64_t sum = gp_sum_bytes(GP_SUM_START, head, 8);
    sum = gp_sum_bytes(sum, head + 16, 4);
    sum = gp_sum_bytes(sum, head + 20, 4);
    sum = gp_sum_bytes(sum, head + 8, 8);
    sum = gp_sum_bytes(sum, head + HEAD, word_at(j, at + 24));
    memcpy(j->bytes + at + 32, &sum, sizeof sum);
}

static size_t next(const journal_file *j, size_t at) {
    return at + HEAD + word_at(j, at + 24);
}

static journal_file kept, damaged;

/* Sets a number of every record that is `size` bytes long; all else stays. */
static void damage(size_t size, size_t offset, const void *number, size_t bytes) {
    size_t records = 0;
    damaged = kept;
    for (size_t at = START; at < kept.size; at = next(&kept, at)) {
        if (word_at(&kept, at + 24) != size)
            continue;
        memcpy(damaged.bytes + at + HEAD + offset, number, bytes);
        add_up(&damaged, at);
        records++;
    }
    assert_true(records > 0);
    put(&damaged);
}

#define DAMAGE(type, member, number)                                                               \
    damage(sizeof(type), offsetof(type, member), (const unsigned[]){number}, sizeof(unsigned))

static void test_impossible_records_are_done_anew(void **state) {
    (void)state;
    char *expected = report_of(SMALL_SCALAR, NULL), *text;
    cut_off(SMALL_SCALAR, &kept);
    for (int which = 0; which < 12; which++) {
        switch (which) {
        case 0:
            break; /* as it was */
        case 1:
            DAMAGE(gp_ladder, rungs, 1000);
            break;
        case 2:
            DAMAGE(gp_ladder, rungs, GP_RUNGS + 1);
            break;
        case 3:
            DAMAGE(gp_ladder, narrow, 2);
            break;
        case 4:
            damage(sizeof(gp_ladder), offsetof(gp_ladder, rung[0].step), &(double){-1}, 8);
            break;
        case 5:
            damage(sizeof(gp_ladder), offsetof(gp_ladder, rung[1].step), &(double){NAN}, 8);
            break;
        case 6:
            DAMAGE(gp_entry, status, 77);
            break;
        case 7:
            DAMAGE(gp_entry, status, GP_ENTRY_UNCHECKED);
            break;
        case 8:
            DAMAGE(gp_entry, limit, GP_LIMITS);
            break;
        case 9:
            DAMAGE(gp_entry, point, 3);
            break;
        case 10:
            damage(sizeof(gp_entry), offsetof(gp_entry, analytic), &(double){7}, 8);
            break;
        case 11:
            damage(sizeof(gp_entry), offsetof(gp_entry, bound), &(double){NAN}, 8);
            break;
        }
        if (which == 0)
            put(&kept);
        text = report_of(SMALL_SCALAR, kept.path);
        if (!text || strcmp(text, expected) != 0)
            fail_msg("case %d: another report: %s", which, text ? text : "none");
        free(text);
    }
    free(expected);
}

/* Evaluations that a check really takes. */
static uint64_t cost_of(small_kind which, const char *path) {
    gp_function *f = small_function(which);
    gp_progress progress = {0};
    gp_report *report;
    gp_options o = options_of(which, path, 0);
    o.progress = &progress;
    assert_int_equal(gp_check(f, &o, &report, NULL), GP_OK);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return progress.evaluations;
}

static void test_sound_records_are_used(void **state) {
    (void)state;
    for (int which = 0; which < SMALL_KINDS; which++) {
        cut_off((small_kind)which, &kept);
        uint64_t whole = cost_of((small_kind)which, NULL);
        uint64_t resumed = cost_of((small_kind)which, kept.path);
        /* Claims are gathered, and their callbacks tried, anew in every run. */
        assert_true(which == SMALL_SCALAR ? 4 * resumed < 3 * whole : 10 * resumed < 9 * whole);
    }
}

/* Every word of every kind of record, made hostile. */
static void test_no_record_does_harm(void **state) {
    (void)state;
    static const uint32_t hostile[] = {1000, UINT32_MAX, 0x7ff00000};
    for (int which = 0; which < SMALL_KINDS; which++) {
        size_t seen[8], sizes = 0;
        cut_off((small_kind)which, &kept);
        for (size_t at = START; at < kept.size; at = next(&kept, at)) {
            size_t size = word_at(&kept, at + 24), k = 0, stride = size > 4096 ? 4 * 97 : 4;
            while (k < sizes && seen[k] != size)
                k++;
            if (k < sizes || sizes == 8)
                continue; /* one of each size will do */
            seen[sizes++] = size;
            for (size_t word = 0; word + 4 <= HEAD - 8 + size; word += stride) {
                size_t to = word < HEAD - 8 ? at + word : at + 8 + word; /* past the sum */
                if (word == 24 || word == 28)
                    continue; /* the length: below */
                damaged = kept;
                memcpy(damaged.bytes + to, &hostile[(word / 4 + sizes) % 3], 4);
                add_up(&damaged, at);
                put(&damaged);
                char *text = report_of((small_kind)which, kept.path);
                assert_non_null(text);
                free(text);
            }
        }
        assert_true(sizes > 0);
        (void)unlink(kept.path);
    }
}

/* A length is no reason to ask for memory: the record is where the journal ends. */
static void test_lengths(void **state) {
    (void)state;
    static const uint64_t lengths[] = {(uint64_t)1 << 32, ((uint64_t)1 << 32) - 1, UINT64_MAX,
                                       (uint64_t)1 << 63};
    char *expected = report_of(SMALL_SCALAR, NULL);
    cut_off(SMALL_SCALAR, &kept);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        gp_journal *journal;
        struct stat is;
        damaged = kept;
        size_t at = next(&kept, START);
        memcpy(damaged.bytes + at + 24, &lengths[k], 8);
        put(&damaged);
        assert_int_equal(gp_journal_open(kept.path, word_at(&kept, 32), &journal, NULL), GP_OK);
        gp_journal_close(journal);
        assert_int_equal(stat(kept.path, &is), 0);
        assert_int_equal(is.st_size, (long long)at);
        char *text = report_of(SMALL_SCALAR, kept.path);
        assert_string_equal(text, expected);
        free(text);
    }
    free(expected);
}

static void test_only_plain_files(void **state) {
    (void)state;
    char path[] = "/tmp/gradproof-journal-XXXXXX";
    gp_journal *journal;
    gp_error error = {""};
    assert_true(mkdtemp(path) != NULL);
    assert_int_equal(gp_journal_open(path, 1, &journal, &error), GP_ERROR_OUTPUT);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(gp_journal_open(path, 1, &journal, &error), GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, "is no plain file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(gp_journal_open("/dev/null", 1, &journal, &error), GP_ERROR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_impossible_records_are_done_anew),
        cmocka_unit_test(test_sound_records_are_used), cmocka_unit_test(test_no_record_does_harm),
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_only_plain_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

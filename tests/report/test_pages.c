/* Pages and reports for build servers where the program doesn't lead: names of all kinds, sizes,
 * and streams that refuse. What they say is parsed by tests/program/test_reports.py. */
#include <jansson.h>

#include "function/function.h"
#include "judge/findings.h"
#include "report/phrases.h"
#include "testing.h"

typedef gp_status (*writer)(const gp_report *report, FILE *stream);
static const writer WRITERS[] = {gp_report_write_html, gp_report_write_junit,
                                 gp_report_write_markdown};
enum { COUNT = sizeof WRITERS / sizeof *WRITERS };

static char *written(writer write, const gp_report *report, size_t *length) {
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);
    assert_non_null(stream);
    assert_int_equal(write(report, stream), GP_OK);
    fclose(stream);
    return text;
}

/* Characters that mean something in one format or another, and some that have no place in text. */
#define STRANGE                                                                                    \
    "</script><script>alert(1)</script><!--&amp;\"'`|*_[x](y)#1 @me \\ ~$\x01\x7f\xff\xef\xbf\xbf"

static gp_report *strange(void) {
    gp_function *f;
    gp_report *r;
    const size_t shape[] = {2, 3};
    const double x[6] = {0};
    assert_int_equal(gp_function_create("f" STRANGE, GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "W" STRANGE, 0, 2, shape, x), GP_OK);
    assert_int_equal(gp_report_blank(f, &r), GP_OK);
    gp_function_destroy(f);
    gp_entry e = {.status = GP_ENTRY_REFUTED, .analytic = INFINITY, .numeric = 1, .bound = 1e-9};
    assert_int_equal(gp_findings_put(r, GP_FROM_GIVEN_POINT, 1, &e), GP_OK);
    r->block[0].result.verdict = r->verdict = GP_REFUTED;
    r->block[0].result.has_worst = 1;
    r->block[0].result.worst_index = 1;
    assert_int_equal(gp_report_add_diagnosis(r, 0, "unknown", NAN, "%s", "cause" STRANGE), GP_OK);
    assert_int_equal(gp_report_add_silent(r, "unit" STRANGE), GP_OK);
    assert_int_equal(gp_report_add_practice(r, "%s", "line" STRANGE), GP_OK);
    assert_int_equal(gp_report_add_loss(r, "loss" STRANGE), GP_OK);
    assert_int_equal(gp_report_set_command(r, "run" STRANGE), GP_OK);
    return r;
}

static size_t times(const char *text, const char *word) {
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

static void names_are_text(void **state) {
    (void)state;
    gp_report *r = strange();
    for (size_t k = 0; k < COUNT; k++) {
        size_t length;
        char *text = written(WRITERS[k], r, &length);
        assert_int_equal(strlen(text), length);
        assert_null(strstr(text, "alert(1)<"));
        assert_null(strstr(text, "<script>alert"));
        assert_null(strstr(text, "\x01"));
        assert_null(strstr(text, "\x7f"));
        assert_null(strstr(text, "\xff"));
        assert_null(strstr(text, "\xef\xbf\xbf"));
        assert_non_null(strstr(text, k == 2 ? "&#92;x01" : "\\x01"));
        free(text);
    }
    gp_report_destroy(r);
}

/* Scripts and their ends are the page's own, and the data between them are JSON. */
static void data_of_a_page_are_json(void **state) {
    (void)state;
    gp_report *r = strange();
    size_t length;
    char *text = written(gp_report_write_html, r, &length);
    assert_int_equal(times(text, "<script"), times(text, "</script>"));
    assert_true(times(text, "</script>") == 2 || times(text, "</script>") == 3); /* with D3 */
    static const char BEGIN[] = "<script type=\"application/json\" id=\"data\">";
    char *begin = strstr(text, BEGIN);
    assert_non_null(begin);
    begin += sizeof BEGIN - 1;
    json_t *root = json_loadb(begin, (size_t)(strstr(begin, "</script>") - begin), 0, NULL);
    json_t *block = json_array_get(json_object_get(root, "blocks"), 0);
    const char *name = json_string_value(json_object_get(block, "name"));
    assert_non_null(name);
    assert_non_null(strstr(name, "W</script><script>alert(1)</script><!--&amp;\"'`|"));
    json_t *cell = json_array_get(json_object_get(block, "cells"), 0);
    assert_true(json_is_null(json_array_get(cell, 4))); /* a gradient that isn't finite */
    assert_int_equal(json_integer_value(json_array_get(cell, 3)), GP_ENTRY_REFUTED);
    json_decref(root);
    free(text);
    gp_report_destroy(r);
}

/* Ten million parameters in a thousand blocks, thousands of them looked at: a page of any check
 * stays below 2 MB, and the summary of a job below its 1 MiB. */
static void pages_stay_small(void **state) {
    (void)state;
    static const size_t COUNTS[] = {1, 7, 60, 1000};
    for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
        gp_function *f;
        gp_report *r;
        const size_t blocks = COUNTS[c], shape[] = {100, 100000 / blocks};
        assert_int_equal(gp_function_create("large", GP_FLOAT64, NULL, &f), GP_OK);
        for (size_t b = 0; b < blocks; b++) {
            char name[64];
            snprintf(name, sizeof name, "decoder.layer.%zu.attention.weight", b);
            assert_int_equal(gp_function_show_block(f, name, 2, shape), GP_OK);
        }
        assert_int_equal(gp_report_create(f, "large", 0, &r), GP_OK);
        gp_function_destroy(f);
        assert_true(r->n > 9900000);
        for (size_t i = 0; i < r->n; i += 331) {
            gp_entry e = {.status = GP_ENTRY_REFUTED,
                          .analytic = -1.23456789123e-101,
                          .numeric = -1.33333333333e-102,
                          .bound = 1.5e-110};
            assert_int_equal(gp_findings_put(r, GP_FROM_GIVEN_POINT, i, &e), GP_OK);
        }
        r->verdict = GP_REFUTED;
        for (size_t b = 0; b < blocks; b++) {
            r->block[b].result.verdict = GP_REFUTED;
            r->block[b].result.has_worst = 1;
            assert_int_equal(gp_report_add_diagnosis(r, b, "unknown", NAN,
                                                     "%s is wrong in some other way",
                                                     r->block[b].name),
                             GP_OK);
        }
        size_t length;
        free(written(gp_report_write_html, r, &length));
        assert_true(length > 30000 && length < 2000000);
        free(written(gp_report_write_markdown, r, &length));
        assert_true(length < 1 << 20);
        gp_report_destroy(r);
    }
}

static void what_cannot_be_written_is_told(void **state) {
    (void)state;
    gp_report *r = strange();
    for (size_t k = 0; k < COUNT; k++) {
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        setvbuf(full, NULL, _IONBF, 0);
        assert_int_equal(WRITERS[k](r, full), GP_ERROR_OUTPUT);
        fclose(full);
        assert_int_equal(WRITERS[k](NULL, stdout), GP_ERROR_ARGUMENT);
        assert_int_equal(WRITERS[k](r, NULL), GP_ERROR_ARGUMENT);
    }
    assert_int_equal(gp_report_set_command(NULL, "x"), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_set_command(r, NULL), GP_OK);
    size_t length;
    char *text = written(gp_report_write_html, r, &length);
    assert_null(strstr(text, "run&lt;"));
    free(text);
    gp_report_destroy(r);
}

/* "one part in 19 million" is never less than what is excluded, and little more. */
static void shares_in_words_are_true(void **state) {
    (void)state;
    static const struct {
        const char *word;
        double size;
    } UNITS[] = {
        {" in any", 1}, {" million in", 1e6}, {" billion in", 1e9}, {" trillion in", 1e12}};
    gp_report *r = strange();
    r->verdict = GP_VERIFIED;
    for (double share = 0.4; share > 2e-15; share *= 0.83) {
        char text[GP_SUMMARY_SIZE], *end;
        r->resolution = share;
        gp_write_summary(r, text);
        char *at = strstr(text, "one part in ");
        assert_non_null(at);
        at += strlen("one part in ");
        for (char *comma; (comma = strchr(at, ',')) != NULL && comma[1] >= '0' && comma[1] <= '9';)
            memmove(comma, comma + 1, strlen(comma));
        double number = strtod(at, &end), unit = 0;
        if (end == at && *at == 'a') /* "a million" */
            number = 1, end = at + 1;
        for (size_t k = 0; k < sizeof UNITS / sizeof *UNITS; k++)
            if (strncmp(end, UNITS[k].word, strlen(UNITS[k].word)) == 0)
                unit = UNITS[k].size;
        if (!(number * unit * share <= 1 + 1e-5 && number * unit * share > 0.9))
            fail_msg("%g: %s", share, at);
    }
    gp_report_destroy(r);
}

static void failures_have_pages_too(void **state) {
    (void)state;
    gp_report *r;
    assert_int_equal(gp_report_create_failure("mine", "crash", "it fell over", NULL, &r), GP_OK);
    for (size_t k = 0; k < COUNT; k++) {
        size_t length;
        char *text = written(WRITERS[k], r, &length);
        assert_non_null(strstr(text, "it fell over"));
        char *script = strstr(text, "<script");
        if (script)
            *script = '\0';
        assert_null(strstr(text, "nan"));
        free(text);
    }
    gp_report_destroy(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_text),
                                       cmocka_unit_test(data_of_a_page_are_json),
                                       cmocka_unit_test(pages_stay_small),
                                       cmocka_unit_test(what_cannot_be_written_is_told),
                                       cmocka_unit_test(shares_in_words_are_true),
                                       cmocka_unit_test(failures_have_pages_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

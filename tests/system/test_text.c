/* Text that may be shown: what is printable stays, everything else is written as \xNN. */
#include <jansson.h>

#include "system/text.h"
#include "testing.h"

static void what_is_printable_stays(void **state) {
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "W1",
                                        "a b",
                                        "Geb\xc3\xbchr",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\xc2\xa0",
                                        "\xf4\x8f\xbf\xbf",
                                        "C:\\xdir"};
    for (size_t k = 0; k < sizeof TEXTS / sizeof *TEXTS; k++) {
        char *copy = gp_printable_copy(TEXTS[k]);
        assert_non_null(copy);
        assert_string_equal(copy, TEXTS[k]);
        free(copy);
    }
}

static void what_a_terminal_acts_on_is_escaped(void **state) {
    (void)state;
    static const struct {
        const char *text, *shown;
    } CASES[] = {{"a\x1b[31mb", "a\\x1b[31mb"},
                 {"a\nb\tc\r", "a\\x0ab\\x09c\\x0d"},
                 {"\x7f", "\\x7f"},
                 {"\xc2\x9b"
                  "31m",
                  "\\xc2\\x9b31m"}, /* CSI as one character */
                 {"\x9b"
                  "31m",
                  "\\x9b31m"}, /* CSI of an 8-bit terminal */
                 {"Geb\xfchr", "Geb\\xfchr"},
                 {"\xc0\x9b", "\\xc0\\x9b"}, /* longer than it must be */
                 {"\xe0\x82\x9b", "\\xe0\\x82\\x9b"},
                 {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* half of a pair */
                 {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
                 {"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
                 {"\xe2\x82", "\\xe2\\x82"}}; /* cut off */
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        char *copy = gp_printable_copy(CASES[k].text);
        assert_non_null(copy);
        assert_string_equal(copy, CASES[k].shown);
        char *again = gp_printable_copy(copy);
        assert_non_null(again);
        assert_string_equal(again, copy);
        free(again);
        free(copy);
    }
}

/* Two bytes of any kind: short of room nothing is written beyond it, and JSON takes what comes out.
 */
static void any_bytes_come_out_as_text(void **state) {
    (void)state;
    for (unsigned a = 1; a < 256; a++)
        for (unsigned b = 1; b < 256; b++) {
            const char text[] = {'x', (char)a, (char)b, 'y', '\0'};
            for (size_t size = 1; size < 12; size++) {
                char room[16];
                memset(room, 'Z', sizeof room);
                gp_printable(text, room, size);
                assert_true(strlen(room) < size);
                assert_int_equal(room[size], 'Z');
                json_t *string = json_string(room);
                assert_non_null(string);
                json_decref(string);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_printable_stays),
                                       cmocka_unit_test(what_a_terminal_acts_on_is_escaped),
                                       cmocka_unit_test(any_bytes_come_out_as_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

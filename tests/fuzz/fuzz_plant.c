/* Planted mistakes: the first byte chooses a function, each line that follows is a mistake. What is
 * taken is applied by a whole check. */
#include "fuzz/functions.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 6 };
    gp_report *report = NULL;
    gp_options options;
    gp_error error = {""};
    size_t planted = 0;
    char *text;
    if (size < 1 || size > 1024)
        return 0;
    small_kind kind = (small_kind)(*data++ % SMALL_KINDS);
    size--;
    gp_function *f = small_function(kind);
    REQUIRE(f != NULL);
    for (size_t k = 0; k < MOST && (text = fuzz_next_line(&data, &size)); k++) {
        if (gp_function_plant(f, text, &error) == GP_OK)
            planted++;
        else
            REQUIRE(error.message[0] && !strchr(error.message, '\n'));
        free(text);
    }
    gp_options_init(&options);
    options.strategy = kind == SMALL_DIRECTIONS ? GP_PROJECT : GP_FULL;
    options.points = 1;
    if (planted > 0) {
        REQUIRE(gp_check(f, &options, &report, &error) == GP_OK);
        gp_report_destroy(report);
    }
    gp_function_destroy(f);
    return 0;
}

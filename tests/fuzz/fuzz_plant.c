/* Planted mistakes: the first byte chooses a function, each line that follows is a mistake. What is
 * taken is applied by a whole check; the first that is refused comes out of the check of a function
 * that was handed all of them. */
#include "fuzz/functions.h"
#include "fuzz/fuzz.h"

/* A function of its own tells whether a mistake is taken: the one that comes to be checked keeps
 * the first that isn't. */
static gp_status try_alone(small_kind kind, const char *text) {
    gp_error error = {""};
    gp_function *f = small_function(kind);
    REQUIRE(f != NULL);
    gp_status status = gp_function_plant(f, text, &error);
    REQUIRE(status == GP_OK || (error.message[0] && !strchr(error.message, '\n')));
    gp_function_destroy(f);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 6 };
    gp_report *report = NULL;
    gp_options options;
    gp_error error = {""}, kept = {""}, refused = {""};
    gp_status first = GP_OK;
    size_t planted = 0;
    char *text;
    if (size < 1 || size > 1024)
        return 0;
    small_kind kind = (small_kind)(*data++ % SMALL_KINDS);
    size--;
    gp_function *f = small_function(kind), *all = small_function(kind);
    REQUIRE(f != NULL && all != NULL);
    for (size_t k = 0; k < MOST && (text = fuzz_next_line(&data, &size)); k++) {
        gp_status status = try_alone(kind, text);
        if (status == GP_OK) {
            REQUIRE(gp_function_plant(f, text, &error) == GP_OK);
            planted++;
        }
        REQUIRE(gp_function_plant(all, text, &error) == status);
        if (first == GP_OK && status != GP_OK) {
            first = status;
            refused = error;
        }
        free(text);
    }
    gp_options_init(&options);
    options.strategy = kind == SMALL_DIRECTIONS ? GP_PROJECT : GP_FULL;
    options.points = 1;
    if (planted > 0) {
        REQUIRE(gp_check(f, &options, &report, &error) == GP_OK);
        gp_report_destroy(report);
    }
    if (first != GP_OK) {
        refused.message[200] = '\0'; /* the function's name goes ahead of it there */
        REQUIRE(gp_function_error(all, &kept) == first && strstr(kept.message, refused.message));
        REQUIRE(gp_check(all, &options, &report, &error) == first);
        REQUIRE(strcmp(error.message, kept.message) == 0);
    }
    gp_function_destroy(f);
    gp_function_destroy(all);
    return 0;
}

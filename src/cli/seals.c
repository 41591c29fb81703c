/* See seals.h. */
#include "cli/seals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/json_build.h"

int cli_seal_value(const char *path, const json_t *value, char text[CLI_DIGEST_TEXT]) {
    char *canonical = gp_json_write(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    size_t size = canonical ? strlen(path) + strlen(canonical) + 2 : 0;
    char *whole = canonical ? malloc(size) : NULL;
    if (whole) {
        snprintf(whole, size, "%s\n%s", path, canonical);
        cli_digest(whole, size - 1, text);
    }
    int done = whole != NULL;
    free(whole);
    free(canonical);
    return done;
}

static void add(json_t **seals, const char *path, const json_t *value) {
    char text[CLI_DIGEST_TEXT];
    gp_json_put(seals, path, cli_seal_value(path, value, text) ? json_string(text) : NULL);
}

json_t *cli_seals_of(const json_t *certificate) {
    json_t *seals = json_object(), *part, *member;
    const char *name, *inner;
    char path[256];
    json_object_foreach((json_t *)certificate, name, part) {
        if (strcmp(name, "seals") == 0 || strcmp(name, "seal") == 0)
            continue;
        if (!json_is_object(part) || json_object_size(part) == 0) {
            add(&seals, name, part);
            continue;
        }
        json_object_foreach(part, inner, member) {
            snprintf(path, sizeof path, "%.100s.%.100s", name, inner);
            add(&seals, path, member);
        }
    }
    return seals;
}

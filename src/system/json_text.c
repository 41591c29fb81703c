/* See json_text.h. Jansson collects each name and number in a buffer that grows, and goes on
 * without the character where it can't, so that 0.25 may be read as 0.2. The buffer never shrinks:
 * so the text is read behind a string as long as the longest thing in it, and is believed where
 * that string is whole. */
#include "system/json_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No name and no number in the text is longer: the longest stretch between two quotes, or beside
 * one. */
static size_t longest_part(const char *text, size_t length) {
    size_t longest = 0, start = 0;
    for (size_t at = 0; at <= length; at++)
        if (at == length || (text[at] == '"' && (at == 0 || text[at - 1] != '\\'))) {
            longest = at - start > longest ? at - start : longest;
            start = at;
        }
    return longest;
}

gp_status gp_json_read(const char *text, size_t length, json_t **json) {
    size_t longest = longest_part(text, length), size = longest + length + 5;
    char *padded = malloc(size);
    json_error_t detail;
    *json = NULL;
    if (!padded)
        return GP_ERROR_MEMORY;
    memcpy(padded, "[\"", 2);
    memset(padded + 2, '-', longest);
    memcpy(padded + 2 + longest, "\",", 2);
    memcpy(padded + 4 + longest, text, length);
    padded[size - 1] = ']';
    errno = 0;
    json_t *both = json_loadb(padded, size, JSON_REJECT_DUPLICATES, &detail);
    gp_status status = both ? GP_OK : errno == ENOMEM ? GP_ERROR_MEMORY : GP_ERROR_INPUT;
    if (both && json_string_length(json_array_get(both, 0)) != longest)
        status = GP_ERROR_MEMORY;
    else if (both && json_array_size(both) != 2)
        status = GP_ERROR_INPUT;
    if (status == GP_OK)
        *json = json_incref(json_array_get(both, 1));
    json_decref(both);
    free(padded);
    return status;
}

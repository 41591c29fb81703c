/* See error.h. */
#include "system/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "system/plain.h"
#include "system/text.h"

void gp_note(gp_error *error, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        char line[sizeof error->message];
        gp_plain_format(line, sizeof line, format, arguments);
        va_end(arguments);
        gp_printable(line, error->message, sizeof error->message);
    }
}

char *gp_copy_string(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

gp_status gp_status_of(int number, gp_status otherwise) {
    return number == ENOMEM ? GP_ERROR_MEMORY : otherwise;
}

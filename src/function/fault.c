/* See fault.h. */
#include "function/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "system/plain.h"
#include "system/text.h"

/* What the callback that ran last in this thread said of itself. */
static _Thread_local char said[256];

void gp_callback_error(const char *message) {
    gp_printable(message ? message : "", said, sizeof said);
}

/* A fault that says that a callback has refused, or returned what isn't a number, ends in the
 * callback's own words. */
static void add_what_was_said(gp_fault *fault) {
    char *line = fault->error.message;
    size_t length = strlen(line);
    if (said[0] && (strcmp(fault->kind, "refused") == 0 || strcmp(fault->kind, "nonfinite") == 0))
        snprintf(line + length, sizeof fault->error.message - length, ": %s", said);
}

gp_outcome gp_fault_note(gp_fault *fault, const char *kind, const char *format, ...) {
    if (!fault->kind[0]) {
        snprintf(fault->kind, sizeof fault->kind, "%s", kind);
        va_list arguments;
        va_start(arguments, format);
        gp_plain_format(fault->error.message, sizeof fault->error.message, format, arguments);
        va_end(arguments);
        add_what_was_said(fault);
    }
    return GP_FAULT;
}

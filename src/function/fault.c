/* See fault.h. */
#include "function/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "system/plain.h"

gp_outcome gp_fault_note(gp_fault *fault, const char *kind, const char *format, ...) {
    if (!fault->kind[0]) {
        snprintf(fault->kind, sizeof fault->kind, "%s", kind);
        va_list arguments;
        va_start(arguments, format);
        gp_plain_format(fault->error.message, sizeof fault->error.message, format, arguments);
        va_end(arguments);
    }
    return GP_FAULT;
}

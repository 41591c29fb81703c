/* Error texts and statuses, as every library here makes them. */
#ifndef GP_ERROR_H
#define GP_ERROR_H

#include "gradproof.h"

/* Writes one formatted line into error, if there is one. */
void gp_note(gp_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, and its value is status: a macro, so that whoever reads the code, compilers included,
 * sees which. */
#define gp_fail(error, status, ...) (gp_note((error), __VA_ARGS__), (status))

/* The status that goes with an error number: `otherwise`, unless it says that memory ran out. */
gp_status gp_status_of(int number, gp_status otherwise);

/* A copy to be released with free(); NULL: out of memory. */
char *gp_copy_string(const char *text);

#endif

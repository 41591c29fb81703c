/* What all writers have in common: where they write, and how text comes through their formats. */
#ifndef GP_REPORT_STREAM_H
#define GP_REPORT_STREAM_H

#include <stdio.h>

#include "gradproof.h"

/* Writes a report; `context` is the caller's own. */
typedef gp_status (*gp_print)(const gp_report *report, FILE *stream, void *context);

/* Has a writer write into the stream with plain numbers, and notices a write that fails. */
gp_status gp_print_plain(const gp_report *report, FILE *stream, gp_print print, void *context);

/* What a format writes in place of some characters. */
typedef struct gp_escape {
    char from;
    const char *to;
} gp_escape;

/* The characters that mean something to a format, ended by one that is 0. */
extern const gp_escape GP_HTML_ESCAPES[];   /* HTML and XML, attributes too */
extern const gp_escape GP_SCRIPT_ESCAPES[]; /* between the quotes of JSON within a script element */
extern const gp_escape GP_MARKDOWN_ESCAPES[]; /* in tables too */

/* Writes text as the format demands. Bytes that no format takes (control characters, what isn't
 * UTF-8, as where a message was cut off) are written as \xNN. */
void gp_write_escaped(FILE *stream, const gp_escape *escapes, const char *text);

#endif

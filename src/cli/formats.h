/* The formats in which check writes its report beside the text: an option each. */
#ifndef GP_CLI_FORMATS_H
#define GP_CLI_FORMATS_H

#include <stdio.h>

#include "gradproof.h"

/* In the order of their options, and of CLI_FORMAT. */
typedef enum cli_format_number {
    CLI_JSON,
    CLI_HTML,
    CLI_JUNIT,
    CLI_MARKDOWN,
    CLI_CERTIFICATE,
    CLI_FORMATS
} cli_format_number;

typedef struct cli_format {
    const char *option, *what; /* "json", "JSON report" */
    /* NULL: what is written is made by itself */
    gp_status (*write)(const gp_report *report, FILE *stream);
} cli_format;

extern const cli_format CLI_FORMAT[CLI_FORMATS];

/* Writes a text to a file, "-" for standard output (of which main says whether it came through). */
gp_status cli_write_file(const char *path, const char *text, size_t size, gp_error *error);

/* "gradproof check ..." as a shell takes it; a new string, NULL: out of memory. */
char *cli_command_line(int argc, char *const *argv);

#endif

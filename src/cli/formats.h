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
    CLI_FORMATS
} cli_format_number;

typedef struct cli_format {
    const char *option, *what; /* "json", "JSON report" */
    gp_status (*write)(const gp_report *report, FILE *stream);
} cli_format;

extern const cli_format CLI_FORMAT[CLI_FORMATS];

/* "gradproof check ..." as a shell takes it; a new string, NULL: out of memory. */
char *cli_command_line(int argc, char *const *argv);

#endif

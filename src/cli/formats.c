/* See formats.h. */
#include "cli/formats.h"

#include <stdlib.h>
#include <string.h>

#include "system/output.h"

const cli_format CLI_FORMAT[CLI_FORMATS] = {
    [CLI_JSON] = {"json", "JSON report", gp_report_write_json},
    [CLI_HTML] = {"html", "HTML page", gp_report_write_html},
    [CLI_JUNIT] = {"junit", "JUnit report", gp_report_write_junit},
    [CLI_MARKDOWN] = {"markdown", "Markdown summary", gp_report_write_markdown},
    [CLI_CERTIFICATE] = {"certificate", "certificate", NULL},
};

gp_status cli_write_file(const char *path, const char *text, size_t size, gp_error *error) {
    gp_output output;
    if (strcmp(path, "-") == 0) {
        (void)fwrite(text, 1, size, stdout);
        return GP_OK;
    }
    gp_status status = gp_output_open(path, &output, error);
    if (status != GP_OK)
        return status;
    (void)fwrite(text, 1, size, output.file);
    return gp_output_commit(&output, error);
}

/* Between single quotes nothing means anything to a shell but a single quote. Returns the end. */
static char *quote(char *to, const char *word) {
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%";
    int plain = *word && word[strspn(word, PLAIN)] == '\0';
    if (plain)
        return to + sprintf(to, " %s", word);
    to += sprintf(to, " '");
    for (; *word; word++)
        to += *word == '\'' ? sprintf(to, "'\\''") : sprintf(to, "%c", *word);
    return to + sprintf(to, "'");
}

char *cli_command_line(int argc, char *const *argv) {
    static const char PROGRAM[] = "gradproof";
    size_t size = sizeof PROGRAM;
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3;
    char *line = malloc(size), *end = line;
    if (!line)
        return NULL;
    end += sprintf(end, "%s", PROGRAM);
    for (int i = 0; i < argc; i++)
        end = quote(end, argv[i]);
    return line;
}

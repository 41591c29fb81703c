/* See arguments.h. */
#include "cli/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "system/output.h"
#include "system/text.h"

enum { MOST_WORDS = 32 };
static const char *command = "check";

void cli_command_is(const char *name) {
    command = name;
}

/* A message that may hold anything, as one printable line. */
static void compose(char *line, size_t size, const char *format, va_list arguments) {
    char raw[1024];
    vsnprintf(raw, sizeof raw, format, arguments);
    gp_printable(raw, line, size);
}

void cli_tell(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    compose(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "gradproof: %s\n", line);
}

int cli_usage(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    compose(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "gradproof: %s (see gradproof %s --help)\n", line, command);
    return EXIT_USAGE;
}

int cli_keep_apart(const char *option, const char *output, size_t count,
                   const char *const *inputs) {
    for (size_t k = 0; k < count && output; k++)
        if (inputs[k] && gp_output_is(output, inputs[k]))
            return cli_usage("--%s %.200s: is the same file as %.200s, which it would destroy: "
                             "name another one",
                             option, output, inputs[k]);
    return 0;
}

int cli_keep_stdout_apart(size_t count, const char *const *inputs) {
    for (size_t k = 0; k < count; k++)
        if (gp_output_is("/dev/stdout", inputs[k]))
            return cli_usage("standard output is the same file as %.200s, which it would destroy: "
                             "name another one",
                             inputs[k]);
    return 0;
}

int cli_wrong_option(int option, char **argv) {
    return cli_usage("%.60s: %s", argv[optind - 1],
                     option == ':' ? "needs a value" : "no such option");
}

int cli_real(const char *name, const char *text, double low, int low_open, double high, double *v) {
    char *end;
    errno = 0;
    *v = strtod(text, &end);
    if (end == text || *end || !isfinite(*v) || *v < low || (low_open && *v == low) || *v > high)
        return cli_usage("--%s %.60s: must be a number %s %g%s", name, text,
                         low_open ? "above" : "not below", low,
                         high < 1e300 ? high == 1 ? " and at most 1" : " and not too large" : "");
    return 0;
}

int cli_whole(const char *name, const char *text, uint64_t low, uint64_t high, uint64_t *v) {
    char *end;
    errno = 0;
    *v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || *v < low || *v > high)
        return cli_usage("--%s %.60s: must be a whole number from %llu to %llu", name, text,
                         (unsigned long long)low, (unsigned long long)high);
    return 0;
}

int cli_count(const char *name, const char *text, size_t high, size_t *count) {
    uint64_t number = 0;
    int wrong = cli_whole(name, text, 1, high, &number);
    *count = (size_t)number;
    return wrong;
}

int cli_one_of(const char *name, const char *text, const char *const *words, int count,
               int *choice) {
    char list[160] = "";
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *choice = i;
            return 0;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    return cli_usage("--%s %.60s: must be one of %s", name, text, list);
}

int cli_activation(const char *name, const char *text, gp_activation *activation) {
    const char *words[MOST_WORDS];
    int count = 0, choice = 0;
    for (; count < MOST_WORDS && gp_activation_string((gp_activation)count); count++)
        words[count] = gp_activation_string((gp_activation)count);
    int wrong = cli_one_of(name, text, words, count, &choice);
    *activation = (gp_activation)choice;
    return wrong;
}

int cli_loss(const char *name, const char *text, gp_loss *loss) {
    const char *words[MOST_WORDS];
    int count = 0, choice = 0;
    for (; count < MOST_WORDS && gp_loss_string((gp_loss)count); count++)
        words[count] = gp_loss_string((gp_loss)count);
    int wrong = cli_one_of(name, text, words, count, &choice);
    *loss = (gp_loss)choice;
    return wrong;
}

int cli_dtype(const char *name, const char *text, gp_dtype *dtype) {
    static const char *const words[] = {"float64", "float32"};
    int choice = 0, wrong = cli_one_of(name, text, words, 2, &choice);
    *dtype = (gp_dtype)choice;
    return wrong;
}

int cli_hidden(const char *text, size_t *units_of, size_t *layers) {
    *layers = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    for (const char *at = text;;) {
        char *end;
        unsigned long long units = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || units == 0 || units > 1u << 20 || (*end && *end != ','))
            return cli_usage(
                "--hidden %.60s: must be numbers of units from 1 on with commas between, "
                "or none",
                text);
        if (*layers == MAX_HIDDEN)
            return cli_usage("--hidden %.60s: at most %d layers", text, MAX_HIDDEN);
        units_of[(*layers)++] = (size_t)units;
        if (!*end)
            return 0;
        at = end + 1;
    }
}

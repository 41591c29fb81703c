/* Command lines: each line of the input is an argument of the program, which runs up to the first
 * file, process or computation that it asks for: these are refused here (the linker's --wrap), so
 * that any argument may be tried. A mistake is one line on standard error and code 64. */
#include <errno.h>
#include <stdarg.h>

#include "cli/cli.h"
#include "fuzz/fuzz.h"
#include "gradproof/train.h"

int gp_program_main(int argc, char **argv);

static int inside; /* the program: libFuzzer has files of its own */

#define REFUSED(result, name, parameters)                                                          \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
REFUSED(FILE *, fopen, (const char *path, const char *mode)) {
    errno = EACCES;
    return inside ? NULL : __real_fopen(path, mode);
}
REFUSED(int, open, (const char *path, int flags, ...)) {
    va_list mode;
    va_start(mode, flags);
    unsigned bits = flags & O_CREAT ? va_arg(mode, unsigned) : 0;
    va_end(mode);
    errno = EACCES;
    return inside ? -1 : __real_open(path, flags, bits);
}
REFUSED(int, mkstemp, (char *path)) {
    errno = EACCES;
    return inside ? -1 : __real_mkstemp(path);
}
REFUSED(int, unlink, (const char *path)) {
    errno = EACCES;
    return inside ? -1 : __real_unlink(path);
}
REFUSED(int, rename, (const char *from, const char *to)) {
    errno = EACCES;
    return inside ? -1 : __real_rename(from, to);
}
REFUSED(pid_t, fork, (void)) {
    errno = EAGAIN;
    return inside ? -1 : __real_fork();
}
REFUSED(gp_status, gp_function_load,
        (const char *path, int argc, char **argv, gp_function **function, gp_error *error)) {
    (void)path, (void)argc, (void)argv, (void)function;
    snprintf(error->message, sizeof error->message, "refused");
    return GP_ERROR_INPUT;
}
REFUSED(gp_status, gp_check,
        (const gp_function *function, const gp_options *options, gp_report **report,
         gp_error *error)) {
    (void)function, (void)options, (void)report;
    if (error)
        snprintf(error->message, sizeof error->message, "refused");
    return GP_ERROR_MEMORY;
}
REFUSED(gp_status, gp_payments_create, (uint64_t rows, uint64_t seed, gp_payments **payments)) {
    (void)rows, (void)seed, (void)payments;
    return GP_ERROR_MEMORY;
}
/* NOLINTEND(bugprone-reserved-identifier) */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 48 };
    char *argument[MOST + 2] = {NULL}, *given[MOST + 2], *line, *out = NULL, *complaint = NULL;
    size_t out_size, complaint_size;
    int count = 0;
    if (size > 2048)
        return 0;
    given[count] = argument[count] = strdup("gradproof");
    for (count = 1; count <= MOST && (line = fuzz_next_line(&data, &size)); count++)
        given[count] = argument[count] = line; /* getopt moves them about */
    FILE *standard[2] = {stdout, stderr};
    stdout = open_memstream(&out, &out_size);
    stderr = open_memstream(&complaint, &complaint_size);
    REQUIRE(stdout && stderr);
    inside = 1;
    int code = gp_program_main(count, argument);
    inside = 0;
    fclose(stdout);
    fclose(stderr);
    stdout = standard[0];
    stderr = standard[1];
    REQUIRE(code == 0 || code == EXIT_USAGE || code == EXIT_NO_INPUT || code == EXIT_FAULT);
    if (code == EXIT_USAGE) {
        REQUIRE(complaint_size > 0 && complaint[complaint_size - 1] == '\n');
        complaint[complaint_size - 1] = '\0';
        REQUIRE(complaint[0] && !strchr(complaint, '\n'));
    }
    free(out);
    free(complaint);
    for (int k = 0; k < count; k++)
        free(given[k]);
    return 0;
}

/* gradproof COMMAND [OPTIONS] */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {{"demo", cli_demo},     {"check", cli_check},       {"prove", cli_prove},
                {"verify", cli_verify}, {"generate", cli_generate}, {"train", cli_train},
                {"score", cli_score},   {"evaluate", cli_evaluate}};

/* What a parent may have left in disorder. A closed descriptor would be taken by the next file that
 * is opened, and messages would land there; one that is open the wrong way fails instead. */
static void put_in_order(void) {
    static const int WAYS[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0)
            (void)open("/dev/null", WAYS[file]); /* the lowest that is free: this one */
    signal(SIGCHLD, SIG_DFL);                    /* ignored, there is nothing to wait for */
}

/* OpenBLAS starts its threads as it is loaded, and each of them tries for ever to get a buffer of
 * 128 MB: where address space is limited to less than that takes, the program begins again with
 * one. */
static void save_address_space(char **argv) {
    static const rlim_t EACH = (rlim_t)136 << 20, REST = (rlim_t)512 << 20;
    static const char VARIABLE[] = "OPENBLAS_NUM_THREADS";
    const char *now = getenv(VARIABLE);
    struct rlimit limit;
    struct stat tasks; /* a folder with one more folder for each thread */
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink <= 3 ||
        limit.rlim_cur >= REST + (tasks.st_nlink - 2) * EACH || (now && strcmp(now, "1") == 0))
        return;
    if (setenv(VARIABLE, "1", 1) == 0)
        (void)execv("/proc/self/exe", argv);
}

/* Every command's output is complete, or its exit code says that it isn't. */
static int flush_output(int code) {
    errno = 0;
    int failed = fflush(stdout) != 0, reason = errno;
    if (!failed && !ferror(stdout))
        return code;
    fprintf(stderr, "gradproof: standard output: can't be written: %s\n",
            failed && reason ? strerror(reason) : "an earlier part of it is lost");
    return EXIT_FAULT;
}

/* "demo, check, ... and evaluate" */
static const char *command_names(void) {
    enum { COUNT = sizeof COMMANDS / sizeof *COMMANDS };
    static char list[256];
    for (size_t i = 0, used = 0; i < COUNT && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i == 0           ? ""
                                 : i + 1 == COUNT ? " and "
                                                  : ", ",
                                 COMMANDS[i].name);
    return list;
}

static int run(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        fputs(CLI_HELP, stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        printf("gradproof %s\n", gp_version());
        return 0;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(word, COMMANDS[i].name) == 0) {
            for (int k = 2; k < argc && strcmp(argv[k], "--") != 0; k++)
                if (strcmp(argv[k], "--version") == 0) {
                    printf("gradproof %s\n", gp_version());
                    return 0;
                }
            return COMMANDS[i].run(argc - 1, argv + 1);
        }
    if (*word)
        cli_tell("%.60s: no such command: there are %s (see gradproof --help)", word,
                 command_names());
    else
        cli_tell("which command? There are %s (see gradproof --help)", command_names());
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    put_in_order();
    save_address_space(argv);
    return flush_output(run(argc, argv));
}

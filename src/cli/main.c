/* gradproof COMMAND [OPTIONS] */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {{"demo", cli_demo},   {"check", cli_check}, {"generate", cli_generate},
                {"train", cli_train}, {"score", cli_score}, {"evaluate", cli_evaluate}};

int main(int argc, char **argv) {
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
        fprintf(
            stderr,
            "gradproof: %.60s: no such command: there are demo, check, generate, train, score and "
            "evaluate (see gradproof --help)\n",
            word);
    else
        fputs("gradproof: which command? There are demo, check, generate, train, score and "
              "evaluate (see "
              "gradproof --help)\n",
              stderr);
    return EXIT_USAGE;
}

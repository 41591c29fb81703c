/* gradproof generate */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "system/output.h"

enum { ROWS = 256, SEED, OUT, HELP };
static const struct option LONG[] = {{"rows", 1, NULL, ROWS},
                                     {"seed", 1, NULL, SEED},
                                     {"out", 1, NULL, OUT},
                                     {"help", 0, NULL, HELP},
                                     {NULL, 0, NULL, 0}};

/* What can't be written shows in the stream. */
static void write_rows(FILE *file, gp_payments *payments, uint64_t rows) {
    double cell[64];
    size_t columns = gp_payments_columns();
    for (size_t k = 0; k < columns; k++)
        fprintf(file, "%s%s", k ? "," : "", gp_payments_column_name(k));
    fputc('\n', file);
    for (uint64_t r = 0; r < rows && !ferror(file); r++) {
        gp_payments_next(payments, cell);
        for (size_t k = 0; k < columns; k++)
            fprintf(file, "%s%.6g", k ? "," : "", cell[k]);
        fputc('\n', file);
    }
}

static int generate(uint64_t rows, uint64_t seed, const char *out) {
    gp_error error = {""};
    gp_output output = {.file = stdout};
    gp_payments *payments;
    if (gp_payments_create(rows, seed, &payments) != GP_OK) {
        cli_tell("out of memory");
        return EXIT_FAULT;
    }
    gp_status status = out ? gp_output_open(out, &output, &error) : GP_OK;
    if (status == GP_OK)
        write_rows(output.file, payments, rows);
    if (status == GP_OK && out) /* main sees to standard output */
        status = gp_output_commit(&output, &error);
    gp_payments_destroy(payments);
    return status == GP_OK ? 0 : cli_complain(status, &error);
}

int cli_generate(int argc, char **argv) {
    uint64_t rows = 10000, seed = 0;
    const char *out = NULL;
    cli_command_is("generate");
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, ":", LONG, NULL)) != -1;) {
        int wrong = 0;
        if (option == HELP) {
            fputs(CLI_GENERATE_HELP, stdout);
            return 0;
        }
        if (option == ROWS)
            wrong = cli_whole("rows", optarg, 1, (uint64_t)1 << 40, &rows);
        else if (option == SEED)
            wrong = cli_whole("seed", optarg, 0, UINT64_MAX / 2, &seed);
        else if (option == OUT)
            out = optarg;
        else
            return cli_wrong_option(option, argv);
        if (wrong)
            return wrong;
    }
    if (optind < argc)
        return cli_usage("%.60s: there is nothing to name but --out FILE", argv[optind]);
    return generate(rows, seed, out);
}

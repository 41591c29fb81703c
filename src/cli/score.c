/* gradproof score: rows go through in slices, so that a table of any length takes the same memory.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "system/names.h"
#include "system/output.h"

enum { SLICE = 1024, MOST_COMPLAINTS = 20, REASONS = 3 };

typedef struct scoring {
    const char *path;
    gp_model *model;
    FILE *out;
    double threshold; /* NaN: none */
    int explain;
    double *influence; /* SLICE x inputs, where asked for */
    size_t inputs;
    size_t *column_of;        /* an input: its column in the file */
    double *X;                /* SLICE x inputs */
    size_t row[SLICE];        /* the row of the file (from 1) of each in the slice, */
    size_t line[SLICE];       /* and the line in which it starts */
    unsigned char bad[SLICE]; /* it can't be scored */
    size_t filled, rows, refused;
} scoring;

/* A part of a CSV field in quotes (RFC 4180). */
static void print_quoted(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
}

/* The inputs that moved a row's logit most, with sign: "amount +1.3; hour -0.4" */
static void print_reasons(const scoring *s, size_t k) {
    const double *influence = s->influence + k * s->inputs;
    size_t named[REASONS], count = 0;
    int quoted = 0;
    for (; count < REASONS && count < s->inputs; count++) {
        size_t q = count;
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < s->inputs; i++) {
            int taken = 0;
            for (size_t p = 0; p < q; p++)
                taken |= named[p] == i;
            if (!taken && (best == SIZE_MAX || fabs(influence[i]) > fabs(influence[best])))
                best = i;
        }
        named[q] = best;
        quoted |= strpbrk(gp_model_input_name(s->model, best), ",\"\r\n") != NULL;
    }
    fputs(quoted ? ",\"" : ",", s->out);
    for (size_t q = 0; q < count; q++) {
        fputs(q ? "; " : "", s->out);
        print_quoted(s->out, gp_model_input_name(s->model, named[q]));
        fprintf(s->out, " %+.3g", influence[named[q]]);
    }
    fputs(quoted ? "\"" : "", s->out);
}

static void refuse_row(scoring *s, size_t line, const char *why) {
    if (s->refused++ < MOST_COMPLAINTS)
        cli_tell("%.200s: line %zu: %s: not scored", s->path, line, why);
}

/* Has a row of the slice a score, and reasons where they are asked for? */
static int is_finite(const scoring *s, size_t k, double probability) {
    int finite = isfinite(probability);
    for (size_t i = 0; i < s->inputs && s->explain && finite; i++)
        finite = isfinite(s->influence[k * s->inputs + i]);
    return finite;
}

/* -1: out of memory. */
static int flush_slice(scoring *s) {
    double probability[SLICE];
    if (s->filled == 0)
        return 0;
    if (gp_model_score(s->model, s->filled, s->X, probability) != GP_OK ||
        (s->explain && gp_model_explain(s->model, s->filled, s->X, s->influence) != GP_OK))
        return -1;
    for (size_t k = 0; k < s->filled; k++) {
        if (!s->bad[k] && !is_finite(s, k, probability[k])) {
            s->bad[k] = 1;
            refuse_row(s, s->line[k],
                       "its score isn't a finite number: its numbers are too large for the model");
        }
        fprintf(s->out, "%zu,", s->row[k]);
        if (!s->bad[k])
            fprintf(s->out, "%.9g", probability[k]);
        if (!isnan(s->threshold))
            fputs(s->bad[k] ? "," : probability[k] >= s->threshold ? ",1" : ",0", s->out);
        if (s->explain && s->bad[k])
            fputc(',', s->out);
        else if (s->explain)
            print_reasons(s, k);
        fputc('\n', s->out);
    }
    s->filled = 0;
    return 0;
}

/* Which column is which input? Others may hold anything. */
static gp_status take_header(void *user, size_t columns, const char *const *names,
                             unsigned char *wanted, gp_error *error) {
    scoring *s = user;
    gp_names sorted;
    if (gp_names_sort(&sorted, names, columns) != 0) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return GP_ERROR_MEMORY;
    }
    for (size_t k = 0; k < s->inputs; k++) {
        const char *name = gp_model_input_name(s->model, k);
        size_t found;
        s->column_of[k] = gp_names_find(&sorted, name, &found);
        if (found != 1) {
            gp_names_clear(&sorted);
            snprintf(error->message, sizeof error->message,
                     "%s column '%.80s', which the model asks for",
                     found ? "has more than one" : "has no", name);
            return GP_ERROR_INPUT;
        }
    }
    gp_names_clear(&sorted);
    memset(wanted, 0, columns);
    for (size_t k = 0; k < s->inputs; k++)
        wanted[s->column_of[k]] = 1;
    return GP_OK;
}

static gp_status take_row(void *user, size_t line, const double *cell, const char *wrong,
                          gp_error *error) {
    scoring *s = user;
    s->bad[s->filled] = wrong != NULL;
    if (wrong)
        refuse_row(s, line, wrong);
    for (size_t k = 0; k < s->inputs; k++)
        s->X[s->filled * s->inputs + k] = wrong ? 0 : cell[s->column_of[k]];
    s->line[s->filled] = line;
    s->row[s->filled++] = ++s->rows;
    if (s->filled < SLICE || flush_slice(s) == 0)
        return GP_OK;
    snprintf(error->message, sizeof error->message, "out of memory");
    return GP_ERROR_MEMORY;
}

/* Reads the rows and writes their scores. */
static gp_status score_rows(scoring *s, gp_error *error) {
    fprintf(s->out, "row,probability%s%s\n", isnan(s->threshold) ? "" : ",flag",
            s->explain ? ",reasons" : "");
    gp_rows rows = {s, take_header, take_row};
    gp_status status = gp_rows_read_csv(s->path, &rows, error);
    if (flush_slice(s) != 0 && status == GP_OK) {
        snprintf(error->message, sizeof error->message, "%.200s: out of memory", s->path);
        status = GP_ERROR_MEMORY;
    }
    return status;
}

static int score(scoring *s, const char *model, const char *out) {
    gp_error error = {""};
    gp_output output;
    gp_status status = gp_model_read(model, &s->model, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    s->inputs = gp_model_inputs(s->model);
    s->X = calloc(SLICE * s->inputs, sizeof *s->X);
    s->influence = calloc(SLICE * s->inputs, sizeof *s->influence);
    s->column_of = calloc(s->inputs, sizeof *s->column_of);
    int missing = access(s->path, R_OK) != 0; /* seen before anything is written */
    if (missing || !s->X || !s->influence || !s->column_of) {
        cli_tell("%.200s: %s", s->path, missing ? strerror(errno) : "out of memory");
        return missing ? EXIT_NO_INPUT : EXIT_FAULT;
    }
    s->out = stdout;
    if (out) {
        status = gp_output_open(out, &output, &error);
        if (status != GP_OK)
            return cli_complain(status, &error);
        s->out = output.file;
    }
    status = score_rows(s, &error);
    if (out) /* main sees to standard output; where rows are missing the earlier file stays */
        status = gp_output_finish(&output, status, &error);
    if (s->refused > MOST_COMPLAINTS)
        cli_tell("%.200s: %zu rows in all are not scored", s->path, s->refused);
    if (status != GP_OK)
        return cli_complain(status, &error);
    return s->refused ? EXIT_NO_INPUT : 0;
}

int cli_score(int argc, char **argv) {
    enum { THRESHOLD = 256, OUT, EXPLAIN, HELP };
    static const struct option LONG[] = {{"threshold", 1, NULL, THRESHOLD},
                                         {"out", 1, NULL, OUT},
                                         {"explain", 0, NULL, EXPLAIN},
                                         {"help", 0, NULL, HELP},
                                         {NULL, 0, NULL, 0}};
    static scoring s; /* large */
    const char *out = NULL;
    s.threshold = NAN;
    cli_command_is("score");
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, ":", LONG, NULL)) != -1;) {
        int wrong = 0;
        if (option == HELP) {
            fputs(CLI_SCORE_HELP, stdout);
            return 0;
        }
        if (option == THRESHOLD)
            wrong = cli_real("threshold", optarg, 0, 0, 1, &s.threshold);
        else if (option == OUT)
            out = optarg;
        else if (option == EXPLAIN)
            s.explain = 1;
        else
            return cli_wrong_option(option, argv);
        if (wrong)
            return wrong;
    }
    if (argc - optind != 2)
        return cli_usage("score: needs MODEL.safetensors and DATA.csv");
    s.path = argv[optind + 1];
    const char *inputs[] = {argv[optind], s.path};
    int same = out ? cli_keep_apart("out", out, 2, inputs) : cli_keep_stdout_apart(2, inputs);
    if (same)
        return same;
    int code = score(&s, argv[optind], out);
    gp_model_destroy(s.model);
    free(s.X);
    free(s.influence);
    free(s.column_of);
    return code;
}

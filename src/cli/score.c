/* gradproof score: rows go through in slices, so that a table of any length takes the same memory.
 */
#include <csv.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/number.h"

enum { SLICE = 1024, MOST_COMPLAINTS = 20, REASONS = 3 };

typedef struct scoring {
    const char *path;
    gp_model *model;
    FILE *out;
    double threshold; /* NaN: none */
    int explain;
    double *influence; /* SLICE x inputs, where asked for */
    size_t inputs, columns;
    size_t *input_of;         /* a column: the input it is; SIZE_MAX: none */
    size_t lines;             /* read so far */
    size_t column;            /* of the next field */
    double *X;                /* SLICE x inputs */
    size_t row[SLICE];        /* the row of the file (from 1) of each in the slice */
    unsigned char bad[SLICE]; /* it can't be scored */
    size_t filled, rows, refused;
    int in_header, failed; /* failed: nothing more can be done */
    char why[200];         /* the present row can't be scored; "" while it can */
} scoring;

static void give_up(scoring *s, const char *what) {
    if (!s->failed)
        fprintf(stderr, "gradproof: %.200s: line %zu: %s\n", s->path, s->lines, what);
    s->failed = 1;
}

/* The inputs that moved a row's logit most, with sign: "amount +1.3; hour -0.4" */
static void print_reasons(const scoring *s, size_t k) {
    const double *influence = s->influence + k * s->inputs;
    size_t named[REASONS];
    for (size_t q = 0; q < REASONS && q < s->inputs; q++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < s->inputs; i++) {
            int taken = 0;
            for (size_t p = 0; p < q; p++)
                taken |= named[p] == i;
            if (!taken && (best == SIZE_MAX || fabs(influence[i]) > fabs(influence[best])))
                best = i;
        }
        named[q] = best;
        fprintf(s->out, "%s%s %+.3g", q ? "; " : ",", gp_model_input_name(s->model, best),
                influence[best]);
    }
}

static void flush_slice(scoring *s) {
    double probability[SLICE];
    if (s->filled == 0 || s->failed)
        return;
    if (gp_model_score(s->model, s->filled, s->X, probability) != GP_OK ||
        (s->explain && gp_model_explain(s->model, s->filled, s->X, s->influence) != GP_OK)) {
        give_up(s, "out of memory");
        return;
    }
    for (size_t k = 0; k < s->filled; k++) {
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
}

static void header_field(scoring *s, const char *name) {
    size_t *list = realloc(s->input_of, (s->columns + 1) * sizeof *list);
    if (!list) {
        give_up(s, "out of memory");
        return;
    }
    s->input_of = list;
    list[s->columns] = SIZE_MAX;
    for (size_t k = 0; k < s->inputs; k++)
        if (strcmp(gp_model_input_name(s->model, k), name) == 0)
            list[s->columns] = k;
    s->columns++;
}

static void on_field(void *field, size_t length, void *user) {
    scoring *s = user;
    const char *text = field ? field : "";
    (void)length; /* CSV_APPEND_NULL ends the field */
    if (s->failed)
        return;
    if (s->in_header) {
        header_field(s, text);
        return;
    }
    size_t column = s->column++;
    if (column >= s->columns || s->input_of[column] == SIZE_MAX)
        return;
    char *end;
    double v = cli_read_number(text, &end);
    while (*end == ' ')
        end++;
    if ((end == text || *end || !isfinite(v)) && !s->why[0])
        snprintf(s->why, sizeof s->why, "column %.60s needs a finite number, not '%.40s'",
                 gp_model_input_name(s->model, s->input_of[column]), text);
    s->X[s->filled * s->inputs + s->input_of[column]] = isfinite(v) ? v : 0;
}

static void check_header(scoring *s) {
    for (size_t k = 0; k < s->inputs && !s->failed; k++) {
        size_t found = 0;
        for (size_t c = 0; c < s->columns; c++)
            found += s->input_of[c] == k;
        if (found != 1) {
            char what[200];
            snprintf(what, sizeof what, "%s column '%.80s', which the model asks for",
                     found ? "has more than one" : "has no", gp_model_input_name(s->model, k));
            give_up(s, what);
        }
    }
}

static void on_row(int terminator, void *user) {
    scoring *s = user;
    (void)terminator;
    if (s->failed)
        return;
    if (s->in_header) {
        s->in_header = 0;
        check_header(s);
        s->column = 0;
        return;
    }
    s->rows++;
    if (s->column != s->columns && !s->why[0])
        snprintf(s->why, sizeof s->why, "has %zu fields, but the header has %zu", s->column,
                 s->columns);
    s->bad[s->filled] = s->why[0] != '\0';
    if (s->why[0] && s->refused++ < MOST_COMPLAINTS)
        fprintf(stderr, "gradproof: %.200s: line %zu: %s: not scored\n", s->path, s->lines, s->why);
    s->row[s->filled++] = s->rows;
    s->why[0] = '\0';
    s->column = 0;
    if (s->filled == SLICE)
        flush_slice(s);
    memset(s->X + s->filled * s->inputs, 0, s->inputs * sizeof *s->X);
}

static void read_all(scoring *s, FILE *file) {
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0) {
        give_up(s, "out of memory");
        return;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while (!s->failed && (length = getline(&line, &size, file)) > 0) {
        const char *start = line;
        s->lines++;
        if (s->lines == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            start += 3; /* a byte order mark is no part of the first name */
            length -= 3;
        }
        if (csv_parse(&parser, start, (size_t)length, on_field, on_row, s) != (size_t)length)
            give_up(s, csv_strerror(csv_error(&parser)));
    }
    if (!s->failed && ferror(file))
        give_up(s, strerror(errno));
    if (!s->failed && csv_fini(&parser, on_field, on_row, s) != 0)
        give_up(s, "a quoted field is not closed");
    if (!s->failed && (s->columns == 0 || s->in_header))
        give_up(s, "is empty: give a header line and rows");
    flush_slice(s);
    free(line);
    csv_free(&parser);
}

static int score(scoring *s, const char *model, const char *out) {
    gp_error error = {""};
    gp_status status = gp_model_read(model, &s->model, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    s->inputs = gp_model_inputs(s->model);
    s->X = calloc((SLICE + 1) * s->inputs, sizeof *s->X);
    s->influence = calloc(SLICE * s->inputs, sizeof *s->influence);
    FILE *file = fopen(s->path, "rb");
    if (!file || !s->X || !s->influence) {
        fprintf(stderr, "gradproof: %.200s: %s\n", s->path,
                file ? "out of memory" : strerror(errno));
        return file ? EXIT_FAULT : EXIT_NO_INPUT;
    }
    s->out = out ? fopen(out, "w") : stdout;
    if (!s->out) {
        fprintf(stderr, "gradproof: --out %.200s: can't be written: %s\n", out, strerror(errno));
        fclose(file);
        return EXIT_USAGE;
    }
    fprintf(s->out, "row,probability%s%s\n", isnan(s->threshold) ? "" : ",flag",
            s->explain ? ",reasons" : "");
    s->in_header = 1;
    read_all(s, file);
    fclose(file);
    int unwritten = fflush(s->out) != 0 || ferror(s->out);
    if (out && fclose(s->out) != 0)
        unwritten = 1;
    if (unwritten) {
        fprintf(stderr, "gradproof: %.200s: can't be written: %s\n", out ? out : "standard output",
                strerror(errno));
        return EXIT_FAULT;
    }
    if (s->refused > MOST_COMPLAINTS)
        fprintf(stderr, "gradproof: %.200s: %zu rows in all are not scored\n", s->path, s->refused);
    return s->failed || s->refused ? EXIT_NO_INPUT : 0;
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
    int code = score(&s, argv[optind], out);
    gp_model_destroy(s.model);
    free(s.X);
    free(s.influence);
    free(s.input_of);
    return code;
}

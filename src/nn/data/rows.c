/* CSV files row by row, through libcsv. */
#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof/train.h"
#include "nn/data/number.h"
#include "system/error.h"
#include "system/text.h"

typedef struct gp_reader {
    const gp_rows *rows;
    const char *path;
    gp_error *error;
    gp_status status;
    char **name;
    size_t columns;
    unsigned char *wanted; /* columns */
    double *cell;
    size_t line;   /* of the file, from 1 */
    size_t start;  /* line in which the row at hand began */
    size_t column; /* of the next field */
    char wrong[200];
    int in_header;
} gp_reader;

static void refuse(gp_reader *r, gp_status status, const char *what) {
    if (r->status == GP_OK)
        r->status = gp_fail(r->error, status, "%.200s: line %zu: %s", r->path, r->line, what);
}

/* What a callback says, in its place. */
static void take(gp_reader *r, gp_status status, const gp_error *error) {
    if (status != GP_OK && r->status == GP_OK) {
        char what[256];
        snprintf(what, sizeof what, "%.250s", error->message);
        r->line = r->start;
        refuse(r, status, what);
    }
}

static void header_field(gp_reader *r, const char *text, size_t length) {
    char **name = realloc(r->name, (r->columns + 1) * sizeof *name);
    if (name)
        r->name = name;
    if (!name || !(name[r->columns] = gp_printable_copy(text)))
        refuse(r, GP_ERROR_MEMORY, "out of memory");
    else if (memchr(text, '\0', length))
        refuse(r, GP_ERROR_INPUT, "the name of a column holds a zero byte");
    r->columns += name && name[r->columns];
}

static void on_field(void *field, size_t length, void *user) {
    gp_reader *r = user;
    if (r->status != GP_OK)
        return;
    const char *text = field ? field : ""; /* CSV_APPEND_NULL ends it */
    if (!field)
        length = 0;
    if (r->column == 0)
        r->start = r->line;
    size_t k = r->column++;
    if (r->in_header) {
        header_field(r, text, length);
        return;
    }
    if (k >= r->columns) /* counted: the end of the row says how many */
        return;
    r->cell[k] = 0;
    if (!r->wanted[k])
        return;
    char *end;
    double v = gp_read_number(text, &end);
    int empty = end == text;
    while (isspace((unsigned char)*end))
        end++;
    if (!empty && end == text + length && isfinite(v)) {
        r->cell[k] = v;
    } else if (!r->wrong[0]) {
        char wrong[sizeof r->wrong];
        snprintf(wrong, sizeof wrong, "column %.60s needs a finite number, not '%.40s'", r->name[k],
                 text);
        gp_printable(wrong, r->wrong, sizeof r->wrong);
    }
}

static void end_header(gp_reader *r) {
    gp_error error = {""};
    r->in_header = 0;
    r->wanted = malloc(r->columns + 1);
    r->cell = calloc(r->columns + 1, sizeof *r->cell);
    if (!r->wanted || !r->cell) {
        refuse(r, GP_ERROR_MEMORY, "out of memory");
        return;
    }
    memset(r->wanted, 1, r->columns + 1);
    take(
        r,
        r->rows->header(r->rows->user, r->columns, (const char *const *)r->name, r->wanted, &error),
        &error);
}

static void on_row(int terminator, void *user) {
    gp_reader *r = user;
    gp_error error = {""};
    (void)terminator;
    if (r->status != GP_OK)
        return;
    if (r->in_header) {
        end_header(r);
    } else {
        if (r->column != r->columns) /* outranks what single fields hold */
            snprintf(r->wrong, sizeof r->wrong, "has %zu %s, but the header has %zu", r->column,
                     gp_plural(r->column, "field", "fields"), r->columns);
        take(r,
             r->rows->row(r->rows->user, r->start, r->cell, r->wrong[0] ? r->wrong : NULL, &error),
             &error);
    }
    r->column = 0;
    r->wrong[0] = '\0';
}

static void refuse_csv(gp_reader *r, int reason) {
    if (reason == CSV_ENOMEM || reason == CSV_ETOOBIG)
        refuse(r, GP_ERROR_MEMORY, "out of memory");
    else
        refuse(r, GP_ERROR_INPUT, "a quote is out of place, or a quoted field is not closed");
}

static void read_lines(gp_reader *r, struct csv_parser *parser, FILE *file) {
    char *line = NULL;
    size_t size = 0;
    while (r->status == GP_OK) {
        errno = 0;
        ssize_t length = getline(&line, &size, file);
        if (length < 0 && (!feof(file) || errno == ENOMEM)) /* an error, not the end */
            r->status = gp_fail(r->error, errno == ENOMEM ? GP_ERROR_MEMORY : GP_ERROR_INPUT,
                                "%.200s: line %zu: %s", r->path, r->line + 1,
                                errno ? strerror(errno) : "can't be read");
        if (length < 0)
            break;
        const char *start = line;
        r->line++;
        if (r->line == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            start += 3; /* a byte order mark is no part of the first name */
            length -= 3;
        }
        if (csv_parse(parser, start, (size_t)length, on_field, on_row, r) != (size_t)length)
            refuse_csv(r, csv_error(parser));
    }
    if (r->status == GP_OK && csv_fini(parser, on_field, on_row, r) != 0)
        refuse_csv(r, csv_error(parser));
    if (r->status == GP_OK && r->in_header)
        r->status =
            gp_fail(r->error, GP_ERROR_INPUT,
                    "%.200s: is empty: give a header line and a row for each example", r->path);
    free(line);
}

gp_status gp_rows_read_csv(const char *path, const gp_rows *rows, gp_error *error) {
    if (!path || !rows || !rows->header || !rows->row)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_rows_read_csv: NULL argument");
    FILE *file = fopen(path, "rb");
    if (!file)
        return gp_fail(error, gp_status_of(errno, GP_ERROR_INPUT), "%.200s: %s", path,
                       strerror(errno));
    struct csv_parser parser;
    gp_reader r = {.rows = rows, .path = path, .error = error, .in_header = 1};
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0) {
        read_lines(&r, &parser, file);
        csv_free(&parser);
    } else {
        r.status = gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);
    }
    fclose(file);
    for (size_t k = 0; k < r.columns; k++)
        free(r.name[k]);
    free(r.name);
    free(r.wanted);
    free(r.cell);
    return r.status;
}

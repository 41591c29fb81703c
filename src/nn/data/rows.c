/* CSV files row by row, through libcsv. */
#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gradproof/train.h"
#include "nn/data/number.h"
#include "system/error.h"
#include "system/input.h"
#include "system/text.h"

/* Bytes of a row, which are kept until it ends: a million columns, and what has no lines at all. */
enum { LONGEST_ROW = 1 << 28 };

typedef struct gp_reader {
    const gp_rows *rows;
    const char *path;
    gp_error *error;
    gp_status status;
    char **name;
    size_t columns;
    unsigned char *wanted; /* columns */
    double *cell;
    size_t line;       /* of the file, from 1 */
    int within;        /* the line isn't at its end yet */
    size_t start;      /* line in which the row at hand began */
    size_t unfinished; /* bytes since the last row's end */
    size_t column;     /* of the next field */
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
    r->unfinished = 0;
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

/* Bytes to parse; 0: the end. What a pipe has is there at once. */
static size_t read_some(gp_reader *r, FILE *file, char *bytes, size_t room) {
    ssize_t length;
    do
        length = read(fileno(file), bytes, room);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        r->status = gp_fail(r->error, gp_status_of(errno, GP_ERROR_INPUT), "%.200s: line %zu: %s",
                            r->path, r->line + 1, strerror(errno));
    return length > 0 ? (size_t)length : 0;
}

/* Parses them, a line at a time: messages say which. */
static void parse(gp_reader *r, struct csv_parser *parser, const char *bytes, size_t count) {
    for (size_t at = 0, end; at < count && r->status == GP_OK; at = end) {
        const char *newline = memchr(bytes + at, '\n', count - at);
        end = newline ? (size_t)(newline + 1 - bytes) : count;
        r->line += !r->within;
        r->within = !newline;
        r->unfinished += end - at;
        csv_set_blk_size(parser, r->unfinished); /* fields grow by as much as they are long */
        if (r->unfinished > LONGEST_ROW)
            refuse(r, GP_ERROR_INPUT, "a row takes more than 256 MiB: is it a CSV file?");
        else if (csv_parse(parser, bytes + at, end - at, on_field, on_row, r) != end - at)
            refuse_csv(r, csv_error(parser));
    }
}

static void read_lines(gp_reader *r, struct csv_parser *parser, FILE *file) {
    static const char MARK[] = "\xEF\xBB\xBF"; /* of byte order: no part of the first name */
    char bytes[1 << 16];
    size_t first = 0, count;
    do /* enough to see it */
        first += count = read_some(r, file, bytes + first, sizeof bytes - first);
    while (count > 0 && first < 3);
    size_t mark = first >= 3 && memcmp(bytes, MARK, 3) == 0 ? 3 : 0;
    parse(r, parser, bytes + mark, first - mark);
    while (r->status == GP_OK && (count = read_some(r, file, bytes, sizeof bytes)) > 0)
        parse(r, parser, bytes, count);
    if (r->status == GP_OK && csv_fini(parser, on_field, on_row, r) != 0)
        refuse_csv(r, csv_error(parser));
    if (r->status == GP_OK && r->in_header)
        r->status =
            gp_fail(r->error, GP_ERROR_INPUT,
                    "%.200s: is empty: give a header line and a row for each example", r->path);
}

gp_status gp_rows_read_csv(const char *path, const gp_rows *rows, gp_error *error) {
    if (!path || !rows || !rows->header || !rows->row)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_rows_read_csv: NULL argument");
    FILE *file;
    gp_status status = gp_input_open(path, &file, error);
    if (status != GP_OK)
        return status;
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

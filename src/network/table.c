/* Tables of examples, from CSV files through libcsv. */
#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/function.h"
#include "network/table.h"
#include "probe/random.h"

/* A file being read. */
typedef struct gp_reader {
    gp_table *table;
    const char *path;
    gp_error *error;
    gp_status status;
    size_t line;     /* of the file, from 1 */
    size_t column;   /* of the next field */
    size_t capacity; /* of table->cell, in rows */
    int in_header;
} gp_reader;

static void refuse(gp_reader *r, gp_status status, const char *what, const char *detail) {
    if (r->status == GP_OK)
        r->status =
            gp_fail(r->error, status, "%.200s: line %zu: %s%.80s", r->path, r->line, what, detail);
}

static void header_field(gp_reader *r, const char *text) {
    gp_table *t = r->table;
    for (size_t k = 0; k < t->columns; k++)
        if (strcmp(t->name[k], text) == 0) {
            refuse(r, GP_ERROR_INPUT, "two columns have the name ", text);
            return;
        }
    char **name = realloc(t->name, (t->columns + 1) * sizeof *name);
    if (name)
        t->name = name;
    if (!name || !(name[t->columns] = gp_copy_string(text))) {
        refuse(r, GP_ERROR_MEMORY, "out of memory", "");
        return;
    }
    t->columns++;
}

static void on_field(void *field, size_t length, void *user) {
    gp_reader *r = user;
    gp_table *t = r->table;
    char what[200];
    (void)length; /* CSV_APPEND_NULL ends the field */
    if (r->status != GP_OK)
        return;
    const char *text = field ? field : "";
    if (r->in_header) {
        header_field(r, text);
        return;
    }
    size_t k = r->column++;
    if (k >= t->columns)
        return; /* counted: the end of the row says how many */
    if (t->rows == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 256;
        double *cell = realloc(t->cell, capacity * t->columns * sizeof *cell);
        if (!cell) {
            refuse(r, GP_ERROR_MEMORY, "out of memory", "");
            return;
        }
        t->cell = cell;
        r->capacity = capacity;
    }
    char *end;
    double v = strtod(text, &end);
    int empty = end == text;
    while (isspace((unsigned char)*end))
        end++;
    if (empty || *end || !isfinite(v)) {
        snprintf(what, sizeof what, "column %.60s needs a finite number, not '%.40s'", t->name[k],
                 text);
        refuse(r, GP_ERROR_INPUT, what, "");
        return;
    }
    t->cell[t->rows * t->columns + k] = v;
}

static void on_row(int terminator, void *user) {
    gp_reader *r = user;
    (void)terminator;
    if (r->status != GP_OK)
        return;
    if (r->in_header) {
        r->in_header = 0;
    } else if (r->column != r->table->columns) {
        char what[128];
        snprintf(what, sizeof what, "has %zu field%s, but the header has %zu", r->column,
                 r->column == 1 ? "" : "s", r->table->columns);
        refuse(r, GP_ERROR_INPUT, what, "");
    } else {
        r->table->rows++;
    }
    r->column = 0;
}

gp_status gp_table_read_csv(const char *path, gp_table **table, gp_error *error) {
    if (!path || !table)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_table_read_csv: NULL argument");
    FILE *file = fopen(path, "rb");
    if (!file)
        return gp_fail(error, GP_ERROR_INPUT, "%.200s: %s", path, strerror(errno));
    struct csv_parser parser;
    gp_reader r = {.path = path, .error = error, .in_header = 1};
    r.table = calloc(1, sizeof *r.table);
    int ready = r.table && csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0;
    if (!ready)
        r.status = gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);

    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    errno = 0;
    while (r.status == GP_OK && (length = getline(&line, &size, file)) > 0) {
        r.line++;
        const char *start = line;
        if (r.line == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            start += 3; /* a byte order mark is no part of the first name */
            length -= 3;
        }
        if (csv_parse(&parser, start, (size_t)length, on_field, on_row, &r) != (size_t)length)
            refuse(&r, csv_error(&parser) == CSV_EPARSE ? GP_ERROR_INPUT : GP_ERROR_MEMORY,
                   csv_strerror(csv_error(&parser)), "");
    }
    if (r.status == GP_OK && ferror(file))
        r.status = gp_fail(error, GP_ERROR_INPUT, "%.200s: %s", path,
                           errno ? strerror(errno) : "can't be read");
    if (r.status == GP_OK && csv_fini(&parser, on_field, on_row, &r) != 0)
        refuse(&r, GP_ERROR_INPUT, "a quoted field is not closed", "");
    if (r.status == GP_OK && (r.table->columns == 0 || r.table->rows == 0))
        r.status = gp_fail(error, GP_ERROR_INPUT,
                           "%.200s: %s: give a header line and a row for each example", path,
                           r.table->columns ? "has no rows below its header" : "is empty");
    free(line);
    fclose(file);
    if (ready)
        csv_free(&parser);
    if (r.status != GP_OK) {
        gp_table_destroy(r.table);
        return r.status;
    }
    *table = r.table;
    return GP_OK;
}

void gp_table_destroy(gp_table *t) {
    if (!t)
        return;
    for (size_t k = 0; k < t->columns; k++)
        free(t->name[k]);
    free(t->name);
    free(t->cell);
    free(t);
}

size_t gp_table_rows(const gp_table *t) {
    return t->rows;
}

size_t gp_table_columns(const gp_table *t) {
    return t->columns;
}

const char *gp_table_column_name(const gp_table *t, size_t column) {
    return column < t->columns ? t->name[column] : NULL;
}

double gp_table_cell(const gp_table *t, size_t row, size_t column) {
    return row < t->rows && column < t->columns ? t->cell[row * t->columns + column] : NAN;
}

/* Row numbers in an order for learning: each class shuffled (Fisher & Yates), the rarer one then
 * dealt out evenly over the table, so that every batch sees its share. */
static size_t *deal(const gp_table *t, size_t label, uint64_t seed) {
    size_t *order = malloc(2 * t->rows * sizeof *order);
    if (!order)
        return NULL;
    size_t *pool = order + t->rows;
    size_t ones = 0, front = 0, back = t->rows;
    for (size_t r = 0; r < t->rows; r++)
        if (gp_table_cell(t, r, label) == 1) {
            pool[front++] = r;
            ones++;
        } else {
            pool[--back] = r;
        }
    const struct { size_t start, count; } classes[2] = {{0, ones}, {ones, t->rows - ones}};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = classes[k].count; i > 1; i--) {
            size_t j = gp_random_bits(seed, GP_STREAM_SHUFFLE, k, i) % i;
            size_t swap = pool[classes[k].start + i - 1];
            pool[classes[k].start + i - 1] = pool[classes[k].start + j];
            pool[classes[k].start + j] = swap;
        }
    size_t rare = ones * 2 <= t->rows ? 0 : 1, dealt = 0, common = 0;
    for (size_t r = 0; r < t->rows; r++) {
        /* the rare class has its turn each time (r + 1/2) rare / rows passes a half-integer */
        size_t due =
            (size_t)(((double)r + 1) * (double)classes[rare].count / (double)t->rows + 0.5);
        int rare_turn =
            dealt < classes[rare].count && (dealt < due || common == classes[1 - rare].count);
        order[r] = rare_turn ? pool[classes[rare].start + dealt++]
                             : pool[classes[1 - rare].start + common++];
    }
    return order;
}

gp_status gp_table_examples(const gp_table *t, const char *label, uint64_t seed, double **X,
                            double **labels, gp_error *error) {
    if (!t || !label || !X || !labels)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_table_examples: NULL argument");
    size_t at = 0;
    while (at < t->columns && strcmp(t->name[at], label) != 0)
        at++;
    if (at == t->columns)
        return gp_fail(
            error, GP_ERROR_INPUT,
            "no column is called '%.80s': the label must be one of %zu columns, %.60s to "
            "%.60s",
            label, t->columns, t->name[0], t->name[t->columns - 1]);
    if (t->columns == 1)
        return gp_fail(error, GP_ERROR_INPUT, "no column but the label '%.80s': there is no input",
                       label);
    for (size_t r = 0; r < t->rows; r++) {
        double y = gp_table_cell(t, r, at);
        if (y != 0 && y != 1)
            return gp_fail(error, GP_ERROR_INPUT,
                           "label column %.80s is %g in row %zu (not counting the header): labels "
                           "must be 0 or 1",
                           label, y, r + 1);
    }
    size_t inputs = t->columns - 1;
    double *x = malloc(t->rows * inputs * sizeof *x), *y = malloc(t->rows * sizeof *y);
    size_t *order = deal(t, at, seed);
    if (!x || !y || !order) {
        free(x);
        free(y);
        free(order);
        return gp_fail(error, GP_ERROR_MEMORY, "out of memory for %zu examples", t->rows);
    }
    for (size_t r = 0; r < t->rows; r++)
        y[r] = gp_table_cell(t, order[r], at);
    for (size_t k = 0, to = 0; k < t->columns; k++) {
        if (k == at)
            continue;
        double mean = 0, variance = 0, rows = (double)t->rows;
        for (size_t r = 0; r < t->rows; r++)
            mean += gp_table_cell(t, r, k) / rows;
        for (size_t r = 0; r < t->rows; r++) {
            double off = gp_table_cell(t, r, k) - mean;
            variance += off * off / rows;
        }
        /* A column that is constant but for rounding carries nothing. */
        int constant = !(sqrt(variance) > 1e-12 * fabs(mean)) || isinf(variance);
        for (size_t r = 0; r < t->rows; r++)
            x[r * inputs + to] =
                constant ? 0 : (gp_table_cell(t, order[r], k) - mean) / sqrt(variance);
        to++;
    }
    free(order);
    *X = x;
    *labels = y;
    return GP_OK;
}

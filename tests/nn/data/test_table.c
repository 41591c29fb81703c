#include <unistd.h>

#include "gradproof/train.h"
#include "system/random.h"
#include "testing.h"

/* Writes text to a new file and reads it as CSV. */
static gp_status read_text(const char *text, size_t length, gp_table **table, gp_error *error) {
    char path[] = "/tmp/gradproof-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, length), (ssize_t)length);
    close(file);
    gp_status status = gp_table_read_csv(path, table, error);
    unlink(path);
    return status;
}

static void plain_and_quoted_fields(void **state) {
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "a,\"b \"\"x\"\"\",\"c,d\"\r\n1,\"-2.5\", 3e2 \r\n\r\n4,5,6";
    gp_table *t;
    gp_error error;
    assert_int_equal(read_text(text, sizeof text - 1, &t, &error), GP_OK);
    assert_int_equal(gp_table_rows(t), 2);
    assert_int_equal(gp_table_columns(t), 3);
    assert_string_equal(gp_table_column_name(t, 0), "a");
    assert_string_equal(gp_table_column_name(t, 1), "b \"x\"");
    assert_string_equal(gp_table_column_name(t, 2), "c,d");
    assert_near(gp_table_cell(t, 0, 1), -2.5, 0);
    assert_near(gp_table_cell(t, 0, 2), 300, 0);
    assert_near(gp_table_cell(t, 1, 2), 6, 0);
    assert_true(isnan(gp_table_cell(t, 2, 0)));
    assert_null(gp_table_column_name(t, 3));
    gp_table_destroy(t);
}

static void bad_files_are_named_by_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {{"", "is empty"},
                 {"a,b\n", "no rows below its header"},
                 {"a,b\n1,2\n3,x\n", "line 3: column b needs a finite number, not 'x'"},
                 {"a,b\n1,\n", "line 2: column b needs a finite number, not ''"},
                 {"a,b\n1,nan\n", "line 2: column b needs a finite number"},
                 {"a,b\n1,1e999\n", "line 2: column b needs a finite number"},
                 {"a,b\n1,2\n3\n", "line 3: has 1 field, but the header has 2"},
                 {"a,b\n1,2,3\n", "line 2: has 3 fields, but the header has 2"},
                 {"a,a\n1,2\n", "line 1: two columns have the name a"},
                 {"a,b\n1,\"2\n", "quoted field is not closed"},
                 {"a,b\n1,\"2\"3\n", "line 2:"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_table *t = NULL;
        gp_error error = {""};
        assert_int_equal(read_text(cases[k].text, strlen(cases[k].text), &t, &error),
                         GP_ERROR_INPUT);
        if (!strstr(error.message, cases[k].words) || strchr(error.message, '\n'))
            fail_msg("'%s' lacks '%s'", error.message, cases[k].words);
    }
}

static void a_missing_file_says_so(void **state) {
    (void)state;
    gp_table *t;
    gp_error error;
    assert_int_equal(gp_table_read_csv("/nowhere/at.csv", &t, &error), GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, "/nowhere/at.csv: No such file"));
}

static void columns_are_standardised_and_classes_dealt(void **state) {
    (void)state;
    gp_table *t;
    double *X, *y;
    enum { ROWS = 1000, BATCH = 100 };
    assert_int_equal(gp_table_generate(ROWS, 3, &t, NULL), GP_OK);
    size_t inputs = gp_table_columns(t) - 1;
    assert_int_equal(gp_table_examples(t, "fraud", 4, &X, &y, NULL), GP_OK);
    for (size_t k = 0; k < inputs; k++) {
        double mean = 0, variance = 0;
        for (size_t r = 0; r < ROWS; r++)
            mean += X[r * inputs + k] / ROWS;
        for (size_t r = 0; r < ROWS; r++)
            variance += X[r * inputs + k] * X[r * inputs + k] / ROWS;
        assert_near(mean, 0, 1e-12);
        assert_near(variance, 1, 1e-10);
    }
    /* 20 of 1000 are fraud: every batch of 100 has two, give or take one */
    for (size_t b = 0; b < ROWS / BATCH; b++) {
        double frauds = 0;
        for (size_t r = b * BATCH; r < (b + 1) * BATCH; r++)
            frauds += y[r];
        assert_true(frauds >= 1 && frauds <= 3);
    }
    free(X);
    free(y);
    gp_table_destroy(t);
}

static void labels_must_be_there_and_binary(void **state) {
    (void)state;
    gp_table *t;
    gp_error error;
    double *X, *y;
    static const char text[] = "a,b\n1,0\n2,2\n";
    assert_int_equal(read_text(text, sizeof text - 1, &t, &error), GP_OK);
    assert_int_equal(gp_table_examples(t, "z", 0, &X, &y, &error), GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, "no column is called 'z'"));
    assert_int_equal(gp_table_examples(t, "b", 0, &X, &y, &error), GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, "is 2 in row 2"));
    gp_table_destroy(t);
}

/* Real transactions where they are at hand, made-up ones elsewhere. */
static void transactions_are_read_whole(void **state) {
    (void)state;
    FILE *file = fopen(GP_TRANSACTIONS, "r");
    gp_table *t;
    if (file) {
        double frauds = 0;
        fclose(file);
        assert_int_equal(gp_table_read_csv(GP_TRANSACTIONS, &t, NULL), GP_OK);
        assert_int_equal(gp_table_rows(t), 9998);
        assert_int_equal(gp_table_columns(t), 31);
        for (size_t r = 0; r < 9998; r++)
            frauds += gp_table_cell(t, r, 30);
        assert_near(frauds, 38, 0);
        assert_near(gp_table_cell(t, 0, 29), 149.62, 0);
    } else {
        assert_int_equal(gp_table_generate(9998, 1, &t, NULL), GP_OK);
        assert_int_equal(gp_table_rows(t), 9998);
    }
    gp_table_destroy(t);
}

/* What a plain reading makes of a table without quotes: rows, or -1 where it must be refused. */
static long rows_of(char *text) {
    enum { MOST = 64 };
    static char names[MOST][256];
    long rows = -1, columns = 0; /* -1: no header yet */
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (line[strspn(line, " \t")] == '\0') /* blank */
            continue;
        long fields = 0;
        for (char *field = line, *comma; field; field = comma) {
            comma = strchr(field, ',');
            if (comma)
                *comma++ = '\0';
            field += strspn(field, " \t");
            for (size_t end = strlen(field); end > 0 && strchr(" \t", field[end - 1]); end--)
                field[end - 1] = '\0';
            if (rows < 0) {
                for (char *c = field; *c; c++)
                    *c = *c > 0 && *c < 32 ? '?' : *c == 127 ? '?' : *c;
                for (long k = 0; k < fields; k++)
                    if (strcmp(names[k], field) == 0)
                        return -1;
                assert_true(fields < MOST);
                snprintf(names[fields], sizeof *names, "%s", field);
            } else {
                char *end;
                double v = strtod(field, &end);
                end += strspn(end, "\v\f");
                if (end == field || *end || !isfinite(v))
                    return -1;
            }
            fields++;
        }
        if (rows < 0)
            columns = fields;
        else if (fields != columns)
            return -1;
        rows++;
    }
    return rows > 0 ? rows : -1;
}

static void damage_is_refused_or_leaves_a_table(void **state) {
    (void)state;
    enum { TIMES = 10000, MOST = 4096 };
    char whole[MOST], bytes[MOST + 8], copy[MOST + 8];
    size_t size = 0, refused = 0, compared = 0;
    for (int k = 0; k < 6; k++)
        size += (size_t)snprintf(whole + size, MOST - size, "%scolumn %d", k ? "," : "", k);
    for (int r = 0; r < 30; r++)
        for (int k = 0; k < 6; k++)
            size +=
                (size_t)snprintf(whole + size, MOST - size, "%s%.4g", k ? "," : "\n",
                                 gp_random_normal(2, GP_STREAM_GENERATE, (uint64_t)r, (uint64_t)k));
    for (uint64_t k = 0; k < TIMES; k++) {
        size_t at = gp_random_bits(9, GP_STREAM_GENERATE, 1, k) % size, end = size;
        memcpy(bytes, whole, size);
        switch (k % 4) {
        case 0: /* a bit */
            bytes[at] = (char)(bytes[at] ^ (1 << (k / 4 % 8)));
            break;
        case 1: /* what a table is made of, elsewhere */
            bytes[at] = ",\n\"\r eE-+.0\t"[k / 4 % 13];
            break;
        case 2: /* cut off */
            end = at;
            break;
        default: /* a run of anything, hostile headers among it */
            for (size_t i = k % 8 == 3 ? at % 40 : at; i < size && i < at + 9; i++)
                bytes[i] = (char)gp_random_bits(9, GP_STREAM_GENERATE, 2 + k, i);
        }
        gp_table *t = NULL;
        gp_error error = {""};
        gp_status status = read_text(bytes, end, &t, &error);
        memcpy(copy, bytes, end);
        copy[end] = '\0';
        if (status == GP_OK) {
            for (size_t i = 0; i < gp_table_rows(t) * gp_table_columns(t); i++)
                assert_true(
                    isfinite(gp_table_cell(t, i / gp_table_columns(t), i % gp_table_columns(t))));
        } else {
            refused++;
            assert_int_equal(status, GP_ERROR_INPUT);
            assert_true(error.message[0] && !strchr(error.message, '\n'));
        }
        if (!memchr(bytes, '"', end) && !memchr(bytes, '\r', end) && !memchr(bytes, '\0', end)) {
            long rows = rows_of(copy);
            compared++;
            if ((rows > 0) != (status == GP_OK) || (rows > 0 && rows != (long)gp_table_rows(t)))
                fail_msg("case %llu: %ld rows, or refused? '%s'", (unsigned long long)k, rows,
                         error.message);
        }
        if (memchr(bytes, '\0', end))
            assert_int_equal(status, GP_ERROR_INPUT);
        if (status == GP_OK)
            gp_table_destroy(t);
    }
    assert_true(refused > TIMES / 4 && compared > TIMES / 2);
}

/* Comparing each name with each takes minutes here. */
static void many_columns(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    const int slow = 1; /* each realloc copies */
#else
    const int slow = getenv("GP_SLOW") != NULL; /* under valgrind */
#endif
    const int columns = slow ? 12500 : 200000;
    char *text = malloc((size_t)columns * 16);
    size_t used = 0;
    gp_table *t;
    gp_error error = {""};
    assert_non_null(text);
    for (int k = 0; k < columns; k++)
        used += (size_t)sprintf(text + used, "%sname %d", k ? "," : "", k);
    used += (size_t)sprintf(text + used, "\n");
    for (int k = 0; k < columns; k++)
        used += (size_t)sprintf(text + used, k ? ",1" : "1");
    alarm(100); /* ends the test */
    assert_int_equal(read_text(text, used, &t, &error), GP_OK);
    assert_int_equal(gp_table_columns(t), columns);
    gp_table_destroy(t);
    memcpy(strstr(text, "name 12345,"), "name 11777", 10);
    assert_int_equal(read_text(text, used, &t, &error), GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, "two columns have the name name 11777"));
    alarm(0);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_and_quoted_fields),
                                       cmocka_unit_test(bad_files_are_named_by_line),
                                       cmocka_unit_test(a_missing_file_says_so),
                                       cmocka_unit_test(columns_are_standardised_and_classes_dealt),
                                       cmocka_unit_test(labels_must_be_there_and_binary),
                                       cmocka_unit_test(transactions_are_read_whole),
                                       cmocka_unit_test(damage_is_refused_or_leaves_a_table),
                                       cmocka_unit_test(many_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <unistd.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_and_quoted_fields),
                                       cmocka_unit_test(bad_files_are_named_by_line),
                                       cmocka_unit_test(a_missing_file_says_so),
                                       cmocka_unit_test(columns_are_standardised_and_classes_dealt),
                                       cmocka_unit_test(labels_must_be_there_and_binary),
                                       cmocka_unit_test(transactions_are_read_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

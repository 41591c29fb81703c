/* Tables: any bytes as a CSV file, read as a whole and row by row. */
#include <math.h>

#include "fuzz/fuzz.h"
#include "gradproof/train.h"

static gp_status every_second_column(void *user, size_t columns, const char *const *names,
                                     unsigned char *wanted, gp_error *error) {
    (void)user;
    (void)error;
    for (size_t k = 0; k < columns; k++) {
        REQUIRE(names[k] != NULL);
        wanted[k] = k % 2;
    }
    return GP_OK;
}

static gp_status count_row(void *user, size_t line, const double *cell, const char *wrong,
                           gp_error *error) {
    (void)error;
    (void)cell;
    REQUIRE(line > 0 && (!wrong || fuzz_is_line(wrong)));
    ++*(size_t *)user;
    return GP_OK;
}

/* Finite numbers all over, whatever it was that could be read. */
static void look_at(const gp_table *table) {
    size_t rows = gp_table_rows(table), columns = gp_table_columns(table);
    double *X, *labels;
    gp_error error = {""};
    REQUIRE(rows > 0 && columns > 0);
    for (size_t k = 0; k < columns; k++)
        for (size_t r = 0; r < rows; r++)
            REQUIRE(isfinite(gp_table_cell(table, r, k)));
    REQUIRE(gp_table_column_name(table, columns) == NULL);
    if (gp_table_examples(table, gp_table_column_name(table, columns - 1), 1, &X, &labels,
                          &error) != GP_OK) {
        REQUIRE(fuzz_is_line(error.message));
        return;
    }
    for (size_t i = 0; i < rows * (columns - 1); i++)
        REQUIRE(isfinite(X[i]));
    free(X);
    free(labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gp_table *table = NULL;
    gp_error error = {""};
    size_t seen = 0;
    gp_rows rows = {&seen, every_second_column, count_row};
    if (size > 4096)
        return 0;
    const char *path = fuzz_file(data, size);
    gp_status whole = gp_table_read_csv(path, &table, &error);
    if (whole == GP_OK)
        look_at(table);
    else
        REQUIRE(fuzz_is_line(error.message));
    gp_status by_row = gp_rows_read_csv(path, &rows, &error);
    REQUIRE(whole != GP_OK || (by_row == GP_OK && seen == gp_table_rows(table)));
    gp_table_destroy(table);
    return 0;
}

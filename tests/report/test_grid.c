/* Blocks as pictures: which cell an entry is in is worked out from its index here, and what a cell
 * says from the entries themselves. */
#include "function/function.h"
#include "report/grid.h"
#include "testing.h"

enum { MOST = 256 };

/* A report on a block, with an entry's status and error by its number. */
static gp_report *make(size_t dimensions, const size_t *shape, size_t every) {
    gp_function *f;
    gp_report *r;
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_show_block(f, "W", dimensions, shape), GP_OK);
    assert_int_equal(gp_report_create(f, "f", 0, &r), GP_OK);
    gp_function_destroy(f);
    for (size_t i = 0; i < r->n; i += every) {
        gp_entry e = {.status = i % 7 == 3 ? GP_ENTRY_REFUTED : GP_ENTRY_VERIFIED,
                      .analytic = 1 + 1e-6 * (double)(i * 31 % 101),
                      .numeric = 1,
                      .bound = 1e-9};
        assert_int_equal(gp_findings_put(r, GP_FROM_GIVEN_POINT, i, &e), GP_OK);
    }
    return r;
}

/* The cell of entry i by the grid's own description of itself. */
static size_t cell_of(const gp_grid *g, size_t columns, size_t i) {
    if (g->row_step == 0)
        return i / g->column_step;
    return i / columns / g->row_step * g->columns + i % columns / g->column_step;
}

static void look_at(size_t dimensions, const size_t *shape, size_t every) {
    static gp_cell cells[MOST];
    static size_t entries[MOST], refuted[MOST];
    static double error[MOST];
    gp_report *r = make(dimensions, shape, every);
    const gp_block_result *block = &r->block[0].result;
    gp_grid g = {.cell = cells, .most = MOST};
    size_t rows = dimensions > 1 ? shape[0] : 1, columns = block->entries / rows;
    memset(entries, 0, sizeof entries);
    memset(refuted, 0, sizeof refuted);
    memset(error, 0, sizeof error);
    gp_grid_fill(r, block, &g);
    assert_true(g.rows * g.columns <= MOST);
    if (rows > 1 && columns > 1) {
        assert_true(g.row_step > 0);
        assert_true(g.rows * g.row_step >= rows && (g.rows - 1) * g.row_step < rows);
        assert_true(g.columns * g.column_step >= columns);
        assert_true((g.columns - 1) * g.column_step < columns);
    } else {
        assert_int_equal(g.row_step, 0);
    }
    for (size_t i = 0; i < r->n; i += every) {
        size_t c = cell_of(&g, columns, i);
        const gp_entry *e = gp_report_at(r, i);
        double off = fabs(e->analytic - 1) / e->analytic;
        assert_true(c < g.rows * g.columns);
        int wrong = e->status == GP_ENTRY_REFUTED;
        if (wrong && refuted[c] == 0)
            error[c] = 0; /* what is refuted comes before what isn't */
        if (wrong || refuted[c] == 0)
            error[c] = fmax(error[c], off);
        entries[c]++;
        refuted[c] += (size_t)wrong;
    }
    for (size_t c = 0; c < g.rows * g.columns; c++) {
        assert_int_equal(g.cell[c].entries, entries[c]);
        assert_int_equal(g.cell[c].refuted, refuted[c]);
        if (entries[c])
            assert_near(gp_entry_error(gp_report_at(r, g.cell[c].worst)), error[c], 1e-15);
    }
    gp_report_destroy(r);
}

static void every_entry_is_in_its_cell(void **state) {
    (void)state;
    static const size_t SHAPES[][4] = {{1, 1},    {1, 200},   {200, 1},     {1, 5000},   {5000, 1},
                                       {5, 3},    {16, 16},   {17, 16},     {16, 17},    {3, 1000},
                                       {1000, 3}, {300, 200}, {1000, 1000}, {2, 3, 5, 7}};
    for (size_t k = 0; k < sizeof SHAPES / sizeof *SHAPES; k++)
        look_at(SHAPES[k][2] ? 4 : 2, SHAPES[k], SHAPES[k][0] * SHAPES[k][1] > 10000 ? 37 : 1);
    look_at(1, (const size_t[]){77}, 1);
    look_at(1, (const size_t[]){10000000}, 99991);
    look_at(0, NULL, 1);
}

/* Small blocks are shown entry by entry. */
static void small_blocks_are_whole(void **state) {
    (void)state;
    static gp_cell cells[MOST];
    gp_grid g = {.cell = cells, .most = MOST};
    gp_report *r = make(2, (const size_t[]){8, 30}, 1);
    gp_grid_fill(r, &r->block[0].result, &g);
    assert_int_equal(g.rows, 8);
    assert_int_equal(g.columns, 30);
    assert_int_equal(g.row_step, 1);
    assert_int_equal(g.column_step, 1);
    gp_report_destroy(r);
}

/* Entries of a sparse Jacobian are where they are in the matrix. */
static void sparse_entries_are_in_their_places(void **state) {
    (void)state;
    static gp_cell cells[MOST];
    static size_t row[] = {0, 3, 9, 9}, column[] = {2, 0, 1, 7};
    gp_grid g = {.cell = cells, .most = MOST};
    gp_report *r = make(1, (const size_t[]){4}, 1);
    gp_block_result block = r->block[0].result;
    block.row = row;
    block.column = column;
    gp_grid_fill(r, &block, &g);
    assert_int_equal(g.rows, 10);
    assert_int_equal(g.columns, 8);
    for (size_t c = 0; c < g.rows * g.columns; c++) {
        size_t expected = 4;
        for (size_t k = 0; k < 4; k++)
            expected = c == row[k] * 8 + column[k] ? k : expected;
        assert_int_equal(g.cell[c].entries, expected < 4);
        if (expected < 4)
            assert_int_equal(g.cell[c].worst, expected);
    }
    gp_report_destroy(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_entry_is_in_its_cell),
                                       cmocka_unit_test(small_blocks_are_whole),
                                       cmocka_unit_test(sparse_entries_are_in_their_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

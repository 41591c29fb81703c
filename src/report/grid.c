/* See grid.h. */
#include "report/grid.h"

#include <math.h>
#include <string.h>

enum { WRAPPED = 64 }; /* cells in a row of a vector */

double gp_entry_error(const gp_entry *e) {
    if (isnan(e->numeric))
        return NAN;
    if (!isfinite(e->analytic))
        return INFINITY;
    double size = fmax(fabs(e->analytic), fabs(e->numeric)) + e->floor;
    double off = fabs(e->analytic - e->numeric);
    return off > 0 ? off / size : 0;
}

int gp_entry_is_worse(const gp_entry *one, const gp_entry *other) {
    static const int RANK[GP_ENTRY_STATUSES] = {
        [GP_ENTRY_UNEXERCISED] = 1, [GP_ENTRY_VERIFIED] = 2, [GP_ENTRY_KINK] = 2,
        [GP_ENTRY_UNRESOLVED] = 3,  [GP_ENTRY_REFUTED] = 4,
    };
    int difference = RANK[one->status] - RANK[other->status];
    double error = gp_entry_error(one), others = gp_entry_error(other);
    return difference ? difference > 0 : error > others || (isnan(others) && !isnan(error));
}

static size_t divide_up(size_t n, size_t by) {
    return n / by + (n % by > 0);
}

/* How many of n fit into `room` cells, each of the same number. */
static size_t step_for(size_t n, size_t room) {
    return n > room ? divide_up(n, room) : 1;
}

static void measure(const gp_block_result *block, size_t *rows, size_t *columns) {
    *rows = block->dimensions > 1 ? block->shape[0] : 1;
    *columns = *rows ? block->entries / *rows : 0;
    for (size_t k = 0; block->row && k < block->entries; k++) {
        *rows = k == 0 || block->row[k] >= *rows ? block->row[k] + 1 : *rows;
        *columns = k == 0 || block->column[k] >= *columns ? block->column[k] + 1 : *columns;
    }
}

static void lay_out(gp_grid *g, size_t rows, size_t columns) {
    if (rows <= 1 || columns <= 1) {
        size_t n = rows > columns ? rows : columns;
        g->row_step = 0;
        g->column_step = step_for(n, g->most - g->most % WRAPPED);
        size_t cells = divide_up(n, g->column_step);
        g->columns = cells < WRAPPED ? cells : WRAPPED;
        g->rows = g->columns ? divide_up(cells, g->columns) : 0;
        return;
    }
    double scale = sqrt((double)g->most / ((double)rows * (double)columns));
    g->row_step = g->column_step = 1;
    if (scale < 1) { /* cells are as square as the shape allows */
        double high = fmax(1, floor((double)rows * scale));
        g->row_step = step_for(rows, (size_t)high);
        g->rows = divide_up(rows, g->row_step);
        g->column_step = step_for(columns, g->most / g->rows);
    }
    g->rows = divide_up(rows, g->row_step);
    g->columns = divide_up(columns, g->column_step);
}

void gp_grid_fill(const gp_report *r, const gp_block_result *block, gp_grid *g) {
    size_t rows, columns, end = block->offset + block->entries;
    measure(block, &rows, &columns);
    lay_out(g, rows, columns);
    memset(g->cell, 0, g->most * sizeof *g->cell);
    for (size_t at = gp_report_next(r, block->offset); at < end; at = gp_report_next(r, at + 1)) {
        const gp_entry *e = gp_report_at(r, at);
        size_t i = at - block->offset, cell = i / g->column_step;
        if (e->status == GP_ENTRY_UNCHECKED)
            continue;
        if (g->row_step) {
            size_t row = block->row ? block->row[i] : i / columns;
            size_t column = block->row ? block->column[i] : i % columns;
            cell = row / g->row_step * g->columns + column / g->column_step;
        } else if (block->row) {
            cell = (block->row[i] + block->column[i]) / g->column_step; /* one of them is 0 */
        }
        gp_cell *c = &g->cell[cell];
        if (c->entries == 0 || gp_entry_is_worse(e, gp_report_at(r, block->offset + c->worst)))
            c->worst = i;
        c->entries++;
        c->refuted += e->status == GP_ENTRY_REFUTED;
    }
}

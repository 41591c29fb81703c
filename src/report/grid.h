/* A block as a picture: its entries in cells of a grid of limited size. */
#ifndef GP_REPORT_GRID_H
#define GP_REPORT_GRID_H

#include "judge/findings.h"

/* |a - d| / (max(|a|, |d|) + floor); infinite where a isn't finite, NaN where there is no
 * estimate. */
double gp_entry_error(const gp_entry *entry);

/* Of two entries, has the first more to say? Refuted before open before decided, then by error. */
int gp_entry_is_worse(const gp_entry *one, const gp_entry *other);

typedef struct gp_cell {
    size_t worst;            /* the entry that it shows, in the block */
    size_t entries, refuted; /* that were looked at */
} gp_cell;

/* Matrices keep their rows and columns (further dimensions count as columns), `row_step` by
 * `column_step` entries a cell. Vectors are wrapped: `column_step` entries in turn a cell, and
 * row_step is 0. */
typedef struct gp_grid {
    size_t rows, columns; /* of cells */
    size_t row_step, column_step;
    gp_cell *cell; /* rows x columns, room for `most` */
    size_t most;
} gp_grid;

/* Fills in a grid, whose cells the caller has made room for, from a block's entries. */
void gp_grid_fill(const gp_report *report, const gp_block_result *block, gp_grid *grid);

#endif

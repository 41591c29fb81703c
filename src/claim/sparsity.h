/* The pattern of a sparse Jacobian, by columns, and groups of columns that share no row. */
#ifndef GP_SPARSITY_H
#define GP_SPARSITY_H

#include "function/function.h"

typedef struct gp_sparsity {
    size_t columns;
    size_t *start;       /* columns + 1: where each column's entries are in row and entry */
    size_t *row, *entry; /* of each, rows ascending; entry: its number as it was given */
    size_t groups;
    size_t *group_start; /* groups + 1 */
    size_t *member;      /* columns, group by group */
} gp_sparsity;

/* nonzeros entries (row, column). together == 0: every column is a group of its own.
 * GP_ERROR_ARGUMENT if an entry is there twice. */
gp_status gp_sparsity_create(size_t rows, size_t columns, size_t nonzeros, const size_t *row,
                             const size_t *column, int together, gp_sparsity *pattern);
void gp_sparsity_free(gp_sparsity *pattern);

/* The number of the entry at (row, column) as it was given; SIZE_MAX if the pattern has none there.
 */
size_t gp_sparsity_find(const gp_sparsity *pattern, size_t row, size_t column);

#endif

/* See sparsity.h. Groups: each column goes to the first group with none of its rows (Curtis, Powell
 * & Reid 1974). */
#include "claim/sparsity.h"

#include <stdlib.h>
#include <string.h>

void gp_sparsity_free(gp_sparsity *p) {
    free(p->start);
    free(p->row);
    free(p->entry);
    free(p->group_start);
    free(p->member);
    memset(p, 0, sizeof *p);
}

/* Entries sorted by column, then by row. */
static gp_status sort_entries(size_t nonzeros, const size_t *row, const size_t *column,
                              gp_sparsity *p) {
    for (size_t k = 0; k < nonzeros; k++)
        p->start[column[k] + 1]++;
    for (size_t i = 0; i < p->columns; i++)
        p->start[i + 1] += p->start[i];
    size_t *used = calloc(p->columns, sizeof *used);
    if (!used)
        return GP_ERROR_MEMORY;
    for (size_t k = 0; k < nonzeros; k++) {
        size_t first = p->start[column[k]], at = first + used[column[k]]++;
        while (at > first && p->row[at - 1] > row[k]) {
            p->row[at] = p->row[at - 1];
            p->entry[at] = p->entry[at - 1];
            at--;
        }
        p->row[at] = row[k];
        p->entry[at] = k;
        if (at > first && p->row[at - 1] == row[k]) {
            free(used);
            return GP_ERROR_ARGUMENT;
        }
    }
    free(used);
    return GP_OK;
}

/* Puts every column into the first group that has none of its rows. */
static gp_status group_columns(size_t rows, gp_sparsity *p) {
    size_t n = p->columns, left = n;
    size_t *group = malloc(n * sizeof *group), *taken = calloc(rows, sizeof *taken);
    if (!group || !taken) {
        free(group);
        free(taken);
        return GP_ERROR_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        group[i] = SIZE_MAX;
    /* One group at a time, with every column that still fits: taken[row] == groups + 1 in this one.
     */
    while (left > 0) {
        for (size_t i = 0; i < n; i++) {
            if (group[i] != SIZE_MAX)
                continue;
            size_t k = p->start[i];
            while (k < p->start[i + 1] && taken[p->row[k]] != p->groups + 1)
                k++;
            if (k < p->start[i + 1])
                continue;
            group[i] = p->groups;
            left--;
            for (k = p->start[i]; k < p->start[i + 1]; k++)
                taken[p->row[k]] = p->groups + 1;
        }
        p->groups++;
    }
    for (size_t g = 0, at = 0; g < p->groups; g++) {
        p->group_start[g] = at;
        for (size_t i = 0; i < n; i++)
            if (group[i] == g)
                p->member[at++] = i;
        p->group_start[g + 1] = at;
    }
    free(group);
    free(taken);
    return GP_OK;
}

gp_status gp_sparsity_create(size_t rows, size_t columns, size_t nonzeros, const size_t *row,
                             const size_t *column, int together, gp_sparsity *p) {
    memset(p, 0, sizeof *p);
    p->columns = columns;
    p->start = calloc(columns + 1, sizeof *p->start);
    p->row = calloc(nonzeros + 1, sizeof *p->row);
    p->entry = calloc(nonzeros + 1, sizeof *p->entry);
    p->group_start = calloc(columns + 1, sizeof *p->group_start);
    p->member = calloc(columns, sizeof *p->member);
    gp_status status =
        p->start && p->row && p->entry && p->group_start && p->member ? GP_OK : GP_ERROR_MEMORY;
    if (status == GP_OK)
        status = sort_entries(nonzeros, row, column, p);
    if (status == GP_OK && together)
        status = group_columns(rows, p);
    for (size_t i = 0; i < columns && status == GP_OK && !together; i++) {
        p->member[i] = i;
        p->group_start[i + 1] = i + 1;
        p->groups = columns;
    }
    if (status != GP_OK)
        gp_sparsity_free(p);
    return status;
}

size_t gp_sparsity_find(const gp_sparsity *p, size_t row, size_t column) {
    size_t low = p->start[column], high = p->start[column + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->row[middle] == row)
            return p->entry[middle];
        if (p->row[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

/* See split.h. */
#include "nn/train/split.h"

#include <stdlib.h>

#include "system/random.h"

typedef struct gp_dated {
    double when;
    size_t row;
} gp_dated;

static int by_time(const void *a, const void *b) {
    const gp_dated *p = a, *q = b;
    return p->when != q->when ? (p->when > q->when) - (p->when < q->when)
                              : (p->row > q->row) - (p->row < q->row);
}

size_t gp_split_rows(const gp_table *table, const gp_train_options *o, size_t label, size_t time,
                     size_t *order) {
    size_t rows = gp_table_rows(table), held = (size_t)(o->validation * (double)rows + 0.5);
    if (o->time_column) {
        gp_dated *dated = malloc(rows * sizeof *dated);
        if (!dated)
            return SIZE_MAX;
        for (size_t r = 0; r < rows; r++)
            dated[r] = (gp_dated){gp_table_cell(table, r, time), r};
        qsort(dated, rows, sizeof *dated, by_time);
        for (size_t r = 0; r < rows; r++)
            order[r] = dated[r].row;
        free(dated);
        return rows - held;
    }
    size_t front = 0, back = rows;
    size_t *pool = malloc(2 * rows * sizeof *pool);
    if (!pool)
        return SIZE_MAX;
    for (int class = 0; class < 2; class ++) {
        size_t count = 0;
        for (size_t r = 0; r < rows; r++)
            if ((gp_table_cell(table, r, label) == 1) == class)
                pool[count++] = r;
        gp_shuffle(pool, count, o->seed, GP_PART_SPLIT + (uint64_t) class);
        size_t kept = count - (size_t)(o->validation * (double)count + 0.5);
        for (size_t k = 0; k < count; k++)
            order[k < kept ? front++ : --back] = pool[k];
    }
    free(pool);
    return front;
}

void gp_shuffle(size_t *order, size_t count, uint64_t seed, uint64_t part) {
    for (size_t i = count; i > 1; i--) { /* Fisher & Yates */
        size_t j = gp_random_bits(seed, GP_STREAM_SHUFFLE, part, i) % i, swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

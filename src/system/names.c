/* See names.h. */
#include "system/names.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b, void *names) {
    const char *const *name = names;
    size_t p = *(const size_t *)a, q = *(const size_t *)b;
    int order = strcmp(name[p], name[q]);
    return order ? order : (p > q) - (p < q);
}

int gp_names_sort(gp_names *n, const char *const *name, size_t count) {
    *n = (gp_names){name, malloc((count + 1) * sizeof *n->order), count};
    if (!n->order)
        return -1;
    for (size_t k = 0; k < count; k++)
        n->order[k] = k;
    qsort_r(n->order, count, sizeof *n->order, by_name, (void *)name);
    return 0;
}

void gp_names_clear(gp_names *n) {
    free(n->order);
    *n = (gp_names){0};
}

size_t gp_names_find(const gp_names *n, const char *name, size_t *times) {
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(n->name[n->order[middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < n->count && (times || end == low) && strcmp(n->name[n->order[end]], name) == 0)
        end++;
    if (times)
        *times = end - low;
    return end > low ? n->order[low] : n->count;
}

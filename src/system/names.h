/* Finding names among many, such as the columns of a table: sorted once, then by halving. */
#ifndef GP_NAMES_H
#define GP_NAMES_H

#include <stddef.h>

typedef struct gp_names {
    const char *const *name; /* borrowed */
    size_t *order;           /* count, by name and then by place */
    size_t count;
} gp_names;

/* 0, or -1: out of memory. Release it with gp_names_clear. */
int gp_names_sort(gp_names *names, const char *const *name, size_t count);
void gp_names_clear(gp_names *names);

/* The first place of a name; count: there is none. *times (may be NULL) is how often it occurs. */
size_t gp_names_find(const gp_names *names, const char *name, size_t *times);

#endif

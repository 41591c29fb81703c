/* Inside of gp_table. */
#ifndef GP_TABLE_H
#define GP_TABLE_H

#include "gradproof/train.h"

struct gp_table {
    char **name;
    size_t columns, rows;
    double *cell; /* rows x columns */
};

/* The column of a name, in any encoding; the number of columns: there is none. */
size_t gp_table_find(const gp_table *table, const char *name);

#endif

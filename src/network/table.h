/* Inside of gp_table. */
#ifndef GP_TABLE_H
#define GP_TABLE_H

#include "gradproof.h"

struct gp_table {
    char **name;
    size_t columns, rows;
    double *cell; /* rows x columns */
};

#endif

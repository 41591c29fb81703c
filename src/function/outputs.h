/* Names of a map's outputs, and of entries of its derivatives by them. */
#ifndef GP_OUTPUTS_H
#define GP_OUTPUTS_H

#include "gradproof.h"
#include "system/sizes.h"

/* Arrays that a map's outputs make up, in their order. All zero: outputs have no names. */
typedef struct gp_outputs {
    size_t arrays;
    gp_named_output *array; /* names and shapes are owned */
    size_t count;           /* outputs in all of them */
} gp_outputs;

enum { GP_OUTPUT_NAME_SIZE = 96 };

/* Adds an array of `count` outputs (the product of its extents); GP_ERROR_ARGUMENT: one of that
 * name is there, or `count` can't be added. A failure changes nothing. */
gp_status gp_outputs_add(gp_outputs *outputs, const char *name, size_t dimensions,
                         const size_t *shape, size_t count);
/* *to, which is all zero, := a copy; *to stays all zero where there is no memory for it. */
gp_status gp_outputs_copy(const gp_outputs *from, gp_outputs *to);
void gp_outputs_clear(gp_outputs *outputs);

/* Writes "mu[2][3]", or the number of an output that has no name, and returns `name`. */
const char *gp_outputs_name(const gp_named_output *array, size_t arrays, size_t output,
                            char name[GP_OUTPUT_NAME_SIZE]);

/* Where an entry is in a block of that shape: "[2][3]"; where its rows are outputs with names,
 * "[mu[2]][3]". `row` and `column`: of each entry of a sparse block, or NULL. */
typedef struct gp_layout {
    size_t dimensions;
    const size_t *shape;
    const size_t *row, *column;
    const gp_named_output *output;
    size_t outputs;
} gp_layout;
void gp_layout_name(const gp_layout *layout, size_t index, char *name, size_t size);

#endif

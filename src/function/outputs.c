/* See outputs.h. */
#include "function/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/text.h"

gp_status gp_outputs_add(gp_outputs *o, const char *name, size_t dimensions, const size_t *shape,
                         size_t count) {
    if (count > SIZE_MAX - o->count)
        return GP_ERROR_ARGUMENT;
    gp_named_output *array = realloc(o->array, (o->arrays + 1) * sizeof *array);
    if (!array)
        return GP_ERROR_MEMORY;
    o->array = array;
    char *own_name = gp_printable_copy(name);
    size_t *own_shape = malloc((dimensions + 1) * sizeof *own_shape);
    gp_status status = own_name && own_shape ? GP_OK : GP_ERROR_MEMORY;
    for (size_t k = 0; k < o->arrays && status == GP_OK; k++)
        if (strcmp(array[k].name, own_name) == 0)
            status = GP_ERROR_ARGUMENT;
    if (status != GP_OK) {
        free(own_name);
        free(own_shape);
        return status;
    }
    if (dimensions)
        memcpy(own_shape, shape, dimensions * sizeof *shape);
    array[o->arrays++] = (gp_named_output){.name = own_name,
                                           .dimensions = dimensions,
                                           .shape = own_shape,
                                           .first = o->count,
                                           .count = count};
    o->count += count;
    return GP_OK;
}

gp_status gp_outputs_copy(const gp_outputs *from, gp_outputs *to) {
    gp_status status = GP_OK;
    for (size_t k = 0; k < from->arrays && status == GP_OK; k++) {
        const gp_named_output *a = &from->array[k];
        status = gp_outputs_add(to, a->name, a->dimensions, a->shape, a->count);
    }
    if (status != GP_OK)
        gp_outputs_clear(to);
    return status;
}

void gp_outputs_clear(gp_outputs *o) {
    for (size_t k = 0; k < o->arrays; k++) {
        free((char *)o->array[k].name);
        free((size_t *)o->array[k].shape);
    }
    free(o->array);
    *o = (gp_outputs){0};
}

void gp_index_name(size_t dimensions, const size_t *shape, size_t index, char *name, size_t size) {
    size_t used = 0, volume = 1;
    if (!name || (dimensions && !shape))
        return;
    if (size)
        name[0] = '\0';
    for (size_t k = 0; k < dimensions; k++)
        if (shape[k] == 0)
            return; /* has no entries */
    for (size_t k = 1; k < dimensions; k++) {
        if (volume > SIZE_MAX / shape[k])
            return; /* nor can it have so many */
        volume *= shape[k];
    }
    for (size_t k = 0; k < dimensions && used < size; k++) {
        used += (size_t)snprintf(name + used, size - used, "[%zu]", index / volume);
        index %= volume;
        if (k + 1 < dimensions)
            volume /= shape[k + 1];
    }
}

const char *gp_outputs_name(const gp_named_output *array, size_t arrays, size_t output,
                            char name[GP_OUTPUT_NAME_SIZE]) {
    size_t low = 0, high = arrays;
    while (high > low) { /* the first array that ends behind the output */
        size_t middle = low + (high - low) / 2;
        if (array[middle].first + array[middle].count <= output)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == arrays) {
        snprintf(name, GP_OUTPUT_NAME_SIZE, "%zu", output);
        return name;
    }
    const gp_named_output *a = &array[low];
    char index[GP_OUTPUT_NAME_SIZE / 2];
    gp_index_name(a->dimensions, a->shape, output - a->first, index, sizeof index);
    size_t used = strlen(index);
    gp_printable(a->name, name, GP_OUTPUT_NAME_SIZE - used);
    memcpy(name + strlen(name), index, used + 1);
    return name;
}

void gp_layout_name(const gp_layout *l, size_t index, char *name, size_t size) {
    size_t columns = 1, first;
    char output[GP_OUTPUT_NAME_SIZE], rest[128] = "";
    if (!l->row && l->outputs == 0) {
        gp_index_name(l->dimensions, l->shape, index, name, size);
        return;
    }
    for (size_t k = 1; k < l->dimensions; k++)
        columns *= l->shape[k];
    if (l->row) {
        first = l->row[index];
        snprintf(rest, sizeof rest, "[%zu]", l->column[index]);
    } else {
        first = index / columns;
        gp_index_name(l->dimensions - 1, l->shape + 1, index % columns, rest, sizeof rest);
    }
    snprintf(name, size, "[%s]%s", gp_outputs_name(l->output, l->outputs, first, output), rest);
}

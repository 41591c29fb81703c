/* See slices.h. */
#include "diagnose/slices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gp_slice gp_slice_whole(const gp_case *c) {
    return (gp_slice){1, 1, c->block->entries, 0, 1, NULL};
}

gp_slice gp_slice_along(const gp_case *c, size_t axis) {
    const gp_block *block = c->block;
    gp_slice s = {1, block->shape[axis], 1, 0, block->shape[axis], NULL};
    for (size_t k = 0; k < axis; k++)
        s.outer *= block->shape[k];
    s.inner = block->entries / (s.outer * s.length);
    return s;
}

gp_slice gp_slice_flat(const gp_case *c) {
    return (gp_slice){1, c->block->entries, 1, 0, c->block->entries, NULL};
}

size_t gp_slice_size(const gp_slice *s) {
    if (s->box)
        return gp_box_volume(s->box);
    return s->outer * s->width * s->inner;
}

size_t gp_slice_entry(const gp_slice *s, size_t k) {
    if (s->box)
        return gp_box_entry(s->box, k);
    size_t run = s->width * s->inner;
    return (k / run * s->length + s->from) * s->inner + k % run;
}

size_t gp_slice_index(const gp_slice *s, size_t i) {
    return i / s->inner % s->length;
}

int gp_slice_holds(const gp_slice *s, size_t i) {
    if (s->box)
        return gp_box_holds(s->box, i);
    size_t index = gp_slice_index(s, i);
    return index >= s->from && index < s->from + s->width;
}

size_t gp_case_axes(const gp_case *c) {
    size_t count = 0;
    if (c->block->row) /* a row of a compressed map has no shape of its own */
        return 0;
    for (size_t k = 0; k < c->block->dimensions; k++)
        count += c->block->shape[k] > 1;
    return count > 1 ? c->block->dimensions : 0;
}

size_t gp_case_views(const gp_case *c) {
    size_t axes = gp_case_axes(c);
    return axes + (axes > 2 && c->block->derivative);
}

gp_slice gp_case_view(const gp_case *c, size_t number) {
    size_t rows = c->block->shape[0], inputs = c->block->entries / rows;
    return number < c->block->dimensions ? gp_slice_along(c, number)
                                         : (gp_slice){rows, inputs, 1, 0, inputs, NULL};
}

const char *gp_case_view_name(const gp_case *c, size_t number, char *text, size_t size) {
    text[0] = '\0';
    if (number == c->block->dimensions)
        snprintf(text, size, " along its inputs");
    else if (number != SIZE_MAX)
        snprintf(text, size, " along axis %zu", number);
    return text;
}

size_t gp_slice_narrow(const gp_case *c, gp_slice *s) {
    size_t low = s->length, high = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!gp_case_is_off(c, i))
            continue;
        size_t index = gp_slice_index(s, i);
        low = index < low ? index : low;
        high = index + 1 > high ? index + 1 : high;
    }
    s->from = low;
    return s->width = high > low ? high - low : 0;
}

int gp_slice_right_outside(const gp_case *c, const gp_slice *s) {
    for (size_t i = 0; i < c->block->entries; i++)
        if (!gp_slice_holds(s, i) && gp_case_is_off(c, i))
            return 0;
    return 1;
}

int gp_case_is_matrix(const gp_case *c, size_t *rows, size_t *columns) {
    const gp_block *block = c->block;
    if (block->row || (block->dimensions != 2 && !(block->derivative && block->dimensions > 2)))
        return 0;
    *rows = block->shape[0];
    *columns = block->entries / *rows;
    return 1;
}

size_t gp_case_line_axes(const gp_case *c) {
    size_t rows, columns;
    return gp_case_is_matrix(c, &rows, &columns) ? 2 : gp_case_axes(c);
}

gp_slice gp_case_line(const gp_case *c, size_t axis, size_t index) {
    size_t rows, columns;
    gp_slice s = axis < c->block->dimensions ? gp_slice_along(c, axis) : gp_slice_whole(c);
    if (gp_case_is_matrix(c, &rows, &columns))
        s = axis == 0 ? (gp_slice){1, rows, columns, 0, 0, NULL}
                      : (gp_slice){rows, columns, 1, 0, 0, NULL};
    s.from = index;
    s.width = 1;
    return s;
}

const char *gp_case_line_kind(const gp_case *c, size_t axis) {
    size_t rows, columns;
    return !gp_case_is_matrix(c, &rows, &columns) ? "slab" : axis == 0 ? "rows" : "columns";
}

const char *gp_case_line_word(const gp_case *c, size_t axis, char *text, size_t size) {
    size_t rows, columns;
    if (gp_case_is_matrix(c, &rows, &columns))
        return axis == 0 ? "row" : "column";
    snprintf(text, size, "slab along axis %zu", axis);
    return text;
}

int gp_slice_is_level(const gp_case *c, gp_slice s) {
    double largest = 0, first = c->a[gp_slice_entry(&s, 0)];
    for (size_t k = 0; k < gp_slice_size(&s); k++)
        largest = fmax(largest, fabs(c->a[gp_slice_entry(&s, k)]));
    double slack = 4 * gp_dtype_epsilon(c->evidence->function->dtype) * largest;
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        double a = c->a[gp_slice_entry(&s, k)];
        if (!isfinite(a) || fabs(a - first) > slack)
            return 0;
    }
    return largest > 0;
}

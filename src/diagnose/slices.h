/* Parts of a block: all of it, what has one index along an axis, a range of indices, a box. */
#ifndef GP_SLICES_H
#define GP_SLICES_H

#include "diagnose/case.h"
#include "probe/probe.h"

/* Entries whose index along an axis lies in [from, from + width): the axis has `length` indices,
 * one to every `inner` entries, and is gone through `outer` times. A block, a row of a matrix, a
 * column, a slab. Or those of a box, if there is one. */
typedef struct gp_slice {
    size_t outer, length, inner, from, width;
    const gp_box *box; /* its origin is 0 */
} gp_slice;

gp_slice gp_slice_whole(const gp_case *c);
/* All of a block along one of its axes. */
gp_slice gp_slice_along(const gp_case *c, size_t axis);
/* A block of numbers in a row, whatever its shape. */
gp_slice gp_slice_flat(const gp_case *c);

size_t gp_slice_size(const gp_slice *s);
/* The entry that is number k of a slice. */
size_t gp_slice_entry(const gp_slice *s, size_t k);
/* Entry i's index along the slice's axis. */
size_t gp_slice_index(const gp_slice *s, size_t i);
int gp_slice_holds(const gp_slice *s, size_t i);

/* Moves [from, from + width) of an axis to where entries are wrong; returns its width. */
size_t gp_slice_narrow(const gp_case *c, gp_slice *s);
/* Is every entry outside of a slice what it should be? */
int gp_slice_right_outside(const gp_case *c, const gp_slice *s);
/* Do all entries of a slice hold one and the same number? */
int gp_slice_is_level(const gp_case *c, gp_slice s);

/* Axes along which a block has more than one index; 0 for those that are as good as vectors. */
size_t gp_case_axes(const gp_case *c);

/* Ways to look at a block: along each of its axes; of a derivative, whose inputs may take up more
 * than one axis, along these as a whole too. */
size_t gp_case_views(const gp_case *c);
gp_slice gp_case_view(const gp_case *c, size_t number);
/* " along axis 2", or "" where a block is looked at as one line of numbers (SIZE_MAX). */
const char *gp_case_view_name(const gp_case *c, size_t number, char *text, size_t size);

/* A matrix has rows and columns; so has a Jacobian, outputs by inputs of whatever shape. */
int gp_case_is_matrix(const gp_case *c, size_t *rows, size_t *columns);

/* Axes along which a block has lines: two of a matrix, or of a Jacobian, which is outputs by inputs
 * of whatever shape, and those of a block of more dimensions. */
size_t gp_case_line_axes(const gp_case *c);
/* All that has one index along such an axis. */
gp_slice gp_case_line(const gp_case *c, size_t axis, size_t index);
/* What such a line is called: kind of a diagnosis and word. */
const char *gp_case_line_kind(const gp_case *c, size_t axis);
const char *gp_case_line_word(const gp_case *c, size_t axis, char *text, size_t size);

#endif

/* See probe.h. */
#include "probe/probe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "system/vector.h"

/* Is entry i of x, given as an index along the first `axes` axes of the box's block, within? */
static int is_within(const gp_box *box, size_t axes, size_t i) {
    for (size_t k = axes; k-- > 0; i /= box->shape[k])
        if (i % box->shape[k] < box->low[k] || i % box->shape[k] >= box->high[k])
            return 0;
    return 1;
}

size_t gp_box_volume(const gp_box *box) {
    size_t volume = 1;
    for (size_t k = 0; k < box->dimensions; k++)
        volume *= box->high[k] - box->low[k];
    return volume;
}

size_t gp_box_entry(const gp_box *box, size_t i) {
    size_t entry = 0, unit = 1;
    for (size_t k = box->dimensions; k-- > 0; unit *= box->shape[k]) {
        size_t width = box->high[k] - box->low[k];
        entry += (box->low[k] + i % width) * unit;
        i /= width;
    }
    return box->origin + entry;
}

int gp_box_holds(const gp_box *box, size_t i) {
    return is_within(box, box->dimensions, i - box->origin);
}

int gp_box_is_whole(const gp_box *box) {
    for (size_t k = 0; k < box->dimensions; k++)
        if (box->high[k] - box->low[k] < box->shape[k])
            return 0;
    return 1;
}

size_t gp_box_name(const gp_box *box, const char *block, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "%.60s", block);
    for (size_t k = 0; k < box->dimensions && used < size; k++) {
        size_t low = box->low[k], high = box->high[k];
        char *at = text + used;
        if (low == 0 && high == box->shape[k] && high > 1)
            used += (size_t)snprintf(at, size - used, "[:]");
        else if (high - low == 1)
            used += (size_t)snprintf(at, size - used, "[%zu]", low);
        else
            used += (size_t)snprintf(at, size - used, "[%zu:%zu]", low, high);
    }
    return used < size ? used : size - 1;
}

/* Sets the numbers of entries inside a box, or of those outside, to 0. All of them belong to the
 * box's block. What lies within are runs, one for each index along the axes before the last one
 * that is cut. */
static void clear(const gp_box *box, int inside, size_t first, size_t count, double *v) {
    size_t axis = box->dimensions, unit = 1; /* entries for one index along the axis */
    while (axis > 1 && box->low[axis - 1] == 0 && box->high[axis - 1] == box->shape[axis - 1])
        unit *= box->shape[--axis];
    axis--;
    size_t period = box->shape[axis] * unit, low = box->low[axis] * unit,
           high = box->high[axis] * unit;
    for (size_t done = 0; done < count;) {
        size_t at = first - box->origin + done, place = at % period;
        size_t some = period - place < count - done ? period - place : count - done;
        int within = is_within(box, axis, at / period);
        for (size_t k = 0; k < some; k++)
            if ((within && place + k >= low && place + k < high) == inside)
                v[done + k] = 0;
        done += some;
    }
}

static size_t end_of(const gp_box *box) {
    size_t entries = 1;
    for (size_t k = 0; k < box->dimensions; k++)
        entries *= box->shape[k];
    return box->origin + entries;
}

void gp_scaling_clear(const gp_scaling *s, size_t first, size_t count, double *v) {
    for (size_t b = 0; b < s->stills; b++) {
        const gp_box *box = &s->still[b];
        size_t low = box->origin > first ? box->origin : first, high = end_of(box);
        high = high < first + count ? high : first + count;
        if (low < high)
            clear(box, 1, low, high - low, v + (low - first));
    }
}

int gp_scaling_is_still(const gp_scaling *s, size_t i) {
    double moves = 1;
    gp_scaling_clear(s, i, 1, &moves);
    return moves == 0;
}

double gp_probe_component(const gp_probe *probe, size_t i) {
    if (i < probe->offset || i - probe->offset >= probe->entries)
        return 0;
    if (probe->entries == 1 && !probe->weight && !probe->scaling)
        return 1;
    double v;
    if (probe->scaling) {
        gp_probe_fill(probe, i, 1, &v);
        return v;
    }
    v = 2 * gp_random_uniform(probe->seed, probe->stream, probe->part, i) - 1;
    return probe->weight ? v * probe->weight[i] : v;
}

/* Powers of two by the exponent alone: 1/8 to 8. */
static const int64_t LEAST = (int64_t)(1023 - 3) << 52, MOST = (int64_t)(1023 + 3) << 52,
                     EXPONENT = (int64_t)0x7FF << 52, TURNED = (int64_t)(2 * 1023) << 52;

/* 2^-k of |g| per_size, within limits, as the bits of a number */
static int64_t weight_bits(double g, double per_size) {
    double relative = fabs(g) * per_size;
    int64_t bits;
    memcpy(&bits, &relative, sizeof bits);
    bits &= EXPONENT;
    return TURNED - (bits < LEAST ? LEAST : bits > MOST ? MOST : bits);
}

static double weight(double g, double per_size) {
    int64_t bits = weight_bits(g, per_size);
    double w;
    memcpy(&w, &bits, sizeof w);
    return w;
}

/* v *= factor * weights */
GP_VECTOR static void weigh_entries(const double *g, double per_size, double factor, size_t count,
                                    double *v) {
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes relative = *(const gp_lanes *)(g + i) * per_size;
        gp_bits bits = (gp_bits)relative & EXPONENT;
        gp_bits low = bits<LEAST, high = bits> MOST;
        bits = (low & LEAST) | (~low & bits);
        bits = TURNED - ((high & MOST) | (~high & bits));
        *(gp_lanes *)(v + i) *= factor * (gp_lanes)bits;
    }
    for (; i < count; i++)
        v[i] *= factor * weight(g[i], per_size);
}

GP_VECTOR static void divide(const double *g, double size, size_t count, double *v) {
    for (size_t i = 0; i < count; i++)
        v[i] = g[i] / size;
}

double gp_scaling_squares(const double *g, double size, size_t count) {
    enum { CHUNK = 512 };
    double weighed[CHUNK], sum = 0;
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t some = count - at < CHUNK ? count - at : CHUNK;
        divide(g + at, size, some, weighed);
        weigh_entries(g + at, 1 / size, 1, some, weighed);
        sum += gp_squares(weighed, 1, some);
    }
    return sum;
}

/* v *= the weights of entries first ... first + count - 1, all of one block. */
static void weigh(const gp_scaling *s, size_t block, size_t first, size_t count, double *v) {
    double factor = s->factor[block], size = s->gradient ? s->size[block] : 0;
    if (!s->gradient || !(size > 0)) {
        for (size_t i = 0; i < count; i++)
            v[i] *= factor;
        return;
    }
    weigh_entries(s->gradient + first, 1 / size, factor, count, v);
}

double gp_scaling_weight(const gp_scaling *s, size_t i, double gradient) {
    size_t block = gp_function_block_number(s->function, i);
    double all = s->gradient && s->size[block] > 0 ? weight(gradient, 1 / s->size[block]) : 1;
    return s->factor[block] * all;
}

double gp_probe_component_given(const gp_probe *probe, size_t i, double gradient) {
    const gp_box *box = probe->box;
    double v;
    if (i < probe->offset || i - probe->offset >= probe->entries ||
        (box && !gp_box_holds(box, i)) || gp_scaling_is_still(probe->scaling, i))
        return 0;
    gp_random_symmetric(probe->seed, probe->stream, probe->part, i, 1, &v);
    return v * gp_scaling_weight(probe->scaling, i, gradient);
}

void gp_probe_fill(const gp_probe *probe, size_t first, size_t count, double *v) {
    if (!probe->scaling) {
        for (size_t i = 0; i < count; i++)
            v[i] = gp_probe_component(probe, first + i);
        return;
    }
    const gp_function *f = probe->scaling->function;
    gp_random_symmetric(probe->seed, probe->stream, probe->part, first, count, v);
    for (size_t done = 0; done < count;) {
        size_t k = gp_function_block_number(f, first + done);
        size_t some = f->block[k].offset + f->block[k].entries - (first + done);
        some = some < count - done ? some : count - done;
        weigh(probe->scaling, k, first + done, some, v + done);
        done += some;
    }
    gp_scaling_clear(probe->scaling, first, count, v);
    if (probe->box)
        clear(probe->box, 0, first, count, v);
}

void gp_probe_sizes(const gp_function *f, const double *x, double *sizes) {
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        int own = gp_function_owns(f, block->offset);
        sizes[b] = own ? gp_root_mean_square(x + block->offset, block->entries) : 0;
    }
}

void gp_probe_typical_of_sizes(const gp_function *f, double *sizes) {
    double all = 0;
    for (size_t b = 0; b < f->blocks; b++)
        all = hypot(all, sizes[b] * sqrt((double)f->block[b].entries / (double)f->n));
    for (size_t b = 0; b < f->blocks; b++)
        sizes[b] = sizes[b] > 0 ? sizes[b] : all > 0 ? all : 1;
}

void gp_probe_typical(const gp_function *f, const double *x, double *typical) {
    gp_probe_sizes(f, x, typical);
    gp_probe_typical_of_sizes(f, typical);
}

double gp_probe_length(const gp_function *f, const double *x, const double *typical, size_t entry) {
    if (x[entry] != 0)
        return fabs(x[entry]);
    return typical[gp_function_block_number(f, entry)];
}

void gp_probe_point(const gp_function *f, uint64_t seed, size_t number, size_t draw, double *x) {
    /* Half way, then all the way: cos^2 + sin^2 = 1 keeps each block's typical size, and with it
     * the scale on which the function was meant to work. */
    static const double angles[] = {0.5, 1.0, 1.57079632679489662};
    double angle = angles[(number - 1) % 3];
    double all = gp_root_mean_square(f->x, f->n);
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        double size = gp_root_mean_square(f->x + block->offset, block->entries);
        if (size == 0)
            size = 0.1 * (all > 0 ? all : 1); /* zeros, such as new biases, may well be small */
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            x[i] = cos(angle) * f->x[i] +
                   sin(angle) * size *
                       gp_random_normal(seed, GP_STREAM_POINT, number * GP_POINT_DRAWS + draw, i);
    }
}

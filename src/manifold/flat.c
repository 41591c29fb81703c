/* See flat.h. The user's callbacks are given memory of this function's own, between fences. */
#include "manifold/flat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far x may be from its space, as a share of its size: what rounding and a few products leave.
 */
static double allowed(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? 1e-6 : 1e-4;
}

/* ---- memory for one evaluation ----------------------------------------------------- */

enum { FENCE = 64, FENCE_BYTE = 0xA5 };

struct gp_flat_room {
    size_t bytes;      /* of it all */
    char *x, *g;       /* what callbacks get, in the function's precision; a fence around each */
    char *same;        /* a copy of x */
    char *fence[3];    /* before x, between, after g */
    double *point;     /* n: x in double */
    double *v, *t, *G; /* of an item: coordinates, their derivatives, a covector */
};

static size_t padded(size_t bytes) {
    return (bytes + FENCE - 1) / FENCE * FENCE;
}

/* The largest item's coordinates and numbers. */
static size_t longest(const gp_flat *t) {
    size_t most = 1;
    for (size_t b = 0; b < t->f->blocks; b++) {
        const gp_item *item = &t->block[b].item;
        size_t k = gp_item_coordinates(item);
        most = k > most ? k : most;
        most = item->numbers > most ? item->numbers : most;
    }
    return most;
}

static gp_flat_room *make_room(const gp_flat *t) {
    size_t x = padded(t->f->n * sizeof(double)), g = padded(t->given * sizeof(double));
    size_t most = padded(longest(t) * sizeof(double)), head = padded(sizeof(gp_flat_room));
    size_t bytes = head + 3 * FENCE + 3 * x + g + 3 * most;
    char *at = aligned_alloc(FENCE, bytes);
    if (!at)
        return NULL;
    gp_flat_room *room = (gp_flat_room *)(void *)at;
    at += head;
    *room = (gp_flat_room){.bytes = bytes};
    for (int k = 0; k < 3; k++) {
        room->fence[k] = at;
        memset(at, FENCE_BYTE, FENCE);
        at += FENCE;
        if (k < 2) {
            *(k ? &room->g : &room->x) = at;
            at += k ? g : x;
        }
    }
    room->same = at;
    room->point = (double *)(void *)(at + x);
    room->v = (double *)(void *)(at + 2 * x);
    room->t = (double *)(void *)(at + 2 * x + most);
    room->G = (double *)(void *)(at + 2 * x + 2 * most);
    return room;
}

static void free_room(const gp_function *f, gp_flat_room *room) {
    if (room && f->release)
        f->release(f->release_context, room, room->bytes);
    else
        free(room);
}

static gp_flat_room *borrow(gp_flat *t) {
    return t->room ? t->room : make_room(t);
}

static void give_back(gp_flat *t, gp_flat_room *room) {
    if (room != t->room)
        free_room(t->f, room);
}

/* 0 where a callback has kept to its own numbers. */
static int look_around(const gp_flat_room *room, size_t x_bytes) {
    int broken = 0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < FENCE; i++)
            broken |= (unsigned char)room->fence[k][i] != FENCE_BYTE;
    if (broken)
        gp_callback_error("it writes beyond the numbers that it was given");
    else if ((broken = memcmp(room->x, room->same, x_bytes)) != 0)
        gp_callback_error("it writes to x");
    return broken != 0;
}

/* ---- from y to x and back ---------------------------------------------------------- */

static size_t size_of(gp_dtype dtype) {
    return dtype == GP_FLOAT64 ? sizeof(double) : sizeof(float);
}

static double get(gp_dtype dtype, const void *numbers, size_t i) {
    return dtype == GP_FLOAT64 ? ((const double *)numbers)[i] : (double)((const float *)numbers)[i];
}

static void put(gp_dtype dtype, void *numbers, size_t i, double value) {
    if (dtype == GP_FLOAT64)
        ((double *)numbers)[i] = value;
    else
        ((float *)numbers)[i] = (float)value;
}

/* Where coordinate c of item q is in y. */
static size_t place_in_y(const gp_flat_block *b, size_t q, size_t c) {
    size_t first = b->item.k[0];
    return c < first ? b->y[0] + q * first + c : b->y[1] + q * b->item.k[1] + (c - first);
}

/* v := y - y0 of item q; not 0 where anything has moved */
static int coordinates(const gp_flat *t, const gp_flat_block *b, size_t q, gp_dtype dtype,
                       const void *y, double *v) {
    int moved = 0;
    for (size_t c = 0; c < gp_item_coordinates(&b->item); c++) {
        size_t at = place_in_y(b, q, c);
        v[c] = get(dtype, y, at) - t->y0[at];
        moved |= v[c] != 0;
    }
    return moved;
}

/* room->point := x at y, and room->x, room->same the same in precision `to` */
static int unfold(const gp_flat *t, gp_flat_room *room, gp_dtype dtype, const void *y,
                  gp_dtype to) {
    const gp_function *f = t->f;
    int refused = 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_flat_block *b = &t->block[k];
        for (size_t i = 0; !b->space && i < f->block[k].entries; i++)
            room->point[b->x + i] = get(dtype, y, b->y[0] + i);
        for (size_t q = 0; b->space && q < b->items && !refused; q++) {
            size_t at = b->x + q * b->item.numbers;
            if (coordinates(t, b, q, dtype, y, room->v))
                refused = b->item.geometry->plus(&b->item, f->x + at, room->v, room->point + at);
            else
                memcpy(room->point + at, f->x + at, b->item.numbers * sizeof(double));
        }
    }
    for (size_t i = 0; i < f->n && !refused; i++)
        put(to, room->x, i, room->point[i]);
    memcpy(room->same, room->x, f->n * size_of(to));
    return refused;
}

static int value_at(void *user, gp_dtype dtype, const void *y, double *value) {
    gp_flat *t = user;
    const gp_function *f = t->f;
    gp_role role = f->callback[GP_VALUE] ? GP_VALUE : GP_VALUE_GRADIENT;
    gp_dtype to = f->precision[role];
    gp_flat_room *room = borrow(t);
    if (!room)
        return GP_NO_MEMORY;
    int refused = unfold(t, room, dtype, y, to);
    if (refused) {
        give_back(t, room);
        return refused;
    }
    void *x = room->x, *g = room->g;
    refused = role == GP_VALUE
                  ? GP_CALL(f, GP_VALUE, gp_value, f->n, x, value)
                  : GP_CALL(f, GP_VALUE_GRADIENT, gp_value_gradient, f->n, x, value, g);
    if (!refused)
        refused = look_around(room, f->n * size_of(to));
    give_back(t, room);
    return refused;
}

static int value_f64(void *user, size_t n, const double *y, double *value) {
    (void)n;
    return value_at(user, GP_FLOAT64, y, value);
}

static int value_f32(void *user, size_t n, const float *y, double *value) {
    (void)n;
    return value_at(user, GP_FLOAT32, y, value);
}

/* ---- gradients ---------------------------------------------------------------------- */

/* Mistakes that are planted are planted into the numbers that are given. */
static int plant(const gp_flat *t, gp_flat_room *room) {
    const gp_function *f = t->f;
    for (size_t k = 0; k < f->plants; k++) {
        const gp_plant *p = &f->plant[k];
        const gp_flat_block *b = &t->block[p->block];
        const gp_block *block = &f->block[p->block];
        size_t rows = block->dimensions == 2 && b->given == block->entries ? block->shape[0] : 1;
        double *numbers = malloc((b->given + 1) * sizeof *numbers);
        if (!numbers)
            return GP_NO_MEMORY;
        for (size_t i = 0; i < b->given; i++)
            numbers[i] = get(f->dtype, room->g, b->g + i);
        gp_status status = gp_plant_apply(p, f->dtype, rows, b->given / rows, f->x + b->x, numbers);
        for (size_t i = 0; i < b->given; i++)
            put(f->dtype, room->g, b->g + i, numbers[i]);
        free(numbers);
        if (status != GP_OK)
            return GP_NO_MEMORY;
    }
    return 0;
}

/* room->g := the gradient as it is given at room->x. `poison` fills the numbers of each block
 * before: where its bits are still there, nothing was written. */
static int call_gradient(const gp_flat *t, gp_flat_room *room, const char *poison) {
    const gp_function *f = t->f;
    gp_role role = f->callback[GP_GRADIENT] ? GP_GRADIENT : GP_VALUE_GRADIENT;
    size_t size = size_of(f->dtype);
    double value = 0;
    for (size_t i = 0; i < t->given; i++)
        memcpy(room->g + i * size, poison, size);
    void *x = room->x, *g = room->g;
    int refused = role == GP_GRADIENT
                      ? GP_CALL(f, GP_GRADIENT, gp_gradient, f->n, x, g)
                      : GP_CALL(f, GP_VALUE_GRADIENT, gp_value_gradient, f->n, x, &value, g);
    if (!refused)
        refused = look_around(room, f->n * size);
    return refused;
}

/* Are a block's numbers written? What is added to a NaN leaves it as it is, so that a block of
 * which nothing shows is either never written or added to; of the latter the poison that is a
 * number shows something, if only where what is added isn't 0. */
static int is_written(const gp_function *f, gp_flat_block *b, const gp_flat_room *room,
                      const char *poison) {
    size_t size = size_of(f->dtype), left = 0;
    for (size_t i = 0; i < b->given; i++)
        left += memcmp(room->g + (b->g + i) * size, poison, size) == 0;
    if (isnan(get(f->dtype, poison, 0)) && b->nothing_shows != (left == b->given))
        b->nothing_shows = left == b->given;
    return b->nothing_shows ? left < b->given : left == 0;
}

/* g (in y's order) := derivatives by the coordinates of item q */
static int fold(const gp_flat *t, gp_flat_room *room, const gp_flat_block *b, size_t q,
                gp_dtype dtype, const void *y, void *g) {
    const gp_item *item = &b->item;
    size_t at = b->x + q * item->numbers, each = b->given / b->items;
    for (size_t i = 0; i < each; i++)
        room->t[i] = get(dtype, room->g, b->g + q * each + i);
    int refused = b->space->reading->covector(item, room->point + at, room->t, room->G);
    coordinates(t, b, q, dtype, y, room->v);
    if (!refused)
        refused =
            item->geometry->pull(item, t->f->x + at, room->v, room->point + at, room->G, room->t);
    for (size_t c = 0; c < gp_item_coordinates(item) && !refused; c++)
        put(dtype, g, place_in_y(b, q, c), room->t[c]);
    return refused;
}

static int gradient_at(void *user, const void *y, void *g) {
    gp_flat *t = user;
    const gp_function *f = t->f;
    size_t size = size_of(f->dtype);
    _Alignas(double) char poison[sizeof(double)];
    gp_flat_room *room = borrow(t);
    if (!room)
        return GP_NO_MEMORY;
    memcpy(poison, g, size);
    int refused = unfold(t, room, f->dtype, y, f->dtype);
    if (!refused)
        refused = call_gradient(t, room, poison);
    if (!refused)
        refused = plant(t, room);
    for (size_t k = 0; k < f->blocks && !refused; k++) {
        gp_flat_block *b = &t->block[k];
        if (!b->space)
            memcpy((char *)g + b->y[0] * size, room->g + b->g * size, b->given * size);
        else if (is_written(f, b, room, poison))
            for (size_t q = 0; q < b->items && !refused; q++)
                refused = fold(t, room, b, q, f->dtype, y, g);
    }
    give_back(t, room);
    return refused;
}

static int gradient_f64(void *user, size_t n, const double *y, double *g) {
    (void)n;
    return gradient_at(user, y, g);
}

static int gradient_f32(void *user, size_t n, const float *y, float *g) {
    (void)n;
    return gradient_at(user, y, g);
}

int gp_flat_given(gp_flat *t, double *g) {
    static const char zero[sizeof(double)];
    const gp_function *f = t->f;
    gp_flat_room *room = borrow(t);
    if (!room)
        return GP_NO_MEMORY;
    for (size_t i = 0; i < f->n; i++)
        put(f->dtype, room->x, i, f->x[i]);
    memcpy(room->same, room->x, f->n * size_of(f->dtype));
    int refused = call_gradient(t, room, zero);
    if (!refused)
        refused = plant(t, room);
    for (size_t i = 0; i < t->given && !refused; i++)
        g[i] = get(f->dtype, room->g, i);
    give_back(t, room);
    return refused;
}

int gp_flat_read(const gp_flat_block *b, const double *x, const gp_reading *reading,
                 const double *given, double *g) {
    const gp_item *item = &b->item;
    size_t k = gp_item_coordinates(item);
    double *room = calloc(k + item->numbers, sizeof *room);
    if (!room)
        return GP_NO_MEMORY;
    int refused = reading->covector(item, x, given, room + k);
    if (!refused)
        refused = item->geometry->pull(item, x, room, x, room + k, g);
    free(room);
    return refused;
}

/* ---- what goes through --------------------------------------------------------------- */

static int seed_through(void *user, uint64_t seed) {
    const gp_function *f = ((gp_flat *)user)->f;
    return f->seed(f->user, seed);
}

static int batch_through(void *user, size_t batch) {
    const gp_function *f = ((gp_flat *)user)->f;
    return f->batch(f->user, batch);
}

static int examples_through(void *user, size_t first, size_t count) {
    const gp_function *f = ((gp_flat *)user)->f;
    return f->select_examples(f->user, first, count);
}

static int part_through(void *user, size_t part) {
    const gp_function *f = ((gp_flat *)user)->f;
    return f->select_part(f->user, part);
}

static gp_status set_callbacks(const gp_function *f, gp_function *to) {
    gp_dtype value = gp_function_value_dtype(f);
    gp_function_set_callback(to, GP_VALUE, value,
                             value == GP_FLOAT64 ? (gp_callback)value_f64 : (gp_callback)value_f32);
    gp_function_set_callback(to, GP_GRADIENT, f->dtype,
                             f->dtype == GP_FLOAT64 ? (gp_callback)gradient_f64
                                                    : (gp_callback)gradient_f32);
    if (f->seed)
        gp_function_set_seed(to, seed_through);
    if (f->batch)
        gp_function_set_batches(to, f->batches, batch_through);
    if (f->select_examples)
        gp_function_set_examples(to, f->examples, examples_through);
    if (f->parts)
        gp_function_set_parts(to, f->parts, (const char *const *)f->part, part_through);
    gp_function_set_batch_size(to, f->batch_size);
    to->reentrant = f->reentrant;
    to->threads = f->threads;
    for (size_t k = 0; k < f->remarks; k++)
        gp_function_add_remark(to, f->remark[k]);
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_space *space = gp_space_of(f, k);
        char line[400];
        snprintf(line, sizeof line, "%.100s: %s, checked along %s; its gradient is taken as %s",
                 f->block[k].name, space ? space->geometry->title : "",
                 space ? space->geometry->moves : "", space ? space->reading->text : "");
        if (space)
            gp_function_add_remark(to, line);
    }
    return to->refused;
}

/* ---- blocks ------------------------------------------------------------------------- */

/* The entries that coordinates are, for their names. */
static gp_status name_places(gp_flat_block *b, int part) {
    gp_places places = b->item.geometry->places[part];
    size_t k = b->item.k[part], n = b->item.rows, at = 0;
    int columns = b->item.geometry->shape == GP_TALL; /* pairs of columns */
    if (places == GP_PLACES_NONE || b->items > 1 || k == 0)
        return GP_OK;
    n = columns ? b->item.columns : n;
    size_t *row = b->row[part] = malloc(k * sizeof *row);
    size_t *column = b->column[part] = malloc(k * sizeof *column);
    if (!row || !column)
        return GP_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        size_t from = places == GP_PLACES_UPPER ? i : 0;
        size_t end = places == GP_PLACES_UPPER ? n : places == GP_PLACES_LOWER ? i + 1 : i;
        for (size_t j = from; j < end; j++, at++) {
            row[at] = i;
            column[at] = j;
        }
    }
    return GP_OK;
}

/* A block as it is, or one of a space's parts, with the leading dimensions of items. */
static gp_status add_part(gp_flat *t, size_t k, int part, const double *y0) {
    const gp_block *block = &t->f->block[k];
    gp_flat_block *b = &t->block[k];
    size_t shape[GP_MAX_DIMENSIONS], dimensions = block->dimensions;
    char name[512];
    memcpy(shape, block->shape, sizeof shape);
    if (b->space) {
        const gp_geometry *g = b->item.geometry;
        int across = g == &GP_SPACE_STIEFEL && part == 1;
        dimensions = g->dimensions < dimensions ? dimensions - g->dimensions : 0;
        if (g == &GP_SPACE_OWN)
            dimensions = 0;
        if (across)
            shape[dimensions++] = b->item.rows - b->item.columns;
        shape[dimensions++] = across ? b->item.columns : b->item.k[part];
    }
    snprintf(name, sizeof name, "%.400s%s", block->name,
             b->space ? b->item.geometry->suffix[part] : "");
    b->y[part] = t->function->n;
    b->blocks++;
    gp_status status =
        gp_function_add_block(t->function, name, block->stage, dimensions, shape, y0);
    return status == GP_OK && b->space ? name_places(b, part) : status;
}

/* y0 part by part, of all items. */
static gp_status add_parts(gp_flat *t, size_t k) {
    gp_flat_block *b = &t->block[k];
    const double *x = t->f->x + b->x;
    size_t all = gp_item_coordinates(&b->item), skip = 0;
    gp_status status = GP_OK;
    double *own = malloc((all + b->items * all + 1) * sizeof *own);
    if (!own)
        return GP_ERROR_MEMORY;
    for (int part = 0; part < GP_SPACE_PARTS && status == GP_OK; part++) {
        size_t count = b->item.k[part];
        for (size_t q = 0; q < b->items && count; q++) {
            b->item.geometry->origin(&b->item, x + q * b->item.numbers, own);
            memcpy(own + all + q * count, own + skip, count * sizeof *own);
        }
        skip += count;
        if (count)
            status = add_part(t, k, part, own + all);
    }
    free(own);
    return status;
}

static gp_status not_there(const gp_flat *t, size_t k, size_t q, double off, gp_error *error) {
    const gp_flat_block *b = &t->block[k];
    char place[64] = "";
    if (b->items > 1)
        snprintf(place, sizeof place, ", item %zu", q);
    return gp_fail(error, GP_ERROR_ARGUMENT,
                   "%.150s: block %.100s%s isn't among %s: it is off by %.2g of its size; check at "
                   "a point of the space",
                   t->f->name, t->f->block[k].name, place, b->item.geometry->title, off);
}

static gp_status add_block(gp_flat *t, size_t k, gp_error *error) {
    const gp_function *f = t->f;
    gp_flat_block *b = &t->block[k];
    *b = (gp_flat_block){.space = gp_space_of(f, k),
                         .x = f->block[k].offset,
                         .g = t->given,
                         .given = gp_space_gradient_numbers(f, k),
                         .block = t->function->blocks,
                         .items = 1};
    t->given += b->given;
    if (!b->space)
        return add_part(t, k, 0, f->x + b->x);
    gp_space_items(f, k, &b->item, &b->items);
    for (size_t q = 0; q < b->items && b->item.geometry->off; q++) {
        double off = b->item.geometry->off(&b->item, f->x + b->x + q * b->item.numbers);
        if (!(off <= allowed(f->dtype)))
            return not_there(t, k, q, off, error);
    }
    return add_parts(t, k);
}

/* What a function with spaces can't have. */
static gp_status validate(const gp_function *f, gp_error *error) {
    const char *what = f->team ? "a team" : f->lower ? "bounds" : f->outputs ? "a map" : NULL;
    if (!what && (f->callback[GP_HESSIAN] || f->callback[GP_HVP]))
        what = "second derivatives";
    if (what)
        return gp_fail(error, GP_ERROR_UNSUPPORTED,
                       "%.200s: has blocks with a space and %s: check those without spaces",
                       f->name, what);
    for (size_t k = 0; k < f->plants; k++) {
        const gp_plant *p = &f->plant[k];
        size_t given = gp_space_gradient_numbers(f, p->block);
        int whole = given == f->block[p->block].entries;
        int needs = p->kind == GP_PLANT_TRANSPOSE || p->kind == GP_PLANT_DECAY;
        if ((needs && !whole) || (p->kind == GP_PLANT_ENTRY && p->index >= given))
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "%.200s: the mistake planted into block %.100s doesn't fit a gradient "
                           "of %zu tangent coordinates",
                           f->name, f->block[p->block].name, given);
    }
    return GP_OK;
}

static gp_status fill(gp_flat *t, gp_error *error) {
    const gp_function *f = t->f;
    gp_status status = gp_function_create(f->name, f->dtype, t, &t->function);
    for (size_t k = 0; k < f->blocks && status == GP_OK; k++)
        status = add_block(t, k, error);
    if (status == GP_OK)
        status = set_callbacks(f, t->function);
    if (status == GP_OK)
        t->y0 = malloc((t->function->n + 1) * sizeof *t->y0);
    if (status != GP_OK || !t->y0)
        return status == GP_OK ? GP_ERROR_MEMORY : status;
    memcpy(t->y0, t->function->x, t->function->n * sizeof *t->y0);
    for (size_t k = 0; k < f->blocks; k++)
        for (int part = 0; part < GP_SPACE_PARTS; part++)
            if (t->block[k].row[part]) {
                gp_block *block =
                    (gp_block *)gp_function_block_of(t->function, t->block[k].y[part]);
                block->row = t->block[k].row[part];
                block->column = t->block[k].column[part];
            }
    t->room = f->reentrant ? NULL : make_room(t);
    return f->reentrant || t->room ? GP_OK : GP_ERROR_MEMORY;
}

gp_status gp_flat_create(const gp_function *f, gp_flat **flat, gp_error *error) {
    gp_error line = {""};
    gp_status status = gp_function_validate(f, error);
    if (status == GP_OK)
        status = validate(f, error);
    if (status != GP_OK)
        return status;
    gp_flat *t = calloc(1, sizeof *t);
    if (t) {
        t->f = f;
        t->block = calloc(f->blocks, sizeof *t->block);
    }
    status = t && t->block ? fill(t, &line) : GP_ERROR_MEMORY;
    if (status == GP_OK) {
        *flat = t;
        return GP_OK;
    }
    if (!line.message[0] && t && t->function)
        (void)gp_function_error(t->function, &line);
    gp_flat_destroy(t);
    return line.message[0] ? gp_fail(error, status, "%s", line.message)
                           : gp_fail(error, status, "%.200s: out of memory", f->name);
}

void gp_flat_destroy(gp_flat *t) {
    if (!t)
        return;
    for (size_t k = 0; t->block && k < t->f->blocks; k++)
        for (int part = 0; part < GP_SPACE_PARTS; part++) {
            free(t->block[k].row[part]);
            free(t->block[k].column[part]);
        }
    free_room(t->f, t->room);
    gp_function_destroy(t->function);
    free(t->block);
    free(t->y0);
    free(t);
}

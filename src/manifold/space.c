/* The table of spaces, and what a block's space is. */
#include "manifold/space.h"

#include <stdlib.h>
#include <string.h>

static const gp_geometry *const SPACES[] = {&GP_SPACE_SO3,
                                            &GP_SPACE_QUATERNION,
                                            &GP_SPACE_QUATERNION_XYZW,
                                            &GP_SPACE_SE3,
                                            &GP_SPACE_SPHERE,
                                            &GP_SPACE_STIEFEL,
                                            &GP_SPACE_POSITIVE_DEFINITE,
                                            &GP_SPACE_SYMMETRIC,
                                            &GP_SPACE_SKEW,
                                            &GP_SPACE_LOWER,
                                            &GP_SPACE_UPPER,
                                            &GP_SPACE_HERMITIAN,
                                            &GP_SPACE_COMPLEX};
enum { SPACES_COUNT = sizeof SPACES / sizeof *SPACES };

const char *gp_space_name(size_t space) {
    return space < SPACES_COUNT ? SPACES[space]->name : NULL;
}

const char *gp_space_gradient(size_t space, size_t gradient) {
    if (space >= SPACES_COUNT)
        return NULL;
    for (const gp_reading *r = SPACES[space]->readings; r->covector; r++)
        if (r->name && gradient-- == 0)
            return r->name;
    return NULL;
}

void gp_space_items(const gp_function *f, size_t b, gp_item *item, size_t *items) {
    const gp_block *block = &f->block[b];
    const gp_space *space = &f->space[b];
    const gp_geometry *g = space->geometry;
    *item = (gp_item){.geometry = g,
                      .rows = block->entries,
                      .columns = 1,
                      .numbers = block->entries,
                      .k = {space->k},
                      .retraction = space->retraction,
                      .context = space->context};
    *items = 1;
    if (g == &GP_SPACE_OWN)
        return;
    const size_t *extent = block->shape + (block->dimensions - g->dimensions);
    item->rows = extent[0];
    item->columns = g->dimensions > 1 ? extent[1] : 1;
    item->numbers = 1;
    for (size_t k = 0; k < g->dimensions; k++)
        item->numbers *= extent[k];
    *items = block->entries / item->numbers;
    g->size(item);
}

size_t gp_space_gradient_numbers(const gp_function *f, size_t b) {
    const gp_space *space = gp_space_of(f, b);
    if (!space)
        return f->block[b].entries;
    gp_item item;
    size_t items;
    gp_space_items(f, b, &item, &items);
    if (space->reading->numbers == 0)
        return f->block[b].entries;
    return space->retraction ? space->k : items * space->reading->numbers;
}

/* "SO3, SE3, ..." */
static void list(char *text, size_t size, const char *(*name)(size_t, size_t), size_t of) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; name(of, k) && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? ", " : "", name(of, k));
}

static const char *any_name(size_t of, size_t k) {
    (void)of;
    return gp_space_name(k);
}

static gp_status find_block(gp_function *f, const char *setter, const char *name, size_t *block) {
    for (*block = 0; name && *block < f->blocks; (*block)++)
        if (strcmp(f->block[*block].name, name) == 0)
            return GP_OK;
    return gp_function_refuse(f, GP_ERROR_ARGUMENT, "%s: there is no block %.100s: add it before",
                              setter, name ? name : "NULL");
}

static const gp_reading *find_reading(const gp_geometry *g, const char *name) {
    for (const gp_reading *r = g->readings; r->covector; r++)
        if (r->name && (!name || strcmp(r->name, name) == 0))
            return r;
    return NULL;
}

/* Does the block consist of items of the space? */
static int fits(const gp_geometry *g, const gp_block *block) {
    if (block->dimensions < g->dimensions || block->entries == 0)
        return 0;
    const size_t *extent = block->shape + (block->dimensions - g->dimensions);
    for (size_t k = 0; k < g->dimensions; k++)
        if (g->extent[k] && extent[k] != g->extent[k])
            return 0;
    size_t rows = extent[0], columns = g->dimensions > 1 ? extent[1] : 1;
    if (g == &GP_SPACE_SE3 && rows != 3 && rows != 4)
        return 0;
    /* A sphere has two dimensions at least, and 1 x 1 matrices one coordinate if any. */
    if (g->shape == GP_TALL)
        return rows >= columns && rows > 1;
    return g->shape != GP_SQUARE || (rows == columns && (g != &GP_SPACE_SKEW || rows > 1));
}

static gp_status keep(gp_function *f, const char *setter, size_t block, gp_space space) {
    if (f->spaces < f->blocks) {
        gp_space *more = realloc(f->space, f->blocks * sizeof *more);
        if (!more)
            return gp_function_refuse(f, GP_ERROR_MEMORY, "%s: out of memory", setter);
        memset(more + f->spaces, 0, (f->blocks - f->spaces) * sizeof *more);
        f->space = more;
        f->spaces = f->blocks;
    }
    f->space[block] = space;
    return GP_OK;
}

gp_status gp_function_set_space(gp_function *f, const char *name, const char *space,
                                const char *gradient) {
    static const char SETTER[] = "gp_function_set_space";
    size_t block, number = 0;
    char words[300];
    if (!f)
        return GP_ERROR_ARGUMENT;
    gp_status status = find_block(f, SETTER, name, &block);
    if (status != GP_OK)
        return status;
    while (number < SPACES_COUNT && (!space || strcmp(SPACES[number]->name, space) != 0))
        number++;
    if (number == SPACES_COUNT) {
        list(words, sizeof words, any_name, 0);
        return gp_function_refuse(f, GP_ERROR_ARGUMENT, "%s: there is no space %.60s, but %s",
                                  SETTER, space ? space : "NULL", words);
    }
    const gp_geometry *g = SPACES[number];
    if (!fits(g, &f->block[block]))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "%s: the shape of block %.100s doesn't end in that of %s: see "
                                  "the table in gradproof/manifold.h",
                                  SETTER, name, g->title);
    const gp_reading *reading = find_reading(g, gradient);
    if (!reading) {
        list(words, sizeof words, gp_space_gradient, number);
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "%s: block %.100s: a gradient in %s is one of %s, not %.60s",
                                  SETTER, name, g->name, words, gradient);
    }
    return keep(f, SETTER, block, (gp_space){.geometry = g, .reading = reading});
}

gp_status gp_function_set_retraction(gp_function *f, const char *name, size_t k,
                                     gp_retraction_f64 retraction, void *context,
                                     const char *gradient) {
    static const char SETTER[] = "gp_function_set_retraction";
    size_t block;
    if (!f)
        return GP_ERROR_ARGUMENT;
    gp_status status = find_block(f, SETTER, name, &block);
    if (status != GP_OK)
        return status;
    const gp_reading *reading = find_reading(&GP_SPACE_OWN, gradient);
    if (!retraction || k == 0 || k > f->block[block].entries || !reading)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "%s: block %.100s needs a retraction, from 1 to %zu coordinates, "
                                  "and a gradient that is ambient or tangent",
                                  SETTER, name, f->block[block].entries);
    return keep(f, SETTER, block,
                (gp_space){.geometry = &GP_SPACE_OWN,
                           .reading = reading,
                           .k = k,
                           .retraction = retraction,
                           .context = context});
}

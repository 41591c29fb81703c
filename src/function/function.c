/* The function under test: its blocks and callbacks. Nothing here evaluates it. */
#include "function/function.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "function/reserve.h"
#include "function/threads.h"
#include "system/plain.h"
#include "system/text.h"

const char *gp_status_string(gp_status status) {
    static const char *const names[] = {"ok",
                                        "wrong argument",
                                        "out of memory",
                                        "input can't be read",
                                        "output can't be written",
                                        "not supported"};
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown status";
}

const char *gp_version(void) {
    return GP_VERSION;
}

gp_status gp_function_refuse(gp_function *f, gp_status status, const char *format, ...) {
    if (f->refused == GP_OK) {
        char line[sizeof f->refusal.message];
        va_list arguments;
        va_start(arguments, format);
        gp_plain_format(line, sizeof line, format, arguments);
        va_end(arguments);
        f->refused = status;
        gp_note(&f->refusal, "%s", line);
    }
    return status;
}

gp_status gp_function_error(const gp_function *f, gp_error *error) {
    if (!f)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_function_error: NULL argument");
    return f->refused == GP_OK
               ? GP_OK
               : gp_fail(error, f->refused, "%.200s: %s", f->name, f->refusal.message);
}

static gp_status no_memory(gp_function *f, const char *setter) {
    return gp_function_refuse(f, GP_ERROR_MEMORY, "%s: out of memory", setter);
}

gp_status gp_function_create(const char *name, gp_dtype dtype, void *user, gp_function **function) {
    if (!name || !function || (dtype != GP_FLOAT64 && dtype != GP_FLOAT32))
        return GP_ERROR_ARGUMENT;
    gp_function *f = calloc(1, sizeof *f);
    if (!f)
        return GP_ERROR_MEMORY;
    f->name = gp_printable_copy(name);
    if (!f->name) {
        free(f);
        return GP_ERROR_MEMORY;
    }
    f->dtype = dtype;
    f->user = user;
    f->batches = 1;
    f->threads = gp_threads_running();
    *function = f;
    return GP_OK;
}

static void forget_parts(gp_function *f) {
    for (size_t k = 0; k < f->parts; k++)
        free(f->part[k]);
    free(f->part);
    f->part = NULL;
    f->parts = 0;
}

void gp_function_destroy(gp_function *f) {
    if (!f)
        return;
    if (f->destructor)
        f->destructor(f->user);
    for (size_t i = 0; i < f->blocks; i++)
        free(f->block[i].name);
    forget_parts(f);
    for (size_t k = 0; k < f->remarks; k++)
        free(f->remark[k]);
    free(f->remark);
    gp_outputs_clear(&f->output);
    free(f->row);
    free(f->column);
    free(f->lower);
    free(f->upper);
    free(f->block);
    if (f->team)
        gp_unreserve(f->x, f->n * sizeof *f->x);
    else
        free(f->x);
    free(f->plant);
    free(f->space);
    free(f->name);
    /* Threads that it has left would go on in code that is gone. */
    if (f->shared_object && !gp_threads_exceed(f->threads))
        dlclose(f->shared_object);
    free(f);
}

int gp_team_is_sound(const gp_team *team) {
    return team->gather && team->ranks >= 1 && team->rank >= 0 && team->rank < team->ranks;
}

/* A block behind the others, under a name that is new; x is the caller's to enlarge. */
static gp_status append_block(gp_function *f, const char *name, unsigned stage, size_t dimensions,
                              const size_t *shape, size_t entries) {
    gp_block *block = realloc(f->block, (f->blocks + 1) * sizeof *block);
    if (!block)
        return GP_ERROR_MEMORY;
    f->block = block;
    block += f->blocks;
    memset(block, 0, sizeof *block);
    block->name = gp_printable_copy(name);
    if (!block->name)
        return GP_ERROR_MEMORY;
    for (size_t i = 0; i < f->blocks; i++)
        if (strcmp(f->block[i].name, block->name) == 0) {
            free(block->name);
            return GP_ERROR_ARGUMENT;
        }
    block->dimensions = dimensions;
    if (dimensions)
        memcpy(block->shape, shape, dimensions * sizeof *shape);
    block->offset = f->n;
    block->entries = entries;
    block->stage = stage;
    f->n += entries;
    f->blocks++;
    return GP_OK;
}

/* What is wrong with the shape of an array that comes after `before` numbers, words that go on
 * "block NAME: "; NULL: nothing. */
static const char *shape_mistake(size_t dimensions, const size_t *shape, size_t before) {
    if (dimensions > GP_MAX_DIMENSIONS)
        return "has more than 8 dimensions: give it a shape of fewer";
    if (dimensions && !shape)
        return "has dimensions but the shape is NULL: give an extent for each";
    size_t entries = gp_volume(dimensions, shape);
    if ((entries == 0 && !gp_is_empty(dimensions, shape)) || entries > GP_MAX_ENTRIES - before)
        return "has more entries than fit: check the extents of its shape";
    return NULL;
}

/* The same of a block that is to be added, with its numbers. */
static const char *block_mistake(const gp_function *f, size_t dimensions, const size_t *shape,
                                 const double *values) {
    const char *mistake = shape_mistake(dimensions, shape, f->n);
    if (mistake)
        return mistake;
    if (!values && !f->team && !gp_is_empty(dimensions, shape))
        return "the values are NULL: give the numbers to check at";
    if (f->lower) /* bounds are of all blocks */
        return "comes after gp_function_set_bounds: add all blocks before";
    if (f->team && values && f->own_end > f->own && f->own_end != f->n)
        return "a rank's blocks must follow one another: add those of other ranks before or after";
    return NULL;
}

gp_status gp_function_add_block(gp_function *f, const char *name, unsigned stage, size_t dimensions,
                                const size_t *shape, const double *values) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (!name || !*name)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "block %zu: has no name: give each block one", f->blocks);
    const char *mistake = block_mistake(f, dimensions, shape, values);
    if (mistake)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT, "block %.100s: %s", name, mistake);
    size_t entries = gp_volume(dimensions, shape), first = f->n;
    size_t bytes = f->n * sizeof(double), more = entries * sizeof(double);
    double *x = f->x;
    if (more)
        x = f->team ? gp_reserve_more(f->x, bytes, bytes + more) : realloc(f->x, bytes + more);
    if (!x && more)
        return no_memory(f, "gp_function_add_block");
    f->x = x;
    gp_status status = append_block(f, name, stage, dimensions, shape, entries);
    if (status != GP_OK)
        return gp_function_refuse(f, status, "block %.100s: %s", name,
                                  status == GP_ERROR_MEMORY
                                      ? "out of memory"
                                      : "there is one of that name: give each its own");
    for (size_t i = 0; i < entries && values; i++)
        x[first + i] = f->dtype == GP_FLOAT32 ? (double)(float)values[i] : values[i];
    if (values && f->own_end == f->own)
        f->own = first;
    if (values)
        f->own_end = f->n;
    return GP_OK;
}

gp_status gp_function_show_block(gp_function *f, const char *name, size_t dimensions,
                                 const size_t *shape) {
    size_t entries = gp_volume(dimensions, shape);
    if ((entries == 0 && !gp_is_empty(dimensions, shape)) || entries > GP_MAX_ENTRIES - f->n)
        return GP_ERROR_ARGUMENT;
    return append_block(f, name, 0, dimensions, shape, entries);
}

gp_status gp_function_set_team(gp_function *f, const gp_team *team) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (!team || !gp_team_is_sound(team))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_team: the team needs a gather and a rank below "
                                  "its number of ranks");
    if (f->blocks || f->dtype != GP_FLOAT64)
        return gp_function_refuse(
            f, GP_ERROR_ARGUMENT,
            "gp_function_set_team: only a float64 function that has no blocks "
            "yet can be spread: call it before gp_function_add_block");
    f->team = team;
    return GP_OK;
}

/* Can a setter's callback be this function's? */
static gp_status refuse_callback(gp_function *f, const char *setter, int given,
                                 gp_dtype precision) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (!given)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT, "%s: the callback is NULL", setter);
    if (f->dtype == precision)
        return GP_OK;
    const char *own = f->dtype == GP_FLOAT64 ? "float64" : "float32";
    return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                              "%s: the function is a %s one: give a %s callback, or choose the "
                              "precision first (gp_function_set_dtype)",
                              setter, own, own);
}

static int is_map(gp_role role) {
    return role == GP_MAP || role == GP_MAP_VJP;
}

/* Sets a callback, and of a map its outputs. */
static gp_status set_callback(gp_function *f, gp_role role, size_t outputs, gp_dtype dtype,
                              gp_callback callback) {
    static const char *const SETTER[GP_ROLES] = {
        "gp_function_set_value", "gp_function_set_gradient", "gp_function_set_value_gradient",
        "gp_function_set_map",   "gp_function_set_vjp",      "gp_function_set_map_vjp",
        "gp_function_set_jvp",   "gp_function_set_jacobian", "gp_function_set_hessian",
        "gp_function_set_hvp"};
    if (!f)
        return GP_ERROR_ARGUMENT;
    if ((unsigned)role >= GP_ROLES || (dtype != GP_FLOAT64 && dtype != GP_FLOAT32))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_callback: there is no role %d of precision %d",
                                  (int)role, (int)dtype);
    /* A float64 value suits functions of either precision. */
    int suits_all = role == GP_VALUE && dtype == GP_FLOAT64;
    gp_status status =
        refuse_callback(f, SETTER[role], callback != NULL, suits_all ? f->dtype : dtype);
    if (status == GP_OK && is_map(role) && outputs == 0)
        status = gp_function_refuse(f, GP_ERROR_ARGUMENT, "%s: 0 outputs: a map has one or more",
                                    SETTER[role]);
    if (status != GP_OK)
        return status;
    f->callback[role] = callback;
    f->precision[role] = dtype;
    if (is_map(role))
        f->outputs = outputs;
    return GP_OK;
}

gp_status gp_function_set_callback(gp_function *f, gp_role role, gp_dtype dtype,
                                   gp_callback callback) {
    if (f && is_map(role))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_callback: a map has a number of outputs: use "
                                  "gp_function_set_map_callback");
    return set_callback(f, role, 0, dtype, callback);
}

gp_status gp_function_set_map_callback(gp_function *f, gp_role role, size_t outputs, gp_dtype dtype,
                                       gp_callback callback) {
    if (f && !is_map(role))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_map_callback: role %d is no map's", (int)role);
    return set_callback(f, role, outputs, dtype, callback);
}

gp_status gp_function_set_complex_value(gp_function *f, gp_complex_value callback) {
    gp_status status =
        refuse_callback(f, "gp_function_set_complex_value", callback != NULL, GP_FLOAT64);
    if (status == GP_OK)
        f->complex_value = callback;
    return status;
}

gp_status gp_function_add_output(gp_function *f, const char *name, size_t dimensions,
                                 const size_t *shape) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (!name || !*name)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "output %zu: has no name: give each array one", f->output.arrays);
    const char *mistake = shape_mistake(dimensions, shape, f->output.count);
    if (mistake)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT, "output %.100s: %s", name, mistake);
    gp_status status =
        gp_outputs_add(&f->output, name, dimensions, shape, gp_volume(dimensions, shape));
    if (status == GP_ERROR_MEMORY)
        return no_memory(f, "gp_function_add_output");
    return status == GP_OK ? GP_OK
                           : gp_function_refuse(f, status,
                                                "output %.100s: there is one of that name: give "
                                                "each its own",
                                                name);
}

gp_status gp_function_set_sparsity(gp_function *f, size_t entries, const size_t *row,
                                   const size_t *column) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (entries == 0 || !row || !column || entries > SIZE_MAX / sizeof *row)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_sparsity: %zu entries: give a row and a column "
                                  "for each of one or more",
                                  entries);
    size_t *rows = malloc(entries * sizeof *rows), *columns = malloc(entries * sizeof *columns);
    if (!rows || !columns) {
        free(rows);
        free(columns);
        return no_memory(f, "gp_function_set_sparsity");
    }
    free(f->row);
    free(f->column);
    memcpy(rows, row, entries * sizeof *rows);
    memcpy(columns, column, entries * sizeof *columns);
    f->row = rows;
    f->column = columns;
    f->nonzeros = entries;
    return GP_OK;
}

gp_status gp_function_set_bounds(gp_function *f, const double *lower, const double *upper) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (f->n == 0)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_bounds: there are no blocks to bound: add all "
                                  "of them before");
    for (size_t i = 0; i < f->n; i++) {
        double least = lower ? lower[i] : -INFINITY, most = upper ? upper[i] : INFINITY;
        if (!(least < most)) { /* a fixed parameter has no derivative; NaN neither */
            char name[256];
            gp_function_entry_name(f, i, name, sizeof name);
            return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                      "gp_function_set_bounds: there is nothing between %g and %g "
                                      "for parameter %s: a fixed one is no parameter",
                                      least, most, name);
        }
    }
    double *low = malloc(f->n * sizeof *low), *high = malloc(f->n * sizeof *high);
    if (!low || !high) {
        free(low);
        free(high);
        return no_memory(f, "gp_function_set_bounds");
    }
    for (size_t i = 0; i < f->n; i++) {
        low[i] = lower ? lower[i] : -INFINITY;
        high[i] = upper ? upper[i] : INFINITY;
    }
    free(f->lower);
    free(f->upper);
    f->lower = low;
    f->upper = high;
    return GP_OK;
}

int gp_function_has_value(const gp_function *f) {
    return f->callback[GP_VALUE] || f->callback[GP_VALUE_GRADIENT];
}

int gp_function_has_gradient(const gp_function *f) {
    return f->callback[GP_GRADIENT] || f->callback[GP_VALUE_GRADIENT];
}

/* Setters that nothing is to be said against. */
typedef void (*gp_destructor)(void *user);
#define GP_SETTER(name, type, member)                                                              \
    gp_status gp_function_set_##name(gp_function *f, type given) {                                 \
        if (!f)                                                                                    \
            return GP_ERROR_ARGUMENT;                                                              \
        f->member = given;                                                                         \
        return GP_OK;                                                                              \
    }
GP_SETTER(reentrant, int, reentrant)
GP_SETTER(seed, gp_seed_callback, seed)
GP_SETTER(changes, gp_changes_f64, changes_f64)
GP_SETTER(silence, gp_silence_callback, silence)
GP_SETTER(batch_size, size_t, batch_size)
GP_SETTER(user, void *, user)
GP_SETTER(destructor, gp_destructor, destructor)

gp_status gp_function_set_entries(gp_function *f, gp_entries_f64 entries) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    gp_status status =
        refuse_callback(f, "gp_function_set_entries", 1, entries ? GP_FLOAT64 : f->dtype);
    if (status == GP_OK)
        f->entries_f64 = entries;
    return status;
}

gp_status gp_function_set_suspects(gp_function *f, size_t count, const gp_suspect *suspects,
                                   gp_suspect_callback gradient) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (count > 0 && (!suspects || !gradient))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_suspects: the suspects or their callback are "
                                  "NULL");
    for (size_t k = 0; k < count; k++)
        if (!suspects[k].kind || !suspects[k].text)
            return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                      "gp_function_set_suspects: suspect %zu needs a kind and a "
                                      "text",
                                      k);
    f->suspects = count;
    f->suspect = suspects;
    f->suspect_gradient = gradient;
    return GP_OK;
}

gp_status gp_function_set_batches(gp_function *f, size_t batches, gp_batch_callback batch) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (batches == 0 || (batches > 1 && !batch))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_batches: %zu batches: give one or more, and a "
                                  "callback that chooses",
                                  batches);
    f->batches = batches;
    f->batch = batch;
    return GP_OK;
}

gp_status gp_function_set_examples(gp_function *f, size_t examples, gp_examples_callback select) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (examples == 0 || !select)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_examples: %zu examples: give one or more, and a "
                                  "callback that chooses",
                                  examples);
    f->examples = f->batch_size = examples;
    f->select_examples = select;
    return GP_OK;
}

gp_status gp_function_set_parts(gp_function *f, size_t parts, const char *const *names,
                                gp_part_callback select) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (parts < 2 || !names || !select)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_parts: %zu parts: give two or more, their names "
                                  "and a callback that chooses",
                                  parts);
    for (size_t k = 0; k < parts; k++)
        if (!names[k])
            return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                      "gp_function_set_parts: part %zu has no name", k);
    forget_parts(f);
    f->part = calloc(parts, sizeof *f->part);
    for (size_t k = 0; k < parts && f->part; k++) {
        f->part[k] = gp_printable_copy(names[k]);
        f->parts = k + 1;
        if (!f->part[k])
            forget_parts(f);
    }
    if (!f->part)
        return no_memory(f, "gp_function_set_parts");
    f->select_part = select;
    return GP_OK;
}

gp_status gp_function_add_remark(gp_function *f, const char *line) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (!line)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT, "gp_function_add_remark: there is no line");
    char **remark = realloc(f->remark, (f->remarks + 1) * sizeof *remark);
    if (!remark)
        return no_memory(f, "gp_function_add_remark");
    f->remark = remark;
    remark[f->remarks] = gp_printable_copy(line);
    if (!remark[f->remarks])
        return no_memory(f, "gp_function_add_remark");
    f->remarks++;
    return GP_OK;
}

gp_status gp_function_set_release(gp_function *f, gp_release_callback release, void *context) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (release && f->team)
        return gp_function_refuse(f, GP_ERROR_UNSUPPORTED,
                                  "gp_function_set_release: not for a function with a team");
    f->release = release;
    f->release_context = context;
    return GP_OK;
}

/* Is there anything that holds for one precision alone? A float64 value suits either. */
static int has_precision(const gp_function *f) {
    int any = f->blocks || f->team || f->outputs || f->entries_f64 || f->complex_value;
    for (int role = 0; role < GP_ROLES; role++)
        any |= f->callback[role] && !(role == GP_VALUE && f->precision[role] == GP_FLOAT64);
    return any;
}

gp_status gp_function_set_dtype(gp_function *f, gp_dtype dtype) {
    if (!f)
        return GP_ERROR_ARGUMENT;
    if (dtype != GP_FLOAT64 && dtype != GP_FLOAT32)
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_dtype: there is no precision %d", (int)dtype);
    if (dtype != f->dtype && has_precision(f))
        return gp_function_refuse(f, GP_ERROR_ARGUMENT,
                                  "gp_function_set_dtype: the function has blocks or callbacks of "
                                  "the other precision: call it before");
    f->dtype = dtype;
    return GP_OK;
}

const gp_block *gp_function_block_of(const gp_function *f, size_t entry) {
    size_t low = 0, high = f->blocks;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (f->block[middle].offset <= entry)
            low = middle;
        else
            high = middle;
    }
    return &f->block[low];
}

const char *gp_function_output_name(const gp_function *f, int second, size_t output,
                                    char name[GP_OUTPUT_NAME_SIZE]) {
    return gp_outputs_name(f->output.array, second ? 0 : f->output.arrays, output, name);
}

void gp_function_entry_name(const gp_function *f, size_t entry, char *name, size_t size) {
    const gp_block *block = gp_function_block_of(f, entry);
    const gp_outputs *o = block->output;
    char index[256];
    const gp_layout layout = {block->dimensions, block->shape,        block->row,
                              block->column,     o ? o->array : NULL, o ? o->arrays : 0};
    gp_layout_name(&layout, entry - block->offset, index, sizeof index);
    snprintf(name, size, "%.200s%s", block->name, index);
}

const double *gp_function_point(const gp_function *f, size_t *n) {
    *n = f ? f->n : 0;
    return f ? f->x : NULL;
}

/* See findings.h. */
#include "judge/findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "system/plain.h"
#include "system/text.h"

static const gp_entry NOTHING = {
    .analytic = NAN, .numeric = NAN, .bound = NAN, .left = NAN, .right = NAN};

/* A block's names of outputs, all blocks' being the same. */
static gp_status name_outputs(gp_report *r, const gp_outputs *names, gp_block_result *block) {
    if (!names)
        return GP_OK;
    if (!r->output.arrays && gp_outputs_copy(names, &r->output) != GP_OK)
        return GP_ERROR_MEMORY;
    block->outputs = r->output.arrays;
    block->output = r->output.array;
    return GP_OK;
}

gp_status gp_report_create(const gp_function *f, const char *name, size_t placed,
                           gp_report **report) {
    gp_report *r = calloc(1, sizeof *r);
    if (!r)
        return GP_ERROR_MEMORY;
    r->function = gp_printable_copy(name);
    if (f) {
        r->dtype = f->dtype;
        r->value_dtype = gp_function_value_dtype(f);
        r->n = r->parameters = f->n;
        r->block = calloc(f->blocks, sizeof *r->block);
        r->placed = placed;
        r->room = 16;
        r->entry = malloc((placed + r->room) * sizeof *r->entry);
        r->index = malloc(r->room * sizeof *r->index);
    }
    if (!r->function || (f && (!r->block || !r->entry || !r->index))) {
        gp_report_destroy(r);
        return GP_ERROR_MEMORY;
    }
    for (size_t b = 0; f && b < f->blocks; b++) {
        gp_report_block_data *block = &r->block[b];
        r->blocks = b + 1;
        block->name = gp_copy_string(f->block[b].name);
        if (!block->name) {
            gp_report_destroy(r);
            return GP_ERROR_MEMORY;
        }
        memcpy(block->shape, f->block[b].shape, sizeof block->shape);
        block->stage = f->block[b].stage;
        block->result.name = block->name;
        block->result.shape = block->shape;
        block->result.dimensions = f->block[b].dimensions;
        block->result.offset = f->block[b].offset;
        block->result.entries = f->block[b].entries;
        block->result.resolution = NAN;
        if (name_outputs(r, f->block[b].output, &block->result) != GP_OK) {
            gp_report_destroy(r);
            return GP_ERROR_MEMORY;
        }
        if (f->block[b].row) {
            size_t bytes = f->block[b].entries * sizeof(size_t);
            block->row = malloc(bytes);
            block->column = malloc(bytes);
            if (!block->row || !block->column) {
                gp_report_destroy(r);
                return GP_ERROR_MEMORY;
            }
            block->result.row = memcpy(block->row, f->block[b].row, bytes);
            block->result.column = memcpy(block->column, f->block[b].column, bytes);
        }
    }
    for (size_t i = 0; i < r->placed; i++)
        r->entry[i] = NOTHING;
    r->resolution = r->difference = r->confidence = r->noise = r->value = NAN;
    *report = r;
    return GP_OK;
}

gp_status gp_report_blank(const gp_function *f, gp_report **report) {
    return f && report ? gp_report_create(f, f->name, f->n, report) : GP_ERROR_ARGUMENT;
}

/* The place of the first entry from `entry` on in the list of those without a place. */
static size_t place_of(const gp_report *r, size_t entry) {
    size_t low = 0, high = r->looked;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->index[middle] < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const gp_entry *gp_report_at(const gp_report *r, size_t entry) {
    if (entry < r->placed)
        return &r->entry[entry];
    size_t at = place_of(r, entry);
    return at < r->looked && r->index[at] == entry ? &r->entry[r->placed + at] : &NOTHING;
}

size_t gp_report_next(const gp_report *r, size_t entry) {
    if (entry < r->placed)
        return entry;
    size_t at = place_of(r, entry);
    return at < r->looked ? r->index[at] : r->n;
}

/* The statuses that findings of an origin may have, and those that they may take the place of. What
 * is refuted stays, unless rounding excuses it or the refutation is taken back; what comes from
 * elsewhere only adds to what the given point has left, or refutes it
 * (docs/decisions/0013, 0026, 0042, 0049). */
enum {
    UNCHECKED = 1 << GP_ENTRY_UNCHECKED,
    VERIFIED = 1 << GP_ENTRY_VERIFIED,
    REFUTED = 1 << GP_ENTRY_REFUTED,
    UNRESOLVED = 1 << GP_ENTRY_UNRESOLVED,
    KINK = 1 << GP_ENTRY_KINK,
    UNEXERCISED = 1 << GP_ENTRY_UNEXERCISED,
    OPEN = UNCHECKED | UNRESOLVED | UNEXERCISED,
    ANY = OPEN | VERIFIED | KINK | REFUTED
};
static const struct {
    unsigned brings, over;
} RULES[GP_ORIGINS] = {
    [GP_FROM_CALLBACK] = {REFUTED, ANY},
    [GP_FROM_GIVEN_POINT] = {ANY & ~UNCHECKED, UNCHECKED},
    [GP_FROM_ROUNDING] = {UNRESOLVED, REFUTED},
    [GP_FROM_FURTHER_POINT] = {VERIFIED | KINK | REFUTED, UNEXERCISED | UNRESOLVED | KINK},
    [GP_FROM_FEWER_EXAMPLES] = {VERIFIED, UNRESOLVED},
    [GP_FROM_SECOND_OPINION] = {REFUTED, ANY & ~REFUTED},
    [GP_FROM_DIRECTIONS] = {UNCHECKED, UNRESOLVED},
    [GP_FROM_WHAT_WAS_BEFORE] = {ANY & ~REFUTED, VERIFIED | KINK | REFUTED},
    [GP_FROM_SILENCE] = {UNRESOLVED, UNEXERCISED},
    [GP_FROM_WITNESS] = {0, 0},
};

gp_status gp_findings_put(gp_report *r, gp_origin origin, size_t entry, const gp_entry *value) {
    if (!(RULES[origin].brings >> value->status & 1) ||
        !(RULES[origin].over >> gp_report_at(r, entry)->status & 1))
        return GP_OK;
    if (entry < r->placed) {
        r->entry[entry] = *value;
        return GP_OK;
    }
    size_t at = place_of(r, entry);
    if (at < r->looked && r->index[at] == entry) {
        r->entry[r->placed + at] = *value;
        return GP_OK;
    }
    if (r->looked == r->room) {
        size_t room = 2 * r->room;
        gp_entry *entries = realloc(r->entry, (r->placed + room) * sizeof *entries);
        if (entries)
            r->entry = entries;
        size_t *index = realloc(r->index, room * sizeof *index);
        if (index)
            r->index = index;
        if (!entries || !index)
            return GP_ERROR_MEMORY;
        r->room = room;
    }
    gp_entry *here = r->entry + r->placed + at;
    memmove(here + 1, here, (r->looked - at) * sizeof *here);
    memmove(r->index + at + 1, r->index + at, (r->looked - at) * sizeof *r->index);
    *here = *value;
    r->index[at] = entry;
    r->looked++;
    return GP_OK;
}

void gp_findings_put_block(gp_report *r, size_t block, gp_verdict verdict) {
    if (r->block[block].whole != GP_REFUTED)
        r->block[block].whole = verdict;
}

void gp_report_destroy(gp_report *r) {
    if (!r)
        return;
    for (size_t b = 0; b < r->blocks; b++) {
        for (size_t k = 0; k < r->block[b].result.diagnoses; k++)
            free((char *)r->block[b].diagnosis[k].message);
        free(r->block[b].diagnosis);
        free(r->block[b].row);
        free(r->block[b].column);
        free(r->block[b].name);
    }
    gp_outputs_clear(&r->output);
    for (size_t k = 0; k < r->silents; k++)
        free(r->silent[k]);
    free(r->silent);
    for (size_t k = 0; k < r->losses; k++)
        free(r->loss[k]);
    free(r->loss);
    for (size_t k = 0; k < r->places; k++)
        free(r->place[k]);
    free(r->place);
    for (size_t k = 0; k < r->practices; k++)
        free(r->practice[k]);
    free(r->practice);
    free(r->curve);
    free(r->command);
    free(r->block);
    free(r->entry);
    free(r->index);
    free(r->function);
    free(r);
}

gp_status gp_report_add_diagnosis(gp_report *r, size_t b, const char *kind, double factor,
                                  const char *format, ...) {
    gp_report_block_data *block = &r->block[b];
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    gp_plain_format(message, sizeof message, format, arguments);
    va_end(arguments);
    gp_diagnosis *list = realloc(block->diagnosis, (block->result.diagnoses + 1) * sizeof *list);
    if (!list)
        return GP_ERROR_MEMORY;
    block->diagnosis = list;
    block->result.diagnosis = list;
    char *copy = gp_copy_string(message);
    if (!copy)
        return GP_ERROR_MEMORY;
    list[block->result.diagnoses++] = (gp_diagnosis){kind, factor, copy};
    return GP_OK;
}

void gp_report_clear_diagnoses(gp_report *r, size_t b) {
    gp_report_block_data *block = &r->block[b];
    for (size_t k = 0; k < block->result.diagnoses; k++)
        free((char *)block->diagnosis[k].message);
    block->result.diagnoses = 0;
}

/* Puts a copy of a line into a list of *count lines, in place `at`. */
static gp_status insert(char ***lines, size_t *count, size_t at, const char *line) {
    char **list = realloc(*lines, (*count + 1) * sizeof *list);
    if (!list)
        return GP_ERROR_MEMORY;
    *lines = list;
    char *copy = gp_copy_string(line);
    if (!copy)
        return GP_ERROR_MEMORY;
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = copy;
    ++*count;
    return GP_OK;
}

gp_status gp_report_add_practice(gp_report *r, const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    gp_plain_format(line, sizeof line, format, arguments);
    va_end(arguments);
    return insert(&r->practice, &r->practices, r->practices, line);
}

gp_status gp_report_name_point(gp_report *r, size_t point, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (point >= r->places) {
        char **list = realloc(r->place, (point + 1) * sizeof *list);
        if (!list)
            return GP_ERROR_MEMORY;
        r->place = list;
        while (r->places <= point)
            list[r->places++] = NULL;
    }
    free(r->place[point]);
    r->place[point] = gp_copy_string(text);
    return r->place[point] ? GP_OK : GP_ERROR_MEMORY;
}

gp_status gp_report_add_loss(gp_report *r, const char *line) {
    for (size_t k = 0; k < r->losses; k++)
        if (strcmp(r->loss[k], line) == 0)
            return GP_OK;
    return insert(&r->loss, &r->losses, r->losses, line);
}

gp_status gp_report_add_silent(gp_report *r, const char *given) {
    char name[256];
    size_t at = 0;
    gp_printable(given, name, sizeof name); /* it is the user's */
    while (at < r->silents && strcmp(r->silent[at], name) < 0)
        at++;
    if (at < r->silents && strcmp(r->silent[at], name) == 0)
        return GP_OK;
    return insert(&r->silent, &r->silents, at, name);
}

gp_status gp_report_create_failure(const char *name, const char *kind, const char *message,
                                   const gp_options *options, gp_report **report) {
    if (!name || !kind || !message || !report)
        return GP_ERROR_ARGUMENT;
    gp_status status = gp_report_create(NULL, name, 0, report);
    if (status != GP_OK)
        return status;
    (*report)->verdict = GP_FAILED;
    (*report)->seed = options ? options->seed : 0;
    snprintf((*report)->failure_kind, sizeof(*report)->failure_kind, "%s", kind);
    gp_printable(message, (*report)->failure, sizeof(*report)->failure);
    return GP_OK;
}

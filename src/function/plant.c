/* Planted mistakes: what --plant does to the gradient under test, to show that it is caught. */
#include "function/claims.h"
#include "system/plain.h"
#include "system/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char *text, const char **end, double *number) {
    char *after;
    errno = 0;
    *number = gp_plain_number(text, &after);
    if (after == text || !isfinite(*number))
        return -1;
    *end = after;
    return 0;
}

/* Does text begin with the words for a claim on a block: "vjp W1", or "jacobian" for a sparse one?
 */
static int names_claim(const gp_function *f, const char *text, size_t length, gp_claim claim,
                       const char *block) {
    const char *word = gp_claim_kinds[claim].word;
    size_t letters = strlen(word);
    if (!gp_function_claims(f, claim) || length < letters || memcmp(word, text, letters) != 0)
        return 0;
    if (gp_claim_is_sparse(f, claim))
        return length == letters;
    return length == letters + 1 + strlen(block) && text[letters] == ' ' &&
           memcmp(block, text + letters + 1, strlen(block)) == 0;
}

/* Numbers that a plant may change. */
static size_t entries_of(const gp_function *f, const gp_plant *plant) {
    if (!plant->claimed)
        return f->block[plant->block].entries;
    return gp_claim_is_sparse(f, plant->claim)
               ? f->nonzeros
               : gp_claim_outputs(f, plant->claim) * f->block[plant->block].entries;
}

int gp_plant_fits(const gp_function *f, const gp_plant *plant) {
    int sparse = plant->claimed && gp_claim_is_sparse(f, plant->claim);
    return sparse == plant->sparse &&
           (plant->kind != GP_PLANT_ENTRY || plant->index < entries_of(f, plant));
}

/* The block that the first `length` letters of text name, as reports do, and its size. */
static gp_status find_block(const gp_function *f, const char *text, size_t length, gp_plant *plant,
                            size_t *entries, size_t *dimensions, gp_error *error) {
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        plant->block = b;
        if (strlen(block->name) == length && memcmp(block->name, text, length) == 0) {
            *entries = block->entries;
            *dimensions = block->dimensions;
            return GP_OK;
        }
        for (int k = 0; k < GP_CLAIMS; k++)
            if (names_claim(f, text, length, (gp_claim)k, block->name)) {
                int sparse = gp_claim_is_sparse(f, (gp_claim)k);
                plant->claimed = 1;
                plant->sparse = sparse;
                plant->claim = (gp_claim)k;
                *entries = entries_of(f, plant);
                *dimensions = sparse ? 1 : 2;
                return GP_OK;
            }
    }
    char names[256] = "";
    for (size_t b = 0; b < f->blocks; b++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%.40s", b ? ", " : "", f->block[b].name);
    }
    return gp_fail(error, GP_ERROR_ARGUMENT, "plant '%.100s': no such block; %.100s has %s", text,
                   f->name, names);
}

/* "entry=I,add=V" behind the colon, for a block of so many entries. */
static gp_status parse_entry(const char *text, const char *colon, size_t entries, gp_plant *plant,
                             const char **end, gp_error *error) {
    char *after;
    const char *index = colon + 1 + strlen("entry=");
    plant->kind = GP_PLANT_ENTRY;
    plant->index = strtoull(index, &after, 10);
    if (*index < '0' || *index > '9' || strncmp(after, ",add=", 5) != 0 ||
        parse_number(after + 5, end, &plant->amount))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "plant '%.100s': write entry=I,add=V with an index and a number", text);
    if (entries == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT, "plant '%.100s': %.*s has no entries", text,
                       (int)(colon - text), text);
    if (plant->index >= entries)
        return gp_fail(error, GP_ERROR_ARGUMENT, "plant '%.100s': %.*s has entries 0 to %zu", text,
                       (int)(colon - text), text, entries - 1);
    return GP_OK;
}

static gp_status plant_text(gp_function *f, const char *text, gp_error *error) {
    gp_plant plant = {0};
    const char *colon = strrchr(text, ':');
    if (!colon)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "plant '%.100s': write BLOCK:MISTAKE, such as W2:scale=2", text);
    size_t entries = 0, dimensions = 0;
    gp_status found =
        find_block(f, text, (size_t)(colon - text), &plant, &entries, &dimensions, error);
    if (found != GP_OK)
        return found;
    const char *mistake = colon + 1, *end = mistake + strlen(mistake);
    if (strncmp(mistake, "scale=", 6) == 0 && !parse_number(mistake + 6, &end, &plant.amount)) {
        plant.kind = GP_PLANT_SCALE;
    } else if (strncmp(mistake, "decay=", 6) == 0 &&
               !parse_number(mistake + 6, &end, &plant.amount) && !plant.claimed) {
        plant.kind = GP_PLANT_DECAY;
    } else if (strncmp(mistake, "entry=", 6) == 0) {
        found = parse_entry(text, colon, entries, &plant, &end, error);
        if (found != GP_OK)
            return found;
    } else if (strcmp(mistake, "negate") == 0) {
        plant.kind = GP_PLANT_NEGATE;
    } else if (strcmp(mistake, "zero") == 0) {
        plant.kind = GP_PLANT_ZERO;
    } else if (strcmp(mistake, "shift") == 0) {
        plant.kind = GP_PLANT_SHIFT;
    } else if (strcmp(mistake, "transpose") == 0) {
        plant.kind = GP_PLANT_TRANSPOSE;
        if (dimensions != 2)
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "plant '%.100s': only a matrix can be transposed, and %.*s has %zu "
                           "%s",
                           text, (int)(colon - text), text, dimensions,
                           gp_plural(dimensions, "dimension", "dimensions"));
    } else {
        end = "?";
    }
    if (*end)
        return gp_fail(
            error, GP_ERROR_ARGUMENT,
            "plant '%.100s': the mistake must be scale=F, negate, zero, transpose, shift, "
            "entry=I,add=V or decay=L",
            text);
    gp_plant *plants = realloc(f->plant, (f->plants + 1) * sizeof *plants);
    if (!plants)
        return gp_fail(error, GP_ERROR_MEMORY, "plant: out of memory");
    f->plant = plants;
    plants[f->plants++] = plant;
    return GP_OK;
}

gp_status gp_function_plant(gp_function *f, const char *text, gp_error *error) {
    if (!f || !text)
        return gp_fail(error, GP_ERROR_ARGUMENT, "plant: NULL argument");
    gp_error line = {""};
    gp_status status = plant_text(f, text, &line);
    return status == GP_OK ? GP_OK
                           : gp_fail(error, gp_function_refuse(f, status, "%s", line.message), "%s",
                                     line.message);
}

gp_status gp_plant_apply(const gp_plant *plant, gp_dtype dtype, size_t rows, size_t columns,
                         const double *x, double *b) {
    size_t entries = rows * columns;
    if (entries == 0)
        return GP_OK;
    switch (plant->kind) {
    case GP_PLANT_SCALE:
        for (size_t i = 0; i < entries; i++)
            b[i] *= plant->amount;
        break;
    case GP_PLANT_NEGATE:
        for (size_t i = 0; i < entries; i++)
            b[i] = -b[i];
        break;
    case GP_PLANT_ZERO:
        for (size_t i = 0; i < entries; i++)
            b[i] = 0;
        break;
    case GP_PLANT_SHIFT: {
        double last = b[entries - 1];
        memmove(b + 1, b, (entries - 1) * sizeof *b);
        b[0] = last;
        break;
    }
    case GP_PLANT_ENTRY:
        b[plant->index] += plant->amount;
        break;
    case GP_PLANT_DECAY:
        for (size_t i = 0; i < entries; i++)
            b[i] += plant->amount * x[i];
        break;
    case GP_PLANT_TRANSPOSE: {
        /* The r x c matrix is written out as its c x r transpose. */
        double *copy = malloc(entries * sizeof *copy);
        if (!copy)
            return GP_ERROR_MEMORY;
        memcpy(copy, b, entries * sizeof *copy);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++)
                b[j * rows + i] = copy[i * columns + j];
        free(copy);
        break;
    }
    }
    if (dtype == GP_FLOAT32)
        for (size_t i = 0; i < entries; i++)
            b[i] = (double)(float)b[i];
    return GP_OK;
}

gp_status gp_function_apply_plants(const gp_function *f, const double *x, double *g) {
    gp_status status = GP_OK;
    for (size_t p = 0; p < f->plants && status == GP_OK; p++) {
        const gp_block *block = &f->block[f->plant[p].block];
        size_t rows = block->dimensions == 2 && block->entries ? block->shape[0] : 1;
        if (!f->plant[p].claimed && gp_function_owns(f, block->offset))
            status = gp_plant_apply(&f->plant[p], f->dtype, rows, block->entries / rows,
                                    x + block->offset, g + block->offset);
    }
    return status;
}

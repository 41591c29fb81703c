/* See digest.h. */
#include "cli/digest.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/input.h"

static void as_text(const unsigned char *digest, char *text) {
    base16_encode_update(text, CLI_DIGEST, digest);
    text[CLI_DIGEST_TEXT - 1] = '\0';
}

void cli_digest(const void *bytes, size_t count, char text[CLI_DIGEST_TEXT]) {
    struct sha256_ctx context;
    unsigned char digest[CLI_DIGEST];
    sha256_init(&context);
    sha256_update(&context, count, bytes);
    sha256_digest(&context, sizeof digest, digest);
    as_text(digest, text);
}

gp_status cli_digest_file(const char *path, uint64_t *bytes, char text[CLI_DIGEST_TEXT],
                          gp_error *error) {
    struct sha256_ctx context;
    unsigned char digest[CLI_DIGEST], part[1 << 14];
    FILE *file = NULL;
    gp_status status = gp_input_open(path, &file, error);
    if (status != GP_OK)
        return status;
    sha256_init(&context);
    *bytes = 0;
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0; *bytes += got)
        sha256_update(&context, got, part);
    if (ferror(file)) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read", path);
        status = GP_ERROR_INPUT;
    }
    (void)fclose(file);
    sha256_digest(&context, sizeof digest, digest);
    as_text(digest, text);
    return status;
}

unsigned char *cli_bytes_of(const double *numbers, size_t count) {
    unsigned char *bytes = malloc(8 * count + 1);
    for (size_t i = 0; bytes && i < count; i++) {
        uint64_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        for (size_t k = 0; k < 8; k++)
            bytes[8 * i + k] = (unsigned char)(bits >> (8 * k));
    }
    return bytes;
}

void cli_numbers_of(const unsigned char *bytes, size_t count, double *numbers) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        for (size_t k = 0; k < 8; k++)
            bits |= (uint64_t)bytes[8 * i + k] << (8 * k);
        memcpy(numbers + i, &bits, sizeof bits);
    }
}

/* ---- lists ------------------------------------------------------------------------------- */

gp_status cli_tree_open(cli_tree *t, size_t leaves) {
    memset(t, 0, sizeof *t);
    t->leaves = leaves;
    for (size_t nodes = leaves; nodes > 0; nodes = nodes > 1 ? (nodes + 1) / 2 : 0) {
        t->level[t->levels] = calloc(nodes, CLI_DIGEST);
        t->nodes[t->levels] = nodes;
        if (!t->level[t->levels++])
            return GP_ERROR_MEMORY;
    }
    return GP_OK;
}

/* to := the leaf of an entry. */
static void digest_leaf(unsigned char *to, size_t leaf, const char *text) {
    struct sha256_ctx context;
    char index[32];
    int length = snprintf(index, sizeof index, "%c%zu ", 0, leaf);
    sha256_init(&context);
    sha256_update(&context, (size_t)length, (const unsigned char *)index);
    sha256_update(&context, strlen(text), (const unsigned char *)text);
    sha256_digest(&context, CLI_DIGEST, to);
}

/* to := the node above two. */
static void digest_node(unsigned char *to, const unsigned char *left, const unsigned char *right) {
    static const unsigned char NODE[] = {1};
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, sizeof NODE, NODE);
    sha256_update(&context, CLI_DIGEST, left);
    sha256_update(&context, CLI_DIGEST, right);
    sha256_digest(&context, CLI_DIGEST, to);
}

void cli_tree_set(cli_tree *t, size_t leaf, const char *text) {
    digest_leaf(t->level[0] + leaf * CLI_DIGEST, leaf, text);
}

void cli_tree_grow(cli_tree *t) {
    for (size_t l = 1; l < t->levels; l++)
        for (size_t k = 0; k < t->nodes[l]; k++) {
            const unsigned char *left = t->level[l - 1] + 2 * k * CLI_DIGEST;
            unsigned char *to = t->level[l] + k * CLI_DIGEST;
            if (2 * k + 1 < t->nodes[l - 1])
                digest_node(to, left, left + CLI_DIGEST);
            else
                memcpy(to, left, CLI_DIGEST);
        }
}

void cli_tree_root(const cli_tree *t, char text[CLI_DIGEST_TEXT]) {
    as_text(t->level[t->levels - 1], text);
}

int cli_tree_beside(const cli_tree *t, size_t leaf, size_t level, char text[CLI_DIGEST_TEXT]) {
    size_t beside = (leaf >> level) ^ 1;
    if (level + 1 >= t->levels || beside >= t->nodes[level])
        return 0;
    as_text(t->level[level] + beside * CLI_DIGEST, text);
    return 1;
}

int cli_way_root(size_t leaf, size_t leaves, const char *text, size_t count,
                 const char *const *beside, char root[CLI_DIGEST_TEXT]) {
    unsigned char at[CLI_DIGEST], other[CLI_DIGEST];
    size_t used = 0;
    digest_leaf(at, leaf, text);
    for (size_t nodes = leaves; nodes > 1; nodes = (nodes + 1) / 2, leaf /= 2) {
        struct base16_decode_ctx context;
        size_t got = 0;
        if ((leaf ^ 1) >= nodes)
            continue;
        base16_decode_init(&context);
        if (used == count || strlen(beside[used]) != CLI_DIGEST_TEXT - 1 ||
            !base16_decode_update(&context, &got, other, CLI_DIGEST_TEXT - 1, beside[used++]))
            return 0;
        digest_node(at, leaf & 1 ? other : at, leaf & 1 ? at : other);
    }
    as_text(at, root);
    return used == count;
}

void cli_tree_clear(cli_tree *t) {
    for (size_t l = 0; l < t->levels; l++)
        free(t->level[l]);
    memset(t, 0, sizeof *t);
}

/* SHA-256, by Nettle, of bytes, files, numbers and lists, as certificates have it. */
#ifndef GP_CLI_DIGEST_H
#define GP_CLI_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "gradproof.h"

enum { CLI_DIGEST = 32, CLI_DIGEST_TEXT = 2 * CLI_DIGEST + 1 };

/* As 64 lower-case hexadecimal digits. */
void cli_digest(const void *bytes, size_t count, char text[CLI_DIGEST_TEXT]);

/* Of a regular file, and how long it is; GP_ERROR_INPUT with a line. */
gp_status cli_digest_file(const char *path, uint64_t *bytes, char text[CLI_DIGEST_TEXT],
                          gp_error *error);

/* Numbers as bytes: 8 each, IEEE 754 binary64, the lowest byte first. New, or NULL without memory
 * (count 0 has one byte). */
unsigned char *cli_bytes_of(const double *numbers, size_t count);
void cli_numbers_of(const unsigned char *bytes, size_t count, double *numbers);

/* ---- lists ------------------------------------------------------------------------------- */

/* A Merkle tree. Entry i of a list, as text, is the leaf SHA-256(0x00 "i text"), two neighbours are
 * the node SHA-256(0x01 left right), and one that is left over is itself the node above. */
typedef struct cli_tree {
    size_t leaves, levels;
    unsigned char *level[64]; /* of each level its nodes, CLI_DIGEST bytes each; level 0: leaves */
    size_t nodes[64];
} cli_tree;

/* Room for so many leaves (1 at least); release it with cli_tree_clear, whatever came out. */
gp_status cli_tree_open(cli_tree *tree, size_t leaves);
void cli_tree_set(cli_tree *tree, size_t leaf, const char *text);
/* After all leaves are set. */
void cli_tree_grow(cli_tree *tree);
void cli_tree_root(const cli_tree *tree, char text[CLI_DIGEST_TEXT]);
/* The node beside the leaf's ancestor on a level below the root; 0 where there is none. */
int cli_tree_beside(const cli_tree *tree, size_t leaf, size_t level, char text[CLI_DIGEST_TEXT]);
void cli_tree_clear(cli_tree *tree);

/* The root that the way of a leaf leads to; `beside` are texts of the nodes beside it. 0 where
 * there are too few of them or too many. */
int cli_way_root(size_t leaf, size_t leaves, const char *text, size_t count,
                 const char *const *beside, char root[CLI_DIGEST_TEXT]);

#endif

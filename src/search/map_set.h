/* A map F, or the gradient under test as F, with all that is claimed about its derivative. Each
 * claim is one about the numbers dF_j/dx_i, and all are held against the same differences of F. */
#ifndef GP_MAP_SET_H
#define GP_MAP_SET_H

#include "claim/sparsity.h"
#include "function/claims.h"
#include "search/sweep.h"

/* Derivatives found outside of the pattern: the first of them. */
typedef struct gp_strays {
    size_t count, row, column;
    double derivative;
} gp_strays;

typedef struct gp_map_set {
    gp_check_state *check;
    gp_sweep sweep; /* the point in use, 0 the given one */
    int second;
    size_t m, claims;
    gp_claim claim[GP_CLAIMS];
    size_t block[GP_CLAIMS]; /* of `shown`, where each claim's blocks begin */
    size_t first, count;     /* entries of `shown` */
    int sparse;              /* claim[0] is a sparse Jacobian */
    gp_sparsity pattern;
    double *F0;        /* m, at the point in use */
    double *claimed;   /* count, there */
    gp_noise *noise;   /* m */
    gp_entry *results; /* count */
    gp_strays strays;
    size_t *groups; /* to look at */
    size_t looked_at;
    void *records;      /* shared, one a group that is looked at: */
    size_t record_size; /* gp_strays, and entries as gp_map_next goes through them */
    /* What the first look has evaluated along `kept` of the groups, evenly spread. */
    double *first_values; /* shared, kept x numbers */
    size_t kept, numbers;
} gp_map_set;

/* The pattern of a set whose claims are listed, and room for its numbers. */
gp_outcome gp_map_set_create(gp_map_set *set);
void gp_map_set_free(gp_map_set *set);

/* Entry of `shown`, less set->first, for claim k at (output j, input i); SIZE_MAX outside a
 * pattern. *block is the block of `shown` that it lies in. */
size_t gp_map_place(const gp_map_set *set, size_t k, size_t j, size_t i, size_t *block);

/* Goes through the numbers of a group, column by column, output by output, claim by claim: begins
 * with zeros, 0 at the end. */
typedef struct gp_map_cursor {
    size_t column, output, claim; /* next */
    size_t at, block;             /* this one, as of gp_map_place */
} gp_map_cursor;
int gp_map_next(const gp_map_set *set, size_t group, gp_map_cursor *cursor);

/* The columns of a group. */
static inline size_t gp_map_members(const gp_map_set *set, size_t group) {
    return set->pattern.group_start[group + 1] - set->pattern.group_start[group];
}

#endif

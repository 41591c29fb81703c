/* Causes: models of the numbers under test, one block at a time. A model is named only when it
 * explains every number of the block within its bound. They stand in a table in causes.c, most
 * specific first: a new cause is a new row. */
#ifndef GP_CAUSES_H
#define GP_CAUSES_H

#include "diagnose/numbers.h"

/* A block and the evidence on it. */
typedef struct gp_case {
    const gp_evidence *evidence;
    const gp_block *block;
    size_t number; /* of the block */
    int one_point; /* the numbers are of the given point: positions and x may be compared */
    const double *x, *a, *d, *b;
    const unsigned char *wrong, *manner;
    const unsigned char *kink; /* or NULL */
    const gp_tolerance *tolerance;
    int sharp;           /* a model must explain what it explains without the tolerance's help */
    int sampled;         /* estimates are those of a sample */
    double typical;      /* size of the gradient's finite entries */
    size_t wrongs;       /* entries that are refuted */
    int wrong_elsewhere; /* more of them are at other points */
    size_t exercised;    /* entries with a derivative or a gradient that isn't zero */
    gp_report *report;
} gp_case;

/* Causes by what they rest on. */
enum {
    GP_CAUSES_PLAIN = 1,   /* what is sure of itself wherever an entry was decided */
    GP_CAUSES_FACTOR = 2,  /* one factor */
    GP_CAUSES_NUMBERS = 4, /* numbers that are all explained by others */
    GP_CAUSES_PLACES = 8   /* these again, then where entries are wrong and where they are right */
};

/* Adds the diagnosis of the first model of a stage that explains the block. Returns 1 if one did, 0
 * if none, -1 if memory ran out. */
int gp_name_cause(const gp_case *c, unsigned stage);

/* Is there an estimate, and a number to hold against it? */
int gp_case_known(const gp_case *c, size_t i);
/* Are both zero within the bound? */
int gp_case_zero(const gp_case *c, size_t i);

#endif

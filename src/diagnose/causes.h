/* Causes: models of the numbers under test, one block at a time. A model is named only when it
 * explains every number of the block within its bound. They stand in a table in causes.c, most
 * specific first: a new cause is a new row. */
#ifndef GP_CAUSES_H
#define GP_CAUSES_H

#include "diagnose/case.h"

/* Causes by what they rest on. */
enum {
    GP_CAUSES_PLAIN = 1,   /* what is sure of itself wherever an entry was decided */
    GP_CAUSES_FACTOR = 2,  /* one factor */
    GP_CAUSES_NUMBERS = 4, /* numbers that are all explained by others */
    GP_CAUSES_PLACES = 8,  /* these again, then where entries are wrong and where they are right */
    GP_CAUSES_MOST = 16    /* most numbers, where estimates of a few are doubtful */
};

/* Adds the diagnosis of the first model of a stage that explains the block. Returns 1 if one did, 0
 * if none, -1 if memory ran out. */
int gp_name_cause(const gp_case *c, unsigned stage);

#endif

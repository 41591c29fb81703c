/* Words for what has been found, the same wherever it is found. */
#ifndef GP_WORDS_H
#define GP_WORDS_H

#include "judge/findings.h"

/* Are two factors of the derivative the same to the eye? NaN, none, is the same as NaN. */
int gp_same_factor(double p, double q);

/* "is 0 where the derivative isn't", "are 1.5 times the derivative", ... */
void gp_write_factor(double factor, int several, char *text, size_t size);

/* Names a block whose gradient stays the same where the derivative doesn't. */
gp_status gp_name_stored(gp_report *report, size_t block);

/* Entries of a message: the names of the first few, with ", ..." after them if there are more.
 * Begins as zeros. */
typedef struct gp_entry_list {
    size_t count, first;
    char text[256];
} gp_entry_list;

void gp_entry_list_add(gp_entry_list *list, const gp_function *function, size_t entry);

#endif

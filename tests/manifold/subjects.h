/* Functions of points in spaces, with gradients by hand in every form that the space has. */
#ifndef SUBJECTS_H
#define SUBJECTS_H

#include <stddef.h>

enum { SUBJECT_FORMS = 6, SUBJECT_MOST = 64 };

typedef void (*subject_gradient)(const double *x, double *g);

typedef struct subject {
    const char *name, *space;
    size_t dimensions, shape[3];
    const double *x;
    double (*value)(const double *x);
    struct {
        const char *word;          /* the gradient's form, */
        subject_gradient gradient; /* and the right one */
        size_t numbers;
    } form[SUBJECT_FORMS]; /* ends with a word of NULL */
} subject;

extern const subject SUBJECTS[]; /* ends with a name of NULL */

size_t subject_entries(const subject *s);

#endif

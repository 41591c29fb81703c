/* The steps by which one number is decided: decide.c goes through the table. A step makes an
 * estimate in a way of its own, and its row says when it is taken and which verdicts it may bring;
 * whatever else its estimate would say is dropped. */
#ifndef GP_STEPS_H
#define GP_STEPS_H

#include "judge/refine.h"

/* One number in the course of its decision. */
typedef struct gp_decision {
    gp_line *line;
    gp_noise noise;
    const gp_tolerance *tolerance;
    double a;          /* the number under test */
    double enough;     /* a bound that will do; 0: as the tolerance demands */
    gp_ladder *ladder; /* that the estimate was made of, */
    double shift;      /* which began at first steps times this */
    unsigned parts;    /* of the course that are taken */
    gp_entry_status status;
    gp_estimate estimate;
    unsigned evaluations;
    int in_stairs; /* noise includes the stairs that were found on the line */
    /* Of a refutation in doubt: */
    gp_estimate first;  /* before it was doubted */
    gp_estimate second; /* by steps of its own */
    gp_estimate nearby; /* by the first, of the two */
    gp_estimate far;    /* by larger steps; its bound is infinite where there is none */
    int is_clear;       /* two estimates leave no doubt that larger steps could raise */
    gp_ladder looks[2]; /* first looks at steps in use and at others; without rungs: not yet */
    gp_ladder room;     /* for a ladder that takes the place of the caller's */
} gp_decision;

/* The parts of the course. */
typedef enum gp_course_part {
    GP_STEP_ESTIMATE = 1, /* always */
    GP_STEP_DOUBT = 2,    /* where the estimate refutes a: may a be excused by steps like it, */
    GP_STEP_FAR = 4,      /* or by others? */
    GP_STEP_OPEN = 8      /* where nothing is decided: a better estimate may prove a */
} gp_course_part;

typedef struct gp_step {
    const char *name;
    gp_course_part part;
    int (*applies)(const gp_decision *decision); /* besides; NULL: always */
    /* *estimate: the decision's, to be replaced. */
    gp_outcome (*take)(gp_decision *decision, gp_estimate *estimate);
    /* Statuses, a bit each, that the step may bring; and where noise includes the line's stairs.
     * With another one of a step that doubts, the number is unresolved; of one that would prove,
     * everything stays as it is. */
    unsigned brings, brings_in_stairs;
    const char *record; /* in docs/decisions/ */
} gp_step;

extern const gp_step gp_steps[];
extern const size_t gp_step_count;

/* Takes a step, if it is its turn. */
gp_outcome gp_step_take(const gp_step *step, gp_decision *decision);

#endif

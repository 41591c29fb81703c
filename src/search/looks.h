/* A survey in progress, and first looks at its entries. */
#ifndef GP_LOOKS_H
#define GP_LOOKS_H

#include "search/sweep.h"

typedef struct gp_survey_task {
    gp_check_state *check;
    gp_sweep sweep;
    double f0;
    gp_noise noise;
    const double *gradient;
    const size_t *entries; /* count */
    size_t count;
    gp_ladder *ladders;  /* shared, one an entry of the list */
    gp_entry *results;   /* shared */
    unsigned char *lost; /* a gp_limit, one an entry: its probe crashed or hung */
} gp_survey_task;

/* The line along an entry, with first steps as the block's pilots have found them. */
gp_probe gp_survey_probe(const gp_check_state *check, size_t entry);

/* A first look at entry `index` of the list, with steps times `shift`. */
gp_outcome gp_survey_look(const gp_survey_task *task, gp_evaluator *evaluator, size_t index,
                          double shift, gp_ladder *ladder);
/* The same at several, as gp_noise_level wants it; the context is a gp_survey_task. */
gp_outcome gp_survey_looks_again(void *task, const size_t *indices, size_t count, double shift,
                                 gp_ladder *ladders);

/* |d| as a first look shows it; negative: it may be zero, or there is no telling. */
double gp_look_size(const gp_ladder *ladder, double sigma);

/* gp_work.is_sound of tasks that leave a ladder each, a finite number that isn't negative, or an
 * estimate and its bound, which may be infinite. */
int gp_ladder_record_is_sound(const void *context, size_t index, const void *record);
int gp_size_record_is_sound(const void *context, size_t index, const void *record);
int gp_pair_record_is_sound(const void *context, size_t index, const void *record);

/* Derivatives below this share of a block's scale count as small. */
#define GP_SMALL_SHARE 0.1

#endif

/* How well scores tell the classes apart. Larger scores are for class 1. */
#ifndef GP_METRICS_H
#define GP_METRICS_H

#include "gradproof.h"

/* Scores in descending order, with what is at or above each. */
typedef struct gp_ranking {
    size_t rows, positives;
    size_t steps;          /* distinct scores */
    double *score;         /* of each step */
    size_t *hits, *alarms; /* of class 1 and of class 0 at or above it */
} gp_ranking;

/* Release with gp_ranking_clear. Labels are 0 or 1; scores finite. */
gp_status gp_ranking_make(size_t rows, const double *scores, const double *labels,
                          gp_ranking *ranking);
void gp_ranking_clear(gp_ranking *ranking);

/* Area under the receiver operating characteristic: the probability that a row of class 1 has the
 * larger score, ties counting half. NaN without rows of either class. */
double gp_roc_auc(const gp_ranking *ranking);

/* Average precision, sum over steps of precision times the recall gained: the area under the
 * precision-recall curve without interpolation. NaN without rows of class 1. */
double gp_pr_auc(const gp_ranking *ranking);

/* The largest recall at a false-positive rate of at most `rate`. */
double gp_recall_at(const gp_ranking *ranking, double rate);

#endif

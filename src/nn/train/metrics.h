/* How well scores tell the classes apart, from the curve of what is called class 1 (gp_curve_of,
 * which takes any scores but NaN). */
#ifndef GP_METRICS_H
#define GP_METRICS_H

#include "gradproof/train.h"

/* Area under the receiver operating characteristic: the probability that a row of class 1 has the
 * larger score, ties counting half. NaN without rows of either class. */
double gp_roc_auc(const gp_curve *ranking);

/* Average precision, sum over steps of precision times the recall gained: the area under the
 * precision-recall curve without interpolation. NaN without rows of class 1. */
double gp_pr_auc(const gp_curve *ranking);

/* The largest recall at a false-positive rate of at most `rate`. */
double gp_recall_at(const gp_curve *ranking, double rate);

#endif

/* See metrics.h. */
#include "nn/train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "system/error.h"
#include "system/sizes.h"

typedef struct gp_scored {
    double score, label;
} gp_scored;

static int by_score(const void *a, const void *b) {
    const gp_scored *p = a, *q = b;
    return (p->score < q->score) - (p->score > q->score);
}

void gp_curve_clear(gp_curve *r) {
    if (!r)
        return;
    free(r->threshold);
    free(r->true_positives);
    free(r->false_positives);
    *r = (gp_curve){0};
}

gp_status gp_curve_of(size_t rows, const double *scores, const double *labels, gp_curve *r) {
    if (!r || (rows && (!scores || !labels)) || rows > GP_MAX_ENTRIES)
        return GP_ERROR_ARGUMENT;
    *r = (gp_curve){0};
    for (size_t i = 0; i < rows; i++)
        if (isnan(scores[i])) /* has no place in an order */
            return GP_ERROR_ARGUMENT;
    gp_scored *sorted = malloc((rows ? rows : 1) * sizeof *sorted);
    *r = (gp_curve){.rows = rows,
                    .threshold = malloc((rows ? rows : 1) * sizeof(double)),
                    .true_positives = malloc((rows ? rows : 1) * sizeof(size_t)),
                    .false_positives = malloc((rows ? rows : 1) * sizeof(size_t))};
    if (!sorted || !r->threshold || !r->true_positives || !r->false_positives) {
        free(sorted);
        gp_curve_clear(r);
        return GP_ERROR_MEMORY;
    }
    for (size_t i = 0; i < rows; i++)
        sorted[i] = (gp_scored){scores[i], labels[i]};
    qsort(sorted, rows, sizeof *sorted, by_score);
    size_t hits = 0, alarms = 0;
    for (size_t i = 0; i < rows; i++) {
        hits += sorted[i].label == 1;
        alarms += sorted[i].label != 1;
        if (i + 1 < rows && sorted[i + 1].score == sorted[i].score)
            continue;
        r->threshold[r->points] = sorted[i].score;
        r->true_positives[r->points] = hits;
        r->false_positives[r->points++] = alarms;
    }
    r->positives = hits;
    free(sorted);
    return GP_OK;
}

double gp_roc_auc(const gp_curve *r) {
    double area = 0, before_hits = 0, before_alarms = 0;
    double negatives = (double)(r->rows - r->positives);
    for (size_t k = 0; k < r->points; k++) {
        double hits = (double)r->true_positives[k], alarms = (double)r->false_positives[k];
        area += (alarms - before_alarms) * (before_hits + hits) / 2;
        before_hits = hits;
        before_alarms = alarms;
    }
    return r->positives && negatives > 0 ? area / ((double)r->positives * negatives) : NAN;
}

double gp_pr_auc(const gp_curve *r) {
    double area = 0;
    for (size_t k = 0; k < r->points; k++) {
        size_t gained = r->true_positives[k] - (k ? r->true_positives[k - 1] : 0);
        area += (double)gained * (double)r->true_positives[k] /
                (double)(r->true_positives[k] + r->false_positives[k]);
    }
    return r->positives ? area / (double)r->positives : NAN;
}

double gp_recall_at(const gp_curve *r, double rate) {
    double negatives = (double)(r->rows - r->positives), best = 0;
    for (size_t k = 0; k < r->points && (double)r->false_positives[k] <= rate * negatives; k++)
        best = (double)r->true_positives[k];
    return r->positives ? best / (double)r->positives : NAN;
}

/* The cheapest threshold, or one above every score where nothing should be called class 1. */
static void find_cheapest(const gp_curve *r, double cost_fn, double cost_fp, gp_quality *q) {
    q->cheapest_cost = cost_fn * (double)r->positives;
    q->cheapest_threshold = INFINITY;
    for (size_t k = 0; k < r->points; k++) {
        double cost = cost_fn * (double)(r->positives - r->true_positives[k]) +
                      cost_fp * (double)r->false_positives[k];
        if (cost < q->cheapest_cost) {
            q->cheapest_cost = cost;
            q->cheapest_threshold = r->threshold[k];
        }
    }
}

gp_status gp_quality_of(size_t rows, const double *p, const double *labels, double threshold,
                        double cost_fn, double cost_fp, gp_quality *q) {
    static const double RATES[3] = {1e-2, 1e-3, 1e-4};
    enum { BINS = 10 };
    gp_curve r;
    if (!p || !labels || !q || rows == 0)
        return GP_ERROR_ARGUMENT;
    for (size_t i = 0; i < rows; i++)
        if (!(p[i] >= 0 && p[i] <= 1))
            return GP_ERROR_ARGUMENT;
    if (gp_curve_of(rows, p, labels, &r) != GP_OK)
        return GP_ERROR_MEMORY;
    *q = (gp_quality){.rows = rows, .positives = r.positives, .threshold = threshold};
    q->roc_auc = gp_roc_auc(&r);
    q->pr_auc = gp_pr_auc(&r);
    for (size_t k = 0; k < 3; k++)
        q->recall[k] = gp_recall_at(&r, RATES[k]);
    find_cheapest(&r, cost_fn, cost_fp, q);
    gp_curve_clear(&r);
    for (size_t i = 0; i < rows; i++) {
        int said = p[i] >= threshold, is = labels[i] == 1;
        size_t bin = p[i] >= 1 ? BINS - 1 : (size_t)(p[i] * BINS);
        q->true_positives += said && is;
        q->false_positives += said && !is;
        q->true_negatives += !said && !is;
        q->false_negatives += !said && is;
        q->bin_rows[bin]++;
        q->bin_probability[bin] += p[i];
        q->bin_share[bin] += is;
    }
    for (size_t b = 0; b < BINS; b++) {
        q->bin_probability[b] /= (double)q->bin_rows[b]; /* NaN where there are none */
        q->bin_share[b] /= (double)q->bin_rows[b];
    }
    q->cost = cost_fn * (double)q->false_negatives + cost_fp * (double)q->false_positives;
    return GP_OK;
}

/* See verdict.h. */
#include "judge/verdict.h"
#include "system/text.h"

#include <math.h>

double gp_tau(const gp_tolerance *t, double a, double d, double b) {
    double relative = t->rtol * fmax(fabs(a), fabs(d));
    return relative + (b <= relative + t->fine_atol ? t->fine_atol : t->atol);
}

int gp_entry_is_sound(const gp_entry *e) {
    return (unsigned)e->status < GP_ENTRY_STATUSES && (unsigned)e->limit < GP_LIMITS &&
           e->bound >= 0 && (isinf(e->bound) || isfinite(e->numeric));
}

/* Of an error e that is no more than |off| + bound, where `size` is that of the larger number:
 * refuted where all of it is beyond the tolerance, verified where none is. */
static gp_entry_status decide(double off, double bound, double size, double tau,
                              const gp_tolerance *t) {
    if (off > tau + bound)
        return GP_ENTRY_REFUTED;
    double own = t->rtol * size + (t->unscaled ? 0 : t->atol);
    return off + bound <= own ? GP_ENTRY_VERIFIED : GP_ENTRY_UNRESOLVED;
}

/* How far a lies beyond the nearer of two slopes: negative between them. */
static double beyond(double a, double left, double right) {
    return fmax(fmin(left, right) - a, a - fmax(left, right));
}

gp_entry_status gp_judge(double a, const gp_estimate *e, const gp_tolerance *t) {
    double b = e->bound + t->variation, d = e->derivative;
    if (!isfinite(a))
        return GP_ENTRY_REFUTED;
    if (!isfinite(b))
        return GP_ENTRY_UNRESOLVED;
    double size = fmax(fabs(a), fabs(d)), tau = gp_tau(t, a, d, b);
    int small = fabs(a - d) + b <= fmax(t->rtol * size + t->atol, t->rtol * t->zero_floor);
    if (size <= b && small)
        return GP_ENTRY_UNEXERCISED;
    if (!e->kink) {
        gp_entry_status status = decide(fabs(a - d), b, size, tau, t);
        /* Beside other blocks it is nothing, and by itself it isn't known. */
        return t->unscaled && small && status == GP_ENTRY_UNRESOLVED ? GP_ENTRY_UNEXERCISED
                                                                     : status;
    }
    double slope = fmax(fabs(e->left), fabs(e->right)), kink = e->kink_bound + t->variation;
    gp_entry_status status = decide(beyond(a, e->left, e->right), kink, fmax(fabs(a), slope),
                                    gp_tau(t, a, slope, kink), t);
    return status == GP_ENTRY_VERIFIED ? GP_ENTRY_KINK : status;
}

double gp_floor_of(gp_entry_status status, const gp_tolerance *t) {
    return status == GP_ENTRY_UNEXERCISED ? fmax(t->floor, t->zero_floor) : t->floor;
}

double gp_entry_resolution(const gp_entry *e) {
    double off = fabs(e->analytic - e->numeric), size = fmax(fabs(e->analytic), fabs(e->numeric));
    if (e->status == GP_ENTRY_KINK) {
        off = beyond(e->analytic, e->left, e->right);
        size = fmax(fabs(e->analytic), fmax(fabs(e->left), fabs(e->right)));
    }
    size += e->floor;
    return size > 0 ? fmax(off + e->bound, 0) / size : 0;
}

/* What intervals prove of a gradient. An entry g, its derivative's ball D, and the tolerance
 *
 *     tau(d) = rtol max(|g|, |d|) + atol.
 *
 * With U >= |g - d| and L <= |g - d| for all d of D, it is proven where U <= tau_low and disproven
 * where L > tau_high, with tau_low and tau_high below and above tau(d) for all d of D. U, L and the
 * bounds of tau are numbers of arf_t, which FLINT rounds in the direction that is asked for, and
 * arf_cmp compares them exactly: g, rtol and atol are doubles, which are exact. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prove/proof.h"
#include "system/sizes.h"

/* Bits of bounds: their rounding, always outwards, is far below what verdicts turn on. */
enum { BOUND_BITS = 64 };

/* Default absolute tolerances, as shares of rtol and the block's median derivative: what a check
 * takes (an entry that is so far below its block carries its rounding). */
static const double FLOOR[] = {[GP_FLOAT64] = 1e-4, [GP_FLOAT32] = 0.1};

/* An interval is sharp where it is this much narrower than an ulp of its block's largest entry: the
 * error that is proven is then g's and not the interval's. */
static const int SHARP_BITS = 4;

/* e, where floating-point numbers at v are 2^e apart. */
static int ulp_exponent(double v, gp_dtype dtype) {
    int exponent, least = dtype == GP_FLOAT64 ? -1074 : -149;
    (void)frexp(v, &exponent);
    int e = v == 0 ? least : exponent - (dtype == GP_FLOAT64 ? 53 : 24);
    return e > least ? e : least;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The tolerance that the proof is about: chosen, not proven, so ordinary arithmetic will do. */
static double choose_atol(gp_proof *p, const gp_proof_block_result *b, const gp_enclosure *e) {
    size_t count = 0;
    double *sorted = p->scratch;
    if (p->atol > 0)
        return p->atol;
    if (p->atol < 0)
        return 0;
    for (size_t i = b->offset; i < b->offset + b->entries; i++) {
        double d = fabs(arf_get_d(arb_midref(e->derivative + i), ARF_RND_NEAR));
        if (d > 0 && isfinite(d))
            sorted[count++] = d;
    }
    qsort(sorted, count, sizeof *sorted, by_size);
    double median = count ? sorted[count / 2] : 0;
    return fmax(p->rtol * FLOOR[p->dtype] * median, gp_dtype_smallest(p->dtype));
}

/* to := rtol max(|g|, size) + atol, rounded as asked. */
static void tolerance(arf_t to, double rtol, double atol, double g, const arf_t size,
                      arf_rnd_t rounding) {
    arf_t a;
    arf_init(a);
    arf_set_d(a, fabs(g));
    if (arf_cmp(size, a) > 0)
        arf_set(a, size);
    arf_set_d(to, rtol);
    arf_mul(to, to, a, BOUND_BITS, rounding);
    arf_set_d(a, atol);
    arf_add(to, to, a, BOUND_BITS, rounding);
    arf_clear(a);
}

static void judge_entry(const gp_proof *p, double atol, arb_srcptr d, gp_proof_entry *e) {
    arb_t off;
    arf_t upper, lower, size, tau;
    arb_init(off);
    arf_init(upper);
    arf_init(lower);
    arf_init(size);
    arf_init(tau);
    arb_set_d(off, e->analytic);
    arb_sub(off, off, d, p->precision);
    arb_get_abs_ubound_arf(upper, off, BOUND_BITS);
    arb_get_abs_lbound_arf(lower, off, BOUND_BITS);
    gp_ball_interval(d, &e->low, &e->high);
    e->error = arf_get_d(upper, ARF_RND_CEIL);
    e->least = arf_get_d(lower, ARF_RND_FLOOR);
    e->verdict = GP_OPEN;
    if (arb_is_finite(d)) {
        arb_get_abs_lbound_arf(size, d, BOUND_BITS);
        tolerance(tau, p->rtol, atol, e->analytic, size, ARF_RND_FLOOR);
        if (arf_cmp(upper, tau) <= 0)
            e->verdict = GP_PROVEN;
        arb_get_abs_ubound_arf(size, d, BOUND_BITS);
        tolerance(tau, p->rtol, atol, e->analytic, size, ARF_RND_CEIL);
        if (arf_cmp(lower, tau) > 0)
            e->verdict = GP_DISPROVEN;
    } else {
        e->low = -INFINITY;
        e->high = INFINITY;
        e->error = INFINITY;
        e->least = 0;
    }
    arb_clear(off);
    arf_clear(upper);
    arf_clear(lower);
    arf_clear(size);
    arf_clear(tau);
}

/* The next double up: what came of a single rounding is an upper bound then. */
static double above(double v) {
    return nextafter(v, INFINITY);
}

/* The smallest |d| of [low, high]. */
static double least_size(const gp_proof_entry *e) {
    return e->low > 0 ? e->low : e->high < 0 ? -e->high : 0;
}

static void sum_up_block(const gp_proof *p, gp_proof_block_result *b) {
    double furthest = -1;
    memset(b->count, 0, sizeof b->count);
    b->largest = b->error = b->relative = 0;
    b->worst = 0;
    for (size_t i = 0; i < b->entries; i++) {
        const gp_proof_entry *e = &p->entry[b->offset + i];
        double size = fmax(fabs(e->analytic), least_size(e));
        b->count[e->verdict]++;
        b->largest = fmax(b->largest, fabs(e->analytic));
        b->error = fmax(b->error, e->error);
        if (e->error > 0)
            b->relative = fmax(b->relative, above(e->error / size));
        /* what to show: no verdict turns on it */
        double by = e->error / (p->rtol * size + b->atol);
        if (by > furthest) {
            furthest = by;
            b->worst = i;
        }
    }
    b->ulps = b->error > 0 ? above(ldexp(b->error, -ulp_exponent(b->largest, p->dtype))) : 0;
    b->verdict = b->count[GP_UNPROVABLE]  ? GP_UNPROVABLE
                 : b->count[GP_DISPROVEN] ? GP_DISPROVEN
                 : b->count[GP_OPEN]      ? GP_OPEN
                                          : GP_PROVEN;
}

void gp_judge_sum_up(gp_proof *p) {
    /* the one that outranks the others, by the order of the enumeration */
    static const int RANK[] = {
        [GP_PROVEN] = 0, [GP_OPEN] = 1, [GP_DISPROVEN] = 2, [GP_UNPROVABLE] = 3};
    p->verdict = GP_PROVEN;
    for (size_t k = 0; k < p->blocks; k++) {
        sum_up_block(p, &p->block[k].result);
        if (RANK[p->block[k].result.verdict] > RANK[p->verdict])
            p->verdict = p->block[k].result.verdict;
    }
}

void gp_judge_enclosure(gp_proof *p, const gp_enclosure *e, int certain) {
    gp_ball_interval(e->value, &p->low, &p->high);
    for (size_t k = 0; k < p->blocks; k++) {
        gp_proof_block_result *b = &p->block[k].result;
        if (!p->settled)
            b->atol = choose_atol(p, b, e);
        for (size_t i = b->offset; i < b->offset + b->entries; i++) {
            judge_entry(p, b->atol, e->derivative + i, &p->entry[i]);
            if (!certain || !arb_is_finite(e->value))
                p->entry[i].verdict = GP_OPEN;
        }
    }
    gp_judge_sum_up(p);
}

int gp_judge_is_sharp(const gp_proof *p, const gp_enclosure *e) {
    for (size_t k = 0; k < p->blocks; k++) {
        const gp_proof_block_result *b = &p->block[k].result;
        double largest = b->largest;
        for (size_t i = b->offset; i < b->offset + b->entries; i++)
            largest = fmax(largest, least_size(&p->entry[i]));
        int width = ulp_exponent(largest, p->dtype) - SHARP_BITS;
        for (size_t i = b->offset; i < b->offset + b->entries; i++)
            if (p->entry[i].verdict == GP_OPEN ||
                mag_cmp_2exp_si(arb_radref(e->derivative + i), width) > 0)
                return 0;
    }
    return 1;
}

/* Spaces of a user's own: the derivative of the retraction is taken by differences of order 8.
 * Their error is h^8/630 times the ninth derivative, and rounding eps/h: 1e-14 both at h = 1/64, of
 * a retraction that is smooth on the scale of 1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifold/space.h"

static const double STEP = 1.0 / 64;
static const double WEIGHT[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};

/* J (numbers) := d(x0 (+) v)/dv_c; w (k) and y (numbers) are room. */
static int column(const gp_item *item, const double *x0, const double *v, size_t c, double *w,
                  double *y, double *J) {
    size_t n = item->numbers, k = item->k[0];
    memset(J, 0, n * sizeof *J);
    for (int q = -4; q <= 4; q++) {
        if (q == 0)
            continue;
        memcpy(w, v, k * sizeof *w);
        w[c] += q * STEP;
        int refused = item->retraction(item->context, k, x0, w, y);
        if (refused)
            return refused;
        double weight = (q < 0 ? -1 : 1) * WEIGHT[abs(q) - 1] / STEP;
        for (size_t i = 0; i < n; i++)
            J[i] += weight * y[i];
    }
    return 0;
}

static int plus_own(const gp_item *item, const double *x0, const double *v, double *x) {
    return item->retraction(item->context, item->k[0], x0, v, x);
}

static int pull_own(const gp_item *item, const double *x0, const double *v, const double *x,
                    const double *G, double *g) {
    size_t n = item->numbers, k = item->k[0];
    int refused = 0;
    (void)x;
    double *w = malloc((k + 2 * n) * sizeof *w);
    if (!w)
        return GP_NO_MEMORY;
    double *y = w + k, *J = y + n;
    for (size_t c = 0; c < k && !refused; c++) {
        refused = column(item, x0, v, c, w, y, J);
        g[c] = 0;
        for (size_t i = 0; i < n && !refused; i++)
            g[c] += J[i] * G[i];
    }
    free(w);
    return refused;
}

/* B (k x n) := the rows d(x (+) v)/dv at 0, and M (k x k) := the factor of B B', lower. */
static int basis(const gp_item *item, const double *x, double *room, double *B, double *M) {
    size_t n = item->numbers, k = item->k[0];
    double *zero = room, *w = zero + k, *y = w + k;
    memset(zero, 0, k * sizeof *zero);
    for (size_t c = 0; c < k; c++) {
        int refused = column(item, x, zero, c, w, y, B + c * n);
        if (refused)
            return refused;
    }
    for (size_t j = 0; j < k; j++)
        for (size_t i = j; i < k; i++) {
            double sum = 0;
            for (size_t q = 0; q < n; q++)
                sum += B[i * n + q] * B[j * n + q];
            for (size_t q = 0; q < j; q++)
                sum -= M[i * k + q] * M[j * k + q];
            if (i == j && !(sum > 0))
                return 1;
            M[i * k + j] = i == j ? sqrt(sum) : sum / M[j * k + j];
        }
    return 0;
}

/* G := B' inv(B B') t, which is tangent and has B G = t; t (k) is overwritten. */
static void along_basis(const gp_item *item, const double *B, const double *M, double *t,
                        double *G) {
    size_t n = item->numbers, k = item->k[0];
    for (size_t i = 0; i < k; i++) {
        for (size_t q = 0; q < i; q++)
            t[i] -= M[i * k + q] * t[q];
        t[i] /= M[i * k + i];
    }
    for (size_t i = k; i-- > 0;) {
        for (size_t q = i + 1; q < k; q++)
            t[i] -= M[q * k + i] * t[q];
        t[i] /= M[i * k + i];
    }
    memset(G, 0, n * sizeof *G);
    for (size_t c = 0; c < k; c++)
        for (size_t i = 0; i < n; i++)
            G[i] += t[c] * B[c * n + i];
}

/* From t (k), or with `tangent` NULL from B times what is in G. */
static int from_tangent(const gp_item *item, const double *x, const double *tangent, double *G) {
    size_t n = item->numbers, k = item->k[0];
    double *B = malloc((k * n + k * k + 3 * k + n) * sizeof *B);
    if (!B)
        return GP_NO_MEMORY;
    double *M = B + k * n, *t = M + k * k, *room = t + k;
    int refused = basis(item, x, room, B, M);
    for (size_t c = 0; c < k && !refused; c++) {
        t[c] = tangent ? tangent[c] : 0;
        for (size_t i = 0; i < n && !tangent; i++)
            t[c] += B[c * n + i] * G[i];
    }
    if (!refused)
        along_basis(item, B, M, t, G);
    free(B);
    return refused;
}

static int by_tangent(const gp_item *item, const double *x, const double *g, double *G) {
    return from_tangent(item, x, g, G);
}

static int project_own(const gp_item *item, const double *x, double *G) {
    return from_tangent(item, x, NULL, G);
}

static void size_own(gp_item *item) {
    (void)item; /* the user has said it */
}

static void origin_own(const gp_item *item, const double *x, double *y0) {
    (void)x;
    for (size_t c = 0; c < item->k[0]; c++)
        y0[c] = 1;
}

static const gp_reading READINGS_OWN[] = {
    {"ambient", "convention", "derivatives by the block's entries", 0, 0, gp_covector_of_entries},
    {"tangent", "convention", "derivatives by tangent coordinates", 1, 0, by_tangent},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_OWN = {.name = "own",
                                  .title = "points of a space of its own",
                                  .moves = "its retraction's coordinates",
                                  .suffix = {""},
                                  .readings = READINGS_OWN,
                                  .size = size_own,
                                  .origin = origin_own,
                                  .plus = plus_own,
                                  .pull = pull_own,
                                  .project = project_own};

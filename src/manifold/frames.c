/* Unit vectors (of any radius) and frames of orthonormal columns. Tangent coordinates are taken
 * along Householder's reflections of x, so that they change smoothly with v and coordinate i of a
 * sphere moves x_i. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifold/space.h"

static double dot(size_t n, const double *a, size_t a_stride, const double *b, size_t b_stride) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i * a_stride] * b[i * b_stride];
    return sum;
}

/* ---- spheres ----------------------------------------------------------------------- */

static void size_sphere(gp_item *item) {
    item->k[0] = item->rows - 1;
}

static void origin_sphere(const gp_item *item, const double *x, double *y0) {
    memcpy(y0, x, item->k[0] * sizeof *y0);
}

static double off_origin(const gp_item *item, const double *x) {
    return dot(item->rows, x, 1, x, 1) > 0 ? 0 : 1; /* a sphere has a radius */
}

/* u := H u, H = I - 2 w w' / w'w with w = x/|x| + sign(x_last) e_last. H x is along e_last, so the
 * other columns of H are an orthonormal basis of what is normal to x. */
static void reflect(size_t n, const double *x, double *u) {
    double r = sqrt(dot(n, x, 1, x, 1)), last = x[n - 1] / r + (x[n - 1] < 0 ? -1 : 1);
    double ww = 2 * fabs(last), wu = last * u[n - 1]; /* w'w = 2 + 2 |x_last| / r */
    for (size_t i = 0; i + 1 < n; i++)
        wu += x[i] / r * u[i];
    for (size_t i = 0; i + 1 < n; i++)
        u[i] -= 2 * wu / ww * x[i] / r;
    u[n - 1] -= 2 * wu / ww * last;
}

/* r (x0 + B v) / |x0 + B v| */
static int plus_sphere(const gp_item *item, const double *x0, const double *v, double *x) {
    size_t n = item->rows;
    memcpy(x, v, (n - 1) * sizeof *x);
    x[n - 1] = 0;
    reflect(n, x0, x);
    for (size_t i = 0; i < n; i++)
        x[i] += x0[i];
    double scale = sqrt(dot(n, x0, 1, x0, 1) / dot(n, x, 1, x, 1));
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
    return 0;
}

static int project_sphere(const gp_item *item, const double *x, double *G) {
    size_t n = item->rows;
    double share = dot(n, x, 1, G, 1) / dot(n, x, 1, x, 1);
    for (size_t i = 0; i < n; i++)
        G[i] -= share * x[i];
    return 0;
}

/* B' P G r/|x0 + B v|, and |x0 + B v|^2 = r^2 + |v|^2 */
static int pull_sphere(const gp_item *item, const double *x0, const double *v, const double *x,
                       const double *G, double *g) {
    size_t n = item->rows;
    double *u = malloc(n * sizeof *u);
    if (!u)
        return GP_NO_MEMORY;
    memcpy(u, G, n * sizeof *u);
    project_sphere(item, x, u);
    double squares = dot(n, x0, 1, x0, 1);
    double scale = sqrt(squares / (squares + dot(n - 1, v, 1, v, 1)));
    reflect(n, x0, u);
    for (size_t i = 0; i + 1 < n; i++)
        g[i] = scale * u[i];
    free(u);
    return 0;
}

static const gp_reading READINGS_SPHERE[] = {
    {"ambient", "convention", "derivatives by the vector's entries", 0, 0, gp_covector_of_entries},
    {"riemannian", "convention", "the tangent vector of steepest ascent", 0, 1,
     gp_covector_of_entries},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_SPHERE = {.name = "sphere",
                                     .title = "points of a sphere",
                                     .moves = "entry i and what keeps the length",
                                     .dimensions = 1,
                                     .shape = GP_TALL,
                                     .suffix = {""},
                                     .readings = READINGS_SPHERE,
                                     .size = size_sphere,
                                     .origin = origin_sphere,
                                     .off = off_origin,
                                     .plus = plus_sphere,
                                     .pull = pull_sphere,
                                     .project = project_sphere};

/* ---- frames: X (n x p), X'X = I ----------------------------------------------------- */

/* Tangent Z = X A + X_rest B, A skew: coordinates are A's entries below the diagonal and B (n - p x
 * p). X (+) Z is the Q of Q R = X + Z, R with a positive diagonal. */

static void size_stiefel(gp_item *item) {
    size_t p = item->columns;
    item->k[0] = p * (p - 1) / 2;
    item->k[1] = (item->rows - p) * p;
}

static void origin_stiefel(const gp_item *item, const double *x, double *y0) {
    (void)x;
    for (size_t i = 0; i < gp_item_coordinates(item); i++)
        y0[i] = 1;
}

static double off_stiefel(const gp_item *item, const double *x) {
    size_t n = item->rows, p = item->columns;
    double off = 0;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j <= i; j++)
            off = fmax(off, fabs(dot(n, x + i, p, x + j, p) - (i == j)));
    return off;
}

/* W (n x p) := Householder's vectors of X, of length sqrt(2), column j zero above row j: H_j = I -
 * w_j w_j'. The last n - p columns of H_1 ... H_p span what X doesn't. */
static void reflectors(size_t n, size_t p, const double *X, double *W) {
    memcpy(W, X, n * p * sizeof *W);
    for (size_t j = 0; j < p; j++) {
        double *w = W + j * p + j, r = sqrt(dot(n - j, w, p, w, p));
        w[0] += w[0] < 0 ? -r : r;
        double scale = sqrt(2 / dot(n - j, w, p, w, p));
        for (size_t i = 0; i < n - j; i++)
            w[i * p] *= scale;
        for (size_t c = j + 1; c < p; c++) {
            double *u = W + j * p + c, share = dot(n - j, w, p, u, p);
            for (size_t i = 0; i < n - j; i++)
                u[i * p] -= share * w[i * p];
        }
        for (size_t i = 0; i < j; i++)
            W[i * p + j] = 0;
    }
}

/* Y := H_1 ... H_p Y, or H_p ... H_1 Y */
static void apply(size_t n, size_t p, const double *W, int backwards, double *Y) {
    for (size_t k = 0; k < p; k++) {
        size_t j = backwards ? k : p - 1 - k;
        for (size_t c = 0; c < p; c++) {
            double share = dot(n, W + j, p, Y + c, p);
            for (size_t i = j; i < n; i++)
                Y[i * p + c] -= share * W[i * p + j];
        }
    }
}

/* Y := X + X A + X_rest B; W has room for n x p numbers. */
static void move(const gp_item *item, const double *X, const double *v, double *W, double *Y) {
    size_t n = item->rows, p = item->columns;
    memset(Y, 0, p * p * sizeof *Y);
    memcpy(Y + p * p, v + item->k[0], item->k[1] * sizeof *Y);
    reflectors(n, p, X, W);
    apply(n, p, W, 0, Y);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        for (size_t a = 0; a < p; a++)
            for (size_t b = 0; b < a; b++, k++) { /* A_ab = v, A_ba = -v */
                Y[i * p + b] += X[i * p + a] * v[k];
                Y[i * p + a] -= X[i * p + b] * v[k];
            }
        for (size_t a = 0; a < p; a++)
            Y[i * p + a] += X[i * p + a];
    }
}

/* Y := its Q, R (p x p) := its R: Gram and Schmidt, twice for the sake of rounding. */
static void orthonormalise(size_t n, size_t p, double *Y, double *R) {
    memset(R, 0, p * p * sizeof *R);
    for (size_t j = 0; j < p; j++) {
        for (int again = 0; again < 2; again++)
            for (size_t i = 0; i < j; i++) {
                double share = dot(n, Y + i, p, Y + j, p);
                R[i * p + j] += share;
                for (size_t k = 0; k < n; k++)
                    Y[k * p + j] -= share * Y[k * p + i];
            }
        double length = R[j * p + j] = sqrt(dot(n, Y + j, p, Y + j, p));
        for (size_t k = 0; k < n; k++)
            Y[k * p + j] /= length;
    }
}

static int plus_stiefel(const gp_item *item, const double *x0, const double *v, double *x) {
    size_t n = item->rows, p = item->columns;
    double *W = malloc((n + p) * p * sizeof *W);
    if (!W)
        return GP_NO_MEMORY;
    move(item, x0, v, W, x);
    orthonormalise(n, p, x, W + n * p);
    free(W);
    return 0;
}

/* Y := the covector of Y = Q R, for the covector G of Q: (G + Q C) inv(R)', where C is symmetric
 * and has -G'Q below its diagonal and on it (Walter, Lehmann & Lamour, 2012). */
static void pull_factor(size_t n, size_t p, const double *Q, const double *R, const double *G,
                        double *C, double *Y) {
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b <= a; b++)
            C[a * p + b] = C[b * p + a] = -dot(n, G + a, p, Q + b, p);
    for (size_t i = 0; i < n; i++) {
        double *y = Y + i * p;
        for (size_t a = 0; a < p; a++)
            y[a] = G[i * p + a] + dot(p, Q + i * p, 1, C + a, p);
        for (size_t a = p; a-- > 0;) { /* y R' = what is there */
            for (size_t b = a + 1; b < p; b++)
                y[a] -= y[b] * R[a * p + b];
            y[a] /= R[a * p + a];
        }
    }
}

static int pull_stiefel(const gp_item *item, const double *x0, const double *v, const double *x,
                        const double *G, double *g) {
    size_t n = item->rows, p = item->columns, k = 0;
    (void)x;
    double *W = malloc((3 * n + 2 * p) * p * sizeof *W);
    if (!W)
        return GP_NO_MEMORY;
    double *Q = W + n * p, *Y = Q + n * p, *R = Y + n * p, *C = R + p * p;
    move(item, x0, v, W, Q);
    orthonormalise(n, p, Q, R);
    pull_factor(n, p, Q, R, G, C, Y);
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < a; b++)
            g[k++] = dot(n, x0 + a, p, Y + b, p) - dot(n, x0 + b, p, Y + a, p);
    apply(n, p, W, 1, Y);
    memcpy(g + k, Y + p * p, item->k[1] * sizeof *g);
    free(W);
    return 0;
}

/* G - X (X'G + scale G'X) / 2 with scale 1: onto the tangent space; G := G + ... elsewhere */
static int subtract(const gp_item *item, const double *X, double own, double other, double *G) {
    size_t n = item->rows, p = item->columns;
    double *M = malloc(p * p * sizeof *M);
    if (!M)
        return GP_NO_MEMORY;
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++)
            M[a * p + b] = dot(n, X + a, p, G + b, p);
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < p; b++)
            for (size_t a = 0; a < p; a++)
                G[i * p + b] -= X[i * p + a] * (own * M[a * p + b] + other * M[b * p + a]);
    free(M);
    return 0;
}

/* G - X sym(X'G) */
static int project_stiefel(const gp_item *item, const double *x, double *G) {
    return subtract(item, x, 0.5, 0.5, G);
}

/* The canonical metric, tr(U' (I - X X'/2) V): G = (I - X X'/2) g (Edelman, Arias & Smith, 1998).
 */
static int by_canonical(const gp_item *item, const double *x, const double *g, double *G) {
    memcpy(G, g, item->numbers * sizeof *G);
    return subtract(item, x, 0.5, 0, G);
}

static const gp_reading READINGS_STIEFEL[] = {
    {"ambient", "convention", "derivatives by the matrix's entries", 0, 0, gp_covector_of_entries},
    {"riemannian", "convention", "the tangent gradient in the Euclidean metric, G - X sym(X'G)", 0,
     1, gp_covector_of_entries},
    {"canonical", "convention", "the tangent gradient in the canonical metric, G - X G'X", 0, 1,
     by_canonical},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_STIEFEL = {
    .name = "stiefel",
    .title = "frames of orthonormal columns",
    .moves = "rotations of columns into each other (within) and into the rest (across)",
    .dimensions = 2,
    .shape = GP_TALL,
    .suffix = {" within", " across"},
    .places = {GP_PLACES_STRICT},
    .readings = READINGS_STIEFEL,
    .size = size_stiefel,
    .origin = origin_stiefel,
    .off = off_stiefel,
    .plus = plus_stiefel,
    .pull = pull_stiefel,
    .project = project_stiefel};

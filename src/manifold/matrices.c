/* Structured matrices and complex numbers. All but positive definite ones are linear spaces, x0 +
 * v. For symmetric S, df = <G, dS> = sum of (G_ij + G_ji) ds_ij over i > j, and of G_ii ds_ii: any
 * G with the right symmetric part is a gradient, one in a single triangle among them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifold/space.h"

int gp_covector_of_entries(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    memcpy(G, g, item->numbers * sizeof *G);
    return 0;
}

void gp_multiply(size_t n, const double *A, int a_transposed, const double *B, int b_transposed,
                 double *C) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += (a_transposed ? A[k * n + i] : A[i * n + k]) *
                       (b_transposed ? B[j * n + k] : B[k * n + j]);
            C[i * n + j] = sum;
        }
}

static size_t half_of(size_t n, int diagonal) {
    return n * (n - 1) / 2 + (diagonal ? n : 0);
}

static void with_diagonal(gp_item *item) {
    item->k[0] = half_of(item->rows, 1);
}

static void without_diagonal(gp_item *item) {
    item->k[0] = half_of(item->rows, 0);
}

/* ---- pairs of entries that move together ------------------------------------------ */

/* S_ij += v for each pair i > j, S_ji += sign v, in matrices of which every `stride`-th number
 * counts; and S_ii += v with `diagonal`. Returns how many v were used. */
static size_t add_pairs(size_t n, size_t stride, int diagonal, double sign, const double *v,
                        double *S) {
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i + (diagonal != 0); j++, k++) {
            S[(i * n + j) * stride] += v[k];
            if (i != j)
                S[(j * n + i) * stride] += sign * v[k];
        }
    return k;
}

/* The transpose of that. */
static size_t pull_pairs(size_t n, size_t stride, int diagonal, double sign, const double *G,
                         double *g) {
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i + (diagonal != 0); j++, k++)
            g[k] = G[(i * n + j) * stride] + (i != j ? sign * G[(j * n + i) * stride] : 0);
    return k;
}

static size_t take_pairs(size_t n, size_t stride, int diagonal, const double *S, double *v) {
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i + (diagonal != 0); j++)
            v[k++] = S[(i * n + j) * stride];
    return k;
}

/* How far S is from sign S', as a share of its largest entry. */
static double off_pairs(size_t n, size_t stride, double sign, const double *S) {
    double off = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double a = S[(i * n + j) * stride], b = S[(j * n + i) * stride];
            off = fmax(off, fabs(a - sign * b));
            largest = fmax(largest, fabs(a));
        }
    return largest > 0 ? off / largest : 0;
}

static double sign_of(const gp_item *item) {
    return item->geometry == &GP_SPACE_SKEW ? -1 : 1;
}

static int diagonal_of(const gp_item *item) {
    return item->geometry != &GP_SPACE_SKEW;
}

static void origin_pairs(const gp_item *item, const double *x, double *y0) {
    take_pairs(item->rows, 1, diagonal_of(item), x, y0);
}

static double off_symmetric(const gp_item *item, const double *x) {
    return off_pairs(item->rows, 1, sign_of(item), x);
}

static int plus_pairs(const gp_item *item, const double *x0, const double *v, double *x) {
    memcpy(x, x0, item->numbers * sizeof *x);
    add_pairs(item->rows, 1, diagonal_of(item), sign_of(item), v, x);
    return 0;
}

static int pull_symmetric(const gp_item *item, const double *x0, const double *v, const double *x,
                          const double *G, double *g) {
    (void)x0, (void)v, (void)x;
    pull_pairs(item->rows, 1, diagonal_of(item), sign_of(item), G, g);
    return 0;
}

/* Its symmetric or its skew part. */
static int project_pairs(const gp_item *item, const double *x, double *G) {
    size_t n = item->rows;
    double sign = sign_of(item);
    (void)x;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            G[i * n + j] = 0.5 * (G[i * n + j] + sign * G[j * n + i]);
            G[j * n + i] = sign * G[i * n + j];
        }
    return 0;
}

/* Each pair's derivative, in both of its places. */
static int by_pairs(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    for (size_t i = 0; i < item->rows; i++)
        for (size_t j = 0; j < item->rows; j++)
            G[i * item->rows + j] = g[i * item->rows + j] * (i == j ? 1 : 0.5);
    return 0;
}

/* One triangle of the symmetric gradient; which one, its numbers tell. */
static int by_triangle(const gp_item *item, const double *x, const double *g, double *G) {
    size_t n = item->rows;
    int below = 0, above = 0;
    (void)x;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            below |= g[i * n + j] != 0;
            above |= g[j * n + i] != 0;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            G[i * n + j] = i == j || (below && above) ? g[i * n + j] : g[i * n + j] + g[j * n + i];
    return 0;
}

#define GP_SYMMETRIC_READINGS                                                                        \
    {"ambient",                                                                                      \
     "convention",                                                                                   \
     "a matrix G with df = <G, dS>, symmetric or in one triangle",                                   \
     0,                                                                                              \
     0,                                                                                              \
     gp_covector_of_entries},                                                                        \
        {"pairs", "convention", "derivatives by pairs of equal entries, written to both of them", 0, \
         0,       by_pairs},                                                                         \
    {                                                                                                \
        "stored", "convention", "one triangle of the symmetric gradient", 0, 0, by_triangle          \
    }

static const gp_reading READINGS_SYMMETRIC[] = {GP_SYMMETRIC_READINGS,
                                                {NULL, NULL, NULL, 0, 0, NULL}};
static const gp_reading READINGS_ENTRIES[] = {
    {"ambient", "convention", "derivatives by the entries", 0, 0, gp_covector_of_entries},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_SYMMETRIC = {.name = "symmetric",
                                        .title = "symmetric matrices",
                                        .moves = "pairs of equal entries",
                                        .dimensions = 2,
                                        .shape = GP_SQUARE,
                                        .suffix = {""},
                                        .places = {GP_PLACES_LOWER},
                                        .triangles = 1,
                                        .readings = READINGS_SYMMETRIC,
                                        .size = with_diagonal,
                                        .origin = origin_pairs,
                                        .off = off_symmetric,
                                        .plus = plus_pairs,
                                        .pull = pull_symmetric};

const gp_geometry GP_SPACE_SKEW = {.name = "skew",
                                   .title = "skew-symmetric matrices",
                                   .moves = "pairs of opposite entries",
                                   .dimensions = 2,
                                   .shape = GP_SQUARE,
                                   .suffix = {""},
                                   .places = {GP_PLACES_STRICT},
                                   .readings = READINGS_ENTRIES,
                                   .size = without_diagonal,
                                   .origin = origin_pairs,
                                   .off = off_symmetric,
                                   .plus = plus_pairs,
                                   .pull = pull_symmetric,
                                   .project = project_pairs};

/* ---- triangles -------------------------------------------------------------------- */

static int is_upper(const gp_item *item) {
    return item->geometry == &GP_SPACE_UPPER;
}

/* The entry of the triangle after that at `place`, row by row. */
static size_t next_place(const gp_item *item, size_t place) {
    size_t n = item->rows, i = place / n, j = place % n + 1;
    if (is_upper(item))
        return j < n ? i * n + j : (i + 1) * n + i + 1;
    return j <= i ? i * n + j : (i + 1) * n;
}

static void origin_triangle(const gp_item *item, const double *x, double *y0) {
    for (size_t k = 0, at = 0; k < item->k[0]; k++, at = next_place(item, at))
        y0[k] = x[at];
}

static int plus_triangle(const gp_item *item, const double *x0, const double *v, double *x) {
    memcpy(x, x0, item->numbers * sizeof *x);
    for (size_t k = 0, at = 0; k < item->k[0]; k++, at = next_place(item, at))
        x[at] += v[k];
    return 0;
}

static int pull_triangle(const gp_item *item, const double *x0, const double *v, const double *x,
                         const double *G, double *g) {
    (void)x0, (void)v, (void)x;
    origin_triangle(item, G, g);
    return 0;
}

/* The other triangle holds no parameters. */
static int project_triangle(const gp_item *item, const double *x, double *G) {
    size_t n = item->rows;
    (void)x;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            G[is_upper(item) ? i * n + j : j * n + i] = 0;
    return 0;
}

#define GP_TRIANGLE_ROW(word, which)                                                               \
    {                                                                                              \
        .name = (word), .title = word " triangular matrices", .moves = "entries of the triangle",  \
        .dimensions = 2, .shape = GP_SQUARE, .suffix = {""}, .places = {which},                    \
        .readings = READINGS_ENTRIES, .size = with_diagonal, .origin = origin_triangle,            \
        .plus = plus_triangle, .pull = pull_triangle, .project = project_triangle                  \
    }

const gp_geometry GP_SPACE_LOWER = GP_TRIANGLE_ROW("lower", GP_PLACES_LOWER);
const gp_geometry GP_SPACE_UPPER = GP_TRIANGLE_ROW("upper", GP_PLACES_UPPER);

/* ---- positive definite matrices ---------------------------------------------------- */

/* L (n x n) := the Cholesky factor of X, upper triangle 0; not 0 where there is none. */
static int factor(size_t n, const double *X, double *L) {
    memset(L, 0, n * n * sizeof *L);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            double sum = X[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= L[i * n + k] * L[j * n + k];
            if (i == j && !(sum > 0))
                return 1;
            L[i * n + j] = i == j ? sqrt(sum) : sum / L[j * n + j];
        }
    return 0;
}

/* Y := inverse of X times B, both n x n; L is X's factor. */
static void solve(size_t n, const double *L, const double *B, double *Y) {
    memcpy(Y, B, n * n * sizeof *Y);
    for (size_t c = 0; c < n; c++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < i; k++)
                Y[i * n + c] -= L[i * n + k] * Y[k * n + c];
            Y[i * n + c] /= L[i * n + i];
        }
        for (size_t i = n; i-- > 0;) {
            for (size_t k = i + 1; k < n; k++)
                Y[i * n + c] -= L[k * n + i] * Y[k * n + c];
            Y[i * n + c] /= L[i * n + i];
        }
    }
}

static double off_definite(const gp_item *item, const double *x) {
    double *L = malloc(item->numbers * sizeof *L);
    double off = off_pairs(item->rows, 1, 1, x);
    if (L && factor(item->rows, x, L) != 0)
        off = 1;
    free(L);
    return off;
}

/* X + V + V inv(X) V / 2 = (X + (X + V) inv(X) (X + V)) / 2, which is positive definite for any V
 * (Jeuris, Vandebril & Vandereycken, 2012). */
static int plus_definite(const gp_item *item, const double *x0, const double *v, double *x) {
    size_t n = item->rows;
    double *room = calloc(4 * n * n, sizeof *room);
    if (!room)
        return GP_NO_MEMORY;
    double *L = room, *V = room + n * n, *Y = V + n * n, *Z = Y + n * n;
    add_pairs(n, 1, 1, 1, v, V);
    int refused = factor(n, x0, L);
    if (!refused) {
        solve(n, L, V, Y);
        gp_multiply(n, V, 0, Y, 0, Z);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) /* symmetric in every bit */
                x[i * n + j] = x[j * n + i] =
                    x0[i * n + j] + V[i * n + j] + 0.25 * (Z[i * n + j] + Z[j * n + i]);
    }
    free(room);
    return refused;
}

/* S + (S V inv(X) + inv(X) V S) / 2 with S the symmetric part of G, then by pairs */
static int pull_definite(const gp_item *item, const double *x0, const double *v, const double *x,
                         const double *G, double *g) {
    size_t n = item->rows;
    (void)x;
    double *room = calloc(5 * n * n, sizeof *room);
    if (!room)
        return GP_NO_MEMORY;
    double *L = room, *V = room + n * n, *Y = V + n * n, *S = Y + n * n, *P = S + n * n;
    add_pairs(n, 1, 1, 1, v, V);
    int refused = factor(n, x0, L);
    if (!refused) {
        solve(n, L, V, Y); /* inv(X) V */
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                S[i * n + j] = 0.5 * (G[i * n + j] + G[j * n + i]);
        gp_multiply(n, Y, 0, S, 0, P);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                V[i * n + j] = V[j * n + i] = S[i * n + j] + 0.5 * (P[i * n + j] + P[j * n + i]);
        pull_pairs(n, 1, 1, 1, V, g);
    }
    free(room);
    return refused;
}

/* The affine-invariant metric, tr(inv(X) U inv(X) V): G = inv(X) g inv(X) */
static int by_metric(const gp_item *item, const double *x, const double *g, double *G) {
    size_t n = item->rows;
    double *room = calloc(3 * n * n, sizeof *room);
    if (!room)
        return GP_NO_MEMORY;
    double *L = room, *Y = room + n * n, *T = Y + n * n;
    int refused = factor(n, x, L);
    if (!refused) {
        solve(n, L, g, Y);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                T[i * n + j] = Y[j * n + i];
        solve(n, L, T, G);
    }
    free(room);
    return refused;
}

static const gp_reading READINGS_DEFINITE[] = {
    GP_SYMMETRIC_READINGS,
    {"riemannian", "convention", "the gradient in the affine-invariant metric, X G X", 0, 1,
     by_metric},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_POSITIVE_DEFINITE = {.name = "positive-definite",
                                                .title = "positive definite matrices",
                                                .moves = "pairs of equal entries",
                                                .dimensions = 2,
                                                .shape = GP_SQUARE,
                                                .suffix = {""},
                                                .places = {GP_PLACES_LOWER},
                                                .triangles = 1,
                                                .readings = READINGS_DEFINITE,
                                                .size = with_diagonal,
                                                .origin = origin_pairs,
                                                .off = off_definite,
                                                .plus = plus_definite,
                                                .pull = pull_definite,
                                                .project = project_pairs};

/* ---- complex numbers --------------------------------------------------------------- */

/* G := what df = sum of G_re dx + G_im dy has, of factor (dx + sign i dy) */
static void of_complex(const gp_item *item, const double *g, double factor, double sign,
                       double *G) {
    for (size_t i = 0; i < item->numbers; i += 2) {
        G[i] = g[i] / factor;
        G[i + 1] = sign * g[i + 1] / factor;
    }
}

static int as_torch(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    of_complex(item, g, 1, 1, G);
    return 0;
}

static int as_jax(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    of_complex(item, g, 1, -1, G);
    return 0;
}

static int as_dz(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    of_complex(item, g, 0.5, -1, G);
    return 0;
}

static int as_dzbar(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    of_complex(item, g, 0.5, 1, G);
    return 0;
}

static const gp_reading READINGS_COMPLEX[] = {
    {"torch", "convention", "PyTorch's, d/dx + i d/dy", 0, 0, as_torch},
    {"jax", "convention", "JAX's, d/dx - i d/dy", 0, 0, as_jax},
    {"dz", "convention", "Wirtinger's d/dz, (d/dx - i d/dy)/2", 0, 0, as_dz},
    {"dzbar", "convention", "Wirtinger's d/dz-bar, (d/dx + i d/dy)/2", 0, 0, as_dzbar},
    {NULL, NULL, NULL, 0, 0, NULL}};

static void size_complex(gp_item *item) {
    item->k[0] = 2;
}

static void origin_complex(const gp_item *item, const double *x, double *y0) {
    memcpy(y0, x, item->numbers * sizeof *y0);
}

static int plus_complex(const gp_item *item, const double *x0, const double *v, double *x) {
    for (size_t i = 0; i < item->numbers; i++)
        x[i] = x0[i] + v[i];
    return 0;
}

static int pull_complex(const gp_item *item, const double *x0, const double *v, const double *x,
                        const double *G, double *g) {
    (void)x0, (void)v, (void)x;
    memcpy(g, G, item->numbers * sizeof *g);
    return 0;
}

const gp_geometry GP_SPACE_COMPLEX = {.name = "complex",
                                      .title = "complex numbers",
                                      .moves = "real (0) and imaginary parts (1)",
                                      .dimensions = 1,
                                      .extent = {2},
                                      .suffix = {""},
                                      .readings = READINGS_COMPLEX,
                                      .size = size_complex,
                                      .origin = origin_complex,
                                      .plus = plus_complex,
                                      .pull = pull_complex};

static void size_hermitian(gp_item *item) {
    item->k[0] = half_of(item->rows, 1);
    item->k[1] = half_of(item->rows, 0);
}

static void origin_hermitian(const gp_item *item, const double *x, double *y0) {
    size_t k = take_pairs(item->rows, 2, 1, x, y0);
    take_pairs(item->rows, 2, 0, x + 1, y0 + k);
}

static double off_hermitian(const gp_item *item, const double *x) {
    double real = off_pairs(item->rows, 2, 1, x), imaginary = off_pairs(item->rows, 2, -1, x + 1);
    return fmax(real, imaginary);
}

static int plus_hermitian(const gp_item *item, const double *x0, const double *v, double *x) {
    memcpy(x, x0, item->numbers * sizeof *x);
    size_t k = add_pairs(item->rows, 2, 1, 1, v, x);
    add_pairs(item->rows, 2, 0, -1, v + k, x + 1);
    return 0;
}

static int pull_hermitian(const gp_item *item, const double *x0, const double *v, const double *x,
                          const double *G, double *g) {
    (void)x0, (void)v, (void)x;
    size_t k = pull_pairs(item->rows, 2, 1, 1, G, g);
    pull_pairs(item->rows, 2, 0, -1, G + 1, g + k);
    return 0;
}

const gp_geometry GP_SPACE_HERMITIAN = {.name = "hermitian",
                                        .title = "Hermitian matrices",
                                        .moves = "real and imaginary parts of conjugate pairs",
                                        .dimensions = 3,
                                        .extent = {0, 0, 2},
                                        .shape = GP_SQUARE,
                                        .suffix = {" real", " imaginary"},
                                        .places = {GP_PLACES_LOWER, GP_PLACES_STRICT},
                                        .triangles = 1,
                                        .readings = READINGS_COMPLEX,
                                        .size = size_hermitian,
                                        .origin = origin_hermitian,
                                        .off = off_hermitian,
                                        .plus = plus_hermitian,
                                        .pull = pull_hermitian};

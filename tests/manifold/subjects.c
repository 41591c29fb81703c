/* See subjects.h. Tangent gradients are derived from how points move, not from the ambient ones. */
#include "manifold/subjects.h"

#include <math.h>
#include <string.h>

size_t subject_entries(const subject *s) {
    size_t n = 1;
    for (size_t k = 0; k < s->dimensions; k++)
        n *= s->shape[k];
    return n;
}

static void cross_add(double factor, const double *a, const double *b, double *c) {
    c[0] += factor * (a[1] * b[2] - a[2] * b[1]);
    c[1] += factor * (a[2] * b[0] - a[0] * b[2]);
    c[2] += factor * (a[0] * b[1] - a[1] * b[0]);
}

static double dot(size_t n, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- rotations: sum of exp(a . R p / 4) -------------------------------------------- */

enum { POINTS = 3 };
static const double P[POINTS][3] = {{0.3, -1.2, 0.7}, {1.1, 0.4, -0.2}, {-0.5, 0.9, 1.3}};
static const double A[POINTS][3] = {{0.8, 0.1, -0.6}, {-0.3, 1.2, 0.5}, {0.2, -0.7, 0.9}};
/* Exp of (0.4, -0.3, 0.5), to 17 digits by mpmath */
static const double R0[9] = {0.8369663260114285,  -0.51690398163463298, -0.17971544978992259,
                             0.40182138823093546, 0.80340056960201672,  -0.43941676882353833,
                             0.37151977212941847, 0.29556352706891642,  0.88012229853781508};
static const double Q0[4] = {0.93814833503972871, 0.19585929762944412, -0.14689447322208309,
                             0.24482412203680515};
static const double Q0_LAST[4] = {0.19585929762944412, -0.14689447322208309, 0.24482412203680515,
                                  0.93814833503972871};
static const double T0[12] = {0.8369663260114285,  -0.51690398163463298, -0.17971544978992259, 1.25,
                              0.40182138823093546, 0.80340056960201672,  -0.43941676882353833, -0.8,
                              0.37151977212941847, 0.29556352706891642,  0.88012229853781508,  2.5};
static const double T0_SQUARE[16] = {0.8369663260114285,
                                     -0.51690398163463298,
                                     -0.17971544978992259,
                                     1.25,
                                     0.40182138823093546,
                                     0.80340056960201672,
                                     -0.43941676882353833,
                                     -0.8,
                                     0.37151977212941847,
                                     0.29556352706891642,
                                     0.88012229853781508,
                                     2.5,
                                     0,
                                     0,
                                     0,
                                     1};

static void rotate(const double *R, const double *p, double *to) {
    for (int i = 0; i < 3; i++)
        to[i] = dot(3, R + 3 * i, p);
}

static void rotate_back(const double *R, const double *p, double *to) {
    for (int i = 0; i < 3; i++)
        to[i] = R[i] * p[0] + R[3 + i] * p[1] + R[6 + i] * p[2];
}

static double cloud(const double *R) {
    double sum = 0, y[3];
    for (int k = 0; k < POINTS; k++) {
        rotate(R, P[k], y);
        sum += exp(dot(3, A[k], y) / 4);
    }
    return sum;
}

static double cloud_slope(const double *R, int k) {
    double y[3];
    rotate(R, P[k], y);
    return exp(dot(3, A[k], y) / 4) / 4;
}

static void cloud_ambient(const double *R, double *g) {
    memset(g, 0, 9 * sizeof *g);
    for (int k = 0; k < POINTS; k++)
        for (int i = 0; i < 9; i++)
            g[i] += cloud_slope(R, k) * A[k][i / 3] * P[k][i % 3];
}

/* a . R (v x p) = v . (p x R'a) */
static void cloud_right(const double *R, double *g) {
    double back[3];
    memset(g, 0, 3 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        rotate_back(R, A[k], back);
        cross_add(cloud_slope(R, k), P[k], back, g);
    }
}

/* a . (v x R p) = v . (R p x a) */
static void cloud_left(const double *R, double *g) {
    double y[3];
    memset(g, 0, 3 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        rotate(R, P[k], y);
        cross_add(cloud_slope(R, k), y, A[k], g);
    }
}

/* The squared angle between R and another rotation, B: t^2, cos t = (tr(B'R) - 1) / 2 */
static const double B0[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};

static double angle(const double *R) {
    double t = acos((dot(9, B0, R) - 1) / 2);
    return t * t;
}

static void angle_ambient(const double *R, double *g) {
    double t = acos((dot(9, B0, R) - 1) / 2);
    for (int i = 0; i < 9; i++)
        g[i] = -t / sin(t) * B0[i];
}

/* The gradient of t^2 is 2 t times the axis, in the body's axes. */
static void angle_right(const double *R, double *g) {
    double t = acos((dot(9, B0, R) - 1) / 2), M[9];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            M[3 * i + j] = B0[i] * R[j] + B0[3 + i] * R[3 + j] + B0[6 + i] * R[6 + j];
    const double axis[3] = {M[7] - M[5], M[2] - M[6], M[3] - M[1]};
    for (int i = 0; i < 3; i++)
        g[i] = 2 * t * axis[i] / (2 * sin(t));
}

static void angle_left(const double *R, double *g) {
    double right[3];
    angle_right(R, right);
    rotate(R, right, g);
}

/* ---- quaternions -------------------------------------------------------------------- */

/* R of (w, u): p + 2 w u x p + 2 u x (u x p), of any length */
static void matrix_of(const double *q, double *R) {
    double w = q[0], x = q[1], y = q[2], z = q[3];
    const double M[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
                         2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                         2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
    memcpy(R, M, sizeof M);
}

static double cloud_q(const double *q) {
    double R[9];
    matrix_of(q, R);
    return cloud(R);
}

/* d(a . R p) = 2 dw a.(u x p) + 2 w a.(du x p) + 2 a.(du x (u x p)) + 2 a.(u x (du x p)) */
static void cloud_q_ambient(const double *q, double *g) {
    double R[9];
    matrix_of(q, R);
    memset(g, 0, 4 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        double s = 2 * cloud_slope(R, k), up[3] = {0}, au[3] = {0};
        cross_add(1, q + 1, P[k], up);
        cross_add(1, A[k], q + 1, au);
        g[0] += s * dot(3, A[k], up);
        cross_add(s * q[0], P[k], A[k], g + 1);
        cross_add(s, up, A[k], g + 1);
        cross_add(s, P[k], au, g + 1);
    }
}

static void cloud_q_right(const double *q, double *g) {
    double R[9];
    matrix_of(q, R);
    cloud_right(R, g);
}

static void cloud_q_left(const double *q, double *g) {
    double R[9];
    matrix_of(q, R);
    cloud_left(R, g);
}

static void cloud_q_right_half(const double *q, double *g) {
    cloud_q_right(q, g);
    for (int i = 0; i < 3; i++)
        g[i] *= 2;
}

static void cloud_q_left_half(const double *q, double *g) {
    cloud_q_left(q, g);
    for (int i = 0; i < 3; i++)
        g[i] *= 2;
}

static void turned(const double *q, double *to) {
    const double first[4] = {q[3], q[0], q[1], q[2]};
    memcpy(to, first, sizeof first);
}

static double cloud_last(const double *q) {
    double first[4];
    turned(q, first);
    return cloud_q(first);
}

static void cloud_last_ambient(const double *q, double *g) {
    double first[4], h[4];
    turned(q, first);
    cloud_q_ambient(first, h);
    const double last[4] = {h[1], h[2], h[3], h[0]};
    memcpy(g, last, sizeof last);
}

static void cloud_last_right(const double *q, double *g) {
    double first[4];
    turned(q, first);
    cloud_q_right(first, g);
}

static void cloud_last_left(const double *q, double *g) {
    double first[4];
    turned(q, first);
    cloud_q_left(first, g);
}

/* ---- poses: sum of the squares of a . (R p + t), and an exponential of one --------- */

static void moved(const double *T, const double *p, double *y) {
    for (int i = 0; i < 3; i++)
        y[i] = dot(3, T + 4 * i, p) + T[4 * i + 3];
}

static double scene(const double *T) {
    double sum = 0, y[3];
    for (int k = 0; k < POINTS; k++) {
        moved(T, P[k], y);
        sum += log(1 + dot(3, A[k], y) * dot(3, A[k], y));
    }
    return sum;
}

/* u (3) := df/dy of point k */
static void scene_slope(const double *T, int k, double *y, double *u) {
    moved(T, P[k], y);
    double s = dot(3, A[k], y);
    for (int i = 0; i < 3; i++)
        u[i] = 2 * s / (1 + s * s) * A[k][i];
}

static void scene_ambient(const double *T, double *g) {
    double y[3], u[3];
    memset(g, 0, 12 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        scene_slope(T, k, y, u);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++)
                g[4 * i + j] += u[i] * P[k][j];
            g[4 * i + 3] += u[i];
        }
    }
}

static void scene_square(const double *T, double *g) {
    memset(g, 0, 16 * sizeof *g);
    scene_ambient(T, g);
}

/* dy = R (r + w x p) */
static void scene_right(const double *T, double *g) {
    double y[3], u[3];
    memset(g, 0, 6 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        scene_slope(T, k, y, u);
        const double back[3] = {T[0] * u[0] + T[4] * u[1] + T[8] * u[2],
                                T[1] * u[0] + T[5] * u[1] + T[9] * u[2],
                                T[2] * u[0] + T[6] * u[1] + T[10] * u[2]};
        for (int i = 0; i < 3; i++)
            g[i] += back[i];
        cross_add(1, P[k], back, g + 3);
    }
}

/* dy = r + w x y */
static void scene_left(const double *T, double *g) {
    double y[3], u[3];
    memset(g, 0, 6 * sizeof *g);
    for (int k = 0; k < POINTS; k++) {
        scene_slope(T, k, y, u);
        for (int i = 0; i < 3; i++)
            g[i] += u[i];
        cross_add(1, y, u, g + 3);
    }
}

static void halves_swapped(double *g) {
    double first[3];
    memcpy(first, g, sizeof first);
    memmove(g, g + 3, sizeof first);
    memcpy(g + 3, first, sizeof first);
}

static void scene_right_swapped(const double *T, double *g) {
    scene_right(T, g);
    halves_swapped(g);
}

static void scene_left_swapped(const double *T, double *g) {
    scene_left(T, g);
    halves_swapped(g);
}

/* ---- spheres ------------------------------------------------------------------------- */

enum { N = 5 };
static const double W[N] = {1.3, -0.4, 0.9, 2.1, -1.7};
static const double UNIT[N] = {0.5, -0.1, 0.7, 0.5, 0.0};
static const double WIDE[N] = {2.5, -1.25, 3.75, 0.5, -4.0}; /* of radius 6.2 */

static double soft(const double *x) {
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += exp(W[i] * x[i]);
    return log(sum);
}

static void soft_ambient(const double *x, double *g) {
    double sum = exp(soft(x));
    for (int i = 0; i < N; i++)
        g[i] = W[i] * exp(W[i] * x[i]) / sum;
}

static void tangent_to(const double *x, double *g) {
    double share = dot(N, x, g) / dot(N, x, x);
    for (int i = 0; i < N; i++)
        g[i] -= share * x[i];
}

static void soft_riemannian(const double *x, double *g) {
    soft_ambient(x, g);
    tangent_to(x, g);
}

/* Rayleigh's quotient: its ambient gradient is tangent by itself. */
static double rayleigh(const double *x) {
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += W[i] * x[i] * x[i];
    return sum / dot(N, x, x);
}

static void rayleigh_gradient(const double *x, double *g) {
    for (int i = 0; i < N; i++)
        g[i] = 2 * x[i] * (W[i] - rayleigh(x)) / dot(N, x, x);
}

/* ---- frames: tr(X'AXD)/2 and sum of sin(x_ij + i) -------------------------------------- */

enum { ROWS = 4, COLUMNS = 2 };
static const double S4[16] = {2,   -1,  0.5,  0.3, -1,  1,    0.2, -0.7,
                              0.5, 0.2, -1.5, 0.4, 0.3, -0.7, 0.4, 3};
static const double FRAME[8] = {0.25819888974716113, 0.84843985483115867, -0.25819888974716113,
                                0.38316638605278134, 0.77459666924148338, 0.082107082725596001,
                                0.51639777949432225, -0.35579735847758267};

static double brockett(const double *X) {
    double sum = 0;
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < ROWS; j++)
                sum += 0.5 * (c + 1) * X[i * 2 + c] * S4[i * 4 + j] * X[j * 2 + c];
    return sum;
}

static void brockett_ambient(const double *X, double *g) {
    for (int i = 0; i < ROWS; i++)
        for (int c = 0; c < COLUMNS; c++) {
            g[i * 2 + c] = 0;
            for (int j = 0; j < ROWS; j++)
                g[i * 2 + c] += (c + 1) * S4[i * 4 + j] * X[j * 2 + c];
        }
}

static double wave(const double *X) {
    double sum = 0;
    for (int i = 0; i < 8; i++)
        sum += sin(2 * X[i] + i);
    return sum;
}

static void wave_ambient(const double *X, double *g) {
    for (int i = 0; i < 8; i++)
        g[i] = 2 * cos(2 * X[i] + i);
}

/* G - X M, M = sym(X'G) or G'X */
static void onto_frame(const double *X, int canonical, double *g) {
    double XG[4] = {0}, G[8];
    memcpy(G, g, sizeof G);
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
            for (int i = 0; i < ROWS; i++)
                XG[2 * a + b] += X[2 * i + a] * G[2 * i + b];
    for (int i = 0; i < ROWS; i++)
        for (int b = 0; b < 2; b++)
            for (int a = 0; a < 2; a++)
                g[2 * i + b] -= X[2 * i + a] *
                                (canonical ? XG[2 * b + a] : (XG[2 * a + b] + XG[2 * b + a]) / 2);
}

#define ON_FRAME(name)                                                                             \
    static void name##_riemannian(const double *X, double *g) {                                    \
        name##_ambient(X, g);                                                                      \
        onto_frame(X, 0, g);                                                                       \
    }                                                                                              \
    static void name##_canonical(const double *X, double *g) {                                     \
        name##_ambient(X, g);                                                                      \
        onto_frame(X, 1, g);                                                                       \
    }
ON_FRAME(brockett)
ON_FRAME(wave)

/* ---- symmetric matrices ---------------------------------------------------------------- */

static const double DEFINITE[9] = {2.5, 0.4, -0.6, 0.4, 1.5, 0.3, -0.6, 0.3, 1.8};
static const double WEIGHTS[9] = {0.5, -0.2, 0.9, 0.3, 1.1, -0.8, -0.4, 0.6, 0.7};

static void inverse(const double *S, double *I) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            I[3 * i + j] = S[3 * a + c] * S[3 * b + d] - S[3 * a + d] * S[3 * b + c];
        }
    double det = S[0] * I[0] + S[1] * I[3] + S[2] * I[6];
    for (int i = 0; i < 9; i++)
        I[i] /= det;
}

/* log det S + tr(W'S), from S's lower triangle alone, as LAPACK reads it: L L' = S */
static double likelihood(const double *S) {
    double L[9] = {0}, sum = 0;
    for (int j = 0; j < 3; j++)
        for (int i = j; i < 3; i++) {
            double d = S[3 * i + j];
            for (int k = 0; k < j; k++)
                d -= L[3 * i + k] * L[3 * j + k];
            if (i == j && !(d > 0))
                return NAN;
            L[3 * i + j] = i == j ? sqrt(d) : d / L[3 * j + j];
        }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++)
            sum += (i == j ? WEIGHTS[3 * i + i] : WEIGHTS[3 * i + j] + WEIGHTS[3 * j + i]) *
                   S[3 * i + j];
    return sum + 2 * log(L[0] * L[4] * L[8]);
}

static void likelihood_symmetric(const double *S, double *g) {
    inverse(S, g);
    for (int i = 0; i < 9; i++)
        g[i] += (WEIGHTS[i] + WEIGHTS[i % 3 * 3 + i / 3]) / 2;
}

/* By the numbers that are read. */
static void likelihood_lower(const double *S, double *g) {
    likelihood_symmetric(S, g);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < i; j++) {
            g[3 * i + j] *= 2;
            g[3 * j + i] = 0;
        }
}

static void likelihood_upper(const double *S, double *g) {
    double lower[9];
    likelihood_lower(S, lower);
    for (int i = 0; i < 9; i++)
        g[i] = lower[i % 3 * 3 + i / 3];
}

/* inv(S) + W, as reverse mode through a function that reads all of S has it */
static void likelihood_general(const double *S, double *g) {
    inverse(S, g);
    for (int i = 0; i < 9; i++)
        g[i] += WEIGHTS[i];
}

static void likelihood_pairs(const double *S, double *g) {
    likelihood_symmetric(S, g);
    for (int i = 0; i < 9; i++)
        g[i] *= i % 4 == 0 ? 1 : 2;
}

static void likelihood_stored(const double *S, double *g) {
    likelihood_symmetric(S, g);
    g[1] = g[2] = g[5] = 0;
}

static void likelihood_riemannian(const double *S, double *g) {
    double G[9], SG[9] = {0};
    likelihood_symmetric(S, G);
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < 3; k++)
            SG[i] += S[i / 3 * 3 + k] * G[3 * k + i % 3];
    for (int i = 0; i < 9; i++) {
        g[i] = 0;
        for (int k = 0; k < 3; k++)
            g[i] += SG[i / 3 * 3 + k] * S[3 * k + i % 3];
    }
}

/* The largest eigenvalue, by Cardano's formula from the lower triangle; its gradient is v v'. */
static double eigenvalue(const double *S) {
    double q = (S[0] + S[4] + S[8]) / 3, a = S[0] - q, b = S[4] - q, c = S[8] - q;
    double d = S[3], e = S[7], f = S[6];
    double p = sqrt((a * a + b * b + c * c + 2 * (d * d + e * e + f * f)) / 6);
    double det = a * (b * c - e * e) - d * (d * c - e * f) + f * (d * e - b * f);
    return q + 2 * p * cos(acos(det / (2 * p * p * p)) / 3);
}

static void eigenvalue_symmetric(const double *S, double *g) {
    double l = eigenvalue(S), v[3] = {0}, r0[3] = {S[0] - l, S[3], S[6]},
           r1[3] = {S[3], S[4] - l, S[7]};
    cross_add(1, r0, r1, v);
    for (int i = 0; i < 9; i++)
        g[i] = v[i / 3] * v[i % 3] / dot(3, v, v);
}

static void eigenvalue_lower(const double *S, double *g) {
    eigenvalue_symmetric(S, g);
    g[3] *= 2, g[6] *= 2, g[7] *= 2;
    g[1] = g[2] = g[5] = 0;
}

static void eigenvalue_pairs(const double *S, double *g) {
    eigenvalue_symmetric(S, g);
    for (int i = 0; i < 9; i++)
        g[i] *= i % 4 == 0 ? 1 : 2;
}

/* ---- triangles and skew matrices: sum of w_ij sin(x_ij) over all entries ----------------- */

static const double LOWER[9] = {1.5, 0, 0, 0.4, 1.1, 0, -0.6, 0.3, 0.8};
static const double UPPER[9] = {1.5, 0.4, -0.6, 0, 1.1, 0.3, 0, 0, 0.8};
static const double SKEW[9] = {0, 0.4, -0.6, -0.4, 0, 0.3, 0.6, -0.3, 0};

static double waves(const double *x) {
    double sum = 0;
    for (int i = 0; i < 9; i++)
        sum += WEIGHTS[i] * sin(x[i]);
    return sum;
}

static void waves_ambient(const double *x, double *g) {
    for (int i = 0; i < 9; i++)
        g[i] = WEIGHTS[i] * cos(x[i]);
}

/* ---- complex numbers --------------------------------------------------------------------- */

/* sum of |z^2 + c|^2: d/dz-bar = w conj(2 z), w = z^2 + c */
static const double Z0[4] = {0.7, -0.4, 1.2, 0.9}, C0[4] = {0.3, 0.5, -0.8, 0.1};

static void residual(const double *z, int k, double *w) {
    double x = z[2 * k], y = z[2 * k + 1];
    w[0] = x * x - y * y + C0[2 * k];
    w[1] = 2 * x * y + C0[2 * k + 1];
}

static double squares(const double *z) {
    double sum = 0, w[2];
    for (int k = 0; k < 2; k++) {
        residual(z, k, w);
        sum += w[0] * w[0] + w[1] * w[1];
    }
    return sum;
}

static void squares_dzbar(const double *z, double *g) {
    double w[2];
    for (int k = 0; k < 2; k++) {
        residual(z, k, w);
        g[2 * k] = 2 * (w[0] * z[2 * k] + w[1] * z[2 * k + 1]);
        g[2 * k + 1] = 2 * (w[1] * z[2 * k] - w[0] * z[2 * k + 1]);
    }
}

/* log |z|^2 + Re(c z): d/dz = 1/z + c/2 */
static double logarithm(const double *z) {
    double sum = 0;
    for (int k = 0; k < 4; k += 2)
        sum += log(z[k] * z[k] + z[k + 1] * z[k + 1]) + C0[k] * z[k] - C0[k + 1] * z[k + 1];
    return sum;
}

static void logarithm_dzbar(const double *z, double *g) {
    for (int k = 0; k < 4; k += 2) {
        double r = z[k] * z[k] + z[k + 1] * z[k + 1];
        g[k] = z[k] / r + C0[k] / 2;
        g[k + 1] = -(-z[k + 1] / r + C0[k + 1] / 2);
    }
}

/* exp of u^H H u / 3, H Hermitian 2 x 2: df = f/3 Re(sum of conj(u_i) dH_ij u_j) */
static const double H0[8] = {1.2, 0, 0.3, -0.5, 0.3, 0.5, 0.8, 0};
static const double U[4] = {0.6, 0.2, -0.3, 0.7};

/* conj(u_i) u_j */
static void outer(int i, int j, double *c) {
    c[0] = U[2 * i] * U[2 * j] + U[2 * i + 1] * U[2 * j + 1];
    c[1] = U[2 * i] * U[2 * j + 1] - U[2 * i + 1] * U[2 * j];
}

static double form(const double *H) {
    double sum = 0, c[2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            outer(i, j, c);
            sum += c[0] * H[4 * i + 2 * j] - c[1] * H[4 * i + 2 * j + 1];
        }
    return exp(sum / 3);
}

static void form_dzbar(const double *H, double *g) {
    double f = form(H), c[2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            outer(i, j, c);
            g[4 * i + 2 * j] = f / 6 * c[0];
            g[4 * i + 2 * j + 1] = -f / 6 * c[1];
        }
}

#define COMPLEX_FORMS(name, count)                                                                 \
    static void name##_as(const double *z, double factor, double sign, double *g) {                \
        name##_dzbar(z, g);                                                                        \
        for (int k = 0; k < count; k += 2) {                                                       \
            g[k] *= factor;                                                                        \
            g[k + 1] *= sign * factor;                                                             \
        }                                                                                          \
    }                                                                                              \
    static void name##_torch(const double *z, double *g) {                                         \
        name##_as(z, 2, 1, g);                                                                     \
    }                                                                                              \
    static void name##_jax(const double *z, double *g) {                                           \
        name##_as(z, 2, -1, g);                                                                    \
    }                                                                                              \
    static void name##_dz(const double *z, double *g) {                                            \
        name##_as(z, 1, -1, g);                                                                    \
    }
COMPLEX_FORMS(squares, 4)
COMPLEX_FORMS(logarithm, 4)
COMPLEX_FORMS(form, 8)

#define COMPLEX_ROW(name, count)                                                                   \
    {                                                                                              \
        {"torch", name##_torch, count}, {"jax", name##_jax, count}, {"dz", name##_dz, count}, {    \
            "dzbar", name##_dzbar, count                                                           \
        }                                                                                          \
    }

const subject SUBJECTS[] = {
    {"cloud",
     "SO3",
     2,
     {3, 3},
     R0,
     cloud,
     {{"ambient", cloud_ambient, 9}, {"right", cloud_right, 3}, {"left", cloud_left, 3}}},
    {"angle",
     "SO3",
     2,
     {3, 3},
     R0,
     angle,
     {{"ambient", angle_ambient, 9}, {"right", angle_right, 3}, {"left", angle_left, 3}}},
    {"cloud",
     "quaternion",
     1,
     {4},
     Q0,
     cloud_q,
     {{"ambient", cloud_q_ambient, 4},
      {"right", cloud_q_right, 3},
      {"left", cloud_q_left, 3},
      {"right-half", cloud_q_right_half, 3},
      {"left-half", cloud_q_left_half, 3}}},
    {"cloud",
     "quaternion-xyzw",
     1,
     {4},
     Q0_LAST,
     cloud_last,
     {{"ambient", cloud_last_ambient, 4},
      {"right", cloud_last_right, 3},
      {"left", cloud_last_left, 3}}},
    {"scene",
     "SE3",
     2,
     {3, 4},
     T0,
     scene,
     {{"ambient", scene_ambient, 12},
      {"right", scene_right, 6},
      {"left", scene_left, 6},
      {"right-rotation-first", scene_right_swapped, 6},
      {"left-rotation-first", scene_left_swapped, 6}}},
    {"scene",
     "SE3",
     2,
     {4, 4},
     T0_SQUARE,
     scene,
     {{"ambient", scene_square, 16}, {"right", scene_right, 6}, {"left", scene_left, 6}}},
    {"soft",
     "sphere",
     1,
     {N},
     UNIT,
     soft,
     {{"ambient", soft_ambient, N}, {"riemannian", soft_riemannian, N}}},
    {"soft",
     "sphere",
     1,
     {N},
     WIDE,
     soft,
     {{"ambient", soft_ambient, N}, {"riemannian", soft_riemannian, N}}},
    {"rayleigh",
     "sphere",
     1,
     {N},
     UNIT,
     rayleigh,
     {{"ambient", rayleigh_gradient, N}, {"riemannian", rayleigh_gradient, N}}},
    {"brockett",
     "stiefel",
     2,
     {ROWS, COLUMNS},
     FRAME,
     brockett,
     {{"ambient", brockett_ambient, 8},
      {"riemannian", brockett_riemannian, 8},
      {"canonical", brockett_canonical, 8}}},
    {"wave",
     "stiefel",
     2,
     {ROWS, COLUMNS},
     FRAME,
     wave,
     {{"ambient", wave_ambient, 8},
      {"riemannian", wave_riemannian, 8},
      {"canonical", wave_canonical, 8}}},
    {"cloud", "stiefel", 2, {3, 3}, R0, cloud, {{"ambient", cloud_ambient, 9}}},
    {"likelihood",
     "positive-definite",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_symmetric, 9},
      {"pairs", likelihood_pairs, 9},
      {"stored", likelihood_stored, 9},
      {"riemannian", likelihood_riemannian, 9}}},
    {"likelihood, lower",
     "positive-definite",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_lower, 9}}},
    {"eigenvalue",
     "positive-definite",
     2,
     {3, 3},
     DEFINITE,
     eigenvalue,
     {{"ambient", eigenvalue_symmetric, 9}, {"pairs", eigenvalue_pairs, 9}}},
    {"likelihood",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_symmetric, 9},
      {"pairs", likelihood_pairs, 9},
      {"stored", likelihood_stored, 9}}},
    {"likelihood, lower",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_lower, 9}}},
    {"likelihood, upper",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_upper, 9}}},
    {"likelihood, general",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     likelihood,
     {{"ambient", likelihood_general, 9}}},
    {"eigenvalue",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     eigenvalue,
     {{"ambient", eigenvalue_symmetric, 9}, {"pairs", eigenvalue_pairs, 9}}},
    {"eigenvalue, lower",
     "symmetric",
     2,
     {3, 3},
     DEFINITE,
     eigenvalue,
     {{"ambient", eigenvalue_lower, 9}}},
    {"waves", "skew", 2, {3, 3}, SKEW, waves, {{"ambient", waves_ambient, 9}}},
    {"waves", "lower", 2, {3, 3}, LOWER, waves, {{"ambient", waves_ambient, 9}}},
    {"waves", "upper", 2, {3, 3}, UPPER, waves, {{"ambient", waves_ambient, 9}}},
    {"squares", "complex", 2, {2, 2}, Z0, squares, COMPLEX_ROW(squares, 4)},
    {"logarithm", "complex", 2, {2, 2}, Z0, logarithm, COMPLEX_ROW(logarithm, 4)},
    {"form", "hermitian", 3, {2, 2, 2}, H0, form, COMPLEX_ROW(form, 8)},
    {.name = NULL}};

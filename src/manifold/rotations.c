/* Rotations as matrices and as quaternions, and poses. They move by R Exp(v), v a rotation vector
 * in the body's axes. With J_r(v) = I - (1 - cos t)/t^2 [v] + (t - sin t)/t^3 [v]^2, t = |v|,
 *
 *     d(R Exp(v)) = R Exp(v) [J_r(v) dv]
 *
 * (Sola, Deray & Atchuthan, A micro Lie theory for state estimation in robotics, 2018), for any
 * matrix R, so that rounding in R leaves the derivative exact. */
#include <math.h>
#include <string.h>

#include "manifold/space.h"

static void cross(const double *a, const double *b, double *c) {
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
    c[0] = x;
    c[1] = y;
}

/* a (3) := J_r(v)' a = a + (1 - cos t)/t^2 v x a + (t - sin t)/t^3 v x (v x a) */
static void turn_back(const double *v, double *a) {
    double t2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2], t = sqrt(t2), once[3], twice[3];
    /* The series' next terms are below rounding up to here. */
    int small = t < 1e-2;
    double first = small ? 0.5 - t2 * (1.0 / 24 - t2 / 720) : (1 - cos(t)) / t2;
    double second = small ? 1.0 / 6 - t2 * (1.0 / 120 - t2 / 5040) : (t - sin(t)) / (t2 * t);
    cross(v, a, once);
    cross(v, once, twice);
    for (int i = 0; i < 3; i++)
        a[i] += first * once[i] + second * twice[i];
}

/* E (9) := Exp(v) = I + sin t/t [v] + (1 - cos t)/t^2 [v]^2 */
static void exponential(const double *v, double *E) {
    double t = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), half = sin(t / 2);
    double s = t > 0 ? sin(t) / t : 1, c = t > 0 ? 2 * half * half / (t * t) : 0.5;
    for (int j = 0; j < 3; j++) {
        double e[3] = {0}, once[3], twice[3];
        e[j] = 1;
        cross(v, e, once);
        cross(v, once, twice);
        for (int i = 0; i < 3; i++)
            E[3 * i + j] = e[i] + s * once[i] + c * twice[i];
    }
}

/* Y := X E, X and Y with rows of `stride` numbers */
static void turn(size_t stride, const double *X, const double *v, double *Y) {
    double E[9];
    exponential(v, E);
    for (int i = 0; i < 3; i++) {
        double row[3] = {X[stride * i], X[stride * i + 1], X[stride * i + 2]};
        for (int j = 0; j < 3; j++)
            Y[stride * i + j] = row[0] * E[j] + row[1] * E[3 + j] + row[2] * E[6 + j];
    }
}

/* a (3): <G, R [w]> = a . w for all w */
static void axis_of(size_t stride, const double *R, const double *G, double *a) {
    double M[9] = {0}; /* R'G */
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                M[3 * i + j] += R[stride * k + i] * G[stride * k + j];
    a[0] = M[7] - M[5];
    a[1] = M[2] - M[6];
    a[2] = M[3] - M[1];
}

/* [a] / 2, whose product with [w] is a . w */
static void half_skew(const double *a, double *S) {
    const double skew[9] = {0, -a[2] / 2, a[1] / 2, a[2] / 2, 0, -a[0] / 2, -a[1] / 2, a[0] / 2, 0};
    memcpy(S, skew, sizeof skew);
}

/* G := R [a]/2, of right perturbations R [w], or [a]/2 R, of left ones [w] R */
static void covector_of_axis(size_t stride, const double *R, const double *a, int left, double *G) {
    double S[9];
    half_skew(a, S);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            G[stride * i + j] = 0;
            for (int k = 0; k < 3; k++)
                G[stride * i + j] +=
                    left ? S[3 * i + k] * R[stride * k + j] : R[stride * i + k] * S[3 * k + j];
        }
}

/* How far R'R is from the identity; 2 where R mirrors. */
static double off_rotation(size_t stride, const double *R) {
    double off = 0, c[3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double sum = i == j ? -1 : 0;
            for (int k = 0; k < 3; k++)
                sum += R[stride * k + i] * R[stride * k + j];
            off = fmax(off, fabs(sum));
        }
    const double x[3] = {R[0], R[stride], R[2 * stride]},
                 y[3] = {R[1], R[stride + 1], R[2 * stride + 1]};
    cross(x, y, c);
    double volume = c[0] * R[2] + c[1] * R[stride + 2] + c[2] * R[2 * stride + 2];
    return volume < 0 ? 2 : off;
}

/* G := R times the skew part of R'G */
static void project_rotation(size_t stride, const double *R, double *G) {
    double a[3];
    axis_of(stride, R, G, a);
    covector_of_axis(stride, R, a, 0, G);
}

static void three(gp_item *item) {
    item->k[0] = 3;
}

static void ones(const gp_item *item, const double *x, double *y0) {
    (void)x;
    for (size_t i = 0; i < gp_item_coordinates(item); i++)
        y0[i] = 1;
}

/* ---- matrices -------------------------------------------------------------------- */

static double off_so3(const gp_item *item, const double *x) {
    (void)item;
    return off_rotation(3, x);
}

static int plus_so3(const gp_item *item, const double *x0, const double *v, double *x) {
    (void)item;
    turn(3, x0, v, x);
    return 0;
}

static int pull_so3(const gp_item *item, const double *x0, const double *v, const double *x,
                    const double *G, double *g) {
    (void)item, (void)x0;
    axis_of(3, x, G, g);
    turn_back(v, g);
    return 0;
}

static int project_so3(const gp_item *item, const double *x, double *G) {
    (void)item;
    project_rotation(3, x, G);
    return 0;
}

static int so3_right(const gp_item *item, const double *x, const double *g, double *G) {
    (void)item;
    covector_of_axis(3, x, g, 0, G);
    return 0;
}

static int so3_left(const gp_item *item, const double *x, const double *g, double *G) {
    (void)item;
    covector_of_axis(3, x, g, 1, G);
    return 0;
}

static int so3_transposed(const gp_item *item, const double *x, const double *g, double *G) {
    (void)item, (void)x;
    for (int i = 0; i < 9; i++)
        G[i] = g[i % 3 * 3 + i / 3];
    return 0;
}

static const gp_reading READINGS_SO3[] = {
    {"ambient", "convention", "derivatives by the entries of the matrix", 0, 0,
     gp_covector_of_entries},
    {"right", "convention", "derivatives by right perturbations, R Exp(v)", 3, 0, so3_right},
    {"left", "convention", "derivatives by left perturbations, Exp(v) R", 3, 0, so3_left},
    {NULL, "transposed", "the transpose, derivatives by the entries of R'", 0, 0, so3_transposed},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_SO3 = {.name = "SO3",
                                  .title = "rotation matrices",
                                  .moves = "rotations about the body's axes, R Exp(v)",
                                  .dimensions = 2,
                                  .extent = {3, 3},
                                  .suffix = {""},
                                  .readings = READINGS_SO3,
                                  .size = three,
                                  .origin = ones,
                                  .off = off_so3,
                                  .plus = plus_so3,
                                  .pull = pull_so3,
                                  .project = project_so3};

/* ---- quaternions: q exp(v/2) ------------------------------------------------------ */

/* Where the scalar and the vector are. */
static const int FIRST[] = {0, 1, 2, 3}, LAST[] = {3, 0, 1, 2};

static const int *order_of(const gp_item *item) {
    return item->geometry == &GP_SPACE_QUATERNION ? FIRST : LAST;
}

/* c := a b, all with the scalar first */
static void multiply(const double *a, const double *b, double *c) {
    double vector[3];
    cross(a + 1, b + 1, vector);
    c[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3];
    for (int i = 0; i < 3; i++)
        c[i + 1] = a[0] * b[i + 1] + b[0] * a[i + 1] + vector[i];
}

static void scalar_first(const gp_item *item, const double *q, double *to) {
    for (int i = 0; i < 4; i++)
        to[i] = q[order_of(item)[i]];
}

static void as_stored(const gp_item *item, const double *q, double *to) {
    for (int i = 0; i < 4; i++)
        to[order_of(item)[i]] = q[i];
}

static double off_sphere(const gp_item *item, const double *x) {
    (void)item;
    return fabs(x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3] - 1);
}

static int plus_quaternion(const gp_item *item, const double *x0, const double *v, double *x) {
    double t = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), q[4], to[4];
    double s = t > 0 ? sin(t / 2) / t : 0.5;
    const double e[4] = {cos(t / 2), s * v[0], s * v[1], s * v[2]};
    scalar_first(item, x0, q);
    multiply(q, e, to);
    as_stored(item, to, x);
    return 0;
}

/* a: <G, q (0, w)> = a . w */
static void axis_of_quaternion(const gp_item *item, const double *x, const double *G, double *a) {
    double q[4], g[4], c[4];
    scalar_first(item, x, q);
    scalar_first(item, G, g);
    const double conjugate[4] = {q[0], -q[1], -q[2], -q[3]};
    multiply(conjugate, g, c);
    memcpy(a, c + 1, 3 * sizeof *a);
}

static int pull_quaternion(const gp_item *item, const double *x0, const double *v, const double *x,
                           const double *G, double *g) {
    (void)x0;
    axis_of_quaternion(item, x, G, g);
    for (int i = 0; i < 3; i++)
        g[i] /= 2; /* dq = q (0, J_r(v) dv) / 2 */
    turn_back(v, g);
    return 0;
}

static int project_quaternion(const gp_item *item, const double *x, double *G) {
    (void)item;
    double dot = 0, square = 0;
    for (int i = 0; i < 4; i++) {
        dot += G[i] * x[i];
        square += x[i] * x[i];
    }
    for (int i = 0; i < 4; i++)
        G[i] -= dot / square * x[i];
    return 0;
}

/* G := factor q (0, g), or (0, g) q on the left: <G, q (0, w)> = factor g . w for unit q */
static void covector_of_vector(const gp_item *item, const double *x, const double *g, int left,
                               double factor, double *G) {
    const double vector[4] = {0, factor * g[0], factor * g[1], factor * g[2]};
    double q[4], c[4];
    scalar_first(item, x, q);
    if (left)
        multiply(vector, q, c);
    else
        multiply(q, vector, c);
    as_stored(item, c, G);
}

static int quaternion_right(const gp_item *item, const double *x, const double *g, double *G) {
    covector_of_vector(item, x, g, 0, 2, G);
    return 0;
}

static int quaternion_left(const gp_item *item, const double *x, const double *g, double *G) {
    covector_of_vector(item, x, g, 1, 2, G);
    return 0;
}

static int quaternion_right_half(const gp_item *item, const double *x, const double *g, double *G) {
    covector_of_vector(item, x, g, 0, 1, G);
    return 0;
}

static int quaternion_left_half(const gp_item *item, const double *x, const double *g, double *G) {
    covector_of_vector(item, x, g, 1, 1, G);
    return 0;
}

/* The scalar is where the other order has it. */
static int other_order(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    const int *own = order_of(item), *other = own == FIRST ? LAST : FIRST;
    for (int i = 0; i < 4; i++)
        G[own[i]] = g[other[i]];
    return 0;
}

static const gp_reading READINGS_QUATERNION[] = {
    {"ambient", "convention", "derivatives by the quaternion's four numbers", 0, 0,
     gp_covector_of_entries},
    {"right", "convention", "derivatives by right perturbations, q exp(v/2)", 3, 0,
     quaternion_right},
    {"left", "convention", "derivatives by left perturbations, exp(v/2) q", 3, 0, quaternion_left},
    {"right-half", "convention", "derivatives by half angles on the right, q exp(v)", 3, 0,
     quaternion_right_half},
    {"left-half", "convention", "derivatives by half angles on the left, exp(v) q", 3, 0,
     quaternion_left_half},
    {NULL, "order", "numbers in the other order, with the scalar at the other end", 0, 0,
     other_order},
    {NULL, NULL, NULL, 0, 0, NULL}};

#define GP_QUATERNION_ROW(word, words)                                                             \
    {                                                                                              \
        .name = (word), .title = (words), .moves = "rotations about the body's axes, q exp(v/2)",  \
        .dimensions = 1, .extent = {4}, .suffix = {""}, .readings = READINGS_QUATERNION,           \
        .size = three, .origin = ones, .off = off_sphere, .plus = plus_quaternion,                 \
        .pull = pull_quaternion, .project = project_quaternion                                     \
    }

const gp_geometry GP_SPACE_QUATERNION =
    GP_QUATERNION_ROW("quaternion", "unit quaternions w, x, y, z");
const gp_geometry GP_SPACE_QUATERNION_XYZW =
    GP_QUATERNION_ROW("quaternion-xyzw", "unit quaternions x, y, z, w");

/* ---- poses: [R t], and perhaps a row 0 0 0 1 -------------------------------------- */

static void size_se3(gp_item *item) {
    item->k[0] = item->k[1] = 3;
}

static void origin_se3(const gp_item *item, const double *x, double *y0) {
    (void)item;
    for (int i = 0; i < 3; i++) {
        y0[i] = 1;
        y0[i + 3] = x[4 * i + 3];
    }
}

static double off_se3(const gp_item *item, const double *x) {
    double off = off_rotation(4, x);
    for (size_t i = 12; i < item->numbers; i++)
        off = fmax(off, fabs(x[i] - (i == 15)));
    return off;
}

static int plus_se3(const gp_item *item, const double *x0, const double *v, double *x) {
    memcpy(x, x0, item->numbers * sizeof *x);
    turn(4, x0, v, x);
    for (int i = 0; i < 3; i++)
        x[4 * i + 3] = x0[4 * i + 3] + v[3 + i];
    return 0;
}

static int pull_se3(const gp_item *item, const double *x0, const double *v, const double *x,
                    const double *G, double *g) {
    (void)item, (void)x0;
    axis_of(4, x, G, g);
    turn_back(v, g);
    for (int i = 0; i < 3; i++)
        g[3 + i] = G[4 * i + 3];
    return 0;
}

static int project_se3(const gp_item *item, const double *x, double *G) {
    project_rotation(4, x, G);
    for (size_t i = 12; i < item->numbers; i++)
        G[i] = 0;
    return 0;
}

/* dR = R [w], dt = R r (right); dR = [w] R, dt = r + w x t (left); u of r, a of w. */
static int covector_of_twist(const gp_item *item, const double *x, const double *u, const double *a,
                             int left, double *G) {
    const double t[3] = {x[3], x[7], x[11]};
    double axis[3] = {a[0], a[1], a[2]}, lever[3];
    memset(G, 0, item->numbers * sizeof *G);
    if (left) { /* u . (w x t) = w . (t x u) is of the translation already */
        cross(t, u, lever);
        for (int i = 0; i < 3; i++)
            axis[i] -= lever[i];
    }
    covector_of_axis(4, x, axis, left, G);
    for (int i = 0; i < 3; i++)
        G[4 * i + 3] = left ? u[i] : x[4 * i] * u[0] + x[4 * i + 1] * u[1] + x[4 * i + 2] * u[2];
    return 0;
}

static int se3_right(const gp_item *item, const double *x, const double *g, double *G) {
    return covector_of_twist(item, x, g, g + 3, 0, G);
}

static int se3_left(const gp_item *item, const double *x, const double *g, double *G) {
    return covector_of_twist(item, x, g, g + 3, 1, G);
}

static int se3_right_swapped(const gp_item *item, const double *x, const double *g, double *G) {
    return covector_of_twist(item, x, g + 3, g, 0, G);
}

static int se3_left_swapped(const gp_item *item, const double *x, const double *g, double *G) {
    return covector_of_twist(item, x, g + 3, g, 1, G);
}

/* The rotation alone is transposed. */
static int se3_transposed(const gp_item *item, const double *x, const double *g, double *G) {
    (void)x;
    memcpy(G, g, item->numbers * sizeof *G);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            G[4 * i + j] = g[4 * j + i];
    return 0;
}

static const gp_reading READINGS_SE3[] = {
    {"ambient", "convention", "derivatives by the entries of the matrix", 0, 0,
     gp_covector_of_entries},
    {"right", "convention",
     "derivatives by right perturbations, T Exp(v), of the translation first", 6, 0, se3_right},
    {"left", "convention", "derivatives by left perturbations, Exp(v) T, of the translation first",
     6, 0, se3_left},
    {"right-rotation-first", "convention",
     "derivatives by right perturbations, T Exp(v), of the rotation first", 6, 0,
     se3_right_swapped},
    {"left-rotation-first", "convention",
     "derivatives by left perturbations, Exp(v) T, of the rotation first", 6, 0, se3_left_swapped},
    {NULL, "transposed", "derivatives by the entries of the matrix whose rotation is transposed", 0,
     0, se3_transposed},
    {NULL, NULL, NULL, 0, 0, NULL}};

const gp_geometry GP_SPACE_SE3 = {
    .name = "SE3",
    .title = "poses",
    .moves = "rotations about the body's axes, R Exp(v), and translations, t + v",
    .dimensions = 2,
    .extent = {0, 4},
    .suffix = {" rotation", " translation"},
    .readings = READINGS_SE3,
    .size = size_se3,
    .origin = origin_se3,
    .off = off_se3,
    .plus = plus_se3,
    .pull = pull_se3,
    .project = project_se3};

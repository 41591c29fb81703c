/* Are mistakes in derivatives of maps called by their names? Right Jacobians of maps of many
 * shapes, as VJP, as JVP and as a whole, in either precision, with every mistake of a table planted
 * in turn.
 *
 *     bench_map_causes [SEED] [MISTAKE [MAP]]
 *
 * prints what was planted against what was named; with a MISTAKE, the reports that name anything
 * else. Maps are written for complex numbers, so that the imaginary part of F(x + ih), over h, is
 * the derivative to all digits. */
#include "gradproof.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double complex number;

enum { MOST = 48, ALL = MOST * MOST };

/* ---- the maps -------------------------------------------------------------------- */

/* Constants of a map: the same at each call, unlike from index to index. */
static double constant(size_t i) {
    return (i % 3 == 1 ? -1 : 1) * (0.6 + 0.5 * sin(2.3 * (double)i + 0.4));
}

static void sines(const number *x, number *y) {
    for (size_t j = 0; j < 6; j++) {
        y[j] = 0;
        for (size_t i = 0; i < 6; i++)
            y[j] += constant(7 * j + i) * csin(x[i] + 0.2 * (double)j);
    }
}

static void softmax(const number *x, number *y) {
    number sum = 0;
    for (size_t i = 0; i < 7; i++)
        sum += y[i] = cexp(x[i]);
    for (size_t i = 0; i < 7; i++)
        y[i] /= sum;
}

/* y = W v + b of a fixed v: W (3 x 5), b (3) */
static void linear(const number *x, number *y) {
    for (size_t j = 0; j < 3; j++) {
        y[j] = x[15 + j];
        for (size_t i = 0; i < 5; i++)
            y[j] += x[5 * j + i] * constant(i);
    }
}

/* Two examples through a layer: W (3 x 4), b (3) */
static void layer(const number *x, number *y) {
    for (size_t e = 0; e < 2; e++)
        for (size_t j = 0; j < 3; j++) {
            number sum = x[12 + j];
            for (size_t i = 0; i < 4; i++)
                sum += x[4 * j + i] * constant(4 * e + i);
            y[3 * e + j] = ctanh(sum);
        }
}

/* A kernel (3) along a signal (9) */
static void convolution(const number *x, number *y) {
    for (size_t j = 0; j < 7; j++)
        y[j] = x[0] * x[3 + j] + x[1] * x[4 + j] + x[2] * x[5 + j];
}

static void spherical(const number *x, number *y) {
    y[0] = x[0] * csin(x[1]) * ccos(x[2]);
    y[1] = x[0] * csin(x[1]) * csin(x[2]);
    y[2] = x[0] * ccos(x[1]);
}

/* Residuals of two exponentials' fit */
static void decays(const number *x, number *y) {
    for (size_t j = 0; j < 10; j++) {
        double t = 0.15 * (double)(j + 1);
        y[j] = x[0] * cexp(-x[1] * t) + x[2] * cexp(-x[3] * t) - constant(j);
    }
}

static void layer_norm(const number *x, number *y) {
    number mean = 0, square = 0;
    for (size_t i = 0; i < 8; i++)
        mean += x[i] / 8;
    for (size_t i = 0; i < 8; i++)
        square += (x[i] - mean) * (x[i] - mean) / 8;
    for (size_t i = 0; i < 8; i++)
        y[i] = (x[i] - mean) / csqrt(square + 1e-5);
}

/* Linear in its coefficients: the Jacobian is the same everywhere */
static void polynomial(const number *x, number *y) {
    for (size_t j = 0; j < 5; j++)
        y[j] = x[0] + constant(j) * (x[1] + constant(j) * (x[2] + constant(j) * x[3]));
}

/* Of a quaternion that needn't be normed */
static void rotation(const number *q, number *R) {
    number w = q[0], x = q[1], y = q[2], z = q[3];
    R[0] = w * w + x * x - y * y - z * z;
    R[1] = 2 * (x * y - w * z);
    R[2] = 2 * (x * z + w * y);
    R[3] = 2 * (x * y + w * z);
    R[4] = w * w - x * x + y * y - z * z;
    R[5] = 2 * (y * z - w * x);
    R[6] = 2 * (x * z - w * y);
    R[7] = 2 * (y * z + w * x);
    R[8] = w * w - x * x - y * y + z * z;
}

/* The end of an arm of five joints */
static void arm(const number *x, number *y) {
    number angle = 0;
    y[0] = y[1] = 0;
    for (size_t i = 0; i < 5; i++) {
        angle += x[i];
        y[0] += (1 + 0.2 * (double)i) * ccos(angle);
        y[1] += (1 + 0.2 * (double)i) * csin(angle);
    }
}

/* Gaussian bumps: centres (3 x 2), weights (3), at six places */
static void bumps(const number *x, number *y) {
    for (size_t j = 0; j < 6; j++) {
        y[j] = 0;
        for (size_t k = 0; k < 3; k++) {
            number u = x[2 * k] - constant(2 * j), v = x[2 * k + 1] - constant(2 * j + 1);
            y[j] += x[6 + k] * cexp(-(u * u + v * v) / 2);
        }
    }
}

/* Distances between four points in the plane */
static void distances(const number *x, number *y) {
    for (size_t a = 0; a < 4; a++)
        for (size_t b = a + 1; b < 4; b++) {
            number u = x[2 * a] - x[2 * b], v = x[2 * a + 1] - x[2 * b + 1];
            *y++ = csqrt(u * u + v * v);
        }
}

static void cross(const number *x, number *y) {
    for (size_t i = 0; i < 3; i++)
        y[i] = x[(i + 1) % 3] * x[3 + (i + 2) % 3] - x[(i + 2) % 3] * x[3 + (i + 1) % 3];
}

/* Rectified units: W (5 x 4), b (5) */
static void rectified(const number *x, number *y) {
    for (size_t j = 0; j < 5; j++) {
        number sum = x[20 + j];
        for (size_t i = 0; i < 4; i++)
            sum += x[4 * j + i] * constant(i + 2);
        y[j] = creal(sum) > 0 ? sum : 0;
    }
}

/* Three Euler steps of predators and prey: all states, of the rates and the start */
static void predators(const number *x, number *y) {
    number a = x[4], b = x[5];
    for (size_t k = 0; k < 3; k++) {
        number da = x[0] * a - x[1] * a * b, db = x[2] * a * b - x[3] * b;
        y[2 * k] = a += 0.3 * da;
        y[2 * k + 1] = b += 0.3 * db;
    }
}

/* One head of attention over four words of three numbers: queries, keys and values */
static void attention(const number *x, number *y) {
    const number *q = x, *k = x + 12, *v = x + 24;
    for (size_t s = 0; s < 4; s++) {
        number weight[4], sum = 0;
        for (size_t t = 0; t < 4; t++) {
            weight[t] = 0;
            for (size_t i = 0; i < 3; i++)
                weight[t] += q[3 * s + i] * k[3 * t + i] / sqrt(3);
            sum += weight[t] = cexp(weight[t]);
        }
        for (size_t i = 0; i < 3; i++) {
            y[3 * s + i] = 0;
            for (size_t t = 0; t < 4; t++)
                y[3 * s + i] += weight[t] / sum * v[3 * t + i];
        }
    }
}

typedef struct block {
    const char *name;
    size_t shape[2];
} block;

typedef struct map {
    const char *name;
    void (*F)(const number *x, number *y);
    size_t outputs;
    block blocks[4];
} map;

static const map MAPS[] = {
    {"sines", sines, 6, {{"x", {6, 1}}}},
    {"softmax", softmax, 7, {{"x", {7, 1}}}},
    {"linear", linear, 3, {{"W", {3, 5}}, {"b", {3, 1}}}},
    {"layer", layer, 6, {{"W", {3, 4}}, {"b", {3, 1}}}},
    {"convolution", convolution, 7, {{"k", {3, 1}}, {"s", {9, 1}}}},
    {"spherical", spherical, 3, {{"x", {3, 1}}}},
    {"decays", decays, 10, {{"x", {4, 1}}}},
    {"layer norm", layer_norm, 8, {{"x", {8, 1}}}},
    {"polynomial", polynomial, 5, {{"x", {4, 1}}}},
    {"rotation", rotation, 9, {{"q", {4, 1}}}},
    {"arm", arm, 2, {{"x", {5, 1}}}},
    {"bumps", bumps, 6, {{"c", {3, 2}}, {"w", {3, 1}}}},
    {"distances", distances, 6, {{"x", {4, 2}}}},
    {"cross product", cross, 3, {{"a", {3, 1}}, {"b", {3, 1}}}},
    {"rectified", rectified, 5, {{"W", {5, 4}}, {"b", {5, 1}}}},
    {"predators", predators, 6, {{"rates", {4, 1}}, {"start", {2, 1}}}},
    {"attention", attention, 12, {{"q", {4, 3}}, {"k", {4, 3}}, {"v", {4, 3}}}}};

enum { MAP_COUNT = sizeof MAPS / sizeof *MAPS };

static size_t entries_of(const block *b) {
    return b->name ? b->shape[0] * b->shape[1] : 0;
}

static size_t parameters_of(const map *m) {
    size_t n = 0;
    for (const block *b = m->blocks; b->name; b++)
        n += entries_of(b);
    return n;
}

/* J (m x n) at x. */
static void jacobian_of(const map *m, const double *x, double *J) {
    const double h = 1e-40;
    number z[MOST], y[MOST];
    size_t n = parameters_of(m);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            z[k] = x[k] + (k == i ? h * I : 0);
        m->F(z, y);
        for (size_t j = 0; j < m->outputs; j++)
            J[j * n + i] = cimag(y[j]) / h;
    }
}

/* ---- the mistakes ---------------------------------------------------------------- */

/* A block of the Jacobian, rows x columns, to be spoilt: its own copy, and what was right. */
typedef struct patient {
    double *a;
    const double *right;
    size_t rows, columns, row, column; /* a place whose derivative isn't zero */
} patient;

#define EACH(p, j, i)                                                                              \
    for (size_t j = 0; j < (p)->rows; j++)                                                         \
        for (size_t i = 0; i < (p)->columns; i++)
#define AT(p, j, i) (p)->a[(j) * (p)->columns + (i)]
#define RIGHT(p, j, i) (p)->right[(j) * (p)->columns + (i)]

static void none(patient *p) {
    (void)p;
}
static void scale(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= 1.37;
}
static void scale_little(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= 1.01;
}
static void twice(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= 2;
}
static void negate(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= -1;
}
static void zero(patient *p) {
    EACH(p, j, i) AT(p, j, i) = 0;
}
static void transpose(patient *p) {
    EACH(p, j, i) p->a[i * p->rows + j] = RIGHT(p, j, i);
}
static void shift_inputs(patient *p) {
    EACH(p, j, i) AT(p, j, i) = RIGHT(p, j, (i + p->columns - 1) % p->columns);
}
static void shift_inputs_back(patient *p) {
    EACH(p, j, i) AT(p, j, i) = i + 1 < p->columns ? RIGHT(p, j, i + 1) : 0;
}
static void shift_outputs(patient *p) {
    EACH(p, j, i) AT(p, j, i) = RIGHT(p, (j + p->rows - 1) % p->rows, i);
}
static void shift_outputs_back(patient *p) {
    EACH(p, j, i) AT(p, j, i) = RIGHT(p, (j + 1) % p->rows, i);
}
static void reverse_inputs(patient *p) {
    EACH(p, j, i) AT(p, j, i) = RIGHT(p, j, p->columns - 1 - i);
}
static void reverse_outputs(patient *p) {
    EACH(p, j, i) AT(p, j, i) = RIGHT(p, p->rows - 1 - j, i);
}
static void swap_outputs(patient *p) {
    size_t other = (p->row + 1 + p->column % (p->rows - 1)) % p->rows;
    for (size_t i = 0; i < p->columns; i++) {
        AT(p, p->row, i) = RIGHT(p, other, i);
        AT(p, other, i) = RIGHT(p, p->row, i);
    }
}
static void swap_inputs(patient *p) {
    size_t other = (p->column + 1 + p->row % (p->columns - 1)) % p->columns;
    for (size_t j = 0; j < p->rows; j++) {
        AT(p, j, p->column) = RIGHT(p, j, other);
        AT(p, j, other) = RIGHT(p, j, p->column);
    }
}
/* One output answers for another. */
static void wrong_output(patient *p) {
    size_t other = (p->row + 1) % p->rows;
    for (size_t i = 0; i < p->columns; i++)
        AT(p, p->row, i) = RIGHT(p, other, i);
}
static void mask_output(patient *p) {
    for (size_t i = 0; i < p->columns; i++)
        AT(p, p->row, i) = 0;
}
static void mask_input(patient *p) {
    for (size_t j = 0; j < p->rows; j++)
        AT(p, j, p->column) = 0;
}
static void negate_output(patient *p) {
    for (size_t i = 0; i < p->columns; i++)
        AT(p, p->row, i) *= -1;
}
static void scale_input(patient *p) {
    for (size_t j = 0; j < p->rows; j++)
        AT(p, j, p->column) *= 1.1;
}
/* Lines of one number are multiples of anything. */
static int has_lines(const patient *p, int rows) {
    size_t lines = 0;
    for (size_t r = 0; r < (rows ? p->rows : p->columns); r++) {
        size_t some = 0;
        for (size_t k = 0; k < (rows ? p->columns : p->rows); k++)
            some += (rows ? RIGHT(p, r, k) : RIGHT(p, k, r)) != 0;
        lines += some > 1;
    }
    return lines > 1;
}
static void weigh_outputs(patient *p) {
    if (!has_lines(p, 1))
        return;

    EACH(p, j, i) AT(p, j, i) *= 0.5 + 0.3 * (double)j;
}
static void weigh_inputs(patient *p) {
    if (!has_lines(p, 0))
        return;

    EACH(p, j, i) AT(p, j, i) *= 0.5 + 0.3 * (double)i;
}
static void half_negated(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= 2 * j < p->rows ? -1 : 1;
}
static void half_zero(patient *p) {
    EACH(p, j, i) AT(p, j, i) *= 2 * i < p->columns ? 1 : 0;
}
static void absolute(patient *p) {
    EACH(p, j, i) AT(p, j, i) = fabs(AT(p, j, i));
}
static void broadcast(patient *p) {
    for (size_t j = 0; j < p->rows; j++) {
        double sum = 0;
        for (size_t i = 0; i < p->columns; i++)
            sum += RIGHT(p, j, i) / (double)p->columns;
        for (size_t i = 0; i < p->columns; i++)
            AT(p, j, i) = sum;
    }
}
static void one_entry(patient *p) {
    AT(p, p->row, p->column) *= 1.02;
}
static void sign_of_one(patient *p) {
    AT(p, p->row, p->column) *= -1;
}
static void one_zero(patient *p) {
    AT(p, p->row, p->column) = 0;
}
static void not_a_number(patient *p) {
    AT(p, p->row, p->column) = NAN;
}
static void no_numbers(patient *p) {
    EACH(p, j, i) AT(p, j, i) = NAN;
}
static void infinite(patient *p) {
    EACH(p, j, i) AT(p, j, i) = INFINITY;
}
/* A term of the sum left out: what the entries have besides a multiple of their size, here and
 * there. */
static void missing_term(patient *p) {
    EACH(p, j, i) AT(p, j, i) -= 0.3 * RIGHT(p, j, i) * (1 + sin(5.0 * (double)(j * 31 + i * i)));
}

enum manner { SET, ADDED, KEPT, USED, STORED, UNWRITTEN };

static const struct {
    const char *name;
    void (*spoil)(patient *p);
    const char *cause;    /* "unknown": anything else is wrong */
    enum manner manner;   /* of writing what is claimed */
    size_t rows, columns; /* fewest to which it makes sense */
} MISTAKES[] = {{"scaled by 1.37", scale, "scaled", SET, 1, 1},
                {"scaled by 1.01", scale_little, "scaled", SET, 1, 1},
                {"twice", twice, "scaled", SET, 1, 1},
                {"negated", negate, "sign", SET, 1, 1},
                {"zero", zero, "zero", SET, 1, 1},
                {"transposed", transpose, "transposed", SET, 2, 2},
                {"inputs shifted", shift_inputs, "shifted", SET, 1, 3},
                {"inputs shifted back", shift_inputs_back, "shifted", SET, 1, 3},
                {"outputs shifted", shift_outputs, "shifted", SET, 3, 1},
                {"outputs shifted back", shift_outputs_back, "shifted", SET, 3, 1},
                {"inputs reversed", reverse_inputs, "reversed", SET, 1, 3},
                {"outputs reversed", reverse_outputs, "reversed", SET, 3, 1},
                {"outputs swapped", swap_outputs, "swapped", SET, 3, 2},
                {"inputs swapped", swap_inputs, "swapped", SET, 2, 3},
                {"one output for another", wrong_output, "rows", SET, 3, 2},
                {"output masked", mask_output, "rows", SET, 3, 2},
                {"input masked", mask_input, "columns", SET, 2, 3},
                {"output negated", negate_output, "rows", SET, 3, 2},
                {"input scaled", scale_input, "columns", SET, 2, 3},
                {"outputs weighed", weigh_outputs, "rows", SET, 3, 3},
                {"inputs weighed", weigh_inputs, "columns", SET, 3, 3},
                {"half negated", half_negated, "sign", SET, 4, 2},
                {"half zero", half_zero, "zero", SET, 2, 4},
                {"absolute", absolute, "absolute", SET, 1, 1},
                {"broadcast", broadcast, "broadcast", SET, 2, 3},
                {"one entry off", one_entry, "entries", SET, 3, 2},
                {"sign of one entry", sign_of_one, "entries", SET, 3, 2},
                {"one entry zero", one_zero, "entries", SET, 3, 2},
                {"NaN in one entry", not_a_number, "nonfinite", SET, 1, 1},
                {"all NaN", no_numbers, "nonfinite", SET, 1, 1},
                {"all infinite", infinite, "nonfinite", SET, 1, 1},
                {"a term missing", missing_term, "unknown", SET, 4, 4},
                {"added to the output", none, "accumulated", ADDED, 1, 1},
                {"a buffer not zeroed", none, "accumulated", KEPT, 1, 1},
                {"a used buffer not zeroed", none, "accumulated", USED, 1, 1},
                {"one number never written", none, "unwritten", UNWRITTEN, 1, 1},
                {"of a stored point", none, "stale", STORED, 1, 1}};

enum { MISTAKE_COUNT = sizeof MISTAKES / sizeof *MISTAKES };

/* ---- the function under test ------------------------------------------------------ */

static const char *const FORMS[] = {"vjp", "jvp", "jacobian"};
enum { VJP, JVP, JACOBIAN, FORM_COUNT };

typedef struct subject {
    const map *m;
    size_t n, mistake, block, offset, row, column;
    double x[MOST], kept[ALL], stored[ALL];
} subject;

/* The block's derivative in rows of its own. */
static void copy_block(const subject *s, const double *J, double *a) {
    size_t columns = entries_of(&s->m->blocks[s->block]);
    for (size_t j = 0; j < s->m->outputs; j++)
        memcpy(a + j * columns, J + j * s->n + s->offset, columns * sizeof *a);
}

static void spoil(const subject *s, const double *right, size_t mistake, double *a) {
    size_t columns = entries_of(&s->m->blocks[s->block]);
    patient p = {a, right, s->m->outputs, columns, s->row, s->column};
    memcpy(a, right, s->m->outputs * columns * sizeof *a);
    MISTAKES[mistake].spoil(&p);
}

static void claimed(const subject *s, const double *x, double *J) {
    double right[ALL], a[ALL];
    size_t columns = entries_of(&s->m->blocks[s->block]);
    if (MISTAKES[s->mistake].manner == STORED) {
        memcpy(J, s->stored, s->m->outputs * s->n * sizeof *J);
        return;
    }
    jacobian_of(s->m, x, J);
    copy_block(s, J, right);
    spoil(s, right, s->mistake, a);
    for (size_t j = 0; j < s->m->outputs; j++)
        memcpy(J + j * s->n + s->offset, a + j * columns, columns * sizeof *a);
}

/* out (count) := what was computed, in the manner of the mistake. */
static void write_out(subject *s, const double *result, size_t count, double *out) {
    for (size_t q = 0; q < count; q++)
        switch (MISTAKES[s->mistake].manner) {
        case ADDED:
            out[q] += result[q];
            break;
        case KEPT:
        case USED:
            out[q] = s->kept[q] += result[q];
            break;
        case UNWRITTEN:
            out[q] = q == count / 2 ? out[q] : result[q];
            break;
        case SET:
        case STORED:
            out[q] = result[q];
            break;
        }
}

static int value64(void *user, size_t n, const double *x, size_t m, double *y) {
    const subject *s = user;
    number z[MOST], w[MOST];
    for (size_t i = 0; i < n; i++)
        z[i] = x[i];
    s->m->F(z, w);
    for (size_t j = 0; j < m; j++)
        y[j] = creal(w[j]);
    return 0;
}

static int vjp64(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    double J[ALL], sum[MOST] = {0};
    claimed(user, x, J);
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n; i++)
            if (u[j] != 0)
                sum[i] += u[j] * J[j * n + i];
    write_out(user, sum, n, g);
    return 0;
}

static int jvp64(void *user, size_t n, const double *x, const double *v, size_t m, double *y) {
    double J[ALL], sum[MOST] = {0};
    claimed(user, x, J);
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n; i++)
            if (v[i] != 0)
                sum[j] += v[i] * J[j * n + i];
    write_out(user, sum, m, y);
    return 0;
}

static int jacobian64(void *user, size_t n, const double *x, size_t count, double *out) {
    double J[ALL];
    (void)n;
    claimed(user, x, J);
    write_out(user, J, count, out);
    return 0;
}

/* The same in float32, which rounds what comes in and what goes out. */
static void widen(const float *in, size_t count, double *out) {
    for (size_t k = 0; k < count; k++)
        out[k] = in[k];
}
static void narrow(const double *in, size_t count, float *out) {
    for (size_t k = 0; k < count; k++)
        out[k] = (float)in[k];
}
static int value32(void *user, size_t n, const float *x, size_t m, float *y) {
    double wide[MOST] = {0}, out[MOST];
    widen(x, n, wide);
    value64(user, n, wide, m, out);
    narrow(out, m, y);
    return 0;
}
static int vjp32(void *user, size_t n, const float *x, size_t m, const float *u, float *g) {
    double wide[MOST] = {0}, in[MOST] = {0}, out[MOST];
    widen(x, n, wide);
    widen(u, m, in);
    widen(g, n, out);
    vjp64(user, n, wide, m, in, out);
    for (size_t i = 0; i < n; i++)
        if (MISTAKES[((subject *)user)->mistake].manner != UNWRITTEN || i != n / 2)
            g[i] = (float)out[i];
    return 0;
}
static int jvp32(void *user, size_t n, const float *x, const float *v, size_t m, float *y) {
    double wide[MOST] = {0}, in[MOST] = {0}, out[MOST];
    widen(x, n, wide);
    widen(v, n, in);
    widen(y, m, out);
    jvp64(user, n, wide, in, m, out);
    for (size_t j = 0; j < m; j++)
        if (MISTAKES[((subject *)user)->mistake].manner != UNWRITTEN || j != m / 2)
            y[j] = (float)out[j];
    return 0;
}
static int jacobian32(void *user, size_t n, const float *x, size_t count, float *J) {
    double wide[MOST], out[ALL];
    widen(x, n, wide);
    widen(J, count, out);
    jacobian64(user, n, wide, count, out);
    for (size_t q = 0; q < count; q++)
        if (MISTAKES[((subject *)user)->mistake].manner != UNWRITTEN || q != count / 2)
            J[q] = (float)out[q];
    return 0;
}

static gp_report *check(subject *s, int form, int single, uint64_t seed) {
    gp_function *f;
    gp_report *report = NULL;
    gp_error error = {""};
    gp_options options;
    gp_options_init(&options);
    options.seed = seed;
    if (gp_function_create(s->m->name, single ? GP_FLOAT32 : GP_FLOAT64, s, &f) != GP_OK)
        exit(70);
    size_t at = 0;
    for (const block *b = s->m->blocks; b->name; at += entries_of(b++))
        gp_function_add_block(f, b->name, 0, b->shape[1] > 1 ? 2 : 1, b->shape, s->x + at);
    if (single) {
        gp_function_set_map(f, s->m->outputs, value32);
        form == VJP   ? gp_function_set_vjp(f, vjp32)
        : form == JVP ? gp_function_set_jvp(f, jvp32)
                      : gp_function_set_jacobian(f, jacobian32);
    } else {
        gp_function_set_map(f, s->m->outputs, value64);
        form == VJP   ? gp_function_set_vjp(f, vjp64)
        : form == JVP ? gp_function_set_jvp(f, jvp64)
                      : gp_function_set_jacobian(f, jacobian64);
    }
    if (gp_check(f, &options, &report, &error) != GP_OK) {
        fprintf(stderr, "%s: %s\n", s->m->name, error.message);
        exit(70);
    }
    gp_function_destroy(f);
    return report;
}

/* ---- which names are right --------------------------------------------------------- */

static double largest_of(const double *a, size_t count) {
    double largest = 0;
    for (size_t k = 0; k < count; k++)
        largest = fmax(largest, fabs(a[k]));
    return largest;
}

static int same(const double *a, const double *b, size_t count, double largest) {
    for (size_t k = 0; k < count; k++)
        if (!(fabs(a[k] - b[k]) <= 1e-6 * largest) && !(isnan(a[k]) && isnan(b[k])) && a[k] != b[k])
            return 0;
    return 1;
}

/* On this map another mistake may come to the same numbers: then its name is as right. */
static int is_right(const subject *s, const char *named) {
    double J[ALL], right[ALL], spoilt[ALL], other[ALL];
    size_t columns = entries_of(&s->m->blocks[s->block]), count = s->m->outputs * columns;
    if (strcmp(named, MISTAKES[s->mistake].cause) == 0)
        return 1;
    if (MISTAKES[s->mistake].manner != SET)
        return 0;
    jacobian_of(s->m, s->x, J);
    copy_block(s, J, right);
    spoil(s, right, s->mistake, spoilt);
    double largest = largest_of(right, count);
    for (size_t k = 0; k < MISTAKE_COUNT; k++) {
        if (MISTAKES[k].manner != SET || strcmp(named, MISTAKES[k].cause) != 0 ||
            s->m->outputs < MISTAKES[k].rows || columns < MISTAKES[k].columns)
            continue;
        spoil(s, right, k, other);
        if (same(spoilt, other, count, largest))
            return 1;
    }
    if (strcmp(named, "entries") == 0) { /* no more than three numbers differ */
        size_t differ = 0;
        for (size_t k = 0; k < count; k++)
            differ += fabs(spoilt[k] - right[k]) > 1e-6 * largest;
        return differ <= 3;
    }
    return 0;
}

/* Chooses a block and a place in it that the mistake fits, and where it makes a difference. */
static int place(subject *s, uint64_t draw, int single) {
    double J[ALL], right[ALL], a[ALL];
    size_t blocks = 0;
    while (s->m->blocks[blocks].name)
        blocks++;
    for (size_t tries = 0; tries < 4 * blocks; tries++) {
        s->block = (draw + tries) % blocks;
        s->offset = 0;
        for (size_t k = 0; k < s->block; k++)
            s->offset += entries_of(&s->m->blocks[k]);
        size_t columns = entries_of(&s->m->blocks[s->block]), count = s->m->outputs * columns;
        jacobian_of(s->m, s->x, J);
        copy_block(s, J, right);
        double largest = largest_of(right, count);
        size_t at = (draw / 7 + tries * 3) % count;
        for (size_t k = 0; k < count && fabs(right[at]) < 0.05 * largest; k++)
            at = (at + 1) % count;
        s->row = at / columns;
        s->column = at % columns;
        if (s->m->outputs < MISTAKES[s->mistake].rows || columns < MISTAKES[s->mistake].columns ||
            largest == 0)
            continue;
        if (MISTAKES[s->mistake].manner == STORED)
            return !same(s->stored, J, s->m->outputs * s->n, largest);
        spoil(s, right, s->mistake, a);
        double visible = single ? 1e-2 : 1e-3, off = 0;
        for (size_t k = 0; k < count; k++)
            off = fmax(off, isfinite(a[k]) ? fabs(a[k] - right[k]) : INFINITY);
        if (MISTAKES[s->mistake].manner != SET || off > visible * largest)
            return 1;
    }
    return 0;
}

static uint64_t mix(uint64_t h) {
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
}

static void start(subject *s, uint64_t seed) {
    double elsewhere[MOST];
    s->n = parameters_of(s->m);
    for (size_t i = 0; i < s->n; i++) {
        s->x[i] = 2.4 * (double)(mix(seed * 1000 + i) >> 11) * 0x1p-53 - 1.2;
        s->x[i] += s->x[i] < 0 ? -0.1 : 0.1;
        s->x[i] = (float)s->x[i];
        elsewhere[i] = s->x[i] * (0.6 + 0.3 * sin(3.0 * (double)i));
    }
    jacobian_of(s->m, elsewhere, s->stored);
    for (size_t q = 0; q < ALL; q++)
        s->kept[q] = 0;
}

static const char *name_of(const gp_report *r, const subject *s) {
    const char *named = "";
    gp_block_result result;
    if (gp_report_verdict(r) == GP_FAILED)
        return "failed";
    for (size_t k = 0; k < gp_report_blocks(r); k++) {
        gp_report_block(r, k, &result);
        if (result.diagnoses && (k == s->block || !*named ||
                                 strcmp(result.diagnosis[0].kind, MISTAKES[s->mistake].cause) == 0))
            named = result.diagnosis[0].kind;
    }
    return *named ? named : gp_verdict_string(gp_report_verdict(r));
}

typedef struct tally {
    size_t planted, right, unknown;
    char others[200];
} tally;

static void count(tally *t, const subject *s, const char *named) {
    t->planted++;
    if (is_right(s, named)) {
        t->right++;
    } else {
        size_t used = strlen(t->others);
        t->unknown += strcmp(named, "unknown") == 0;
        snprintf(t->others + used, sizeof t->others - used, " %s", named);
    }
}

int main(int argc, char **argv) {
    static tally of[MISTAKE_COUNT], forms[FORM_COUNT][2], all;
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (size_t mistake = 0; mistake < MISTAKE_COUNT; mistake++)
        for (size_t k = 0; k < MAP_COUNT; k++)
            for (int form = 0; form < FORM_COUNT; form++)
                for (int single = 0; single < 2; single++) {
                    static subject s;
                    if ((argc > 2 && strcmp(argv[2], MISTAKES[mistake].name) != 0) ||
                        (argc > 3 && strcmp(argv[3], MAPS[k].name) != 0))
                        continue;
                    s.m = &MAPS[k];
                    s.mistake = mistake;
                    start(&s, seed * 100 + k);
                    if (!place(&s, mix(seed + 31 * mistake + 977 * k), single))
                        continue;
                    if (MISTAKES[mistake].manner == USED)
                        for (size_t q = 0; q < ALL; q++)
                            s.kept[q] = 1 + 3 * constant(q);
                    gp_report *r = check(&s, form, single, seed);
                    const char *named = name_of(r, &s);
                    count(&of[mistake], &s, named);
                    count(&forms[form][single], &s, named);
                    count(&all, &s, named);
                    if (argc > 2 && !is_right(&s, named)) {
                        printf("\n%s of %s, %s, float%d, block %s, [%zu][%zu]:\n",
                               MISTAKES[mistake].name, MAPS[k].name, FORMS[form], single ? 32 : 64,
                               s.m->blocks[s.block].name, s.row, s.column);
                        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
                    }
                    gp_report_destroy(r);
                }
    for (size_t k = 0; k < MISTAKE_COUNT; k++)
        printf("%-26s %4zu of %4zu%s\n", MISTAKES[k].name, of[k].right, of[k].planted,
               of[k].others);
    for (int form = 0; form < FORM_COUNT; form++)
        for (int single = 0; single < 2; single++)
            printf("%-8s float%d %4zu of %4zu\n", FORMS[form], single ? 32 : 64,
                   forms[form][single].right, forms[form][single].planted);
    printf("right cause: %zu of %zu (%.1f %%), none %zu\n", all.right, all.planted,
           100 * (double)all.right / (double)all.planted, all.unknown);
    return 0;
}

/* Functions of which the given point says little or nothing: saturated, underflowing, small beside
 * a constant or beside other blocks. A gradient that is right there must not be refuted, and one
 * that is wrong must not be verified, whatever other points show. Values are computed as users
 * compute them, losing what rounding takes; the gradients are closed forms that lose nothing. */
#include "testing.h"

#include <float.h>

#include <float.h>
#include <tgmath.h>

enum { MOST = 24, BLOCKS = 4, SEEDS = 2 };

/* Numbers for the trials, the same in every run. */
static double between(uint64_t *state, double low, double high) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * ((double)(*state >> 11) * 0x1p-53);
}

/* The value of a function in both precisions: `real` is that of x and of all that is computed. */
#define VALUE(name, ...)                                                                           \
    static double name##_f64(const double *x) {                                                    \
        typedef double real;                                                                       \
        __VA_ARGS__                                                                                \
    }                                                                                              \
    static double name##_f32(const float *x) {                                                     \
        typedef float real;                                                                        \
        __VA_ARGS__                                                                                \
    }

static double logistic(double z) {
    return z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z));
}

/* p[k] of a softmax, and *rest, which is 1 - p[0] without cancellation. */
static void softmax(size_t n, const double *z, double *p, double *rest) {
    double most = z[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        most = fmax(most, z[k]);
    for (size_t k = 0; k < n; k++)
        sum += p[k] = exp(z[k] - most);
    *rest = 0;
    for (size_t k = 0; k < n; k++)
        p[k] /= sum;
    for (size_t k = 1; k < n; k++)
        *rest += p[k];
}

/* ---- saturated sums ---------------------------------------------------------------- */

VALUE(sigmoids, real sum = 0; for (int i = 0; i < 4; i++) sum -= log(1 / (1 + exp(-x[i])));
      return sum;)
static void sigmoids_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 28, 60);
}
static void sigmoids_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] = -logistic(-x[i]);
}

VALUE(tanhs, real sum = 0; for (int i = 0; i < 5; i++) sum += (1 + i) * (1 - tanh(x[i]));
      return sum;)
static void tanhs_start(uint64_t *r, double *x) {
    for (int i = 0; i < 5; i++)
        x[i] = between(r, 8, 25);
}
static void tanhs_gradient(const double *x, double *g) {
    for (int i = 0; i < 5; i++)
        g[i] = -(1 + i) / (cosh(x[i]) * cosh(x[i]));
}

VALUE(erfs, real sum = 0; for (int i = 0; i < 4; i++) sum += (1 + i) * (1 - erf(x[i])); return sum;)
static void erfs_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 4, 9);
}
static void erfs_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] = -(1 + i) * 1.1283791670955126 * exp(-x[i] * x[i]);
}

/* Margins beyond which a smooth hinge is flat: log(1 + exp(8 (1 - m_j))) / 8, m = rows of w . x. */
static const double HINGE_ROWS[3][4] = {{1, 2, 0.5, 1}, {2, 1, 1, 0.5}, {0.5, 1, 2, 2}};
VALUE(
    hinge, real sum = 0; for (int j = 0; j < 3; j++) {
        real m = x[4];
        for (int i = 0; i < 4; i++)
            m += x[i] * (real)HINGE_ROWS[j][i];
        sum += log(1 + exp(8 * (1 - m))) / 8;
    } return sum;)
static void hinge_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 0.8, 3);
    x[4] = between(r, -1, 1);
}
static void hinge_gradient(const double *x, double *g) {
    memset(g, 0, 5 * sizeof *g);
    for (int j = 0; j < 3; j++) {
        double m = x[4];
        for (int i = 0; i < 4; i++)
            m += x[i] * HINGE_ROWS[j][i];
        double slope = -logistic(8 * (1 - m));
        for (int i = 0; i < 4; i++)
            g[i] += slope * HINGE_ROWS[j][i];
        g[4] += slope;
    }
}

/* ---- one term that dominates ------------------------------------------------------- */

/* Cross-entropy of class 0 over logits W in + b, W 3 x 4. */
static const double INPUT[4] = {1, 0.5, 2, 1.5};
VALUE(
    confident, real e[3], sum = 0; for (int k = 0; k < 3; k++) {
        real z = x[12 + k];
        for (int i = 0; i < 4; i++)
            z += x[4 * k + i] * (real)INPUT[i];
        sum += e[k] = exp(z);
    } return -log(e[0] / sum);)
static void confident_start(uint64_t *r, double *x) {
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 4; i++)
            x[4 * k + i] = (k ? -1 : 1) * between(r, 2, 6);
    for (int k = 0; k < 3; k++)
        x[12 + k] = between(r, -1, 1);
}
static void confident_gradient(const double *x, double *g) {
    double z[3], p[3], rest;
    for (int k = 0; k < 3; k++) {
        z[k] = x[12 + k];
        for (int i = 0; i < 4; i++)
            z[k] += x[4 * k + i] * INPUT[i];
    }
    softmax(3, z, p, &rest);
    for (int k = 0; k < 3; k++) {
        g[12 + k] = k ? p[k] : -rest;
        for (int i = 0; i < 4; i++)
            g[4 * k + i] = g[12 + k] * INPUT[i];
    }
}

/* log sum exp, the dominant term a block of its own. */
VALUE(dominant, real sum = 0; for (int k = 0; k < 5; k++) sum += exp(x[k] - x[0]);
      return x[0] + log(sum);)
static void dominant_start(uint64_t *r, double *x) {
    x[0] = between(r, 20, 60);
    for (int k = 1; k < 5; k++)
        x[k] = between(r, -5, 5);
}
static void dominant_gradient(const double *x, double *g) {
    double rest;
    softmax(5, x, g, &rest);
}

/* Negative log likelihood of four numbers under a mixture of a near and two far components. */
static const double SEEN[4] = {-0.5, 0.2, 0.9, 1.4};
VALUE(
    mixture, real sum = 0; for (int j = 0; j < 4; j++) {
        real p = 0;
        for (int k = 0; k < 3; k++)
            p += exp(-(real)0.5 * ((real)SEEN[j] - x[k]) * ((real)SEEN[j] - x[k])) / 3;
        sum -= log(p);
    } return sum;)
static void mixture_start(uint64_t *r, double *x) {
    x[0] = between(r, -1, 1);
    x[1] = between(r, 8, 14);
    x[2] = between(r, -20, -12);
}
static void mixture_gradient(const double *x, double *g) {
    memset(g, 0, 3 * sizeof *g);
    for (int j = 0; j < 4; j++) {
        double z[3], p[3], rest;
        for (int k = 0; k < 3; k++)
            z[k] = -0.5 * (SEEN[j] - x[k]) * (SEEN[j] - x[k]);
        softmax(3, z, p, &rest);
        for (int k = 0; k < 3; k++)
            g[k] -= p[k] * (SEEN[j] - x[k]);
    }
}

/* (sum_j softmax(q . k_j) v_j - 0.3)^2 with one dominant logit: q 4, K 3 x 4, V 3. */
VALUE(
    attention, real e[3], sum = 0, out = 0; for (int j = 0; j < 3; j++) {
        real z = 0;
        for (int i = 0; i < 4; i++)
            z += x[i] * x[4 + 4 * j + i];
        sum += e[j] = exp(z);
    } for (int j = 0; j < 3; j++) out += e[j] / sum * x[16 + j];
    out -= (real)0.3; return out * out;)
static void attention_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 1, 2.5);
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 4; i++)
            x[4 + 4 * j + i] = (j ? -1 : 1) * between(r, 1.5, 4);
    for (int j = 0; j < 3; j++)
        x[16 + j] = between(r, 0.5, 2);
}
static void attention_gradient(const double *x, double *g) {
    double z[3] = {0}, p[3], rest, out = 0;
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 4; i++)
            z[j] += x[i] * x[4 + 4 * j + i];
    softmax(3, z, p, &rest);
    for (int j = 0; j < 3; j++)
        out += p[j] * x[16 + j];
    double outer = 2 * (out - 0.3);
    memset(g, 0, 4 * sizeof *g);
    for (int j = 0; j < 3; j++) {
        /* v_j - out = sum_l p_l (v_j - v_l), which doesn't cancel */
        double away = 0;
        for (int l = 0; l < 3; l++)
            away += p[l] * (x[16 + j] - x[16 + l]);
        for (int i = 0; i < 4; i++) {
            g[i] += outer * p[j] * away * x[4 + 4 * j + i];
            g[4 + 4 * j + i] = outer * p[j] * away * x[i];
        }
        g[16 + j] = outer * p[j];
    }
}

/* Entropy of a softmax with a dominant logit, H = log sum_k e_k + sum_k p_k (x_0 - x_k) for
 * e_k = exp(x_k - x_0): tiny, and known to all its digits. */
VALUE(entropy, real rest = 0, h = 0; for (int k = 1; k < 4; k++) rest += exp(x[k] - x[0]);
      for (int k = 1; k < 4; k++) h += exp(x[k] - x[0]) / (1 + rest) * (x[0] - x[k]);
      return log1p(rest) + h;)
static void entropy_start(uint64_t *r, double *x) {
    x[0] = between(r, 25, 60);
    for (int k = 1; k < 4; k++)
        x[k] = between(r, -2, 2);
}
static void entropy_gradient(const double *x, double *g) {
    double p[4], rest;
    softmax(4, x, p, &rest);
    for (int k = 0; k < 4; k++) {
        /* dH/dz_k = -p_k sum_l p_l (log p_k - log p_l), and log p_k - log p_l = z_k - z_l */
        double away = 0;
        for (int l = 0; l < 4; l++)
            away += p[l] * (x[k] - x[l]);
        g[k] = -p[k] * away;
    }
}

/* ---- live beside silent ------------------------------------------------------------ */

/* Gates: sigmoid(a) open, sigmoid(b) half open, times c. */
VALUE(gates, real sum = 0;
      for (int i = 0; i < 3; i++) sum += x[6 + i] / (1 + exp(-x[i])) / (1 + exp(-x[3 + i]));
      return sum;)
static void gates_start(uint64_t *r, double *x) {
    for (int i = 0; i < 3; i++) {
        x[i] = between(r, 36, 60);
        x[3 + i] = between(r, -2, 2);
        x[6 + i] = between(r, 0.5, 2);
    }
}
static void gates_gradient(const double *x, double *g) {
    for (int i = 0; i < 3; i++) {
        double a = logistic(x[i]), b = logistic(x[3 + i]);
        g[i] = x[6 + i] * a * logistic(-x[i]) * b;
        g[3 + i] = x[6 + i] * a * b * logistic(-x[3 + i]);
        g[6 + i] = a * b;
    }
}

VALUE(half, real sum = 0; for (int i = 0; i < 6; i++) sum += i % 2 ? 1 - tanh(x[i]) : sin(x[i]);
      return sum;)
static void half_start(uint64_t *r, double *x) {
    for (int i = 0; i < 6; i++)
        x[i] = i % 2 ? between(r, 14, 24) : between(r, -1.2, 1.2);
}
static void half_gradient(const double *x, double *g) {
    for (int i = 0; i < 6; i++)
        g[i] = i % 2 ? -1 / (cosh(x[i]) * cosh(x[i])) : cos(x[i]);
}

/* Blocks whose derivatives are 1, 1e-9 and 1e-18. */
VALUE(scales, real sum = 0; for (int i = 0; i < 9; i++) sum += sin(x[i]) * (i < 3   ? (real)1
                                                                            : i < 6 ? (real)1e-9
                                                                                    : (real)1e-18);
      return sum;)
static void scales_start(uint64_t *r, double *x) {
    for (int i = 0; i < 9; i++)
        x[i] = between(r, -1.2, 1.2);
}
static void scales_gradient(const double *x, double *g) {
    for (int i = 0; i < 9; i++)
        g[i] = cos(x[i]) * (i < 3 ? 1 : i < 6 ? 1e-9 : 1e-18);
}

/* ---- constants --------------------------------------------------------------------- */

VALUE(bells, real sum = 1000; for (int i = 0; i < 4; i++) sum += exp(-x[i] * x[i]); return sum;)
static void bells_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 4.5, 7);
}
static void mixed_bells_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = i < 2 ? between(r, 0.5, 1.5) : between(r, 4.5, 7);
}
static void bells_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] = -2 * x[i] * exp(-x[i] * x[i]);
}

VALUE(quartics, real sum = (real)1e6;
      for (int i = 0; i < 4; i++) sum += (real)1e-14 * x[i] * x[i] * x[i] * x[i]; return sum;)
static void quartics_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 0.5, 2);
}
static void quartics_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] = 4e-14 * x[i] * x[i] * x[i];
}

/* ---- either end of the number range ------------------------------------------------ */

static double large_f64(const double *x) {
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += 1 - tanh(x[i] / 1e200);
    return sum;
}
static void large_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = between(r, 12e200, 25e200);
}
static void large_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] = -1 / (cosh(x[i] / 1e200) * cosh(x[i] / 1e200)) / 1e200;
}

static double small_f64(const double *x) {
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += i < 2 ? 1 - tanh(x[i] * 1e200) : sin(x[i] * 1e200);
    return sum;
}
static void small_start(uint64_t *r, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = i < 2 ? between(r, 19e-200, 25e-200) : between(r, -1.2e-200, 1.2e-200);
}
static void small_gradient(const double *x, double *g) {
    for (int i = 0; i < 4; i++)
        g[i] =
            i < 2 ? -1e200 / (cosh(x[i] * 1e200) * cosh(x[i] * 1e200)) : 1e200 * cos(x[i] * 1e200);
}

/* ---- all of them ------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    double (*value64)(const double *x);
    double (*value32)(const float *x); /* NULL: out of float32's range */
    void (*gradient)(const double *x, double *g);
    void (*start)(uint64_t *state, double *x);
    size_t blocks[BLOCKS]; /* entries of each, 0 ends the list */
} row;

#define ROW(name) #name, name##_f64, name##_f32, name##_gradient, name##_start
static const row ROWS[] = {
    {ROW(sigmoids), {4}},
    {ROW(tanhs), {5}},
    {ROW(tanhs), {2, 3}},
    {ROW(erfs), {4}},
    {ROW(hinge), {4, 1}},
    {ROW(confident), {12, 3}},
    {ROW(dominant), {1, 4}},
    {ROW(dominant), {5}},
    {ROW(mixture), {3}},
    {ROW(mixture), {1, 2}},
    {ROW(attention), {4, 12, 3}},
    {ROW(entropy), {1, 3}},
    {ROW(gates), {3, 3, 3}},
    {ROW(half), {6}},
    {ROW(scales), {3, 3, 3}},
    {ROW(scales), {9}},
    {ROW(bells), {4}},
    {"bells, some live", bells_f64, bells_f32, bells_gradient, mixed_bells_start, {2, 2}},
    {"bells in one block", bells_f64, bells_f32, bells_gradient, mixed_bells_start, {4}},
    {ROW(quartics), {4}},
    {"large", large_f64, NULL, large_gradient, large_start, {4}},
    {"small", small_f64, NULL, small_gradient, small_start, {2, 2}},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

/* What is done to entries [first, first + count) of a right gradient. */
typedef struct mistake {
    const char *name;
    double factor; /* NaN: the first gradient that was asked for is returned ever after */
    int single;    /* one entry: 1 the block's largest, -1 the smallest that counts for its scale */
} mistake;
static const mistake MISTAKES[] = {{"zero", 0, 0},           {"negated", -1, 0},
                                   {"scaled", 1.01, 0},      {"stored", NAN, 0},
                                   {"largest zero", 0, 1},   {"largest negated", -1, 1},
                                   {"smallest zero", 0, -1}, {"smallest scaled", 1.01, -1}};

typedef struct trial {
    const row *row;
    const mistake *mistake; /* NULL: right */
    size_t n, first, count;
    double constant; /* added to the value */
    double stored[MOST];
    int has_stored;
} trial;

static void spoilt(trial *t, const double *x, double *g) {
    t->row->gradient(x, g);
    for (size_t i = t->first; t->mistake && i < t->first + t->count; i++) {
        if (isnan(t->mistake->factor))
            g[i] = t->has_stored ? t->stored[i] : (t->stored[i] = g[i]);
        else
            g[i] *= t->mistake->factor;
    }
    t->has_stored = 1;
}

static int value64(void *user, size_t n, const double *x, double *v) {
    const trial *t = user;
    (void)n;
    *v = t->row->value64(x) + t->constant;
    return 0;
}
static int gradient64(void *user, size_t n, const double *x, double *g) {
    (void)n;
    spoilt(user, x, g);
    return 0;
}
static int value32(void *user, size_t n, const float *x, double *v) {
    const trial *t = user;
    (void)n;
    *v = (float)((float)t->row->value32(x) + (float)t->constant);
    return 0;
}
static int gradient32(void *user, size_t n, const float *x, float *g) {
    double wide[MOST] = {0}, slope[MOST];
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    spoilt(user, wide, slope);
    for (size_t i = 0; i < n; i++)
        g[i] = (float)slope[i];
    return 0;
}

static gp_verdict verdict_of(trial *t, gp_dtype dtype, const double *x, gp_strategy strategy) {
    static const char *const names[BLOCKS] = {"a", "b", "c", "d"};
    gp_function *f;
    gp_options options;
    assert_int_equal(gp_function_create(t->row->name, dtype, t, &f), GP_OK);
    size_t at = 0;
    for (size_t b = 0; b < BLOCKS && t->row->blocks[b]; b++) {
        gp_function_add_block(f, names[b], 0, 1, &t->row->blocks[b], x + at);
        at += t->row->blocks[b];
    }
    if (dtype == GP_FLOAT64) {
        gp_function_set_value(f, value64);
        gp_function_set_gradient(f, gradient64);
    } else {
        gp_function_set_value(f, value32);
        gp_function_set_gradient(f, gradient32);
    }
    t->has_stored = 0;
    gp_options_init(&options);
    options.strategy = strategy;
    gp_report *report = testing_check(f, &options);
    gp_verdict verdict = gp_report_verdict(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return verdict;
}

static int ascending(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double largest_of(const double *g, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(g[i]));
    return largest;
}

/* Derivatives that are nothing beside the block's largest don't count for its scale. */
static double least_that_counts(const double *g, size_t count, gp_dtype dtype) {
    return (dtype == GP_FLOAT64 ? 1e-4 : 1e-3) * largest_of(g, count);
}

/* A tenth of the median of those that do. */
static double floor_of(const double *g, size_t count, gp_dtype dtype) {
    double size[MOST], least = least_that_counts(g, count, dtype);
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (fabs(g[i]) > least)
            size[known++] = fabs(g[i]);
    qsort(size, known, sizeof *size, ascending);
    return known ? 0.1 * size[known / 2] : 0;
}

static size_t pick(const double *g, size_t offset, size_t entries, int single, gp_dtype dtype) {
    double least = least_that_counts(g + offset, entries, dtype);
    size_t picked = offset;
    for (size_t i = offset; i < offset + entries; i++)
        if (fabs(g[i]) > least &&
            (fabs(g[picked]) <= least || single * (fabs(g[i]) - fabs(g[picked])) > 0))
            picked = i;
    return picked;
}

/* Are they apart by more than the tolerance on the block's own scale? Some of `bad` are wrong. */
static int is_apart(const double *g, const double *bad, size_t entries, gp_dtype dtype) {
    double rtol = dtype == GP_FLOAT64 ? 1e-5 : 1e-3, floor = floor_of(g, entries, dtype);
    for (size_t i = 0; i < entries; i++)
        if (fabs(bad[i] - g[i]) > 1.1 * rtol * (fmax(fabs(bad[i]), fabs(g[i])) + floor))
            return 1;
    return 0;
}

/* Could a derivative of the block be told from 0 by anybody, moved over its own length? One of
 * 1e-18 beside a value of 1 can't: it is below every rounding. */
static int is_visible(const trial *t, const double *x, size_t offset, size_t entries) {
    double g[MOST], value = fabs(t->row->value64(x) + t->constant);
    t->row->gradient(x, g);
    return largest_of(g + offset, entries) * largest_of(x + offset, entries) > DBL_EPSILON * value;
}

/* Does the mistake show? What is stored is right at the given point: it does if the derivative is
 * another a tenth of the way off. */
static int shows(trial *t, gp_dtype dtype, const double *x, size_t offset, size_t entries) {
    double g[MOST], bad[MOST], away[MOST];
    for (size_t i = 0; i < t->n; i++)
        away[i] = 0.9 * x[i];
    t->row->gradient(x, g);
    t->has_stored = 0;
    spoilt(t, x, bad);
    if (isnan(t->mistake->factor))
        t->row->gradient(away, g);
    return is_apart(g + offset, bad + offset, entries, dtype);
}

/* Tries every mistake in block `offset`, `entries` of the function at x. */
static void try_block(trial *t, gp_dtype dtype, const double *x, gp_strategy strategy,
                      size_t offset, size_t entries, int *verdicts, char *found) {
    double g[MOST];
    t->row->gradient(x, g);
    for (size_t m = 0; m < sizeof MISTAKES / sizeof *MISTAKES; m++) {
        t->mistake = &MISTAKES[m];
        t->first = offset;
        t->count = entries;
        if (t->mistake->single) {
            if (strategy == GP_PROJECT) /* what directions exclude is a share of a block */
                continue;
            t->first = pick(g, offset, entries, t->mistake->single, dtype);
            t->count = 1;
        }
        if (!shows(t, dtype, x, offset, entries))
            continue;
        gp_verdict v = verdict_of(t, dtype, x, strategy);
        verdicts[v]++;
        if (v == GP_VERIFIED && is_visible(t, x, offset, entries))
            snprintf(found + strlen(found), 4096 - strlen(found),
                     "%s (%s, + %g, %s): %s in block at %zu is verified\n", t->row->name,
                     dtype == GP_FLOAT64 ? "float64" : "float32", t->constant,
                     strategy == GP_FULL ? "full" : "project", t->mistake->name, offset);
    }
    t->mistake = NULL;
}

/* Right and wrong gradients of every row. */
static void try_all(gp_strategy strategy, double constant) {
    int right[4] = {0}, wrong[4] = {0};
    char found[4200] = "";
    for (size_t k = 0; k < ROW_COUNT; k++)
        for (int narrow = 0; narrow < (ROWS[k].value32 ? 2 : 1); narrow++)
            for (uint64_t seed = 0; seed < SEEDS; seed++) {
                gp_dtype dtype = narrow ? GP_FLOAT32 : GP_FLOAT64;
                trial t = {.row = &ROWS[k], .constant = constant};
                uint64_t numbers = seed * 7919 + k;
                double x[MOST];
                for (size_t b = 0; b < BLOCKS; b++)
                    t.n += ROWS[k].blocks[b];
                ROWS[k].start(&numbers, x);
                for (size_t i = 0; i < t.n; i++)
                    x[i] = narrow ? (double)(float)x[i] : x[i];
                gp_verdict v = verdict_of(&t, dtype, x, strategy);
                right[v]++;
                if (v == GP_REFUTED && strlen(found) < 4000)
                    snprintf(found + strlen(found), 4096 - strlen(found),
                             "%s (%d, + %g): right, and refuted\n", ROWS[k].name, narrow, constant);
                for (size_t b = 0, at = 0; b < BLOCKS && ROWS[k].blocks[b] && strlen(found) < 3800;
                     at += ROWS[k].blocks[b++])
                    try_block(&t, dtype, x, strategy, at, ROWS[k].blocks[b], wrong, found);
            }
    print_message("right: %d verified, %d inconclusive; wrong: %d refuted, %d inconclusive\n",
                  right[GP_VERIFIED], right[GP_INCONCLUSIVE], wrong[GP_REFUTED],
                  wrong[GP_INCONCLUSIVE]);
    if (*found)
        fail_msg("%s", found);
    assert_int_equal(right[GP_FAILED] + wrong[GP_FAILED], 0);
    assert_true(right[GP_VERIFIED] > 0 && wrong[GP_REFUTED] > 0);
}

static void entry_by_entry(void **state) {
    (void)state;
    try_all(GP_FULL, 0);
}
static void entry_by_entry_with_a_constant(void **state) {
    (void)state;
    try_all(GP_FULL, 1e3);
}
static void along_directions(void **state) {
    (void)state;
    try_all(GP_PROJECT, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_by_entry),
        cmocka_unit_test(entry_by_entry_with_a_constant),
        cmocka_unit_test(along_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

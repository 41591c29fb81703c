/* The fixture of the estimators' tests: a line that is a C function of one variable. */
#ifndef GP_CURVE_H
#define GP_CURVE_H

#include "probe/line.h"
#include "testing.h"

typedef double (*curve)(double x);

typedef struct test_curve {
    curve f;
    double x;
    int narrow; /* x and values are float32 numbers */
    unsigned values;
} test_curve;

static inline double curve_at(const test_curve *c, double x) {
    return c->narrow ? (double)(float)c->f(x) : c->f(x);
}

static inline gp_outcome curve_value(void *context, double t, double *step, double *value) {
    test_curve *c = context;
    double x = c->narrow ? (double)(float)(c->x + t) : c->x + t;
    c->values++;
    *step = x - c->x;
    *value = curve_at(c, x);
    return isfinite(*value) ? GP_EVALUATED : GP_NOT_HERE;
}

/* The line x + t, with steps on the scale given. */
static inline gp_line curve_line(test_curve *c, double scale) {
    gp_line line = {.value = curve_value,
                    .context = c,
                    .f0 = curve_at(c, c->x),
                    .scale = scale,
                    .epsilon = c->narrow ? 0x1p-23 : DBL_EPSILON};
    line.unit = fmax(fabs(c->x), scale) * line.epsilon;
    return line;
}

/* Uniform in +-1, a hash of x: white noise that is the same each time. */
static inline double hash_of(double x) {
    uint64_t h;
    memcpy(&h, &x, sizeof h);
    h = (h ^ (h >> 31)) * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9u;
    return 2 * (double)(h >> 11) * 0x1p-53 - 1;
}

#endif

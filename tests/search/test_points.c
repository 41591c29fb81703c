/* Points that nobody asked about: what is refuted there is so at a regular place, and says where.
 */
#include "testing.h"

#include "function/function.h"

/* Numbers for the trials, the same in every run. */
static double uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

/* A function in both precisions: its value, and its gradient times `factor`. */
typedef struct pair {
    int (*value64)(void *, size_t, const double *, double *);
    int (*gradient64)(void *, size_t, const double *, double *);
    int (*value32)(void *, size_t, const float *, double *);
    int (*gradient32)(void *, size_t, const float *, float *);
} pair;

#define BOTH(name)                                                                                 \
    { name##_value_f64, name##_gradient_f64, name##_value_f32, name##_gradient_f32 }

static gp_report *check(const pair *p, gp_dtype dtype, void *user, size_t n, const double *x,
                        const gp_options *options) {
    gp_function *f;
    assert_int_equal(gp_function_create("points", dtype, user, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    if (dtype == GP_FLOAT64) {
        gp_function_set_value(f, p->value64);
        gp_function_set_gradient(f, p->gradient64);
    } else {
        gp_function_set_value(f, p->value32);
        gp_function_set_gradient(f, p->gradient32);
    }
    gp_report *report = testing_check(f, options);
    gp_function_destroy(f);
    return report;
}

static char *headline(const gp_report *report) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(gp_report_print(report, stream, GP_PRINT_QUIET), GP_OK);
    fclose(stream);
    return text;
}

/* ---- right functions whose descent ends beside a pole ----------------------------- */

#define POLES(real, suffix, log, fabs, tan, cos, sqrt)                                             \
    /* log |det| of a 2 x 2 matrix */                                                              \
    static int det_value_##suffix(void *user, size_t n, const real *x, double *v) {                \
        (void)user, (void)n;                                                                       \
        *v = log(fabs(x[0] * x[3] - x[1] * x[2]));                                                 \
        return 0;                                                                                  \
    }                                                                                              \
    static int det_gradient_##suffix(void *user, size_t n, const real *x, real *g) {               \
        (void)user, (void)n;                                                                       \
        real det = x[0] * x[3] - x[1] * x[2];                                                      \
        g[0] = x[3] / det, g[1] = -x[2] / det, g[2] = -x[1] / det, g[3] = x[0] / det;              \
        return 0;                                                                                  \
    }                                                                                              \
    /* the sum of the solution of a 2 x 2 system, right-hand side (x4, x5) */                      \
    static int solve_value_##suffix(void *user, size_t n, const real *x, double *v) {              \
        (void)user, (void)n;                                                                       \
        real det = x[0] * x[3] - x[1] * x[2];                                                      \
        *v = ((x[3] - x[2]) * x[4] + (x[0] - x[1]) * x[5]) / det;                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int solve_gradient_##suffix(void *user, size_t n, const real *x, real *g) {             \
        (void)user, (void)n;                                                                       \
        real det = x[0] * x[3] - x[1] * x[2];                                                      \
        real f = ((x[3] - x[2]) * x[4] + (x[0] - x[1]) * x[5]) / det;                              \
        g[0] = (x[5] - f * x[3]) / det, g[1] = (-x[5] + f * x[2]) / det;                           \
        g[2] = (-x[4] + f * x[1]) / det, g[3] = (x[4] - f * x[0]) / det;                           \
        g[4] = (x[3] - x[2]) / det, g[5] = (x[0] - x[1]) / det;                                    \
        return 0;                                                                                  \
    }                                                                                              \
    /* 1 / (a - b) */                                                                              \
    static int pole_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i + 1 < n; i += 2)                                                      \
            sum += 1 / (x[i] - x[i + 1]);                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int pole_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        (void)user;                                                                                \
        for (size_t i = 0; i + 1 < n; i += 2) {                                                    \
            real q = 1 / (x[i] - x[i + 1]);                                                        \
            g[i] = -q * q;                                                                         \
            g[i + 1] = q * q;                                                                      \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* tan beyond its poles, and log |x| */                                                        \
    static int tan_value_##suffix(void *user, size_t n, const real *x, double *v) {                \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += i % 2 ? tan(2 * x[i]) : log(fabs(x[i]));                                        \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int tan_gradient_##suffix(void *user, size_t n, const real *x, real *g) {               \
        (void)user;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = i % 2 ? 2 / (cos(2 * x[i]) * cos(2 * x[i])) : 1 / x[i];                         \
        return 0;                                                                                  \
    }                                                                                              \
    /* what attracts, in the plane */                                                              \
    static int pull_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i < n; i += 2)                                                          \
            for (size_t j = 0; j < i; j += 2) {                                                    \
                real a = x[i] - x[j], b = x[i + 1] - x[j + 1];                                     \
                sum -= 1 / sqrt(a * a + b * b);                                                    \
            }                                                                                      \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int pull_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        (void)user;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = 0;                                                                              \
        for (size_t i = 0; i < n; i += 2)                                                          \
            for (size_t j = 0; j < i; j += 2) {                                                    \
                real a = x[i] - x[j], b = x[i + 1] - x[j + 1], r = a * a + b * b;                  \
                real q = 1 / (r * sqrt(r));                                                        \
                g[i] += a * q, g[j] -= a * q, g[i + 1] += b * q, g[j + 1] -= b * q;                \
            }                                                                                      \
        return 0;                                                                                  \
    }                                                                                              \
    /* a logarithm clipped where it is steep, dead below */                                        \
    static int clip_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += log(x[i] > (real)1e-6 ? x[i] : (real)1e-6);                                     \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int clip_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        (void)user;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = x[i] > (real)1e-6 ? 1 / x[i] : 0;                                               \
        return 0;                                                                                  \
    }

POLES(double, f64, log, fabs, tan, cos, sqrt)
POLES(float, f32, logf, fabsf, tanf, cosf, sqrtf)

static void right_gradients_are_not_refuted_beside_poles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        pair functions;
        size_t n;
        double low, high, dependent; /* > 0: rows 0 and 1 of the matrix differ by this share */
    } rows[] = {{"log |det|", BOTH(det), 4, -2, 2, 0},
                {"solve", BOTH(solve), 6, -2, 2, 0},
                {"solve, nearly singular", BOTH(solve), 6, -2, 2, 1e-3},
                {"1 / (a - b)", BOTH(pole), 8, 0, 1, 0},
                {"tan and log", BOTH(tan), 8, -1, 1, 0},
                {"attraction", BOTH(pull), 8, -1, 1, 0},
                {"clipped log", BOTH(clip), 8, -0.5, 1, 0}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            uint64_t numbers = seed * 7919 + k;
            double x[8];
            gp_dtype dtype = seed % 4 ? GP_FLOAT64 : GP_FLOAT32;
            for (size_t i = 0; i < rows[k].n; i++)
                x[i] = rows[k].low + (rows[k].high - rows[k].low) * uniform(&numbers);
            if (rows[k].dependent > 0) {
                dtype = GP_FLOAT64;
                x[3] = x[2] * x[1] / x[0] * (1 + rows[k].dependent);
            }
            gp_report *report = check(&rows[k].functions, dtype, NULL, rows[k].n, x, NULL);
            if (gp_report_verdict(report) == GP_REFUTED)
                fail_msg("%s, seed %d: refuted %s", rows[k].name, (int)seed,
                         gp_report_refuted(report));
            gp_report_destroy(report);
        }
}

/* The given point may itself be beside a pole, nearer to it than steps go. */
static void right_gradients_are_not_refuted_at_the_edge_of_a_pole(void **state) {
    (void)state;
    static const struct {
        const char *name;
        pair functions;
        size_t n;
    } rows[] = {{"log |det|", BOTH(det), 4}, {"1 / (a - b)", BOTH(pole), 8}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (uint64_t seed = 0; seed < 100; seed++) {
            uint64_t numbers = seed * 7919 + k;
            double x[8];
            gp_dtype dtype = seed % 4 ? GP_FLOAT32 : GP_FLOAT64;
            for (size_t i = 0; i < rows[k].n; i++)
                x[i] = 0.5 + uniform(&numbers);
            double distance = pow(10, -7 * uniform(&numbers));
            if (rows[k].n == 4)
                x[3] = x[2] * x[1] / x[0] * (1 + distance);
            for (size_t i = 0; i < rows[k].n && rows[k].n == 8; i += 2)
                x[i + 1] = x[i] * (1 + distance);
            for (size_t i = 0; i < rows[k].n; i++)
                x[i] = dtype == GP_FLOAT32 ? (double)(float)x[i] : x[i];
            if (rows[k].n == 8 && (x[0] == x[1] || x[2] == x[3] || x[4] == x[5] || x[6] == x[7]))
                continue;
            gp_report *report = check(&rows[k].functions, dtype, NULL, rows[k].n, x, NULL);
            if (gp_report_verdict(report) == GP_REFUTED)
                fail_msg("%s, seed %d, %g from the pole: refuted %s", rows[k].name, (int)seed,
                         distance, gp_report_refuted(report));
            gp_report_destroy(report);
        }
}

/* ---- poles that others hide ------------------------------------------------------- */

/* The sum of 1 / (x_i - x_(i+1))^2 over pairs. */
static int poles_value_f32(void *user, size_t n, const float *x, double *v) {
    float sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i += 2)
        sum += 1 / ((x[i] - x[i + 1]) * (x[i] - x[i + 1]));
    *v = sum;
    return 0;
}
static int poles_gradient_f32(void *user, size_t n, const float *x, float *g) {
    (void)user;
    for (size_t i = 0; i < n; i += 2) {
        float apart = x[i] - x[i + 1];
        g[i] = -2 / (apart * apart * apart);
        g[i + 1] = -g[i];
    }
    return 0;
}

/* The nearest pole makes the value so large that the others are a few of its roundings. */
static void right_gradients_are_not_refuted_where_one_pole_hides_another(void **state) {
    const pair functions = {.value32 = poles_value_f32, .gradient32 = poles_gradient_f32};
    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        uint64_t numbers = seed * 7919;
        double x[8];
        for (size_t i = 0; i < 8; i += 2) {
            x[i] = (double)(float)(2 * uniform(&numbers) - 1);
            double distance = pow(10, -0.5 - 6.5 * uniform(&numbers));
            x[i + 1] = (double)(float)(x[i] * (1 + distance));
            if (x[i + 1] == x[i])
                x[i + 1] = (double)nextafterf((float)x[i], 10);
        }
        gp_report *report = check(&functions, GP_FLOAT32, NULL, 8, x, NULL);
        if (gp_report_verdict(report) == GP_REFUTED)
            fail_msg("seed %d: refuted %s", (int)seed, gp_report_refuted(report));
        gp_report_destroy(report);
    }
}

/* ---- treads as wide as a tenth of a length ----------------------------------------- */

enum { WEIGHTS = 6 };

/* sin(fl16(z)) + z / 100, fl16 rounding to eleven bits, for a z whose terms cancel. */
static int kept_short_value(void *user, size_t n, const double *x, double *v) {
    double z = 0;
    int exponent;
    (void)user;
    for (size_t i = 0; i < n; i++)
        z += x[i] * ((double)i - 2.5);
    double mantissa = frexp(z, &exponent);
    *v = sin(ldexp(nearbyint(ldexp(mantissa, 11)), exponent - 11)) + 0.01 * z;
    return 0;
}
static int kept_short_gradient(void *user, size_t n, const double *x, double *g) {
    double z = 0;
    for (size_t i = 0; i < n; i++)
        z += x[i] * ((double)i - 2.5);
    for (size_t i = 0; i < n; i++)
        g[i] = *(double *)user * (cos(z) + 0.01) * ((double)i - 2.5);
    return 0;
}

static void a_sum_kept_short_is_not_refuted_by_its_treads(void **state) {
    const pair functions = {.value64 = kept_short_value, .gradient64 = kept_short_gradient};
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            double x[WEIGHTS], factor = wrong ? -3 : 1;
            uint64_t numbers = seed;
            for (size_t i = 0; i < WEIGHTS; i++)
                x[i] = 2 * uniform(&numbers) - 1;
            gp_report *report = check(&functions, GP_FLOAT64, &factor, WEIGHTS, x, NULL);
            assert_int_not_equal(gp_report_verdict(report), wrong ? GP_VERIFIED : GP_REFUTED);
            gp_report_destroy(report);
        }
}

/* ---- wrong after some steps: a bend that the gradient has forgotten --------------- */

static double bent(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i + 1 < n; i++) /* 100 - x^2, linear beyond 1.1 */
        sum += x[i] < 1.1 ? 100 - x[i] * x[i] : 100 - 1.21 - 0.7 * (x[i] - 1.1);
    return sum + (x[n - 1] > 0 ? x[n - 1] * x[n - 1] : 0); /* the last is silent below 0 */
}

static void bent_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i + 1 < n; i++)
        g[i] = -2 * x[i];
    g[n - 1] = x[n - 1] > 0 ? 2 * x[n - 1] : 0;
}

static void a_refutation_elsewhere_says_where(void **state) {
    (void)state;
    const double x[] = {1, 0.98, 1.02, 0.99, -1};
    testing_pair p = {bent, bent_gradient};
    gp_function *f = testing_function(&p, 5, x);
    gp_report *report = testing_check(f, NULL);
    gp_block_result block;
    gp_entry entry;
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    const char *where = gp_report_refuted(report);
    assert_non_null(where);
    assert_non_null(strstr(where, "steps of descent"));
    gp_report_block(report, 0, &block);
    gp_report_entry(report, block.worst_index, &entry);
    assert_true(entry.point > 0 && entry.point < gp_report_points(report));
    assert_string_equal(gp_report_point(report, entry.point), where);
    assert_string_equal(gp_report_point(report, 0), "at the given point");
    assert_null(gp_report_point(report, gp_report_points(report)));
    char *text = headline(report), *json = testing_json(report), words[256];
    snprintf(words, sizeof words, ": right at the given point, wrong %s in x", where);
    assert_non_null(strstr(text, words));
    snprintf(words, sizeof words, "\"refuted\": \"%s\"", where);
    assert_non_null(strstr(json, words));
    snprintf(words, sizeof words, "\"where\": \"%s\"", where);
    assert_non_null(strstr(json, words));
    free(text);
    free(json);
    gp_report_destroy(report);

    /* Without the descent the points for the silent entry are tried as ever. */
    gp_options options;
    gp_options_init(&options);
    options.no_descent = 1;
    report = testing_check(f, &options);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_int_equal(gp_report_exercised(report), 5);
    assert_true(gp_report_points(report) > 1);
    assert_false(testing_practised(report, "descent"));
    assert_null(gp_report_refuted(report));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- beyond a clip ---------------------------------------------------------------- */

/* How a gradient is wrong, if it is: it goes on beyond the clip as if there were none. */
typedef struct clip_case {
    int unclipped;
} clip_case;

enum { CLIPPED = 6 };

/* Each value is a function of t = clip(u), and each gradient one of t and of whether u is within.
 */
#define CLIPS(real, suffix, log, sqrt)                                                             \
    static real within_##suffix(real u, real low, real high, const void *user, real *inside) {     \
        const clip_case *c = user;                                                                 \
        *inside = (u >= low && u <= high) || c->unclipped;                                         \
        return u < low ? low : u > high ? high : u;                                                \
    }                                                                                              \
    /* probabilities, p (1 - p) */                                                                 \
    static int spread_value_##suffix(void *user, size_t n, const real *x, double *v) {             \
        real sum = 0, inside;                                                                      \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], 0, 1, user, &inside);                                   \
            sum += (real)(i + 1) * p * (1 - p);                                                    \
        }                                                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int spread_gradient_##suffix(void *user, size_t n, const real *x, real *g) {            \
        real inside;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], 0, 1, user, &inside);                                   \
            g[i] = inside * (real)(i + 1) * (1 - 2 * p);                                           \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* a floor under a logarithm */                                                                \
    static int floor_value_##suffix(void *user, size_t n, const real *x, double *v) {              \
        real sum = 0, inside;                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += (real)(i + 1) * log(within_##suffix(x[i], (real)1e-3, 1e6f, user, &inside));    \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int floor_gradient_##suffix(void *user, size_t n, const real *x, real *g) {             \
        real inside;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], (real)1e-3, 1e6f, user, &inside);                       \
            g[i] = inside * (real)(i + 1) / p;                                                     \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* a floor under a root */                                                                     \
    static int roots_value_##suffix(void *user, size_t n, const real *x, double *v) {              \
        real sum = 0, inside;                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += (real)(i + 1) * sqrt(within_##suffix(x[i], (real)1e-4, 1e6f, user, &inside));   \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int roots_gradient_##suffix(void *user, size_t n, const real *x, real *g) {             \
        real inside;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], (real)1e-4, 1e6f, user, &inside);                       \
            g[i] = inside * (real)(i + 1) / (2 * sqrt(p));                                         \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* a minimum with a constant */                                                                \
    static int least_value_##suffix(void *user, size_t n, const real *x, double *v) {              \
        real sum = 40, inside;                                                                     \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], -1e6f, 1, user, &inside);                               \
            sum -= (real)(i + 1) * p * p;                                                          \
        }                                                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int least_gradient_##suffix(void *user, size_t n, const real *x, real *g) {             \
        real inside;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            real p = within_##suffix(x[i], -1e6f, 1, user, &inside);                               \
            g[i] = -2 * inside * (real)(i + 1) * p;                                                \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* hinges with margins, linear within: such a gradient is the same everywhere */               \
    static int margin_value_##suffix(void *user, size_t n, const real *x, double *v) {             \
        real sum = 0, inside;                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += (real)(i + 1) * within_##suffix(1 - x[i], 0, 1e6f, user, &inside);              \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int margin_gradient_##suffix(void *user, size_t n, const real *x, real *g) {            \
        real inside;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            (void)within_##suffix(1 - x[i], 0, 1e6f, user, &inside);                               \
            g[i] = -inside * (real)(i + 1);                                                        \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* an intermediate that all depend on: a unit that saturates */                                \
    static real unit_##suffix(const real *x, size_t n, const void *user, real *inside) {           \
        real z = 0;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            z += ((real)(i % 3) - (real)0.7) * x[i];                                               \
        return within_##suffix(z, -1, 1, user, inside);                                            \
    }                                                                                              \
    static int unit_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        real inside, y = unit_##suffix(x, n, user, &inside);                                       \
        *v = (y - 3) * (y - 3);                                                                    \
        return 0;                                                                                  \
    }                                                                                              \
    static int unit_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        real inside, y = unit_##suffix(x, n, user, &inside);                                       \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = inside * 2 * (y - 3) * ((real)(i % 3) - (real)0.7);                             \
        return 0;                                                                                  \
    }                                                                                              \
    /* each example has a clip of its own, and shares no parameter with the others */              \
    static int each_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        real sum = 0, inside;                                                                      \
        for (size_t i = 0; i + 1 < n; i += 2) {                                                    \
            real y = within_##suffix(x[i] * x[i + 1], 0, 1, user, &inside);                        \
            sum += (real)(i + 1) * (y - 2) * (y - 2);                                              \
        }                                                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int each_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        real inside;                                                                               \
        for (size_t i = 0; i + 1 < n; i += 2) {                                                    \
            real y = within_##suffix(x[i] * x[i + 1], 0, 1, user, &inside);                        \
            g[i] = inside * (real)(i + 1) * 2 * (y - 2) * x[i + 1];                                \
            g[i + 1] = inside * (real)(i + 1) * 2 * (y - 2) * x[i];                                \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* beside something that goes on moving the value */                                           \
    static int decayed_value_##suffix(void *user, size_t n, const real *x, double *v) {            \
        real sum = 0;                                                                              \
        (void)spread_value_##suffix(user, n, x, v);                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += x[i] * x[i] / 20;                                                               \
        *v += sum;                                                                                 \
        return 0;                                                                                  \
    }                                                                                              \
    static int decayed_gradient_##suffix(void *user, size_t n, const real *x, real *g) {           \
        (void)spread_gradient_##suffix(user, n, x, g);                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] += x[i] / 10;                                                                     \
        return 0;                                                                                  \
    }

CLIPS(double, f64, log, sqrt)
CLIPS(float, f32, logf, sqrtf)

/* A point between low and high, where no function above is clipped. */
static void draw_within(double low, double high, uint64_t seed, double *x) {
    for (size_t i = 0; i < CLIPPED; i++)
        x[i] = (double)(float)(low + (high - low) * uniform(&seed));
}

/* Right at the given point, and beyond a clip where the value doesn't move any more: whether the
 * gradient is 0 there or goes on is no matter of right or wrong, and the report says so. */
static void where_a_clip_holds_the_value_nothing_is_held_against_a_gradient(void **state) {
    (void)state;
    static const struct {
        const char *name;
        pair functions;
        double low, high;
    } rows[] = {
        {"p (1 - p)", BOTH(spread), 0.05, 0.95},      {"log max(x, eps)", BOTH(floor), 0.01, 0.9},
        {"sqrt max(x, eps)", BOTH(roots), 0.01, 0.9}, {"min(x, 1)^2", BOTH(least), 0.3, 0.95},
        {"hinges", BOTH(margin), -0.5, 0.95},         {"a saturated unit", BOTH(unit), 0.42, 0.49},
        {"clips of examples", BOTH(each), 0.3, 0.97}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        size_t said = 0;
        for (unsigned trial = 0; trial < 40; trial++) {
            clip_case user = {.unclipped = trial & 1};
            gp_dtype dtype = trial & 2 ? GP_FLOAT32 : GP_FLOAT64;
            double x[CLIPPED];
            gp_options options;
            gp_options_init(&options);
            options.strategy = trial & 4 ? GP_PROJECT : GP_AUTO;
            draw_within(rows[k].low, rows[k].high, 77 * trial + k, x);
            gp_report *report = check(&rows[k].functions, dtype, &user, CLIPPED, x, &options);
            if (gp_report_verdict(report) == GP_REFUTED)
                fail_msg("%s, trial %u: refuted %s", rows[k].name, trial,
                         gp_report_refuted(report));
            int noted = testing_practised(report, "beyond a clip");
            assert_false(noted && !user.unclipped);
            said += (size_t)noted;
            gp_report_destroy(report);
        }
        if (said == 0)
            fail_msg("%s: no trial came beyond the clip", rows[k].name);
    }
}

/* What moves the value there is held against its derivative: the place is as regular as any. */
static void what_moves_the_value_beyond_a_clip_is_refuted_there(void **state) {
    const pair functions = BOTH(decayed);
    (void)state;
    for (unsigned trial = 0; trial < 12; trial++) {
        clip_case user = {.unclipped = trial % 3 != 0};
        double x[CLIPPED];
        draw_within(0.3, 0.6, trial, x);
        x[trial % CLIPPED] = 0.02; /* the first step leads beyond 0 */
        gp_report *report =
            check(&functions, trial % 2 ? GP_FLOAT32 : GP_FLOAT64, &user, CLIPPED, x, NULL);
        assert_int_equal(gp_report_verdict(report), user.unclipped ? GP_REFUTED : GP_VERIFIED);
        if (user.unclipped)
            assert_non_null(strstr(gp_report_refuted(report), "of descent"));
        gp_report_destroy(report);
    }
}

/* ---- a gradient that isn't finite where the value is ------------------------------ */

static double root(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? sqrt(fmax(x[i], 0)) : x[i] * x[i];
    return sum;
}

/* Right below 0, where the root is clipped, and at every other entry. */
static void root_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = i % 2 == 0 ? 2 * x[i] : x[i] > 0 ? 0.5 / sqrt(-x[i]) : 0;
}

/* The same, right, but it refuses where it doesn't know. */
static int shy_value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = root(n, x);
    return 0;
}

static int shy_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    root_gradient(n, x, g);
    for (size_t i = 1; i < n; i += 2)
        if (x[i] > 0)
            return 1;
    return 0;
}

static void a_gradient_that_is_not_finite_at_another_point(void **state) {
    (void)state;
    const double x[] = {0.7, -0.5, -1.2, -0.9};
    testing_pair p = {root, root_gradient};
    gp_function *f = testing_function(&p, 4, x);
    gp_report *report = testing_check(f, NULL);
    gp_block_result block;
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    assert_non_null(strstr(gp_report_refuted(report), "at "));
    gp_report_block(report, 0, &block);
    assert_string_equal(block.diagnosis[0].kind, "nonfinite");
    gp_report_destroy(report);
    gp_function_set_value(f, shy_value);
    gp_function_set_gradient(f, shy_gradient);
    report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- exact minima ----------------------------------------------------------------- */

enum { SAMPLES = 12, UNKNOWNS = 4 };

static const double TRUTH[UNKNOWNS] = {0.3, -1.7, 0.61, 2.2};

#define MINIMA(real, suffix, sin)                                                                  \
    static int rosenbrock_value_##suffix(void *user, size_t n, const real *x, double *v) {         \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i + 1 < n; i++) {                                                       \
            real a = x[i + 1] - x[i] * x[i], b = 1 - x[i];                                         \
            sum += 100 * a * a + b * b;                                                            \
        }                                                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int rosenbrock_gradient_##suffix(void *user, size_t n, const real *x, real *g) {        \
        const double *factor = user;                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = 0;                                                                              \
        for (size_t i = 0; i + 1 < n; i++) {                                                       \
            real a = x[i + 1] - x[i] * x[i], b = 1 - x[i];                                         \
            g[i] -= 400 * a * x[i] + 2 * b;                                                        \
            g[i + 1] += 200 * a;                                                                   \
        }                                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] *= (real)*factor;                                                                 \
        return 0;                                                                                  \
    }                                                                                              \
    /* Least squares whose data are what the given parameters make of them, in double: exact to    \
     * rounding. */                                                                                \
    static real residual_##suffix(const real *x, int e, real *row) {                               \
        double y = 0;                                                                              \
        real r = 0;                                                                                \
        for (int k = 0; k < UNKNOWNS; k++) {                                                       \
            row[k] = (real)sin(1 + 3 * e + k * k);                                                 \
            y += (double)row[k] * (double)(real)TRUTH[k];                                          \
            r += row[k] * x[k];                                                                    \
        }                                                                                          \
        return r - (real)y;                                                                        \
    }                                                                                              \
    static int fit_value_##suffix(void *user, size_t n, const real *x, double *v) {                \
        (void)user, (void)n;                                                                       \
        real row[UNKNOWNS], sum = 0;                                                               \
        for (int e = 0; e < SAMPLES; e++) {                                                        \
            real r = residual_##suffix(x, e, row);                                                 \
            sum += r * r;                                                                          \
        }                                                                                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int fit_gradient_##suffix(void *user, size_t n, const real *x, real *g) {               \
        const double *factor = user;                                                               \
        real row[UNKNOWNS];                                                                        \
        for (size_t k = 0; k < n; k++)                                                             \
            g[k] = 0;                                                                              \
        for (int e = 0; e < SAMPLES; e++) {                                                        \
            real r = residual_##suffix(x, e, row);                                                 \
            for (size_t k = 0; k < n; k++)                                                         \
                g[k] += (real)*factor * 2 * r * row[k];                                            \
        }                                                                                          \
        return 0;                                                                                  \
    }                                                                                              \
    /* Zero at zeros, and flat to the third order */                                               \
    static int flat_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        (void)user;                                                                                \
        real sum = 0;                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += x[i] * x[i] * x[i] * x[i];                                                      \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int flat_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        const double *factor = user;                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = (real)*factor * 4 * x[i] * x[i] * x[i];                                         \
        return 0;                                                                                  \
    }

MINIMA(double, f64, sin)
MINIMA(float, f32, sinf)

static void exact_minima_are_decided_at_other_points(void **state) {
    (void)state;
    static const double ones[] = {1, 1, 1, 1}, zeros[] = {0, 0, 0};
    static const struct {
        const char *name;
        pair functions;
        size_t n;
        const double *x;
    } rows[] = {{"Rosenbrock", BOTH(rosenbrock), 2, ones},
                {"Rosenbrock chained", BOTH(rosenbrock), 4, ones},
                {"least squares", BOTH(fit), UNKNOWNS, TRUTH},
                {"fourth powers", BOTH(flat), 3, zeros}};
    static const double factors[] = {1, 2, -1, 0, 1.05};
    static const size_t FACTORS = sizeof factors / sizeof *factors;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (size_t q = 0; q < 2 * FACTORS; q++)
            for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
                double factor = factors[q % FACTORS];
                gp_options options;
                gp_options_init(&options);
                options.strategy = q < FACTORS ? GP_AUTO : GP_PROJECT;
                gp_report *report = check(&rows[k].functions, (gp_dtype)dtype, &factor, rows[k].n,
                                          rows[k].x, &options);
                gp_verdict wanted = factor == 1 ? GP_VERIFIED : GP_REFUTED;
                if (gp_report_verdict(report) != wanted)
                    fail_msg("%s times %g, %s, %s: %s", rows[k].name, factor, dtype ? "f32" : "f64",
                             q < FACTORS ? "full" : "project",
                             gp_verdict_string(gp_report_verdict(report)));
                if (factor == 1) { /* and as sharply as it says */
                    assert_true(gp_report_resolution(report) <= (dtype ? 1e-3 : 1e-5));
                    assert_int_equal(gp_report_exercised(report), rows[k].n);
                }
                gp_report_destroy(report);
            }
}

/* ---- exactly at kinks -------------------------------------------------------------- */

#define KINKS(real, suffix)                                                                        \
    static int relu_value_##suffix(void *user, size_t n, const real *x, double *v) {               \
        real sum = 1;                                                                              \
        (void)user;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += (real)(0.5 + 0.3 * (double)i) * (x[i] > 0 ? x[i] : 0);                          \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int relu_gradient_##suffix(void *user, size_t n, const real *x, real *g) {              \
        const double *factor = user;                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = (real)(*factor * (x[i] > 0 ? 0.5 + 0.3 * (double)i : 0));                       \
        return 0;                                                                                  \
    }                                                                                              \
    static int hinge_value_##suffix(void *user, size_t n, const real *x, double *v) {              \
        real sum = 0;                                                                              \
        (void)user;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            sum += (x[i] < 1 ? 1 - x[i] : 0) + x[i] * x[i] / 8;                                    \
        *v = sum;                                                                                  \
        return 0;                                                                                  \
    }                                                                                              \
    static int hinge_gradient_##suffix(void *user, size_t n, const real *x, real *g) {             \
        const double *factor = user;                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            g[i] = (real)(*factor) * ((x[i] < 1 ? -1 : 0) + x[i] / 4);                             \
        return 0;                                                                                  \
    }

KINKS(double, f64)
KINKS(float, f32)

/* The slope of one side is a right gradient at a kink, and known as sharply as a slope elsewhere.
 * Where all entries lie on kinks zero is right, and the code is wrong at other points. */
static void gradients_exactly_at_kinks_are_decided(void **state) {
    (void)state;
    static const double some[] = {0, 0.7, -0.4, 0}, all[] = {0, 0, 0, 0}, ones[] = {1, 0.3, 1, 1.6};
    static const struct {
        const char *name;
        pair functions;
        const double *x;
    } rows[] = {{"ReLU at some zeros", BOTH(relu), some},
                {"ReLU at zeros", BOTH(relu), all},
                {"hinge", BOTH(hinge), ones}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++)
            for (int wrong = 0; wrong < 2; wrong++) {
                double factor = wrong ? 1.5 : 1;
                gp_report *report =
                    check(&rows[k].functions, (gp_dtype)dtype, &factor, 4, rows[k].x, NULL);
                if (gp_report_verdict(report) != (wrong ? GP_REFUTED : GP_VERIFIED))
                    fail_msg("%s times %g, %s: %s", rows[k].name, factor, dtype ? "f32" : "f64",
                             gp_verdict_string(gp_report_verdict(report)));
                gp_report_destroy(report);
            }
}

/* ---- stored gradients ------------------------------------------------------------- */

enum { MOST = 32 };

/* How a gradient is stored: not at all, at its first call, in the second block alone, whenever the
 * value is called, or at every other entry. */
typedef enum storage { FRESH, FIRST_CALL, ONE_BLOCK, WITH_VALUE, STORAGES } storage;

typedef struct store {
    const testing_pair *pair;
    storage storage;
    size_t from; /* entries from here on are stored */
    int filled;
    double kept[MOST];
} store;

static void keep(store *s, size_t n, const double *x) {
    s->pair->gradient(n, x, s->kept);
    s->filled = 1;
}

static int store_value(void *user, size_t n, const double *x, double *v) {
    store *s = user;
    *v = s->pair->value(n, x);
    if (s->storage == WITH_VALUE)
        keep(s, n, x);
    return 0;
}

static int store_gradient(void *user, size_t n, const double *x, double *g) {
    store *s = user;
    s->pair->gradient(n, x, g);
    if (s->storage != FRESH && !s->filled)
        keep(s, n, x);
    for (size_t i = s->from; i < n && s->filled; i++)
        g[i] = s->kept[i];
    return 0;
}

static double norm(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

static void norm_gradient(size_t n, const double *x, double *g) {
    double size = norm(n, x);
    for (size_t i = 0; i < n; i++)
        g[i] = x[i] / size;
}

/* Of degree 0: the cosine of the angle between two halves. */
static double cosine(size_t n, const double *x) {
    double product = 0;
    for (size_t i = 0; i < n / 2; i++)
        product += x[i] * x[n / 2 + i];
    return product / (norm(n / 2, x) * norm(n / 2, x + n / 2));
}

static void cosine_gradient(size_t n, const double *x, double *g) {
    double a = norm(n / 2, x), b = norm(n / 2, x + n / 2), c = cosine(n, x);
    for (size_t i = 0; i < n / 2; i++) {
        g[i] = x[n / 2 + i] / (a * b) - c * x[i] / (a * a);
        g[n / 2 + i] = x[i] / (a * b) - c * x[n / 2 + i] / (b * b);
    }
}

/* Linear but for one entry of each half. */
static double nearly_linear(size_t n, const double *x) {
    double sum = x[1] * x[1] + x[n - 1] * x[n - 1];
    for (size_t i = 0; i < n; i++)
        sum += (1 + (double)i) * x[i];
    return sum;
}

static void nearly_linear_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = 1 + (double)i + (i == 1 || i == n - 1 ? 2 * x[i] : 0);
}

/* ReLU units and a linear loss: W is 4 x 3, then 4 weights of the output. */
enum { UNITS = 4, INPUTS = 3, EXAMPLES = 10 };

static double network(size_t n, const double *x) {
    double sum = 0;
    (void)n;
    for (int e = 0; e < EXAMPLES; e++)
        for (int h = 0; h < UNITS; h++) {
            double z = 0;
            for (int k = 0; k < INPUTS; k++)
                z += x[h * INPUTS + k] * sin(1.3 * e * (k + 1) + k);
            sum += cos(e) * x[UNITS * INPUTS + h] * fmax(z, 0);
        }
    return sum;
}

static void network_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (int e = 0; e < EXAMPLES; e++)
        for (int h = 0; h < UNITS; h++) {
            double z = 0;
            for (int k = 0; k < INPUTS; k++)
                z += x[h * INPUTS + k] * sin(1.3 * e * (k + 1) + k);
            g[UNITS * INPUTS + h] += cos(e) * fmax(z, 0);
            for (int k = 0; k < INPUTS && z > 0; k++)
                g[h * INPUTS + k] += cos(e) * x[UNITS * INPUTS + h] * sin(1.3 * e * (k + 1) + k);
        }
}

/* The gradient is the same at most other points: absolute values. */
static double taxicab(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (1 + (double)i) * fabs(x[i]);
    return sum;
}

static void taxicab_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = (1 + (double)i) * (x[i] < 0 ? -1 : 1);
}

static double plane(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (1 + (double)i) * x[i];
    return sum;
}

static void plane_gradient(size_t n, const double *x, double *g) {
    (void)x;
    for (size_t i = 0; i < n; i++)
        g[i] = 1 + (double)i;
}

static gp_report *check_stored(const testing_pair *fresh, storage how, size_t first, size_t second,
                               const double *x, size_t points, gp_strategy strategy) {
    store s = {.pair = fresh, .storage = how, .from = how == ONE_BLOCK ? first : 0};
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.points = points;
    options.strategy = strategy;
    assert_int_equal(gp_function_create("stored", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "a", 0, 1, &first, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &second, x + first), GP_OK);
    gp_function_set_value(f, store_value);
    gp_function_set_gradient(f, store_gradient);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void stored_gradients_are_stale(void **state) {
    (void)state;
    static const struct {
        const char *name;
        testing_pair pair;
        size_t first, second;
    } rows[] = {{"norm", {norm, norm_gradient}, 3, 3},
                {"cosine", {cosine, cosine_gradient}, 4, 4},
                {"nearly linear", {nearly_linear, nearly_linear_gradient}, 5, 5},
                {"absolute values", {taxicab, taxicab_gradient}, 4, 4},
                {"network", {network, network_gradient}, UNITS * INPUTS, UNITS}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int how = FRESH; how < STORAGES; how++)
            for (uint64_t seed = 0; seed < 8; seed++) {
                gp_strategy strategy = seed < 4 ? GP_FULL : GP_PROJECT;
                uint64_t numbers = seed % 4;
                double x[MOST];
                for (size_t i = 0; i < rows[k].first + rows[k].second; i++)
                    x[i] = (i % 2 ? -1 : 1) * (0.2 + uniform(&numbers));
                gp_report *report = check_stored(&rows[k].pair, (storage)how, rows[k].first,
                                                 rows[k].second, x, 0, strategy);
                gp_verdict wanted = how == FRESH ? GP_VERIFIED : GP_REFUTED;
                if (gp_report_verdict(report) != wanted)
                    fail_msg("%s, stored %d, seed %d: %s", rows[k].name, how, (int)seed,
                             gp_verdict_string(gp_report_verdict(report)));
                for (size_t b = 0; b < 2; b++) {
                    gp_block_result block;
                    gp_report_block(report, b, &block);
                    if (block.verdict == GP_REFUTED)
                        assert_string_equal(block.diagnosis[0].kind, "stale");
                    else if (how != FRESH && !(how == ONE_BLOCK && b == 0))
                        fail_msg("%s, stored %d, seed %d: block %d isn't refuted", rows[k].name,
                                 how, (int)seed, (int)b);
                }
                gp_report_destroy(report);
            }
}

/* Rectified units, all of them off where x[0 ...] < 0, times their weights. */
static double rectified(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n / 2; i++)
        sum += x[n / 2 + i] * fmax(x[i], 0);
    return 2 + sin(sum);
}

static void rectified_gradient(size_t n, const double *x, double *g) {
    double sum = asin(rectified(n, x) - 2), slope = cos(sum);
    for (size_t i = 0; i < n / 2; i++) {
        g[i] = x[i] > 0 ? slope * x[n / 2 + i] : 0;
        g[n / 2 + i] = slope * fmax(x[i], 0);
    }
}

/* Where all units are off the derivative is zero and the stored gradient isn't, which by itself
 * looks like one that passes through a cut. */
static void a_gradient_stored_where_units_were_on_is_stale_where_they_are_off(void **state) {
    (void)state;
    enum { HALF = 4 };
    const size_t half = HALF;
    const testing_pair fresh = {rectified, rectified_gradient};
    const double x[2 * HALF] = {-0.3, -0.5, -0.4, -0.6, 0.4, -0.3, 0.2, 0.5};
    const double on[2 * HALF] = {0.2, 0.3, 0.4, 0.1, 0.5, -0.2, 0.3, 0.4};
    store s = {.pair = &fresh, .storage = FIRST_CALL};
    keep(&s, 2 * half, on);
    gp_function *f;
    assert_int_equal(gp_function_create("rectified", GP_FLOAT64, &s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "a", 0, 1, &half, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &half, x + half), GP_OK);
    gp_function_set_value(f, store_value);
    gp_function_set_gradient(f, store_gradient);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    for (size_t b = 0; b < 2; b++) {
        gp_block_result block;
        gp_report_block(report, b, &block);
        assert_int_equal(block.verdict, GP_REFUTED);
        assert_string_equal(block.diagnosis[0].kind, "stale");
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* The gradient of a plane may be stored. */
static void a_constant_gradient_may_be_right(void **state) {
    (void)state;
    const testing_pair flat = {plane, plane_gradient};
    const double x[] = {0.5, -0.7, 1.1, 0.9, -1.3, 0.4};
    for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
        gp_report *report = check_stored(&flat, FIRST_CALL, 3, 3, x, 0, (gp_strategy)strategy);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        gp_report_destroy(report);
    }
}

/* One point asks for no other; but a callback that pays no heed to x is wrong at that one too. */
static void a_stored_gradient_is_stale_where_one_point_is_asked_for(void **state) {
    (void)state;
    const testing_pair round = {norm, norm_gradient};
    const double x[] = {0.5, -0.7, 1.1, 0.9, -1.3, 0.4};
    for (int strategy = GP_FULL; strategy <= GP_PROJECT; strategy++) {
        gp_report *report = check_stored(&round, FIRST_CALL, 3, 3, x, 1, (gp_strategy)strategy);
        gp_block_result block;
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
        assert_string_equal(block.diagnosis[0].kind, "stale");
        gp_report_destroy(report);
        report = check_stored(&round, FRESH, 3, 3, x, 1, (gp_strategy)strategy);
        assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
        assert_int_equal(gp_report_points(report), 1);
        gp_report_destroy(report);
    }
}

/* ---- what the given point doesn't exercise, by directions ---------------------------- */

/* Units of which the given point leaves every other one dead; their gradient is off by a factor. */
enum { DEAD_UNITS = 300 };

static int dead_value(void *user, size_t n, const double *x, double *v) {
    (void)user;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v += (i % 2 && x[i] < 0 ? 0 : 1) * (2 + sin((double)i)) * x[i] * x[i];
    return 0;
}

static int dead_gradient(void *user, size_t n, const double *x, double *g) {
    const double *factor = user;
    for (size_t i = 0; i < n; i++)
        g[i] = (i % 2 && x[i] < 0 ? 0 : i % 2 ? *factor : 1) * (2 + sin((double)i)) * 2 * x[i];
    return 0;
}

static gp_report *check_dead(double factor, size_t points) {
    static double x[DEAD_UNITS];
    const pair functions = {dead_value, dead_gradient, NULL, NULL};
    gp_options options;
    for (size_t i = 0; i < DEAD_UNITS; i++)
        x[i] = (i % 2 ? -1 : 1) * (0.3 + 0.001 * (double)i);
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    options.points = points;
    return check(&functions, GP_FLOAT64, &factor, DEAD_UNITS, x, &options);
}

static void directions_exercise_elsewhere_what_the_given_point_does_not(void **state) {
    (void)state;
    gp_report *report = check_dead(1, 0);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_true(gp_report_exercised(report) > 3 * DEAD_UNITS / 4);
    assert_true(gp_report_evaluations(report, 0) <= 200);
    gp_report_destroy(report);
    report = check_dead(1.01, 0);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    char *text = headline(report);
    assert_non_null(strstr(text, "right at the given point, wrong at random point"));
    free(text);
    gp_report_destroy(report);
    report = check_dead(1.01, 1); /* it isn't seen there, and the report says what wasn't */
    assert_int_equal(gp_report_exercised(report), DEAD_UNITS / 2);
    gp_report_destroy(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_gradients_are_not_refuted_beside_poles),
        cmocka_unit_test(right_gradients_are_not_refuted_at_the_edge_of_a_pole),
        cmocka_unit_test(right_gradients_are_not_refuted_where_one_pole_hides_another),
        cmocka_unit_test(a_sum_kept_short_is_not_refuted_by_its_treads),
        cmocka_unit_test(a_refutation_elsewhere_says_where),
        cmocka_unit_test(where_a_clip_holds_the_value_nothing_is_held_against_a_gradient),
        cmocka_unit_test(what_moves_the_value_beyond_a_clip_is_refuted_there),
        cmocka_unit_test(a_gradient_that_is_not_finite_at_another_point),
        cmocka_unit_test(exact_minima_are_decided_at_other_points),
        cmocka_unit_test(gradients_exactly_at_kinks_are_decided),
        cmocka_unit_test(stored_gradients_are_stale),
        cmocka_unit_test(a_gradient_stored_where_units_were_on_is_stale_where_they_are_off),
        cmocka_unit_test(a_constant_gradient_may_be_right),
        cmocka_unit_test(a_stored_gradient_is_stale_where_one_point_is_asked_for),
        cmocka_unit_test(directions_exercise_elsewhere_what_the_given_point_does_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

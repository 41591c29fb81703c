/* Slabs: a mistake in part of a block, along every axis of blocks of 1 to 5 dimensions, must be
 * refuted and named by the part's indices. */
#include "testing.h"

enum { MOST = 1 << 20, MOST_AXES = 5, REST = 50 };

typedef enum manner { ZERO, NEGATE, SCALE, GARBAGE, MANNERS } manner;
static const char *const WORDS[MANNERS] = {"0 where the derivative isn't",
                                           "the derivative with the opposite sign",
                                           "1.5 times the derivative", "wrong"};

typedef struct shape {
    size_t axes, extent[MOST_AXES];
} shape;

/* [low, high) along each axis */
typedef struct slab {
    size_t low[MOST_AXES], high[MOST_AXES];
} slab;

typedef struct subject {
    shape shape;
    size_t entries; /* of the block; REST more are another one */
    slab slab[4];
    size_t slabs;
    manner manner;
} subject;

static int is_in(const subject *s, const slab *at, size_t i) {
    for (size_t k = s->shape.axes; k-- > 0; i /= s->shape.extent[k])
        if (i % s->shape.extent[k] < at->low[k] || i % s->shape.extent[k] >= at->high[k])
            return 0;
    return 1;
}

/* f = mean of x^2 / 2 + x^3 / 30 + x_i x_(i+1) / 8, in four sums. */
#define VALUE(type)                                                                                \
    double sum[4] = {0};                                                                           \
    for (size_t i = 0; i < n; i++) {                                                               \
        double here = x[i], beside = x[i + 1 < n ? i + 1 : 0];                                     \
        sum[i % 4] += here * (here / 2 + here * here / 30 + beside / 8);                           \
    }                                                                                              \
    *value = (sum[0] + sum[1] + sum[2] + sum[3]) / (double)n;                                      \
    (void)user;                                                                                    \
    return 0

#define GRADIENT(type)                                                                             \
    const subject *s = user;                                                                       \
    for (size_t i = 0; i < n; i++) {                                                               \
        double here = x[i], sides = (double)x[i + 1 < n ? i + 1 : 0] + x[i ? i - 1 : n - 1];       \
        g[i] = (type)((here + here * here / 10 + sides / 8) / (double)n);                          \
    }                                                                                              \
    for (size_t k = 0; k < s->slabs; k++)                                                          \
        for (size_t i = 0; i < s->entries; i++)                                                    \
            if (is_in(s, &s->slab[k], i))                                                          \
                g[i] = s->manner == ZERO     ? 0                                                   \
                       : s->manner == NEGATE ? -g[i]                                               \
                       : s->manner == SCALE  ? (type)1.5 * g[i]                                    \
                                             : g[i] * (type)(1.2 + sin((double)i));                 \
    return 0

static int value_f64(void *user, size_t n, const double *x, double *value) {
    VALUE(double);
}

static int value_f32(void *user, size_t n, const float *x, double *value) {
    VALUE(float);
}

static int gradient_f64(void *user, size_t n, const double *x, double *g) {
    GRADIENT(double);
}

static int gradient_f32(void *user, size_t n, const float *x, float *g) {
    GRADIENT(float);
}

static uint64_t seed;
static uint64_t budget; /* of values; 0: as many as it takes */

static gp_report *check(subject *s, gp_dtype dtype, gp_strategy strategy) {
    static double x[MOST + REST];
    static const size_t rest = REST;
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.strategy = strategy;
    options.seed = seed;
    options.budget_evaluations = budget;
    s->entries = 1;
    for (size_t k = 0; k < s->shape.axes; k++)
        s->entries *= s->shape.extent[k];
    for (size_t i = 0; i < s->entries + REST; i++)
        x[i] = 0.4 + fmod((double)i * 0.6180339887498949, 1);
    assert_int_equal(gp_function_create("slabs", dtype, s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "W", 0, s->shape.axes, s->shape.extent, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &rest, x + s->entries), GP_OK);
    if (dtype == GP_FLOAT64) {
        assert_int_equal(gp_function_set_value(f, value_f64), GP_OK);
        assert_int_equal(gp_function_set_gradient(f, gradient_f64), GP_OK);
    } else {
        assert_int_equal(gp_function_set_value(f, value_f32), GP_OK);
        assert_int_equal(gp_function_set_gradient(f, gradient_f32), GP_OK);
    }
    gp_report *r = testing_check(f, &options);
    gp_function_destroy(f);
    return r;
}

static size_t volume_of(const subject *s, const slab *at) {
    size_t volume = 1;
    for (size_t k = 0; k < s->shape.axes; k++)
        volume *= at->high[k] - at->low[k];
    return volume;
}

/* "W[2][13][:]" */
static void name_of(const subject *s, const slab *at, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "W");
    for (size_t k = 0; k < s->shape.axes; k++)
        if (at->high[k] - at->low[k] == s->shape.extent[k])
            used += (size_t)snprintf(text + used, size - used, "[:]");
        else if (at->high[k] - at->low[k] == 1)
            used += (size_t)snprintf(text + used, size - used, "[%zu]", at->low[k]);
        else
            used +=
                (size_t)snprintf(text + used, size - used, "[%zu:%zu]", at->low[k], at->high[k]);
}

static int is_named(const gp_block_result *block, const char *name, const char *words) {
    for (size_t k = 0; k < block->diagnoses; k++)
        if (strstr(block->diagnosis[k].message, name) && strstr(block->diagnosis[k].message, words))
            return 1;
    return 0;
}

/* Returns evaluations of the value. */
static uint64_t assert_located(subject *s, gp_dtype dtype, gp_strategy strategy) {
    gp_report *r = check(s, dtype, strategy);
    gp_block_result block, rest;
    assert_int_equal(gp_report_block(r, 0, &block), GP_OK);
    assert_int_equal(gp_report_block(r, 1, &rest), GP_OK);
    for (size_t k = 0; k < s->slabs; k++) {
        char name[160];
        name_of(s, &s->slab[k], name, sizeof name);
        /* A few entries are listed one by one. */
        int few =
            block.count[GP_ENTRY_REFUTED] == volume_of(s, &s->slab[k]) && s->manner == GARBAGE;
        if (block.verdict != GP_REFUTED || (!few && !is_named(&block, name, WORDS[s->manner]))) {
            gp_report_print(r, stderr, 0);
            fail_msg("%s is %s, and that isn't named", name, WORDS[s->manner]);
        }
    }
    assert_int_not_equal(rest.verdict, GP_REFUTED);
    uint64_t spent = gp_report_evaluations(r, 0);
    gp_report_destroy(r);
    return spent;
}

static slab everything(const shape *of) {
    slab all = {{0}, {0}};
    for (size_t k = 0; k < of->axes; k++)
        all.high[k] = of->extent[k];
    return all;
}

static const shape SHAPES[] = {{1, {10000}},        {2, {60, 70}},        {2, {3, 1500}},
                               {2, {1500, 3}},      {3, {4, 16, 60}},     {3, {24, 2, 100}},
                               {4, {2, 9, 12, 20}}, {5, {2, 3, 8, 9, 11}}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

/* One index, and a range, of one axis. */
static void sweep(gp_dtype dtype, gp_strategy strategy) {
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        for (size_t axis = 0; axis < SHAPES[i].axes; axis++)
            for (int range = 0; range < 2; range++)
                for (manner m = ZERO; m < MANNERS; m++) {
                    subject s = {.shape = SHAPES[i], .slabs = 1, .manner = m};
                    size_t extent = s.shape.extent[axis];
                    if (range ? extent < 8 : s.shape.axes == 1)
                        continue;
                    /* Noise makes float32 dear: every other case will do. */
                    if (dtype == GP_FLOAT32 && (m + axis + (size_t)range) % 2 == 0)
                        continue;
                    s.slab[0] = everything(&s.shape);
                    s.slab[0].low[axis] = extent * 2 / 3;
                    s.slab[0].high[axis] = extent * 2 / 3 + (range ? extent / 5 : 1);
                    (void)assert_located(&s, dtype, strategy);
                }
}

static void slabs_along_every_axis_f64(void **state) {
    (void)state;
    sweep(GP_FLOAT64, GP_PROJECT);
}

static void slabs_along_every_axis_f32(void **state) {
    (void)state;
    sweep(GP_FLOAT32, GP_PROJECT);
}

/* {shape, slabs: low and high of each axis} */
static void several_slabs(void **state) {
    (void)state;
    static const subject SUBJECTS[] = {
        /* two heads of all four layers; half of the heads of one; */
        {.shape = {3, {4, 12, 300}},
         .slabs = 2,
         .manner = ZERO,
         .slab = {{{0, 1, 0}, {4, 2, 300}}, {{0, 7, 0}, {4, 8, 300}}}},
        {.shape = {3, {4, 12, 300}},
         .slabs = 1,
         .manner = NEGATE,
         .slab = {{{2, 6, 0}, {3, 12, 300}}}},
        /* rows and part of a row; parts of columns; a corner; */
        {.shape = {2, {120, 90}},
         .slabs = 3,
         .manner = SCALE,
         .slab = {{{7, 0}, {8, 90}}, {{40, 0}, {60, 90}}, {{100, 20}, {101, 70}}}},
        {.shape = {2, {120, 90}},
         .slabs = 2,
         .manner = ZERO,
         .slab = {{{30, 5}, {60, 6}}, {{30, 80}, {60, 81}}}},
        {.shape = {2, {120, 90}}, .slabs = 1, .manner = NEGATE, .slab = {{{60, 45}, {120, 90}}}},
        /* slabs that cross, of all manners: in a plane, a row, a corner of what the other leaves;
         */
        {.shape = {3, {32, 2, 200}},
         .slabs = 2,
         .manner = ZERO,
         .slab = {{{5, 0, 0}, {30, 1, 100}}, {{0, 1, 150}, {32, 2, 200}}}},
        {.shape = {3, {12, 32, 30}},
         .slabs = 2,
         .manner = GARBAGE,
         .slab = {{{2, 0, 0}, {3, 32, 30}}, {{0, 13, 0}, {12, 14, 30}}}},
        {.shape = {2, {480, 31}},
         .slabs = 2,
         .manner = NEGATE,
         .slab = {{{173, 0}, {174, 31}}, {{0, 20}, {480, 21}}}},
        {.shape = {4, {6, 17, 10, 12}},
         .slabs = 2,
         .manner = GARBAGE,
         .slab = {{{0, 0, 3, 0}, {6, 17, 5, 12}}, {{0, 4, 0, 0}, {6, 9, 10, 12}}}},
        /* a small part beside a large one; */
        {.shape = {2, {8, 1500}},
         .slabs = 2,
         .manner = SCALE,
         .slab = {{{1, 1200}, {5, 1205}}, {{6, 0}, {8, 1500}}}},
        {.shape = {1, {30000}},
         .slabs = 3,
         .manner = NEGATE,
         .slab = {{{100}, {200}}, {{9000}, {9999}}, {{29000}, {30000}}}}};
    for (size_t k = 0; k < sizeof SUBJECTS / sizeof *SUBJECTS; k++)
        for (seed = 0; seed < 3; seed++) {
            subject s = SUBJECTS[k];
            (void)assert_located(&s, GP_FLOAT64, GP_PROJECT);
        }
    seed = 0;
}

static void a_row_of_a_batch(void **state) {
    (void)state;
    subject s = {.shape = {3, {4, 32, 768}}, .slabs = 1, .slab = {{{2, 13, 0}, {3, 14, 768}}}};
    assert_true(assert_located(&s, GP_FLOAT64, GP_PROJECT) <= 420);
    (void)assert_located(&s, GP_FLOAT32, GP_PROJECT);
}

static void a_million_entries(void **state) {
    (void)state;
    subject s = {.shape = {2, {1000, 1000}}, .slabs = 1, .slab = {{{0, 700}, {1000, 701}}}};
    assert_true(assert_located(&s, GP_FLOAT64, GP_PROJECT) <= 1000);
    s = (subject){.shape = {4, {5, 16, 32, 40}},
                  .slabs = 1,
                  .slab = {{{0, 5, 0, 0}, {5, 6, 32, 40}}},
                  .manner = SCALE};
    (void)assert_located(&s, GP_FLOAT64, GP_PROJECT);
    s.manner = ZERO;
    (void)assert_located(&s, GP_FLOAT32, GP_PROJECT);
}

/* A report says of a check that was ended early what was found, and claims nothing of the rest. */
static void a_budget_that_ends_within_the_search(void **state) {
    (void)state;
    static const slab CROSS[] = {{{173, 0}, {174, 31}}, {{0, 20}, {480, 21}}};
    char text[4096];
    for (budget = 60; budget < 1500; budget += 180) {
        subject s = {
            .shape = {2, {480, 31}}, .slabs = 2, .manner = NEGATE, .slab = {CROSS[0], CROSS[1]}};
        gp_report *r = check(&s, GP_FLOAT64, GP_PROJECT);
        gp_block_result block;
        FILE *stream = tmpfile();
        assert_non_null(stream);
        gp_report_print(r, stream, 0);
        rewind(stream);
        text[fread(text, 1, sizeof text - 1, stream)] = '\0';
        fclose(stream);
        gp_report_block(r, 0, &block);
        assert_true(gp_report_verdict(r) == GP_INCONCLUSIVE || block.verdict == GP_REFUTED);
        assert_null(strstr(text, "confidence"));
        assert_null(strstr(text, "of a verified block"));
        assert_null(strstr(text, "find nothing else"));
        gp_report_destroy(r);
    }
    budget = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(slabs_along_every_axis_f64),
                                       cmocka_unit_test(slabs_along_every_axis_f32),
                                       cmocka_unit_test(several_slabs),
                                       cmocka_unit_test(a_budget_that_ends_within_the_search),
                                       cmocka_unit_test(a_row_of_a_batch),
                                       cmocka_unit_test(a_million_entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

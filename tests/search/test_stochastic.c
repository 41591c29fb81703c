/* Gradients that are right on average: estimators that are used, and what is made wrong in them.
 * GP_RUNS=1000 asks for so many runs of each with seeds of their own. */
#include "testing.h"

enum { N = 4 };

/* ---- random numbers of a draw ------------------------------------------------------- */

typedef struct dice {
    uint64_t seed; /* of the draw; where nobody sets it, it goes on by itself */
    int wild;
    const void *estimator;
} dice;

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in (0, 1): number i of the draw. */
static double uniform(const dice *d, uint64_t i) {
    return ((double)(mix(d->seed * 0x9e3779b97f4a7c15u + mix(i + 1)) >> 11) + 0.5) * 0x1p-53;
}

static double normal(const dice *d, uint64_t i) {
    return sqrt(-2 * log(uniform(d, 2 * i))) *
           cos(2 * 3.14159265358979323846 * uniform(d, 2 * i + 1));
}

static double sigmoid(double z) {
    return 1 / (1 + exp(-z));
}

/* ---- estimators ----------------------------------------------------------------------- */

/* A draw of the value, and of the gradient, with mistake number `wrong` (0: none). */
typedef double (*draw_value)(const dice *d, const double *x);
typedef void (*draw_gradient)(const dice *d, const double *x, int wrong, double *g);

static double cost(const double *z) {
    return pow(z[0] + 2 * z[1] - 1, 2) + sin(z[2]) * z[3] + 0.5 * z[3] * z[3] + exp(0.3 * z[0]);
}

static void cost_gradient(const double *z, double *g) {
    double r = z[0] + 2 * z[1] - 1;
    g[0] = 2 * r + 0.3 * exp(0.3 * z[0]);
    g[1] = 4 * r;
    g[2] = cos(z[2]) * z[3];
    g[3] = sin(z[2]) + z[3];
}

/* z = x + 0.5 e: reparameterised. Wrong: the gradient at the mean instead of at the sample, which
 * differs by the curvature. */
static double pathwise(const dice *d, const double *x) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = x[i] + 0.5 * normal(d, i);
    return cost(z);
}
static void pathwise_gradient(const dice *d, const double *x, int wrong, double *g) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = x[i] + (wrong ? 0 : 0.5) * normal(d, i);
    cost_gradient(z, g);
}

/* z ~ N(x, 0.5^2), score function with a baseline. Wrong: 1 / 0.55^2 for 1 / 0.5^2. */
static void score_gradient(const dice *d, const double *x, int wrong, double *g) {
    double value = pathwise(d, x), s = wrong ? 0.55 : 0.5;
    for (size_t i = 0; i < N; i++)
        g[i] = (value - 2) * 0.5 * normal(d, i) / (s * s);
}

static void coins(const dice *d, const double *x, double *z) {
    for (size_t i = 0; i < N; i++)
        z[i] = uniform(d, i) < sigmoid(x[i]);
}

/* z_i is 1 with probability sigmoid(x_i): the score function; and, as it is often wanted instead,
 * the straight-through estimator, which is biased. */
static double bernoulli(const dice *d, const double *x) {
    double z[N];
    coins(d, x, z);
    return cost(z);
}
static void bernoulli_gradient(const dice *d, const double *x, int wrong, double *g) {
    double z[N];
    coins(d, x, z);
    cost_gradient(z, g);
    for (size_t i = 0; i < N; i++)
        g[i] = wrong ? g[i] * sigmoid(x[i]) * (1 - sigmoid(x[i]))
                     : (cost(z) - 2.5) * (z[i] - sigmoid(x[i]));
}

/* The same by the difference that each coin makes. Wrong: tails count 0.3 in it. */
static void difference_gradient(const dice *d, const double *x, int wrong, double *g) {
    double z[N], p;
    for (size_t i = 0; i < N; i++) {
        coins(d, x, z);
        p = sigmoid(x[i]);
        z[i] = 1;
        g[i] = cost(z);
        z[i] = wrong ? 0.3 : 0;
        g[i] = p * (1 - p) * (g[i] - cost(z));
    }
}

/* Dropout with a rate of 0.3. Wrong: backward doesn't divide by what is kept. */
static double dropout(const dice *d, const double *x) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = uniform(d, i) < 0.7 ? x[i] / 0.7 : 0;
    return cost(z);
}
static void dropout_gradient(const dice *d, const double *x, int wrong, double *g) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = uniform(d, i) < 0.7 ? x[i] / 0.7 : 0;
    cost_gradient(z, g);
    for (size_t i = 0; i < N; i++)
        g[i] *= uniform(d, i) < 0.7 ? 1 / (wrong ? 1 : 0.7) : 0;
}

/* 3 of 40 examples, drawn with replacement, by a hinge. Wrong: 5 % too much, as of a mean over one
 * example less. */
static double example(uint64_t k, uint64_t i) {
    return sin(1.0 + (double)(k * N + i) * 1.7);
}
static double batch(const dice *d, const double *x) {
    double sum = 0;
    for (uint64_t s = 0; s < 3; s++) {
        uint64_t k = (uint64_t)(40 * uniform(d, s));
        double z = 0;
        for (uint64_t i = 0; i < N; i++)
            z += x[i] * example(k, i);
        sum += z < 1 ? (1 - z) * (1 - z) / 3 : 0;
    }
    return sum;
}
static void batch_gradient(const dice *d, const double *x, int wrong, double *g) {
    memset(g, 0, N * sizeof *g);
    for (uint64_t s = 0; s < 3; s++) {
        uint64_t k = (uint64_t)(40 * uniform(d, s));
        double z = 0;
        for (uint64_t i = 0; i < N; i++)
            z += x[i] * example(k, i);
        for (uint64_t i = 0; i < N; i++)
            g[i] += z < 1 ? -2 * (1 - z) * example(k, i) / 3 * (wrong ? 1.05 : 1) : 0;
    }
}

/* Waiting times with rate exp(x), by the inverse of their distribution. Wrong: clipped, draw by
 * draw, as against explosions. */
static double waiting(const dice *d, const double *x) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = -log(uniform(d, i)) * exp(-x[i]);
    return log1p(z[0] + z[1] * z[2]) + z[3];
}
static void waiting_gradient(const dice *d, const double *x, int wrong, double *g) {
    double z[N];
    for (size_t i = 0; i < N; i++)
        z[i] = -log(uniform(d, i)) * exp(-x[i]);
    double s = 1 / (1 + z[0] + z[1] * z[2]);
    g[0] = -z[0] * s;
    g[1] = g[2] = -z[1] * z[2] * s;
    g[3] = -z[3];
    for (size_t i = 0; i < N && wrong; i++)
        g[i] = fmax(g[i], -0.6);
}

typedef struct estimator {
    const char *name;
    draw_value value;
    draw_gradient gradient;
} estimator;

static const estimator ESTIMATORS[] = {
    {"pathwise", pathwise, pathwise_gradient},    {"score", pathwise, score_gradient},
    {"bernoulli", bernoulli, bernoulli_gradient}, {"difference", bernoulli, difference_gradient},
    {"dropout", dropout, dropout_gradient},       {"batch", batch, batch_gradient},
    {"waiting", waiting, waiting_gradient}};
enum { COUNT = sizeof ESTIMATORS / sizeof *ESTIMATORS };

typedef struct trial {
    dice dice;
    const estimator *estimator;
    int wrong;
} trial;

static int set_seed(void *user, uint64_t seed) {
    ((trial *)user)->dice.seed = seed;
    return 0;
}
static void go_on(trial *t) {
    if (t->dice.wild)
        t->dice.seed++;
}
static int value(void *user, size_t n, const double *x, double *f) {
    trial *t = user;
    (void)n;
    go_on(t);
    *f = t->estimator->value(&t->dice, x);
    return 0;
}
static int gradient(void *user, size_t n, const double *x, double *g) {
    trial *t = user;
    (void)n;
    go_on(t);
    t->estimator->gradient(&t->dice, x, t->wrong, g);
    return 0;
}

static gp_report *check(trial *t, uint64_t seed, uint64_t draws) {
    static const double X[N] = {0.7, 0.4, -0.6, 1.1};
    gp_function *f;
    gp_options options;
    size_t n = N;
    gp_options_init(&options);
    options.stochastic = draws;
    options.seed = seed;
    t->dice.seed = seed << 20;
    assert_int_equal(gp_function_create(t->estimator->name, GP_FLOAT64, t, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, X), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    if (!t->dice.wild)
        assert_int_equal(gp_function_set_seed(f, set_seed), GP_OK);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static uint64_t runs(uint64_t usual) {
    const char *asked = getenv("GP_RUNS");
    return asked ? strtoull(asked, NULL, 10) : usual;
}

/* A confidence of 0.999: one run in a thousand may refute what is right, and chance three. */
static void right_estimators_are_never_refuted(void **state) {
    (void)state;
    for (int k = 0; k < COUNT; k++) {
        uint64_t count = runs(12), refuted = 0, verified = 0;
        for (uint64_t seed = 0; seed < count; seed++) {
            trial t = {.estimator = &ESTIMATORS[k]};
            gp_report *report = check(&t, seed + 1, 4096);
            refuted += gp_report_verdict(report) == GP_REFUTED;
            verified += gp_report_verdict(report) == GP_VERIFIED;
            gp_report_destroy(report);
        }
        print_message("%-10s %llu runs: %llu verified, %llu refuted\n", ESTIMATORS[k].name,
                      (unsigned long long)count, (unsigned long long)verified,
                      (unsigned long long)refuted);
        assert_in_range(refuted, 0, 3 * count / 1000);
    }
}

static void biased_ones_are_refuted(void **state) {
    (void)state;
    for (int k = 0; k < COUNT; k++)
        for (uint64_t seed = 0; seed < (runs(0) ? runs(0) / 20 : 4); seed++) {
            trial t = {.estimator = &ESTIMATORS[k], .wrong = 1};
            gp_report *report = check(&t, seed + 1, 65536);
            if (gp_report_verdict(report) != GP_REFUTED) {
                gp_report_print(report, stderr, GP_PRINT_VERBOSE);
                fail_msg("%s: not refuted with seed %llu", ESTIMATORS[k].name,
                         (unsigned long long)seed + 1);
            }
            gp_block_result block;
            int named = 0;
            assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
            for (size_t i = 0; i < block.diagnoses; i++)
                named |= strcmp(block.diagnosis[i].kind, "biased") == 0;
            assert_true(named);
            gp_report_destroy(report);
        }
}

/* Nobody sets the seed: right ones aren't refuted, a factor of two is. */
static void without_a_seed_it_takes_more_draws(void **state) {
    (void)state;
    for (int k = 0; k < COUNT; k++)
        for (uint64_t seed = 0; seed < runs(3); seed++) {
            trial t = {.estimator = &ESTIMATORS[k], .dice.wild = 1};
            gp_report *report = check(&t, seed + 1, 1024);
            assert_int_not_equal(gp_report_verdict(report), GP_REFUTED);
            gp_report_destroy(report);
        }
}

/* ---- large blocks, narrow numbers, odd gradients --------------------------------------- */

enum { LARGE = 300 };

typedef struct large {
    dice dice;
    double factor; /* of the second half of the gradient */
    int skip;      /* leaves its last entry as it is */
    int silent;    /* the value depends on nothing, and the gradient is zero */
} large;

static int seed_large(void *user, uint64_t seed) {
    ((large *)user)->dice.seed = seed;
    return 0;
}
static int value_large(void *user, size_t n, const double *x, double *f) {
    const large *l = user;
    *f = 3;
    for (size_t i = 0; i < n && !l->silent; i++)
        *f += 0.5 * pow(x[i] + 0.3 * normal(&l->dice, i), 2) + 0.1 * x[i] * x[(i + 1) % n];
    return 0;
}
static int gradient_large(void *user, size_t n, const double *x, double *g) {
    const large *l = user;
    for (size_t i = 0; i + (size_t)l->skip < n; i++)
        g[i] =
            l->silent
                ? 0
                : (x[i] + 0.3 * normal(&l->dice, i) + 0.1 * (x[(i + 1) % n] + x[(i + n - 1) % n])) *
                      (i < n / 2 ? 1 : l->factor);
    return 0;
}
static int value_narrow(void *user, size_t n, const float *x, double *f) {
    double wide[LARGE] = {0};
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    return value_large(user, n, wide, f);
}
static int gradient_narrow(void *user, size_t n, const float *x, float *g) {
    double wide[LARGE] = {0}, found[LARGE] = {0};
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    gradient_large(user, n, wide, found);
    for (size_t i = 0; i < n; i++)
        g[i] = (float)found[i];
    return 0;
}

static gp_report *check_large(large *l, size_t n, int narrow) {
    static double x[LARGE];
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.stochastic = 1024;
    for (size_t i = 0; i < LARGE; i++)
        x[i] = 0.5 + sin((double)i);
    assert_int_equal(gp_function_create("large", narrow ? GP_FLOAT32 : GP_FLOAT64, l, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 1, &n, x), GP_OK);
    assert_int_equal(narrow ? gp_function_set_value(f, value_narrow)
                            : gp_function_set_value(f, value_large),
                     GP_OK);
    assert_int_equal(narrow ? gp_function_set_gradient(f, gradient_narrow)
                            : gp_function_set_gradient(f, gradient_large),
                     GP_OK);
    assert_int_equal(gp_function_set_seed(f, seed_large), GP_OK);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void large_blocks_are_asked_along_directions(void **state) {
    (void)state;
    for (int narrow = 0; narrow < 2; narrow++)
        for (int wrong = 0; wrong < 2; wrong++) {
            large l = {.factor = wrong ? 1.3 : 1};
            gp_report *report = check_large(&l, LARGE, narrow);
            gp_block_result block;
            gp_report_block(report, 0, &block);
            assert_true(block.directions > 0);
            assert_int_equal(gp_report_verdict(report), wrong ? GP_REFUTED : GP_VERIFIED);
            assert_true(wrong || block.resolution <= 0.05);
            gp_report_destroy(report);
        }
}

static void what_is_odd_is_named_first(void **state) {
    (void)state;
    large l = {.factor = 1, .skip = 1};
    gp_report *report = check_large(&l, 10, 0);
    gp_block_result block;
    gp_report_block(report, 0, &block);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    assert_int_equal(block.diagnoses, 1);
    assert_string_equal(block.diagnosis[0].kind, "unwritten");
    gp_report_destroy(report);
    large nothing = {.silent = 1};
    report = check_large(&nothing, 10, 0);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE);
    gp_report_block(report, 0, &block);
    assert_int_equal(block.count[GP_ENTRY_UNEXERCISED], 10);
    gp_report_destroy(report);
    large half = {.factor = 1.1};
    report = check_large(&half, 10, 0);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    gp_report_block(report, 0, &block);
    assert_int_equal(block.count[GP_ENTRY_REFUTED], 5);
    gp_report_destroy(report);
}

static void what_it_does_not_go_with_is_refused(void **state) {
    static const double x[2] = {1, 2};
    size_t n = 2;
    gp_function *f;
    large l = {.factor = 1};
    (void)state;
    assert_int_equal(gp_function_create("small", GP_FLOAT64, &l, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value_large), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient_large), GP_OK);
    for (int k = 0; k < 7; k++) {
        gp_options o;
        gp_report *report = NULL;
        gp_error error = {""};
        gp_options_init(&o);
        o.stochastic = k == 0 ? 63 : 64;
        if (k == 1)
            o.journal = "nowhere";
        if (k == 2)
            o.strategy = GP_PROJECT;
        if (k == 3)
            o.self_test = 1;
        if (k == 4)
            o.strict = 1;
        if (k == 5)
            o.accept = 1;
        if (k == 6) {
            o.stochastic = 0;
            o.accept = 0.1;
        }
        gp_status status = gp_check(f, &o, &report, &error);
        assert_int_equal(status, k == 0 || k > 4 ? GP_ERROR_ARGUMENT : GP_ERROR_UNSUPPORTED);
        assert_true(strlen(error.message) > 20);
    }
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_estimators_are_never_refuted),
        cmocka_unit_test(biased_ones_are_refuted),
        cmocka_unit_test(without_a_seed_it_takes_more_draws),
        cmocka_unit_test(large_blocks_are_asked_along_directions),
        cmocka_unit_test(what_is_odd_is_named_first),
        cmocka_unit_test(what_it_does_not_go_with_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

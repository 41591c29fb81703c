/* Every kind of work with each allocation failing in turn, here, in the libraries that are called
 * and in the C library: it ends with "out of memory" or as if nothing had been, and never with
 * something left out. All allocations, one by one:
 *
 *     GRADPROOF_EVERY_ALLOCATION=1 build-dev/tests/test_failing_allocations
 */
#include "gradproof/chain.h"
#include "gradproof/notebook.h"
#include "gradproof/train.h"
#include "memory/stage.h"
#include "team_of_threads.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "nn/model/model.h"
#include "nn/network/blas.h"
#include "system/random.h"

/* ---- functions ------------------------------------------------------------------- */

enum { N = 6, M = 4 };

/* f(x) = sum of c_i x_i^3 / 3 + |x_0| + x_i x_{i+1}; wrong: the last entry of its gradient. */
static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    *f = fabs(x[0]);
    for (size_t i = 0; i < n; i++)
        *f += (1 + 0.1 * (double)(i % 7)) * x[i] * x[i] * x[i] / 3 + x[i] * x[(i + 1) % n];
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = (1 + 0.1 * (double)(i % 7)) * x[i] * x[i] + x[(i + 1) % n] + x[(i + n - 1) % n];
    g[0] += x[0] < 0 ? -1 : 1;
    if (user)
        g[n - 1] *= 1.01;
    return 0;
}

static gp_status cubic(const size_t *shape, int wrong, gp_function **f) {
    static int yes;
    size_t n = shape[0] * shape[1];
    static double x[4096];
    for (size_t i = 0; i < n; i++)
        x[i] = 0.3 + 0.01 * (double)(i * i % 97);
    gp_status status = gp_function_create("cubic", GP_FLOAT64, wrong ? &yes : NULL, f);
    if (status == GP_OK)
        status = gp_function_add_block(*f, "w", 0, 2, shape, x);
    if (status == GP_OK)
        status = gp_function_set_value(*f, value);
    return status == GP_OK ? gp_function_set_gradient(*f, gradient) : status;
}

/* F_j = sin(c_j x_j) + x_j x_{j+1}, J its derivatives */
static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user, (void)n;
    for (size_t j = 0; j < m; j++)
        y[j] = sin((1 + 0.3 * (double)j) * x[j]) + x[j] * x[j + 1];
    return 0;
}

static double derivative(const double *x, size_t j, size_t i) {
    double c = 1 + 0.3 * (double)j;
    return i == j ? c * cos(c * x[j]) + x[j + 1] : i == j + 1 ? x[j] : 0;
}

static int jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    (void)user;
    for (size_t k = 0; k < count; k++) /* dense, or of the pattern below */
        J[k] = count == 2 * M ? derivative(x, k / 2, k / 2 + k % 2) : derivative(x, k / n, k % n);
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    for (size_t i = 0; i < n; i++) {
        g[i] = 0;
        for (size_t j = 0; j < m; j++)
            g[i] += u[j] * derivative(x, j, i) * (user && i == 2 ? 1.1 : 1);
    }
    return 0;
}

static int jvp(void *user, size_t n, const double *x, const double *v, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t i = 0; i < n; i++)
            y[j] += v[i] * derivative(x, j, i);
    }
    return 0;
}

static int hvp(void *user, size_t n, const double *x, const double *v, double *y) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        y[i] = 2 * (1 + 0.1 * (double)(i % 7)) * x[i] * v[i] + v[(i + 1) % n] + v[(i + n - 1) % n];
    return 0;
}

static int hessian(void *user, size_t n, const double *x, size_t count, double *H) {
    double v[N];
    (void)count;
    for (size_t j = 0; j < n; j++) {
        memset(v, 0, sizeof v);
        v[j] = 1;
        hvp(user, n, x, v, H + j * n);
    }
    return 0;
}

static int seed_nothing(void *user, uint64_t seed) {
    (void)user, (void)seed;
    return 0;
}

/* Checks and shows the report; destroys the function, which may be NULL where status says why. */
static int check(stage *s, gp_status status, gp_function *f, const gp_options *options) {
    gp_report *report = NULL;
    gp_error error = {""};
    if (status == GP_OK)
        status = gp_check(f, options, &report, &error);
    if (status == GP_OK)
        show_report(s, report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return (int)status;
}

/* ---- checks ---------------------------------------------------------------------- */

static int check_notebook(stage *s, const char *which) {
    gp_function *f = NULL;
    gp_options options;
    gp_options_init(&options);
    options.notebook_epsilon = 1e-7;
    options.self_test = 1;
    gp_status status = gp_notebook_function(which, &f, NULL);
    return check(s, status, f, &options);
}

static int notebook_given(stage *s) {
    return check_notebook(s, "given");
}

static int notebook_corrected(stage *s) {
    return check_notebook(s, "corrected");
}

/* Functions of blocks with spaces, one of whose gradients follows another convention. */
static int waves(void *user, size_t n, const double *x, double *value) {
    (void)user;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value += sin(x[i] + (double)i);
    return 0;
}

static int waves_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = cos(x[i] + (double)i);
    return 0;
}

static int move_straight(void *context, size_t k, const double *x, const double *v, double *y) {
    (void)context;
    for (size_t i = 0; i < k; i++)
        y[i] = x[i] + v[i];
    return 0;
}

static int spaces(stage *s) {
    static const double frame[6] = {0.6, 0, 0.8, 0, 0, 1}, definite[4] = {2, 0.5, 0.5, 1};
    static const size_t tall[] = {3, 2}, square[] = {2, 2}, two = 2;
    gp_function *f = NULL;
    gp_status status = gp_function_create("spaces", GP_FLOAT64, NULL, &f);
    if (status != GP_OK)
        return (int)status;
    gp_function_add_block(f, "X", 0, 2, tall, frame);
    gp_function_add_block(f, "S", 0, 2, square, definite);
    gp_function_add_block(f, "w", 0, 1, &two, definite);
    gp_function_set_space(f, "X", "stiefel", "canonical");
    gp_function_set_space(f, "S", "positive-definite", NULL);
    gp_function_set_retraction(f, "w", 2, move_straight, NULL, "tangent");
    gp_function_set_value(f, waves);
    gp_function_set_gradient(f, waves_gradient);
    gp_function_plant(f, "S:scale=1", NULL);
    return check(s, GP_OK, f, NULL);
}

static gp_status set_maps(gp_function *f) {
    gp_status status = gp_function_set_map(f, M, map);
    if (status == GP_OK)
        status = gp_function_set_vjp(f, vjp);
    if (status == GP_OK)
        status = gp_function_set_jvp(f, jvp);
    return status == GP_OK ? gp_function_set_jacobian(f, jacobian) : status;
}

static int check_maps(stage *s, int wrong, int sparse) {
    gp_function *f = NULL;
    static const double x[N] = {0.3, -0.7, 1.1, 0.4, -0.2, 0.9};
    static const double lower[N] = {-2, -2, -2, -2, -2, -2}, upper[N] = {2, 2, 2, 2, 2, 2};
    size_t n = N, row[2 * M], column[2 * M];
    for (size_t k = 0; k < 2 * M; k++) {
        row[k] = k / 2;
        column[k] = k / 2 + k % 2;
    }
    gp_status status = gp_function_create("maps", GP_FLOAT64, wrong ? row : NULL, &f);
    if (status == GP_OK)
        status = gp_function_add_block(f, "x", 0, 1, &n, x);
    if (status == GP_OK && sparse)
        status = gp_function_set_bounds(f, lower, upper);
    if (status == GP_OK)
        status = set_maps(f);
    if (status == GP_OK)
        status = gp_function_add_output(f, "y", 1, (size_t[]){M});
    if (status == GP_OK && sparse)
        status = gp_function_set_sparsity(f, 2 * M, row, column);
    return check(s, status, f, NULL);
}

static int maps(stage *s) {
    return check_maps(s, 1, 0);
}

static int sparse_map(stage *s) {
    return check_maps(s, 0, 1);
}

/* Derivatives of a map by random products; wrong: the VJP of one input, which is then sought. */
static int check_products(stage *s, int wrong, int planted) {
    static int yes;
    static double x[N] = {0.3, 0.7, 1.1, 0.4, 0.9, 0.2};
    gp_function *f = NULL;
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    gp_status status = gp_function_create("products", GP_FLOAT64, wrong ? &yes : NULL, &f);
    if (status == GP_OK)
        status = gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x);
    if (status == GP_OK)
        status = set_maps(f);
    if (status == GP_OK && planted)
        status = gp_function_plant(f, "jvp x:scale=1.1", NULL);
    return check(s, status, f, &options);
}

static int products(stage *s) {
    return check_products(s, 0, 0);
}

static int wrong_products(stage *s) {
    return check_products(s, 1, 0);
}

static int planted_products(stage *s) {
    return check_products(s, 0, 1);
}

static int second_derivatives(stage *s) {
    gp_function *f = NULL;
    gp_status status = cubic((size_t[]){2, N / 2}, 0, &f);
    if (status == GP_OK)
        status = gp_function_set_hvp(f, hvp);
    if (status == GP_OK)
        status = gp_function_set_hessian(f, hessian);
    return check(s, status, f, NULL);
}

static int check_cubic(stage *s, size_t rows, size_t columns, int wrong, unsigned jobs,
                       int reentrant, gp_strategy strategy, const char *journal) {
    gp_function *f = NULL;
    gp_options options;
    gp_status status = cubic((size_t[]){rows, columns}, wrong, &f);
    if (status == GP_OK)
        status = gp_function_set_reentrant(f, reentrant);
    if (status == GP_OK)
        status = gp_function_set_seed(f, seed_nothing);
    gp_options_init(&options);
    options.jobs = jobs;
    options.strategy = strategy;
    options.points = 2;
    options.journal = journal;
    return check(s, status, f, &options);
}

static int by_directions(stage *s) {
    return check_cubic(s, 40, 30, 1, 0, 0, GP_PROJECT, NULL);
}

static int sampled(stage *s) {
    return check_cubic(s, 20, 30, 1, 0, 0, GP_SAMPLE, NULL);
}

static int in_threads(stage *s) {
    return check_cubic(s, 4, 3, 0, 2, 1, GP_FULL, NULL);
}

static int in_processes(stage *s) {
    return check_cubic(s, 4, 3, 1, 2, 0, GP_FULL, NULL);
}

static int with_a_journal(stage *s) {
    return check_cubic(s, 4, 3, 1, 0, 0, GP_FULL, in_folder(s, "journal"));
}

/* A journal of a check that failed is there still; then it must be one to go on from. */
static const char *inspect_journal(stage *s, int status) {
    const char *path = in_folder(s, "journal");
    if (status == GP_OK) /* its caller's to remove, once the report is written */
        return access(path, F_OK) == 0 ? NULL : "removed its journal";
    gp_function *f = NULL;
    gp_report *report = NULL;
    gp_options options;
    gp_options_init(&options);
    options.points = 2;
    options.strategy = GP_FULL;
    options.journal = path;
    status = (int)cubic((size_t[]){4, 3}, 1, &f);
    if (status == GP_OK)
        status = (int)gp_function_set_seed(f, seed_nothing);
    if (status == GP_OK)
        status = (int)gp_check(f, &options, &report, NULL);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return status == GP_OK ? NULL : "left a journal from which the check can't go on";
}

/* ---- teams: nobody waits for a rank that has none --------------------------------- */

typedef struct rank {
    pthread_barrier_t *all;
    int spread; /* each holds a block; else they share the work */
    gp_status status;
    gp_report *report;
} rank;

static double sum_over_ranks(const gp_team *team, double mine) {
    double all[RANKS], sum = 0;
    if (team->gather(team->context, &mine, sizeof mine, all) != 0)
        return NAN;
    for (int r = 0; r < RANKS; r++)
        sum += all[r];
    return sum;
}

enum { SHARE = 200 }; /* entries a rank */

static int spread_value(void *user, size_t n, const double *x, double *f) {
    const gp_team *team = user;
    double own = 0;
    (void)n;
    for (size_t i = (size_t)team->rank * SHARE, k = 0; k < SHARE; i++, k++)
        own += x[i] * x[i] * (0.5 + x[i] / 3);
    *f = sum_over_ranks(team, own);
    return 0;
}

static int spread_gradient(void *user, size_t n, const double *x, double *g) {
    const gp_team *team = user;
    (void)n;
    for (size_t i = (size_t)team->rank * SHARE, k = 0; k < SHARE; i++, k++)
        g[i] = x[i] * (1 + x[i]);
    return 0;
}

static gp_status make_spread(const gp_team *team, gp_function **f) {
    static const char *const NAMES[RANKS] = {"a", "b", "c"};
    size_t shape[] = {SHARE};
    double x[SHARE];
    for (size_t i = 0; i < SHARE; i++)
        x[i] = 0.3 + 0.01 * (double)(i * i % 97);
    gp_status status = gp_function_create("spread", GP_FLOAT64, (void *)(uintptr_t)team, f);
    if (status == GP_OK)
        status = gp_function_set_team(*f, team);
    for (int b = 0; b < RANKS && status == GP_OK; b++)
        status = gp_function_add_block(*f, NAMES[b], 0, 1, shape, b == team->rank ? x : NULL);
    gp_function_set_value(*f, spread_value);
    gp_function_set_gradient(*f, spread_gradient);
    return status;
}

/* Memory is short from when all are about to check until the first has done so. */
static void *check_in_team(void *argument) {
    member *m = argument;
    rank *r = m->task;
    gp_function *f = NULL;
    gp_options options;
    gp_options_init(&options);
    options.team = r->spread ? NULL : &m->team;
    options.jobs = r->spread ? 0 : 2;
    r->status = r->spread ? make_spread(&m->team, &f) : cubic((const size_t[]){5, 6}, 1, &f);
    assert_int_equal(r->status, GP_OK);
    pthread_barrier_wait(r->all);
    if (m->team.rank == 0)
        failing_allocator_resume();
    pthread_barrier_wait(r->all);
    r->status = gp_check(f, &options, &r->report, NULL);
    if (m->team.rank == 0)
        failing_allocator_pause();
    pthread_barrier_wait(r->all);
    gp_function_destroy(f);
    return NULL;
}

static int check_as_team(stage *s, int spread) {
    pthread_barrier_t all;
    rank ranks[RANKS];
    void *tasks[RANKS];
    int status = 0;
    alarm(60); /* ranks that wait for ever fail too */
    pthread_barrier_init(&all, NULL, RANKS);
    for (int r = 0; r < RANKS; r++) {
        ranks[r] = (rank){.all = &all, .spread = spread};
        tasks[r] = &ranks[r];
    }
    failing_allocator_pause();
    run_team(check_in_team, tasks);
    failing_allocator_resume();
    pthread_barrier_destroy(&all);
    alarm(0);
    status = (int)ranks[0].status;
    for (int r = 1; r < RANKS; r++)
        if (ranks[r].status != ranks[0].status)
            status = -1;
    if (status == GP_OK)
        show_report(s, ranks[0].report);
    for (int r = 0; r < RANKS; r++)
        gp_report_destroy(ranks[r].report);
    return status;
}

static int team_of_threads(stage *s) {
    return check_as_team(s, 0);
}

static int spread_over_threads(stage *s) {
    return check_as_team(s, 1);
}

/* ---- networks -------------------------------------------------------------------- */

enum { EXAMPLES = 12, INPUTS = 3 };

static int check_network(stage *s, gp_dtype dtype, int mixed, double dropout, const char *plant,
                         gp_strategy strategy, uint64_t draws) {
    static const size_t units[] = {4, 3, 1};
    double X[EXAMPLES * INPUTS], y[EXAMPLES];
    gp_network_options o = {.inputs = INPUTS,
                            .layers = 3,
                            .units = units,
                            .hidden = GP_RELU,
                            .dtype = dtype,
                            .value_in_float64 = mixed,
                            .dropout = dropout,
                            .l2 = 0.03,
                            .positive_weight = 2,
                            .seed = 5};
    gp_network *net = NULL;
    gp_function *f = NULL;
    gp_options options;
    for (size_t i = 0; i < EXAMPLES * INPUTS; i++)
        X[i] = gp_random_normal(1, GP_STREAM_GENERATE, 0, i);
    for (size_t i = 0; i < EXAMPLES; i++)
        y[i] = (double)(i % 3 == 0);
    gp_status status = gp_network_create(&o, &net, NULL);
    if (status == GP_OK)
        status = gp_network_set_data(net, EXAMPLES, X, y);
    if (status == GP_OK)
        status = gp_network_function(net, EXAMPLES / 2, &f, NULL);
    if (status == GP_OK && plant)
        status = gp_function_plant(f, plant, NULL);
    gp_options_init(&options);
    options.points = 3;
    options.strategy = strategy;
    options.stochastic = draws;
    int returned = check(s, status, f, &options);
    gp_network_destroy(net);
    return returned;
}

static int network_float64(stage *s) {
    return check_network(s, GP_FLOAT64, 0, 0, NULL, GP_FULL, 0);
}

static int network_float32(stage *s) {
    return check_network(s, GP_FLOAT32, 0, 0, "W2:scale=1.5", GP_FULL, 0);
}

static int network_mixed(stage *s) {
    return check_network(s, GP_FLOAT32, 1, 0, "b1:zero", GP_FULL, 0);
}

static int network_with_dropout(stage *s) {
    return check_network(s, GP_FLOAT64, 0, 0.2, "W2:transpose", GP_FULL, 0);
}

static int network_by_draws(stage *s) {
    return check_network(s, GP_FLOAT64, 0, 0.2, "W1:scale=1.5", GP_AUTO, 64);
}

static int network_by_directions(stage *s) {
    return check_network(s, GP_FLOAT64, 0, 0, "W1:entry=3,add=0.5", GP_PROJECT, 0);
}

/* ---- chains ---------------------------------------------------------------------- */

/* out_i = tanh(theta_i in_i) */
static int forward(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                   size_t outputs, double *out) {
    (void)user, (void)p, (void)inputs;
    for (size_t i = 0; i < outputs; i++)
        out[i] = tanh(theta[i] * in[i]);
    return 0;
}

static int backward(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                    size_t outputs, const double *u, double *g, double *g_in) {
    (void)p, (void)inputs;
    for (size_t i = 0; i < outputs; i++) {
        double t = tanh(theta[i] * in[i]), slope = u[i] * (1 - t * t) * (user ? 1.1 : 1);
        g[i] = slope * in[i];
        if (g_in)
            g_in[i] = slope * theta[i];
    }
    return 0;
}

static int forward_sum(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                       size_t outputs, double *out) {
    (void)user, (void)p, (void)theta, (void)outputs;
    *out = 0;
    for (size_t i = 0; i < inputs; i++)
        *out += in[i] * in[i] / 2;
    return 0;
}

static int backward_sum(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                        size_t outputs, const double *u, double *g, double *g_in) {
    (void)user, (void)p, (void)theta, (void)outputs, (void)g;
    for (size_t i = 0; i < inputs && g_in; i++)
        g_in[i] = u[0] * in[i];
    return 0;
}

static int chain(stage *s) {
    static int wrong;
    static const double data[3] = {0.4, -0.8, 1.2}, theta[3] = {0.9, 0.5, -0.7};
    size_t three = 3;
    gp_chain *c = NULL;
    gp_report *whole = NULL;
    gp_status status = gp_chain_create("chain", 3, data, &c);
    for (int k = 0; k < 2 && status == GP_OK; k++) {
        status =
            gp_chain_add_stage(c, k ? "second" : "first", 3, k ? &wrong : NULL, forward, backward);
        if (status == GP_OK)
            status = gp_chain_add_block(c, k ? "u" : "t", 1, &three, theta);
    }
    if (status == GP_OK)
        status = gp_chain_add_stage(c, "sum", 1, NULL, forward_sum, backward_sum);
    if (status == GP_OK)
        status = gp_chain_check(c, NULL, &whole, NULL);
    if (status == GP_OK) {
        show_report(s, whole);
        for (size_t k = 0; k < 3; k++)
            if (gp_chain_stage_report(c, k))
                show_report(s, gp_chain_stage_report(c, k));
    }
    gp_report_destroy(whole);
    gp_chain_destroy(c);
    return (int)status;
}

/* ---- reports --------------------------------------------------------------------- */

/* Made before allocations fail. */
static gp_report *ready;

static void make_report(stage *s) {
    (void)s;
    gp_function *f = NULL;
    gp_options options;
    gp_options_init(&options);
    options.notebook_epsilon = 1e-7;
    options.curves = 2;
    if (ready)
        return;
    assert_int_equal(gp_notebook_function("given", &f, NULL), GP_OK);
    assert_int_equal(gp_check(f, &options, &ready, NULL), GP_OK);
    gp_function_destroy(f);
}

/* Several times, into memory that has to grow; what came out of a failed writing is of no use. */
static int write_report(stage *s, gp_status (*write)(const gp_report *, FILE *)) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    gp_status status = stream ? GP_OK : GP_ERROR_MEMORY;
    for (int k = 0; k < 5 && status == GP_OK; k++)
        status = write ? write(ready, stream) : gp_report_print(ready, stream, GP_PRINT_VERBOSE);
    failing_allocator_pause();
    if (stream && fclose(stream) != 0 && status == GP_OK)
        status = GP_ERROR_OUTPUT;
    failing_allocator_resume();
    if (status == GP_OK)
        show_bytes(s, text, size);
    free(text);
    return status == GP_ERROR_OUTPUT ? GP_ERROR_MEMORY : (int)status; /* of the stream's output */
}

static int json_report(stage *s) {
    return write_report(s, gp_report_write_json);
}

static int html_report(stage *s) {
    return write_report(s, gp_report_write_html);
}

static int junit_report(stage *s) {
    return write_report(s, gp_report_write_junit);
}

static int markdown_report(stage *s) {
    return write_report(s, gp_report_write_markdown);
}

static int text_report(stage *s) {
    return write_report(s, NULL);
}

/* ---- tables, models, training ---------------------------------------------------- */

static int read_table(stage *s) {
    gp_table *table = NULL;
    double *X = NULL, *labels = NULL;
    gp_error error = {""};
    gp_status status = gp_table_read_csv(GP_TEST_DATA "/payments.csv", &table, &error);
    if (status == GP_OK)
        status = gp_table_examples(table, "fraud", 3, &X, &labels, &error);
    if (status == GP_OK) {
        size_t rows = gp_table_rows(table), columns = gp_table_columns(table);
        for (size_t k = 0; k < columns; k++)
            show_bytes(s, gp_table_column_name(table, k), strlen(gp_table_column_name(table, k)));
        show_bytes(s, X, rows * (columns - 1) * sizeof *X);
        show_bytes(s, labels, rows * sizeof *labels);
    }
    free(X);
    free(labels);
    gp_table_destroy(table);
    return (int)status;
}

static int generate_table(stage *s) {
    gp_table *table = NULL;
    gp_status status = gp_table_generate(40, 3, &table, NULL);
    for (size_t r = 0; r < 40 && status == GP_OK; r++)
        for (size_t k = 0; k < gp_table_columns(table); k++) {
            double cell = gp_table_cell(table, r, k);
            show_bytes(s, &cell, sizeof cell);
        }
    gp_table_destroy(table);
    return (int)status;
}

static void show_model(stage *s, const gp_model *m) {
    size_t n = m->network->n;
    for (size_t k = 0; k < m->inputs; k++)
        show_bytes(s, m->input[k], strlen(m->input[k]) + 1);
    show_bytes(s, m->mean, m->inputs * sizeof *m->mean);
    show_bytes(s, m->deviation, m->inputs * sizeof *m->deviation);
    show_bytes(s, m->label, strlen(m->label) + 1);
    show_bytes(s, m->network->theta, n * sizeof *m->network->theta);
    show_bytes(s, m->checks, strlen(m->checks));
}

static gp_train_options training(gp_dtype dtype) {
    static const size_t hidden[] = {3};
    gp_train_options o;
    gp_train_options_init(&o);
    o.label = "fraud";
    o.hidden = hidden;
    o.hidden_layers = 1;
    o.activation = GP_RELU;
    o.dtype = dtype;
    o.epochs = 2;
    o.batch = 16;
    o.l2 = 1e-3;
    o.positive_weight = -1;
    o.seed = 3;
    return o;
}

static int train(stage *s, const gp_train_options *o, const char *out) {
    gp_table *table = NULL;
    gp_model *model = NULL;
    gp_report *refuted = NULL;
    gp_error error = {""};
    gp_status status = gp_table_read_csv(GP_TEST_DATA "/payments.csv", &table, &error);
    if (status == GP_OK)
        status = gp_train(table, o, &model, &refuted, &error);
    if (status == GP_OK && model && out)
        status = gp_model_write(model, out, &error);
    if (status == GP_OK && model)
        show_model(s, model);
    if (status == GP_OK && refuted)
        show_report(s, refuted);
    gp_report_destroy(refuted);
    gp_model_destroy(model);
    gp_table_destroy(table);
    return (int)status;
}

static int train_alone(stage *s) {
    gp_train_options o = training(GP_FLOAT64);
    o.check_every = 1;
    return train(s, &o, NULL);
}

static int train_with_two_threads(stage *s) {
    gp_train_options o = training(GP_FLOAT32);
    o.jobs = 2;
    o.checks = 0;
    o.time_column = "hour";
    return train(s, &o, NULL);
}

/* The mistake is in every step, or in none of them: the weights tell. */
static int train_with_a_mistake(stage *s) {
    static const char *const plant[] = {"W1:scale=1.5"};
    gp_train_options o = training(GP_FLOAT32);
    o.checks = 0;
    o.plant = plant;
    o.plants = 1;
    return train(s, &o, NULL);
}

static int train_to_be_stopped(stage *s) {
    static const char *const plant[] = {"W1:scale=1.5"};
    gp_train_options o = training(GP_FLOAT32);
    o.plant = plant;
    o.plants = 1;
    return train(s, &o, NULL);
}

static gp_train_options training_with_a_checkpoint(const stage *s) {
    gp_train_options o = training(GP_FLOAT32);
    o.checkpoint = in_folder(s, "checkpoint");
    return o;
}

/* A checkpoint of an earlier run, as it is after the first epoch. */
static void copy_checkpoint(void *user, const gp_training *t) {
    const stage *s = user;
    char bytes[65536];
    if (t->epoch != 1)
        return;
    int from = open(in_folder(s, "checkpoint"), O_RDONLY);
    int to = open(in_folder(s, "copy"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t size = read(from, bytes, sizeof bytes);
    assert_true(size > 0 && size < (ssize_t)sizeof bytes);
    assert_int_equal(write(to, bytes, (size_t)size), size);
    close(from);
    close(to);
}

static void leave_a_checkpoint(stage *s) {
    gp_train_options o = training_with_a_checkpoint(s);
    stage quiet = *s;
    o.progress = copy_checkpoint;
    o.user = s;
    quiet.out = open("/dev/null", O_WRONLY);
    assert_int_equal(train(&quiet, &o, NULL), GP_OK);
    close(quiet.out);
    assert_int_equal(rename(in_folder(s, "copy"), in_folder(s, "checkpoint")), 0);
}

static int resume_training(stage *s) {
    gp_train_options o = training_with_a_checkpoint(s);
    return train(s, &o, in_folder(s, "model"));
}

/* What is there is a whole model, or a checkpoint from which there can be one. */
static const char *inspect_training(stage *s, int status) {
    gp_model *model = NULL;
    const char *out = in_folder(s, "model");
    if (status == GP_OK || access(out, F_OK) == 0) {
        gp_status read = gp_model_read(out, &model, NULL);
        gp_model_destroy(model);
        return read == GP_OK ? NULL : "left a model that can't be read";
    }
    stage quiet = *s;
    gp_train_options o = training_with_a_checkpoint(s);
    o.checks = GP_CHECK_START | GP_CHECK_BURN_IN | GP_CHECK_END;
    quiet.out = open("/dev/null", O_WRONLY);
    status = train(&quiet, &o, NULL);
    close(quiet.out);
    return status == GP_OK ? NULL : "left a checkpoint from which training can't go on";
}

static int write_model(stage *s) {
    gp_model *model = NULL;
    gp_status status = gp_model_read(in_folder(s, "other"), &model, NULL);
    if (status == GP_OK)
        status = gp_model_write(model, in_folder(s, "model"), NULL);
    gp_model_destroy(model);
    return (int)status;
}

static void make_model(stage *s, uint64_t seed, gp_dtype dtype, const char *name) {
    stage quiet = *s;
    gp_train_options o = training(dtype);
    o.seed = seed;
    o.epochs = 1;
    o.checks = GP_CHECK_END;
    quiet.out = open("/dev/null", O_WRONLY);
    assert_int_equal(train(&quiet, &o, in_folder(s, name)), GP_OK);
    close(quiet.out);
}

/* Trained once: an earlier model and the one that is to take its place. */
static void prepare_two_models(stage *s) {
    static char kept[2][65536];
    static size_t size[2];
    static const char *const names[] = {"model", "other"};
    for (int k = 0; k < 2; k++) {
        if (size[k] == 0) {
            make_model(s, (uint64_t)k + 1, k ? GP_FLOAT32 : GP_FLOAT64, names[k]);
            FILE *file = fopen(in_folder(s, names[k]), "rb");
            assert_non_null(file);
            size[k] = fread(kept[k], 1, sizeof kept[k], file);
            fclose(file);
        }
        FILE *file = fopen(in_folder(s, names[k]), "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(kept[k], 1, size[k], file), size[k]);
        fclose(file);
    }
}

static int use_model(stage *s) {
    gp_model *model = NULL;
    gp_function *f = NULL;
    double X[6] = {22, 11, 518, 53, 18, 83}, labels[2] = {0, 1}, probability[2], influence[6];
    gp_quality quality;
    gp_status status = gp_model_read(in_folder(s, "model"), &model, NULL);
    if (status == GP_OK)
        status = gp_model_score(model, 2, X, probability);
    if (status == GP_OK)
        status = gp_model_explain(model, 2, X, influence);
    if (status == GP_OK)
        status = gp_quality_of(2, probability, labels, 0.5, 1, 1, &quality);
    if (status == GP_OK)
        status = gp_model_function(model, 2, X, labels, &f, NULL);
    if (status == GP_OK) {
        show_model(s, model);
        show_bytes(s, probability, sizeof probability);
        show_bytes(s, influence, sizeof influence);
        show_bytes(s, &quality.roc_auc, sizeof quality.roc_auc);
    }
    int returned = check(s, status, f, NULL);
    gp_model_destroy(model);
    return returned;
}

/* ---- the program ----------------------------------------------------------------- */

/* What a command writes to standard output comes out; an exit code other than that of an
 * undisturbed run needs a line on standard error, in the file "said". */
static int command(stage *s, int (*run)(int, char **), const char *const *words) {
    char *argv[16];
    int argc = 0;
    failing_allocator_pause();
    fflush(NULL);
    dup2(s->out, STDOUT_FILENO);
    int said = open(in_folder(s, "said"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(said, STDERR_FILENO);
    close(said);
    failing_allocator_resume();
    for (; words[argc]; argc++)
        argv[argc] = (char *)words[argc];
    argv[argc] = NULL;
    int code = run(argc, argv);
    failing_allocator_pause();
    fflush(NULL);
    failing_allocator_resume();
    return code;
}

static int score(stage *s) {
    return command(s, cli_score,
                   (const char *[]){"score", in_folder(s, "model"), GP_TEST_DATA "/payments.csv",
                                    "--explain", "--threshold", "0.5", NULL});
}

static int score_into_a_file(stage *s) {
    return command(s, cli_score,
                   (const char *[]){"score", in_folder(s, "model"), GP_TEST_DATA "/payments.csv",
                                    "--out", in_folder(s, "scores"), NULL});
}

static int evaluate(stage *s) {
    return command(s, cli_evaluate,
                   (const char *[]){"evaluate", in_folder(s, "model"), GP_TEST_DATA "/payments.csv",
                                    "--json", NULL});
}

static int evaluate_in_words(stage *s) {
    return command(s, cli_evaluate,
                   (const char *[]){"evaluate", in_folder(s, "model"), GP_TEST_DATA "/payments.csv",
                                    "--picture", in_folder(s, "picture"), NULL});
}

static int check_command(stage *s) {
    return command(s, cli_check, (const char *[]){"check", "notebook:given", "--json", "-", NULL});
}

static int check_for_pages(stage *s) {
    return command(s, cli_check,
                   (const char *[]){"check", "notebook:given", "--html", in_folder(s, "page"),
                                    "--junit", in_folder(s, "junit"), "--markdown",
                                    in_folder(s, "summary"), NULL});
}

static int check_network_command(stage *s) {
    return command(s, cli_check,
                   (const char *[]){"check", "network", "--data", GP_TEST_DATA "/payments.csv",
                                    "--label", "fraud", "--hidden", "3", "--batch", "16", "--json",
                                    in_folder(s, "report"), NULL});
}

static int check_model_command(stage *s) {
    return command(s, cli_check,
                   (const char *[]){"check", in_folder(s, "m.safetensors"), "--data",
                                    GP_TEST_DATA "/payments.csv", NULL});
}

static void prepare_model_file(stage *s) {
    prepare_two_models(s);
    assert_int_equal(rename(in_folder(s, "model"), in_folder(s, "m.safetensors")), 0);
    assert_int_equal(unlink(in_folder(s, "other")), 0);
}

static int generate(stage *s) {
    return command(s, cli_generate, (const char *[]){"generate", "--rows", "30", NULL});
}

static int train_command(stage *s) {
    return command(s, cli_train,
                   (const char *[]){"train", GP_TEST_DATA "/payments.csv", "--label", "fraud",
                                    "--hidden", "3", "--epochs", "2", "--out",
                                    in_folder(s, "model"), "--check", "none", "--quiet", NULL});
}

static int train_checked(stage *s) {
    return command(s, cli_train,
                   (const char *[]){"train", GP_TEST_DATA "/payments.csv", "--label", "fraud",
                                    "--hidden", "3", "--epochs", "2", "--out",
                                    in_folder(s, "model"), "--check", "start", "--quiet", NULL});
}

/* Its file tells how long a check took, and so differs each time. */
static const char *inspect_checked_model(stage *s, int status) {
    gp_model *model = NULL;
    const char *out = in_folder(s, "model");
    if (access(out, F_OK) != 0)
        return status == 0 ? "wrote no model" : NULL;
    if (gp_model_read(out, &model, NULL) != GP_OK)
        return "left a model that can't be read";
    int checked = strstr(gp_model_checks(model), "verified") != NULL;
    gp_model_destroy(model);
    return checked ? NULL : "left a model without its check";
}

static int train_stopped(stage *s) {
    return command(s, cli_train,
                   (const char *[]){"train", GP_TEST_DATA "/payments.csv", "--label", "fraud",
                                    "--hidden", "3", "--plant", "W1:scale=1.5", "--out",
                                    in_folder(s, "model"), NULL});
}

static int demo(stage *s) {
    return command(
        s, cli_demo,
        (const char *[]){"demo", "--data", GP_TEST_DATA "/payments.csv", "--label", "fraud", NULL});
}

/* ---- all of them ----------------------------------------------------------------- */

static const scenario SCENARIOS[] = {
    {"notebook-given", notebook_given, GP_ERROR_MEMORY, NULL, NULL},
    {"notebook-corrected", notebook_corrected, GP_ERROR_MEMORY, NULL, NULL},
    {"maps", maps, GP_ERROR_MEMORY, NULL, NULL},
    {"spaces", spaces, GP_ERROR_MEMORY, NULL, NULL},
    {"sparse-map", sparse_map, GP_ERROR_MEMORY, NULL, NULL},
    {"products", products, GP_ERROR_MEMORY, NULL, NULL},
    {"wrong-products", wrong_products, GP_ERROR_MEMORY, NULL, NULL},
    {"planted-products", planted_products, GP_ERROR_MEMORY, NULL, NULL},
    {"second-derivatives", second_derivatives, GP_ERROR_MEMORY, NULL, NULL},
    {"by-directions", by_directions, GP_ERROR_MEMORY, NULL, NULL},
    {"sampled", sampled, GP_ERROR_MEMORY, NULL, NULL},
    {"in-threads", in_threads, GP_ERROR_MEMORY, NULL, NULL},
    {"in-processes", in_processes, GP_ERROR_MEMORY, NULL, NULL},
    {"team-of-threads", team_of_threads, GP_ERROR_MEMORY, NULL, NULL},
    {"spread-over-threads", spread_over_threads, GP_ERROR_MEMORY, NULL, NULL},
    {"with-a-journal", with_a_journal, GP_ERROR_MEMORY, NULL, inspect_journal},
    {"network-float64", network_float64, GP_ERROR_MEMORY, NULL, NULL},
    {"network-float32", network_float32, GP_ERROR_MEMORY, NULL, NULL},
    {"network-mixed", network_mixed, GP_ERROR_MEMORY, NULL, NULL},
    {"network-with-dropout", network_with_dropout, GP_ERROR_MEMORY, NULL, NULL},
    {"network-by-draws", network_by_draws, GP_ERROR_MEMORY, NULL, NULL},
    {"network-by-directions", network_by_directions, GP_ERROR_MEMORY, NULL, NULL},
    {"chain", chain, GP_ERROR_MEMORY, NULL, NULL},
    {"json-report", json_report, GP_ERROR_MEMORY, make_report, NULL},
    {"html-report", html_report, GP_ERROR_MEMORY, make_report, NULL},
    {"junit-report", junit_report, GP_ERROR_MEMORY, make_report, NULL},
    {"markdown-report", markdown_report, GP_ERROR_MEMORY, make_report, NULL},
    {"text-report", text_report, GP_ERROR_MEMORY, make_report, NULL},
    {"read-table", read_table, GP_ERROR_MEMORY, NULL, NULL},
    {"generate-table", generate_table, GP_ERROR_MEMORY, NULL, NULL},
    {"train", train_alone, GP_ERROR_MEMORY, NULL, NULL},
    {"train-with-threads", train_with_two_threads, GP_ERROR_MEMORY, NULL, NULL},
    {"train-with-a-mistake", train_with_a_mistake, GP_ERROR_MEMORY, NULL, NULL},
    {"train-to-be-stopped", train_to_be_stopped, GP_ERROR_MEMORY, NULL, NULL},
    {"resume-training", resume_training, GP_ERROR_MEMORY, leave_a_checkpoint, inspect_training},
    {"write-model", write_model, GP_ERROR_MEMORY, prepare_two_models, NULL},
    {"use-model", use_model, GP_ERROR_MEMORY, prepare_two_models, NULL},
    {"score", score, EXIT_FAULT, prepare_two_models, NULL},
    {"score-into-a-file", score_into_a_file, EXIT_FAULT, prepare_two_models, NULL},
    {"evaluate", evaluate, EXIT_FAULT, prepare_two_models, NULL},
    {"evaluate-in-words", evaluate_in_words, EXIT_FAULT, prepare_two_models, NULL},
    {"check-command", check_command, EXIT_FAULT, NULL, NULL},
    {"check-for-pages", check_for_pages, EXIT_FAULT, NULL, NULL},
    {"check-network-command", check_network_command, EXIT_FAULT, NULL, NULL},
    {"check-model-command", check_model_command, EXIT_FAULT, prepare_model_file, NULL},
    {"generate", generate, EXIT_FAULT, NULL, NULL},
    {"train-command", train_command, EXIT_FAULT, NULL, NULL},
    {"train-checked-command", train_checked, EXIT_FAULT, NULL, inspect_checked_model},
    {"train-stopped-command", train_stopped, EXIT_FAULT, NULL, NULL},
    {"demo", demo, EXIT_FAULT, NULL, NULL},
};
enum { COUNT = sizeof SCENARIOS / sizeof *SCENARIOS };

static void run_scenario(void **state) {
    play(*state);
}

/* What libraries allocate once and keep. */
static int warm_up(void **state) {
    static const size_t units[] = {3, 1};
    double X[4] = {1, 2, 3, 4}, y[2] = {0, 1}, cost;
    gp_network_options o = {.inputs = 2, .layers = 2, .units = units, .hidden = GP_RELU};
    gp_network *net;
    (void)state;
    (void)gp_blas_set_threads(1);
    assert_int_equal(gp_network_create(&o, &net, NULL), GP_OK);
    assert_int_equal(gp_network_set_data(net, 2, X, y), GP_OK);
    assert_int_equal(gp_network_cost(net, &cost, NULL), GP_OK);
    gp_network_destroy(net);
    return 0;
}

int main(void) {
    struct CMUnitTest tests[COUNT];
    for (size_t k = 0; k < COUNT; k++)
        tests[k] =
            (struct CMUnitTest){SCENARIOS[k].name, run_scenario, NULL, NULL, (void *)&SCENARIOS[k]};
    return _cmocka_run_group_tests("failing allocations", tests, COUNT, warm_up, NULL);
}

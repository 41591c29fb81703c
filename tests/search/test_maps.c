/* Every kind of derivative besides the gradient: right ones are verified, wrong ones refuted and
 * placed at (output, input). The map, with its Jacobian by hand:
 *
 *     F_j(x) = sin(c_j x_j) + x_j x_{j+1} + e^{x_{(j+2) mod n}} / 2 ,   j = 0 ... m-1 */
#include "sine_chain.h"

#include <complex.h>

enum { N = 6, M = 4 };

typedef struct wrong {
    size_t output, input;
    double add;     /* to dF_output/dx_input */
    int stray;      /* F_0 depends on x_5, and the pattern doesn't say so */
    int misbehave;  /* 1: not linear, 2: adds to what is there, 3: leaves one out, 4: differs each
                       time; 5: all of the output's row is off */
    size_t outside; /* calls outside of the box */
    double *kept;
} wrong;

static double c_of(size_t j) {
    return 1 + 0.3 * (double)j;
}

static void map_of(const wrong *w, const double *x, double *y) {
    for (size_t j = 0; j < M; j++)
        y[j] = sin(c_of(j) * x[j]) + x[j] * x[j + 1] + exp(x[(j + 2) % N]) / 2;
    if (w->stray)
        y[0] += 0.25 * x[5] * x[5];
}

static void jacobian_of(const wrong *w, const double *x, double *J) {
    memset(J, 0, M * N * sizeof *J);
    for (size_t j = 0; j < M; j++) {
        J[j * N + j] += c_of(j) * cos(c_of(j) * x[j]) + x[j + 1];
        J[j * N + j + 1] += x[j];
        J[j * N + (j + 2) % N] += exp(x[(j + 2) % N]) / 2;
    }
    if (w->stray)
        J[5] += 0.5 * x[5];
    J[w->output * N + w->input] += w->add;
    for (size_t i = 0; i < N && w->misbehave == 5; i++)
        J[w->output * N + i] += (i % 2 ? -0.1 : 0.2) * (double)(i + 1);
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)n, (void)m;
    map_of(user, x, y);
    return 0;
}

static int jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    (void)n, (void)count;
    jacobian_of(user, x, J);
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    wrong *w = user;
    double J[M * N];
    jacobian_of(w, x, J);
    for (size_t i = 0; i < n; i++) {
        double sum = w->misbehave == 4 ? 1e-3 * (double)w->outside++ : 0;
        for (size_t j = 0; j < m; j++)
            sum += J[j * N + i] * (w->misbehave == 1 ? fabs(u[j]) : u[j]);
        if (w->misbehave == 2)
            g[i] = w->kept[i] += sum;
        else if (w->misbehave != 3 || i != 2)
            g[i] = sum;
    }
    return 0;
}

static int jvp(void *user, size_t n, const double *x, const double *v, size_t m, double *y) {
    double J[M * N];
    wrong right = {0};
    (void)user;
    jacobian_of(&right, x, J);
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t i = 0; i < n; i++)
            y[j] += J[j * N + i] * v[i];
    }
    return 0;
}

static int map_and_vjp(void *user, size_t n, const double *x, size_t m, double *y, const double *u,
                       double *g) {
    assert_true((y == NULL) != (g == NULL) && (u == NULL) == (g == NULL));
    return y ? map(user, n, x, m, y) : vjp(user, n, x, m, u, g);
}

static const double POINT[N] = {0.4, -0.7, 1.1, 0.3, -0.9, 0.6};

static gp_function *function(wrong *w) {
    gp_function *f;
    assert_int_equal(gp_function_create("F", GP_FLOAT64, w, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "a", 0, 1, (size_t[]){2}, POINT), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 2, (size_t[]){2, 2}, POINT + 2), GP_OK);
    assert_int_equal(gp_function_set_map(f, M, map), GP_OK);
    return f;
}

static gp_block_result block_named(const gp_report *r, const char *name) {
    gp_block_result block;
    for (size_t k = 0; k < gp_report_blocks(r); k++) {
        gp_report_block(r, k, &block);
        if (strcmp(block.name, name) == 0)
            return block;
    }
    fail_msg("no block %s", name);
    return block;
}

typedef enum how { BY_JACOBIAN, BY_VJP, BY_JVP, WAYS } how;
static const char *const BLOCK[] = {"jacobian b", "vjp b", "jvp b"};

static void set(gp_function *f, how way) {
    gp_status status = way == BY_JACOBIAN ? gp_function_set_jacobian(f, jacobian)
                       : way == BY_VJP    ? gp_function_set_vjp(f, vjp)
                                          : gp_function_set_jvp(f, jvp);
    assert_int_equal(status, GP_OK);
}

static void right_ones_are_verified(void **state) {
    (void)state;
    for (how way = BY_JACOBIAN; way < WAYS; way++) {
        wrong w = {0};
        gp_function *f = function(&w);
        set(f, way);
        gp_report *r = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
        assert_int_equal(gp_report_entries(r), M * N);
        assert_true(gp_report_resolution(r) < 1e-7);
        assert_int_equal(block_named(r, BLOCK[way]).entries, M * 4);
        assert_int_equal(block_named(r, BLOCK[way]).dimensions, 3);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

/* mu (3) and s, a number, in place of outputs 0 to 3. */
static void name_outputs(gp_function *f) {
    assert_int_equal(gp_function_add_output(f, "mu", 2, (size_t[]){1, 3}), GP_OK);
    assert_int_equal(gp_function_add_output(f, "none", 1, (size_t[]){0}), GP_OK);
    assert_int_equal(gp_function_add_output(f, "s\n", 0, NULL), GP_OK);
}

static void assert_says(const gp_report *r, const char *phrase, int says) {
    static gp_status (*const WRITE[])(const gp_report *, char **,
                                      size_t *) = {gp_report_json, gp_report_html, gp_report_junit};
    char *text;
    size_t length;
    assert_int_equal(gp_report_text(r, GP_PRINT_VERBOSE, &text, &length), GP_OK);
    for (size_t k = 0;; k++) {
        if (!strstr(text, phrase) != !says)
            fail_msg("format %zu %s \"%s\": %s", k, says ? "lacks" : "has", phrase, text);
        gp_text_free(text);
        if (k == sizeof WRITE / sizeof *WRITE)
            return;
        assert_int_equal(WRITE[k](r, &text, &length), GP_OK);
    }
}

static void outputs_are_called_by_their_names(void **state) {
    (void)state;
    static const struct {
        size_t output, input;
        const char *named, *numbered; /* block a has inputs 0 and 1, b inputs 2 to 5 */
    } CASES[] = {{1, 0, "[mu[0][1]][0]", "[1][0]"},
                 {2, 3, "[mu[0][2]][0][1]", "[2][0][1]"},
                 {3, 4, "[s\\x0a][1][0]", "[3][1][0]"}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++)
        for (int named = 0; named < 2; named++) {
            wrong w = {.output = CASES[k].output, .input = CASES[k].input, .add = 0.25};
            gp_function *f = function(&w);
            set(f, BY_VJP);
            if (named)
                name_outputs(f);
            gp_report *r = testing_check(f, NULL);
            gp_block_result block = block_named(r, w.input < 2 ? "vjp a" : "vjp b");
            assert_int_equal(gp_report_verdict(r), GP_REFUTED);
            assert_int_equal(block.worst_index,
                             w.output * block.entries / M + (w.input < 2 ? w.input : w.input - 2));
            assert_int_equal(block.outputs, named ? 3 : 0);
            gp_function_destroy(f); /* the report has names of its own */
            if (named) {
                assert_string_equal(block.output[2].name, "s\\x0a");
                assert_int_equal(block.output[2].first, 3);
                assert_int_equal(block.output[0].shape[1], 3);
            }
            if (k < 2 || !named) { /* JSON doubles a backslash */
                assert_says(r, named ? CASES[k].named : CASES[k].numbered, 1);
                assert_says(r, "mu[0]", named);
            }
            gp_report_destroy(r);
        }
}

static void wrong_rows_are_named(void **state) {
    (void)state;
    static const gp_strategy STRATEGIES[] = {GP_FULL, GP_PROJECT};
    for (size_t k = 0; k < sizeof STRATEGIES / sizeof *STRATEGIES; k++)
        for (int named = 0; named < 2; named++) {
            gp_options options = {.strategy = STRATEGIES[k]};
            wrong w = {.output = 2, .misbehave = 5};
            gp_function *f = function(&w);
            set(f, BY_VJP);
            if (named)
                name_outputs(f);
            gp_report *r = testing_check(f, &options);
            const gp_block_result block = block_named(r, "vjp b");
            assert_int_equal(gp_report_verdict(r), GP_REFUTED);
            assert_true(block.diagnoses > 0);
            assert_true(!strstr(block.diagnosis[0].message, "mu[0][2]") == !named);
            gp_report_destroy(r);
            gp_function_destroy(f);
        }
}

static int of_gradient(void *user, size_t n, const double *x, double *value, double *g) {
    (void)user;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        *value += x[i] * x[i] * x[i] / 3;
        g[i] = x[i] * x[i];
    }
    return 0;
}

static int wrong_hvp(void *user, size_t n, const double *x, const double *v, double *y) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        y[i] = (i == 3 ? 3 : 2) * x[i] * v[i];
    return 0;
}

/* The gradient as a map has outputs of its own. */
static void second_derivatives_are_of_no_outputs(void **state) {
    (void)state;
    wrong w = {0};
    gp_function *f = function(&w);
    set(f, BY_VJP);
    name_outputs(f);
    assert_int_equal(gp_function_set_value_gradient(f, of_gradient), GP_OK);
    assert_int_equal(gp_function_set_hvp(f, wrong_hvp), GP_OK);
    gp_report *r = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(r), GP_REFUTED);
    assert_int_equal(block_named(r, "hvp b").outputs, 0);
    assert_int_equal(block_named(r, "vjp b").outputs, 3);
    assert_int_equal(block_named(r, "b").outputs, 0);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void names_are_of_all_outputs_or_none(void **state) {
    (void)state;
    wrong w = {0};
    gp_report *r = NULL;
    gp_error error;
    gp_function *f = function(&w);
    set(f, BY_VJP);
    assert_int_equal(gp_function_add_output(f, "mu", 1, (size_t[]){3}), GP_OK);
    assert_int_equal(gp_check(f, NULL, &r, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "names for 3 outputs, and a map of 4"));
    assert_int_equal(gp_function_add_output(f, "mu", 0, NULL), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_output(f, "", 0, NULL), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_output(f, "huge", 2, (size_t[]){SIZE_MAX, 2}),
                     GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_output(f, "s", 2, NULL), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_error(f, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "there is one of that name"));
    gp_function_destroy(f);
}

static void a_wrong_entry_is_found_at_output_and_input(void **state) {
    (void)state;
    for (how way = BY_JACOBIAN; way <= BY_VJP; way++) {
        wrong w = {.output = 2, .input = 4, .add = 0.01};
        gp_function *f = function(&w);
        set(f, way);
        gp_report *r = testing_check(f, NULL);
        gp_block_result block = block_named(r, BLOCK[way]);
        gp_entry e;
        assert_int_equal(gp_report_verdict(r), GP_REFUTED);
        assert_int_equal(block.count[GP_ENTRY_REFUTED], 1);
        assert_int_equal(block.worst_index, 2 * 4 + 2); /* output 2, input b[1][0] */
        gp_report_entry(r, block.offset + block.worst_index, &e);
        assert_near(e.analytic - e.numeric, 0.01, 1e-7);
        assert_string_equal(block.diagnosis[0].kind, "entries");
        assert_non_null(strstr(block.diagnosis[0].message, "[2][1][0]"));
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

static void a_map_and_its_vjp_may_be_one_callback(void **state) {
    (void)state;
    static const gp_strategy STRATEGIES[] = {GP_FULL, GP_PROJECT};
    for (int k = 0; k < 4; k++) {
        gp_options options = {.strategy = STRATEGIES[k / 2]};
        wrong w = {.output = 3, .input = 2, .add = k % 2 ? 0.01 : 0};
        gp_function *f;
        gp_function_create("F", GP_FLOAT64, &w, &f);
        gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, POINT);
        gp_function_set_map_vjp(f, M, map_and_vjp);
        gp_report *r = testing_check(f, &options);
        assert_int_equal(gp_report_verdict(r), k % 2 ? GP_REFUTED : GP_VERIFIED);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

/* F_0 = x_0, F_1 = x_0^2: x_1 plays no part, and what a backward pass adds up for it is 0 but for
 * rounding, which isn't linear in u. */
static int first_only(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user, (void)n, (void)m;
    y[0] = x[0];
    y[1] = x[0] * x[0];
    return 0;
}

static int first_only_vjp(void *user, size_t n, const double *x, size_t m, const double *u,
                          double *g) {
    (void)user, (void)n, (void)m;
    volatile double part = 0.1 * u[0];
    g[0] = u[0] + 2 * x[0] * u[1];
    g[1] = part + 0.2 * u[0] - 0.3 * u[0];
    return 0;
}

static void rounding_need_not_be_linear(void **state) {
    (void)state;
    gp_function *f;
    gp_function_create("F", GP_FLOAT64, NULL, &f);
    gp_function_add_block(f, "x", 0, 1, (size_t[]){2}, POINT);
    gp_function_set_map(f, 2, first_only);
    gp_function_set_vjp(f, first_only_vjp);
    gp_report *r = testing_check(f, NULL);
    if (gp_report_failure(r))
        fail_msg("%s", gp_report_failure(r));
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void vjp_and_jvp_are_held_against_each_other(void **state) {
    (void)state;
    for (int wrongly = 0; wrongly < 2; wrongly++) {
        wrong w = {.output = 1, .input = 1, .add = wrongly};
        gp_function *f = function(&w);
        set(f, BY_VJP);
        set(f, BY_JVP);
        gp_report *r = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(r), wrongly ? GP_REFUTED : GP_VERIFIED);
        assert_true(testing_practised(r, wrongly ? "fails by" : "holds to"));
        assert_int_equal(block_named(r, "vjp a").verdict, wrongly ? GP_REFUTED : GP_VERIFIED);
        assert_int_equal(block_named(r, "jvp a").verdict, GP_VERIFIED);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

static void misbehaviour_is_named(void **state) {
    (void)state;
    static const struct {
        int misbehave;
        const char *kind, *words;
    } cases[] = {{1, NULL, "isn't linear"},
                 {2, "accumulated", "second call"},
                 {3, "unwritten", "never written"},
                 {4, NULL, "not deterministic"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double kept[N] = {0};
        wrong w = {.misbehave = cases[k].misbehave, .kept = kept};
        gp_function *f = function(&w);
        set(f, BY_VJP);
        gp_report *r = testing_check(f, NULL);
        if (cases[k].kind) {
            gp_block_result block = block_named(r, "vjp b");
            assert_int_equal(gp_report_verdict(r), GP_REFUTED);
            assert_string_equal(block.diagnosis[0].kind, cases[k].kind);
            assert_non_null(strstr(block.diagnosis[0].message, cases[k].words));
        } else {
            assert_int_equal(gp_report_verdict(r), GP_FAILED);
            assert_non_null(strstr(gp_report_failure(r), cases[k].words));
        }
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

/* ---- sparse: the three entries of each row -------------------------------------- */

enum { NONZEROS = 3 * M };

static void pattern_of(size_t *row, size_t *column) {
    for (size_t j = 0; j < M; j++)
        for (size_t k = 0; k < 3; k++) {
            row[3 * j + k] = j;
            column[3 * j + k] = (j + k) % N;
        }
}

static int sparse_jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    double dense[M * N];
    size_t row[NONZEROS], column[NONZEROS];
    (void)n;
    pattern_of(row, column);
    jacobian_of(user, x, dense);
    for (size_t k = 0; k < count; k++)
        J[k] = dense[row[k] * N + column[k]];
    return 0;
}

static gp_report *check_sparse(wrong *w) {
    size_t row[NONZEROS], column[NONZEROS];
    pattern_of(row, column);
    gp_function *f = function(w);
    assert_int_equal(gp_function_set_jacobian(f, sparse_jacobian), GP_OK);
    assert_int_equal(gp_function_set_sparsity(f, NONZEROS, row, column), GP_OK);
    gp_report *r = testing_check(f, NULL);
    gp_function_destroy(f);
    return r;
}

static void a_sparse_jacobian_is_checked_by_groups(void **state) {
    (void)state;
    wrong right = {0}, entry = {.output = 3, .input = 4, .add = 1e-3}, stray = {.stray = 1};
    gp_report *r = check_sparse(&right);
    gp_block_result block = block_named(r, "jacobian");
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    assert_int_equal(block.count[GP_ENTRY_VERIFIED], NONZEROS);
    assert_int_equal(block.row[4], 1);
    assert_int_equal(block.column[4], 2);
    assert_true(testing_practised(r, "6 columns of the Jacobian in 3 groups"));
    gp_report_destroy(r);

    r = check_sparse(&entry);
    block = block_named(r, "jacobian");
    assert_int_equal(block.verdict, GP_REFUTED);
    assert_int_equal(block.count[GP_ENTRY_REFUTED], 1);
    assert_int_equal(block.row[block.worst_index], 3);
    assert_int_equal(block.column[block.worst_index], 4);
    gp_report_destroy(r);

    r = check_sparse(&stray);
    block = block_named(r, "jacobian");
    assert_int_equal(block.verdict, GP_REFUTED);
    assert_int_equal(block.count[GP_ENTRY_REFUTED], 0); /* what the pattern has is right */
    assert_string_equal(block.diagnosis[0].kind, "sparsity");
    assert_non_null(strstr(block.diagnosis[0].message, "output 0 depends on input 5 (0.3)"));
    gp_report_destroy(r);
}

static void nonsense_patterns_are_refused(void **state) {
    (void)state;
    wrong w = {0};
    gp_function *f = function(&w);
    gp_report *r = NULL;
    gp_error error;
    size_t row[] = {0, 0}, column[] = {1, 1}, far[] = {0, M};
    assert_int_equal(gp_function_set_jacobian(f, sparse_jacobian), GP_OK);
    assert_int_equal(gp_function_set_sparsity(f, 2, far, column), GP_OK);
    assert_int_equal(gp_check(f, NULL, &r, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "outside of 4 x 6"));
    assert_int_equal(gp_function_set_sparsity(f, 2, row, column), GP_OK);
    r = testing_check(f, NULL);
    assert_non_null(strstr(gp_report_failure(r), "twice"));
    gp_report_destroy(r);
    gp_function_destroy(f);
}

/* ---- second derivatives: f = sum_i sin(x_i) x_{i+1} ------------------------------ */

static int hessian(void *user, size_t n, const double *x, size_t count, double *H) {
    const wrong *w = user;
    memset(H, 0, count * sizeof *H);
    for (size_t i = 0; i < n; i++) {
        size_t next = (i + 1) % n;
        H[i * n + i] -= sin(x[i]) * x[next];
        H[i * n + next] += cos(x[i]);
        H[next * n + i] += cos(x[i]);
    }
    H[w->output * n + w->input] += w->add;
    return 0;
}

static int hvp(void *user, size_t n, const double *x, const double *v, double *y) {
    double H[N * N];
    hessian(user, n, x, N * N, H);
    for (size_t i = 0; i < n; i++) {
        y[i] = 0;
        for (size_t k = 0; k < n; k++)
            y[i] += H[i * n + k] * v[k];
    }
    return 0;
}

static void second_derivatives_are_those_of_the_gradient(void **state) {
    (void)state;
    for (int wrongly = 0; wrongly < 2; wrongly++) {
        wrong w = {.output = 1, .input = 4, .add = wrongly};
        gp_function *f;
        assert_int_equal(gp_function_create("f", GP_FLOAT64, &w, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, POINT), GP_OK);
        assert_int_equal(gp_function_set_hvp(f, hvp), GP_OK);
        assert_int_equal(gp_function_set_hessian(f, hessian), GP_OK);
        gp_report *r = NULL;
        gp_error error;
        assert_int_equal(gp_check(f, NULL, &r, &error), GP_ERROR_ARGUMENT); /* of what gradient? */
        gp_function_set_value(f, sine_chain);
        gp_function_set_gradient(f, sine_chain_gradient);
        r = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(r), wrongly ? GP_REFUTED : GP_VERIFIED);
        assert_int_equal(block_named(r, "x").verdict, GP_VERIFIED);
        assert_int_equal(block_named(r, "hessian x").verdict, wrongly ? GP_REFUTED : GP_VERIFIED);
        assert_int_equal(block_named(r, "hvp x").count[GP_ENTRY_REFUTED], wrongly);
        assert_true(testing_practised(r, wrongly ? "that is no Hessian"
                                                 : "symmetry <u, Hv> = <Hu, v> holds"));
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

/* ---- float32 -------------------------------------------------------------------- */

static int map32(void *user, size_t n, const float *x, size_t m, float *y) {
    (void)user, (void)n;
    for (size_t j = 0; j < m; j++)
        y[j] = sinf(x[j]) * x[j + 1];
    return 0;
}

static int vjp32(void *user, size_t n, const float *x, size_t m, const float *u, float *g) {
    const wrong *w = user;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < m; j++) {
        g[j] += u[j] * cosf(x[j]) * x[j + 1];
        g[j + 1] += u[j] * sinf(x[j]) * (j == w->output ? 1 + (float)w->add : 1);
    }
    return 0;
}

static void float32_maps_too(void **state) {
    (void)state;
    for (int wrongly = 0; wrongly < 2; wrongly++) {
        wrong w = {.output = 1, .add = 0.05 * wrongly};
        gp_function *f;
        assert_int_equal(gp_function_create("f", GP_FLOAT32, &w, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, POINT), GP_OK);
        assert_int_equal(gp_function_set_map(f, M, map32), GP_OK);
        assert_int_equal(gp_function_set_vjp(f, vjp32), GP_OK);
        gp_report *r = testing_check(f, NULL);
        gp_block_result block = block_named(r, "vjp x");
        assert_int_equal(block.count[GP_ENTRY_REFUTED], wrongly);
        if (wrongly)
            assert_int_equal(block.worst_index, 1 * N + 2);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
}

/* ---- the complex step ----------------------------------------------------------- */

static int complex_value(void *user, size_t n, const double *z, double *w) {
    double complex sum = 0;
    (void)user;
    for (size_t i = 0; i < n; i++) {
        double complex x = z[2 * i] + z[2 * i + 1] * I;
        double complex y = z[2 * ((i + 1) % n)] + z[2 * ((i + 1) % n) + 1] * I;
        sum += csin(x) * y;
    }
    w[0] = creal(sum);
    w[1] = cimag(sum);
    return 0;
}

static int not_analytic(void *user, size_t n, const double *z, double *w) {
    (void)complex_value(user, n, z, w);
    w[1] = 0; /* as a function does that takes a real part on its way */
    return 0;
}

static void the_complex_step_is_exact(void **state) {
    (void)state;
    double resolution[3];
    for (int how_complex = 0; how_complex < 3; how_complex++) {
        gp_function *f;
        assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
        assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, POINT), GP_OK);
        gp_function_set_value(f, sine_chain);
        gp_function_set_gradient(f, sine_chain_gradient);
        if (how_complex)
            assert_int_equal(
                gp_function_set_complex_value(f, how_complex == 1 ? complex_value : not_analytic),
                GP_OK);
        gp_report *r = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
        resolution[how_complex] = gp_report_resolution(r);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
    assert_true(resolution[1] < 1e-12);
    assert_true(resolution[1] < 1e-3 * resolution[0]);
    assert_true(resolution[2] ==
                resolution[0]); /* what disagrees with differences is not believed */
}

/* ---- box bounds ----------------------------------------------------------------- */

static int boxed_value(void *user, size_t n, const double *x, double *v) {
    wrong *w = user;
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        w->outside += x[i] < 0 || x[i] > 1;
        *v += x[i] * sqrt(1.5 - fabs(x[i])) + (double)i * x[i] * x[i];
    }
    return 0;
}

static int boxed_gradient(void *user, size_t n, const double *x, double *g) {
    wrong *w = user;
    for (size_t i = 0; i < n; i++) {
        w->outside += x[i] < 0 || x[i] > 1;
        g[i] = sqrt(1.5 - x[i]) - 0.5 * x[i] / sqrt(1.5 - x[i]) + 2 * (double)i * x[i];
    }
    return 0;
}

static void nothing_is_evaluated_out_of_bounds(void **state) {
    (void)state;
    wrong w = {0};
    double x[N] = {0, 1, 0.5, 1e-9, 1 - 1e-9, 0.25}, low[N] = {0}, high[N];
    for (size_t i = 0; i < N; i++)
        high[i] = 1;
    gp_function *f;
    assert_int_equal(gp_function_create("box", GP_FLOAT64, &w, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, (size_t[]){N}, x), GP_OK);
    assert_int_equal(gp_function_set_bounds(f, low, high), GP_OK);
    gp_function_set_value(f, boxed_value);
    gp_function_set_gradient(f, boxed_gradient);
    gp_report *r = testing_check(f, NULL);
    assert_int_equal(w.outside, 0);
    assert_int_equal(gp_report_verdict(r), GP_VERIFIED);
    gp_report_destroy(r);
    gp_function_plant(f, "x:entry=1,add=0.001", NULL); /* at a bound, where only one side is open */
    r = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(r), GP_REFUTED);
    assert_int_equal(w.outside, 0);
    gp_report_destroy(r);
    for (size_t i = 0; i < N; i++)
        high[i] = 0.9; /* the given point is outside now */
    gp_error error;
    assert_int_equal(gp_function_set_bounds(f, low, high), GP_OK);
    assert_int_equal(gp_check(f, NULL, &r, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "x[1] is 1, outside of [0, 0.9]"));
    gp_function_destroy(f);
}

/* ---- budgets -------------------------------------------------------------------- */

/* Columns that were judged before a budget ended count, but the map isn't verified. */
static void what_a_budget_has_found_counts(void **state) {
    (void)state;
    size_t partly = 0;
    for (uint64_t budget = 20; budget < 200; budget += 10) {
        wrong w = {.output = 1, .input = 1, .add = 0.01}; /* takes many evaluations to refute */
        gp_function *f = function(&w);
        gp_options options;
        gp_options_init(&options);
        options.strategy = GP_FULL;
        options.budget_evaluations = budget;
        set(f, BY_VJP);
        gp_report *r = testing_check(f, &options);
        gp_block_result block;
        gp_report_block(r, 0, &block);
        size_t right = block.count[GP_ENTRY_VERIFIED] + block.count[GP_ENTRY_UNEXERCISED];
        partly += block.count[GP_ENTRY_UNCHECKED] > 0 && right > 0;
        assert_int_equal(gp_report_interrupted(r), 1);
        assert_int_equal(gp_report_verdict(r),
                         block.count[GP_ENTRY_UNCHECKED] ? GP_INCONCLUSIVE : GP_REFUTED);
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
    assert_true(partly > 0);
}

/* ---- worker processes ----------------------------------------------------------- */

static void jobs_make_no_difference(void **state) {
    (void)state;
    double numeric[2][M * N], bound[2][M * N];
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        wrong w = {.output = 2, .input = 4, .add = 0.01};
        gp_function *f = function(&w);
        gp_options options;
        gp_options_init(&options);
        options.jobs = jobs;
        set(f, BY_VJP);
        gp_report *r = testing_check(f, &options);
        for (size_t i = 0; i < M * N; i++) {
            gp_entry e;
            gp_report_entry(r, i, &e);
            numeric[jobs - 1][i] = e.numeric;
            bound[jobs - 1][i] = e.bound;
        }
        gp_report_destroy(r);
        gp_function_destroy(f);
    }
    assert_memory_equal(numeric[0], numeric[1], sizeof numeric[0]);
    assert_memory_equal(bound[0], bound[1], sizeof bound[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_ones_are_verified),
        cmocka_unit_test(a_wrong_entry_is_found_at_output_and_input),
        cmocka_unit_test(outputs_are_called_by_their_names),
        cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(second_derivatives_are_of_no_outputs),
        cmocka_unit_test(names_are_of_all_outputs_or_none),
        cmocka_unit_test(a_map_and_its_vjp_may_be_one_callback),
        cmocka_unit_test(rounding_need_not_be_linear),
        cmocka_unit_test(vjp_and_jvp_are_held_against_each_other),
        cmocka_unit_test(misbehaviour_is_named),
        cmocka_unit_test(a_sparse_jacobian_is_checked_by_groups),
        cmocka_unit_test(nonsense_patterns_are_refused),
        cmocka_unit_test(second_derivatives_are_those_of_the_gradient),
        cmocka_unit_test(float32_maps_too),
        cmocka_unit_test(the_complex_step_is_exact),
        cmocka_unit_test(nothing_is_evaluated_out_of_bounds),
        cmocka_unit_test(what_a_budget_has_found_counts),
        cmocka_unit_test(jobs_make_no_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

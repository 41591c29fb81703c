/* A chain of stages: right as a whole and stage by stage, and each mistake placed in its stage. */
#include "gradproof/chain.h"
#include "testing.h"

enum { IN = 6, HIDDEN = 5 };

typedef enum mistake {
    NONE,
    WEIGHTS_TRANSPOSED, /* of the second linear stage, on the way back */
    RELU_FORGOTTEN,     /* the first ReLU lets everything flow back */
    BIAS_FORGOTTEN,     /* of the first linear stage */
    LOSS_DOUBLED        /* all of it is twice as large */
} mistake;

typedef struct linear {
    mistake mistake;
    int second;
    size_t *forwards; /* counts them */
} linear;

/* out = W in + b; theta: W (outputs x inputs), b */
static int linear_forward(void *user, size_t p, const double *theta, size_t inputs,
                          const double *in, size_t outputs, double *out) {
    linear *s = user;
    (void)p;
    if (s->forwards)
        ++*s->forwards;
    for (size_t j = 0; j < outputs; j++) {
        out[j] = theta[outputs * inputs + j];
        for (size_t i = 0; i < inputs; i++)
            out[j] += theta[j * inputs + i] * in[i];
    }
    return 0;
}

static int linear_vjp(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                      size_t outputs, const double *u, double *g, double *g_in) {
    const linear *s = user;
    (void)p;
    for (size_t j = 0; j < outputs; j++) {
        g[outputs * inputs + j] = s->mistake == BIAS_FORGOTTEN && !s->second ? 0 : u[j];
        for (size_t i = 0; i < inputs; i++)
            g[j * inputs + i] = u[j] * in[i];
    }
    for (size_t i = 0; i < inputs && g_in; i++) {
        g_in[i] = 0;
        for (size_t j = 0; j < outputs; j++)
            g_in[i] +=
                u[j] *
                theta[s->mistake == WEIGHTS_TRANSPOSED && s->second ? i * inputs + j /* square */
                                                                    : j * inputs + i];
    }
    return 0;
}

static int relu_forward(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                        size_t outputs, double *out) {
    (void)user, (void)p, (void)theta, (void)outputs;
    for (size_t i = 0; i < inputs; i++)
        out[i] = in[i] > 0 ? in[i] : 0;
    return 0;
}

static int relu_vjp(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                    size_t outputs, const double *u, double *g, double *g_in) {
    const linear *s = user;
    (void)p, (void)theta, (void)outputs, (void)g;
    for (size_t i = 0; i < inputs && g_in; i++)
        g_in[i] = in[i] > 0 || (s->mistake == RELU_FORGOTTEN && !s->second) ? u[i] : 0;
    return 0;
}

/* sum of log cosh, with a parameter that scales */
static int loss_forward(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                        size_t outputs, double *out) {
    (void)user, (void)p, (void)outputs;
    *out = 0;
    for (size_t i = 0; i < inputs; i++)
        *out += log(cosh(in[i] * theta[0]));
    return 0;
}

static int loss_vjp(void *user, size_t p, const double *theta, size_t inputs, const double *in,
                    size_t outputs, const double *u, double *g, double *g_in) {
    const linear *s = user;
    double factor = s->mistake == LOSS_DOUBLED ? 2 * u[0] : u[0];
    (void)p, (void)outputs;
    g[0] = 0;
    for (size_t i = 0; i < inputs; i++) {
        double slope = tanh(in[i] * theta[0]);
        g[0] += factor * slope * in[i];
        if (g_in)
            g_in[i] = factor * slope * theta[0];
    }
    return 0;
}

typedef struct subject {
    linear first, second;
    size_t forwards; /* of the first linear stage */
    gp_chain *chain;
} subject;

static void make(mistake m, subject *s) {
    double data[IN], theta[HIDDEN * IN + HIDDEN * HIDDEN], scale = 0.7;
    size_t one[] = {HIDDEN, IN}, two[] = {HIDDEN, HIDDEN}, bias = HIDDEN;
    for (size_t i = 0; i < IN; i++)
        data[i] = sin(1.7 * (double)i + 0.4);
    for (size_t i = 0; i < sizeof theta / sizeof *theta; i++)
        theta[i] = cos(2.3 * (double)i + 0.9);
    *s = (subject){.first = {.mistake = m}, .second = {.mistake = m, .second = 1}};
    s->first.forwards = &s->forwards;
    gp_chain *c;
    assert_int_equal(gp_chain_create("two layers", IN, data, &c), GP_OK);
    s->chain = c;
    assert_int_equal(gp_chain_add_block(c, "W0", 2, one, theta), GP_ERROR_ARGUMENT);
    assert_int_equal(
        gp_chain_add_stage(c, "linear1", HIDDEN, &s->first, linear_forward, linear_vjp), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "W1", 2, one, theta), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "b1", 1, &bias, theta + 7), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "b1", 1, &bias, theta), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_chain_add_stage(c, "relu1", HIDDEN, &s->first, relu_forward, relu_vjp),
                     GP_OK);
    assert_int_equal(
        gp_chain_add_stage(c, "linear2", HIDDEN, &s->second, linear_forward, linear_vjp), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "W2", 2, two, theta + 3), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "b2", 1, &bias, theta + 20), GP_OK);
    assert_int_equal(gp_chain_add_stage(c, "loss", 1, &s->second, loss_forward, loss_vjp), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "scale", 0, NULL, &scale), GP_OK);
}

static void a_mistake_is_placed_in_its_stage(void **state) {
    (void)state;
    static const struct {
        mistake mistake;
        size_t stage; /* that is wrong; SIZE_MAX: none */
        const char *block;
    } CASES[] = {{NONE, SIZE_MAX, ""},
                 {WEIGHTS_TRANSPOSED, 2, "linear2 input"},
                 {RELU_FORGOTTEN, 1, "relu1 input"},
                 {BIAS_FORGOTTEN, 0, "b1"},
                 {LOSS_DOUBLED, 3, "loss input"}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        subject s;
        gp_report *whole;
        gp_error error = {""};
        make(CASES[k].mistake, &s);
        if (gp_chain_check(s.chain, NULL, &whole, &error) != GP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(gp_report_verdict(whole), k ? GP_REFUTED : GP_VERIFIED);
        for (size_t q = 0; q < 4; q++) {
            const gp_report *own = gp_chain_stage_report(s.chain, q);
            assert_non_null(own);
            int wrong = gp_report_verdict(own) == GP_REFUTED, found = 0;
            if (wrong != (q == CASES[k].stage))
                fail_msg("case %zu, stage %zu: %s", k, q,
                         gp_verdict_string(gp_report_verdict(own)));
            for (size_t b = 0; b < gp_report_blocks(own) && wrong; b++) {
                gp_block_result block;
                assert_int_equal(gp_report_block(own, b, &block), GP_OK);
                found |= block.verdict == GP_REFUTED && strcmp(block.name, CASES[k].block) == 0;
            }
            assert_int_equal(found, wrong);
        }
        assert_null(gp_chain_stage_report(s.chain, 4));
        gp_report_destroy(whole);
        gp_chain_destroy(s.chain);
    }
}

/* A probe of the second stage doesn't run the first. */
static void what_comes_before_is_not_run_again(void **state) {
    (void)state;
    subject s;
    gp_function *f;
    gp_report *report;
    gp_options options;
    make(NONE, &s);
    gp_options_init(&options);
    options.points = 1;
    assert_int_equal(gp_chain_function(s.chain, &f, NULL), GP_OK);
    assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    uint64_t values = gp_report_evaluations(report, 0);
    assert_true(values > 250); /* 66 entries */
    assert_true((double)s.forwards < 0.7 * (double)values);
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_chain_destroy(s.chain);
}

static void what_is_no_chain_is_refused(void **state) {
    (void)state;
    gp_chain *c;
    gp_function *f;
    gp_error error = {""};
    double data[2] = {1, 2};
    size_t two = 2;
    linear s = {0};
    assert_int_equal(gp_chain_create("c", 0, data, &c), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_chain_create("c", 2, data, &c), GP_OK);
    assert_int_equal(gp_chain_function(c, &f, &error), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_chain_add_stage(c, "relu", 2, &s, relu_forward, relu_vjp), GP_OK);
    assert_int_equal(gp_chain_add_block(c, "unused", 1, &two, data), GP_OK);
    assert_int_equal(gp_chain_function(c, &f, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "the last stage, relu, has 2 outputs"));
    gp_chain_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_mistake_is_placed_in_its_stage),
                                       cmocka_unit_test(what_comes_before_is_not_run_again),
                                       cmocka_unit_test(what_is_no_chain_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The public functions under a caller's mistakes: NULLs, numbers that an enumeration doesn't have,
 * calls out of order, callbacks that write more than they may. */
#include <unistd.h>

#include "gradproof/chain.h"
#include "gradproof/notebook.h"
#include "gradproof/train.h"
#include "judge/findings.h"
#include "testing.h"

enum { N = 6 };

static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += x[i] * x[i] * x[i] / 3;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = x[i] * x[i];
    return 0;
}

static const double X[N] = {1, -2, 0.5, 0.25, 3, -0.75};

static gp_function *cubes(void) {
    gp_function *f;
    size_t n = N;
    assert_int_equal(gp_function_create("cubes", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, X), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    return f;
}

/* The report's failure has these words. */
static void assert_fails(gp_function *f, const char *words) {
    gp_report *report = testing_check(f, NULL);
    const char *failure = gp_report_failure(report);
    if (!failure || !strstr(failure, words))
        fail_msg("'%s' lacks '%s'", failure ? failure : "no failure", words);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* Refused, in words that have these among them; the report isn't touched. */
static void assert_refused(gp_function *f, const gp_options *options, const char *words) {
    gp_report *report = NULL;
    gp_error error = {""};
    assert_int_equal(gp_check(f, options, &report, &error), GP_ERROR_ARGUMENT);
    assert_null(report);
    if (!strstr(error.message, words))
        fail_msg("'%s' lacks '%s'", error.message, words);
}

/* ---- NULL ------------------------------------------------------------------------ */

static void reports_answer_for_null(void **state) {
    (void)state;
    gp_block_result block;
    gp_entry entry;
    gp_self_test_result self_test;
    assert_int_equal(gp_report_verdict(NULL), GP_FAILED);
    assert_int_equal(gp_report_exit_code(NULL), 3);
    assert_int_equal(gp_report_interrupted(NULL), 0);
    assert_null(gp_report_loss(NULL, 0));
    assert_null(gp_report_failure(NULL));
    assert_null(gp_report_practice(NULL, 0));
    assert_int_equal(gp_report_blocks(NULL), 0);
    assert_int_equal(gp_report_entries(NULL), 0);
    assert_int_equal(gp_report_exercised(NULL), 0);
    assert_int_equal(gp_report_points(NULL), 0);
    assert_int_equal(gp_report_evaluations(NULL, 0), 0);
    assert_int_equal(gp_report_evaluations(NULL, 1), 0);
    assert_true(isnan(gp_report_difference(NULL)));
    assert_true(isnan(gp_report_resolution(NULL)));
    assert_int_equal(gp_report_block(NULL, 0, &block), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_entry(NULL, 0, &entry), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_self_test(NULL, 0, &self_test), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_print(NULL, stdout, 0), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_write_json(NULL, stdout), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_blank(NULL, NULL), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_create_failure(NULL, "k", "m", NULL, NULL), GP_ERROR_ARGUMENT);
    assert_null(gp_chain_stage_report(NULL, 0));
    gp_report_destroy(NULL);
}

static void functions_refuse_null(void **state) {
    (void)state;
    const double zero = 0;
    const size_t one = 1;
    gp_report *report = NULL;
    gp_function *f = cubes();
    const gp_status refused[] = {
        gp_function_create(NULL, GP_FLOAT64, NULL, &f),
        gp_function_create("f", GP_FLOAT64, NULL, NULL),
        gp_function_create("f", (gp_dtype)2, NULL, &f),
        gp_function_add_block(NULL, "x", 0, 1, &one, &zero),
        gp_function_add_block(f, NULL, 0, 1, &one, &zero),
        gp_function_add_block(f, "y", 0, 1, NULL, &zero),
        gp_function_add_block(f, "y", 0, 1, &one, NULL),
        gp_function_add_block(f, "y", 0, 9, &one, &zero),
        gp_function_set_callback(f, GP_VALUE, GP_FLOAT64, NULL),
        gp_function_set_callback(f, GP_ROLES, GP_FLOAT64, (gp_callback)value),
        gp_function_set_callback(f, GP_VALUE, (gp_dtype)2, (gp_callback)value),
        gp_function_set_gradient(NULL, gradient),
        gp_function_set_map_callback(f, GP_MAP, 1, GP_FLOAT64, NULL),
        gp_function_set_callback(f, GP_MAP, GP_FLOAT64, (gp_callback)value),
        gp_function_set_map_callback(f, GP_VALUE, 1, GP_FLOAT64, (gp_callback)value),
        gp_function_set_team(f, NULL),
        gp_function_set_suspects(f, 1, NULL, NULL),
        gp_function_set_suspects(NULL, 0, NULL, NULL),
        gp_function_set_batches(f, 2, NULL),
        gp_function_set_batches(f, 0, NULL),
        gp_function_set_examples(f, 1, NULL),
        gp_function_set_parts(f, 2, NULL, NULL),
        gp_function_set_sparsity(f, 1, NULL, &one),
        gp_function_add_output(NULL, "y", 0, NULL),
        gp_function_add_output(f, NULL, 0, NULL),
        gp_function_set_bounds(NULL, &zero, &zero),
        gp_function_set_seed(NULL, NULL),
        gp_function_set_silence(NULL, NULL),
        gp_function_set_entries(NULL, NULL),
        gp_function_set_changes(NULL, NULL),
        gp_function_set_destructor(NULL, NULL),
        gp_function_set_user(NULL, NULL),
        gp_function_set_reentrant(NULL, 1),
        gp_function_set_batch_size(NULL, 1),
        gp_function_add_remark(NULL, "line"),
        gp_function_set_dtype(NULL, GP_FLOAT64),
        gp_function_plant(NULL, "x:zero", NULL),
        gp_function_plant(f, NULL, NULL),
        gp_function_load(NULL, 0, NULL, &f, NULL),
        gp_function_load("x.so", 1, NULL, &f, NULL),
        gp_check(NULL, NULL, &report, NULL),
        gp_check(f, NULL, NULL, NULL),
    };
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
        if (refused[k] != GP_ERROR_ARGUMENT)
            fail_msg("call %zu returned %d", k, (int)refused[k]);
    gp_function_destroy(f);
    gp_options_init(NULL);
    gp_train_options_init(NULL);
    gp_index_name(2, NULL, 3, NULL, 0);
    assert_string_equal(gp_status_string((gp_status)99), "unknown status");
    assert_string_equal(gp_verdict_string((gp_verdict)-1), "unknown");
}

static void the_others_answer_for_null(void **state) {
    (void)state;
    double number = 0;
    gp_table *table;
    gp_model *model;
    gp_function *f;
    gp_report *report;
    gp_network *network;
    gp_curve curve;
    gp_quality quality;
    gp_chain *chain;
    gp_payments *payments;
    gp_train_options train;
    gp_train_options_init(&train);
    assert_int_equal(gp_table_rows(NULL), 0);
    assert_int_equal(gp_table_columns(NULL), 0);
    assert_null(gp_table_column_name(NULL, 0));
    assert_true(isnan(gp_table_cell(NULL, 0, 0)));
    assert_int_equal(gp_model_inputs(NULL), 0);
    assert_null(gp_model_input_name(NULL, 0));
    assert_null(gp_model_label(NULL));
    assert_null(gp_model_checks(NULL));
    assert_null(gp_model_network(NULL));
    assert_int_equal(gp_network_parameters(NULL), 0);
    gp_network_get(NULL, &number);
    gp_network_set(NULL, &number);
    gp_payments_next(NULL, &number);
    gp_curve_clear(NULL);
    gp_notebook_dictionary_to_vector(NULL, NULL, NULL);
    gp_notebook_vector_to_dictionary(NULL, NULL);
    gp_notebook_gradients_to_vector(NULL, NULL);
    gp_notebook_test_case(NULL, NULL, NULL);
    gp_notebook_cache_clear(NULL);
    gp_notebook_gradients_clear(NULL);
    gp_notebook_print_difference(1, NULL);
    assert_int_equal(gp_notebook_backward_n(3, NULL, NULL, NULL, GP_NOTEBOOK_GIVEN, NULL),
                     GP_ERROR_ARGUMENT);
    assert_true(isnan(gp_notebook_forward_n(3, NULL, NULL, NULL, NULL)));
    assert_true(isnan(gp_notebook_gradient_check_n(NULL, NULL, 3, NULL, NULL, 1e-7, NULL, 0)));
    const gp_status refused[] = {
        gp_table_read_csv(NULL, &table, NULL),
        gp_rows_read_csv("x.csv", NULL, NULL),
        gp_table_generate(3, 0, NULL, NULL),
        gp_table_examples(NULL, "y", 0, NULL, NULL, NULL),
        gp_payments_create(3, 0, NULL),
        gp_payments_create(0, 0, &payments),
        gp_model_read(NULL, &model, NULL),
        gp_model_write(NULL, "x", NULL),
        gp_model_score(NULL, 1, &number, &number),
        gp_model_explain(NULL, 1, &number, &number),
        gp_model_function(NULL, 1, &number, &number, &f, NULL),
        gp_network_create(NULL, &network, NULL),
        gp_network_set_data(NULL, 1, &number, &number),
        gp_network_set_rows(NULL, 0, 1),
        gp_network_cost(NULL, &number, NULL),
        gp_network_function(NULL, 1, &f, NULL),
        gp_train(NULL, &train, &model, &report, NULL),
        gp_curve_of(1, NULL, &number, &curve),
        gp_curve_of(1, &number, &number, NULL),
        gp_quality_of(1, NULL, &number, 0.5, 1, 1, &quality),
        gp_chain_create(NULL, 1, &number, &chain),
        gp_chain_create("c", SIZE_MAX / 4, &number, &chain),
        gp_chain_add_block(NULL, "x", 0, NULL, &number),
        gp_chain_function(NULL, &f, NULL),
        gp_chain_check(NULL, NULL, &report, NULL),
        gp_notebook_function(NULL, &f, NULL),
    };
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
        if (refused[k] != GP_ERROR_ARGUMENT)
            fail_msg("call %zu returned %d", k, (int)refused[k]);
    gp_table_destroy(NULL);
    gp_model_destroy(NULL);
    gp_network_destroy(NULL);
    gp_payments_destroy(NULL);
    gp_chain_destroy(NULL);
}

/* ---- numbers out of range -------------------------------------------------------- */

static int no_gather(void *context, const void *mine, size_t bytes, void *all) {
    (void)context;
    memcpy(all, mine, bytes);
    return 0;
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_options o;
    const gp_team teams[] = {{NULL, 0, 1, NULL},
                             {NULL, 0, 0, no_gather},
                             {NULL, 2, 2, no_gather},
                             {NULL, -1, 2, no_gather}};
    for (size_t k = 0; k < 4; k++) {
        gp_options_init(&o);
        o.team = &teams[k];
        assert_refused(f, &o, "team");
    }
    for (int strategy = -1; strategy < 80; strategy = strategy < 0 ? 4 : strategy + 73) {
        gp_options_init(&o);
        o.strategy = (gp_strategy)strategy;
        assert_refused(f, &o, "strategy");
    }
    gp_options_init(&o);
    o.jobs = UINT32_MAX;
    assert_refused(f, &o, "jobs");
    gp_options_init(&o);
    o.rtol = NAN;
    assert_refused(f, &o, "rtol");
    for (size_t k = 0; k < 3; k++) {
        gp_options_init(&o);
        o.atol = (const double[]){-1e-9, -2, INFINITY}[k];
        assert_refused(f, &o, "atol");
    }
    gp_options_init(&o);
    o.confidence = -1;
    assert_refused(f, &o, "confidence");
    gp_options_init(&o);
    o.timeout = NAN;
    assert_refused(f, &o, "timeout");
    gp_function_destroy(f);
}

/* What a later version's program asks for isn't done in silence without. */
static void an_option_to_come_is_not_supported(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_options o = {0};
    gp_report *report = NULL;
    gp_error error = {""};
    o.reserved[sizeof o.reserved / sizeof *o.reserved - 1] = 1;
    assert_int_equal(gp_check(f, &o, &report, &error), GP_ERROR_UNSUPPORTED);
    assert_null(report);
    assert_non_null(strstr(error.message, "doesn't know"));
    gp_function_destroy(f);
}

static void all_zero_says_the_defaults(void **state) {
    (void)state;
    gp_function *f = cubes();
    const gp_options zero = {0};
    gp_options other, none = {.atol = GP_NONE};
    gp_options_init(&other);
    gp_report *reports[] = {testing_check(f, NULL), testing_check(f, &zero),
                            testing_check(f, &other), testing_check(f, &none)};
    char *json[4];
    for (size_t k = 0; k < 4; k++) {
        json[k] = testing_json(reports[k]);
        gp_report_destroy(reports[k]);
    }
    assert_string_equal(json[0], json[1]);
    assert_string_equal(json[0], json[2]);
    assert_non_null(strstr(json[0], "\"atol\": null"));
    assert_non_null(strstr(json[3], "\"atol\": 0.0"));
    for (size_t k = 0; k < 4; k++)
        free(json[k]);
    gp_function_destroy(f);
}

static void results_fit_into_smaller_and_larger_structures(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_report *report = testing_check(f, NULL);
    gp_entry entry;
    gp_block_result block;
    union {
        gp_entry entry;
        gp_block_result block;
        unsigned char byte[sizeof(gp_block_result) + sizeof(gp_entry)];
    } other;
    assert_int_equal(gp_report_entry(report, 1, &entry), GP_OK);
    assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
    size_t known = offsetof(gp_entry, floor), all = sizeof entry;
    memset(&other, 0xee, sizeof other);
    assert_int_equal(gp_report_entry_sized(report, 1, &other.entry, known), GP_OK);
    assert_memory_equal(&other, &entry, known);
    for (size_t k = known; k < sizeof other; k++)
        assert_int_equal(other.byte[k], 0xee);
    assert_int_equal(gp_report_entry_sized(report, 1, &other.entry, all + 9), GP_OK);
    for (size_t k = all; k < sizeof other; k++)
        assert_int_equal(other.byte[k], k < all + 9 ? 0 : 0xee);
    known = offsetof(gp_block_result, verdict);
    memset(&other, 0xee, sizeof other);
    assert_int_equal(gp_report_block_sized(report, 0, &other.block, known), GP_OK);
    assert_memory_equal(&other, &block, known);
    assert_int_equal(other.byte[known], 0xee);
    assert_int_equal(gp_report_block_sized(report, 0, NULL, 8), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_report_entry_sized(report, N, &entry, all), GP_ERROR_ARGUMENT);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void networks_out_of_range_are_refused(void **state) {
    (void)state;
    const size_t units[] = {3, 1};
    const gp_network_options sound = {.inputs = 2, .layers = 2, .units = units};
    gp_network_options wrong[6];
    gp_network *net;
    for (size_t k = 0; k < 6; k++)
        wrong[k] = sound;
    wrong[0].dtype = (gp_dtype)5;
    wrong[1].loss = (gp_loss)77;
    wrong[2].loss = (gp_loss)-1;
    wrong[3].hidden = (gp_activation)77;
    wrong[4].initial = (gp_initial)2;
    wrong[5].inputs = SIZE_MAX / 2;
    for (size_t k = 0; k < 6; k++)
        assert_int_equal(gp_network_create(&wrong[k], &net, NULL), GP_ERROR_ARGUMENT);
    double cell[] = {1, 2}, label = 1, cost;
    assert_int_equal(gp_network_create(&sound, &net, NULL), GP_OK);
    assert_int_equal(gp_network_cost(net, &cost, NULL), GP_ERROR_ARGUMENT); /* no data yet */
    assert_int_equal(gp_network_set_data(net, SIZE_MAX / 2, cell, &label), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_network_set_data(net, 1, cell, &label), GP_OK);
    assert_int_equal(gp_network_cost(net, &cost, NULL), GP_OK);
    assert_int_equal(gp_network_set_rows(net, 0, SIZE_MAX), GP_ERROR_ARGUMENT);
    gp_network_destroy(net);
}

static void training_out_of_range_is_refused(void **state) {
    (void)state;
    gp_table *table;
    gp_model *model;
    gp_report *refuted;
    gp_train_options wrong[6];
    const char *plant = NULL;
    assert_int_equal(gp_table_generate(100, 1, &table, NULL), GP_OK);
    for (size_t k = 0; k < 6; k++) {
        gp_train_options_init(&wrong[k]);
        wrong[k].label = "fraud";
    }
    wrong[0].optimizer = (gp_optimizer)9;
    wrong[1].schedule = (gp_schedule)-1;
    wrong[2].dtype = (gp_dtype)3;
    wrong[3].plants = 1;
    wrong[4].plants = 1;
    wrong[4].plant = &plant;
    wrong[5].hidden_layers = SIZE_MAX;
    wrong[5].hidden = (const size_t[]){1};
    for (size_t k = 0; k < 6; k++)
        assert_int_equal(gp_train(table, &wrong[k], &model, &refuted, NULL), GP_ERROR_ARGUMENT);
    gp_table_destroy(table);
}

/* ---- calls out of order ---------------------------------------------------------- */

static void no_block_comes_after_the_bounds(void **state) {
    (void)state;
    gp_function *f = cubes();
    double lower[N + 1], more = 1;
    for (size_t i = 0; i < N + 1; i++)
        lower[i] = -10;
    assert_int_equal(gp_function_set_bounds(f, lower, NULL), GP_OK);
    assert_int_equal(gp_function_add_block(f, "y", 0, 0, NULL, &more), GP_ERROR_ARGUMENT);
    assert_refused(f, NULL, "block y: comes after gp_function_set_bounds");
    gp_function_destroy(f);
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++)
        y[j] = x[j % n] * x[j % n];
    return 0;
}

static int jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    (void)user;
    for (size_t k = 0; k < count; k++)
        J[k] = k % n == k / n % n ? 2 * x[k % n] : 0;
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t j = 0; j < m; j++)
        g[j % n] += 2 * x[j % n] * u[j];
    return 0;
}

/* "vjp x" has 5 x 6 entries, then 2 x 6. */
static void a_plant_is_of_the_map_that_there_is(void **state) {
    (void)state;
    gp_function *f = cubes();
    const size_t diagonal[] = {0, 1, 2};
    assert_int_equal(gp_function_set_map(f, 5, map), GP_OK);
    assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
    assert_int_equal(gp_function_plant(f, "vjp x:entry=29,add=1", NULL), GP_OK);
    assert_int_equal(gp_function_set_map(f, 2, map), GP_OK);
    assert_refused(f, NULL, "planted");
    gp_function_destroy(f);
    f = cubes();
    assert_int_equal(gp_function_set_map(f, 5, map), GP_OK);
    assert_int_equal(gp_function_set_jacobian(f, jacobian), GP_OK);
    assert_int_equal(gp_function_plant(f, "jacobian x:entry=29,add=1", NULL), GP_OK);
    assert_int_equal(gp_function_set_sparsity(f, 3, diagonal, diagonal), GP_OK);
    assert_refused(f, NULL, "planted");
    gp_function_destroy(f);
}

static void precision_is_settled_before_callbacks(void **state) {
    (void)state;
    gp_function *f;
    const gp_team team = {NULL, 0, 1, no_gather};
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT32), GP_OK); /* mixed precision */
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT64), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT32), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT64), GP_OK); /* as it is */
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT32), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_team(f, &team), GP_OK);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT32), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
}

static void suspects_have_names(void **state) {
    (void)state;
    gp_function *f = cubes();
    const gp_suspect nameless = {NULL, "there is no kind"}, silent = {"kind", NULL};
    gp_suspect_callback none = (gp_suspect_callback)(void (*)(void))gradient;
    assert_int_equal(gp_function_set_suspects(f, 1, &nameless, none), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_set_suspects(f, 1, &silent, none), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
}

/* ---- setters that fail ----------------------------------------------------------- */

static int value_32(void *user, size_t n, const float *x, double *v) {
    (void)user, (void)n;
    *v = x[0];
    return 0;
}

static int choose_batch(void *user, size_t k) {
    (void)user, (void)k;
    return 0;
}

static int choose_examples(void *user, size_t first, size_t count) {
    (void)user, (void)first, (void)count;
    return 0;
}

static gp_status twice(gp_function *f) {
    return gp_function_add_block(f, "x", 0, 0, NULL, X);
}
static gp_status nameless(gp_function *f) {
    return gp_function_add_block(f, "", 0, 0, NULL, X);
}
static gp_status shapeless(gp_function *f) {
    return gp_function_add_block(f, "w", 0, 2, NULL, X);
}
static gp_status deep(gp_function *f) {
    return gp_function_add_block(f, "w", 0, 9, (size_t[9]){1}, X);
}
static gp_status valueless(gp_function *f) {
    return gp_function_add_block(f, "w", 0, 0, NULL, NULL);
}
static gp_status endless(gp_function *f) {
    return gp_function_add_block(f, "w", 0, 2, (size_t[]){SIZE_MAX / 4, 8}, X);
}
static gp_status no_callback(gp_function *f) {
    return gp_function_set_callback(f, GP_GRADIENT, GP_FLOAT64, NULL);
}
static gp_status other_precision(gp_function *f) {
    return gp_function_set_value(f, value_32);
}
static gp_status no_outputs(gp_function *f) {
    return gp_function_set_map(f, 0, map);
}
static gp_status late_precision(gp_function *f) {
    return gp_function_set_dtype(f, GP_FLOAT32);
}
static gp_status late_team(gp_function *f) {
    return gp_function_set_team(f, &(gp_team){NULL, 0, 1, no_gather});
}
static gp_status outside_team(gp_function *f) {
    return gp_function_set_team(f, &(gp_team){NULL, 2, 2, no_gather});
}
static gp_status no_pattern(gp_function *f) {
    return gp_function_set_sparsity(f, 0, NULL, NULL);
}
static gp_status closed_bounds(gp_function *f) {
    return gp_function_set_bounds(f, X, X);
}
static gp_status no_batches(gp_function *f) {
    return gp_function_set_batches(f, 0, choose_batch);
}
static gp_status no_examples(gp_function *f) {
    return gp_function_set_examples(f, 0, choose_examples);
}
static gp_status one_part(gp_function *f) {
    return gp_function_set_parts(f, 1, (const char *[]){"loss"}, choose_batch);
}
static gp_status a_nameless_part(gp_function *f) {
    return gp_function_set_parts(f, 2, (const char *[]){"loss", NULL}, choose_batch);
}
static gp_status a_nameless_suspect(gp_function *f) {
    return gp_function_set_suspects(f, 1, &(gp_suspect){NULL, "text"},
                                    (gp_suspect_callback)(void (*)(void))gradient);
}
static gp_status a_plant_nowhere(gp_function *f) {
    return gp_function_plant(f, "V:zero", NULL);
}

static const struct {
    gp_status (*set)(gp_function *f);
    const char *message;
} MISTAKES[] = {{twice, "cubes: block x: there is one of that name"},
                {nameless, "block 1: has no name"},
                {shapeless, "block w: has dimensions but the shape is NULL"},
                {deep, "block w: has more than 8 dimensions"},
                {valueless, "block w: the values are NULL"},
                {endless, "block w: has more entries than fit"},
                {no_callback, "cubes: gp_function_set_gradient: the callback is NULL"},
                {other_precision, "gp_function_set_value: the function is a float64 one"},
                {no_outputs, "gp_function_set_map: 0 outputs"},
                {late_precision, "gp_function_set_dtype: the function has blocks or callbacks"},
                {late_team, "gp_function_set_team: only a float64 function that has no blocks"},
                {outside_team, "gp_function_set_team: the team needs a gather and a rank"},
                {no_pattern, "gp_function_set_sparsity: 0 entries"},
                {closed_bounds, "nothing between 1 and 1 for parameter x[0]"},
                {no_batches, "gp_function_set_batches: 0 batches"},
                {no_examples, "gp_function_set_examples: 0 examples"},
                {one_part, "gp_function_set_parts: 1 parts"},
                {a_nameless_part, "gp_function_set_parts: part 1 has no name"},
                {a_nameless_suspect, "gp_function_set_suspects: suspect 0 needs a kind"},
                {a_plant_nowhere, "plant 'V:zero': no such block"}};

static void a_check_says_which_setter_failed(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof MISTAKES / sizeof *MISTAKES; k++) {
        gp_function *f = cubes();
        gp_error error = {"as it was"};
        assert_int_equal(gp_function_error(f, &error), GP_OK);
        assert_string_equal(error.message, "as it was");
        assert_int_equal(MISTAKES[k].set(f), GP_ERROR_ARGUMENT);
        assert_refused(f, NULL, MISTAKES[k].message);
        assert_int_equal(gp_function_error(f, &error), GP_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, MISTAKES[k].message));
        gp_function_destroy(f);
    }
    assert_int_equal(gp_function_error(NULL, NULL), GP_ERROR_ARGUMENT);
}

static void the_first_setter_that_fails_is_kept(void **state) {
    (void)state;
    gp_function *f = cubes();
    assert_int_equal(no_batches(f), GP_ERROR_ARGUMENT);
    assert_int_equal(one_part(f), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_set_batches(f, 1, NULL), GP_OK);
    assert_refused(f, NULL, "0 batches");
    gp_function_destroy(f);
}

static void blocks_of_a_rank_and_bounds_have_an_order(void **state) {
    (void)state;
    gp_function *f;
    const gp_team team = {NULL, 0, 1, no_gather};
    const size_t two = 2;
    assert_int_equal(gp_function_create("spread", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_team(f, &team), GP_OK);
    assert_int_equal(gp_function_add_block(f, "a", 0, 1, &two, X), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &two, NULL), GP_OK);
    assert_int_equal(gp_function_add_block(f, "c", 0, 1, &two, X), GP_ERROR_ARGUMENT);
    assert_refused(f, NULL, "block c: a rank's blocks must follow one another");
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("alone", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_bounds(f, X, NULL), GP_ERROR_ARGUMENT);
    assert_refused(f, NULL, "there are no blocks to bound");
    gp_function_destroy(f);
}

/* ---- blocks without entries --------------------------------------------------------- */

/* Six numbers in x and z, and blocks without any around them, at the places that `where` says. */
static gp_function *with_empty_blocks(unsigned where) {
    static const size_t none[] = {0}, flat[] = {3, 0}, three[] = {3}, matrix[] = {3, 1};
    gp_function *f;
    assert_int_equal(gp_function_create("gaps", GP_FLOAT64, NULL, &f), GP_OK);
    if (where & 1)
        assert_int_equal(gp_function_add_block(f, "before", 0, 1, none, NULL), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, three, X), GP_OK);
    if (where & 2) {
        assert_int_equal(gp_function_add_block(f, "between", 0, 2, flat, X), GP_OK);
        assert_int_equal(gp_function_add_block(f, "again", 0, 1, none, NULL), GP_OK);
    }
    assert_int_equal(gp_function_add_block(f, "z", 0, 2, matrix, X + 3), GP_OK);
    if (where & 4)
        assert_int_equal(gp_function_add_block(f, "after", 0, 2, flat, NULL), GP_OK);
    return f;
}

static int hessian(void *user, size_t n, const double *x, size_t count, double *H) {
    (void)user;
    for (size_t k = 0; k < count; k++)
        H[k] = k / n == k % n ? 2 * x[k % n] : 0;
    return 0;
}

/* Every block is verified but the one whose name ends in `wrong`. */
static void expect_blocks(gp_function *f, const gp_options *options, const char *wrong) {
    gp_report *report = testing_check(f, options);
    gp_block_result block;
    char *text;
    if (gp_report_failure(report))
        fail_msg("%s", gp_report_failure(report));
    for (size_t b = 0; b < gp_report_blocks(report); b++) {
        assert_int_equal(gp_report_block(report, b, &block), GP_OK);
        const char *last = strrchr(block.name, ' ');
        gp_verdict expected =
            strcmp(last ? last + 1 : block.name, wrong) == 0 ? GP_REFUTED : GP_VERIFIED;
        if (block.verdict != expected)
            fail_msg("%s of %zu entries is %s", block.name, block.entries,
                     gp_verdict_string(block.verdict));
    }
    assert_int_equal(gp_report_verdict(report), *wrong ? GP_REFUTED : GP_VERIFIED);
    assert_int_equal(gp_report_text(report, GP_PRINT_VERBOSE, &text, NULL), GP_OK);
    gp_text_free(text);
    assert_int_equal(gp_report_json(report, &text, NULL), GP_OK);
    gp_text_free(text);
    gp_report_destroy(report);
}

static void blocks_without_entries_change_no_verdict(void **state) {
    (void)state;
    for (unsigned k = 0; k < 8 * 3 * 2 * 2; k++) {
        gp_options o = {.strategy = (gp_strategy)(GP_FULL + k / 8 % 3), .jobs = k / 24 % 2 * 2};
        o.self_test = o.strategy == GP_FULL;
        gp_function *f = with_empty_blocks(k % 8);
        gp_function_set_value(f, value);
        gp_function_set_gradient(f, gradient);
        if (k / 48)
            gp_function_plant(f, "z:scale=1.5", NULL);
        expect_blocks(f, &o, k / 48 ? "z" : "");
        gp_function_destroy(f);
    }
}

static void maps_with_blocks_without_entries_too(void **state) {
    (void)state;
    for (unsigned k = 0; k < 8 * 2 * 4 * 2; k++) {
        static const char *const plants[] = {"jacobian z:scale=1.5", "vjp z:scale=1.5",
                                             "hessian z:scale=1.5", "vjp x:negate"};
        gp_options o = {.strategy = k / 8 % 2 ? GP_PROJECT : GP_FULL};
        unsigned kind = k / 16 % 4;
        gp_function *f = with_empty_blocks(k % 8);
        if (kind == 2) {
            gp_function_set_value(f, value);
            gp_function_set_gradient(f, gradient);
            gp_function_set_hessian(f, hessian);
        } else {
            gp_function_set_map(f, 5, map);
            if (kind == 0)
                gp_function_set_jacobian(f, jacobian);
            else
                gp_function_set_vjp(f, vjp);
        }
        if (k / 64)
            gp_function_plant(f, plants[kind], NULL);
        gp_report *report = testing_check(f, &o);
        if (gp_report_failure(report))
            fail_msg("%s", gp_report_failure(report));
        if (gp_report_verdict(report) != (k / 64 ? GP_REFUTED : GP_VERIFIED))
            fail_msg("%u: %s", k, gp_verdict_string(gp_report_verdict(report)));
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

static void planting_into_nothing_says_so(void **state) {
    (void)state;
    gp_function *f = with_empty_blocks(7);
    gp_error error;
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    static const char *const fine[] = {"before:shift", "between:transpose", "after:decay=1",
                                       "before:zero",  "again:scale=2",     "between:negate"};
    for (size_t k = 0; k < sizeof fine / sizeof *fine; k++)
        assert_int_equal(gp_function_plant(f, fine[k], NULL), GP_OK);
    expect_blocks(f, NULL, "");
    assert_int_equal(gp_function_plant(f, "after:entry=0,add=1", &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "after has no entries"));
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("nothing", GP_FLOAT64, NULL, &f), GP_OK);
    gp_function_add_block(f, "none", 0, 1, (size_t[]){0}, NULL);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    assert_refused(f, NULL, "has no parameters");
    gp_function_destroy(f);
}

/* ---- what a callback says of itself ------------------------------------------------ */

static int speaking_value(void *user, size_t n, const double *x, double *f) {
    (void)user, (void)n, (void)x, (void)f;
    gp_callback_error("ValueError: no\nlight");
    return 1;
}

static int speaking_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user, (void)n, (void)x, (void)g;
    gp_callback_error("KeyError: 'W'");
    return 1;
}

static int speaking_vjp(void *user, size_t n, const double *x, size_t m, const double *u,
                        double *g) {
    (void)m, (void)u;
    return speaking_gradient(user, n, x, g);
}

static int speaking_map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)m;
    return speaking_gradient(user, n, x, y);
}

/* Says something of itself away from the given point alone, where it may refuse. */
static int edged_value(void *user, size_t n, const double *x, double *f) {
    if (x[0] > X[0]) {
        gp_callback_error("beyond the edge");
        return 1;
    }
    return value(user, n, x, f);
}

static int infinite_gradient(void *user, size_t n, const double *x, double *g) {
    (void)gradient(user, n, x, g);
    g[1] = INFINITY;
    return 0;
}

static void a_failure_ends_in_the_callback_s_words(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_function_set_value(f, speaking_value);
    assert_fails(f, "function's domain: ValueError: no\\x0alight");
    f = cubes();
    gp_function_set_gradient(f, speaking_gradient);
    assert_fails(f, ": KeyError: 'W'");
    f = cubes();
    gp_function_set_map(f, 5, map);
    gp_function_set_vjp(f, speaking_vjp);
    assert_fails(f, "the vjp callback refused the given point: KeyError: 'W'");
    f = cubes();
    gp_function_set_map(f, 5, speaking_map);
    gp_function_set_vjp(f, vjp);
    assert_fails(f, "the map callback refused the given point: KeyError: 'W'");
}

static void what_was_said_elsewhere_is_forgotten(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_function_set_value(f, edged_value);
    gp_report *report = testing_check(f, NULL);
    assert_null(gp_report_failure(report));
    gp_report_destroy(report);
    gp_function_set_gradient(f, infinite_gradient);
    report = testing_check(f, NULL);
    if (gp_report_failure(report))
        assert_null(strstr(gp_report_failure(report), "edge"));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- callbacks that write more than they may ------------------------------------- */

static int wide_value(void *user, size_t n, const double *x, double *f) {
    (void)value(user, n, x, f);
    f[1] = 3;
    return 0;
}

static int wide_value_gradient(void *user, size_t n, const double *x, double *f, double *g) {
    (void)value(user, n, x, f);
    f[-1] = 3;
    return gradient(user, n, x, g);
}

static int wide_entries(void *user, size_t n, const double *x, int same, size_t count,
                        const size_t *entry, const double *number, double *values) {
    double moved[N];
    (void)same;
    for (size_t k = 0; k < count; k++) {
        memcpy(moved, x, n * sizeof *x);
        moved[entry[k]] = number[k];
        (void)value(user, n, moved, &values[k]);
    }
    values[count] = 1;
    return 0;
}

static int wide_changes(void *user, size_t n, const double *x, const double *v, int same,
                        size_t count, const double *step, double *changes) {
    (void)user, (void)same;
    for (size_t k = 0; k < count; k++) {
        changes[k] = 0;
        for (size_t i = 0; i < n; i++) {
            double d = step[k] * v[i];
            changes[k] += d * (x[i] * x[i] + d * x[i] + d * d / 3);
        }
    }
    for (size_t k = count; k < count + 8; k++)
        changes[k] = 1;
    return 0;
}

static int wide_complex(void *user, size_t n, const double *z, double *w) {
    (void)user;
    w[0] = w[1] = 0;
    for (size_t i = 0; i < n; i++) {
        double a = z[2 * i], b = z[2 * i + 1];
        w[0] += (a * a * a - 3 * a * b * b) / 3;
        w[1] += (3 * a * a * b - b * b * b) / 3;
    }
    w[2] = 0;
    return 0;
}

static int wrong_gradient(void *user, size_t n, const double *x, double *g) {
    (void)gradient(user, n, x, g);
    g[2] += 1;
    return 0;
}

static int wide_suspect(void *user, size_t suspect, size_t n, const double *x, double *g) {
    (void)suspect;
    (void)wrong_gradient(user, n, x, g);
    g[n] = 0;
    return 0;
}

static void writing_past_what_is_returned_is_found(void **state) {
    (void)state;
    gp_function *f = cubes();
    assert_int_equal(gp_function_set_value(f, wide_value), GP_OK);
    assert_fails(f, "the value callback wrote past the 1 number");
    f = cubes();
    assert_int_equal(gp_function_set_value_gradient(f, wide_value_gradient), GP_OK);
    f->callback[GP_GRADIENT] = NULL;
    assert_fails(f, "the value-and-gradient callback wrote past");
    f = cubes();
    assert_int_equal(gp_function_set_entries(f, wide_entries), GP_OK);
    assert_fails(f, "the entries callback wrote past");
    f = cubes();
    assert_int_equal(gp_function_set_complex_value(f, wide_complex), GP_OK);
    assert_fails(f, "the complex value callback wrote past the 2 numbers");
}

static void writing_past_the_changes_is_found(void **state) {
    (void)state;
    gp_function *f = cubes();
    gp_options o;
    gp_report *report;
    gp_options_init(&o);
    o.strategy = GP_PROJECT;
    assert_int_equal(gp_function_set_changes(f, wide_changes), GP_OK);
    assert_int_equal(gp_check(f, &o, &report, NULL), GP_OK);
    assert_non_null(gp_report_failure(report));
    assert_non_null(strstr(gp_report_failure(report), "the changes callback wrote past"));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void a_suspect_that_writes_past_its_end_names_nothing(void **state) {
    (void)state;
    static const gp_suspect suspect = {"wide", "too much is written"};
    gp_function *f = cubes();
    gp_block_result block;
    assert_int_equal(gp_function_set_gradient(f, wrong_gradient), GP_OK);
    assert_int_equal(gp_function_set_suspects(f, 1, &suspect, wide_suspect), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(gp_report_verdict(report), GP_REFUTED);
    assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
    for (size_t k = 0; k < block.diagnoses; k++)
        assert_string_not_equal(block.diagnosis[k].kind, "wide");
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static int silent_value(void *user, size_t n, const double *x, double *f) {
    (void)user, (void)n;
    *f = x[0] * x[0];
    return 0;
}

static int silent_gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    g[0] = 2 * x[0];
    return 0;
}

static int endless_name(void *user, size_t entry, char *name, size_t size) {
    (void)user, (void)entry;
    memset(name, 'u', size);
    return 0;
}

static void the_name_of_a_silent_unit_ends(void **state) {
    (void)state;
    gp_function *f = cubes();
    assert_int_equal(gp_function_set_value(f, silent_value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, silent_gradient), GP_OK);
    assert_int_equal(gp_function_set_silence(f, endless_name), GP_OK);
    gp_report *report = testing_check(f, NULL);
    assert_int_equal(report->silents, 1);
    assert_in_range(strlen(report->silent[0]), 16, 127);
    assert_int_equal(strspn(report->silent[0], "u"), strlen(report->silent[0]));
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- long names ------------------------------------------------------------------ */

static void blocks_of_a_map_keep_their_whole_names(void **state) {
    (void)state;
    gp_function *f;
    char name[2][600], plant[700];
    const size_t three = 3;
    assert_int_equal(gp_function_create("long", GP_FLOAT64, NULL, &f), GP_OK);
    for (size_t b = 0; b < 2; b++) {
        memset(name[b], 'n', sizeof name[b]);
        name[b][sizeof name[b] - 2] = (char)('0' + b);
        name[b][sizeof name[b] - 1] = '\0';
        assert_int_equal(gp_function_add_block(f, name[b], 0, 1, &three, X + 3 * b), GP_OK);
    }
    assert_int_equal(gp_function_set_map(f, 4, map), GP_OK);
    assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
    snprintf(plant, sizeof plant, "vjp %s:scale=2", name[1]);
    assert_int_equal(gp_function_plant(f, plant, NULL), GP_OK);
    gp_report *report = testing_check(f, NULL);
    gp_block_result block;
    assert_int_equal(gp_report_blocks(report), 2);
    for (size_t b = 0; b < 2; b++) {
        assert_int_equal(gp_report_block(report, b, &block), GP_OK);
        assert_string_equal(block.name + strlen("vjp "), name[b]);
        assert_int_equal(block.verdict, b ? GP_REFUTED : GP_VERIFIED);
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_answer_for_null),
        cmocka_unit_test(functions_refuse_null),
        cmocka_unit_test(the_others_answer_for_null),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(an_option_to_come_is_not_supported),
        cmocka_unit_test(all_zero_says_the_defaults),
        cmocka_unit_test(results_fit_into_smaller_and_larger_structures),
        cmocka_unit_test(networks_out_of_range_are_refused),
        cmocka_unit_test(training_out_of_range_is_refused),
        cmocka_unit_test(no_block_comes_after_the_bounds),
        cmocka_unit_test(a_plant_is_of_the_map_that_there_is),
        cmocka_unit_test(precision_is_settled_before_callbacks),
        cmocka_unit_test(suspects_have_names),
        cmocka_unit_test(a_check_says_which_setter_failed),
        cmocka_unit_test(the_first_setter_that_fails_is_kept),
        cmocka_unit_test(blocks_without_entries_change_no_verdict),
        cmocka_unit_test(maps_with_blocks_without_entries_too),
        cmocka_unit_test(planting_into_nothing_says_so),
        cmocka_unit_test(a_failure_ends_in_the_callback_s_words),
        cmocka_unit_test(what_was_said_elsewhere_is_forgotten),
        cmocka_unit_test(blocks_of_a_rank_and_bounds_have_an_order),
        cmocka_unit_test(writing_past_what_is_returned_is_found),
        cmocka_unit_test(writing_past_the_changes_is_found),
        cmocka_unit_test(a_suspect_that_writes_past_its_end_names_nothing),
        cmocka_unit_test(the_name_of_a_silent_unit_ends),
        cmocka_unit_test(blocks_of_a_map_keep_their_whole_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

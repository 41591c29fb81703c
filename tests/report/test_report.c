/* What the writers make of a report: JSON is parsed again, text is searched. */
#include <jansson.h>

#include "testing.h"

static double value_of(size_t n, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i]);
    return sum;
}

static void gradient_of(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = exp(x[i]);
    g[1] *= 2;
}

static gp_report *make(void) {
    testing_pair pair = {value_of, gradient_of};
    double x[] = {0.1, 0.2, 0.3};
    gp_function *f = testing_function(&pair, 3, x);
    gp_options options;
    gp_options_init(&options);
    options.seed = 77;
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static char *written(const gp_report *report, int json, unsigned flags) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    assert_int_equal(json ? gp_report_write_json(report, stream)
                          : gp_report_print(report, stream, flags),
                     GP_OK);
    fclose(stream);
    return text;
}

static void memory_holds_what_a_stream_gets(void **state) {
    (void)state;
    static const struct {
        gp_status (*write)(const gp_report *report, FILE *stream);
        gp_status (*make)(const gp_report *report, char **text, size_t *length);
    } FORMATS[] = {{gp_report_write_json, gp_report_json},
                   {gp_report_write_html, gp_report_html},
                   {gp_report_write_junit, gp_report_junit},
                   {gp_report_write_markdown, gp_report_markdown},
                   {gp_report_write_summary, gp_report_summary}};
    gp_report *report = make();
    char *text = NULL, *streamed;
    size_t length = 0, size = 0;
    for (unsigned flags = 0; flags < 8; flags++) {
        streamed = written(report, 0, flags);
        assert_int_equal(gp_report_text(report, flags, &text, &length), GP_OK);
        assert_string_equal(text, streamed);
        assert_int_equal(length, strlen(streamed));
        gp_text_free(text);
        free(streamed);
    }
    assert_int_equal(gp_report_text(NULL, 0, &text, NULL), GP_ERROR_ARGUMENT);
    for (size_t k = 0; k < sizeof FORMATS / sizeof *FORMATS; k++) {
        FILE *stream = open_memstream(&streamed, &size);
        assert_int_equal(FORMATS[k].write(report, stream), GP_OK);
        fclose(stream);
        assert_int_equal(FORMATS[k].make(report, &text, &length), GP_OK);
        assert_string_equal(text, streamed);
        assert_int_equal(length, size);
        gp_text_free(text);
        free(streamed);
        assert_int_equal(FORMATS[k].make(report, &text, NULL), GP_OK);
        gp_text_free(text);
        assert_int_equal(FORMATS[k].make(report, NULL, NULL), GP_ERROR_ARGUMENT);
        assert_int_equal(FORMATS[k].make(NULL, &text, NULL), GP_ERROR_ARGUMENT);
    }
    gp_text_free(NULL);
    gp_report_destroy(report);
}

/* By directions most entries are in no list: they are NaN and unchecked in bulk as one by one. */
static void entries_in_bulk_are_those_one_by_one(void **state) {
    (void)state;
    enum { MANY = 40 };
    testing_pair pair = {value_of, gradient_of};
    double x[MANY], analytic[MANY], numeric[MANY], bound[MANY];
    int status[MANY];
    for (int i = 0; i < MANY; i++)
        x[i] = 0.1 * i - 2;
    for (int strategy = GP_FULL; strategy <= GP_SAMPLE; strategy++) {
        gp_function *f = testing_function(&pair, MANY, x);
        gp_options options;
        gp_options_init(&options);
        options.strategy = (gp_strategy)strategy;
        options.sample = 7;
        gp_report *report = testing_check(f, &options);
        assert_int_equal(
            gp_report_copy_entries(report, 1, MANY - 1, status, analytic, numeric, bound), GP_OK);
        for (size_t k = 0; k + 1 < MANY; k++) {
            gp_entry e;
            assert_int_equal(gp_report_entry(report, k + 1, &e), GP_OK);
            assert_int_equal(status[k], e.status);
            assert_memory_equal(&analytic[k], &e.analytic, sizeof(double));
            assert_memory_equal(&numeric[k], &e.numeric, sizeof(double));
            assert_memory_equal(&bound[k], &e.bound, sizeof(double));
        }
        if (strategy != GP_SAMPLE) /* found by directions, too */
            assert_int_equal(status[0], GP_ENTRY_REFUTED);
        assert_int_equal(gp_report_copy_entries(report, MANY, 0, NULL, NULL, NULL, NULL), GP_OK);
        assert_int_equal(gp_report_copy_entries(report, 0, MANY, NULL, analytic, NULL, NULL),
                         GP_OK);
        assert_int_equal(gp_report_copy_entries(report, 1, MANY, status, NULL, NULL, NULL),
                         GP_ERROR_ARGUMENT);
        assert_int_equal(gp_report_copy_entries(report, MANY + 1, 0, status, NULL, NULL, NULL),
                         GP_ERROR_ARGUMENT);
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
    assert_int_equal(gp_report_copy_entries(NULL, 0, 0, NULL, NULL, NULL, NULL), GP_ERROR_ARGUMENT);
}

static void json_has_every_key(void **state) {
    (void)state;
    gp_report *report = make();
    char *text = written(report, 1, 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    static const char *const keys[] = {"schema",
                                       "version",
                                       "function",
                                       "verdict",
                                       "dtype",
                                       "parameters",
                                       "blocks",
                                       "coverage",
                                       "resolution",
                                       "confidence",
                                       "notebook_difference",
                                       "evaluations",
                                       "seconds",
                                       "seed"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (!json_object_get(root, keys[k]))
            fail_msg("no key %s", keys[k]);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "gradproof.report/1");
    assert_string_equal(json_string_value(json_object_get(root, "verdict")), "refuted");
    assert_int_equal(json_integer_value(json_object_get(root, "seed")), 77);
    json_t *block = json_array_get(json_object_get(root, "blocks"), 0), *entries, *worst, *first;
    entries = json_object_get(block, "entries");
    worst = json_object_get(block, "worst");
    first = json_array_get(json_object_get(block, "diagnosis"), 0);
    assert_int_equal(json_integer_value(json_object_get(entries, "refuted")), 1);
    assert_int_equal(json_integer_value(json_object_get(entries, "verified")), 2);
    assert_int_equal(json_integer_value(json_object_get(worst, "index")), 1);
    assert_near(json_number_value(json_object_get(worst, "analytic")), 2 * exp(0.2), 0);
    assert_near(json_number_value(json_object_get(worst, "numeric")), exp(0.2), 1e-8);
    assert_string_equal(json_string_value(json_object_get(first, "kind")), "entries");
    assert_true(json_is_null(json_object_get(first, "factor")));
    json_decref(root);
    free(text);
    gp_report_destroy(report);
}

static void text_says_what_and_where(void **state) {
    (void)state;
    gp_report *report = make();
    char *text = written(report, 0, 0);
    static const char *const words[] = {"refuted: test, 3 parameters, float64: wrong in x",
                                        "entries: 1 entry of x is wrong and 2 right: x[1]",
                                        "3 of 3 entries exercised", "seed 77"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strstr(text, words[k]))
            fail_msg("no '%s' in\n%s", words[k], text);
    assert_null(strchr(text, '\033'));
    free(text);
    text = written(report, 0, GP_PRINT_COLOUR);
    assert_non_null(strstr(text, "\033[91mrefuted\033[0m"));
    free(text);
    text = written(report, 0, GP_PRINT_QUIET);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    free(text);
    text = written(report, 0, GP_PRINT_VERBOSE);
    assert_non_null(strstr(text, "x[2]             verified"));
    free(text);
    gp_report_destroy(report);
}

static void failures_are_reports_too(void **state) {
    (void)state;
    gp_report *report;
    assert_int_equal(gp_report_create_failure("mine", "crash", "it fell over", NULL, &report),
                     GP_OK);
    assert_int_equal(gp_report_exit_code(report), 3);
    char *text = written(report, 0, 0);
    assert_string_equal(text, "failed: mine: it fell over\n");
    free(text);
    text = written(report, 1, 0);
    json_t *root = json_loads(text, 0, NULL);
    json_t *failure = json_object_get(root, "failure");
    assert_string_equal(json_string_value(json_object_get(failure, "kind")), "crash");
    json_decref(root);
    free(text);
    gp_report_destroy(report);
    gp_report_destroy(NULL);
}

static double one_value(size_t n, const double *x) {
    (void)n;
    return exp(x[0]);
}

static void one_gradient(size_t n, const double *x, double *g) {
    (void)n;
    g[0] = exp(x[0]);
}

static double noisy_value(size_t n, const double *x) {
    double sum = 0, mixed = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
        mixed += x[i] * (double)(i % 97);
    }
    return sum / 2 / (double)n + 1e-3 * sin(1e9 * mixed);
}

static void noisy_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = x[i] / (double)n;
}

static double flat_value(size_t n, const double *x) {
    (void)n;
    return x[0] * x[0] + fabs(x[1]);
}

static void flat_gradient(size_t n, const double *x, double *g) {
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    g[0] = 2 * x[0];
}

static void text_of_one_and_of_none(void **state) {
    (void)state;
    testing_pair pair = {flat_value, flat_gradient};
    double x[] = {0.7, 0, 1, 2}, one[] = {0.7};
    gp_options options;
    gp_options_init(&options);
    options.self_test = 1;
    gp_function *f = testing_function(&pair, 4, x);
    gp_report *report = testing_check(f, &options);
    char *text = written(report, 0, 0);
    assert_non_null(strstr(text, "gradient and derivative are both zero in every point"));
    assert_non_null(strstr(text, "1 of 4 entries lie at a kink"));
    assert_null(strstr(text, "above 0.0e+00"));
    gp_self_test_result tested;
    if (gp_report_self_test(report, 0, &tested) == GP_OK) {
        assert_true(tested.below > 0 && tested.caught <= tested.planted - tested.below);
        assert_non_null(strstr(text, "beyond the tolerance would be refuted"));
    }
    free(text);
    gp_report_destroy(report);
    gp_function_destroy(f);
    pair = (testing_pair){one_value, one_gradient};
    f = testing_function(&pair, 1, one);
    report = testing_check(f, NULL);
    text = written(report, 0, 0);
    assert_non_null(strstr(text, "verified: test, 1 parameter, float64"));
    assert_non_null(strstr(text, "1 of 1 entry exercised"));
    free(text);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* Noise keeps directions from their tolerance: the text says so, and excludes nothing. */
static void text_of_a_doubt(void **state) {
    (void)state;
    static double x[2000];
    testing_pair pair = {noisy_value, noisy_gradient};
    gp_options options;
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    for (size_t i = 0; i < 2000; i++)
        x[i] = 1 + sin((double)i) / 2;
    gp_function *f = testing_function(&pair, 2000, x);
    gp_report *report = testing_check(f, &options);
    char *text = written(report, 0, 0);
    assert_int_equal(gp_report_verdict(report), GP_INCONCLUSIVE);
    assert_non_null(strstr(text, "doesn't exclude an error of the tolerance, 1e-05"));
    assert_non_null(strstr(text, "more than the tolerance, 1e-05"));
    assert_null(strstr(text, ": 0 of 2000"));
    assert_null(strstr(text, "is excluded"));
    free(text);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_holds_what_a_stream_gets),
                                       cmocka_unit_test(entries_in_bulk_are_those_one_by_one),
                                       cmocka_unit_test(json_has_every_key),
                                       cmocka_unit_test(text_says_what_and_where),
                                       cmocka_unit_test(failures_are_reports_too),
                                       cmocka_unit_test(text_of_one_and_of_none),
                                       cmocka_unit_test(text_of_a_doubt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The notebook against tests/data/notebook_case.json, which was computed with NumPy and, for the
 * exact gradient, with 60 digits. */
#include <jansson.h>

#include "gradproof/notebook.h"
#include "nn/notebook/numpy_random.h"
#include "testing.h"

static json_t *reference;

static int load_reference(void **state) {
    (void)state;
    reference = json_load_file(GP_TEST_DATA "/notebook_case.json", 0, NULL);
    return reference ? 0 : -1;
}

static int drop_reference(void **state) {
    (void)state;
    json_decref(reference);
    return 0;
}

static double number(const json_t *value) {
    return json_is_string(value) ? strtod(json_string_value(value), NULL)
                                 : json_number_value(value);
}

static double list_item(const char *key, size_t i) {
    return number(json_array_get(json_object_get(reference, key), i));
}

static double matrix_item(const json_t *matrix, size_t i, size_t j) {
    return number(json_array_get(json_array_get(matrix, i), j));
}

static void the_test_case_is_the_same_bit_for_bit(void **state) {
    (void)state;
    double X[12], Y[3], vector[47];
    const char *keys[47];
    gp_notebook_parameters p;
    gp_notebook_test_case(X, Y, &p);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++)
            assert_true(X[3 * i + j] == matrix_item(json_object_get(reference, "X"), i, j));
    for (size_t j = 0; j < 3; j++)
        assert_true(Y[j] == list_item("Y", j));
    gp_notebook_dictionary_to_vector(&p, vector, keys);
    json_t *parameters = json_object_get(reference, "parameters");
    size_t at = 0;
    for (size_t k = 0; k < 6; k++) {
        const char *name =
            json_string_value(json_array_get(json_object_get(reference, "order"), k));
        json_t *matrix = json_object_get(parameters, name);
        for (size_t i = 0; i < json_array_size(matrix); i++)
            for (size_t j = 0; j < json_array_size(json_array_get(matrix, i)); j++) {
                assert_string_equal(keys[at], name);
                assert_true(vector[at++] == matrix_item(matrix, i, j));
            }
    }
    assert_int_equal(at, 47);
}

/* MT19937's own known answer: seed 5489, the 10,000th number (ISO C++ standard, [rand.predef]). */
static void the_generator_gives_its_known_answer(void **state) {
    (void)state;
    gp_numpy_random random;
    uint32_t last = 0;
    gp_numpy_seed(&random, 5489);
    for (int i = 0; i < 10000; i++)
        last = gp_numpy_bits(&random);
    assert_int_equal(last, 4123659995u);
}

static void vectors_and_dictionaries_are_inverse(void **state) {
    (void)state;
    double in[47], out[47];
    gp_notebook_parameters p;
    for (size_t i = 0; i < 47; i++)
        in[i] = (double)i;
    gp_notebook_vector_to_dictionary(in, &p);
    assert_near(p.W1[1][2], 6, 0);
    assert_near(p.b1[4], 24, 0);
    assert_near(p.W2[2][0], 35, 0);
    assert_near(p.b3[0], 46, 0);
    gp_notebook_dictionary_to_vector(&p, out, NULL);
    assert_memory_equal(in, out, sizeof in);
    gp_notebook_gradients g = {
        .dW1 = {{0, 1}, {4}}, .db1 = {20}, .dW2 = {{25}}, .db2 = {40}, .dW3 = {{43}}, .db3 = {46}};
    const size_t set[] = {0, 1, 4, 20, 25, 40, 43, 46};
    gp_notebook_gradients_to_vector(&g, out);
    for (size_t k = 0; k < sizeof set / sizeof *set; k++)
        assert_near(out[set[k]], (double)set[k], 0);
}

static void one_dimension(void **state) {
    (void)state;
    json_t *one = json_object_get(reference, "one_dimensional");
    assert_near(gp_notebook_forward(2, 4), number(json_object_get(one, "J")), 0);
    assert_near(gp_notebook_backward(2, 4), number(json_object_get(one, "dtheta")), 0);
    double expected = number(json_object_get(one, "difference"));
    assert_near(gp_notebook_gradient_check(2, 4, 1e-7, NULL), expected, 1e-12 * expected);
    assert_near(gp_notebook_sigmoid(0), 0.5, 0);
    assert_near(gp_notebook_sigmoid(2), 0.88079707797788243, 2e-16);
    assert_near(gp_notebook_relu(-3), 0, 0);
    assert_near(gp_notebook_relu(3), 3, 0);
}

typedef struct run {
    double X[12], Y[3], cost, given[47], corrected[47], difference_given, difference_corrected;
    char given_said[256], corrected_said[256];
} run;

static double check(const run *r, const gp_notebook_parameters *p, const gp_notebook_gradients *g,
                    int colour, char *said, size_t size) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    double difference = gp_notebook_gradient_check_n(p, g, 3, r->X, r->Y, 1e-7, stream, colour);
    fclose(stream);
    snprintf(said, size, "%s", text);
    free(text);
    return difference;
}

static run run_all(void) {
    run r;
    gp_notebook_parameters p;
    gp_notebook_gradients g = {0};
    gp_notebook_cache cache = {0};
    gp_notebook_test_case(r.X, r.Y, &p);
    r.cost = gp_notebook_forward_n(3, r.X, r.Y, &p, &cache);
    gp_notebook_backward_n(3, r.X, r.Y, &cache, GP_NOTEBOOK_GIVEN, &g);
    gp_notebook_gradients_to_vector(&g, r.given);
    r.difference_given = check(&r, &p, &g, 0, r.given_said, sizeof r.given_said);
    gp_notebook_backward_n(3, r.X, r.Y, &cache, GP_NOTEBOOK_CORRECTED, &g);
    gp_notebook_gradients_to_vector(&g, r.corrected);
    r.difference_corrected = check(&r, &p, &g, 0, r.corrected_said, sizeof r.corrected_said);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&g);
    return r;
}

static void n_dimensions(void **state) {
    (void)state;
    run r = run_all();
    json_t *cost = json_object_get(reference, "cost");
    assert_near(r.cost, number(json_object_get(cost, "float64")), 4.5e-16);
    /* log(1 - A3) loses digits: the exact cost is 1.6e-14 away */
    assert_near(r.cost, number(json_object_get(cost, "exact")), 3e-14);
    for (size_t i = 0; i < 47; i++) {
        double exact = list_item("gradient_exact", i);
        assert_near(r.corrected[i], exact, 4e-16 * (1 + fabs(exact)));
        assert_near(r.given[i], list_item("gradient_as_given", i), 1e-15);
    }
    assert_near(r.difference_given, 0.285093156839953, 5e-10);
    assert_near(r.difference_corrected, 1.186249751058462e-07, 0.05 * 1.19e-7);
    assert_non_null(strstr(
        r.given_said, "There is a mistake in the backward propagation! difference = 0.28509315"));
    assert_non_null(strstr(r.corrected_said, "There is a mistake in the backward propagation!"));
}

/* The notebook's good news, in green: with a step that fits, it would have got there. */
static void sentences(void **state) {
    (void)state;
    gp_notebook_parameters p;
    gp_notebook_gradients g = {0};
    gp_notebook_cache cache = {0};
    double X[12], Y[3];
    char *text = NULL;
    size_t length = 0;
    gp_notebook_test_case(X, Y, &p);
    gp_notebook_forward_n(3, X, Y, &p, &cache);
    gp_notebook_backward_n(3, X, Y, &cache, GP_NOTEBOOK_CORRECTED, &g);
    FILE *stream = open_memstream(&text, &length);
    double difference = gp_notebook_gradient_check_n(&p, &g, 3, X, Y, 1e-5, stream, 1);
    gp_notebook_gradient_check(2, 4, 1e-7, stream);
    gp_notebook_gradient_check(2, 4, 1e-15, stream);
    fclose(stream);
    assert_true(difference < 1e-8);
    assert_ptr_equal(
        strstr(text, "\033[92mYour backward propagation works perfectly fine! difference = "),
        text);
    assert_non_null(strstr(text, "\033[0m\nThe gradient is correct!\nThe gradient is wrong!\n"));
    free(text);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&g);
}

/* As many digits as Python's str() has. */
static void differences_have_all_their_digits(void **state) {
    (void)state;
    static const struct {
        double difference;
        const char *text;
    } SAID[] = {{2.919335883291695e-10, "2.919335883291695e-10"},
                {0.1, "0.1"},
                {0.30000000000000004, "0.30000000000000004"},
                {1, "1.0"},
                {10, "10.0"},
                {123, "123.0"},
                {1e15, "1000000000000000.0"},
                {1e16, "1e+16"},
                {1e-4, "0.0001"},
                {-2.5, "-2.5"},
                {0, "0.0"},
                {1e-7, "1e-07"},
                {INFINITY, "inf"},
                {NAN, "nan"},
                {-NAN, "nan"},
                {5e-324, "5e-324"},
                {1. / 3, "0.3333333333333333"}};
    for (size_t k = 0; k < sizeof SAID / sizeof *SAID; k++) {
        char *text = NULL, expected[64];
        size_t length = 0;
        FILE *stream = open_memstream(&text, &length);
        gp_notebook_print_difference(SAID[k].difference, stream);
        fclose(stream);
        snprintf(expected, sizeof expected, "difference = %s\n", SAID[k].text);
        assert_string_equal(text, expected);
        free(text);
    }
    assert_true(gp_notebook_gradient_check(2, 4, 1e-7, NULL) == 2.919335883291695e-10);
    run r = run_all();
    char *end;
    const char *said = strstr(r.given_said, "difference = ");
    assert_non_null(said);
    assert_true(strtod(said + strlen("difference = "), &end) == r.difference_given);
    assert_string_equal(end, "\n");
}

/* The gradients of activations and pre-activations have no 1/m: a column is that of its example
 * alone, where dZ is the derivative of the cost by the layer's b. */
static void any_number_of_examples_and_every_gradient(void **state) {
    (void)state;
    enum { M = 7 };
    double X[4 * M], Y[M], H = 1e-6;
    gp_notebook_parameters p;
    gp_notebook_cache cache = {0};
    gp_notebook_gradients g = {0};
    double case_X[12], case_Y[3];
    gp_notebook_test_case(case_X, case_Y, &p);
    for (size_t i = 0; i < 4 * M; i++)
        X[i] = sin(3.0 * (double)i + 1);
    for (size_t j = 0; j < M; j++)
        Y[j] = j % 3 == 0;
    double cost = gp_notebook_forward_n(M, X, Y, &p, &cache), sum = 0;
    assert_int_equal(gp_notebook_backward_n(M, X, Y, &cache, GP_NOTEBOOK_CORRECTED, &g), GP_OK);
    for (size_t j = 0; j < M; j++) {
        double x[4], *b[] = {p.b1, p.b2, p.b3}, *dZ[] = {g.dZ1, g.dZ2, g.dZ3};
        for (size_t k = 0; k < 4; k++)
            x[k] = X[k * M + j];
        sum += gp_notebook_forward_n(1, x, &Y[j], &p, NULL);
        for (size_t l = 0; l < 3; l++)
            for (size_t i = 0; i < (size_t[]){5, 3, 1}[l]; i++) {
                double here = b[l][i];
                b[l][i] = here + H;
                double plus = gp_notebook_forward_n(1, x, &Y[j], &p, NULL);
                b[l][i] = here - H;
                double minus = gp_notebook_forward_n(1, x, &Y[j], &p, NULL);
                b[l][i] = here;
                assert_near(dZ[l][i * M + j], (plus - minus) / (2 * H), 1e-8);
            }
        for (size_t k = 0; k < 3; k++)
            assert_near(g.dA2[k * M + j], p.W3[0][k] * g.dZ3[j], 1e-15);
        for (size_t k = 0; k < 5; k++)
            assert_near(g.dA1[k * M + j],
                        p.W2[0][k] * g.dZ2[j] + p.W2[1][k] * g.dZ2[M + j] +
                            p.W2[2][k] * g.dZ2[2 * M + j],
                        1e-14);
    }
    assert_near(cost, sum / M, 1e-14);
    assert_true(gp_notebook_gradient_check_n(&p, &g, M, X, Y, 1e-6, NULL, 0) < 1e-7);
    assert_int_equal(gp_notebook_backward_n(M - 1, X, Y, &cache, GP_NOTEBOOK_GIVEN, &g),
                     GP_ERROR_ARGUMENT);
    assert_true(isnan(gp_notebook_forward_n(0, X, Y, &p, NULL)));
    assert_true(isfinite(gp_notebook_forward_n(1, X, Y, &p, &cache)));
    assert_int_equal(cache.m, 1);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&g);
}

static gp_report *report_on(const char *which, size_t points) {
    gp_function *f;
    gp_options options;
    gp_options_init(&options);
    options.points = points;
    options.notebook_epsilon = 1e-7;
    assert_int_equal(gp_notebook_function(which, &f, NULL), GP_OK);
    gp_report *report = testing_check(f, &options);
    gp_function_destroy(f);
    return report;
}

static void every_estimate_is_inside_its_bound(void **state) {
    (void)state;
    gp_report *report = report_on("corrected", 1);
    for (size_t i = 0; i < 47; i++) {
        gp_entry entry;
        gp_report_entry(report, i, &entry);
        assert_near(entry.numeric, list_item("gradient_exact", i), entry.bound);
        assert_true(entry.bound < 1e-6);
    }
    gp_report_destroy(report);
}

static void coverage_is_that_of_the_reference(void **state) {
    (void)state;
    gp_report *report = report_on("corrected", 1);
    json_t *zeros = json_object_get(reference, "zero_entries");
    assert_int_equal(gp_report_exercised(report), 47 - json_array_size(zeros));
    for (size_t k = 0; k < json_array_size(zeros); k++) {
        gp_entry entry;
        gp_report_entry(report, (size_t)json_integer_value(json_array_get(zeros, k)), &entry);
        assert_int_equal(entry.status, GP_ENTRY_UNEXERCISED);
    }
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    report = report_on("corrected", 0);
    assert_int_equal(gp_report_exercised(report), 47);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    assert_true(gp_report_resolution(report) <= 1e-7);
    gp_report_destroy(report);
}

static void there_is_no_fourth_case(void **state) {
    (void)state;
    gp_function *f;
    gp_error error;
    assert_int_equal(gp_notebook_function("2d", &f, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "notebook:2d"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_test_case_is_the_same_bit_for_bit),
                                       cmocka_unit_test(the_generator_gives_its_known_answer),
                                       cmocka_unit_test(vectors_and_dictionaries_are_inverse),
                                       cmocka_unit_test(one_dimension),
                                       cmocka_unit_test(n_dimensions),
                                       cmocka_unit_test(sentences),
                                       cmocka_unit_test(differences_have_all_their_digits),
                                       cmocka_unit_test(any_number_of_examples_and_every_gradient),
                                       cmocka_unit_test(every_estimate_is_inside_its_bound),
                                       cmocka_unit_test(coverage_is_that_of_the_reference),
                                       cmocka_unit_test(there_is_no_fourth_case)};
    return cmocka_run_group_tests(tests, load_reference, drop_reference);
}

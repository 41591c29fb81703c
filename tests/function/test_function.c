#include "function/function.h"
#include "testing.h"

static gp_function *two_blocks(void) {
    gp_function *f;
    double W[] = {1, 2, 3, 4, 5, 6}, b[] = {7, 8};
    assert_int_equal(gp_function_create("two", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "W", 1, 2, (size_t[]){2, 3}, W), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 1, 1, (size_t[]){2}, b), GP_OK);
    return f;
}

static void blocks_lie_one_after_the_other(void **state) {
    (void)state;
    gp_function *f = two_blocks();
    assert_int_equal(f->n, 8);
    assert_int_equal(f->block[1].offset, 6);
    for (size_t i = 0; i < 8; i++)
        assert_true(f->x[i] == (double)(i + 1));
    assert_string_equal(gp_function_block_of(f, 5)->name, "W");
    assert_string_equal(gp_function_block_of(f, 6)->name, "b");
    gp_function_destroy(f);
}

static void entries_have_names(void **state) {
    (void)state;
    gp_function *f = two_blocks();
    char name[64];
    gp_function_entry_name(f, 5, name, sizeof name);
    assert_string_equal(name, "W[1][2]");
    gp_function_entry_name(f, 7, name, sizeof name);
    assert_string_equal(name, "b[1]");
    gp_index_name(3, (size_t[]){2, 3, 4}, 23, name, sizeof name);
    assert_string_equal(name, "[1][2][3]");
    gp_function_destroy(f);
}

static int value32(void *user, size_t n, const float *x, double *v) {
    (void)user, (void)n;
    *v = x[0];
    return 0;
}

static void wrong_arguments_are_refused(void **state) {
    (void)state;
    gp_function *f = two_blocks();
    double v = 1;
    assert_int_equal(gp_function_create(NULL, GP_FLOAT64, NULL, &f), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_block(f, "W", 0, 0, NULL, &v), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_block(f, "", 0, 0, NULL, &v), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_add_block(f, "z", 0, 2, (size_t[]){SIZE_MAX / 4, 8}, &v),
                     GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_set_value(f, value32), GP_ERROR_ARGUMENT);
    assert_int_equal(gp_function_set_dtype(f, GP_FLOAT32), GP_ERROR_ARGUMENT);
    gp_function_destroy(f);
    gp_function_destroy(NULL);
}

static void float32_parameters_are_rounded(void **state) {
    (void)state;
    gp_function *f;
    double third = 1.0 / 3;
    assert_int_equal(gp_function_create("f32", GP_FLOAT32, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 0, NULL, &third), GP_OK);
    assert_true(f->x[0] == (double)(1.0f / 3));
    gp_function_destroy(f);
}

static void incomplete_functions_are_named(void **state) {
    (void)state;
    gp_function *f = two_blocks();
    gp_report *report;
    gp_error error;
    assert_int_equal(gp_check(f, NULL, &report, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "no value callback"));
    gp_function_destroy(f);
    assert_int_equal(gp_function_create("empty", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_check(f, NULL, &report, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "no parameters"));
    gp_function_destroy(f);
}

/* Each plant against what it must do to the gradient 10 20 30 40 50 60 | 70 80 at x = 1 ... 8. */
static void plants_do_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *plant;
        double g[8];
    } cases[] = {{"W:scale=0.5", {5, 10, 15, 20, 25, 30, 70, 80}},
                 {"b:negate", {10, 20, 30, 40, 50, 60, -70, -80}},
                 {"b:zero", {10, 20, 30, 40, 50, 60, 0, 0}},
                 {"W:transpose", {10, 40, 20, 50, 30, 60, 70, 80}},
                 {"W:shift", {60, 10, 20, 30, 40, 50, 70, 80}},
                 {"W:entry=4,add=-1.5", {10, 20, 30, 40, 48.5, 60, 70, 80}},
                 {"b:decay=2", {10, 20, 30, 40, 50, 60, 84, 96}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_function *f = two_blocks();
        double g[] = {10, 20, 30, 40, 50, 60, 70, 80};
        assert_int_equal(gp_function_plant(f, cases[k].plant, NULL), GP_OK);
        assert_int_equal(gp_function_apply_plants(f, f->x, g), GP_OK);
        for (size_t i = 0; i < 8; i++)
            assert_near(g[i], cases[k].g[i], 0);
        gp_function_destroy(f);
    }
}

static void wrong_plants_say_why(void **state) {
    (void)state;
    static const struct {
        const char *plant, *message;
    } cases[] = {{"W", "BLOCK:MISTAKE"},
                 {"V:zero", "no such block"},
                 {"W:scale=", "the mistake must be"},
                 {"W:scale=2x", "the mistake must be"},
                 {"W:frobnicate", "the mistake must be"},
                 {"b:transpose", "only a matrix"},
                 {"W:entry=6,add=1", "entries 0 to 5"},
                 {"W:entry=1", "entry=I,add=V"},
                 {"W:entry=-1,add=1", "entry=I,add=V"},
                 {"W:scale=nan", "the mistake must be"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gp_function *f = two_blocks();
        gp_error error = {""};
        assert_int_equal(gp_function_plant(f, cases[k].plant, &error), GP_ERROR_ARGUMENT);
        if (!strstr(error.message, cases[k].message))
            fail_msg("%s: '%s' lacks '%s'", cases[k].plant, error.message, cases[k].message);
        gp_function_destroy(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_lie_one_after_the_other),
                                       cmocka_unit_test(entries_have_names),
                                       cmocka_unit_test(wrong_arguments_are_refused),
                                       cmocka_unit_test(float32_parameters_are_rounded),
                                       cmocka_unit_test(incomplete_functions_are_named),
                                       cmocka_unit_test(plants_do_what_they_say),
                                       cmocka_unit_test(wrong_plants_say_why)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

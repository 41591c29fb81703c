/* Numbers are read and written with a decimal point in a program whose locale has a decimal comma.
 * The locale is made here, by localedef. */
#include <locale.h>
#include <unistd.h>

#include "gradproof/train.h"
#include "system/plain.h"
#include "testing.h"

static char folder[] = "/tmp/gradproof-test-XXXXXX";

static void path_of(const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text) {
    char path[256];
    path_of(name, path, sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The program speaks with decimal commas from here on. */
static int use_commas(void **state) {
    (void)state;
    char command[256], number[16];
    assert_non_null(mkdtemp(folder));
    write_file("source", "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\n"
                         "END LC_NUMERIC\n");
    snprintf(command, sizeof command, "localedef -c -i %s/source %s/commas >%s/log 2>&1", folder,
             folder, folder);
    (void)!system(command); /* its exit code is 1 for the categories that are missing, too */
    setenv("LOCPATH", folder, 1);
    if (!setlocale(LC_ALL, "commas"))
        fail_msg("no locale with decimal commas: is localedef there, and package locales?");
    snprintf(number, sizeof number, "%.1f", 0.5);
    assert_string_equal(number, "0,5");
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Is there no digit, comma, digit? */
static void assert_plain(const char *text) {
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (comma > text && comma[-1] >= '0' && comma[-1] <= '9' && comma[1] >= '0' &&
            comma[1] <= '9')
            fail_msg("a decimal comma in: %.60s", comma > text + 30 ? comma - 30 : text);
}

static void numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double number;
    } cases[] = {
        {"0.5", 0.5},       {"-1.25e3", -1250}, {"0.1234567890123456789", 0.1234567890123456789},
        {"1e-300", 1e-300}, {"  2.5", 2.5},     {"0x1.8p1", 3}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char *end;
        assert_true(gp_plain_number(cases[k].text, &end) == cases[k].number);
        assert_int_equal(*end, '\0');
    }
    char *end;
    assert_true(gp_plain_number("0,5", &end) == 0);
    assert_int_equal(*end, ',');
}

static int value(void *user, size_t n, const double *x, double *f) {
    char text[16];
    (void)user;
    snprintf(text, sizeof text, "%.1f", 0.5);
    *f = strcmp(text, "0,5") == 0 ? 0 : NAN; /* the callbacks' locale is the program's own */
    for (size_t i = 0; i < n; i++)
        *f += x[i] * x[i] / 2;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    memcpy(g, x, n * sizeof *x);
    return 0;
}

static gp_function *half_squares(void) {
    gp_function *f;
    const size_t n = 3;
    const double x[] = {0.5, 1.25, -3.75};
    assert_int_equal(gp_function_create("half squares", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    return f;
}

static void reports_are_plain(void **state) {
    (void)state;
    static const char *const plants[] = {"x:scale=1.5", "x:decay=0.25", "x:entry=1,add=2.5e-1"};
    for (size_t k = 0; k < sizeof plants / sizeof *plants; k++) {
        gp_function *f = half_squares();
        gp_error error = {""};
        char *text = NULL, *json;
        size_t size;
        if (gp_function_plant(f, plants[k], &error) != GP_OK)
            fail_msg("%s", error.message);
        gp_report *report = testing_check(f, NULL);
        assert_int_equal(gp_report_verdict(report), GP_REFUTED);
        FILE *stream = open_memstream(&text, &size);
        assert_int_equal(gp_report_print(report, stream, GP_PRINT_VERBOSE), GP_OK);
        fclose(stream);
        json = testing_json(report);
        assert_plain(text);
        assert_non_null(strstr(text, "3.75"));
        assert_non_null(strstr(json, "\"rtol\""));
        gp_block_result block;
        assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
        assert_true(block.diagnoses > 0);
        for (size_t d = 0; d < block.diagnoses; d++)
            assert_plain(block.diagnosis[d].message);
        assert_plain(json);
        free(text);
        free(json);
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

/* Formats that have commas of their own: as in a program without the locale. */
static void pages_are_plain(void **state) {
    (void)state;
    gp_status (*const makers[])(const gp_report *, char **,
                                size_t *) = {gp_report_html, gp_report_junit, gp_report_markdown};
    gp_function *f = half_squares();
    const gp_options options = {.curves = 1};
    assert_int_equal(gp_function_plant(f, "x:scale=1.5", NULL), GP_OK);
    gp_report *report = testing_check(f, &options);
    for (size_t k = 0; k < sizeof makers / sizeof *makers; k++) {
        char *text, *plain;
        assert_int_equal(makers[k](report, &text, NULL), GP_OK);
        assert_non_null(setlocale(LC_ALL, "C"));
        assert_int_equal(makers[k](report, &plain, NULL), GP_OK);
        assert_non_null(setlocale(LC_ALL, "commas"));
        assert_string_equal(text, plain);
        assert_non_null(strstr(text, "3.75"));
        gp_text_free(text);
        gp_text_free(plain);
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void messages_are_plain(void **state) {
    (void)state;
    gp_function *f = half_squares();
    gp_options o;
    gp_report *report;
    gp_error error = {""};
    gp_options_init(&o);
    o.rtol = 1.5;
    assert_int_equal(gp_check(f, &o, &report, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "not 1.5 and"));
    gp_function_destroy(f);
}

static void tables_and_models_are_plain(void **state) {
    (void)state;
    char path[256];
    gp_table *table;
    gp_model *model, *again;
    gp_report *refuted;
    gp_error error = {""};
    gp_train_options o;
    char text[8192] = "a,b,y\n";
    for (int r = 0; r < 40; r++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d.5,1.%017de-1,%d\n", r,
                 r * 7919 % 1000, r % 2);
    write_file("table.csv", text);
    path_of("table.csv", path, sizeof path);
    if (gp_table_read_csv(path, &table, &error) != GP_OK)
        fail_msg("%s", error.message);
    assert_true(gp_table_cell(table, 3, 0) == 3.5);
    assert_near(gp_table_cell(table, 0, 1), 0.1, 1e-16);
    gp_train_options_init(&o);
    o.label = "y";
    o.epochs = 1;
    o.l2 = 0.125;
    if (gp_train(table, &o, &model, &refuted, &error) != GP_OK)
        fail_msg("%s", error.message);
    assert_non_null(model);
    path_of("model.safetensors", path, sizeof path);
    assert_int_equal(gp_model_write(model, path, &error), GP_OK);
    setlocale(LC_ALL, "C"); /* written in one locale, read in another */
    if (gp_model_read(path, &again, &error) != GP_OK)
        fail_msg("%s", error.message);
    setlocale(LC_ALL, "commas");
    const double row[] = {2.5, 0.1};
    double p[2];
    assert_int_equal(gp_model_score(model, 1, row, &p[0]), GP_OK);
    assert_int_equal(gp_model_score(again, 1, row, &p[1]), GP_OK);
    assert_near(p[0], p[1], 1e-7);
    gp_model_destroy(model);
    gp_model_destroy(again);
    gp_table_destroy(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read), cmocka_unit_test(reports_are_plain),
        cmocka_unit_test(pages_are_plain), cmocka_unit_test(messages_are_plain),
        cmocka_unit_test(tables_and_models_are_plain)};
    return cmocka_run_group_tests(tests, use_commas, clean_up);
}

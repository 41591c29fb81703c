/* Model files: written and read back the same, and whatever has happened to one, a line says so. */
#include <unistd.h>

#include "gradproof/train.h"
#include "nn/model/model.h"
#include "system/random.h"
#include "testing.h"

static char path[] = "/tmp/gradproof-model-XXXXXX";

static gp_model *train_one(gp_dtype dtype) {
    gp_table *table;
    gp_model *model;
    gp_report *refuted;
    gp_error error = {""};
    gp_train_options o;
    size_t hidden[] = {5, 3};
    assert_int_equal(gp_table_generate(300, 2, &table, &error), GP_OK);
    gp_train_options_init(&o);
    o.label = "fraud";
    o.hidden = hidden;
    o.hidden_layers = 2;
    o.activation = GP_TANH;
    o.dtype = dtype;
    o.epochs = 2;
    o.batch = 32;
    if (gp_train(table, &o, &model, &refuted, &error) != GP_OK)
        fail_msg("%s", error.message);
    assert_null(refuted);
    gp_table_destroy(table);
    return model;
}

static void what_is_read_is_what_was_written(void **state) {
    (void)state;
    for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
        gp_model *m = train_one((gp_dtype)dtype), *again;
        gp_error error = {""};
        double X[3 * 8], p[3], q[3];
        assert_int_equal(gp_model_write(m, path, &error), GP_OK);
        if (gp_model_read(path, &again, &error) != GP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(gp_model_inputs(again), 8);
        assert_string_equal(gp_model_input_name(again, 0), "amount");
        assert_null(gp_model_input_name(again, 8));
        assert_string_equal(gp_model_label(again), "fraud");
        assert_non_null(strstr(gp_model_checks(again), "\"burn-in\""));
        for (size_t i = 0; i < 24; i++)
            X[i] = 3 * gp_random_uniform(1, GP_STREAM_GENERATE, 0, i);
        assert_int_equal(gp_model_score(m, 3, X, p), GP_OK);
        assert_int_equal(gp_model_score(again, 3, X, q), GP_OK);
        assert_memory_equal(p, q, sizeof p);
        gp_model_destroy(m);
        gp_model_destroy(again);
    }
}

static unsigned char *read_file(size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    unsigned char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void write_file(const unsigned char *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* 0 where the file is refused with one line that names it. */
static int is_accepted(void) {
    gp_model *model = NULL;
    gp_error error = {""};
    gp_status status = gp_model_read(path, &model, &error);
    if (status == GP_OK) {
        gp_model_destroy(model);
        return 1;
    }
    assert_int_equal(status, GP_ERROR_INPUT);
    assert_non_null(strstr(error.message, path));
    assert_null(strchr(error.message, '\n'));
    return 0;
}

static void damage_is_seen(void **state) {
    (void)state;
    enum { TIMES = 10000 };
    gp_model *m = train_one(GP_FLOAT32);
    gp_error error = {""};
    size_t size;
    assert_int_equal(gp_model_write(m, path, &error), GP_OK);
    gp_model_destroy(m);
    unsigned char *whole = read_file(&size), *bytes = malloc(size + 64);
    assert_non_null(bytes);
    assert_true(is_accepted());
    for (uint64_t k = 0; k < TIMES; k++) {
        size_t at = gp_random_bits(7, GP_STREAM_GENERATE, 1, k) % size, end = size;
        memcpy(bytes, whole, size);
        switch (k % 4) {
        case 0: /* a bit */
        case 1:
            bytes[at] ^= (unsigned char)(1u << (k / 4 % 8));
            break;
        case 2: /* cut off */
            end = at;
            break;
        default: /* a run of anything */
            for (size_t i = at; i < size && i < at + 9; i++)
                bytes[i] = (unsigned char)gp_random_bits(7, GP_STREAM_GENERATE, 2 + k, i);
        }
        write_file(bytes, end);
        if (is_accepted() && (end != size || memcmp(bytes, whole, size) != 0))
            fail_msg("case %llu is accepted, at byte %zu", (unsigned long long)k, at);
    }
    free(bytes);
    free(whole);
}

static void hostile_headers_are_refused(void **state) {
    (void)state;
    static const struct {
        uint64_t length; /* 0: the header's own */
        const char *header, *words;
    } CASES[] = {
        {0, "{}", "gradproof.model/1"},
        {0, "[]", "not a safetensors file"},
        {0, "{\"a\": 1}", "isn't described"},
        {(uint64_t)1 << 62, "{}", "header's length"},
        {UINT64_MAX, "{}", "header's length"},
        {1, "{}", "header's length"},
        {0,
         "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}, \"b\": "
         "{\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [2, 6]}}",
         "overlaps"},
        {0, "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 8]}}", "gap"},
        {0, "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [8, 4]}}", "outside"},
        {0, "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4000]}}",
         "outside"},
        {0,
         "{\"a\": {\"dtype\": \"F32\", \"shape\": [4611686018427387904, 4], \"data_offsets\": [0, "
         "8]}}",
         "larger than the file"},
        {0, "{\"a\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 8]}}", "positive"},
        {0, "{\"a\": {\"dtype\": \"BF16\", \"shape\": [4], \"data_offsets\": [0, 8]}}",
         "F32 or F64"},
        {0, "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}, \"a\": {}}",
         "isn't JSON"},
        {0, "{\"__metadata__\": {\"k\": 3}}", "more than texts"}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        unsigned char bytes[1024] = {0};
        uint64_t own = strlen(CASES[k].header), length = CASES[k].length ? CASES[k].length : own;
        gp_model *model;
        gp_error error = {""};
        memcpy(bytes, &length, 8);
        memcpy(bytes + 8, CASES[k].header, own);
        write_file(bytes, 8 + own + (k > 5 ? 8 : 0));
        assert_int_equal(gp_model_read(path, &model, &error), GP_ERROR_INPUT);
        if (!strstr(error.message, CASES[k].words))
            fail_msg("case %zu: %s", k, error.message);
    }
}

/* The derivative behind `explain` is checked like any other: the logit of one row as a function of
 * it. */
typedef struct explained {
    gp_model *model;
} explained;

static int logit(void *user, size_t n, const double *x, double *v) {
    double p;
    (void)n;
    if (gp_model_score(((explained *)user)->model, 1, x, &p) != GP_OK)
        return 1;
    *v = log(p) - log1p(-p);
    return 0;
}

static int logit_gradient(void *user, size_t n, const double *x, double *g) {
    const gp_model *m = ((explained *)user)->model;
    if (gp_model_explain(((explained *)user)->model, 1, x, g) != GP_OK)
        return 1;
    for (size_t k = 0; k < n; k++) /* influence is the derivative times the standardised input */
        g[k] *= 1 / (x[k] - m->mean[k]);
    return 0;
}

static void reasons_are_derivatives(void **state) {
    (void)state;
    explained e = {train_one(GP_FLOAT64)};
    gp_function *f;
    gp_report *report;
    gp_options options;
    double x[8];
    size_t eight = 8;
    for (size_t k = 0; k < 8; k++)
        x[k] = e.model->mean[k] + e.model->deviation[k] * (0.3 + 0.1 * (double)k);
    gp_options_init(&options);
    options.points = 1;
    assert_int_equal(gp_function_create("logit of a row", GP_FLOAT64, &e, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "row", 0, 1, &eight, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, logit), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, logit_gradient), GP_OK);
    assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
    assert_int_equal(gp_report_verdict(report), GP_VERIFIED);
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_model_destroy(e.model);
}

int main(void) {
    int file = mkstemp(path);
    if (file < 0)
        return 1;
    close(file);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written), cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(reasons_are_derivatives), cmocka_unit_test(hostile_headers_are_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}

/* Names: each line of the input is one. Whatever they are, a report is valid JSON (RFC 8259, in
 * UTF-8), and so are the data of its page; no format has a control character in it; and texts in a
 * file of tensors are read as they were written, or refused. */
#include <jansson.h>

#include "fuzz/functions.h"
#include "fuzz/fuzz.h"
#include "nn/model/safetensors.h"

enum { NAMES = 6, BLOCKS = 3 };

typedef struct subject {
    const char *name[NAMES];
} subject;

/* x[2] has no part in it; the gradient of x[1] is wrong. */
static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    (void)n;
    *f = x[0] * x[0] + x[1] * x[1] * x[1];
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    (void)n;
    g[0] = 2 * x[0];
    g[1] = 6 * x[1] * x[1];
    g[2] = 0;
    return 0;
}

static int silence(void *user, size_t entry, char *name, size_t size) {
    const subject *s = user;
    (void)entry;
    snprintf(name, size, "%s", s->name[4]);
    return 0;
}

static char *written(const gp_report *report, gp_status (*write)(const gp_report *, FILE *)) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    REQUIRE(stream != NULL && write(report, stream) == GP_OK);
    fclose(stream);
    REQUIRE(strlen(text) == size);
    for (const char *at = text; *at; at++)
        REQUIRE(*at == '\n' || (unsigned char)*at >= 0x20);
    return text;
}

static void look_at_pages(const gp_report *report) {
    static const char BEGIN[] = "<script type=\"application/json\" id=\"data\">";
    char *page = written(report, gp_report_write_html);
    char *begin = strstr(page, BEGIN);
    REQUIRE(begin != NULL);
    begin += sizeof BEGIN - 1;
    const char *end = strstr(begin, "</script>");
    REQUIRE(end != NULL);
    json_t *json = json_loadb(begin, (size_t)(end - begin), JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(json_array_size(json_object_get(json, "blocks")) == gp_report_blocks(report));
    json_decref(json);
    free(page);
    free(written(report, gp_report_write_junit));
    free(written(report, gp_report_write_markdown));
}

/* The report as JSON must be one object, with all its blocks. */
static void look_at(const gp_report *report) {
    char *text = NULL, *lines = NULL;
    size_t size, length;
    json_error_t detail;
    FILE *stream = open_memstream(&text, &size);
    REQUIRE(stream != NULL && gp_report_write_json(report, stream) == GP_OK);
    fclose(stream);
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &detail);
    REQUIRE(json_is_object(json));
    REQUIRE(json_array_size(json_object_get(json, "blocks")) == gp_report_blocks(report));
    json_decref(json);
    free(text);
    stream = open_memstream(&lines, &length);
    REQUIRE(stream != NULL && gp_report_print(report, stream, GP_PRINT_VERBOSE) == GP_OK);
    fclose(stream);
    free(lines);
    look_at_pages(report);
}

static void check(subject *s) {
    gp_function *f = NULL;
    gp_report *report = NULL;
    gp_error error = {""};
    static const double x = 0.5;
    REQUIRE(gp_function_create(s->name[0], GP_FLOAT64, s, &f) == GP_OK);
    for (size_t b = 0; b < BLOCKS; b++)
        if (gp_function_add_block(f, s->name[1 + b], 0, 1, (size_t[]){1}, &x) != GP_OK) {
            gp_function_destroy(f);
            return; /* empty, or there is one */
        }
    REQUIRE(gp_function_set_value(f, value) == GP_OK);
    REQUIRE(gp_function_set_gradient(f, gradient) == GP_OK);
    REQUIRE(gp_function_set_silence(f, silence) == GP_OK);
    gp_options options;
    gp_options_init(&options);
    options.points = 1;
    REQUIRE(gp_check(f, &options, &report, &error) == GP_OK);
    look_at(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    if (gp_report_create_failure(s->name[0], "crash", s->name[5], &options, &report) == GP_OK) {
        look_at(report);
        gp_report_destroy(report);
    }
}

static void write_tensors(const subject *s) {
    gp_tensors tensors = {0}, again;
    gp_error error = {""};
    gp_status status = gp_tensors_add_text(&tensors, s->name[0], s->name[1]);
    if (status == GP_OK)
        status = gp_tensors_add(&tensors, s->name[2], GP_FLOAT32, 1, (size_t[]){1}, (double[]){1});
    REQUIRE(status == GP_OK);
    const char *path = fuzz_path("b");
    if (gp_tensors_write(path, &tensors, &error) == GP_OK) {
        REQUIRE(gp_tensors_read(path, &again, &error) == GP_OK);
        const char *text = gp_tensors_text(&again, s->name[0]);
        REQUIRE(text && strcmp(text, s->name[1]) == 0 && gp_tensors_find(&again, s->name[2]));
        gp_tensors_clear(&again);
    }
    gp_tensors_clear(&tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    subject s;
    char *line[NAMES];
    if (size > 4096)
        return 0;
    for (size_t k = 0; k < NAMES; k++) {
        line[k] = fuzz_next_line(&data, &size);
        s.name[k] = line[k] ? line[k] : "";
    }
    check(&s);
    write_tensors(&s);
    for (size_t k = 0; k < NAMES; k++)
        free(line[k]);
    return 0;
}

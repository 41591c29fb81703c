/* Models: tensors and metadata, with the checksum that goes with them filled in. An input that
 * begins with '+' has a line for each text of the metadata and then one for each tensor, "W1 F32 2
 * 3"; any other is a file of tensors. What can be read can be used, written and read again. */
#include <jansson.h>
#include <math.h>

#include "fuzz/tensors.h"
#include "gradproof/train.h"
#include "nn/model/model.h"

/* Sets the text "checksum" to what it should be, if there is one. */
static void add_up(gp_tensors *t) {
    char sum[32];
    gp_model_checksum(t, sum, sizeof sum);
    for (size_t k = 0; k < t->texts; k++)
        if (strcmp(t->text[k].key, "checksum") == 0) {
            free(t->text[k].value);
            t->text[k].value = gp_copy_string(sum);
            REQUIRE(t->text[k].value != NULL);
        }
}

/* A tensor as the line says, with numbers between -1 and 1; none if it makes no sense. */
static void add_tensor(gp_tensors *t, const char *line) {
    enum { MOST = 256 };
    char name[32], type[4];
    size_t shape[2];
    double values[MOST];
    int fields = sscanf(line, "%31s %3s %zu %zu", name, type, &shape[0], &shape[1]);
    if (fields < 3 || shape[0] == 0 || shape[0] > MOST ||
        (fields == 4 && (shape[1] == 0 || shape[1] > MOST / shape[0])))
        return;
    for (size_t i = 0; i < MOST; i++)
        values[i] = (double)(i % 17) / 8 - 1;
    REQUIRE(gp_tensors_add(t, name, strcmp(type, "F64") == 0 ? GP_FLOAT64 : GP_FLOAT32,
                           (size_t)fields - 2, shape, values) == GP_OK);
}

static gp_tensors by_lines(const uint8_t *data, size_t size) {
    static const char *const keys[] = {"format",  "label", "checks",    "inputs",
                                       "network", "mean",  "deviation", "checksum"};
    gp_tensors t = {0};
    char *line;
    for (size_t k = 0; (line = fuzz_next_line(&data, &size)); k++) {
        json_t *utf8 = json_string(line); /* a file's texts are, or it can't be read */
        if (k < sizeof keys / sizeof *keys)
            REQUIRE(gp_tensors_add_text(&t, keys[k], utf8 ? line : "") == GP_OK);
        else
            add_tensor(&t, line);
        json_decref(utf8);
        free(line);
    }
    return t;
}

static void use(gp_model *model) {
    enum { ROWS = 2 };
    size_t inputs = gp_model_inputs(model);
    double *X = calloc(ROWS * inputs, sizeof *X), *influence = calloc(ROWS * inputs, sizeof *X);
    double score[ROWS];
    gp_model *again;
    gp_error error = {""};
    REQUIRE(X && influence);
    for (size_t i = 0; i < inputs; i++)
        X[i] = 1 - (double)i;
    /* A logit that isn't finite is a model's own fault, and told. */
    if (gp_model_score(model, ROWS, X, score) == GP_OK)
        REQUIRE(score[0] >= 0 || score[0] <= 1 || isnan(score[0]));
    (void)gp_model_explain(model, ROWS, X, influence);
    const char *path = fuzz_path("b");
    REQUIRE(gp_model_write(model, path, &error) == GP_OK);
    REQUIRE(gp_model_read(path, &again, &error) == GP_OK);
    REQUIRE(gp_model_inputs(again) == inputs);
    REQUIRE(strcmp(gp_model_label(again), gp_model_label(model)) == 0);
    REQUIRE(strcmp(gp_model_checks(again), gp_model_checks(model)) == 0);
    for (size_t i = 0; i < inputs; i++)
        REQUIRE(strcmp(gp_model_input_name(again, i), gp_model_input_name(model, i)) == 0);
    gp_model_destroy(again);
    free(X);
    free(influence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gp_tensors tensors;
    gp_model *model = NULL;
    gp_error error = {""};
    if (size > 8192)
        return 0;
    gp_status status = GP_OK;
    if (size > 0 && *data == '+')
        tensors = by_lines(data + 1, size - 1);
    else
        status = gp_tensors_read(fuzz_tensors_file(data, size, NULL), &tensors, &error);
    if (status == GP_OK) {
        add_up(&tensors);
        status = gp_model_of_tensors("model", &tensors, &model, &error);
    }
    if (status == GP_OK)
        use(model);
    else
        REQUIRE(fuzz_is_line(error.message));
    gp_tensors_clear(&tensors);
    gp_model_destroy(model);
    return 0;
}

/* See claim.h. */
#ifdef GP_WITH_PROVE

#include "cli/claim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "system/json_build.h"
#include "system/json_text.h"

/* Numbers of larger claims aren't embedded in their certificates: it has their digests. */
enum { MOST_EMBEDDED = 1 << 20 };
enum { X_1D = 2, THETA_1D = 4 };

static gp_status out_of_memory(gp_error *error) {
    snprintf(error->message, sizeof error->message, "prove: out of memory");
    return GP_ERROR_MEMORY;
}

void cli_claim_release(cli_claim *c) {
    free(c->X);
    free(c->labels);
    free(c->x);
    free(c->g);
    cli_release(&c->subject);
}

/* Room for its numbers. */
static gp_status make_room(cli_claim *c, gp_error *error) {
    c->X = calloc(c->rows * c->network.inputs + 1, sizeof *c->X);
    c->labels = calloc(c->rows * c->columns + 1, sizeof *c->labels);
    c->x = calloc(c->n + 1, sizeof *c->x);
    c->g = calloc(c->n + 1, sizeof *c->g);
    return c->X && c->labels && c->x && c->g ? GP_OK : out_of_memory(error);
}

/* ---- from a target ----------------------------------------------------------------------- */

static gp_status state_1d(cli_claim *c, gp_error *error) {
    c->kind = "line";
    c->units[0] = 1;
    c->network = (gp_network_options){.inputs = 1, .layers = 1};
    c->rows = c->n = 1; /* and no labels */
    gp_status status = make_room(c, error);
    if (status != GP_OK)
        return status;
    c->X[0] = X_1D;
    c->x[0] = THETA_1D;
    c->g[0] = gp_notebook_backward(X_1D, THETA_1D);
    return GP_OK;
}

static void describe_notebook(cli_claim *c, size_t rows) {
    static const size_t UNITS[] = {5, 3, 1};
    c->kind = "notebook";
    memcpy(c->units, UNITS, sizeof UNITS);
    c->network = (gp_network_options){.inputs = GP_NOTEBOOK_INPUTS,
                                      .layers = 3,
                                      .hidden = GP_RELU,
                                      .loss = GP_NOTEBOOK_CROSS_ENTROPY};
    c->rows = rows;
    c->columns = 1;
    c->n = GP_NOTEBOOK_PARAMETERS;
}

/* to (columns x rows) := the transpose: the notebook has its examples in columns. */
static void turn(double *to, const double *from, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns; k++)
            to[k * rows + r] = from[r * columns + k];
}

static gp_status state_notebook(cli_claim *c, gp_notebook_version version, gp_error *error) {
    enum { M = GP_NOTEBOOK_EXAMPLES };
    double X[GP_NOTEBOOK_INPUTS * M];
    gp_notebook_parameters parameters;
    gp_notebook_cache cache = {0};
    gp_notebook_gradients gradients = {0};
    describe_notebook(c, M);
    gp_status status = make_room(c, error);
    if (status != GP_OK)
        return status;
    gp_notebook_test_case(X, c->labels, &parameters);
    turn(c->X, X, GP_NOTEBOOK_INPUTS, M);
    (void)gp_notebook_forward_n(M, X, c->labels, &parameters, &cache);
    if (gp_notebook_backward_n(M, X, c->labels, &cache, version, &gradients) != GP_OK)
        status = out_of_memory(error);
    if (status == GP_OK) {
        gp_notebook_dictionary_to_vector(&parameters, c->x, NULL);
        gp_notebook_gradients_to_vector(&gradients, c->g);
    }
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);
    return status;
}

static gp_status state_notebook_named(const char *which, cli_claim *c, gp_error *error) {
    gp_status status = gp_notebook_function(which, &c->subject.function, error);
    if (status != GP_OK)
        return status;
    if (strcmp(which, "1d") == 0)
        return state_1d(c, error);
    return state_notebook(
        c, strcmp(which, "given") == 0 ? GP_NOTEBOOK_GIVEN : GP_NOTEBOOK_CORRECTED, error);
}

static gp_status state_network(const cli_options *o, cli_claim *c, gp_error *error) {
    cli_subject *s = &c->subject;
    int is_model = s->model || cli_is_model(o->target);
    gp_status status = is_model ? cli_build_model(o, s, error) : cli_build_network(o, s, error);
    if (status != GP_OK)
        return status;
    gp_network *net = is_model ? gp_model_network(s->model) : s->network;
    c->kind = "network";
    (void)gp_network_describe(net, &c->network);
    memcpy(c->units, c->network.units, c->network.layers * sizeof *c->units);
    c->n = gp_network_parameters(net);
    c->rows = gp_network_rows(net, NULL, NULL);
    c->columns = c->network.loss == GP_SOFTMAX_CROSS_ENTROPY ? 1 : c->units[c->network.layers - 1];
    status = make_room(c, error);
    if (status != GP_OK)
        return status;
    if (gp_network_cost(net, NULL, c->g) != GP_OK)
        return out_of_memory(error);
    (void)gp_network_rows(net, c->X, c->labels);
    gp_network_get(net, c->x);
    for (size_t i = 0; i < c->n && c->network.dtype == GP_FLOAT32; i++)
        c->x[i] = (double)(float)c->x[i]; /* as the network has them */
    return GP_OK;
}

gp_status cli_claim_state(const cli_options *o, cli_claim *c, gp_error *error) {
    gp_status status = cli_is_notebook(o->target)
                           ? state_notebook_named(strchr(o->target, ':') + 1, c, error)
                           : state_network(o, c, error);
    c->network.units = c->units;
    for (size_t k = 0; k < o->plants && status == GP_OK; k++)
        status = gp_function_plant(c->subject.function, o->plant[k], error);
    if (status == GP_OK && gp_function_apply_plants(c->subject.function, c->x, c->g) != GP_OK)
        status = out_of_memory(error);
    return status;
}

/* ---- from a certificate ------------------------------------------------------------------ */

static gp_status contradicted(gp_error *error, const char *path, const char *what) {
    snprintf(error->message, sizeof error->message, "%.100s: %.300s", path, what);
    return GP_ERROR_INPUT;
}

/* The number of a word among those of a function; -1: it is none of them. */
static int number_of(const char *word, const char *(*name)(int)) {
    for (int k = 0; name(k); k++)
        if (strcmp(name(k), word) == 0)
            return k;
    return -1;
}
static const char *unit_name(int k) {
    return gp_activation_string((gp_activation)k);
}
static const char *loss_name(int k) {
    return gp_loss_string((gp_loss)k);
}
static const char *dtype_name(int k) {
    static const char *const NAMES[] = {[GP_FLOAT64] = "float64", [GP_FLOAT32] = "float32", NULL};
    return NAMES[k];
}
static const char *kind_name(int k) {
    static const char *const NAMES[] = {"line", "notebook", "network", NULL};
    return NAMES[k];
}

/* *choice := the number of the word of a field. */
static gp_status choose(const json_t *function, const char *field, const char *(*name)(int),
                        int *choice, gp_error *error) {
    char path[64];
    snprintf(path, sizeof path, "function.%s", field);
    *choice = number_of(json_string_value(json_object_get(function, field)), name);
    return *choice >= 0 ? GP_OK : contradicted(error, path, "isn't a word that is known here");
}

static size_t whole(const json_t *function, const char *field) {
    return (size_t)json_integer_value(json_object_get(function, field));
}

static double real(const json_t *function, const char *field) {
    return strtod(json_string_value(json_object_get(function, field)), NULL);
}

/* The function, and how many numbers go with it. */
static gp_status restate_function(const json_t *function, cli_claim *c, gp_error *error) {
    enum { MOST = 1 << 24 };
    const json_t *units = json_object_get(function, "units");
    int kind, dtype, hidden, loss;
    gp_status status = choose(function, "kind", kind_name, &kind, error);
    if (status == GP_OK)
        status = choose(function, "dtype", dtype_name, &dtype, error);
    if (status == GP_OK)
        status = choose(function, "hidden", unit_name, &hidden, error);
    if (status == GP_OK)
        status = choose(function, "loss", loss_name, &loss, error);
    if (status != GP_OK)
        return status;
    c->kind = kind_name(kind);
    c->rows = whole(function, "rows");
    c->network = (gp_network_options){.inputs = whole(function, "inputs"),
                                      .layers = json_array_size(units),
                                      .hidden = (gp_activation)hidden,
                                      .loss = (gp_loss)loss,
                                      .dtype = (gp_dtype)dtype,
                                      .l2 = real(function, "l2"),
                                      .positive_weight = real(function, "positive_weight")};
    if (c->network.layers == 0 || c->network.layers > MAX_HIDDEN + 1)
        return contradicted(error, "function.units", "there must be 1 to 64 layers");
    if (c->rows == 0 || c->rows > MOST || c->network.inputs == 0 || c->network.inputs > MOST)
        return contradicted(error, "function.rows and inputs", "must be 1 to 16777216");
    for (size_t k = 0, below = c->network.inputs; k < c->network.layers; below = c->units[k++]) {
        c->units[k] = (size_t)json_integer_value(json_array_get(units, k));
        if (c->units[k] == 0 || c->units[k] > MOST)
            return contradicted(error, "function.units", "must be 1 to 16777216");
        c->n += c->units[k] * (below + 1);
    }
    c->columns = loss == GP_SOFTMAX_CROSS_ENTROPY ? 1 : c->units[c->network.layers - 1];
    if (kind == 0) {
        c->n = 1;
        c->columns = 0;
    }
    if (kind == 0 && (c->rows != 1 || c->network.inputs != 1))
        return contradicted(error, "function", "a line has one input and one row");
    if (kind == 1 && (c->n != GP_NOTEBOOK_PARAMETERS || c->network.inputs != GP_NOTEBOOK_INPUTS))
        return contradicted(error, "function", "isn't the notebook's");
    return GP_OK;
}

gp_status cli_claim_restate(const json_t *certificate, cli_claim *c, gp_error *error) {
    const json_t *function = json_object_get(certificate, "function");
    if (!json_is_object(function))
        return contradicted(error, "function", "a proof needs one");
    gp_status status = restate_function(function, c, error);
    c->network.units = c->units;
    struct {
        const char *name;
        double **numbers;
        size_t count;
    } parts[] = {{"parameters", &c->x, c->n},
                 {"gradient", &c->g, c->n},
                 {"data", &c->X, c->rows * c->network.inputs},
                 {"labels", &c->labels, c->rows * c->columns}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts && status == GP_OK; k++) {
        char path[64];
        snprintf(path, sizeof path, "numbers.%s.base64", parts[k].name);
        if (!cli_certificate_text(certificate, path))
            return GP_ERROR_UNSUPPORTED;
        size_t count;
        *parts[k].numbers = cli_certificate_embedded(certificate, parts[k].name, &count);
        if (!*parts[k].numbers)
            status = out_of_memory(error);
        else if (count != parts[k].count)
            status = contradicted(error, path, "isn't as many numbers as the function has");
    }
    return status;
}

/* ---- proving ----------------------------------------------------------------------------- */

/* J = theta x */
static int write_1d(void *x, gp_tape *tape, size_t n, const gp_ball *theta, gp_ball *value) {
    (void)n;
    *value = gp_tape_apply(tape, GP_OP_MULTIPLY, theta[0], gp_tape_constant(tape, *(double *)x));
    return 0;
}

gp_status cli_claim_prove(const cli_claim *c, const cli_options *o, gp_proof **proof,
                          gp_error *error) {
    static const gp_proof_block BLOCK = {"theta", 0, NULL};
    const gp_proof_options options = {
        .rtol = o->check.rtol, .atol = o->check.atol, .radius = o->radius};
    if (strcmp(c->kind, "line") == 0)
        return gp_prove(write_1d, c->X, 1, &BLOCK, c->x, c->g, &options, proof, error);
    if (strcmp(c->kind, "network") == 0)
        return gp_prove_network(&c->network, c->rows, c->X, c->labels, c->x, c->g, &options, proof,
                                error);
    double *X = calloc(c->rows * c->network.inputs, sizeof *X);
    if (!X)
        return out_of_memory(error);
    turn(X, c->X, c->rows, c->network.inputs);
    gp_status status = gp_prove_notebook(c->rows, X, c->labels, c->x, c->g, &options, proof, error);
    free(X);
    return status;
}

/* ---- as parts of a certificate ------------------------------------------------------------- */

json_t *cli_claim_function(const cli_claim *c) {
    const gp_network_options *o = &c->network;
    json_t *units = json_array();
    for (size_t l = 0; l < o->layers; l++)
        gp_json_add(&units, json_integer((json_int_t)c->units[l]));
    return json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:I}", "kind", c->kind, "dtype",
                     dtype_name(o->dtype), "inputs", (json_int_t)o->inputs, "units", units,
                     "hidden", unit_name(o->hidden), "loss", loss_name(o->loss), "l2",
                     cli_certificate_real(o->l2), "positive_weight",
                     cli_certificate_real(o->positive_weight), "rows", (json_int_t)c->rows);
}

json_t *cli_claim_numbers(const cli_claim *c) {
    size_t data = c->rows * c->network.inputs, labels = c->rows * c->columns;
    int embed = 2 * c->n + data + labels <= MOST_EMBEDDED;
    return json_pack("{s:o, s:o, s:o, s:o}", "parameters",
                     cli_certificate_numbers(c->x, c->n, embed), "gradient",
                     cli_certificate_numbers(c->g, c->n, embed), "data",
                     cli_certificate_numbers(c->X, data, embed), "labels",
                     cli_certificate_numbers(c->labels, labels, embed));
}

/* "g low high" */
static double write_interval(const void *proof, size_t i, char *text, size_t size) {
    gp_proof_entry e;
    (void)gp_proof_entry_of((const gp_proof *)proof, i, &e);
    snprintf(text, size, "%a %a %a", e.analytic, e.low, e.high);
    return e.high - e.low;
}

/* What the proof came to, in full: its report without what the list of entries has. */
static json_t *report_of(const cli_options *o, const gp_proof *proof) {
    char *text = NULL;
    size_t length = 0, k;
    json_t *report = NULL, *block;
    if (gp_proof_json(proof, o->target, &text, &length) != GP_OK)
        return NULL;
    (void)gp_json_read(text, length, &report);
    gp_text_free(text);
    json_array_foreach(json_object_get(report, "blocks"), k, block)(void)
        json_object_del(block, "intervals");
    (void)json_object_del(report, "version");
    (void)json_object_del(report, "function"); /* which is the target, wherever that is now */
    json_t *exact = report ? cli_certificate_exact(report) : NULL;
    json_decref(report);
    return exact;
}

json_t *cli_claim_result(const cli_options *o, const gp_proof *proof) {
    return json_pack("{s:s, s:o, s:o}", "verdict",
                     gp_proof_verdict_string(gp_proof_verdict_of(proof)), "report",
                     report_of(o, proof), "list",
                     cli_certificate_entries(write_interval, proof, gp_proof_entries(proof)));
}

gp_status cli_claim_certify(const cli_claim *c, const cli_options *o, const gp_proof *proof,
                            char **text, gp_error *error) {
    json_t *certificate = NULL;
    *text = NULL;
    gp_status status =
        cli_certificate_make(o, "proof", gp_proof_library(), cli_claim_function(c),
                             cli_claim_numbers(c), cli_claim_result(o, proof), &certificate, error);
    if (status != GP_OK)
        return status;
    *text = cli_certificate_seal(certificate);
    return *text ? GP_OK : out_of_memory(error);
}

gp_status cli_prove_trained(const cli_options *o, gp_model *model, char **line, int *code,
                            gp_error *error) {
    cli_claim claim = {.subject.model = model};
    gp_proof *proof = NULL;
    char *certificate = NULL;
    size_t length = 0;
    *line = NULL;
    gp_status status = cli_claim_state(o, &claim, error);
    if (status == GP_OK)
        status = cli_claim_prove(&claim, o, &proof, error);
    if (status == GP_OK)
        status = cli_claim_certify(&claim, o, proof, &certificate, error);
    if (status == GP_OK)
        status = gp_model_set_certificate(model, certificate);
    if (status == GP_OK)
        status = gp_proof_text(proof, "its proof", GP_PRINT_QUIET, line, &length);
    if (status == GP_OK && length > 0 && (*line)[length - 1] == '\n')
        (*line)[length - 1] = '\0';
    *code = gp_proof_exit_code(proof);
    free(certificate);
    gp_proof_destroy(proof);
    claim.subject.model = NULL; /* its owner's */
    cli_claim_release(&claim);
    return status;
}

#else
typedef int cli_no_claims; /* a file of C isn't empty */
#endif

/* Chains of stages. Everything is done by the library's own functions and checks: the whole is a
 * function with a short way to single entries, and a stage is the function u . F_k, whose gradient
 * is the stage's vector-Jacobian product for u. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradproof/chain.h"
#include "judge/findings.h"
#include "system/random.h"
#include "system/text.h"

typedef struct gp_stage_block {
    char *name;
    size_t dimensions, shape[GP_MAX_DIMENSIONS], offset, entries; /* offset within the stage */
} gp_stage_block;

typedef struct gp_stage {
    char *name;
    void *user;
    gp_stage_f64 forward;
    gp_stage_vjp_f64 vjp;
    size_t inputs, outputs;
    size_t offset, parameters; /* in the chain's theta */
    gp_stage_block *block;
    size_t blocks;
    double *in;    /* inputs: of the whole at the point evaluated last */
    double *moved; /* inputs: of a probe */
    double *u;     /* outputs: what flows back into it at the given point */
    gp_report *report;
    struct gp_chain *chain;
} gp_stage;

struct gp_chain {
    char *name;
    double *data;
    size_t inputs;
    gp_stage *stage;
    size_t stages, n;
    double *theta; /* n: the given point */
    double *probe; /* n: the base point with an entry moved; NULL before gp_chain_function */
};

void gp_chain_destroy(gp_chain *c) {
    if (!c)
        return;
    for (size_t k = 0; k < c->stages; k++) {
        gp_stage *s = &c->stage[k];
        for (size_t b = 0; b < s->blocks; b++)
            free(s->block[b].name);
        gp_report_destroy(s->report);
        free(s->block);
        free(s->name);
        free(s->in);
        free(s->moved);
        free(s->u);
    }
    free(c->stage);
    free(c->theta);
    free(c->probe);
    free(c->data);
    free(c->name);
    free(c);
}

gp_status gp_chain_create(const char *name, size_t inputs, const double *data, gp_chain **chain) {
    if (!name || !data || inputs == 0 || inputs > GP_MAX_ENTRIES || !chain)
        return GP_ERROR_ARGUMENT;
    gp_chain *c = calloc(1, sizeof *c);
    if (!c)
        return GP_ERROR_MEMORY;
    c->name = gp_printable_copy(name);
    c->data = malloc(inputs * sizeof *data);
    c->inputs = inputs;
    if (!c->name || !c->data) {
        gp_chain_destroy(c);
        return GP_ERROR_MEMORY;
    }
    memcpy(c->data, data, inputs * sizeof *data);
    *chain = c;
    return GP_OK;
}

static int is_taken(const gp_chain *c, const char *name) {
    for (size_t k = 0; k < c->stages; k++) {
        if (strcmp(c->stage[k].name, name) == 0)
            return 1;
        for (size_t b = 0; b < c->stage[k].blocks; b++)
            if (strcmp(c->stage[k].block[b].name, name) == 0)
                return 1;
    }
    return 0;
}

gp_status gp_chain_add_stage(gp_chain *c, const char *name, size_t outputs, void *user,
                             gp_stage_f64 forward, gp_stage_vjp_f64 vjp) {
    if (!c || !name || !*name || outputs == 0 || outputs > GP_MAX_ENTRIES || !forward || !vjp ||
        is_taken(c, name) || c->probe)
        return GP_ERROR_ARGUMENT;
    size_t inputs = c->stages ? c->stage[c->stages - 1].outputs : c->inputs;
    gp_stage *list = realloc(c->stage, (c->stages + 1) * sizeof *list);
    if (!list)
        return GP_ERROR_MEMORY;
    c->stage = list;
    gp_stage *s = &list[c->stages];
    *s = (gp_stage){.user = user,
                    .forward = forward,
                    .vjp = vjp,
                    .inputs = inputs,
                    .outputs = outputs,
                    .offset = c->n,
                    .name = gp_printable_copy(name),
                    .in = calloc(inputs, sizeof(double)),
                    .moved = calloc(inputs, sizeof(double)),
                    .u = calloc(outputs, sizeof(double)),
                    .chain = c};
    if (!s->name || !s->in || !s->moved || !s->u) {
        free(s->name);
        free(s->in);
        free(s->moved);
        free(s->u);
        return GP_ERROR_MEMORY;
    }
    c->stages++;
    return GP_OK;
}

gp_status gp_chain_add_block(gp_chain *c, const char *name, size_t dimensions, const size_t *shape,
                             const double *values) {
    if (!c || c->stages == 0 || !name || !*name || !values || (dimensions && !shape) ||
        dimensions > GP_MAX_DIMENSIONS || is_taken(c, name) || c->probe)
        return GP_ERROR_ARGUMENT;
    gp_stage *s = &c->stage[c->stages - 1];
    size_t entries = gp_volume(dimensions, shape);
    if (entries == 0 || entries > GP_MAX_ENTRIES - c->n)
        return GP_ERROR_ARGUMENT;
    gp_stage_block *blocks = realloc(s->block, (s->blocks + 1) * sizeof *blocks);
    if (!blocks)
        return GP_ERROR_MEMORY;
    s->block = blocks;
    double *theta = realloc(c->theta, (c->n + entries) * sizeof *theta);
    if (!theta)
        return GP_ERROR_MEMORY;
    c->theta = theta;
    gp_stage_block *b = &blocks[s->blocks];
    *b = (gp_stage_block){.name = gp_printable_copy(name),
                          .dimensions = dimensions,
                          .offset = s->parameters,
                          .entries = entries};
    if (!b->name)
        return GP_ERROR_MEMORY;
    if (dimensions)
        memcpy(b->shape, shape, dimensions * sizeof *shape);
    memcpy(theta + c->n, values, entries * sizeof *values);
    s->blocks++;
    s->parameters += entries;
    c->n += entries;
    return GP_OK;
}

/* ---- the whole ------------------------------------------------------------------- */

/* From stage `first` on, whose input is in[first] already. Inputs of the stages behind it go into
 * `moved` or `in`. Returns what a stage returned. */
static int run_from(gp_chain *c, size_t first, const double *theta, const double *in, int moved,
                    double *value) {
    for (size_t k = first; k < c->stages; k++) {
        const gp_stage *s = &c->stage[k];
        int last = k + 1 == c->stages;
        double *out = last ? value : moved ? c->stage[k + 1].moved : c->stage[k + 1].in;
        int refused =
            s->forward(s->user, s->parameters, theta + s->offset, s->inputs, in, s->outputs, out);
        if (refused)
            return refused;
        in = out;
    }
    return 0;
}

static int whole_value(void *user, size_t n, const double *x, double *value) {
    gp_chain *c = user;
    (void)n;
    memcpy(c->stage[0].in, c->data, c->inputs * sizeof *c->data);
    return run_from(c, 0, x, c->stage[0].in, 0, value);
}

/* Backpropagation: u of the last stage is 1. */
static int whole_gradient(void *user, size_t n, const double *x, double *g) {
    gp_chain *c = user;
    double value;
    int refused = whole_value(c, n, x, &value);
    c->stage[c->stages - 1].u[0] = 1;
    for (size_t k = c->stages; k-- > 0 && !refused;) {
        const gp_stage *s = &c->stage[k];
        refused = s->vjp(s->user, s->parameters, x + s->offset, s->inputs, s->in, s->outputs, s->u,
                         g + s->offset, k ? c->stage[k - 1].u : NULL);
    }
    return refused;
}

/* What comes before the stage of an entry is as it was. */
static int whole_entries(void *user, size_t n, const double *x, int same, size_t count,
                         const size_t *entry, const double *number, double *values) {
    gp_chain *c = user;
    double value;
    int refused = 0;
    if (!same) {
        refused = whole_value(c, n, x, &value);
        if (refused)
            return refused;
        memcpy(c->probe, x, n * sizeof *x);
    }
    for (size_t q = 0; q < count; q++) {
        size_t k = c->stages - 1;
        while (c->stage[k].offset > entry[q])
            k--;
        c->probe[entry[q]] = number[q];
        refused = run_from(c, k, c->probe, c->stage[k].in, 1, &values[q]);
        if (refused)
            values[q] = NAN;
        c->probe[entry[q]] = x[entry[q]];
        if (refused == GP_NO_MEMORY)
            return refused;
    }
    return 0;
}

gp_status gp_chain_function(gp_chain *c, gp_function **function, gp_error *error) {
    if (!c || !function || c->stages == 0 || c->n == 0)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "a chain needs a stage and a block of parameters in one of them");
    if (c->stage[c->stages - 1].outputs != 1)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "%s: the last stage, %s, has %zu outputs: a chain ends in one, its value",
                       c->name, c->stage[c->stages - 1].name, c->stage[c->stages - 1].outputs);
    gp_function *f = NULL;
    if (!c->probe)
        c->probe = malloc(c->n * sizeof *c->probe);
    gp_status status = c->probe ? gp_function_create(c->name, GP_FLOAT64, c, &f) : GP_ERROR_MEMORY;
    for (size_t k = 0; k < c->stages && status == GP_OK; k++)
        for (size_t b = 0; b < c->stage[k].blocks && status == GP_OK; b++) {
            const gp_stage_block *block = &c->stage[k].block[b];
            status =
                gp_function_add_block(f, block->name, (unsigned)k + 1, block->dimensions,
                                      block->shape, c->theta + c->stage[k].offset + block->offset);
        }
    if (status == GP_OK) {
        gp_function_set_value(f, whole_value);
        gp_function_set_gradient(f, whole_gradient);
        gp_function_set_entries(f, whole_entries);
        *function = f;
        return GP_OK;
    }
    gp_function_destroy(f);
    return gp_fail(error, status, "%s: %s", c->name, gp_status_string(status));
}

/* ---- a stage --------------------------------------------------------------------- */

/* x holds the stage's parameters, then (but in the first stage) its input. */
static int stage_value(void *user, size_t n, const double *x, double *value) {
    const gp_stage *s = user;
    const gp_chain *c = s->chain;
    int first = s == c->stage;
    double *out = malloc(s->outputs * sizeof *out);
    (void)n;
    if (!out)
        return GP_NO_MEMORY;
    int refused = s->forward(s->user, s->parameters, x, s->inputs,
                             first ? c->data : x + s->parameters, s->outputs, out);
    *value = 0;
    for (size_t j = 0; j < s->outputs; j++)
        *value += s->u[j] * out[j];
    free(out);
    return refused;
}

static int stage_gradient(void *user, size_t n, const double *x, double *g) {
    const gp_stage *s = user;
    const gp_chain *c = s->chain;
    int first = s == c->stage;
    (void)n;
    return s->vjp(s->user, s->parameters, x, s->inputs, first ? c->data : x + s->parameters,
                  s->outputs, s->u, g, first ? NULL : g + s->parameters);
}

/* u: what flows into the stage in the whole, with a share of chance so that no output is left out.
 */
static void choose_u(gp_stage *s, uint64_t seed, size_t number) {
    double squares = 0;
    for (size_t j = 0; j < s->outputs; j++)
        squares += isfinite(s->u[j]) ? s->u[j] * s->u[j] : 0;
    double size = sqrt(squares / (double)s->outputs);
    for (size_t j = 0; j < s->outputs; j++) {
        double chance = gp_random_normal(seed, GP_STREAM_DIRECTION, 3000 + number, j);
        s->u[j] = (isfinite(s->u[j]) ? s->u[j] : 0) + (size > 0 ? size : 1) * 0.5 * chance;
    }
}

/* Before a gp_check that the other ranks of a team will call. */
static gp_status give_up(const gp_options *options, gp_status status, const char *name) {
    char line[512];
    snprintf(line, sizeof line, "%.400s: %s", name, gp_status_string(status));
    gp_team_give_up(options->team, status, line);
    return status;
}

static gp_status check_stage(gp_chain *c, size_t k, const gp_options *options, gp_error *error) {
    gp_stage *s = &c->stage[k];
    gp_function *f;
    char name[512];
    if (k == 0 && s->parameters == 0)
        return GP_OK; /* there is no derivative of data to check */
    snprintf(name, sizeof name, "%.100s, stage %.100s", c->name, s->name);
    gp_status status = gp_function_create(name, GP_FLOAT64, s, &f);
    if (status != GP_OK)
        return give_up(options, gp_fail(error, status, "%s: out of memory", c->name), c->name);
    for (size_t b = 0; b < s->blocks && status == GP_OK; b++)
        status =
            gp_function_add_block(f, s->block[b].name, 0, s->block[b].dimensions, s->block[b].shape,
                                  c->theta + s->offset + s->block[b].offset);
    snprintf(name, sizeof name, "%.200s input", s->name);
    if (status == GP_OK && k > 0)
        status = gp_function_add_block(f, name, 0, 1, &s->inputs, s->in);
    if (status != GP_OK) {
        (void)gp_fail(error, status, "%s: %s", c->name,
                      status == GP_ERROR_MEMORY ? "out of memory"
                                                : "a stage has a block with the name of its input");
        (void)give_up(options, status, c->name);
    } else {
        gp_options own = *options;
        own.journal = NULL; /* it is the whole's */
        own.notebook_epsilon = 0;
        gp_function_set_value(f, stage_value);
        gp_function_set_gradient(f, stage_gradient);
        choose_u(s, own.seed, k);
        status = gp_check(f, &own, &s->report, error);
    }
    gp_function_destroy(f);
    return status;
}

/* "linear1, relu1" */
static void list_stages(const gp_chain *c, gp_verdict verdict, char *text, size_t size) {
    text[0] = '\0';
    for (size_t k = 0; k < c->stages; k++) {
        size_t used = strlen(text);
        if (c->stage[k].report && gp_report_verdict(c->stage[k].report) == verdict)
            snprintf(text + used, size - used, "%s%.60s", used ? ", " : "", c->stage[k].name);
    }
}

/* A line for each verdict; a refuted stage makes the whole refuted, whatever the whole has seen. */
static gp_status conclude(const gp_chain *c, gp_report *whole) {
    static const char *const WORDS[] = {"right by themselves", "wrong by themselves",
                                        "inconclusive by themselves", "failed by themselves"};
    gp_status status = GP_OK;
    for (int v = GP_VERIFIED; v <= GP_FAILED && status == GP_OK; v++) {
        char names[300];
        list_stages(c, (gp_verdict)v, names, sizeof names);
        if (names[0])
            status = gp_report_add_practice(whole, "stages %s: %s", WORDS[v], names);
        if (names[0] && v == GP_REFUTED && whole->verdict != GP_FAILED)
            whole->verdict = GP_REFUTED;
    }
    return status;
}

gp_status gp_chain_check(gp_chain *c, const gp_options *options, gp_report **report,
                         gp_error *error) {
    gp_function *f = NULL;
    gp_report *whole = NULL;
    gp_options own;
    gp_options_init(&own);
    if (options)
        own = *options;
    if (!c || !report)
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_chain_check: NULL argument");
    gp_status status = gp_chain_function(c, &f, error);
    if (status != GP_OK)
        return give_up(&own, status, c->name);
    for (size_t k = 0; k < c->stages; k++) {
        gp_report_destroy(c->stage[k].report);
        c->stage[k].report = NULL;
    }
    status = gp_check(f, &own, &whole, error);
    gp_function_destroy(f);
    if (status != GP_OK)
        return status;
    if (gp_report_verdict(whole) == GP_FAILED) {
        *report = whole;
        return GP_OK;
    }
    /* Inputs and what flows back, at the given point again. */
    double *g = calloc(c->n, sizeof *g);
    if (!g)
        status = gp_fail(error, GP_ERROR_MEMORY, "%s: out of memory", c->name);
    else if (whole_gradient(c, c->n, c->theta, g) != 0)
        status = gp_fail(error, GP_ERROR_INPUT,
                         "%s: a stage refused the given point, which it took before: it must do "
                         "the same each time",
                         c->name);
    free(g);
    if (status != GP_OK)
        (void)give_up(&own, status, c->name);
    for (size_t k = 0; k < c->stages && status == GP_OK; k++)
        status = check_stage(c, k, &own, error);
    if (status == GP_OK)
        status = conclude(c, whole);
    if (status == GP_OK)
        *report = whole;
    else
        gp_report_destroy(whole);
    return status;
}

const gp_report *gp_chain_stage_report(const gp_chain *c, size_t stage) {
    return c && stage < c->stages ? c->stage[stage].report : NULL;
}

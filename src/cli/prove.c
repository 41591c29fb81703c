/* gradproof prove */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "system/output.h"

#ifdef GP_WITH_PROVE

#include "gradproof/prove.h"

/* What a proof is of: its numbers, and the function that mistakes are planted into. */
typedef struct claim {
    cli_subject subject;
    double *x,
        *g; /* parameters and the gradient under test; new arrays, of numbers in its precision
             */
    size_t n;
} claim;

static void release(claim *c) {
    free(c->x);
    free(c->g);
    cli_release(&c->subject);
}

static gp_status out_of_memory(gp_error *error) {
    snprintf(error->message, sizeof error->message, "prove: out of memory");
    return GP_ERROR_MEMORY;
}

static gp_status make_room(claim *c, size_t n, gp_error *error) {
    c->n = n;
    c->x = calloc(n, sizeof *c->x);
    c->g = calloc(n, sizeof *c->g);
    return c->x && c->g ? GP_OK : out_of_memory(error);
}

/* The gradient with the mistakes that --plant asks for. */
static gp_status plant(const cli_options *o, claim *c, gp_error *error) {
    gp_status status = GP_OK;
    for (size_t k = 0; k < o->plants && status == GP_OK; k++)
        status = gp_function_plant(c->subject.function, o->plant[k], error);
    if (status == GP_OK && gp_function_apply_plants(c->subject.function, c->x, c->g) != GP_OK)
        status = out_of_memory(error);
    return status;
}

/* ---- the notebook ---------------------------------------------------------------------- */

enum { X_1D = 2, THETA_1D = 4 };

/* J = theta x */
static int write_1d(void *user, gp_tape *tape, size_t n, const gp_ball *theta, gp_ball *value) {
    (void)user, (void)n;
    *value = gp_tape_apply(tape, GP_OP_MULTIPLY, theta[0], gp_tape_constant(tape, X_1D));
    return 0;
}

static gp_status prove_1d(const cli_options *o, claim *c, const gp_proof_options *options,
                          gp_proof **proof, gp_error *error) {
    static const gp_proof_block BLOCK = {"theta", 0, NULL};
    gp_status status = make_room(c, 1, error);
    if (status != GP_OK)
        return status;
    c->x[0] = THETA_1D;
    c->g[0] = gp_notebook_backward(X_1D, THETA_1D);
    status = plant(o, c, error);
    return status == GP_OK ? gp_prove(write_1d, NULL, 1, &BLOCK, c->x, c->g, options, proof, error)
                           : status;
}

static gp_status prove_n(const cli_options *o, gp_notebook_version version, claim *c,
                         const gp_proof_options *options, gp_proof **proof, gp_error *error) {
    enum { M = GP_NOTEBOOK_EXAMPLES };
    double X[GP_NOTEBOOK_INPUTS * M], Y[M];
    gp_notebook_parameters parameters;
    gp_notebook_cache cache = {0};
    gp_notebook_gradients gradients = {0};
    gp_status status = make_room(c, GP_NOTEBOOK_PARAMETERS, error);
    if (status != GP_OK)
        return status;
    gp_notebook_test_case(X, Y, &parameters);
    (void)gp_notebook_forward_n(M, X, Y, &parameters, &cache);
    if (gp_notebook_backward_n(M, X, Y, &cache, version, &gradients) != GP_OK)
        status = out_of_memory(error);
    if (status == GP_OK) {
        gp_notebook_dictionary_to_vector(&parameters, c->x, NULL);
        gp_notebook_gradients_to_vector(&gradients, c->g);
        status = plant(o, c, error);
    }
    if (status == GP_OK)
        status = gp_prove_notebook(M, X, Y, c->x, c->g, options, proof, error);
    gp_notebook_cache_clear(&cache);
    gp_notebook_gradients_clear(&gradients);
    return status;
}

static gp_status prove_notebook(const cli_options *o, claim *c, const gp_proof_options *options,
                                gp_proof **proof, gp_error *error) {
    const char *which = o->target + strlen("notebook:");
    gp_status status = gp_notebook_function(which, &c->subject.function, error);
    if (status != GP_OK)
        return status;
    if (strcmp(which, "1d") == 0)
        return prove_1d(o, c, options, proof, error);
    return prove_n(o, strcmp(which, "given") == 0 ? GP_NOTEBOOK_GIVEN : GP_NOTEBOOK_CORRECTED, c,
                   options, proof, error);
}

/* ---- networks --------------------------------------------------------------------------- */

static gp_status prove_network(const cli_options *o, claim *c, const gp_proof_options *options,
                               gp_proof **proof, gp_error *error) {
    cli_subject *s = &c->subject;
    int is_model = cli_is_model(o->target);
    gp_status status = is_model ? cli_build_model(o, s, error) : cli_build_network(o, s, error);
    if (status != GP_OK)
        return status;
    gp_network *net = is_model ? gp_model_network(s->model) : s->network;
    gp_network_options network;
    (void)gp_network_describe(net, &network);
    status = make_room(c, gp_network_parameters(net), error);
    if (status != GP_OK)
        return status;
    size_t rows = gp_network_rows(net, NULL, NULL);
    double *X = calloc(rows * network.inputs, sizeof *X);
    double *labels = calloc(rows * network.units[network.layers - 1], sizeof *labels);
    if (!X || !labels || gp_network_cost(net, NULL, c->g) != GP_OK)
        status = out_of_memory(error);
    if (status == GP_OK) {
        (void)gp_network_rows(net, X, labels);
        gp_network_get(net, c->x);
        for (size_t i = 0; i < c->n && network.dtype == GP_FLOAT32; i++)
            c->x[i] = (double)(float)c->x[i]; /* as the network has them */
        status = plant(o, c, error);
    }
    if (status == GP_OK)
        status = gp_prove_network(&network, rows, X, labels, c->x, c->g, options, proof, error);
    free(X);
    free(labels);
    return status;
}

/* ---- what comes of it ---------------------------------------------------------------------- */

static gp_status write_json(const cli_options *o, const gp_proof *proof, gp_error *error) {
    char *text = NULL;
    gp_output output;
    gp_status status = gp_proof_json(proof, o->target, &text, NULL);
    if (status != GP_OK)
        return out_of_memory(error);
    if (cli_is_stdout(o->output[CLI_JSON])) { /* main sees to standard output */
        puts(text);
        gp_text_free(text);
        return GP_OK;
    }
    status = gp_output_open(o->output[CLI_JSON], &output, error);
    if (status == GP_OK) {
        fprintf(output.file, "%s\n", text);
        status = gp_output_commit(&output, error);
    }
    gp_text_free(text);
    return status;
}

static gp_status tell(const cli_options *o, const gp_proof *proof, gp_error *error) {
    if (!cli_is_stdout(o->output[CLI_JSON])) {
        char *text = NULL;
        if (gp_proof_text(proof, o->target, cli_print_flags(o), &text, NULL) != GP_OK)
            return out_of_memory(error);
        fputs(text, stdout);
        gp_text_free(text);
    }
    return o->output[CLI_JSON] ? write_json(o, proof, error) : GP_OK;
}

/* FLINT ends the process where memory runs out. */
static void say_that_memory_ran_out(int signal) {
    static const char LINE[] = "gradproof: prove: out of memory\n";
    (void)signal;
    if (write(STDERR_FILENO, LINE, sizeof LINE - 1) < 0)
        _exit(EXIT_FAULT);
    _exit(EXIT_FAULT);
}

static int prove(const cli_options *o) {
    const gp_proof_options options = {.rtol = o->check.rtol, .atol = o->check.atol};
    int is_notebook = strncmp(o->target, "notebook:", 9) == 0;
    claim c = {{0}, NULL, NULL, 0};
    gp_proof *proof = NULL;
    gp_error error = {""};
    signal(SIGABRT, say_that_memory_ran_out);
    gp_status status = is_notebook ? prove_notebook(o, &c, &options, &proof, &error)
                                   : prove_network(o, &c, &options, &proof, &error);
    if (status == GP_OK)
        status = tell(o, proof, &error);
    signal(SIGABRT, SIG_DFL);
    int code = status == GP_OK ? gp_proof_exit_code(proof) : cli_complain(status, &error);
    gp_proof_destroy(proof);
    release(&c);
    return code;
}

#else

static int prove(const cli_options *o) {
    (void)o;
    const gp_error error = {"prove: this build can't: there was no FLINT when it was made"};
    return cli_complain(GP_ERROR_UNSUPPORTED, &error);
}

#endif

/* ---- options ------------------------------------------------------------------------------- */

static const struct option LONG[] = {SHARED_OPTIONS, {NULL, 0, NULL, 0}};

/* What --data and the others belong to, and what they need. */
static int look_at_target(const cli_options *o, int of_data, int of_network) {
    if (!o->target)
        return cli_usage("prove what? Name notebook:given, network or a model's file");
    int is_network = strcmp(o->target, "network") == 0;
    int is_notebook = strncmp(o->target, "notebook:", 9) == 0;
    int is_model = !is_network && !is_notebook && cli_is_model(o->target);
    if (!is_network && !is_notebook && !is_model)
        return cli_usage("%.200s: can't be proven: a proof needs the formula of the value, as "
                         "networks, models and the notebook have it; for functions of your own, "
                         "see gradproof/prove.hpp",
                         o->target);
    if (!is_notebook && !o->data)
        return cli_usage("prove %.200s: needs --data FILE.csv", o->target);
    if (is_network && !o->label)
        return cli_usage("prove network: needs --label COLUMN");
    if ((is_notebook && of_data) || (!is_network && of_network))
        return cli_usage("--data, --label and the other options of a network belong to prove "
                         "network");
    return 0;
}

/* The output must be possible, and no input. */
static int look_at_output(const cli_options *o) {
    const char *inputs[] = {cli_is_model(o->target) ? o->target : NULL, o->data};
    const char *json = cli_is_stdout(o->output[CLI_JSON]) ? NULL : o->output[CLI_JSON];
    gp_error error = {""};
    int wrong = cli_keep_apart("json", json, 2, inputs);
    if (wrong || !json)
        return wrong;
    gp_status status = gp_output_try(json, &error);
    return status == GP_OK ? 0 : cli_complain(status, &error);
}

int cli_prove(int argc, char **argv) {
    cli_options o;
    int of_data = 0, of_network = 0;
    cli_command_is("prove");
    cli_options_init(&o);
    opterr = 0;
    optind = 0; /* start anew, whatever was parsed before */
    for (int option, index = -1; (option = getopt_long(argc, argv, ":", LONG, &index)) != -1;
         index = -1) {
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv);
        of_data |= option >= OPTION_DATA;
        of_network |= option >= OPTION_HIDDEN;
        int wrong = cli_take_shared(option, index >= 0 ? LONG[index].name : "", optarg, &o);
        if (wrong)
            return wrong;
    }
    if (o.help) {
        fputs(CLI_PROVE_HELP, stdout);
        return 0;
    }
    if (optind < argc)
        o.target = argv[optind++];
    if (optind < argc)
        return cli_usage("%.60s: one target at a time", argv[optind]);
    int wrong = look_at_target(&o, of_data, of_network);
    if (!wrong)
        wrong = look_at_output(&o);
    return wrong ? wrong : prove(&o);
}

/* gradproof prove */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "system/output.h"

#ifdef GP_WITH_PROVE

#include "cli/claim.h"

/* ---- what comes of it ---------------------------------------------------------------------- */

static gp_status write_json(const cli_options *o, const gp_proof *proof, gp_error *error) {
    char *text = NULL;
    size_t length = 0;
    gp_status status = gp_proof_json(proof, o->target, &text, &length);
    if (status == GP_OK)
        text[length++] = '\n'; /* in the place of the 0 */
    if (status == GP_OK)
        status = cli_write_file(o->output[CLI_JSON], text, length, error);
    gp_text_free(text);
    return status;
}

static gp_status write_certificate(const cli_options *o, const cli_claim *claim,
                                   const gp_proof *proof, gp_error *error) {
    char *text = NULL;
    gp_status status = cli_claim_certify(claim, o, proof, &text, error);
    if (status == GP_OK)
        status = cli_write_file(o->output[CLI_CERTIFICATE], text, strlen(text), error);
    free(text);
    return status;
}

static gp_status tell(const cli_options *o, const cli_claim *claim, const gp_proof *proof,
                      gp_error *error) {
    gp_status status = GP_OK;
    if (!cli_is_stdout(o->output[CLI_JSON]) && !cli_is_stdout(o->output[CLI_CERTIFICATE])) {
        char *text = NULL;
        status = gp_proof_text(proof, o->target, cli_print_flags(o), &text, NULL);
        if (status == GP_OK)
            fputs(text, stdout);
        gp_text_free(text);
    }
    if (status == GP_OK && o->output[CLI_JSON])
        status = write_json(o, proof, error);
    if (status == GP_OK && o->output[CLI_CERTIFICATE])
        status = write_certificate(o, claim, proof, error);
    return status;
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
    cli_claim claim = {0};
    gp_proof *proof = NULL;
    gp_error error = {""};
    signal(SIGABRT, say_that_memory_ran_out);
    gp_status status = cli_claim_state(o, &claim, &error);
    if (status == GP_OK)
        status = cli_claim_prove(&claim, o, &proof, &error);
    if (status == GP_OK)
        status = tell(o, &claim, proof, &error);
    signal(SIGABRT, SIG_DFL);
    int code = status == GP_OK ? gp_proof_exit_code(proof) : cli_complain(status, &error);
    gp_proof_destroy(proof);
    cli_claim_release(&claim);
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

enum { RADIUS = OPTIONS_SHARED };

static const struct option LONG[] = {
    SHARED_OPTIONS, {"radius", 1, NULL, RADIUS}, {NULL, 0, NULL, 0}};

static int take(int option, const char *name, const char *value, cli_options *o) {
    if (option != RADIUS)
        return cli_take_shared(option, name, value, o);
    int wrong = cli_real(name, value, 0, 0, 1, &o->radius);
    return wrong || o->radius < 1 ? wrong : cli_usage("--radius %.60s: must be below 1", value);
}

/* What --data and the others belong to, and what they need. */
static int look_at_target(const cli_options *o, int of_data, int of_network) {
    if (!o->target)
        return cli_usage("prove what? Name notebook:given, network or a model's file");
    int is_network = strcmp(o->target, "network") == 0;
    int is_notebook = cli_is_notebook(o->target);
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

/* The outputs must be possible, and no inputs. */
static int look_at_outputs(const cli_options *o) {
    static const cli_format_number OUTPUTS[] = {CLI_JSON, CLI_CERTIFICATE};
    const char *inputs[] = {cli_is_file(o->target) ? o->target : NULL, o->data, NULL};
    for (size_t k = 0; k < sizeof OUTPUTS / sizeof *OUTPUTS; k++) {
        const char *option = CLI_FORMAT[OUTPUTS[k]].option;
        const char *path = o->output[OUTPUTS[k]];
        gp_error error = {""};
        if (!path || cli_is_stdout(path))
            continue;
        int wrong = cli_keep_apart(option, path, sizeof inputs / sizeof *inputs, inputs);
        if (wrong)
            return wrong;
        gp_status status = gp_output_try(path, &error);
        if (status != GP_OK)
            return cli_complain(status, &error);
        inputs[2] = path;
    }
    return 0;
}

int cli_prove_parse(int argc, char **argv, cli_options *o) {
    int of_data = 0, of_network = 0;
    cli_command_is("prove");
    cli_options_init(o);
    opterr = 0;
    optind = 0; /* start anew, whatever was parsed before */
    for (int option, index = -1; (option = getopt_long(argc, argv, ":", LONG, &index)) != -1;
         index = -1) {
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv);
        if (index < 0) /* cannot be: there are no short options */
            return cli_usage("wrong option");
        of_data |= option >= OPTION_DATA && option < OPTIONS_SHARED;
        of_network |= option >= OPTION_HIDDEN && option < OPTIONS_SHARED;
        int wrong = take(option, LONG[index].name, optarg, o);
        if (!wrong)
            wrong = cli_options_keep(LONG[index].name, optarg, o);
        if (wrong)
            return wrong;
    }
    if (o->help)
        return 0;
    if (optind < argc)
        o->target = argv[optind++];
    if (optind < argc)
        return cli_usage("%.60s: one target at a time", argv[optind]);
    int wrong = cli_look_at_formats(o);
    return wrong ? wrong : look_at_target(o, of_data, of_network);
}

int cli_prove(int argc, char **argv) {
    cli_options o;
    int wrong = cli_prove_parse(argc, argv, &o);
    if (!wrong && o.help) {
        fputs(CLI_PROVE_HELP, stdout);
        return 0;
    }
    if (!wrong)
        wrong = look_at_outputs(&o);
    return wrong ? wrong : prove(&o);
}

/* gradproof verify: does a certificate still hold? It is read as one that anybody may have written,
 * then repeated, and what comes out is compared with what it says. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/certificate.h"
#ifdef GP_WITH_PROVE
#include "cli/claim.h"
#endif
#include "cli/options.h"
#include "system/json_build.h"
#include "system/json_text.h"

typedef struct verification {
    const char *file;          /* the certificate's */
    const char *target, *data; /* in the place of those that it names, or NULL */
    unsigned jobs;
    int quiet;
    const json_t *certificate;
} verification;

static int fails(const verification *v, int code, const char *what) {
    cli_tell("%.200s: %s: %.600s", v->file,
             code == CERTIFICATE_OPEN ? "can't be repeated here" : "doesn't hold", what);
    return code;
}

/* The parts of a certificate that a repetition must give again. */
static int compare(const verification *v, const json_t *found) {
    static const char *const PARTS[] = {"function", "numbers", "result"};
    char where[500];
    for (size_t k = 0; k < sizeof PARTS / sizeof *PARTS; k++)
        if (!cli_certificate_same(PARTS[k], json_object_get(v->certificate, PARTS[k]),
                                  json_object_get(found, PARTS[k]), where, sizeof where))
            return fails(v, CERTIFICATE_FAILS, where);
    return 0;
}

static int is_of_this_version(const verification *v) {
    return strcmp(cli_certificate_text(v->certificate, "made.version"), gp_version()) == 0;
}

/* ---- what it asks for ---------------------------------------------------------------------- */

/* The options of the certificate, parsed as its command parses them, but for what they would write:
 * a certificate must not. `words` (new) holds what they point to. */
static int restate_options(const verification *v, int is_proof, char ***words, cli_options *o) {
    const json_t *options = json_object_get(v->certificate, "options");
    const json_t *arguments = json_object_get(v->certificate, "arguments");
    size_t count = json_array_size(options), more = json_array_size(arguments), at = 0;
    *words = calloc(count + more + 4, sizeof **words);
    if (!*words)
        return cli_complain(GP_ERROR_MEMORY, &(gp_error){""});
    char **argv = *words;
    argv[at++] = is_proof ? "prove" : "check";
    for (size_t k = 0; k < count; k++)
        argv[at++] = (char *)json_string_value(json_array_get(options, k));
    argv[at++] = (char *)(v->target ? v->target : cli_certificate_text(v->certificate, "target"));
    if (more > 0)
        argv[at++] = "--";
    for (size_t k = 0; k < more; k++)
        argv[at++] = (char *)json_string_value(json_array_get(arguments, k));
    int wrong = is_proof ? cli_prove_parse((int)at, argv, o) : cli_parse((int)at, argv, o);
    cli_command_is("verify");
    if (wrong || o->help)
        return fails(v, CERTIFICATE_FAILS, "its options aren't ones of its command");
    memset(o->output, 0, sizeof o->output);
    o->check.journal = NULL;
    o->data = v->data ? v->data : o->data;
    return 0;
}

/* Are the files that the certificate is about as they were? */
static int look_at_files(const verification *v, const cli_options *o) {
    const json_t *files = json_object_get(v->certificate, "files"), *file;
    size_t k;
    json_array_foreach((json_t *)files, k, file) {
        const char *role = json_string_value(json_object_get(file, "role"));
        const char *path = strcmp(role, "data") == 0 ? o->data : o->target;
        char digest[CLI_DIGEST_TEXT], what[600];
        gp_error error = {""};
        uint64_t bytes;
        if (!path || (strcmp(role, "data") != 0 && strcmp(role, "target") != 0))
            return fails(v, CERTIFICATE_FAILS, "files: one of a role that there isn't");
        gp_status status = cli_digest_file(path, &bytes, digest, &error);
        if (status != GP_OK)
            return cli_complain(status, &error);
        snprintf(what, sizeof what,
                 "files[%zu].sha256: %.200s is another file than the one that "
                 "is certified: name that by --%s",
                 k, path, role);
        if (strcmp(digest, json_string_value(json_object_get(file, "sha256"))) != 0)
            return fails(v, CERTIFICATE_OPEN, what);
    }
    return 0;
}

static void tell(const verification *v, const char *how) {
    const char *made = cli_certificate_text(v->certificate, "made.version");
    char line[1024];
    if (v->quiet)
        return;
    snprintf(line, sizeof line, "%.200s: holds: %s of %.200s: %s; %s", v->file,
             cli_certificate_text(v->certificate, "kind"),
             cli_certificate_text(v->certificate, "target"),
             cli_certificate_text(v->certificate, "result.verdict"), how);
    printf("%s\n", line);
    if (!is_of_this_version(v))
        printf("  it was made by gradproof %s, this is %s\n", made, gp_version());
}

/* ---- proofs -------------------------------------------------------------------------------- */

#ifdef GP_WITH_PROVE

/* By other versions intervals may be others, but both contain the derivative: they must meet. */
static int intervals_meet(const verification *v, const json_t *found) {
    const json_t *stated = cli_certificate_at(v->certificate, "result.list.entries");
    const json_t *entries = cli_certificate_at(found, "result.list.entries");
    char what[200];
    if (strcmp(cli_certificate_text(v->certificate, "result.verdict"),
               cli_certificate_text(found, "result.verdict")) != 0)
        return fails(v, CERTIFICATE_FAILS, "result.verdict: another one comes out");
    if (!json_is_array(stated))
        return fails(v, CERTIFICATE_OPEN,
                     "made: by another version, and its intervals aren't all in it");
    for (size_t k = 0; k < json_array_size(stated); k++) {
        double g[2], low[2], high[2];
        const char *texts[] = {json_string_value(json_array_get(stated, k)),
                               json_string_value(json_array_get(entries, k))};
        for (size_t s = 0; s < 2; s++)
            if (!texts[s] || sscanf(texts[s], "%la %la %la", &g[s], &low[s], &high[s]) != 3)
                return fails(v, CERTIFICATE_FAILS, "result.list.entries: not intervals");
        snprintf(what, sizeof what, "result.list.entries[%zu]: %.70s doesn't meet %.70s", k,
                 texts[0], texts[1]);
        if (g[0] != g[1] || !(low[0] <= high[1] && low[1] <= high[0]))
            return fails(v, CERTIFICATE_FAILS, what);
    }
    return 0;
}

/* The statement's numbers: those in the certificate, else those of its target. */
static gp_status find_claim(const verification *v, const cli_options *o, cli_claim *claim,
                            const char **how, int *code, gp_error *error) {
    gp_status status = cli_claim_restate(v->certificate, claim, error);
    *how = "proven again from the numbers in it";
    if (status == GP_ERROR_INPUT)
        *code = fails(v, CERTIFICATE_FAILS, error->message);
    if (status != GP_ERROR_UNSUPPORTED)
        return status;
    cli_claim_release(claim);
    memset(claim, 0, sizeof *claim);
    *how = "proven again from its target and its data";
    *code = look_at_files(v, o);
    return *code ? GP_ERROR_INPUT : cli_claim_state(o, claim, error);
}

static int verify_proof(const verification *v, cli_options *o) {
    cli_claim claim = {0};
    gp_proof *proof = NULL;
    gp_error error = {""};
    const char *how = "", *flint = cli_certificate_text(v->certificate, "made.flint");
    int code = 0;
    gp_status status = find_claim(v, o, &claim, &how, &code, &error);
    if (status == GP_OK)
        status = cli_claim_prove(&claim, o, &proof, &error);
    json_t *found =
        status == GP_OK
            ? json_pack("{s:o, s:o, s:o}", "function", cli_claim_function(&claim), "numbers",
                        cli_claim_numbers(&claim), "result", cli_claim_result(o, proof))
            : NULL;
    if (status == GP_OK && !found)
        status = GP_ERROR_MEMORY;
    if (!code && status != GP_OK)
        code = status == GP_ERROR_MEMORY ? cli_complain(status, &error)
                                         : fails(v, CERTIFICATE_FAILS, error.message);
    if (!code)
        code = is_of_this_version(v) && flint && strcmp(flint, gp_proof_library()) == 0
                   ? compare(v, found)
                   : intervals_meet(v, found);
    json_decref(found);
    gp_proof_destroy(proof);
    cli_claim_release(&claim);
    if (!code)
        tell(v, how);
    return code;
}

#else

static int verify_proof(const verification *v, cli_options *o) {
    (void)o;
    return fails(v, CERTIFICATE_OPEN,
                 "this build has no proofs: there was no FLINT when it was made");
}

#endif

/* ---- checks -------------------------------------------------------------------------------- */

/* The certificate that a check has written into a file in memory; NULL: none. */
static json_t *read_back(int file) {
    off_t size = lseek(file, 0, SEEK_END);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    json_t *found = NULL;
    if (text && pread(file, text, (size_t)size, 0) == size)
        (void)gp_json_read(text, (size_t)size, &found);
    free(text);
    return found;
}

/* Runs the check; *found: its certificate, new. Returns an exit code. */
static int check_again(const verification *v, cli_options *o, json_t **found) {
    char path[64];
    int file = memfd_create("gradproof-certificate", MFD_CLOEXEC);
    if (file < 0)
        return cli_complain(GP_ERROR_MEMORY, &(gp_error){"verify: no file in memory can be made"});
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    o->output[CLI_CERTIFICATE] = path;
    int code = cli_check_as_told(o);
    o->output[CLI_CERTIFICATE] = NULL;
    *found = read_back(file);
    (void)close(file);
    if (*found)
        return 0;
    return code >= EXIT_USAGE ? code
                              : fails(v, CERTIFICATE_FAILS,
                                      "result: the check comes to none that can be certified");
}

/* The number of the strategy that auto chose by how fast the function was; 0: it wasn't another. */
static int other_strategy(const verification *v, const json_t *found) {
    static const char *const NAMES[] = {
        [GP_FULL] = "full", [GP_PROJECT] = "project", [GP_SAMPLE] = "sample"};
    const char *stated = cli_certificate_text(v->certificate, "result.report.strategy");
    const char *now = cli_certificate_text(found, "result.report.strategy");
    for (int k = GP_FULL; k <= GP_SAMPLE && stated && now && strcmp(stated, now) != 0; k++)
        if (strcmp(stated, NAMES[k]) == 0)
            return k;
    return 0;
}

static int verify_check(const verification *v, cli_options *o) {
    json_t *found = NULL;
    if (!is_of_this_version(v))
        return fails(v, CERTIFICATE_OPEN,
                     "made.version: estimates are the same in every bit by the same version alone");
    if (cli_is_file(o->target) && !cli_is_model(o->target) && !v->target)
        return cli_usage("%.200s: is about %.200s, whose code would run: if you trust it, name it "
                         "by --target",
                         v->file, o->target);
    int wrong = look_at_files(v, o);
    if (wrong)
        return wrong;
    o->check.jobs = v->jobs;
    o->quiet = o->mute = 1;
    int code = check_again(v, o, &found);
    int strategy = code == 0 && o->check.strategy == GP_AUTO ? other_strategy(v, found) : 0;
    if (strategy) {
        json_decref(found);
        found = NULL;
        o->check.strategy = (gp_strategy)strategy;
        code = check_again(v, o, &found);
    }
    if (!code)
        code = compare(v, found);
    json_decref(found);
    if (!code)
        tell(v, "checked again, the same in every bit");
    return code;
}

/* ---- the command --------------------------------------------------------------------------- */

/* The certificate in a model's file, which must be about its weights. */
static int read_from_model(const verification *v, json_t **certificate) {
    gp_model *model = NULL;
    gp_error error = {""};
    gp_status status = gp_model_read(v->file, &model, &error);
    const char *text = gp_model_certificate(model);
    if (status != GP_OK)
        return cli_complain(status, &error);
    int wrong =
        text ? cli_certificate_parse(v->file, text, strlen(text), certificate)
             : fails(v, CERTIFICATE_OPEN, "the model has no certificate: train with --check prove");
    gp_network *net = gp_model_network(model);
    size_t n = gp_network_parameters(net);
    gp_network_options o;
    double *theta = wrong ? NULL : calloc(n, sizeof *theta);
    if (theta) {
        (void)gp_network_describe(net, &o);
        gp_network_get(net, theta);
        for (size_t i = 0; i < n && o.dtype == GP_FLOAT32; i++)
            theta[i] = (double)(float)theta[i];
        json_t *own = cli_certificate_numbers(theta, n, 0);
        const char *sum = json_string_value(json_object_get(own, "sha256"));
        const char *stated = cli_certificate_text(*certificate, "numbers.parameters.sha256");
        if (!sum)
            wrong = cli_complain(GP_ERROR_MEMORY, &error);
        else if (strcmp(sum, stated) != 0)
            wrong =
                fails(v, CERTIFICATE_FAILS, "numbers.parameters: aren't the weights of the model");
        json_decref(own);
    } else if (!wrong) {
        wrong = cli_complain(GP_ERROR_MEMORY, &error);
    }
    free(theta);
    gp_model_destroy(model);
    return wrong;
}

static int verify(verification *v) {
    json_t *certificate = NULL;
    int wrong = cli_is_model(v->file) ? read_from_model(v, &certificate)
                                      : cli_certificate_read(v->file, &certificate);
    if (wrong) {
        json_decref(certificate);
        return wrong;
    }
    v->certificate = certificate;
    const char *kind = cli_certificate_text(certificate, "kind");
    int is_proof = strcmp(kind, "proof") == 0;
    char **words = NULL;
    cli_options o = {0};
    if (!is_proof && strcmp(kind, "check") != 0)
        wrong = fails(v, CERTIFICATE_FAILS, "kind: must be proof or check");
    if (!wrong)
        wrong = restate_options(v, is_proof, &words, &o);
    if (!wrong &&
        (json_int_t)o.check.seed != json_integer_value(cli_certificate_at(certificate, "seed")))
        wrong = fails(v, CERTIFICATE_FAILS, "seed: isn't that of its options");
    if (!wrong)
        wrong = is_proof ? verify_proof(v, &o) : verify_check(v, &o);
    free(words);
    json_decref(certificate);
    return wrong;
}

int cli_verify(int argc, char **argv) {
    enum { TARGET = 256, DATA, JOBS, QUIET, HELP };
    static const struct option LONG[] = {{"target", 1, NULL, TARGET}, {"data", 1, NULL, DATA},
                                         {"jobs", 1, NULL, JOBS},     {"quiet", 0, NULL, QUIET},
                                         {"help", 0, NULL, HELP},     {NULL, 0, NULL, 0}};
    verification v = {0};
    uint64_t jobs = 0;
    int help = 0;
    cli_command_is("verify");
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, ":", LONG, NULL)) != -1;) {
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv);
        if (option == JOBS && cli_whole("jobs", optarg, 1, 1024, &jobs))
            return EXIT_USAGE;
        v.target = option == TARGET ? optarg : v.target;
        v.data = option == DATA ? optarg : v.data;
        v.quiet |= option == QUIET;
        help |= option == HELP;
    }
    v.jobs = (unsigned)jobs;
    if (help) {
        fputs(CLI_VERIFY_HELP, stdout);
        return 0;
    }
    if (optind < argc)
        v.file = argv[optind++];
    if (!v.file)
        return cli_usage("verify what? Name a certificate");
    if (optind < argc)
        return cli_usage("%.60s: one certificate at a time", argv[optind]);
    return verify(&v);
}

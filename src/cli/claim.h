/* What a proof of the program's is of: numbers, and the formula that they go into. */
#ifndef GP_CLI_CLAIM_H
#define GP_CLI_CLAIM_H

#include "cli/certificate.h"
#include "gradproof/prove.h"

typedef struct cli_claim {
    cli_subject subject; /* that it was stated about; empty where it comes from a certificate */
    const char *kind;    /* "line" (J = theta x), "notebook" or "network"; static */
    gp_network_options network;
    size_t units[MAX_HIDDEN + 1];
    size_t rows, columns; /* columns: of the labels */
    double *X, *labels;   /* rows x inputs, rows x columns; its own, as are x and g */
    double *x, *g;        /* n parameters, and the gradient under test */
    size_t n;
} cli_claim;

/* About the target of the options, with the mistakes that they plant. */
gp_status cli_claim_state(const cli_options *options, cli_claim *claim, gp_error *error);

/* From a certificate that has been read. GP_ERROR_UNSUPPORTED: its numbers aren't embedded;
 * GP_ERROR_INPUT with a line: they don't go with its function. */
gp_status cli_claim_restate(const json_t *certificate, cli_claim *claim, gp_error *error);
void cli_claim_release(cli_claim *claim);

gp_status cli_claim_prove(const cli_claim *claim, const cli_options *options, gp_proof **proof,
                          gp_error *error);

/* {"function", "numbers", "result"} of its certificate. NULL without memory. */
json_t *cli_claim_function(const cli_claim *claim);
json_t *cli_claim_numbers(const cli_claim *claim);
json_t *cli_claim_result(const cli_options *options, const gp_proof *proof);

/* The certificate as text; new, to be freed. */
gp_status cli_claim_certify(const cli_claim *claim, const cli_options *options,
                            const gp_proof *proof, char **text, gp_error *error);

/* Proves the gradient of a model that isn't in its file yet, which gets the certificate. *line:
 * what came out, for gp_text_free; *code: as of prove. */
gp_status cli_prove_trained(const cli_options *options, gp_model *model, char **line, int *code,
                            gp_error *error);

#endif

/* Certificates, schema gradproof.certificate/1 (docs/certificates.md): what was proven or checked,
 * about which numbers, with which code, so that anybody can repeat it. */
#ifndef GP_CLI_CERTIFICATE_H
#define GP_CLI_CERTIFICATE_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/digest.h"

/* What becomes of a certificate: exit codes of gradproof verify. */
enum {
    CERTIFICATE_HOLDS = 0,
    CERTIFICATE_FAILS = 1,   /* repeated, something else comes out */
    CERTIFICATE_OPEN = 2,    /* it can't be repeated here: other files, another version */
    CERTIFICATE_DAMAGED = 3, /* it isn't as it was written */
};

/* ---- making one -------------------------------------------------------------------------- */

/* Entries of functions up to this size are all in the certificate; of larger ones the widest. */
enum { CERTIFICATE_WHOLE = 4096, CERTIFICATE_WIDEST = 16 };

/* A list of entries: writes entry i, words with a space between, and returns how wide it is. */
typedef double (*cli_entry_writer)(const void *of, size_t i, char *text, size_t size);

/* {"count", "entries", "widest", "merkle"} of a list of 1 or more, a new object; NULL: no memory.
 */
json_t *cli_certificate_entries(cli_entry_writer writer, const void *of, size_t count);

/* {"count", "sha256", "base64"}; base64 is null unless `embed`. */
json_t *cli_certificate_numbers(const double *numbers, size_t count, int embed);
/* All reals of a JSON value as text, "0x1.8p+0", which is exact: a new value. */
json_t *cli_certificate_exact(const json_t *value);
json_t *cli_certificate_real(double v);

/* A whole certificate but for its seals, from its parts, which it takes over: a new object, NULL
 * without memory. kind: "proof" or "check". GP_ERROR_INPUT with a line where a file that the
 * options name can't be read again. */
gp_status cli_certificate_make(const cli_options *options, const char *kind, const char *flint,
                               json_t *function, json_t *numbers, json_t *result,
                               json_t **certificate, gp_error *error);
/* With its seals, as text: new, NULL without memory. Takes the certificate over. */
char *cli_certificate_seal(json_t *certificate);

/* ---- reading one ------------------------------------------------------------------------- */

/* 0 and a new object; else an exit code after a line that says what is wrong with it, and where. */
int cli_certificate_read(const char *path, json_t **certificate);
/* The same of a text; `path` is for messages. */
int cli_certificate_parse(const char *path, const char *text, size_t size, json_t **certificate);

/* "result.entries[3]": a value in it, borrowed; NULL: there is none. */
const json_t *cli_certificate_at(const json_t *certificate, const char *path);
const char *cli_certificate_text(const json_t *certificate, const char *path);
/* The numbers of "numbers.NAME", a new array of their count; NULL where they aren't embedded, or
 * without memory. */
double *cli_certificate_embedded(const json_t *certificate, const char *name, size_t *count);

/* Says whether two values are the same; else where they differ first, in words. */
int cli_certificate_same(const char *path, const json_t *stated, const json_t *found, char *where,
                         size_t size);

#endif

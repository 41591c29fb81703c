/* Seals of a certificate: a SHA-256 for each part of it, and one for all of these. */
#ifndef GP_CLI_SEALS_H
#define GP_CLI_SEALS_H

#include <jansson.h>

#include "cli/digest.h"

#define CLI_CERTIFICATE_SCHEMA "gradproof.certificate/1"

/* SHA-256 of "path", a line feed and the value's canonical text: JSON without white space, keys in
 * the order of their bytes. 0 without memory. */
int cli_seal_value(const char *path, const json_t *value, char text[CLI_DIGEST_TEXT]);

/* {path: seal} of each member of the certificate and, where that is an object, of each of its
 * members instead; "seals" and "seal" left out. New; NULL without memory. */
json_t *cli_seals_of(const json_t *certificate);

#endif

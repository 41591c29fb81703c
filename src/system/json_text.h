/* Reading JSON with Jansson where memory may run out. */
#ifndef GP_JSON_TEXT_H
#define GP_JSON_TEXT_H

#include <jansson.h>

#include "gradproof.h"

/* *json is a new value; NULL with GP_ERROR_INPUT for what is no JSON (or has a key twice), or with
 * GP_ERROR_MEMORY. */
gp_status gp_json_read(const char *text, size_t length, json_t **json);

#endif

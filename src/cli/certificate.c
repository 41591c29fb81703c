/* Making certificates: see certificate.h. */
#include "cli/certificate.h"

#include <link.h>
#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/seals.h"
#include "system/json_build.h"

/* ---- numbers ----------------------------------------------------------------------------- */

json_t *cli_certificate_real(double v) {
    char text[40];
    snprintf(text, sizeof text, "%a", v);
    return json_string(text);
}

json_t *cli_certificate_exact(const json_t *value) {
    const char *key;
    json_t *item, *to;
    size_t k;
    switch (json_typeof(value)) {
    case JSON_REAL:
        return cli_certificate_real(json_real_value(value));
    case JSON_ARRAY:
        to = json_array();
        json_array_foreach((json_t *)value, k, item) gp_json_add(&to, cli_certificate_exact(item));
        return to;
    case JSON_OBJECT:
        to = json_object();
        json_object_foreach((json_t *)value, key, item)
            gp_json_put(&to, key, cli_certificate_exact(item));
        return to;
    default:
        return json_incref((json_t *)value);
    }
}

json_t *cli_certificate_numbers(const double *numbers, size_t count, int embed) {
    char digest[CLI_DIGEST_TEXT];
    unsigned char *bytes = cli_bytes_of(numbers, count);
    if (!bytes)
        return NULL;
    cli_digest(bytes, 8 * count, digest);
    char *text = embed ? malloc(BASE64_ENCODE_RAW_LENGTH(8 * count) + 1) : NULL;
    if (text) {
        base64_encode_raw(text, 8 * count, bytes);
        text[BASE64_ENCODE_RAW_LENGTH(8 * count)] = '\0';
    }
    free(bytes);
    json_t *base64 = embed && !text ? NULL : text ? json_string(text) : json_null();
    free(text);
    return json_pack("{s:I, s:s, s:o}", "count", (json_int_t)count, "sha256", digest, "base64",
                     base64);
}

/* ---- entries ----------------------------------------------------------------------------- */

enum { ENTRY_TEXT = 256 };

/* Keeps the widest entries, the widest first; of those as wide as each other the first. */
static void keep_widest(double width, size_t i, double *widths, size_t *widest, size_t *kept) {
    size_t at = *kept;
    while (at > 0 && width > widths[at - 1])
        at--;
    if (at == CERTIFICATE_WIDEST)
        return;
    size_t last = *kept < CERTIFICATE_WIDEST ? *kept : CERTIFICATE_WIDEST - 1;
    memmove(widths + at + 1, widths + at, (last - at) * sizeof *widths);
    memmove(widest + at + 1, widest + at, (last - at) * sizeof *widest);
    widths[at] = width;
    widest[at] = i;
    *kept = last + 1;
}

/* The nodes beside its way to the root. */
static json_t *way(const cli_tree *tree, size_t leaf) {
    json_t *list = json_array();
    char text[CLI_DIGEST_TEXT];
    for (size_t l = 0; l + 1 < tree->levels; l++)
        if (cli_tree_beside(tree, leaf, l, text))
            gp_json_add(&list, json_string(text));
    return list;
}

json_t *cli_certificate_entries(cli_entry_writer writer, const void *of, size_t count) {
    int whole = count <= CERTIFICATE_WHOLE;
    double widths[CERTIFICATE_WIDEST];
    size_t widest[CERTIFICATE_WIDEST], kept = 0;
    char text[ENTRY_TEXT], root[CLI_DIGEST_TEXT];
    cli_tree tree;
    json_t *entries = whole ? json_array() : json_null(), *list = json_array();
    if (cli_tree_open(&tree, count) != GP_OK) {
        cli_tree_clear(&tree);
        json_decref(entries);
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        keep_widest(writer(of, i, text, sizeof text), i, widths, widest, &kept);
        cli_tree_set(&tree, i, text);
        if (whole)
            gp_json_add(&entries, json_string(text));
    }
    cli_tree_grow(&tree);
    cli_tree_root(&tree, root);
    for (size_t k = 0; k < kept; k++) {
        (void)writer(of, widest[k], text, sizeof text);
        gp_json_add(&list, json_pack("{s:I, s:s, s:o}", "index", (json_int_t)widest[k], "entry",
                                     text, "beside", way(&tree, widest[k])));
    }
    cli_tree_clear(&tree);
    return json_pack("{s:I, s:o, s:o, s:s}", "count", (json_int_t)count, "entries", entries,
                     "widest", list, "merkle", root);
}

/* ---- what it was made with ---------------------------------------------------------------- */

/* Adds a file's digest under its name. */
static void add_part(json_t **parts, const char *path) {
    char digest[CLI_DIGEST_TEXT];
    gp_error error;
    uint64_t bytes;
    const char *slash = strrchr(path, '/');
    if (cli_digest_file(path, &bytes, digest, &error) == GP_OK)
        gp_json_put(parts, slash ? slash + 1 : path, json_string(digest));
}

static int add_library(struct dl_phdr_info *info, size_t size, void *parts) {
    (void)size;
    if (info->dlpi_name && strstr(info->dlpi_name, "/libgradproof"))
        add_part(parts, info->dlpi_name);
    return 0;
}

/* The program's own files: itself and its libraries. */
static json_t *program(void) {
    char path[4096];
    json_t *parts = json_object();
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) {
        path[length] = '\0';
        add_part(&parts, path);
    }
    (void)dl_iterate_phdr(add_library, &parts);
    return parts;
}

static gp_status add_file(json_t **files, const char *role, const char *path, gp_error *error) {
    char digest[CLI_DIGEST_TEXT];
    uint64_t bytes;
    gp_status status = path ? cli_digest_file(path, &bytes, digest, error) : GP_OK;
    if (path && status == GP_OK)
        gp_json_add(files, json_pack("{s:s, s:s, s:I, s:s}", "role", role, "path", path, "bytes",
                                     (json_int_t)bytes, "sha256", digest));
    return status;
}

/* "--rtol=1e-5" */
static json_t *options_of(const cli_options *o) {
    json_t *list = json_array();
    for (size_t k = 0; k < o->words; k++) {
        const char *value = o->word[k].value;
        gp_json_add(&list, value ? json_sprintf("--%s=%s", o->word[k].name, value)
                                 : json_sprintf("--%s", o->word[k].name));
    }
    return list;
}

gp_status cli_certificate_make(const cli_options *o, const char *kind, const char *flint,
                               json_t *function, json_t *numbers, json_t *result,
                               json_t **certificate, gp_error *error) {
    json_t *files = json_array();
    gp_status status = add_file(&files, "target", cli_is_file(o->target) && !o->unwritten ? o->target : NULL, error);
    if (status == GP_OK)
        status = add_file(&files, "data", o->data, error);
    json_t *arguments = json_array();
    for (int k = 0; k < o->object_argc; k++)
        gp_json_add(&arguments, json_string(o->object_argv[k]));
    *certificate = json_pack(
        "{s:s, s:s, s:{s:s, s:s?, s:s, s:o}, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "schema",
        CLI_CERTIFICATE_SCHEMA, "kind", kind, "made", "version", gp_version(), "flint", flint,
        "compiler", __VERSION__, "program", program(), "target", o->target, "arguments", arguments,
        "options", options_of(o), "seed", (json_int_t)o->check.seed, "files", files, "function",
        function, "numbers", numbers, "result", result);
    if (status == GP_OK && !*certificate) {
        snprintf(error->message, sizeof error->message,
                 "a certificate can't be made: out of memory, or a name isn't UTF-8");
        status = GP_ERROR_MEMORY;
    }
    if (status != GP_OK) {
        json_decref(*certificate);
        *certificate = NULL;
    }
    return status;
}

char *cli_certificate_seal(json_t *certificate) {
    json_t *seals = cli_seals_of(certificate);
    char seal[CLI_DIGEST_TEXT] = "";
    if (seals && !cli_seal_value("", seals, seal)) {
        json_decref(seals);
        seals = NULL;
    }
    gp_json_put(&certificate, "seals", seals);
    gp_json_put(&certificate, "seal", json_string(seal));
    char *text = gp_json_write(certificate, JSON_INDENT(1));
    json_decref(certificate);
    return text;
}

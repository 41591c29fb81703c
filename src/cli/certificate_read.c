/* Reading certificates: nothing of one is believed until its shape, its seals, and what its parts
 * say of each other have been looked at. */
#include <errno.h>
#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "cli/certificate.h"
#include "cli/seals.h"
#include "system/input.h"
#include "system/json_text.h"

/* ---- shape ------------------------------------------------------------------------------- */

/* What a field is. */
typedef enum field_type {
    OBJECT,
    LIST,
    TEXT,
    WHOLE,  /* a whole number, 0 or more */
    REAL,   /* as text, "0x1.8p+1", in the one way that there is */
    DIGEST, /* 64 lower-case hexadecimal digits */
    BASE64,
    ANY /* of a shape that isn't described here */
} field_type;

static const char *const TYPE[] = {"an object",
                                   "a list",
                                   "a string",
                                   "a whole number that isn't negative",
                                   "a number as hexadecimal text",
                                   "a SHA-256 of 64 lower-case hexadecimal digits",
                                   "base64",
                                   "anything"};

/* All fields; [] is each item of a list, * each member of an object. */
static const struct field {
    const char *path;
    field_type type;
    int may_be_null;
} FIELDS[] = {
    {"schema", TEXT, 0},
    {"kind", TEXT, 0},
    {"made", OBJECT, 0},
    {"made.version", TEXT, 0},
    {"made.flint", TEXT, 1},
    {"made.compiler", TEXT, 0},
    {"made.program", OBJECT, 0},
    {"made.program.*", DIGEST, 0},
    {"target", TEXT, 0},
    {"arguments", LIST, 0},
    {"arguments[]", TEXT, 0},
    {"options", LIST, 0},
    {"options[]", TEXT, 0},
    {"seed", WHOLE, 0},
    {"files", LIST, 0},
    {"files[]", OBJECT, 0},
    {"files[].role", TEXT, 0},
    {"files[].path", TEXT, 0},
    {"files[].bytes", WHOLE, 0},
    {"files[].sha256", DIGEST, 0},
    {"function", OBJECT, 1},
    {"function.kind", TEXT, 0},
    {"function.dtype", TEXT, 0},
    {"function.inputs", WHOLE, 0},
    {"function.units", LIST, 0},
    {"function.units[]", WHOLE, 0},
    {"function.hidden", TEXT, 0},
    {"function.loss", TEXT, 0},
    {"function.l2", REAL, 0},
    {"function.positive_weight", REAL, 0},
    {"function.rows", WHOLE, 0},
    {"numbers", OBJECT, 0},
    {"numbers.parameters", OBJECT, 0},
    {"numbers.gradient", OBJECT, 0},
    {"numbers.data", OBJECT, 1},
    {"numbers.labels", OBJECT, 1},
    {"numbers.*.count", WHOLE, 0},
    {"numbers.*.sha256", DIGEST, 0},
    {"numbers.*.base64", BASE64, 1},
    {"result", OBJECT, 0},
    {"result.verdict", TEXT, 0},
    {"result.report", ANY, 0},
    {"result.list", OBJECT, 0},
    {"result.list.count", WHOLE, 0},
    {"result.list.entries", LIST, 1},
    {"result.list.entries[]", TEXT, 0},
    {"result.list.widest", LIST, 0},
    {"result.list.widest[]", OBJECT, 0},
    {"result.list.widest[].index", WHOLE, 0},
    {"result.list.widest[].entry", TEXT, 0},
    {"result.list.widest[].beside", LIST, 0},
    {"result.list.widest[].beside[]", DIGEST, 0},
    {"result.list.merkle", DIGEST, 0},
    {"seals", OBJECT, 0},
    {"seals.*", DIGEST, 0},
    {"seal", DIGEST, 0},
};
enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };

typedef struct reading {
    const char *file;
    const json_t *certificate;
} reading;

static int damaged(const reading *r, const char *path, const char *what) {
    cli_tell("%.200s: damaged: %.200s: %.300s", r->file, path, what);
    return CERTIFICATE_DAMAGED;
}

/* Does a path fit a pattern? A * stands for one name, which may have dots where it comes last. */
static int fits(const char *pattern, const char *path) {
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            path += pattern[1] ? strcspn(path, ".[") : strlen(path);
        } else if (*pattern == '[') {
            if (*path != '[')
                return 0;
            path += strcspn(path, "]") + 1;
            pattern++;
        } else if (*pattern != *path++) {
            return 0;
        }
    }
    return *path == '\0';
}

static const struct field *field_of(const char *path) {
    for (size_t k = 0; k < FIELD_COUNT; k++)
        if (fits(FIELDS[k].path, path))
            return &FIELDS[k];
    return NULL;
}

/* The last name of a pattern that is one level below `path`, which is "" at the top; else NULL. */
static const char *name_below(const char *pattern, const char *path) {
    const char *dot = strrchr(pattern, '.'), *name = dot ? dot + 1 : pattern;
    char above[128];
    if (strchr(name, '[') || strchr(name, '*'))
        return NULL;
    snprintf(above, sizeof above, "%.*s", dot ? (int)(dot - pattern) : 0, pattern);
    return fits(above, path) ? name : NULL;
}

static int is_real(const char *text) {
    char again[40], *end;
    double v = strtod(text, &end);
    snprintf(again, sizeof again, "%a", v);
    return end != text && strcmp(again, text) == 0;
}

static int is_of_type(const json_t *value, field_type type) {
    const char *text = json_string_value(value);
    switch (type) {
    case OBJECT:
        return json_is_object(value);
    case LIST:
        return json_is_array(value);
    case WHOLE:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case REAL:
        return text && is_real(text);
    case DIGEST:
        return text && strlen(text) == CLI_DIGEST_TEXT - 1 &&
               strspn(text, "0123456789abcdef") == CLI_DIGEST_TEXT - 1;
    case ANY:
        return 1;
    default:
        return text != NULL;
    }
}

static int look_at_shape(const reading *r, const char *path, const json_t *value);

static int look_at_members(const reading *r, const char *path, const json_t *value) {
    char below[300];
    const char *name;
    json_t *member;
    int wrong = 0;
    for (size_t k = 0; k < FIELD_COUNT && !wrong; k++) {
        const char *needed = name_below(FIELDS[k].path, path);
        if (needed && !json_object_get(value, needed)) {
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", needed);
            wrong = damaged(r, below, "is missing");
        }
    }
    json_object_foreach((json_t *)value, name, member) {
        if (wrong)
            return wrong;
        snprintf(below, sizeof below, "%.150s%s%.100s", path, *path ? "." : "", name);
        int is_odd = strchr(name, '[') || (strchr(name, '.') && strcmp(path, "made.program") != 0 &&
                                           strcmp(path, "seals") != 0);
        wrong =
            is_odd ? damaged(r, below, "there is no such field") : look_at_shape(r, below, member);
    }
    return wrong;
}

static int look_at_shape(const reading *r, const char *path, const json_t *value) {
    const struct field *field = *path ? field_of(path) : NULL;
    char line[100], below[300];
    json_t *item;
    size_t k;
    int wrong = 0;
    if (*path && !field)
        return damaged(r, path, "there is no such field");
    if (field && field->may_be_null && json_is_null(value))
        return 0;
    field_type type = field ? field->type : OBJECT;
    snprintf(line, sizeof line, "must be %s", TYPE[type]);
    if (!is_of_type(value, type))
        return damaged(r, *path ? path : "the whole", line);
    if (type == OBJECT)
        return look_at_members(r, path, value);
    if (type == LIST)
        json_array_foreach((json_t *)value, k, item) {
            snprintf(below, sizeof below, "%.200s[%zu]", path, k);
            wrong = wrong ? wrong : look_at_shape(r, below, item);
        }
    return wrong;
}

/* ---- seals ------------------------------------------------------------------------------- */

/* Which part isn't as it was sealed? Where the seals are as they were, it is the part; else one of
 * the seals. */
static int look_at_seals(const reading *r) {
    const json_t *stated = json_object_get(r->certificate, "seals");
    json_t *found = cli_seals_of(r->certificate), *seal;
    const char *path, *text = cli_certificate_text(r->certificate, "seal");
    char whole[CLI_DIGEST_TEXT], named[300];
    int wrong = 0;
    if (!found || !cli_seal_value("", stated, whole)) {
        json_decref(found);
        return cli_complain(GP_ERROR_MEMORY, &(gp_error){""});
    }
    int sound = strcmp(whole, text) == 0;
    json_object_foreach(found, path, seal) {
        const char *of_it = json_string_value(json_object_get(stated, path));
        snprintf(named, sizeof named, "%s%.200s", sound ? "" : "seals.", path);
        if (!wrong && !of_it)
            wrong = damaged(r, named, "has no seal");
        else if (!wrong && strcmp(of_it, json_string_value(seal)) != 0)
            wrong = damaged(r, named,
                            sound ? "isn't as it was sealed: its SHA-256 is another"
                                  : "isn't the SHA-256 of its part, and not the one that `seal` is "
                                    "about: it or its part was changed");
    }
    json_object_foreach((json_t *)stated, path, seal) if (!wrong && !json_object_get(found, path)) {
        snprintf(named, sizeof named, "%.200s", path);
        wrong = damaged(r, named, "is sealed, but missing");
    }
    if (!wrong && !sound)
        wrong = damaged(r, "seal", "isn't the SHA-256 of the seals");
    json_decref(found);
    return wrong;
}

/* ---- what its parts say of each other ------------------------------------------------------ */

const json_t *cli_certificate_at(const json_t *certificate, const char *path) {
    const json_t *at = certificate;
    char name[64];
    while (at && *path) {
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        at = json_object_get(at, name);
        path += length + (path[length] == '.');
    }
    return at;
}

const char *cli_certificate_text(const json_t *certificate, const char *path) {
    return json_string_value(cli_certificate_at(certificate, path));
}

/* The bytes of a numbers' object; NULL where they aren't there, or aren't 8 for each number. */
static unsigned char *decode(const json_t *numbers) {
    const char *text = json_string_value(json_object_get(numbers, "base64"));
    size_t count = (size_t)json_integer_value(json_object_get(numbers, "count"));
    struct base64_decode_ctx context;
    size_t length = text ? strlen(text) : 0, got = 0;
    unsigned char *bytes = text ? malloc(BASE64_DECODE_LENGTH(length) + 1) : NULL;
    if (!bytes)
        return NULL;
    base64_decode_init(&context);
    if (count <= length && base64_decode_update(&context, &got, bytes, length, text) &&
        base64_decode_final(&context) && got == 8 * count)
        return bytes;
    free(bytes);
    return NULL;
}

double *cli_certificate_embedded(const json_t *certificate, const char *name, size_t *count) {
    char path[64];
    snprintf(path, sizeof path, "numbers.%s", name);
    const json_t *numbers = cli_certificate_at(certificate, path);
    unsigned char *bytes = decode(numbers);
    *count = (size_t)json_integer_value(json_object_get(numbers, "count"));
    double *v = bytes ? malloc((*count + 1) * sizeof *v) : NULL;
    if (v)
        cli_numbers_of(bytes, *count, v);
    free(bytes);
    return v;
}

static int look_at_numbers(const reading *r) {
    static const char *const NAMES[] = {"parameters", "gradient", "data", "labels"};
    int wrong = 0;
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES && !wrong; k++) {
        char path[64], digest[CLI_DIGEST_TEXT];
        snprintf(path, sizeof path, "numbers.%s", NAMES[k]);
        const json_t *numbers = cli_certificate_at(r->certificate, path);
        if (!json_is_string(json_object_get(numbers, "base64")))
            continue;
        unsigned char *bytes = decode(numbers);
        size_t count = (size_t)json_integer_value(json_object_get(numbers, "count"));
        if (bytes)
            cli_digest(bytes, 8 * count, digest);
        if (!bytes)
            wrong = damaged(r, path, "its base64 isn't 8 bytes for each of its numbers");
        else if (strcmp(digest, json_string_value(json_object_get(numbers, "sha256"))) != 0)
            wrong = damaged(r, path, "its sha256 isn't that of its numbers");
        free(bytes);
    }
    return wrong;
}

/* Where the way of an entry to the root leads. */
static int look_at_way(const reading *r, size_t k, const json_t *one) {
    const json_t *list = cli_certificate_at(r->certificate, "result.list");
    size_t index = (size_t)json_integer_value(json_object_get(one, "index"));
    size_t count = (size_t)json_integer_value(json_object_get(list, "count"));
    const json_t *way = json_object_get(one, "beside");
    const char *beside[64];
    size_t steps = json_array_size(way);
    char path[64], root[CLI_DIGEST_TEXT];
    snprintf(path, sizeof path, "result.list.widest[%zu]", k);
    if (index >= count)
        return damaged(r, path, "its index isn't one of the list's");
    for (size_t s = 0; s < steps && s < 64; s++)
        beside[s] = json_string_value(json_array_get(way, s));
    if (steps > 64 ||
        !cli_way_root(index, count, json_string_value(json_object_get(one, "entry")), steps, beside,
                      root) ||
        strcmp(root, json_string_value(json_object_get(list, "merkle"))) != 0)
        return damaged(r, path, "its way doesn't lead to the list's merkle");
    return 0;
}

static int look_at_entries(const reading *r) {
    const json_t *list = cli_certificate_at(r->certificate, "result.list");
    const json_t *entries = json_object_get(list, "entries"), *widest, *item;
    size_t count = (size_t)json_integer_value(json_object_get(list, "count")), k;
    char root[CLI_DIGEST_TEXT];
    cli_tree tree;
    int wrong = 0;
    if (json_is_array(entries) && json_array_size(entries) != count)
        return damaged(r, "result.list.count", "isn't the number of entries");
    if (json_is_array(entries) && count > 0) {
        if (cli_tree_open(&tree, count) != GP_OK)
            wrong = cli_complain(GP_ERROR_MEMORY, &(gp_error){""});
        for (k = 0; k < count && !wrong; k++)
            cli_tree_set(&tree, k, json_string_value(json_array_get(entries, k)));
        if (!wrong) {
            cli_tree_grow(&tree);
            cli_tree_root(&tree, root);
        }
        cli_tree_clear(&tree);
        if (!wrong && strcmp(root, json_string_value(json_object_get(list, "merkle"))) != 0)
            wrong = damaged(r, "result.list.entries", "their root isn't the list's merkle");
    }
    widest = json_object_get(list, "widest");
    json_array_foreach((json_t *)widest, k, item) wrong = wrong ? wrong : look_at_way(r, k, item);
    return wrong;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int read_whole(const char *path, char **text, size_t *size) {
    enum { MOST = 1 << 28 };
    gp_error error = {""};
    FILE *file = NULL;
    gp_status status = gp_input_open(path, &file, &error);
    if (status != GP_OK)
        return cli_complain(status, &error);
    size_t room = 1 << 16;
    *size = 0;
    *text = malloc(room);
    while (*text) {
        *size += fread(*text + *size, 1, room - *size, file);
        if (*size < room || room >= MOST)
            break;
        char *more = realloc(*text, room *= 2);
        if (!more)
            free(*text);
        *text = more;
    }
    int failed = ferror(file) != 0, too_long = *text && *size >= MOST;
    (void)fclose(file);
    if (*text && !failed && !too_long)
        return 0;
    int there = *text != NULL;
    free(*text);
    *text = NULL;
    if (!there)
        return cli_complain(GP_ERROR_MEMORY, &error);
    cli_tell("%.300s: %s", path, failed ? "can't be read" : "too long for a certificate");
    return EXIT_NO_INPUT;
}

/* Why a text is no JSON. */
static int not_json(const char *path, const char *text, size_t size) {
    json_error_t detail = {0};
    json_t *again = json_loadb(text, size, JSON_REJECT_DUPLICATES, &detail);
    json_decref(again);
    cli_tell("%.200s: damaged: line %d, column %d: %.160s", path, detail.line, detail.column,
             again ? "not JSON" : detail.text);
    return CERTIFICATE_DAMAGED;
}

int cli_certificate_read(const char *path, json_t **certificate) {
    char *text = NULL;
    size_t size = 0;
    int wrong = read_whole(path, &text, &size);
    if (!wrong)
        wrong = cli_certificate_parse(path, text, size, certificate);
    free(text);
    return wrong;
}

int cli_certificate_parse(const char *path, const char *text, size_t size, json_t **certificate) {
    int wrong = 0;
    gp_status status = gp_json_read(text, size, certificate);
    reading r = {path, *certificate};
    if (status == GP_ERROR_INPUT)
        wrong = not_json(path, text, size);
    else if (status != GP_OK)
        wrong = cli_complain(status, &(gp_error){""});
    if (wrong)
        return wrong;
    const char *schema = json_string_value(json_object_get(r.certificate, "schema"));
    if (schema && strcmp(schema, CLI_CERTIFICATE_SCHEMA) != 0)
        wrong = damaged(&r, "schema", "isn't " CLI_CERTIFICATE_SCHEMA);
    if (!wrong)
        wrong = look_at_shape(&r, "", r.certificate);
    if (!wrong)
        wrong = look_at_seals(&r);
    if (!wrong)
        wrong = look_at_numbers(&r);
    if (!wrong)
        wrong = look_at_entries(&r);
    if (wrong) {
        json_decref(*certificate);
        *certificate = NULL;
    }
    return wrong;
}

/* ---- comparing ---------------------------------------------------------------------------- */

static void show(const json_t *value, char *text, size_t size) {
    char *whole = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    snprintf(text, size, "%.70s", whole ? whole : "nothing");
    free(whole);
}

int cli_certificate_same(const char *path, const json_t *stated, const json_t *found, char *where,
                         size_t size) {
    char below[300], one[80], other[80];
    const char *name;
    json_t *item;
    size_t k;
    if (json_equal(stated, found))
        return 1;
    if (json_is_object(stated) && json_is_object(found)) {
        json_object_foreach((json_t *)stated, name, item) {
            snprintf(below, sizeof below, "%.200s.%.80s", path, name);
            if (!cli_certificate_same(below, item, json_object_get(found, name), where, size))
                return 0;
        }
    } else if (json_is_array(stated) && json_is_array(found) &&
               json_array_size(stated) == json_array_size(found)) {
        json_array_foreach((json_t *)stated, k, item) {
            snprintf(below, sizeof below, "%.200s[%zu]", path, k);
            if (!cli_certificate_same(below, item, json_array_get(found, k), where, size))
                return 0;
        }
    }
    show(stated, one, sizeof one);
    show(found, other, sizeof other);
    snprintf(where, size, "%.200s: %s is certified, %s is found", path, one, other);
    return 0;
}

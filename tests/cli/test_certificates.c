/* Certificates: those of the program hold; 10,000 that were damaged or forged don't, each with a
 * line that says what is wrong with it and where. A forger has what we have: seals are made anew.
 */
#include <jansson.h>
#include <unistd.h>

#include "cli/certificate.h"
#include "testing.h"

static char folder[] = "/tmp/gradproof-certificates-XXXXXX";
static char path[64], table[64];

static uint64_t state = 1;
static size_t below(size_t limit) {
    state = 6364136223846793005u * state + 1442695040888963407u;
    return (size_t)(state >> 33) % limit;
}

/* ---- certificates ------------------------------------------------------------------------- */

#define RUN(command, ...)                                                                          \
    command(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__, NULL})

static char *read_file(const char *name) {
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 22);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 22) - 1, file), 1, (1 << 22) - 2);
    fclose(file);
    return text;
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

enum { CASES = 5 };

/* A certificate as text; new. */
static char *certificate(int which) {
    int code = 0;
    switch (which) {
    case 0:
        code = RUN(cli_prove, "prove", "notebook:corrected", "--certificate", path, "--quiet");
        break;
    case 1:
        code = RUN(cli_prove, "prove", "notebook:given", "--certificate", path, "--quiet") - 1;
        break;
    case 2:
        code = RUN(cli_prove, "prove", "network", "--data", table, "--label", "fraud", "--hidden",
                   "3", "--activation", "gelu", "--batch", "8", "--l2", "0.01", "--dtype",
                   "float32", "--certificate", path, "--quiet");
        break;
    case 3:
        code = RUN(cli_check, "check", "notebook:given", "--certificate", path, "--quiet",
                   "--no-descent") -
               1;
        break;
    default:
        code = RUN(cli_prove, "prove", "notebook:1d", "--rtol", "1e-9", "--certificate", path,
                   "--quiet");
    }
    assert_int_equal(code, 0);
    return read_file(path);
}

/* Verifies a text; *said: what it said, to be freed. */
static int verify(const char *text, char **said) {
    FILE *before = stderr;
    size_t size;
    write_file(path, text);
    stderr = open_memstream(said, &size);
    assert_non_null(stderr);
    int code = RUN(cli_verify, "verify", path, "--quiet");
    fclose(stderr);
    stderr = before;
    return code;
}

static json_t *parsed(const char *text) {
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    return json;
}

/* Refused, with one line that has `word`. */
static void assert_refused(const char *text, const char *word) {
    char *said = NULL;
    int code = verify(text, &said);
    if (code != CERTIFICATE_FAILS && code != CERTIFICATE_DAMAGED) {
        fprintf(stderr, "%s", said);
        fail_msg("exit code %d is no refusal", code);
    }
    if (!strstr(said, word) ||
        !strstr(said, code == CERTIFICATE_FAILS ? ": doesn't hold: " : ": damaged: "))
        fail_msg("\"%s\" doesn't name %s", said, word);
    free(said);
}

static void certificates_hold(void **unused) {
    (void)unused;
    for (int which = 0; which < CASES; which++) {
        char *text = certificate(which), *said = NULL;
        int code = verify(text, &said);
        if (code != CERTIFICATE_HOLDS)
            fail_msg("%d: %s", which, said);
        free(said);
        free(text);
    }
}

/* ---- damage --------------------------------------------------------------------------------- */

/* The first two names of where two values differ, "made.version": what a refusal must name. */
static void where_they_differ(const json_t *a, const json_t *b, char *name, size_t size) {
    static const char *const NESTED[] = {"made", "numbers", "result", "function"};
    const char *key, *inner;
    json_t *value, *member;
    snprintf(name, size, "?");
    json_object_foreach((json_t *)a, key, value) {
        const json_t *other = json_object_get(b, key);
        if (json_equal(value, other))
            continue;
        snprintf(name, size, "%s", key);
        for (size_t k = 0; k < sizeof NESTED / sizeof *NESTED && other; k++)
            if (strcmp(NESTED[k], key) == 0)
                json_object_foreach(value, inner,
                                    member) if (!json_equal(member, json_object_get(other, inner)))
                    snprintf(name, size, "%s.%s", key, inner);
    }
}

static void changed_characters_are_refused(void **unused) {
    static const char SIGNS[] = "0123456789abcdefxp+-ABCZ/=\"{}[],:";
    enum { TIMES = 1360 };
    (void)unused;
    for (int which = 0; which < CASES; which++) {
        char *text = certificate(which), name[128];
        json_t *whole = parsed(text);
        size_t length = strlen(text);
        assert_non_null(whole);
        for (size_t k = 0; k < TIMES; k++) {
            size_t at = below(length);
            char before = text[at], now = SIGNS[below(sizeof SIGNS - 1)];
            if (before <= ' ' || now == before) {
                k--;
                continue;
            }
            text[at] = now;
            json_t *damaged = parsed(text);
            if (damaged)
                where_they_differ(whole, damaged, name, sizeof name);
            else
                snprintf(name, sizeof name, "line ");
            assert_refused(text, name);
            json_decref(damaged);
            text[at] = before;
        }
        json_decref(whole);
        free(text);
    }
}

/* A field of the certificate, at random: its holder, its name (of objects) or index, and a word
 * that a refusal must have. */
static json_t *some_holder(json_t *whole, const char **key, size_t *index, char *name,
                           size_t size) {
    json_t *holder = whole, *value;
    const char *at;
    int depth = 0;
    name[0] = '\0';
    for (;;) {
        *key = NULL;
        if (json_is_object(holder)) {
            size_t chosen = below(json_object_size(holder)), k = 0;
            json_object_foreach(holder, at, value) {
                if (k++ == chosen) {
                    *key = at;
                    break;
                }
            }
        } else {
            *index = below(json_array_size(holder));
        }
        json_t *below_it = *key ? json_object_get(holder, *key) : json_array_get(holder, *index);
        if (depth < 2 && *key)
            snprintf(name + strlen(name), size - strlen(name), "%s%s", depth ? "." : "", *key);
        depth = *key ? depth + 1 : 2;
        int deeper = (json_is_object(below_it) && json_object_size(below_it) > 0) ||
                     (json_is_array(below_it) && json_array_size(below_it) > 0);
        if (!deeper || below(4) == 0)
            return holder;
        holder = below_it;
    }
}

/* What takes the place of a value: of another type. */
static json_t *other_type(const json_t *value) {
    switch (below(3)) {
    case 0:
        return json_is_object(value) ? json_array() : json_object();
    case 1:
        return json_is_string(value) ? json_integer(7) : json_string("7");
    default:
        return json_is_integer(value) ? json_real((double)json_integer_value(value)) : json_true();
    }
}

/* Removed, or of another type; without and with new seals. */
static void changed_fields_are_refused(void **unused) {
    enum { TIMES = 300 };
    (void)unused;
    for (int which = 0; which < CASES; which++) {
        char *text = certificate(which), name[256];
        for (size_t k = 0; k < TIMES; k++) {
            json_t *whole = parsed(text);
            const char *key = NULL;
            size_t index = 0;
            json_t *holder = some_holder(whole, &key, &index, name, sizeof name);
            char *dot = strchr(name, '.');
            if (dot && (strncmp(name, "seals.", 6) == 0 || strncmp(name, "files", 5) == 0))
                *dot = '\0';
            json_t *value = key ? json_object_get(holder, key) : json_array_get(holder, index);
            if (below(2) == 0)
                (void)(key ? json_object_del(holder, key) : json_array_remove(holder, index));
            else if (key)
                (void)json_object_set_new(holder, key, other_type(value));
            else
                (void)json_array_set_new(holder, index, other_type(value));
            char *damaged = json_dumps(whole, JSON_INDENT(1));
            assert_non_null(damaged);
            assert_refused(damaged, strncmp(name, "seal", 4) == 0 ? "seal" : name);
            free(damaged);
            json_decref(whole);
        }
        free(text);
    }
}

static void doubled_fields_are_refused(void **unused) {
    enum { TIMES = 100 };
    (void)unused;
    for (int which = 0; which < CASES; which++) {
        char *text = certificate(which);
        size_t length = strlen(text);
        for (size_t k = 0; k < TIMES; k++) {
            /* before a name: the name once more */
            char *at = strstr(text + below(length / 2), "\": ");
            assert_non_null(at);
            char *begin = at - 1;
            while (*begin != '"')
                begin--;
            size_t size = length + 64, name = (size_t)(at - begin) + 1;
            char *doubled = malloc(size);
            assert_non_null(doubled);
            snprintf(doubled, size, "%.*s%.*s: 0, %s", (int)(begin - text), text, (int)name, begin,
                     begin);
            assert_refused(doubled, "duplicate");
            free(doubled);
        }
        free(text);
    }
}

/* ---- forgery -------------------------------------------------------------------------------- */

/* Another digit at random in a text of hexadecimal numbers: the last one of a number before its
 * exponent, which is the least that can be changed. */
static char *other_digit(const char *text) {
    char *other = strdup(text);
    assert_non_null(other);
    size_t digits = 0;
    for (size_t k = 0; other[k]; k++)
        digits += strchr("0123456789abcdef", other[k]) != NULL;
    size_t chosen = below(digits);
    for (size_t k = 0; other[k]; k++)
        if (strchr("0123456789abcdef", other[k]) && chosen-- == 0)
            other[k] = other[k] == '0' ? '1' : other[k] == '1' ? '2' : other[k] == 'f' ? 'e' : '0';
    return other;
}

static json_t *at(json_t *whole, const char *where) {
    return (json_t *)cli_certificate_at(whole, where);
}

/* The list's root, as a forger makes it anew. */
static void grow_again(json_t *list) {
    char root[CLI_DIGEST_TEXT];
    cli_tree tree;
    json_t *entries = json_object_get(list, "entries");
    assert_int_equal(cli_tree_open(&tree, json_array_size(entries)), GP_OK);
    for (size_t k = 0; k < json_array_size(entries); k++)
        cli_tree_set(&tree, k, json_string_value(json_array_get(entries, k)));
    cli_tree_grow(&tree);
    cli_tree_root(&tree, root);
    cli_tree_clear(&tree);
    json_object_set_new(list, "merkle", json_string(root));
    json_object_set_new(list, "widest", json_array());
}

/* A digit of an entry: of g, its interval or its estimate. */
static const char *forge_entry(json_t *whole, int with_root) {
    json_t *entries = at(whole, "result.list.entries");
    size_t k = below(json_array_size(entries));
    char *other = other_digit(json_string_value(json_array_get(entries, k)));
    json_array_set_new(entries, k, json_string(other));
    free(other);
    if (with_root)
        grow_again(at(whole, "result.list"));
    return "result.list";
}

static const char *forge_digest(json_t *whole) {
    static const char *const WHERE[] = {"numbers.parameters", "numbers.gradient", "numbers.data",
                                        "numbers.labels", "result.list"};
    size_t k = below(5);
    json_t *holder = at(whole, WHERE[k]);
    const char *key = k == 4 ? "merkle" : "sha256";
    if (!json_is_object(holder))
        return forge_entry(whole, 1);
    char *other = other_digit(json_string_value(json_object_get(holder, key)));
    json_object_set_new(holder, key, json_string(other));
    free(other);
    return WHERE[k];
}

/* The last bits of a number of the gradient or of the data, with its digest; the gradient of the
 * list of entries stays. */
static const char *forge_numbers(json_t *whole) {
    static const char *const NAMES[] = {"gradient", "data", "labels"};
    const char *name = NAMES[below(3)];
    char where[64];
    size_t count;
    double *numbers = cli_certificate_embedded(whole, name, &count);
    if (!numbers || count == 0) {
        free(numbers);
        return forge_digest(whole);
    }
    size_t k = below(count);
    numbers[k] = numbers[k] == 0   ? 0.5
                 : numbers[k] == 1 ? 0.25
                                   : (double)(float)(numbers[k] * (1 + 0x1p-20));
    snprintf(where, sizeof where, "numbers.%s", name);
    json_object_set_new(at(whole, "numbers"), name, cli_certificate_numbers(numbers, count, 1));
    free(numbers);
    return "result.";
}

/* A number of the report: a verdict that is better than it is, a smaller error. */
static const char *forge_report(json_t *whole) {
    json_t *blocks = at(whole, "result.report.blocks");
    json_t *block = json_array_get(blocks, below(json_array_size(blocks)));
    const char *key;
    json_t *value;
    size_t chosen = below(json_object_size(block)), k = 0;
    json_object_foreach(block, key, value) {
        if (k++ != chosen)
            continue;
        const char *text = json_string_value(value);
        char *other = text && strstr(text, "0x") ? other_digit(text) : strdup("verified");
        int same = text && strcmp(text, other) == 0;
        json_object_set_new(block, key, json_string(same ? "refuted" : other));
        free(other);
        break;
    }
    return "result.report";
}

static void forgeries_are_refused(void **unused) {
    enum { TIMES = 310 };
    (void)unused;
    for (int which = 0; which < CASES; which++) {
        char *text = certificate(which);
        for (size_t k = 0; k < (which == 3 ? TIMES / 5 : TIMES); k++) {
            json_t *whole = parsed(text);
            const char *word = k % 5 == 0   ? forge_entry(whole, 0)
                               : k % 5 == 1 ? forge_entry(whole, 1)
                               : k % 5 == 2 ? forge_digest(whole)
                               : k % 5 == 3 ? forge_numbers(whole)
                                            : forge_report(whole);
            json_object_del(whole, "seals");
            json_object_del(whole, "seal");
            char *forged = cli_certificate_seal(whole);
            assert_non_null(forged);
            assert_refused(forged, word);
            free(forged);
        }
        free(text);
    }
}

/* A certificate of other weights than the model's. */
static void the_certificate_of_another_model_is_refused(void **unused) {
    char file[80], other[80], *said = NULL;
    gp_model *model = NULL, *another = NULL;
    gp_error error;
    (void)unused;
    snprintf(file, sizeof file, "%s/a.safetensors", folder);
    snprintf(other, sizeof other, "%s/b.safetensors", folder);
    assert_int_equal(RUN(cli_train, "train", table, "--label", "fraud", "--hidden", "3", "--epochs",
                         "1", "--check", "prove", "--out", file, "--quiet"),
                     0);
    assert_int_equal(RUN(cli_train, "train", table, "--label", "fraud", "--hidden", "3", "--epochs",
                         "1", "--check", "prove", "--seed", "1", "--out", other, "--quiet"),
                     0);
    assert_int_equal(RUN(cli_verify, "verify", file, "--quiet"), CERTIFICATE_HOLDS);
    assert_int_equal(gp_model_read(file, &model, &error), GP_OK);
    assert_int_equal(gp_model_read(other, &another, &error), GP_OK);
    assert_int_equal(gp_model_set_certificate(model, gp_model_certificate(another)), GP_OK);
    assert_int_equal(gp_model_write(model, file, &error), GP_OK);
    FILE *before = stderr;
    size_t size;
    stderr = open_memstream(&said, &size);
    assert_int_equal(RUN(cli_verify, "verify", file, "--quiet"), CERTIFICATE_FAILS);
    fclose(stderr);
    stderr = before;
    assert_non_null(strstr(said, "numbers.parameters: aren't the weights of the model"));
    free(said);
    gp_model_destroy(model);
    gp_model_destroy(another);
    (void)remove(file);
    (void)remove(other);
}

static int set_up(void **unused) {
    (void)unused;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/it.json", folder);
    snprintf(table, sizeof table, "%s/payments.csv", folder);
    return RUN(cli_generate, "generate", "--rows", "2000", "--out", table);
}

static int clean_up(void **unused) {
    (void)unused;
    (void)remove(path);
    (void)remove(table);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_hold),
        cmocka_unit_test(changed_characters_are_refused),
        cmocka_unit_test(changed_fields_are_refused),
        cmocka_unit_test(doubled_fields_are_refused),
        cmocka_unit_test(forgeries_are_refused),
        cmocka_unit_test(the_certificate_of_another_model_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}

/* See stream.h. */
#include "report/stream.h"

#include <string.h>
#include <sys/types.h>

#include "system/plain.h"
#include "system/text.h"

const gp_escape GP_HTML_ESCAPES[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                                     {'"', "&quot;"}, {'\'', "&#39;"}, {0, NULL}};
const gp_escape GP_SCRIPT_ESCAPES[] = {{'"', "\\\""},    {'\\', "\\\\"},   {'<', "\\u003c"},
                                       {'>', "\\u003e"}, {'&', "\\u0026"}, {0, NULL}};
/* Entities throughout: what Markdown makes of a backslash depends on where it stands. A number sign
 * and an at sign would refer to issues and people, a colon end what begins a link. */
const gp_escape GP_MARKDOWN_ESCAPES[] = {
    {'&', "&amp;"},  {'<', "&lt;"},  {'>', "&gt;"},  {'|', "&#124;"}, {'`', "&#96;"},
    {'*', "&#42;"},  {'_', "&#95;"}, {'[', "&#91;"}, {']', "&#93;"},  {'\\', "&#92;"},
    {'~', "&#126;"}, {'$', "&#36;"}, {'#', "&#35;"}, {'@', "&#64;"},  {'!', "&#33;"},
    {':', "&#58;"},  {0, NULL}};

static ssize_t pass_on(void *stream, const char *text, size_t size) {
    size_t written = fwrite(text, 1, size, stream);
    return written == size ? (ssize_t)size : 0;
}

/* By way of a stream that remembers a failed write: one of open_memstream's, out of memory,
 * doesn't. */
gp_status gp_print_plain(const gp_report *r, FILE *stream, gp_print print, void *context) {
    if (!r || !stream)
        return GP_ERROR_ARGUMENT;
    FILE *own = fopencookie(stream, "w", (cookie_io_functions_t){.write = pass_on});
    if (!own)
        return GP_ERROR_MEMORY;
    gp_plain plain = gp_plain_begin();
    gp_status status = print(r, own, context);
    gp_plain_end(plain);
    int failed = ferror(own);
    failed |= fclose(own) != 0 || ferror(stream);
    return status == GP_OK && failed ? GP_ERROR_OUTPUT : status;
}

static void put(FILE *stream, const gp_escape *escapes, char c) {
    while (escapes->from && escapes->from != c)
        escapes++;
    if (escapes->from)
        fputs(escapes->to, stream);
    else
        fputc(c, stream);
}

/* U+FFFE and U+FFFF, which XML has no place for. */
static int is_no_character(const char *text) {
    return memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0;
}

void gp_write_escaped(FILE *stream, const gp_escape *escapes, const char *text) {
    while (*text) {
        size_t bytes = gp_printable_bytes(text);
        char shown[8] = "";
        if (bytes == 3 && is_no_character(text))
            bytes = 0;
        if (bytes > 1) {
            (void)fwrite(text, 1, bytes, stream);
        } else if (bytes == 1) {
            put(stream, escapes, *text);
        } else {
            snprintf(shown, sizeof shown, "\\x%02x", (unsigned char)*text);
            for (const char *c = shown; *c; c++)
                put(stream, escapes, *c);
        }
        text += bytes ? bytes : 1;
    }
}

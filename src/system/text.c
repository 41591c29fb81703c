/* See text.h. */
#include "system/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE = 4 /* bytes of \xNN */ };

size_t gp_printable_bytes(const char *at) {
    const unsigned char *text = (const unsigned char *)at;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000}; /* code point of so many bytes */
    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7F;
    size_t bytes = text[0] >= 0xF8   ? 0
                   : text[0] >= 0xF0 ? 4
                   : text[0] >= 0xE0 ? 3
                   : text[0] >= 0xC0 ? 2
                                     : 0;
    uint32_t point = bytes ? text[0] & (0xFFu >> (bytes + 1)) : 0;
    for (size_t k = 1; k < bytes; k++) {
        if ((text[k] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (text[k] & 0x3Fu);
    }
    int surrogate = point >= 0xD800 && point <= 0xDFFF;
    /* U+0080 to U+009F are control characters: U+009B begins an escape sequence. */
    return point < 0xA0 || point < LEAST[bytes] || point > 0x10FFFF || surrogate ? 0 : bytes;
}

void gp_printable(const char *text, char *to, size_t size) {
    size_t used = 0;
    while (*text) {
        size_t bytes = gp_printable_bytes(text);
        size_t needed = bytes ? bytes : ESCAPE;
        if (used + needed >= size)
            break;
        if (bytes)
            memcpy(to + used, text, bytes);
        else
            snprintf(to + used, ESCAPE + 1, "\\x%02x", (unsigned char)*text);
        used += needed;
        text += bytes ? bytes : 1;
    }
    to[used] = '\0';
}

int gp_printable_is(const char *printable, const char *text) {
    char shown[ESCAPE + 1];
    while (*text) {
        size_t bytes = gp_printable_bytes(text);
        const char *piece = bytes ? text : shown;
        size_t length = bytes ? bytes : ESCAPE;
        if (!bytes)
            snprintf(shown, sizeof shown, "\\x%02x", (unsigned char)*text);
        if (strncmp(printable, piece, length) != 0)
            return 0;
        printable += length;
        text += bytes ? bytes : 1;
    }
    return *printable == '\0';
}

char *gp_printable_copy(const char *text) {
    size_t size = 1;
    for (const char *at = text; *at;) {
        size_t bytes = gp_printable_bytes(at);
        size += bytes ? bytes : ESCAPE;
        at += bytes ? bytes : 1;
    }
    char *copy = malloc(size);
    if (copy)
        gp_printable(text, copy, size);
    return copy;
}

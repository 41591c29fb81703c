/* Text from elsewhere (names of blocks and columns, paths, messages) as it may be shown: printable
 * UTF-8 on one line. A terminal acts on control characters, and JSON has no place for what isn't
 * UTF-8. */
#ifndef GP_TEXT_H
#define GP_TEXT_H

#include <stddef.h>

/* Bytes of the printable character at `text`, 0 for a control character or what isn't UTF-8. */
size_t gp_printable_bytes(const char *text);

/* to (size bytes, always ended) := text, where each byte of a control character (C0, DEL, C1) and
 * each byte that isn't UTF-8 is written as \xNN. Cut off before what doesn't fit. Text that is
 * printable comes out as it is, so that doing it twice changes nothing. */
void gp_printable(const char *text, char *to, size_t size);

/* Is that what gp_printable makes of text? */
int gp_printable_is(const char *printable, const char *text);

/* The same as a new string; NULL: out of memory. */
char *gp_printable_copy(const char *text);

/* "entry" or "entries", as the count demands. */
static inline const char *gp_plural(size_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

#endif

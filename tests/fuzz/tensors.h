/* Files of tensors for fuzz targets: an input is the header as text, a newline, and the numbers.
 * The length before the header is filled in, so that a mutated header keeps its place; an input
 * that begins with '=' is, without it, the file as it stands. */
#ifndef GP_FUZZ_TENSORS_H
#define GP_FUZZ_TENSORS_H

#include "fuzz/fuzz.h"

/* Writes the file; its path. In the header, sixteen # in a row become `print`, if there is one. */
static inline const char *fuzz_tensors_file(const uint8_t *data, size_t size, const char *print) {
    if (size > 0 && *data == '=')
        return fuzz_file(data + 1, size - 1);
    const uint8_t *end = memchr(data, '\n', size);
    uint64_t length = end ? (uint64_t)(end - data) : size;
    size_t rest = end ? size - length - 1 : 0;
    uint8_t *bytes = malloc(8 + size);
    REQUIRE(bytes != NULL);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, data, length);
    memcpy(bytes + 8 + length, data + size - rest, rest);
    uint8_t *place = print ? memmem(bytes + 8, length, "################", 16) : NULL;
    if (place)
        memcpy(place, print, strlen(print));
    const char *path = fuzz_file(bytes, 8 + length + rest);
    free(bytes);
    return path;
}

#endif

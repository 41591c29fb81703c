/* What the fuzz targets share. A target is one C file that defines LLVMFuzzerTestOneInput:
 * libFuzzer calls it in a build of the preset "fuzz", replay.c in all others. What must hold for
 * any input is required there; the sanitizers see to the rest. Targets must be quick, and neither
 * start threads nor processes. */
#ifndef GP_FUZZ_H
#define GP_FUZZ_H

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gradproof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops with a message that names the line. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)dprintf(2, "%s:%d: %s doesn't hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static char fuzz_folder[64];

static void fuzz_clean_up(void) {
    static const char *const names[] = {"a", "b"};
    char path[96];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        snprintf(path, sizeof path, "%s/%s", fuzz_folder, names[k]);
        (void)unlink(path);
    }
    (void)rmdir(fuzz_folder);
}

/* The path of file "a" or "b" in a folder that goes at exit. */
static inline const char *fuzz_path(const char *name) {
    static char path[2][96];
    if (!fuzz_folder[0]) {
        snprintf(fuzz_folder, sizeof fuzz_folder, "/tmp/gradproof-fuzz-XXXXXX");
        REQUIRE(mkdtemp(fuzz_folder) != NULL);
        (void)atexit(fuzz_clean_up);
    }
    char *to = path[*name == 'b'];
    snprintf(to, sizeof path[0], "%s/%s", fuzz_folder, name);
    return to;
}

/* File "a" with these bytes: its path. */
static inline const char *fuzz_file(const void *data, size_t size) {
    const char *path = fuzz_path("a");
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
    return path;
}

/* A message for people: one line, and something in it. */
static inline int fuzz_is_line(const char *text) {
    size_t length = strlen(text);
    for (size_t k = 0; k < length; k++)
        if (iscntrl((unsigned char)text[k]))
            return 0;
    return length > 0;
}

/* Takes the text up to the next newline off the input; the caller's to free. NULL: there is none
 * left. */
static inline char *fuzz_next_line(const uint8_t **data, size_t *size) {
    if (*size == 0)
        return NULL;
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    char *text = malloc(length + 1);
    REQUIRE(text != NULL);
    memcpy(text, *data, length);
    text[length] = '\0'; /* what follows a zero byte is lost */
    *size -= length + (end != NULL);
    *data += length + (end != NULL);
    return text;
}

#endif

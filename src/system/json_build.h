/* Building and writing JSON with Jansson where memory may run out. A value that couldn't be made is
 * NULL, and so is all that it should have been a part of: json_pack sees to that by itself, lists
 * and objects that grow do so here. Who builds asks once, for the text at the end. */
#ifndef GP_JSON_BUILD_H
#define GP_JSON_BUILD_H

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Both take the value over; the list or object becomes NULL where it can't be complete. */
static inline void gp_json_add(json_t **list, json_t *value) {
    if (json_array_append_new(*list, value) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

static inline void gp_json_put(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) != 0) {
        json_decref(*object);
        *object = NULL;
    }
}

/* JSON has no NaN: what there is no number for is null. */
static inline json_t *gp_json_number(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

typedef struct gp_json_text {
    char *text;
    size_t length, room;
    int failed;
} gp_json_text;

static inline int gp_json_collect(const char *bytes, size_t count, void *context) {
    gp_json_text *t = context;
    if (t->length + count >= t->room && !t->failed) {
        size_t room = 2 * (t->length + count) + 256;
        char *more = realloc(t->text, room);
        t->failed = !more;
        if (more) {
            t->text = more;
            t->room = room;
        }
    }
    if (t->failed)
        return -1;
    memcpy(t->text + t->length, bytes, count);
    t->length += count;
    t->text[t->length] = '\0';
    return 0;
}

/* The value as text, a new string; NULL without memory, or without a value. Jansson's own
 * json_dumps would leave out a key for which there is no room and say nothing. */
static inline char *gp_json_write(const json_t *value, size_t flags) {
    gp_json_text t = {0};
    if (value && json_dump_callback(value, gp_json_collect, &t, flags) == 0 && !t.failed)
        return t.text;
    free(t.text);
    return NULL;
}

#endif

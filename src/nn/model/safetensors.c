/* See safetensors.h; github.com/huggingface/safetensors describes the format. Numbers are
 * little-endian, as this machine's are. */
#include "nn/model/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "system/output.h"

#include "system/input.h"
#include "system/json_build.h"
#include "system/json_text.h"

static const size_t LONGEST_HEADER = 100000000;

void gp_tensors_clear(gp_tensors *t) {
    for (size_t k = 0; k < t->tensors; k++) {
        free(t->tensor[k].name);
        free(t->tensor[k].values);
    }
    for (size_t k = 0; k < t->texts; k++) {
        free(t->text[k].key);
        free(t->text[k].value);
    }
    free(t->tensor);
    free(t->text);
    *t = (gp_tensors){0};
}

const gp_tensor *gp_tensors_find(const gp_tensors *t, const char *name) {
    for (size_t k = 0; k < t->tensors; k++)
        if (strcmp(t->tensor[k].name, name) == 0)
            return &t->tensor[k];
    return NULL;
}

const char *gp_tensors_text(const gp_tensors *t, const char *key) {
    for (size_t k = 0; k < t->texts; k++)
        if (strcmp(t->text[k].key, key) == 0)
            return t->text[k].value;
    return NULL;
}

static gp_tensor *new_tensor(gp_tensors *t, const char *name) {
    gp_tensor *list = realloc(t->tensor, (t->tensors + 1) * sizeof *list);
    if (!list)
        return NULL;
    t->tensor = list;
    gp_tensor *tensor = &list[t->tensors];
    *tensor = (gp_tensor){.name = gp_copy_string(name)};
    if (!tensor->name)
        return NULL;
    t->tensors++;
    return tensor;
}

gp_status gp_tensors_add(gp_tensors *t, const char *name, gp_dtype dtype, size_t dimensions,
                         const size_t *shape, const double *values) {
    gp_tensor *tensor = new_tensor(t, name);
    if (!tensor)
        return GP_ERROR_MEMORY;
    tensor->dtype = dtype;
    tensor->dimensions = dimensions;
    tensor->entries = 1;
    for (size_t k = 0; k < dimensions; k++) {
        tensor->shape[k] = shape[k];
        tensor->entries *= shape[k];
    }
    tensor->values = malloc((tensor->entries + 1) * sizeof *values);
    if (!tensor->values)
        return GP_ERROR_MEMORY;
    for (size_t i = 0; i < tensor->entries; i++) /* as the file will have them */
        tensor->values[i] = dtype == GP_FLOAT64 ? values[i] : (double)(float)values[i];
    return GP_OK;
}

gp_status gp_tensors_add_text(gp_tensors *t, const char *key, const char *value) {
    gp_text *list = realloc(t->text, (t->texts + 1) * sizeof *list);
    if (!list)
        return GP_ERROR_MEMORY;
    t->text = list;
    list[t->texts] = (gp_text){gp_copy_string(key), gp_copy_string(value)};
    t->texts++;
    return list[t->texts - 1].key && list[t->texts - 1].value ? GP_OK : GP_ERROR_MEMORY;
}

/* ---- reading --------------------------------------------------------------------- */

/* Where a tensor's numbers are, for the order in the file. */
typedef struct gp_place {
    size_t begin, end, tensor;
} gp_place;

typedef struct gp_reading {
    const char *path;
    gp_error *error;
    gp_tensors *tensors;
    gp_place *place; /* one a tensor */
    size_t data;     /* bytes behind the header */
} gp_reading;

/* "model.safetensors: tensor W1: what" */
static gp_status refuse(const gp_reading *r, const char *name, const char *what) {
    return name ? gp_fail(r->error, GP_ERROR_INPUT, "%.200s: tensor %.80s: %s", r->path, name, what)
                : gp_fail(r->error, GP_ERROR_INPUT, "%.200s: %s", r->path, what);
}

static int is_size(const json_t *number) {
    return json_is_integer(number) && json_integer_value(number) >= 0;
}

static gp_status read_entry(gp_reading *r, const char *name, json_t *entry) {
    const json_t *dtype = json_object_get(entry, "dtype"), *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_string(dtype) || !json_is_array(shape) || !json_is_array(offsets) ||
        json_object_size(entry) != 3)
        return refuse(r, name, "needs a dtype, a shape and data_offsets, and nothing else");
    int wide = strcmp(json_string_value(dtype), "F64") == 0;
    if (!wide && strcmp(json_string_value(dtype), "F32") != 0)
        return refuse(r, name, "its dtype isn't F32 or F64");
    if (json_array_size(shape) > GP_MAX_DIMENSIONS)
        return refuse(r, name, "has too many dimensions");
    gp_tensor *t = new_tensor(r->tensors, name);
    gp_place *place = realloc(r->place, r->tensors->tensors * sizeof *place);
    if (place)
        r->place = place;
    if (!t || !place)
        return gp_fail(r->error, GP_ERROR_MEMORY, "%.200s: out of memory", r->path);
    t->dtype = wide ? GP_FLOAT64 : GP_FLOAT32;
    t->dimensions = json_array_size(shape);
    t->entries = 1;
    for (size_t k = 0; k < t->dimensions; k++) {
        const json_t *extent = json_array_get(shape, k);
        if (!is_size(extent) || json_integer_value(extent) == 0)
            return refuse(r, name, "its shape isn't one of positive whole numbers");
        t->shape[k] = (size_t)json_integer_value(extent);
        if (t->shape[k] > r->data / t->entries)
            return refuse(r, name, "is larger than the file");
        t->entries *= t->shape[k];
    }
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !is_size(first) || !is_size(last))
        return refuse(r, name, "its data_offsets aren't two whole numbers");
    gp_place *p = &r->place[r->tensors->tensors - 1];
    *p = (gp_place){(size_t)json_integer_value(first), (size_t)json_integer_value(last),
                    r->tensors->tensors - 1};
    if (p->begin > p->end || p->end > r->data)
        return refuse(r, name, "lies outside of the file");
    if (p->end - p->begin != t->entries * gp_dtype_size(t->dtype))
        return refuse(r, name, "takes another number of bytes than its shape says");
    return GP_OK;
}

static gp_status read_metadata(gp_reading *r, json_t *metadata) {
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return refuse(r, NULL, "its __metadata__ isn't an object");
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value))
            return refuse(r, NULL, "its __metadata__ holds more than texts");
        if (gp_tensors_add_text(r->tensors, key, json_string_value(value)) != GP_OK)
            return gp_fail(r->error, GP_ERROR_MEMORY, "%.200s: out of memory", r->path);
    }
    return GP_OK;
}

static gp_status read_header(gp_reading *r, const char *text, size_t length) {
    json_t *header;
    if (text[0] != '{')
        return refuse(r, NULL, "its header doesn't begin with {: not a safetensors file");
    if (gp_json_read(text, length, &header) == GP_ERROR_MEMORY)
        return gp_fail(r->error, GP_ERROR_MEMORY, "%.200s: out of memory", r->path);
    if (!json_is_object(header)) {
        json_decref(header);
        return refuse(r, NULL, "its header isn't JSON: not a safetensors file");
    }
    const char *key;
    json_t *value;
    gp_status status = GP_OK;
    json_object_foreach(header, key, value) {
        if (status != GP_OK)
            break;
        if (strcmp(key, "__metadata__") == 0)
            status = read_metadata(r, value);
        else
            status = json_is_object(value) ? read_entry(r, key, value)
                                           : refuse(r, key, "isn't described by an object");
    }
    json_decref(header);
    return status;
}

static int by_place(const void *a, const void *b) {
    const gp_place *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return (p->end > q->end) - (p->end < q->end);
}

/* One behind the other, without a gap: what the format asks for. */
static gp_status check_places(gp_reading *r) {
    size_t at = 0;
    if (r->place)
        qsort(r->place, r->tensors->tensors, sizeof *r->place, by_place);
    for (size_t k = 0; k < r->tensors->tensors; k++) {
        if (r->place[k].begin != at)
            return refuse(r, r->tensors->tensor[r->place[k].tensor].name,
                          r->place[k].begin < at ? "overlaps another" : "leaves a gap before it");
        at = r->place[k].end;
    }
    return at == r->data ? GP_OK : refuse(r, NULL, "has bytes that belong to no tensor");
}

static gp_status read_numbers(gp_reading *r, const unsigned char *data) {
    for (size_t k = 0; k < r->tensors->tensors; k++) {
        gp_tensor *t = &r->tensors->tensor[r->place[k].tensor];
        const unsigned char *from = data + r->place[k].begin;
        t->values = malloc(t->entries * sizeof *t->values);
        if (!t->values)
            return gp_fail(r->error, GP_ERROR_MEMORY, "%.200s: out of memory", r->path);
        for (size_t i = 0; i < t->entries; i++)
            if (t->dtype == GP_FLOAT64) {
                memcpy(&t->values[i], from + 8 * i, 8);
            } else {
                float narrow;
                memcpy(&narrow, from + 4 * i, 4);
                t->values[i] = narrow;
            }
    }
    return GP_OK;
}

static gp_status read_bytes(gp_reading *r, const unsigned char *bytes, size_t size) {
    uint64_t length;
    if (size < 8)
        return refuse(r, NULL, "is too short for a safetensors file");
    memcpy(&length, bytes, 8);
    if (length < 2 || length > LONGEST_HEADER || length > size - 8)
        return refuse(r, NULL,
                      "its header's length doesn't fit: not a safetensors file, or cut off");
    r->data = size - 8 - (size_t)length;
    gp_status status = read_header(r, (const char *)bytes + 8, (size_t)length);
    if (status == GP_OK)
        status = check_places(r);
    return status == GP_OK ? read_numbers(r, bytes + 8 + length) : status;
}

/* Does it begin as no such file does? A device may have no end. */
static int is_another(const unsigned char *bytes, size_t size) {
    uint64_t length = 2;
    if (size >= 8)
        memcpy(&length, bytes, 8);
    return length < 2 || length > LONGEST_HEADER || (size > 8 && bytes[8] != '{');
}

/* All bytes of a file, which may be a pipe, as far as it is of the format: a new array. */
static gp_status read_file(const gp_reading *r, FILE *file, unsigned char **bytes, size_t *size) {
    struct stat is = {0};
    size_t room = 1 << 16;
    (void)fstat(fileno(file), &is);
    if (S_ISDIR(is.st_mode))
        return refuse(r, NULL, "is a directory: not a safetensors file");
    if (S_ISREG(is.st_mode) && (uintmax_t)is.st_size < SIZE_MAX)
        room = (size_t)is.st_size + 1; /* one more: the end is seen at once */
    *size = 0;
    for (;;) {
        unsigned char *more = gp_input_fits(room) ? realloc(*bytes, room) : NULL;
        if (!more)
            return gp_fail(r->error, GP_ERROR_MEMORY, "%.200s: out of memory", r->path);
        *bytes = more;
        errno = 0;
        *size += fread(more + *size, 1, room - *size, file);
        if (ferror(file))
            return refuse(r, NULL, errno ? strerror(errno) : "can't be read");
        if (*size < room || is_another(*bytes, *size)) /* the latter is told by who reads it */
            return GP_OK;
        room = room < SIZE_MAX / 2 ? 2 * room : SIZE_MAX;
    }
}

gp_status gp_tensors_read(const char *path, gp_tensors *tensors, gp_error *error) {
    gp_reading r = {.path = path, .error = error, .tensors = tensors};
    *tensors = (gp_tensors){0};
    FILE *file;
    gp_status status = gp_input_open(path, &file, error);
    if (status != GP_OK)
        return status;
    unsigned char *bytes = NULL;
    size_t size = 0;
    status = read_file(&r, file, &bytes, &size);
    fclose(file);
    if (status == GP_OK)
        status = read_bytes(&r, bytes, size);
    free(bytes);
    free(r.place);
    if (status != GP_OK)
        gp_tensors_clear(tensors);
    return status;
}

/* ---- writing --------------------------------------------------------------------- */

/* Under a new key: one that is there twice makes no header. */
static void add(json_t **object, const char *key, json_t *value) {
    int taken = json_object_get(*object, key) != NULL;
    gp_json_put(object, key, value);
    if (taken) {
        json_decref(*object);
        *object = NULL;
    }
}

/* NULL: out of memory, or a name isn't UTF-8 or there twice. */
static json_t *header_of(const gp_tensors *t) {
    json_t *header = json_object(), *metadata = json_object();
    size_t at = 0;
    for (size_t k = 0; k < t->texts; k++)
        add(&metadata, t->text[k].key, json_string(t->text[k].value));
    add(&header, "__metadata__", metadata);
    for (size_t k = 0; k < t->tensors; k++) {
        const gp_tensor *tensor = &t->tensor[k];
        json_t *shape = json_array();
        size_t end = at + tensor->entries * gp_dtype_size(tensor->dtype);
        for (size_t q = 0; q < tensor->dimensions; q++)
            gp_json_add(&shape, json_integer((json_int_t)tensor->shape[q]));
        add(&header, tensor->name,
            json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor->dtype == GP_FLOAT64 ? "F64" : "F32",
                      "shape", shape, "data_offsets", (json_int_t)at, (json_int_t)end));
        at = end;
    }
    return header;
}

static int write_all(FILE *file, const gp_tensors *t) {
    json_t *header = header_of(t);
    char *text = gp_json_write(header, JSON_COMPACT);
    json_decref(header);
    if (!text)
        return -1;
    uint64_t length = strlen(text), padded = (length + 7) / 8 * 8; /* numbers aligned */
    int failed = fwrite(&padded, 8, 1, file) != 1 || fwrite(text, 1, length, file) != length;
    for (; length < padded && !failed; length++)
        failed = fputc(' ', file) == EOF;
    free(text);
    for (size_t k = 0; k < t->tensors && !failed; k++)
        for (size_t i = 0; i < t->tensor[k].entries && !failed; i++) {
            float narrow = (float)t->tensor[k].values[i];
            failed = t->tensor[k].dtype == GP_FLOAT64
                         ? fwrite(&t->tensor[k].values[i], 8, 1, file) != 1
                         : fwrite(&narrow, 4, 1, file) != 1;
        }
    return failed ? -1 : 0;
}

gp_status gp_tensors_write(const char *path, const gp_tensors *t, gp_error *error) {
    gp_output output;
    gp_status status = gp_output_open(path, &output, error);
    if (status != GP_OK)
        return status;
    status = write_all(output.file, t) == 0
                 ? GP_OK
                 : gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);
    return gp_output_finish(&output, status, error);
}

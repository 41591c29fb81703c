/* Files of named tensors in the safetensors format: eight bytes of length, a JSON header that names
 * type, shape and place of each tensor, then their numbers. Files from elsewhere are validated
 * wholly before anything is used. */
#ifndef GP_SAFETENSORS_H
#define GP_SAFETENSORS_H

#include "system/error.h"
#include "system/sizes.h"

typedef struct gp_tensor {
    char *name;
    gp_dtype dtype;
    size_t dimensions, shape[GP_MAX_DIMENSIONS], entries;
    double *values; /* entries, whatever the type in the file */
} gp_tensor;

typedef struct gp_text {
    char *key, *value;
} gp_text;

/* All of it is owned: release it with gp_tensors_clear. */
typedef struct gp_tensors {
    gp_tensor *tensor; /* in the order of their places in the file */
    size_t tensors;
    gp_text *text; /* the metadata */
    size_t texts;
} gp_tensors;

void gp_tensors_clear(gp_tensors *tensors);

/* GP_ERROR_INPUT with one line for a file that can't be read or makes no sense. */
gp_status gp_tensors_read(const char *path, gp_tensors *tensors, gp_error *error);

/* There is either the old file or the new one: see output.h. */
gp_status gp_tensors_write(const char *path, const gp_tensors *tensors, gp_error *error);

/* NULL where there is none. */
const gp_tensor *gp_tensors_find(const gp_tensors *tensors, const char *name);
const char *gp_tensors_text(const gp_tensors *tensors, const char *key);

/* Both copy what they are given. */
gp_status gp_tensors_add(gp_tensors *tensors, const char *name, gp_dtype dtype, size_t dimensions,
                         const size_t *shape, const double *values);
gp_status gp_tensors_add_text(gp_tensors *tensors, const char *key, const char *value);

#endif

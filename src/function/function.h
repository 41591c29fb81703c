/* Inside of gp_function: what the stages after it may read. */
#ifndef GP_FUNCTION_H
#define GP_FUNCTION_H

#include "function/outputs.h"
#include "gradproof.h"
#include "system/error.h"
#include "system/sizes.h"

typedef struct gp_block {
    char *name;
    size_t dimensions;
    size_t shape[GP_MAX_DIMENSIONS];
    size_t offset, entries; /* entries [offset, offset + entries) of x */
    unsigned stage;         /* along backpropagation, 0: not known */
    /* Of a report on a map: the block holds dF_j/dx_i, outputs by inputs. */
    int derivative;
    const size_t *row, *column; /* of each entry, where only a pattern of them is held; else NULL */
    const gp_outputs *output;   /* whose names its rows have; NULL: none */
} gp_block;

typedef enum gp_plant_kind {
    GP_PLANT_SCALE,
    GP_PLANT_NEGATE,
    GP_PLANT_ZERO,
    GP_PLANT_TRANSPOSE,
    GP_PLANT_SHIFT,
    GP_PLANT_ENTRY,
    GP_PLANT_DECAY
} gp_plant_kind;

/* What may be given of a map's derivative, or of a gradient's. */
typedef enum gp_claim {
    GP_CLAIM_JACOBIAN,
    GP_CLAIM_VJP,
    GP_CLAIM_JVP,
    GP_CLAIM_HESSIAN,
    GP_CLAIM_HVP,
    GP_CLAIMS /* how many */
} gp_claim;

typedef struct gp_plant {
    gp_plant_kind kind;
    int claimed; /* into this claim's numbers for the block, not into the gradient */
    gp_claim claim;
    int sparse; /* which had a pattern then */
    size_t block, index;
    double amount;
} gp_plant;

struct gp_space;

struct gp_function {
    char *name;
    gp_dtype dtype;
    void *user;
    gp_status refused; /* what the first setter that failed returned, */
    gp_error refusal;  /* and its line, without the function's name */
    gp_block *block;
    size_t blocks, n;
    double *x;           /* n entries; of a float32 function, each is a float */
    const gp_team *team; /* that it is spread over, or NULL; x is then reserved (reserve.h) */
    size_t own, own_end; /* entries that this rank holds: [0, n) without a team */
    gp_callback callback[GP_ROLES]; /* NULL: not given */
    gp_dtype precision[GP_ROLES];   /* of each that is given */
    size_t outputs;                 /* m of the map; 0: there is none */
    gp_outputs output;              /* their names, if they have any */
    size_t nonzeros, *row, *column; /* the Jacobian's pattern; NULL: dense */
    gp_complex_value complex_value;
    double *lower, *upper; /* n each, or both NULL */
    gp_seed_callback seed;
    int reentrant; /* callbacks may be called from several threads at a time */
    gp_entries_f64 entries_f64;
    gp_changes_f64 changes_f64;
    size_t batches;
    gp_batch_callback batch;
    gp_silence_callback silence;
    size_t suspects;
    const gp_suspect *suspect;
    gp_suspect_callback suspect_gradient;
    size_t batch_size;
    size_t examples; /* that the value is a mean over, if they can be chosen; else 0 */
    gp_examples_callback select_examples;
    size_t parts;
    char **part; /* names */
    gp_part_callback select_part;
    char **remark; /* lines for the report */
    size_t remarks;
    void (*destructor)(void *user);
    gp_release_callback release; /* takes the memory in which callbacks were given x, or NULL */
    void *release_context;
    gp_plant *plant;
    size_t plants;
    struct gp_space *space; /* of the first `spaces` blocks (manifold/space.h) */
    size_t spaces;
    void *shared_object;   /* from dlopen, or NULL */
    unsigned long threads; /* of the process before any code of the function's ran */
};

static inline int gp_function_owns(const gp_function *f, size_t entry) {
    return entry >= f->own && entry < f->own_end;
}

/* Calls the callback of a role as what it is: `type` without _f64 or _f32, and what follows `user`.
 */
#define GP_CALL(f, role, type, ...)                                                                \
    ((f)->precision[role] == GP_FLOAT64                                                            \
         ? ((type##_f64)(f)->callback[role])((f)->user, __VA_ARGS__)                               \
         : ((type##_f32)(f)->callback[role])((f)->user, __VA_ARGS__))

/* The precision in which the value is computed: a float32 function may have a float64 one. */
static inline gp_dtype gp_function_value_dtype(const gp_function *f) {
    return f->callback[GP_VALUE] ? f->precision[GP_VALUE] : f->dtype;
}

int gp_team_is_sound(const gp_team *team);

/* Adds a block for reports, whose numbers in x are whoever's who adds it. */
gp_status gp_function_show_block(gp_function *function, const char *name, size_t dimensions,
                                 const size_t *shape);

/* The block that holds entry `entry` of x. */
const gp_block *gp_function_block_of(const gp_function *function, size_t entry);

static inline size_t gp_function_block_number(const gp_function *function, size_t entry) {
    return (size_t)(gp_function_block_of(function, entry) - function->block);
}

/* Is there a value and a gradient to check? */
int gp_function_has_gradient(const gp_function *function);
int gp_function_has_value(const gp_function *function);

/* Writes, and returns, what an output is called, of the map, or of the gradient as a map (second):
 * "mu[2][3]", or "5" where it has no name. */
const char *gp_function_output_name(const gp_function *function, int second, size_t output,
                                    char name[GP_OUTPUT_NAME_SIZE]);
/* Writes "W1[2][3]" for an entry. */
void gp_function_entry_name(const gp_function *function, size_t entry, char *name, size_t size);
/* Is a plant still one into numbers that there are? */
int gp_plant_fits(const gp_function *function, const gp_plant *plant);
/* Applies one mistake to a block's numbers b (rows x columns) at parameters x (as many; of a decay
 * alone). */
gp_status gp_plant_apply(const gp_plant *plant, gp_dtype dtype, size_t rows, size_t columns,
                         const double *x, double *b);

/* Keeps a setter's failure, unless an earlier one is kept, and returns status. */
gp_status gp_function_refuse(gp_function *function, gp_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* GP_OK if no setter failed and the function has all that a check needs. */
gp_status gp_function_validate(const gp_function *function, gp_error *error);

#endif

/* gradproof: is this gradient right, and if not, what is wrong with it?
 *
 * A check takes four steps:
 *
 *     gp_function *f;
 *     gp_function_create("my loss", GP_FLOAT64, user, &f);        what is under test
 *     gp_function_add_block(f, "W1", 0, 2, shape, values);        its parameters, block by block
 *     gp_function_set_value(f, value);                            f(x)
 *     gp_function_set_gradient(f, gradient);                      the gradient under test
 *     gp_check(f, NULL, &report, &error);                         find out
 *     gp_report_print(report, stdout, 0);                         tell people
 *
 * The calls that set a function up need no checks: what fails first comes out of gp_check.
 *
 * For a gradient g = grad f under test, entry i is held against an estimate d of df/dx_i that comes
 * with a bound b on its error, and the condition that is enforced is
 *
 *     |g_i - d| <= tau + b   with   tau = rtol * max(|g_i|, |d|) + atol.
 *
 * Vector-valued functions with a VJP, a JVP or a Jacobian, and second derivatives, take other
 * callbacks and the same course: see gradproof/maps.h. Rotations, symmetric matrices, complex
 * numbers and the like are blocks with a space: see gradproof/manifold.h. What few need, and what
 * may still change, is in gradproof/experimental.h. This file includes all three at its end.
 *
 * Chains of stages are in gradproof/chain.h; the fraud model and the notebook are libgradproof_nn,
 * gradproof/network.h, gradproof/train.h and gradproof/notebook.h.
 *
 * Library functions return a gp_status and never print, exit or abort. A `gp_error *` argument may
 * be NULL; where it isn't, a failing call leaves one line there: what, where, what to do.
 * NULL where a pointer is needed and a number that an enumeration doesn't have are
 * GP_ERROR_ARGUMENT; questions asked of NULL are answered with 0, NaN or NULL. Numbers are read and
 * written with a decimal point, whatever the locale. Pointers passed in are borrowed for the
 * duration of the call unless the declaration says otherwise. Objects hold no global state:
 * different objects may be used from different threads.
 */
#ifndef GRADPROOF_H
#define GRADPROOF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GP_VERSION "0.1.0"

#if defined(__GNUC__)
#define GP_API __attribute__((visibility("default")))
#else
#define GP_API
#endif

/* ---- status and errors ---------------------------------------------------------- */

typedef enum gp_status {
    GP_OK = 0,
    GP_ERROR_ARGUMENT, /* a caller's mistake: a NULL, a size of 0, a name used twice */
    GP_ERROR_MEMORY,
    GP_ERROR_INPUT,      /* a file or a shared object that can't be read or makes no sense */
    GP_ERROR_OUTPUT,     /* a report that can't be written */
    GP_ERROR_UNSUPPORTED /* what this build, this version or the system can't do */
} gp_status;

typedef struct gp_error {
    char message[512]; /* one line, no newline */
} gp_error;

/* The name of a status ("out of memory"), a static string. */
GP_API const char *gp_status_string(gp_status status);

/* The library's version, "major.minor.patch", a static string. */
GP_API const char *gp_version(void);

/* ---- the function under test ---------------------------------------------------- */

typedef enum gp_dtype { GP_FLOAT64 = 0, GP_FLOAT32 = 1 } gp_dtype;

typedef struct gp_function gp_function;

/* Callbacks. `user` is the pointer given to gp_function_create. x holds all n entries of all
 * blocks, in the order in which the blocks were added, each block row by row (C order); it must not
 * be written to. x, g and the vectors of other derivatives begin at multiples of 64 bytes (a cache
 * line, the widest vector), but for the suspects' and those of a chain's stages. Return 0, or
 * anything else for "can't be evaluated here" (outside the domain): the check then tries elsewhere.
 * The value is a double in either precision: a float fits into it, and a float32 function that sums
 * its loss in double keeps what it gained.
 *
 * A gradient callback must set all n entries of g, from x alone: not from what an earlier call left
 * behind. It is called several times at the same x, after calls of the value elsewhere.
 *
 * A callback that gets no memory returns GP_NO_MEMORY: the check ends with GP_ERROR_MEMORY, where
 * any other number would count as the edge of the domain. */
#define GP_NO_MEMORY 0x6e6f6d
/* For a callback that is about to return anything but 0: one line (copied) on why, such as the text
 * of an exception. Where the check can't go on without that call, gp_report_failure ends in it. It
 * is of the calling thread and until the next call. NULL: none. */
GP_API void gp_callback_error(const char *message);

typedef int (*gp_value_f64)(void *user, size_t n, const double *x, double *value);
typedef int (*gp_value_f32)(void *user, size_t n, const float *x, double *value);
typedef int (*gp_gradient_f64)(void *user, size_t n, const double *x, double *g);
typedef int (*gp_gradient_f32)(void *user, size_t n, const float *x, float *g);
typedef int (*gp_value_gradient_f64)(void *user, size_t n, const double *x, double *value,
                                     double *g);
typedef int (*gp_value_gradient_f32)(void *user, size_t n, const float *x, double *value, float *g);

/* A new function without blocks or callbacks. `name` is copied (here and wherever text is handed
 * over, control characters and bytes that aren't UTF-8 are written as \xNN in the copy, so that
 * names may be shown); `user` is handed to every callback and stays the caller's. On success
 * *function is a new object: release it with gp_function_destroy. */
GP_API gp_status gp_function_create(const char *name, gp_dtype dtype, void *user,
                                    gp_function **function);

/* GP_OK, or what the first setter or gp_function_plant that failed on this function returned, with
 * its line in error. That failure stays: gp_check returns it, so that the calls that set a function
 * up need no checks of their own. Failed setters change nothing. */
GP_API gp_status gp_function_error(const gp_function *function, gp_error *error);

/* Releases a function; NULL is fine. Calls the destructor of gp_function_set_destructor, if any. */
GP_API void gp_function_destroy(gp_function *function);

/* Adds a block of parameters: a named tensor with `dimensions` extents in `shape` (copied), and its
 * values at the point to check, in C order (copied; float32 functions round them to float32). Of a
 * block with an extent of 0, `values` may be NULL; it is reported, and verified, without entries.
 * `stage` orders blocks along backpropagation: 0 where no order is known, else 1 for the blocks
 * nearest the input and rising towards the loss. Blocks of one stage share the error that flows
 * through it. The diagnosis uses it to tell a mistake from its consequences downstream. */
GP_API gp_status gp_function_add_block(gp_function *function, const char *name, unsigned stage,
                                       size_t dimensions, const size_t *shape,
                                       const double *values);

/* What a callback computes. Those after the first three are in gradproof/maps.h. */
typedef enum gp_role {
    GP_VALUE = 0,
    GP_GRADIENT,
    GP_VALUE_GRADIENT, /* both at once */
    GP_MAP,
    GP_VJP,
    GP_MAP_VJP, /* both at once */
    GP_JVP,
    GP_JACOBIAN,
    GP_HESSIAN,
    GP_HVP,
    GP_ROLES /* how many there are */
} gp_role;

/* Any callback, converted; it is called as the type that its role and its precision have. */
typedef void (*gp_callback)(void);

/* Sets the callback of one role, of the function's own precision; a later call replaces an earlier
 * one. A function needs a value and a gradient, or both at once in place of either.
 *
 * The value of a float32 function may be a float64 one (a gp_value_f64): its float32 gradient is
 * then held against derivatives of that, which are far more exact. The parameters stay float32
 * numbers. */
GP_API gp_status gp_function_set_callback(gp_function *function, gp_role role, gp_dtype dtype,
                                          gp_callback callback);

/* The same by the callback's own type, which has to be the one with _f64 or with _f32 of its role;
 * any other doesn't compile. */
#define gp_function_set_value(function, callback)                                                  \
    GP_SET_TYPED(function, GP_VALUE, gp_value, callback)
#define gp_function_set_gradient(function, callback)                                               \
    GP_SET_TYPED(function, GP_GRADIENT, gp_gradient, callback)
#define gp_function_set_value_gradient(function, callback)                                         \
    GP_SET_TYPED(function, GP_VALUE_GRADIENT, gp_value_gradient, callback)

/* ---- the check ------------------------------------------------------------------ */

typedef enum gp_strategy {
    GP_AUTO = 0, /* full where that is affordable, else project */
    GP_FULL,     /* every entry */
    GP_PROJECT,  /* random directions over all of it, and a search for what they find wrong */
    GP_SAMPLE    /* a random sample of the entries of each block */
} gp_strategy;

/* In experimental.h. */
typedef struct gp_team gp_team;
typedef struct gp_progress gp_progress;

/* In every structure of options 0 says "the default", so that one that is all zero, such as
 * gp_options o = {0}, asks for nothing in particular. Where 0 itself would mean something (no
 * absolute tolerance at all), GP_NONE does; other negative numbers are mistakes. */
#define GP_NONE (-1.0)

typedef struct gp_options {
    double rtol;   /* relative difference that counts as a mistake; 0: 1e-5 (float32: 1e-3) */
    double atol;   /* absolute one; 0: rtol times a tenth of the block's median |derivative|, or
                      times 1e-4 of it in float64 where the bound is narrow enough for that */
    size_t points; /* at most this many points in all, the given one first; 0: 16 */
    gp_strategy strategy;
    double confidence; /* project: accepted probability of a miss; 0: 1e-9 */
    size_t sample;     /* sample: entries per block; 0: 100 */
    uint64_t seed;     /* of every random choice of the check */
    /* 0: everything in this thread. Else so many worker processes, in which a crash or a hang of
     * the callbacks costs the probe in hand and nothing else; or threads, of a reentrant function.
     * A fork has none of the threads that the callbacks may wait for: if there are more threads
     * than when the function was created, everything is done in this one. */
    unsigned jobs;
    double timeout; /* seconds an evaluation may take in a worker process; 0: for ever */
    /* What the check may cost: seconds, evaluations; 0: no limit. auto chooses the strategy by it;
     * when it is spent there is a report on what is known so far. In a worker process a call that
     * goes on after that for a second and a tenth of budget_seconds counts as one that hangs. */
    double budget_seconds;
    uint64_t budget_evaluations;
    /* A file that keeps what has been worked out (with a team: one a rank, its number added to the
     * name, "FILE.0"). Where an earlier run of the same check has left it, the check goes on from
     * there. It is the caller's to remove, once the report is safely written. GP_ERROR_OUTPUT where
     * it can't be written. NULL: none. It is trusted as the program itself is: a damaged or hostile
     * one does no harm, but whoever can write to it can have any result told. */
    const char *journal;
    const gp_team *team;     /* see experimental.h; borrowed; NULL: this process alone */
    double notebook_epsilon; /* step of the notebook's difference; 0: use our own estimates */
    int self_test; /* not 0: once verified, plant mistakes and see whether they would be refuted */
    gp_progress *progress; /* likewise; NULL: none */
    /* Not 0: once verified, don't look again after some steps of descent. Further points for what
     * the given one leaves silent are tried nevertheless. */
    int no_descent;
    /* Not 0: a value or a gradient that isn't the same in every bit when it is asked for again
     * makes the function fail. By default what rounding explains, such as sums by atomics, is
     * noise. */
    int strict;
    /* Keep for the report how difference quotients depend on their step, for the worst entries of
     * so many blocks: some 60 to 90 evaluations each. No verdict changes. 0: of none. */
    uint64_t curves;
    /* Not 0: the function is random, and its gradient right on average. The mean of up to so many
     * draws of the gradient, 64 at least, is held against the derivative of the value's mean, at
     * the given point: with a seed callback each draw's values share its seed, which takes far
     * fewer draws. What is off by more than rtol of a block's largest derivative at a confidence of
     * 1 - `confidence` (0: 1e-3 here), by the bounds of all comparisons together, is refuted;
     * verified is what is right to `accept` of it at the same confidence (0: 0.05). Without
     * derivatives of maps, a journal, a team. */
    uint64_t stochastic;
    double accept;
    uint64_t reserved[5]; /* for options to come: 0, or it's GP_ERROR_UNSUPPORTED */
} gp_options;

/* All zero: the defaults. */
GP_API void gp_options_init(gp_options *options);

typedef struct gp_report gp_report;

/* Checks the derivatives that the function gives. `options` NULL: the defaults. On GP_OK *report is
 * a new object, also when the verdict is refuted or the function failed; release it with
 * gp_report_destroy. */
GP_API gp_status gp_check(const gp_function *function, const gp_options *options,
                          gp_report **report, gp_error *error);

/* ---- the report ----------------------------------------------------------------- */

typedef enum gp_verdict {
    GP_VERIFIED = 0,
    GP_REFUTED = 1,
    GP_INCONCLUSIVE = 2,
    GP_FAILED = 3 /* the function can't be checked: see gp_report_failure */
} gp_verdict;

typedef enum gp_entry_status {
    GP_ENTRY_UNCHECKED = 0, /* not looked at (sample) or covered by directions only (project) */
    GP_ENTRY_VERIFIED,
    GP_ENTRY_REFUTED,
    GP_ENTRY_UNRESOLVED,  /* the bound is too wide to decide */
    GP_ENTRY_KINK,        /* lies between the left and the right derivative */
    GP_ENTRY_UNEXERCISED, /* zero, and so is its derivative, in every point tried */
    GP_ENTRY_STATUSES     /* how many there are */
} gp_entry_status;

/* Why an estimate is no better than it is: the largest part of its bound. */
typedef enum gp_limit {
    GP_LIMIT_NONE = 0,
    GP_LIMIT_NOISE,      /* rounding or other noise of the function */
    GP_LIMIT_TRUNCATION, /* the function bends too fast for the steps that noise allows */
    GP_LIMIT_KINK,       /* slopes left and right differ */
    GP_LIMIT_JUMP,       /* values left and right differ */
    GP_LIMIT_DOMAIN,     /* can't be evaluated near the point */
    GP_LIMIT_CRASH,      /* the probe took its worker process with it */
    GP_LIMIT_TIMEOUT,    /* the probe took longer than options.timeout */
    GP_LIMIT_FLAT,       /* nothing of its block moves the value at the given point, which leaves no
                            scale to be right on, and no other point decides */
    GP_LIMITS            /* how many there are */
} gp_limit;

typedef struct gp_entry {
    gp_entry_status status;
    double analytic;    /* the gradient under test */
    double numeric;     /* the estimate */
    double bound;       /* on the estimate's error */
    double floor;       /* errors are relative to max(|analytic|, |numeric|) + floor */
    double left, right; /* one-sided derivatives, where status is GP_ENTRY_KINK; else = numeric */
    gp_limit limit;
    size_t point;         /* the point at which it was decided; 0 is the given one */
    size_t examples;      /* it was decided on so many of the function's examples; 0: on all */
    size_t part;          /* it was refuted in this part of the function; 0: in the whole */
    unsigned evaluations; /* of the value, at that point */
} gp_entry;

typedef struct gp_diagnosis {
    const char *kind;    /* a lower-case word, see docs/architecture.md; static */
    double factor;       /* of kind "scaled" and "sign"; lambda of "decay"; else NaN */
    const char *message; /* one sentence; borrowed from the report */
} gp_diagnosis;

/* An array of a map's outputs that has a name (gp_function_add_output). */
typedef struct gp_named_output {
    const char *name;
    size_t dimensions;
    const size_t *shape;
    size_t first, count; /* outputs [first, first + count) of the map, in C order */
} gp_named_output;

typedef struct gp_block_result {
    const char *name; /* borrowed from the report */
    size_t offset, entries;
    size_t dimensions;
    const size_t *shape; /* borrowed from the report */
    /* The place of each entry of a sparse Jacobian, borrowed from the report; NULL for dense
     * blocks. */
    const size_t *row, *column;
    gp_verdict verdict;
    size_t count[GP_ENTRY_STATUSES]; /* entries by status */
    size_t exercised;
    double floor; /* errors are relative to max(|analytic|, |numeric|) + floor, in units of the
                     gradient */
    /* A larger relative error is excluded in every verified entry; by directions, in the norm of
     * the block, each entry in proportion to its own gradient (docs/numerics.md). What is verified
     * has one of rtol at most. NaN: none. */
    double resolution;
    int has_worst;
    size_t worst_index; /* in C order within the block */
    size_t directions;  /* random directions that were tried on the block (project) */
    size_t diagnoses;
    const gp_diagnosis *diagnosis; /* borrowed from the report */
    /* Of the derivative of a map whose outputs have names: these, borrowed from the report. The
     * first index of an entry is an output's number. Else 0 and NULL. */
    size_t outputs;
    const gp_named_output *output;
} gp_block_result;

/* What the self-test found out about one block: mistakes of all kinds and sizes planted into its
 * verified gradient, each put to the same estimates and the same judgement as the check itself. */
typedef struct gp_self_test_result {
    size_t planted;  /* mistakes in all, */
    size_t caught;   /* of them would be refuted, */
    size_t below;    /* and so many move no entry beyond its tolerance and bound */
    double smallest; /* all factors and single wrong entries from this relative size up to 0.1 were
                        caught; NaN: not even those of 0.1 */
} gp_self_test_result;

GP_API void gp_report_destroy(gp_report *report);
GP_API gp_verdict gp_report_verdict(const gp_report *report);
GP_API const char *gp_verdict_string(gp_verdict verdict);
/* The word for a status of an entry ("verified") and for a limit ("noise"); static. */
GP_API const char *gp_entry_status_string(gp_entry_status status);
GP_API const char *gp_limit_string(gp_limit limit);
/* 0 verified, 1 refuted, 2 inconclusive, 3 the function failed. */
GP_API int gp_report_exit_code(const gp_report *report);
/* Was the check ended before it was through, by gp_progress.stop or because the budget was spent?
 * It is not verified then. */
GP_API int gp_report_interrupted(const gp_report *report);
/* Probes that crashed or hung in a worker process, one line each, borrowed from the report; NULL
 * beyond the last. Where there are any, the verdict is GP_FAILED unless something is refuted. */
GP_API const char *gp_report_loss(const gp_report *report, size_t line);
/* Why the function failed, one line borrowed from the report; NULL if it didn't. */
GP_API const char *gp_report_failure(const gp_report *report);

/* One block's result, one entry's and one self-test's. These structures may grow at their end: the
 * calls that fill them in are told their size in the caller's program, by macros, and set to 0 what
 * the library doesn't know. GP_ERROR_ARGUMENT: there is none of that number. */
GP_API size_t gp_report_blocks(const gp_report *report);
GP_API gp_status gp_report_block_sized(const gp_report *report, size_t block,
                                       gp_block_result *result, size_t size);
#define gp_report_block(report, block, result)                                                     \
    gp_report_block_sized(report, block, result, sizeof *(result))
GP_API size_t gp_report_entries(const gp_report *report);
GP_API gp_status gp_report_entry_sized(const gp_report *report, size_t entry, gp_entry *result,
                                       size_t size);
#define gp_report_entry(report, entry, result)                                                     \
    gp_report_entry_sized(report, entry, result, sizeof *(result))
/* GP_ERROR_ARGUMENT too where there was no self-test of it (not asked for, or not verified). */
GP_API gp_status gp_report_self_test_sized(const gp_report *report, size_t block,
                                           gp_self_test_result *result, size_t size);
#define gp_report_self_test(report, block, result)                                                 \
    gp_report_self_test_sized(report, block, result, sizeof *(result))
/* Entries [first, first + count) at once: the k-th number of each array that isn't NULL (count
 * long) is what gp_report_entry tells of entry first + k. */
GP_API gp_status gp_report_copy_entries(const gp_report *report, size_t first, size_t count,
                                        int *status, double *analytic, double *numeric,
                                        double *bound);
/* |grad - gradapprox| / (|grad| + |gradapprox|), the notebook's formula (3), at the given point. */
GP_API double gp_report_difference(const gp_report *report);
/* A larger relative error than this is excluded in every verified entry; NaN where none is. */
GP_API double gp_report_resolution(const gp_report *report);
/* Entries exercised so far, of gp_report_entries, and the points that took. */
GP_API size_t gp_report_exercised(const gp_report *report);
GP_API size_t gp_report_points(const gp_report *report);
/* Where a point is, in words that go on "wrong ...": "at the given point" (0), "in batch 2", "at
 * random point 3", "after 10 steps of descent"; borrowed from the report; NULL beyond the last. */
GP_API const char *gp_report_point(const gp_report *report, size_t point);
/* Where the gradient is refuted, in such words: "at the given point" if it is anywhere there, else
 * the other point, or "at other points"; NULL where the verdict is another. */
GP_API const char *gp_report_refuted(const gp_report *report);
/* What experts advise and this check did, one line each ("parts checked by themselves: ..."),
 * borrowed from the report; NULL beyond the last. */
GP_API const char *gp_report_practice(const gp_report *report, size_t line);
/* Evaluations of the value (gradient == 0) or of the gradient (1). */
GP_API uint64_t gp_report_evaluations(const gp_report *report, int gradient);

#define GP_PRINT_COLOUR 1u  /* ANSI colours */
#define GP_PRINT_QUIET 2u   /* the verdict line alone */
#define GP_PRINT_VERBOSE 4u /* every entry */

/* Writes the report for people, or as JSON (schema gradproof.report/1). As a page, for continuous
 * integration, and into memory: gradproof/report.h, which this file includes at its end. */
GP_API gp_status gp_report_print(const gp_report *report, FILE *stream, unsigned flags);
GP_API gp_status gp_report_write_json(const gp_report *report, FILE *stream);

/* ---- more about the function ---------------------------------------------------- */

/* The function's domain, lower[i] <= x_i <= upper[i] (n each, copied, infinite where there is none;
 * NULL: no bounds on that side), once all blocks are there. It is never evaluated outside. */
GP_API gp_status gp_function_set_bounds(gp_function *function, const double *lower,
                                        const double *upper);

/* For a function that draws random numbers (dropout, Monte Carlo): called before every evaluation,
 * always with the seed of the check, so that each evaluation sees the same draw. */
typedef int (*gp_seed_callback)(void *user, uint64_t seed);
/* NULL removes it. */
GP_API gp_status gp_function_set_seed(gp_function *function, gp_seed_callback seed);

/* For a function with more than one batch of data: use batch `batch` (0 is the given one) from now
 * on. Further batches exercise entries that batch 0 leaves silent. */
typedef int (*gp_batch_callback)(void *user, size_t batch);
/* `batches` >= 1; 1 needs no callback. */
GP_API gp_status gp_function_set_batches(gp_function *function, size_t batches,
                                         gp_batch_callback batch);

/* For a function that is a mean over examples (rows of a batch): be the mean over examples
 * [first, first + count) from now on; (0, all of them) undoes it. With fewer examples a network has
 * fewer kinks, and a gradient that forgot all but one of them is found out. */
typedef int (*gp_examples_callback)(void *user, size_t first, size_t count);
/* `examples` >= 1 that `select` chooses from; sets the batch size too. */
GP_API gp_status gp_function_set_examples(gp_function *function, size_t examples,
                                          gp_examples_callback select);

/* How many examples the function averages over, where it does: lets the diagnosis call a factor by
 * its name ("the batch size: a sum where a mean belongs"). 0, the default: not known. */
GP_API gp_status gp_function_set_batch_size(gp_function *function, size_t batch_size);

/* For a function that is a sum of parts (data loss, weight decay, penalty): be part `part` alone
 * from now on, 1 to the number of parts; 0 is the whole again. A large part hides mistakes in a
 * small one. */
typedef int (*gp_part_callback)(void *user, size_t part);
/* `parts` >= 2 with their names (copied); each is checked by itself after the whole. */
GP_API gp_status gp_function_set_parts(gp_function *function, size_t parts,
                                       const char *const *names, gp_part_callback select);

/* Not 0: its callbacks may be called from several threads at a time, each with an x of its own.
 * options.jobs then counts threads. The others (batch, examples, part) are called from one. */
GP_API gp_status gp_function_set_reentrant(gp_function *function, int reentrant);

/* Called once with `user` when the function is destroyed. */
GP_API gp_status gp_function_set_destructor(gp_function *function, void (*destructor)(void *user));

/* Replaces the pointer handed to the callbacks: for functions that build their own state, such as
 * those of a shared object. */
GP_API gp_status gp_function_set_user(gp_function *function, void *user);

/* Plants a mistake into the gradient under test, to see it caught. `plant` is BLOCK:MISTAKE with
 *     scale=F   negate   zero   transpose   shift   entry=I,add=V   decay=L
 * (I counts from 0 in C order; decay adds L times the parameters). Several plants apply in turn.
 * BLOCK is named as in reports: "W2" for the gradient, "vjp W2", "jacobian W2" for other
 * derivatives. */
GP_API gp_status gp_function_plant(gp_function *function, const char *plant, gp_error *error);

/* ---- functions in a shared object ----------------------------------------------- */

/* A shared object offers its function by defining this entry point; the library doesn't.
 *
 * `function` is new and empty, float64: the entry point gives it blocks and callbacks and returns
 * 0. argv are the words after `--` on the command line. Any other return refuses the words. */
GP_API int gradproof_function(gp_function *function, int argc, char **argv);
typedef int (*gp_entry_point)(gp_function *function, int argc, char **argv);

/* For entry points: makes a function without blocks a float32 one (or float64 again). */
GP_API gp_status gp_function_set_dtype(gp_function *function, gp_dtype dtype);

/* Loads `path` and calls its entry point. It stays loaded until the function is destroyed. */
GP_API gp_status gp_function_load(const char *path, int argc, char **argv, gp_function **function,
                                  gp_error *error);

#ifdef __cplusplus
}
#endif

#include "gradproof/callbacks.h"
#include "gradproof/experimental.h"
#include "gradproof/manifold.h"
#include "gradproof/maps.h"
#include "gradproof/report.h"

#endif

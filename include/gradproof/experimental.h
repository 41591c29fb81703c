/* gradproof, behind the fence: what few programs need, and what may still change from one version
 * to the next. Included by gradproof.h.
 */
#ifndef GRADPROOF_EXPERIMENTAL_H
#define GRADPROOF_EXPERIMENTAL_H

#ifndef GRADPROOF_H
#error "include <gradproof.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- other ways to the value ---------------------------------------------------- */

/* For a function that knows a shorter way to its value where a single entry differs from x:
 * values[k] := f(x, but x[entry[k]] = number[k]) for all k < count, NaN where it can't be evaluated
 * there. It must be the same function to rounding. A check of every entry then calls it instead of
 * the value, with many entries at a time. `same` isn't 0 where x is what it was at the last call of
 * this callback, so that what was worked out from it may be used again. count is 1024 at most, and
 * each counts as an evaluation; options.timeout is for the call. Float64 functions without bounds
 * only. */
typedef int (*gp_entries_f64)(void *user, size_t n, const double *x, int same, size_t count,
                              const size_t *entry, const double *number, double *values);
/* NULL removes the callback. */
GP_API gp_status gp_function_set_entries(gp_function *function, gp_entries_f64 entries);

/* For a function that can tell how its value changes along a line to the rounding of the change
 * rather than of the value: changes[k] := f(x + step[k] v) - f(x) for all k < count, NaN where it
 * can't be evaluated there. Random directions then call it instead of the value, with steps so
 * short that neither bends nor kinks matter, and need fewer of them. `same` isn't 0 where x and v
 * are what they were at the last call of this callback. count is 4 at most, and each counts as an
 * evaluation. It must be the same function: one change is compared with values, and a check stops
 * where they differ. v takes the memory of n numbers. Functions with a float64 value, without
 * bounds or a team, only. */
typedef int (*gp_changes_f64)(void *user, size_t n, const double *x, const double *v, int same,
                              size_t count, const double *step, double *changes);
/* NULL removes the callback. */
GP_API gp_status gp_function_set_changes(gp_function *function, gp_changes_f64 changes);

/* The value at a complex point, for functions that can: z holds n complex numbers, real and
 * imaginary part in turn (as `double complex *` and `std::complex<double> *` do), w one.
 * Derivatives are then exact to rounding (the complex step; Squire & Trapp 1998), wherever they
 * agree with differences of the value: a function that takes an absolute value or a conjugate on
 * its way isn't analytic, and doesn't. */
typedef int (*gp_complex_value)(void *user, size_t n, const double *z, double *w);
GP_API gp_status gp_function_set_complex_value(gp_function *function, gp_complex_value value);

/* ---- what an adapter has to say --------------------------------------------------- */

/* A line that the report shows among its practice, for programs that make something of their user's
 * function that the reader should know ("the value is computed by a float64 copy"). It is copied;
 * lines are shown in the order in which they were added. */
GP_API gp_status gp_function_add_remark(gp_function *function, const char *line);

/* ---- arrays that outlive a call -------------------------------------------------- */

/* For languages whose arrays may outlive the call that they were handed to: called instead of
 * free() with each memory of `bytes` bytes at `storage` in which callbacks were given x or g, once
 * the check itself reads it no more. Whoever takes it releases it with free(). It is called from
 * the thread of the check, while no other callback runs. Not for functions with a team. */
typedef void (*gp_release_callback)(void *context, void *storage, size_t bytes);
/* NULL removes the callback. */
GP_API gp_status gp_function_set_release(gp_function *function, gp_release_callback release,
                                         void *context);

/* ---- names for the report ------------------------------------------------------- */

/* For a function that knows its own units: write into name (size bytes) the unit that keeps the
 * derivative of entry `entry` at zero at the point evaluated last, such as "unit 5 of layer 1".
 * Return 0, or anything else when no unit can be named. */
typedef int (*gp_silence_callback)(void *user, size_t entry, char *name, size_t size);
/* NULL removes the callback. */
GP_API gp_status gp_function_set_silence(gp_function *function, gp_silence_callback silence);

/* The point at which the function is checked, of n numbers: x, borrowed; of a function that is
 * spread over a team the numbers of this rank alone mean something. */
GP_API const double *gp_function_point(const gp_function *function, size_t *n);

/* Writes the name of an index within a tensor, in C order, as reports do: "[2][3]"; "" for a
 * scalar. */
GP_API void gp_index_name(size_t dimensions, const size_t *shape, size_t index, char *name,
                          size_t size);

/* ---- mistakes ------------------------------------------------------------------- */

/* The mistakes of gp_function_plant for others than the check, such as a training that goes by a
 * wrong gradient: g (n), the right gradient at x (n), is what a check would see. */
GP_API gp_status gp_function_apply_plants(const gp_function *function, const double *x, double *g);

/* For a function that knows what is likely to go wrong in its gradient: g (n) := what the gradient
 * at x would be with mistake number `suspect`, in double for either precision and as the seed,
 * batch, examples and part in use have it. Where the gradient under test is that in a block that is
 * refuted, the mistake is named. It should share no code with the gradient under test. */
typedef struct gp_suspect {
    const char *kind; /* a lower-case word, as of gp_diagnosis; static, as is text, */
    const char *text; /* which goes on "W2 is what comes out where ..." */
} gp_suspect;
typedef int (*gp_suspect_callback)(void *user, size_t suspect, size_t n, const double *x,
                                   double *g);
/* suspects (count) stay the caller's, for as long as the function's reports are read. */
GP_API gp_status gp_function_set_suspects(gp_function *function, size_t count,
                                          const gp_suspect *suspects, gp_suspect_callback gradient);

/* ---- teams of processes --------------------------------------------------------- */

/* Processes that check one function together: each makes the same calls with the same arguments in
 * the same order, does its share of the work and comes to the same report. All they need of each
 * other is one operation: all[r * bytes + k] := byte k of what rank r passed as `mine`, for every
 * rank and on every rank; return 0, or anything else for "can't". libgradproof_mpi has one made of
 * MPI. */
struct gp_team {
    void *context; /* handed to gather */
    int rank, ranks;
    int (*gather)(void *context, const void *mine, size_t bytes, void *all);
};

/* Instead of gp_check, on a rank that can't take part in it (its function couldn't be made, or has
 * no memory): gp_check returns `why` on the ranks that have called it, with this one's number and
 * `message` for a line. Whatever fails inside gp_check is told to all ranks by itself. team NULL,
 * or of one rank: nothing to tell. */
GP_API void gp_team_give_up(const gp_team *team, gp_status why, const char *message);

/* Spreads a float64 function over the ranks of a team (see gp_team, borrowed until the function is
 * destroyed), for parameters that no process has room for. Called before any block is added; then
 * every rank adds all blocks in the same order, with values NULL for those that it doesn't own, and
 * owns consecutive ones. Evaluation is collective: value and gradient are called on all ranks at
 * the same time, x and g hold numbers in this rank's entries alone (the rest is address space
 * without memory), and every rank returns the same value. Such functions are checked by random
 * directions, which each rank makes by itself from global indices. */
GP_API gp_status gp_function_set_team(gp_function *function, const gp_team *team);

/* ---- progress ------------------------------------------------------------------- */

/* Where a check stands, for somebody who watches it from another process (shared memory) or a
 * debugger: what the user's code is being asked right now. */
struct gp_progress {
    volatile uint64_t evaluations; /* calls of the user's code begun */
    volatile uint64_t entry;       /* the entry that is probed, or GP_NO_ENTRY */
    volatile int call;             /* 0: none, 1: value, 2: gradient, 3: seed, 4: the choice of a
                                      batch, examples or a part, 5: map, 6: a derivative of a map
                                      or of the gradient, 7: the name of a silent unit */
    volatile uint64_t pass;        /* passes over entries or directions begun, */
    volatile uint64_t done, total; /* and how far the present one is */
    volatile int threaded; /* the function's code has started threads, which worker processes
                              wouldn't have: the callbacks are called in this process instead */
    volatile int stop; /* set it, from a signal handler if you like, to end the check at the next
                          evaluation, with a report on what is known so far */
};

#define GP_NO_ENTRY ((uint64_t)-1)

/* ---- reports without a check ---------------------------------------------------- */

/* A report on a function before any check: its blocks, with every entry unchecked. */
GP_API gp_status gp_report_blank(const gp_function *function, gp_report **report);

/* A report of a function that failed outside the library, such as by a crash that took its process
 * with it: the verdict is GP_FAILED and `message` (copied) says why. */
GP_API gp_status gp_report_create_failure(const char *name, const char *kind, const char *message,
                                          const gp_options *options, gp_report **report);

#ifdef __cplusplus
}
#endif

#endif

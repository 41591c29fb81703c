/* What a check has found: the inside of gp_report. Filled while the check goes on, told by the
 * writers in report/. */
#ifndef GP_FINDINGS_H
#define GP_FINDINGS_H

#include "estimate/derivative.h"
#include "function/function.h"
#include "gradproof.h"

/* What was seen of an entry while the user's gradient callback was tried out. */
typedef enum gp_manner {
    GP_MANNER_SET = 0,
    GP_MANNER_UNWRITTEN,   /* still poison */
    GP_MANNER_ACCUMULATED, /* added to what was there, or more at each call */
    GP_MANNER_NONFINITE,
    GP_MANNER_STALE /* depends on where the value was called before */
} gp_manner;

/* Is a block's gradient the same at another point, where the derivative isn't? And several blocks',
 * which speak for one array that is handed out ever after? */
typedef enum gp_stored { GP_STORED_NOT, GP_STORED, GP_STORED_TOGETHER } gp_stored;

/* Where a finding comes from, and so what it may take the place of: the table in findings.c. */
typedef enum gp_origin {
    GP_FROM_CALLBACK,        /* how the number was written, whatever it is */
    GP_FROM_GIVEN_POINT,     /* a comparison there */
    GP_FROM_ROUNDING,        /* of x, within which the number under test moves as much */
    GP_FROM_FURTHER_POINT,   /* a comparison there, for what the given point leaves silent */
    GP_FROM_FEWER_EXAMPLES,  /* a comparison over these, for what all of them leave open */
    GP_FROM_SECOND_OPINION,  /* a comparison elsewhere, or of a part, of what is decided */
    GP_FROM_DIRECTIONS,      /* which vouch for what was open by itself */
    GP_FROM_WHAT_WAS_BEFORE, /* what further points had decided is taken back */
    GP_FROM_SILENCE,         /* no point has decided it */
    GP_FROM_WITNESS,         /* evidence for the diagnosis alone: the report stays as it is */
    GP_ORIGINS               /* how many */
} gp_origin;

typedef struct gp_report_block_data {
    gp_block_result result; /* name, shape and diagnosis point into what follows */
    char *name;
    size_t shape[GP_MAX_DIMENSIONS];
    size_t *row, *column; /* of a sparse Jacobian's entries, or NULL */
    unsigned stage;
    gp_diagnosis *diagnosis;       /* messages are owned */
    gp_self_test_result self_test; /* planted == 0: there was none */
    gp_verdict whole; /* beside its entries; GP_VERIFIED where nothing is said of it as a whole */
    size_t limits[GP_LIMITS]; /* unresolved entries by what limits them */
} gp_report_block_data;

/* Values of the function along one entry at many steps, from the given point: what difference
 * quotients of every step would have said. */
enum { GP_CURVE_STEPS = 40 };
typedef struct gp_step_curve {
    size_t entry;                 /* in the report */
    double f0;                    /* value at the point */
    double sigma;                 /* standard deviation of the function's noise */
    double step;                  /* the largest that the estimate uses; NaN: there is none */
    unsigned steps;               /* in use */
    gp_rung rung[GP_CURVE_STEPS]; /* the largest step first */
} gp_step_curve;

struct gp_report {
    char *function;
    gp_dtype dtype,
        value_dtype; /* they differ for a float32 gradient held against a float64 value */
    size_t n, blocks;
    size_t parameters; /* of the function: fewer than n where derivatives of maps were checked */
    gp_report_block_data *block;
    gp_outputs output; /* names of a map's outputs */
    size_t placed;     /* entries [0, placed) have their places at the front of `entry`, */
    gp_entry *entry;   /* which goes on with the `looked` entries listed in `index` */
    size_t *index;     /* ascending */
    size_t looked, room;
    gp_verdict verdict;
    int unlocated;         /* random directions refute it, and no block by itself */
    gp_limit limit;        /* why directions resolve no more than they do */
    int interrupted;       /* before it was through, */
    int spent;             /* by the budget */
    char failure_kind[32]; /* "" unless the verdict is GP_FAILED */
    char failure[512];
    double rtol, atol;    /* atol < 0: by block */
    gp_strategy strategy; /* the one that was used */
    uint64_t draws;       /* options.stochastic: means of up to so many; rtol is its `accept` */
    double resolution, difference, notebook_epsilon;
    double confidence; /* probability that an error beyond the resolution would have been seen */
    double noise;      /* standard deviation of the function's noise at the given point */
    double value;      /* of the function at the given point */
    size_t exercised, points;
    char **place; /* where each of the points is, the given one first: see gp_report_point */
    size_t places;
    char **silent; /* names of the units that silence entries at the given point, sorted */
    size_t silents;
    char **loss; /* lines: see gp_report_loss */
    size_t losses;
    char **practice; /* lines: see gp_report_practice */
    size_t practices;
    gp_step_curve
        *curve; /* options.curves of them at most, NULL: none; blocks that are refuted first */
    size_t curves;
    char *command; /* what makes this report again, or NULL */
    uint64_t values, gradients;
    double seconds;
    uint64_t seed;
};

/* An empty report on a function: all entries unchecked. `function` may be NULL. Entries from
 * `placed` on take room when they are put in. */
gp_status gp_report_create(const gp_function *function, const char *name, size_t placed,
                           gp_report **report);

/* An entry, unchecked where a sparse report has nothing on it. */
const gp_entry *gp_report_at(const gp_report *report, size_t entry);
/* The first entry from `entry` on that the report has anything on; n: none. */
size_t gp_report_next(const gp_report *report, size_t entry);

/* Puts a finding about an entry in, if it may take the place of what is there. Fails for want of
 * memory alone. */
gp_status gp_findings_put(gp_report *report, gp_origin origin, size_t entry, const gp_entry *value);
/* The same of a block as a whole: once refuted, it stays so. */
void gp_findings_put_block(gp_report *report, size_t block, gp_verdict verdict);

/* Directions exclude an error by its share of a whole block: in a single entry of average size it
 * may be larger by the root of their number before it is excluded. By entries: the resolution
 * itself. The coarsest of all blocks; NaN where there is none. */
double gp_block_entry_resolution(const gp_block_result *block);
double gp_report_entry_resolution(const gp_report *report);

/* Writes the name of an entry within its block: "[2][3]". */
void gp_report_entry_name(const gp_block_result *block, size_t index, char *name, size_t size);

/* Adds a diagnosis to a block; the message is formatted here. */
gp_status gp_report_add_diagnosis(gp_report *report, size_t block, const char *kind, double factor,
                                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Takes a block's diagnoses back. */
void gp_report_clear_diagnoses(gp_report *report, size_t block);

/* Adds a line on what was done beyond comparing numbers. */
gp_status gp_report_add_practice(gp_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says where a point is, in words that go on "wrong ..." */
gp_status gp_report_name_point(gp_report *report, size_t point, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a line on a probe that was lost, once. */
gp_status gp_report_add_loss(gp_report *report, const char *line);

/* Adds a silent unit's name, once. */
gp_status gp_report_add_silent(gp_report *report, const char *name);

#endif

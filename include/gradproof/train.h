/* Tables of examples, training under proof, trained models and how well they do. Link with
 * libgradproof_nn. */
#ifndef GRADPROOF_TRAIN_H
#define GRADPROOF_TRAIN_H

#include <gradproof/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- tables of examples --------------------------------------------------------- */

typedef struct gp_table gp_table;

/* A CSV file with a header (RFC 4180, quoted fields), row by row: what is kept of it is the
 * caller's choice. Either callback may end the reading by another status than GP_OK, having written
 * into the error why, without the file's name and line, which are put before. */
typedef struct gp_rows {
    void *user;
    /* The names; wanted[k], 1 at first, may be set to 0 for a column that needn't hold numbers. */
    gp_status (*header)(void *user, size_t columns, const char *const *names, unsigned char *wanted,
                        gp_error *error);
    /* One row, which starts in `line` of the file (from 1): cell (columns) has the numbers of
     * wanted columns, 0 elsewhere. wrong: what is wrong with it, in words ("column age needs a
     * finite number, not 'x'"), or NULL. */
    gp_status (*row)(void *user, size_t line, const double *cell, const char *wrong,
                     gp_error *error);
} gp_rows;
GP_API gp_status gp_rows_read_csv(const char *path, const gp_rows *rows, gp_error *error);

/* The same as a whole, every cell a finite number. Release it with gp_table_destroy. */
GP_API gp_status gp_table_read_csv(const char *path, gp_table **table, gp_error *error);
GP_API void gp_table_destroy(gp_table *table);
/* Made-up mobile payments, for when there are no data at hand: amount, hour, account and device
 * age, balance drained and so on, and a column "fraud" that is 1 in about one row of fifty. */
GP_API gp_status gp_table_generate(size_t rows, uint64_t seed, gp_table **table, gp_error *error);
GP_API size_t gp_table_rows(const gp_table *table);
GP_API size_t gp_table_columns(const gp_table *table);
/* Name of column k, borrowed from the table; NULL if there is none. */
GP_API const char *gp_table_column_name(const gp_table *table, size_t column);
/* Cell of a row (from 0) and a column; NaN outside the table. */
GP_API double gp_table_cell(const gp_table *table, size_t row, size_t column);

/* The examples in a table, as gp_network_set_data takes them: the label column by name (each cell
 * 0 or 1), every other column an input, standardised to mean 0 and deviation 1 over the table
 * (constant columns become 0), rows shuffled by `seed` with the rarer class spread evenly.
 * *X and *labels are new arrays, released with free(). */
GP_API gp_status gp_table_examples(const gp_table *table, const char *label, uint64_t seed,
                                   double **X, double **labels, gp_error *error);

/* Made-up mobile payments in the order of time, any number of them: accounts, devices, merchants,
 * amounts and hours, and hijacked accounts that change device and are drained; "fraud", the last
 * column, is 1 in about one row of 500. A pure function of rows and seed. */
typedef struct gp_payments gp_payments;
GP_API gp_status gp_payments_create(uint64_t rows, uint64_t seed, gp_payments **payments);
GP_API void gp_payments_destroy(gp_payments *payments);
GP_API size_t gp_payments_columns(void);
/* A static string; NULL beyond the last. */
GP_API const char *gp_payments_column_name(size_t column);
/* The next payment into cells (one a column). */
GP_API void gp_payments_next(gp_payments *payments, double *cells);

/* ---- models: a trained network with what it takes to use it -------------------- */

/* A network with the names of its inputs and how to standardise them, its label, and the reports of
 * the checks it went through. Kept in safetensors files. */
typedef struct gp_model gp_model;

/* GP_ERROR_INPUT with one line for a file that isn't a model or makes no sense: it is validated
 * wholly first. Release the model with gp_model_destroy. */
GP_API gp_status gp_model_read(const char *path, gp_model **model, gp_error *error);
/* Writes the file beside `path` and renames it: there is the old file or the new one, whole. */
GP_API gp_status gp_model_write(const gp_model *model, const char *path, gp_error *error);
GP_API void gp_model_destroy(gp_model *model);
GP_API size_t gp_model_inputs(const gp_model *model);
/* Borrowed from the model; NULL beyond the last. */
GP_API const char *gp_model_input_name(const gp_model *model, size_t input);
GP_API const char *gp_model_label(const gp_model *model);
/* A JSON array of the reports of its checks, each with the key "when" besides; borrowed. */
GP_API const char *gp_model_checks(const gp_model *model);
/* A certificate that the model's file has besides (docs/certificates.md): a text, borrowed; NULL:
 * none. Who sets one (copied; NULL takes it away) answers for it: reading a model doesn't verify
 * it.
 */
GP_API const char *gp_model_certificate(const gp_model *model);
GP_API gp_status gp_model_set_certificate(gp_model *model, const char *certificate);
/* The network, borrowed from the model. */
GP_API gp_network *gp_model_network(gp_model *model);
/* probabilities[r] of class 1 for `rows` rows of raw inputs X (rows x inputs), as they are in
 * tables. NaN where a row's numbers are too large for the network's precision. */
GP_API gp_status gp_model_score(gp_model *model, size_t rows, const double *X,
                                double *probabilities);
/* influence[r * inputs + k]: the derivative of row r's logit by its input k, standardised, times
 * that input: how much it has moved the score, to first order. */
GP_API gp_status gp_model_explain(gp_model *model, size_t rows, const double *X, double *influence);
/* The model as a function under test, at its weights, on rows of raw inputs and their labels (0 or
 * 1). The function borrows the model. */
GP_API gp_status gp_model_function(gp_model *model, size_t rows, const double *X,
                                   const double *labels, gp_function **function, gp_error *error);

/* ---- training under proof ------------------------------------------------------- */

typedef enum gp_optimizer { GP_ADAM = 0, GP_SGD } gp_optimizer;

/* How the learning rate goes from start to end. */
typedef enum gp_schedule { GP_COSINE = 0 /* to 0 */, GP_CONSTANT = 1 } gp_schedule;

/* When the gradient is checked while a network learns: at its first weights, after the first epoch,
 * and at the weights that are kept. */
#define GP_CHECK_START 1u
#define GP_CHECK_BURN_IN 2u
#define GP_CHECK_END 4u

/* Where training stands, after each epoch. */
typedef struct gp_training {
    size_t epoch, epochs;     /* done, at most */
    double loss;              /* of the epoch, mean over its batches, decay included */
    double pr_auc;            /* on the validation rows, NaN without any of class 1 */
    double best;              /* the largest so far */
    double seconds, checking; /* since the start; of these, in checks */
    int stopped; /* by options.stop, in the middle of the epoch behind: there is no loss of it */
} gp_training;

/* A positive_weight that makes both classes weigh the same in sum. */
#define GP_BALANCED (-1.0)

typedef struct gp_train_options {
    const char *label; /* column of the table, 0 or 1 in each row */
    const char
        *time_column; /* rows later by this column are for validation; NULL: drawn by class */
    size_t hidden_layers;
    const size_t *hidden; /* units of each */
    gp_activation activation;
    gp_dtype dtype;
    double dropout, l2;
    double positive_weight; /* of class 1; 0: 1; or GP_BALANCED */
    size_t epochs, batch;   /* 0: 50, 256 */
    gp_optimizer optimizer;
    double learning_rate; /* at the start; 0: 1e-3, SGD 1e-1 */
    gp_schedule schedule;
    double momentum;   /* of SGD; 0: 0.9; or GP_NONE */
    double validation; /* share of the rows; 0: 0.2; or GP_NONE */
    size_t patience;   /* epochs without a better PR-AUC before it ends; 0: 10 */
    uint64_t seed;
    unsigned jobs;   /* threads among which each batch is shared out; 0: 1. Another number of them
                        makes the same weights but for rounding */
    unsigned checks; /* GP_CHECK_...; */
    size_t check_every;       /* and after every so many epochs; 0: not */
    const char *const *plant; /* mistakes planted into the gradient, in training as in checks */
    size_t plants;
    const char *checkpoint; /* a file kept after each epoch: where an earlier run has left it,
                               training goes on, to the same weights bit for bit. It is the caller's
                               to remove, once the model is safely written; NULL: none */
    void (*progress)(void *user, const gp_training *training); /* may be NULL */
    void *user;
    /* Once it isn't 0 (a signal handler may set it), training ends after the batch in hand, with
     * the best weights of the epochs that are through; NULL: never. */
    const volatile int *stop;
} gp_train_options;

/* All zero, which says the defaults, but for checks: all three. */
GP_API void gp_train_options_init(gp_train_options *options);

/* Trains a network on a table and keeps the weights with the largest validation PR-AUC. Where a
 * check refutes the gradient or fails, or where the loss or the weights grow beyond all bounds,
 * training ends: *model is NULL and *refuted the report (refuted or failed), a new object; else
 * *refuted is NULL. Both are NULL where training was stopped before an epoch was through. What the
 * checks came to is in gp_model_checks: an inconclusive one doesn't end the training. */
GP_API gp_status gp_train(const gp_table *table, const gp_train_options *options, gp_model **model,
                          gp_report **refuted, gp_error *error);

/* How well probabilities tell the classes apart. */
typedef struct gp_quality {
    size_t rows, positives;
    double roc_auc, pr_auc; /* NaN where a class is missing */
    double recall[3];       /* at false-positive rates of at most 1e-2, 1e-3, 1e-4 */
    double threshold;       /* as given */
    size_t true_positives, false_positives, true_negatives, false_negatives; /* at it */
    double cheapest_threshold, cheapest_cost; /* by the costs of either mistake */
    double cost;                              /* at the given threshold */
    /* Calibration in ten bins of probability: rows, mean probability and share of class 1 in each.
     */
    size_t bin_rows[10];
    double bin_probability[10], bin_share[10];
} gp_quality;

/* What is called class 1 at each threshold, the largest first; release with gp_curve_clear.
 * GP_ERROR_ARGUMENT where a probability is NaN. */
typedef struct gp_curve {
    size_t rows, positives, points;
    double *threshold;                        /* points: distinct probabilities */
    size_t *true_positives, *false_positives; /* points: at or above it */
} gp_curve;
GP_API gp_status gp_curve_of(size_t rows, const double *probabilities, const double *labels,
                             gp_curve *curve);
GP_API void gp_curve_clear(gp_curve *curve);

/* cost_fn, cost_fp: of a missed row of class 1 and of a false alarm. GP_ERROR_ARGUMENT where a
 * probability isn't a number from 0 to 1. */
GP_API gp_status gp_quality_of(size_t rows, const double *probabilities, const double *labels,
                               double threshold, double cost_fn, double cost_fp,
                               gp_quality *quality);

#ifdef __cplusplus
}
#endif

#endif

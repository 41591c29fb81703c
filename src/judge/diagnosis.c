/* See diagnosis.h. Notation: a the gradient under test, d the estimate, b its bound, all over the
 * entries of one block; tau as in verdict.h. A model m explains entry i if
 * |a_i - m_i| <= tau_i + (bound on m_i's error). */
#include "judge/diagnosis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A block and the evidence on it. */
typedef struct gp_case {
    const gp_evidence *evidence;
    const gp_block *block;
    size_t number; /* of the block */
    const double *x, *a, *d, *b;
    const unsigned char *wrong, *manner;
    const gp_tolerance *tolerance;
    size_t known;     /* entries with an estimate */
    size_t wrongs;    /* entries that are refuted */
    size_t exercised; /* entries with a derivative or a gradient that isn't zero */
    gp_report *report;
} gp_case;

static int known(const gp_case *c, size_t i) {
    return isfinite(c->b[i]) && isfinite(c->a[i]);
}

static int is_zero(const gp_case *c, size_t i) {
    return fabs(c->d[i]) <= c->b[i] && fabs(c->a[i]) <= c->b[i];
}

/* Does a model value m with error bound e explain entry i? */
static int explains(const gp_case *c, size_t i, double m, double e) {
    return fabs(c->a[i] - m) <= gp_tau(c->tolerance, c->a[i], m, e) + e;
}

static size_t count_manner(const gp_case *c, gp_manner manner, size_t *first) {
    size_t count = 0;
    for (size_t i = c->block->entries; i-- > 0;)
        if (c->manner[i] == manner) {
            count++;
            *first = i;
        }
    return count;
}

static void name_entry(const gp_case *c, size_t i, char *name, size_t size) {
    gp_function_entry_name(c->evidence->function, c->block->offset + i, name, size);
}

/* "its only entry", "both of its entries", "all 15 of its entries" */
static const char *all_of(size_t count, const char *adjective, char *text, size_t size) {
    if (count == 1)
        snprintf(text, size, "its only %sentry", adjective);
    else
        snprintf(text, size, "all %zu of its %sentries", count, adjective);
    return text;
}

/* ---- the models: each returns 1 if it named the cause, 0 if not, -1 if memory ran out ---- */

static int add(gp_status status) {
    return status == GP_OK ? 1 : -1;
}

static int named_by_manner(const gp_case *c, gp_manner manner, const char *kind, const char *verb) {
    size_t first = 0, count = count_manner(c, manner, &first);
    char name[256];
    if (count == 0)
        return 0;
    name_entry(c, first, name, sizeof name);
    return add(gp_report_add_diagnosis(c->report, c->number, kind, NAN,
                                       "%zu of %zu entries of %s %s, the first is %s", count,
                                       c->block->entries, c->block->name, verb, name));
}

static int unwritten(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_UNWRITTEN, "unwritten",
                           "are never written by the gradient callback");
}

static int nonfinite(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_NONFINITE, "nonfinite", "are NaN or infinite");
}

static int accumulated(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_ACCUMULATED, "accumulated",
                           "are added to what is there instead of set: a second call returns more");
}

static int stale(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_STALE, "stale",
                           "belong to the point where the value was called last, not to x");
}

static int zero(const gp_case *c) {
    size_t missing = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!known(c, i) || c->a[i] != 0)
            return 0;
        missing += c->wrong[i];
    }
    return add(
        gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                "%s is zero in all %zu entries, but the derivative is not in "
                                "%zu",
                                c->block->name, c->block->entries, missing));
}

/* The best factor F in a = F d by weighted least squares, and how exactly it is known. */
static int best_factor(const gp_case *c, const unsigned char *rows, size_t row, double *factor,
                       double *error) {
    double numerator = 0, denominator = 0, largest = 0;
    size_t columns = c->block->dimensions == 2 ? c->block->shape[1] : 1;
    for (size_t i = 0; i < c->block->entries; i++)
        if (known(c, i) && (!rows || i / columns == row))
            largest = fmax(largest, fabs(c->d[i]));
    if (largest == 0)
        return -1;
    *error = INFINITY;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!known(c, i) || fabs(c->d[i]) <= c->b[i] || (rows && i / columns != row))
            continue;
        /* weight 1 / b^2, with a floor that keeps an exact entry from drowning the rest */
        double b = fmax(c->b[i], 1e-14 * largest);
        double d = c->d[i] / b, a = c->a[i] / b;
        numerator += a * d;
        denominator += d * d;
        *error = fmin(*error, fabs(c->a[i] / c->d[i]) * c->b[i] / fabs(c->d[i]));
    }
    if (!(denominator > 0))
        return -1;
    *factor = numerator / denominator;
    return 0;
}

static int factor_explains(const gp_case *c, double factor) {
    for (size_t i = 0; i < c->block->entries; i++)
        if (known(c, i) && !explains(c, i, factor * c->d[i], fabs(factor) * c->b[i]))
            return 0;
    return 1;
}

/* What a factor may come from; "" if it is no number people would know. */
static void factor_origin(const gp_case *c, double factor, double error, char *text, size_t size) {
    double batch = (double)c->evidence->function->batch_size;
    double slack = error + 1e-6 * fabs(factor);
    text[0] = '\0';
    if (batch > 1 && fabs(factor - batch) <= slack * 10)
        snprintf(text, size, ": the batch size, as if a sum stood where a mean belongs");
    else if (batch > 1 && fabs(factor - 1 / batch) <= slack * 10)
        snprintf(text, size, ": one over the batch size, as if the mean were taken twice");
    else if (fabs(factor - 2) <= slack)
        snprintf(text, size, ": a stray factor 2");
    else if (fabs(factor - 0.5) <= slack)
        snprintf(text, size, ": a missing factor 2");
}

static int is_plain(const gp_case *c, double factor, double error) {
    char text[128];
    factor_origin(c, factor, error, text, sizeof text);
    if (text[0])
        return 1;
    double large = fabs(factor) >= 1 ? factor : 1 / factor;
    return fabs(large) < 100.5 && fabs(large - round(large)) <= (1e-6 + error) * fabs(large);
}

static int scaled(const gp_case *c) {
    double factor, error;
    char origin[128], all[64];
    if (best_factor(c, NULL, 0, &factor, &error) || !factor_explains(c, factor))
        return 0;
    /* One number is some multiple of any other: a single entry is named only for a plain factor. */
    if (c->exercised < 2 && !is_plain(c, factor, error))
        return 0;
    all_of(c->exercised, "exercised ", all, sizeof all);
    if (fabs(factor + 1) <= error + 10 * c->tolerance->rtol)
        return add(gp_report_add_diagnosis(c->report, c->number, "sign", factor,
                                           "%s has the wrong sign in %s", c->block->name, all));
    factor_origin(c, factor, error, origin, sizeof origin);
    return add(gp_report_add_diagnosis(c->report, c->number, "scaled", factor,
                                       "%s is %.6f times the derivative in %s%s", c->block->name,
                                       factor, all, origin));
}

static int transposed(const gp_case *c) {
    if (!c->evidence->one_point || c->block->dimensions != 2 || c->exercised < 2)
        return 0;
    size_t rows = c->block->shape[0], columns = c->block->shape[1];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t to = j * rows + i, from = i * columns + j;
            if (!known(c, to) || !known(c, from))
                return 0;
            if (!explains(c, to, c->d[from], c->b[from]))
                return 0;
        }
    return add(gp_report_add_diagnosis(c->report, c->number, "transposed", NAN,
                                       "%s (%zu x %zu) holds its own transpose: entry [i][j] is "
                                       "where [j][i] of the %zu x %zu matrix belongs",
                                       c->block->name, rows, columns, columns, rows));
}

static int shifted(const gp_case *c) {
    size_t n = c->block->entries;
    if (!c->evidence->one_point || n < 3 || c->exercised < 2)
        return 0;
    for (int by = 1; by >= -1; by -= 2) {
        size_t matches = 0, misses = 0, telling = 0;
        for (size_t i = 0; i < n; i++) {
            if ((by == 1 && i == 0) || (by == -1 && i == n - 1))
                continue; /* what enters at the edge is anybody's guess */
            size_t from = by == 1 ? i - 1 : i + 1;
            if (known(c, i) && known(c, from) && explains(c, i, c->d[from], c->b[from])) {
                matches++;
                telling += c->wrong[i];
            } else {
                misses++;
            }
        }
        if (misses == 0 && telling >= 2)
            return add(gp_report_add_diagnosis(
                c->report, c->number, "shifted", by,
                "%s is shifted by one: entry i holds the derivative of entry i%s1", c->block->name,
                by == 1 ? "-" : "+"));
    }
    return 0;
}

static int swapped(const gp_case *c) {
    const gp_function *f = c->evidence->function;
    if (!c->evidence->one_point || c->exercised < 2)
        return 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *other = &f->block[k];
        if (k == c->number || other->entries != c->block->entries)
            continue;
        const double *d = c->evidence->d + other->offset, *b = c->evidence->b + other->offset;
        size_t i = 0;
        while (i < other->entries && known(c, i) && isfinite(b[i]) && explains(c, i, d[i], b[i]))
            i++;
        if (i == other->entries)
            return add(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                               "%s holds the derivative of %s", c->block->name,
                                               other->name));
    }
    return 0;
}

/* a - d = lambda x: weight decay that is there and shouldn't be, or the other way round. */
static int decay(const gp_case *c) {
    double numerator = 0, denominator = 0;
    size_t used = 0;
    if (!c->evidence->one_point)
        return 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!known(c, i) || c->x[i] == 0)
            continue;
        double weight = 1 / fmax(c->b[i] * c->b[i], 1e-300);
        numerator += weight * (c->a[i] - c->d[i]) * c->x[i];
        denominator += weight * c->x[i] * c->x[i];
        used++;
    }
    if (used < 3 || !(denominator > 0))
        return 0;
    double lambda = numerator / denominator;
    for (size_t i = 0; i < c->block->entries; i++)
        if (known(c, i) && !explains(c, i, c->d[i] + lambda * c->x[i], c->b[i]))
            return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "decay", lambda,
        lambda > 0 ? "%s has a stray %.6g times the parameters: weight decay that the value lacks"
                   : "%s lacks %.6g times the parameters: weight decay that the value has",
        c->block->name, fabs(lambda)));
}

/* Are errors confined to some rows (or columns), and right elsewhere? */
static int lines(const gp_case *c) {
    if (c->block->dimensions != 2 || c->wrongs < 2)
        return 0;
    size_t rows = c->block->shape[0], columns = c->block->shape[1];
    for (int by_row = 1; by_row >= 0; by_row--) {
        size_t count = by_row ? rows : columns, length = by_row ? columns : rows;
        size_t bad = 0, good = 0, full = 0;
        char list[128] = "";
        if (length < 2)
            continue;
        for (size_t r = 0; r < count; r++) {
            size_t wrong = 0, exercised = 0;
            for (size_t k = 0; k < length; k++) {
                size_t i = by_row ? r * columns + k : k * columns + r;
                wrong += c->wrong[i];
                exercised += known(c, i) && !is_zero(c, i);
            }
            if (wrong) {
                size_t used = strlen(list);
                if (bad < 8)
                    snprintf(list + used, sizeof list - used, "%s%zu", bad ? ", " : "", r);
                else if (bad == 8)
                    snprintf(list + used, sizeof list - used, ", ...");
                bad++;
                full += wrong >= 2 && 2 * wrong > exercised;
            } else {
                good += exercised > 0;
            }
        }
        if (bad == 0 || full != bad || good < bad)
            continue;
        return add(gp_report_add_diagnosis(
            c->report, c->number, by_row ? "rows" : "columns", NAN,
            "%s is wrong in %s %s and right in the other %zu that are exercised: look at %s",
            c->block->name,
            by_row ? (bad == 1 ? "row" : "rows") : (bad == 1 ? "column" : "columns"), list, good,
            by_row ? "what is particular to these units" : "these inputs of the layer"));
    }
    return 0;
}

static int entries(const gp_case *c) {
    size_t right = 0, first = 0, listed = 0;
    char list[256] = "";
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!c->wrong[i]) {
            right += known(c, i);
            continue;
        }
        if (listed == 0)
            first = i;
        if (listed++ < 4) {
            char name[160];
            size_t used = strlen(list);
            name_entry(c, i, name, sizeof name);
            snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : "", name);
        }
    }
    /* "A few" must be few: else there is a pattern that we don't know. */
    if (c->wrongs > 3 && c->wrongs > right / 10)
        return 0;
    if (right < c->wrongs)
        return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "entries", NAN,
        "%zu %s of %s %s wrong and %zu right: %s%s; %s by %.6g in the first", c->wrongs,
        c->wrongs == 1 ? "entry" : "entries", c->block->name, c->wrongs == 1 ? "is" : "are", right,
        list, c->wrongs > 4 ? ", ..." : "", c->a[first] > c->d[first] ? "too large" : "too small",
        fabs(c->a[first] - c->d[first])));
}

static int (*const MODELS[])(const gp_case *) = {unwritten, accumulated, nonfinite,  stale,
                                                 zero,      scaled,      transposed, shifted,
                                                 swapped,   decay,       lines,      entries};

/* ---- what follows from what ----------------------------------------------------- */

/* The error that flows back through stage s is wrong if every exercised block of that stage is. */
static int stage_is_wrong(const gp_function *f, const unsigned char *refuted,
                          const unsigned char *exercised, unsigned stage) {
    int blocks = 0;
    for (size_t k = 0; k < f->blocks; k++)
        if (f->block[k].stage == stage && exercised[k]) {
            blocks++;
            if (!refuted[k])
                return 0;
        }
    return blocks > 1; /* one block alone may be wrong for itself */
}

static const gp_diagnosis *own_diagnosis(const gp_report *r, size_t k) {
    return r->block[k].result.diagnoses ? &r->block[k].diagnosis[0] : NULL;
}

/* A block follows from a stage nearer the loss if that stage is wrong altogether, so are all stages
 * between, and the block has no cause of its own: none at all, or the factor of that stage. */
static int follows_from(const gp_function *f, const gp_report *r, const unsigned char *refuted,
                        const unsigned char *exercised, size_t k, unsigned last_stage,
                        size_t *source) {
    const gp_diagnosis *own = own_diagnosis(r, k);
    unsigned stage = f->block[k].stage;
    if (stage == 0)
        return 0;
    for (unsigned s = stage + 1; s <= last_stage; s++)
        if (!stage_is_wrong(f, refuted, exercised, s))
            return 0;
        else
            for (size_t j = 0; j < f->blocks; j++) {
                const gp_diagnosis *theirs = own_diagnosis(r, j);
                if (f->block[j].stage != s || !refuted[j])
                    continue;
                int same = own && theirs && strcmp(own->kind, theirs->kind) == 0 &&
                           (strcmp(own->kind, "scaled") == 0 || strcmp(own->kind, "sign") == 0) &&
                           fabs(own->factor - theirs->factor) <= 1e-3 * fabs(theirs->factor);
                if (!own || same) {
                    *source = j;
                    return 1;
                }
            }
    return 0;
}

static gp_status finish(gp_report *r, const gp_evidence *evidence, const unsigned char *refuted,
                        const unsigned char *exercised) {
    const gp_function *f = evidence->function;
    unsigned last_stage = 0;
    for (size_t k = 0; k < f->blocks; k++)
        last_stage = f->block[k].stage > last_stage ? f->block[k].stage : last_stage;
    size_t *source = malloc(f->blocks * sizeof *source);
    if (!source)
        return GP_ERROR_MEMORY;
    for (size_t k = 0; k < f->blocks; k++) {
        source[k] = SIZE_MAX;
        if (refuted[k] && !follows_from(f, r, refuted, exercised, k, last_stage, &source[k]))
            source[k] = SIZE_MAX;
    }
    gp_status status = GP_OK;
    for (size_t k = 0; k < f->blocks && status == GP_OK; k++) {
        if (!refuted[k])
            continue;
        if (source[k] != SIZE_MAX) {
            gp_report_block_data *block = &r->block[k];
            double factor = block->result.diagnoses ? block->diagnosis[0].factor : NAN;
            for (size_t q = 0; q < block->result.diagnoses; q++)
                free((char *)block->diagnosis[q].message);
            block->result.diagnoses = 0;
            status = gp_report_add_diagnosis(
                r, k, "downstream", factor,
                "%s may be wrong only because %s is, nearer the loss: look there first",
                f->block[k].name, f->block[source[k]].name);
        } else if (!own_diagnosis(r, k)) {
            status = gp_report_add_diagnosis(
                r, k, "unknown", NAN,
                "%s is wrong in %zu entries, and no pattern explains all of them", f->block[k].name,
                r->block[k].result.count[GP_ENTRY_REFUTED]);
        }
    }
    free(source);
    return status;
}

gp_status gp_diagnose(const gp_evidence *evidence, gp_report *r) {
    const gp_function *f = evidence->function;
    unsigned char *refuted = calloc(2 * f->blocks, 1);
    if (!refuted)
        return GP_ERROR_MEMORY;
    unsigned char *exercised = refuted + f->blocks;
    gp_status status = GP_OK;
    for (size_t k = 0; k < f->blocks && status == GP_OK; k++) {
        size_t at = f->block[k].offset;
        gp_case c = {.evidence = evidence,
                     .block = &f->block[k],
                     .number = k,
                     .x = evidence->x + at,
                     .a = evidence->a + at,
                     .d = evidence->d + at,
                     .b = evidence->b + at,
                     .wrong = evidence->wrong + at,
                     .manner = evidence->manner + at,
                     .tolerance = &evidence->tolerance[k],
                     .report = r};
        for (size_t i = 0; i < c.block->entries; i++) {
            c.known += (size_t)known(&c, i);
            c.wrongs += c.wrong[i];
            c.exercised += known(&c, i) && !is_zero(&c, i);
        }
        exercised[k] = c.exercised > 0;
        refuted[k] = c.wrongs > 0;
        int named = 0;
        for (size_t m = 0; refuted[k] && !named && m < sizeof MODELS / sizeof *MODELS; m++)
            named = MODELS[m](&c);
        if (named < 0)
            status = GP_ERROR_MEMORY;
    }
    if (status == GP_OK)
        status = finish(r, evidence, refuted, exercised);
    free(refuted);
    return status;
}

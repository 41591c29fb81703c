/* See causes.h. Notation: a the gradient under test, d the estimate, b its bound, all over the
 * entries of one block; tau as in verdict.h. A model m explains entry i if |a_i - m_i| <= tau_i +
 * (bound on m_i's error). */
#include "judge/causes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_estimate(double b) {
    return b > 0 && isfinite(b);
}

int gp_case_known(const gp_case *c, size_t i) {
    return is_estimate(c->b[i]) && isfinite(c->a[i]);
}

/* A rearrangement is told by the estimates that there are, which may be those of a sample: by so
 * many, or by most entries of a small block. */
static int enough_compared(const gp_case *c, size_t compared) {
    return compared >= 8 || 2 * compared > c->block->entries;
}

int gp_case_zero(const gp_case *c, size_t i) {
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
                           "are never written by the callback");
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
    size_t missing = 0, known = 0;
    char of[64] = "";
    for (size_t i = 0; i < c->block->entries; i++) {
        if (c->a[i] != 0)
            return 0;
        missing += c->wrong[i];
        known += gp_case_known(c, i);
    }
    if (c->sampled)
        snprintf(of, sizeof of, " of the %zu that were looked at", known);
    return add(gp_report_add_diagnosis(c->report, c->number, "zero", 0,
                                       "%s is zero in %s%zu %s, but the derivative is not in %zu%s",
                                       c->block->name, c->block->entries == 1 ? "its " : "all ",
                                       c->block->entries,
                                       c->block->entries == 1 ? "entry" : "entries", missing, of));
}

/* A mistake that the function itself knows. */
static int suspected(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    if (!c->one_point || !e->suspect[c->number] || c->block->derivative)
        return 0;
    const gp_suspect *suspect = &e->function->suspect[e->suspect[c->number] - 1];
    return add(gp_report_add_diagnosis(c->report, c->number, suspect->kind, NAN,
                                       "%s is what comes out where %s", c->block->name,
                                       suspect->text));
}

/* Entries first, first + step, ..., `count` of them: a block, a row of a matrix, a column. */
typedef struct gp_slice {
    size_t first, step, count;
} gp_slice;

static gp_slice whole(const gp_case *c) {
    return (gp_slice){0, 1, c->block->entries};
}

static gp_slice slice_row(const gp_case *c, size_t row) {
    size_t columns = c->block->entries / c->block->shape[0];
    return (gp_slice){row * columns, 1, columns};
}

static gp_slice slice_column(const gp_case *c, size_t column) {
    return (gp_slice){column, c->block->entries / c->block->shape[0], c->block->shape[0]};
}

/* The best factor F in a = F d by weighted least squares over a slice, and how exactly it is known.
 */
static int best_factor(const gp_case *c, gp_slice s, double *factor, double *error) {
    double numerator = 0, denominator = 0, largest = 0;
    for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
        if (gp_case_known(c, i))
            largest = fmax(largest, fabs(c->d[i]));
    if (largest == 0)
        return -1;
    *error = INFINITY;
    for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step) {
        if (!gp_case_known(c, i) || fabs(c->d[i]) <= c->b[i])
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

static int factor_explains(const gp_case *c, gp_slice s, double factor) {
    for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
        if (gp_case_known(c, i) && !explains(c, i, factor * c->d[i], fabs(factor) * c->b[i]))
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

/* lambda of a - d = lambda x by weighted least squares; -1 where there is none to be had. */
static int best_decay(const gp_case *c, double *lambda) {
    double numerator = 0, denominator = 0, widest = 0;
    size_t used = 0;
    if (!c->one_point || c->block->derivative)
        return -1;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i))
            widest = fmax(widest, c->b[i]);
    if (widest == 0)
        widest = 1;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!gp_case_known(c, i) || c->x[i] == 0)
            continue;
        double b = fmax(c->b[i] / widest, 1e-12); /* in units that neither overflow nor vanish */
        double off = (c->a[i] - c->d[i]) / b, x = c->x[i] / b;
        numerator += off * x;
        denominator += x * x;
        used++;
    }
    if (used < 3 || !(denominator > 0))
        return -1;
    *lambda = numerator / denominator;
    return 0;
}

/* The largest |a - m| / b, m = factor d + lambda x: how far a model is from explaining all by noise
 * alone. */
static double misfit(const gp_case *c, double factor, double lambda) {
    double worst = 0;
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i) && c->b[i] > 0)
            worst = fmax(worst,
                         fabs(c->a[i] - factor * c->d[i] - (lambda != 0 ? lambda * c->x[i] : 0)) /
                             c->b[i]);
    return worst;
}

/* The chance that unrelated errors of this size look like one factor: that each entry but the one
 * which the factor was read from agrees with it within its own bound. */
static double chance_of_factor(const gp_case *c, double factor) {
    double all = 1, sharpest = 1;
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(factor - 1) * fabs(c->d[i]);
        if (!gp_case_known(c, i) || !(off > 2 * c->b[i]))
            continue;
        double chance = fmax(2 * c->b[i] / off, 1e-6);
        all *= chance;
        sharpest = fmin(sharpest, chance);
    }
    return all / sharpest;
}

static int scaled(const gp_case *c) {
    double factor, error;
    char origin[128], all[64];
    if (best_factor(c, whole(c), &factor, &error) || !factor_explains(c, whole(c), factor))
        return 0;
    /* Close to 1 a little decay looks like a factor: the better explanation counts. */
    double lambda;
    if (fabs(factor - 1) <= 100 * c->tolerance->rtol && !best_decay(c, &lambda) &&
        misfit(c, 1, lambda) < 0.1 * misfit(c, factor, 0))
        return 0;
    /* One number is some multiple of any other: a single entry is named only for a plain factor,
     * and a single one that can tell not on behalf of many that can't. */
    int plain = is_plain(c, factor, error);
    if (c->exercised < 2 ? !plain : chance_of_factor(c, factor) > (plain ? 0.1 : 1e-3))
        return 0;
    all_of(c->exercised, c->sampled ? "sampled " : "exercised ", all, sizeof all);
    if (fabs(factor + 1) <= error + 10 * c->tolerance->rtol)
        return add(gp_report_add_diagnosis(c->report, c->number, "sign", factor,
                                           "%s has the wrong sign in %s", c->block->name, all));
    factor_origin(c, factor, error, origin, sizeof origin);
    return add(gp_report_add_diagnosis(c->report, c->number, "scaled", factor,
                                       "%s is %.6f times the derivative in %s%s", c->block->name,
                                       factor, all, origin));
}

/* A matrix has rows and columns; so has a Jacobian, outputs by inputs of whatever shape. */
static int is_matrix(const gp_case *c, size_t *rows, size_t *columns) {
    const gp_block *block = c->block;
    if (block->row || (block->dimensions != 2 && !(block->derivative && block->dimensions > 2)))
        return 0;
    *rows = block->shape[0];
    *columns = block->entries / *rows;
    return 1;
}

static int transposed(const gp_case *c) {
    size_t rows, columns, compared = 0;
    if (!c->one_point || !is_matrix(c, &rows, &columns) || c->exercised < 2)
        return 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t to = j * rows + i, from = i * columns + j;
            if (!is_estimate(c->b[from]))
                continue;
            if (!isfinite(c->a[to]) || !explains(c, to, c->d[from], c->b[from]))
                return 0;
            compared++;
        }
    if (!enough_compared(c, compared))
        return 0;
    return add(gp_report_add_diagnosis(c->report, c->number, "transposed", NAN,
                                       "%s (%zu x %zu) holds its own transpose: entry [i][j] is "
                                       "where [j][i] of the %zu x %zu matrix belongs",
                                       c->block->name, rows, columns, columns, rows));
}

static int shifted(const gp_case *c) {
    size_t n = c->block->entries;
    if (!c->one_point || n < 3 || c->exercised < 2)
        return 0;
    for (int by = 1; by >= -1; by -= 2) {
        size_t matches = 0, misses = 0, telling = 0;
        for (size_t i = 0; i < n; i++) {
            if ((by == 1 && i == 0) || (by == -1 && i == n - 1))
                continue; /* what enters at the edge is anybody's guess */
            size_t from = by == 1 ? i - 1 : i + 1;
            if (!is_estimate(c->b[from]))
                continue;
            if (isfinite(c->a[i]) && explains(c, i, c->d[from], c->b[from])) {
                matches++;
                telling += c->wrong[i];
            } else {
                misses++;
            }
        }
        if (misses == 0 && telling >= 2 && enough_compared(c, matches))
            return add(gp_report_add_diagnosis(
                c->report, c->number, "shifted", by,
                "%s is shifted by one: entry i holds the derivative of entry i%s1", c->block->name,
                by == 1 ? "-" : "+"));
    }
    return 0;
}

static int swapped(const gp_case *c) {
    const gp_function *f = c->evidence->function;
    if (!c->one_point || c->exercised < 2)
        return 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *other = &f->block[k];
        if (k == c->number || other->entries != c->block->entries)
            continue;
        const gp_numbers *given = &c->evidence->given;
        const double *d = given->d + other->offset, *b = given->b + other->offset;
        size_t compared = 0, misses = 0;
        for (size_t i = 0; i < other->entries; i++) {
            if (!is_estimate(b[i]))
                continue;
            compared++;
            misses += !isfinite(c->a[i]) || !explains(c, i, d[i], b[i]);
        }
        if (misses == 0 && enough_compared(c, compared))
            return add(gp_report_add_diagnosis(c->report, c->number, "swapped", NAN,
                                               "%s holds the derivative of %s", c->block->name,
                                               other->name));
    }
    return 0;
}

/* a - d = lambda x: weight decay that is there and shouldn't be, or the other way round. */
static int decay(const gp_case *c) {
    double lambda;
    size_t telling = 0;
    if (best_decay(c, &lambda))
        return 0;
    for (size_t i = 0; i < c->block->entries; i++)
        telling += gp_case_known(c, i) && fabs(lambda * c->x[i]) > 4 * c->b[i];
    if (telling < 3)
        return 0; /* few numbers are some multiple of any others */
    for (size_t i = 0; i < c->block->entries; i++)
        if (gp_case_known(c, i) && !explains(c, i, c->d[i] + lambda * c->x[i], c->b[i]))
            return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "decay", lambda,
        lambda > 0 ? "%s has a stray %.6g times the parameters: weight decay that the value lacks"
                   : "%s lacks %.6g times the parameters: weight decay that the value has",
        c->block->name, fabs(lambda)));
}

static int reversed(const gp_case *c) {
    size_t n = c->block->entries, telling = 0, compared = 0;
    if (!c->one_point || n < 3 || c->exercised < 2)
        return 0;
    for (size_t i = 0; i < n; i++) {
        size_t from = n - 1 - i;
        if (!is_estimate(c->b[from]))
            continue;
        if (!isfinite(c->a[i]) || !explains(c, i, c->d[from], c->b[from]))
            return 0;
        compared++;
        telling += c->wrong[i] || c->wrong[from];
    }
    return telling < 2 || !enough_compared(c, compared)
               ? 0
               : add(gp_report_add_diagnosis(
                     c->report, c->number, "reversed", NAN,
                     "%s is in reverse order: entry i holds the derivative of entry %zu-i",
                     c->block->name, n - 1));
}

/* a = |d| where some d are negative: a square root of a square, or an absolute value too many. */
static int absolute(const gp_case *c) {
    size_t turned = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!is_estimate(c->b[i]) && c->sampled)
            continue;
        if (!gp_case_known(c, i) || !explains(c, i, fabs(c->d[i]), c->b[i]))
            return 0;
        turned += c->wrong[i];
    }
    return turned < 2
               ? 0
               : add(gp_report_add_diagnosis(
                     c->report, c->number, "absolute", NAN,
                     "%s holds the absolute value of the derivative: the sign is lost in %zu "
                     "entries",
                     c->block->name, turned));
}

/* Do all entries of a slice hold one and the same number? */
static int is_level(const gp_case *c, gp_slice s) {
    double largest = 0;
    for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
        largest = fmax(largest, fabs(c->a[i]));
    double slack = 4 * gp_dtype_epsilon(c->evidence->function->dtype) * largest;
    for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
        if (!isfinite(c->a[i]) || fabs(c->a[i] - c->a[s.first]) > slack)
            return 0;
    return largest > 0;
}

/* One number for many entries, where the derivative has many: a sum over the wrong axis, then
 * spread. */
static int broadcast(const gp_case *c) {
    if (c->block->entries < 3 || c->wrongs < 2)
        return 0;
    if (is_level(c, whole(c)))
        return add(gp_report_add_diagnosis(
            c->report, c->number, "broadcast", NAN,
            "%s holds the same number, %.6g, in all %zu entries: a sum over the wrong axis, spread "
            "over the block",
            c->block->name, c->a[0], c->block->entries));
    size_t rows, columns;
    if (!is_matrix(c, &rows, &columns))
        return 0;
    for (int by_row = 1; by_row >= 0; by_row--) {
        size_t count = by_row ? rows : columns, length = by_row ? columns : rows, level = 0;
        size_t dead = 0;
        for (size_t r = 0; r < count && length > 2 && count > 1; r++) {
            gp_slice s = by_row ? slice_row(c, r) : slice_column(c, r);
            size_t zeros = 0;
            for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
                zeros += c->a[i] == 0;
            if (zeros == s.count)
                dead++;
            else
                level += (size_t)is_level(c, s);
        }
        if (level > 0 && level + dead == count)
            return add(gp_report_add_diagnosis(
                c->report, c->number, "broadcast", NAN,
                "each %s of %s holds one number for all its entries: a sum over the wrong axis, "
                "spread over the %s",
                by_row ? "row" : "column", c->block->name, by_row ? "row" : "column"));
    }
    return 0;
}

/* One example's derivative for that of all: as if it were all of them, or the share that it has in
 * their mean, when a sum over examples keeps its last term alone. */
static int sample(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    static const char *const which[] = {"first", "last"};
    size_t examples = e->function->examples;
    for (int k = 0; k < 4; k++) {
        int one = k % 2, shared = k / 2;
        double share = shared && examples ? 1 / (double)examples : 1;
        if (!c->one_point || !e->example_d[one] || c->exercised < 2 || c->block->derivative)
            continue;
        const double *d = e->example_d[one] + (c->x - e->x);
        const double *b = e->example_b[one] + (c->x - e->x);
        size_t i = 0, telling = 0;
        for (; i < c->block->entries; i++) {
            if (!isfinite(c->a[i]))
                break;
            if (!isfinite(b[i]))
                continue; /* not looked at */
            if (!explains(c, i, share * d[i], share * b[i]))
                break;
            telling += c->wrong[i] && fabs(share * d[i]) > share * b[i];
        }
        if (i == c->block->entries && telling >= 2)
            return add(gp_report_add_diagnosis(
                c->report, c->number, "sample", NAN,
                shared ? "%s is the share of the %s example alone instead of the mean over all %zu"
                       : "%s is the derivative over the %s example alone instead of over all %zu",
                c->block->name, which[one], examples));
    }
    return 0;
}

/* The gradient stays the same where the derivative doesn't. */
static int stored(const gp_case *c) {
    return c->evidence->stored && c->evidence->stored[c->number]
               ? add(gp_report_add_diagnosis(
                     c->report, c->number, "stale", NAN,
                     "%s doesn't change when x does, but the derivative changes: it belongs to a "
                     "point that was stored before",
                     c->block->name))
               : 0;
}

/* The same, and at the given point it was right: that leaves nothing else. */
static int stored_here(const gp_case *c) {
    const unsigned char *wrong = c->evidence->given.wrong + c->block->offset;
    return memchr(wrong, 1, c->block->entries) ? 0 : stored(c);
}

/* A factor of its own for each row, or each column: one factor of the chain rule left out or put
 * in. */
static int line_factors(const gp_case *c) {
    size_t rows, columns;
    if (!is_matrix(c, &rows, &columns))
        return 0;
    for (int by_row = 1; by_row >= 0; by_row--) {
        size_t count = by_row ? rows : columns, telling = 0, r = 0;
        double low = INFINITY, high = -INFINITY;
        for (; r < count; r++) {
            gp_slice s = by_row ? slice_row(c, r) : slice_column(c, r);
            double factor, error;
            size_t exercised = 0;
            for (size_t k = 0, i = s.first; k < s.count; k++, i += s.step)
                exercised += gp_case_known(c, i) && !gp_case_zero(c, i);
            if (exercised == 0)
                continue;
            if (best_factor(c, s, &factor, &error) || !factor_explains(c, s, factor))
                break;
            if (exercised < 3)
                continue; /* few numbers are some multiple of any others */
            telling++;
            low = fmin(low, factor);
            high = fmax(high, factor);
        }
        if (r == count && telling >= 2)
            return add(gp_report_add_diagnosis(
                c->report, c->number, by_row ? "rows" : "columns", NAN,
                "each %s of %s is a multiple of its derivative, by factors from %.6g to %.6g: a "
                "factor "
                "of the chain rule that belongs to the %s is missing or stray",
                by_row ? "row" : "column", c->block->name, low, high,
                c->block->derivative && by_row ? "outputs"
                : by_row                       ? "units"
                                               : "inputs"));
    }
    return 0;
}

/* Are errors confined to some rows (or columns), and right elsewhere? */
static int lines(const gp_case *c) {
    size_t rows, columns;
    if (!is_matrix(c, &rows, &columns) || c->wrongs < 2 || c->sampled)
        return 0;
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
                exercised += gp_case_known(c, i) && !gp_case_zero(c, i);
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
            c->block->derivative ? (by_row ? "these outputs" : "these inputs")
            : by_row             ? "what is particular to these units"
                                 : "these inputs of the layer"));
    }
    return 0;
}

static int entries(const gp_case *c) {
    if (c->sampled)
        return 0; /* those that weren't drawn may be wrong as well */
    size_t right = 0, first = 0, listed = 0, doubtful = 0;
    double smallest = INFINITY, least = INFINITY; /* error of the wrong entries; relative error */
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(c->a[i] - c->d[i]);
        if (!c->wrong[i] || !gp_case_known(c, i))
            continue;
        smallest = fmin(smallest, off);
        least = fmin(least, off / fmax(fabs(c->a[i]), fabs(c->d[i])));
    }
    char list[256] = "";
    for (size_t i = 0; i < c->block->entries; i++) {
        if (!c->wrong[i]) {
            right += gp_case_known(c, i);
            if (!gp_case_known(c, i))
                continue;
            /* Off, if within the tolerance, or able to hide an error as large: the wrong ones may
             * be but the tip of something else. */
            double size = fmax(fabs(c->a[i]), fabs(c->d[i])), off = fabs(c->a[i] - c->d[i]);
            int zero = gp_case_zero(c, i); /* hides nothing if a is 0, and anything if not */
            doubtful += off > 4 * c->b[i] + 0.01 * c->tolerance->rtol * size ||
                        c->b[i] > 0.1 * smallest ||
                        (zero ? c->a[i] != 0 : off + c->b[i] > 0.5 * least * size);
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
    if (right < c->wrongs || doubtful > right / 5)
        return 0;
    return add(gp_report_add_diagnosis(
        c->report, c->number, "entries", NAN,
        "%zu %s of %s %s wrong and %zu right: %s%s; %s by %.6g in the first", c->wrongs,
        c->wrongs == 1 ? "entry" : "entries", c->block->name, c->wrongs == 1 ? "is" : "are", right,
        list, c->wrongs > 4 ? ", ..." : "", c->a[first] > c->d[first] ? "too large" : "too small",
        fabs(c->a[first] - c->d[first])));
}

/* What adds looks unwritten where it adds nothing: accumulated goes first. */
static int (*const MODELS[])(const gp_case *) = {
    accumulated, unwritten,  nonfinite, stale,    zero,    stored_here,
    suspected,   scaled, /* plain up to here */
    sample,      transposed, shifted,   reversed, swapped, broadcast,
    decay,       absolute,   stored,    lines,    entries, line_factors};
enum { PLAIN = 8 };

int gp_name_cause(const gp_case *c, int plain) {
    int named = 0;
    for (size_t m = 0; !named && m < (plain ? PLAIN : sizeof MODELS / sizeof *MODELS); m++)
        named = MODELS[m](c);
    return named;
}

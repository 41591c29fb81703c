/* See phrases.h. */
#include "report/phrases.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report/stream.h"
#include "system/text.h"

/* Text that grows within its room and is cut off at its end. */
typedef struct gp_words {
    char *text;
    size_t used, size;
} gp_words;

static void add(gp_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(gp_words *w, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
    va_end(arguments);
    size_t most = w->size - 1 - w->used;
    w->used += length < 0 ? 0 : (size_t)length < most ? (size_t)length : most;
}

void gp_write_shape(const gp_block_result *block, char *text, size_t size) {
    gp_words w = {text, 0, size};
    text[0] = '\0';
    for (size_t k = 0; k < block->dimensions; k++)
        add(&w, "%s%zu", k ? " x " : "", block->shape[k]);
    if (block->dimensions == 0)
        add(&w, "scalar");
}

int gp_has_directions(const gp_report *r) {
    for (size_t k = 0; k < r->blocks; k++)
        if (r->block[k].result.directions)
            return 1;
    return 0;
}

const char *gp_write_count(uint64_t count, char text[GP_COUNT_SIZE]) {
    char digits[GP_COUNT_SIZE];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t used = 0;
    for (size_t k = 0; k < length; k++) {
        if (k && (length - k) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[k];
    }
    text[used] = '\0';
    return text;
}

const char *gp_precision(const gp_report *r) {
    return r->dtype == GP_FLOAT64         ? "float64"
           : r->value_dtype == GP_FLOAT64 ? "float32 against a float64 value"
                                          : "float32";
}

const char *gp_strategy_word(gp_strategy strategy) {
    static const char *const words[] = {"auto", "full", "project", "sample"};
    return words[strategy];
}

/* "19 million" for 1/19e6, never more than that; 0 where no such words fit. */
static int write_parts(double share, char *text, size_t size) {
    static const struct {
        double size;
        const char *word;
    } UNITS[] = {{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}, {1, ""}};
    double parts = (1 + 1e-6) / share; /* 1 - (1 - 1e-9) is a little more than 1e-9 */
    char digits[GP_COUNT_SIZE];
    size_t k = 0;
    if (!(parts >= 2 && parts < 1e15))
        return 0;
    while (parts < UNITS[k].size)
        k++;
    double number = parts / UNITS[k].size, unit = pow(10, floor(log10(number)) - 1);
    number = floor(number / unit) * unit; /* two digits */
    if (number == 1)
        snprintf(digits, sizeof digits, "a");
    else if (number < 10)
        snprintf(digits, sizeof digits, "%.2g", number);
    else
        gp_write_count((uint64_t)(number + 0.5), digits);
    snprintf(text, size, "%s%s", digits, UNITS[k].word);
    return 1;
}

/* "one part in 19 million" of a relative size, "one in a billion" of a probability (`of` ""). */
static void add_share(gp_words *w, double share, const char *of) {
    char parts[64];
    if (write_parts(share, parts, sizeof parts))
        add(w, "one%s in %s", of, parts);
    else
        add(w, "%.1e", share);
}

/* What of a report is what, in numbers. */
typedef struct gp_tally {
    size_t blocks[GP_FAILED + 1]; /* by verdict */
    size_t count[GP_ENTRY_STATUSES];
    size_t looked; /* entries by themselves */
} gp_tally;

static gp_tally tally_of(const gp_report *r) {
    gp_tally t = {{0}, {0}, 0};
    for (size_t k = 0; k < r->blocks; k++) {
        t.blocks[r->block[k].result.verdict]++;
        for (int s = 0; s < GP_ENTRY_STATUSES; s++)
            t.count[s] += r->block[k].result.count[s];
    }
    t.looked = r->n - t.count[GP_ENTRY_UNCHECKED];
    return t;
}

void gp_write_doubt(const gp_report *r, char *text, size_t size) {
    gp_words w = {text, 0, size};
    gp_tally t = tally_of(r);
    char some[GP_COUNT_SIZE], all[GP_COUNT_SIZE];
    size_t limits[GP_LIMITS] = {0};
    const char *separator = "";
    text[0] = '\0';
    gp_write_count(r->n, all);
    if (r->interrupted) {
        add(&w, "%s when %s of %s numbers had been looked at",
            r->spent ? "the budget was spent" : "it was interrupted",
            gp_write_count(t.looked, some), all);
        return;
    }
    if (r->exercised == 0) {
        add(&w, "at no point that was tried does any of the numbers matter to the result");
        return;
    }
    if (t.count[GP_ENTRY_UNRESOLVED] == 0) {
        add(&w, "what was seen does not exclude an error of the tolerance, %.0e", r->rtol);
        return;
    }
    add(&w, "%s of %s numbers could not be decided (",
        gp_write_count(t.count[GP_ENTRY_UNRESOLVED], some), all);
    for (size_t k = 0; k < r->blocks; k++)
        for (int limit = 0; limit < GP_LIMITS; limit++)
            limits[limit] += r->block[k].limits[limit];
    for (int limit = 0; limit < GP_LIMITS; limit++)
        if (limits[limit]) {
            add(&w, "%s%s %zu", separator, gp_limit_string((gp_limit)limit), limits[limit]);
            separator = ", ";
        }
    add(&w, ")");
}

/* "; 12 numbers were not looked at" */
static void add_unseen(gp_words *w, const gp_report *r, const gp_tally *t) {
    char some[GP_COUNT_SIZE];
    size_t zeros = t->count[GP_ENTRY_UNEXERCISED], unchecked = t->count[GP_ENTRY_UNCHECKED];
    if (gp_has_directions(r)) {
        add(w, "; %s numbers were not looked at one by one", t->looked ? "most" : "single");
        return;
    }
    if (unchecked && !r->interrupted) /* which has been said */
        add(w, "; %s %s not looked at", gp_write_count(unchecked, some),
            gp_plural(unchecked, "number was", "numbers were"));
    if (zeros)
        add(w, "; %s %s zero wherever it was tried, which proves little",
            gp_write_count(zeros, some), gp_plural(zeros, "number is", "numbers are"));
    if (!zeros && !unchecked)
        add(w, "; nothing was left out%s", r->verdict == GP_INCONCLUSIVE ? " otherwise" : "");
}

/* "an error larger than one part in 19 million in any of them would have been found" */
static void add_certainty(gp_words *w, const gp_report *r, const char *in_them) {
    if (!(r->resolution > 0)) {
        add(w, "no error beyond rounding was seen%s", in_them);
        return;
    }
    add(w, "an error larger than ");
    add_share(w, r->resolution, " part");
    if (gp_has_directions(r)) {
        add(w, " of a block would have been missed with a probability of at most ");
        add_share(w, 1 - r->confidence, "");
    } else {
        add(w, "%s would have been found", in_them);
    }
}

static void summarise_verified(gp_words *w, const gp_report *r, const gp_tally *t) {
    char all[GP_COUNT_SIZE], some[GP_COUNT_SIZE];
    gp_write_count(r->n, all);
    add(w, "The derivative code of %s is right: ", r->function);
    if (gp_has_directions(r))
        add(w,
            "along random directions through all %s of its numbers it agrees with independent "
            "measurements",
            all);
    else if (t->looked < r->n)
        add(w,
            "the %s of its %s numbers that were looked at agree, each with an independent "
            "estimate",
            gp_write_count(t->looked, some), all);
    else if (r->n == 1)
        add(w, "its one number agrees with an independent estimate");
    else
        add(w, "all %s of its numbers agree, each with an independent estimate", all);
    add(w, ", and ");
    add_certainty(w, r, t->looked == 1 ? " in it" : " in any of them");
    add_unseen(w, r, t);
    add(w, ".");
}

static void summarise_refuted(gp_words *w, const gp_report *r, const gp_tally *t) {
    enum { NAMED = 4 };
    size_t wrong = t->blocks[GP_REFUTED], named = 0;
    const char *where = gp_report_refuted(r);
    add(w, "The derivative code of %s is wrong", r->function);
    for (size_t k = 0; k < r->blocks; k++)
        if (r->block[k].result.verdict == GP_REFUTED && named++ < NAMED)
            add(w, "%s%s", named == 1 ? " in " : named == wrong ? " and " : ", ", r->block[k].name);
    if (wrong > NAMED)
        add(w, " and %zu more", wrong - NAMED);
    if (wrong)
        add(w, ", %zu of its %zu %s", wrong, r->blocks, gp_plural(r->blocks, "part", "parts"));
    else
        add(w, ", in a part that was not located");
    if (where && strcmp(where, gp_report_point(r, 0)) != 0)
        add(w, " (%s)", where);
    add(w, "; each difference was confirmed by a second measurement");
    if (t->blocks[GP_VERIFIED] && r->resolution > 0) {
        add(w, ", and in the %s that %s right ", gp_plural(t->blocks[GP_VERIFIED], "part", "parts"),
            gp_plural(t->blocks[GP_VERIFIED], "is", "are"));
        add_certainty(w, r, " in any of the numbers");
    }
    add_unseen(w, r, t);
    add(w, ".");
}

void gp_write_summary(const gp_report *r, char text[GP_SUMMARY_SIZE]) {
    gp_words w = {text, 0, GP_SUMMARY_SIZE};
    gp_tally t = tally_of(r);
    char doubt[256];
    text[0] = '\0';
    switch (r->verdict) {
    case GP_VERIFIED:
        summarise_verified(&w, r, &t);
        return;
    case GP_REFUTED:
        summarise_refuted(&w, r, &t);
        return;
    case GP_FAILED:
        add(&w, "The derivative code of %s could not be checked, and nothing is proved: %s.",
            r->function, r->failure);
        return;
    case GP_INCONCLUSIVE:
        break;
    }
    gp_write_doubt(r, doubt, sizeof doubt);
    add(&w, "Nothing wrong was found in the derivative code of %s, and it is not proved right: %s",
        r->function, doubt);
    add_unseen(&w, r, &t);
    add(&w, ".");
}

static gp_status print_summary(const gp_report *r, FILE *stream, void *context) {
    char text[GP_SUMMARY_SIZE];
    (void)context;
    gp_write_summary(r, text);
    fputs(text, stream);
    return GP_OK;
}

gp_status gp_report_write_summary(const gp_report *r, FILE *stream) {
    return gp_print_plain(r, stream, print_summary, NULL);
}

/* Before any number is compared: do the callbacks set every entry, and do the same thing twice? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/contract.h"
#include "search/repeat.h"
#include "system/vector.h"

static gp_outcome fail(gp_check_state *c, const char *kind, const char *message) {
    gp_evaluator_fault(c->evaluator, kind, "%s", message);
    return GP_FAULT;
}

gp_outcome gp_try_value_again(gp_check_state *c) {
    double second = NAN;
    gp_outcome outcome = gp_evaluator_value(c->evaluator, &second);
    return outcome == GP_EVALUATED ? gp_repeat_value(c, second) : outcome;
}

static gp_outcome try_value(gp_check_state *c) {
    gp_evaluator *e = c->evaluator;
    double first = NAN;
    gp_outcome outcome = gp_evaluator_value(e, &first);
    if (outcome == GP_FAULT)
        return outcome;
    if (outcome == GP_NOT_HERE) {
        if (isfinite(first) || isnan(first))
            return fail(c, "nonfinite",
                        isnan(first)
                            ? "the value is NaN or can't be evaluated at the given point: "
                              "check at a point inside the function's domain"
                            : "the value callback refused the given point: check at a point "
                              "inside the function's domain");
        return fail(c, "nonfinite",
                    "the value is infinite at the given point: check at a point inside the "
                    "function's domain");
    }
    c->report->value = first;
    /* One that tells its changes is asked for few values, of which the last is this one again. */
    return c->lean && gp_evaluator_has_changes(e) ? GP_EVALUATED : gp_try_value_again(c);
}

/* Does every entry that isn't zero come out k times as large the second time? */
static int grows(const double *first, const double *second, size_t n) {
    size_t grown = 0;
    for (size_t i = 0; i < n; i++) {
        if (first[i] == 0 && second[i] == 0)
            continue;
        if (!(fabs(second[i] - 2 * first[i]) <= 1e-5 * fabs(first[i])))
            return 0; /* NaN and infinities are more of nothing */
        grown++;
    }
    return grown > 0;
}

/* A function may have a value callback and one that computes value and gradient together. If the
 * two differ by more than half the digits, the gradient is that of another function. */
static gp_outcome compare_values(gp_check_state *c, double together) {
    double alone = c->report->value, epsilon = gp_dtype_epsilon(c->function->dtype);
    if (fabs(together - alone) <= sqrt(epsilon) * fmax(fabs(together), fabs(alone)))
        return GP_EVALUATED;
    gp_evaluator_fault(
        c->evaluator, "disagree",
        "the value callback gives %.17g and the value-and-gradient callback %.17g at "
        "the same point: their gradients can't be the same either",
        alone, together);
    return GP_FAULT;
}

int gp_grows_evenly(const double *first, const double *second, const double *third, size_t n,
                    double epsilon) {
    enum { MANY = 4 }; /* counters there may be fewer of */
    size_t grown = 0, still = 0;
    for (size_t i = 0; i < n; i++) {
        double step = second[i] - first[i], next = third[i] - second[i];
        double slack = 8 * epsilon * fmax(fabs(third[i]), fabs(first[i])) + 1e-5 * fabs(step);
        if (gp_same_bits(first[i], second[i]) && gp_same_bits(second[i], third[i])) {
            still += first[i] != 0;
            continue;
        }
        if (!(fabs(next - step) <= slack))
            return 0;
        grown += fabs(step) > 8 * slack;
    }
    return grown > still || grown > MANY;
}

/* A third call tells what grows from what is drawn at random. */
static gp_outcome try_growth(gp_check_state *c, const double *first, const double *second,
                             int *accumulates) {
    const gp_function *f = c->function;
    double *third = malloc(f->n * sizeof *third);
    *accumulates = 0;
    if (!third)
        return fail(c, "memory", "out of memory");
    gp_outcome outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, third, NULL, NULL);
    *accumulates = outcome == GP_EVALUATED &&
                   gp_grows_evenly(first, second, third, f->n, gp_dtype_epsilon(f->dtype));
    free(third);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* Do some entries differ between the two? */
static int any_differ(const double *first, const double *second, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!gp_same_bits(first[i], second[i]))
            return 1;
    return 0;
}

static gp_outcome try_gradient(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_evaluator *e = c->evaluator;
    double *first = c->gradient, *second = c->other;
    unsigned char *written = calloc(2 * f->n, 1);
    if (!written)
        return fail(c, "memory", "out of memory");
    unsigned char *written_again = written + f->n;
    double together = c->report->value;
    gp_outcome outcome = gp_evaluator_gradient(e, GP_POISON_NAN, first, written, &together);
    if (outcome == GP_EVALUATED)
        outcome = compare_values(c, together);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(e, GP_POISON_NUMBER, second, written_again, NULL);
    if (outcome == GP_NOT_HERE)
        outcome = fail(c, "refused",
                       "the gradient callback refused the given point, where the value can be "
                       "evaluated");
    int accumulates = 0, varies = 0;
    if (outcome == GP_EVALUATED) {
        int whole = memchr(written, 0, f->n) == NULL;
        accumulates = whole && grows(first, second, f->n);
        if (whole && !accumulates && any_differ(first, second, f->n))
            outcome = try_growth(c, first, second, &accumulates);
    }
    for (size_t i = 0; i < f->n && outcome == GP_EVALUATED; i++) {
        if (accumulates) {
            c->manner[i] =
                gp_same_bits(first[i], second[i]) ? GP_MANNER_SET : GP_MANNER_ACCUMULATED;
        } else if (!written[i]) {
            c->manner[i] = written_again[i] ? GP_MANNER_ACCUMULATED : GP_MANNER_UNWRITTEN;
            first[i] = NAN;
        } else if (!isfinite(first[i])) {
            c->manner[i] = GP_MANNER_NONFINITE;
        } else {
            varies |= !gp_same_bits(first[i], second[i]);
        }
    }
    free(written);
    return outcome == GP_EVALUATED && varies ? gp_repeat_gradient(c) : outcome;
}

/* Somewhere else, to see whether anything stays behind: close by, then closer, somewhere inside the
 * domain. Shares of the lengths, each entry times a random number of its own: what is stored must
 * not pass for right because the place lies on a ray or a line on which the gradient is the same.
 */
static const double ASIDE[] = {0.01, -0.01, 1e-4, -1e-4};
enum { ASIDES = sizeof ASIDE / sizeof *ASIDE };

void gp_check_beside(const gp_check_state *c, double share, double *x) {
    size_t n = c->function->n;
    gp_random_symmetric(c->options.seed, GP_STREAM_POINT, 0, 0, n, x);
    for (size_t i = 0; i < n; i++)
        x[i] = c->function->x[i] + share * (x[i] * gp_check_length(c, i));
}

/* Is an entry of the gradient at the given point another number than before, in c->other? */
static int any_changed(const gp_check_state *c) {
    for (size_t i = 0; i < c->function->n; i++)
        if (c->manner[i] == GP_MANNER_SET && !gp_repeats_entry(c, i, c->other[i]))
            return 1;
    return 0;
}

gp_outcome gp_ask_again(gp_check_state *c, double *g, int *varies) {
    int ignored;
    uint64_t before = gp_fingerprint(g, c->function->n, &ignored);
    gp_outcome outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, g, NULL, NULL);
    *varies = outcome == GP_EVALUATED && gp_fingerprint(g, c->function->n, &ignored) != before;
    return outcome;
}

/* It is stale if it stays as it is when it is asked for again; else it varies from call to call,
 * which the first two calls happened not to show. */
static gp_outcome settle_change(gp_check_state *c) {
    int varies;
    gp_outcome outcome = gp_ask_again(c, c->other, &varies);
    for (size_t i = 0; i < c->function->n && outcome == GP_EVALUATED && !varies; i++)
        if (c->manner[i] == GP_MANNER_SET && !gp_repeats_entry(c, i, c->other[i]))
            c->manner[i] = GP_MANNER_STALE;
    return varies ? gp_repeat_gradient(c) : outcome;
}

/* Value and gradient (into c->other) at x; then, the value there being the last that was asked for,
 * the gradient at the given point, where it must not have changed. Entries that are the same in
 * both places stay marked. *there: x can be evaluated. */
static gp_outcome try_from(gp_check_state *c, const double *x, int *there) {
    const gp_function *f = c->function;
    gp_evaluator *e = c->evaluator;
    double value;
    gp_evaluator_set_point(e, x);
    gp_outcome outcome = gp_evaluator_value(e, &value);
    *there = outcome == GP_EVALUATED;
    if (outcome == GP_EVALUATED) {
        outcome = gp_evaluator_gradient(e, GP_POISON_NAN, c->other, NULL, NULL);
        for (size_t i = 0; i < f->n; i++)
            c->same[i] &= outcome == GP_EVALUATED && gp_same_bits(c->gradient[i], c->other[i]);
        /* The value once more, so that this is the point that a backward pass may have kept. */
        if (outcome != GP_FAULT)
            outcome = gp_evaluator_value(e, &value);
    }
    gp_evaluator_set_point(e, f->x);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(e, GP_POISON_NAN, c->other, NULL, NULL);
    if (outcome == GP_EVALUATED && any_changed(c))
        outcome = settle_change(c);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

/* A backward pass may lean on what a forward pass left behind, or on what it worked out at the
 * first call. Close by; then far away, where the gradient is the same close by, which says nothing
 * yet: it may be constant as far as the next kink. */
static gp_outcome try_from_elsewhere(gp_check_state *c) {
    const gp_function *f = c->function;
    int there = 0, same = 0;
    for (size_t i = 0; i < f->n; i++)
        if (c->manner[i] == GP_MANNER_ACCUMULATED)
            return GP_EVALUATED; /* every call returns more, so nothing can be told here */
    double *x = malloc(f->n * sizeof *x);
    if (!x)
        return fail(c, "memory", "out of memory");
    gp_outcome outcome = GP_EVALUATED;
    memset(c->same, 1, f->n);
    for (size_t k = 0; k < ASIDES && !there && outcome == GP_EVALUATED; k++) {
        gp_check_beside(c, ASIDE[k], x);
        c->away = ASIDE[k];
        outcome = try_from(c, x, &there);
    }
    for (size_t i = 0; i < f->n; i++)
        same |= c->same[i] && c->gradient[i] != 0;
    if (same && outcome == GP_EVALUATED) {
        gp_probe_point(f, c->options.seed, 3, 0, x);
        outcome = try_from(c, x, &there);
    }
    free(x);
    return outcome;
}

/* ---- large functions ------------------------------------------------------------- */

/* v *= the lengths of x (its own size; `typical` for a zero). */
GP_VECTOR static void stretch(const double *x, double typical, size_t count, double *v) {
    gp_lanes zero = {0};
    size_t i = 0;
    for (; i + GP_LANES <= count; i += GP_LANES) {
        gp_lanes here = *(const gp_lanes *)(x + i), other = zero + typical;
        gp_bits none = here == zero;
        gp_bits size = (none & (gp_bits)other) | (~none & (gp_bits)here & INT64_MAX);
        *(gp_lanes *)(v + i) *= (gp_lanes)size;
    }
    for (; i < count; i++)
        v[i] *= x[i] != 0 ? fabs(x[i]) : typical;
}

/* For the next value alone. */
static void step_aside(gp_check_state *c, double away) {
    enum { CHUNK = 512 };
    double v[CHUNK], along = 0, square = 0;
    const gp_function *f = c->function;
    gp_evaluator_leave(c->evaluator, 0, f->own, f->own_end);
    for (size_t at = f->own; at < f->own_end; at += CHUNK) {
        size_t count = f->own_end - at < CHUNK ? f->own_end - at : CHUNK;
        gp_random_symmetric(c->options.seed, GP_STREAM_POINT, 0, at, count, v);
        for (size_t done = 0; done < count;) {
            const gp_block *block = gp_function_block_of(f, at + done);
            size_t some = block->offset + block->entries - (at + done);
            some = some < count - done ? some : count - done;
            stretch(c->evaluator->point + at + done, c->typical[block - f->block], some, v + done);
            done += some;
        }
        gp_evaluator_shift(c->evaluator, at, count, away, v, &along, &square);
    }
}

/* The value at the first place nearby where there is one. */
static gp_outcome value_aside(gp_check_state *c) {
    gp_outcome outcome = GP_NOT_HERE;
    double value;
    for (size_t k = 0; k < ASIDES && outcome == GP_NOT_HERE; k++) {
        step_aside(c, ASIDE[k]);
        c->away = ASIDE[k];
        outcome = gp_evaluator_value_here(c->evaluator, &value);
    }
    return outcome;
}

GP_VECTOR uint64_t gp_fingerprint(const double *g, size_t n, int *finite) {
    gp_words sums = {0};
    gp_lanes zeros = {0};
    uint64_t sum = n, word;
    double zero = 0;
    size_t i = 0;
    for (; i + GP_LANES <= n; i += GP_LANES) {
        sums = ((sums << 7) | (sums >> 57)) ^ *(const gp_words *)(g + i);
        sums += sums << 21;
        zeros += *(const gp_lanes *)(g + i) * 0; /* NaN once one isn't finite */
    }
    for (; i < n; i++) {
        memcpy(&word, &g[i], sizeof word);
        sums[i % GP_LANES] += word;
        zero += g[i] * 0;
    }
    for (size_t k = 0; k < GP_LANES; k++) {
        sum = (sum ^ sums[k]) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 32;
        zero += zeros[k];
    }
    *finite = zero == 0;
    return sum;
}

/* Is it on any rank? */
static int is_odd_anywhere(const gp_check_state *c, int odd) {
    double count = odd;
    return gp_evaluator_sum(c->evaluator, &count, 1) == GP_FAULT || count > 0;
}

/* The same trials in place: gradients are told apart by their fingerprints, and the last one asked
 * for, at the given point, stays. NaN for poison is enough: it shows wherever it is added to. *odd:
 * something is wrong with one of them. */
static gp_outcome try_in_place(gp_check_state *c, int *odd) {
    gp_evaluator *e = c->evaluator;
    double *g = c->gradient, together = c->report->value;
    const gp_function *f = c->function;
    size_t own = f->own_end - f->own;
    int finite, ignored;
    *odd = 1;
    gp_outcome outcome = gp_evaluator_gradient(e, GP_POISON_NAN, g, NULL, &together);
    if (outcome == GP_NOT_HERE)
        return GP_EVALUATED; /* the trial for all sizes says what of it */
    if (outcome == GP_EVALUATED)
        outcome = compare_values(c, together);
    if (outcome != GP_EVALUATED)
        return outcome;
    uint64_t first = gp_fingerprint(g + f->own, own, &finite);
    if (is_odd_anywhere(c, !finite))
        return GP_EVALUATED;
    outcome = value_aside(c); /* what a backward pass may have kept */
    if (outcome != GP_FAULT)
        outcome = gp_evaluator_gradient(e, GP_POISON_NAN, g, NULL, NULL);
    if (outcome == GP_EVALUATED)
        *odd = is_odd_anywhere(c, gp_fingerprint(g + f->own, own, &ignored) != first);
    return outcome == GP_FAULT ? outcome : GP_EVALUATED;
}

gp_outcome gp_report_odd_entries(gp_check_state *c) {
    enum { MOST = 1000 };
    const gp_function *f = c->function;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        size_t end = block->offset + block->entries;
        for (size_t i = block->offset, found = 0; i < end && found < MOST; i++) {
            gp_entry entry = {.status = GP_ENTRY_REFUTED, .analytic = c->gradient[i]};
            entry.numeric = entry.bound = entry.left = entry.right = NAN;
            if (c->manner[i] == GP_MANNER_SET)
                continue;
            found++;
            if (gp_findings_put(c->report, GP_FROM_CALLBACK, i, &entry) != GP_OK)
                return fail(c, "memory", "out of memory");
        }
    }
    return GP_EVALUATED;
}

static gp_outcome try_large(gp_check_state *c) {
    int odd;
    gp_outcome outcome = try_in_place(c, &odd);
    if (outcome != GP_EVALUATED || !odd)
        return outcome;
    if (c->function->team)
        return fail(
            c, "odd-gradient",
            "the gradient isn't finite, isn't set in every entry, or differs between two "
            "calls at the same point, on some rank: check that rank's blocks by themselves");
    /* Whatever is odd about it, it takes arrays of n to say where. */
    c->manner = calloc(c->function->n, 1);
    c->other = calloc(c->function->n, sizeof(double));
    c->same = calloc(c->function->n, 1);
    double *g = malloc(c->function->n * sizeof *g), *in_place = c->gradient;
    outcome =
        c->manner && c->other && c->same && g ? GP_EVALUATED : fail(c, "memory", "out of memory");
    c->gradient = g;
    double value; /* so that it is this point again that a backward pass may have kept */
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_value(c->evaluator, &value);
    if (outcome == GP_EVALUATED)
        outcome = try_gradient(c);
    if (outcome == GP_EVALUATED)
        outcome = try_from_elsewhere(c);
    if (outcome == GP_EVALUATED)
        outcome = gp_report_odd_entries(c);
    c->gradient = in_place;
    if (outcome == GP_EVALUATED)
        memcpy(in_place, g, c->function->n * sizeof *g);
    free(g);
    return outcome;
}

gp_outcome gp_try_out(gp_check_state *c) {
    gp_outcome outcome = try_value(c);
    if (outcome == GP_EVALUATED && c->lean)
        return try_large(c);
    if (outcome == GP_EVALUATED)
        outcome = try_gradient(c);
    if (outcome == GP_EVALUATED)
        outcome = try_from_elsewhere(c);
    return outcome;
}

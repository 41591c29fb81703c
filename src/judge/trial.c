/* Before any number is compared: do the callbacks set every entry, and do the same thing twice? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/check.h"

static int same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || a == b || (isnan(a) && isnan(b));
}

static gp_outcome fail(gp_check_state *c, const char *kind, const char *message) {
    gp_evaluator_fault(c->evaluator, kind, "%s", message);
    return GP_FAULT;
}

static gp_outcome try_value(gp_check_state *c) {
    gp_evaluator *e = c->evaluator;
    double first = NAN, second = NAN;
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
    outcome = gp_evaluator_value(e, &second);
    if (outcome == GP_FAULT)
        return outcome;
    if (outcome == GP_NOT_HERE || !same_bits(first, second)) {
        gp_evaluator_fault(e, "not-deterministic",
                           "the function is not deterministic: two evaluations of the value at the "
                           "same point gave %.17g and %.17g (first block %s, index 0); hold its "
                           "random draw with gp_function_set_seed",
                           first, second, c->function->block[0].name);
        return GP_FAULT;
    }
    c->report->value = first;
    return GP_EVALUATED;
}

/* Does every entry that isn't zero come out k times as large the second time? */
static int grows(const double *first, const double *second, size_t n) {
    size_t grown = 0;
    for (size_t i = 0; i < n; i++) {
        if (first[i] == 0 && second[i] == 0)
            continue;
        if (fabs(second[i] - 2 * first[i]) > 1e-5 * fabs(first[i]))
            return 0;
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
    int accumulates = 0;
    if (outcome == GP_EVALUATED) {
        int whole = memchr(written, 0, f->n) == NULL;
        accumulates = whole && grows(first, second, f->n);
    }
    for (size_t i = 0; i < f->n && outcome == GP_EVALUATED; i++) {
        if (accumulates) {
            c->manner[i] = first[i] != 0 ? GP_MANNER_ACCUMULATED : GP_MANNER_SET;
        } else if (!written[i]) {
            c->manner[i] = written_again[i] ? GP_MANNER_ACCUMULATED : GP_MANNER_UNWRITTEN;
            first[i] = NAN;
        } else if (!same_bits(first[i], second[i])) {
            char name[256];
            gp_function_entry_name(f, i, name, sizeof name);
            gp_evaluator_fault(e, "not-deterministic",
                               "the function is not deterministic: two evaluations of the gradient "
                               "at the same point gave %.9g and %.9g in %s",
                               first[i], second[i], name);
            outcome = GP_FAULT;
        } else if (!isfinite(first[i])) {
            c->manner[i] = GP_MANNER_NONFINITE;
        }
    }
    free(written);
    return outcome;
}

/* A backward pass may lean on what a forward pass left behind. Evaluate the value somewhere else
 * and ask again for the gradient here: it must not have changed. */
static gp_outcome try_from_elsewhere(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_evaluator *e = c->evaluator;
    for (size_t i = 0; i < f->n; i++)
        if (c->manner[i] == GP_MANNER_ACCUMULATED)
            return GP_EVALUATED; /* every call returns more, so nothing can be told here */
    /* Either way, then closer by: somewhere inside the domain. */
    static const double away[] = {0.01, -0.01, 1e-4, -1e-4};
    double value;
    gp_outcome outcome = GP_NOT_HERE;
    for (size_t k = 0; k < 4 && outcome == GP_NOT_HERE; k++) {
        for (size_t i = 0; i < f->n; i++)
            gp_evaluator_move(e, i, (i % 2 ? -away[k] : away[k]) * c->length[i]);
        outcome = gp_evaluator_value(e, &value);
        c->away = away[k];
    }
    if (outcome == GP_EVALUATED) {
        outcome = gp_evaluator_gradient(e, GP_POISON_NAN, c->other, NULL, NULL);
        c->constant = outcome == GP_EVALUATED;
        for (size_t i = 0; i < f->n && c->constant; i++)
            c->constant = same_bits(c->gradient[i], c->other[i]);
        if (outcome == GP_NOT_HERE)
            outcome = GP_EVALUATED;
    }
    /* The value once more, so that this is the point that a backward pass may have kept. */
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_value(e, &value);
    for (size_t i = 0; i < f->n; i++)
        gp_evaluator_move(e, i, 0);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(e, GP_POISON_NAN, c->other, NULL, NULL);
    if (outcome != GP_EVALUATED)
        return outcome == GP_FAULT ? outcome : GP_EVALUATED;
    for (size_t i = 0; i < f->n; i++)
        if (c->manner[i] == GP_MANNER_SET && !same_bits(c->gradient[i], c->other[i]))
            c->manner[i] = GP_MANNER_STALE;
    return GP_EVALUATED;
}

gp_outcome gp_try_out(gp_check_state *c) {
    gp_outcome outcome = try_value(c);
    if (outcome == GP_EVALUATED)
        outcome = try_gradient(c);
    if (outcome == GP_EVALUATED)
        outcome = try_from_elsewhere(c);
    return outcome;
}

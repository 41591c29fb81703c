/* The practice that experts advise, beyond comparing numbers at one point: parts of the function by
 * themselves, fewer examples where kinks crowd, further points for what is silent, a point after
 * some training. Each thing done leaves a line in the report. And once something is refuted,
 * evidence for the diagnosis. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/check.h"

enum {
    DESCENT_STEPS = 10,     /* of training before the trained point */
    TRAINED_SAMPLE = 16,    /* entries of a block looked at there */
    EVIDENCE_PER_BLOCK = 64 /* entries estimated over one example */
};

static size_t count_status(const gp_check_state *c, gp_entry_status status) {
    size_t count = 0;
    for (size_t i = 0; i < c->scalars; i++)
        count += c->report->entry[i].status == status;
    return count;
}

/* Lists the entries with a status; returns how many. */
static size_t list_status(const gp_check_state *c, gp_entry_status status, size_t *list) {
    size_t count = 0;
    for (size_t i = 0; i < c->scalars; i++)
        if (c->report->entry[i].status == status)
            list[count++] = i;
    return count;
}

static gp_outcome out_of_memory(gp_check_state *c) {
    return gp_evaluator_fault(c->evaluator, "memory", "out of memory");
}

/* Value and gradient (into c->other) at the evaluator's point. */
static gp_outcome evaluate_both(gp_check_state *c, double *f0) {
    gp_outcome outcome = gp_evaluator_value(c->evaluator, f0);
    return outcome == GP_EVALUATED
               ? gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL)
               : outcome;
}

/* ---- parts ---------------------------------------------------------------------- */

/* A penalty may be so large that mistakes in the data loss vanish beside it: each by itself. */
static gp_outcome check_parts(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t count = 0, done = 0;
    char names[256] = "";
    for (size_t i = 0; i < c->scalars; i++)
        if (r->entry[i].status != GP_ENTRY_UNCHECKED)
            list[count++] = i;
    for (size_t part = 1; part <= f->parts && count > 0; part++) {
        double f0 = NAN;
        gp_outcome outcome = gp_check_return(c);
        if (outcome == GP_EVALUATED)
            outcome = gp_evaluator_select_part(c->evaluator, part);
        c->part = part;
        if (outcome == GP_EVALUATED)
            outcome = evaluate_both(c, &f0);
        if (outcome == GP_EVALUATED)
            outcome = gp_survey(c, GP_SURVEY_SECOND, 0, f0, c->other, list, count);
        if (outcome == GP_FAULT)
            return GP_FAULT;
        if (outcome == GP_NOT_HERE)
            continue;
        if (count_status(c, GP_ENTRY_REFUTED) > 0) {
            /* The diagnosis must see this part's numbers, all of them. */
            for (size_t i = 0; i < f->n; i++)
                c->gradient[i] = c->other[i];
            if (gp_estimate_entries(c, f0, list, count, c->numeric, c->bound) == GP_FAULT)
                return GP_FAULT;
            if (gp_report_add_practice(r, "the part '%.100s' by itself is wrong",
                                       f->part[part - 1]))
                return out_of_memory(c);
            return gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
        }
        snprintf(names + done, sizeof names - done, "%s%.60s", done ? ", " : "", f->part[part - 1]);
        done = strlen(names);
    }
    if (gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    return done && gp_report_add_practice(r, "parts checked by themselves: %s", names)
               ? out_of_memory(c)
               : GP_EVALUATED;
}

/* ---- fewer examples ------------------------------------------------------------- */

/* With an eighth of the examples a network has an eighth of the kinks. The same code at the same x.
 * Where these examples' own value is far from that of all, rounding may be another matter: better
 * not. */
static gp_outcome check_with_fewer_examples(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    size_t before = list_status(c, GP_ENTRY_UNRESOLVED, list), fewer = (f->examples + 7) / 8;
    double f0;
    if (before == 0)
        return GP_EVALUATED;
    gp_outcome outcome = gp_evaluator_select_examples(c->evaluator, 0, fewer);
    c->examples = fewer;
    if (outcome == GP_EVALUATED)
        outcome = evaluate_both(c, &f0);
    if (outcome == GP_EVALUATED && fabs(f0) < 4 * fabs(r->value) &&
        fabs(f0) > 0.25 * fabs(r->value))
        outcome = gp_survey(c, GP_SURVEY_UNRESOLVED, 0, f0, c->other, list, before);
    if (outcome == GP_FAULT || gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    size_t after = count_status(c, GP_ENTRY_UNRESOLVED);
    if (after < before &&
        gp_report_add_practice(r, "%zu of %zu unresolved entries decided on %zu of %zu examples",
                               before - after, before, fewer, f->examples))
        return out_of_memory(c);
    return GP_EVALUATED;
}

/* ---- further points ------------------------------------------------------------- */

/* Moves to a random point near which the function still works as it was meant to: of several draws
 * the first whose value is at most twice as large as at the given point, else the one with the
 * least. Far out, losses saturate and are computed in coarse stairs, on which no difference
 * quotient can be trusted. Sets *f0. */
static gp_outcome move_to_random_point(gp_check_state *c, size_t number, double *f0) {
    const gp_function *f = c->function;
    size_t best_draw = GP_POINT_DRAWS;
    double least = INFINITY;
    for (size_t draw = 0; draw < GP_POINT_DRAWS; draw++) {
        double value;
        gp_probe_point(f, c->options.seed, number, draw, c->other);
        gp_check_move(c, c->other);
        gp_outcome outcome = gp_evaluator_value(c->evaluator, &value);
        if (outcome == GP_FAULT)
            return outcome;
        if (outcome == GP_EVALUATED && fabs(value) < least) {
            least = fabs(value);
            best_draw = draw;
            *f0 = value;
        }
        if (outcome == GP_EVALUATED && fabs(value) <= 2 * fabs(c->report->value))
            break;
    }
    if (best_draw == GP_POINT_DRAWS)
        return GP_NOT_HERE;
    gp_probe_point(f, c->options.seed, number, best_draw, c->other);
    gp_check_move(c, c->other);
    return GP_EVALUATED;
}

/* One further point: another batch, a random theta, or both. Only entries that no point before has
 * exercised are looked at. */
static gp_outcome try_further_point(gp_check_state *c, size_t number, size_t *list) {
    const gp_function *f = c->function;
    size_t count = list_status(c, GP_ENTRY_UNEXERCISED, list), batch = number % f->batches;
    double f0;
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, batch);
    if (outcome != GP_EVALUATED)
        return outcome;
    /* First the other batches alone, a few of them: they leave theta as it was given. */
    if (number >= f->batches || number > 3) {
        outcome = move_to_random_point(c, number, &f0);
    } else {
        gp_check_move(c, f->x);
        outcome = gp_evaluator_value(c->evaluator, &f0);
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
    return outcome == GP_EVALUATED
               ? gp_survey(c, GP_SURVEY_UNEXERCISED, number, f0, c->other, list, count)
               : outcome;
}

/* ---- a trained point ------------------------------------------------------------ */

static double block_rms(const gp_block *block, const double *g) {
    double size = 0;
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        size = hypot(size, g[i]);
    return size / sqrt((double)block->entries);
}

/* Descends from the given point along the gradient under test, each block by a twentieth of its own
 * typical size at a time, less where the value doesn't fall; no further than to a hundredth of the
 * value, since next to nothing is left to see at a loss of next to nothing. Leaves x (n) at the
 * end; *steps tells how many. */
static gp_outcome descend(gp_check_state *c, double *x, double *f0, size_t *steps) {
    const gp_function *f = c->function;
    double *next = malloc(f->n * sizeof *next), rate = 0.05, least = 0.01 * fabs(*f0);
    gp_outcome outcome = GP_EVALUATED;
    *steps = 0;
    if (!next)
        return out_of_memory(c);
    for (size_t try = 0;
         try < 2 * DESCENT_STEPS && *steps < DESCENT_STEPS && outcome == GP_EVALUATED; try++) {
        double value;
        for (size_t b = 0; b < f->blocks; b++) {
            const gp_block *block = &f->block[b];
            double size = block_rms(block, c->other);
            for (size_t i = block->offset; i < block->offset + block->entries; i++)
                next[i] = size > 0 ? x[i] - rate * c->typical[b] * c->other[i] / size : x[i];
        }
        gp_evaluator_set_point(c->evaluator, next);
        outcome = gp_evaluator_value(c->evaluator, &value);
        if (outcome == GP_EVALUATED && value < *f0 && fabs(value) >= least) {
            outcome = gp_evaluator_gradient(c->evaluator, GP_POISON_NAN, c->other, NULL, NULL);
            for (size_t i = 0; i < f->n && outcome == GP_EVALUATED; i++)
                x[i] = c->evaluator->point[i];
            *f0 = value;
            ++*steps;
        } else if (outcome != GP_FAULT) {
            outcome = GP_EVALUATED;
            rate /= 4;
        }
    }
    free(next);
    return outcome;
}

/* Initial weights are small and random, and some mistakes show only later: a sample of the entries
 * after some steps of training. */
static gp_outcome check_trained_point(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    double *x = malloc(f->n * sizeof *x), f0 = r->value;
    size_t steps = 0, count = 0;
    if (!x)
        return out_of_memory(c);
    for (size_t i = 0; i < f->n; i++) {
        x[i] = c->evaluator->point[i];
        c->other[i] = c->gradient[i];
    }
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        size_t open = 0, taken = 0;
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            open += r->entry[i].status == GP_ENTRY_VERIFIED;
        for (size_t i = block->offset, seen = 0; i < block->offset + block->entries; i++)
            if (r->entry[i].status == GP_ENTRY_VERIFIED &&
                seen++ * TRAINED_SAMPLE >= taken * open && taken < TRAINED_SAMPLE) {
                list[count++] = i;
                taken++;
            }
    }
    gp_outcome outcome = count ? descend(c, x, &f0, &steps) : GP_EVALUATED;
    if (outcome == GP_EVALUATED && steps > 0) {
        gp_check_move(c, x);
        outcome = evaluate_both(c, &f0);
        if (outcome == GP_EVALUATED)
            outcome = gp_survey(c, GP_SURVEY_SECOND, r->points, f0, c->other, list, count);
        if (outcome == GP_EVALUATED &&
            gp_report_add_practice(
                r, "%zu entries looked at again after %zu steps of descent, f %.6g to %.6g", count,
                steps, r->value, f0))
            outcome = out_of_memory(c);
    }
    free(x);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* ---- evidence ------------------------------------------------------------------- */

/* The gradient was the same at two points. Was the derivative, too? Then that says nothing. */
static gp_outcome is_derivative_constant(gp_check_state *c, const size_t *list, size_t count) {
    const gp_function *f = c->function;
    double *d = malloc(2 * f->n * sizeof *d), f0;
    size_t picked[8], some = count < 8 ? count : 8;
    if (!d)
        return out_of_memory(c);
    double *b = d + f->n;
    for (size_t k = 0; k < some; k++)
        picked[k] = list[k * count / some];
    for (size_t i = 0; i < f->n; i++)
        c->other[i] = f->x[i] + (i % 2 ? -c->away : c->away) * c->length[i];
    gp_check_move(c, c->other);
    gp_outcome outcome = gp_evaluator_value(c->evaluator, &f0);
    if (outcome == GP_EVALUATED)
        outcome = gp_estimate_entries(c, f0, picked, some, d, b);
    int changes = 0;
    for (size_t k = 0; k < some && outcome == GP_EVALUATED; k++) {
        size_t i = picked[k];
        changes |= fabs(d[i] - c->numeric[i]) > b[i] + c->bound[i];
    }
    c->constant = changes;
    free(d);
    return outcome == GP_FAULT || gp_check_return(c) == GP_FAULT ? GP_FAULT : GP_EVALUATED;
}

/* The derivative over the first and over the last example alone, for refuted blocks. */
static gp_outcome estimate_single_examples(gp_check_state *c, size_t *list) {
    const gp_function *f = c->function;
    size_t count = 0;
    for (size_t k = 0; k < f->blocks; k++) {
        const gp_block *block = &f->block[k];
        size_t refuted = 0, stride = (block->entries + EVIDENCE_PER_BLOCK - 1) / EVIDENCE_PER_BLOCK;
        for (size_t i = block->offset; i < block->offset + block->entries; i++)
            refuted += c->report->entry[i].status == GP_ENTRY_REFUTED;
        for (size_t i = 0; i < block->entries && refuted >= 2; i += stride)
            list[count++] = block->offset + i;
    }
    for (int k = 0; k < 2 && count > 0; k++) {
        double f0;
        c->example_d[k] = calloc(f->n, sizeof(double));
        c->example_b[k] = malloc(f->n * sizeof(double));
        if (!c->example_d[k] || !c->example_b[k])
            return out_of_memory(c);
        for (size_t i = 0; i < f->n; i++)
            c->example_b[k][i] = INFINITY;
        gp_outcome outcome =
            gp_evaluator_select_examples(c->evaluator, k == 0 ? 0 : f->examples - 1, 1);
        if (outcome == GP_EVALUATED)
            outcome = gp_evaluator_value(c->evaluator, &f0);
        if (outcome == GP_EVALUATED)
            outcome = gp_estimate_entries(c, f0, list, count, c->example_d[k], c->example_b[k]);
        if (outcome == GP_FAULT || gp_check_return(c) == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

static gp_outcome gather_evidence(gp_check_state *c, size_t *list) {
    size_t count = list_status(c, GP_ENTRY_REFUTED, list);
    if (c->constant && is_derivative_constant(c, list, count) == GP_FAULT)
        return GP_FAULT;
    return c->function->examples > 1 ? estimate_single_examples(c, list) : GP_EVALUATED;
}

/* ---- all of it ------------------------------------------------------------------ */

/* What the function's own form says about how far it can be trusted. */
static int note_precision(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_report *r = c->report;
    double floor = f->value_f32 ? (double)FLT_MIN : DBL_MIN;
    if (f->dtype == GP_FLOAT32 && f->value_f64 &&
        gp_report_add_practice(r, "float32 gradient held against a float64 value"))
        return -1;
    if (f->seed && gp_report_add_practice(r, "random draw held by seed %llu in every evaluation",
                                          (unsigned long long)c->options.seed))
        return -1;
    if (fabs(r->value) > 0 && fabs(r->value) < floor / gp_dtype_epsilon(f->dtype) &&
        gp_report_add_practice(
            r,
            "f = %.3g is at the lower end of the number range, where digits are lost: "
            "check a multiple of it",
            r->value))
        return -1;
    return 0;
}

gp_outcome gp_practise(gp_check_state *c, size_t *list) {
    gp_report *r = c->report;
    int single = c->options.points == 1;
    if (note_precision(c))
        return out_of_memory(c);
    if (count_status(c, GP_ENTRY_REFUTED) == 0 && c->function->parts > 1) {
        if (check_parts(c, list) == GP_FAULT)
            return GP_FAULT;
        if (count_status(c, GP_ENTRY_REFUTED) > 0)
            return GP_EVALUATED; /* the diagnosis is of that part, and nothing else may blur it */
    }
    if (c->function->examples > 1 && check_with_fewer_examples(c, list) == GP_FAULT)
        return GP_FAULT;
    for (size_t number = 1; number < c->options.points; number++) {
        if (count_status(c, GP_ENTRY_UNEXERCISED) == 0)
            break;
        if (try_further_point(c, number, list) == GP_FAULT)
            return GP_FAULT;
        r->points = number + 1;
    }
    if (gp_check_return(c) == GP_FAULT)
        return GP_FAULT;
    if (count_status(c, GP_ENTRY_REFUTED) == 0 && !single &&
        check_trained_point(c, list) == GP_FAULT)
        return GP_FAULT;
    if (c->function->value_f32 && count_status(c, GP_ENTRY_UNRESOLVED) > 0 &&
        gp_report_add_practice(r,
                               "not done: a float64 value for this float32 gradient, which would "
                               "narrow the bounds by orders of magnitude"))
        return out_of_memory(c);
    return count_status(c, GP_ENTRY_REFUTED) > 0 ? gather_evidence(c, list) : GP_EVALUATED;
}

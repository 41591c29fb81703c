/* The report for people. */
#include "judge/findings.h"

#include <math.h>
#include <string.h>

#include "report/phrases.h"
#include "report/stream.h"
#include "system/text.h"

typedef struct gp_palette {
    const char *good, *bad, *unsure, *strong, *off;
} gp_palette;

static gp_palette palette(unsigned flags) {
    static const gp_palette colours = {"\033[92m", "\033[91m", "\033[93m", "\033[1m", "\033[0m"};
    static const gp_palette none = {"", "", "", "", ""};
    return flags & GP_PRINT_COLOUR ? colours : none;
}

static const char *verdict_colour(const gp_palette *p, gp_verdict verdict) {
    return verdict == GP_VERIFIED ? p->good : verdict == GP_INCONCLUSIVE ? p->unsure : p->bad;
}

static void print_worst(const gp_report *r, const gp_block_result *block, FILE *stream) {
    if (!block->has_worst) {
        fprintf(stream, "-");
        return;
    }
    char index[128];
    const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
    gp_report_entry_name(block, block->worst_index, index, sizeof index);
    fprintf(stream, "%s %.9g against %.9g +- %.1e", index, e->analytic, e->numeric, e->bound);
    if (e->status == GP_ENTRY_REFUTED && e->point > 0)
        fprintf(stream, ", %s", gp_report_point(r, e->point));
}

/* "3 of 128 entries unresolved (noise 2, kink 1)" */
static void print_unresolved(const gp_report_block_data *block, FILE *stream) {
    const char *separator = "";
    fprintf(stream, "  %s: %zu of %zu %s unresolved (", block->name,
            block->result.count[GP_ENTRY_UNRESOLVED], block->result.entries,
            gp_plural(block->result.entries, "entry is", "entries are"));
    for (int limit = GP_LIMIT_NONE; limit < GP_LIMITS; limit++)
        if (block->limits[limit]) {
            fprintf(stream, "%s%s %zu", separator, gp_limit_string((gp_limit)limit),
                    block->limits[limit]);
            separator = ", ";
        }
    fprintf(stream, ")\n");
    if (block->limits[GP_LIMIT_FLAT])
        fprintf(stream,
                "  %s: nothing tells its derivative from zero at the given point, and no other "
                "point decides: give a point where it moves the value, or an atol below which "
                "nothing matters\n",
                block->name);
}

static void print_entries(const gp_report *r, FILE *stream) {
    fprintf(stream, "\n  %-16s %-12s %22s %22s %10s %5s\n", "entry", "status", "gradient",
            "estimate", "bound", "point");
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_block_result *block = &r->block[k].result;
        for (size_t at = gp_report_next(r, block->offset); at < block->offset + block->entries;
             at = gp_report_next(r, at + 1)) {
            const gp_entry *e = gp_report_at(r, at);
            size_t i = at - block->offset;
            char index[128], name[256];
            if (e->status == GP_ENTRY_UNCHECKED)
                continue;
            gp_report_entry_name(block, i, index, sizeof index);
            snprintf(name, sizeof name, "%s%s", block->name, index);
            fprintf(stream, "  %-16s %-12s %22.15g %22.15g %10.2e %5zu", name,
                    gp_entry_status_string(e->status), e->analytic, e->numeric, e->bound, e->point);
            if (e->status == GP_ENTRY_KINK)
                fprintf(stream, "  left %.9g, right %.9g", e->left, e->right);
            if (e->status == GP_ENTRY_UNRESOLVED)
                fprintf(stream, "  (%s)", gp_limit_string(e->limit));
            fputc('\n', stream);
        }
    }
    for (size_t k = 1; k < r->points; k++)
        fprintf(stream, "  point %zu: %s\n", k, gp_report_point(r, k));
}

static void print_blocks(const gp_report *r, const gp_palette *p, FILE *stream) {
    size_t name_width = 5, shape_width = 5;
    char shape[160];
    for (size_t k = 0; k < r->blocks; k++) {
        gp_write_shape(&r->block[k].result, shape, sizeof shape);
        name_width = strlen(r->block[k].name) > name_width ? strlen(r->block[k].name) : name_width;
        shape_width = strlen(shape) > shape_width ? strlen(shape) : shape_width;
    }
    fprintf(stream, "  %-*s  %-*s  %-12s  %11s  %10s  %s\n", (int)name_width, "block",
            (int)shape_width, "shape", "verdict", "exercised", "resolution",
            "worst entry: gradient against estimate +- bound");
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_block_result *block = &r->block[k].result;
        char coverage[64];
        gp_write_shape(block, shape, sizeof shape);
        snprintf(coverage, sizeof coverage, "%zu/%zu", block->exercised, block->entries);
        fprintf(stream, "  %-*s  %-*s  %s%-12s%s  %11s  ", (int)name_width, block->name,
                (int)shape_width, shape, verdict_colour(p, block->verdict),
                gp_verdict_string(block->verdict), p->off, coverage);
        if (isnan(block->resolution))
            fprintf(stream, "%10s  ", "-");
        else
            fprintf(stream, "%10.1e  ", block->resolution);
        print_worst(r, block, stream);
        fputc('\n', stream);
    }
}

/* ": wrong in W1, b1", or ": right at the given point, wrong after 10 steps of descent in W1" */
static void print_wrong(const gp_report *r, FILE *stream) {
    const char *where = gp_report_refuted(r), *separator = " in ";
    size_t unresolved = 0;
    for (size_t k = 0; k < r->blocks; k++)
        unresolved +=
            r->block[k].result.count[GP_ENTRY_UNRESOLVED] + (r->block[k].whole == GP_INCONCLUSIVE);
    if (strcmp(where, gp_report_point(r, 0)) == 0)
        fprintf(stream, ": wrong");
    else
        fprintf(stream, ": %s at the given point, wrong %s", unresolved ? "not refuted" : "right",
                where);
    for (size_t k = 0; k < r->blocks; k++)
        if (r->block[k].result.verdict == GP_REFUTED) {
            fprintf(stream, "%s%s", separator, r->block[k].name);
            separator = ", ";
        }
}

static void print_findings(const gp_report *r, const gp_palette *p, FILE *stream) {
    for (size_t k = 0; k < r->blocks; k++)
        for (size_t i = 0; i < r->block[k].result.diagnoses; i++)
            fprintf(stream, "  %s%s%s: %s\n", p->strong, r->block[k].diagnosis[i].kind, p->off,
                    r->block[k].diagnosis[i].message);
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_block_result *block = &r->block[k].result;
        if (block->count[GP_ENTRY_UNRESOLVED])
            print_unresolved(&r->block[k], stream);
        if (block->count[GP_ENTRY_KINK])
            fprintf(stream,
                    "  %s: %zu of %zu %s at a kink, between the left and the right derivative, "
                    "where any number between the two is accepted\n",
                    block->name, block->count[GP_ENTRY_KINK], block->entries,
                    gp_plural(block->entries, "entry lies", "entries lie"));
    }
}

/* Probes that crashed or hung. */
static void print_losses(const gp_report *r, const gp_palette *p, FILE *stream) {
    enum { MOST = 20 };
    for (size_t k = 0; k < r->losses && k < MOST; k++)
        fprintf(stream, "  %slost%s: %s\n", p->strong, p->off, r->loss[k]);
    if (r->losses > MOST)
        fprintf(stream, "  and %zu more\n", r->losses - MOST);
}

static void print_coverage(const gp_report *r, FILE *stream) {
    size_t zeros = 0, claimed = 0;
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_block_result *block = &r->block[k].result;
        zeros += block->count[GP_ENTRY_UNEXERCISED];
        /* Of a verified block directions move the zeros most. */
        if (block->directions && block->verdict == GP_VERIFIED &&
            block->count[GP_ENTRY_UNEXERCISED] == 0)
            claimed += block->entries - block->exercised;
    }
    fprintf(stream, "  coverage     %zu of %zu %s exercised, in %zu %s", r->exercised, r->n,
            gp_plural(r->n, "entry", "entries"), r->points,
            gp_plural(r->points, "point", "points"));
    /* A derivative that is zero by construction is no gap, and looks like one that no point has
     * exercised. */
    if (zeros)
        fprintf(stream,
                "; in %zu gradient and derivative are both zero in every point tried, as where the "
                "value doesn't depend on them",
                zeros);
    if (claimed)
        fprintf(stream, "; in %zu the gradient is zero wherever directions have looked", claimed);
    fputc('\n', stream);
    if (r->silents) {
        fprintf(stream, "  silent       at the given point: ");
        for (size_t k = 0; k < r->silents && k < 8; k++)
            fprintf(stream, "%s%s", k ? ", " : "", r->silent[k]);
        if (r->silents > 8)
            fprintf(stream, " and %zu more", r->silents - 8);
        fputc('\n', stream);
    }
}

static void print_practice(const gp_report *r, FILE *stream) {
    for (size_t k = 0; k < r->practices; k++)
        fprintf(stream, "  %-12s %s\n", k ? "" : "practice", r->practice[k]);
}

static void print_self_test(const gp_report *r, FILE *stream) {
    for (size_t k = 0; k < r->blocks; k++) {
        const gp_self_test_result *s = &r->block[k].self_test;
        if (s->planted == 0)
            continue;
        size_t visible = s->planted - s->below;
        fprintf(stream,
                "  self-test    %s: %zu of %zu planted %s beyond the tolerance would "
                "be refuted",
                r->block[k].name, s->caught, visible, gp_plural(visible, "mistake", "mistakes"));
        if (isnan(s->smallest))
            fprintf(stream, ", not all of those of 10 %%");
        else
            fprintf(stream, ", all of %.0e and more", s->smallest);
        if (s->below)
            fprintf(stream, "; %zu more %s within it", s->below, gp_plural(s->below, "is", "are"));
        fputc('\n', stream);
    }
}

/* Why it is inconclusive, after "inconclusive: NAME, ...". */
static void print_doubt(const gp_report *r, FILE *stream) {
    size_t unresolved = 0, unchecked = 0;
    for (size_t k = 0; k < r->blocks; k++) {
        unresolved += r->block[k].result.count[GP_ENTRY_UNRESOLVED];
        unchecked += r->block[k].result.count[GP_ENTRY_UNCHECKED];
    }
    const char *ended = r->spent ? "the budget is spent" : "interrupted";
    if (r->interrupted && r->strategy == GP_PROJECT)
        fprintf(stream, ": %s before random directions along all %zu %s had their answer", ended,
                r->n, gp_plural(r->n, "entry", "entries"));
    else if (r->interrupted)
        fprintf(stream, ": %s, %zu of %zu %s looked at", ended, r->n - unchecked, r->n,
                gp_plural(r->n, "entry", "entries"));
    else if (r->exercised == 0)
        fprintf(stream, ": no entry was exercised");
    else if (unresolved)
        fprintf(stream, ": %zu of %zu %s unresolved", unresolved, r->n,
                gp_plural(r->n, "entry", "entries"));
    else
        fprintf(stream, ": what was seen doesn't exclude an error of the tolerance, %.0e", r->rtol);
}

/* What size of error is excluded, and where; or what keeps the check from excluding it. */
static void print_resolution(const gp_report *r, FILE *stream) {
    if (isnan(r->resolution))
        return;
    fprintf(stream, "  resolution   ");
    if (r->resolution > r->rtol) {
        fprintf(stream, "%.1e, which is more than the tolerance, %.0e", r->resolution, r->rtol);
        if (r->strategy == GP_PROJECT && r->limit != GP_LIMIT_NONE)
            fprintf(stream, ": %s keeps random directions from more", gp_limit_string(r->limit));
    } else if (r->resolution == 0) {
        fprintf(stream, "no difference but rounding in any verified entry");
    } else if (r->draws && !gp_has_directions(r)) {
        fprintf(stream,
                "a bias above %.1e of a block's largest derivative is excluded in every verified "
                "entry (accepted %.0e)",
                r->resolution, r->rtol);
    } else if (gp_has_directions(r)) {
        fprintf(
            stream,
            "an error above %.1e of a verified block's gradient is excluded (tolerance %.0e), in "
            "a single typical entry one above %.1e of it",
            r->resolution, r->rtol, gp_report_entry_resolution(r));
    } else {
        fprintf(stream,
                "a relative error above %.1e is excluded in every verified entry (tolerance %.0e)",
                r->resolution, r->rtol);
    }
    fputc('\n', stream);
}

/* "resolution 4.0e-06", or, by directions, "resolution 4.0e-06 of a block, 1.3e-04 of an entry":
 * whoever reads nothing else must not take the first for the second. */
static void print_headline_resolution(const gp_report *r, FILE *stream) {
    double entry = gp_report_entry_resolution(r);
    if (!(r->resolution > 0))
        return;
    fprintf(stream, ", resolution %.1e", r->resolution);
    if (entry > r->resolution)
        fprintf(stream, " of a block, %.1e of an entry", entry);
}

static void print(const gp_report *r, FILE *stream, unsigned flags) {
    gp_palette p = palette(flags);
    fprintf(stream, "%s%s%s: %s", verdict_colour(&p, r->verdict), gp_verdict_string(r->verdict),
            p.off, r->function);
    if (r->verdict == GP_FAILED && r->losses == 0) {
        fprintf(stream, ": %s\n", r->failure);
        return;
    }
    fprintf(stream, ", %zu %s", r->parameters, gp_plural(r->parameters, "parameter", "parameters"));
    if (r->parameters != r->n)
        fprintf(stream, ", %zu %s", r->n, gp_plural(r->n, "derivative", "derivatives"));
    fprintf(stream, ", %s", r->dtype == GP_FLOAT64 ? "float64" : "float32");
    if (r->value_dtype != r->dtype)
        fprintf(stream, " against a float64 value");
    if (r->verdict == GP_REFUTED)
        print_wrong(r, stream);
    if (r->verdict == GP_FAILED)
        fprintf(stream, ": %s", r->failure);
    if (r->unlocated)
        fprintf(stream, ": wrong along random directions, and the block to blame was not located");
    if (r->verdict == GP_INCONCLUSIVE)
        print_doubt(r, stream);
    print_headline_resolution(r, stream);
    fputc('\n', stream);
    if (flags & GP_PRINT_QUIET)
        return;

    fputc('\n', stream);
    print_blocks(r, &p, stream);
    fputc('\n', stream);
    print_findings(r, &p, stream);
    print_losses(r, &p, stream);
    print_coverage(r, stream);
    print_resolution(r, stream);
    if ((gp_has_directions(r) || r->draws) && r->resolution <= r->rtol)
        fprintf(stream, "  confidence   such an error is missed with probability at most %.0e\n",
                1 - r->confidence);
    if (r->strategy == GP_SAMPLE)
        fprintf(stream, "  sample       %.1f %% of the entries were looked at\n",
                100 * r->confidence);
    print_practice(r, stream);
    print_self_test(r, stream);
    if (!isnan(r->difference)) {
        fprintf(stream, "  difference   |grad - gradapprox| / (|grad| + |gradapprox|) = %.9g",
                r->difference);
        if (r->notebook_epsilon > 0)
            fprintf(stream, "  (the notebook's, step %g)", r->notebook_epsilon);
        fputc('\n', stream);
    }
    fprintf(stream, "  cost         %llu %s of the value, %llu of the gradient, %.3g s",
            (unsigned long long)r->values, gp_plural(r->values, "evaluation", "evaluations"),
            (unsigned long long)r->gradients, r->seconds);
    fprintf(stream, ", seed %llu\n", (unsigned long long)r->seed);
    if (flags & GP_PRINT_VERBOSE)
        print_entries(r, stream);
}

static gp_status print_all(const gp_report *r, FILE *stream, void *flags) {
    print(r, stream, *(const unsigned *)flags);
    return GP_OK;
}

gp_status gp_report_print(const gp_report *r, FILE *stream, unsigned flags) {
    return gp_print_plain(r, stream, print_all, &flags);
}

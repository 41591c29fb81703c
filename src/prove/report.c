/* A proof as text and as JSON. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prove/proof.h"
#include "system/json_build.h"
#include "system/plain.h"
#include "system/text.h"

/* Intervals of all entries are in the JSON of functions up to this size: that is what others need
 * to check a proof, and for larger ones as much as the parameters themselves. */
enum { SHOWN_WHOLE = 4096 };
/* Entries that are named as disproven or open, a block: who has more to mend begins with these. */
enum { NAMED = 20 };

static void name_entry(const gp_proof_shape *b, size_t i, char *name, size_t size) {
    char index[128];
    gp_index_name(b->dimensions, b->shape, i, index, sizeof index);
    snprintf(name, size, "%s%s", b->name, index);
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *colour_of(gp_proof_verdict verdict) {
    return verdict == GP_PROVEN ? "\033[32m" : verdict == GP_OPEN ? "\033[33m" : "\033[31m";
}

static void print_headline(const gp_proof *p, const char *title, unsigned flags, FILE *to) {
    int colour = (flags & GP_PRINT_COLOUR) != 0;
    const char *word = gp_proof_verdict_string(p->verdict);
    size_t count[4] = {0};
    for (size_t k = 0; k < p->blocks; k++)
        for (size_t v = 0; v < 4; v++)
            count[v] += p->block[k].result.count[v];
    fprintf(to, "%s: %s%s%s", title, colour ? colour_of(p->verdict) : "", word,
            colour ? "\033[0m" : "");
    if (p->verdict == GP_PROVEN)
        fprintf(to, ": %zu %s within the tolerance", p->n, gp_plural(p->n, "entry", "entries"));
    else if (p->verdict == GP_DISPROVEN)
        fprintf(to, ": %zu of %zu %s off by more than the tolerance", count[GP_DISPROVEN], p->n,
                gp_plural(p->n, "entry", "entries"));
    else if (p->verdict == GP_OPEN)
        fprintf(to, ": %zu of %zu %s undecided", count[GP_OPEN], p->n,
                gp_plural(p->n, "entry", "entries"));
    fprintf(to, "\n");
}

static void print_entry(const gp_proof_shape *b, size_t i, const gp_proof_entry *e, FILE *to) {
    char name[512];
    name_entry(b, i, name, sizeof name);
    fprintf(to, "  %-16s %-9s g = %.17g, derivative in [%.17g, %.17g], off by ", name,
            gp_proof_verdict_string(e->verdict), e->analytic, e->low, e->high);
    if (e->verdict == GP_DISPROVEN)
        fprintf(to, "at least %.3g\n", e->least);
    else
        fprintf(to, "at most %.3g\n", e->error);
}

static void print_blocks(const gp_proof *p, FILE *to) {
    fprintf(to, "\n  %-8s %8s %8s %9s %6s %12s %10s %10s %10s\n", "block", "entries", "proven",
            "disproven", "open", "error up to", "in ulps", "relative", "atol");
    for (size_t k = 0; k < p->blocks; k++) {
        const gp_proof_block_result *b = &p->block[k].result;
        fprintf(to, "  %-8s %8zu %8zu %9zu %6zu %12.3g %10.3g %10.3g %10.3g\n", b->name, b->entries,
                b->count[GP_PROVEN], b->count[GP_DISPROVEN], b->count[GP_OPEN], b->error, b->ulps,
                b->relative, b->atol);
    }
    fprintf(to, "  (ulps of the block's largest entry)\n");
}

static void print_entries(const gp_proof *p, unsigned flags, FILE *to) {
    for (size_t k = 0; k < p->blocks; k++) {
        const gp_proof_shape *b = &p->block[k];
        size_t named = 0, left_out = 0;
        for (size_t i = 0; i < b->result.entries; i++) {
            const gp_proof_entry *e = &p->entry[b->result.offset + i];
            if (!(flags & GP_PRINT_VERBOSE) && e->verdict == GP_PROVEN)
                continue;
            if (!(flags & GP_PRINT_VERBOSE) && named == NAMED) {
                left_out++;
                continue;
            }
            fprintf(to, "%s", named++ == 0 ? "\n" : "");
            print_entry(b, i, e, to);
        }
        if (left_out)
            fprintf(to, "  and %zu more of %s\n", left_out, b->name);
    }
}

static void print(const gp_proof *p, const char *title, unsigned flags, FILE *to) {
    print_headline(p, title, flags, to);
    if (flags & GP_PRINT_QUIET)
        return;
    if (p->verdict != GP_UNPROVABLE) {
        fprintf(to,
                "  tolerance: |g - d| <= %g max(|g|, |d|) + atol for the derivative d\n"
                "  the value is in [%.17g, %.17g]; decided with %ld bits\n",
                p->rtol, p->low, p->high, (long)p->precision);
        print_blocks(p, to);
    }
    print_entries(p, flags, to);
    for (size_t k = 0; gp_proof_open_line(p, k); k++)
        fprintf(to, "%s  %s\n", k == 0 ? "\n" : "", gp_proof_open_line(p, k));
    if (p->kinks.exact + p->kinks.undecided + p->kinks.near > p->kinks.lines)
        fprintf(to, "  and more: %zu exactly at kinks, %zu undecided, %zu nearer than rounding\n",
                p->kinks.exact, p->kinks.undecided, p->kinks.near);
}

/* What is written to a stream of open_memstream's fails for want of memory alone. */
gp_status gp_proof_text(const gp_proof *p, const char *title, unsigned flags, char **text,
                        size_t *length) {
    char *whole = NULL;
    size_t size = 0;
    if (!p || !title || !text)
        return GP_ERROR_ARGUMENT;
    char *printable = gp_printable_copy(title);
    FILE *stream = printable ? open_memstream(&whole, &size) : NULL;
    if (!stream) {
        free(printable);
        return GP_ERROR_MEMORY;
    }
    gp_plain plain = gp_plain_begin();
    print(p, printable, flags, stream);
    gp_plain_end(plain);
    free(printable);
    int failed = ferror(stream);
    if (fclose(stream) != 0 || failed) {
        free(whole);
        return GP_ERROR_MEMORY;
    }
    *text = whole;
    if (length)
        *length = size;
    return GP_OK;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static json_t *json_of_entry(const gp_proof_shape *b, size_t i, const gp_proof_entry *e) {
    char name[512];
    name_entry(b, i, name, sizeof name);
    return json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "index", (json_int_t)i, "name",
                     name, "verdict", gp_proof_verdict_string(e->verdict), "analytic",
                     gp_json_number(e->analytic), "low", gp_json_number(e->low), "high",
                     gp_json_number(e->high), "error", gp_json_number(e->error), "least",
                     gp_json_number(e->least));
}

/* The entries that aren't proven, the first of them. */
static json_t *json_of_unproven(const gp_proof *p, const gp_proof_shape *b) {
    json_t *list = json_array();
    size_t named = 0;
    for (size_t i = 0; i < b->result.entries && named < NAMED; i++) {
        const gp_proof_entry *e = &p->entry[b->result.offset + i];
        if (e->verdict == GP_PROVEN)
            continue;
        gp_json_add(&list, json_of_entry(b, i, e));
        named++;
    }
    return list;
}

static json_t *json_of_intervals(const gp_proof *p, const gp_proof_shape *b) {
    json_t *list = json_array();
    for (size_t i = 0; i < b->result.entries; i++) {
        const gp_proof_entry *e = &p->entry[b->result.offset + i];
        gp_json_add(&list, json_pack("[o, o, o]", gp_json_number(e->analytic),
                                     gp_json_number(e->low), gp_json_number(e->high)));
    }
    return list;
}

static json_t *json_of_block(const gp_proof *p, const gp_proof_shape *b) {
    const gp_proof_block_result *r = &b->result;
    json_t *shape = json_array(), *count = json_object();
    for (size_t d = 0; d < b->dimensions; d++)
        gp_json_add(&shape, json_integer((json_int_t)b->shape[d]));
    for (int v = 0; gp_proof_verdict_string((gp_proof_verdict)v); v++)
        gp_json_put(&count, gp_proof_verdict_string((gp_proof_verdict)v),
                    json_integer((json_int_t)r->count[v]));
    json_t *block =
        json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", r->name, "shape",
                  shape, "verdict", gp_proof_verdict_string(r->verdict), "entries", count, "atol",
                  gp_json_number(r->atol), "largest", gp_json_number(r->largest), "error",
                  gp_json_number(r->error), "ulps", gp_json_number(r->ulps), "relative",
                  gp_json_number(r->relative), "unproven", json_of_unproven(p, b));
    if (r->entries > 0)
        gp_json_put(&block, "worst", json_of_entry(b, r->worst, &p->entry[r->offset + r->worst]));
    if (p->n <= SHOWN_WHOLE)
        gp_json_put(&block, "intervals", json_of_intervals(p, b));
    return block;
}

gp_status gp_proof_json(const gp_proof *p, const char *title, char **text, size_t *length) {
    if (!p || !title || !text)
        return GP_ERROR_ARGUMENT;
    char *printable = gp_printable_copy(title);
    json_t *blocks = json_array(), *lines = json_array();
    for (size_t k = 0; k < p->blocks; k++)
        gp_json_add(&blocks, json_of_block(p, &p->block[k]));
    for (size_t k = 0; gp_proof_open_line(p, k); k++)
        gp_json_add(&lines, json_string(gp_proof_open_line(p, k)));
    json_t *whole = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:I, s:[o, o], s:{s:I, s:I, s:I, s:I, s:I}, "
        "s:o, s:o}",
        "schema", "gradproof.proof/1", "version", gp_version(), "function",
        printable ? printable : "", "dtype", p->dtype == GP_FLOAT32 ? "float32" : "float64",
        "verdict", gp_proof_verdict_string(p->verdict), "parameters", (json_int_t)p->n, "rtol",
        gp_json_number(p->rtol), "radius", gp_json_number(p->radius), "reach",
        gp_json_number(p->reach), "precision", (json_int_t)p->precision, "value",
        gp_json_number(p->low), gp_json_number(p->high), "kinks", "exact",
        (json_int_t)p->kinks.exact, "undecided", (json_int_t)p->kinks.undecided, "near",
        (json_int_t)p->kinks.near, "ties", (json_int_t)p->kinks.ties, "edges",
        (json_int_t)p->kinks.edges, "lines", lines, "blocks", blocks);
    char *written =
        printable ? gp_json_write(whole, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(whole);
    free(printable);
    if (!written)
        return GP_ERROR_MEMORY;
    *text = written;
    if (length)
        *length = strlen(written);
    return GP_OK;
}

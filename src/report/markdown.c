/* The report as Markdown, for the summary of a job: the verdict, then causes, then the blocks. */
#include <math.h>

#include "judge/findings.h"
#include "report/phrases.h"
#include "report/stream.h"

/* A job's summary has 1 MiB: the blocks that are wrong or open come first. */
enum { MOST_BLOCKS = 500, MOST_LINES = 20 };

static void put(FILE *stream, const char *text) {
    gp_write_escaped(stream, GP_MARKDOWN_ESCAPES, text);
}

static void write_head(const gp_report *r, FILE *stream) {
    static const char *const signs[] = {"✅ Verified", "❌ Refuted", "❔ Inconclusive",
                                        "⚠️ Failed"};
    char summary[GP_SUMMARY_SIZE];
    gp_write_summary(r, summary);
    fprintf(stream, "## %s: ", signs[r->verdict]);
    put(stream, r->function);
    fprintf(stream, "\n\n");
    put(stream, summary);
    fprintf(stream, "\n\n");
}

static void write_causes(const gp_report *r, FILE *stream) {
    size_t causes = 0;
    for (size_t k = 0; k < r->blocks; k++)
        for (size_t i = 0; i < r->block[k].result.diagnoses; i++) {
            fprintf(stream, "%s- **", causes++ ? "" : "### What is wrong\n\n");
            put(stream, r->block[k].diagnosis[i].kind);
            fprintf(stream, "** ");
            put(stream, r->block[k].diagnosis[i].message);
            fputc('\n', stream);
        }
    for (size_t k = 0; k < r->losses && k < MOST_LINES; k++) {
        fprintf(stream, "%s- **lost** ", causes++ ? "" : "### What is wrong\n\n");
        put(stream, r->loss[k]);
        fputc('\n', stream);
    }
    if (causes)
        fputc('\n', stream);
}

static void write_worst(const gp_report *r, const gp_block_result *block, FILE *stream) {
    char name[128];
    if (!block->has_worst) {
        fprintf(stream, "| | |");
        return;
    }
    const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
    gp_report_entry_name(block, block->worst_index, name, sizeof name);
    put(stream, name);
    fprintf(stream, " | %.9g | %.9g ± %.1e |", e->analytic, e->numeric, e->bound);
}

static void write_block(const gp_report *r, const gp_block_result *block, FILE *stream) {
    char shape[160];
    gp_write_shape(block, shape, sizeof shape);
    fprintf(stream, "| ");
    put(stream, block->name);
    fprintf(stream, " | %s | %s%s%s | %zu/%zu | ", shape, block->verdict == GP_REFUTED ? "**" : "",
            gp_verdict_string(block->verdict), block->verdict == GP_REFUTED ? "**" : "",
            block->exercised, block->entries);
    if (isnan(block->resolution))
        fprintf(stream, " | ");
    else
        fprintf(stream, "%.1e | ", block->resolution);
    write_worst(r, block, stream);
    fputc('\n', stream);
}

static void write_blocks(const gp_report *r, FILE *stream) {
    static const gp_verdict TURNS[] = {GP_REFUTED, GP_INCONCLUSIVE, GP_FAILED, GP_VERIFIED};
    size_t written = 0;
    if (r->blocks == 0)
        return;
    fprintf(stream, "| block | shape | verdict | exercised | resolution | worst entry | gradient | "
                    "estimate |\n| --- | --- | --- | ---: | ---: | --- | ---: | ---: |\n");
    for (size_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++)
        for (size_t k = 0; k < r->blocks && written < MOST_BLOCKS; k++)
            if (r->block[k].result.verdict == TURNS[turn]) {
                write_block(r, &r->block[k].result, stream);
                written++;
            }
    fputc('\n', stream);
    if (written < r->blocks)
        fprintf(stream, "and %zu more blocks, all of them %s\n\n", r->blocks - written,
                "no worse than the last");
}

static void write_rest(const gp_report *r, FILE *stream) {
    char values[GP_COUNT_SIZE], gradients[GP_COUNT_SIZE];
    for (size_t k = 0; k < r->practices && k < MOST_LINES; k++) {
        fprintf(stream, "- ");
        put(stream, r->practice[k]);
        fputc('\n', stream);
    }
    if (r->silents) {
        fprintf(stream, "- silent at the given point: ");
        for (size_t k = 0; k < r->silents && k < MOST_LINES; k++) {
            fprintf(stream, "%s", k ? ", " : "");
            put(stream, r->silent[k]);
        }
        if (r->silents > MOST_LINES)
            fprintf(stream, " and %zu more", r->silents - MOST_LINES);
        fputc('\n', stream);
    }
    if (r->practices || r->silents)
        fputc('\n', stream);
    if (r->verdict != GP_FAILED)
        fprintf(stream, "%s evaluations of the value, %s of the gradient, %.3g s, %s, ",
                gp_write_count(r->values, values), gp_write_count(r->gradients, gradients),
                r->seconds, gp_precision(r));
    fprintf(stream, "seed %llu, gradproof %s\n", (unsigned long long)r->seed, gp_version());
    if (r->command) {
        fprintf(stream, "\nTo repeat it: <code>");
        put(stream, r->command);
        fprintf(stream, "</code>\n");
    }
}

static gp_status print_markdown(const gp_report *r, FILE *stream, void *context) {
    (void)context;
    write_head(r, stream);
    write_causes(r, stream);
    write_blocks(r, stream);
    write_rest(r, stream);
    return GP_OK;
}

gp_status gp_report_write_markdown(const gp_report *r, FILE *stream) {
    return gp_print_plain(r, stream, print_markdown, NULL);
}

/* The report for build servers: JUnit's XML, one test suite a check, one test case a block. */
#include <math.h>
#include <string.h>

#include "judge/findings.h"
#include "report/phrases.h"
#include "report/stream.h"

static void put(FILE *stream, const char *text) {
    gp_write_escaped(stream, GP_HTML_ESCAPES, text);
}

static void property(FILE *stream, const char *name, const char *value) {
    fprintf(stream, "      <property name=\"%s\" value=\"", name);
    put(stream, value);
    fprintf(stream, "\"/>\n");
}

static void number(FILE *stream, const char *name, const char *format, double value) {
    char text[64];
    snprintf(text, sizeof text, format, value);
    if (!isnan(value))
        property(stream, name, text);
}

static void write_properties(const gp_report *r, FILE *stream) {
    fprintf(stream, "    <properties>\n");
    property(stream, "gradproof.version", gp_version());
    property(stream, "verdict", gp_verdict_string(r->verdict));
    property(stream, "precision", gp_precision(r));
    property(stream, "strategy", gp_strategy_word(r->strategy));
    number(stream, "parameters", "%.0f", (double)r->parameters);
    number(stream, "tolerance", "%g", r->rtol);
    number(stream, "resolution", "%.3g", r->resolution);
    number(stream, "confidence", "%.12g", r->confidence);
    number(stream, "evaluations.value", "%.0f", (double)r->values);
    number(stream, "evaluations.gradient", "%.0f", (double)r->gradients);
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    property(stream, "seed", seed);
    if (r->command)
        property(stream, "command", r->command);
    fprintf(stream, "    </properties>\n");
}

/* <failure> or <error>: its message is the first cause, its text all of them and the numbers. */
static void write_problem(const gp_report *r, const gp_report_block_data *data, FILE *stream) {
    const gp_block_result *block = &data->result;
    const char *element = block->verdict == GP_REFUTED ? "failure" : "error";
    fprintf(stream, "      <%s type=\"", element);
    put(stream, block->diagnoses ? data->diagnosis[0].kind : gp_verdict_string(block->verdict));
    fprintf(stream, "\" message=\"");
    if (block->diagnoses)
        put(stream, data->diagnosis[0].message);
    else
        fprintf(stream, "%s", gp_verdict_string(block->verdict));
    fprintf(stream, "\">");
    for (size_t k = 0; k < block->diagnoses; k++) {
        put(stream, data->diagnosis[k].message);
        fputc('\n', stream);
    }
    if (block->has_worst) {
        char name[128];
        const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
        gp_report_entry_name(block, block->worst_index, name, sizeof name);
        put(stream, block->name);
        put(stream, name);
        fprintf(stream, ": gradient %.9g, estimate %.9g +- %.1e, ", e->analytic, e->numeric,
                e->bound);
        put(stream, gp_report_point(r, e->point));
        fputc('\n', stream);
    }
    for (int limit = GP_LIMIT_NONE + 1; limit < GP_LIMITS; limit++)
        if (data->limits[limit])
            fprintf(stream, "unresolved by %s: %zu\n", gp_limit_string((gp_limit)limit),
                    data->limits[limit]);
    fprintf(stream, "</%s>\n", element);
}

static void write_case(const gp_report *r, const gp_report_block_data *data, FILE *stream) {
    const gp_block_result *block = &data->result;
    char shape[160];
    gp_write_shape(block, shape, sizeof shape);
    fprintf(stream, "    <testcase classname=\"");
    put(stream, r->function);
    fprintf(stream, "\" name=\"");
    put(stream, block->name);
    fprintf(stream, "\" time=\"0\">\n");
    if (block->verdict == GP_REFUTED || block->verdict == GP_INCONCLUSIVE)
        write_problem(r, data, stream);
    fprintf(stream, "      <system-out>%s, %zu of %zu exercised", shape, block->exercised,
            block->entries);
    if (!isnan(block->resolution))
        fprintf(stream, ", resolution %.1e", block->resolution);
    fprintf(stream, "</system-out>\n    </testcase>\n");
}

/* What no block is to blame for: the function failed, or the whole is open or wrong all the same.
 */
static int needs_case_of_its_own(const gp_report *r, size_t failures, size_t errors) {
    return r->verdict == GP_FAILED || (r->verdict == GP_REFUTED && failures == 0) ||
           (r->verdict == GP_INCONCLUSIVE && errors == 0);
}

static void write_whole(const gp_report *r, FILE *stream) {
    char summary[GP_SUMMARY_SIZE];
    const char *element = r->verdict == GP_REFUTED ? "failure" : "error";
    gp_write_summary(r, summary);
    fprintf(stream, "    <testcase classname=\"");
    put(stream, r->function);
    fprintf(stream, "\" name=\"the check\" time=\"0\">\n      <%s type=\"", element);
    put(stream, r->failure[0] ? r->failure_kind : gp_verdict_string(r->verdict));
    fprintf(stream, "\" message=\"");
    put(stream, r->failure[0] ? r->failure : summary);
    fprintf(stream, "\">");
    put(stream, summary);
    for (size_t k = 0; k < r->losses; k++) {
        fputc('\n', stream);
        put(stream, r->loss[k]);
    }
    fprintf(stream, "</%s>\n    </testcase>\n", element);
}

static gp_status print_junit(const gp_report *r, FILE *stream, void *context) {
    size_t failures = 0, errors = 0;
    (void)context;
    for (size_t k = 0; k < r->blocks; k++) {
        failures += r->block[k].result.verdict == GP_REFUTED;
        errors += r->block[k].result.verdict == GP_INCONCLUSIVE;
    }
    int whole = needs_case_of_its_own(r, failures, errors);
    size_t tests = r->blocks + (size_t)whole;
    failures += whole && r->verdict == GP_REFUTED;
    errors += whole && r->verdict != GP_REFUTED;
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"%.6f\">\n"
            "  <testsuite name=\"",
            tests, failures, errors, r->seconds);
    put(stream, r->function);
    fprintf(stream,
            "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\" time=\"%.6f\">\n",
            tests, failures, errors, r->seconds);
    write_properties(r, stream);
    for (size_t k = 0; k < r->blocks; k++)
        write_case(r, &r->block[k], stream);
    if (whole)
        write_whole(r, stream);
    fprintf(stream, "  </testsuite>\n</testsuites>\n");
    return GP_OK;
}

gp_status gp_report_write_junit(const gp_report *r, FILE *stream) {
    return gp_print_plain(r, stream, print_junit, NULL);
}

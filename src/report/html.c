/* The report as a page: one HTML file that asks for nothing else. Every number stands in a table;
 * page/page.js draws pictures of the same numbers from JSON at the end of the file. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "judge/findings.h"
#include "report/assets.h"
#include "report/grid.h"
#include "report/phrases.h"
#include "report/stream.h"
#include "system/text.h"

/* What keeps a page below 2 MB. D3 takes 0.15 MB, a row of the table of blocks 0.5 kB, a block by
 * itself 4 kB, a cell 0.1 kB. */
enum {
    MOST_ROWS = 500,    /* blocks in tables */
    MOST_SECTIONS = 60, /* blocks by themselves, with a picture */
    MOST_CELLS = 8192,  /* in the pictures of all blocks, */
    CELLS = 1600,       /* of one at most */
    WORST = 6,          /* entries listed of a block */
    MOST_LINES = 200,   /* units, lost probes, lines on practice */
    MOST_NAMED = 12     /* rows of a block without anything exercised */
};

/* A page on its way. */
typedef struct gp_page {
    const gp_report *report;
    FILE *stream;
    size_t rows[MOST_ROWS], row_count; /* blocks, ascending */
    size_t sections[MOST_SECTIONS], section_count;
    gp_cell cell[CELLS];
} gp_page;

static void html(const gp_page *p, const char *text) {
    gp_write_escaped(p->stream, GP_HTML_ESCAPES, text);
}

static void raw(const gp_page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void raw(const gp_page *p, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(p->stream, format, arguments);
    va_end(arguments);
}

/* A cell of a table, or a definition, with text that is escaped. */
static void element(const gp_page *p, const char *begin, const char *text, const char *end) {
    raw(p, "%s", begin);
    html(p, text);
    raw(p, "%s", end);
}

/* A number in a cell; a dash where there is none. */
static void number(const gp_page *p, const char *format, double v) {
    char text[64];
    snprintf(text, sizeof text, format, v);
    element(p, "<td class=\"n\">", isnan(v) ? "–" : text, "</td>");
}

static void count(const gp_page *p, size_t n) {
    char text[GP_COUNT_SIZE];
    element(p, "<td class=\"n\">", gp_write_count(n, text), "</td>");
}

static void badge(const gp_page *p, gp_verdict verdict) {
    static const char *const signs[] = {"✓", "✗", "?", "!"};
    const char *word = gp_verdict_string(verdict);
    raw(p, "<span class=\"badge %s\"><span aria-hidden=\"true\">%s</span> %s</span>", word,
        signs[verdict], word);
}

/* A table that scrolls by itself where the screen is narrower than it. */
static void begin_table(const gp_page *p, const char *label, const char *const *heads) {
    element(p, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", label, "\">");
    raw(p, "<table><thead><tr>");
    for (; *heads; heads++) /* an equals sign: a column of numbers */
        element(p, **heads == '=' ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">",
                *heads + (**heads == '='), "</th>");
    raw(p, "</tr></thead><tbody>\n");
}

static void end_table(const gp_page *p) {
    raw(p, "</tbody></table></div>\n");
}

static void definition(const gp_page *p, const char *term, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void definition(const gp_page *p, const char *term, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    element(p, "<div><dt>", term, "</dt>");
    element(p, "<dd>", text, "</dd></div>\n");
}

/* Up to `most` blocks, what is wrong or open before what is right, in the function's order. */
static size_t choose_blocks(const gp_report *r, size_t most, size_t *list) {
    static const gp_verdict TURNS[] = {GP_REFUTED, GP_INCONCLUSIVE, GP_FAILED, GP_VERIFIED};
    size_t room[sizeof TURNS / sizeof *TURNS], left = most, chosen = 0;
    for (size_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++) {
        size_t of_it = 0;
        for (size_t k = 0; k < r->blocks; k++)
            of_it += r->block[k].result.verdict == TURNS[turn];
        room[turn] = of_it < left ? of_it : left;
        left -= room[turn];
    }
    for (size_t k = 0; k < r->blocks; k++)
        for (size_t turn = 0; turn < sizeof TURNS / sizeof *TURNS; turn++)
            if (r->block[k].result.verdict == TURNS[turn] && room[turn] > 0) {
                room[turn]--;
                list[chosen++] = k;
            }
    return chosen;
}

static int has_section(const gp_page *p, size_t block) {
    for (size_t k = 0; k < p->section_count; k++)
        if (p->sections[k] == block)
            return 1;
    return 0;
}

/* ---- the top ---------------------------------------------------------------------- */

static void write_head(const gp_page *p) {
    const gp_report *r = p->report;
    raw(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html(p, r->function);
    raw(p, ": %s – gradproof</title>\n<style>\n", gp_verdict_string(r->verdict));
    (void)fwrite(GP_PAGE_STYLE.bytes, 1, GP_PAGE_STYLE.size, p->stream);
    raw(p, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n"
           "<header><p><strong>gradproof</strong> <span>proof of a gradient</span></p>"
           "<button type=\"button\" id=\"theme\" hidden>Dark</button></header>\n"
           "<main id=\"main\">\n");
}

static void write_facts(const gp_page *p) {
    const gp_report *r = p->report;
    char some[GP_COUNT_SIZE], all[GP_COUNT_SIZE];
    size_t right = 0;
    if (r->blocks == 0)
        return;
    for (size_t k = 0; k < r->blocks; k++)
        right += r->block[k].result.verdict == GP_VERIFIED;
    raw(p, "<dl class=\"facts\">\n");
    definition(p, "Blocks verified", "%zu of %zu", right, r->blocks);
    definition(p, "Numbers exercised", "%s of %s", gp_write_count(r->exercised, some),
               gp_write_count(r->n, all));
    if (!isnan(r->resolution))
        definition(p, gp_has_directions(r) ? "Resolution of a block" : "Resolution", "%.1e",
                   r->resolution);
    if (gp_has_directions(r) && gp_report_entry_resolution(r) > r->resolution)
        definition(p, "Resolution of a number", "%.1e", gp_report_entry_resolution(r));
    if (!isnan(r->difference))
        definition(p, r->notebook_epsilon > 0 ? "Notebook’s difference" : "Difference", "%.2e",
                   r->difference);
    definition(p, "Evaluations", "%s", gp_write_count(r->values + r->gradients, some));
    raw(p, "</dl>\n");
}

static void write_top(const gp_page *p) {
    const gp_report *r = p->report;
    char summary[GP_SUMMARY_SIZE];
    gp_write_summary(r, summary);
    raw(p, "<section class=\"top %s\">\n<p>", gp_verdict_string(r->verdict));
    badge(p, r->verdict);
    element(p, "</p>\n<h1>", r->function, "</h1>\n");
    element(p, "<p class=\"lead\" id=\"summary\">", summary, "</p>\n</section>\n");
    write_facts(p);
}

/* ---- what is wrong ---------------------------------------------------------------- */

static void write_causes(const gp_page *p) {
    const gp_report *r = p->report;
    size_t causes = 0;
    for (size_t q = 0; q < p->row_count; q++)
        for (size_t i = 0; i < r->block[p->rows[q]].result.diagnoses; i++) {
            const gp_diagnosis *d = &r->block[p->rows[q]].diagnosis[i];
            raw(p, causes++ ? "" : "<section><h2>What is wrong</h2>\n<ul class=\"causes\">\n");
            element(p, "<li><strong>", d->kind, "</strong> ");
            element(p, "", d->message, "</li>\n");
        }
    for (size_t k = 0; k < r->losses && k < MOST_LINES; k++) {
        raw(p, causes++ ? "" : "<section><h2>What is wrong</h2>\n<ul class=\"causes\">\n");
        element(p, "<li><strong>lost</strong> ", r->loss[k], "</li>\n");
    }
    if (causes)
        raw(p, "</ul></section>\n");
}

static void write_name_of(const gp_page *p, const gp_block_result *block, size_t index) {
    char name[128];
    gp_report_entry_name(block, index, name, sizeof name);
    html(p, name[0] ? name : block->name);
}

static void write_blocks(const gp_page *p) {
    static const char *const HEADS[] = {"Block",       "Shape",       "Verdict",   "=Exercised",
                                        "=Resolution", "Worst entry", "=Gradient", "=Estimate",
                                        "=Bound",      NULL};
    const gp_report *r = p->report;
    if (r->blocks == 0)
        return;
    raw(p, "<section id=\"blocks\"><h2>Blocks</h2>\n");
    begin_table(p, "Blocks", HEADS);
    for (size_t q = 0; q < p->row_count; q++) {
        const gp_block_result *block = &r->block[p->rows[q]].result;
        char text[160];
        int linked = has_section(p, p->rows[q]);
        raw(p, "<tr><th scope=\"row\">");
        if (linked)
            raw(p, "<a href=\"#b%zu\">", p->rows[q]);
        html(p, block->name);
        raw(p, "%s</th>", linked ? "</a>" : "");
        gp_write_shape(block, text, sizeof text);
        element(p, "<td>", text, "</td><td>");
        badge(p, block->verdict);
        raw(p, "</td><td class=\"n\">%zu/%zu</td>", block->exercised, block->entries);
        number(p, "%.1e", block->resolution);
        if (block->has_worst) {
            const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
            raw(p, "<td>");
            write_name_of(p, block, block->worst_index);
            raw(p, "</td>");
            number(p, "%.9g", e->analytic);
            number(p, "%.9g", e->numeric);
            number(p, "%.1e", e->bound);
        } else {
            raw(p, "<td>–</td><td class=\"n\">–</td><td class=\"n\">–</td><td class=\"n\">–</td>");
        }
        raw(p, "</tr>\n");
    }
    end_table(p);
    if (p->row_count < r->blocks)
        raw(p, "<p>And %zu more blocks, none of them worse than those above.</p>\n",
            r->blocks - p->row_count);
    raw(p, "</section>\n");
}

/* ---- block by block --------------------------------------------------------------- */

/* The `most` entries of a block that have most to say, the worst first. */
static size_t find_worst(const gp_report *r, const gp_block_result *block, size_t most,
                         size_t *list) {
    size_t found = 0, end = block->offset + block->entries;
    for (size_t at = gp_report_next(r, block->offset); at < end; at = gp_report_next(r, at + 1)) {
        const gp_entry *e = gp_report_at(r, at);
        size_t k = found;
        if (e->status == GP_ENTRY_UNCHECKED)
            continue;
        while (k > 0 && gp_entry_is_worse(e, gp_report_at(r, list[k - 1])))
            k--;
        if (k == most)
            continue;
        found += found < most;
        memmove(list + k + 1, list + k, (found - 1 - k) * sizeof *list);
        list[k] = at;
    }
    return found;
}

static void write_entries(const gp_page *p, const gp_block_result *block) {
    static const char *const HEADS[] = {"Entry",  "Status",          "=Gradient", "=Estimate",
                                        "=Bound", "=Relative error", "Where",     NULL};
    const gp_report *r = p->report;
    size_t list[WORST], found = find_worst(r, block, WORST, list);
    char label[160];
    if (found == 0) {
        raw(p, "<p class=\"note\">No entry was looked at by itself%s</p>\n",
            block->directions
                ? ": random directions through all of them at once found no difference."
                : ".");
        return;
    }
    snprintf(label, sizeof label, "Entries of %.100s that agree least", block->name);
    raw(p, "<h4>%s</h4>\n", found < block->entries ? "Entries that agree least" : "Entries");
    begin_table(p, label, HEADS);
    for (size_t k = 0; k < found; k++) {
        const gp_entry *e = gp_report_at(r, list[k]);
        raw(p, "<tr><th scope=\"row\">");
        write_name_of(p, block, list[k] - block->offset);
        raw(p, "</th><td>%s", gp_entry_status_string(e->status));
        if (e->status == GP_ENTRY_UNRESOLVED)
            raw(p, " (%s)", gp_limit_string(e->limit));
        raw(p, "</td>");
        number(p, "%.12g", e->analytic);
        number(p, "%.12g", e->numeric);
        number(p, "%.1e", e->bound);
        number(p, "%.1e", gp_entry_error(e));
        element(p, "<td>", gp_report_point(r, e->point), "</td></tr>\n");
    }
    end_table(p);
}

static double central(const gp_rung *g) {
    return (g->f_plus - g->f_minus) / (g->plus - g->minus);
}

static double forward(const gp_step_curve *c, const gp_rung *g) {
    return (g->f_plus - c->f0) / g->plus;
}

/* Steps side by side, as checkers with one step know them: whole powers of ten. */
static void write_steps(const gp_page *p, const gp_block_result *block, const gp_step_curve *c,
                        size_t k) {
    static const char *const HEADS[] = {
        "=Step", "=Central difference", "=Error", "=Forward difference", "=Error", NULL};
    const gp_entry *e = gp_report_at(p->report, c->entry);
    char label[160], name[128];
    gp_report_entry_name(block, c->entry - block->offset, name, sizeof name);
    snprintf(label, sizeof label, "Difference quotients of %.60s%.40s by step", block->name, name);
    element(p, "<h4>", label, "</h4>\n");
    raw(p,
        "<p class=\"note\">At the given point. Checkers with one fixed step see a single row of "
        "this table; errors are distances from the estimate, %.12g ± %.1e. The gradient under "
        "test is %.12g.</p>\n",
        e->numeric, e->bound, e->analytic);
    raw(p, "<figure class=\"curve\" data-curve=\"%zu\" hidden></figure>\n", k);
    begin_table(p, label, HEADS);
    for (unsigned s = 0; s < c->steps; s++) {
        const gp_rung *g = &c->rung[s];
        double decade = log10(g->step);
        if (fabs(decade - round(decade)) > 1e-6)
            continue;
        raw(p, "<tr><th scope=\"row\" class=\"n\">%.0e</th>", g->step);
        number(p, "%.12g", central(g));
        number(p, "%.1e", fabs(central(g) - e->numeric));
        number(p, "%.12g", forward(c, g));
        number(p, "%.1e", fabs(forward(c, g) - e->numeric));
        raw(p, "</tr>\n");
    }
    end_table(p);
}

static void write_section_facts(const gp_page *p, const gp_report_block_data *data) {
    const gp_block_result *block = &data->result;
    char text[GP_COUNT_SIZE];
    raw(p, "<dl class=\"counts\">\n");
    for (int s = 0; s < GP_ENTRY_STATUSES; s++)
        if (block->count[s])
            definition(p, gp_entry_status_string((gp_entry_status)s), "%s",
                       gp_write_count(block->count[s], text));
    if (block->directions)
        definition(p, "random directions", "%zu", block->directions);
    if (!isnan(block->resolution))
        definition(p, "resolution", "%.1e", block->resolution);
    for (int limit = GP_LIMIT_NONE + 1; limit < GP_LIMITS; limit++)
        if (data->limits[limit])
            definition(p, gp_limit_string((gp_limit)limit), "%zu unresolved", data->limits[limit]);
    const gp_self_test_result *s = &data->self_test;
    if (s->planted)
        definition(p, "planted mistakes", "%zu of %zu caught", s->caught, s->planted - s->below);
    raw(p, "</dl>\n");
}

static void write_section(const gp_page *p, size_t number_of) {
    const gp_report *r = p->report;
    const gp_report_block_data *data = &r->block[number_of];
    const gp_block_result *block = &data->result;
    char shape[160];
    gp_write_shape(block, shape, sizeof shape);
    raw(p, "<details id=\"b%zu\"%s><summary><h3>", number_of,
        block->verdict != GP_VERIFIED || p->section_count == 1 ? " open" : "");
    html(p, block->name);
    element(p, "</h3> <span class=\"shape\">", shape, "</span> ");
    badge(p, block->verdict);
    raw(p, "</summary>\n<div class=\"inside\">\n");
    for (size_t k = 0; k < block->diagnoses; k++)
        element(p, "<p class=\"cause\">", data->diagnosis[k].message, "</p>\n");
    write_section_facts(p, data);
    raw(p, "<figure class=\"heat\" data-block=\"%zu\" hidden></figure>\n", number_of);
    write_entries(p, block);
    for (size_t k = 0; k < r->curves; k++)
        if (r->curve[k].entry >= block->offset &&
            r->curve[k].entry < block->offset + block->entries)
            write_steps(p, block, &r->curve[k], k);
    raw(p, "</div></details>\n");
}

static void write_sections(const gp_page *p) {
    if (p->section_count == 0)
        return;
    raw(p, "<section><h2>Block by block</h2>\n");
    raw(p, "<p class=\"note scripted\" hidden>In the pictures, arrow keys move from cell to cell; "
           "the line below a picture says what is there.</p>\n");
    raw(p, "<noscript><p class=\"note\">Pictures need JavaScript; the tables hold the same "
           "numbers.</p></noscript>\n");
    for (size_t k = 0; k < p->section_count; k++)
        write_section(p, p->sections[k]);
    if (p->section_count < p->report->blocks)
        raw(p, "<p>And %zu more blocks, none of them worse than those above.</p>\n",
            p->report->blocks - p->section_count);
    raw(p, "</section>\n");
}

/* ---- coverage --------------------------------------------------------------------- */

/* Rows of a matrix, a unit's each, of which nothing was exercised at any point. */
static void write_silent_rows(const gp_page *p, const gp_block_result *block) {
    const gp_report *r = p->report;
    size_t rows = block->dimensions > 1 && !block->row ? block->shape[0] : 0, silent = 0;
    if (block->count[GP_ENTRY_UNEXERCISED] == 0 || rows == 0)
        return;
    for (size_t row = 0, wide = block->entries / rows; row < rows; row++) {
        int is_silent = wide > 0;
        for (size_t k = 0; k < wide && is_silent; k++)
            is_silent =
                gp_report_at(r, block->offset + row * wide + k)->status == GP_ENTRY_UNEXERCISED;
        if (!is_silent)
            continue;
        if (silent++ == 0)
            element(p, "<li>Rows of ", block->name, " that are zero at every point:");
        if (silent <= MOST_NAMED)
            raw(p, "%s [%zu]", silent > 1 ? "," : "", row);
    }
    if (silent > MOST_NAMED)
        raw(p, " and %zu more", silent - MOST_NAMED);
    raw(p, silent ? "</li>\n" : "");
}

static void write_silent_units(const gp_page *p) {
    static const char *const HEADS[] = {"Unit", "At the given point", NULL};
    const gp_report *r = p->report;
    if (r->silents == 0)
        return;
    begin_table(p, "Units that are silent at the given point", HEADS);
    for (size_t k = 0; k < r->silents && k < MOST_LINES; k++)
        element(p, "<tr><th scope=\"row\">", r->silent[k],
                "</th><td>silent: the derivatives behind it are zero there</td></tr>\n");
    end_table(p);
    if (r->silents > MOST_LINES)
        raw(p, "<p>And %zu more.</p>\n", r->silents - MOST_LINES);
}

static void write_coverage(const gp_page *p) {
    static const char *const HEADS[] = {"Block",
                                        "=Numbers",
                                        "=Exercised",
                                        "Share",
                                        "=Zero at every point",
                                        "=Not looked at by itself",
                                        NULL};
    const gp_report *r = p->report;
    if (r->blocks == 0)
        return;
    raw(p,
        "<section><h2>Coverage</h2>\n<p>A number is exercised where it moves the result: a zero "
        "that agrees with a zero proves nothing. %zu %s tried.</p>\n",
        r->points, gp_plural(r->points, "point was", "points were"));
    begin_table(p, "Coverage by block", HEADS);
    for (size_t q = 0; q < p->row_count; q++) {
        const gp_block_result *block = &r->block[p->rows[q]].result;
        double share = block->entries ? (double)block->exercised / (double)block->entries : 1;
        element(p, "<tr><th scope=\"row\">", block->name, "</th>");
        count(p, block->entries);
        count(p, block->exercised);
        raw(p, "<td><span class=\"bar\"><span style=\"width:%.1f%%\"></span></span> %.*f %%</td>",
            100 * share, share < 1 && share > 0 ? 1 : 0, 100 * share);
        count(p, block->count[GP_ENTRY_UNEXERCISED]);
        count(p, block->count[GP_ENTRY_UNCHECKED]);
        raw(p, "</tr>\n");
    }
    end_table(p);
    raw(p, "<ul>\n");
    for (size_t k = 1; k < r->points && k < MOST_LINES; k++)
        if (k < r->places && r->place[k]) {
            raw(p, "<li>Point %zu: ", k);
            element(p, "", gp_report_point(r, k), "</li>\n");
        }
    for (size_t q = 0; q < p->row_count; q++)
        write_silent_rows(p, &r->block[p->rows[q]].result);
    raw(p, "</ul>\n");
    write_silent_units(p);
    raw(p, "</section>\n");
}

/* ---- the rest --------------------------------------------------------------------- */

static void write_practice(const gp_page *p) {
    const gp_report *r = p->report;
    if (r->practices == 0)
        return;
    raw(p, "<section><h2>What else was done</h2>\n<ul>\n");
    for (size_t k = 0; k < r->practices && k < MOST_LINES; k++)
        element(p, "<li>", r->practice[k], "</li>\n");
    raw(p, "</ul></section>\n");
}

static void write_repeat(const gp_page *p) {
    const gp_report *r = p->report;
    char values[GP_COUNT_SIZE], gradients[GP_COUNT_SIZE];
    raw(p, "<section><h2>How to repeat this</h2>\n");
    if (r->command)
        element(p, "<pre role=\"region\" tabindex=\"0\" aria-label=\"Command\"><code>", r->command,
                "</code></pre>\n");
    raw(p, "<p>The same version, seed and code give the same verdict and the same numbers, on one "
           "process or many.</p>\n<dl class=\"counts\">\n");
    definition(p, "version", "gradproof %s", gp_version());
    definition(p, "seed", "%llu", (unsigned long long)r->seed);
    if (r->blocks) {
        definition(p, "precision", "%s", gp_precision(r));
        definition(p, "strategy", "%s", gp_strategy_word(r->strategy));
        definition(p, "tolerance", "%g relative", r->rtol);
        if (r->atol >= 0)
            definition(p, "absolute tolerance", "%g", r->atol);
        definition(p, "evaluations", "%s of the value, %s of the gradient",
                   gp_write_count(r->values, values), gp_write_count(r->gradients, gradients));
    }
    raw(p, "</dl></section>\n");
}

static void write_glossary(const gp_page *p) {
    static const struct {
        const char *term, *meaning;
    } WORDS[] = {
        {"verified",
         "Every number that was looked at agrees with an independent estimate of it, and "
         "each estimate is exact enough to tell."},
        {"refuted", "At least one number differs from its estimate by more than the tolerance and "
                    "everything that the estimate leaves open; measurements at other steps agree."},
        {"inconclusive",
         "Neither: nothing is wrong beyond doubt, and something stays open. The page "
         "says what."},
        {"gradient, estimate, bound",
         "The number under test; what it should be, measured from values "
         "of the function alone; and how far that measurement may be "
         "off."},
        {"relative error",
         "The difference between gradient and estimate as a share of the larger of "
         "the two, or of a small share of its block’s typical size where both are "
         "tiny."},
        {"difference", "|gradient − estimate| / (|gradient| + |estimate|), lengths of all numbers "
                       "together: what other checkers print. It has no bound."},
        {"resolution", "The smallest relative error that would have been refuted."},
        {"step", "How far one parameter was moved to measure a difference quotient. Long steps err "
                 "because the function bends, short ones because its values are rounded."}};
    raw(p, "<section><h2>How to read this page</h2>\n<dl class=\"glossary\">\n");
    for (size_t k = 0; k < sizeof WORDS / sizeof *WORDS; k++) {
        element(p, "<dt>", WORDS[k].term, "</dt>");
        element(p, "<dd>", WORDS[k].meaning, "</dd>\n");
    }
    raw(p, "</dl></section>\n</main>\n");
}

/* ---- what the pictures are drawn from ------------------------------------------------ */

static void json_text(const gp_page *p, const char *text) {
    fputc('"', p->stream);
    gp_write_escaped(p->stream, GP_SCRIPT_ESCAPES, text);
    fputc('"', p->stream);
}

static void json_number(const gp_page *p, const char *format, double v) {
    if (isfinite(v))
        raw(p, format, v); // NOLINT(clang-diagnostic-format-nonliteral)
    else
        raw(p, "null");
}

/* [row, column, name, status, gradient, estimate, bound, relative error, entries, refuted] */
static void write_cell(const gp_page *p, const gp_block_result *block, const gp_grid *g, size_t k) {
    const gp_cell *c = &g->cell[k];
    const gp_entry *e = gp_report_at(p->report, block->offset + c->worst);
    char name[128];
    gp_report_entry_name(block, c->worst, name, sizeof name);
    raw(p, "[%zu,%zu,", k / g->columns, k % g->columns);
    json_text(p, name);
    raw(p, ",%d,", (int)e->status);
    json_number(p, "%.9g", e->analytic);
    raw(p, ",");
    json_number(p, "%.9g", e->numeric);
    raw(p, ",");
    json_number(p, "%.2g", e->bound);
    raw(p, ",");
    json_number(p, "%.3g", gp_entry_error(e));
    raw(p, ",%zu,%zu]", c->entries, c->refuted);
}

static void write_grids(gp_page *p) {
    const gp_report *r = p->report;
    size_t most = p->section_count ? MOST_CELLS / p->section_count : 0;
    gp_grid g = {.cell = p->cell, .most = most < CELLS ? most : CELLS};
    raw(p, "\"blocks\":[");
    for (size_t q = 0; q < p->section_count; q++) {
        const gp_block_result *block = &r->block[p->sections[q]].result;
        const char *separator = "";
        gp_grid_fill(r, block, &g);
        raw(p, "%s{\"id\":%zu,\"name\":", q ? ",\n" : "", p->sections[q]);
        json_text(p, block->name);
        raw(p, ",\"rows\":%zu,\"columns\":%zu,\"rowStep\":%zu,\"columnStep\":%zu,\"cells\":[",
            g.rows, g.columns, g.row_step, g.column_step);
        for (size_t k = 0; k < g.rows * g.columns; k++)
            if (g.cell[k].entries) {
                raw(p, "%s", separator);
                write_cell(p, block, &g, k);
                separator = ",";
            }
        raw(p, "]}");
    }
    raw(p, "]");
}

static void write_curves(const gp_page *p) {
    const gp_report *r = p->report;
    raw(p, ",\n\"curves\":[");
    for (size_t q = 0; q < r->curves; q++) {
        const gp_step_curve *c = &r->curve[q];
        const gp_entry *e = gp_report_at(r, c->entry);
        size_t b = 0;
        char name[128];
        while (r->block[b].result.offset + r->block[b].result.entries <= c->entry)
            b++;
        const gp_block_result *block = &r->block[b].result;
        gp_report_entry_name(block, c->entry - block->offset, name, sizeof name);
        raw(p, "%s{\"block\":", q ? ",\n" : "");
        json_text(p, block->name);
        raw(p, ",\"entry\":");
        json_text(p, name);
        raw(p, ",\"gradient\":");
        json_number(p, "%.17g", e->analytic);
        raw(p, ",\"estimate\":");
        json_number(p, "%.17g", e->numeric);
        raw(p, ",\"bound\":");
        json_number(p, "%.3g", e->bound);
        raw(p, ",\"noise\":");
        json_number(p, "%.3g", c->sigma);
        raw(p, ",\"step\":");
        json_number(p, "%.3g", c->step);
        raw(p, ",\"steps\":[");
        for (unsigned s = 0; s < c->steps; s++) {
            raw(p, "%s[", s ? "," : "");
            json_number(p, "%.3g", c->rung[s].step);
            raw(p, ",");
            json_number(p, "%.3g", fabs(central(&c->rung[s]) - e->numeric));
            raw(p, ",");
            json_number(p, "%.3g", fabs(forward(c, &c->rung[s]) - e->numeric));
            raw(p, "]");
        }
        raw(p, "]}");
    }
    raw(p, "]");
}

static void write_scripts(gp_page *p) {
    raw(p, "<script type=\"application/json\" id=\"data\">\n{");
    write_grids(p);
    write_curves(p);
    raw(p, "}\n</script>\n");
    if (GP_PAGE_D3.size) {
        raw(p, "<script>\n");
        (void)fwrite(GP_PAGE_D3.bytes, 1, GP_PAGE_D3.size, p->stream);
        raw(p, "</script>\n");
    }
    raw(p, "<script>\n");
    (void)fwrite(GP_PAGE_SCRIPT.bytes, 1, GP_PAGE_SCRIPT.size, p->stream);
    raw(p, "</script>\n</body>\n</html>\n");
}

static gp_status print_html(const gp_report *r, FILE *stream, void *context) {
    gp_page *p = context;
    p->report = r;
    p->stream = stream;
    p->row_count = choose_blocks(r, MOST_ROWS, p->rows);
    p->section_count = choose_blocks(r, MOST_SECTIONS, p->sections);
    write_head(p);
    write_top(p);
    write_causes(p);
    write_blocks(p);
    write_sections(p);
    write_coverage(p);
    write_practice(p);
    write_repeat(p);
    write_glossary(p);
    write_scripts(p);
    return GP_OK;
}

gp_status gp_report_write_html(const gp_report *r, FILE *stream) {
    gp_page *page = malloc(sizeof *page);
    if (!page)
        return GP_ERROR_MEMORY;
    gp_status status = gp_print_plain(r, stream, print_html, page);
    free(page);
    return status;
}

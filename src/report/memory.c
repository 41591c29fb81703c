/* The report's writers into memory, and its entries into arrays, for other languages. */
#include <math.h>
#include <stdlib.h>

#include "judge/findings.h"

typedef gp_status (*gp_writer)(const gp_report *report, FILE *stream);

/* What is written to a stream of open_memstream's fails for want of memory alone. */
static gp_status collect(const gp_report *r, gp_writer write, unsigned flags, char **text,
                         size_t *length) {
    char *whole = NULL;
    size_t size = 0;
    if (!r || !text)
        return GP_ERROR_ARGUMENT;
    FILE *stream = open_memstream(&whole, &size);
    if (!stream)
        return GP_ERROR_MEMORY;
    gp_status status = write ? write(r, stream) : gp_report_print(r, stream, flags);
    if (fclose(stream) != 0 || status == GP_ERROR_OUTPUT)
        status = GP_ERROR_MEMORY;
    if (status != GP_OK) {
        free(whole);
        return status;
    }
    *text = whole;
    if (length)
        *length = size;
    return GP_OK;
}

gp_status gp_report_text(const gp_report *r, unsigned flags, char **text, size_t *length) {
    return collect(r, NULL, flags, text, length);
}

gp_status gp_report_json(const gp_report *r, char **text, size_t *length) {
    return collect(r, gp_report_write_json, 0, text, length);
}

gp_status gp_report_html(const gp_report *r, char **text, size_t *length) {
    return collect(r, gp_report_write_html, 0, text, length);
}

gp_status gp_report_junit(const gp_report *r, char **text, size_t *length) {
    return collect(r, gp_report_write_junit, 0, text, length);
}

gp_status gp_report_markdown(const gp_report *r, char **text, size_t *length) {
    return collect(r, gp_report_write_markdown, 0, text, length);
}

gp_status gp_report_summary(const gp_report *r, char **text, size_t *length) {
    return collect(r, gp_report_write_summary, 0, text, length);
}

void gp_text_free(char *text) {
    free(text);
}

gp_status gp_report_copy_entries(const gp_report *r, size_t first, size_t count, int *status,
                                 double *analytic, double *numeric, double *bound) {
    if (!r || first > r->n || count > r->n - first)
        return GP_ERROR_ARGUMENT;
    for (size_t k = 0; k < count; k++) {
        const gp_entry *e = gp_report_at(r, first + k);
        if (status)
            status[k] = (int)e->status;
        if (analytic)
            analytic[k] = e->analytic;
        if (numeric)
            numeric[k] = e->numeric;
        if (bound)
            bound[k] = e->bound;
    }
    return GP_OK;
}

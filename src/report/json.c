/* The report for machines: JSON, schema gradproof.report/1. Keys are described in
 * docs/architecture.md. */
#include "judge/findings.h"

#ifdef GP_WITH_JSON

#include <errno.h>
#include <stdlib.h>

#include "system/json_build.h"

static json_t *text(const char *v) {
    errno = 0;
    json_t *string = json_string(v);
    return string || errno == ENOMEM ? string : json_string("?"); /* not UTF-8 */
}

static json_t *shape(size_t dimensions, const size_t *extent) {
    json_t *list = json_array();
    for (size_t k = 0; k < dimensions; k++)
        gp_json_add(&list, json_integer((json_int_t)extent[k]));
    return list;
}

/* Only of maps whose outputs have names. */
static void put_outputs(const gp_report *r, json_t **root) {
    json_t *list = json_array();
    for (size_t k = 0; k < r->output.arrays; k++)
        gp_json_add(&list,
                    json_pack("{s:o, s:o}", "name", text(r->output.array[k].name), "shape",
                              shape(r->output.array[k].dimensions, r->output.array[k].shape)));
    if (r->output.arrays)
        gp_json_put(root, "outputs", list);
    else
        json_decref(list);
}

static json_t *worst(const gp_report *r, const gp_block_result *block) {
    if (!block->has_worst)
        return json_null();
    const gp_entry *e = gp_report_at(r, block->offset + block->worst_index);
    char name[128];
    gp_report_entry_name(block, block->worst_index, name, sizeof name);
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:s, s:I, s:s?}", "index",
                     (json_int_t)block->worst_index, "name", text(name), "analytic",
                     gp_json_number(e->analytic), "numeric", gp_json_number(e->numeric), "bound",
                     gp_json_number(e->bound), "status", gp_entry_status_string(e->status), "point",
                     (json_int_t)e->point, "where", gp_report_point(r, e->point));
}

static json_t *self_test(const gp_self_test_result *s) {
    return s->planted ? json_pack("{s:I, s:I, s:I, s:o}", "planted", (json_int_t)s->planted,
                                  "caught", (json_int_t)s->caught, "below", (json_int_t)s->below,
                                  "smallest", gp_json_number(s->smallest))
                      : json_null();
}

static json_t *one_block(const gp_report *r, const gp_report_block_data *data) {
    const gp_block_result *block = &data->result;
    json_t *counts = json_object(), *diagnoses = json_array(), *limits = json_object();
    for (int s = 0; s < GP_ENTRY_STATUSES; s++)
        gp_json_put(&counts, gp_entry_status_string((gp_entry_status)s),
                    json_integer((json_int_t)block->count[s]));
    for (int limit = GP_LIMIT_NONE + 1; limit < GP_LIMITS; limit++)
        if (data->limits[limit])
            gp_json_put(&limits, gp_limit_string((gp_limit)limit),
                        json_integer((json_int_t)data->limits[limit]));
    for (size_t k = 0; k < block->diagnoses; k++)
        gp_json_add(&diagnoses, json_pack("{s:s, s:o, s:o}", "kind", data->diagnosis[k].kind,
                                          "factor", gp_json_number(data->diagnosis[k].factor),
                                          "message", text(data->diagnosis[k].message)));
    return json_pack("{s:o, s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "name",
                     text(block->name), "shape", shape(block->dimensions, block->shape), "verdict",
                     gp_verdict_string(block->verdict), "entries", counts, "exercised",
                     (json_int_t)block->exercised, "resolution", gp_json_number(block->resolution),
                     "entry_resolution", gp_json_number(gp_block_entry_resolution(block)), "floor",
                     gp_json_number(block->floor), "directions", (json_int_t)block->directions,
                     "worst", worst(r, block), "diagnosis", diagnoses, "unresolved_by", limits,
                     "self_test", self_test(&data->self_test));
}

gp_status gp_report_write_json(const gp_report *r, FILE *stream) {
    static const char *const strategies[] = {"auto", "full", "project", "sample"};
    if (!r || !stream)
        return GP_ERROR_ARGUMENT;
    json_t *blocks = json_array(), *silent = json_array(), *practice = json_array(),
           *lost = json_array();
    for (size_t k = 0; k < r->blocks; k++)
        gp_json_add(&blocks, one_block(r, &r->block[k]));
    for (size_t k = 0; k < r->silents; k++)
        gp_json_add(&silent, text(r->silent[k]));
    for (size_t k = 0; k < r->practices; k++)
        gp_json_add(&practice, text(r->practice[k]));
    for (size_t k = 0; k < r->losses; k++)
        gp_json_add(&lost, text(r->loss[k]));
    json_t *failure = r->failure[0] ? json_pack("{s:s, s:o}", "kind", r->failure_kind, "message",
                                                text(r->failure))
                                    : json_null();
    json_t *root = json_pack(
        "{s:s, s:s, s:o, s:s, s:b, s:o, s:s, s:s, s:I, s:s, s:o, s:o, s:o,"
        " s:s?, s:{s:I, s:I, s:I, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:o, s:I}",
        "schema", "gradproof.report/1", "version", gp_version(), "function", text(r->function),
        "verdict", gp_verdict_string(r->verdict), "interrupted", r->interrupted, "failure", failure,
        "dtype", r->dtype == GP_FLOAT64 ? "float64" : "float32", "value_dtype",
        r->value_dtype == GP_FLOAT64 ? "float64" : "float32", "parameters",
        (json_int_t)r->parameters, "strategy", strategies[r->strategy], "rtol",
        gp_json_number(r->rtol), "atol", r->atol < 0 ? json_null() : gp_json_number(r->atol),
        "blocks", blocks, "refuted", gp_report_refuted(r), "coverage", "exercised",
        (json_int_t)r->exercised, "total", (json_int_t)r->n, "points", (json_int_t)r->points,
        "silent", silent, "practice", practice, "lost", lost, "resolution",
        gp_json_number(r->resolution), "entry_resolution",
        gp_json_number(gp_report_entry_resolution(r)), "confidence", gp_json_number(r->confidence),
        "noise", gp_json_number(r->noise), "notebook_difference", gp_json_number(r->difference),
        "evaluations", "value", (json_int_t)r->values, "gradient", (json_int_t)r->gradients,
        "seconds", gp_json_number(r->seconds), "seed", (json_int_t)r->seed);
    if (r->draws)
        gp_json_put(&root, "draws", json_integer((json_int_t)r->draws));
    put_outputs(r, &root);
    char *whole = gp_json_write(root, JSON_INDENT(2)); /* all of it, or nothing */
    json_decref(root);
    if (!whole)
        return GP_ERROR_MEMORY;
    int failed = fputs(whole, stream) == EOF || fputc('\n', stream) == EOF;
    free(whole);
    return failed || ferror(stream) ? GP_ERROR_OUTPUT : GP_OK;
}

#else

gp_status gp_report_write_json(const gp_report *r, FILE *stream) {
    (void)r;
    (void)stream;
    return GP_ERROR_UNSUPPORTED;
}

#endif

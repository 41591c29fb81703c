/* What may be asked of a report. */
#include "judge/findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "system/plain.h"
#include "system/text.h"

void gp_report_entry_name(const gp_block_result *block, size_t index, char *name, size_t size) {
    const gp_layout layout = {block->dimensions, block->shape,  block->row,
                              block->column,     block->output, block->outputs};
    gp_layout_name(&layout, index, name, size);
}

gp_status gp_report_set_command(gp_report *r, const char *command) {
    if (!r)
        return GP_ERROR_ARGUMENT;
    char *copy = command ? gp_printable_copy(command) : NULL;
    if (command && !copy)
        return GP_ERROR_MEMORY;
    free(r->command);
    r->command = copy;
    return GP_OK;
}

const char *gp_report_practice(const gp_report *r, size_t line) {
    return r && line < r->practices ? r->practice[line] : NULL;
}

const char *gp_report_point(const gp_report *r, size_t point) {
    if (point == 0)
        return "at the given point";
    if (point < r->places && r->place[point])
        return r->place[point];
    return point < r->points ? "at another point" : NULL;
}

const char *gp_report_refuted(const gp_report *r) {
    size_t point = SIZE_MAX;
    if (r->verdict != GP_REFUTED)
        return NULL;
    for (size_t k = 0; k < r->blocks; k++)
        if (r->block[k].whole == GP_REFUTED)
            return gp_report_point(r, 0);
    for (size_t i = gp_report_next(r, 0); i < r->n; i = gp_report_next(r, i + 1)) {
        const gp_entry *e = gp_report_at(r, i);
        if (e->status != GP_ENTRY_REFUTED || e->point == point)
            continue;
        if (e->point == 0)
            return gp_report_point(r, 0);
        if (point != SIZE_MAX)
            return "at other points";
        point = e->point;
    }
    return gp_report_point(r, point == SIZE_MAX ? 0 : point);
}

const char *gp_report_loss(const gp_report *r, size_t line) {
    return r && line < r->losses ? r->loss[line] : NULL;
}

/* Words for enumerations, in their order. */
static const char *word(const char *const *words, size_t count, size_t i) {
    return i < count ? words[i] : "unknown";
}

const char *gp_verdict_string(gp_verdict verdict) {
    static const char *const words[] = {"verified", "refuted", "inconclusive", "failed"};
    return word(words, 4, (size_t)verdict);
}

const char *gp_entry_status_string(gp_entry_status status) {
    static const char *const words[] = {"unchecked",  "verified", "refuted",
                                        "unresolved", "kink",     "unexercised"};
    return word(words, GP_ENTRY_STATUSES, (size_t)status);
}

const char *gp_limit_string(gp_limit limit) {
    static const char *const words[] = {"none",   "noise", "truncation", "kink", "jump",
                                        "domain", "crash", "timeout",    "flat"};
    return word(words, GP_LIMITS, (size_t)limit);
}

gp_verdict gp_report_verdict(const gp_report *r) {
    return r ? r->verdict : GP_FAILED;
}

int gp_report_exit_code(const gp_report *r) {
    return (int)gp_report_verdict(r);
}

int gp_report_interrupted(const gp_report *r) {
    return r && r->interrupted;
}

const char *gp_report_failure(const gp_report *r) {
    return r && r->failure[0] ? r->failure : NULL;
}

size_t gp_report_blocks(const gp_report *r) {
    return r ? r->blocks : 0;
}

/* Fills in a caller's structure, which may be of an earlier or a later version. */
static gp_status hand_out(void *result, size_t size, const void *own, size_t own_size) {
    if (!result)
        return GP_ERROR_ARGUMENT;
    memcpy(result, own, size < own_size ? size : own_size);
    if (size > own_size)
        memset((char *)result + own_size, 0, size - own_size);
    return GP_OK;
}

gp_status gp_report_block_sized(const gp_report *r, size_t block, gp_block_result *result,
                                size_t size) {
    if (!r || block >= r->blocks)
        return GP_ERROR_ARGUMENT;
    return hand_out(result, size, &r->block[block].result, sizeof *result);
}

size_t gp_report_entries(const gp_report *r) {
    return r ? r->n : 0;
}

gp_status gp_report_entry_sized(const gp_report *r, size_t entry, gp_entry *result, size_t size) {
    if (!r || entry >= r->n)
        return GP_ERROR_ARGUMENT;
    return hand_out(result, size, gp_report_at(r, entry), sizeof *result);
}

gp_status gp_report_self_test_sized(const gp_report *r, size_t block, gp_self_test_result *result,
                                    size_t size) {
    if (!r || block >= r->blocks || r->block[block].self_test.planted == 0)
        return GP_ERROR_ARGUMENT;
    return hand_out(result, size, &r->block[block].self_test, sizeof *result);
}

double gp_report_difference(const gp_report *r) {
    return r ? r->difference : NAN;
}

double gp_block_entry_resolution(const gp_block_result *block) {
    return block->directions ? block->resolution * sqrt((double)block->entries) : block->resolution;
}

double gp_report_entry_resolution(const gp_report *r) {
    double coarsest = NAN;
    for (size_t k = 0; k < r->blocks; k++) /* fmax ignores NaN */
        coarsest = fmax(coarsest, gp_block_entry_resolution(&r->block[k].result));
    return coarsest;
}

double gp_report_resolution(const gp_report *r) {
    return r ? r->resolution : NAN;
}

size_t gp_report_exercised(const gp_report *r) {
    return r ? r->exercised : 0;
}

size_t gp_report_points(const gp_report *r) {
    return r ? r->points : 0;
}

uint64_t gp_report_evaluations(const gp_report *r, int gradient) {
    return !r ? 0 : gradient ? r->gradients : r->values;
}

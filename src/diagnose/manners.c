/* Causes that the gradient's numbers show by how they came about, whatever they are: read back from
 * a second call, the same at every point, equal to what the function itself suspects. */
#include "diagnose/models.h"

#include <math.h>
#include <string.h>

#include "judge/words.h"
#include "system/text.h"

static size_t count_manner(const gp_case *c, gp_manner manner, size_t *first) {
    size_t count = 0;
    for (size_t i = c->block->entries; i-- > 0;)
        if (c->manner[i] == manner) {
            count++;
            *first = i;
        }
    return count;
}

static int named_by_manner(const gp_case *c, gp_manner manner, const char *kind, const char *one,
                           const char *many) {
    size_t first = 0, count = count_manner(c, manner, &first);
    char name[256];
    if (count == 0)
        return 0;
    if (c->block->entries == 1)
        return gp_named(gp_report_add_diagnosis(c->report, c->number, kind, NAN,
                                                "the entry of %s %s", c->block->name, one));
    gp_case_name_entry(c, first, name, sizeof name);
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, kind, NAN, "%zu of %zu entries of %s %s, the first is %s", count,
        c->block->entries, c->block->name, gp_plural(count, one, many), name));
}

int gp_cause_unwritten(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_UNWRITTEN, "unwritten", "is never written by the callback",
                           "are never written by the callback");
}

int gp_cause_nonfinite(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_NONFINITE, "nonfinite", "is NaN or infinite",
                           "are NaN or infinite");
}

int gp_cause_accumulated(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_ACCUMULATED, "accumulated",
                           "is added to what is there instead of set: a second call returns more",
                           "are added to what is there instead of set: a second call returns more");
}

int gp_cause_stale(const gp_case *c) {
    return named_by_manner(c, GP_MANNER_STALE, "stale",
                           "belongs to the point where the value was called last, not to x",
                           "belong to the point where the value was called last, not to x");
}

int gp_cause_suspected(const gp_case *c) {
    const gp_evidence *e = c->evidence;
    if (!c->given || !e->suspect[c->number] || c->block->derivative)
        return 0;
    const gp_suspect *suspect = &e->function->suspect[e->suspect[c->number] - 1];
    return gp_named(gp_report_add_diagnosis(c->report, c->number, suspect->kind, NAN,
                                            "%s is what comes out where %s", c->block->name,
                                            suspect->text));
}

int gp_cause_stored(const gp_case *c) {
    return gp_case_is_stored(c) ? gp_named(gp_name_stored(c->report, c->number)) : 0;
}

int gp_cause_stored_surely(const gp_case *c) {
    const unsigned char *wrong = c->evidence->given.wrong + c->block->offset;
    int together = gp_case_is_stored(c) && c->evidence->stored[c->number] == GP_STORED_TOGETHER;
    return together || !memchr(wrong, 1, c->block->entries) ? gp_cause_stored(c) : 0;
}

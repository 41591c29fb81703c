/* Causes by where entries are wrong and where they are right: a few lines, a few boxes, a few
 * entries. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/constants.h"
#include "diagnose/fits.h"
#include "judge/words.h"
#include "system/text.h"

/* Widens a box along an axis, by one index at a time, as long as nothing in it is right. */
static void widen(const gp_case *c, gp_box *box, size_t axis, double error) {
    for (int upwards = 0; upwards < 2; upwards++)
        while (upwards ? box->high[axis] < box->shape[axis] : box->low[axis] > 0) {
            gp_box beside = *box;
            beside.low[axis] = upwards ? box->high[axis] : box->low[axis] - 1;
            beside.high[axis] = beside.low[axis] + 1;
            size_t volume = gp_box_volume(&beside), k = 0;
            while (k < volume && !gp_case_is_right(c, gp_box_entry(&beside, k), error))
                k++;
            if (k < volume)
                break;
            *(upwards ? &box->high[axis] : &box->low[axis]) += upwards ? 1 : SIZE_MAX;
        }
}

/* The larger of two boxes around entry i in which nothing is right: widened along the first axis
 * first, or along the last. */
static gp_box box_around(const gp_case *c, size_t i, double error) {
    gp_box box[2];
    for (int backwards = 0; backwards < 2; backwards++) {
        gp_box *b = &box[backwards];
        *b = (gp_box){.dimensions = gp_case_axes(c)};
        for (size_t axis = 0; axis < b->dimensions; axis++) {
            gp_slice s = gp_slice_along(c, axis);
            b->shape[axis] = s.length;
            b->low[axis] = gp_slice_index(&s, i);
            b->high[axis] = b->low[axis] + 1;
        }
        for (size_t k = 0; k < b->dimensions; k++)
            widen(c, b, backwards ? b->dimensions - 1 - k : k, error);
    }
    return gp_box_volume(&box[1]) > gp_box_volume(&box[0]) ? box[1] : box[0];
}

/* Boxes, up to so many, that hold all that is wrong and nothing that is right; 0: there are none.
 */

static size_t cover_wrong(const gp_case *c, gp_box *box, double error) {
    size_t count = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        int held = !c->wrong[i];
        for (size_t k = 0; k < count && !held; k++)
            held = gp_box_holds(&box[k], i);
        if (held)
            continue;
        if (count == MOST_BOXES)
            return 0;
        box[count++] = box_around(c, i, error);
    }
    return count;
}

int gp_cause_boxes(const gp_case *c) {
    gp_box box[MOST_BOXES];
    char list[MOST_BOXES * 80] = "", manner[80];
    if (c->wrongs < BOX_TELLING || c->sampled || c->wrong_elsewhere || gp_case_axes(c) == 0)
        return 0;
    double least = gp_case_least_error(c);
    size_t count = cover_wrong(c, box, least), right = 0;
    double factor = NAN, error;
    for (size_t i = 0; i < c->block->entries; i++)
        right += gp_case_is_right(c, i, least);
    if (count == 0 || c->wrongs < BOX_TELLING * count || right < BOX_TELLING)
        return 0;
    for (size_t k = 0; k < count; k++) {
        gp_slice s = gp_slice_whole(c);
        size_t used = strlen(list);
        s.box = &box[k];
        used += (size_t)snprintf(list + used, sizeof list - used, "%s", k ? ", " : "");
        (void)gp_box_name(&box[k], c->block->name, list + used, sizeof list - used);
        if (k == 0 && gp_best_factor(c, s, &factor, &error))
            factor = NAN;
        if (!isnan(factor) && !gp_factor_explains(c, s, factor))
            factor = NAN;
    }
    gp_write_factor(factor, count > 1, manner, sizeof manner);
    return gp_named(
        gp_report_add_diagnosis(c->report, c->number, "slab", factor,
                                "%s %s, and the other %zu entries of %s that are exercised "
                                "are right",
                                list, manner, right, c->block->name));
}

/* What is seen of the lines along an axis. */
typedef struct gp_lines {
    size_t bad, good; /* with wrong entries; without, but exercised */
    size_t full;      /* bad ones of which hardly anything is plainly right */
    size_t open;      /* good ones, half of which could be off by as much, unseen */
    char list[LISTED_LINES * (GP_OUTPUT_NAME_SIZE + 2) + 8]; /* indices or names of the bad ones */
} gp_lines;

/* What the rows of a map's derivative are called, or the line's number. */
static const char *name_line(const gp_case *c, size_t axis, size_t index,
                             char name[GP_OUTPUT_NAME_SIZE]) {
    const gp_outputs *o = axis == 0 ? c->block->output : NULL;
    return gp_outputs_name(o ? o->array : NULL, o ? o->arrays : 0, index, name);
}

static void see_line(const gp_case *c, size_t axis, size_t index, double least, gp_lines *seen) {
    gp_slice s = gp_case_line(c, axis, index);
    size_t wrong = 0, exercised = 0, hiding = 0, used = strlen(seen->list);
    char name[GP_OUTPUT_NAME_SIZE];
    for (size_t k = 0; k < gp_slice_size(&s); k++) {
        size_t i = gp_slice_entry(&s, k);
        int alive = gp_case_known(c, i) && !gp_case_zero(c, i);
        wrong += c->wrong[i];
        exercised += alive;
        hiding += alive && !c->wrong[i] && gp_case_hides(c, i, least);
    }
    if (wrong == 0) {
        seen->good += exercised > 0;
        seen->open += 2 * hiding > exercised;
        return;
    }
    if (seen->bad < LISTED_LINES)
        snprintf(seen->list + used, sizeof seen->list - used, "%s%s", seen->bad ? ", " : "",
                 name_line(c, axis, index, name));
    else if (seen->bad == LISTED_LINES)
        snprintf(seen->list + used, sizeof seen->list - used, ", ...");
    seen->bad++;
    seen->full += wrong >= 2 && 2 * wrong + hiding > exercised;
}

static int name_lines(const gp_case *c, size_t axis, const gp_lines *seen) {
    const char *kind = gp_case_line_kind(c, axis);
    int matrix = strcmp(kind, "slab") != 0;
    char word[64];
    if (matrix)
        snprintf(word, sizeof word, "%s%s", axis == 0 ? "row" : "column",
                 gp_plural(seen->bad, "", "s"));
    else
        snprintf(word, sizeof word, "%s along axis %zu:", gp_plural(seen->bad, "index", "indices"),
                 axis);
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, kind, NAN,
        "%s is wrong in %s %s and right in the other %zu %s exercised: look at %s", c->block->name,
        word, seen->list, seen->good, gp_plural(seen->good, "that is", "that are"),
        !matrix                ? "what is particular to them"
        : c->block->derivative ? (axis == 0 ? "these outputs" : "these inputs")
        : axis == 0            ? "what is particular to these units"
                               : "these inputs of the layer"));
}

int gp_cause_lines(const gp_case *c) {
    if (c->wrongs < 2 || c->sampled || c->wrong_elsewhere)
        return 0;
    double least = gp_case_least_error(c);
    for (size_t axis = 0; axis < gp_case_line_axes(c); axis++) {
        size_t count = gp_case_line(c, axis, 0).length;
        gp_lines seen = {.bad = 0};
        if (c->block->entries / count < 2)
            continue;
        for (size_t index = 0; index < count; index++)
            see_line(c, axis, index, least, &seen);
        if (seen.bad > 0 && seen.full == seen.bad && seen.good >= seen.bad + seen.open)
            return name_lines(c, axis, &seen);
    }
    return 0;
}

/* Does entry i come so near its derivative that one that is off by `off` would do so by chance
 * alone? Its bound may allow for more: most estimates are nearer the truth than theirs. */
static int seems_right(const gp_case *c, size_t i, double off) {
    return fabs(c->a[i] - c->d[i]) <= SEEMS_RIGHT * off;
}

/* Might the wrong entries be but the tip of something else? That of the others which are known,
 * most can't be off as well, half can't hide a relative error as large, or don't seem to, and some
 * speak against the same multiple of x, or the same number, in all. */
static int is_only_a_tip(const gp_case *c, size_t right) {
    double least = gp_case_least_error(c), smallest = INFINITY, share = 0;
    /* Elsewhere x isn't what it is here, but of the same size. */
    double much = c->one_point ? AGAINST_SHARE : AGAINST_SHARE_ELSEWHERE;
    int beside = 0; /* one that may be as wrong lies beside a wrong one: of a part, it may be */
    size_t odd = 0, hiding = 0, seeming = 0, against_same = 0, against_share = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = fabs(c->a[i] - c->d[i]) - c->b[i]; /* at least */
        if (!c->wrong[i] || !gp_case_known(c, i) || !(off > 0))
            continue;
        if (off < smallest) {
            smallest = off;
            share = !c->block->derivative && c->x[i] != 0 ? off / c->x[i] : 0;
        }
    }
    for (size_t i = 0; i < c->block->entries; i++) {
        double size = fmax(fabs(c->a[i]), fabs(c->d[i])), off = fabs(c->a[i] - c->d[i]);
        if (c->wrong[i] || !gp_case_known(c, i))
            continue;
        double slack = c->b[i] + gp_case_rounding(c, i);
        odd += off > ODD_SLACK * slack + ODD_TOLERANCE * c->tolerance->rtol * size;
        int hides = gp_case_hides(c, i, least), seems = seems_right(c, i, least * size);
        seeming += hides && seems;
        if (hides && !seems) {
            hiding++;
            beside |= (i > 0 && c->wrong[i - 1]) || (i + 1 < c->block->entries && c->wrong[i + 1]);
        }
        against_same += off + slack < HIDDEN_SHARE * smallest || seems_right(c, i, smallest);
        against_share += share == 0 || off + slack < much * fabs(share * c->x[i]) ||
                         (c->one_point && seems_right(c, i, fabs(share * c->x[i])));
    }
    if (seeming < SEEMING_TELL) /* one that seems right may do so by chance */
        hiding += seeming;
    size_t enough = right < 2 ? right : 2;
    return beside || odd > right / ODD_ONES || 2 * hiding > right || against_same < enough ||
           against_share < enough;
}

int gp_cause_entries(const gp_case *c) {
    if (c->sampled || c->wrong_elsewhere)
        return 0; /* those that weren't drawn may be wrong as well, and those elsewhere are */
    size_t right = 0;
    gp_entry_list wrong = {0};
    for (size_t i = 0; i < c->block->entries; i++)
        if (c->wrong[i])
            gp_entry_list_add(&wrong, c->evidence->function, c->block->offset + i);
        else
            right += gp_case_known(c, i);
    /* "A few" must be few: else there is a pattern that we don't know. */
    if (c->wrongs > FEW && c->wrongs > right / FEW_SHARE)
        return 0;
    if (right < c->wrongs || is_only_a_tip(c, right))
        return 0;
    size_t first = wrong.first - c->block->offset;
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, "entries", NAN,
        "%zu %s of %s %s wrong and %zu right: %s; %s by %.6g%s", c->wrongs,
        gp_plural(c->wrongs, "entry", "entries"), c->block->name, gp_plural(c->wrongs, "is", "are"),
        right, wrong.text, c->a[first] > c->d[first] ? "too large" : "too small",
        fabs(c->a[first] - c->d[first]), gp_plural(c->wrongs, "", " in the first")));
}

/* See diagnosis.h: each refuted block by itself, then what follows from what. */
#include "diagnose/diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/causes.h"
#include "diagnose/constants.h"
#include "judge/words.h"

/* ---- what follows from what ----------------------------------------------------- */

/* The error that flows back through stage s is wrong if every exercised block of that stage is. */
static int stage_is_wrong(const gp_function *f, const unsigned char *refuted,
                          const unsigned char *exercised, unsigned stage) {
    int blocks = 0;
    for (size_t k = 0; k < f->blocks; k++)
        if (f->block[k].stage == stage && exercised[k]) {
            blocks++;
            if (!refuted[k])
                return 0;
        }
    return blocks > 1; /* one block alone may be wrong for itself */
}

static const gp_diagnosis *own_diagnosis(const gp_report *r, size_t k) {
    return r->block[k].result.diagnoses ? &r->block[k].diagnosis[0] : NULL;
}

/* A block follows from a stage nearer the loss if that stage is wrong altogether, so are all stages
 * between, and the block has no cause of its own: none at all, or the factor of that stage. */
static int follows_from(const gp_function *f, const gp_report *r, const unsigned char *refuted,
                        const unsigned char *exercised, size_t k, unsigned last_stage,
                        size_t *source) {
    const gp_diagnosis *own = own_diagnosis(r, k);
    unsigned stage = f->block[k].stage;
    if (stage == 0)
        return 0;
    for (unsigned s = stage + 1; s <= last_stage; s++)
        if (!stage_is_wrong(f, refuted, exercised, s))
            return 0;
        else
            for (size_t j = 0; j < f->blocks; j++) {
                const gp_diagnosis *theirs = own_diagnosis(r, j);
                if (f->block[j].stage != s || !refuted[j])
                    continue;
                int same = own && theirs && strcmp(own->kind, theirs->kind) == 0 &&
                           (strcmp(own->kind, "scaled") == 0 || strcmp(own->kind, "sign") == 0) &&
                           fabs(own->factor - theirs->factor) <= 1e-3 * fabs(theirs->factor);
                if (!own || same) {
                    *source = j;
                    return 1;
                }
            }
    return 0;
}

static gp_case case_of(const gp_evidence *evidence, size_t k, const gp_numbers *numbers,
                       gp_report *r) {
    const gp_function *f = evidence->function;
    int given = numbers == &evidence->given, decided = numbers == &evidence->decided;
    size_t at = f->block[k].offset, known = 0;
    gp_case c = {.evidence = evidence,
                 .block = &f->block[k],
                 .number = k,
                 .numbers = numbers,
                 .one_point = !decided,
                 .given = given,
                 .x = numbers->x + at,
                 .a = numbers->a + at,
                 .d = numbers->d + at,
                 .b = numbers->b + at,
                 .wrong = numbers->wrong + at,
                 .manner = evidence->manner + at,
                 .kink = evidence->kink && (given || decided) ? evidence->kink + at : NULL,
                 .tolerance = &evidence->tolerance[k],
                 .report = r};
    for (size_t i = 0; i < c.block->entries; i++) {
        if (isfinite(c.a[i]))
            c.typical = hypot(c.typical, c.a[i] / sqrt((double)c.block->entries));
        c.wrongs += c.wrong[i];
        known += gp_case_known(&c, i);
        c.exercised += gp_case_known(&c, i) && !gp_case_zero(&c, i);
    }
    c.sampled = evidence->sampled && known < c.block->entries;
    return c;
}

/* Does a - d = kappa d, or kappa x, explain all that is known of a block? */
static int leaves_open(const gp_case *c, int decay, double kappa) {
    for (size_t i = 0; i < c->block->entries; i++) {
        double off = kappa * (decay ? c->x[i] : c->d[i]),
               b = c->b[i] * (decay ? 1 : fabs(1 + kappa));
        if (gp_case_known(c, i) && !gp_case_explains(c, i, c->d[i] + off, b))
            return 0;
    }
    return isfinite(kappa);
}

/* A single entry is plainly wrong: which causes leave the others' bounds open? "" where there is
 * none but that one alone. */
static void write_open(const gp_case *c, char *text, size_t size) {
    size_t wrong = 0, used = 0;
    text[0] = '\0';
    if (c->wrongs != 1 || c->wrong_elsewhere || c->sampled || c->exercised < 2)
        return;
    while (!c->wrong[wrong])
        wrong++;
    double off = c->a[wrong] - c->d[wrong];
    if (fabs(c->d[wrong]) > c->b[wrong] && leaves_open(c, 0, off / c->d[wrong]))
        used = (size_t)snprintf(text, size, ", or %.6g times the derivative in all",
                                c->a[wrong] / c->d[wrong]);
    if (!c->block->derivative && c->x[wrong] != 0 && leaves_open(c, 1, off / c->x[wrong]))
        snprintf(text + used, size - used, ", or a stray %.6g times the parameters in all",
                 off / c->x[wrong]);
}

static gp_status add_unknown(const gp_function *f, gp_report *r, size_t k, const gp_case *c) {
    const gp_block_result *block = &r->block[k].result;
    char open[160];
    size_t looked = block->entries - block->count[GP_ENTRY_UNCHECKED];
    char of[64] = "";
    if (looked == 1)
        return gp_report_add_diagnosis(r, k, "unknown", NAN,
                                       "%s is wrong in its only entry, which no cause explains",
                                       f->block[k].name);
    write_open(c, open, sizeof open);
    if (open[0])
        return gp_report_add_diagnosis(r, k, "unknown", NAN,
                                       "%s is wrong in 1 of the %zu entries: as far as the rest is "
                                       "known it may be that one alone%s",
                                       f->block[k].name, block->entries, open);
    if (looked < block->entries)
        snprintf(of, sizeof of, "that were looked at, of %zu in all, ", block->entries);
    return gp_report_add_diagnosis(
        r, k, "unknown", NAN,
        "%s is wrong in %zu of the %zu entries %sand no pattern explains all of them",
        f->block[k].name, block->count[GP_ENTRY_REFUTED], looked, of);
}

static gp_status finish(gp_report *r, const gp_evidence *evidence, const unsigned char *refuted,
                        const unsigned char *exercised) {
    const gp_function *f = evidence->function;
    unsigned last_stage = 0;
    for (size_t k = 0; k < f->blocks; k++)
        last_stage = f->block[k].stage > last_stage ? f->block[k].stage : last_stage;
    size_t *source = malloc(f->blocks * sizeof *source);
    if (!source)
        return GP_ERROR_MEMORY;
    for (size_t k = 0; k < f->blocks; k++) {
        source[k] = SIZE_MAX;
        if (refuted[k] && !follows_from(f, r, refuted, exercised, k, last_stage, &source[k]))
            source[k] = SIZE_MAX;
    }
    gp_status status = GP_OK;
    for (size_t k = 0; k < f->blocks && status == GP_OK; k++) {
        if (!refuted[k])
            continue;
        if (source[k] != SIZE_MAX) {
            double factor = own_diagnosis(r, k) ? own_diagnosis(r, k)->factor : NAN;
            gp_report_clear_diagnoses(r, k);
            status = gp_report_add_diagnosis(
                r, k, "downstream", factor,
                "%s may be wrong only because %s is, nearer the loss: look there first",
                f->block[k].name, f->block[source[k]].name);
        } else if (!own_diagnosis(r, k)) {
            gp_case given = case_of(evidence, k, &evidence->given, r);
            status = add_unknown(f, r, k, &given);
        }
    }
    free(source);
    return status;
}

/* A block as it is known at each of the points. */
typedef struct gp_cases {
    gp_case decided, point[1 + GP_MOST_PLACES]; /* the given one first */
    size_t points;
} gp_cases;

static void make_cases(const gp_evidence *evidence, size_t k, gp_report *r, gp_cases *all) {
    *all = (gp_cases){.decided = case_of(evidence, k, &evidence->decided, r)};
    all->point[all->points++] = case_of(evidence, k, &evidence->given, r);
    for (size_t p = 0; p < evidence->places; p++)
        all->point[all->points++] = case_of(evidence, k, &evidence->place[p], r);
    for (size_t p = 0; p < all->points; p++)
        all->point[p].wrong_elsewhere = all->decided.wrongs > all->point[p].wrongs;
    all->decided.point = all->point;
    all->decided.points = all->points;
}

/* First what is plain; then models that explain all numbers within what isn't known of them; then
 * those that need the tolerance as well, so that what fits by its width alone never goes before
 * what fits; last what explains all but a few numbers. */
static int name_cause(gp_cases *all) {
    int named = gp_name_cause(&all->decided, GP_CAUSES_PLAIN);
    if (!named && all->point[0].wrongs > 0)
        named = gp_name_cause(&all->point[0], GP_CAUSES_PLAIN);
    for (int sharp = 1; sharp >= 0 && !named; sharp--) {
        unsigned stage = sharp ? GP_CAUSES_NUMBERS : GP_CAUSES_PLACES;
        all->decided.sharp = sharp;
        for (size_t p = 0; p < all->points; p++)
            all->point[p].sharp = sharp;
        named = gp_name_cause(&all->decided, GP_CAUSES_FACTOR);
        for (size_t p = 0; p < all->points && !named; p++) {
            const gp_case *c = &all->point[p];
            if (c->wrongs > 0 && p > 0)
                named = gp_name_cause(c, GP_CAUSES_FACTOR);
            if (c->wrongs > 0 && !named)
                named = gp_name_cause(c, stage);
        }
        if (!named)
            named = gp_name_cause(&all->decided, stage);
    }
    for (size_t p = 0; p < all->points && !named; p++) {
        all->point[p].lenient = 1;
        if (all->point[p].wrongs > 0)
            named = gp_name_cause(&all->point[p], GP_CAUSES_MOST);
    }
    return named;
}

/* Do wrong entries speak for a block? They come from all over it; and where the tolerance hides
 * whether others are explained as well, most of those that are known are wrong. */
static int speaks_for_block(const gp_case *c) {
    size_t known = 0, first = SIZE_MAX, last = 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        known += gp_case_known(c, i);
        if (c->wrong[i]) {
            first = i < first ? i : first;
            last = i;
        }
    }
    return c->wrongs >= WRONG_TELL && 2 * (last - first) > c->block->entries &&
           (c->sharp || 2 * c->wrongs > known);
}

/* A cause that explains all that is known of a block by other numbers, wherever they are. */
static int name_whole(gp_cases *all) {
    int named = 0;
    gp_case *c = &all->point[0];
    for (int sharp = 1; sharp >= 0 && !named; sharp--) {
        c->sharp = sharp;
        if (!speaks_for_block(c))
            continue;
        named = gp_name_cause(c, GP_CAUSES_FACTOR);
        if (!named)
            named = gp_name_cause(c, GP_CAUSES_NUMBERS);
    }
    return named;
}

static int is_unlocated(const gp_block_result *block) {
    return block->diagnoses == 1 && strcmp(block->diagnosis[0].kind, "unlocated") == 0;
}

/* Have directions found where a block is wrong, and not by which factor? */
static int is_place_alone(const gp_block_result *block) {
    static const char *const PLACES[] = {"rows", "columns", "slab", "entries", "unlocated"};
    int place = 0, factors = 0;
    for (size_t k = 0; k < block->diagnoses; k++) {
        for (size_t p = 0; p < sizeof PLACES / sizeof *PLACES; p++)
            place |= strcmp(block->diagnosis[k].kind, PLACES[p]) == 0;
        factors += !isnan(block->diagnosis[k].factor);
    }
    return place && (factors == 0 || block->diagnoses > 1);
}

/* Directions have found a block wrong, and where, or not even that: the cause that explains all
 * entries that are known says more, if there is one, and takes the place of what they said. */
static gp_status name_placed(gp_cases *all, gp_report *r, size_t k) {
    gp_report_block_data *data = &r->block[k];
    size_t before = data->result.diagnoses;
    int unlocated = is_unlocated(&data->result) && 2 * all->decided.wrongs > data->result.entries;
    int named = unlocated ? name_cause(all) : name_whole(all);
    if (named <= 0)
        return named < 0 ? GP_ERROR_MEMORY : GP_OK;
    for (size_t q = 0; q < before; q++)
        free((char *)data->diagnosis[q].message);
    data->result.diagnoses -= before;
    memmove(data->diagnosis, data->diagnosis + before,
            data->result.diagnoses * sizeof *data->diagnosis);
    return GP_OK;
}

gp_status gp_diagnose(const gp_evidence *evidence, gp_report *r) {
    const gp_function *f = evidence->function;
    unsigned char *refuted = calloc(2 * f->blocks, 1);
    if (!refuted)
        return GP_ERROR_MEMORY;
    unsigned char *exercised = refuted + f->blocks;
    gp_status status = GP_OK;
    for (size_t k = 0; k < f->blocks && status == GP_OK; k++) {
        gp_cases all;
        make_cases(evidence, k, r, &all);
        exercised[k] = all.decided.exercised > 0;
        refuted[k] = all.decided.wrongs > 0;
        if (evidence->suspect[k] && refuted[k]) /* says more than where it was found */
            gp_report_clear_diagnoses(r, k);
        const gp_block_result *block = &r->block[k].result;
        if (refuted[k] && is_place_alone(block))
            status = name_placed(&all, r, k);
        if (!refuted[k] || block->diagnoses) /* named where it was found */
            continue;
        if (name_cause(&all) < 0)
            status = GP_ERROR_MEMORY;
    }
    if (status == GP_OK)
        status = finish(r, evidence, refuted, exercised);
    free(refuted);
    return status;
}

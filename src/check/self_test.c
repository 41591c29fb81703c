/* Would this check, on this function, have seen a mistake? For each verified block and each mistake
 * of a table, the entry that the mistake moves farthest beyond its tolerance is judged afresh, with
 * all that goes before a refutation. One refuted entry refutes the function, so one is enough. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/self_test.h"
#include "search/entry.h"

/* The gradient of one verified block, and where to put the spoilt one. */
typedef struct gp_patient {
    const gp_block *block;
    const double *x, *g;   /* of the block, at the given point */
    const size_t *by_size; /* entries with a derivative, |g| ascending */
    size_t exercised;
    double median;  /* of |g| over those */
    double typical; /* size of the parameters */
    double *spoilt;
} gp_patient;

static void scale(const gp_patient *p, double size) {
    for (size_t i = 0; i < p->block->entries; i++)
        p->spoilt[i] *= 1 + size;
}

static void largest_entry(const gp_patient *p, double size) {
    p->spoilt[p->by_size[p->exercised - 1]] *= 1 + size;
}

static void median_entry(const gp_patient *p, double size) {
    p->spoilt[p->by_size[p->exercised / 2]] *= 1 - size;
}

static void smallest_entry(const gp_patient *p, double size) {
    p->spoilt[p->by_size[0]] *= 1 + size;
}

static void sign(const gp_patient *p, double size) {
    scale(p, size);
}

static void zero(const gp_patient *p, double size) {
    (void)size;
    memset(p->spoilt, 0, p->block->entries * sizeof *p->spoilt);
}

static void shift(const gp_patient *p, double size) {
    size_t n = p->block->entries;
    (void)size;
    for (size_t i = 0; i < n; i++)
        p->spoilt[i] = p->g[(i + n - 1) % n];
}

static void transpose(const gp_patient *p, double size) {
    (void)size;
    if (p->block->dimensions != 2)
        return;
    size_t rows = p->block->shape[0], columns = p->block->shape[1];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            p->spoilt[j * rows + i] = p->g[i * columns + j];
}

/* A stray lambda x, lambda x being `size` of the median derivative where x is of typical size. */
static void decay(const gp_patient *p, double size) {
    for (size_t i = 0; i < p->block->entries; i++)
        p->spoilt[i] += size * p->median / p->typical * p->x[i];
}

/* Graded mistakes are planted at 0.1, 0.01, ... 1e-7 and count for the smallest size caught where
 * `counts` says so; the others once, at the size given. */
static const struct {
    void (*plant)(const gp_patient *, double size);
    int graded, counts;
    double size;
} MISTAKES[] = {{scale, 1, 1, 0},          {largest_entry, 1, 1, 0}, {median_entry, 1, 1, 0},
                {smallest_entry, 1, 0, 0}, {decay, 1, 0, 0},         {scale, 0, 0, 1},
                {sign, 0, 0, -2},          {zero, 0, 0, 0},          {smallest_entry, 0, 0, -1},
                {shift, 0, 0, 0},          {transpose, 0, 0, 0}};
enum { MISTAKE_COUNT = sizeof MISTAKES / sizeof *MISTAKES, GRADES = 7 };

/* Would the spoilt gradient be refuted? 0 also if it isn't spoilt at all (*planted says) or nowhere
 * beyond the tolerance (*below). */
static gp_outcome is_caught(gp_check_state *c, const gp_patient *p, int *planted, int *below,
                            int *caught) {
    size_t k = (size_t)(p->block - c->function->block), worst = 0;
    double most = -1;
    *planted = memcmp(p->spoilt, p->g, p->block->entries * sizeof *p->g) != 0;
    *caught = *below = 0;
    for (size_t i = 0; i < p->block->entries && *planted; i++) {
        size_t at = p->block->offset + i;
        if (p->spoilt[i] == p->g[i] || !isfinite(c->bound[at]))
            continue;
        double allowed =
            gp_tau(&c->tolerance[k], p->spoilt[i], c->numeric[at], c->bound[at]) + c->bound[at];
        double beyond = fabs(p->spoilt[i] - c->numeric[at]) / allowed;
        if (beyond > most) {
            most = beyond;
            worst = i;
        }
    }
    *below = *planted && most <= 1;
    if (most <= 1)
        return GP_EVALUATED;
    gp_entry entry;
    gp_outcome outcome = gp_judge_again(c, p->block->offset + worst, p->spoilt[worst], &entry);
    *caught = outcome == GP_EVALUATED && entry.status == GP_ENTRY_REFUTED;
    return outcome;
}

static gp_outcome test_block(gp_check_state *c, const gp_patient *p, gp_self_test_result *result) {
    int failed_at = -1; /* the largest grade at which a counting mistake passed: 0 is 0.1 */
    for (size_t m = 0; m < MISTAKE_COUNT; m++)
        for (int grade = 0; grade < (MISTAKES[m].graded ? GRADES : 1); grade++) {
            int planted, below, caught;
            memcpy(p->spoilt, p->g, p->block->entries * sizeof *p->g);
            MISTAKES[m].plant(p, MISTAKES[m].graded ? pow(10, -1 - grade) : MISTAKES[m].size);
            gp_outcome outcome = is_caught(c, p, &planted, &below, &caught);
            if (outcome == GP_FAULT)
                return outcome;
            result->planted += (size_t)planted;
            result->below += (size_t)below;
            result->caught += (size_t)caught;
            if (MISTAKES[m].counts && planted && !caught && (failed_at < 0 || grade < failed_at))
                failed_at = grade;
        }
    result->smallest = failed_at == 0 ? NAN : pow(10, failed_at < 0 ? -GRADES : -failed_at);
    return GP_EVALUATED;
}

/* For qsort: an entry and the size of its gradient. */
typedef struct gp_sized {
    double size;
    size_t entry;
} gp_sized;

static int by_size(const void *a, const void *b) {
    const gp_sized *p = a, *q = b;
    return p->size != q->size ? (p->size > q->size) - (p->size < q->size)
                              : (p->entry > q->entry) - (p->entry < q->entry);
}

gp_outcome gp_self_test(gp_check_state *c) {
    const gp_function *f = c->function;
    gp_sized *sized = malloc(f->n * sizeof *sized);
    size_t *order = malloc(f->n * sizeof *order);
    gp_outcome outcome = GP_EVALUATED;
    if (!sized || !order) {
        (void)gp_evaluator_fault(c->evaluator, "memory", "out of memory for the self-test");
        outcome = GP_FAULT;
    }
    for (size_t k = 0; k < f->blocks && outcome == GP_EVALUATED; k++) {
        const gp_block *block = &f->block[k];
        gp_patient p = {.block = block,
                        .x = f->x + block->offset,
                        .g = c->gradient + block->offset,
                        .by_size = order,
                        .typical = c->typical[k],
                        .spoilt = c->other};
        size_t clean = 0;
        for (size_t i = 0; i < block->entries; i++) {
            gp_entry_status status = c->report->entry[block->offset + i].status;
            clean += status != GP_ENTRY_REFUTED && status != GP_ENTRY_UNRESOLVED;
            if (status == GP_ENTRY_VERIFIED && p.g[i] != 0)
                sized[p.exercised++] = (gp_sized){fabs(p.g[i]), i};
        }
        if (clean < block->entries || p.exercised == 0)
            continue;
        qsort(sized, p.exercised, sizeof *sized, by_size);
        for (size_t i = 0; i < p.exercised; i++)
            order[i] = sized[i].entry;
        p.median = sized[p.exercised / 2].size;
        outcome = test_block(c, &p, &c->report->block[k].self_test);
    }
    free(sized);
    free(order);
    return outcome;
}

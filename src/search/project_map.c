/* The course of random products: enough of them to say that a claim is right, or to find where it
 * is wrong. */
#include <math.h>
#include <stdlib.h>

#include "search/locate_product.h"
#include "search/products.h"
#include "search/project_map.h"

/* Rounds: each takes out a block that is wrong, or is the last. */
enum { ROUNDS = 8 };

static gp_outcome out_of_memory(const gp_products *p) {
    return gp_evaluator_fault(p->check->evaluator, "memory", "out of memory for a map");
}

static int is_out(const gp_products *p, size_t b) {
    return p->weight[p->f->block[b].offset] == 0;
}

static size_t report_block(const gp_products *p, size_t b) {
    return p->block + (p->blocks == p->f->blocks ? b : 0);
}

/* Entries that products have exercised: inputs with a derivative, times outputs that move. */
static size_t exercised(const gp_products *p, size_t b) {
    const gp_block *block = &p->f->block[b];
    size_t inputs = 0, outputs = 0;
    for (size_t i = block->offset; i < block->offset + block->entries; i++)
        inputs += p->left ? p->product[i] != 0 : p->norm[b] > 0;
    for (size_t j = 0; j < p->m; j++)
        outputs += p->left || p->product[j] != 0;
    return inputs * outputs;
}

/* What is said of the blocks that nothing has been found wrong in. */
static void conclude(gp_products *p, int off) {
    gp_report *r = p->check->report;
    double seen = gp_products_error_seen(p), rtol = p->check->options.rtol;
    for (size_t b = 0; b < p->f->blocks; b++) {
        size_t at = report_block(p, b);
        gp_block_result *block = &r->block[at].result;
        if (is_out(p, b) || r->block[at].whole == GP_REFUTED)
            continue;
        double resolution = p->norm[b] > 0 ? seen / p->norm[b] : NAN;
        block->directions = p->count;
        block->resolution = fmax(block->resolution, resolution);
        if (p->blocks == p->f->blocks)
            block->exercised = exercised(p, b);
        else if (p->norm[b] > 0)
            block->exercised = block->entries;
        if (off || (p->norm[b] > 0 && !(resolution <= rtol)))
            gp_findings_put_block(r, at, GP_INCONCLUSIVE);
    }
}

/* Takes blocks that are wrong out of all directions; returns how many are left. */
static size_t take_out(gp_products *p) {
    size_t left = 0;
    for (size_t b = 0; b < p->f->blocks; b++) {
        const gp_block *block = &p->f->block[b];
        size_t at = report_block(p, b);
        int wrong = p->check->report->block[at].whole == GP_REFUTED;
        for (size_t i = 0; wrong && i < block->entries; i++)
            p->weight[block->offset + i] = 0;
        left += !wrong;
    }
    return left;
}

static gp_outcome search(gp_products *p) {
    gp_outcome outcome = gp_products_prepare(p);
    for (int round = 0; round < ROUNDS && outcome == GP_EVALUATED; round++) {
        unsigned k, l;
        size_t news = 0;
        outcome = gp_products_measure(p, round == 0);
        if (outcome != GP_EVALUATED)
            break;
        int off = gp_products_worst(p, &k, &l);
        if (off)
            outcome = gp_locate_product(p, k, l, &news);
        if (outcome != GP_EVALUATED)
            break;
        if (off && news == 0 && p->confirmed && !p->thorough) {
            p->thorough = 1;
            continue;
        }
        if (!off || news == 0) {
            conclude(p, off);
            outcome = off ? outcome : gp_find_stored_product(p);
            break;
        }
        if (take_out(p) == 0)
            break;
    }
    return outcome == GP_NOT_HERE ? GP_EVALUATED : outcome;
}

/* The evaluator of the sum: with the check's own count and limits. */
static gp_outcome start_evaluator(gp_products *p) {
    gp_evaluator *of_check = p->check->evaluator;
    if (gp_weighted_create(p->f, p->second, p->left ? p->claim : GP_CLAIMS, &p->sum) != GP_OK ||
        gp_evaluator_create(&p->sum->function, p->check->options.seed, p->check->options.progress,
                            1, &p->evaluator) != GP_OK)
        return out_of_memory(p);
    p->sum->progress = p->check->options.progress;
    p->evaluator->budget.deadline = of_check->budget.deadline;
    p->evaluator->budget.unstoppable = of_check->budget.unstoppable;
    p->before = of_check->values + of_check->gradients;
    gp_products_weigh(p, p->u, 1);
    return GP_EVALUATED;
}

/* What has happened in evaluators of sums happened to the check. */
static gp_outcome settle(gp_products *p, gp_outcome outcome) {
    gp_evaluator *of_check = p->check->evaluator;
    if (p->sum && p->sum->overrun)
        outcome = gp_evaluator_fault(of_check, "overrun", "the %s wrote outside of its %zu outputs",
                                     p->second ? "gradient callback" : "map callback", p->m);
    if (!p->evaluator)
        return outcome;
    of_check->values += p->evaluator->values;
    if (outcome == GP_FAULT && p->evaluator->fault.kind[0] && !of_check->fault.kind[0]) {
        of_check->fault = p->evaluator->fault;
    }
    of_check->budget.spent |= p->evaluator->budget.spent;
    return outcome;
}

/* Room for the numbers of a claim: F0 (m), u (K m), spread (m), weight (n), product (K outputs),
 * first (outputs), in, out. */
static gp_outcome make_room(gp_products *p, double **room) {
    const gp_function *f = p->f;
    size_t m = p->m, n = p->n, most = m > n ? m : n, outputs = p->left ? n : m;
    int matrix = gp_claim_kinds[p->claim].shape == GP_CLAIM_WHOLE;
    int sparse = gp_claim_is_sparse(f, p->claim);
    *room =
        calloc(m * (2 + GP_MOST_SETS) + n + outputs * (GP_MOST_SETS + 1) + 2 * most, sizeof **room);
    p->norm = calloc(f->blocks, sizeof *p->norm);
    p->line = calloc(GP_MOST_SETS, sizeof *p->line);
    p->J = matrix ? malloc(gp_claim_numbers(f, p->claim) * sizeof *p->J) : NULL;
    if (!*room || !p->norm || !p->line || (matrix && !p->J) ||
        gp_sparsity_create(m, n, sparse ? f->nonzeros : 0, f->row, f->column, 0, &p->pattern) ==
            GP_ERROR_MEMORY)
        return out_of_memory(p);
    if (sparse && !p->pattern.start)
        return gp_evaluator_fault(p->check->evaluator, "sparsity",
                                  "the sparsity names an entry twice");
    p->F0 = *room;
    p->u = p->F0 + m;
    p->spread = p->u + GP_MOST_SETS * m;
    p->weight = p->spread + m;
    p->product = p->weight + n;
    p->first = p->product + GP_MOST_SETS * outputs;
    p->in = p->first + outputs;
    p->out = p->in + most;
    return GP_EVALUATED;
}

gp_outcome gp_products_check(gp_check_state *c, gp_claim claim, size_t block) {
    const gp_function *f = c->function;
    gp_products p = {.check = c,
                     .f = f,
                     .claim = claim,
                     .second = gp_claim_kinds[claim].second,
                     .left = gp_claim_kinds[claim].shape != GP_CLAIM_COLUMNS,
                     .m = gp_claim_outputs(f, claim),
                     .n = f->n,
                     .block = block,
                     .blocks = gp_claim_blocks(f, claim)};
    double *room = NULL;
    gp_outcome outcome = make_room(&p, &room);
    if (outcome == GP_EVALUATED)
        outcome = start_evaluator(&p);
    if (outcome == GP_EVALUATED)
        outcome = search(&p);
    outcome = settle(&p, outcome);
    if (outcome == GP_EVALUATED)
        outcome = gp_products_tell(&p);
    gp_evaluator_destroy(p.evaluator);
    gp_weighted_destroy(p.sum);
    gp_sparsity_free(&p.pattern);
    free(room);
    free(p.norm);
    free(p.line);
    free(p.J);
    return outcome;
}

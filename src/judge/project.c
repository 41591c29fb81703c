/* Random directions: is (g - grad f) . v zero within its bound for k random v? For v uniform on
 * [-w_i, w_i] the probability that an error e passes all k is at most (sqrt 2 B / |w e|)^k, B being
 * the largest difference that is accepted, by Ball's cube-slicing theorem: K. Ball, "Cube slicing
 * in R^n", Proc. AMS 97 (1986). That holds for the error of each block by itself, whatever the rest
 * does. The 2^16 levels of v widen B by |w e| / 9000 at most but for a chance of 4e-11 (Hoeffding).
 *
 * Nothing here or in locate.c needs more than x, g and the base point in memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/noise.h"
#include "evaluate/executor.h"
#include "judge/directions.h"

/* How good a direction's estimate should be, as a share of what the weakest block may be off by,
 * and what that may cost. */
static const struct {
    double share;
    unsigned evaluations;
} EFFORT[] = {{6e-2, 12}, {1e-1, 40}};
/* What a right gradient may be off by, as a share of rtol, before it is looked at more closely. */
static const double FINE = 0.02;
/* A block's weights may grow so much to make it heard among larger ones. */
static const double LOUDEST = 30;
/* A direction's first steps: as small as noise allows, for the sake of kinks. Its share in the
 * bound is then this part of what the weakest block may be off by. Lengths within these limits. */
static const double NOISE_SHARE = 0.005, SHORTEST = 1.0 / 32, LONGEST = 64;
/* A part of a direction should show whether it is to blame for this share of what is off. */
static const double SHARP = 0.05;
enum { PART_EVALUATIONS = 12 };
/* Rounds of search: each finds at least one more mistake, or is the last. */
enum { ROUNDS = 12 };

static gp_probe probe_of(const gp_directions *d, unsigned k, const gp_part *part) {
    return (gp_probe){.offset = part->offset,
                      .entries = part->entries,
                      .seed = d->check->options.seed,
                      .stream = GP_STREAM_DIRECTION,
                      .part = k,
                      .scaling = &d->scaling,
                      .columns = part->columns,
                      .origin = part->origin,
                      .first_column = part->first_column,
                      .end_column = part->end_column,
                      .scale = d->scale};
}

static gp_part everything(const gp_directions *d) {
    return (gp_part){.offset = 0, .entries = d->check->function->n};
}

/* g . v, and the root of the sum of (g_i v_i)^2 times 3, which is |w g| on average. */
static double analytic_slope(const gp_directions *d, const gp_probe *probe, double *size) {
    enum { CHUNK = 512 };
    const double *g = d->check->gradient;
    double v[CHUNK], slope = 0, squares = 0;
    size_t end = probe->offset + probe->entries;
    for (size_t at = probe->offset; at < end; at += CHUNK) {
        size_t count = end - at < CHUNK ? end - at : CHUNK;
        double some = 0, some_squares = 0;
        gp_probe_fill(probe, at, count, v);
        for (size_t i = 0; i < count; i++) {
            double product = g[at + i] * v[i];
            some += product;
            some_squares += product * product;
        }
        slope += some;
        squares += some_squares;
    }
    *size = sqrt(3 * squares);
    return slope;
}

static gp_outcome look(const gp_directions *d, gp_evaluator *e, size_t k, double shift,
                       gp_ladder *ladder) {
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, (unsigned)k, &all);
    gp_line line;
    gp_line_start(&line, e, &probe, d->check->report->value);
    return gp_ladder_start(ladder, &line, shift);
}

static gp_outcome first_look(void *context, gp_evaluator *e, size_t k) {
    gp_directions *d = context;
    if (d->ladders[k].rungs) /* the one that has shown the scale */
        return GP_EVALUATED;
    return look(d, e, k, 1, &d->ladders[k]);
}

static gp_outcome looks_again(void *context, const size_t *indices, size_t count, double shift,
                              gp_ladder *ladders) {
    const gp_directions *d = context;
    for (size_t k = 0; k < count; k++)
        if (look(d, d->check->evaluator, indices[k], shift, &ladders[k]) == GP_FAULT)
            return GP_FAULT;
    return GP_EVALUATED;
}

/* What the weakest block may be off by. */
static double least_tau(const gp_directions *d) {
    double least = INFINITY;
    for (size_t b = 0; b < d->check->function->blocks; b++)
        if (d->norm[b] > 0)
            least = fmin(least, d->norm[b]);
    return isfinite(least) ? d->check->options.rtol * least : 0;
}

static gp_outcome estimate(void *context, gp_evaluator *e, size_t k) {
    gp_directions *d = context;
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, (unsigned)k, &all);
    gp_line line;
    double tau = least_tau(d), sigma = d->check->noise.sigma;
    gp_line_start(&line, e, &probe, d->check->report->value);
    for (size_t i = 0; i < sizeof EFFORT / sizeof *EFFORT; i++) {
        gp_goal goal = {0, EFFORT[i].share * tau};
        if (gp_ladder_refine(&d->ladders[k], &line, sigma, goal, EFFORT[i].evaluations,
                             &d->results[k]) == GP_FAULT)
            return GP_FAULT;
    }
    return GP_EVALUATED;
}

/* Blocks' sizes, weights and tolerances. Weights are in proportion to the length on which a block's
 * parameters vary; those of quiet blocks are turned up. */
static void set_scaling(gp_directions *d, double *factor, double *size) {
    gp_check_state *c = d->check;
    const gp_function *f = c->function;
    double loudest = 0, all = 0;
    d->scaling = (gp_scaling){f, c->gradient, size, factor};
    d->factor = factor;
    for (size_t b = 0; b < f->blocks; b++) {
        const gp_block *block = &f->block[b];
        const double *g = c->gradient + block->offset;
        double sum = 0, squares = 0, largest = 0;
        for (size_t i = 0; i < block->entries; i++)
            largest = fmax(largest, fabs(g[i]));
        double unit = largest > 0 ? largest : 1; /* squares neither overflow nor vanish */
        for (size_t i = 0; i < block->entries; i++)
            sum += (g[i] / unit) * (g[i] / unit);
        size[b] = unit * sqrt(sum / (double)block->entries);
        factor[b] = c->typical[b];
        for (size_t i = 0; i < block->entries && size[b] > 0; i++) {
            double relative = fmin(fabs(g[i]) / size[b], 10), weighed = relative / (0.1 + relative);
            squares += weighed * weighed;
        }
        d->norm[b] = factor[b] * size[b] * sqrt(squares);
        loudest = fmax(loudest, d->norm[b]);
        all = fmax(all, size[b]);
    }
    for (size_t b = 0; b < f->blocks; b++) {
        if (d->norm[b] > 0) {
            double up = fmin(LOUDEST, loudest / d->norm[b]);
            factor[b] *= up;
            d->norm[b] *= up;
        }
        gp_tolerance_follow(&c->tolerance[b], &c->options, f->dtype, size[b] > 0 ? size[b] : all);
    }
}

/* The length scale at which noise of deviation sigma is as good as gone. */
static double scale_for(gp_directions *d, double sigma) {
    gp_check_state *c = d->check;
    double wanted = NOISE_SHARE * least_tau(d), step = 0;
    if (wanted > 0) /* N of two rungs at this step, over the steps' length for scale 1 */
        step = 1.3 * GP_NOISE_FACTOR * sigma / wanted;
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, 0, &all);
    gp_line line;
    probe.scale = 1;
    gp_line_start(&line, c->evaluator, &probe, c->report->value);
    return fmin(fmax(step / gp_first_step(&line), SHORTEST), LONGEST);
}

/* The length scale of first steps. Noise at the steps in use may be larger than at tiny ones: the
 * first direction shows. What grows with the step isn't noise. */
static gp_outcome choose_scale(gp_directions *d, double tiny) {
    gp_check_state *c = d->check;
    double rounding = gp_dtype_epsilon(c->evaluator->x_dtype) * fabs(c->report->value) / sqrt(12);
    gp_ladder *ladder = &d->ladders[0];
    d->scale = scale_for(d, fmax(tiny, rounding));
    if (look(d, c->evaluator, 0, 1, ladder) == GP_FAULT)
        return GP_FAULT;
    double before = d->scale, rough = gp_ladder_roughness(ladder);
    double larger = isnan(rough) ? before : scale_for(d, rough);
    if (larger <= 2 * before)
        return GP_EVALUATED;
    gp_ladder small = *ladder;
    d->scale = larger;
    if (look(d, c->evaluator, 0, 1, ladder) == GP_FAULT)
        return GP_FAULT;
    if (gp_ladder_roughness(ladder) <= 4 * rough)
        return GP_EVALUATED;
    *ladder = small;
    d->scale = before;
    return GP_EVALUATED;
}

/* patient: tell noise from kinks and bends by looking again from ever nearer. */
static gp_outcome judge_noise(gp_directions *d, double tiny, int patient) {
    gp_check_state *c = d->check;
    gp_outcome outcome = gp_noise_level(c->function->dtype, tiny, d->ladders, GP_DIRECTIONS,
                                        patient, looks_again, d, &c->noise);
    if (outcome == GP_NOT_HERE)
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    c->report->noise = c->noise.sigma;
    return outcome;
}

/* Is every estimate as good as the weakest block demands? */
static int is_clear(const gp_directions *d) {
    for (unsigned k = 0; k < GP_DIRECTIONS; k++)
        if (!(d->results[k].bound <= least_tau(d)))
            return 0;
    return 1;
}

static gp_outcome estimate_all(gp_directions *d) {
    gp_check_state *c = d->check;
    gp_work work = {GP_DIRECTIONS, estimate, d, d->results, sizeof *d->results};
    return gp_check_execute(c, &work);
}

/* All directions anew, with the blocks that still take part. */
static gp_outcome measure(gp_directions *d, int first) {
    gp_check_state *c = d->check;
    gp_outcome outcome = GP_EVALUATED;
    double tiny = 0;
    gp_work first_looks = {GP_DIRECTIONS, first_look, d, d->ladders, sizeof *d->ladders};
    for (unsigned k = 0; k < GP_DIRECTIONS; k++)
        d->ladders[k].rungs = 0;
    if (first) {
        outcome = gp_check_tiny_noise(c, c->report->value, &tiny);
        if (outcome == GP_EVALUATED)
            outcome = choose_scale(d, tiny);
    }
    if (outcome == GP_EVALUATED)
        outcome = gp_check_execute(c, &first_looks);
    if (outcome == GP_EVALUATED && first)
        outcome = judge_noise(d, tiny, 0);
    if (outcome == GP_EVALUATED)
        outcome = estimate_all(d);
    if (outcome == GP_EVALUATED && first && !is_clear(d)) {
        outcome = judge_noise(d, tiny, 1);
        if (outcome == GP_EVALUATED)
            outcome = estimate_all(d);
    }
    for (unsigned k = 0; k < GP_DIRECTIONS && outcome == GP_EVALUATED; k++) {
        gp_part all = everything(d);
        gp_probe probe = probe_of(d, k, &all);
        double size;
        d->slope[k] = analytic_slope(d, &probe, &size);
    }
    return outcome;
}

/* Takes what is known of single entries out of a discrepancy. */
static void explain(const gp_directions *d, const gp_probe *probe, gp_discrepancy *result) {
    for (size_t q = 0; q < d->knowns; q++) {
        const gp_known_entry *known = &d->known[q];
        if (known->entry < probe->offset || known->entry >= probe->offset + probe->entries)
            continue;
        double v = gp_probe_component(probe, known->entry);
        result->off -= known->off * v;
        result->bound += known->bound * fabs(v);
    }
}

static double fine_of(const gp_directions *d, double size) {
    double rounding = 8 * gp_dtype_epsilon(d->check->function->dtype);
    return fmax(rounding, FINE * d->check->options.rtol) * size;
}

gp_outcome gp_directions_part(gp_directions *d, unsigned k, const gp_part *part, double off,
                              gp_discrepancy *result) {
    gp_probe probe = probe_of(d, k, part);
    gp_line line;
    gp_ladder ladder;
    double size;
    gp_line_start(&line, d->check->evaluator, &probe, d->check->report->value);
    /* At the steps that suit the whole of it. */
    double suitable = d->results[k].step / gp_first_step(&line);
    gp_goal goal = {0, SHARP * fabs(off)};
    gp_estimate e;
    if (gp_ladder_start(&ladder, &line, suitable) == GP_FAULT ||
        gp_ladder_refine(&ladder, &line, d->check->noise.sigma, goal, PART_EVALUATIONS, &e) ==
            GP_FAULT)
        return GP_FAULT;
    result->off = analytic_slope(d, &probe, &size) - e.derivative;
    result->bound = e.bound;
    result->fine = fine_of(d, size);
    explain(d, &probe, result);
    return GP_EVALUATED;
}

static gp_discrepancy discrepancy(const gp_directions *d, unsigned k) {
    gp_part all = everything(d);
    gp_probe probe = probe_of(d, k, &all);
    double squares = 0;
    for (size_t b = 0; b < d->check->function->blocks; b++)
        squares += d->norm[b] * d->norm[b];
    gp_discrepancy result = {.off = d->slope[k] - d->results[k].derivative,
                             .bound = d->results[k].bound,
                             .fine = fine_of(d, sqrt(squares))};
    explain(d, &probe, &result);
    return result;
}

/* The direction that is off by most; GP_DIRECTIONS: none is. */
static unsigned worst_direction(const gp_directions *d, gp_discrepancy *worst) {
    unsigned found = GP_DIRECTIONS;
    double most = 0;
    for (unsigned k = 0; k < GP_DIRECTIONS; k++) {
        gp_discrepancy here = discrepancy(d, k);
        double excess = fabs(here.off) / (here.bound + here.fine);
        if (!gp_is_off(&here) || !isfinite(here.bound) || excess <= most)
            continue;
        most = excess;
        found = k;
        *worst = here;
    }
    return found;
}

/* k directions leave at most (sqrt 2 B / |w e|)^k: what they say about each block. */
static void conclude(gp_directions *d) {
    gp_check_state *c = d->check;
    double reach = sqrt(2) * pow(c->options.confidence, -1.0 / GP_DIRECTIONS);
    double widest = 0, most_off = 0, bound = 0, squares = 0;
    for (unsigned k = 0; k < GP_DIRECTIONS; k++) {
        gp_discrepancy here = discrepancy(d, k);
        widest = fmax(widest, fabs(here.off) + here.bound);
        most_off = fmax(most_off, fabs(here.off) - here.bound);
        bound = fmax(bound, here.bound);
    }
    for (size_t b = 0; b < c->function->blocks; b++)
        squares += d->norm[b] * d->norm[b];
    /* Off by more than tolerable, and nothing single to blame: a bound that doesn't hold, as likely
     * as not. Directions alone never refute. */
    int odd = most_off > c->options.rtol * sqrt(squares) && squares > 0;
    for (size_t b = 0; b < c->function->blocks; b++) {
        gp_block_result *block = &c->report->block[b].result;
        double tau = c->options.rtol * d->norm[b];
        for (size_t i = 0; i < block->entries; i++)
            block->exercised += c->gradient[block->offset + i] != 0;
        if (d->factor[b] == 0) {
            c->report->block[b].by_directions = GP_INCONCLUSIVE;
            continue; /* refuted by entries of its own */
        }
        block->directions = GP_DIRECTIONS;
        if (d->norm[b] > 0)
            block->resolution = reach * widest / d->norm[b];
        c->report->block[b].by_directions = odd ? GP_INCONCLUSIVE
                                            : d->norm[b] > 0 && !(bound <= tau && widest <= 3 * tau)
                                                ? GP_INCONCLUSIVE
                                                : GP_VERIFIED;
    }
}

/* Blocks with a few wrong entries, all of them found, and the rest right. */
static gp_status describe(const gp_directions *d) {
    gp_check_state *c = d->check;
    gp_report *r = c->report;
    for (size_t b = 0; b < c->function->blocks; b++) {
        const gp_block *block = &c->function->block[b];
        size_t wrong = 0, looked = 0, odd = 0, first = 0, end = block->offset + block->entries;
        char list[256] = "";
        if (d->factor[b] == 0 || r->block[b].result.diagnoses)
            continue;
        for (size_t i = gp_report_next(r, block->offset); i < end; i = gp_report_next(r, i + 1)) {
            looked++;
            odd += c->manner && c->manner[i] != GP_MANNER_SET;
            if (gp_report_at(r, i)->status != GP_ENTRY_REFUTED)
                continue;
            if (wrong == 0)
                first = i;
            if (wrong++ < 4) {
                char name[160];
                size_t used = strlen(list);
                gp_function_entry_name(c->function, i, name, sizeof name);
                snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : "", name);
            }
        }
        if (wrong == 0 || odd > 0 || looked == block->entries)
            continue; /* right; or oddly written, or all known: gp_diagnose has more to say */
        const gp_entry *e = gp_report_at(r, first);
        gp_status status = gp_report_add_diagnosis(
            r, b, "entries", NAN,
            "%zu of the %zu entries of %s %s wrong: %s%s; %s by %.6g in the first. Random "
            "directions find the rest right",
            wrong, block->entries, block->name, wrong == 1 ? "is" : "are", list,
            wrong > 4 ? ", ..." : "", e->analytic > e->numeric ? "too large" : "too small",
            fabs(e->analytic - e->numeric));
        if (status != GP_OK)
            return status;
    }
    return GP_OK;
}

static gp_outcome search(gp_directions *d) {
    gp_outcome outcome = measure(d, 1);
    int clean = 0;
    for (int round = 0; round < ROUNDS && outcome == GP_EVALUATED && !clean; round++) {
        gp_discrepancy worst = {0, 0, 0};
        unsigned k = worst_direction(d, &worst);
        size_t news = 0, before = 0, after = 0;
        clean = k == GP_DIRECTIONS;
        if (clean)
            break;
        for (size_t b = 0; b < d->check->function->blocks; b++)
            before += d->factor[b] == 0;
        outcome = gp_locate(d, k, &worst, &news);
        for (size_t b = 0; b < d->check->function->blocks; b++)
            after += d->factor[b] == 0;
        if (outcome != GP_EVALUATED || news == 0)
            break;
        if (after == d->check->function->blocks)
            clean = 1;
        else if (after > before)
            outcome = measure(d, 0);
    }
    if (outcome != GP_EVALUATED)
        return outcome;
    conclude(d);
    if (clean && describe(d) != GP_OK)
        return gp_evaluator_fault(d->check->evaluator, "memory", "out of memory");
    return GP_EVALUATED;
}

/* Directions need a number in every entry. */
static int all_finite(const gp_check_state *c) {
    double zero = 0;
    for (size_t i = 0; i < c->function->n; i++)
        zero += 0 * c->gradient[i];
    return zero == 0;
}

gp_outcome gp_project(gp_check_state *c) {
    if (!all_finite(c))
        return GP_EVALUATED; /* the trial has put into the report what isn't there */
    size_t blocks = c->function->blocks;
    size_t ladder_bytes = GP_DIRECTIONS * sizeof(gp_ladder);
    size_t result_bytes = GP_DIRECTIONS * sizeof(gp_estimate);
    double *numbers = calloc(3 * blocks, sizeof *numbers);
    gp_directions d = {.check = c,
                       .norm = numbers,
                       .ladders = gp_records_alloc(&c->executor, ladder_bytes),
                       .results = gp_records_alloc(&c->executor, result_bytes),
                       .known = malloc(GP_MOST_KNOWN * sizeof *d.known)};
    gp_outcome outcome;
    if (!numbers || !d.ladders || !d.results || !d.known) {
        outcome = gp_evaluator_fault(c->evaluator, "memory", "out of memory for directions");
    } else {
        set_scaling(&d, numbers + blocks, numbers + 2 * blocks);
        outcome = search(&d);
    }
    free(numbers);
    free(d.known);
    gp_records_free(d.ladders, ladder_bytes);
    gp_records_free(d.results, result_bytes);
    return outcome;
}

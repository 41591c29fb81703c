/* The course of a proof: intervals at rising precision until they decide, kinks, verdict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prove/proof.h"
#include "prove/tape.h"
#include "system/error.h"
#include "system/sizes.h"
#include "system/text.h"

enum { PRECISION_FIRST = 53, PRECISION_MOST = 4096, PRECISION_LIMIT = 1 << 20 };

/* What a proof that is under way works with. */
typedef struct gp_course {
    gp_encloser encloser;
    void *self;
    slong first, most;
    gp_proof *proof;
    gp_enclosure enclosure;
    gp_error *error;
} gp_course;

/* ---- making a proof --------------------------------------------------------------------- */

static gp_status add_blocks(gp_proof *p, size_t blocks, const gp_proof_block *block,
                            gp_error *error) {
    p->block = calloc(blocks ? blocks : 1, sizeof *p->block);
    if (!p->block)
        return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
    for (size_t k = 0; k < blocks; k++) {
        gp_proof_shape *to = &p->block[p->blocks];
        size_t dimensions = block[k].dimensions;
        if (!block[k].name || dimensions > GP_PROOF_DIMENSIONS || (dimensions && !block[k].shape))
            return gp_fail(error, GP_ERROR_ARGUMENT,
                           "prove: a block needs a name and at most %d dimensions",
                           GP_PROOF_DIMENSIONS);
        size_t entries = gp_volume(dimensions, block[k].shape);
        if ((entries == 0 && !gp_is_empty(dimensions, block[k].shape)) ||
            entries > GP_MAX_ENTRIES - p->n)
            return gp_fail(error, GP_ERROR_ARGUMENT, "prove: more entries than fit");
        to->name = gp_printable_copy(block[k].name);
        if (!to->name)
            return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
        p->blocks++;
        to->dimensions = dimensions;
        if (dimensions)
            memcpy(to->shape, block[k].shape, dimensions * sizeof *to->shape);
        to->result.name = to->name;
        to->result.offset = p->n;
        to->result.entries = entries;
        p->n += entries;
    }
    p->entry = calloc(p->n ? p->n : 1, sizeof *p->entry);
    p->scratch = malloc((p->n ? p->n : 1) * sizeof *p->scratch);
    return p->entry && p->scratch ? GP_OK : gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
}

static gp_status take_options(gp_course *c, const gp_proof_options *o) {
    static const double RTOL[] = {[GP_FLOAT64] = 1e-5, [GP_FLOAT32] = 1e-3};
    static const gp_proof_options DEFAULTS = {0};
    o = o ? o : &DEFAULTS;
    for (size_t k = 0; k < sizeof o->reserved / sizeof *o->reserved; k++)
        if (o->reserved[k])
            return gp_fail(c->error, GP_ERROR_UNSUPPORTED,
                           "prove: an option that this version doesn't have");
    if (o->dtype != GP_FLOAT64 && o->dtype != GP_FLOAT32)
        return gp_fail(c->error, GP_ERROR_ARGUMENT, "prove: unknown precision of the gradient");
    if (!(o->rtol >= 0 && o->rtol <= 1) || !(o->atol >= 0 || o->atol == GP_NONE) || isinf(o->atol))
        return gp_fail(c->error, GP_ERROR_ARGUMENT,
                       "prove: rtol must be in (0, 1], atol not negative");
    if (!(o->radius >= 0 && o->radius < 1))
        return gp_fail(c->error, GP_ERROR_ARGUMENT, "prove: the radius must be in [0, 1)");
    c->first = o->precision ? (slong)o->precision : PRECISION_FIRST;
    c->most = o->precisions ? (slong)o->precisions : PRECISION_MOST;
    if (c->first < 2 || c->most < c->first || c->most > PRECISION_LIMIT)
        return gp_fail(c->error, GP_ERROR_ARGUMENT,
                       "prove: precision must be 2 to %d bits, the most not below the first",
                       PRECISION_LIMIT);
    c->proof->dtype = o->dtype;
    c->proof->rtol = o->rtol > 0 ? o->rtol : RTOL[o->dtype];
    c->proof->atol = o->atol;
    c->proof->radius = o->radius;
    return GP_OK;
}

/* Takes over the gradient under test; 0 where one of its numbers isn't finite. */
static int take_gradient(gp_proof *p, const double *g) {
    int finite = 1;
    for (size_t k = 0; k < p->blocks; k++)
        for (size_t i = 0; i < p->block[k].result.entries; i++) {
            gp_proof_entry *e = &p->entry[p->block[k].result.offset + i];
            *e = (gp_proof_entry){GP_OPEN, g[e - p->entry], -INFINITY, INFINITY, INFINITY, 0};
            if (isfinite(e->analytic))
                continue;
            e->verdict = GP_UNPROVABLE;
            if (finite)
                snprintf(p->note, sizeof p->note, "entry %zu of %.100s is %s: no derivative is", i,
                         p->block[k].name, isnan(e->analytic) ? "not a number" : "infinite");
            finite = 0;
        }
    return finite;
}

/* ---- the course ------------------------------------------------------------------------- */

static gp_status enclose(gp_course *c, gp_share share, double radius, int near) {
    gp_enclosing how = {c->proof->precision, share, radius, near};
    memset(&c->enclosure.kinks, 0, sizeof c->enclosure.kinks);
    gp_status status = c->encloser(c->self, &how, &c->enclosure, c->error);
    if (status == GP_OK)
        gp_judge_enclosure(c->proof, &c->enclosure, c->enclosure.kinks.ties == 0);
    return status;
}

/* Precision is doubled until the sides of all kinks are decided, all entries are, and the intervals
 * are sharp. What more precision can't change (a tie, an exact kink) doesn't ask for it. */
static gp_status raise_precision(gp_course *c) {
    gp_proof *p = c->proof;
    gp_status status = GP_OK;
    for (slong bits = c->first; status == GP_OK; bits *= 2) {
        p->precision = bits < c->most ? bits : c->most;
        status = enclose(c, GP_SHARE_LEFT, 0, 0);
        const gp_kinks *kinks = &c->enclosure.kinks;
        if (p->precision == c->most || kinks->ties > 0)
            break;
        if (status == GP_OK && kinks->undecided == 0 && gp_judge_is_sharp(p, &c->enclosure))
            break;
    }
    return status;
}

/* At an exact kink there is no derivative. What is proven then is that g is within the tolerance of
 * what the chain rule gives with one number of each kink's subdifferential: all left slopes, all
 * right ones, or all in the middle. What is off for every choice of shares, the whole of [0, 1]
 * each, is disproven. What is neither stays open: g may mix sides. */
static gp_status prove_at_kinks(gp_course *c) {
    static const struct {
        gp_share share;
        const char *name;
    } CHOICES[] = {{GP_SHARE_LEFT, "left"}, {GP_SHARE_RIGHT, "right"}, {GP_SHARE_MIDDLE, "middle"}};
    gp_proof *p = c->proof;
    for (size_t k = 0; k < sizeof CHOICES / sizeof *CHOICES; k++) {
        gp_status status = enclose(c, CHOICES[k].share, 0, 0);
        if (status != GP_OK)
            return status;
        if (p->verdict == GP_PROVEN) {
            snprintf(p->note, sizeof p->note, "proven with the %s slope at %zu exact %s",
                     CHOICES[k].name, c->enclosure.kinks.exact,
                     gp_plural(c->enclosure.kinks.exact, "kink", "kinks"));
            return GP_OK;
        }
    }
    return enclose(c, GP_SHARE_ANY, 0, 0);
}

/* Floating-point arithmetic can't tell the side of a number that is nearer to its kink than its
 * rounding. What is disproven, but not with the whole of [0, 1] there, is open: the code may have
 * computed the slope of the other side, as it must at times. */
static gp_status forgive_near_kinks(gp_course *c) {
    gp_proof *p = c->proof;
    gp_proof_entry *before = malloc((p->n ? p->n : 1) * sizeof *before);
    double low = p->low, high = p->high;
    if (!before)
        return gp_fail(c->error, GP_ERROR_MEMORY, "prove: out of memory");
    memcpy(before, p->entry, p->n * sizeof *before);
    gp_status status = enclose(c, GP_SHARE_ANY, 0, 1);
    for (size_t i = 0; i < p->n && status == GP_OK; i++) {
        gp_proof_verdict wide = p->entry[i].verdict;
        p->entry[i] = before[i];
        if (before[i].verdict == GP_DISPROVEN && wide != GP_DISPROVEN)
            p->entry[i].verdict = GP_OPEN;
    }
    free(before);
    p->low = low;
    p->high = high;
    gp_judge_sum_up(p);
    return status;
}

/* ---- neighbourhoods ---------------------------------------------------------------------- */

/* Down to three digits, as it is shown: what is tried is what is said. */
static double in_three_digits(double radius) {
    char text[32];
    double v;
    snprintf(text, sizeof text, "%.2e", radius);
    v = strtod(text, NULL);
    return v > 0 ? v : radius;
}

/* Searches for a radius below `fails` within which all is proven: by steps of 16 down to one, then
 * by bisection. */
static gp_status find_reach(gp_course *c) {
    enum { STEPS = 24, BISECTIONS = 7 };
    gp_proof *p = c->proof;
    gp_status status = GP_OK;
    for (int k = 0; k < STEPS && status == GP_OK && p->reach == 0; k++) {
        double radius = in_three_digits(p->fails / 16);
        status = enclose(c, GP_SHARE_ANY, radius, 0);
        *(p->verdict == GP_PROVEN ? &p->reach : &p->fails) = radius;
    }
    for (int k = 0; k < BISECTIONS && status == GP_OK && p->reach > 0; k++) {
        double radius = in_three_digits(sqrt(p->reach * p->fails));
        if (radius <= p->reach || radius >= p->fails)
            break;
        status = enclose(c, GP_SHARE_ANY, radius, 0);
        *(p->verdict == GP_PROVEN ? &p->reach : &p->fails) = radius;
    }
    return status;
}

static void describe_reach(gp_proof *p) {
    if (p->reach == p->radius)
        snprintf(p->within, sizeof p->within,
                 "all of this holds at every point within %.3g of the one given, relative to each "
                 "of its numbers",
                 p->radius);
    else if (p->reach > 0)
        snprintf(p->within, sizeof p->within,
                 "proven at the point given and at every point within %.3g of it, relative to each "
                 "of its numbers; not proven for all within %.3g",
                 p->reach, p->fails);
    else
        snprintf(p->within, sizeof p->within,
                 "proven at the point given; not proven for all points within %.3g of it, or any "
                 "larger radius",
                 p->fails);
}

/* What is proven at x, for all points around it: with the tolerances that were chosen there. */
static gp_status prove_around(gp_course *c) {
    gp_proof *p = c->proof;
    p->settled = 1;
    gp_status status = enclose(c, GP_SHARE_ANY, p->radius, 0);
    p->kinks = c->enclosure.kinks;
    if (status != GP_OK)
        return status;
    if (p->verdict == GP_PROVEN) {
        p->reach = p->radius;
    } else {
        p->fails = p->radius;
        status = find_reach(c);
        if (status == GP_OK) /* what is shown is what there is around x */
            status = enclose(c, GP_SHARE_ANY, p->radius, 0);
    }
    /* where x itself is right, nothing around it makes it wrong there */
    for (size_t i = 0; i < p->n && status == GP_OK; i++)
        p->entry[i].verdict = p->entry[i].verdict == GP_DISPROVEN ? GP_OPEN : p->entry[i].verdict;
    gp_judge_sum_up(p);
    describe_reach(p);
    return status;
}

static gp_status follow(gp_course *c) {
    gp_status status = raise_precision(c);
    if (status == GP_OK && c->enclosure.kinks.exact > 0)
        status = prove_at_kinks(c);
    c->proof->kinks = c->enclosure.kinks;
    if (status == GP_OK && c->proof->verdict == GP_DISPROVEN) {
        status = forgive_near_kinks(c);
        if (c->enclosure.kinks.near > 0)
            c->proof->kinks = c->enclosure.kinks;
    }
    if (status == GP_OK && c->proof->radius > 0 && c->proof->verdict == GP_PROVEN)
        status = prove_around(c);
    return status;
}

gp_status gp_prove_by(gp_encloser encloser, void *self, size_t blocks, const gp_proof_block *block,
                      const double *g, const gp_proof_options *options, gp_proof **proof,
                      gp_error *error) {
    if (!block || !g || !proof)
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: NULL argument");
    gp_proof *p = calloc(1, sizeof *p);
    gp_course c = {.encloser = encloser, .self = self, .proof = p, .error = error};
    if (!p)
        return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
    gp_status status = add_blocks(p, blocks, block, error);
    if (status == GP_OK)
        status = take_options(&c, options);
    if (status == GP_OK && take_gradient(p, g)) {
        c.enclosure.derivative = _arb_vec_init((slong)p->n);
        arb_init(c.enclosure.value);
        status = follow(&c);
        _arb_vec_clear(c.enclosure.derivative, (slong)p->n);
        arb_clear(c.enclosure.value);
    } else if (status == GP_OK) {
        p->low = -INFINITY;
        p->high = INFINITY;
        gp_judge_sum_up(p);
    }
    if (status == GP_OK)
        *proof = p;
    else
        gp_proof_destroy(p);
    return status;
}

/* ---- formulas ---------------------------------------------------------------------------- */

typedef struct gp_writing {
    gp_formula formula;
    void *user;
    size_t n;
    const double *x;
    gp_ball *variable; /* n */
} gp_writing;

/* The formula on a tape of this precision, differentiated. */
static gp_status write_down(gp_writing *w, gp_tape *tape, double radius, gp_enclosure *e,
                            gp_error *error) {
    gp_ball value = 0;
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < w->n; i++) {
        gp_ball_around(x, w->x[i], radius, tape->precision);
        w->variable[i] = gp_tape_variable(tape, x);
    }
    arb_clear(x);
    int said = tape->status == GP_OK ? w->formula(w->user, tape, w->n, w->variable, &value) : 0;
    if (said == GP_NO_MEMORY)
        return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
    if (said == 0) {
        gp_status status = gp_tape_reverse(tape, value);
        if (status != GP_OK)
            return gp_fail(error, status, "prove: %s",
                           status == GP_ERROR_MEMORY
                               ? "out of memory"
                               : "the formula applies an operation that there is not, or to a "
                                 "number that isn't on its tape");
        arb_set(e->value, tape->ball + value);
        for (size_t i = 0; i < w->n; i++)
            arb_set(e->derivative + i, tape->adjoint + w->variable[i]);
        return GP_OK;
    }
    if (said != GP_UNDECIDED)
        gp_kinks_note(&e->kinks, &e->kinks.edges, "the formula isn't defined here");
    else if (e->kinks.undecided == 0)
        gp_kinks_note(&e->kinks, &e->kinks.undecided, "the formula couldn't be decided");
    arb_indeterminate(e->value);
    for (size_t i = 0; i < w->n; i++)
        arb_indeterminate(e->derivative + i);
    return GP_OK;
}

static gp_status enclose_formula(void *self, const gp_enclosing *how, gp_enclosure *e,
                                 gp_error *error) {
    gp_tape tape;
    gp_tape_open(&tape, how->precision, how->share, &e->kinks);
    gp_status status = write_down(self, &tape, how->radius, e, error);
    gp_tape_close(&tape);
    return status;
}

gp_status gp_prove(gp_formula formula, void *user, size_t blocks, const gp_proof_block *block,
                   const double *x, const double *g, const gp_proof_options *options,
                   gp_proof **proof, gp_error *error) {
    gp_writing w = {.formula = formula, .user = user, .x = x};
    if (!formula || !x || (blocks > 0 && !block))
        return gp_fail(error, GP_ERROR_ARGUMENT, "prove: NULL argument");
    for (size_t k = 0; k < blocks; k++) /* what doesn't fit is refused by gp_prove_by */
        w.n += block[k].dimensions <= GP_PROOF_DIMENSIONS
                   ? gp_volume(block[k].dimensions, block[k].shape)
                   : 0;
    for (size_t i = 0; i < w.n; i++)
        if (!isfinite(x[i]))
            return gp_fail(error, GP_ERROR_INPUT, "prove: number %zu of x isn't finite", i);
    w.variable = malloc((w.n ? w.n : 1) * sizeof *w.variable);
    if (!w.variable)
        return gp_fail(error, GP_ERROR_MEMORY, "prove: out of memory");
    gp_status status = gp_prove_by(enclose_formula, &w, blocks, block, g, options, proof, error);
    free(w.variable);
    return status;
}

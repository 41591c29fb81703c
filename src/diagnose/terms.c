/* A term that the gradient has and the value lacks, or the other way round: a - d = lambda s(x), of
 * weight decay s(x) = x. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>

#include "diagnose/constants.h"
#include "diagnose/fits.h"

static double sign_of(double x) {
    return (x > 0) - (x < 0);
}

static double one(double x) {
    (void)x;
    return 1;
}

/* The terms that people add; the messages take |lambda| and where there is none of it. */
typedef struct gp_term {
    double (*s)(double x);
    int exempts; /* a slice may be without, as an intercept is of decay */
    const char *kind, *stray, *lacking;
} gp_term;

static const gp_term TERMS[] = {
    {gp_term_of_decay, 1, "decay",
     "%s has a stray %.6g times the parameters%s: weight decay that the value lacks",
     "%s lacks %.6g times the parameters%s: weight decay that the value has"},
    {one, 0, "offset", "%s has a stray %.6g added to every entry%s",
     "%s lacks %.6g in every entry%s"},
    {sign_of, 0, "decay",
     "%s has a stray %.6g times the signs of the parameters%s: an L1 penalty that the value lacks",
     "%s lacks %.6g times the signs of the parameters%s: an L1 penalty that the value has"},
};

static int is_exempt(const gp_slice *exempt, size_t i) {
    return exempt && gp_slice_holds(exempt, i);
}

/* lambda s(x) in all entries but those of a slice. `but` says which. */
static int term_but_for(const gp_case *c, const gp_term *term, const gp_slice *exempt,
                        const char *but) {
    double lambda;
    size_t telling = 0;
    if (gp_best_term(c, term->s, exempt, &lambda))
        return 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        int without = is_exempt(exempt, i);
        double m = c->d[i] + (without ? 0 : lambda * term->s(c->x[i]));
        if (!gp_case_known(c, i))
            continue;
        if (!gp_case_explains(c, i, m, c->b[i]))
            return 0;
        telling += !without && gp_case_differs(c, i, m, c->b[i], c->d[i]);
    }
    /* Two unrelated errors are some multiple of x by chance; decay is common enough to ask for less
     * where there are three. */
    gp_fit_of of = {.kappa = lambda, .term = term->s, .exempt = exempt};
    int plain = term->exempts && telling > 2;
    if (gp_fit_chance(c, gp_slice_whole(c), &of) > (plain ? CHANCE_OF_PLAIN_TERM : CHANCE_OF_TERM))
        return 0;
    return gp_named(gp_report_add_diagnosis(c->report, c->number, term->kind, lambda,
                                            lambda > 0 ? term->stray : term->lacking,
                                            c->block->name, fabs(lambda), but));
}

/* But for the first or the last index along an axis. */
static int term_but_for_ends(const gp_case *c, const gp_term *term, size_t axis) {
    int flat = axis == gp_case_axes(c), named = 0;
    for (int last = 1; last >= 0 && named == 0; last--) {
        gp_slice s = flat ? gp_slice_flat(c) : gp_slice_along(c, axis);
        char but[80];
        if (s.length < 2)
            continue;
        s.from = last ? s.length - 1 : 0;
        s.width = 1;
        if (flat)
            snprintf(but, sizeof but, ", but not in its %s entry", last ? "last" : "first");
        else
            snprintf(but, sizeof but, ", but not in number %zu along axis %zu", s.from, axis);
        named = term_but_for(c, term, &s, but);
    }
    return named;
}

int gp_cause_term(const gp_case *c) {
    int named = 0;
    for (size_t k = 0; k < sizeof TERMS / sizeof *TERMS && named == 0; k++) {
        named = term_but_for(c, &TERMS[k], NULL, "");
        for (size_t axis = gp_case_axes(c) + 1;
             named == 0 && TERMS[k].exempts && axis-- > 0 && !c->sampled;)
            named = term_but_for_ends(c, &TERMS[k], axis);
    }
    return named;
}

/* a - d = lambda x: weight decay that the value lacks, or that the gradient lacks. */
#include "diagnose/models.h"

#include <math.h>
#include <stdio.h>

#include "diagnose/constants.h"
#include "diagnose/fits.h"

/* a - d = lambda x: weight decay that is there and shouldn't be, or the other way round; but for a
 * slice that has none, such as an intercept. */
static int decay_but_for(const gp_case *c, const gp_slice *exempt, const char *but) {
    double lambda, chance = 1, sharpest = 1;
    size_t telling = 0;
    if (gp_best_decay(c, exempt, &lambda))
        return 0;
    for (size_t i = 0; i < c->block->entries; i++) {
        int decays = !exempt || !gp_slice_holds(exempt, i);
        double m = c->d[i] + (decays ? lambda * c->x[i] : 0);
        if (!gp_case_known(c, i))
            continue;
        if (!gp_case_explains(c, i, m, c->b[i]))
            return 0;
        if (!decays || !gp_case_differs(c, i, m, c->b[i], c->d[i]))
            continue;
        telling++;
        double hit =
            fmax(2 * gp_case_allowance(c, i, m, c->b[i]) / fabs(m - c->d[i]), LEAST_CHANCE);
        chance *= hit;
        sharpest = fmin(sharpest, hit);
    }
    /* Two unrelated errors are some multiple of x by chance: one of them within what the other
     * leaves open. */
    if (telling < 2 || (telling == 2 && chance / sharpest > CHANCE_OF_DECAY))
        return 0;
    return gp_named(gp_report_add_diagnosis(
        c->report, c->number, "decay", lambda,
        lambda > 0 ? "%s has a stray %.6g times the parameters%s: weight decay that the value lacks"
                   : "%s lacks %.6g times the parameters%s: weight decay that the value has",
        c->block->name, fabs(lambda), but));
}

int gp_cause_decay(const gp_case *c) {
    int named = decay_but_for(c, NULL, "");
    for (size_t axis = gp_case_axes(c) + 1; named == 0 && axis-- > 0 && !c->sampled;)
        for (int last = 1; last >= 0 && named == 0; last--) {
            gp_slice s = axis == gp_case_axes(c) ? gp_slice_flat(c) : gp_slice_along(c, axis);
            char but[80];
            if (s.length < 2)
                continue;
            s.from = last ? s.length - 1 : 0;
            s.width = 1;
            if (axis == gp_case_axes(c))
                snprintf(but, sizeof but, ", but not in its %s entry", last ? "last" : "first");
            else
                snprintf(but, sizeof but, ", but not in number %zu along axis %zu", s.from, axis);
            named = decay_but_for(c, &s, but);
        }
    return named;
}

/* See options.h. */
#include "check/options.h"

#include <math.h>
#include <string.h>

#include "evaluate/executor.h"
#include "function/claims.h"

static const size_t DEFAULT_POINTS = 16, DEFAULT_SAMPLE = 100;

void gp_options_init(gp_options *options) {
    if (options)
        memset(options, 0, sizeof *options);
}

/* Of a check of means: what it can't be put together with, and what isn't given. */
static gp_status complete_stochastic(const gp_function *f, gp_options *o, gp_error *error) {
    static const double DEFAULT_ACCEPT = 0.05;
    static const uint64_t LEAST = 64;
    if (!(o->accept >= 0 && o->accept < 1) || (o->accept > 0 && !o->stochastic))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: accept must be in [0, 1), and 0 without stochastic");
    if (!o->stochastic)
        return GP_OK;
    if (o->stochastic < LEAST || o->stochastic > SIZE_MAX / 4)
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: stochastic takes at least %llu draws, not %llu",
                       (unsigned long long)LEAST, (unsigned long long)o->stochastic);
    for (int k = 0; k < GP_CLAIMS; k++)
        if (gp_function_claims(f, (gp_claim)k))
            return gp_fail(error, GP_ERROR_UNSUPPORTED,
                           "options: stochastic is for gradients, not for derivatives of maps or "
                           "of gradients");
    if (o->journal || o->team || f->team || o->self_test || o->strict || o->notebook_epsilon > 0 ||
        o->strategy == GP_PROJECT || o->strategy == GP_SAMPLE)
        return gp_fail(error, GP_ERROR_UNSUPPORTED,
                       "options: stochastic goes without a journal, a team, a self-test, strict, "
                       "the notebook's difference and a strategy");
    o->strategy = GP_FULL;
    o->jobs = 0;
    if (o->accept == 0)
        o->accept = DEFAULT_ACCEPT;
    return GP_OK;
}

gp_status gp_options_complete(const gp_function *f, const gp_options *given, gp_options *o,
                              gp_error *error) {
    gp_options_init(o);
    if (given)
        *o = *given;
    for (size_t k = 0; k < sizeof o->reserved / sizeof *o->reserved; k++)
        if (o->reserved[k])
            return gp_fail(error, GP_ERROR_UNSUPPORTED,
                           "options: one that this version doesn't know: set them all to 0 first "
                           "(gp_options_init)");
    if (!(o->rtol >= 0 && o->rtol < 1) || !(o->atol >= 0 || o->atol == GP_NONE) || isinf(o->atol))
        return gp_fail(
            error, GP_ERROR_ARGUMENT,
            "options: rtol must be in [0, 1) and atol positive and finite, 0 or GP_NONE, "
            "not %g and %g",
            o->rtol, o->atol);
    if (!(o->confidence >= 0 && o->confidence < 1) || !(o->notebook_epsilon >= 0) ||
        isinf(o->notebook_epsilon))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: confidence must be in [0, 1) and notebook_epsilon not negative");
    if (o->strategy < GP_AUTO || o->strategy > GP_SAMPLE)
        return gp_fail(error, GP_ERROR_ARGUMENT, "options: there is no strategy %d",
                       (int)o->strategy);
    if (o->team && !gp_team_is_sound(o->team))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: the team needs a gather and a rank below its number of ranks, not "
                       "rank %d of %d",
                       o->team->rank, o->team->ranks);
    if (o->jobs > GP_MAX_JOBS)
        return gp_fail(error, GP_ERROR_ARGUMENT, "options: at most %d jobs, not %u", GP_MAX_JOBS,
                       o->jobs);
    gp_status status = complete_stochastic(f, o, error);
    if (status != GP_OK)
        return status;
    if (o->rtol == 0)
        o->rtol = f->dtype == GP_FLOAT64 ? 1e-5 : 1e-3;
    if (o->points == 0)
        o->points = DEFAULT_POINTS;
    if (o->sample == 0)
        o->sample = DEFAULT_SAMPLE;
    if (o->confidence == 0)
        o->confidence = o->stochastic ? 1e-3 : 1e-9;
    if (o->timeout < 0 || isnan(o->timeout) || o->budget_seconds < 0 || isnan(o->budget_seconds))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: timeout and budget_seconds must not be negative");
    if (f->team && o->strategy == GP_AUTO)
        o->strategy = GP_PROJECT;
    if (f->team && (o->strategy != GP_PROJECT || o->journal || o->self_test || o->team))
        return gp_fail(error, GP_ERROR_ARGUMENT,
                       "options: a function that is spread over ranks is checked by random "
                       "directions, without a journal, and without a team but its own");
    if (o->self_test && o->strategy == GP_PROJECT)
        return gp_fail(
            error, GP_ERROR_ARGUMENT,
            "options: a self-test needs estimates of single entries: ask for the strategy "
            "full or sample");
    return GP_OK;
}

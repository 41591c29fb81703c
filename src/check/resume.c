/* See resume.h. */
#include "check/resume.h"

#include <string.h>

#include "system/checksum.h"

/* What a journal must have been made for. */
static uint64_t fingerprint(const gp_check_state *c) {
    const gp_function *f = c->function;
    const gp_options *o = &c->options;
    const double numbers[] = {o->rtol, o->atol, o->confidence, o->notebook_epsilon,
                              c->report->value};
    const uint64_t whole[] = {f->dtype,
                              f->n,
                              f->blocks,
                              f->batches,
                              f->examples,
                              f->parts,
                              o->points,
                              o->strategy,
                              o->sample,
                              o->seed,
                              (uint64_t)o->self_test,
                              (uint64_t)(o->no_descent != 0),
                              (uint64_t)(o->strict != 0),
                              o->team ? (uint64_t)o->team->ranks : 1};
    uint64_t sum = gp_sum_bytes(GP_SUM_START, GP_VERSION, sizeof GP_VERSION);
    sum = gp_sum_bytes(sum, f->name, strlen(f->name));
    sum = gp_sum_bytes(sum, numbers, sizeof numbers);
    sum = gp_sum_bytes(sum, whole, sizeof whole);
    sum = gp_sum_bytes(sum, f->x, f->n * sizeof *f->x);
    if (c->gradient && c->scalars)
        sum = gp_sum_bytes(sum, c->gradient, f->n * sizeof *c->gradient);
    for (size_t b = 0; b < f->blocks; b++) {
        sum = gp_sum_bytes(sum, f->block[b].name, strlen(f->block[b].name));
        sum = gp_sum_bytes(sum, f->block[b].shape, f->block[b].dimensions * sizeof(size_t));
    }
    return sum;
}

/* Once value and gradient at the given point are known. */
gp_outcome gp_open_journal(gp_check_run *run) {
    gp_check_state *c = &run->state;
    const gp_options *o = &c->options;
    char path[4096];
    if (!o->journal)
        return GP_EVALUATED;
    int length = o->team && o->team->ranks > 1
                     ? snprintf(path, sizeof path, "%s.%d", o->journal, o->team->rank)
                     : snprintf(path, sizeof path, "%s", o->journal);
    if (length >= (int)sizeof path) {
        run->journal_status =
            gp_fail(&run->journal_error, GP_ERROR_INPUT, "the journal's path is too long");
    } else {
        run->journal_status =
            gp_journal_open(path, fingerprint(c), &c->executor.journal, &run->journal_error);
    }
    return run->journal_status == GP_OK
               ? GP_EVALUATED
               : gp_evaluator_fault(c->evaluator, "journal", "%s", run->journal_error.message);
}

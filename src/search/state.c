/* See state.h. */
#include "search/state.h"

#include <math.h>
#include <string.h>

void gp_check_move(gp_check_state *c, const double *x) {
    gp_evaluator_set_point(c->evaluator, x);
    x = c->evaluator->point; /* as rounded */
    gp_probe_sizes(c->function, x, c->typical);
    (void)gp_evaluator_sum(c->evaluator, c->typical, c->function->blocks);
    gp_probe_typical_of_sizes(c->function, c->typical);
    for (size_t b = 0; b < c->function->blocks; b++)
        c->pilot[b] = 1;
    for (size_t i = 0; i < c->function->n && !c->lean; i++)
        c->length[i] = gp_probe_length(c->function, x, c->typical, i);
}

double gp_check_gradient(const gp_check_state *c, size_t entry) {
    double number = gp_function_owns(c->function, entry) ? c->gradient[entry] : 0;
    (void)gp_evaluator_sum(c->evaluator, &number, 1); /* a fault stays with it */
    return number;
}

double gp_check_length(const gp_check_state *c, size_t entry) {
    if (c->length)
        return c->length[entry];
    if (!c->function->team)
        return gp_probe_length(c->function, c->evaluator->point, c->typical, entry);
    double number = gp_evaluator_number(c->evaluator, entry);
    return number != 0 ? fabs(number) : c->typical[gp_function_block_number(c->function, entry)];
}

gp_outcome gp_check_return(gp_check_state *c) {
    gp_check_move(c, c->function->x);
    c->examples = c->part = 0;
    gp_outcome outcome = gp_evaluator_set_batch(c->evaluator, 0);
    if (outcome == GP_EVALUATED)
        outcome = gp_evaluator_select_examples(c->evaluator, 0, c->function->examples);
    return outcome == GP_EVALUATED ? gp_evaluator_select_part(c->evaluator, 0) : outcome;
}

gp_outcome gp_check_execute(gp_check_state *c, const gp_work *work) {
    gp_outcome outcome = gp_execute(&c->executor, c->evaluator, work);
    int tell = outcome == GP_EVALUATED || strcmp(c->evaluator->fault.kind, "interrupted") == 0;
    for (size_t k = 0; k < c->executor.lost.count && tell; k++)
        if (gp_report_add_loss(c->report, c->executor.lost.task[k].message) != GP_OK)
            outcome = gp_evaluator_no_memory(c->evaluator);
    return outcome;
}

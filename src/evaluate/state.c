/* See state.h. */
#include "evaluate/state.h"

#include "system/clock.h"

int gp_evaluator_is_spent(gp_evaluator *e, uint64_t evaluations) {
    gp_budget *b = &e->budget;
    b->spent |= (b->allowance > 0 && evaluations >= b->allowance) ||
                (b->deadline > 0 && gp_seconds_now() > b->deadline);
    return b->spent;
}

int gp_evaluator_is_stopped(gp_evaluator *e) {
    if (e->budget.unstoppable)
        return 0;
    return (e->progress && gp_told(e->progress->stop)) ||
           gp_evaluator_is_spent(e, e->values + e->gradients);
}

gp_outcome gp_evaluator_stop(gp_evaluator *e) {
    return gp_evaluator_fault(e, "interrupted", "the check was interrupted");
}

double gp_evaluator_grace(const gp_evaluator *e) {
    return gp_grace(e->budget.deadline - e->budget.made);
}

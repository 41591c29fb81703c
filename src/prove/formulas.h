/* The network's units and losses as formulas on a tape: values alone, of real numbers, as
 * gradproof/network.h defines them. Derivatives come from the tape. */
#ifndef GP_FORMULAS_H
#define GP_FORMULAS_H

#include "prove/tape.h"

/* A unit that bends at 0, with a slope of `leak` left of it; or a smooth one with its formula; or,
 * with neither, the number itself. */
typedef struct gp_unit_formula {
    const char *name;
    int bends;
    double leak;
    gp_ball (*smooth)(gp_tape *tape, gp_ball z);
} gp_unit_formula;

/* NULL beyond the last. */
const gp_unit_formula *gp_unit_formula_of(gp_activation unit);
int gp_loss_has_formula(gp_loss loss);

/* The loss of one example from its logits; labels: one, the class, for softmax, else `outputs`. */
gp_ball gp_loss_formula(gp_tape *tape, const gp_network_options *options, size_t outputs,
                        const gp_ball *logits, const double *labels);

#endif

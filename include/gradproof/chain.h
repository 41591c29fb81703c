/* Functions that are chains of stages, checked as a whole and stage by stage: link with
 * libgradproof. */
#ifndef GRADPROOF_CHAIN_H
#define GRADPROOF_CHAIN_H

#include <gradproof.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function that is a chain: each stage makes its output of its input and of parameters of its
 * own, the first of given data, and the last has one output, the value. Backpropagation is then the
 * stages' vector-Jacobian products, one after the other from the last to the first.
 *
 * The chain is checked as a whole, where a probe runs only the stages from the one it moves on; and
 * every stage by itself, its vector-Jacobian product against differences of the stage alone, so
 * that a mistake is placed in its stage however many gradients it spoils downstream. */
typedef struct gp_chain gp_chain;

/* out (outputs) := the stage at theta (parameters) and in (inputs). Return 0, or anything else for
 * "not here". */
typedef int (*gp_stage_f64)(void *user, size_t parameters, const double *theta, size_t inputs,
                            const double *in, size_t outputs, double *out);
/* g_theta (parameters) := (dout/dtheta)' u and g_in (inputs) := (dout/din)' u, at theta and in, for
 * u (outputs). g_in is NULL for the first stage, whose input are data. */
typedef int (*gp_stage_vjp_f64)(void *user, size_t parameters, const double *theta, size_t inputs,
                                const double *in, size_t outputs, const double *u, double *g_theta,
                                double *g_in);

/* A chain without stages; `data` (inputs) is what the first one gets (copied). Release it with
 * gp_chain_destroy. */
GP_API gp_status gp_chain_create(const char *name, size_t inputs, const double *data,
                                 gp_chain **chain);
GP_API void gp_chain_destroy(gp_chain *chain);
/* Adds a stage behind the others, and a block of parameters to the stage added last. Names are
 * unique in the chain; a stage may have no parameters. */
GP_API gp_status gp_chain_add_stage(gp_chain *chain, const char *name, size_t outputs, void *user,
                                    gp_stage_f64 forward, gp_stage_vjp_f64 vjp);
GP_API gp_status gp_chain_add_block(gp_chain *chain, const char *name, size_t dimensions,
                                    const size_t *shape, const double *values);

/* The chain as a function, with its blocks by stage. The function borrows the chain. */
GP_API gp_status gp_chain_function(gp_chain *chain, gp_function **function, gp_error *error);

/* Checks the chain. *report is that of the whole, with a line of practice on the stages; its
 * verdict is refuted too where only a stage's is. Stage reports belong to the chain, until its next
 * check. */
GP_API gp_status gp_chain_check(gp_chain *chain, const gp_options *options, gp_report **report,
                                gp_error *error);
/* The report on stage `stage` (from 0, in the order they were added) alone: blocks are its
 * parameters, and "NAME input" for its input. NULL beyond the last, before a check, and for a first
 * stage without parameters. */
GP_API const gp_report *gp_chain_stage_report(const gp_chain *chain, size_t stage);

#ifdef __cplusplus
}
#endif

#endif

/* Inside of gp_proof, and how one comes about: an encloser gives intervals at a precision, what
 * they prove is judged entry by entry, and precision is raised until all is decided. */
#ifndef GP_PROOF_H
#define GP_PROOF_H

#include "gradproof/prove.h"
#include "prove/kinks.h"

enum { GP_PROOF_DIMENSIONS = 8 };

typedef struct gp_proof_shape {
    char *name;
    size_t dimensions, shape[GP_PROOF_DIMENSIONS];
    gp_proof_block_result result;
} gp_proof_shape;

struct gp_proof {
    size_t n, blocks;
    gp_proof_shape *block;
    gp_proof_entry *entry; /* n */
    double *scratch;       /* n */
    gp_proof_verdict verdict;
    double low, high; /* the value */
    double rtol, atol;
    double radius, reach, fails; /* of the neighbourhood; it isn't all proven within `fails` */
    int settled;                 /* the blocks' tolerances are chosen */
    gp_dtype dtype;
    slong precision;
    gp_kinks kinks;
    char within[200]; /* what the neighbourhood came to; "" */
    char note[200];   /* what was proven against at exact kinks, or that g isn't finite; "" */
};

/* What an encloser is asked for. */
typedef struct gp_enclosing {
    slong precision;
    gp_share share; /* at exact kinks */
    double radius;  /* of x, relative */
    int near;       /* not 0: the ball [0, 1] of shares also where floating-point arithmetic can't
                       tell the side, with kinks.near how often */
} gp_enclosing;

typedef struct gp_enclosure {
    arb_ptr derivative; /* n */
    arb_t value;
    gp_kinks kinks;
} gp_enclosure;

/* Fills in an enclosure, for all x within the radius. Rigorous: where no share is [0, 1] by `near`
 * or GP_SHARE_ANY, and there are no ties, derivative[i] contains the derivative (with the shares
 * asked for at exact kinks). */
typedef gp_status (*gp_encloser)(void *self, const gp_enclosing *how, gp_enclosure *enclosure,
                                 gp_error *error);

/* The course of a proof: see gp_prove. */
gp_status gp_prove_by(gp_encloser encloser, void *self, size_t blocks, const gp_proof_block *block,
                      const double *g, const gp_proof_options *options, gp_proof **proof,
                      gp_error *error);

/* ---- judge.c ---------------------------------------------------------------------------- */

/* Fills in p's entries, blocks and verdict from an enclosure; `certain` 0: one of ties, whose
 * intervals prove nothing. */
void gp_judge_enclosure(gp_proof *p, const gp_enclosure *enclosure, int certain);
/* Blocks and verdict anew, from the entries. */
void gp_judge_sum_up(gp_proof *p);
/* Are all decided, and are the intervals as narrow as they need be to show how good g is? */
int gp_judge_is_sharp(const gp_proof *p, const gp_enclosure *enclosure);

#endif

/* Deciding about one number: estimate along its line until a verdict holds. */
#ifndef GP_DECIDE_H
#define GP_DECIDE_H

#include "judge/refine.h"

/* Refines a ladder until a can be judged, and confirms a refutation. `readable`: a is what the
 * callback meant, rather than poison or an accident. */
gp_outcome gp_judge_line(gp_ladder *ladder, gp_line *line, gp_noise noise,
                         const gp_tolerance *tolerance, double a, int readable, gp_entry *result);

/* The same questions of a slope along any line, random directions included: is a refuted by the
 * ladder, which began at first steps times `shift`, and still when that has been confirmed? Bounds
 * need be no sharper than `enough`. *estimate is what is known then. */
gp_outcome gp_contest_line(gp_ladder *ladder, gp_line *line, double shift, gp_noise noise,
                           const gp_tolerance *tolerance, double enough, double a,
                           gp_estimate *estimate, int *refuted);

/* Two first looks, at the usual steps and at those times GP_SECOND_SHIFT, have refuted a beyond any
 * noise. *stays: so do a look from afar and the values nearest to x. */
gp_outcome gp_stays_refuted(gp_line *line, const gp_ladder looks[2], const gp_estimate seen[2],
                            gp_noise noise, const gp_tolerance *tolerance, double a,
                            unsigned *evaluations, int *stays);

#endif

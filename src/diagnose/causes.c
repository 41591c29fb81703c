/* See causes.h. */
#include "diagnose/causes.h"

#include "diagnose/models.h"

/* What adds looks unwritten where it adds nothing: accumulated goes first. */
static const struct {
    int (*name)(const gp_case *);
    unsigned stages; /* in which it is tried */
} MODELS[] = {{gp_cause_accumulated, GP_CAUSES_PLAIN},
              {gp_cause_unwritten, GP_CAUSES_PLAIN},
              {gp_cause_nonfinite, GP_CAUSES_PLAIN},
              {gp_cause_stale, GP_CAUSES_PLAIN},
              {gp_cause_zero, GP_CAUSES_PLAIN},
              {gp_cause_stored_surely, GP_CAUSES_PLAIN},
              {gp_cause_suspected, GP_CAUSES_PLAIN},
              {gp_cause_straight_through, GP_CAUSES_PLAIN},
              {gp_cause_scaled, GP_CAUSES_FACTOR},
              {gp_cause_sample, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_transposed, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_rearranged, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_swapped, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_exchanged, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_broadcast, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_term, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_absolute, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_part, GP_CAUSES_NUMBERS | GP_CAUSES_PLACES},
              {gp_cause_stored, GP_CAUSES_PLACES},
              {gp_cause_lines, GP_CAUSES_PLACES},
              {gp_cause_line_factors, GP_CAUSES_PLACES},
              {gp_cause_boxes, GP_CAUSES_PLACES},
              {gp_cause_entries, GP_CAUSES_PLACES},
              {gp_cause_mostly, GP_CAUSES_MOST},
              {gp_cause_transposed, GP_CAUSES_MOST},
              {gp_cause_rearranged, GP_CAUSES_MOST},
              {gp_cause_swapped, GP_CAUSES_MOST}};

int gp_name_cause(const gp_case *c, unsigned stage) {
    int named = 0;
    for (size_t m = 0; !named && m < sizeof MODELS / sizeof *MODELS; m++)
        if (MODELS[m].stages & stage)
            named = MODELS[m].name(c);
    return named;
}

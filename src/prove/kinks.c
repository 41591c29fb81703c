/* See kinks.h. */
#include "prove/kinks.h"

#include <stdarg.h>
#include <stdio.h>

void gp_kinks_note(gp_kinks *kinks, size_t *count, const char *format, ...) {
    enum { LINES = sizeof kinks->line / sizeof *kinks->line };
    va_list arguments;
    (*count)++;
    if (kinks->lines == LINES)
        return;
    va_start(arguments, format);
    vsnprintf(kinks->line[kinks->lines++], sizeof *kinks->line, format, arguments);
    va_end(arguments);
}

gp_side gp_side_of(const arb_t number) {
    return arb_is_positive(number)   ? GP_SIDE_RIGHT
           : arb_is_negative(number) ? GP_SIDE_LEFT
           : arb_is_zero(number)     ? GP_SIDE_EXACT
                                     : GP_SIDE_UNDECIDED;
}

void gp_share_of(arb_t s, gp_side side, gp_share at_kink) {
    if (side == GP_SIDE_UNDECIDED || (side == GP_SIDE_EXACT && at_kink == GP_SHARE_ANY))
        gp_ball_unit_interval(s);
    else if (side == GP_SIDE_EXACT)
        arb_set_d(s, at_kink == GP_SHARE_MIDDLE ? 0.5 : at_kink == GP_SHARE_RIGHT);
    else
        arb_set_si(s, side == GP_SIDE_RIGHT);
}

/* What gp_progress.call counts: the user's callbacks, in words. Inline: the program, which sees the
 * library's public functions alone, names them too. */
#ifndef GP_CALLS_H
#define GP_CALLS_H

typedef enum gp_call_kind {
    GP_CALL_NONE,
    GP_CALL_VALUE,
    GP_CALL_GRADIENT,
    GP_CALL_SEED,
    GP_CALL_CHOICE, /* batch, examples, part */
    GP_CALL_MAP,
    GP_CALL_CLAIM, /* a derivative of a map's or of the gradient's */
    GP_CALL_SILENCE,
    GP_CALLS /* how many */
} gp_call_kind;

static inline const char *gp_call_name(int call) {
    static const char *const NAMES[GP_CALLS] = {
        "no callback",
        "the value callback",
        "the gradient callback",
        "the seed callback",
        "the callback that selects a batch, examples or a part",
        "the map callback",
        "the callback of a derivative (Jacobian, VJP, JVP, Hessian or HVP)",
        "the silence callback"};
    return NAMES[call > 0 && call < GP_CALLS ? call : GP_CALL_NONE];
}

/* Seconds that a call may go on after a budget (in seconds) is spent before it counts as one that
 * hangs: a check takes many calls, so one that takes a tenth of its budget leaves none. */
static inline double gp_grace(double budget) {
    return 1 + 0.1 * budget;
}

#endif

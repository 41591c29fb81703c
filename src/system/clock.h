/* Seconds on a clock that never goes back. Inline: the program, which sees the library's public
 * functions alone, measures by it too. */
#ifndef GP_CLOCK_H
#define GP_CLOCK_H

#include <time.h>

static inline double gp_seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif

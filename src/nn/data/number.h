/* Reading numbers quickly: most have few digits, and those need no strtod to be exact. */
#ifndef GP_NUMBER_H
#define GP_NUMBER_H

#include <stdint.h>

#include "system/plain.h"

/* As gp_plain_number: a mantissa below 2^53 and a power of ten up to 22 are exact in a double, and
 * so is one product or quotient of them, rounded once (Clinger 1990). What is more goes to it. */
static inline double gp_read_number(const char *text, char **end) {
    static const double POWER[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *at = text;
    uint64_t mantissa = 0;
    int digits = 0, behind = 0, negative = *at == '-';
    at += negative;
    for (; *at >= '0' && *at <= '9'; at++, digits++)
        mantissa = 10 * mantissa + (uint64_t)(*at - '0');
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++, digits++, behind++)
            mantissa = 10 * mantissa + (uint64_t)(*at - '0');
    if (digits == 0 || digits > 15 || *at) /* exponents, spaces, words: not here */
        return gp_plain_number(text, end);
    *end = (char *)text + (at - text);
    double value = (double)mantissa / POWER[behind];
    return negative ? -value : value;
}

#endif

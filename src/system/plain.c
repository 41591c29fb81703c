/* See plain.h. */
#include "system/plain.h"

#include <stdio.h>
#include <stdlib.h>

gp_plain gp_plain_begin(void) {
    gp_plain p = {.plain = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (p.plain)
        p.before = uselocale(p.plain);
    return p;
}

void gp_plain_end(gp_plain p) {
    if (p.plain) {
        (void)uselocale(p.before);
        freelocale(p.plain);
    }
}

void gp_plain_format(char *text, size_t size, const char *format, va_list arguments) {
    gp_plain p = gp_plain_begin();
    vsnprintf(text, size, format, arguments);
    gp_plain_end(p);
}

double gp_plain_number(const char *text, char **end) {
    gp_plain p = gp_plain_begin();
    double number = strtod(text, end);
    gp_plain_end(p);
    return number;
}

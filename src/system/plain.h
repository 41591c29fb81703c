/* Numbers as text, with a decimal point whatever the locale of the program: its thread is in the C
 * locale for the time of a call. */
#ifndef GP_PLAIN_H
#define GP_PLAIN_H

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>

/* Makes numbers plain in this thread until gp_plain_end; they stay as they are where memory has run
 * out. */
typedef struct gp_plain {
    locale_t plain, before;
} gp_plain;
gp_plain gp_plain_begin(void);
void gp_plain_end(gp_plain plain);

/* As vsnprintf and strtod. */
void gp_plain_format(char *text, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
double gp_plain_number(const char *text, char **end);

#endif

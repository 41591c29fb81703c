/* What every test includes. */
#ifndef GP_TESTING_H
#define GP_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "gradproof.h"

/* |a - b| <= tolerance, with the numbers in the message if not. */
#define assert_near(a, b, tolerance)                                                               \
    do {                                                                                           \
        double near_a = (a), near_b = (b), near_t = (tolerance);                                   \
        if (!(fabs(near_a - near_b) <= near_t))                                                    \
            fail_msg("%s = %.17g, %s = %.17g: apart by %.3g, allowed %.3g", #a, near_a, #b,        \
                     near_b, fabs(near_a - near_b), near_t);                                       \
    } while (0)

/* A scalar function of n variables given by its value and, entry by entry, its gradient. */
typedef double (*testing_value)(size_t n, const double *x);
typedef void (*testing_gradient)(size_t n, const double *x, double *g);

typedef struct testing_pair {
    testing_value value;
    testing_gradient gradient;
} testing_pair;

static inline int testing_call_value(void *user, size_t n, const double *x, double *v) {
    *v = ((testing_pair *)user)->value(n, x);
    return 0;
}

static inline int testing_call_gradient(void *user, size_t n, const double *x, double *g) {
    ((testing_pair *)user)->gradient(n, x, g);
    return 0;
}

/* One block "x" of n entries. */
static inline gp_function *testing_function(testing_pair *pair, size_t n, const double *x) {
    gp_function *f;
    assert_int_equal(gp_function_create("test", GP_FLOAT64, pair, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, testing_call_value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, testing_call_gradient), GP_OK);
    return f;
}

static inline gp_report *testing_check(gp_function *f, const gp_options *options) {
    gp_report *report = NULL;
    gp_error error = {""};
    if (gp_check(f, options, &report, &error) != GP_OK)
        fail_msg("gp_check: %s", error.message);
    return report;
}

/* The report as JSON, but for the time it took; the caller's to free. */
static inline char *testing_json(const gp_report *report) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(gp_report_write_json(report, stream), GP_OK);
    fclose(stream);
    char *seconds = strstr(text, "\"seconds\"");
    assert_non_null(seconds);
    const char *rest = seconds + strcspn(seconds, "\n");
    memmove(seconds, rest, strlen(rest) + 1);
    return text;
}

/* Does a line of the report's practice contain these words? */
static inline int testing_practised(const gp_report *report, const char *words) {
    for (size_t k = 0; gp_report_practice(report, k); k++)
        if (strstr(gp_report_practice(report, k), words))
            return 1;
    return 0;
}

#endif

/* A shared object whose function misbehaves as its argument says: f = sum x^2 / 2, g = x, but for
 * that. */
#include <gradproof.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *manner = "";
static unsigned calls;

static int is(const char *word) {
    return strcmp(manner, word) == 0;
}

static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    calls++;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += x[i] * x[i] / 2;
    if (is("crash-in-value") && calls > 20)
        abort();
    if (is("write-x"))
        ((double *)(uintptr_t)x)[2] = 7;
    if (is("random"))
        *f += 1e-9 * calls;
    if (is("nan-value"))
        *f = NAN;
    if (is("hang") && calls > 20)
        for (;;)
            pause();
    if (is("exit") && calls > 20)
        _exit(0);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        if (!is("forget") || i != 3)
            g[i] = x[i];
    if (is("crash-in-gradient"))
        *(volatile int *)(uintptr_t)8 = 0;
    if (is("names"))
        g[4] = 1;
    if (is("past-g"))
        g[n] = 1;
    if (is("nan-gradient"))
        g[4] = NAN;
    return 0;
}

/* 10,000 entries, two of which can't be moved by themselves. */
enum { MANY = 10000, CRASHES = 4321, HANGS = 8765 };

static double start(size_t i) {
    return 1 + (double)(i % 7);
}

static int value_of_many(void *user, size_t n, const double *x, double *f) {
    int alone = !is("many") && x[0] == start(0) && x[n - 1] == start(n - 1);
    if (alone && x[CRASHES] != start(CRASHES))
        *(volatile int *)(uintptr_t)8 = 0;
    while (alone && x[HANGS] != start(HANGS))
        pause();
    return value(user, n, x, f);
}

static int add_many(gp_function *function) {
    static double x[MANY];
    size_t shape[] = {100, 100};
    for (size_t i = 0; i < MANY; i++)
        x[i] = start(i);
    return gp_function_add_block(function, "W", 0, 2, shape, x) ||
           gp_function_set_value(function, value_of_many) ||
           gp_function_set_gradient(function, gradient);
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double x[6] = {0.5, -1, 2, 0.25, 3, -0.75};
    size_t shape[] = {2, 3};
    manner = argc > 0 ? argv[0] : "";
    if (is("refuse"))
        return 9;
    if (is("crash-at-start"))
        abort();
    if (is("no-blocks"))
        return 0;
    if (is("two-of-many") || is("many"))
        return add_many(function);
    return gp_function_add_block(function, is("names") ? "the\033[1mta" : "theta", 0, 2, shape,
                                 x) ||
           gp_function_set_value(function, value) || gp_function_set_gradient(function, gradient);
}

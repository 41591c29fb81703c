/* A function whose evaluation takes a millisecond of work: slow.so [reentrant]. */
#include <gradproof.h>
#include <math.h>
#include <string.h>
#include <time.h>

enum { N = 1000 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* of this thread: work, not waiting */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int value(void *user, size_t n, const double *x, double *f) {
    double end = seconds() + 1e-3;
    (void)user;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += sin(x[i]);
    while (seconds() < end)
        ;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = cos(x[i]);
    return 0;
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    double x[N];
    size_t n = N;
    for (size_t i = 0; i < n; i++)
        x[i] = 0.3 + 0.001 * (double)i;
    return gp_function_add_block(function, "x", 0, 1, &n, x) ||
           gp_function_set_value(function, value) || gp_function_set_gradient(function, gradient) ||
           gp_function_set_reentrant(function, argc > 0 && strcmp(argv[0], "reentrant") == 0);
}

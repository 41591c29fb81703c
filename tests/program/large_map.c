/* A map of M outputs and N inputs with its VJP and JVP, to be checked by random products: arguments
 * M, N, and words for what goes wrong. With t counting to max(M, N), i = t mod N, k = i + 1 mod N:
 * F_j = sum of sin(x_i) + x_i x_k / 2 over all t with t mod M = j. */
#include <gradproof.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int arguments;
static char **argument;
static unsigned long calls;

static int is(const char *word) {
    for (int k = 0; k < arguments; k++)
        if (strcmp(argument[k], word) == 0)
            return 1;
    return 0;
}

/* What happens in the middle of a callback; a refusal, or 0. */
static int misbehave(const char *where, double *out, size_t count) {
    char word[64];
    snprintf(word, sizeof word, "crash-in-%s", where);
    if (is(word) && calls > 3)
        raise(SIGSEGV);
    snprintf(word, sizeof word, "hang-in-%s", where);
    while (is(word) && calls > 3)
        pause();
    snprintf(word, sizeof word, "exit-in-%s", where);
    if (is(word) && calls > 3)
        _exit(0);
    snprintf(word, sizeof word, "overrun-in-%s", where);
    if (is(word))
        out[count] = 1;
    snprintf(word, sizeof word, "underrun-in-%s", where);
    if (is(word))
        out[-1] = 1;
    snprintf(word, sizeof word, "nan-in-%s", where);
    if (is(word))
        out[count / 2] = NAN;
    snprintf(word, sizeof word, "no-memory-in-%s", where);
    if (is(word) && calls > 3)
        return GP_NO_MEMORY;
    snprintf(word, sizeof word, "refuse-in-%s", where);
    if (is(word) && calls > 3) {
        gp_callback_error("not today");
        return 1;
    }
    if (is("print"))
        puts(where);
    calls++;
    return 0;
}

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    memset(y, 0, m * sizeof *y);
    for (size_t t = 0; t < (m > n ? m : n); t++)
        y[t % m] += sin(x[t % n]) + x[t % n] * x[(t % n + 1) % n] / 2;
    if (is("write-x-in-map"))
        ((double *)(uintptr_t)x)[n / 2] = 7;
    return misbehave("map", y, m);
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    (void)user;
    memset(g, 0, n * sizeof *g);
    for (size_t t = 0; t < (m > n ? m : n); t++) {
        size_t i = t % n, k = (i + 1) % n;
        g[i] += u[t % m] * (cos(x[i]) + x[k] / 2);
        g[k] += u[t % m] * x[i] / 2;
    }
    if (is("write-u"))
        ((double *)(uintptr_t)u)[0] = 7;
    return misbehave("vjp", g, n);
}

static int jvp(void *user, size_t n, const double *x, const double *v, size_t m, double *y) {
    (void)user;
    memset(y, 0, m * sizeof *y);
    for (size_t t = 0; t < (m > n ? m : n); t++) {
        size_t i = t % n, k = (i + 1) % n;
        y[t % m] += v[i] * (cos(x[i]) + x[k] / 2) + v[k] * x[i] / 2;
    }
    return misbehave("jvp", y, m);
}

int gradproof_function(gp_function *function, int argc, char **argv) {
    if (argc < 2)
        return 1;
    size_t m = strtoul(argv[0], NULL, 10), n = strtoul(argv[1], NULL, 10);
    double *x = malloc(n * sizeof *x), *bound = malloc(2 * n * sizeof *bound);
    arguments = argc;
    argument = argv;
    for (size_t i = 0; x && i < n; i++)
        x[i] = 0.3 + 0.7 * fmod((double)i * 0.6180339887, 1);
    for (size_t i = 0; x && bound && i < n; i++) {
        bound[i] = i % 3 ? 0 : x[i];
        bound[n + i] = i % 3 == 1 ? x[i] : 2;
    }
    gp_function_add_block(function, "a", 0, 1, (size_t[]){n / 2}, x);
    if (is("square"))
        gp_function_add_block(function, "b", 0, 2, (size_t[]){2, (n - n / 2) / 2}, x + n / 2);
    else
        gp_function_add_block(function, "b", 0, 1, (size_t[]){n - n / 2}, x + n / 2);
    gp_function_set_map(function, m, map);
    if (!is("no-vjp"))
        gp_function_set_vjp(function, vjp);
    if (is("jvp"))
        gp_function_set_jvp(function, jvp);
    if (is("bounds"))
        gp_function_set_bounds(function, bound, bound + n);
    free(x);
    free(bound);
    return 0;
}

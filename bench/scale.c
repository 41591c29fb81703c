/* What a proof by random directions costs as n grows: evaluations, time of our own, memory; and
 * what it takes to find 1 or 10 wrong entries, a wrong row and a wrong block among n. Times are
 * medians of seven checks where n is a million or less and nothing is wrong. One line of JSON a
 * case: bench_scale [LARGEST N [right [POINTS]]], with `right` without the mistakes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gradproof.h"
#include "system/clock.h"

typedef enum mistake { NONE, ONE, TEN, ROW, BLOCK, EVERYTHING, MISTAKES } mistake;
static const char *const NAMES[] = {"none", "1 entry", "10 entries", "row", "block", "everything"};

typedef struct subject {
    mistake mistake;
    size_t n, rows, columns; /* a matrix and a vector of as many entries */
    double in_user;          /* seconds */
} subject;

/* f = sum x_i^2 / 2 + x_i^3 / 30 + s^2 / 4, s the mean of x: the gradient has entries of like size.
 */
/* A sum that carries what rounding has lost (Kahan). */
typedef struct carried {
    double sum, rest;
} carried;

static void add(carried *c, double number) {
    double before = c->sum, term = number - c->rest;
    c->sum = before + term;
    c->rest = (c->sum - before) - term;
}

static int value(void *user, size_t n, const double *x, double *v) {
    subject *s = user;
    double start = gp_seconds_now();
    carried sum = {0, 0}, mean = {0, 0};
    for (size_t piece = 0; piece < n; piece += 4096) { /* as careful code sums: piece by piece */
        double lanes[8] = {0}, means[8] = {0}, some = 0, some_mean = 0;
        size_t end = piece + 4096 < n ? piece + 4096 : n;
        for (size_t i = piece; i < end; i++) {
            double t = x[i];
            lanes[i % 8] += t * t * (0.5 + t * (1.0 / 30));
            means[i % 8] += t;
        }
        for (size_t k = 0; k < 8; k++) {
            some += lanes[k];
            some_mean += means[k];
        }
        add(&sum, some);
        add(&mean, some_mean);
    }
    mean.sum /= (double)n;
    *v = sum.sum / (double)n + mean.sum * mean.sum / 4;
    s->in_user += gp_seconds_now() - start;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    subject *s = user;
    double start = gp_seconds_now(), mean = 0;
    size_t half = s->rows * s->columns;
    for (size_t i = 0; i < n; i++)
        mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        g[i] = (x[i] + x[i] * x[i] / 10 + mean / 2) / (double)n;
    switch (s->mistake) {
    case ONE:
        g[half / 3] *= 2;
        break;
    case TEN:
        for (size_t k = 0; k < 10; k++)
            g[(k * 7919 + 13) * (n / 80000 + 1) % n] *= k % 2 ? 2 : -1;
        break;
    case ROW:
        for (size_t k = 0; k < s->columns; k++)
            g[s->rows / 3 * s->columns + k] *= 1.5;
        break;
    case BLOCK:
        for (size_t i = half; i < n; i++)
            g[i] *= 1.01;
        break;
    case EVERYTHING:
        for (size_t i = 0; i < n; i++)
            g[i] *= 1.01;
        break;
    default:
        break;
    }
    s->in_user += gp_seconds_now() - start;
    return 0;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds to write n doubles, the median of seven on memory in use. */
static double time_to_write(size_t n) {
    enum { TIMES = 7 };
    double *x = malloc(n * sizeof *x), took[TIMES + 1] = {0};
    for (int k = 0; k <= TIMES && x; k++) {
        double start = gp_seconds_now();
        for (size_t i = 0; i < n; i++)
            x[i] = (double)k;
        __asm__ volatile("" : : "r"(x) : "memory");
        took[k] = gp_seconds_now() - start;
    }
    free(x);
    qsort(took + 1, TIMES, sizeof *took, compare);
    return took[1 + TIMES / 2];
}

static int run(size_t n, mistake m, size_t points) {
    enum { TIMES = 7 };
    unsigned times = m == NONE && n <= 1000000 ? TIMES : 1;
    double took[TIMES], own[TIMES];
    size_t columns = 100, rows = n / 2 / columns, half = rows * columns;
    subject s = {m, 2 * half, rows, columns, 0};
    gp_function *f;
    gp_report *r = NULL;
    gp_error error = {""};
    gp_options options;
    double *x = malloc(half * sizeof *x), write = time_to_write(2 * half);
    gp_options_init(&options);
    options.strategy = GP_PROJECT;
    if (points)
        options.points = points;
    if (!x || gp_function_create("scale", GP_FLOAT64, &s, &f) != GP_OK)
        return 1;
    size_t shape[] = {rows, columns};
    for (int b = 0; b < 2; b++) {
        for (size_t i = 0; i < half; i++)
            x[i] = 0.5 + fmod((double)(i + (size_t)b) * 0.6180339887498949, 1.0);
        if (gp_function_add_block(f, b ? "B" : "A", 0, b ? 1 : 2, b ? &half : shape, x) != GP_OK)
            return 1;
    }
    free(x);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    for (unsigned k = 0; k < times; k++) {
        double start = gp_seconds_now();
        s.in_user = 0;
        gp_report_destroy(r);
        if (gp_check(f, &options, &r, &error) != GP_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        took[k] = gp_seconds_now() - start;
        own[k] = took[k] - s.in_user;
    }
    qsort(took, times, sizeof *took, compare);
    qsort(own, times, sizeof *own, compare);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double evaluations = (double)(gp_report_evaluations(r, 0) + gp_report_evaluations(r, 1));
    size_t found = 0;
    char resolution[32] = "null"; /* where all blocks are wrong */
    if (isfinite(gp_report_resolution(r)))
        snprintf(resolution, sizeof resolution, "%.3g", gp_report_resolution(r));
    char cause[64] = "";
    for (size_t b = 0; b < gp_report_blocks(r); b++) {
        gp_block_result block;
        gp_report_block(r, b, &block);
        found += block.count[GP_ENTRY_REFUTED];
        if (block.diagnoses)
            snprintf(cause, sizeof cause, "%s", block.diagnosis[0].kind);
    }
    double own_each = own[times / 2] / evaluations;
    printf("{\"n\": %zu, \"mistake\": \"%s\", \"verdict\": \"%s\", \"refuted\": %zu, "
           "\"cause\": \"%s\", \"values\": %llu, \"gradients\": %llu, \"resolution\": %s, "
           "\"seconds\": %.4g, \"own_ns_per_entry\": %.3g, \"own_over_write\": %.3g, "
           "\"memory_over_n\": %.3g}\n",
           2 * half, NAMES[m], gp_verdict_string(gp_report_verdict(r)), found, cause,
           (unsigned long long)gp_report_evaluations(r, 0),
           (unsigned long long)gp_report_evaluations(r, 1), resolution, took[times / 2],
           1e9 * own_each / (double)(2 * half), own_each / write,
           (double)usage.ru_maxrss * 1024 / 8 / (double)(2 * half));
    gp_report_destroy(r);
    gp_function_destroy(f);
    return 0;
}

int main(int argc, char **argv) {
    double largest = argc > 1 ? atof(argv[1]) : 1e7;
    int mistakes = argc > 2 ? 1 : MISTAKES;
    size_t points = argc > 3 ? strtoul(argv[3], NULL, 10) : 0; /* 0: the default */
    for (double n = 1e4; n <= largest * 1.01; n *= 10)
        for (int m = NONE; m < mistakes; m++) {
            if (m != NONE && n < largest / 1.01) /* mistakes among the most */
                continue;
            fflush(stdout);
            pid_t child = fork(); /* memory is that of one case */
            if (child == 0)
                exit(run((size_t)n, (mistake)m, points));
            int status = 1;
            if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
                return 1;
        }
    return 0;
}

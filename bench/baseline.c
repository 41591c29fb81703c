/* The functions on which today's checkers were measured, each with its right gradient and with
 * mistakes planted into every block: a block x 2, x 1.001, negated, transposed, rolled by one, its
 * smallest entry zeroed, its median entry doubled, 1e-3 times the parameters added. Counts false
 * alarms (a right gradient refuted), misses (a mistake verified) and checks that end inconclusive.
 *
 *     bench_baseline [FILE.csv]      (transactions: V1 ... V28, Amount, Class) */
#include "gradproof/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000, MISTAKES = 8, ROWS = 64 };
static const char *const MISTAKE[MISTAKES] = {
    "x 2",    "x 1.001",         "negated",        "transposed",
    "rolled", "smallest zeroed", "median doubled", "+ 1e-3 x"};

/* ---- functions of n variables --------------------------------------------------- */

static double k_of(size_t i) {
    return (double)(i + 1);
}

static double noise_of(const double *x, size_t n) {
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return 1e-7 * (2 * (double)(h >> 11) * 0x1p-53 - 1);
}

/* The size of variable i of the scaled Rosenbrock function: 1e-4 ... 1e4. */
static double size_of(size_t i) {
    return pow(10, -4 + 8 * (double)i / 19);
}

typedef enum kind { ROSENBROCK, QUADRATIC, OFFSET, NOISY, HINGE, LOG, SMALL, EXP, FAST } kind;

static double evaluate(kind what, size_t n, const double *x, double *g) {
    double f = 0;
    for (size_t i = 0; i < n && g; i++)
        g[i] = 0;
    for (size_t i = 0; i < n; i++) {
        double t = x[i], k = k_of(i), v = 0, d = 0;
        switch (what) {
        case ROSENBROCK: {
            if (i % 2)
                continue;
            double s = size_of(i), r = size_of(i + 1), a = x[i] / s, b = x[i + 1] / r;
            v = 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
            d = (-400 * a * (b - a * a) - 2 * (1 - a)) / s;
            if (g)
                g[i + 1] += 200 * (b - a * a) / r;
            break;
        }
        case QUADRATIC: {
            double c = pow(10, -8 + (double)i);
            v = 0.5 * c * t * t;
            d = c * t;
            break;
        }
        case OFFSET:
            v = sin(t) + (i ? 0 : 1e8);
            d = cos(t);
            break;
        case NOISY:
            v = sin(t) + (i ? 0 : noise_of(x, n));
            d = cos(t);
            break;
        case HINGE:
            v = t > 0 ? k * t : 0;
            d = t > 0 ? k : 0;
            break;
        case LOG:
            v = log(t);
            d = 1 / t;
            break;
        case SMALL:
            v = 1e-9 * k * cos(t);
            d = -1e-9 * k * sin(t);
            break;
        case EXP:
            v = exp(30 * t);
            d = 30 * v;
            break;
        case FAST:
            v = sin(1e4 * t);
            d = 1e4 * cos(1e4 * t);
            break;
        }
        f += v;
        if (g)
            g[i] += d;
    }
    return f;
}

static void start(kind what, size_t n, double *x) {
    for (size_t i = 0; i < n; i++) {
        double u = sin(12.9898 * k_of(i)) * 43758.5453;
        u -= floor(u);
        x[i] = what == ROSENBROCK ? size_of(i) * (0.5 + u)
               : what == LOG      ? pow(10, -8 + 8 * (double)i / (double)(n - 1)) * (0.5 + u)
               : what == EXP      ? u
                                  : 4 * u - 2;
        if (what == HINGE && i == 5)
            x[i] = 0;
    }
}

/* ---- a function with a mistake -------------------------------------------------- */

typedef struct subject {
    kind what;
    gp_network *network; /* or one of the above */
    gp_dtype dtype;
    size_t offset, entries, rows, columns; /* of the block with the mistake */
    int mistake;                           /* -1: none */
    double x[MOST];
} subject;

static int compare_sizes(const void *a, const void *b) {
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

/* Returns 0 if the mistake changes nothing (a zero doubled, a row transposed). */
static int spoil(const subject *s, const double *x, double *g) {
    double *b = g + s->offset, before[MOST], sorted[MOST];
    size_t n = s->entries, nonzero = 0;
    memcpy(before, b, n * sizeof *b);
    for (size_t i = 0; i < n; i++)
        if (b[i] != 0)
            sorted[nonzero++] = b[i];
    qsort(sorted, nonzero, sizeof *sorted, compare_sizes);
    double smallest = nonzero ? sorted[0] : 0, median = nonzero ? sorted[nonzero / 2] : 0;
    int once = 0;
    for (size_t i = 0; i < n; i++)
        switch (s->mistake) {
        case 0:
            b[i] *= 2;
            break;
        case 1:
            b[i] *= 1.001;
            break;
        case 2:
            b[i] = -b[i];
            break;
        case 3:
            b[(i % s->columns) * s->rows + i / s->columns] = before[i];
            break;
        case 4:
            b[i] = before[(i + n - 1) % n];
            break;
        case 5:
            if (b[i] == smallest && !once++)
                b[i] = 0;
            break;
        case 6:
            if (b[i] == median && !once++)
                b[i] *= 2;
            break;
        default:
            b[i] += 1e-3 * x[s->offset + i];
        }
    return memcmp(before, b, n * sizeof *b) != 0;
}

static int value(void *user, size_t n, const double *x, double *v) {
    subject *s = user;
    if (!s->network) {
        *v = evaluate(s->what, n, x, NULL);
        return 0;
    }
    gp_network_set(s->network, x);
    return gp_network_cost(s->network, v, NULL) != GP_OK;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    subject *s = user;
    double v;
    if (s->network) {
        gp_network_set(s->network, x);
        if (gp_network_cost(s->network, &v, g) != GP_OK)
            return 1;
    } else {
        (void)evaluate(s->what, n, x, g);
    }
    if (s->mistake >= 0)
        (void)spoil(s, x, g);
    return 0;
}

static int value32(void *user, size_t n, const float *x, double *v) {
    double wide[MOST] = {0};
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    return value(user, n, wide, v);
}

static int gradient32(void *user, size_t n, const float *x, float *g) {
    double wide[MOST] = {0}, g_wide[MOST] = {0};
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    if (gradient(user, n, wide, g_wide))
        return 1;
    for (size_t i = 0; i < n; i++)
        g[i] = (float)g_wide[i];
    return 0;
}

/* ---- the run
 * ------------------------------------------------------------------------------------- */

typedef struct block {
    char name[8];
    size_t offset, rows, columns;
} block;

typedef struct tally {
    size_t functions, false_alarms, unproven, mistakes, misses, undecided;
} tally;

static gp_verdict verdict_on(subject *s, const block *blocks, size_t count, double *resolution,
                             double *per_entry) {
    gp_function *f;
    gp_report *report;
    gp_error error = {""};
    if (gp_function_create("baseline", s->dtype, s, &f) != GP_OK)
        exit(70);
    for (size_t k = 0; k < count; k++)
        if (gp_function_add_block(f, blocks[k].name, 0, 2,
                                  (size_t[]){blocks[k].rows, blocks[k].columns},
                                  s->x + blocks[k].offset) != GP_OK)
            exit(70);
    if (s->dtype == GP_FLOAT64) {
        gp_function_set_value(f, value);
        gp_function_set_gradient(f, gradient);
    } else {
        gp_function_set_value(f, value32);
        gp_function_set_gradient(f, gradient32);
    }
    if (gp_check(f, NULL, &report, &error) != GP_OK) {
        fprintf(stderr, "bench_baseline: %s\n", error.message);
        exit(70);
    }
    gp_verdict verdict = gp_report_verdict(report);
    *resolution = gp_report_resolution(report);
    *per_entry = (double)gp_report_evaluations(report, 0) / (double)gp_report_entries(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
    return verdict;
}

static void try_all(const char *name, subject *s, const block *blocks, size_t count, tally *t) {
    double resolution, cost, unused, unused_cost;
    char missed[256] = "";
    s->mistake = -1;
    gp_verdict right = verdict_on(s, blocks, count, &resolution, &cost);
    size_t mistakes = 0, misses = 0, undecided = 0;
    for (size_t k = 0; k < count; k++)
        for (int m = 0; m < MISTAKES; m++) {
            double g[MOST], v;
            s->mistake = -1;
            size_t n =
                blocks[count - 1].offset + blocks[count - 1].rows * blocks[count - 1].columns;
            if (s->network) {
                gp_network_set(s->network, s->x);
                gp_network_cost(s->network, &v, g);
            } else {
                (void)evaluate(s->what, n, s->x, g);
            }
            s->offset = blocks[k].offset;
            s->rows = blocks[k].rows;
            s->columns = blocks[k].columns;
            s->entries = s->rows * s->columns;
            s->mistake = m;
            if (!spoil(s, s->x, g))
                continue;
            gp_verdict wrong = verdict_on(s, blocks, count, &unused, &unused_cost);
            mistakes++;
            undecided += wrong == GP_INCONCLUSIVE;
            if (wrong == GP_VERIFIED) {
                size_t used = strlen(missed);
                snprintf(missed + used, sizeof missed - used, "%s%s %s", misses ? ", " : "",
                         blocks[k].name, MISTAKE[m]);
                misses++;
            }
        }
    printf("| %s | %s | %.1e | %.1f | %zu | %zu%s%s%s | %zu |\n", name, gp_verdict_string(right),
           resolution, cost, mistakes, misses, misses ? " (" : "", missed, misses ? ")" : "",
           undecided);
    fflush(stdout);
    t->functions++;
    t->false_alarms += right == GP_REFUTED;
    t->unproven += right == GP_INCONCLUSIVE;
    t->mistakes += mistakes;
    t->misses += misses;
    t->undecided += undecided;
}

/* The first ROWS transactions, V1 ... Amount standardised, labels from the last column. */
static void load(const char *path, size_t inputs, double *X, double *labels) {
    gp_table *table;
    gp_error error;
    gp_status status =
        path ? gp_table_read_csv(path, &table, &error) : gp_table_generate(2000, 1, &table, &error);
    if (status != GP_OK || gp_table_rows(table) < ROWS) {
        fprintf(stderr, "bench_baseline: %s\n", status != GP_OK ? error.message : "too few rows");
        exit(66);
    }
    size_t columns = gp_table_columns(table), rows = gp_table_rows(table);
    for (size_t k = 0; k < inputs; k++) {
        double mean = 0, square = 0;
        size_t column = columns - 1 - inputs % columns + k;
        for (size_t r = 0; r < rows; r++)
            mean += gp_table_cell(table, r, column) / (double)rows;
        for (size_t r = 0; r < rows; r++)
            square += pow(gp_table_cell(table, r, column) - mean, 2) / (double)rows;
        for (size_t r = 0; r < ROWS; r++)
            X[r * inputs + k] = (gp_table_cell(table, r, column) - mean) / sqrt(square);
    }
    for (size_t r = 0; r < ROWS; r++)
        labels[r] = gp_table_cell(table, r * (rows / ROWS), columns - 1);
    gp_table_destroy(table);
}

static void try_network(const char *name, const char *path, const size_t *units, size_t layers,
                        gp_activation unit, double l2, gp_dtype dtype, tally *t) {
    static double X[ROWS * 29], labels[ROWS];
    static const char *const names[] = {"W1", "b1", "W2", "b2", "W3", "b3"};
    size_t inputs = path ? 29 : 8, at = 0, below = inputs;
    block blocks[6];
    subject s = {.dtype = dtype};
    gp_error error;
    load(path, inputs, X, labels);
    gp_network_options options = {.inputs = inputs,
                                  .layers = layers,
                                  .units = units,
                                  .hidden = unit,
                                  .l2 = l2,
                                  .dtype = dtype,
                                  .seed = 7};
    if (gp_network_create(&options, &s.network, &error) != GP_OK ||
        gp_network_set_data(s.network, ROWS, X, labels) != GP_OK)
        exit(70);
    gp_network_get(s.network, s.x);
    for (size_t l = 0; l < layers; l++) {
        block *W = &blocks[2 * l], *b = W + 1;
        *W = (block){.offset = at, .rows = units[l], .columns = below};
        *b = (block){.offset = at + units[l] * below, .rows = units[l], .columns = 1};
        snprintf(W->name, sizeof W->name, "%s", names[2 * l]);
        snprintf(b->name, sizeof b->name, "%s", names[2 * l + 1]);
        at = b->offset + units[l];
        below = units[l];
    }
    for (size_t i = 0; i < at; i++) /* biases that are not zero: decay must show in them too */
        s.x[i] = (double)(float)(s.x[i] + 0.05 * sin(k_of(i)));
    try_all(name, &s, blocks, 2 * layers, t);
    gp_network_destroy(s.network);
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : NULL;
    tally t = {0};
    size_t deep[] = {16, 8, 1}, shallow[] = {8, 1};
    printf("| function | its right gradient | resolution | evaluations per entry, all points | "
           "mistakes "
           "| verified (misses) | inconclusive |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
        gp_dtype d = (gp_dtype)dtype;
        const char *precision = dtype == GP_FLOAT64 ? "float64" : "float32";
        char name[64];
        snprintf(name, sizeof name, "ReLU network, %s", precision);
        try_network(name, path, deep, 3, GP_RELU, 0, d, &t);
        snprintf(name, sizeof name, "the same with weight decay, %s", precision);
        try_network(name, path, deep, 3, GP_RELU, 0.01, d, &t);
        snprintf(name, sizeof name, "tanh network, %s", precision);
        try_network(name, path, shallow, 2, GP_TANH, 0, d, &t);
    }
    static const struct {
        const char *name;
        kind what;
        size_t n;
    } functions[] = {{"Rosenbrock, variables from 1e-4 to 1e4", ROSENBROCK, 20},
                     {"quadratic, curvatures from 1e-8 to 1e8", QUADRATIC, 17},
                     {"1e8 + sum sin x", OFFSET, 12},
                     {"sum sin x + noise of 1e-7", NOISY, 12},
                     {"sum k max(x, 0), one x = 0", HINGE, 12},
                     {"sum log x, x down to 1e-8", LOG, 12},
                     {"1e-9 sum k cos x", SMALL, 12},
                     {"sum exp(30 x)", EXP, 12},
                     {"sum sin(1e4 x)", FAST, 12}};
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        subject s = {.what = functions[k].what};
        block one = {.name = "x", .rows = 1, .columns = functions[k].n};
        start(s.what, functions[k].n, s.x);
        try_all(functions[k].name, &s, &one, 1, &t);
    }
    printf("\n%zu functions: %zu false alarms, %zu inconclusive; %zu mistakes: %zu misses, %zu "
           "inconclusive\n",
           t.functions, t.false_alarms, t.unproven, t.mistakes, t.misses, t.undecided);
    return 0;
}

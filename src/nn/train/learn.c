/* Going through the batches of an epoch, by one thread or by several. Each thread takes its share
 * of a batch's rows: it fetches them, and goes forward and back with a network of its own.
 * Gradients are added up in the order of threads, each thread for its share of the parameters,
 * which it then moves: so the weights depend on the number of threads (by rounding), and on nothing
 * else that they do. */
#include "nn/train/learn.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nn/network/blas.h"
#include "nn/train/split.h"

#include "system/vector.h"

typedef struct gp_gate gp_gate;

struct gp_share {
    gp_trainee *trainee;
    unsigned number;     /* of options->jobs */
    gp_network *network; /* the trainee's own for the first */
    void *gradient;      /* n: of the mean over its rows; the trainee's own for the first */
    double weight;       /* its part of the batch's rows */
    double cost;         /* of the mean over its rows */
    double loss;         /* of the first: the sum of the batches' costs */
    pthread_t thread;
    gp_gate *gate; /* NULL where there is but one thread */
};

/* Threads wait at it for each other, and before they begin for whether all of them could start. */
struct gp_gate {
    pthread_mutex_t closed;
    pthread_barrier_t meeting;
    int all_here;
};

static double root_f64(double v) {
    return sqrt(v);
}
static float root_f32(float v) {
    return sqrtf(v);
}
static void plant_f64(gp_trainee *t, const double *theta, double *g) {
    if (t->planting == GP_OK)
        t->planting = gp_function_apply_plants(t->planted, theta, g);
}
static void plant_f32(gp_trainee *t, const float *theta, float *g) {
    double *x = malloc(2 * t->n * sizeof *x);
    if (!x) {
        t->planting = GP_ERROR_MEMORY;
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        x[i] = theta[i];
        x[t->n + i] = g[i];
    }
    plant_f64(t, x, x + t->n);
    for (size_t i = 0; i < t->n; i++)
        g[i] = (float)x[t->n + i];
    free(x);
}

#define REAL double
#define NAME(x) x##_f64
#define INPUTS X64
#include "nn/train/optimizer.h"
#undef REAL
#undef NAME
#undef INPUTS
#define REAL float
#define NAME(x) x##_f32
#define INPUTS X32
#include "nn/train/optimizer.h"

/* Share `number` of `jobs` of `count` things: [first, end). */
static void part_of(size_t count, unsigned number, unsigned jobs, size_t *first, size_t *end) {
    *first = (size_t)((uint64_t)count * number / jobs);
    *end = (size_t)((uint64_t)count * (number + 1) / jobs);
}

static void meet(const gp_share *s) {
    if (s->gate)
        (void)pthread_barrier_wait(&s->gate->meeting);
}

/* Forward and back through this share of a batch: `count` rows from `first` on in the order of the
 * epoch. */
static void look_at_rows(gp_share *s, size_t first, size_t count, uint64_t step) {
    gp_trainee *t = s->trainee;
    size_t from, end;
    part_of(count, s->number, t->options->jobs, &from, &end);
    s->weight = (double)(end - from) / (double)count;
    s->cost = 0;
    if (from == end)
        return;
    s->network->mask_draw = step;
    s->network->mask_row = from; /* the mask is the batch's, whoever has its rows */
    (void)gp_network_set_rows(s->network, 0, end - from);
    if (gp_is_wide(t))
        there_and_back_f64(s, t->order + first + from, end - from);
    else
        there_and_back_f32(s, t->order + first + from, end - from);
}

/* The gradient of the whole batch in this share of the parameters (all of them where mistakes are
 * planted: by the first), and the step there. */
static void move_parameters(gp_share *s, double rate, uint64_t step) {
    gp_trainee *t = s->trainee;
    size_t first, end;
    part_of(t->n, s->number, t->options->jobs, &first, &end);
    if (t->planted && s->number > 0)
        return;
    if (t->planted)
        end = t->n;
    if (gp_is_wide(t))
        step_f64(t, first, end, rate, step);
    else
        step_f32(t, first, end, rate, step);
}

static void go_through(gp_share *s) {
    gp_trainee *t = s->trainee;
    const gp_train_options *o = t->options;
    size_t batches = (t->rows + o->batch - 1) / o->batch;
    double all = (double)(o->epochs * batches);
    s->loss = 0;
    s->network->mask_seed = o->seed;
    for (size_t b = 0; b < batches; b++) {
        size_t first = b * o->batch;
        size_t count = t->rows - first < o->batch ? t->rows - first : o->batch;
        double done = (double)(t->epoch * batches + b) / all;
        double share =
            o->schedule == GP_CONSTANT ? 1 : 0.5 * (1 + cos(3.14159265358979323846 * done));
        if (s->number == 0)
            t->stopped = o->stop && *o->stop;
        look_at_rows(s, first, count, t->steps + b);
        meet(s);
        if (t->stopped) /* read between two meetings: all threads see the same */
            return;
        for (unsigned k = 0; k < o->jobs && s->number == 0; k++)
            s->loss += t->share[k].weight * t->share[k].cost;
        move_parameters(s, o->learning_rate * share, t->steps + b + 1);
        meet(s);
    }
}

static void *go_through_gate(void *argument) {
    gp_share *s = argument;
    (void)pthread_mutex_lock(&s->gate->closed);
    int all_here = s->gate->all_here;
    (void)pthread_mutex_unlock(&s->gate->closed);
    if (all_here)
        go_through(s);
    return NULL;
}

static gp_status go_through_together(gp_trainee *t) {
    unsigned jobs = t->options->jobs, started = 1;
    gp_gate gate = {.closed = PTHREAD_MUTEX_INITIALIZER};
    if (pthread_barrier_init(&gate.meeting, NULL, jobs) != 0)
        return GP_ERROR_MEMORY;
    for (unsigned k = 0; k < jobs; k++)
        t->share[k].gate = &gate;
    (void)pthread_mutex_lock(&gate.closed);
    while (started < jobs && pthread_create(&t->share[started].thread, NULL, go_through_gate,
                                            &t->share[started]) == 0)
        started++;
    gate.all_here = started == jobs;
    (void)pthread_mutex_unlock(&gate.closed);
    if (gate.all_here)
        go_through(&t->share[0]);
    for (unsigned k = 1; k < started; k++)
        (void)pthread_join(t->share[k].thread, NULL);
    (void)pthread_barrier_destroy(&gate.meeting);
    return started == jobs ? GP_OK : GP_ERROR_MEMORY;
}

gp_status gp_learn(gp_trainee *t, double *loss) {
    const gp_train_options *o = t->options;
    size_t batches = (t->rows + o->batch - 1) / o->batch;
    gp_status status = GP_OK;
    for (size_t r = 0; r < t->rows; r++)
        t->order[r] = r;
    gp_shuffle(t->order, t->rows, o->seed, GP_PART_EPOCH + t->epoch);
    if (o->jobs > 1)
        status = go_through_together(t);
    else
        go_through(&t->share[0]);
    t->steps += batches;
    *loss = t->share[0].loss / (double)batches;
    return status == GP_OK ? t->planting : status;
}

gp_status gp_shares_make(gp_trainee *t) {
    const gp_train_options *o = t->options;
    if (!gp_blas_has_room(o->jobs))
        return GP_ERROR_MEMORY;
    t->share = calloc(o->jobs, sizeof *t->share);
    if (!t->share)
        return GP_ERROR_MEMORY;
    size_t rows = o->batch / o->jobs + 1;
    gp_status status = GP_OK;
    for (unsigned k = 0; k < o->jobs && status == GP_OK; k++) {
        gp_share *s = &t->share[k];
        *s = (gp_share){.trainee = t, .number = k, .network = t->network, .gradient = t->gradient};
        if (k == 0)
            continue;
        gp_network_options n = t->network->options;
        double *X = calloc(rows * (t->inputs + 1), sizeof *X);
        n.units = t->network->width + 1;
        s->network = NULL;
        s->gradient = calloc(t->n, gp_dtype_size(o->dtype));
        status = X && s->gradient ? gp_network_create(&n, &s->network, NULL) : GP_ERROR_MEMORY;
        if (status == GP_OK)
            status = gp_network_set_data(s->network, rows, X, X + rows * t->inputs);
        free(X);
    }
    return status;
}

void gp_shares_free(gp_trainee *t) {
    for (unsigned k = 1; t->share && k < t->options->jobs; k++) {
        gp_network_destroy(t->share[k].network);
        free(t->share[k].gradient);
    }
    free(t->share);
}

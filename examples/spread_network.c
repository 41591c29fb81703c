/* The fraud network spread over MPI ranks, the way large models are trained: each rank owns some
 * blocks of the parameters and some rows of the data. An evaluation gathers the parameters, goes
 * over the rank's own rows, and adds up over all ranks.
 *
 *     mpirun -n 2 ./spread_network [PLANT]         such as W2:scale=2
 *
 * The data are made up; every rank makes all of them and keeps its rows. */
#include <gradproof/train.h>
#include <gradproof_mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 512, LAYERS = 3 };

typedef struct model {
    gp_network *network; /* all parameters, this rank's rows */
    size_t n, rows;      /* parameters; this rank's rows */
    size_t first, end;   /* its parameters */
    double *theta, *gradient;
    int *counts, *starts; /* parameters by rank */
} model;

/* Everybody's parameters into everybody's network. */
static void gather(model *m, const double *x) {
    MPI_Allgatherv(x + m->first, (int)(m->end - m->first), MPI_DOUBLE, m->theta, m->counts,
                   m->starts, MPI_DOUBLE, MPI_COMM_WORLD);
    gp_network_set(m->network, m->theta);
}

/* The cost is a mean over rows: each rank's counts by its share of them. */
static int value(void *user, size_t n, const double *x, double *v) {
    model *m = user;
    double mine, share = (double)m->rows / ROWS;
    (void)n;
    gather(m, x);
    if (gp_network_cost(m->network, &mine, NULL) != GP_OK)
        return 1;
    mine *= share;
    MPI_Reduce(&mine, v, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Bcast(v, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD); /* the same bits on all */
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    model *m = user;
    double cost, share = (double)m->rows / ROWS;
    gather(m, x);
    if (gp_network_cost(m->network, &cost, m->gradient) != GP_OK)
        return 1;
    for (size_t i = 0; i < n; i++)
        m->gradient[i] *= share;
    MPI_Reduce_scatter(m->gradient, g + m->first, m->counts, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return 0;
}

/* Rank r owns the layers l with l ranks / LAYERS == r. */
static int owner(size_t layer, int ranks) {
    return (int)(layer * (size_t)ranks / LAYERS);
}

static gp_status add_blocks(gp_function *f, model *m, const size_t *width, const gp_team *team) {
    gp_status status = GP_OK;
    size_t at = 0;
    for (size_t l = 0; l < LAYERS && status == GP_OK; l++) {
        size_t shape[] = {width[l + 1], width[l]}, weights = shape[0] * shape[1];
        int own = owner(l, team->ranks) == team->rank;
        char name[8];
        snprintf(name, sizeof name, "W%zu", l + 1);
        status =
            gp_function_add_block(f, name, (unsigned)l + 1, 2, shape, own ? m->theta + at : NULL);
        snprintf(name, sizeof name, "b%zu", l + 1);
        if (status == GP_OK)
            status = gp_function_add_block(f, name, (unsigned)l + 1, 1, shape,
                                           own ? m->theta + at + weights : NULL);
        if (own && m->end == 0)
            m->first = at;
        m->counts[owner(l, team->ranks)] += (int)(weights + shape[0]);
        at += weights + shape[0];
        if (own)
            m->end = at;
    }
    for (int r = 1; r < team->ranks; r++)
        m->starts[r] = m->starts[r - 1] + m->counts[r - 1];
    return status;
}

/* The network on this rank's rows. */
static gp_status make_network(model *m, const gp_team *team, size_t *width, gp_error *error) {
    static const size_t units[LAYERS] = {64, 32, 1};
    gp_table *table;
    double *X, *labels;
    gp_status status = gp_table_generate(ROWS, 1, &table, error);
    if (status != GP_OK)
        return status;
    status = gp_table_examples(table, "fraud", 1, &X, &labels, error);
    width[0] = gp_table_columns(table) - 1;
    gp_table_destroy(table);
    if (status != GP_OK)
        return status;
    memcpy(width + 1, units, sizeof units);
    size_t first = ROWS * (size_t)team->rank / (size_t)team->ranks;
    m->rows = ROWS * (size_t)(team->rank + 1) / (size_t)team->ranks - first;
    gp_network_options options = {
        .inputs = width[0], .layers = LAYERS, .units = units, .hidden = GP_TANH, .seed = 1};
    status = gp_network_create(&options, &m->network, error);
    if (status == GP_OK)
        status = gp_network_set_data(m->network, m->rows, X + first * width[0], labels + first);
    free(X);
    free(labels);
    return status;
}

int main(int argc, char **argv) {
    model m = {0};
    gp_team team;
    gp_function *f = NULL;
    gp_report *report = NULL;
    gp_error error = {"out of memory"};
    size_t width[LAYERS + 1];
    if (gp_team_start(&team) != GP_OK)
        return 70;
    gp_status status =
        team.ranks <= LAYERS ? make_network(&m, &team, width, &error) : GP_ERROR_ARGUMENT;
    if (status == GP_OK) {
        m.n = gp_network_parameters(m.network);
        m.theta = malloc(m.n * sizeof *m.theta);
        m.gradient = malloc(m.n * sizeof *m.gradient);
        m.counts = calloc((size_t)team.ranks, sizeof *m.counts);
        m.starts = calloc((size_t)team.ranks, sizeof *m.starts);
        status = m.theta && m.gradient && m.counts && m.starts ? GP_OK : GP_ERROR_MEMORY;
    }
    if (status == GP_OK) {
        gp_network_get(m.network, m.theta);
        status = gp_function_create("network spread over ranks", GP_FLOAT64, &m, &f);
    }
    if (status == GP_OK)
        status = gp_function_set_team(f, &team);
    if (status == GP_OK)
        status = add_blocks(f, &m, width, &team);
    if (status == GP_OK)
        status = gp_function_set_value(f, value);
    if (status == GP_OK)
        status = gp_function_set_gradient(f, gradient);
    if (status == GP_OK && argc > 1)
        status = gp_function_plant(f, argv[1], &error);
    if (status == GP_OK)
        status = gp_check(f, NULL, &report, &error);
    int code = 70;
    if (status == GP_OK) { /* every rank has the same report */
        code = team.rank == 0 ? gp_report_exit_code(report) : 0;
        if (team.rank == 0)
            gp_report_print(report, stdout, 0);
    } else if (team.rank == 0) {
        fprintf(stderr, "spread_network: %s\n",
                status == GP_ERROR_ARGUMENT && !f ? "at most 3 ranks" : error.message);
    }
    gp_report_destroy(report);
    gp_function_destroy(f);
    gp_network_destroy(m.network);
    free(m.theta);
    free(m.gradient);
    free(m.counts);
    free(m.starts);
    gp_team_stop(&team);
    return code;
}

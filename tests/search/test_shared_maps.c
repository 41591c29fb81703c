/* Derivatives of maps, worked out by a team and in two goes: the report of one process in one go.
 */
#include <unistd.h>

#include "team_of_threads.h"

enum { N = 200, M = 20 };

typedef struct subject {
    int sparse, wrong;
    const gp_team *team;
    const char *journal;
    uint64_t budget;
    unsigned jobs;
    unsigned long long calls; /* of the map */
    char *json;
} subject;

static double factor(size_t j, size_t i, int sparse) {
    return sparse && (j + i) % 5 ? 0 : 1 + 0.1 * (double)j - 0.02 * (double)i;
}

/* F_j = sum_i c_ji sin(x_i + j) */
static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    subject *s = user;
    s->calls++;
    for (size_t j = 0; j < m; j++) {
        y[j] = 0;
        for (size_t i = 0; i < n; i++)
            y[j] += factor(j, i, s->sparse) * sin(x[i] + (double)j);
    }
    return 0;
}

static int jacobian(void *user, size_t n, const double *x, size_t count, double *J) {
    const subject *s = user;
    size_t at = 0;
    for (size_t j = 0; j < M; j++)
        for (size_t i = 0; i < n; i++)
            if (!s->sparse || (j + i) % 5 == 0)
                J[at++] = factor(j, i, s->sparse) * cos(x[i] + (double)j);
    assert_int_equal(at, count);
    if (s->wrong)
        J[count / 2] *= 1.01;
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *v) {
    const subject *s = user;
    for (size_t i = 0; i < n; i++) {
        v[i] = 0;
        for (size_t j = 0; j < m; j++)
            v[i] += u[j] * factor(j, i, s->sparse) * cos(x[i] + (double)j);
    }
    return 0;
}

static void check(subject *s) {
    gp_function *f;
    gp_report *report;
    gp_options options;
    gp_error error = {""};
    double x[N];
    size_t n = N, row[M * N], column[M * N], entries = 0;
    for (size_t i = 0; i < N; i++)
        x[i] = 0.3 + 0.01 * (double)i;
    for (size_t j = 0; j < M; j++)
        for (size_t i = 0; i < N; i++)
            if ((j + i) % 5 == 0) {
                row[entries] = j;
                column[entries++] = i;
            }
    assert_int_equal(gp_function_create("map", GP_FLOAT64, s, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "x", 0, 1, &n, x), GP_OK);
    assert_int_equal(gp_function_set_map(f, M, map), GP_OK);
    assert_int_equal(gp_function_set_jacobian(f, jacobian), GP_OK);
    if (s->sparse)
        assert_int_equal(gp_function_set_sparsity(f, entries, row, column), GP_OK);
    else
        assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
    gp_options_init(&options);
    options.team = s->team;
    options.journal = s->journal;
    options.jobs = s->jobs;
    options.budget_evaluations = s->budget;
    if (gp_check(f, &options, &report, &error) != GP_OK)
        fail_msg("%s", error.message);
    s->json = testing_json(report);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

static void *take_part(void *argument) {
    member *m = argument;
    subject *s = m->task;
    s->team = &m->team;
    check(s);
    return NULL;
}

static void a_team_shares_the_columns(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        subject alone = {.sparse = k & 1, .wrong = k & 2}, ranks[RANKS];
        void *tasks[RANKS];
        check(&alone);
        assert_non_null(strstr(alone.json, k & 2 ? "\"refuted\"" : "\"verified\""));
        for (int r = 0; r < RANKS; r++) {
            ranks[r] = (subject){.sparse = k & 1, .wrong = k & 2};
            tasks[r] = &ranks[r];
        }
        run_team(take_part, tasks);
        for (int r = 0; r < RANKS; r++) {
            assert_string_equal(ranks[r].json, alone.json);
            if (!alone.sparse) /* a dense one has enough columns to share */
                assert_true(2 * ranks[r].calls < alone.calls);
            free(ranks[r].json);
        }
        free(alone.json);
    }
}

static void a_journal_keeps_columns(void **state) {
    (void)state;
    for (int k = 0; k < 8; k++) {
        char path[] = "/tmp/gradproof-test-XXXXXX";
        subject whole = {.sparse = k & 1, .wrong = k & 2, .jobs = k & 4 ? 2 : 0}, cut = whole;
        int file = mkstemp(path);
        assert_true(file >= 0);
        close(file);
        unlink(path);
        check(&whole);
        cut.journal = path;
        cut.budget = whole.sparse ? 60 : 600;
        check(&cut);
        assert_string_not_equal(cut.json, whole.json);
        assert_int_equal(access(path, F_OK), 0);
        unsigned long long first = cut.calls;
        free(cut.json);
        cut.calls = cut.budget = 0;
        check(&cut);
        assert_string_equal(cut.json, whole.json);
        if (cut.jobs == 0) /* else others have called it */
            assert_true(first > 0 && cut.calls < whole.calls);
        assert_int_equal(unlink(path), 0); /* it is the caller's to remove */
        free(cut.json);
        free(whole.json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_team_shares_the_columns),
                                       cmocka_unit_test(a_journal_keeps_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

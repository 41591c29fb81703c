/* Whoever runs the tasks, the report is the same, byte for byte but for times. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "team_of_threads.h"

enum { N = 300 }; /* more than are looked at one by one whatever it costs */

/* Bends, and kinks that some entries come close to. Reentrant: nothing but its arguments. */
static int value(void *user, size_t n, const double *x, double *f) {
    (void)user;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += sin(x[i]) * exp(0.1 * x[(i + 1) % n]) + fabs(x[i] - 0.2);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = cos(x[i]) * exp(0.1 * x[(i + 1) % n]) + (x[i] > 0.2 ? 1 : -1) +
               0.1 * sin(x[(i + n - 1) % n]) * exp(0.1 * x[i]);
    g[17] *= 1.5;
    return 0;
}

static gp_function *make_function(int reentrant) {
    gp_function *f;
    double x[N];
    size_t shape[] = {12, 25};
    for (size_t i = 0; i < N; i++)
        x[i] = 0.2 + 0.01 * (double)(i * i % 97) - 0.37;
    assert_int_equal(gp_function_create("wavy", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_add_block(f, "w", 0, 2, shape, x), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    assert_int_equal(gp_function_set_reentrant(f, reentrant), GP_OK);
    return f;
}

/* The report as JSON, without its times; the caller frees it. */
static char *report_of(int reentrant, gp_strategy strategy, unsigned jobs, const gp_team *team,
                       const char *journal) {
    gp_function *f = make_function(reentrant);
    gp_options options;
    gp_report *report;
    gp_error error = {""};
    gp_options_init(&options);
    options.strategy = strategy;
    options.jobs = jobs;
    options.team = team;
    options.journal = journal;
    if (gp_check(f, &options, &report, &error) != GP_OK)
        fail_msg("%s", error.message);
    char *text = testing_json(report);
    assert_non_null(strstr(text, "\"refuted\""));
    gp_report_destroy(report);
    gp_function_destroy(f);
    return text;
}

static void same(const char *expected, char *text) {
    assert_string_equal(text, expected);
    free(text);
}

static void test_threads_and_processes(void **state) {
    (void)state;
    for (int strategy = GP_AUTO; strategy <= GP_SAMPLE; strategy++) {
        char *alone = report_of(0, (gp_strategy)strategy, 0, NULL, NULL);
        for (unsigned jobs = 1; jobs < 4; jobs++)
            for (int reentrant = 0; reentrant < 2; reentrant++)
                same(alone, report_of(reentrant, (gp_strategy)strategy, jobs, NULL, NULL));
        free(alone);
    }
}

/* ---- hosts and functions that are in the way of worker processes ---- */

static void wait_for_everybody(int number) {
    int before = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = before;
}

static void test_workers_that_cannot_be_waited_for(void **state) {
    static void (*const HANDLERS[])(int) = {SIG_IGN, wait_for_everybody};
    (void)state;
    char *alone = report_of(0, GP_FULL, 0, NULL, NULL);
    for (int k = 0; k < 2; k++) {
        signal(SIGCHLD, HANDLERS[k]);
        for (unsigned jobs = 1; jobs < 3; jobs++)
            same(alone, report_of(0, GP_FULL, jobs, NULL, NULL));
        signal(SIGCHLD, SIG_DFL);
    }
    free(alone);
}

/* A thread that works out values, there from the first of them on. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    const double *x;
    double f;
    size_t n;
    int there, end;
} helper = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *help(void *argument) {
    pthread_mutex_lock(&helper.mutex);
    while (!helper.end) {
        if (helper.x)
            (void)value(argument, helper.n, helper.x, &helper.f);
        helper.x = NULL;
        pthread_cond_broadcast(&helper.changed);
        pthread_cond_wait(&helper.changed, &helper.mutex);
    }
    pthread_mutex_unlock(&helper.mutex);
    return NULL;
}

static int value_by_helper(void *user, size_t n, const double *x, double *f) {
    if (!helper.there)
        helper.there = pthread_create(&helper.thread, NULL, help, user) == 0;
    pthread_mutex_lock(&helper.mutex);
    helper.n = n;
    helper.x = x;
    pthread_cond_broadcast(&helper.changed);
    while (helper.x)
        pthread_cond_wait(&helper.changed, &helper.mutex);
    *f = helper.f;
    pthread_mutex_unlock(&helper.mutex);
    return 0;
}

static void test_a_function_with_threads(void **state) {
    (void)state;
    char *alone = report_of(0, GP_FULL, 0, NULL, NULL);
    for (unsigned jobs = 1; jobs < 3; jobs++) {
        gp_function *f = make_function(0);
        gp_options options;
        gp_report *report;
        gp_progress progress = {.entry = GP_NO_ENTRY};
        assert_int_equal(gp_function_set_value(f, value_by_helper), GP_OK);
        gp_options_init(&options);
        options.strategy = GP_FULL;
        options.jobs = jobs;
        options.progress = &progress;
        assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
        assert_true(progress.threaded);
        same(alone, testing_json(report));
        gp_report_destroy(report);
        gp_function_destroy(f);
        pthread_mutex_lock(&helper.mutex);
        helper.end = 1;
        pthread_cond_broadcast(&helper.changed);
        pthread_mutex_unlock(&helper.mutex);
        pthread_join(helper.thread, NULL);
        helper.there = helper.end = 0;
    }
    free(alone);
}

/* ---- threads, all that goes through them ---------------------------------------- */

static int map(void *user, size_t n, const double *x, size_t m, double *y) {
    (void)user;
    for (size_t j = 0; j < m; j++)
        y[j] = sin(x[j % n]) * x[(j + 1) % n];
    return 0;
}

static int vjp(void *user, size_t n, const double *x, size_t m, const double *u, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = 0;
    for (size_t j = 0; j < m; j++) {
        g[j % n] += u[j] * cos(x[j % n]) * x[(j + 1) % n];
        g[(j + 1) % n] += u[j] * sin(x[j % n]);
    }
    return 0;
}

static int entries(void *user, size_t n, const double *x, int same, size_t count,
                   const size_t *entry, const double *number, double *values) {
    double moved[N];
    (void)same;
    for (size_t k = 0; k < count; k++) {
        memcpy(moved, x, n * sizeof *x);
        moved[entry[k]] = number[k];
        (void)value(user, n, moved, &values[k]);
    }
    return 0;
}

static char *json_with_jobs(const gp_function *f, unsigned jobs) {
    gp_options options;
    gp_report *report;
    gp_options_init(&options);
    options.jobs = jobs;
    assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
    char *text = testing_json(report);
    gp_report_destroy(report);
    return text;
}

static void test_maps_and_single_entries_in_threads(void **state) {
    (void)state;
    gp_function *f = make_function(1);
    assert_int_equal(gp_function_set_map(f, 7, map), GP_OK);
    assert_int_equal(gp_function_set_vjp(f, vjp), GP_OK);
    char *alone = json_with_jobs(f, 0);
    same(alone, json_with_jobs(f, 3));
    free(alone);
    assert_int_equal(gp_function_set_entries(f, entries), GP_OK);
    alone = json_with_jobs(f, 0);
    same(alone, json_with_jobs(f, 3));
    free(alone);
    gp_function_destroy(f);
}

typedef struct stopping {
    gp_progress progress;
    unsigned evaluations;
} stopping;

/* In the middle of the check one of its threads asks for the end. */
static int value_that_stops(void *user, size_t n, const double *x, double *f) {
    stopping *s = user;
    unsigned evaluations = __atomic_add_fetch(&s->evaluations, 1, __ATOMIC_RELAXED);
    if (evaluations == 300)
        __atomic_store_n(&s->progress.stop, 1, __ATOMIC_RELAXED);
    if (evaluations > 300)
        usleep(1000); /* so that the thread which waits for the others has its turn */
    return value(NULL, n, x, f);
}

static void test_a_check_in_threads_can_be_stopped(void **state) {
    (void)state;
    gp_function *f = make_function(1);
    stopping s = {.progress = {.entry = GP_NO_ENTRY}};
    gp_options options;
    gp_report *report;
    gp_options_init(&options);
    options.jobs = 3;
    options.progress = &s.progress;
    assert_int_equal(gp_function_set_user(f, &s), GP_OK);
    assert_int_equal(gp_function_set_value(f, value_that_stops), GP_OK);
    assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
    assert_true(gp_report_interrupted(report));
    assert_true(s.evaluations >= 300);
    gp_report_destroy(report);
    gp_function_destroy(f);
}

/* ---- a team of threads ----------------------------------------------------------- */

typedef struct share {
    gp_strategy strategy;
    const char *journal;
    char *text;
} share;

static void *take_part(void *argument) {
    member *m = argument;
    share *s = m->task;
    s->text = report_of(1, s->strategy, 2, &m->team, s->journal);
    return NULL;
}

static void as_a_team(gp_strategy strategy, const char *journal) {
    share shares[RANKS];
    void *tasks[RANKS];
    char *alone = report_of(1, strategy, 0, NULL, NULL);
    for (int r = 0; r < RANKS; r++) {
        shares[r] = (share){strategy, journal, NULL};
        tasks[r] = &shares[r];
    }
    run_team(take_part, tasks);
    for (int r = 0; r < RANKS; r++)
        same(alone, shares[r].text);
    free(alone);
}

static void test_team(void **state) {
    (void)state;
    as_a_team(GP_AUTO, NULL);
    as_a_team(GP_FULL, NULL);
    as_a_team(GP_PROJECT, NULL);
}

static void test_journal(void **state) {
    (void)state;
    char path[] = "/tmp/gradproof-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    char *alone = report_of(0, GP_FULL, 0, NULL, NULL);
    same(alone, report_of(0, GP_FULL, 0, NULL, path));
    same(alone, report_of(0, GP_FULL, 0, NULL, path)); /* all of it from the journal */
    assert_int_equal(unlink(path), 0);                 /* it is the caller's to remove */
    same(alone, report_of(0, GP_FULL, 2, NULL, path));
    assert_int_equal(unlink(path), 0);
    as_a_team(GP_FULL, path);
    for (int r = 0; r < RANKS; r++) {
        char own[64];
        snprintf(own, sizeof own, "%s.%d", path, r);
        assert_int_equal(unlink(own), 0);
    }
    free(alone);
}

/* ---- budgets --------------------------------------------------------------------- */

static void test_budget(void **state) {
    (void)state;
    for (unsigned jobs = 0; jobs < 3; jobs++) {
        gp_function *f = make_function(0);
        gp_options options;
        gp_report *report;
        gp_options_init(&options);
        options.strategy = GP_FULL;
        options.jobs = jobs;
        options.budget_evaluations = 1500; /* first looks take less, everything takes more */
        assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
        assert_true(gp_report_interrupted(report));
        if (jobs == 0)
            assert_in_range(gp_report_evaluations(report, 0), 1400, 1500);
        gp_report_destroy(report);
        options.budget_evaluations = 0;
        options.budget_seconds = 1e-9;
        assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
        assert_true(gp_report_interrupted(report));
        assert_int_not_equal(gp_report_verdict(report), GP_VERIFIED);
        gp_report_destroy(report);
        /* auto: what the budget is enough for */
        options.strategy = GP_AUTO;
        options.budget_seconds = 0;
        options.budget_evaluations = 1500;
        assert_int_equal(gp_check(f, &options, &report, NULL), GP_OK);
        gp_block_result block;
        assert_int_equal(gp_report_block(report, 0, &block), GP_OK);
        assert_true(block.directions > 0 || block.verdict == GP_REFUTED);
        assert_true(block.count[GP_ENTRY_UNCHECKED] > 0);
        gp_report_destroy(report);
        gp_function_destroy(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_and_processes),
                                       cmocka_unit_test(test_workers_that_cannot_be_waited_for),
                                       cmocka_unit_test(test_a_function_with_threads),
                                       cmocka_unit_test(test_team),
                                       cmocka_unit_test(test_journal),
                                       cmocka_unit_test(test_budget),
                                       cmocka_unit_test(test_maps_and_single_entries_in_threads),
                                       cmocka_unit_test(test_a_check_in_threads_can_be_stopped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

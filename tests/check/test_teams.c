/* Ranks that fail by themselves: the others are told, wherever they are, and nobody waits for ever.
 */
#include <unistd.h>

#include "team_of_threads.h"

enum { N = 12 };

typedef enum mishap { NONE, GIVES_UP, NO_GRADIENT, NO_MEMORY, ANOTHER_SIZE, BAD_OPTION } mishap;

typedef struct subject {
    mishap mishap; /* of rank 1 */
    int calls;
    gp_status status;
    gp_error error;
    gp_report *report;
} subject;

static int value(void *user, size_t n, const double *x, double *f) {
    subject *s = user;
    *f = 0;
    for (size_t i = 0; i < n; i++)
        *f += x[i] * x[i] * (0.5 + x[i] / 3);
    return s->mishap == NO_MEMORY && ++s->calls > 30 ? GP_NO_MEMORY : 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    (void)user;
    for (size_t i = 0; i < n; i++)
        g[i] = x[i] * (1 + x[i]);
    return 0;
}

static void *take_part(void *argument) {
    member *m = argument;
    subject *s = m->task;
    gp_options options;
    gp_function *f;
    double x[2 * N];
    size_t n = s->mishap == ANOTHER_SIZE ? 2 * N : N;
    for (size_t i = 0; i < 2 * N; i++)
        x[i] = 0.5 + fmod((double)i * 0.618, 1.0);
    gp_options_init(&options);
    options.team = &m->team;
    options.rtol = s->mishap == BAD_OPTION ? 2 : 0;
    if (s->mishap == GIVES_UP) {
        gp_team_give_up(&m->team, GP_ERROR_INPUT, "no such file");
        s->status = GP_ERROR_INPUT;
        return NULL;
    }
    gp_function_create("f", GP_FLOAT64, s, &f);
    gp_function_add_block(f, "w", 0, 1, &n, x);
    gp_function_set_value(f, value);
    if (s->mishap != NO_GRADIENT)
        gp_function_set_gradient(f, gradient);
    s->status = gp_check(f, &options, &s->report, &s->error);
    gp_function_destroy(f);
    return NULL;
}

static void a_failure_of_one_is_told_to_all(void **state) {
    (void)state;
    static const struct {
        mishap mishap;
        gp_status status;
        const char *line; /* that the others are told */
    } CASES[] = {{NONE, GP_OK, ""},
                 {GIVES_UP, GP_ERROR_INPUT, "rank 1: no such file"},
                 {NO_GRADIENT, GP_ERROR_ARGUMENT, "rank 1: f"},
                 {BAD_OPTION, GP_ERROR_ARGUMENT, "rank 1: options: rtol"},
                 {NO_MEMORY, GP_ERROR_MEMORY, "rank 1: a callback is out of memory"}};
    alarm(60);
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        subject subjects[RANKS] = {0};
        void *tasks[RANKS];
        for (int r = 0; r < RANKS; r++)
            tasks[r] = &subjects[r];
        subjects[1].mishap = CASES[k].mishap;
        run_team(take_part, tasks);
        for (int r = 0; r < RANKS; r++) {
            if (subjects[r].status != CASES[k].status)
                fail_msg("case %zu, rank %d: %d, %s", k, r, subjects[r].status,
                         subjects[r].error.message);
            if (r != 1 && !strstr(subjects[r].error.message, CASES[k].line))
                fail_msg("case %zu, rank %d: %s", k, r, subjects[r].error.message);
            gp_report_destroy(subjects[r].report);
        }
    }
    alarm(0);
}

static void ranks_with_different_functions_are_told_so(void **state) {
    (void)state;
    subject subjects[RANKS] = {0};
    void *tasks[RANKS];
    for (int r = 0; r < RANKS; r++)
        tasks[r] = &subjects[r];
    subjects[1].mishap = ANOTHER_SIZE;
    alarm(60);
    run_team(take_part, tasks);
    alarm(0);
    for (int r = 0; r < RANKS; r++) {
        assert_int_equal(subjects[r].status, GP_OK);
        assert_int_equal(gp_report_verdict(subjects[r].report), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(subjects[r].report), "different ways"));
        gp_report_destroy(subjects[r].report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_of_one_is_told_to_all),
        cmocka_unit_test(ranks_with_different_functions_are_told_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A function spread over ranks: each holds some of the blocks, and all come to the verdict of one
 * process that holds them all. */
#include <unistd.h>

#include "team_of_threads.h"

enum { ROWS = 40, COLUMNS = 50, A = ROWS * COLUMNS, B = 700, C = 1300, N = A + B + C };

typedef enum mistake { NONE, ONE_ENTRY, ROW, BLOCK, NOT_A_NUMBER, DISAGREE } mistake;

typedef struct subject {
    const gp_team *team; /* NULL: all of it is here */
    mistake mistake;
    size_t first, end; /* this rank's entries */
    gp_verdict verdict;
    char *json;
} subject;

/* sum over all ranks, in their order */
static double sum_over(const gp_team *team, double mine) {
    double all[RANKS], sum = 0;
    if (!team)
        return mine;
    team->gather(team->context, &mine, sizeof mine, all);
    for (int r = 0; r < RANKS; r++)
        sum += all[r];
    return sum;
}

/* f = mean of x^2 / 2 + x^3 / 30, plus the square of the mean of x, over 4 */
static int value(void *user, size_t n, const double *x, double *v) {
    subject *s = user;
    double some = 0, mean = 0;
    for (size_t i = s->first; i < s->end; i++) {
        some += x[i] * x[i] * (0.5 + x[i] / 30);
        mean += x[i];
    }
    some = sum_over(s->team, some) / (double)n;
    mean = sum_over(s->team, mean) / (double)n;
    *v = some + mean * mean / 4;
    if (s->mistake == DISAGREE && s->team && s->team->rank == 1)
        *v += 1e-9;
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    subject *s = user;
    double mean = 0;
    for (size_t i = s->first; i < s->end; i++)
        mean += x[i];
    mean = sum_over(s->team, mean) / (double)n;
    for (size_t i = s->first; i < s->end; i++) {
        g[i] = (x[i] + x[i] * x[i] / 10 + mean / 2) / (double)n;
        if ((s->mistake == ONE_ENTRY && i == A + 123) ||
            (s->mistake == ROW && i / COLUMNS == 17 && i < A) ||
            (s->mistake == BLOCK && i >= A + B))
            g[i] *= 1.5;
        if (s->mistake == NOT_A_NUMBER && i == A + B)
            g[i] = NAN;
    }
    return 0;
}

static void check(subject *s) {
    static const size_t sizes[RANKS] = {A, B, C}, matrix[] = {ROWS, COLUMNS};
    static const char *const names[RANKS] = {"A", "b", "c"};
    gp_function *f;
    gp_options options;
    gp_report *report;
    gp_error error = {""};
    double x[N];
    size_t at = 0;
    for (size_t i = 0; i < N; i++)
        x[i] = 0.5 + fmod((double)i * 0.618, 1.0);
    assert_int_equal(gp_function_create("spread", GP_FLOAT64, s, &f), GP_OK);
    if (s->team)
        assert_int_equal(gp_function_set_team(f, s->team), GP_OK);
    for (int b = 0; b < RANKS; b++, at += sizes[b - 1]) {
        int own = !s->team || s->team->rank == b;
        if (own)
            s->end = at + sizes[b];
        if (own && s->team)
            s->first = at;
        assert_int_equal(gp_function_add_block(f, names[b], 0, b ? 1 : 2, b ? &sizes[b] : matrix,
                                               own ? x + at : NULL),
                         GP_OK);
    }
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    gp_options_init(&options);
    options.strategy = s->team ? GP_AUTO : GP_PROJECT;
    if (gp_check(f, &options, &report, &error) != GP_OK)
        fail_msg("%s", error.message);
    s->verdict = gp_report_verdict(report);
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

/* Leaves rank 0's subject in *first; its json is the caller's. */
static void check_as_team(mistake m, subject *first) {
    subject subjects[RANKS];
    void *tasks[RANKS];
    for (int r = 0; r < RANKS; r++) {
        subjects[r] = (subject){.mistake = m};
        tasks[r] = &subjects[r];
    }
    run_team(take_part, tasks);
    for (int r = 1; r < RANKS; r++) {
        assert_string_equal(subjects[r].json, subjects[0].json);
        free(subjects[r].json);
    }
    *first = subjects[0];
}

static void ranks_come_to_one_verdict(void **state) {
    (void)state;
    static const struct {
        mistake mistake;
        gp_verdict verdict;
        const char *words;
    } CASES[] = {{NONE, GP_VERIFIED, "\"verified\""},
                 {ONE_ENTRY, GP_REFUTED, "1 of the 700 entries of b is wrong: b[123]"},
                 {ROW, GP_REFUTED, "A[17][:]"},
                 {BLOCK, GP_REFUTED, "\"scaled\""},
                 {NOT_A_NUMBER, GP_FAILED, "on some rank"},
                 {DISAGREE, GP_FAILED, "reduce it to the same number on all"}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        subject team, alone = {.mistake = CASES[k].mistake};
        check_as_team(CASES[k].mistake, &team);
        if (team.verdict != CASES[k].verdict)
            fail_msg("case %zu: %s", k, team.json);
        if (!strstr(team.json, CASES[k].words))
            fail_msg("%s not in %s", CASES[k].words, team.json);
        if (CASES[k].mistake <= BLOCK) {
            check(&alone);
            assert_int_equal(alone.verdict, team.verdict);
            assert_non_null(strstr(alone.json, CASES[k].words));
            free(alone.json);
        }
        free(team.json);
    }
}

static int never(void *context, const void *mine, size_t bytes, void *all) {
    (void)context, (void)mine, (void)bytes, (void)all;
    return -1;
}

static void what_does_not_go_is_refused(void **state) {
    (void)state;
    gp_function *f;
    gp_team team = {NULL, 0, 2, never};
    double x[4] = {1, 2, 3, 4};
    size_t four = 4;
    assert_int_equal(gp_function_create("f", GP_FLOAT64, NULL, &f), GP_OK);
    assert_int_equal(gp_function_set_team(f, &team), GP_OK);
    assert_int_equal(gp_function_add_block(f, "a", 0, 1, &four, x), GP_OK);
    assert_int_equal(gp_function_add_block(f, "b", 0, 1, &four, NULL), GP_OK);
    assert_int_equal(gp_function_set_value(f, value), GP_OK);
    assert_int_equal(gp_function_set_gradient(f, gradient), GP_OK);
    gp_options options;
    gp_report *report;
    gp_error error = {""};
    gp_options_init(&options);
    options.strategy = GP_FULL;
    assert_int_equal(gp_check(f, &options, &report, &error), GP_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "random directions"));
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ranks_come_to_one_verdict),
                                       cmocka_unit_test(what_does_not_go_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

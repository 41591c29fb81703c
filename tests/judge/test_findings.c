/* Which finding takes the place of which, for every origin, what it finds and what there was. */
#include "judge/findings.h"
#include "testing.h"

/* Of each origin: what was there, and what it becomes. V verified, R refuted, U unresolved, K kink,
 * X unexercised, - unchecked. Whatever isn't here leaves what was there. */
static const struct {
    gp_origin origin;
    const char *changes;
} ALLOWED[] = {
    {GP_FROM_CALLBACK, "-R VR RR UR KR XR"},
    {GP_FROM_GIVEN_POINT, "-V -R -U -K -X"},
    {GP_FROM_ROUNDING, "RU"},
    {GP_FROM_FURTHER_POINT, "XV XR XK UV UR UK KV KR KK"},
    {GP_FROM_FEWER_EXAMPLES, "UV"},
    {GP_FROM_SECOND_OPINION, "-R VR UR KR XR"},
    {GP_FROM_DIRECTIONS, "U-"},
    {GP_FROM_WHAT_WAS_BEFORE, "R- RV RU RK RX V- VV VU VK VX K- KV KU KK KX"},
    {GP_FROM_SILENCE, "XU"},
    {GP_FROM_WITNESS, ""},
};

static const char LETTER[GP_ENTRY_STATUSES + 1] = "-VRUKX";

static int is_allowed(const char *changes, char before, char after) {
    for (; *changes; changes += changes[2] ? 3 : 2)
        if (changes[0] == before && changes[1] == after)
            return 1;
    return 0;
}

/* placed: the report has places for entries, or room for what is put in. */
static void try_all(size_t placed) {
    double x[3] = {1, 2, 3};
    testing_pair none = {0};
    gp_function *f = testing_function(&none, 3, x);
    assert_int_equal(sizeof ALLOWED / sizeof *ALLOWED, GP_ORIGINS);
    for (size_t k = 0; k < GP_ORIGINS; k++)
        for (int before = 0; before < GP_ENTRY_STATUSES; before++)
            for (int after = 0; after < GP_ENTRY_STATUSES; after++) {
                gp_report *r;
                gp_entry was = {.status = (gp_entry_status)before, .analytic = 1};
                gp_entry found = {.status = (gp_entry_status)after, .analytic = 2};
                int allowed = is_allowed(ALLOWED[k].changes, LETTER[before], LETTER[after]);
                assert_int_equal(gp_report_create(f, "f", placed, &r), GP_OK);
                assert_int_equal(gp_findings_put(r, GP_FROM_GIVEN_POINT, 1, &was), GP_OK);
                assert_int_equal(gp_findings_put(r, ALLOWED[k].origin, 1, &found), GP_OK);
                const gp_entry *now = gp_report_at(r, 1);
                assert_int_equal(now->status, allowed ? after : before);
                if (before != GP_ENTRY_UNCHECKED || allowed)
                    assert_true(now->analytic == (allowed ? 2 : 1));
                assert_int_equal(gp_report_at(r, 0)->status, GP_ENTRY_UNCHECKED);
                assert_int_equal(gp_report_at(r, 2)->status, GP_ENTRY_UNCHECKED);
                gp_report_destroy(r);
            }
    gp_function_destroy(f);
}

static void what_is_found_takes_the_place_of_what_it_may(void **state) {
    (void)state;
    try_all(3);
    try_all(0);
}

static void a_refuted_block_stays_refuted(void **state) {
    (void)state;
    double x[1] = {1};
    testing_pair none = {0};
    gp_function *f = testing_function(&none, 1, x);
    gp_report *r;
    assert_int_equal(gp_report_create(f, "f", 1, &r), GP_OK);
    static const gp_verdict put[] = {GP_INCONCLUSIVE, GP_VERIFIED, GP_REFUTED, GP_VERIFIED,
                                     GP_INCONCLUSIVE};
    static const gp_verdict then[] = {GP_INCONCLUSIVE, GP_VERIFIED, GP_REFUTED, GP_REFUTED,
                                      GP_REFUTED};
    for (size_t k = 0; k < sizeof put / sizeof *put; k++) {
        gp_findings_put_block(r, 0, put[k]);
        assert_int_equal(r->block[0].whole, then[k]);
    }
    gp_report_destroy(r);
    gp_function_destroy(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_takes_the_place_of_what_it_may),
        cmocka_unit_test(a_refuted_block_stays_refuted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

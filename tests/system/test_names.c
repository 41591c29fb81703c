/* Names found by halving are those that a walk through all of them finds. */
#include "system/names.h"
#include "testing.h"

static void found_as_by_a_walk(void **state) {
    (void)state;
    static const char *const NAMES[] = {"b", "", "a", "b", "c", "aa", "b", "\xff", "B"};
    static const char *const WANTED[] = {"a", "b", "c", "aa", "ab", "", "\xff", "B", "A", "d"};
    enum { COUNT = sizeof NAMES / sizeof *NAMES };
    for (size_t count = 0; count <= COUNT; count++) {
        gp_names names;
        assert_int_equal(gp_names_sort(&names, NAMES, count), 0);
        for (size_t w = 0; w < sizeof WANTED / sizeof *WANTED; w++) {
            size_t first = count, times = 0, found;
            for (size_t k = count; k-- > 0;)
                if (strcmp(NAMES[k], WANTED[w]) == 0) {
                    first = k;
                    times++;
                }
            assert_int_equal(gp_names_find(&names, WANTED[w], &found), first);
            assert_int_equal(found, times);
            assert_int_equal(gp_names_find(&names, WANTED[w], NULL), first);
        }
        gp_names_clear(&names);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(found_as_by_a_walk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

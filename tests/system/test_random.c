#include <Random123/threefry.h>

#include "system/random.h"
#include "testing.h"

static void numbers_depend_on_their_address_alone(void **state) {
    (void)state;
    uint64_t first = gp_random_bits(7, GP_STREAM_POINT, 3, 11);
    (void)gp_random_bits(7, GP_STREAM_POINT, 3, 12);
    assert_true(gp_random_bits(7, GP_STREAM_POINT, 3, 11) == first);
    assert_true(gp_random_bits(8, GP_STREAM_POINT, 3, 11) != first);
    assert_true(gp_random_bits(7, GP_STREAM_NOISE, 3, 11) != first);
    assert_true(gp_random_bits(7, GP_STREAM_POINT, 4, 11) != first);
}

/* Mean, variance and fourth moment of 200,000 numbers, within five standard errors. */
static void moments_are_right(void **state) {
    (void)state;
    enum { COUNT = 200000 };
    double u1 = 0, u2 = 0, z1 = 0, z2 = 0, z4 = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double u = gp_random_uniform(1, GP_STREAM_DIRECTION, 0, i) - 0.5;
        double z = gp_random_normal(1, GP_STREAM_DIRECTION, 1, i);
        assert_true(fabs(u) < 0.5);
        u1 += u / COUNT;
        u2 += u * u / COUNT;
        z1 += z / COUNT;
        z2 += z * z / COUNT;
        z4 += z * z * z * z / COUNT;
    }
    assert_near(u1, 0, 5 * sqrt(1.0 / 12 / COUNT));
    assert_near(u2, 1.0 / 12, 5 * sqrt(1.0 / 180 / COUNT));
    assert_near(z1, 0, 5 * sqrt(1.0 / COUNT));
    assert_near(z2, 1, 5 * sqrt(2.0 / COUNT));
    assert_near(z4, 3, 5 * sqrt(96.0 / COUNT));
}

/* Many side by side are what Random123 makes of them one by one. */
static void vectors_are_of_the_same_generator(void **state) {
    (void)state;
    static const struct {
        uint64_t first;
        size_t count;
    } PIECES[] = {{0, 8}, {3, 1}, {5, 700}, {8, 64}, {1000003, 517}};
    double u[700];
    for (size_t p = 0; p < sizeof PIECES / sizeof *PIECES; p++) {
        uint64_t first = PIECES[p].first;
        gp_random_symmetric(9, GP_STREAM_DIRECTION, 4, first, PIECES[p].count, u);
        for (size_t i = 0; i < PIECES[p].count; i++) {
            threefry2x64_key_t key = {{9, GP_STREAM_DIRECTION}};
            threefry2x64_ctr_t at = {{(first + i) / 8, 4}};
            threefry2x64_ctr_t drawn = threefry2x64_R(13, at, key);
            unsigned lane = (unsigned)((first + i) % 8);
            uint64_t bits = drawn.v[lane / 4] >> (16 * (lane % 4)) & 0xFFFF;
            assert_near(u[i], ((double)bits + 0.5) / 32768 - 1, 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_depend_on_their_address_alone),
                                       cmocka_unit_test(moments_are_right),
                                       cmocka_unit_test(vectors_are_of_the_same_generator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Spaces: coordinates and their derivatives by differences, and checks of right and wrong gradients
 * in every form. */
#include "manifold/space.h"
#include "manifold/subjects.h"
#include "system/random.h"
#include "testing.h"

enum { MOST = SUBJECT_MOST };

static const gp_geometry *const ALL[] = {&GP_SPACE_SO3,
                                         &GP_SPACE_QUATERNION,
                                         &GP_SPACE_QUATERNION_XYZW,
                                         &GP_SPACE_SE3,
                                         &GP_SPACE_SPHERE,
                                         &GP_SPACE_STIEFEL,
                                         &GP_SPACE_POSITIVE_DEFINITE,
                                         &GP_SPACE_SYMMETRIC,
                                         &GP_SPACE_SKEW,
                                         &GP_SPACE_LOWER,
                                         &GP_SPACE_UPPER,
                                         &GP_SPACE_HERMITIAN,
                                         &GP_SPACE_COMPLEX};

static const gp_geometry *geometry_of(const char *name) {
    for (size_t k = 0; k < sizeof ALL / sizeof *ALL; k++)
        if (strcmp(ALL[k]->name, name) == 0)
            return ALL[k];
    fail_msg("no space %s", name);
    return NULL;
}

static gp_item item_of(const subject *s) {
    const gp_geometry *g = geometry_of(s->space);
    const size_t *extent = s->shape + s->dimensions - g->dimensions;
    gp_item item = {.geometry = g,
                    .rows = extent[0],
                    .columns = g->dimensions > 1 ? extent[1] : 1,
                    .numbers = 1};
    for (size_t k = 0; k < g->dimensions; k++)
        item.numbers *= extent[k];
    g->size(&item);
    return item;
}

static double chance(size_t stream, size_t i) {
    return gp_random_normal(7, GP_STREAM_POINT, stream, i);
}

/* ---- coordinates --------------------------------------------------------------------- */

static void every_space_is_in_the_table(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof ALL / sizeof *ALL; k++)
        assert_string_equal(gp_space_name(k), ALL[k]->name);
    assert_null(gp_space_name(sizeof ALL / sizeof *ALL));
    for (size_t k = 0; gp_space_name(k); k++) {
        const subject *s = SUBJECTS;
        while (s->name && strcmp(s->space, gp_space_name(k)) != 0)
            s++;
        assert_non_null(s->name);
        assert_non_null(gp_space_gradient(k, 0));
    }
}

static void points_stay_in_their_space(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++) {
        gp_item item = item_of(s);
        size_t k = gp_item_coordinates(&item);
        double v[MOST] = {0}, x[MOST];
        for (size_t draw = 0; draw < 20; draw++) {
            assert_int_equal(item.geometry->plus(&item, s->x, v, x), 0);
            for (size_t i = 0; i < item.numbers && draw == 0; i++)
                assert_near(x[i], s->x[i], 1e-15);
            if (item.geometry->off)
                assert_near(item.geometry->off(&item, x), 0, 1e-12);
            for (size_t i = 0; i < k; i++)
                v[i] = (double)draw / 5 * chance(draw, i);
        }
    }
}

/* (d(x0 (+) v)/dv)' G by central differences of <G, x0 (+) v> of order 4 */
static void derivatives_are_those_of_the_coordinates(void **state) {
    static const double H = 1e-3;
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++) {
        gp_item item = item_of(s);
        size_t k = gp_item_coordinates(&item), n = item.numbers;
        double v[MOST] = {0}, x[MOST], G[MOST], g[MOST];
        for (size_t draw = 0; draw < 6; draw++) {
            for (size_t i = 0; i < n; i++)
                G[i] = chance(100 + draw, i);
            assert_int_equal(item.geometry->plus(&item, s->x, v, x), 0);
            assert_int_equal(item.geometry->pull(&item, s->x, v, x, G, g), 0);
            for (size_t c = 0; c < k; c++) {
                static const double WEIGHT[] = {1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12};
                double slope = 0, at = v[c];
                for (int q = -2; q <= 2; q++) {
                    v[c] = at + q * H;
                    assert_int_equal(item.geometry->plus(&item, s->x, v, x), 0);
                    for (size_t i = 0; i < n; i++)
                        slope += WEIGHT[q + 2] * G[i] * x[i] / H;
                }
                v[c] = at;
                assert_near(g[c], slope, 1e-9 * (1 + fabs(slope)));
            }
            for (size_t i = 0; i < k; i++)
                v[i] = 0.7 * chance(draw, i);
        }
    }
}

/* What is projected is moved by the same coordinates, and once is enough. */
static void projections_keep_what_is_tangent(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++) {
        gp_item item = item_of(s);
        double G[MOST], P[MOST], g[MOST], p[MOST], zero[MOST] = {0};
        if (!item.geometry->project)
            continue;
        for (size_t i = 0; i < item.numbers; i++)
            P[i] = G[i] = chance(200, i);
        assert_int_equal(item.geometry->project(&item, s->x, P), 0);
        assert_int_equal(item.geometry->pull(&item, s->x, zero, s->x, G, g), 0);
        assert_int_equal(item.geometry->pull(&item, s->x, zero, s->x, P, p), 0);
        for (size_t i = 0; i < gp_item_coordinates(&item); i++)
            assert_near(g[i], p[i], 1e-13);
        memcpy(G, P, sizeof G);
        assert_int_equal(item.geometry->project(&item, s->x, G), 0);
        for (size_t i = 0; i < item.numbers; i++)
            assert_near(G[i], P[i], 1e-13);
    }
}

/* ---- checks --------------------------------------------------------------------------- */

typedef enum mistake { NONE, NEGATED, DOUBLED, ZEROED, ENTRY, MISTAKES } mistake;

typedef struct under_test {
    const subject *s;
    size_t form; /* that the gradient is given in */
    mistake mistake;
    size_t items;
    double offset; /* of what follows the items, if anything does */
} under_test;

static void spoil(mistake m, const subject *s, size_t n, double *g) {
    int below = strcmp(s->space, "skew") == 0 || strcmp(s->space, "lower") == 0;
    int above = strcmp(s->space, "upper") == 0;
    size_t largest = 0;
    for (size_t i = 0; i < n; i++) { /* among those that are parameters */
        int counts = below ? i / 3 > i % 3 : above ? i / 3 < i % 3 : 1;
        largest = counts && (fabs(g[i]) > fabs(g[largest]) || largest == 0) ? i : largest;
        g[i] *= m == NEGATED ? -1 : m == DOUBLED ? 2 : m == ZEROED ? 0 : 1;
    }
    if (m == ENTRY)
        g[largest] *= 1.1;
}

static int value(void *user, size_t n, const double *x, double *v) {
    const under_test *t = user;
    size_t each = subject_entries(t->s);
    *v = 0;
    for (size_t q = 0; q < t->items; q++)
        *v += (double)(q + 1) * t->s->value(x + q * each);
    if (n > t->items * each)
        *v *= exp(x[n - 1]);
    return 0;
}

static int gradient(void *user, size_t n, const double *x, double *g) {
    const under_test *t = user;
    size_t each = subject_entries(t->s), numbers = t->s->form[t->form].numbers;
    double v, last = n > t->items * each ? exp(x[n - 1]) : 1;
    for (size_t q = 0; q < t->items; q++) {
        t->s->form[t->form].gradient(x + q * each, g + q * numbers);
        for (size_t i = 0; i < numbers; i++)
            g[q * numbers + i] *= (double)(q + 1) * last;
    }
    spoil(t->mistake, t->s, t->items * numbers, g);
    value(user, n, x, &v);
    if (n > t->items * each)
        g[t->items * numbers] = v;
    return 0;
}

static int gradient_f32(void *user, size_t n, const float *x, float *g) {
    double wide[2 * MOST], h[2 * MOST];
    const under_test *t = user;
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    gradient(user, n, wide, h);
    for (size_t i = 0; i < t->items * t->s->form[t->form].numbers; i++)
        g[i] = (float)h[i];
    return 0;
}

static int value_f32(void *user, size_t n, const float *x, double *v) {
    double wide[2 * MOST];
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    value(user, n, wide, v);
    *v = (double)(float)*v;
    return 0;
}

static gp_function *make(under_test *t, gp_dtype dtype, const char *declared) {
    const subject *s = t->s;
    size_t shape[4] = {t->items, s->shape[0], s->shape[1], s->shape[2]}, n = subject_entries(s);
    double x[4 * MOST];
    gp_function *f;
    t->items = t->items ? t->items : 1;
    for (size_t i = 0; i < t->items * n; i++)
        x[i] = s->x[i % n];
    assert_int_equal(gp_function_create(s->name, dtype, t, &f), GP_OK);
    gp_function_add_block(f, "X", 0, s->dimensions + (shape[0] > 0), shape + (shape[0] == 0), x);
    gp_function_set_space(f, "X", s->space, declared);
    gp_function_set_value(f, value);
    if (dtype == GP_FLOAT64)
        gp_function_set_gradient(f, gradient);
    else
        gp_function_set_gradient(f, gradient_f32);
    return f;
}

static void expect(under_test *t, gp_dtype dtype, const char *declared, gp_verdict verdict,
                   const char *kind, const char *words) {
    gp_function *f = make(t, dtype, declared);
    gp_report *r = testing_check(f, NULL);
    if (gp_report_verdict(r) != verdict) {
        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
        fail_msg("%s in %s, declared %s, given %s, mistake %d", t->s->name, t->s->space, declared,
                 t->s->form[t->form].word, t->mistake);
    }
    int named = kind == NULL;
    for (size_t k = 0; k < gp_report_blocks(r) && !named; k++) {
        gp_block_result b;
        assert_int_equal(gp_report_block(r, k, &b), GP_OK);
        for (size_t d = 0; d < b.diagnoses; d++)
            named |= strcmp(b.diagnosis[d].kind, kind) == 0 &&
                     (!words || strstr(b.diagnosis[d].message, words));
    }
    if (!named) {
        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
        fail_msg("%s in %s, declared %s, given %s: no %s (%s)", t->s->name, t->s->space, declared,
                 t->s->form[t->form].word, kind, words ? words : "");
    }
    gp_report_destroy(r);
    gp_function_destroy(f);
}

static void right_gradients_are_verified(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++)
        for (size_t k = 0; s->form[k].word; k++) {
            under_test t = {.s = s, .form = k};
            expect(&t, GP_FLOAT64, s->form[k].word, GP_VERIFIED, NULL, NULL);
        }
}

static void mistakes_are_refuted(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++)
        for (size_t k = 0; s->form[k].word; k++)
            for (mistake m = NEGATED; m < MISTAKES; m++) {
                under_test t = {.s = s, .form = k, .mistake = m};
                expect(&t, GP_FLOAT64, s->form[k].word, GP_REFUTED, NULL, NULL);
            }
}

static void right_float32_gradients_are_verified_against_float64_values(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++)
        for (size_t k = 0; s->form[k].word; k++) {
            under_test t = {.s = s, .form = k};
            expect(&t, GP_FLOAT32, s->form[k].word, GP_VERIFIED, NULL, NULL);
            t.mistake = ENTRY;
            expect(&t, GP_FLOAT32, s->form[k].word, GP_REFUTED, NULL, NULL);
        }
}

static void float32_values_refute_nothing_right(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++)
        for (mistake m = NONE; m <= ENTRY; m += ENTRY) {
            under_test t = {.s = s, .mistake = m};
            gp_function *f = make(&t, GP_FLOAT32, s->form[0].word);
            gp_function_set_value(f, value_f32);
            gp_report *r = testing_check(f, NULL);
            if (m == NONE ? gp_report_verdict(r) == GP_REFUTED : gp_report_verdict(r) != GP_REFUTED)
                gp_report_print(r, stdout, GP_PRINT_VERBOSE);
            if (m == NONE)
                assert_int_not_equal(gp_report_verdict(r), GP_REFUTED);
            else
                assert_int_equal(gp_report_verdict(r), GP_REFUTED);
            gp_report_destroy(r);
            gp_function_destroy(f);
        }
}

/* Is a gradient of one form right in another's? Tangent ones are ambient ones, too. */
static int is_right_too(const subject *s, const char *declared, const char *given) {
    int of_vectors = strcmp(s->space, "sphere") == 0 || strcmp(s->space, "stiefel") == 0;
    if (of_vectors && strcmp(declared, "ambient") == 0)
        return strcmp(given, "riemannian") == 0;
    if (strcmp(declared, "stored") == 0 && strcmp(given, "ambient") == 0)
        return 1; /* all of it is stored */
    return strcmp(s->name, "rayleigh") == 0;
}

static const char *words_of(const subject *s, const char *word) {
    for (const gp_reading *r = geometry_of(s->space)->readings; r->covector; r++)
        if (r->name && strcmp(r->name, word) == 0)
            return r->text;
    fail_msg("%s has no %s", s->space, word);
    return NULL;
}

static void other_conventions_are_named(void **state) {
    size_t pairs = 0;
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++)
        for (size_t declared = 0; s->form[declared].word; declared++)
            for (size_t given = 0; s->form[given].word; given++) {
                const char *word = s->form[declared].word, *other = s->form[given].word;
                if (given == declared || s->form[given].numbers != s->form[declared].numbers)
                    continue;
                under_test t = {.s = s, .form = given};
                int of_vectors = !strcmp(s->space, "sphere") || !strcmp(s->space, "stiefel");
                int unprojected =
                    of_vectors && !strcmp(word, "riemannian") && !strcmp(other, "ambient");
                if (is_right_too(s, word, other))
                    expect(&t, GP_FLOAT64, word, GP_VERIFIED, NULL, NULL);
                else if (unprojected)
                    expect(&t, GP_FLOAT64, word, GP_REFUTED, "not-tangent", "was it projected");
                else
                    expect(&t, GP_FLOAT64, word, GP_REFUTED, "convention", words_of(s, other));
                pairs++;
            }
    assert_true(pairs > 80);
}

/* ---- mistakes that no convention is ------------------------------------------------------ */

/* What a mistake makes of a right ambient gradient. */
static void transpose_rotation(size_t stride, double *g) {
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < i; j++) {
            double upper = g[j * stride + i];
            g[j * stride + i] = g[i * stride + j];
            g[i * stride + j] = upper;
        }
}

static void so3_transposed(const double *x, double *g) {
    SUBJECTS[0].form[0].gradient(x, g);
    transpose_rotation(3, g);
}

static const subject *find(const char *name, const char *space) {
    const subject *s = SUBJECTS;
    while (strcmp(s->name, name) != 0 || strcmp(s->space, space) != 0)
        s++;
    return s;
}

static void se3_transposed(const double *x, double *g) {
    find("scene", "SE3")->form[0].gradient(x, g);
    transpose_rotation(4, g);
}

static void other_order(const double *x, double *g) {
    double first[4];
    find("cloud", "quaternion")->form[0].gradient(x, first);
    const double last[4] = {first[1], first[2], first[3], first[0]};
    memcpy(g, last, sizeof last);
}

static void other_order_last(const double *x, double *g) {
    double last[4];
    find("cloud", "quaternion-xyzw")->form[0].gradient(x, last);
    const double first[4] = {last[3], last[0], last[1], last[2]};
    memcpy(g, first, sizeof first);
}

static void common_mistakes_are_named(void **state) {
    const struct {
        const subject *of;
        subject_gradient wrong;
        const char *kind, *words;
    } CASES[] = {{&SUBJECTS[0], so3_transposed, "transposed", "the transpose"},
                 {find("scene", "SE3"), se3_transposed, "transposed", "rotation is transposed"},
                 {find("cloud", "quaternion"), other_order, "order", "the other order"},
                 {find("cloud", "quaternion-xyzw"), other_order_last, "order", "the other order"}};
    (void)state;
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        subject wrong = *CASES[k].of;
        wrong.form[0].gradient = CASES[k].wrong;
        under_test t = {.s = &wrong};
        expect(&t, GP_FLOAT64, "ambient", GP_REFUTED, CASES[k].kind, CASES[k].words);
    }
}

/* The same for signs and factors, which are named in tangent coordinates. */
static void signs_and_factors_are_named(void **state) {
    (void)state;
    for (const subject *s = SUBJECTS; s->name; s++) {
        under_test t = {.s = s, .mistake = NEGATED};
        if (strcmp(s->space, "complex") == 0 || strcmp(s->space, "hermitian") == 0)
            continue; /* see below */
        expect(&t, GP_FLOAT64, s->form[0].word, GP_REFUTED, "sign", NULL);
        t.mistake = DOUBLED;
        expect(&t, GP_FLOAT64, s->form[0].word, GP_REFUTED, "scaled", NULL);
    }
    under_test t = {.s = find("squares", "complex"), .form = 3, .mistake = DOUBLED};
    expect(&t, GP_FLOAT64, "dzbar", GP_REFUTED, "convention", "PyTorch");
    t.mistake = NEGATED;
    expect(&t, GP_FLOAT64, "dzbar", GP_REFUTED, "sign", NULL);
}

/* ---- without a space ----------------------------------------------------------------------- */

static void expect_without(const subject *s, mistake m, gp_verdict verdict, const char *kind) {
    under_test t = {.s = s, .mistake = m, .items = 1};
    gp_function *f;
    gp_block_result b;
    gp_function_create(s->name, GP_FLOAT64, &t, &f);
    gp_function_add_block(f, "X", 0, s->dimensions, s->shape, s->x);
    gp_function_set_value(f, value);
    gp_function_set_gradient(f, gradient);
    gp_report *r = testing_check(f, NULL);
    gp_report_block(r, 0, &b);
    int named = 0;
    for (size_t d = 0; d < b.diagnoses; d++)
        named |= strcmp(b.diagnosis[d].kind, "symmetrised") == 0;
    if (named != (kind != NULL) || gp_report_verdict(r) != verdict)
        gp_report_print(r, stdout, GP_PRINT_VERBOSE);
    assert_int_equal(gp_report_verdict(r), verdict);
    assert_int_equal(named, kind != NULL);
    gp_report_destroy(r);
    gp_function_destroy(f);
}

/* likelihood and eigenvalue read the lower triangle, and rightly have no derivatives elsewhere. */
static void symmetrised_gradients_are_named_without_a_space(void **state) {
    (void)state;
    expect_without(find("likelihood", "symmetric"), NONE, GP_REFUTED, "symmetrised");
    expect_without(find("likelihood, upper", "symmetric"), NONE, GP_REFUTED, "symmetrised");
    expect_without(find("eigenvalue", "symmetric"), NONE, GP_REFUTED, "symmetrised");
    /* Right at the given point, and wrong beside the symmetric ones: it reads all of S. */
    expect_without(find("likelihood, lower", "symmetric"), NONE, GP_REFUTED, NULL);
    expect_without(find("eigenvalue, lower", "symmetric"), NONE, GP_VERIFIED, NULL);
    expect_without(find("likelihood", "symmetric"), ENTRY, GP_REFUTED, NULL);
    expect_without(find("likelihood", "symmetric"), DOUBLED, GP_REFUTED, NULL);
    expect_without(find("likelihood, general", "symmetric"), NONE, GP_REFUTED, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_space_is_in_the_table),
        cmocka_unit_test(points_stay_in_their_space),
        cmocka_unit_test(derivatives_are_those_of_the_coordinates),
        cmocka_unit_test(projections_keep_what_is_tangent),
        cmocka_unit_test(right_gradients_are_verified),
        cmocka_unit_test(mistakes_are_refuted),
        cmocka_unit_test(right_float32_gradients_are_verified_against_float64_values),
        cmocka_unit_test(float32_values_refute_nothing_right),
        cmocka_unit_test(other_conventions_are_named),
        cmocka_unit_test(common_mistakes_are_named),
        cmocka_unit_test(signs_and_factors_are_named),
        cmocka_unit_test(symmetrised_gradients_are_named_without_a_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

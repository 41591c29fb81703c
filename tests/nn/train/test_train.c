/* Training: it learns, repeats itself, stops at a wrong gradient; and the measures of how well. */
#include "gradproof/train.h"
#include "nn/model/model.h"
#include "nn/train/metrics.h"
#include "system/random.h"
#include "testing.h"

static void measures_are_right(void **state) {
    (void)state;
    enum { ROWS = 60 };
    double score[ROWS], label[ROWS];
    gp_curve r;
    for (uint64_t seed = 0; seed < 20; seed++) {
        double pairs = 0, above = 0, area = 0;
        size_t positives = 0;
        for (size_t i = 0; i < ROWS; i++) { /* few levels, so that there are ties */
            label[i] = gp_random_uniform(seed, GP_STREAM_GENERATE, 0, i) < 0.3;
            score[i] = floor(8 * gp_random_uniform(seed, GP_STREAM_GENERATE, 1, i)) + label[i];
            positives += label[i] == 1;
        }
        for (size_t i = 0; i < ROWS; i++) { /* by definition: pairs; precision at each positive */
            double hits = 0, called = 0;
            for (size_t j = 0; j < ROWS; j++) {
                if (label[i] == 1 && label[j] == 0) {
                    pairs++;
                    above += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
                }
                called += score[j] >= score[i];
                hits += score[j] >= score[i] && label[j] == 1;
            }
            if (label[i] == 1)
                area += hits / called / (double)positives;
        }
        assert_int_equal(gp_curve_of(ROWS, score, label, &r), GP_OK);
        assert_near(gp_roc_auc(&r), above / pairs, 1e-12);
        assert_near(gp_pr_auc(&r), area, 1e-12);
        gp_curve_clear(&r);
    }
    double four[] = {0.9, 0.8, 0.3, 0.1}, is[] = {1, 0, 1, 0};
    gp_quality q;
    assert_int_equal(gp_quality_of(4, four, is, 0.5, 10, 1, &q), GP_OK);
    assert_near(q.pr_auc, (1 + 2.0 / 3) / 2, 1e-15);
    assert_near(q.roc_auc, 0.75, 1e-15);
    assert_int_equal(q.true_positives + 10 * q.false_positives + 100 * q.false_negatives +
                         1000 * q.true_negatives,
                     1111);
    assert_near(q.cost, 11, 0);
    assert_near(q.cheapest_threshold, 0.3, 0);
    assert_near(q.cheapest_cost, 1, 0);
    assert_near(q.recall[0], 0.5, 0);
}

static void scores_that_are_no_numbers_are_refused(void **state) {
    (void)state;
    static const double WRONG[] = {NAN, -NAN, INFINITY, -INFINITY, -1e-9, 1.5};
    double label[] = {1, 0, 1};
    gp_quality q;
    gp_curve r;
    for (size_t k = 0; k < sizeof WRONG / sizeof *WRONG; k++)
        for (size_t at = 0; at < 3; at++) {
            double p[] = {0.1, 0.5, 0.9};
            p[at] = WRONG[k];
            assert_int_equal(gp_quality_of(3, p, label, 0.5, 1, 1, &q), GP_ERROR_ARGUMENT);
            assert_int_equal(gp_curve_of(3, p, label, &r),
                             isnan(WRONG[k]) ? GP_ERROR_ARGUMENT : GP_OK);
            gp_curve_clear(&r);
        }
}

static gp_train_options options(void) {
    static const size_t hidden[] = {8};
    gp_train_options o;
    gp_train_options_init(&o);
    o.label = "fraud";
    o.hidden = hidden;
    o.hidden_layers = 1;
    o.activation = GP_RELU;
    o.dtype = GP_FLOAT32;
    o.epochs = 20;
    o.batch = 64;
    o.learning_rate = 1e-2;
    o.positive_weight = -1;
    o.seed = 3;
    return o;
}

static gp_model *train_on_payments(const gp_train_options *o, gp_report **refuted) {
    gp_table *table;
    gp_model *model;
    gp_error error = {""};
    assert_int_equal(gp_table_generate(2000, 5, &table, &error), GP_OK);
    if (gp_train(table, o, &model, refuted, &error) != GP_OK)
        fail_msg("%s", error.message);
    gp_table_destroy(table);
    return model;
}

static void watch(void *user, const gp_training *t) {
    *(gp_training *)user = *t;
}

static void it_learns_and_repeats_itself(void **state) {
    (void)state;
    for (int optimizer = GP_ADAM; optimizer <= GP_SGD; optimizer++)
        for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
            gp_train_options o = options();
            gp_training last = {0};
            gp_report *refuted;
            o.optimizer = (gp_optimizer)optimizer;
            o.dtype = (gp_dtype)dtype;
            o.dropout = 0.1;
            o.progress = watch;
            o.user = &last;
            gp_model *m = train_on_payments(&o, &refuted), *again = train_on_payments(&o, &refuted);
            size_t n = gp_network_parameters(gp_model_network(m));
            double *a = malloc(2 * n * sizeof *a), *b = a + n;
            assert_non_null(a);
            gp_network_get(gp_model_network(m), a);
            gp_network_get(gp_model_network(again), b);
            assert_memory_equal(a, b, n * sizeof *a);
            assert_true(last.best > 0.9);
            gp_model_destroy(again);
            o.seed = 4;
            again = train_on_payments(&o, &refuted);
            gp_network_get(gp_model_network(again), b);
            assert_memory_not_equal(a, b, n * sizeof *a);
            free(a);
            gp_model_destroy(m);
            gp_model_destroy(again);
        }
}

/* Weights after 3 epochs, in a new array; *n of them. */
static double *weights(const gp_train_options *o, size_t *n) {
    gp_report *refuted;
    gp_model *model = train_on_payments(o, &refuted);
    assert_null(refuted);
    *n = gp_network_parameters(gp_model_network(model));
    double *w = malloc(*n * sizeof *w);
    assert_non_null(w);
    gp_network_get(gp_model_network(model), w);
    gp_model_destroy(model);
    return w;
}

static void threads_share_a_batch(void **state) {
    (void)state;
    static const char *const plant[] = {"b1:scale=3"};
    for (int k = 0; k < 8; k++) { /* with dropout, in either precision, with a mistake planted */
        gp_train_options o = options();
        size_t n, again;
        o.epochs = 3;
        o.validation = GP_NONE;
        o.checks = 0;
        o.batch = 50; /* the last batch of an epoch has fewer rows */
        o.dtype = k & 1 ? GP_FLOAT32 : GP_FLOAT64;
        o.dropout = k & 2 ? 0.3 : 0;
        o.plant = plant;
        o.plants = k & 4 ? 1 : 0;
        o.jobs = 1;
        double *one = weights(&o, &n);
        for (o.jobs = 2; o.jobs <= 7; o.jobs += 5) {
            double *several = weights(&o, &again), *same = weights(&o, &again);
            assert_memory_equal(several, same, n * sizeof *same);
            for (size_t i = 0; i < n; i++)
                assert_near(several[i], one[i], k & 1 ? 1e-3 : 1e-9);
            free(several);
            free(same);
        }
        free(one);
    }
    gp_train_options o = options(); /* more threads than rows */
    size_t n;
    o.epochs = 1;
    o.batch = 2;
    o.jobs = 5;
    free(weights(&o, &n));
}

static void a_wrong_gradient_stops_it(void **state) {
    (void)state;
    static const char *const PLANTS[] = {"W1:scale=2",        "b1:zero",       "W2:negate",
                                         "W1:shift",          "W1:decay=0.01", "b2:scale=0.5",
                                         "W1:entry=3,add=0.5"};
    for (size_t k = 0; k < sizeof PLANTS / sizeof *PLANTS; k++) {
        gp_train_options o = options();
        gp_report *refuted;
        gp_training last = {0};
        o.plant = &PLANTS[k];
        o.plants = 1;
        o.progress = watch;
        o.user = &last;
        assert_null(train_on_payments(&o, &refuted));
        assert_non_null(refuted);
        assert_int_equal(gp_report_verdict(refuted), GP_REFUTED);
        assert_int_equal(last.epoch, 0); /* at the first check */
        gp_report_destroy(refuted);
        o.checks = 0;
        gp_model *m = train_on_payments(&o, &refuted);
        assert_non_null(m);
        assert_null(refuted);
        assert_string_equal(gp_model_checks(m), "[]");
        gp_model_destroy(m);
    }
}

static void a_divergent_one_ends(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        gp_train_options o = options();
        gp_report *ended;
        o.optimizer = GP_SGD;
        o.learning_rate = 1e4;
        o.dtype = k & 1 ? GP_FLOAT64 : GP_FLOAT32;
        o.validation = k & 2 ? GP_NONE : 0.2;
        o.checks = 0;
        assert_null(train_on_payments(&o, &ended));
        assert_non_null(ended);
        assert_int_equal(gp_report_verdict(ended), GP_FAILED);
        assert_non_null(strstr(gp_report_failure(ended), "it diverges"));
        gp_report_destroy(ended);
    }
}

/* Asks for the end after so many epochs. */
typedef struct patience {
    size_t epochs;
    int stop, told;
} patience;

static void ask_to_stop(void *user, const gp_training *t) {
    patience *p = user;
    p->stop |= t->epoch >= p->epochs;
    p->told += t->stopped;
    assert_true(t->epoch <= p->epochs);
}

static void it_can_be_stopped(void **state) {
    (void)state;
    for (unsigned jobs = 1; jobs <= 3; jobs += 2) {
        patience p = {3, 0, 0};
        gp_train_options o = options();
        gp_report *ended;
        o.progress = ask_to_stop;
        o.user = &p;
        o.stop = &p.stop;
        o.jobs = jobs;
        gp_model *m = train_on_payments(&o, &ended);
        assert_non_null(m);
        assert_null(ended);
        assert_int_equal(p.told, 1);
        assert_non_null(strstr(gp_model_checks(m), "\"end\""));
        gp_model_destroy(m);
        assert_null(train_on_payments(&o, &ended)); /* before the first epoch: no model */
        assert_null(ended);
        assert_int_equal(p.told, 2);
    }
}

static void validation_comes_later_in_time(void **state) {
    (void)state;
    gp_train_options o = options();
    gp_report *refuted;
    o.time_column = "hour";
    o.epochs = 1;
    gp_model *m = train_on_payments(&o, &refuted);
    assert_int_equal(gp_model_inputs(m), 7);
    for (size_t k = 0; k < 7; k++)
        assert_string_not_equal(gp_model_input_name(m, k), "hour");
    gp_model_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(measures_are_right),
                                       cmocka_unit_test(it_learns_and_repeats_itself),
                                       cmocka_unit_test(threads_share_a_batch),
                                       cmocka_unit_test(a_wrong_gradient_stops_it),
                                       cmocka_unit_test(validation_comes_later_in_time),
                                       cmocka_unit_test(a_divergent_one_ends),
                                       cmocka_unit_test(it_can_be_stopped),
                                       cmocka_unit_test(scores_that_are_no_numbers_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

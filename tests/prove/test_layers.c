/* Proofs of networks: the backpropagation of libgradproof_nn, which is floating-point code, against
 * intervals that share nothing with it. GP_SEEDS=20 tries so many of each kind on all rows. */
#include "gradproof/network.h"
#include "gradproof/prove.h"
#include "gradproof/train.h"
#include "nn/network/small_network.h"

typedef struct subject {
    gp_network_options options;
    size_t rows, n;
    double *X, *labels, *parameters, *g;
} subject;

/* What a network computes and what its backpropagation says, taken out of it. */
static subject take(gp_network *net) {
    subject s = {.n = gp_network_parameters(net)};
    assert_int_equal(gp_network_describe(net, &s.options), GP_OK);
    s.rows = gp_network_rows(net, NULL, NULL);
    s.X = malloc(s.rows * s.options.inputs * sizeof *s.X);
    s.labels = malloc(s.rows * s.options.units[s.options.layers - 1] * sizeof *s.labels);
    s.parameters = malloc(s.n * sizeof *s.parameters);
    s.g = malloc(s.n * sizeof *s.g);
    assert_int_equal(gp_network_rows(net, s.X, s.labels), s.rows);
    gp_network_get(net, s.parameters);
    for (size_t i = 0; i < s.n && s.options.dtype == GP_FLOAT32; i++)
        s.parameters[i] = (double)(float)s.parameters[i];
    assert_int_equal(gp_network_cost(net, NULL, s.g), GP_OK);
    return s;
}

static void drop(subject *s) {
    free(s->X);
    free(s->labels);
    free(s->parameters);
    free(s->g);
}

static gp_proof *prove(const subject *s, const gp_proof_options *options) {
    gp_proof *proof = NULL;
    gp_error error = {""};
    if (gp_prove_network(&s->options, s->rows, s->X, s->labels, s->parameters, s->g, options,
                         &proof, &error) != GP_OK)
        fail_msg("%s", error.message);
    return proof;
}

static void show(const gp_proof *proof) {
    char *text;
    assert_int_equal(gp_proof_text(proof, "test", 0, &text, NULL), GP_OK);
    fputs(text, stderr);
    gp_text_free(text);
}

static void assert_verdict(const gp_proof *proof, gp_proof_verdict verdict) {
    if (gp_proof_verdict_of(proof) != verdict) {
        show(proof);
        fail_msg("%s, not %s", gp_proof_verdict_string(gp_proof_verdict_of(proof)),
                 gp_proof_verdict_string(verdict));
    }
}

/* Proven, or open with a line on a unit that is nearer to its kink than rounding. */
static void assert_proven_or_near_kink(const gp_proof *proof, size_t *open) {
    if (gp_proof_verdict_of(proof) == GP_OPEN) {
        const char *line = gp_proof_open_line(proof, 0);
        if (!line || !strstr(line, "unit ") || !strstr(line, "kink"))
            assert_verdict(proof, GP_PROVEN);
        (*open)++;
        return;
    }
    assert_verdict(proof, GP_PROVEN);
}

/* ---- everything that there is ------------------------------------------------------------ */

static void every_unit_and_loss_is_proven(void **state) {
    (void)state;
    size_t open = 0;
    for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
        for (int loss = 0; gp_loss_string((gp_loss)loss); loss++)
            for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++)
                for (size_t layers = 1; layers <= 4; layers++) {
                    gp_network *net =
                        small_network((gp_activation)unit, (gp_loss)loss, (gp_dtype)dtype, layers,
                                      layers == 2 ? 3 : 0, layers != 3);
                    subject s = take(net);
                    gp_proof *proof = prove(&s, NULL);
                    assert_proven_or_near_kink(proof, &open);
                    assert_int_equal(gp_proof_entries(proof), s.n);
                    double low, high, cost;
                    gp_proof_value(proof, &low, &high);
                    assert_int_equal(gp_network_cost(net, &cost, NULL), GP_OK);
                    double off = dtype == GP_FLOAT64 ? 1e-13 : 1e-5;
                    assert_true(low <= high && cost > low - off * fabs(low) &&
                                cost < high + off * fabs(high));
                    gp_proof_destroy(proof);
                    drop(&s);
                    gp_network_destroy(net);
                }
    assert_true(open <= 1);
}

/* 30-16-8-1 on 256 real transactions, standardised by hand, or on made-up ones. */
static gp_network *transactions(gp_activation unit, gp_loss loss, gp_dtype dtype, uint64_t seed,
                                size_t rows) {
    gp_table *table;
    double *X, *labels;
    FILE *real = fopen(GP_SHARED "/data/ulb_creditcard_10k.csv", "r");
    const char *label = real ? "Class" : "fraud";
    if (real) {
        fclose(real);
        assert_int_equal(gp_table_read_csv(GP_SHARED "/data/ulb_creditcard_10k.csv", &table, NULL),
                         GP_OK);
    } else {
        assert_int_equal(gp_table_generate(2000, 1, &table, NULL), GP_OK);
    }
    assert_int_equal(gp_table_examples(table, label, seed, &X, &labels, NULL), GP_OK);
    size_t units[] = {16, 8, loss == GP_SOFTMAX_CROSS_ENTROPY ? 2 : 1};
    gp_network_options o = {.inputs = gp_table_columns(table) - 1,
                            .layers = 3,
                            .units = units,
                            .hidden = unit,
                            .loss = loss,
                            .dtype = dtype,
                            .l2 = seed % 2 ? 1e-3 : 0,
                            .seed = seed};
    gp_network *net;
    assert_int_equal(gp_network_create(&o, &net, NULL), GP_OK);
    assert_int_equal(gp_network_set_data(net, rows, X, labels), GP_OK);
    free(X);
    free(labels);
    gp_table_destroy(table);
    return net;
}

static void networks_on_transactions_are_proven(void **state) {
    const char *asked = getenv("GP_SEEDS");
    uint64_t seeds = asked ? strtoull(asked, NULL, 10) : 1;
    size_t proofs = 0, open = 0;
    (void)state;
    for (uint64_t seed = 0; seed < seeds; seed++)
        for (int unit = 0; gp_activation_string((gp_activation)unit); unit++)
            for (int loss = 0; gp_loss_string((gp_loss)loss); loss++)
                for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
                    gp_network *net = transactions((gp_activation)unit, (gp_loss)loss,
                                                   (gp_dtype)dtype, seed, asked ? 256 : 32);
                    subject s = take(net);
                    gp_proof *proof = prove(&s, NULL);
                    assert_proven_or_near_kink(proof, &open);
                    proofs++;
                    gp_proof_destroy(proof);
                    drop(&s);
                    gp_network_destroy(net);
                }
    printf("%zu proofs, %zu open at kinks nearer than rounding\n", proofs, open);
    assert_true(open <= 1 + proofs / 20);
}

/* ---- mistakes ---------------------------------------------------------------------------------
 */

/* One part in 10^9 of one entry, and nothing else. */
static void a_small_mistake_is_disproven(void **state) {
    const gp_proof_options sharp = {.rtol = 1e-10};
    gp_network *net = transactions(GP_TANH, GP_SIGMOID_CROSS_ENTROPY, GP_FLOAT64, 3, 64);
    subject s = take(net);
    gp_proof *proof = prove(&s, &sharp);
    (void)state;
    assert_verdict(proof, GP_PROVEN);
    gp_proof_destroy(proof);
    for (size_t i = 7; i < s.n; i += 97) {
        double right = s.g[i];
        s.g[i] *= 1 + 1e-9;
        proof = prove(&s, &sharp);
        assert_verdict(proof, GP_DISPROVEN);
        for (size_t k = 0; k < s.n; k++) {
            gp_proof_entry e;
            assert_int_equal(gp_proof_entry_of(proof, k, &e), GP_OK);
            assert_int_equal(e.verdict, k == i ? GP_DISPROVEN : GP_PROVEN);
            assert_true(k != i ||
                        (e.least > 0.9e-9 * fabs(right) && e.error < 1.1e-9 * fabs(right)));
        }
        assert_int_equal(gp_proof_exit_code(proof), 1);
        gp_proof_destroy(proof);
        s.g[i] = right;
    }
    drop(&s);
    gp_network_destroy(net);
}

/* The commonest mistakes of backpropagation, which the network itself knows how to make. */
static void usual_mistakes_are_disproven(void **state) {
    size_t count;
    (void)state;
    (void)gp_network_suspects(&count);
    for (size_t k = 0; k < count; k++)
        for (int dtype = GP_FLOAT64; dtype <= GP_FLOAT32; dtype++) {
            gp_network *net =
                small_network(GP_TANH, GP_SIGMOID_CROSS_ENTROPY, (gp_dtype)dtype, 3, 2, 0);
            subject s = take(net);
            double *wrong = malloc(s.n * sizeof *wrong);
            assert_int_equal(gp_network_suspect(net, k, s.parameters, wrong), 0);
            double off = 0, size = 0;
            for (size_t i = 0; i < s.n; i++) {
                off = fmax(off, fabs(wrong[i] - s.g[i]));
                size = fmax(size, fabs(s.g[i]));
            }
            memcpy(s.g, wrong, s.n * sizeof *wrong);
            if (off > 0.01 * size) { /* a mistake that this network can make */
                gp_proof *proof = prove(&s, NULL);
                assert_verdict(proof, GP_DISPROVEN);
                gp_proof_destroy(proof);
            }
            free(wrong);
            drop(&s);
            gp_network_destroy(net);
        }
}

/* ---- kinks ------------------------------------------------------------------------------------
 */

/* One unit of one input and no bias: pre-activation w x, loss (v max(0, w x) + c - y)^2 / 2. */
static gp_proof *prove_one_unit(double w, double bias, double g_of_w, double g_of_bias,
                                double g_of_v, gp_dtype dtype) {
    const double x = 1, y = 3, p[] = {w, bias, 2, 1};
    const double g[] = {g_of_w, g_of_bias, g_of_v, -2};
    static const size_t units[] = {1, 1};
    const gp_network_options o = {.inputs = 1,
                                  .layers = 2,
                                  .units = units,
                                  .hidden = GP_RELU,
                                  .loss = GP_SQUARED_ERROR,
                                  .dtype = dtype};
    gp_proof *proof;
    assert_int_equal(gp_prove_network(&o, 1, &x, &y, p, g, NULL, &proof, NULL), GP_OK);
    return proof;
}

/* w = 0: the loss is (2 max(0, w) - 2)^2 / 2, with slope 0 to the left and -4 to the right. */
static void at_an_exact_kink_the_subdifferential_is_proven_against(void **state) {
    static const struct {
        double slope;
        gp_proof_verdict verdict;
        const char *word;
    } CASES[] = {{0, GP_PROVEN, "left slope"},    {-4, GP_PROVEN, "right slope"},
                 {-2, GP_PROVEN, "middle slope"}, {-1, GP_OPEN, "kink"},
                 {-5, GP_DISPROVEN, "kink"},      {1, GP_DISPROVEN, "kink"}};
    (void)state;
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        gp_proof *proof = prove_one_unit(0, 0, CASES[k].slope, CASES[k].slope, 0, GP_FLOAT64);
        assert_verdict(proof, CASES[k].verdict);
        assert_non_null(strstr(gp_proof_open_line(proof, 0), CASES[k].word));
        gp_proof_destroy(proof);
    }
}

/* bias = -w, but for w's last bit: a pre-activation of 2^-93, whose side is decided. Code that adds
 * in another order may find 0, so that its slope may be that of the other side. */
static void beside_a_kink_the_side_is_decided(void **state) {
    (void)state;
    gp_proof *proof = prove_one_unit(0x1p-40, -0x1p-40 + 0x1p-93, -4, -4, -0x1p-92, GP_FLOAT64);
    assert_verdict(proof, GP_PROVEN);
    gp_proof_destroy(proof);
    proof = prove_one_unit(0x1p-40, -0x1p-40 + 0x1p-93, 0, 0, -0x1p-92, GP_FLOAT64);
    assert_verdict(proof, GP_OPEN);
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "unit 0 of layer 1 (relu), example 0"));
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "below rounding"));
    gp_proof_destroy(proof);
    /* far enough from it for the code to tell */
    proof = prove_one_unit(0x1p-40, -0x1p-41, 0, 0, 0, GP_FLOAT64);
    assert_verdict(proof, GP_DISPROVEN);
    gp_proof_destroy(proof);
}

/* ---- what is refused
 * ----------------------------------------------------------------------------- */

static void what_cannot_be_proven_is_refused(void **state) {
    (void)state;
    gp_network *net = small_network(GP_RELU, GP_SIGMOID_CROSS_ENTROPY, GP_FLOAT32, 2, 0, 0);
    subject s = take(net);
    gp_proof *proof = NULL;
    gp_error error;
    s.options.dropout = 0.5;
    assert_int_equal(gp_prove_network(&s.options, s.rows, s.X, s.labels, s.parameters, s.g, NULL,
                                      &proof, &error),
                     GP_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "dropout"));
    s.options.dropout = 0;
    s.parameters[3] = 0.1; /* no float */
    assert_int_equal(gp_prove_network(&s.options, s.rows, s.X, s.labels, s.parameters, s.g, NULL,
                                      &proof, &error),
                     GP_ERROR_INPUT);
    s.parameters[3] = 0.125;
    s.labels[0] = 2;
    assert_int_equal(gp_prove_network(&s.options, s.rows, s.X, s.labels, s.parameters, s.g, NULL,
                                      &proof, &error),
                     GP_ERROR_INPUT);
    s.labels[0] = 1;
    assert_int_equal(
        gp_prove_network(&s.options, 0, s.X, s.labels, s.parameters, s.g, NULL, &proof, &error),
        GP_ERROR_ARGUMENT);
    const gp_proof_options later = {.reserved = {1}};
    assert_int_equal(gp_prove_network(&s.options, s.rows, s.X, s.labels, s.parameters, s.g, &later,
                                      &proof, &error),
                     GP_ERROR_UNSUPPORTED);
    assert_null(proof);
    s.g[5] = NAN;
    proof = prove(&s, NULL);
    assert_int_equal(gp_proof_verdict_of(proof), GP_UNPROVABLE);
    assert_int_equal(gp_proof_exit_code(proof), 3);
    assert_non_null(strstr(gp_proof_open_line(proof, 0), "entry 5 of W1"));
    gp_proof_destroy(proof);
    drop(&s);
    gp_network_destroy(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_and_loss_is_proven),
        cmocka_unit_test(networks_on_transactions_are_proven),
        cmocka_unit_test(a_small_mistake_is_disproven),
        cmocka_unit_test(usual_mistakes_are_disproven),
        cmocka_unit_test(at_an_exact_kink_the_subdifferential_is_proven_against),
        cmocka_unit_test(beside_a_kink_the_side_is_decided),
        cmocka_unit_test(what_cannot_be_proven_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

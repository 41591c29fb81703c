/* The library's own networks: every unit, every loss, 1 to 6 layers, batches of 1 to 256 examples.
 * The function under test is gp_network_cost; the reference is the forward pass written once more
 * here, as a formula, and differentiated by a tape in quad. */
#include "gradproof/train.h"
#include "problem.hpp"

#include <stdexcept>

namespace corpus {

namespace {

struct design {
    const char *name;
    std::vector<size_t> units;
    gp_activation hidden;
    gp_loss loss;
    size_t batch;
    double l2, positive_weight;
};

const std::vector<design> DESIGNS = {
    {"linear, 1 layer, batch 256", {1}, GP_LINEAR, GP_SIGMOID_CROSS_ENTROPY, 256, 0, 0},
    {"ReLU 8-4-1, batch 1", {8, 4, 1}, GP_RELU, GP_SIGMOID_CROSS_ENTROPY, 1, 0, 0},
    {"ReLU 8-4-1, batch 16", {8, 4, 1}, GP_RELU, GP_SIGMOID_CROSS_ENTROPY, 16, 0, 0},
    {"ReLU 8-1, batch 256", {8, 1}, GP_RELU, GP_SIGMOID_CROSS_ENTROPY, 256, 0, 0},
    {"ReLU 8-4-1, batch 64, weight decay",
     {8, 4, 1},
     GP_RELU,
     GP_SIGMOID_CROSS_ENTROPY,
     64,
     0.01,
     0},
    {"ReLU 5-5-5-5-5-1, batch 32", {5, 5, 5, 5, 5, 1}, GP_RELU, GP_SIGMOID_CROSS_ENTROPY, 32, 0, 0},
    {"ReLU 6-3-1, weighted classes", {6, 3, 1}, GP_RELU, GP_SIGMOID_CROSS_ENTROPY, 64, 0, 20},
    {"ReLU 6-3, softmax", {6, 3}, GP_RELU, GP_SOFTMAX_CROSS_ENTROPY, 32, 0, 0},
    {"ReLU 6-2, squared error", {6, 2}, GP_RELU, GP_SQUARED_ERROR, 32, 0, 0},
    {"ReLU 5-3-1, notebook's loss", {5, 3, 1}, GP_RELU, GP_NOTEBOOK_CROSS_ENTROPY, 3, 0, 0},
    {"leaky ReLU 8-4-1, batch 64", {8, 4, 1}, GP_LEAKY_RELU, GP_SIGMOID_CROSS_ENTROPY, 64, 0, 0},
    {"leaky ReLU 6-3, softmax", {6, 3}, GP_LEAKY_RELU, GP_SOFTMAX_CROSS_ENTROPY, 16, 0, 0},
    {"tanh 8-1, batch 256", {8, 1}, GP_TANH, GP_SIGMOID_CROSS_ENTROPY, 256, 0, 0},
    {"tanh 6-5-4-3-1, batch 8", {6, 5, 4, 3, 1}, GP_TANH, GP_SIGMOID_CROSS_ENTROPY, 8, 0, 0},
    {"tanh 6-3, softmax, weight decay", {6, 3}, GP_TANH, GP_SOFTMAX_CROSS_ENTROPY, 32, 0.1, 0},
    {"tanh 6-1, squared error", {6, 1}, GP_TANH, GP_SQUARED_ERROR, 64, 0, 0},
    {"sigmoid 8-4-1, batch 64", {8, 4, 1}, GP_SIGMOID, GP_SIGMOID_CROSS_ENTROPY, 64, 0, 0},
    {"sigmoid 6-1, notebook's loss", {6, 1}, GP_SIGMOID, GP_NOTEBOOK_CROSS_ENTROPY, 32, 0, 0},
    {"sigmoid 5-2, squared error", {5, 2}, GP_SIGMOID, GP_SQUARED_ERROR, 16, 0, 0},
    {"GELU 8-4-1, batch 64", {8, 4, 1}, GP_GELU, GP_SIGMOID_CROSS_ENTROPY, 64, 0, 0},
    {"GELU 5-4, softmax", {5, 4}, GP_GELU, GP_SOFTMAX_CROSS_ENTROPY, 16, 0, 0},
    {"GELU 4-4-4-4-1, squared error", {4, 4, 4, 4, 1}, GP_GELU, GP_SQUARED_ERROR, 8, 0, 5},
};

/* Owns two networks, float64 and float32, on the same data. */
struct pair_of_networks {
    gp_network *network[2] = {nullptr, nullptr};
    ~pair_of_networks() {
        gp_network_destroy(network[0]);
        gp_network_destroy(network[1]);
    }
};

struct data {
    size_t inputs = 0, rows = 0;
    std::vector<double> X, labels;
};

data load(const std::string &path, uint64_t seed) {
    gp_table *t = nullptr;
    gp_error error = {""};
    gp_status status = path.empty() ? gp_table_generate(2000, seed + 1, &t, &error)
                                    : gp_table_read_csv(path.c_str(), &t, &error);
    double *X = nullptr, *labels = nullptr;
    data d;
    if (status == GP_OK) {
        d.inputs = gp_table_columns(t) - 1;
        d.rows = gp_table_rows(t);
        status = gp_table_examples(t, path.empty() ? "fraud" : "Class", seed, &X, &labels, &error);
        gp_table_destroy(t);
    }
    if (status != GP_OK)
        throw std::runtime_error(error.message);
    d.X.assign(X, X + d.inputs * d.rows);
    d.labels.assign(labels, labels + d.rows);
    free(X);
    free(labels);
    return d;
}

template <class S> S activate(gp_activation unit, const S &z) {
    switch (unit) {
    case GP_LINEAR:
        return z;
    case GP_RELU:
        return z > S(0.0) ? z : S(0.0);
    case GP_LEAKY_RELU:
        return z > S(0.0) ? z : 0.01 * z;
    case GP_TANH:
        return Tanh(z);
    case GP_SIGMOID:
        return Sigmoid(z);
    case GP_GELU:
        return 0.5 * z * (1.0 + Erf(z * 0.70710678118654752440));
    }
    throw std::logic_error("a unit without a reference here");
}

/* The cost, as the manual in gradproof.h describes it, over rows [0, rows) of X and labels. */
template <class S>
S cost(const design &d, size_t inputs, size_t rows, const std::vector<double> &X,
       const std::vector<double> &labels, const S *x) {
    S sum(0.0), squares(0.0);
    size_t outputs = d.units.back();
    for (size_t r = 0; r < rows; r++) {
        std::vector<S> below(inputs);
        for (size_t k = 0; k < inputs; k++)
            below[k] = S(X[r * inputs + k]);
        const S *at = x;
        for (size_t l = 0; l < d.units.size(); l++) {
            size_t width = below.size(), units = d.units[l];
            std::vector<S> z(units);
            for (size_t u = 0; u < units; u++) {
                z[u] = at[units * width + u];
                for (size_t k = 0; k < width; k++)
                    z[u] += at[u * width + k] * below[k];
                if (l + 1 < d.units.size())
                    z[u] = activate(d.hidden, z[u]);
            }
            at += units * (width + 1);
            below = z;
        }
        const double *y = &labels[r * (d.loss == GP_SQUARED_ERROR ? outputs : 1)];
        double weight = d.positive_weight > 0 && y[0] == 1 ? d.positive_weight : 1;
        switch (d.loss) {
        case GP_SQUARED_ERROR:
            for (size_t k = 0; k < outputs; k++)
                sum += 0.5 * Square(below[k] - y[k]) / double(rows);
            break;
        case GP_SOFTMAX_CROSS_ENTROPY: {
            S largest = below[0], total(0.0);
            for (size_t k = 1; k < outputs; k++)
                largest = Max(largest, below[k]);
            for (size_t k = 0; k < outputs; k++)
                total += Exp(below[k] - largest);
            sum += (largest + Log(total) - below[size_t(y[0])]) / double(rows);
            break;
        }
        case GP_SIGMOID_CROSS_ENTROPY:
        case GP_NOTEBOOK_CROSS_ENTROPY:
            sum += weight * (Softplus(below[0]) - y[0] * below[0]) / double(rows);
            break;
        default:
            throw std::logic_error("a loss without a reference here");
        }
    }
    const S *at = x;
    size_t width = inputs;
    for (size_t units : d.units) {
        for (size_t i = 0; i < units * width; i++)
            squares += at[i] * at[i];
        at += units * (width + 1);
        width = units;
    }
    return d.l2 > 0 ? sum + 0.5 * d.l2 * squares : sum;
}

} // namespace

void add_networks(corpus_list &list, uint64_t seed, const std::string &transactions) {
    const data all = load(transactions, seed);
    for (const design &d : DESIGNS) {
        auto networks = std::make_shared<pair_of_networks>();
        random r(seed, d.name);
        size_t outputs = d.units.back(), first = r.below(all.rows - d.batch);
        std::vector<double> X(all.X.begin() + long(first * all.inputs),
                              all.X.begin() + long((first + d.batch) * all.inputs));
        std::vector<double> labels;
        for (size_t i = 0; i < d.batch; i++)
            if (d.loss == GP_SOFTMAX_CROSS_ENTROPY)
                labels.push_back(double(r.below(outputs)));
            else if (d.loss == GP_SQUARED_ERROR)
                for (size_t k = 0; k < outputs; k++)
                    labels.push_back(r.normal());
            else
                labels.push_back(all.labels[first + i]);
        if (d.loss != GP_SQUARED_ERROR && d.batch > 1)
            labels[0] = 1;
        for (double &v : X)
            v = double(float(v)); /* the same data in both precisions */
        for (double &v : labels)
            v = double(float(v));
        auto p = std::make_unique<problem>();
        p->name = d.name;
        p->family = "network";
        p->batch = d.batch;
        p->smooth = d.hidden != GP_RELU && d.hidden != GP_LEAKY_RELU;
        size_t width = all.inputs;
        for (size_t l = 0; l < d.units.size(); l++) {
            std::string number = std::to_string(l + 1);
            p->blocks.push_back({"W" + number, d.units[l], width, unsigned(l + 1)});
            p->blocks.push_back({"b" + number, d.units[l], 1, unsigned(l + 1)});
            width = d.units[l];
        }
        const size_t n = p->n();
        for (int dtype = 0; dtype < 2; dtype++) {
            gp_network_options o = {};
            o.inputs = all.inputs;
            o.layers = d.units.size();
            o.units = d.units.data();
            o.hidden = d.hidden;
            o.loss = d.loss;
            o.dtype = dtype ? GP_FLOAT32 : GP_FLOAT64;
            o.l2 = d.l2;
            o.positive_weight = d.positive_weight;
            o.seed = seed;
            gp_error error = {""};
            if (gp_network_create(&o, &networks->network[dtype], &error) != GP_OK ||
                gp_network_set_data(networks->network[dtype], d.batch, X.data(), labels.data()) !=
                    GP_OK)
                throw std::runtime_error(std::string(d.name) + ": " + error.message);
        }
        std::vector<double> initial(n);
        gp_network_get(networks->network[0], initial.data());
        p->start = [initial, n](random &draw, size_t, double *x) {
            for (size_t i = 0; i < n; i++) /* biases that aren't zero, weights of another draw */
                x[i] = double(float(initial[i] * draw.between(0.5, 1.5) + 0.05 * draw.normal()));
        };
        p->value = [networks](const double *x) {
            double v = NAN;
            gp_network_set(networks->network[0], x);
            gp_network_cost(networks->network[0], &v, nullptr);
            return v;
        };
        p->gradient = [networks](const double *x, double *g) {
            gp_network_set(networks->network[0], x);
            gp_network_cost(networks->network[0], nullptr, g);
        };
        p->value32 = [networks, n](const float *x) {
            std::vector<double> wide(x, x + n);
            double v = NAN;
            gp_network_set(networks->network[1], wide.data());
            gp_network_cost(networks->network[1], &v, nullptr);
            return v;
        };
        p->gradient32 = [networks, n](const float *x, float *g) {
            std::vector<double> wide(x, x + n), slope(n);
            gp_network_set(networks->network[1], wide.data());
            gp_network_cost(networks->network[1], nullptr, slope.data());
            for (size_t i = 0; i < n; i++)
                g[i] = float(slope[i]);
        };
        const size_t inputs = all.inputs;
        if (d.batch > 1)
            p->select = [networks](size_t start, size_t count) {
                gp_network_set_rows(networks->network[0], start, count);
                gp_network_set_rows(networks->network[1], start, count);
            };
        auto formula = [d, inputs, X, labels](const auto *x) {
            return cost(d, inputs, d.batch, X, labels, x);
        };
        p->exact = [formula](const quad *x) { return formula(x); };
        p->reference = [formula, n](const quad *x, quad *g) {
            (void)differentiate<quad>(formula, n, x, g);
        };
        list.push_back(std::move(p));
    }
}

} // namespace corpus
